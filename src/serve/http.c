/* SPDX-License-Identifier: Apache-2.0 */
/* http - see http.h. */
#include "serve/http.h"

#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "serve/exchange.h"
#include "serve/problem.h"
#include "serve/refused.h"
#include "serve/request_log.h"
#include "serve/routes.h"

enum { ENTRY_BYTES = 96 /* of a header or an argument in the library's memory, at most */, ANSWER_BYTES = 2048 };

static size_t slot_of(struct ip ip)
{
    return hash_fold(hash_str(0, limits_client(&ip))) % HTTP_CONNECTIONS;
}

static enum MHD_Result may_connect(void *arg, const struct sockaddr *address, socklen_t n)
{
    const struct http *h = arg;
    struct listen_address client = listen_address_of(address);
    (void)n;
    return listen_is_loopback(&client) || h->connections_of[slot_of(client.ip)] < HTTP_CONNECTIONS_OF_ONE ? MHD_YES : MHD_NO;
}

static void on_deadline(void *arg)
{
    struct http_connection *c = arg;
    listen_hang_up(c->fd);
}

static void on_connection(void *arg, struct MHD_Connection *mhd, void **context, enum MHD_ConnectionNotificationCode what)
{
    struct http *h = arg;
    struct http_connection *c = *context;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        c = calloc(1, sizeof *c);
        if (!c)
            return;
        c->http = h;
        c->fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
        c->client = listen_address_of(MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr).ip;
        h->connections_of[slot_of(c->client)]++;
        h->serve->counters.connections++;
        timer_start(h->serve->params.loop, &c->deadline, HTTP_REQUEST_MS, on_deadline, c);
        *context = c;
    } else if (c) {
        h->connections_of[slot_of(c->client)]--;
        refused_claim(h, c);
        h->serve->counters.connections--;
        timer_cancel(&c->deadline);
        free(c->path);
        free(c);
        *context = NULL;
    }
}

/* The library answers out of the memory of the connection, and so not at all when the request has taken it. */
static void answer_past_library(struct http_connection *c, enum problem p, const char *detail)
{
    struct answer a = {0};
    char text[ANSWER_BYTES];
    problem_write(&a, p, "%s", detail);
    int n = snprintf(text, sizeof text, "HTTP/1.1 %u %s\r\nContent-Type: %s\r\nCache-Control: no-store\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n%.*s",
                     a.status, MHD_get_reason_phrase_for(a.status), a.type, a.body.used, (int)a.body.used, a.body.bytes);
    if (!a.body.failed && n > 0 && (size_t)n < sizeof text)
        listen_say_last(c->fd, text, (size_t)n);
    refused_note(c->http, &(struct refused_request){c->client, c->path, a.status, a.body.used, c->began});
    buf_done(&a.body);
    c->answered = true;
    timer_start(c->http->serve->params.loop, &c->deadline, 0, on_deadline, c);
}

static void *on_uri(void *arg, const char *uri, struct MHD_Connection *mhd)
{
    struct http_connection *c = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    const struct http *h = arg;
    size_t arguments = 0;
    for (const char *at = uri; (at = strpbrk(at, "?&")); at++)
        arguments++;
    if (c) {
        c->asked = true;
        free(c->path);
        c->path = h->serve->params.log ? strndup(uri, strcspn(uri, "?")) : NULL;
        c->began = loop_now(h->serve->params.loop);
    }
    if (c && (strlen(uri) > HTTP_URI_BYTES || arguments > HTTP_ARGUMENTS))
        answer_past_library(c, PROBLEM_URI, "fewer octets, and fewer arguments, would be enough for all that is here");
    return NULL;
}

/* True when too little is left for an answer. */
static bool refuse_headers(struct http_connection *c, struct MHD_Connection *mhd)
{
    size_t entries = (size_t)MHD_get_connection_values(mhd, MHD_HEADER_KIND | MHD_GET_ARGUMENT_KIND | MHD_COOKIE_KIND, NULL, NULL);
    size_t bytes = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE)->header_size;
    bool too_large = bytes + entries * ENTRY_BYTES > HTTP_CONNECTION_BYTES - HTTP_ANSWER_HEAD_BYTES;
    if (too_large)
        answer_past_library(c, PROBLEM_HEADERS, "fewer would be enough");
    return too_large;
}

static enum MHD_Result on_begin(struct http *h, struct MHD_Connection *mhd, const char *path, const char *method, void **context)
{
    struct http_connection *c = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    if (!c || c->answered || refuse_headers(c, mhd))
        return MHD_NO;
    struct exchange *e = exchange_new(h, mhd, method, path);
    if (!e)
        return MHD_NO;
    free(c->path);
    c->path = NULL;
    *context = e;
    timer_start(h->serve->params.loop, &e->connection->deadline, HTTP_REQUEST_MS, on_deadline, e->connection);
    bool refused = routes_refuse(&e->request, &e->answer);
    if (!refused && e->body_too_long) {
        problem_write(&e->answer, PROBLEM_TOO_LARGE, "at most %d octets", REQUEST_BODY_BYTES);
        refused = true;
    }
    if (!refused)
        return MHD_YES;
    e->state = EXCHANGE_REFUSED;
    return e->has_body ? exchange_send(e) : MHD_YES;
}

static enum MHD_Result on_access(void *arg, struct MHD_Connection *mhd, const char *path, const char *method, const char *version, const char *bytes, size_t *n,
                                 void **context)
{
    struct exchange *e = *context;
    (void)version;
    if (!e)
        return on_begin(arg, mhd, path, method, context);
    if (*n > 0) {
        bool goes_on = exchange_feed(e, bytes, *n);
        *n = 0;
        return goes_on ? MHD_YES : MHD_NO;
    }
    return e->state == EXCHANGE_REFUSED ? exchange_send(e) : exchange_complete(e);
}

static void on_completed(void *arg, struct MHD_Connection *mhd, void **context, enum MHD_RequestTerminationCode how)
{
    struct http *h = arg;
    struct exchange *e = *context;
    (void)how;
    if (!e) {
        refused_head(h, mhd);
        return;
    }
    *context = NULL;
    request_log(e);
    timer_start(h->serve->params.loop, &e->connection->deadline, HTTP_IDLE_MS, on_deadline, e->connection);
    e->connection->asked = false;
    e->connection->heard = listen_heard(e->connection->fd);
    exchange_free(e);
}

static void run(void *arg);

static void run_again_in_time(struct http *h)
{
    MHD_UNSIGNED_LONG_LONG wait_ms;
    if (MHD_get_timeout(h->daemon, &wait_ms) == MHD_YES)
        timer_start(h->serve->params.loop, &h->run, (int64_t)wait_ms, run, h);
    else
        timer_cancel(&h->run);
}

static void run(void *arg)
{
    struct http *h = arg;
    MHD_run(h->daemon);
    run_again_in_time(h);
}

void http_run_soon(struct http *h)
{
    timer_start(h->serve->params.loop, &h->run, 0, run, h);
}

static void on_ready(void *arg, unsigned ready)
{
    (void)ready;
    run(arg);
}

static unsigned connections_max(void)
{
    size_t descriptors = listen_raise_descriptors();
    size_t max = descriptors > 2 * HTTP_DESCRIPTORS_SPARED ? descriptors - HTTP_DESCRIPTORS_SPARED : HTTP_DESCRIPTORS_SPARED;
    return (unsigned)(max < HTTP_CONNECTIONS ? max : HTTP_CONNECTIONS);
}

struct http *http_new(struct serve *s, char *error, size_t error_bytes)
{
    struct http *h = calloc(1, sizeof *h);
    snprintf(error, error_bytes, "the HTTP server cannot be started");
    if (!h)
        return NULL;
    h->serve = s;
    h->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, may_connect, h, on_access, h, MHD_OPTION_EXTERNAL_LOGGER,
                                 refused_on_message, h, MHD_OPTION_LISTEN_SOCKET, s->params.listen_fd, MHD_OPTION_CONNECTION_LIMIT, connections_max(),
                                 MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HTTP_CONNECTION_BYTES, MHD_OPTION_NOTIFY_COMPLETED, on_completed, h,
                                 MHD_OPTION_NOTIFY_CONNECTION, on_connection, h, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_URI_LOG_CALLBACK, on_uri, h,
                                 MHD_OPTION_END);
    const union MHD_DaemonInfo *info = h->daemon ? MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
    if (!info || watch_start(s->params.loop, &h->watch, info->epoll_fd, WATCH_READ, on_ready, h) < 0) {
        http_free(h);
        return NULL;
    }
    run_again_in_time(h);
    return h;
}

void http_close_door(struct http *h)
{
    MHD_quiesce_daemon(h->daemon);
}

size_t http_open_requests(const struct http *h)
{
    return h->open;
}

void http_free(struct http *h)
{
    if (!h)
        return;
    watch_cancel(&h->watch);
    timer_cancel(&h->run);
    timer_cancel(&h->refused.limit);
    if (h->daemon) {
        MHD_quiesce_daemon(h->daemon);
        for (struct exchange *e = h->exchanges; e; e = e->next)
            exchange_resume(e);
        MHD_stop_daemon(h->daemon);
    }
    timer_cancel(&h->run);
    timer_cancel(&h->refused.limit);
    free(h);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* exchange - see exchange.h. */
#include "serve/exchange.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "net/digest.h"
#include "serve/mcp.h"
#include "serve/problem.h"
#include "serve/request_log.h"
#include "serve/routes.h"

enum { ARENA_BYTES_MAX = 256 * 1024 };

static const char policy[] = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; "
                             "base-uri 'none'; frame-ancestors 'none'";

struct exchange *exchange_new(struct http *h, struct MHD_Connection *mhd, const char *method, const char *path)
{
    struct exchange *e = calloc(1, sizeof *e);
    if (!e)
        return NULL;
    e->http = h;
    e->mhd = mhd;
    e->connection = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    e->began = loop_now(h->serve->params.loop);
    arena_init(&e->arena, ARENA_BYTES_MAX);
    buf_init(&e->body, REQUEST_BODY_BYTES);
    buf_init(&e->answer.body, ANSWER_BYTES_MAX);
    exchange_fill_request(e, method, path);
    e->next = h->exchanges;
    if (e->next)
        e->next->previous = e;
    h->exchanges = e;
    h->open++;
    return e;
}

void exchange_free(struct exchange *e)
{
    struct http *h = e->http;
    *(e->previous ? &e->previous->next : &h->exchanges) = e->next;
    if (e->next)
        e->next->previous = e->previous;
    h->open--;
    if (e->answer.events)
        h->serve->counters.streams--;
    timer_cancel(&e->timer);
    run_unwatch(&e->watcher);
    if (e->request.call) /* who hangs up wants no answer */
        mcp_withdraw(&e->request, e->answer.events ? e->answer.events : e->request.run);
    events_end(&e->events);
    if (e->body.used)
        digest_wipe(e->body.bytes, e->body.used);
    buf_done(&e->body);
    buf_done(&e->chunk);
    buf_done(&e->answer.body);
    arena_done(&e->arena);
    free(e);
}

void exchange_resume(struct exchange *e)
{
    if (!e->suspended)
        return;
    e->suspended = false;
    MHD_resume_connection(e->mhd);
    http_run_soon(e->http);
}

static void on_run_changed(void *arg)
{
    struct exchange *e = arg;
    if (run_is_over(e->request.run))
        exchange_resume(e);
}

static void on_waited(void *arg)
{
    exchange_resume(arg);
}

static uint64_t who_is(const struct request *q)
{
    struct str name = q->key ? str_of(q->key->name) : limits_client(&q->client.ip);
    return hash_str(q->key != NULL, name);
}

static void add_headers(const struct exchange *e, struct MHD_Response *response)
{
    static const char *const always[][2] = {
        {"X-Content-Type-Options", "nosniff"},
        {"Referrer-Policy", "no-referrer"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
        {"Content-Security-Policy", policy},
    };
    const struct answer *a = &e->answer;
    for (size_t i = 0; i < sizeof always / sizeof *always; i++)
        MHD_add_response_header(response, always[i][0], always[i][1]);
    MHD_add_response_header(response, "Cache-Control", a->caching ? a->caching : "no-store");
    if (a->type)
        MHD_add_response_header(response, "Content-Type", a->type);
    for (size_t i = 0; i < a->header_count; i++)
        MHD_add_response_header(response, a->headers[i].name, a->headers[i].value);
    if (e->http->serve->stopping)
        MHD_add_response_header(response, "Connection", "close");
}

static struct MHD_Response *make_response(struct exchange *e)
{
    struct answer *a = &e->answer;
    if (a->events)
        return exchange_stream(e);
    e->answer_bytes = a->constant.p ? a->constant.n : a->body.used;
    if (a->constant.p)
        return MHD_create_response_from_buffer(a->constant.n, (void *)a->constant.p, MHD_RESPMEM_PERSISTENT);
    if (!a->body.used)
        return MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    struct MHD_Response *response = MHD_create_response_from_buffer(a->body.used, a->body.bytes, MHD_RESPMEM_MUST_FREE);
    if (response)
        a->body = (struct buf){0};
    return response;
}

static void on_too_slow(void *arg)
{
    struct http_connection *c = arg;
    listen_hang_up(c->fd);
}

enum MHD_Result exchange_send(struct exchange *e)
{
    struct serve *s = e->http->serve;
    struct answer *a = &e->answer;
    if (a->body.failed || a->status == 0 || e->arena.exhausted)
        problem_write(a, PROBLEM_INTERNAL, "there is not enough memory for this answer");
    struct MHD_Response *response = make_response(e);
    if (!response)
        return MHD_NO;
    add_headers(e, response);
    e->state = EXCHANGE_ANSWERED;
    s->counters.requests[a->status / 100 < STATUS_CLASSES ? a->status / 100 : 0]++;
    s->counters.streams += a->events != NULL;
    timer_start(s->params.loop, &e->connection->deadline, a->events ? HTTP_STREAM_MS : HTTP_ANSWER_MS, on_too_slow, e->connection);
    enum MHD_Result rc = MHD_queue_response(e->mhd, a->status, response);
    MHD_destroy_response(response);
    return rc;
}

static enum MHD_Result wait_for_run(struct exchange *e)
{
    struct request *q = &e->request;
    timer_cancel(&e->connection->deadline);
    run_watch(q->run, &e->watcher, on_run_changed, e);
    timer_start(e->http->serve->params.loop, &e->timer, q->wait_ms, on_waited, e);
    e->state = EXCHANGE_WAITING;
    e->suspended = true;
    MHD_suspend_connection(e->mhd);
    return MHD_YES;
}

enum MHD_Result exchange_complete(struct exchange *e)
{
    struct request *q = &e->request;
    if (e->state == EXCHANGE_READING) {
        q->body = (struct str){e->body.bytes, e->body.used};
        q->who = who_is(q);
        if (e->body_too_long)
            problem_write(&e->answer, PROBLEM_TOO_LARGE, "at most %d octets", REQUEST_BODY_BYTES);
        else
            routes_handle(q, &e->answer);
        if (q->run && !run_is_over(q->run))
            return wait_for_run(e);
    }
    if (q->run) {
        timer_cancel(&e->timer);
        q->then(q, q->run, &e->answer);
        run_unwatch(&e->watcher);
        q->run = NULL;
    }
    return exchange_send(e);
}

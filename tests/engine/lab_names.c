/* SPDX-License-Identifier: Apache-2.0 */
/* lab_names - see lab_names.h. */
#include "lab_names.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/panic.h"
#include "lab_forwarder.h"
#include "lab_sockets.h"
#include "scn_nameservers.h"

enum { IDLE_S = 10, MESSAGE_BYTES = 65535, LISTENERS = 18 };

static const struct {
    const char *address;
    enum scn_resolver resolver; /* none: a name server */
    bool drops;
} servers[] = {{.address = SCN_NS1_V4},
               {.address = SCN_NS1_V6},
               {.address = SCN_NS2_V4},
               {.address = SCN_NS2_V6},
               {.address = SCN_DEAD_NS_V4, .drops = true},
               {.address = SCN_FORWARDS_V4, .resolver = SCN_RESOLVER_FORWARDS},
               {.address = SCN_STRIPS_V4, .resolver = SCN_RESOLVER_STRIPS},
               {.address = SCN_REWRITES_V4, .resolver = SCN_RESOLVER_REWRITES},
               {.address = SCN_SILENT_V4, .drops = true}};

struct client { /* over TCP */
    struct client *next, **at;
    const struct listener *listener;
    struct bufferevent *stream;
};

struct lab_names {
    struct event_base *base;
    const struct scn_world *world;
    const struct lab_dns *dns;
    struct listener {
        struct lab_names *names;
        struct ip ip;
        enum scn_resolver resolver;
    } listeners[LISTENERS];
    int fds[LISTENERS];
    struct event *events[LISTENERS];
    size_t count;
    struct client *clients;
};

static void answer_as(const struct listener *l, const void *message, size_t n, bool over_udp, struct buf *answer)
{
    if (l->resolver)
        lab_forward(l->names->world, l->names->dns, l->resolver, message, n, over_udp, answer);
    else if (!scn_nameserver_answers(l->names->world, l->ip, message, n, over_udp, answer))
        lab_dns_answer(l->names->dns, message, n, over_udp, answer);
}

static void on_datagram(evutil_socket_t fd, short what, void *arg)
{
    const struct listener *listener = arg;
    char message[MESSAGE_BYTES];
    struct sockaddr_storage from;
    socklen_t length = sizeof from;
    struct buf answer;
    (void)what;
    ssize_t n = recvfrom(fd, message, sizeof message, 0, (struct sockaddr *)&from, &length);
    if (n <= 0)
        return;
    buf_init(&answer, MESSAGE_BYTES);
    answer_as(listener, message, (size_t)n, true, &answer);
    if (answer.used)
        sendto(fd, answer.bytes, answer.used, MSG_NOSIGNAL, (struct sockaddr *)&from, length);
    buf_done(&answer);
}

static void end_client(struct client *c)
{
    if (c->next)
        c->next->at = c->at;
    *c->at = c->next;
    bufferevent_free(c->stream);
    free(c);
}

static void on_stream(struct bufferevent *stream, void *arg)
{
    struct client *c = arg;
    struct evbuffer *in = bufferevent_get_input(stream);
    unsigned char prefix[2];
    while (evbuffer_copyout(in, prefix, 2) == 2) {
        size_t n = (size_t)(prefix[0] << 8 | prefix[1]);
        struct buf answer;
        if (evbuffer_get_length(in) < 2 + n)
            return;
        evbuffer_drain(in, 2);
        buf_init(&answer, MESSAGE_BYTES);
        answer_as(c->listener, evbuffer_pullup(in, (ev_ssize_t)n), n, false, &answer);
        evbuffer_drain(in, n);
        prefix[0] = (unsigned char)(answer.used >> 8);
        prefix[1] = (unsigned char)answer.used;
        if (answer.used) {
            bufferevent_write(stream, prefix, 2);
            bufferevent_write(stream, answer.bytes, answer.used);
        }
        buf_done(&answer);
    }
}

static void on_stream_end(struct bufferevent *stream, short what, void *arg)
{
    (void)stream, (void)what;
    end_client(arg);
}

static void on_connection(evutil_socket_t fd, short what, void *arg)
{
    static const struct timeval idle = {.tv_sec = IDLE_S};
    const struct listener *listener = arg;
    struct lab_names *names = listener->names;
    /* cppcheck-suppress nullPointer ; accept4 may be given no address */
    int socket = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    struct client *c = socket < 0 ? NULL : calloc(1, sizeof *c);
    (void)what;
    if (c)
        c->stream = bufferevent_socket_new(names->base, socket, BEV_OPT_CLOSE_ON_FREE);
    if (!c || !c->stream) {
        free(c);
        if (socket >= 0)
            close(socket);
        return;
    }
    c->listener = listener;
    c->next = names->clients;
    c->at = &names->clients;
    if (c->next)
        c->next->at = &c->next;
    names->clients = c;
    bufferevent_setcb(c->stream, on_stream, NULL, on_stream_end, c);
    bufferevent_set_timeouts(c->stream, &idle, NULL);
    bufferevent_enable(c->stream, EV_READ | EV_WRITE);
}

static int open_socket(struct lab_names *names, size_t server, int kind, char *error)
{
    const char *address = servers[server].address;
    bool drops = servers[server].drops;
    struct ip ip;
    must(ip_parse(str_of(address), &ip) && names->count < LISTENERS);
    int fd = lab_listen(ip, 53, kind, drops);
    size_t i = names->count++;
    names->fds[i] = fd;
    names->listeners[i] = (struct listener){names, ip, servers[server].resolver};
    if (fd >= 0 && drops)
        return 0;
    if (fd >= 0)
        names->events[i] = event_new(names->base, fd, EV_READ | EV_PERSIST, kind == SOCK_STREAM ? on_connection : on_datagram, &names->listeners[i]);
    if (names->events[i] && event_add(names->events[i], NULL) == 0)
        return 0;
    snprintf(error, SCN_ERROR_BYTES, "name server %s: %s", address, strerror(errno));
    return -1;
}

struct lab_names *lab_names_new(struct event_base *base, const struct scn_world *w, const struct lab_dns *dns, char error[static SCN_ERROR_BYTES])
{
    struct lab_names *names = calloc(1, sizeof *names);
    if (!names) {
        snprintf(error, SCN_ERROR_BYTES, "out of memory");
        return NULL;
    }
    names->base = base;
    names->world = w;
    names->dns = dns;
    for (size_t i = 0; i < sizeof servers / sizeof servers[0]; i++)
        if (open_socket(names, i, SOCK_DGRAM, error) < 0 || open_socket(names, i, SOCK_STREAM, error) < 0) {
            lab_names_free(names);
            return NULL;
        }
    return names;
}

void lab_names_free(struct lab_names *names)
{
    if (!names)
        return;
    while (names->clients)
        end_client(names->clients);
    for (size_t i = 0; i < names->count; i++) {
        if (names->events[i])
            event_free(names->events[i]);
        if (names->fds[i] >= 0)
            close(names->fds[i]);
    }
    free(names);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* lab_mail - see lab_mail.h. */
#include "lab_mail.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "lab_sockets.h"
#include "scn_play.h"

enum { FAREWELL_MS = 5000, READ_BYTES = 16 * 1024 };

struct listener {
    struct listener *next;
    struct lab_mail *lab;
    const struct scn_service *service;
    SSL_CTX *tls;
    struct event *event; /* NULL: what comes is dropped */
    int fd;
    unsigned connections;
};

struct connection {
    struct connection *next, **at; /* at: what points to it */
    struct play *play;
    struct event *readable, *writable, *timer;
    int fd;
    struct buf unsent;
    bool said_farewell; /* our side is closed; the client's is waited for, as closing with unread bytes would reset */
};

struct lab_mail {
    struct event_base *base;
    struct listener *listeners;
    struct connection *connections;
};

static void end_connection(struct connection *c)
{
    if (c->next)
        c->next->at = c->at;
    *c->at = c->next;
    if (c->readable)
        event_free(c->readable);
    if (c->writable)
        event_free(c->writable);
    if (c->timer)
        event_free(c->timer);
    if (c->fd >= 0)
        close(c->fd);
    play_free(c->play);
    buf_done(&c->unsent);
    free(c);
}

static void wake_after(struct connection *c, int64_t ms)
{
    const struct timeval span = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
    if (!event_pending(c->timer, EV_TIMEOUT, NULL))
        event_add(c->timer, &span);
}

static void say_farewell(struct connection *c)
{
    c->said_farewell = true;
    shutdown(c->fd, SHUT_WR);
    wake_after(c, FAREWELL_MS);
}

/* False: there is nobody any more. */
static bool send_unsent(struct connection *c)
{
    ssize_t n = send(c->fd, c->unsent.bytes, c->unsent.used, MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN && errno != EINTR)
        return false;
    buf_take(&c->unsent, n < 0 ? 0 : (size_t)n);
    if (c->unsent.used)
        event_add(c->writable, NULL);
    return true;
}

/* Does what the play wants until it has to wait. The connection may be gone afterwards. */
static void step(struct connection *c)
{
    while (!c->said_farewell) {
        if (c->unsent.used && !send_unsent(c)) {
            end_connection(c);
            return;
        }
        if (c->unsent.used)
            return;
        const struct play_want want = play_want(c->play);
        if (want.wish != PLAY_WAIT)
            event_del(c->timer);
        switch (want.wish) {
        case PLAY_SEND:
            buf_add_str(&c->unsent, play_take(c->play));
            break;
        case PLAY_WAIT:
            wake_after(c, want.wait_ms);
            return;
        case PLAY_READ:
            return;
        case PLAY_CLOSE:
            if (play_error(c->play))
                fprintf(stderr, "lab: %s\n", play_error(c->play));
            say_farewell(c);
            return;
        case PLAY_RESET:
            lab_close_with_reset(c->fd);
            c->fd = -1;
            end_connection(c);
            return;
        }
    }
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct connection *c = arg;
    char bytes[READ_BYTES];
    (void)what;
    ssize_t n = recv(fd, bytes, sizeof bytes, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        end_connection(c);
        return;
    }
    if (!c->said_farewell) {
        play_feed(c->play, bytes, (size_t)n);
        step(c);
    }
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    step(arg);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct connection *c = arg;
    (void)fd, (void)what;
    if (c->said_farewell) {
        end_connection(c);
        return;
    }
    play_woken(c->play);
    step(c);
}

static void on_client(evutil_socket_t fd, short what, void *arg)
{
    struct listener *l = arg;
    struct lab_mail *lab = l->lab;
    /* cppcheck-suppress nullPointer ; accept4 may be given no address */
    int on = 1, client = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    struct connection *c = client < 0 ? NULL : calloc(1, sizeof *c);
    (void)what;
    if (!c) {
        if (client >= 0)
            close(client);
        else if (errno != EAGAIN && errno != ECONNABORTED)
            fprintf(stderr, "lab: a connection to %s was lost: %s\n", l->service->name, strerror(errno));
        return;
    }
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    *c = (struct connection){.next = lab->connections, .at = &lab->connections, .fd = client};
    if (c->next)
        c->next->at = &c->next;
    lab->connections = c;
    buf_init(&c->unsent, 16 * 1024 * 1024);
    c->play = play_new(l->service, ++l->connections, l->tls);
    c->readable = event_new(lab->base, client, EV_READ | EV_PERSIST, on_readable, c);
    c->writable = event_new(lab->base, client, EV_WRITE, on_writable, c);
    c->timer = event_new(lab->base, -1, 0, on_timer, c);
    if (!c->play || !c->readable || !c->writable || !c->timer || event_add(c->readable, NULL) < 0) {
        end_connection(c);
        return;
    }
    step(c);
}

static int failed(char *error, const struct scn_service *service)
{
    snprintf(error, SCN_ERROR_BYTES, "%s: %s port %u: %s", service->host->scenario->file, service->host->name, service->port, strerror(errno));
    return -1;
}

static int open_listener(struct lab_mail *lab, const struct scn_service *service, struct scn_pki *pki, char *error)
{
    struct listener *l = calloc(1, sizeof *l);
    if (!l)
        return failed(error, service);
    *l = (struct listener){.next = lab->listeners, .lab = lab, .service = service};
    lab->listeners = l;
    l->fd = lab_listen(service->ip, service->port, SOCK_STREAM, service->presence == SCN_DROPS);
    if (l->fd < 0)
        return failed(error, service);
    if (service->presence == SCN_DROPS)
        return 0;
    l->tls = scn_pki_context(pki, service, error);
    if (!l->tls)
        return -1;
    l->event = event_new(lab->base, l->fd, EV_READ | EV_PERSIST, on_client, l);
    return l->event && event_add(l->event, NULL) == 0 ? 0 : failed(error, service);
}

struct lab_mail *lab_mail_new(struct event_base *base, const struct scn_world *w, struct scn_pki *pki, char error[static SCN_ERROR_BYTES])
{
    struct lab_mail *lab = calloc(1, sizeof *lab);
    if (!lab) {
        snprintf(error, SCN_ERROR_BYTES, "out of memory");
        return NULL;
    }
    lab->base = base;
    for (const struct scn_service *service = w->services; service; service = service->next)
        if (service->presence != SCN_REFUSES && open_listener(lab, service, pki, error) < 0) {
            lab_mail_free(lab);
            return NULL;
        }
    return lab;
}

void lab_mail_free(struct lab_mail *lab)
{
    if (!lab)
        return;
    while (lab->connections)
        end_connection(lab->connections);
    while (lab->listeners) {
        struct listener *l = lab->listeners;
        lab->listeners = l->next;
        if (l->event)
            event_free(l->event);
        if (l->fd >= 0)
            close(l->fd);
        SSL_CTX_free(l->tls);
        free(l);
    }
    free(lab);
}

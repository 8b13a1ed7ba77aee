/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transport_tcp - transport.h on TCP sockets.
 *
 * A connection costs as few system calls as it can: sends are tried at once, the socket is watched for
 * writing only while something is unsent, and reading stops at the first short read.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/panic.h"
#include "net/transport.h"

enum { READ_BYTES = 16 * 1024, READS_PER_TURN = 4 };

struct tcp;

struct tcp_dialer {
    struct dialer dialer;
    struct loop *loop;
    size_t lingering;
    struct tcp *lingerers; /* list */
    uint8_t read_bytes[READ_BYTES];
};

struct tcp {
    struct transport transport;
    struct tcp_dialer *dialer;
    int fd;
    bool open;
    bool lingers;
    struct tcp *next_lingerer, **previous_lingerer;
    int error; /* found while sending or dialling; the event that tells it is still to come */
    struct watch watch;
    unsigned watched_for;
    struct timer timer; /* a deferred event, or the end of lingering */
    struct buf unsent;
    transport_fn *fn;
    void *arg;
};

static void tcp_free(struct tcp *t)
{
    if (t->lingers) {
        *t->previous_lingerer = t->next_lingerer;
        if (t->next_lingerer)
            t->next_lingerer->previous_lingerer = t->previous_lingerer;
        t->dialer->lingering--;
    }
    timer_cancel(&t->timer);
    watch_cancel(&t->watch);
    if (t->fd >= 0)
        close(t->fd);
    buf_done(&t->unsent);
    free(t);
}

static void emit(struct tcp *t, enum transport_event event, int error)
{
    const struct transport_data data = {.error = error};
    t->fn(t->arg, event, &data);
}

/* What ended a connection, or its beginning: RST and ICMP are the far side's word. */
static enum transport_event event_of(int error)
{
    switch (error) {
    case ECONNREFUSED:
    case ECONNRESET:
        return TRANSPORT_REFUSED;
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ETIMEDOUT:
    case EACCES:      /* ICMPv6: administratively prohibited */
    case ENOPROTOOPT: /* ICMP: no such protocol */
        return TRANSPORT_UNREACHABLE;
    default:
        return TRANSPORT_TROUBLE;
    }
}

/* Nothing more can come: the watch would only spin. */
static void fail(struct tcp *t, enum transport_event event, int error)
{
    watch_cancel(&t->watch);
    if (t->lingers)
        tcp_free(t);
    else
        emit(t, event, error);
}

static void watch_as_needed(struct tcp *t)
{
    unsigned wanted = WATCH_READ | (t->unsent.used ? WATCH_WRITE : 0u);
    if (t->watch.loop && wanted != t->watched_for && watch_change(&t->watch, wanted) == 0)
        t->watched_for = wanted;
}

/* The kernel tells of a reset once: when sending hears of it, reading will see an end like any other. */
static void send_unsent(struct tcp *t)
{
    while (t->unsent.used) {
        ssize_t n = send(t->fd, t->unsent.bytes, t->unsent.used, MSG_NOSIGNAL);
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            t->error = errno;
        if (n < 0)
            return;
        buf_take(&t->unsent, (size_t)n);
    }
}

/* One event a turn, as its receiver may close; a lingering connection only drops. */
static void read_some(struct tcp *t)
{
    struct transport_data data = {.bytes = t->dialer->read_bytes};
    ssize_t n;
    int reads = 0;
    do
        n = recv(t->fd, t->dialer->read_bytes, READ_BYTES, 0);
    while (n > 0 && t->lingers && ++reads < READS_PER_TURN);
    int error = n < 0 ? errno : t->error;
    if (n > 0 && !t->lingers) {
        data.n = (size_t)n;
        t->fn(t->arg, TRANSPORT_DATA, &data);
    } else if (n == 0 && !error) {
        fail(t, TRANSPORT_EOF, 0);
    } else if (n == 0 || (n < 0 && error != EAGAIN && error != EINTR)) {
        bool ours = error != EPIPE && event_of(error) == TRANSPORT_TROUBLE;
        fail(t, ours ? TRANSPORT_TROUBLE : TRANSPORT_RESET, error);
    }
}

/* The connection was open and is gone before we looked. */
static void on_early_reset(void *arg)
{
    struct tcp *t = arg;
    emit(t, TRANSPORT_RESET, t->error);
}

static void on_connected(struct tcp *t)
{
    int error = 0;
    socklen_t n = sizeof error;
    if (getsockopt(t->fd, SOL_SOCKET, SO_ERROR, &error, &n) < 0)
        error = errno;
    bool was_open = error == ECONNRESET || error == EPIPE; /* a RST to the SYN is ECONNREFUSED */
    if (error && !was_open) {
        fail(t, event_of(error), error);
        return;
    }
    t->open = true;
    if (was_open) {
        t->error = error;
        watch_cancel(&t->watch);
        timer_start(t->dialer->loop, &t->timer, 0, on_early_reset, t);
    }
    watch_as_needed(t);
    emit(t, TRANSPORT_OPEN, 0);
}

static void on_ready(void *arg, unsigned ready)
{
    struct tcp *t = arg;
    if (!t->open) {
        on_connected(t);
        return;
    }
    if (ready & WATCH_WRITE) {
        send_unsent(t);
        watch_as_needed(t);
    }
    if (ready & WATCH_READ)
        read_some(t);
}

/* What the kernel refuses without asking anybody is our trouble; but loopback answers at once. */
static void on_early_failure(void *arg)
{
    struct tcp *t = arg;
    emit(t, t->error == ECONNREFUSED ? TRANSPORT_REFUSED : TRANSPORT_TROUBLE, t->error);
}

static int start_connect(struct tcp *t, struct ip ip, uint16_t port)
{
    union {
        struct sockaddr sa;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } a = {0};
    socklen_t n = ip.family == IP_V6 ? sizeof a.v6 : sizeof a.v4;
    if (ip.family == IP_V6) {
        a.v6.sin6_family = AF_INET6;
        a.v6.sin6_port = htons(port);
        memcpy(&a.v6.sin6_addr, ip.bytes, 16);
    } else {
        a.v4.sin_family = AF_INET;
        a.v4.sin_port = htons(port);
        memcpy(&a.v4.sin_addr, ip.bytes, 4);
    }
    t->fd = socket(a.sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (t->fd < 0)
        return errno;
    int on = 1;
    setsockopt(t->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return connect(t->fd, &a.sa, n) == 0 || errno == EINPROGRESS ? 0 : errno;
}

static int tcp_send(struct transport *transport, const void *bytes, size_t n)
{
    struct tcp *t = (struct tcp *)transport;
    size_t sent = 0;
    if (t->open && t->unsent.used == 0) {
        ssize_t rc = send(t->fd, bytes, n, MSG_NOSIGNAL);
        if (rc > 0)
            sent = (size_t)rc;
        else if (rc < 0 && errno != EAGAIN && errno != EINTR) {
            t->error = errno; /* the read side will tell */
            return 0;
        }
    }
    buf_add(&t->unsent, (const char *)bytes + sent, n - sent);
    watch_as_needed(t);
    return t->unsent.failed ? -1 : 0;
}

static void tcp_close(struct transport *transport)
{
    tcp_free((struct tcp *)transport);
}

static void on_linger_over(void *arg)
{
    tcp_free(arg);
}

static void tcp_linger(struct transport *transport, int64_t limit_ms)
{
    struct tcp *t = (struct tcp *)transport;
    struct tcp_dialer *d = t->dialer;
    if (!t->open || !t->watch.loop) {
        tcp_free(t);
        return;
    }
    t->lingers = true;
    t->next_lingerer = d->lingerers;
    t->previous_lingerer = &d->lingerers;
    if (d->lingerers)
        d->lingerers->previous_lingerer = &t->next_lingerer;
    d->lingerers = t;
    d->lingering++;
    timer_start(d->loop, &t->timer, limit_ms, on_linger_over, t);
}

static const struct transport_ops tcp_ops = {tcp_send, tcp_close, tcp_linger};

static struct transport *tcp_dial(struct dialer *dialer, struct ip ip, uint16_t port, transport_fn *fn, void *arg)
{
    struct tcp_dialer *d = (struct tcp_dialer *)dialer;
    struct tcp *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    *t = (struct tcp){.transport = {&tcp_ops}, .dialer = d, .fd = -1, .fn = fn, .arg = arg};
    buf_init(&t->unsent, TRANSPORT_SEND_MAX_BYTES);
    t->error = start_connect(t, ip, port);
    t->watched_for = WATCH_WRITE;
    if (!t->error && watch_start(d->loop, &t->watch, t->fd, WATCH_WRITE, on_ready, t) < 0)
        t->error = ENOMEM;
    if (t->error)
        timer_start(d->loop, &t->timer, 0, on_early_failure, t);
    return &t->transport;
}

static size_t tcp_lingering(const struct dialer *dialer)
{
    return ((const struct tcp_dialer *)dialer)->lingering;
}

static void tcp_dialer_free(struct dialer *dialer)
{
    struct tcp_dialer *d = (struct tcp_dialer *)dialer;
    for (struct tcp *t = d->lingerers, *next; t; t = next) {
        next = t->next_lingerer;
        tcp_free(t);
    }
    free(d);
}

static const struct dialer_ops dialer_ops = {tcp_dial, tcp_lingering, tcp_dialer_free};

struct dialer *dialer_new_tcp(struct loop *l)
{
    struct tcp_dialer *d = calloc(1, sizeof *d);
    if (!d)
        return NULL;
    d->dialer.ops = &dialer_ops;
    d->loop = l;
    return &d->dialer;
}

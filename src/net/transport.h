/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transport - one connection's bytes, in order, both ways. Two implementations stand behind this
 * header: TCP sockets, and a script for tests.
 *
 * Order of calls: dialer_dial; then events arrive: exactly one of OPEN, REFUSED, UNREACHABLE,
 *   TROUBLE first; after OPEN any number of DATA, then at most one of EOF, RESET, TROUBLE, after
 *   which nothing more comes. transport_close at any time, exactly once; no event comes after it.
 *   Time limits are the caller's: it sets timers and closes.
 * No event is delivered inside dialer_dial, transport_send or transport_close.
 * Memory: the transport owns what it has not yet sent. DATA bytes are valid during the call only.
 * Limits: at most TRANSPORT_SEND_MAX_BYTES unsent; received data is not kept at all.
 * Fails: dialer_dial gives NULL without memory; everything else arrives as an event.
 */
#ifndef NET_TRANSPORT_H
#define NET_TRANSPORT_H

#include "base/ip.h"
#include "net/loop.h"

enum { TRANSPORT_SEND_MAX_BYTES = 256 * 1024 };

enum transport_event {
    TRANSPORT_OPEN,
    TRANSPORT_DATA,
    TRANSPORT_EOF,         /* FIN: the peer sends no more */
    TRANSPORT_RESET,       /* an open connection was cut: RST, or the path is gone */
    TRANSPORT_REFUSED,     /* RST to the SYN */
    TRANSPORT_UNREACHABLE, /* ICMP, or nobody there on the last hop */
    TRANSPORT_TROUBLE,     /* our own side (descriptors, permission, no route); `error` of the event says which */
};

struct transport_data {
    const uint8_t *bytes;
    size_t n;
    int error; /* errno for REFUSED, UNREACHABLE, RESET, TROUBLE; else 0 */
};

typedef void transport_fn(void *arg, enum transport_event event, const struct transport_data *data);

struct transport {
    const struct transport_ops *ops;
};
struct dialer {
    const struct dialer_ops *ops;
};

struct transport_ops {
    int (*send)(struct transport *t, const void *bytes, size_t n);
    void (*close)(struct transport *t);
    void (*linger)(struct transport *t, int64_t limit_ms);
};
struct dialer_ops {
    struct transport *(*dial)(struct dialer *d, struct ip ip, uint16_t port, transport_fn *fn, void *arg);
    size_t (*lingering)(const struct dialer *d);
    void (*free)(struct dialer *d);
};

struct dialer *dialer_new_tcp(struct loop *l);

static inline struct transport *dialer_dial(struct dialer *d, struct ip ip, uint16_t port, transport_fn *fn, void *arg)
{
    return d->ops->dial(d, ip, port, fn, arg);
}
/* Connections handed to transport_linger that are not closed yet. */
static inline size_t dialer_lingering(const struct dialer *d)
{
    return d->ops->lingering(d);
}
static inline void dialer_free(struct dialer *d) /* closes what still lingers */
{
    d->ops->free(d);
}
/* 0, or -1 when the unsent bytes would pass the limit or memory is out. */
static inline int transport_send(struct transport *t, const void *bytes, size_t n)
{
    return t->ops->send(t, bytes, n);
}
static inline void transport_close(struct transport *t)
{
    t->ops->close(t);
}
/* Instead of close: sends what is unsent, reads and drops until the peer closes or limit_ms have
 * passed, then closes. No event comes after it. A QUIT's answer is heard without anybody waiting. One that is not
 * open is closed at once. */
static inline void transport_linger(struct transport *t, int64_t limit_ms)
{
    t->ops->linger(t, limit_ms);
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * authority - one name server, asked directly and without recursion: what does it say by itself? Two implementations
 * stand behind this header: c-ares in our own loop, and a script for tests.
 *
 * Order of calls: authority_asker_new_*; per server authority_open, authority_ask (many at once), each gives exactly
 *   one callback; authority_close cancels what is open. Close all before the asker is freed.
 * No callback runs inside authority_ask.
 * Memory: struct authority_query is the caller's and stays put until its callback or the close. Records live in the
 *   arena given with the question.
 * Limits: two tries over UDP, then one over TCP, AUTHORITY_TRY_MS each; answers as of net/resolver.h.
 * Fails: NULL without memory; all else is a status.
 * Spec: RFC 1035 4.1.1 (AA, RD), RFC 7766 (TCP), RFC 6891 (EDNS).
 */
#ifndef NET_AUTHORITY_H
#define NET_AUTHORITY_H

#include "facts/authority.h"
#include "net/resolver.h"

enum { AUTHORITY_TRY_MS = 3000, AUTHORITY_UDP_TRIES = 2, DNS_PORT = 53 };

struct authority_reply {
    enum authority_status status;
    bool over_tcp;
    struct dns_reply reply; /* of ANSWERS */
    const char *const *referral; /* of LAME: the servers that it points to */
    size_t referral_count;
};

typedef void authority_fn(void *arg, const struct authority_reply *reply);

struct authority_query {
    struct authority *server;
    const char *name; /* A-labels; stays valid until the callback */
    enum dns_type type;
    struct arena *arena;
    authority_fn *fn;
    void *arg;
    struct timer later;
    struct authority_query *next;
    struct authority_reply reply;
    void *impl; /* the implementation's own */
};

struct authority_asker {
    const struct authority_ops *ops;
    struct loop *loop;
};

struct authority {
    struct authority_asker *asker;
    struct ip ip;
    struct authority_query *open;
};

struct authority_ops {
    struct authority *(*open)(struct authority_asker *a, struct ip ip);
    void (*ask)(struct authority *server, struct authority_query *q);
    void (*close)(struct authority *server);
    void (*free)(struct authority_asker *a);
};

struct authority_asker *authority_asker_new_ares(struct loop *l);

struct authority *authority_open(struct authority_asker *a, struct ip ip);
void authority_ask(struct authority *server, struct authority_query *q, const char *name, enum dns_type type, struct arena *arena, authority_fn *fn, void *arg);
void authority_close(struct authority *server);
static inline void authority_asker_free(struct authority_asker *a)
{
    a->ops->free(a);
}

/* For implementations: the query is over, with a message, or without one. The callback comes in the next turn. */
void authority_heard(struct authority_query *q, const void *message, size_t n, bool over_tcp);
void authority_not_heard(struct authority_query *q, enum authority_status status);

#endif

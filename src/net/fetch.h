/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch - one HTTPS GET as strict as senders do it: the host's certificate is verified, TLS 1.2 is the least, no
 * redirect is followed, and no proxy, cookie, password or cache has a part in it. Two implementations stand behind
 * this header: libcurl in our own loop, and a script for tests.
 *
 * Order of calls: fetcher_new_*, fetch_start (many at once), each gives exactly one callback, or none after
 *   fetch_cancel. fetcher_free when nothing is under way.
 * No callback runs inside fetch_start.
 * Memory: struct fetch is the caller's and stays put until callback or cancel. What the request points to stays valid
 *   as long. What was fetched lives in the arena given with it.
 * Limits: those of the request; FETCH_HEADERS_MAX octets of headers.
 * Fails: fetcher_new_* give NULL without memory; all else is a result in the facts.
 * Spec: RFC 9110 (HTTP), RFC 8461 3.3, RFC 9525 6.
 */
#ifndef NET_FETCH_H
#define NET_FETCH_H

#include "base/arena.h"
#include "facts/policy.h"
#include "net/loop.h"

enum { HTTPS_PORT = 443, FETCH_HEADERS_MAX = 64 * 1024, FETCH_URL_BYTES = 2304 /* room for host, port and path of a request */ };

struct fetch_request {
    const char *host;     /* a name: of the certificate, of SNI and of the header Host */
    const char *path;     /* "/.well-known/mta-sts.txt" */
    const struct ip *ips; /* tried one after the other; nothing else is connected to */
    size_t ip_count;
    uint16_t port;
    size_t body_max_bytes;
    int64_t connect_limit_ms; /* until a connection is open, of each address */
    int64_t limit_ms;         /* of the whole */
};

typedef void fetch_fn(void *arg);

struct fetcher {
    const struct fetcher_ops *ops;
};

struct fetch {
    struct fetcher *fetcher; /* NULL: idle */
    void *impl;
    const struct fetch_request *request;
    struct fetch_facts *facts;
    struct arena *arena;
    struct mono started;
    struct timer timer;
    fetch_fn *fn;
    void *arg;
};

struct fetcher_ops {
    void (*start)(struct fetcher *f, struct fetch *fetch);
    void (*cancel)(struct fetch *fetch);
    void (*free)(struct fetcher *f);
};

struct tls_context;

/* Trusts what `tls` trusts. Nothing of the library is set up before the first fetch. */
struct fetcher *fetcher_new_curl(struct loop *l, struct tls_context *tls);

/* Fills *facts, then calls fn(arg). ip_count is not 0. */
void fetch_start(struct fetcher *f, struct fetch *fetch, const struct fetch_request *request, struct fetch_facts *facts, struct arena *arena, fetch_fn *fn,
                 void *arg);
void fetch_cancel(struct fetch *fetch); /* idle ones too */
static inline void fetcher_free(struct fetcher *f)
{
    f->ops->free(f);
}

#endif

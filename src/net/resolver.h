/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resolver - questions to the DNS, validated in this process. Two implementations stand behind this
 * header: libunbound in our own loop, and a script for tests.
 *
 * Order of calls: resolver_new_*, resolver_ask (many at once), each gives exactly one callback, or
 *   none after query_cancel. resolver_free cancels what is open.
 * No callback runs inside resolver_ask.
 * Memory: struct query is the caller's and stays put until callback or cancel. Records live in the
 *   arena given with the question.
 * Limits: RESOLVER_RECORDS_MAX records a reply (the rest is counted), alias chains of 12, the time
 *   limit of each question.
 * Fails: resolver_new_* give NULL with a message; all else is a status in the lookup.
 * Spec: RFC 1035, RFC 4035, RFC 6840, RFC 8020.
 */
#ifndef NET_RESOLVER_H
#define NET_RESOLVER_H

#include "base/arena.h"
#include "base/ip.h"
#include "facts/dns.h"
#include "net/loop.h"

enum { RESOLVER_RECORDS_MAX = 200 };

enum dns_type {
    DNS_A = 1,
    DNS_NS = 2,
    DNS_CNAME = 5,
    DNS_SOA = 6,
    DNS_PTR = 12,
    DNS_MX = 15,
    DNS_TXT = 16,
    DNS_AAAA = 28,
    DNS_SRV = 33,
    DNS_TLSA = 52,
    DNS_SPF = 99, /* withdrawn: RFC 7208 3.1 */
    DNS_CAA = 257,
};

struct dns_record {
    enum dns_type type;
    uint32_t ttl_s;
    struct ip ip;           /* A, AAAA */
    uint16_t preference;    /* MX; of SRV the priority */
    uint16_t port;          /* SRV */
    const char *name;       /* MX, SRV, PTR, NS, CNAME: lower case, no final dot, "." for the root; octets that
                               are not letters, digits, '-' or '_' as \DDD (RFC 1035 5.1) */
    struct str data;        /* TXT: strings joined (RFC 7208 3.3); other types: rdata as it came */
};

struct dns_reply {
    struct dns_lookup lookup;
    const struct dns_record *records; /* of the type asked for, aliases followed */
    size_t record_count;
    size_t records_left_out;
    uint32_t keep_s; /* for so long it is true: lowest TTL of the answer, of a denial that of RFC 2308 5; 0: nobody knows */
};

typedef void query_fn(void *arg, const struct dns_reply *reply);

struct resolver {
    const struct resolver_ops *ops;
};

struct query {
    struct resolver *resolver; /* NULL: idle */
    void *impl;
    const char *name;
    enum dns_type type;
    struct arena *arena;
    struct mono asked;
    struct timer timer;
    query_fn *fn;
    void *arg;
};

struct resolver_ops {
    void (*ask)(struct resolver *r, struct query *q, int64_t limit_ms);
    void (*cancel)(struct query *q);
    const char *(*describe)(const struct resolver *r);
    void (*free)(struct resolver *r);
};

enum resolver_mode { RESOLVER_AUTO, RESOLVER_RECURSIVE, RESOLVER_SYSTEM, RESOLVER_FORWARD };

struct resolver_params {
    enum resolver_mode mode;
    const char *const *forwarders;    /* "192.0.2.1@53"; RESOLVER_FORWARD; ends in NULL */
    const char *root_hints_file;      /* NULL: built in */
    const char *const *trust_anchor_files; /* NULL or empty: the system's root key; ends in NULL */
    const char *resolv_conf_file;     /* NULL: /etc/resolv.conf */
    bool use_v4, use_v6;              /* -4, -6: which family may carry our questions */
    bool unvalidated;                 /* answers are taken as they come: none is secure, none bogus */
    size_t at_once;                   /* questions; further ones wait for their turn. 0: as many as there are descriptors for */
};

/* `system` reads /etc/resolv.conf; `auto` does when its own recursion turns out not to work. What params points to
 * stays valid as long as the resolver. On failure NULL, and `error` holds a message that names the file. */
struct resolver *resolver_new_unbound(struct loop *l, const struct resolver_params *params, char *error, size_t error_bytes);

/* Asks for `name` (A-labels, as dns_record.name) and `type`; the callback comes within limit_ms from when its turn has come. `name`
 * must stay valid until then. */
void resolver_ask(struct resolver *r, struct query *q, const char *name, enum dns_type type, struct arena *arena, int64_t limit_ms, query_fn *fn, void *arg);
void query_cancel(struct query *q); /* idle ones too */

/* "recursive", or the forwarders in use. */
static inline const char *resolver_describe(const struct resolver *r)
{
    return r->ops->describe(r);
}
static inline void resolver_free(struct resolver *r)
{
    r->ops->free(r);
}

#endif

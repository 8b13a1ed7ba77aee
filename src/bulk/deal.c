/* SPDX-License-Identifier: Apache-2.0 */
/* deal - see deal.h. */
#include "bulk/deal.h"

#include <string.h>

#include "base/hash.h"
#include "net/names.h"

enum { DEAL_ARENA_BYTES = 64 * 1024, V4_NETWORK_BYTES = 3, V6_NETWORK_BYTES = 6 };

static void end(struct deal *d, struct str what)
{
    uint64_t key = hash_fold(hash_str(0, what));
    arena_done(&d->arena);
    d->done(d->arg, key);
}

static void end_by_name(void *arg)
{
    struct deal *d = arg;
    end(d, str_of(d->name));
}

static void ask(struct deal *d, const char *name, enum dns_type type, query_fn *fn)
{
    resolver_ask(d->resolver, &d->query, name, type, &d->arena, DEAL_MS, fn, d);
}

/* ---- by network ---- */

static void on_v6(void *arg, const struct dns_reply *reply);

static void on_addresses(struct deal *d, const struct dns_reply *reply, size_t network_bytes)
{
    if (reply->record_count == 0) {
        end_by_name(d);
        return;
    }
    struct ip lowest = reply->records[0].ip;
    for (size_t i = 1; i < reply->record_count; i++)
        if (ip_compare(reply->records[i].ip, lowest) < 0)
            lowest = reply->records[i].ip;
    end(d, (struct str){(const char *)lowest.bytes, network_bytes});
}

static void on_v4(void *arg, const struct dns_reply *reply)
{
    struct deal *d = arg;
    if (reply->lookup.status == DNS_NODATA)
        ask(d, d->host, DNS_AAAA, on_v6);
    else
        on_addresses(d, reply, V4_NETWORK_BYTES);
}

static void on_v6(void *arg, const struct dns_reply *reply)
{
    on_addresses(arg, reply, V6_NETWORK_BYTES);
}

/* ---- by operator ---- */

static const char *best_host(const struct dns_reply *reply)
{
    const struct dns_record *best = NULL;
    for (size_t i = 0; i < reply->record_count; i++) {
        const struct dns_record *r = &reply->records[i];
        if (!best || r->preference < best->preference || (r->preference == best->preference && strcmp(r->name, best->name) < 0))
            best = r;
    }
    return best ? best->name : NULL;
}

static void on_mx(void *arg, const struct dns_reply *reply)
{
    struct deal *d = arg;
    const enum dns_status status = reply->lookup.status;
    d->host = status == DNS_NODATA ? d->name : best_host(reply);
    if (!d->host || strcmp(d->host, ".") == 0) { /* no such name, no answer, no mail */
        end_by_name(d);
        return;
    }
    const char *operator = name_organisational_domain(d->host, &d->arena), *own = name_organisational_domain(d->name, &d->arena);
    if (operator && !(own && strcmp(operator, own) == 0))
        end(d, str_of(operator));
    else
        ask(d, d->host, DNS_A, on_v4);
}

void deal_start(struct deal *d, struct loop *l, struct resolver *r, const char *text, void (*done)(void *arg, uint64_t key), void *arg)
{
    struct domain_name name;
    const char *problem;
    *d = (struct deal){.resolver = r, .name = text, .done = done, .arg = arg};
    arena_init(&d->arena, DEAL_ARENA_BYTES);
    if (name_parse_domain(str_of(text), &d->arena, &name, &problem) < 0) {
        timer_start(l, &d->no_memory, 0, end_by_name, d);
        return;
    }
    d->name = name.ascii;
    ask(d, d->name, DNS_MX, on_mx);
}

void deal_cancel(struct deal *d)
{
    timer_cancel(&d->no_memory);
    query_cancel(&d->query);
    arena_done(&d->arena);
}

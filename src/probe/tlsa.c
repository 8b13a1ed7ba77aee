/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tlsa - the TLSA records of each host that is connected to, for each port, and how they compare with what was sent.
 *
 * The questions go out as soon as the host's addresses are known, beside the first connection. Only a host that is an
 * alias waits for them, because the name to ask for in TLS is that of the base that has records (RFC 7672 2.2.2, 3.2.1).
 * Hosts that no sender would ask about are asked too, so that records that are of no use can be told of; such a question
 * ends early, as it must never hold up a report.
 */
#include <stdlib.h>
#include <string.h>

#include "net/dane.h"
#include "probe/job_parts.h"
#include "wire/tlsa.h"

static int compare_records(const void *a, const void *b)
{
    const struct tlsa_record *x = a, *y = b;
    int numbers = (x->usage << 16 | x->selector << 8 | x->matching_type) - (y->usage << 16 | y->selector << 8 | y->matching_type);
    if (numbers)
        return numbers;
    int data = memcmp(x->data.p, y->data.p, x->data.n < y->data.n ? x->data.n : y->data.n);
    return data ? data : (x->data.n > y->data.n) - (x->data.n < y->data.n);
}

static void on_tlsa(struct question *q, const struct dns_reply *reply)
{
    struct tlsa_base *base = q->subject;
    if (reply->record_count == 0)
        return;
    base->records = job_alloc(q->job, reply->record_count, sizeof *base->records);
    if (!base->records)
        return;
    for (size_t i = 0; i < reply->record_count; i++)
        base->records[i] = tlsa_read(reply->records[i].data);
    qsort(base->records, reply->record_count, sizeof *base->records, compare_records);
    base->record_count = reply->record_count < TLSA_RECORDS_MAX ? reply->record_count : TLSA_RECORDS_MAX;
    base->records_left_out = reply->record_count - base->record_count + reply->records_left_out;
    if (dane_find_not_der(q->job->prober->net.tls, base->records, base->record_count) < 0)
        lookup_out_of_memory(&base->lookup);
}

static void ask_base(struct host_work *h, uint16_t port, struct tlsa_base *base, int64_t limit_ms)
{
    char *question = arena_printf(&h->job->arena, "_%u._tcp.%s", port, base->name);
    if (question)
        job_ask_within(h->job, limit_ms, question, DNS_TLSA, &base->lookup, on_tlsa, base);
    if (h->job->arena.exhausted) /* then it may not have been asked */
        lookup_out_of_memory(&base->lookup);
}

static void ask_bases(struct host_work *h, int64_t limit_ms)
{
    for (size_t i = 0; i < h->facts->tlsa_count; i++)
        for (size_t b = 0; b < h->facts->tlsa[i].base_count; b++)
            ask_base(h, h->facts->tlsa[i].port, &h->facts->tlsa[i].bases[b], limit_ms);
}

/* An alias that is proven itself has records of its own, wherever it leads: RFC 7672 2.2.2. */
static void on_alias(struct question *q, const struct dns_reply *reply)
{
    ask_bases(q->subject, reply->lookup.dnssec == DNSSEC_SECURE ? LIMIT_DNS_MS : LIMIT_IDLE_TLSA_MS);
}

static void set_bases(struct host_work *h, const char *first, const char *second)
{
    struct host_facts *host = h->facts;
    const struct probe_options *o = h->job->options;
    bool is_server = h->job->facts->target.kind == TARGET_SERVER;
    size_t count = is_server ? 1 : host->is_submission ? h->submission_port_count : o->port_count;
    host->tlsa = job_alloc(h->job, count, sizeof *host->tlsa);
    if (!host->tlsa)
        return;
    host->tlsa_count = count;
    for (size_t i = 0; i < count; i++) {
        struct tlsa_facts *t = &host->tlsa[i];
        t->port = is_server ? h->job->facts->target.port : host->is_submission ? h->submission_ports[i].port : o->ports[i];
        t->bases[t->base_count++].name = first;
        if (second)
            t->bases[t->base_count++].name = second;
    }
}

void tlsa_start(struct host_work *h)
{
    struct host_facts *host = h->facts;
    const struct dns_lookup *found[2];
    size_t found_count = 0;
    bool secure = true;
    const char *alias = NULL;
    if (host->a.status == DNS_FOUND)
        found[found_count++] = &host->a;
    if (host->aaaa.status == DNS_FOUND)
        found[found_count++] = &host->aaaa;
    for (size_t i = 0; i < found_count; i++) {
        secure = secure && found[i]->dnssec == DNSSEC_SECURE;
        alias = alias ? alias : found[i]->alias_of;
    }
    if (!h->job->options->tlsa || found_count == 0 || !host->within_limit || host->name_kind == HOST_NAME_IP_LITERAL)
        return;
    if (alias && secure) {
        set_bases(h, alias, host->name);
        ask_bases(h, LIMIT_DNS_MS);
        return;
    }
    set_bases(h, host->name, NULL);
    if (alias)
        job_ask(h->job, host->name, DNS_CNAME, &host->alias, on_alias, h);
    else
        ask_bases(h, secure ? LIMIT_DNS_MS : LIMIT_IDLE_TLSA_MS);
}

static const struct tlsa_facts *tlsa_of(const struct host_facts *host, uint16_t port)
{
    for (size_t i = 0; i < host->tlsa_count; i++)
        if (host->tlsa[i].port == port)
            return &host->tlsa[i];
    return NULL;
}

static bool is_denied(const struct dns_lookup *l)
{
    return l->status == DNS_NODATA || l->status == DNS_NXDOMAIN || (l->status == DNS_FOUND && l->dnssec != DNSSEC_SECURE);
}

const char *tlsa_sni(const struct host_work *h, uint16_t port)
{
    const struct tlsa_facts *t = tlsa_of(h->facts, port);
    for (size_t b = 0; t && b + 1 < t->base_count; b++) {
        const struct dns_lookup *l = &t->bases[b].lookup;
        if (l->status == DNS_NOT_ASKED)
            return NULL;
        if (l->status == DNS_FOUND && l->dnssec == DNSSEC_SECURE)
            return t->bases[b].name;
        if (!is_denied(l))
            break;
    }
    return h->facts->name;
}

bool tlsa_is_known(const struct host_work *h, uint16_t port)
{
    const struct tlsa_facts *t = tlsa_of(h->facts, port);
    for (size_t b = 0; t && b < t->base_count; b++)
        if (t->bases[b].lookup.status == DNS_NOT_ASKED)
            return false;
    return true;
}

bool tlsa_has_records(const struct host_work *h, uint16_t port)
{
    const struct tlsa_facts *t = tlsa_of(h->facts, port);
    for (size_t b = 0; t && b < t->base_count; b++)
        if (t->bases[b].record_count)
            return true;
    return false;
}

static void add_name(struct dane_reference *r, const char *name)
{
    size_t i = 0;
    while (i < DANE_NAMES_MAX && r->names[i] && strcmp(r->names[i], name) != 0)
        i++;
    if (i < DANE_NAMES_MAX)
        r->names[i] = name;
}

/* RFC 7672 3.2.2: the base; and the domain that mail is for, where the way from it to the host is proven, with the name
 * that the domain is an alias of. */
static struct dane_reference reference_of(const struct facts *f, const struct tlsa_base *base)
{
    struct dane_reference r = {.names = {base->name}, .now = f->checked_at};
    bool way_is_proven = f->target.kind == TARGET_SERVER || f->mx.lookup.dnssec == DNSSEC_SECURE;
    if (way_is_proven)
        add_name(&r, f->target.name);
    if (way_is_proven && f->mx.lookup.alias_of)
        add_name(&r, f->mx.lookup.alias_of);
    return r;
}

static void compare(struct job *job, const struct tlsa_facts *t, struct tls_facts *tls)
{
    if (tls->certificate_count == 0)
        return;
    for (size_t b = 0; b < t->base_count; b++) {
        const struct tlsa_base *base = &t->bases[b];
        enum tlsa_match *matches = base->record_count ? job_alloc(job, base->record_count, sizeof *matches) : NULL;
        if (!matches)
            continue;
        struct dane_reference reference = reference_of(job->facts, base);
        if (dane_compare(job->prober->net.tls, tls, &reference, base->records, base->record_count, matches) < 0)
            job->arena.exhausted = true; /* the report says that memory was short */
        else
            tls->tlsa[b] = matches;
    }
}

static void compare_endpoint(struct job *job, const struct tlsa_facts *t, struct endpoint_facts *e)
{
    for (size_t i = 0; i < e->session_count; i++)
        compare(job, t, &e->sessions[i].tls);
    for (size_t i = 0; e->deep && i < DEEP_CONNECTION_COUNT; i++)
        if (e->deep->sessions[i])
            compare(job, t, &e->deep->sessions[i]->tls);
}

void tlsa_conclude(struct job *job)
{
    for (size_t h = 0; h < job->facts->host_count + job->facts->submission_host_count; h++) {
        const struct host_facts *host = &job->facts->hosts[h];
        for (size_t a = 0; a < host->address_count; a++)
            for (size_t e = 0; e < host->addresses[a].endpoint_count; e++) {
                struct endpoint_facts *endpoint = &host->addresses[a].endpoints[e];
                const struct tlsa_facts *t = tlsa_of(host, endpoint->port);
                if (t)
                    compare_endpoint(job, t, endpoint);
            }
    }
}

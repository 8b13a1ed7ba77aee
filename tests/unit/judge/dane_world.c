/* SPDX-License-Identifier: Apache-2.0 */
/* dane_world - see dane_world.h. */
#include "dane_world.h"

#include "base/panic.h"

void set_lookup(struct dns_lookup *l, enum dns_status status, enum dnssec_state dnssec)
{
    *l = (struct dns_lookup){.status = status, .dnssec = dnssec, .ttl_s = status == DNS_FOUND ? 3600 : 0, .alias_of = l->alias_of};
    l->rcode = status == DNS_NXDOMAIN ? 3 : status == DNS_FAILED ? 2 : 0;
}

static unsigned next_number(struct str *words)
{
    uint64_t n = 0;
    must(str_number(str_word(words), 255, &n));
    return (unsigned)n;
}

/* Data is that of the certificate that world.c gives the server: a digest begins with the octet 0 for the leaf, and
 * with 1 for its issuer. */
static struct tlsa_record record_of(struct world *w, struct str text)
{
    static const size_t lengths[] = {300, 32, 64};
    struct tlsa_record r = {0};
    r.usage = (uint8_t)next_number(&text);
    r.selector = (uint8_t)next_number(&text);
    r.matching_type = (uint8_t)next_number(&text);
    size_t n = lengths[r.matching_type < 3 ? r.matching_type : 0];
    char *data = arena_alloc(&w->arena, n);
    must(data);
    memset(data, 0, n);
    data[0] = r.usage == 2;
    r.data = (struct str){data, n};
    r.flaw = r.usage > 3 ? TLSA_UNKNOWN_USAGE : r.selector > 1 ? TLSA_UNKNOWN_SELECTOR : r.matching_type > 2 ? TLSA_UNKNOWN_MATCHING_TYPE : TLSA_SOUND;
    return r;
}

static void match_all(struct world *w, struct host_facts *h)
{
    for (size_t a = 0; a < h->address_count; a++) {
        struct tls_facts *tls = &h->addresses[a].endpoints[0].sessions[0].tls;
        for (size_t b = 0; b < h->tlsa[0].base_count; b++) {
            size_t count = h->tlsa[0].bases[b].record_count;
            tls->tlsa[b] = ARENA_ARRAY(&w->arena, enum tlsa_match, count);
            for (size_t i = 0; i < count; i++)
                tls->tlsa[b][i] = h->tlsa[0].bases[b].records[i].flaw ? TLSA_NOT_COMPARED : TLSA_MATCHES;
        }
    }
}

void set_records(struct world *w, struct host_facts *h, const char *records)
{
    struct tlsa_base *base = &h->tlsa[0].bases[0];
    struct str rest = str_of(records);
    base->records = ARENA_ARRAY(&w->arena, struct tlsa_record, TLSA_RECORDS_MAX);
    base->record_count = 0;
    set_lookup(&base->lookup, *records ? DNS_FOUND : DNS_NXDOMAIN, DNSSEC_SECURE);
    for (struct str one = str_cut(&rest, ','); one.n; one = str_cut(&rest, ','))
        base->records[base->record_count++] = record_of(w, str_trim(one));
    match_all(w, h);
}

static void give_tlsa(struct world *w, struct host_facts *h)
{
    h->tlsa = ARENA_ARRAY(&w->arena, struct tlsa_facts, 1);
    h->tlsa_count = 1;
    h->tlsa[0] = (struct tlsa_facts){.port = 25, .base_count = 1};
    h->tlsa[0].bases[0].name = h->name;
    set_records(w, h, "3 1 1, 2 1 1");
}

void with_dane(struct world *w)
{
    give_tlsa(w, w->mx1);
    give_tlsa(w, w->mx2);
}

void set_match(struct host_facts *h, size_t i, enum tlsa_match match)
{
    for (size_t a = 0; a < h->address_count; a++)
        h->addresses[a].endpoints[0].sessions[0].tls.tlsa[0][i] = match;
}

void make_alias(struct world *w, struct host_facts *h, const char *target)
{
    h->a.alias_of = h->aaaa.alias_of = target;
    h->tlsa[0].bases[1] = (struct tlsa_base){.name = h->name};
    set_lookup(&h->tlsa[0].bases[1].lookup, DNS_NXDOMAIN, DNSSEC_SECURE);
    h->tlsa[0].bases[0].name = target;
    h->tlsa[0].base_count = 2;
    match_all(w, h);
}

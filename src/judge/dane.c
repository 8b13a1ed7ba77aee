/* SPDX-License-Identifier: Apache-2.0 */
/* dane - see dane.h. The functions stand in the order of the procedure. */
#include "judge/dane.h"

#include <string.h>

#include "judge/rules.h"

const struct tlsa_facts *dane_tlsa_of(const struct host_facts *h, uint16_t port)
{
    for (size_t i = 0; i < h->tlsa_count; i++)
        if (h->tlsa[i].port == port)
            return &h->tlsa[i];
    return NULL;
}

static bool is_answer(const struct dns_lookup *l)
{
    return is_answered(l) && l->dnssec != DNSSEC_INDETERMINATE;
}

static bool is_secure(const struct dns_lookup *l)
{
    return l->dnssec == DNSSEC_SECURE;
}

static struct dane none(struct dane d, enum dane_none why)
{
    d.state = DANE_NONE;
    d.none = why;
    return d;
}

static struct dane failed(struct dane d, enum dane_state state, const struct dns_lookup *l, const char *type)
{
    d.state = state;
    d.failed = l;
    d.failed_type = type;
    return d;
}

/* Bogus is what every validating sender sees. Of another failure we cannot tell whether others see it too. */
static struct dane not_answered(struct dane d, const struct dns_lookup *l, const char *type)
{
    return failed(d, l->status == DNS_BOGUS ? DANE_TEMPFAIL : DANE_NOT_KNOWN, l, type);
}

/* Other TLSA questions were answered, so whoever resolves for us can ask them. */
static bool tlsa_can_be_asked(const struct facts *f)
{
    for (size_t h = 0; h < f->host_count; h++)
        for (size_t t = 0; t < f->hosts[h].tlsa_count; t++)
            for (size_t b = 0; b < f->hosts[h].tlsa[t].base_count; b++)
                if (is_answer(&f->hosts[h].tlsa[t].bases[b].lookup))
                    return true;
    return resolves_by_itself(f);
}

/* RFC 7672 2.1.2: name servers that answer for the host's addresses and fail at the type TLSA stop senders; that no
 * answer came in our time does not show that they fail. */
static struct dane tlsa_not_answered(struct dane d, const struct facts *f, const struct dns_lookup *l)
{
    if (l->status == DNS_FAILED && tlsa_can_be_asked(f))
        return failed(d, DANE_TEMPFAIL, l, "TLSA");
    return not_answered(d, l, "TLSA");
}

bool dane_is_usable(const struct tlsa_record *r, enum dane_service service)
{
    return r->flaw == TLSA_SOUND && (r->usage >= 2 || service == DANE_SUBMISSION);
}

static size_t count_usable(const struct tlsa_base *base, enum dane_service service)
{
    size_t count = 0;
    for (size_t i = 0; i < base->record_count; i++)
        count += dane_is_usable(&base->records[i], service);
    return count;
}

static struct dane with_records(struct dane d, const struct tlsa_facts *tlsa, size_t base)
{
    d.base = &tlsa->bases[base];
    d.base_index = base;
    d.usable_count = count_usable(d.base, d.service);
    d.state = d.usable_count ? DANE_USABLE : DANE_UNUSABLE;
    return d;
}

/* RFC 7672 2.2.3: the first base with secure records is taken; `only` leaves out the names behind an insecure alias. */
static struct dane decide_records(struct dane d, const struct facts *f, const struct tlsa_facts *tlsa, const char *only)
{
    bool insecure_records = false;
    if (!tlsa || tlsa->base_count == 0)
        return failed(d, DANE_NOT_KNOWN, NULL, "TLSA");
    for (size_t i = 0; i < tlsa->base_count; i++) {
        const struct tlsa_base *base = &tlsa->bases[i];
        if (only && strcmp(base->name, only) != 0)
            continue;
        if (!is_answer(&base->lookup))
            return tlsa_not_answered(d, f, &base->lookup);
        if (base->lookup.status == DNS_FOUND && is_secure(&base->lookup))
            return with_records(d, tlsa, i);
        insecure_records = insecure_records || base->lookup.status == DNS_FOUND;
    }
    return none(d, insecure_records ? DANE_TLSA_INSECURE : DANE_TLSA_DENIED);
}

/* RFC 7672 2.2.2: an alias that leads to insecure addresses may itself be proven; then the first name is the base. */
static struct dane decide_insecure_alias(struct dane d, const struct facts *f, const struct host_facts *h, const struct tlsa_facts *tlsa)
{
    if (h->alias.status == DNS_NOT_ASKED)
        return failed(d, DANE_NOT_KNOWN, NULL, "CNAME");
    if (!is_answer(&h->alias))
        return not_answered(d, &h->alias, "CNAME");
    if (!is_secure(&h->alias))
        return none(d, DANE_ADDRESSES_INSECURE);
    return decide_records(d, f, tlsa, h->name);
}

/* RFC 7672 2.1.3, 2.2: one failing family makes the host unusable for now; what is found must all be secure. */
static struct dane decide_host(struct dane d, const struct facts *f, const struct host_facts *h, const struct tlsa_facts *tlsa)
{
    const struct dns_lookup *lookups[] = {&h->a, &h->aaaa};
    static const char *const types[] = {"A", "AAAA"};
    bool found = false, secure = true, alias = false;
    for (size_t i = 0; i < 2; i++)
        if (lookups[i]->status == DNS_BOGUS)
            return not_answered(d, lookups[i], types[i]);
    for (size_t i = 0; i < 2; i++) {
        if (!is_answer(lookups[i]) && lookups[!i]->status == DNS_FOUND && lookups[!i]->dnssec == DNSSEC_INSECURE)
            continue; /* no DANE whatever this one would have said */
        if (!is_answer(lookups[i]))
            return not_answered(d, lookups[i], types[i]);
        if (lookups[i]->status != DNS_FOUND)
            continue;
        found = true;
        secure = secure && is_secure(lookups[i]);
        alias = alias || lookups[i]->alias_of;
    }
    if (!found)
        return none(d, DANE_NO_ADDRESS);
    if (secure)
        return decide_records(d, f, tlsa, NULL);
    return alias ? decide_insecure_alias(d, f, h, tlsa) : none(d, DANE_ADDRESSES_INSECURE);
}

struct dane dane_decide(const struct facts *f, const struct host_facts *h, uint16_t port, enum dane_service service)
{
    struct dane d = {.service = service};
    const struct tlsa_facts *tlsa = dane_tlsa_of(h, port);
    if (h->name_kind == HOST_NAME_IP_LITERAL)
        return none(d, DANE_NO_ADDRESS);
    if (f->target.kind == TARGET_SERVER)
        return decide_host(d, f, h, tlsa);
    if (f->mx.status == MX_NULL)
        return none(d, DANE_NULL_MX);
    if (f->mx.lookup.status != DNS_FOUND && !is_denied(&f->mx.lookup))
        return not_answered(d, &f->mx.lookup, "MX");
    d.mx_insecure = f->mx.status != MX_IMPLICIT && f->mx.lookup.dnssec == DNSSEC_INSECURE;
    return decide_host(d, f, h, tlsa);
}

bool dane_counts(const struct tlsa_base *base, size_t record, enum dane_service service)
{
    const struct tlsa_record *r = &base->records[record];
    if (!dane_is_usable(r, service))
        return false;
    for (size_t i = 0; i < base->record_count; i++) {
        const struct tlsa_record *other = &base->records[i];
        bool alike = dane_is_usable(other, service) && other->usage == r->usage && other->selector == r->selector;
        if (alike && r->matching_type != 0 && other->matching_type > r->matching_type)
            return false;
    }
    return true;
}

/* How near a comparison came to a match. */
static unsigned nearness(enum tlsa_match m)
{
    static const unsigned ranks[] = {
        [TLSA_NOT_COMPARED] = 0,  [TLSA_NO_DIGEST] = 1, [TLSA_TA_NOT_SENT] = 2, [TLSA_TA_SIGNATURE] = 3,
        [TLSA_TA_NAME] = 4,       [TLSA_TA_DATES] = 5,  [TLSA_MATCHES] = 6,
    };
    return ranks[m];
}

/* Usages 0 and 1 ask for what the public certificate system says as well: RFC 6698 2.1.1. */
static bool is_satisfied(const struct tlsa_record *r, enum tlsa_match m, const struct tls_facts *tls)
{
    return m == TLSA_MATCHES && (r->usage >= 2 || (tls->trust == TRUST_YES && tls->name_matches == TRI_YES));
}

struct dane_proof dane_prove(const struct dane *d, const struct tls_facts *tls)
{
    struct dane_proof p = {.authenticated = TRI_NO};
    const enum tlsa_match *matches = tls->tlsa[d->base_index];
    if (tls->certificate_count == 0)
        return p;
    if (!matches)
        return (struct dane_proof){.authenticated = TRI_UNKNOWN};
    for (size_t i = 0; i < d->base->record_count; i++) {
        if (!dane_counts(d->base, i, d->service))
            continue;
        if (is_satisfied(&d->base->records[i], matches[i], tls))
            return (struct dane_proof){TRI_YES, TLSA_MATCHES, i};
        if (matches[i] == TLSA_NOT_COMPARED)
            p.authenticated = TRI_UNKNOWN;
        if (nearness(matches[i]) > nearness(p.nearest)) {
            p.nearest = matches[i];
            p.record = i;
        }
    }
    if (d->base->records_left_out && p.authenticated == TRI_NO) /* one of those may be the one that does */
        p.authenticated = TRI_UNKNOWN;
    return p;
}

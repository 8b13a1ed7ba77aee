/* SPDX-License-Identifier: Apache-2.0 */
/* rules_spf - the domain's SPF record: whether it can be read, what it costs, and whom it permits. */
#include "judge/rules.h"

enum { IP4_PERMITTED_MAX = 1 << 24 };

static const struct spf_facts *spf(const struct context *c)
{
    return &c->facts->spf;
}

static const struct spf_walk_facts *walked(const struct context *c)
{
    return &c->facts->spf.walk;
}

/* "`include:x.example` in the record of example.org", or "the record of example.org". */
static const char *place(struct context *c, const struct spf_place *p)
{
    const char *domain = shown(c, p->domain);
    const char *words = p->term.n ? arena_printf(c->arena, "`%s` in the record of %s", shown(c, p->term), domain) : arena_printf(c->arena, "the record of %s", domain);
    return words ? words : "the record";
}

/* Of a domain without mail the row about null MX speaks. */
static bool is_asked(const struct context *c)
{
    return spf(c)->wanted && c->facts->mx.status != MX_NULL;
}

struct outcome rule_spf_published(struct context *c, const struct subject *s)
{
    const struct spf_record_seen *r = walked(c)->record;
    const char *name = c->facts->target.name;
    if (!is_asked(c))
        return not_applicable();
    if (fails(c, ROW_dns_dnssec_valid, s))
        return not_applicable_via(ROW_dns_dnssec_valid);
    if (!r || (r->txt.status == DNS_NOT_ASKED && !walked(c)->error))
        return unknown(c, REASON_LIMIT, "The search for the record was not finished.");
    if (r->txt.status == DNS_NOT_ASKED) /* a name of one label has no SPF: RFC 7208 4.3 */
        return not_applicable();
    if (r->count)
        return pass();
    if (!is_answered(&r->txt))
        return unknown(c, reason_of_lookup(&r->txt), "The TXT records of %s could not be looked up: %s.", name, dns_problem(c, &r->txt));
    if (spf(c)->type99.status == DNS_FOUND)
        return fail(c, "%s has a record of the withdrawn type SPF (99) only; receivers read TXT.", name);
    return fail(c, "No TXT record of %s is an SPF record.", name);
}

struct outcome rule_spf_single(struct context *c, const struct subject *s)
{
    size_t count = walked(c)->record->count;
    (void)s;
    return count == 1 ? pass() : fail(c, "%s has %zu SPF records; receivers then use none of them.", c->facts->target.name, count);
}

struct outcome rule_spf_syntax(struct context *c, const struct subject *s)
{
    const struct spf_walk_facts *w = walked(c);
    (void)s;
    if (w->error)
        return fail(c, "At %s receivers stop: %s.", place(c, &w->error_at), w->error);
    if (w->incomplete)
        return unknown(c, w->hit_limit ? REASON_LIMIT : REASON_DNS_FAILURE, "The record was not read to its end: %s, at %s.", w->incomplete_because,
                       place(c, &w->incomplete_at));
    return pass();
}

/* What is over a limit already stays so, whatever could not be seen. */
struct outcome rule_spf_lookups(struct context *c, const struct subject *s)
{
    const struct spf_walk_facts *w = walked(c);
    const struct outcome *syntax = verdict_of(c, ROW_spf_syntax, s);
    if (syntax->value == VERDICT_FAIL)
        return as_parent(ROW_spf_syntax, syntax);
    if (w->lookups > SPF_LOOKUPS_MAX)
        return fail(c, "At worst %u terms ask the DNS; receivers stop after %d.", w->lookups, SPF_LOOKUPS_MAX);
    if (w->voids > SPF_VOIDS_MAX)
        return fail(c, "At worst %u terms ask for what does not exist; receivers stop after %d.", w->voids, SPF_VOIDS_MAX);
    if (w->too_many_names.domain.n)
        return fail(c, "%s has more than %d hosts; receivers stop there.", place(c, &w->too_many_names), SPF_NAMES_MAX);
    return syntax->value == VERDICT_PASS ? pass() : as_parent(ROW_spf_syntax, syntax);
}

struct outcome rule_spf_permits_all(struct context *c, const struct subject *s)
{
    const struct spf_walk_facts *w = walked(c);
    (void)s;
    if (w->all_qualifier == '+')
        return fail(c, "The record ends in `+all`.");
    if (w->ip6_permits_all)
        return fail(c, "The ranges of the record hold every IPv6 address.");
    if (w->ip4_permitted > IP4_PERMITTED_MAX)
        return fail(c, "The ranges of the record hold %llu IPv4 addresses.", (unsigned long long)w->ip4_permitted);
    return pass();
}

/* A redirect that depends on the message, or that was left out of the tree, leads to a record that is not known. */
static bool end_is_known(const struct spf_walk_facts *w)
{
    const struct spf_record_seen *r = w->record;
    while (r) {
        const struct spf_term_seen *t = r->terms;
        while (t && t->kind != SPF_REDIRECT)
            t = t->next;
        if (!t)
            return w->trace_left_out == 0;
        r = t->record;
    }
    return false;
}

struct outcome rule_spf_all_qualifier(struct context *c, const struct subject *s)
{
    const struct spf_walk_facts *w = walked(c);
    (void)s;
    if (w->all_qualifier == '?')
        return fail(c, "The record ends in `?all`.");
    if (w->all_qualifier || !end_is_known(w))
        return pass();
    return fail(c, "The record ends without `all`.");
}

struct outcome rule_spf_hygiene(struct context *c, const struct subject *s)
{
    const struct spf_lint *l = &walked(c)->record->lint;
    (void)s;
    if (l->ptr.n)
        return fail(c, "`%s` should not be used.", shown(c, l->ptr));
    if (l->after_all.n)
        return fail(c, "`%s` stands behind `%s` and is never read.", shown(c, l->after_all), shown(c, l->all));
    if (l->redirect_beside_all.n)
        return fail(c, "`%s` is ignored, as there is `%s`.", shown(c, l->redirect_beside_all), shown(c, l->all));
    if (l->odd_macro.n)
        return fail(c, "The macro `%s` should not be used in a record.", shown(c, l->odd_macro));
    if (l->octets > SPF_SIZE_ADVISED)
        return fail(c, "The record has %zu octets; over %d an answer may not fit in one packet.", l->octets, SPF_SIZE_ADVISED);
    if (spf(c)->type99.status == DNS_FOUND)
        return fail(c, "%s has a record of the withdrawn type SPF (99), too.", c->facts->target.name);
    return pass();
}

static const struct spf_check_facts *check_of(const struct context *c, struct ip ip)
{
    static const struct spf_check_facts none;
    for (size_t i = 0; i < spf(c)->check_count; i++)
        if (ip_eq(spf(c)->checks[i].ip, ip))
            return &spf(c)->checks[i];
    return &none;
}

static struct outcome own_addresses_known(struct context *c, const struct subject *s)
{
    struct subject host;
    for (struct walk w = {0}; next_object(c, s, SCOPE_HOST, &w, &host);) {
        const struct outcome known = is_providers(c, host.host) ? pass() : addresses_known(c, &host);
        if (known.value != VERDICT_PASS)
            return known;
    }
    return pass();
}

struct outcome rule_spf_mx_covered(struct context *c, const struct subject *s)
{
    size_t own = 0, unchecked = 0, errors = 0;
    const char *results = NULL;
    struct subject a;
    for (struct walk w = {0}; next_object(c, s, SCOPE_ADDRESS, &w, &a);) {
        if (a.address->special || is_providers(c, a.host))
            continue;
        const enum spf_result result = check_of(c, a.address->ip)->result;
        const char *one = arena_printf(c->arena, "%s for %s", spf_result_words[result], shown_ip(c, a.address->ip));
        if (result == SPF_PASS)
            return pass();
        own++;
        unchecked += result == SPF_UNCHECKED;
        errors += result == SPF_TEMPERROR;
        results = one ? listed(c, results, one) : results;
    }
    const struct outcome known = own_addresses_known(c, s);
    if (known.value != VERDICT_PASS)
        return known;
    if (own == 0)
        return not_applicable();
    if (errors || unchecked)
        return unknown(c, errors ? REASON_DNS_FAILURE : REASON_LIMIT, "SPF gives %s.", results);
    return fail(c, "SPF gives %s.", results);
}

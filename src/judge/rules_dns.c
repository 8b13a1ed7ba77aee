/* SPDX-License-Identifier: Apache-2.0 */
/* rules_dns - the domain's name, and whether its answers can be proven. */
#include "judge/authorities.h"
#include "judge/rules.h"

/* The resolver tells only that it got no answer; whose fault that is, the name servers themselves show. */
struct outcome rule_dns_domain_answers(struct context *c, const struct subject *s)
{
    const struct dns_lookup *mx = &c->facts->mx.lookup;
    if (mx->status == DNS_NOT_ASKED)
        return not_applicable();
    if (is_answered(mx))
        return pass();
    if (mx->status == DNS_BOGUS)
        return passes(c, ROW_net_resolver_trust, s) ? pass() : as_parent(ROW_net_resolver_trust, verdict_of(c, ROW_net_resolver_trust, s));
    if (passes(c, ROW_net_resolver_trust, s) && authorities_all_fail(c))
        return fail(c, "No name server of %s answers for it: %s.", c->facts->target.name, authorities_failing(c));
    return unknown(c, reason_of_lookup(mx), "The MX records of %s could not be looked up: %s.", c->facts->target.name, dns_problem(c, mx));
}

struct outcome rule_dns_domain_exists(struct context *c, const struct subject *s)
{
    (void)s;
    const struct dns_lookup *mx = &c->facts->mx.lookup;
    if (mx->status == DNS_BOGUS)
        return not_applicable_via(ROW_dns_dnssec_valid);
    return mx->status == DNS_NXDOMAIN ? fail(c, "There is no name %s in the DNS.", c->facts->target.name) : pass();
}

struct outcome rule_dns_dnssec_valid(struct context *c, const struct subject *s)
{
    (void)s;
    const struct dns_lookup *mx = &c->facts->mx.lookup;
    if (mx->status == DNS_BOGUS)
        return fail(c, "The MX answer of %s does not validate: %s.", c->facts->target.name, dns_problem(c, mx));
    return mx->dnssec == DNSSEC_SECURE ? pass() : not_applicable();
}

struct outcome rule_dns_dnssec_signed(struct context *c, const struct subject *s)
{
    const struct outcome *valid = verdict_of(c, ROW_dns_dnssec_valid, s);
    if (valid->value == VERDICT_FAIL || valid->value == VERDICT_UNKNOWN)
        return as_parent(ROW_dns_dnssec_valid, valid);
    if (valid->value == VERDICT_PASS)
        return pass();
    if (c->facts->mx.lookup.dnssec == DNSSEC_INSECURE)
        return fail(c, "The MX answer of %s is not signed.", c->facts->target.name);
    return not_applicable_via(valid->via);
}

struct outcome rule_dns_host_dnssec_valid(struct context *c, const struct subject *s)
{
    const struct dns_lookup *lookups[] = {&s->host->a, &s->host->aaaa}, *lost = NULL;
    bool is_asked = s->host->a.status != DNS_NOT_ASKED || s->host->aaaa.status != DNS_NOT_ASKED, secure = false;
    for (size_t i = 0; i < 2; i++) {
        if (lookups[i]->status == DNS_BOGUS)
            return fail(c, "The %s answer of %s does not validate: %s.", i ? "AAAA" : "A", s->host->name, dns_problem(c, lookups[i]));
        if (is_asked && !is_answered(lookups[i]))
            lost = lookups[i];
        secure = secure || (is_answered(lookups[i]) && lookups[i]->dnssec == DNSSEC_SECURE);
    }
    if (!lost)
        return secure ? pass() : not_applicable();
    const struct outcome *resolves = verdict_of(c, ROW_mx_target_resolves, s);
    if (resolves->value == VERDICT_UNKNOWN)
        return as_parent(ROW_mx_target_resolves, resolves);
    return unknown(c, reason_of_lookup(lost), "The %s records of %s could not be looked up: %s.", lost == &s->host->a ? "A" : "AAAA", s->host->name,
                   dns_problem(c, lost));
}

struct outcome rule_dns_ns_health(struct context *c, const struct subject *s)
{
    const struct authority_facts *f = &c->facts->authorities;
    size_t with_address = 0;
    (void)s;
    if (!f->wanted)
        return not_applicable();
    if (!f->zone || f->name_count == 0)
        return unknown(c, reason_of_lookup(&f->ns), "The name servers of %s could not be looked up: %s.", c->facts->target.name, dns_problem(c, &f->ns));
    for (size_t i = 0; i < f->name_count; i++)
        with_address += f->names[i].address_count > 0;
    const char *failing = authorities_failing(c);
    if (failing)
        return fail(c, "Of the name servers of %s, %s.", f->zone, failing);
    if (with_address < 2 && authorities_addresses_known(c))
        return fail(c, "%s has %zu name server%s with an address.", f->zone, with_address, with_address == 1 ? "" : "s");
    if (!authorities_addresses_known(c))
        return unknown(c, REASON_DNS_FAILURE, "The addresses of the name servers of %s could not all be looked up.", f->zone);
    if (!authorities_can_be_told(c))
        return unknown(c, REASON_BLOCKED_EGRESS, "No name server of %s answered us directly; our own network may not let such questions out.", f->zone);
    return pass();
}

struct outcome rule_dns_mx_propagation(struct context *c, const struct subject *s)
{
    const struct authority_facts *f = &c->facts->authorities;
    (void)s;
    for (size_t q = 0; f->wanted && q < f->question_count; q++)
        if (f->questions[q].about == ABOUT_MX && authorities_disagree(c, q))
            return fail(c, "%s.", authorities_disagree(c, q));
    return authorities_answering(c) >= 2 ? pass() : not_applicable();
}

struct outcome rule_dns_policy_propagation(struct context *c, const struct subject *s)
{
    const struct authority_facts *f = &c->facts->authorities;
    const char *list = NULL;
    (void)s;
    for (size_t q = 0; f->wanted && q < f->question_count; q++)
        if (f->questions[q].about != ABOUT_MX && f->questions[q].about != ABOUT_SERIAL && authorities_disagree(c, q))
            list = listed(c, list, authorities_disagree(c, q));
    if (list)
        return fail(c, "%s.", list);
    return authorities_answering(c) >= 2 ? pass() : not_applicable();
}

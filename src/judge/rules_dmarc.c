/* SPDX-License-Identifier: Apache-2.0 */
/* rules_dmarc - the policy that applies to the domain, how it is written, and where its reports go. */
#include <string.h>

#include "judge/rules.h"

static const struct dmarc_facts *dmarc(const struct context *c)
{
    return &c->facts->dmarc;
}

/* Of a domain without mail the row about null MX speaks (RFC 7505 4.2). */
static bool is_asked(const struct context *c)
{
    return dmarc(c)->wanted && c->facts->mx.status != MX_NULL;
}

static const struct dmarc_step *doubled_step(const struct context *c)
{
    for (size_t i = 0; i < dmarc(c)->step_count; i++)
        if (dmarc(c)->steps[i].count > 1)
            return &dmarc(c)->steps[i];
    return NULL;
}

static struct outcome walk_failed(struct context *c)
{
    for (size_t i = 0; i < dmarc(c)->step_count; i++) {
        const struct dmarc_step *s = &dmarc(c)->steps[i];
        if (!is_answered(&s->txt))
            return unknown(c, reason_of_lookup(&s->txt), "The TXT records of _dmarc.%s could not be looked up: %s.", s->domain, dns_problem(c, &s->txt));
    }
    return unknown(c, REASON_LIMIT, "The search for the record was not finished.");
}

struct outcome rule_dmarc_published(struct context *c, const struct subject *s)
{
    const struct dmarc_facts *f = dmarc(c);
    if (!is_asked(c))
        return not_applicable();
    if (fails(c, ROW_dns_dnssec_valid, s))
        return not_applicable_via(ROW_dns_dnssec_valid);
    if (f->policy)
        return pass();
    if (!f->complete)
        return walk_failed(c);
    if (doubled_step(c))
        return fail(c, "_dmarc.%s has %zu records; receivers then use none of them.", doubled_step(c)->domain, doubled_step(c)->count);
    if (f->steps[0].near_miss.n)
        return fail(c, "_dmarc.%s has `%s`, which does not begin with `v=DMARC1` in just these letters.", f->steps[0].domain, shown(c, f->steps[0].near_miss));
    if (f->misplaced.n)
        return fail(c, "The record `%s` is at %s itself; it belongs at _dmarc.%s.", shown(c, f->misplaced), c->facts->target.name, c->facts->target.name);
    return fail(c, "There is no record at _dmarc.%s%s.", c->facts->target.name, f->step_count > 1 ? ", nor at any name above it" : "");
}

static const char *policy_text(enum dmarc_policy p)
{
    static const char *const words[] = {"none", "none", "quarantine", "reject", "none"};
    return words[p];
}

struct outcome rule_dmarc_record_valid(struct context *c, const struct subject *s)
{
    if (is_asked(c) && doubled_step(c) && !fails(c, ROW_dns_dnssec_valid, s))
        return fail(c, "_dmarc.%s has %zu records; receivers then use none of them.", doubled_step(c)->domain, doubled_step(c)->count);
    if (!passes(c, ROW_dmarc_published, s))
        return as_parent(ROW_dmarc_published, verdict_of(c, ROW_dmarc_published, s));
    const struct dmarc_step *step = dmarc(c)->policy;
    if (step->record.flaw)
        return fail(c, "In the record of _dmarc.%s %s: `%s`.", step->domain, step->record.flaw, shown(c, step->record.text));
    if (step->record.psd == DMARC_PSD_YES && !step->is_public_suffix)
        return fail(c, "The record of _dmarc.%s says psd=y, but %s is no public suffix.", step->domain, step->domain);
    return pass();
}

/* RFC 9989 4.10.1: without a valid p, or with an invalid sp or np, the record asks for reports, or for nothing. */
static enum dmarc_policy stated_policy(const struct context *c)
{
    const struct dmarc_record *r = &dmarc(c)->policy->record;
    bool is_own = dmarc(c)->policy == &dmarc(c)->steps[0];
    if (r->p == DMARC_MISSING || r->p == DMARC_INVALID || r->sp == DMARC_INVALID || r->np == DMARC_INVALID)
        return DMARC_NONE;
    return !is_own && r->sp ? r->sp : r->p;
}

enum dmarc_policy dmarc_effective_policy(const struct context *c)
{
    enum dmarc_policy policy = stated_policy(c);
    if (!dmarc(c)->policy->record.testing)
        return policy;
    return policy == DMARC_REJECT ? DMARC_QUARANTINE : DMARC_NONE;
}

struct outcome rule_dmarc_policy(struct context *c, const struct subject *s)
{
    const struct dmarc_step *step = dmarc(c)->policy;
    (void)s;
    if (dmarc_effective_policy(c) != DMARC_NONE)
        return pass();
    if (step->record.testing && stated_policy(c) == DMARC_QUARANTINE)
        return fail(c, "The record of _dmarc.%s says quarantine, but t=y lowers that to none.", step->domain);
    if (step->record.flaw)
        return fail(c, "As %s in the record of _dmarc.%s, receivers take its policy for none.", step->record.flaw, step->domain);
    return fail(c, "The policy of _dmarc.%s is none.", step->domain);
}

static bool is_weaker(enum dmarc_policy policy, enum dmarc_policy than)
{
    return policy != DMARC_MISSING && policy < than;
}

struct outcome rule_dmarc_subdomains(struct context *c, const struct subject *s)
{
    const struct dmarc_facts *f = dmarc(c);
    const struct dmarc_record *r = &f->policy->record;
    (void)s;
    if (!f->organisational_domain)
        return walk_failed(c);
    if (strcmp(f->policy->domain, f->organisational_domain) != 0 || r->p == DMARC_INVALID)
        return not_applicable();
    if (is_weaker(r->sp, r->p))
        return fail(c, "p is %s, but sp, for names below %s, is %s.", policy_text(r->p), f->policy->domain, policy_text(r->sp));
    if (is_weaker(r->np, r->p))
        return fail(c, "p is %s, but np, for names that do not exist, is %s.", policy_text(r->p), policy_text(r->np));
    return pass();
}

struct outcome rule_dmarc_reports(struct context *c, const struct subject *s)
{
    (void)s;
    return dmarc(c)->policy->record.rua_count ? pass() : fail(c, "The record of _dmarc.%s has no valid rua.", dmarc(c)->policy->domain);
}

static struct outcome agreement(struct context *c, const struct dmarc_destination *d)
{
    const char *domain = dmarc(c)->policy->domain;
    if (!d->external)
        return pass();
    if (!is_answered(&d->agreement))
        return unknown(c, reason_of_lookup(&d->agreement), "Whether %s takes reports about %s is not known: %s.", d->host, domain, dns_problem(c, &d->agreement));
    if (d->agreement_count == 1)
        return pass();
    return fail(c, "%s has %s at %s._report._dmarc.%s, so reporters send it nothing.", d->host, d->agreement_count ? "several records" : "no record", domain, d->host);
}

static struct outcome takes_mail(struct context *c, const struct dmarc_destination *d)
{
    const struct dns_lookup *open;
    const char *problem = mail_problem(&d->mail, &open);
    if (problem)
        return fail(c, "%s %s.", d->host, problem);
    return open ? unknown(c, reason_of_lookup(open), "Whether %s takes mail is not known: %s.", d->host, dns_problem(c, open)) : pass();
}

struct outcome rule_dmarc_report_destination(struct context *c, const struct subject *s)
{
    struct outcome first_unknown = pass();
    (void)s;
    for (size_t i = 0; i < dmarc(c)->destination_count; i++) {
        const struct dmarc_destination *d = &dmarc(c)->destinations[i];
        struct outcome o = d->host ? agreement(c, d) : pass();
        if (o.value == VERDICT_PASS && d->host && strcmp(d->host, c->facts->target.name) != 0) /* whether mail arrives here the other rows say */
            o = takes_mail(c, d);
        if (o.value == VERDICT_FAIL)
            return o;
        if (o.value == VERDICT_UNKNOWN && first_unknown.value == VERDICT_PASS)
            first_unknown = o;
    }
    return first_unknown;
}

struct outcome rule_dmarc_legacy_tags(struct context *c, const struct subject *s)
{
    const struct dmarc_record *r = &dmarc(c)->policy->record;
    const char *list = NULL;
    (void)s;
    list = r->has_pct ? listed(c, list, "pct") : list;
    list = r->has_rf ? listed(c, list, "rf") : list;
    list = r->has_ri ? listed(c, list, "ri") : list;
    list = r->has_size_limit ? listed(c, list, "a size limit behind an address") : list;
    return list ? fail(c, "The record of _dmarc.%s has %s, which receivers ignore.", dmarc(c)->policy->domain, list) : pass();
}

struct outcome dmarc_rejects(struct context *c)
{
    const struct dmarc_facts *f = dmarc(c);
    if (f->policy && dmarc_effective_policy(c) == DMARC_REJECT)
        return pass();
    if (f->policy)
        return fail(c, "The DMARC policy of _dmarc.%s comes to %s, not to reject.", f->policy->domain, policy_text(dmarc_effective_policy(c)));
    return f->complete ? fail(c, "No DMARC policy applies to %s.", c->facts->target.name) : walk_failed(c);
}

bool sends_no_mail(struct context *c, const struct subject *s)
{
    return c->facts->mx.spf_denies_all && passes(c, ROW_dmarc_published, s) && dmarc_effective_policy(c) == DMARC_REJECT;
}

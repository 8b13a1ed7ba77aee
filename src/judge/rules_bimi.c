/* SPDX-License-Identifier: Apache-2.0 */
/* rules_bimi - the brand indicator: its record, whether DMARC lets it be shown, and the files it names. */
#include <string.h>

#include "judge/rules.h"
#include "judge/web.h"

enum { CLOCK_SKEW_S = 5 * 60 };

static const struct bimi_facts *bimi(const struct context *c)
{
    return &c->facts->bimi;
}

struct outcome rule_bimi_record(struct context *c, const struct subject *s)
{
    const struct bimi_facts *f = bimi(c);
    const struct policy_record *record = &f->record;
    (void)s;
    if (!f->wanted || c->facts->mx.status == MX_NULL)
        return not_applicable();
    if (!is_answered(&record->txt))
        return unknown(c, reason_of_lookup(&record->txt), "The TXT records of default._bimi.%s could not be looked up: %s.", f->domain,
                       dns_problem(c, &record->txt));
    if (record->count == 0)
        return not_applicable();
    if (record->count > 1)
        return fail(c, "default._bimi.%s has %zu records; receivers then use none of them.", f->domain, record->count);
    return record->flaw ? fail(c, "In the record of default._bimi.%s %s: `%s`.", f->domain, record->flaw, shown(c, record->text)) : pass();
}

/* The record of the organisation that the domain is of, by the walk; NULL: it has none that counts. */
static const struct dmarc_step *organisation_step(const struct dmarc_facts *d)
{
    for (size_t i = 0; i < d->step_count; i++)
        if (d->steps[i].count == 1 && strcmp(d->steps[i].domain, d->organisational_domain) == 0)
            return &d->steps[i];
    return NULL;
}

struct outcome rule_bimi_dmarc_ready(struct context *c, const struct subject *s)
{
    const struct dmarc_facts *d = &c->facts->dmarc;
    const struct outcome *published = verdict_of(c, ROW_dmarc_published, s);
    if (bimi(c)->declined)
        return not_applicable();
    if (published->value == VERDICT_FAIL)
        return fail(c, "No DMARC policy applies to %s, and without one no logo is shown.", c->facts->target.name);
    if (published->value != VERDICT_PASS)
        return as_parent(ROW_dmarc_published, published);
    if (dmarc_effective_policy(c) == DMARC_NONE)
        return fail(c, "The DMARC policy of _dmarc.%s comes to none.", d->policy->domain);
    if (!d->organisational_domain)
        return unknown(c, REASON_DNS_FAILURE, "The DMARC record of the organisation that %s belongs to could not be looked up.", c->facts->target.name);
    const struct dmarc_step *step = organisation_step(d);
    if (step && step->record.p == DMARC_NONE)
        return fail(c, "The DMARC policy of _dmarc.%s, the domain of the organisation, is none.", step->domain);
    if (step && step->record.sp == DMARC_NONE)
        return fail(c, "The DMARC record of _dmarc.%s says sp=none.", step->domain);
    return pass();
}

static struct outcome judge_way(struct context *c, const struct bimi_file *f, const char *what, size_t max_bytes)
{
    const struct web_file file = {what, f->host, f->port, &f->a, &f->aaaa, &f->fetch, max_bytes};
    if (!f->host)
        return unknown(c, REASON_NOT_PROBED, "%s was not fetched: `%s` names no host that we ask the DNS for.", what, shown(c, f->url));
    const struct outcome tls = web_tls(c, &file);
    return tls.value == VERDICT_FAIL ? tls : web_answer(c, &file);
}

static struct outcome judge_logo(struct context *c)
{
    const struct bimi_facts *f = bimi(c);
    if (f->logo_file.url.n == 0)
        return pass();
    const struct outcome way = judge_way(c, &f->logo_file, "The logo", BIMI_LOGO_MAX);
    if (way.value != VERDICT_PASS)
        return way;
    if (!f->logo)
        return unknown(c, REASON_INTERNAL, "The logo found no room in our memory.");
    if (f->logo->compressed)
        return unknown(c, REASON_NOT_PROBED, "The logo is compressed (gzip), and what is in it was not looked at.");
    if (!f->logo->flaw)
        return pass();
    const char *at = f->logo->flaw_at.n ? arena_printf(c->arena, " (`%s`)", shown(c, f->logo->flaw_at)) : "";
    return fail(c, "The logo is not what SVG Tiny PS wants: %s%s.", f->logo->flaw, at ? at : "");
}

static const char *date(struct context *c, struct wall t)
{
    char text[CLOCK_TEXT_BYTES];
    wall_write_date(t, text);
    const char *copy = arena_strdup(c->arena, text);
    return copy ? copy : "";
}

static struct outcome judge_evidence(struct context *c)
{
    const struct bimi_facts *f = bimi(c);
    const struct bimi_evidence *e = f->evidence;
    if (f->evidence_file.url.n == 0)
        return pass();
    const struct outcome way = judge_way(c, &f->evidence_file, "The evidence", BIMI_EVIDENCE_MAX);
    if (way.value != VERDICT_PASS)
        return way;
    if (!e)
        return unknown(c, REASON_INTERNAL, "The evidence found no room in our memory.");
    if (!e->is_certificate)
        return fail(c, "The evidence does not begin with a certificate in PEM form.");
    if (c->now.s > e->leaf.not_after.s + CLOCK_SKEW_S)
        return fail(c, "The certificate of the evidence expired on %s.", date(c, e->leaf.not_after));
    if (c->now.s < e->leaf.not_before.s - CLOCK_SKEW_S)
        return fail(c, "The certificate of the evidence is valid only from %s on.", date(c, e->leaf.not_before));
    if (!e->for_bimi)
        return fail(c, "The first certificate of the evidence, \"%s\", is not meant for BIMI (extended key usage 1.3.6.1.5.5.7.3.31).",
                    shown(c, e->leaf.subject));
    return e->names_domain ? pass() : fail(c, "The certificate of the evidence, \"%s\", is not for %s.", shown(c, e->leaf.subject), c->facts->target.name);
}

struct outcome rule_bimi_assets(struct context *c, const struct subject *s)
{
    (void)s;
    if (bimi(c)->declined)
        return not_applicable();
    const struct outcome logo = judge_logo(c);
    if (logo.value == VERDICT_FAIL)
        return logo;
    const struct outcome evidence = judge_evidence(c);
    return evidence.value == VERDICT_PASS ? logo : evidence;
}

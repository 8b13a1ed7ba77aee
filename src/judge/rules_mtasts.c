/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules_mtasts - mtasts: the record, the policy behind it, and whether the mail servers are what it demands.
 *
 * A policy that was assumed is judged like one that was fetched; the way to it is not judged then (judge.c).
 */
#include <stdio.h>
#include <string.h>

#include "judge/rules.h"
#include "judge/web.h"

enum { WEEK_S = 604800 };

static const struct mta_sts_facts *sts_of(const struct context *c)
{
    return &c->facts->mta_sts;
}

struct outcome rule_mtasts_published(struct context *c, const struct subject *s)
{
    const struct policy_record *record = &sts_of(c)->record;
    (void)s;
    if (!sts_of(c)->wanted)
        return not_applicable();
    if (!is_answered(&record->txt))
        return unknown(c, reason_of_lookup(&record->txt), "The TXT records of _mta-sts.%s could not be looked up: %s.", c->facts->target.name, dns_problem(c, &record->txt));
    if (record->count)
        return pass();
    return fail(c, record->txt.status == DNS_FOUND ? "_mta-sts.%s has TXT records, but none that begins with `v=STSv1;`." : "_mta-sts.%s has no TXT record.",
                c->facts->target.name);
}

struct outcome rule_mtasts_record(struct context *c, const struct subject *s)
{
    const struct policy_record *record = &sts_of(c)->record;
    (void)s;
    if (record->count > 1)
        return fail(c, "There are %zu records that begin with `v=STSv1`; senders then act as if there were none.", record->count);
    return record->flaw ? fail(c, "The record is `%s`: %s.", shown(c, record->text), record->flaw) : pass();
}

/* ---- the way to the policy ---- */

static struct web_file policy_file(const struct context *c)
{
    const struct mta_sts_facts *sts = sts_of(c);
    const char *host = sts->host ? sts->host : "the policy host";
    return (struct web_file){"The policy", host, WEB_HTTPS_PORT, &sts->a, &sts->aaaa, &sts->fetch, MTA_STS_BODY_MAX};
}

struct outcome rule_mtasts_policy_tls(struct context *c, const struct subject *s)
{
    const struct web_file file = policy_file(c);
    (void)s;
    if (sts_of(c)->assumed)
        return not_applicable();
    const struct outcome tls = web_tls(c, &file);
    return tls.value == VERDICT_NA ? not_applicable_via(ROW_mtasts_policy_fetch) : tls;
}

struct outcome rule_mtasts_policy_fetch(struct context *c, const struct subject *s)
{
    const struct web_file file = policy_file(c);
    if (sts_of(c)->assumed)
        return not_applicable();
    return fails(c, ROW_mtasts_policy_tls, s) ? not_applicable_via(ROW_mtasts_policy_tls) : web_answer(c, &file);
}

/* ---- the policy ---- */

struct outcome rule_mtasts_policy_syntax(struct context *c, const struct subject *s)
{
    const struct mta_sts_policy *p = sts_of(c)->policy;
    (void)s;
    if (!p)
        return unknown(c, REASON_INTERNAL, "The policy found no room in our memory.");
    if (!p->flaw)
        return pass();
    const char *line = p->flaw_line ? arena_printf(c->arena, "Line %u of the policy: ", p->flaw_line) : "The policy: ";
    const char *mode = p->mode == MTA_STS_MODE_BAD ? arena_printf(c->arena, " (the mode there is `%s`)", shown(c, p->mode_text)) : "";
    return fail(c, "%s%s%s.", line ? line : "", p->flaw, mode ? mode : "");
}

static bool is_plain_text(const char *content_type)
{
    struct str rest = str_of(content_type);
    return str_is_nocase(str_trim(str_cut(&rest, ';')), "text/plain");
}

static const char *pattern_problem(struct context *c, const struct mta_sts_pattern *pattern)
{
    if (pattern->too_wide)
        return arena_printf(c->arena, "`%s` stands for hosts of strangers", shown(c, pattern->text));
    bool all_known = c->facts->hosts_left_out == 0 && !c->facts->incomplete;
    return pattern->hosts == 0 && all_known ? arena_printf(c->arena, "`%s` matches no MX host", shown(c, pattern->text)) : NULL;
}

struct outcome rule_mtasts_policy_form(struct context *c, const struct subject *s)
{
    const struct mta_sts_facts *sts = sts_of(c);
    const struct mta_sts_policy *p = sts->policy;
    const char *problems = NULL;
    (void)s;
    if (!sts->assumed && !is_plain_text(sts->fetch.content_type)) {
        const char *type = arena_printf(c->arena, "the content type is `%s`, not text/plain", shown(c, str_of(sts->fetch.content_type)));
        problems = listed(c, problems, !sts->fetch.content_type ? "there is no content type" : type ? type : "");
    }
    if (p->mode == MTA_STS_MODE_ENFORCE && p->max_age_s < WEEK_S) {
        const char *age = arena_printf(c->arena, "max_age is %u s, under a week", p->max_age_s);
        problems = listed(c, problems, age ? age : "");
    }
    for (size_t i = 0; p->mode != MTA_STS_MODE_NONE && i < p->mx_count; i++) {
        const char *problem = pattern_problem(c, &p->mx[i]);
        if (problem)
            problems = listed(c, problems, problem);
    }
    return problems ? fail(c, "In the policy %s.", problems) : pass();
}

static bool has_pattern(const struct mta_sts_policy *p, struct str text)
{
    for (size_t i = 0; i < p->mx_count; i++)
        if (str_eq_nocase(p->mx[i].text, text))
            return true;
    return false;
}

/* The first field that differs; the order of patterns means nothing (RFC 8461 3.2). NULL: none. */
static const char *changed_field(const struct mta_sts_policy *was, const struct mta_sts_policy *is)
{
    if (was->mode != is->mode)
        return "mode";
    if (was->max_age_s != is->max_age_s)
        return "max_age";
    for (size_t i = 0; i < was->mx_count; i++)
        if (!has_pattern(is, was->mx[i].text))
            return "mx";
    for (size_t i = 0; i < is->mx_count; i++)
        if (!has_pattern(was, is->mx[i].text))
            return "mx";
    return NULL;
}

struct outcome rule_mtasts_id_change(struct context *c, const struct subject *s)
{
    const struct mta_sts_facts *sts = sts_of(c);
    (void)s;
    if (!sts->cached || !sts->cached_id || !sts->id || sts->assumed)
        return not_applicable();
    const char *field = changed_field(sts->cached, sts->policy);
    if (!field || strcmp(sts->cached_id, sts->id) != 0)
        return pass();
    return fail(c, "%s of the policy is not what it was, and the id still is `%s`.", field, sts->id);
}

struct outcome rule_mtasts_mode(struct context *c, const struct subject *s)
{
    enum mta_sts_mode mode = sts_of(c)->policy->mode;
    (void)s;
    if (mode == MTA_STS_MODE_ENFORCE)
        return pass();
    return fail(c, mode == MTA_STS_MODE_TESTING ? "The mode is `testing`." : "The mode is `none`: the policy asks senders for nothing.");
}

/* ---- the mail servers ---- */

static struct outcome coverage(struct context *c, const struct subject *s)
{
    if (s->host->in_mta_sts_policy)
        return pass();
    if (sts_of(c)->policy->mx_left_out)
        return unknown(c, REASON_LIMIT, "The policy has more than %d patterns; none of the first ones matches %s.", MTA_STS_MX_MAX, shown(c, str_of(s->host->name)));
    return fail(c, "No mx of the policy matches %s.", shown(c, str_of(s->host->name)));
}

struct outcome rule_mtasts_mx_covered(struct context *c, const struct subject *s)
{
    return sts_of(c)->policy->mode == MTA_STS_MODE_ENFORCE ? coverage(c, s) : not_applicable_via(ROW_mtasts_mode);
}

/* What becomes of a demand that stands on other rows: one that fails breaks it, one that is not known leaves it open. */
static struct outcome stands_on(struct context *c, const struct subject *s, const enum row *rows, size_t count)
{
    struct outcome open = pass();
    for (size_t i = 0; i < count; i++) {
        const struct outcome *o = verdict_of(c, rows[i], s);
        if (o->value == VERDICT_FAIL)
            return fail(c, "%s", o->detail ? o->detail : checks[rows[i]].title);
        if (o->value == VERDICT_UNKNOWN && open.value != VERDICT_UNKNOWN)
            open = as_parent(rows[i], o);
        else if (o->value == VERDICT_NA && open.value == VERDICT_PASS)
            open = not_applicable_via(rows[i]);
    }
    return open;
}

static struct outcome demanded_tls(struct context *c, const struct subject *s)
{
    static const enum row rows[] = {ROW_tls_starttls_stripped, ROW_tls_starttls_offered, ROW_tls_starttls_accepted, ROW_tls_handshake, ROW_tls_version_floor};
    return stands_on(c, s, rows, sizeof rows / sizeof *rows);
}

/* RFC 8461 4.2 wants a path that a sender can build from what it is sent; in what order it is sent is no matter. */
static struct outcome demanded_certificate(struct context *c, const struct subject *s)
{
    static const enum row rows[] = {ROW_cert_present, ROW_cert_dates, ROW_cert_name_match, ROW_cert_trusted};
    const struct tls_facts *tls = best_handshake(s->endpoint);
    const struct outcome certificate = stands_on(c, s, rows, sizeof rows / sizeof *rows);
    if (certificate.value == VERDICT_PASS && tls && tls->path_has_unsent && fails(c, ROW_cert_chain_complete, s))
        return fail(c, "%s", verdict_of(c, ROW_cert_chain_complete, s)->detail);
    return certificate;
}

struct outcome rule_mtasts_mx_tls(struct context *c, const struct subject *s)
{
    return demanded_tls(c, s);
}

struct outcome rule_mtasts_mx_certificate(struct context *c, const struct subject *s)
{
    return demanded_certificate(c, s);
}

struct outcome rule_mtasts_testing_violation(struct context *c, const struct subject *s)
{
    if (sts_of(c)->policy->mode != MTA_STS_MODE_TESTING)
        return not_applicable();
    const struct outcome *open = verdict_of(c, ROW_net_port25_open, s);
    if (open->value != VERDICT_PASS)
        return as_parent(ROW_net_port25_open, open);
    const struct outcome covered = coverage(c, s);
    if (covered.value == VERDICT_FAIL)
        return covered;
    const struct outcome tls = demanded_tls(c, s);
    if (tls.value != VERDICT_PASS)
        return tls;
    const struct outcome certificate = demanded_certificate(c, s);
    return certificate.value == VERDICT_PASS ? covered : certificate;
}

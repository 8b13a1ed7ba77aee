/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules_mtasts - mtasts: the record, the policy behind it, and whether the mail servers are what it demands.
 *
 * A policy that was assumed is judged like one that was fetched; the way to it is not judged then (judge.c).
 */
#include <stdio.h>
#include <string.h>

#include "judge/rules.h"

enum { WEEK_S = 604800, TOO_MANY_REQUESTS = 429 };

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

static const char *library_words(struct context *c, const struct fetch_facts *f)
{
    const char *words = f->error ? arena_printf(c->arena, " (%s)", shown(c, str_of(f->error))) : "";
    return words ? words : "";
}

static const char *host_of(struct context *c)
{
    return sts_of(c)->host ? sts_of(c)->host : "the policy host";
}

struct outcome rule_mtasts_policy_tls(struct context *c, const struct subject *s)
{
    const struct fetch_facts *f = &sts_of(c)->fetch;
    (void)s;
    if (sts_of(c)->assumed)
        return not_applicable();
    switch (f->result) {
    case FETCH_DONE:
    case FETCH_TOO_LARGE:
    case FETCH_BROKEN:
        return pass();
    case FETCH_CERT_DATES:
        return fail(c, "The certificate of %s [%s] is not valid today%s.", host_of(c), shown_ip(c, f->ip), library_words(c, f));
    case FETCH_CERT_NAME:
        return fail(c, "The certificate that %s shows is not for %s%s.", shown_ip(c, f->ip), host_of(c), library_words(c, f));
    case FETCH_CERT_UNTRUSTED:
        return fail(c, "The certificate of %s [%s] does not lead to a public CA%s.", host_of(c), shown_ip(c, f->ip), library_words(c, f));
    case FETCH_TLS_OLD:
        return fail(c, "%s [%s] has no TLS 1.2%s.", host_of(c), shown_ip(c, f->ip), library_words(c, f));
    case FETCH_NOT_TRIED:
    case FETCH_NO_ADDRESS:
    case FETCH_NOT_ALLOWED:
    case FETCH_REFUSED:
    case FETCH_UNREACHABLE:
    case FETCH_TIMEOUT:
    case FETCH_TLS_FAILED:
    case FETCH_CLOSED:
    case FETCH_TROUBLE:
        break;
    }
    return not_applicable_via(ROW_mtasts_policy_fetch);
}

/* Our network lets port 443 out, in each family in which nobody answered. */
static bool way_out_is(const struct context *c, enum egress_state state, bool everywhere)
{
    const struct egress_facts *v4 = &c->facts->vantage.https_v4, *v6 = &c->facts->vantage.https_v6;
    bool is_v4 = v4->needed && v4->state == state, is_v6 = v6->needed && v6->state == state;
    return everywhere ? (is_v4 || is_v6) && is_v4 == v4->needed && is_v6 == v6->needed : is_v4 || is_v6;
}

static struct outcome judge_silence(struct context *c, const struct fetch_facts *f)
{
    const char *what = f->result == FETCH_REFUSED ? "refuses connections" : f->result == FETCH_UNREACHABLE ? "is unreachable" : "does not answer";
    if (f->connected)
        return fail(c, "%s [%s] accepts connections on port 443, but gives no whole answer in 30 s.", host_of(c), shown_ip(c, f->ip));
    bool proven = f->result == FETCH_REFUSED ? !way_out_is(c, EGRESS_BLOCKED, false) : way_out_is(c, EGRESS_OPEN, true);
    if (!proven)
        return unknown(c, REASON_BLOCKED_EGRESS, "%s %s on port 443, and nothing shows that our own network lets this port out.", host_of(c), what);
    return fail(c, "%s %s on port 443 at any address that was tried, %s the last.", host_of(c), what, shown_ip(c, f->ip));
}

/* Addresses that could not be looked up may be good ones. */
static struct outcome judge_addresses(struct context *c, const char *problem)
{
    const struct mta_sts_facts *sts = sts_of(c);
    const struct dns_lookup *failed = !is_answered(&sts->a) ? &sts->a : !is_answered(&sts->aaaa) ? &sts->aaaa : NULL;
    if (failed)
        return unknown(c, reason_of_lookup(failed), "The %s records of %s could not be looked up: %s.", failed == &sts->a ? "A" : "AAAA", host_of(c), dns_problem(c, failed));
    return fail(c, "%s %s.", host_of(c), problem);
}

static struct outcome judge_not_tried(struct context *c)
{
    if (c->facts->incomplete)
        return unknown(c, REASON_LIMIT, "The policy was not fetched: %s.", c->facts->incomplete_reason ? c->facts->incomplete_reason : "a limit was used up");
    return unknown(c, REASON_NOT_PROBED, "The policy was not fetched: %s has no address of the family that was asked for.", host_of(c));
}

static struct outcome judge_status(struct context *c, const struct fetch_facts *f)
{
    if (f->status == 200)
        return pass();
    if (f->status == TOO_MANY_REQUESTS)
        return unknown(c, REASON_THROTTLED, "%s answers us with status 429: too many requests.", host_of(c));
    if (f->status >= 300 && f->status < 400)
        return fail(c, "%s answers with status %d, a redirect%s%s; senders do not follow it.", host_of(c), f->status, f->location ? " to " : "",
                    f->location ? shown(c, str_of(f->location)) : "");
    return fail(c, "%s answers with status %d instead of 200.", host_of(c), f->status);
}

struct outcome rule_mtasts_policy_fetch(struct context *c, const struct subject *s)
{
    const struct mta_sts_facts *sts = sts_of(c);
    const struct fetch_facts *f = &sts->fetch;
    if (sts->assumed)
        return not_applicable();
    if (fails(c, ROW_mtasts_policy_tls, s))
        return not_applicable_via(ROW_mtasts_policy_tls);
    switch (f->result) {
    case FETCH_NOT_TRIED:
        return judge_not_tried(c);
    case FETCH_NO_ADDRESS:
        return judge_addresses(c, "has no address");
    case FETCH_NOT_ALLOWED:
        return judge_addresses(c, f->error ? arena_printf(c->arena, "has no address that the Internet can reach: %s", f->error) : "has no address that the Internet can reach");
    case FETCH_DONE:
        return judge_status(c, f);
    case FETCH_REFUSED:
    case FETCH_UNREACHABLE:
    case FETCH_TIMEOUT:
        return judge_silence(c, f);
    case FETCH_TLS_FAILED:
        return fail(c, "%s [%s] has no TLS on port 443%s.", host_of(c), shown_ip(c, f->ip), library_words(c, f));
    case FETCH_TOO_LARGE:
        return fail(c, "%s answers with a file of more than %d octets.", host_of(c), MTA_STS_BODY_MAX);
    case FETCH_BROKEN:
        return fail(c, "%s [%s] does not answer with HTTP%s.", host_of(c), shown_ip(c, f->ip), library_words(c, f));
    case FETCH_CLOSED:
        return unknown(c, REASON_THROTTLED, "%s [%s] hung up before its answer was whole%s.", host_of(c), shown_ip(c, f->ip), library_words(c, f));
    case FETCH_TLS_OLD:
    case FETCH_CERT_DATES:
    case FETCH_CERT_NAME:
    case FETCH_CERT_UNTRUSTED:
    case FETCH_TROUBLE:
        break;
    }
    return unknown(c, REASON_INTERNAL, "The policy could not be fetched, for a reason on our side%s.", library_words(c, f));
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

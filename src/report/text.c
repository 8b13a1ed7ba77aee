/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text - the report for people: the verdict in words, the table of mail hosts, what is wrong and what to do, what was
 * tested from where. The first line alone answers whoever has ten seconds.
 */
#include <stdio.h>
#include <string.h>

#include "report/text_parts.h"
#include "report/view.h"

enum { DURATION_BYTES = 32, HEADLINE_AT_MAX = 40, NOT_TESTED_BYTES_MAX = 16 * 1024 };

static void put_name(struct page *p, const struct facts *f)
{
    const struct target_facts *t = &f->target;
    page_text(p, INK_BOLD, t->name);
    if (view_is_server(f) && t->port)
        page_format(p, INK_BOLD, strchr(t->name, ':') ? " port %u" : ":%u", t->port);
}

static void put_verdict(struct page *p, const struct report *r)
{
    static const char *const words[] = {[STATUS_OK] = "OK", [STATUS_WARNING] = "WARNING", [STATUS_ERROR] = "ERROR", [STATUS_INCONCLUSIVE] = "INCONCLUSIVE"};
    static const enum ink inks[] = {[STATUS_OK] = INK_GOOD, [STATUS_WARNING] = INK_WARN, [STATUS_ERROR] = INK_BAD, [STATUS_INCONCLUSIVE] = INK_UNSURE};
    const struct summary *s = &r->judgement->summary;
    put_name(p, r->facts);
    page_to(p, p->at + 2);
    page_text(p, inks[s->status], words[s->status]);
    page_to(p, p->at + 2);
    if (p->style->quiet)
        page_text(p, INK_PLAIN, s->headline);
    else
        page_wrap_text(p, INK_PLAIN, p->at <= HEADLINE_AT_MAX ? p->at : INDENT, s->headline);
    if (!p->style->quiet && r->facts->duration_ms) {
        char took[DURATION_BYTES];
        size_t n = (size_t)snprintf(took, sizeof took, "%u.%02u s", r->facts->duration_ms / 1000, r->facts->duration_ms % 1000 / 10);
        if (p->at + 2 + n > p->columns)
            page_newline(p);
        page_to(p, p->columns - n);
        page_text(p, INK_DIM, took);
    }
    page_newline(p);
}

/* Said in words where people might not expect what was done with what they typed. */
static void put_names_used(struct page *p, const struct target_facts *t)
{
    if (t->input && strcmp(t->input, t->name) != 0) {
        page_to(p, INDENT);
        page_add_text(p, "asked for ");
        page_add_text(p, t->input);
        page_add_text(p, ", taken as ");
        page_add_text(p, t->name);
        if (t->name_unicode && strcmp(t->name_unicode, t->name) != 0) {
            page_add_text(p, ", in Unicode ");
            page_add_text(p, t->name_unicode);
        }
        page_wrap_added(p, INK_PLAIN, INDENT + 2);
        page_newline(p);
    }
}

static void put_mx(struct page *p, const struct mx_facts *mx)
{
    static const char *const words[] = {
        [MX_UNKNOWN] = "not known",
        [MX_PRESENT] = NULL,
        [MX_IMPLICIT] = "no record: mail goes to the domain's own address",
        [MX_NULL] = "null MX: the domain takes no mail",
        [MX_NONE] = "no record, and the domain has no address",
        [MX_NXDOMAIN] = "the domain does not exist",
        [MX_DNS_FAILURE] = "no answer from the DNS",
    };
    static const char *const dnssec[] = {
        [DNSSEC_INDETERMINATE] = ", DNSSEC not known",
        [DNSSEC_SECURE] = ", DNSSEC secure",
        [DNSSEC_INSECURE] = ", not signed with DNSSEC",
        [DNSSEC_BOGUS] = ", DNSSEC bogus",
    };
    page_label(p, INDENT, LABEL_TEXT_AT, "MX");
    if (words[mx->status])
        page_add_text(p, words[mx->status]);
    else
        page_add_format(p, "%zu record%s%s", mx->record_count, mx->record_count == 1 ? "" : "s", mx->assumed ? ", assumed" : "");
    if (mx->lookup.status == DNS_FOUND)
        page_add_format(p, ", kept for %u s", mx->lookup.ttl_s);
    if (mx->lookup.status == DNS_BOGUS || view_is_answered(&mx->lookup))
        page_add_text(p, dnssec[mx->lookup.status == DNS_BOGUS ? DNSSEC_BOGUS : mx->lookup.dnssec]);
    if (mx->lookup.alias_of)
        page_add_format(p, ", alias of %s", mx->lookup.alias_of);
    if (mx->lookup.reason)
        page_add_format(p, ": %s", mx->lookup.reason);
    page_wrap_added(p, INK_PLAIN, LABEL_TEXT_AT);
    page_newline(p);
}

static void add_service(struct page *p, const char *before, const char *name, const struct submission_service *s)
{
    bool offered = s->target_count && strcmp(s->targets[0].host, ".") != 0;
    page_add_format(p, "%s%s: ", before, name);
    if (s->target_count == 0)
        page_add_text(p, view_is_answered(&s->lookup) ? "no SRV record" : "not known");
    else if (!offered)
        page_add_text(p, "not offered");
    for (size_t i = 0; offered && i < s->target_count; i++)
        page_add_format(p, "%s%s:%u", i ? ", " : "", s->targets[i].host, s->targets[i].port);
}

/* Hosts that only these records name stand in the table with SRV instead of a preference. */
static void put_submission(struct page *p, const struct submission_facts *f)
{
    if (!f->submissions.wanted && !f->submission.wanted)
        return;
    page_label(p, INDENT, LABEL_TEXT_AT, "submission");
    if (f->submissions.wanted)
        add_service(p, "", "_submissions._tcp", &f->submissions);
    if (f->submission.wanted)
        add_service(p, f->submissions.wanted ? "; " : "", "_submission._tcp", &f->submission);
    if (f->targets_left_out)
        page_add_format(p, "; %zu more not connected to", f->targets_left_out);
    page_wrap_added(p, INK_PLAIN, LABEL_TEXT_AT);
    page_newline(p);
}

static void count_connections(const struct facts *f, size_t *addresses, size_t *connections)
{
    *addresses = *connections = 0;
    for (size_t h = 0; h < f->host_count + f->submission_host_count; h++) {
        *addresses += f->hosts[h].address_count;
        for (size_t a = 0; a < f->hosts[h].address_count; a++)
            for (size_t e = 0; e < f->hosts[h].addresses[a].endpoint_count; e++)
                *connections += f->hosts[h].addresses[a].endpoints[e].session_count;
    }
}

static void add_count(struct page *p, const char *before, size_t n, const char *one, const char *many)
{
    if (n)
        page_add_format(p, "%s%zu %s", before, n, n == 1 ? one : many);
}

static bool hides_findings(const struct judgement *j)
{
    for (size_t i = 0; i < j->finding_count; i++)
        if (j->findings[i]->check->severity == SEVERITY_NOTICE && !j->findings[i]->check->about_probe)
            return true;
    return false;
}

static void put_tested(struct page *p, const struct report *r)
{
    const struct summary *s = &r->judgement->summary;
    size_t checks = s->passes + s->errors + s->warnings + s->notices;
    size_t addresses, connections;
    count_connections(r->facts, &addresses, &connections);
    page_label(p, INDENT, LABEL_TEXT_AT, "tested");
    add_count(p, "", checks, "check", "checks");
    add_count(p, " on ", addresses, "address", "addresses");
    add_count(p, ", ", connections, "connection", "connections");
    add_count(p, ", ", r->facts->questions, "DNS question", "DNS questions");
    if (s->passes == checks)
        page_add_text(p, "; all passed");
    else
        page_add_format(p, "; %zu passed", s->passes);
    add_count(p, ", ", s->errors, "error", "errors");
    add_count(p, ", ", s->warnings, "warning", "warnings");
    add_count(p, ", ", s->notices, "notice", "notices");
    add_count(p, ", ", s->unknowns, "unknown", "unknown");
    if (hides_findings(r->judgement) && !p->style->all)
        page_add_text(p, " (--all shows all)");
    page_wrap_added(p, INK_PLAIN, LABEL_TEXT_AT);
    page_newline(p);
}

static void add_score(struct page *p, const char *whose, const struct score *s)
{
    if (s->reason) {
        page_add_format(p, "%s none: %s", whose, s->reason);
        return;
    }
    page_add_format(p, "%s %u of 100", whose, s->points);
    size_t n = 0;
    for (; n < s->gain_count && n < LISTED_MAX && s->gains[n].gain; n++)
        page_add_format(p, n ? ", %s %u" : " (mending %s adds %u", s->gains[n].check->id, s->gains[n].gain);
    if (n)
        page_add_text(p, ")");
}

/* What each repair alone would add; of a provider only where there is one. */
static void put_score(struct page *p, const struct judgement *j)
{
    const struct score *yours = &j->scores[OWNER_YOURS], *providers = &j->scores[OWNER_PROVIDER];
    page_label(p, INDENT, LABEL_TEXT_AT, "score");
    add_score(p, "yours", yours);
    if (!providers->reason || providers->coverage_percent)
        add_score(p, "; the provider's", providers);
    page_wrap_added(p, INK_PLAIN, LABEL_TEXT_AT);
    page_newline(p);
}

/* One of what could not be seen; false: it does not apply. */
static bool add_not_tested(struct page *p, const struct facts *f, size_t item, const char *before)
{
    struct buf text;
    buf_init(&text, NOT_TESTED_BYTES_MAX);
    bool applies = view_write_not_tested(&text, f, item);
    if (applies) {
        page_add_text(p, before);
        page_add(p, (struct str){text.used ? text.bytes : "", text.used});
    }
    p->out->failed = p->out->failed || text.failed;
    buf_done(&text);
    return applies;
}

static void put_vantage(struct page *p, const struct facts *f)
{
    const struct vantage_facts *v = &f->vantage;
    char when[CLOCK_TEXT_BYTES];
    wall_write(f->checked_at, when);
    page_label(p, INDENT, LABEL_TEXT_AT, "seen");
    page_add_text(p, when);
    page_add_text(p, " as ");
    page_add_text(p, v->ehlo ? v->ehlo : "nobody (no connection was made)");
    page_add_text(p, ", DNS: ");
    page_add_text(p, v->resolver ? v->resolver : "not asked");
    for (size_t i = VIEW_LEFT_OUT; i < VIEW_NOT_TESTED; i++)
        add_not_tested(p, f, i, "; ");
    page_wrap_added(p, INK_PLAIN, LABEL_TEXT_AT);
    page_newline(p);
}

static void put_not_tested(struct page *p, const struct facts *f)
{
    bool any = false;
    for (size_t i = 0; i < VIEW_LEFT_OUT; i++)
        any = add_not_tested(p, f, i, any ? "; " : "") || any;
    if (any)
        page_label(p, INDENT, LABEL_TEXT_AT, "left out");
    page_wrap_added(p, INK_UNSURE, LABEL_TEXT_AT);
    if (any)
        page_newline(p);
}

/* Only where it is not the usual one. */
static void put_tls_policy(struct page *p, const struct judgement *j)
{
    if (tls_policy_is_default(j->tls_policy))
        return;
    page_label(p, INDENT, LABEL_TEXT_AT, "TLS policy");
    page_add_text(p, tls_policy_name(j->tls_policy));
    page_wrap_added(p, INK_PLAIN, LABEL_TEXT_AT);
    page_newline(p);
}

void text_write_footer(struct page *p, const struct report *r)
{
    if (!view_is_server(r->facts))
        put_mx(p, &r->facts->mx);
    put_submission(p, &r->facts->submission);
    put_tested(p, r);
    put_tls_policy(p, r->judgement);
    if (p->style->all)
        put_score(p, r->judgement);
    put_vantage(p, r->facts);
    put_not_tested(p, r->facts);
}

void report_write_text(struct buf *out, const struct report *r, const struct text_style *style)
{
    struct page p;
    page_init(&p, out, style);
    put_verdict(&p, r);
    if (!style->quiet) {
        put_names_used(&p, &r->facts->target);
        page_newline(&p);
        text_write_matrix(&p, r);
        text_write_senders(&p, r->judgement);
        text_write_policies(&p, r->facts);
        text_write_findings(&p, r);
        text_write_deep(&p, r->facts);
        text_write_survey(&p, r);
        if (style->all)
            text_write_passes(&p, r->judgement);
        if (style->verbose)
            text_write_evidence(&p, r->facts);
        if (style->transcript)
            text_write_transcripts(&p, r->facts);
        text_write_footer(&p, r);
    }
    page_done(&p);
}

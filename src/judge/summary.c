/* SPDX-License-Identifier: Apache-2.0 */
/* summary - see summary.h. */
#include "judge/summary.h"

static void count(struct judgement *j)
{
    struct summary *s = &j->summary;
    for (size_t i = 0; i < j->count; i++)
        s->passes += j->verdicts[i].value == VERDICT_PASS;
    for (size_t i = 0; i < j->finding_count; i++) {
        const struct verdict *v = j->findings[i];
        bool failed = v->value == VERDICT_FAIL;
        s->unknowns += !failed;
        s->errors += failed && v->check->severity == SEVERITY_ERROR;
        s->warnings += failed && v->check->severity == SEVERITY_WARNING;
        s->notices += failed && v->check->severity == SEVERITY_NOTICE;
    }
}

/* What fails goes first; what is not known never makes it worse than inconclusive. */
static enum summary_status status_of(const struct judgement *j)
{
    bool error = false, warning = false, decisive_unknown = false;
    for (size_t i = 0; i < j->count; i++) {
        const struct verdict *v = &j->verdicts[i];
        bool failed = v->value == VERDICT_FAIL && !v->check->about_probe;
        error = error || (failed && v->check->severity == SEVERITY_ERROR);
        warning = warning || (failed && v->check->severity == SEVERITY_WARNING);
        decisive_unknown = decisive_unknown || (v->value == VERDICT_UNKNOWN && v->check->decisive);
    }
    return error ? STATUS_ERROR : warning ? STATUS_WARNING : decisive_unknown ? STATUS_INCONCLUSIVE : STATUS_OK;
}

/* The four answers that programs ask for first, from the facts alone. */
static void answer_programs(struct context *c, struct summary *out)
{
    const struct subject all = {.scope = SCOPE_DOMAIN};
    struct subject s;
    size_t good = 0, bad = 0, open_question = 0;
    out->all_reachable = c->facts->host_count > 0;
    for (struct walk w = {0}; next_object(c, &all, SCOPE_HOST, &w, &s);) {
        out->has_valid_mx = out->has_valid_mx || s.host->address_count > 0;
        out->all_reachable = out->all_reachable && s.host->address_count > 0;
    }
    for (struct walk w = {0}; next_object(c, &all, SCOPE_ENDPOINT, &w, &s);) {
        if (s.endpoint->not_probed != PROBED || s.endpoint != mail_endpoint(c, s.address))
            continue;
        const struct outcome *handshake = verdict_of(c, ROW_tls_handshake, &s), *ehlo = verdict_of(c, ROW_smtp_ehlo, &s);
        bool works = handshake->value == VERDICT_PASS && ehlo->value == VERDICT_PASS;
        good += works;
        open_question += !works && (handshake->value == VERDICT_UNKNOWN || ehlo->value == VERDICT_UNKNOWN);
        bad += !works && handshake->value != VERDICT_UNKNOWN && ehlo->value != VERDICT_UNKNOWN;
    }
    out->any_smtp_ok = good > 0;
    out->all_tls_ok = bad ? TRI_NO : good && !open_question ? TRI_YES : TRI_UNKNOWN;
}

static const char *counted(struct context *c, size_t n, const char *one, const char *many)
{
    const char *text = arena_printf(c->arena, "%zu %s", n, n == 1 ? one : many);
    return text ? text : "";
}

static const char *no_mail_headline(const struct mx_facts *mx)
{
    if (mx->status == MX_NULL)
        return "takes no mail, and says so with a null MX record";
    if (mx->status == MX_NONE && mx->spf_denies_all)
        return "takes no mail: it has no MX record, and its SPF record allows no sender";
    return NULL;
}

/* One sentence, its subject left out; the worst finding's title tells more than a count. */
static const char *headline_of(struct context *c, const struct judgement *j)
{
    const struct summary *s = &j->summary;
    const struct verdict *worst = j->finding_count ? j->findings[0] : NULL;
    const char *no_mail = no_mail_headline(&c->facts->mx);
    size_t more = s->errors + s->warnings > 0 ? s->errors + s->warnings - 1 : 0;
    switch (s->status) {
    case STATUS_OK:
        if (no_mail)
            return no_mail;
        if (s->unknowns)
            return arena_printf(c->arena, "takes mail; nothing is wrong in what could be tested, %s could not", counted(c, s->unknowns, "check", "checks"));
        return c->facts->smtp_wanted ? "takes mail, and nothing is wrong" : "nothing is wrong in the DNS; no mail server was asked";
    case STATUS_INCONCLUSIVE:
        return arena_printf(c->arena, "could not be judged: %s", reason_explained(worst ? worst->reason : REASON_INTERNAL));
    case STATUS_WARNING:
    case STATUS_ERROR:
        break;
    }
    return arena_printf(c->arena, "%s%s", worst ? worst->check->title : "", more ? arena_printf(c->arena, ", and %zu more", more) : "");
}

void summarise(struct context *c, struct judgement *out)
{
    count(out);
    out->summary.status = status_of(out);
    answer_programs(c, &out->summary);
    out->summary.headline = headline_of(c, out);
}

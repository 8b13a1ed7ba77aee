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
        bool failed = v->value == VERDICT_FAIL;
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
    size_t asked = 0, good = 0, bad = 0;
    out->all_reachable = c->facts->host_count > 0;
    for (struct walk w = {0}; next_object(c, &all, SCOPE_HOST, &w, &s);) {
        out->has_valid_mx = out->has_valid_mx || s.host->address_count > 0;
        out->all_reachable = out->all_reachable && s.host->address_count > 0;
    }
    for (struct walk w = {0}; next_object(c, &all, SCOPE_ENDPOINT, &w, &s);) {
        if (s.endpoint->not_probed != PROBED || s.endpoint != mail_endpoint(c, s.address) || s.endpoint->tls_mode == TLS_MODE_NONE)
            continue;
        const struct outcome *handshake = verdict_of(c, ROW_tls_handshake, &s), *ehlo = verdict_of(c, ROW_smtp_ehlo, &s);
        bool works = handshake->value == VERDICT_PASS && ehlo->value == VERDICT_PASS;
        out->any_smtp_ok = out->any_smtp_ok || (is_unproven(s.endpoint) && ehlo->value == VERDICT_PASS);
        asked++;
        good += works;
        bad += !works && handshake->value != VERDICT_UNKNOWN && ehlo->value != VERDICT_UNKNOWN;
    }
    out->any_smtp_ok = out->any_smtp_ok || good > 0;
    out->all_tls_ok = bad ? TRI_NO : good && good == asked ? TRI_YES : TRI_UNKNOWN;
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

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

/* A title as part of a sentence: "The domain ..." begins small, "IPv6" and "TLS" stay. */
static const char *in_sentence(struct context *c, const char *title)
{
    char *text = arena_strdup(c->arena, title);
    if (text && ascii_lower(text[1]) == text[1])
        text[0] = ascii_lower(text[0]);
    return or_empty(text);
}

/* The host that a finding is about, when others are free of it. */
static const struct host_facts *only_host_with(const struct context *c, const struct judgement *j, const struct check *check)
{
    const struct host_facts *host = NULL;
    for (size_t i = 0; i < j->finding_count; i++) {
        const struct verdict *v = j->findings[i];
        if (v->check != check || v->value != VERDICT_FAIL)
            continue;
        if (host && host != v->subject.host)
            return NULL;
        host = v->subject.host;
    }
    return c->facts->host_count > 1 ? host : NULL;
}

/* Checks that fail, leaving out notices. */
static size_t count_failed_checks(const struct judgement *j)
{
    const struct check *last = NULL;
    size_t count = 0;
    for (size_t i = 0; i < j->count; i++) {
        const struct verdict *v = &j->verdicts[i];
        if (v->value != VERDICT_FAIL || v->check->severity == SEVERITY_NOTICE || v->check == last)
            continue;
        last = v->check;
        count++;
    }
    return count;
}

static const char *trouble_headline(struct context *c, const struct judgement *j)
{
    const struct check *worst = j->findings[0]->check;
    const struct host_facts *host = only_host_with(c, j, worst);
    const char *where = host ? or_empty(arena_printf(c->arena, " (%s)", shown(c, str_of(host->name)))) : "";
    size_t others = count_failed_checks(j) - 1;
    const char *more = others ? or_empty(arena_printf(c->arena, ", and %zu more %s", others, others == 1 ? "problem" : "problems")) : "";
    return arena_printf(c->arena, "%s%s%s", in_sentence(c, worst->title), where, more);
}

static const char *inconclusive_headline(struct context *c, const struct judgement *j)
{
    for (size_t i = 0; i < j->count; i++)
        if (j->verdicts[i].value == VERDICT_UNKNOWN && j->verdicts[i].check->decisive)
            return arena_printf(c->arena, "could not be judged: %s", or_empty(reason_explained(j->verdicts[i].reason)));
    return "could not be judged";
}

/* Unknown, and worth more than a notice. */
static size_t count_open_questions(const struct judgement *j)
{
    size_t count = 0;
    for (size_t i = 0; i < j->finding_count; i++)
        count += j->findings[i]->value == VERDICT_UNKNOWN && j->findings[i]->check->severity > SEVERITY_NOTICE;
    return count;
}

static const char *good_headline(struct context *c, const struct judgement *j)
{
    size_t open_questions = count_open_questions(j);
    const char *no_mail = no_mail_headline(&c->facts->mx);
    if (no_mail)
        return no_mail;
    if (open_questions)
        return arena_printf(c->arena, "nothing is wrong in what could be tested; %s could not be done", counted(c, open_questions, "test", "tests"));
    if (c->options->only || c->options->skip)
        return "nothing is wrong in what was tested";
    if (!c->facts->smtp_wanted)
        return "nothing is wrong in the DNS; no mail server was asked";
    const struct subject all = {.scope = SCOPE_DOMAIN};
    bool all_hosts = tally(c, ROW_mx_host_reachable, &all).pass == c->facts->host_count;
    if (j->summary.all_tls_ok != TRI_YES || !all_hosts)
        return is_server(c) ? "the server works, and nothing is wrong" : "takes mail, and nothing is wrong";
    if (is_server(c))
        return "the server works, encrypted, and nothing is wrong";
    return c->facts->host_count == 1 ? "mail reaches its server, encrypted" : arena_printf(c->arena, "mail reaches all %zu servers, encrypted", c->facts->host_count);
}

/* One sentence, its subject left out: "example.org: <headline>". */
static const char *headline_of(struct context *c, const struct judgement *j)
{
    switch (j->summary.status) {
    case STATUS_OK:
        return good_headline(c, j);
    case STATUS_INCONCLUSIVE:
        return inconclusive_headline(c, j);
    case STATUS_WARNING:
    case STATUS_ERROR:
        break;
    }
    return trouble_headline(c, j);
}

void summarise(struct context *c, struct judgement *out)
{
    count(out);
    out->summary.status = status_of(out);
    answer_programs(c, &out->summary);
    out->summary.headline = or_empty(headline_of(c, out));
}

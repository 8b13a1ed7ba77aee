/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text_findings - what is wrong, worst first: title, where, what was seen, why it matters, what to do, how to verify.
 *
 * One check that fails at many places is said once. Notices stay a count unless all is asked for; what is wrong on
 * our own side is always told, as it limits what the report can say.
 */
#include <string.h>

#include "report/text_parts.h"
#include "report/view.h"

enum { COMMAND_BYTES_MAX = 16 * 1024, SUBJECT_BYTES_MAX = 16 * 1024 };

enum ink text_ink_of(enum severity s)
{
    static const enum ink inks[] = {[SEVERITY_NOTICE] = INK_BOLD, [SEVERITY_WARNING] = INK_WARN, [SEVERITY_ERROR] = INK_BAD};
    return inks[s];
}

void text_add_subject(struct page *p, const struct facts *f, const struct subject *s)
{
    struct buf text;
    buf_init(&text, SUBJECT_BYTES_MAX);
    view_write_subject(&text, f, s);
    page_add(p, (struct str){text.used ? text.bytes : "", text.used});
    p->out->failed = p->out->failed || text.failed;
    buf_done(&text);
}

static void put_more(struct page *p, size_t count)
{
    page_to(p, BODY_TEXT_AT);
    page_add_format(p, "and %zu more; -v lists all", count);
    page_wrap_added(p, INK_PLAIN, BODY_TEXT_AT);
    page_newline(p);
}

/* Where, then what was seen there; when it is the same everywhere, it is said once. */
static void put_objects(struct page *p, const struct facts *f, const struct finding_group *g)
{
    bool same = view_is_same_everywhere(g);
    size_t listed = p->style->verbose || g->count <= LISTED_MAX ? g->count : LISTED_MAX - 1;
    for (size_t i = 0; i < listed; i++) {
        const struct verdict *v = g->first[i];
        const char *detail = view_detail(v);
        if (v->subject.scope == SCOPE_DOMAIN)
            break; /* the first line names it */
        page_label(p, BODY_AT, BODY_TEXT_AT, i == 0 ? "where" : "");
        text_add_subject(p, f, &v->subject);
        if (!same && detail) {
            page_add_text(p, ": ");
            page_add_text(p, detail);
        }
        page_wrap_added(p, INK_PLAIN, BODY_TEXT_AT + 2);
        page_newline(p);
    }
    if (listed < g->count)
        put_more(p, g->count - listed);
    if (same && view_detail(g->first[0])) {
        page_label(p, BODY_AT, BODY_TEXT_AT, "seen");
        page_wrap_text(p, INK_PLAIN, BODY_TEXT_AT, view_detail(g->first[0]));
        page_newline(p);
    }
}

static void put_body(struct page *p, const char *label, const char *text)
{
    if (!text)
        return;
    page_label(p, BODY_AT, BODY_TEXT_AT, label);
    page_wrap_text(p, INK_PLAIN, BODY_TEXT_AT, text);
    page_newline(p);
}

static void put_remedy(struct page *p, const struct verdict *v)
{
    const char *domain = v->subject.host ? v->subject.host->organisational_domain : NULL;
    page_label(p, BODY_AT, BODY_TEXT_AT, "fix");
    if (v->owner == OWNER_PROVIDER)
        page_add_format(p, "For the operator of %s: ", domain ? domain : "this host");
    page_add_text(p, v->check->remedy);
    page_wrap_added(p, INK_PLAIN, BODY_TEXT_AT);
    page_newline(p);
}

static void put_verify(struct page *p, const struct facts *f, const struct verdict *v)
{
    struct buf command;
    buf_init(&command, COMMAND_BYTES_MAX);
    if (view_write_verify(&command, f, v) && !command.failed) {
        page_label(p, BODY_AT, BODY_TEXT_AT, "verify");
        page_wrap_command(p, INK_PLAIN, BODY_TEXT_AT + 2, (struct str){command.bytes, command.used});
        page_newline(p);
    }
    buf_done(&command);
}

static void put_check(struct page *p, const struct check *c)
{
    page_label(p, BODY_AT, BODY_TEXT_AT, "check");
    page_add_text(p, c->id);
    for (const char *const *spec = c->spec; spec && *spec; spec++)
        page_add_format(p, "%s%s", spec == c->spec ? "  " : ", ", *spec);
    page_wrap_added(p, INK_PLAIN, BODY_TEXT_AT);
    page_newline(p);
}

static void put_head(struct page *p, enum ink ink, const char *label, const char *title)
{
    page_to(p, INDENT);
    page_text(p, ink, label);
    page_to(p, BODY_AT);
    page_wrap_text(p, INK_BOLD, BODY_AT, title);
    page_newline(p);
}

static const char *label_of(const struct check *c)
{
    static const char *const labels[] = {[SEVERITY_NOTICE] = "NOTICE", [SEVERITY_WARNING] = "WARNING", [SEVERITY_ERROR] = "ERROR"};
    return c->about_probe ? "THIS SIDE" : labels[c->severity];
}

static void put_failure(struct page *p, const struct facts *f, const struct finding_group *g)
{
    const struct verdict *v = g->first[0];
    put_head(p, v->check->about_probe ? INK_UNSURE : text_ink_of(v->check->severity), label_of(v->check), v->check->title);
    put_objects(p, f, g);
    put_body(p, "why", v->check->why);
    put_remedy(p, v);
    put_verify(p, f, v);
    put_check(p, v->check);
    page_newline(p);
}

static void put_unknown(struct page *p, const struct facts *f, const struct finding_group *g)
{
    const struct verdict *v = g->first[0];
    const char *reason = reason_explained(v->reason);
    put_head(p, INK_UNSURE, "UNKNOWN", v->check->question);
    put_objects(p, f, g);
    if (reason && v->detail)
        put_body(p, "because", reason);
    put_check(p, v->check);
    page_newline(p);
}

void text_write_findings(struct page *p, const struct report *r)
{
    const struct judgement *j = r->judgement;
    enum finding_part end = p->style->all ? PART_COUNT : PART_NOTICES;
    for (enum finding_part part = PART_WRONG; part < end; part++)
        for (size_t i = 0; i < j->finding_count;) {
            struct finding_group g = view_group(j, i);
            i += g.count;
            if (view_part(g.first[0]) != part)
                continue;
            if (g.first[0]->value == VERDICT_UNKNOWN)
                put_unknown(p, r->facts, &g);
            else
                put_failure(p, r->facts, &g);
        }
}

/* The verdicts of one check stand together. */
void text_write_passes(struct page *p, const struct judgement *j)
{
    bool any = false;
    for (size_t i = 0; i < j->count;) {
        const struct check *c = j->verdicts[i].check;
        size_t passes = 0;
        for (; i < j->count && j->verdicts[i].check == c; i++)
            passes += j->verdicts[i].value == VERDICT_PASS;
        if (!passes)
            continue;
        page_to(p, INDENT);
        page_text(p, INK_GOOD, "PASSED");
        page_to(p, BODY_AT);
        page_add_format(p, "%s  %s", c->id, c->question);
        if (passes > 1)
            page_add_format(p, "  %zu times", passes);
        page_wrap_added(p, INK_PLAIN, BODY_AT + 2);
        page_newline(p);
        any = true;
    }
    if (any)
        page_newline(p);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* html_findings - on the page: what is wrong, worst first; what could not be tested; notices; and what passed. */
#include <string.h>

#include "report/fixes.h"
#include "report/html_parts.h"
#include "report/markup.h"
#include "report/view.h"

enum { COMMAND_BYTES_MAX = 64 * 1024, LISTED_MAX = 20 };

static struct str text_of(const struct buf *b)
{
    return (struct str){b->used ? b->bytes : "", b->used};
}

static void write_detail(struct buf *out, const struct facts *f, const struct verdict *v, bool with_detail)
{
    buf_add_cstr(out, "<li>");
    html_subject(out, f, &v->subject);
    if (with_detail && view_detail(v)) {
        buf_add_cstr(out, ": ");
        html_words(out, view_detail(v));
    }
    buf_add_cstr(out, "</li>\n");
}

static void write_objects(const struct html *h, const struct finding_group *g)
{
    struct buf *out = h->out;
    bool same = view_is_same_everywhere(g);
    size_t listed = g->count <= LISTED_MAX ? g->count : LISTED_MAX;
    if (g->first[0]->subject.scope != SCOPE_DOMAIN) {
        buf_add_cstr(out, "<dt>Where</dt><dd><ul>\n");
        for (size_t i = 0; i < listed; i++)
            write_detail(out, h->report->facts, g->first[i], !same);
        if (listed < g->count)
            buf_printf(out, "<li>and %zu more, listed in the raw report</li>\n", g->count - listed);
        buf_add_cstr(out, "</ul></dd>\n");
    }
    if (same && view_detail(g->first[0])) {
        buf_add_cstr(out, "<dt>Seen</dt>");
        html_word_element(out, "dd", NULL, view_detail(g->first[0]));
        buf_add_char(out, '\n');
    }
}

/* Lines to copy. Focus reaches them, as they may be wider than the page. */
static void write_snippet(struct buf *out, struct str text)
{
    buf_add_cstr(out, "<pre class=\"copy\" tabindex=\"0\"><code>");
    for (bool first = true; text.n; first = false) {
        if (!first)
            buf_add_char(out, '\n');
        markup_write_text(out, str_cut(&text, '\n'));
    }
    buf_add_cstr(out, "</code></pre>\n");
}

/* The snippets of all objects of the finding; the same one once. */
static void write_fixes(const struct html *h, const struct finding_group *g)
{
    enum { SNIPPETS_MAX = 6 };
    struct buf text, seen;
    size_t written = 0;
    buf_init(&text, COMMAND_BYTES_MAX);
    buf_init(&seen, 16 * COMMAND_BYTES_MAX);
    for (size_t i = 0; i < g->count && written < SNIPPETS_MAX; i++) {
        const char *where;
        for (size_t at = 0; written < SNIPPETS_MAX && (buf_clear(&text), fixes_next(&text, h->report->facts, g->first[i], &at, &where));) {
            buf_add_char(&text, '\0');
            if (text.failed || (seen.used && memmem(seen.bytes, seen.used, text.bytes, text.used)))
                continue;
            buf_add(&seen, text.bytes, text.used);
            buf_printf(h->out, "<p class=\"for\">%s</p>\n", where);
            write_snippet(h->out, (struct str){text.bytes, text.used - 1});
            written++;
        }
    }
    buf_done(&seen);
    buf_done(&text);
}

static void write_remedy(const struct html *h, const struct finding_group *g)
{
    const struct verdict *v = g->first[0];
    const char *domain = v->subject.host ? v->subject.host->organisational_domain : NULL;
    buf_add_cstr(h->out, "<dt>Fix</dt><dd><p>");
    if (v->owner == OWNER_PROVIDER) {
        buf_add_cstr(h->out, "For the operator of ");
        html_words(h->out, domain ? domain : "this host");
        buf_add_cstr(h->out, ": ");
    }
    html_words(h->out, v->check->remedy);
    buf_add_cstr(h->out, "</p>\n");
    write_fixes(h, g);
    buf_add_cstr(h->out, "</dd>\n");
}

static void write_verify(const struct html *h, const struct verdict *v)
{
    struct buf command;
    buf_init(&command, COMMAND_BYTES_MAX);
    if (view_write_verify(&command, h->report->facts, v) && !command.failed) {
        buf_add_cstr(h->out, "<dt>Verify</dt><dd>");
        write_snippet(h->out, text_of(&command));
        buf_add_cstr(h->out, "</dd>\n");
    }
    buf_done(&command);
}

/* "RFC 3207 4.2" leads to that section; what is no RFC stays words. */
static void write_spec(struct buf *out, const char *spec)
{
    struct str rest = str_of(spec), word = str_word(&rest), number = str_word(&rest), section = str_word(&rest);
    uint64_t n;
    bool is_rfc = str_is(word, "RFC") && str_number(number, 99999, &n);
    if (is_rfc) {
        buf_printf(out, "<a rel=\"noreferrer\" href=\"https://www.rfc-editor.org/rfc/rfc%.*s", (int)number.n, number.p);
        if (section.n && ascii_is_digit(section.p[0]))
            buf_printf(out, "#section-%.*s", (int)section.n, section.p);
        buf_add_cstr(out, "\">");
    }
    html_words(out, spec);
    buf_add_cstr(out, is_rfc ? "</a>" : "");
}

static void write_check(struct buf *out, const struct check *c)
{
    buf_add_cstr(out, "<dt>Check</dt><dd>");
    html_word_element(out, "code", NULL, c->id);
    for (const char *const *spec = c->spec; spec && *spec; spec++) {
        buf_add_cstr(out, spec == c->spec ? " by " : ", ");
        write_spec(out, *spec);
    }
    buf_add_cstr(out, "</dd>\n");
}

static const char *kind_of(const struct verdict *v)
{
    static const char *const kinds[] = {[SEVERITY_NOTICE] = "notice", [SEVERITY_WARNING] = "warning", [SEVERITY_ERROR] = "error"};
    return v->value == VERDICT_UNKNOWN ? "unknown" : v->check->about_probe ? "probe" : kinds[v->check->severity];
}

static const char *label_of(const struct verdict *v)
{
    static const char *const labels[] = {[SEVERITY_NOTICE] = "Notice", [SEVERITY_WARNING] = "Warning", [SEVERITY_ERROR] = "Error"};
    return v->value == VERDICT_UNKNOWN ? "Unknown" : v->check->about_probe ? "This side" : labels[v->check->severity];
}

/* The first finding of a check has the id that marks lead to; a check may both fail and be unknown. */
static bool is_first_of_check(const struct judgement *j, const struct verdict *v)
{
    size_t i = 0;
    while (j->findings[i]->check != v->check)
        i++;
    return j->findings[i]->value == v->value && j->findings[i]->reason == v->reason;
}

static void write_finding(const struct html *h, const struct finding_group *g)
{
    const struct verdict *v = g->first[0];
    const char *reason = reason_explained(v->reason);
    struct buf *out = h->out;
    buf_printf(out, "<article class=\"finding %s\" data-kind=\"%s\"", kind_of(v), kind_of(v));
    if (is_first_of_check(h->report->judgement, v))
        buf_printf(out, " id=\"r%zu-%s\"", h->number, v->check->id);
    buf_printf(out, ">\n<h3><span class=\"badge\">%s</span> ", label_of(v));
    html_words(out, view_title(v));
    buf_add_cstr(out, "</h3>\n<dl>\n");
    write_objects(h, g);
    if (v->value == VERDICT_UNKNOWN) {
        if (reason && v->detail) {
            buf_add_cstr(out, "<dt>Because</dt>");
            html_word_element(out, "dd", NULL, reason);
            buf_add_char(out, '\n');
        }
    } else {
        buf_add_cstr(out, "<dt>Means</dt>");
        html_word_element(out, "dd", NULL, v->check->why);
        buf_add_char(out, '\n');
        write_remedy(h, g);
        write_verify(h, v);
    }
    write_check(out, v->check);
    buf_add_cstr(out, "</dl>\n</article>\n");
}

/* One box for each kind that there is; the style sheet hides what is not wanted. */
static void write_filter(const struct html *h)
{
    static const char *const kinds[][2] = {
        {"error", "errors"}, {"warning", "warnings"}, {"unknown", "not known"}, {"probe", "about this side"}, {"notice", "notices"}};
    enum { KINDS = sizeof kinds / sizeof *kinds };
    const struct judgement *j = h->report->judgement;
    bool seen[KINDS] = {0};
    size_t seen_count = 0;
    for (size_t k = 0; k < KINDS; k++) {
        for (size_t i = 0; i < j->finding_count && !seen[k]; i++)
            seen[k] = strcmp(kind_of(j->findings[i]), kinds[k][0]) == 0;
        seen_count += seen[k];
    }
    if (seen_count < 2)
        return;
    buf_add_cstr(h->out, "<fieldset class=\"filter\"><legend>Show</legend>\n");
    for (size_t k = 0; k < KINDS; k++)
        if (seen[k])
            buf_printf(h->out, "<label><input type=\"checkbox\" class=\"show-%s\" autocomplete=\"off\" checked> %s</label>\n", kinds[k][0], kinds[k][1]);
    buf_add_cstr(h->out, "</fieldset>\n");
}

void html_write_findings(const struct html *h)
{
    const struct judgement *j = h->report->judgement;
    html_section(h, "findings", "Findings");
    write_filter(h);
    if (j->finding_count == 0)
        buf_add_cstr(h->out, "<p>Nothing is wrong in what was tested.</p>\n");
    for (enum finding_part part = PART_WRONG; part < PART_COUNT; part++)
        for (size_t i = 0; i < j->finding_count;) {
            const struct finding_group g = view_group(j, i);
            i += g.count;
            if (view_part(g.first[0]) == part)
                write_finding(h, &g);
        }
    buf_add_cstr(h->out, "</section>\n");
}

/* The verdicts of one check stand together. */
void html_write_passes(const struct html *h)
{
    const struct judgement *j = h->report->judgement;
    html_section(h, "passed", "Checks that passed");
    buf_printf(h->out, "<details><summary>%zu passed</summary>\n<ul>\n", j->summary.passes);
    for (size_t i = 0; i < j->count;) {
        const struct check *c = j->verdicts[i].check;
        size_t passes = 0;
        for (; i < j->count && j->verdicts[i].check == c; i++)
            passes += j->verdicts[i].value == VERDICT_PASS;
        if (!passes)
            continue;
        buf_add_cstr(h->out, "<li>");
        html_word_element(h->out, "code", NULL, c->id);
        buf_add_char(h->out, ' ');
        html_words(h->out, c->question);
        if (passes > 1)
            buf_printf(h->out, " (%zu times)", passes);
        buf_add_cstr(h->out, "</li>\n");
    }
    buf_add_cstr(h->out, "</ul></details>\n</section>\n");
}

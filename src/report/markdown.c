/* SPDX-License-Identifier: Apache-2.0 */
/*
 * markdown - the report for tickets: the verdict, the table of mail servers, the findings with evidence and time.
 *
 * Text of whomever makes no links, no markup and calls nobody: what Markdown would read is escaped, an @ stands in code.
 * Spec: GitHub Flavored Markdown 2.4 (backslash escapes), 4.10 (tables), 6.1 (code spans).
 */
#include <string.h>

#include "base/text.h"
#include "report/documents.h"
#include "report/fixes.h"
#include "report/matrix.h"
#include "report/view.h"

enum { TEXT_BYTES_MAX = 64 * 1024 * 1024, LISTED_MAX = 20 };

static void write_text(struct buf *out, struct str s)
{
    struct buf safe;
    buf_init(&safe, TEXT_BYTES_MAX);
    text_write_safe(&safe, s);
    for (size_t i = 0; i < safe.used; i++) {
        char c = safe.bytes[i];
        bool www = c == '.' && i >= 3 && str_is_nocase((struct str){safe.bytes + i - 3, 3}, "www");
        bool scheme = c == ':' && i + 1 < safe.used && safe.bytes[i + 1] == '/';
        if (c == '@') {
            buf_add_cstr(out, "`@`");
            continue;
        }
        if (www || scheme || strchr("\\`*_[]<>|#~&!$", c))
            buf_add_char(out, '\\');
        buf_add_char(out, c);
    }
    out->failed = out->failed || safe.failed;
    buf_done(&safe);
}

static void write_words(struct buf *out, const char *text)
{
    write_text(out, str_of(text));
}

static void write_subject(struct buf *out, const struct facts *f, const struct subject *s)
{
    struct buf text;
    buf_init(&text, TEXT_BYTES_MAX);
    view_write_subject(&text, f, s);
    write_text(out, (struct str){text.used ? text.bytes : "", text.used});
    out->failed = out->failed || text.failed;
    buf_done(&text);
}

/* Indented by four: no text can end such a block. It belongs to nothing, so that its lines are not part of a list. */
static void write_block(struct buf *out, const char *label, struct str text)
{
    buf_printf(out, "\n%s:\n\n", label);
    while (text.n) {
        buf_add_cstr(out, "    ");
        text_write_safe(out, str_cut(&text, '\n'));
        buf_add_char(out, '\n');
    }
}

static void write_verdict(struct buf *out, const struct report *r)
{
    static const char *const words[] = {[STATUS_OK] = "OK", [STATUS_WARNING] = "WARNING", [STATUS_ERROR] = "ERROR", [STATUS_INCONCLUSIVE] = "INCONCLUSIVE"};
    const struct summary *s = &r->judgement->summary;
    char when[CLOCK_TEXT_BYTES];
    wall_write(r->facts->checked_at, when);
    buf_add_cstr(out, "## ");
    write_words(out, r->facts->target.name);
    if (view_is_server(r->facts) && r->facts->target.port)
        buf_printf(out, " port %u", r->facts->target.port);
    buf_printf(out, ": %s\n\n", words[s->status]);
    write_words(out, s->headline);
    buf_printf(out, "\n\n%zu errors, %zu warnings, %zu notices, %zu unknown, %zu checks passed. Seen %s as ", s->errors, s->warnings, s->notices, s->unknowns,
               s->passes, when);
    write_words(out, r->facts->vantage.ehlo ? r->facts->vantage.ehlo : "nobody (no connection was made)");
    buf_add_cstr(out, ", DNS: ");
    write_words(out, r->facts->vantage.resolver ? r->facts->vantage.resolver : "not asked");
    if (!tls_policy_is_default(r->judgement->tls_policy)) {
        buf_add_cstr(out, ", TLS policy: ");
        write_words(out, tls_policy_name(r->judgement->tls_policy));
    }
    buf_add_cstr(out, ".\n");
}

static void write_not_tested(struct buf *out, const struct facts *f)
{
    const char *before = "\nNot tested: ";
    struct buf words;
    buf_init(&words, TEXT_BYTES_MAX);
    for (size_t i = 0; i < VIEW_NOT_TESTED; i++) {
        buf_clear(&words);
        if (!view_write_not_tested(&words, f, i))
            continue;
        buf_add_cstr(out, before);
        write_text(out, (struct str){words.bytes, words.used});
        before = "; ";
    }
    buf_add_cstr(out, *before == ';' ? ".\n" : "");
    buf_done(&words);
}

static void write_row(struct buf *out, const struct matrix_row *row, const enum matrix_column *columns, size_t count)
{
    static const char *const marks[] = {[MARK_NONE] = "", [MARK_UNSURE] = " (unknown)", [MARK_WARNING] = " (warning)", [MARK_ERROR] = " (**error**)"};
    buf_add_cstr(out, "| ");
    write_words(out, row->host->name);
    for (size_t i = 0; i < count; i++) {
        buf_add_cstr(out, " | ");
        write_words(out, *row->cells[columns[i]] ? row->cells[columns[i]] : "-");
        buf_add_cstr(out, marks[row->marks[columns[i]]]);
    }
    buf_add_cstr(out, " |\n");
}

static void write_matrix(struct buf *out, const struct report *r)
{
    static const enum matrix_column columns[] = {COLUMN_ADDRESS, COLUMN_PORT,        COLUMN_REACHED, COLUMN_GREETING, COLUMN_EHLO,   COLUMN_STARTTLS,
                                                 COLUMN_TLS,     COLUMN_CERTIFICATE, COLUMN_DANE,    COLUMN_RELAY,    COLUMN_REVERSE};
    enum { COUNT = sizeof columns / sizeof *columns };
    struct matrix m;
    if (r->facts->host_count + r->facts->submission_host_count == 0)
        return;
    if (matrix_init(&m, r) < 0) {
        out->failed = true;
        return;
    }
    buf_add_cstr(out, "\n| Server | Address | Port | Reach | Greeting | EHLO | STARTTLS | TLS | Certificate | DANE | Relay | Reverse DNS |\n"
                      "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
    for (size_t i = 0; i < m.count; i++) {
        if (m.rows[i].address) /* text shows the address once, with the first port */
            ip_write(m.rows[i].address->ip, m.rows[i].cells[COLUMN_ADDRESS]);
        write_row(out, &m.rows[i], columns, COUNT);
    }
    matrix_done(&m);
}

static void write_blocks(struct buf *out, const struct facts *f, const struct verdict *v)
{
    struct buf text;
    const char *where;
    buf_init(&text, TEXT_BYTES_MAX);
    for (size_t at = 0; buf_clear(&text), fixes_next(&text, f, v, &at, &where);)
        write_block(out, where, (struct str){text.bytes, text.used});
    buf_clear(&text);
    if (view_write_verify(&text, f, v))
        write_block(out, "Verify", (struct str){text.bytes, text.used});
    buf_done(&text);
}

static void write_finding(struct buf *out, const struct facts *f, const struct finding_group *g)
{
    static const char *const labels[] = {[SEVERITY_NOTICE] = "Notice", [SEVERITY_WARNING] = "Warning", [SEVERITY_ERROR] = "Error"};
    const struct verdict *v = g->first[0];
    bool failed = v->value == VERDICT_FAIL;
    size_t listed = g->count <= LISTED_MAX ? g->count : LISTED_MAX;
    buf_printf(out, "\n### %s: ", !failed ? "Unknown" : v->check->about_probe ? "This side" : labels[v->check->severity]);
    write_words(out, view_title(v));
    buf_add_cstr(out, "\n\n");
    for (size_t i = 0; i < listed; i++) {
        buf_add_cstr(out, "- ");
        write_subject(out, f, &g->first[i]->subject);
        if (view_detail(g->first[i])) {
            buf_add_cstr(out, ": ");
            write_words(out, view_detail(g->first[i]));
        }
        buf_add_char(out, '\n');
    }
    if (listed < g->count)
        buf_printf(out, "- and %zu more\n", g->count - listed);
    if (failed) {
        buf_add_char(out, '\n');
        write_words(out, v->check->why);
        buf_add_cstr(out, "\n\n**Fix:** ");
        write_words(out, v->check->remedy);
        buf_add_char(out, '\n');
        write_blocks(out, f, v);
    }
    buf_printf(out, "\nCheck `%s`", v->check->id);
    for (const char *const *spec = v->check->spec; spec && *spec; spec++) {
        buf_add_cstr(out, ", ");
        write_words(out, *spec);
    }
    buf_add_char(out, '\n');
}

void report_write_markdown(struct buf *out, const struct report *r)
{
    const struct judgement *j = r->judgement;
    write_verdict(out, r);
    write_not_tested(out, r->facts);
    write_matrix(out, r);
    for (enum finding_part part = PART_WRONG; part < PART_COUNT; part++)
        for (size_t i = 0; i < j->finding_count;) {
            const struct finding_group g = view_group(j, i);
            i += g.count;
            if (view_part(g.first[0]) == part)
                write_finding(out, r->facts, &g);
        }
}

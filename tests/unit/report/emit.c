/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emit - writes what the report room makes of the fixtures and of the table, for generated.py, for people and for timing.
 *
 *     emit names                      the fixtures
 *     emit text NAME [COLUMNS] [color] [symbols] [all] [verbose] [quiet] [transcript]
 *     emit json NAME [INDENT]
 *     emit brief | mx-health | prometheus | html | markdown | csv | junit | nagios | documents-html | documents-prometheus NAME
 *     emit schema | brief-schema | mx-health-schema | findings          the first and the last are kept under doc/
 *     emit explain ID [COLUMNS] [color] | list [COLUMNS] | list-json
 *     emit many NAME COUNT            the same report as NDJSON, COUNT times
 */
#include <stdio.h>
#include <string.h>

#include "base/panic.h"
#include "fixture.h"
#include "report/documents.h"

enum { OUT_BYTES_MAX = 64 * 1024 * 1024 };

static unsigned number(const char *text)
{
    uint64_t n = 0;
    return text && str_number(str_of(text), 1000000000, &n) ? (unsigned)n : 0;
}

static struct text_style style_of(char **words)
{
    struct text_style s = {0};
    for (; *words; words++) {
        s.columns = number(*words) ? number(*words) : s.columns;
        s.color = s.color || strcmp(*words, "color") == 0;
        s.symbols = s.symbols || strcmp(*words, "symbols") == 0;
        s.all = s.all || strcmp(*words, "all") == 0;
        s.verbose = s.verbose || strcmp(*words, "verbose") == 0;
        s.quiet = s.quiet || strcmp(*words, "quiet") == 0;
        s.transcript = s.transcript || strcmp(*words, "transcript") == 0;
    }
    return s;
}

static bool emit_table(struct buf *out, const char *what, char **words)
{
    const struct text_style style = style_of(words);
    const struct check *c = *words ? check_find(*words) : NULL;
    if (strcmp(what, "schema") == 0)
        report_write_schema(out);
    else if (strcmp(what, "brief-schema") == 0)
        report_write_brief_schema(out);
    else if (strcmp(what, "mx-health-schema") == 0)
        report_write_mx_health_schema(out);
    else if (strcmp(what, "findings") == 0)
        explain_write_markdown(out);
    else if (strcmp(what, "list") == 0)
        explain_write_list_text(out, &style);
    else if (strcmp(what, "list-json") == 0)
        explain_write_list_json(out);
    else if (strcmp(what, "explain") == 0 && c)
        explain_write_text(out, c, &style);
    else
        return false;
    return true;
}

/* One report, and the same once more where the document holds several. */
static bool emit_document(struct buf *out, const char *what, const struct report *r)
{
    static const char *const kinds[] = {"documents-html", "markdown", "csv", "junit", "nagios", "documents-prometheus"};
    struct document d;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(what, kinds[i]) != 0)
            continue;
        document_init(&d, (enum document_kind)i, FAIL_ON_WARNING);
        document_add(out, &d, r);
        document_end(out, &d);
        document_done(&d);
        return true;
    }
    return false;
}

static bool emit_format(struct buf *out, const char *what, const struct report *r)
{
    if (strcmp(what, "brief") == 0)
        report_write_brief(out, r);
    else if (strcmp(what, "mx-health") == 0)
        report_write_mx_health(out, r);
    else if (strcmp(what, "prometheus") == 0)
        report_write_prometheus(out, r);
    else if (strcmp(what, "html") == 0)
        report_write_html(out, r, NULL);
    else
        return emit_document(out, what, r);
    return true;
}

static bool emit_fixture(struct buf *out, const char *what, char **words)
{
    struct arena arena;
    bool known = *words != NULL;
    if (!known)
        return false;
    arena_init(&arena, OUT_BYTES_MAX);
    struct report r = fixture_make(&arena, *words);
    const struct text_style style = style_of(words + 1);
    if (strcmp(what, "text") == 0)
        report_write_text(out, &r, &style);
    else if (strcmp(what, "json") == 0)
        report_write_json(out, &r, number(words[1]));
    else if (strcmp(what, "many") == 0)
        for (unsigned i = 0; i < number(words[1]); i++) {
            buf_clear(out);
            report_write_json(out, &r, 0);
            buf_add_char(out, '\n');
        }
    else
        known = emit_format(out, what, &r);
    arena_done(&arena);
    return known;
}

int main(int argc, char **argv)
{
    struct buf out;
    bool known = argc > 1;
    buf_init(&out, OUT_BYTES_MAX);
    if (known && strcmp(argv[1], "names") == 0)
        for (size_t i = 0; i < fixture_count; i++)
            buf_printf(&out, "%s\n", fixtures[i].name);
    else
        known = known && (emit_table(&out, argv[1], argv + 2) || emit_fixture(&out, argv[1], argv + 2));
    must(!out.failed);
    fwrite(out.bytes, 1, out.used, stdout);
    buf_done(&out);
    return known ? 0 : 64;
}

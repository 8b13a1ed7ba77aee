/* SPDX-License-Identifier: Apache-2.0 */
/*
 * junit - a test suite for each target, a test case for each check that was judged: failed from a given severity on,
 * skipped where nothing is known. A finding below that severity stands in the output of a case that passes.
 */
#include <string.h>

#include "report/documents.h"
#include "report/markup.h"
#include "report/view.h"

enum { TEXT_BYTES_MAX = 64 * 1024 * 1024 };

enum result { RESULT_NONE = 0, RESULT_PASSED, RESULT_SKIPPED, RESULT_NOTED, RESULT_FAILED };

static bool is_failure(const struct check *c, enum fail_on fail_on)
{
    static const int least[] = {
        [FAIL_ON_ERROR] = SEVERITY_ERROR, [FAIL_ON_WARNING] = SEVERITY_WARNING, [FAIL_ON_NOTICE] = SEVERITY_NOTICE, [FAIL_ON_NEVER] = SEVERITY_ERROR + 1};
    return !c->about_probe && (int)c->severity >= least[fail_on];
}

/* Of all objects of a check, whose verdicts stand together. */
static enum result result_of(const struct verdict *v, size_t count, enum fail_on fail_on)
{
    enum result result = RESULT_NONE;
    for (size_t i = 0; i < count; i++) {
        enum result one = v[i].value == VERDICT_PASS      ? RESULT_PASSED
                          : v[i].value == VERDICT_UNKNOWN ? RESULT_SKIPPED
                          : v[i].value == VERDICT_NA      ? RESULT_NONE
                          : is_failure(v->check, fail_on) ? RESULT_FAILED
                                                          : RESULT_NOTED;
        result = one > result ? one : result;
    }
    return result;
}

static size_t count_of_check(const struct judgement *j, size_t first)
{
    size_t end = first;
    while (end < j->count && j->verdicts[end].check == j->verdicts[first].check)
        end++;
    return end - first;
}

static void write_objects(struct buf *out, const struct facts *f, const struct verdict *v, size_t count, enum verdict_value value)
{
    struct buf subject;
    buf_init(&subject, TEXT_BYTES_MAX);
    for (size_t i = 0; i < count; i++) {
        const char *detail = view_detail(&v[i]);
        if (v[i].value != value)
            continue;
        buf_clear(&subject);
        view_write_subject(&subject, f, &v[i].subject);
        markup_write_text(out, (struct str){subject.used ? subject.bytes : "", subject.used});
        buf_add_cstr(out, ": ");
        markup_write_text(out, str_of(detail ? detail : view_title(&v[i])));
        buf_add_char(out, '\n');
    }
    out->failed = out->failed || subject.failed;
    buf_done(&subject);
}

static void write_case(struct buf *out, const struct facts *f, const struct verdict *v, size_t count, enum result result)
{
    const char *dot = strchr(v->check->id, '.');
    buf_add_cstr(out, "    <testcase classname=\"");
    markup_write_text(out, (struct str){v->check->id, dot ? (size_t)(dot - v->check->id) : 0});
    buf_printf(out, "\" name=\"%s\"", v->check->id);
    switch (result) {
    case RESULT_FAILED:
        buf_printf(out, ">\n      <failure type=\"%s\" message=\"", severity_text(v->check->severity));
        markup_write_text(out, str_of(v->check->title));
        buf_add_cstr(out, "\">");
        write_objects(out, f, v, count, VERDICT_FAIL);
        markup_write_text(out, str_of(v->check->remedy));
        buf_add_cstr(out, "</failure>\n    </testcase>\n");
        break;
    case RESULT_SKIPPED:
        buf_add_cstr(out, ">\n      <skipped message=\"");
        markup_write_text(out, str_of(v->check->question));
        buf_add_cstr(out, " Not known.\"/>\n      <system-out>");
        write_objects(out, f, v, count, VERDICT_UNKNOWN);
        buf_add_cstr(out, "</system-out>\n    </testcase>\n");
        break;
    case RESULT_NOTED:
        buf_printf(out, ">\n      <system-out>%s: ", severity_text(v->check->severity));
        markup_write_text(out, str_of(v->check->title));
        buf_add_char(out, '\n');
        write_objects(out, f, v, count, VERDICT_FAIL);
        buf_add_cstr(out, "</system-out>\n    </testcase>\n");
        break;
    case RESULT_NONE:
    case RESULT_PASSED:
        buf_add_cstr(out, "/>\n");
        break;
    }
}

void report_write_junit(struct buf *out, const struct report *r, enum fail_on fail_on)
{
    const struct judgement *j = r->judgement;
    size_t counts[RESULT_FAILED + 1] = {0}, n;
    char when[CLOCK_TEXT_BYTES];
    wall_write(r->facts->checked_at, when);
    for (size_t i = 0; i < j->count; i += n) {
        n = count_of_check(j, i);
        counts[result_of(&j->verdicts[i], n, fail_on)]++;
    }
    buf_add_cstr(out, "  <testsuite name=\"");
    markup_write_text(out, str_of(r->facts->target.name));
    buf_printf(out, "\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"%zu\" time=\"%u.%03u\" timestamp=\"%.19s\">\n",
               counts[RESULT_PASSED] + counts[RESULT_NOTED] + counts[RESULT_FAILED] + counts[RESULT_SKIPPED], counts[RESULT_FAILED], counts[RESULT_SKIPPED],
               r->facts->duration_ms / 1000, r->facts->duration_ms % 1000, when);
    for (size_t i = 0; i < j->count; i += n) {
        n = count_of_check(j, i);
        enum result result = result_of(&j->verdicts[i], n, fail_on);
        if (result != RESULT_NONE)
            write_case(out, r->facts, &j->verdicts[i], n, result);
    }
    buf_add_cstr(out, "  </testsuite>\n");
}

/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_look - see fuzz_look.h. */
#include "fuzz_look.h"

#include <stdio.h>
#include <string.h>

#include "report/report.h"

enum { REPORT_MAX_BYTES = 64 << 20 };

static void check_judgement(const struct judgement *j)
{
    for (size_t i = 0; i < j->count; i++) {
        const struct verdict *v = &j->verdicts[i];
        must(v->check && v->value <= VERDICT_UNKNOWN);
        must((v->value == VERDICT_UNKNOWN) == (v->reason != REASON_NONE));
        must(v->value != VERDICT_FAIL || v->via || v->detail);
        if (v->detail && !fuzz_is_clean(str_of(v->detail), false)) {
            fprintf(stderr, "fuzz: %s: %s\n", v->check->id, v->detail);
            must(false);
        }
    }
    must(j->finding_count <= j->count && j->summary.headline);
    must(fuzz_is_clean(str_of(j->summary.headline), false));
}

static void check_text(const struct report *r, const struct text_style *style, struct buf *out)
{
    buf_clear(out);
    report_write_text(out, r, style);
    struct str text = {out->bytes, out->used};
    must(!out->failed && text.n > 0 && text.p[text.n - 1] == '\n');
    must(fuzz_is_clean(text, style->color));
}

static void judge_facts(const struct facts *facts, struct arena *arena, struct judgement *judgement)
{
    const struct judge_options options = {.expect_mx = NULL};
    must(judge(facts, &options, facts->checked_at, arena, judgement) == 0);
    check_judgement(judgement);
}

void fuzz_look(const struct facts *facts, struct arena *arena, unsigned style)
{
    static const struct text_style styles[] = {
        {.columns = 80, .symbols = true, .all = true, .verbose = true, .transcript = true},
        {.columns = 40, .color = true, .transcript = true},
        {.columns = 200, .color = true, .symbols = true},
        {.quiet = true},
    };
    struct judgement judgement;
    struct buf out;
    judge_facts(facts, arena, &judgement);
    const struct report report = {facts, &judgement};
    buf_init(&out, REPORT_MAX_BYTES);
    check_text(&report, &styles[style % (sizeof styles / sizeof *styles)], &out);
    buf_clear(&out);
    report_write_json(&out, &report, style % 3);
    must(!out.failed && fuzz_is_json((struct str){out.bytes, out.used}));
    must(style % 3 || !memchr(out.bytes, '\n', out.used));
    must(report_exit_status(&judgement, FAIL_ON_ERROR) <= 2);
    buf_done(&out);
}

void fuzz_write_json(const struct facts *facts, struct arena *arena, struct buf *json)
{
    struct judgement judgement;
    judge_facts(facts, arena, &judgement);
    const struct report report = {facts, &judgement};
    report_write_json(json, &report, 0);
    must(!json->failed);
}

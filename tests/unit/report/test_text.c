/* SPDX-License-Identifier: Apache-2.0 */
/* test_text - what the fixtures do not reach: endless words, full buffers, findings without number. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fixture.h"

enum { OUT_BYTES_MAX = 64 * 1024 * 1024, ARENA_BYTES_MAX = 64 * 1024 * 1024 };

static const struct text_style everything = {.columns = 80, .color = true, .symbols = true, .all = true, .verbose = true, .transcript = true};

/* Octets that are counted, not compared: one escape may not become four times as many on each pass. */
static void endless_words_are_written_once_and_whole(void **state)
{
    (void)state;
    enum { OCTETS = 1024 * 1024 };
    struct arena a;
    struct buf out;
    arena_init(&a, ARENA_BYTES_MAX);
    buf_init(&out, OUT_BYTES_MAX);
    struct report r = fixture_make(&a, "healthy");
    char *word = arena_alloc(&a, OCTETS);
    assert_non_null(word);
    memset(word, 0xFF, OCTETS);
    ((struct smtp_reply *)&r.facts->hosts[0].addresses[0].endpoints[0].shown->greeting)->lines[0] = (struct str){word, OCTETS};
    report_write_text(&out, &r, &everything);
    assert_false(out.failed);
    assert_in_range(out.used, 4 * OCTETS, 4 * OCTETS + 20000);
    assert_null(memchr(out.bytes, 0xFF, out.used));
    buf_clear(&out);
    report_write_json(&out, &r, 0);
    assert_false(out.failed);
    assert_in_range(out.used, 2 * 5 * OCTETS, 2 * 5 * OCTETS + 20000); /* as the text, and as the name in it */
    buf_done(&out);
    arena_done(&a);
}

/* At every size too small the writers say so, and touch nothing past the end (the sanitizers watch). */
static void a_full_buffer_is_said_at_every_size(void **state)
{
    (void)state;
    struct arena a;
    struct buf whole, small;
    arena_init(&a, ARENA_BYTES_MAX);
    buf_init(&whole, OUT_BYTES_MAX);
    struct report r = fixture_make(&a, "hostile");
    for (int json = 0; json < 2; json++) {
        buf_clear(&whole);
        if (json)
            report_write_json(&whole, &r, 2);
        else
            report_write_text(&whole, &r, &everything);
        for (size_t cap = 0; cap <= whole.used; cap += cap < 300 || cap + 300 > whole.used ? 1 : 97) {
            buf_init(&small, cap);
            if (json)
                report_write_json(&small, &r, 2);
            else
                report_write_text(&small, &r, &everything);
            assert_true(small.used <= cap);
            if (cap < whole.used)
                assert_true(small.failed);
            buf_done(&small);
        }
    }
    buf_done(&whole);
    arena_done(&a);
}

/* One check that fails at many places is said once, its places are counted. */
static void a_thousand_places_are_one_finding(void **state)
{
    (void)state;
    enum { PLACES = 1000 };
    struct arena a;
    struct buf out;
    arena_init(&a, ARENA_BYTES_MAX);
    buf_init(&out, OUT_BYTES_MAX);
    struct report r = fixture_make(&a, "healthy");
    static const struct check check = {
        .id = "smtp.sample", .severity = SEVERITY_WARNING, .scope = SCOPE_HOST, .question = "Q", .title = "Something is wrong", .why = "W", .remedy = "R"};
    struct verdict *v = calloc(PLACES, sizeof *v);
    struct verdict **findings = calloc(PLACES, sizeof *findings);
    assert_true(v && findings);
    for (size_t i = 0; i < PLACES; i++) {
        v[i] = (struct verdict){.check = &check, .subject = {.scope = SCOPE_HOST, .host = &r.facts->hosts[0]}, .value = VERDICT_FAIL, .detail = "Seen."};
        findings[i] = &v[i];
    }
    const struct judgement j = {.verdicts = v,
                                .count = PLACES,
                                .findings = findings,
                                .finding_count = PLACES,
                                .summary = {.status = STATUS_WARNING, .headline = "H", .warnings = PLACES}};
    report_write_text(&out, &(struct report){r.facts, &j}, &(struct text_style){.columns = 80});
    buf_add_char(&out, '\0');
    const char *first = strstr(out.bytes, "Something is wrong");
    assert_non_null(first);
    assert_null(strstr(first + 1, "Something is wrong"));
    assert_non_null(strstr(first, "and 995 more; -v lists all"));
    free(findings);
    free(v);
    buf_done(&out);
    arena_done(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(endless_words_are_written_once_and_whole),
        cmocka_unit_test(a_full_buffer_is_said_at_every_size),
        cmocka_unit_test(a_thousand_places_are_one_finding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

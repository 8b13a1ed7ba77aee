/* SPDX-License-Identifier: Apache-2.0 */
/* test_words - str and clock: slices, numbers, written times. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/str.h"

static void words_come_off_one_by_one(void **state)
{
    (void)state;
    struct str rest = STR("  SIZE \t 10240  x");
    assert_true(str_is(str_word(&rest), "SIZE"));
    assert_true(str_is(str_word(&rest), "10240"));
    assert_true(str_is(str_word(&rest), "x"));
    assert_int_equal(str_word(&rest).n, 0);

    rest = STR("a,,b");
    assert_true(str_is(str_cut(&rest, ','), "a"));
    assert_true(str_is(str_cut(&rest, ','), ""));
    assert_true(str_is(str_cut(&rest, ','), "b"));
    assert_int_equal(rest.n, 0);
}

static void numbers_are_digits_within_their_bound(void **state)
{
    (void)state;
    uint64_t n;
    assert_true(str_number(STR("65535"), 65535, &n) && n == 65535);
    static const char *const bad[] = {"65536", "", "-1", "+1", " 1", "1 ", "0x10", "99999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (str_number(str_of(bad[i]), 65535, &n))
            fail_msg("'%s' was taken for a number", bad[i]);
}

static void case_is_ascii_case(void **state)
{
    (void)state;
    assert_true(str_is_nocase(STR("StartTLS"), "STARTTLS"));
    assert_false(str_is_nocase(STR("\xc4"), "\xe4"));
    assert_true(str_contains_nocase(STR("xxSTARTTLSxx"), "starttls"));
    assert_true(str_starts_nocase(STR("auth=PLAIN"), "AUTH="));
    assert_true(str_is(str_trim(STR(" \t a b\t")), "a b"));
}

static void times_are_written_and_read_back(void **state)
{
    (void)state;
    static const struct {
        int64_t s;
        const char *text;
    } times[] = {{0, "1970-01-01T00:00:00Z"}, {1795529100, "2026-11-24T14:05:00Z"}, {951782400, "2000-02-29T00:00:00Z"}, {-62135596800, "0001-01-01T00:00:00Z"}};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        char text[CLOCK_TEXT_BYTES];
        struct wall back;
        wall_write((struct wall){times[i].s}, text);
        assert_string_equal(text, times[i].text);
        assert_true(wall_parse(str_of(text), &back));
        assert_true(back.s == times[i].s);
    }
    char text[CLOCK_TEXT_BYTES];
    wall_write((struct wall){INT64_MAX}, text);
    assert_string_equal(text, "9999-12-31T23:59:59Z");
    struct wall t;
    assert_false(wall_parse(STR("2026-02-30T00:00:00Z"), &t));
    assert_false(wall_parse(STR("2026-11-24 14:05:00Z"), &t));
}

static void differences_never_run_backwards(void **state)
{
    (void)state;
    assert_int_equal(mono_ms_between((struct mono){1000}, (struct mono){3600}), 3);
    assert_int_equal(mono_ms_between((struct mono){3600}, (struct mono){1000}), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_come_off_one_by_one),
        cmocka_unit_test(numbers_are_digits_within_their_bound),
        cmocka_unit_test(case_is_ascii_case),
        cmocka_unit_test(times_are_written_and_read_back),
        cmocka_unit_test(differences_never_run_backwards),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

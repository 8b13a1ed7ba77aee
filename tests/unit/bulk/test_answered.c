/* SPDX-License-Identifier: Apache-2.0 */
/* bulk/answered: what the output of an earlier run says has been done, wherever it was cut off. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bulk/answered.h"

static void add_answer(struct buf *out, uint64_t number, const char *input)
{
    answer_begin(out, number, str_of(input), 1);
    buf_add_cstr(out, "\"schema_version\":\"1.0\",\"x\":{}}\n");
}

static int feed(struct answered *a, struct str text, size_t step)
{
    answered_init(a);
    for (size_t n; text.n; text = (struct str){text.p + n, text.n - n}) {
        n = text.n < step ? text.n : step;
        if (answered_feed(a, (struct str){text.p, n}) < 0)
            return -1;
    }
    return answered_end(a);
}

static void what_was_answered_is_known(void **state)
{
    (void)state;
    struct answered a;
    struct buf out;
    buf_init(&out, 64 * 1024);
    add_answer(&out, 5000, "b.example");
    add_answer(&out, 2, "b\xc3\xbc\"\\cher.example");
    for (size_t step = 1; step < 90; step += 7) {
        assert_int_equal(feed(&a, (struct str){out.bytes, out.used}, step), 0);
        assert_int_equal(a.count, 2);
        assert_int_equal(a.whole_bytes, out.used);
        assert_int_equal(answered_has(&a, 5000, STR("b.example")), 1);
        assert_int_equal(answered_has(&a, 2, STR("b\xc3\xbc\"\\cher.example")), 1);
        assert_int_equal(answered_has(&a, 2, STR("c.example")), -1);
        assert_int_equal(answered_has(&a, 1, STR("b.example")), 0);
        assert_int_equal(answered_has(&a, UINT64_MAX, STR("b.example")), 0);
        answered_done(&a);
    }
    buf_done(&out);
}

static void an_answer_cut_off_anywhere_does_not_count(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 64 * 1024);
    add_answer(&out, 1, "a.example");
    size_t first = out.used;
    add_answer(&out, 2, "b.example");
    for (size_t n = first; n < out.used; n++) {
        struct answered a;
        assert_int_equal(feed(&a, (struct str){out.bytes, n}, 64), 0);
        assert_int_equal(a.whole_bytes, first);
        assert_int_equal(answered_has(&a, 2, STR("b.example")), 0);
        answered_done(&a);
    }
    buf_done(&out);
}

static void zeros_after_power_loss_do_not_count(void **state)
{
    (void)state;
    struct answered a;
    struct buf out;
    buf_init(&out, 64 * 1024);
    add_answer(&out, 1, "a.example");
    size_t first = out.used;
    for (size_t i = 0; i < 5000; i++)
        buf_add_char(&out, '\0');
    assert_int_equal(feed(&a, (struct str){out.bytes, out.used}, 4096), 0);
    assert_int_equal(a.whole_bytes, first);
    answered_done(&a);
    buf_done(&out);
}

static void other_files_are_refused(void **state)
{
    (void)state;
    static const struct {
        struct str text;
        const char *problem;
        unsigned line;
    } files[] = {
        {{"a.example\nb.example\n", 20}, "it is no answer of a bulk run", 1},
        {{"a.example", 9}, "it is no answer of a bulk run", 1},
        {{"{\"seq\":1,\"input\":\"a\",}\n{\"seq\":2}\n", 33}, "it is no answer of a bulk run", 2},
        {{"{\"seq\":1,\"input\":\"a\",}\n{\"seq\":1,\"input\":\"a\",}\n", 46}, "its number has been answered before", 2},
        {{"{\"seq\":0,\"input\":\"a\",}\n", 23}, "its number cannot be", 1},
        {{"{\"seq\":9999999999,\"input\":\"a\",}\n", 32}, "its number cannot be", 1},
        {{"{\"seq\":1,\"input\":\"a\",\0}\n", 24}, "it is no answer of a bulk run", 1},
        {{"{\"seq\":1,\"input\":\"a\",]\n", 23}, "it is no answer of a bulk run", 1},
        {{"{\"seq\":1,\"input\":\"a\\\"}\n", 23}, "it is no answer of a bulk run", 1},
        {{"\n", 1}, "it is no answer of a bulk run", 1},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct answered a;
        assert_int_equal(feed(&a, files[i].text, 1000), -1);
        assert_string_equal(a.problem, files[i].problem);
        assert_int_equal(a.line, files[i].line);
        answered_done(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_answered_is_known),
        cmocka_unit_test(an_answer_cut_off_anywhere_does_not_count),
        cmocka_unit_test(zeros_after_power_loss_do_not_count),
        cmocka_unit_test(other_files_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

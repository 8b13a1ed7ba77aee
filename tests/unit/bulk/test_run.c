/* SPDX-License-Identifier: Apache-2.0 */
/* bulk/run: each name that goes in comes out as one line, whatever holds the run up or ends it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stage.h"

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static void expect_all_lines(struct stage *s, size_t count)
{
    assert_int_equal(s->line_count, count);
    qsort(s->numbers, s->line_count, sizeof *s->numbers, compare);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(s->numbers[i], i + 1);
}

/* Lines 1 to count, of names that do not exist. */
static struct str names(struct buf *out, size_t count)
{
    buf_init(out, 4 * 1024 * 1024);
    for (size_t i = 1; i <= count; i++)
        buf_printf(out, "nope-%zu.test\n", i);
    return (struct str){out->bytes, out->used};
}

static void a_name_becomes_a_line(void **state)
{
    struct stage *s = *state;
    one_mx(s->world, "192.0.2.1");
    serve(s->world, "192.0.2.1", 25, &healthy);
    stage_run(s, STR("Good.TEST.\n\n# no name\nnope.test"));
    assert_true(s->over);
    assert_int_equal(s->run.end, BULK_WHOLE);
    assert_int_equal(s->run.done, 2);
    assert_true(stage_has(s, "{\"seq\":1,\"input\":\"Good.TEST.\",\"attempts\":1,\"schema_version\":"));
    assert_true(stage_has(s, "{\"seq\":4,\"input\":\"nope.test\",\"attempts\":1,\"schema_version\":"));
    assert_true(stage_has(s, "\"name\":\"good.test\""));
    assert_true(s->run.found); /* nope.test does not exist */
}

static void nothing_is_a_run_too(void **state)
{
    struct stage *s = *state;
    stage_run(s, STR(""));
    assert_true(s->over);
    assert_int_equal(s->run.end, BULK_WHOLE);
    assert_int_equal(s->line_count, 0);
}

static void octets_may_come_as_they_like(void **state)
{
    struct stage *s = *state;
    struct buf text;
    s->step = 7;
    stage_run(s, names(&text, 100));
    expect_all_lines(s, 100);
    buf_done(&text);
}

static void names_come_in_another_order_and_none_is_lost(void **state)
{
    struct stage *s = *state;
    struct buf text;
    size_t descents = 0;
    s->params.max_inflight = 1;
    stage_run(s, names(&text, 1000));
    for (size_t i = 1; i < s->line_count; i++)
        descents += s->numbers[i] < s->numbers[i - 1];
    assert_in_range(descents, 300, 700); /* of a list as it was: 0 */
    expect_all_lines(s, 1000);
    buf_done(&text);
}

/* Who types names, or sends one an hour, gets each line when it is done. */
static void nobody_waits_for_a_full_window(void **state)
{
    struct stage *s = *state;
    s->step = strlen("nope-1.test\n");
    s->pause_ms = 3600 * 1000;
    stage_run(s, STR("nope-1.test\nnope-2.test\nnope-3.test\n"));
    expect_all_lines(s, 3);
}

static void no_more_is_read_than_the_window_holds(void **state)
{
    struct stage *s = *state;
    struct buf text;
    s->full = true;
    s->step = 1000;
    stage_run(s, names(&text, 4 * WINDOW_NAMES));
    assert_int_equal(s->run.window.count, WINDOW_NAMES);
    assert_in_range(s->input.n, text.used / 2, text.used);
    buf_done(&text);
}

static void no_more_are_under_way_than_may_be(void **state)
{
    struct stage *s = *state;
    struct buf text;
    s->params.max_inflight = 3;
    stage_run(s, names(&text, 50));
    expect_all_lines(s, 50);
    assert_int_equal(s->under_way_peak, 3);
    buf_done(&text);
}

static void bad_lines_are_rejected(void **state)
{
    struct stage *s = *state;
    stage_run(s, STR("a..b\nnope.test\n[\n"));
    assert_int_equal(s->run.end, BULK_WHOLE);
    assert_int_equal(s->run.rejected, 2);
    assert_int_equal(s->run.named, 1);
    assert_int_equal(s->line_count, 1);
    assert_true(str_starts_nocase((struct str){s->rejects.bytes, s->rejects.used}, "1:"));
    assert_non_null(memmem(s->rejects.bytes, s->rejects.used, " 3:", 3));
}

static void a_column_that_is_not_there_ends_it(void **state)
{
    struct stage *s = *state;
    s->params.column = "domain";
    stage_run(s, STR("rank,name\n1,a.test\n"));
    assert_true(s->over);
    assert_int_equal(s->run.end, BULK_NO_COLUMN);
}

static void what_was_answered_is_not_asked_again(void **state)
{
    struct stage *s = *state;
    struct str before = STR("{\"seq\":2,\"input\":\"b.test\",\"x\":1}\n");
    assert_int_equal(answered_feed(&s->answered, before), 0);
    stage_run(s, STR("a.test\nb.test\nc.test\n"));
    assert_int_equal(s->run.end, BULK_WHOLE);
    assert_int_equal(s->run.skipped, 1);
    assert_int_equal(s->line_count, 2);
    assert_false(stage_has(s, "b.test"));
}

static void another_input_ends_it(void **state)
{
    struct stage *s = *state;
    struct str before = STR("{\"seq\":2,\"input\":\"b.test\",\"x\":1}\n");
    assert_int_equal(answered_feed(&s->answered, before), 0);
    stage_run(s, STR("a.test\nx.test\n"));
    assert_true(s->over);
    assert_int_equal(s->run.end, BULK_OTHER_INPUT);
    assert_int_equal(s->run.end_line, 2);
}

static void shards_are_the_whole(void **state)
{
    size_t total = 0;
    (void)state;
    for (uint64_t i = 1; i <= 3; i++) {
        void *one;
        struct buf text;
        assert_int_equal(stage_set_up(&one), 0);
        struct stage *s = one;
        s->params.shard = i;
        s->params.shards = 3;
        stage_run(s, names(&text, 60));
        assert_in_range(s->line_count, 5, 40);
        total += s->line_count;
        stage_tear_down(&one);
        buf_done(&text);
    }
    assert_int_equal(total, 60);
}

/* Nobody takes lines: what is under way is finished, nothing more begins. */
static void who_reads_slowly_holds_it_up(void **state)
{
    struct stage *s = *state;
    struct buf text;
    s->full = true;
    stage_run(s, names(&text, 30));
    assert_false(s->over);
    assert_int_equal(s->line_count, 0);
    s->full = false;
    bulk_run_go_on(&s->run);
    assert_int_equal(loop_run(s->world->loop), 0);
    assert_true(s->over);
    expect_all_lines(s, 30);
    buf_done(&text);
}

static void a_deadline_leaves_the_rest_out(void **state)
{
    struct stage *s = *state;
    struct buf text;
    s->params.rate = 10;
    s->params.deadline_ms = 1000;
    stage_run(s, names(&text, 100));
    assert_true(s->over);
    assert_int_equal(s->run.end, BULK_LEFT_OUT);
    assert_in_range(s->line_count, 1, 20);
    buf_done(&text);
}

static void a_deadline_after_the_end_changes_nothing(void **state)
{
    struct stage *s = *state;
    struct server slow = healthy;
    slow.delay_ms = 20000;
    s->params.deadline_ms = 1000;
    one_mx(s->world, "192.0.2.1");
    serve(s->world, "192.0.2.1", 25, &slow);
    stage_run(s, STR("good.test\n"));
    assert_int_equal(s->run.end, BULK_WHOLE);
    assert_int_equal(s->line_count, 1);
}

static void a_run_that_is_stopped_says_nothing_more(void **state)
{
    struct stage *s = *state;
    struct buf text;
    s->full = true;
    stage_run(s, names(&text, 10));
    bulk_run_stop(&s->run);
    s->full = false;
    bulk_run_go_on(&s->run);
    assert_int_equal(loop_run(s->world->loop), 0);
    assert_false(s->over);
    assert_int_equal(s->run.end, BULK_STOPPED);
    buf_done(&text);
}

#define ON_STAGE(test) cmocka_unit_test_setup_teardown(test, stage_set_up, stage_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_STAGE(a_name_becomes_a_line),
        ON_STAGE(nothing_is_a_run_too),
        ON_STAGE(octets_may_come_as_they_like),
        ON_STAGE(names_come_in_another_order_and_none_is_lost),
        ON_STAGE(nobody_waits_for_a_full_window),
        ON_STAGE(no_more_is_read_than_the_window_holds),
        ON_STAGE(no_more_are_under_way_than_may_be),
        ON_STAGE(bad_lines_are_rejected),
        ON_STAGE(a_column_that_is_not_there_ends_it),
        ON_STAGE(what_was_answered_is_not_asked_again),
        ON_STAGE(another_input_ends_it),
        cmocka_unit_test(shards_are_the_whole),
        ON_STAGE(who_reads_slowly_holds_it_up),
        ON_STAGE(a_deadline_leaves_the_rest_out),
        ON_STAGE(a_deadline_after_the_end_changes_nothing),
        ON_STAGE(a_run_that_is_stopped_says_nothing_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

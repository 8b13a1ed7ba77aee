/* SPDX-License-Identifier: Apache-2.0 */
/* bulk/again: who was put off comes back at its time, in order, and not for ever. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bulk/again.h"

enum { MINUTE_MS = 60 * 1000 };

struct waiting_room {
    struct loop *loop;
    struct again again;
    uint64_t numbers[8]; /* in the order in which they came back */
    int64_t at_ms[8];
    size_t count;
};

static void on_due(void *arg)
{
    struct waiting_room *w = arg;
    struct bulk_name *name = again_take(&w->again);
    assert_non_null(name);
    w->numbers[w->count] = name->number;
    w->at_ms[w->count++] = loop_now(w->loop).us / 1000;
    free(name);
}

static void set_up(struct waiting_room *w, const struct again_times *times, size_t max)
{
    *w = (struct waiting_room){.loop = loop_new_virtual((struct wall){0})};
    again_init(&w->again, w->loop, times, max, on_due, w);
}

static void tear_down(struct waiting_room *w)
{
    again_done(&w->again);
    loop_free(w->loop);
}

static struct bulk_name *name_of(uint64_t number, unsigned asked)
{
    struct bulk_name *name = calloc(1, sizeof *name + 1);
    assert_non_null(name);
    name->number = number;
    name->asked = asked;
    return name;
}

static void each_time_is_met_within_a_tenth(void **state)
{
    (void)state;
    static const int64_t wanted_ms[] = {5 * MINUTE_MS, 15 * MINUTE_MS, 60 * MINUTE_MS};
    const struct again_times *usual = &again_usual_times;
    for (unsigned asked = 1; asked <= 3; asked++) {
        int64_t ms = wanted_ms[asked - 1], least = INT64_MAX, most = 0;
        for (uint64_t chance = 0; chance < 100000000; chance += 997) {
            int64_t delay = again_delay_ms(usual, asked, chance);
            assert_in_range(delay, ms * 9 / 10, ms * 11 / 10);
            least = delay < least ? delay : least;
            most = delay > most ? delay : most;
        }
        assert_in_range(least, ms * 90 / 100, ms * 91 / 100);
        assert_in_range(most, ms * 109 / 100, ms * 110 / 100);
        assert_in_range(again_delay_ms(usual, asked, UINT64_MAX), ms * 9 / 10, ms * 11 / 10);
    }
    assert_int_equal(again_delay_ms(usual, 0, 0), -1); /* not asked yet */
    assert_int_equal(again_delay_ms(usual, 4, 0), -1);
    assert_int_equal(again_delay_ms(&(struct again_times){.count = 0}, 1, 0), -1);
}

static void names_come_back_when_it_is_time(void **state)
{
    (void)state;
    struct waiting_room w;
    static const uint64_t order[] = {2, 3, 1};
    set_up(&w, &again_usual_times, 10);
    assert_true(again_add(&w.again, name_of(1, 3)));
    assert_true(again_add(&w.again, name_of(2, 1)));
    assert_true(again_add(&w.again, name_of(3, 2)));
    assert_int_equal(w.again.count, 3);
    assert_null(again_take(&w.again));
    assert_in_range(again_next_ms(&w.again), 4 * MINUTE_MS, 6 * MINUTE_MS);
    assert_int_equal(loop_run(w.loop), 0);
    assert_int_equal(w.count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(w.numbers[i], order[i]);
    assert_in_range(w.at_ms[2], 54 * MINUTE_MS, 66 * MINUTE_MS);
    assert_int_equal(w.again.count, 0);
    assert_int_equal(again_next_ms(&w.again), -1);
    tear_down(&w);
}

static void there_is_an_end_to_it(void **state)
{
    (void)state;
    struct waiting_room w;
    struct bulk_name *late = name_of(1, 4), *one_too_many = name_of(4, 1);
    set_up(&w, &again_usual_times, 2);
    assert_false(again_add(&w.again, late));
    assert_true(again_add(&w.again, name_of(2, 1)));
    assert_true(again_add(&w.again, name_of(3, 1)));
    assert_false(again_add(&w.again, one_too_many));
    free(late);
    free(one_too_many);
    tear_down(&w); /* who still waits is forgotten */
}

static void leave(void *arg)
{
    (void)arg;
}

/* Nobody takes them at once: they stay due, the first first. */
static void who_is_due_keeps_its_place(void **state)
{
    (void)state;
    struct waiting_room w;
    set_up(&w, &(struct again_times){.after_s = {10, 100, 1000}, .count = 3}, 10);
    w.again.on_due = leave;
    assert_true(again_add(&w.again, name_of(1, 3)));
    assert_true(again_add(&w.again, name_of(2, 1)));
    assert_true(again_add(&w.again, name_of(3, 2)));
    assert_true(again_add(&w.again, name_of(4, 1)));
    assert_int_equal(loop_run(w.loop), 0);
    assert_int_equal(w.again.count, 4);
    assert_int_equal(again_next_ms(&w.again), 0);
    struct bulk_name *name = again_take(&w.again);
    assert_true(name->number == 2 || name->number == 4);
    free(name);
    name = again_take(&w.again);
    assert_true(name->number == 2 || name->number == 4);
    free(name);
    name = again_take(&w.again);
    assert_int_equal(name->number, 3);
    assert_int_equal(w.again.count, 1);
    free(name);
    tear_down(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_time_is_met_within_a_tenth),
        cmocka_unit_test(names_come_back_when_it_is_time),
        cmocka_unit_test(there_is_an_end_to_it),
        cmocka_unit_test(who_is_due_keeps_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

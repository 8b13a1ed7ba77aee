/* SPDX-License-Identifier: Apache-2.0 */
/* bulk/run with workers that die: what they had is asked again, and only what they die of again and again is given up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "stage.h"

enum { ERRANDS_MAX = 16, ANSWER_MS = 20, DEATH_MS = 10 };

/* One worker without a process. It dies of names that begin with "poison", with all that it has. */
static struct mortal {
    struct asker base;
    struct loop *loop;
    struct errand {
        struct asking *asking;
        const char *text;
        struct timer timer;
    } errands[ERRANDS_MAX];
    unsigned deaths, dies_of_anything; /* so often, whatever it has */
} mortal;

static void end(struct errand *e, const struct asked *asked)
{
    const struct asking done = *e->asking;
    *e->asking = (struct asking){0};
    e->asking = NULL;
    timer_cancel(&e->timer);
    done.done(done.arg, asked);
}

static void on_answer(void *arg)
{
    end(arg, &(struct asked){.report = STR("{\"a\":1}"), .status = STATUS_OK});
}

static void on_death(void *arg)
{
    struct errand had[ERRANDS_MAX];
    size_t count = 0;
    (void)arg;
    mortal.deaths++;
    mortal.dies_of_anything -= mortal.dies_of_anything > 0;
    for (size_t i = 0; i < ERRANDS_MAX; i++)
        if (mortal.errands[i].asking) { /* what is asked for from within is the next worker's */
            timer_cancel(&mortal.errands[i].timer);
            had[count++] = mortal.errands[i];
            mortal.errands[i].asking = NULL;
        }
    for (size_t i = 0; i < count; i++)
        end(&had[i], &(struct asked){.end = ASKED_LOST, .problem = "signal 11"});
}

static int ask(struct asker *a, struct asking *q, const char *text)
{
    size_t i = 0;
    (void)a;
    while (mortal.errands[i].asking)
        assert_true(++i < ERRANDS_MAX);
    struct errand *e = &mortal.errands[i];
    *e = (struct errand){.asking = q, .text = text};
    q->impl = e;
    bool deadly = strncmp(text, "poison", 6) == 0 || mortal.dies_of_anything;
    timer_start(mortal.loop, &e->timer, deadly ? DEATH_MS : ANSWER_MS, deadly ? on_death : on_answer, e);
    return 0;
}

static void cancel(struct asking *q)
{
    struct errand *e = q->impl;
    timer_cancel(&e->timer);
    e->asking = NULL;
    *q = (struct asking){0};
}

static const struct asker_ops OPS = {.ask = ask, .cancel = cancel};

static void run_with_mortal(struct stage *s, struct str input)
{
    mortal.base.ops = &OPS;
    mortal.loop = s->world->loop;
    s->params.asker = &mortal.base;
    stage_run(s, input);
    assert_true(s->over);
}

static int set_up(void **state)
{
    memset(&mortal, 0, sizeof mortal);
    return stage_set_up(state);
}

static struct str names(struct buf *out, size_t count, const char *last)
{
    buf_init(out, 64 * 1024);
    for (size_t i = 1; i < count; i++)
        buf_printf(out, "good-%zu.test\n", i);
    buf_printf(out, "%s\n", last);
    return (struct str){out->bytes, out->used};
}

static void expect_lines_once(const struct stage *s, size_t count)
{
    bool seen[STAGE_LINES_MAX] = {0};
    assert_int_equal(s->line_count, count);
    for (size_t i = 0; i < count; i++) {
        assert_true(s->numbers[i] <= count && !seen[s->numbers[i]]);
        seen[s->numbers[i]] = true;
    }
}

static void what_a_dead_worker_had_is_asked_again(void **state)
{
    struct stage *s = *state;
    struct buf text;
    mortal.dies_of_anything = 1;
    run_with_mortal(s, names(&text, 200, "last.test"));
    assert_int_equal(s->run.end, BULK_WHOLE);
    expect_lines_once(s, 200);
    assert_false(stage_has(s, "\"attempts\":2")); /* nothing came of the first time */
    assert_int_equal(s->rejects.used, 0);
    buf_done(&text);
}

static void a_name_that_workers_die_of_is_told_and_costs_no_other(void **state)
{
    struct stage *s = *state;
    struct buf text;
    run_with_mortal(s, names(&text, 200, "poison.test"));
    assert_int_equal(s->run.end, BULK_LOST);
    assert_int_equal(s->run.lost, 1);
    assert_int_equal(s->run.rejected, 0); /* it names a domain */
    assert_int_equal(mortal.deaths, BULK_LOST_MAX);
    expect_lines_once(s, 199);
    assert_string_equal(s->rejects.bytes, "200:its check ended 3 workers, the last one so: signal 11 ");
    buf_done(&text);
}

static void nothing_but_such_names_comes_to_an_end(void **state)
{
    struct stage *s = *state;
    run_with_mortal(s, STR("poison-1.test\npoison-2.test\npoison-3.test\n"));
    assert_int_equal(s->run.end, BULK_LOST);
    assert_int_equal(s->run.lost, 3);
    assert_int_equal(s->line_count, 0);
}

static void stop(void *arg)
{
    bulk_run_stop(arg);
    loop_stop(mortal.loop);
}

/* Also with names that are suspect: they are the next run's. */
static void a_run_that_is_stopped_keeps_nothing(void **state)
{
    struct stage *s = *state;
    struct timer timer = {0};
    mortal.dies_of_anything = 1000;
    mortal.base.ops = &OPS;
    mortal.loop = s->world->loop;
    s->params.asker = &mortal.base;
    s->params.rate = 1000;
    timer_start(s->world->loop, &timer, 2 * DEATH_MS, stop, &s->run);
    stage_run(s, STR("a.test\nb.test\nc.test\nd.test\n"));
    assert_false(s->over);
    assert_int_equal(s->line_count, 0);
    assert_int_equal(s->rejects.used, 0);
}

int main(void)
{
#define ON_STAGE(f) cmocka_unit_test_setup_teardown(f, set_up, stage_tear_down)
    const struct CMUnitTest tests[] = {
        ON_STAGE(what_a_dead_worker_had_is_asked_again),
        ON_STAGE(a_name_that_workers_die_of_is_told_and_costs_no_other),
        ON_STAGE(nothing_but_such_names_comes_to_an_end),
        ON_STAGE(a_run_that_is_stopped_keeps_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

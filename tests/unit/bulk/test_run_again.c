/* SPDX-License-Identifier: Apache-2.0 */
/* bulk/run with servers that put us off: they are asked again at the usual times, in virtual time, and each name has one line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "stage.h"

enum { MINUTE_MS = 60 * 1000 };

static struct server server; /* may change while the run goes on */
static struct server_log heard;

static void get_well(void *arg)
{
    (void)arg;
    struct server_log *log = server.log;
    server = healthy;
    server.log = log;
}

/* good.test lies at a server that answers a line of the dialogue so, and from `well_after_ms` on as it should; 0: never. */
static void serve_good_test(struct stage *s, const char *line, const char *answer, struct timer *timer, int64_t well_after_ms)
{
    heard = (struct server_log){.loop = s->world->loop};
    server = healthy;
    if (line)
        server = server_with(healthy, line, answer, STAY);
    else
        server.greeting = answer;
    server.then = line ? STAY : CLOSE;
    server.log = &heard;
    one_mx(s->world, "192.0.2.1");
    serve(s->world, "192.0.2.1", 25, &server);
    s->params.again = again_usual_times;
    if (well_after_ms)
        timer_start(s->world->loop, timer, well_after_ms, get_well, NULL);
}

static int64_t minutes_between_connections(size_t first)
{
    assert_true(first + 1 < heard.connections);
    return (heard.opened[first + 1].us - heard.opened[first].us) / 1000 / MINUTE_MS;
}

static void a_greylisted_name_is_asked_until_it_is_settled(void **state)
{
    struct stage *s = *state;
    struct timer timer = {0};
    serve_good_test(s, "RCPT", "450 4.2.0 come back later\r\n", &timer, 10 * MINUTE_MS);
    stage_run(s, STR("good.test\n"));
    assert_int_equal(s->run.end, BULK_WHOLE);
    assert_int_equal(s->line_count, 1);
    assert_true(stage_has(s, "{\"seq\":1,\"input\":\"good.test\",\"attempts\":3,\"schema_version\":"));
    assert_false(stage_has(s, "greylisted"));
    assert_true(s->waits);
    assert_int_equal(s->run.put_off, 0);
    assert_int_equal(heard.connections, 3);
    assert_in_range(minutes_between_connections(0), 4, 5);
    assert_in_range(minutes_between_connections(1), 13, 16);
}

/* What one server showed is kept for others, but not until the next time. */
static void a_server_that_is_shared_is_asked_anew(void **state)
{
    struct stage *s = *state;
    struct timer timer = {0};
    s->world->prober.sharing = sharing_new(s->world->loop);
    serve_good_test(s, "RCPT", "450 4.2.0 come back later\r\n", &timer, MINUTE_MS);
    stage_run(s, STR("good.test\n"));
    sharing_free(s->world->prober.sharing);
    s->world->prober.sharing = NULL;
    assert_true(stage_has(s, "\"attempts\":2,"));
    assert_int_equal(heard.connections, 2);
}

static void a_server_without_time_is_asked_again(void **state)
{
    struct stage *s = *state;
    struct timer timer = {0};
    serve_good_test(s, NULL, "421 4.7.0 too many connections\r\n", &timer, MINUTE_MS);
    stage_run(s, STR("good.test\n"));
    assert_int_equal(s->line_count, 1);
    assert_true(stage_has(s, "\"attempts\":2,"));
    assert_false(s->run.inconclusive);
}

static void a_name_that_is_put_off_for_ever_has_its_line_at_last(void **state)
{
    struct stage *s = *state;
    serve_good_test(s, "RCPT", "451 4.7.1 greylisted\r\n", NULL, 0);
    stage_run(s, STR("good.test\n"));
    assert_int_equal(s->run.end, BULK_WHOLE);
    assert_int_equal(s->line_count, 1);
    assert_true(stage_has(s, "\"attempts\":4,"));
    assert_true(stage_has(s, "greylisted"));
    assert_int_equal(s->run.put_off, 1);
    assert_int_equal(heard.connections, 4);
}

static void without_times_nobody_waits(void **state)
{
    struct stage *s = *state;
    serve_good_test(s, "RCPT", "450 4.2.0 come back later\r\n", NULL, 0);
    s->params.again.count = 0;
    stage_run(s, STR("good.test\n"));
    assert_true(stage_has(s, "\"attempts\":1,"));
    assert_false(s->waits);
    assert_int_equal(s->run.put_off, 1);
    assert_int_equal(heard.connections, 1);
}

/* Postfix as Debian sets it up says so to every stranger, today and tomorrow. */
static void a_454_to_a_recipient_is_for_good(void **state)
{
    struct stage *s = *state;
    serve_good_test(s, "RCPT", "454 4.7.1 Relay access denied\r\n", NULL, 0);
    stage_run(s, STR("good.test\n"));
    assert_true(stage_has(s, "\"attempts\":1,"));
    assert_int_equal(s->run.put_off, 0);
}

static void a_server_that_turns_us_away_is_not_asked_again(void **state)
{
    struct stage *s = *state;
    serve_good_test(s, NULL, "554 5.7.1 not you\r\n", NULL, 0);
    stage_run(s, STR("good.test\n"));
    assert_true(stage_has(s, "\"attempts\":1,"));
}

static void others_go_on_meanwhile(void **state)
{
    struct stage *s = *state;
    struct timer timer = {0};
    serve_good_test(s, "RCPT", "450 4.2.0 come back later\r\n", &timer, MINUTE_MS);
    s->params.max_inflight = 1;
    stage_run(s, STR("good.test\nnope-2.test\nnope-3.test\nnope-4.test\n"));
    assert_int_equal(s->line_count, 4);
    assert_int_equal(s->numbers[3], 1);
    assert_true(stage_has(s, "{\"seq\":1,\"input\":\"good.test\",\"attempts\":2,"));
    assert_true(stage_has(s, "{\"seq\":4,\"input\":\"nope-4.test\",\"attempts\":1,"));
}

static void a_deadline_does_not_wait(void **state)
{
    struct stage *s = *state;
    serve_good_test(s, "RCPT", "450 4.2.0 come back later\r\n", NULL, 0);
    s->params.deadline_ms = 8 * MINUTE_MS;
    stage_run(s, STR("good.test\nnope.test\n"));
    assert_true(s->over);
    assert_int_equal(s->run.end, BULK_LEFT_OUT);
    assert_int_equal(s->line_count, 1); /* the other's */
    assert_int_equal(s->run.left_waiting, 1);
    assert_int_equal(heard.connections, 2);
}

static void stop(void *arg)
{
    loop_stop(arg);
}

static void a_run_may_be_ended_while_it_waits(void **state)
{
    struct stage *s = *state;
    struct timer timer = {0};
    serve_good_test(s, "RCPT", "450 4.2.0 come back later\r\n", NULL, 0);
    timer_start(s->world->loop, &timer, 2 * MINUTE_MS, stop, s->world->loop);
    stage_run(s, STR("good.test\n"));
    assert_false(s->over);
    assert_false(s->run.all_begun);
    assert_int_equal(s->run.again.count, 1);
}

#define ON_STAGE(test) cmocka_unit_test_setup_teardown(test, stage_set_up, stage_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_STAGE(a_greylisted_name_is_asked_until_it_is_settled),
        ON_STAGE(a_server_that_is_shared_is_asked_anew),
        ON_STAGE(a_server_without_time_is_asked_again),
        ON_STAGE(a_name_that_is_put_off_for_ever_has_its_line_at_last),
        ON_STAGE(without_times_nobody_waits),
        ON_STAGE(a_454_to_a_recipient_is_for_good),
        ON_STAGE(a_server_that_turns_us_away_is_not_asked_again),
        ON_STAGE(others_go_on_meanwhile),
        ON_STAGE(a_deadline_does_not_wait),
        ON_STAGE(a_run_may_be_ended_while_it_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

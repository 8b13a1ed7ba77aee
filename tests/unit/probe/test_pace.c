/* SPDX-License-Identifier: Apache-2.0 */
/* test_pace - when connections may begin: how many at once, how far apart, and what an answer that puts us off does to that. */
#include "probe/pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { TURNS = 8, APART_MS = 1000, HOUR_MS = 3600 * 1000 };

struct turn {
    struct fixture *f;
    struct pace_turn pace;
    struct timer over;
    enum pace_answer answer;
    int64_t lasts_ms, began_ms, ended_ms; /* began_ms -1: not yet */
};

struct fixture {
    struct loop *loop;
    struct pace *pace;
    struct mono start;
    struct turn turns[TURNS];
    unsigned open, open_peak;
};

static int64_t now_ms(const struct fixture *f)
{
    return mono_ms_between(f->start, loop_now(f->loop));
}

static void set_up(struct fixture *f, unsigned per_network, unsigned per_operator)
{
    *f = (struct fixture){.loop = loop_new_virtual((struct wall){1795529100})};
    f->pace = pace_new(f->loop, &(struct pace_limits){per_network, per_operator, APART_MS, 60 * 1000});
    assert_non_null(f->pace);
    f->start = loop_now(f->loop);
    for (size_t i = 0; i < TURNS; i++)
        f->turns[i] = (struct turn){.f = f, .began_ms = -1};
}

static void tear_down(struct fixture *f)
{
    pace_free(f->pace);
    loop_free(f->loop);
}

static void on_over(void *arg)
{
    struct turn *t = arg;
    t->ended_ms = now_ms(t->f);
    t->f->open--;
    pace_end(&t->pace, t->answer);
}

static void on_begin(void *arg)
{
    struct turn *t = arg;
    struct fixture *f = t->f;
    t->began_ms = now_ms(f);
    if (++f->open > f->open_peak)
        f->open_peak = f->open;
    timer_start(f->loop, &t->over, t->lasts_ms, on_over, t);
}

static struct turn *connect_to(struct fixture *f, size_t i, const char *ip, const char *operator, int64_t lasts_ms)
{
    struct turn *t = &f->turns[i];
    struct ip address;
    assert_true(ip_parse(str_of(ip), &address));
    t->lasts_ms = lasts_ms;
    t->began_ms = -1;
    pace_wait(f->pace, &t->pace, address, operator, on_begin, t);
    return t;
}

static void run(struct fixture *f)
{
    assert_int_equal(loop_run(f->loop), 0);
}

static void expect_apart(int64_t ms, int64_t wanted_ms)
{
    if (ms < wanted_ms * 3 / 4 || ms > wanted_ms * 5 / 4 + 2)
        fail_msg("%ld ms apart instead of about %ld", (long)ms, (long)wanted_ms);
}

static void an_address_takes_one_at_a_time_with_a_pause_between(void **state)
{
    struct fixture f;
    (void)state;
    set_up(&f, 0, 0);
    for (size_t i = 0; i < 3; i++)
        connect_to(&f, i, "192.0.2.1", NULL, 100);
    connect_to(&f, 3, "192.0.2.2", NULL, 100);
    run(&f);
    assert_int_equal(f.turns[0].began_ms, 0);
    assert_int_equal(f.turns[3].began_ms, 0);
    expect_apart(f.turns[1].began_ms - f.turns[0].ended_ms, APART_MS);
    expect_apart(f.turns[2].began_ms - f.turns[1].ended_ms, APART_MS);
    tear_down(&f);
}

static void a_network_takes_some_at_a_time(void **state)
{
    static const char *const v4[] = {"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"}, *const v6[] = {"2001:db8:1:1::1", "2001:db8:1:2::1",
                                                                                                         "2001:db8:1:3::1"};
    struct fixture f;
    (void)state;
    set_up(&f, 2, 0);
    for (size_t i = 0; i < 4; i++)
        connect_to(&f, i, v4[i], NULL, 100 * (int64_t)(i + 1));
    for (size_t i = 0; i < 3; i++)
        connect_to(&f, 4 + i, v6[i], NULL, 50);
    connect_to(&f, 7, "192.0.3.1", NULL, 10);
    run(&f);
    assert_int_equal(f.turns[1].began_ms, 0);
    assert_int_equal(f.turns[2].began_ms, 100); /* when the first is over */
    assert_int_equal(f.turns[3].began_ms, 200);
    assert_int_equal(f.turns[5].began_ms, 0);
    assert_int_equal(f.turns[6].began_ms, 50);
    assert_int_equal(f.turns[7].began_ms, 0);
    tear_down(&f);
}

static void an_operator_takes_some_at_a_time_wherever_his_servers_are(void **state)
{
    static const char *const ips[] = {"192.0.2.1", "198.51.100.1", "203.0.113.1"};
    struct fixture f;
    (void)state;
    set_up(&f, 0, 2);
    for (size_t i = 0; i < 3; i++)
        connect_to(&f, i, ips[i], "operator.example", 100);
    connect_to(&f, 3, "192.0.3.1", "other.example", 100);
    run(&f);
    assert_int_equal(f.turns[1].began_ms, 0);
    assert_int_equal(f.turns[2].began_ms, 100);
    assert_int_equal(f.turns[3].began_ms, 0);
    tear_down(&f);
}

/* Turns to new addresses of one network, so that only its own time between them shows. */
static int64_t apart_after(struct fixture *f, enum pace_answer answer)
{
    struct turn *first = connect_to(f, 0, "192.0.2.1", NULL, 10);
    first->answer = answer;
    run(f);
    struct turn *second = connect_to(f, 1, "192.0.2.2", NULL, 10);
    second->answer = answer;
    run(f);
    return second->began_ms - first->ended_ms;
}

static void a_closed_port_says_nothing_of_its_neighbours(void **state)
{
    static const char *const ips[] = {"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"};
    struct fixture f;
    (void)state;
    set_up(&f, 4, 0);
    for (size_t i = 0; i < 4; i++) { /* the third puts us off, and nobody else knows better */
        connect_to(&f, i, ips[i], NULL, 10)->answer = i == 2 ? PACE_PUT_OFF : PACE_CLOSED;
        run(&f);
    }
    assert_int_equal(f.turns[1].began_ms, f.turns[0].ended_ms);
    assert_int_equal(f.turns[2].began_ms, f.turns[1].ended_ms);
    expect_apart(f.turns[3].began_ms - f.turns[2].ended_ms, 1000);
    connect_to(&f, 4, "192.0.2.5", NULL, 10);
    run(&f);
    expect_apart(f.turns[4].began_ms - f.turns[3].ended_ms, 1000);
    tear_down(&f);
}

static void but_time_goes_by_before_the_next_try_there(void **state)
{
    struct fixture f;
    (void)state;
    set_up(&f, 4, 0);
    for (size_t i = 0; i < 3; i++) {
        connect_to(&f, i, "192.0.2.1", NULL, 10)->answer = PACE_CLOSED;
        run(&f);
    }
    expect_apart(f.turns[2].began_ms - f.turns[1].ended_ms, 4000);
    tear_down(&f);
}

static void who_puts_us_off_gets_ever_more_time(void **state)
{
    struct fixture f;
    (void)state;
    set_up(&f, 4, 0);
    assert_int_equal(apart_after(&f, PACE_SERVED), 1000 - 1000); /* nothing but the address itself asks for a pause */
    expect_apart(apart_after(&f, PACE_PUT_OFF), 1000);
    int64_t apart = apart_after(&f, PACE_PUT_OFF); /* the third and fourth answer of this sort */
    expect_apart(apart, 4000);
    for (size_t i = 0; i < 8; i++)
        apart = apart_after(&f, PACE_PUT_OFF);
    expect_apart(apart, 60 * 1000);
    for (size_t i = 0; i < 8; i++)
        apart_after(&f, PACE_SERVED);
    for (size_t i = 0; i < TURNS; i++)
        f.turns[i].answer = PACE_SERVED;
    connect_to(&f, 2, "192.0.2.7", NULL, 10);
    int64_t before = now_ms(&f);
    run(&f);
    assert_int_equal(f.turns[2].began_ms, before);
    tear_down(&f);
}

static void who_leaves_lets_the_next_one_in(void **state)
{
    struct fixture f;
    (void)state;
    set_up(&f, 1, 0);
    connect_to(&f, 0, "192.0.2.1", NULL, HOUR_MS);
    connect_to(&f, 1, "192.0.2.2", NULL, 10);
    connect_to(&f, 2, "192.0.2.3", NULL, 10);
    pace_cancel(&f.turns[1].pace); /* in the queue */
    pace_cancel(&f.turns[0].pace); /* it was let in, though it has not heard so yet */
    pace_cancel(&f.turns[0].pace);
    run(&f);
    assert_int_equal(f.turns[0].began_ms, -1);
    assert_int_equal(f.turns[1].began_ms, -1);
    assert_int_equal(f.turns[2].began_ms, 0);
    tear_down(&f);
}

static void many_addresses_leave_nothing_behind(void **state)
{
    struct fixture f;
    (void)state;
    set_up(&f, 4, 2);
    for (unsigned i = 0; i < 20000; i++) {
        char ip[32];
        snprintf(ip, sizeof ip, "10.%u.%u.1", i / 200, i % 200);
        connect_to(&f, i % TURNS, ip, i % 3 ? "operator.example" : NULL, 1);
        if (i % TURNS == TURNS - 1)
            run(&f);
    }
    run(&f);
    tear_down(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_takes_one_at_a_time_with_a_pause_between),
        cmocka_unit_test(a_network_takes_some_at_a_time),
        cmocka_unit_test(an_operator_takes_some_at_a_time_wherever_his_servers_are),
        cmocka_unit_test(a_closed_port_says_nothing_of_its_neighbours),
        cmocka_unit_test(but_time_goes_by_before_the_next_try_there),
        cmocka_unit_test(who_puts_us_off_gets_ever_more_time),
        cmocka_unit_test(who_leaves_lets_the_next_one_in),
        cmocka_unit_test(many_addresses_leave_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Runs are joined, kept, cancelled by the last who wants them, and forgotten. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "fake_pool.h"
#include "serve/checks.h"

enum { ANNA = 1, BERT = 2, FRESH_S = CHECKS_MAX_AGE_S };

static struct loop *loop;
static struct checks *checks;
static const struct work_order example = {.target = "example.org"};

static int open_checks(void **state)
{
    static const struct checks_limits limits = {.under_way = 3, .kept = 4, .kept_bytes = 100, .kept_s = 3600};
    (void)state;
    fake_pool_reset();
    loop = loop_new_virtual((struct wall){1000000});
    checks = checks_new(loop, NULL, &limits);
    return checks ? 0 : -1;
}

static int close_checks(void **state)
{
    (void)state;
    checks_free(checks);
    loop_free(loop);
    return 0;
}

static void stop(void *arg)
{
    (void)arg;
    loop_stop(loop);
}

static void let_pass(int64_t ms)
{
    struct timer t = {0};
    timer_start(loop, &t, ms, stop, NULL);
    loop_run(loop);
    timer_cancel(&t);
}

static struct run *finished(const char *target, const char *status, const char *json)
{
    struct run *r = checks_start(checks, &(struct work_order){.target = target}, ANNA);
    assert_non_null(r);
    fake_pool_done(status, json);
    return r;
}

static void test_a_second_wish_joins_the_run_under_way(void **state)
{
    (void)state;
    assert_null(checks_join(checks, &example, ANNA, FRESH_S));
    struct run *r = checks_start(checks, &example, ANNA);
    assert_int_equal(r->state, RUN_QUEUED);
    assert_ptr_equal(checks_join(checks, &example, BERT, 0), r);
    fake_pool_step("mx1.example.org: greeting");
    assert_int_equal(r->state, RUN_RUNNING);
    assert_string_equal(r->waits_for, "mx1.example.org: greeting");
    assert_int_equal(fake_pool.starts, 1);
    assert_ptr_equal(checks_find(checks, str_of(r->id)), r);
}

static void test_ids_differ_and_others_find_nothing(void **state)
{
    (void)state;
    struct run *a = checks_start(checks, &example, ANNA), *b = checks_start(checks, &(struct work_order){.target = "example.net"}, ANNA);
    assert_string_not_equal(a->id, b->id);
    assert_int_equal(strlen(a->id), RUN_ID_BYTES - 1);
    assert_null(checks_find(checks, STR("00000000000000000000000000000000")));
    assert_null(checks_find(checks, STR("")));
}

static void test_the_order_of_ports_and_words_makes_no_difference(void **state)
{
    static const uint16_t up[] = {25, 587}, down[] = {587, 25, 587}, other[] = {25};
    static const char *const words[] = {"tls", "mx", NULL}, *const swapped[] = {"mx", "tls", NULL};
    (void)state;
    struct run *r = checks_start(checks, &(struct work_order){.target = "a.test", .ports = up, .port_count = 2, .only = words}, ANNA);
    assert_ptr_equal(checks_join(checks, &(struct work_order){.target = "a.test", .ports = down, .port_count = 3, .only = swapped}, ANNA, 0), r);
    assert_null(checks_join(checks, &(struct work_order){.target = "a.test", .ports = other, .port_count = 1, .only = words}, ANNA, 0));
    assert_null(checks_join(checks, &(struct work_order){.target = "a.test", .ports = up, .port_count = 2, .skip = words}, ANNA, 0));
    assert_null(checks_join(checks, &(struct work_order){.target = "a.test", .ports = up, .port_count = 2, .only = words, .deep = true}, ANNA, 0));
}

static void test_a_password_is_nobody_elses(void **state)
{
    static const struct work_order secret = {.server = true, .target = "mx.test:587", .auth_user = "u", .auth_password = "p"};
    (void)state;
    struct run *r = checks_start(checks, &secret, ANNA);
    assert_non_null(r);
    assert_null(checks_join(checks, &secret, ANNA, FRESH_S));
    assert_null(checks_join(checks, &(struct work_order){.server = true, .target = "mx.test:587"}, ANNA, FRESH_S));
}

static void test_a_result_is_kept_as_long_as_the_wish_allows(void **state)
{
    (void)state;
    struct run *r = finished("example.org", "ok", "{}");
    assert_int_equal(r->state, RUN_DONE);
    assert_true(str_is(r->documents[WORK_JSON], "{}"));
    assert_string_equal(r->headline, "so it is");
    let_pass(299 * 1000);
    assert_ptr_equal(checks_join(checks, &example, BERT, FRESH_S), r);
    assert_null(checks_join(checks, &example, BERT, 0));
    let_pass(2 * 1000);
    assert_null(checks_join(checks, &example, BERT, FRESH_S));
}

static void test_an_inconclusive_result_is_soon_tried_again(void **state)
{
    (void)state;
    struct run *r = finished("example.org", "inconclusive", "{}");
    assert_ptr_equal(checks_join(checks, &example, BERT, FRESH_S), r);
    let_pass((CHECKS_MAX_AGE_INCONCLUSIVE_S + 1) * 1000);
    assert_null(checks_join(checks, &example, BERT, FRESH_S));
}

static void test_only_the_last_who_wants_it_cancels(void **state)
{
    (void)state;
    struct run *r = checks_start(checks, &example, ANNA);
    checks_join(checks, &example, BERT, 0);
    assert_false(checks_cancel(checks, r, ANNA));
    assert_false(checks_cancel(checks, r, ANNA)); /* a second time is not Bert's */
    assert_false(checks_cancel(checks, r, 77));   /* a stranger */
    assert_int_equal(r->state, RUN_QUEUED);
    assert_true(checks_cancel(checks, r, BERT));
    assert_int_equal(r->state, RUN_CANCELLED);
    assert_int_equal(fake_pool.cancelled, 1);
    assert_null(checks_join(checks, &example, ANNA, FRESH_S));
    assert_false(checks_cancel(checks, r, BERT));
}

static void test_a_lost_worker_fails_the_run_and_is_no_result(void **state)
{
    (void)state;
    struct run *r = checks_start(checks, &example, ANNA);
    fake_pool_lost();
    assert_int_equal(r->state, RUN_FAILED);
    assert_string_equal(r->problem, "the worker died");
    assert_null(checks_join(checks, &example, ANNA, FRESH_S));
}

static void test_what_is_over_is_forgotten_after_an_hour(void **state)
{
    char id[RUN_ID_BYTES];
    (void)state;
    memcpy(id, finished("example.org", "ok", "{}")->id, sizeof id);
    let_pass(3599 * 1000);
    assert_non_null(checks_find(checks, str_of(id)));
    let_pass(2 * 1000);
    assert_null(checks_find(checks, str_of(id)));
    assert_int_equal(checks_kept(checks), 0);
}

static void test_the_oldest_go_first_when_there_is_no_room(void **state)
{
    char first[RUN_ID_BYTES], second[RUN_ID_BYTES];
    (void)state;
    memcpy(first, finished("a.test", "ok", "1")->id, sizeof first);
    memcpy(second, finished("b.test", "ok", "2")->id, sizeof second);
    finished("c.test", "ok", "3");
    finished("d.test", "ok", "4");
    finished("e.test", "ok", "5");
    assert_null(checks_find(checks, str_of(first)));
    assert_non_null(checks_find(checks, str_of(second)));
    finished("f.test", "ok", "99 octets .........................................................................................");
    assert_int_equal(checks_kept(checks), 2); /* e and f: 100 octets */
}

static void ignore(void *arg)
{
    (*(int *)arg)++;
}

static void test_what_is_watched_is_told_and_stays(void **state)
{
    struct run_watcher watcher = {0};
    int told = 0;
    (void)state;
    struct run *r = checks_start(checks, &(struct work_order){.target = "a.test"}, ANNA);
    run_watch(r, &watcher, ignore, &told);
    fake_pool_step("x");
    fake_pool_done("ok", "1");
    assert_int_equal(told, 2);
    for (const char *const *t = (const char *const[]){"b.test", "c.test", "d.test", "e.test", NULL}; *t; t++)
        finished(*t, "ok", "1");
    assert_ptr_equal(checks_find(checks, str_of(r->id)), r);
    run_unwatch(&watcher);
    run_unwatch(&watcher);
    finished("f.test", "ok", "1");
    assert_null(checks_join(checks, &(struct work_order){.target = "a.test"}, ANNA, FRESH_S));
}

static void test_there_is_an_end_to_how_much_is_under_way(void **state)
{
    (void)state;
    assert_non_null(checks_start(checks, &(struct work_order){.target = "a.test"}, ANNA));
    assert_non_null(checks_start(checks, &(struct work_order){.target = "b.test"}, ANNA));
    assert_non_null(checks_start(checks, &(struct work_order){.target = "c.test"}, ANNA));
    assert_null(checks_start(checks, &(struct work_order){.target = "d.test"}, ANNA));
    assert_int_equal(checks_under_way(checks), 3);
    checks_stop(checks, "the service ends");
    assert_int_equal(checks_under_way(checks), 0);
    assert_int_equal(fake_pool.cancelled, 3);
    fake_pool.fails = true;
    assert_null(checks_start(checks, &(struct work_order){.target = "d.test"}, ANNA));
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, open_checks, close_checks)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_second_wish_joins_the_run_under_way),
        TEST(ids_differ_and_others_find_nothing),
        TEST(the_order_of_ports_and_words_makes_no_difference),
        TEST(a_password_is_nobody_elses),
        TEST(a_result_is_kept_as_long_as_the_wish_allows),
        TEST(an_inconclusive_result_is_soon_tried_again),
        TEST(only_the_last_who_wants_it_cancels),
        TEST(a_lost_worker_fails_the_run_and_is_no_result),
        TEST(what_is_over_is_forgotten_after_an_hour),
        TEST(the_oldest_go_first_when_there_is_no_room),
        TEST(what_is_watched_is_told_and_stays),
        TEST(there_is_an_end_to_how_much_is_under_way),
    };
    return cmocka_run_group_tests_name("checks", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* test_pool - real workers in a scripted world: what becomes of orders when workers die, hang, lie or do what they may not. */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "pool_world.h"

enum { WORKS_MAX = 1000, PATIENCE_MS = 60 * 1000, SHORT_SILENCE_MS = 400 };

static int open_nothing(struct prober *p, void *arg, char *error, size_t error_bytes)
{
    (void)p, (void)arg;
    snprintf(error, error_bytes, "there is no net today");
    return -1;
}

static int die_early(struct prober *p, void *arg, char *error, size_t error_bytes)
{
    (void)p, (void)arg, (void)error, (void)error_bytes;
    _exit(3);
}

/* ---- the parent ---- */

struct order { /* one work and what became of it */
    struct work work;
    size_t ends, steps;
    enum work_end end;
    char problem[512], status[32], waits_for[256];
    uint32_t note;
    char *json;
    size_t sizes[WORK_DOCUMENTS];
};

static struct test {
    struct loop *loop;
    struct pool *pool;
    struct timer patience, look;
    bool (*is_over)(const struct test *t);
    size_t ended;
    struct order orders[WORKS_MAX];
} test;

static int set_up(void **state)
{
    memset(&test, 0, sizeof test);
    memset(shared, 0, sizeof *shared);
    test.loop = loop_new_real();
    *state = &test;
    return test.loop ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    pool_free(test.pool);
    for (size_t i = 0; i < WORKS_MAX; i++)
        free(test.orders[i].json);
    loop_free(test.loop);
    return waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD ? 0 : -1; /* no worker is left */
}

static void open_pool(struct pool_params params)
{
    char error[512] = "";
    params.open = params.open ? params.open : pool_world_open;
    test.pool = pool_new(test.loop, &params, error, sizeof error);
    if (!test.pool)
        fail_msg("%s", error);
}

/* In one that has seen workers die the next would be late. */
static void open_fresh_pool(void)
{
    pool_free(test.pool);
    test.ended = 0;
    open_pool((struct pool_params){.workers = 1});
}

static void on_step(void *arg, const struct work_step *step)
{
    struct order *o = arg;
    o->steps++;
    snprintf(o->waits_for, sizeof o->waits_for, "%s", step->waits_for);
}

static void on_done(void *arg, const struct work_result *r)
{
    struct order *o = arg;
    o->ends++;
    o->end = r->end;
    snprintf(o->problem, sizeof o->problem, "%s", r->problem ? r->problem : "");
    snprintf(o->status, sizeof o->status, "%s", r->status ? r->status : "");
    o->note = r->note;
    for (size_t i = 0; i < WORK_DOCUMENTS; i++)
        o->sizes[i] = r->documents[i].n;
    if (r->documents[WORK_JSON].n)
        o->json = strndup(r->documents[WORK_JSON].p, r->documents[WORK_JSON].n);
    test.ended++;
}

static struct order *start(size_t i, const struct work_order *order)
{
    struct order *o = &test.orders[i];
    assert_int_equal(work_start(test.pool, &o->work, order, on_step, on_done, o), 0);
    assert_int_equal(o->ends, 0); /* never inside the call that started it */
    return o;
}

static struct order *check(size_t i, const char *domain)
{
    return start(i, &(struct work_order){.target = domain});
}

static void on_patience(void *arg)
{
    (void)arg;
    fail_msg("nothing came of it in %d s", PATIENCE_MS / 1000);
}

static void look(void *arg)
{
    struct test *t = arg;
    if (t->is_over(t))
        loop_stop(t->loop);
    else
        timer_start(t->loop, &t->look, 1, look, t);
}

static void run_until(bool (*is_over)(const struct test *t))
{
    test.is_over = is_over;
    timer_start(test.loop, &test.patience, PATIENCE_MS, on_patience, NULL);
    timer_start(test.loop, &test.look, 0, look, &test);
    loop_run(test.loop);
    timer_cancel(&test.patience);
    timer_cancel(&test.look);
}

static bool one_ended(const struct test *t)
{
    return t->ended >= 1;
}

static bool three_ended(const struct test *t)
{
    return t->ended >= 3;
}

static bool all_ended(const struct test *t)
{
    return t->ended == WORKS_MAX;
}

static bool first_has_told_of_a_greeting(const struct test *t)
{
    return strstr(t->orders[0].waits_for, "greeting");
}

static bool both_have_told(const struct test *t)
{
    return t->orders[0].steps && t->orders[1].steps;
}

static bool one_hangs_and_one_has_told(const struct test *t)
{
    return shared->hanging && t->orders[1].steps;
}

static bool a_worker_is_ready(const struct test *t)
{
    return pool_state(t->pool).workers > 0;
}

static void expect_lost(const struct order *o, const char *why)
{
    if (o->ends != 1 || o->end != WORK_LOST || !strstr(o->problem, why))
        fail_msg("ends %zu, as %d: '%s', not '%s'", o->ends, o->end, o->problem, why);
}

/* Whatever happened: the next order is done. */
static void expect_at_work(size_t i)
{
    test.ended = 0;
    struct order *o = check(i, "null.test");
    run_until(one_ended);
    assert_int_equal(o->end, WORK_DONE);
}

/* ---- tests ---- */

static void an_order_gives_every_document(void **state)
{
    (void)state;
    open_pool((struct pool_params){.workers = 1});
    struct order *o = check(0, "null.test");
    run_until(one_ended);
    assert_int_equal(o->ends, 1);
    assert_int_equal(o->end, WORK_DONE);
    assert_null(o->work.pool);
    assert_true(strlen(o->status) > 0);
    assert_non_null(strstr(o->json, "\"null.test\""));
    for (size_t i = 0; i < WORK_DOCUMENTS; i++)
        if (o->sizes[i] == 0)
            fail_msg("document %zu is empty", i);
    struct pool_state s = pool_state(test.pool);
    assert_int_equal(s.workers, 1);
    assert_int_equal(s.working + s.waiting, 0);
    assert_int_equal(s.started, 1);
    assert_int_equal(s.done, 1);
}

static void what_is_not_understood_is_refused(void **state)
{
    static char long_name[WORK_ORDER_BYTES + 1];
    const struct {
        struct work_order order;
        const char *problem;
    } refused[] = {
        {{.target = "not a domain"}, "is not a domain"},
        {{.server = true, .target = "mx1.example.org:99999"}, "is not a server"},
        {{.target = "null.test", .only = (const char *const[]){"nonsense", NULL}}, "'nonsense' is neither an area nor a check"},
        {{.target = "null.test", .skip = (const char *const[]){"nonsense", NULL}}, "'nonsense' is neither an area nor a check"},
        {{.target = "null.test", .ports = (const uint16_t[]){0}, .port_count = 1}, "0 is no port"},
        {{.server = true, .target = "mx1.slow.test", .auth_user = "user"}, "a user and a password go together"},
        {{.target = long_name}, "larger than orders may be"},
    };
    (void)state;
    memset(long_name, 'x', WORK_ORDER_BYTES);
    open_pool((struct pool_params){.workers = 1});
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        test.ended = 0;
        struct order *o = start(i, &refused[i].order);
        run_until(one_ended);
        if (o->ends != 1 || o->end != WORK_REFUSED || !strstr(o->problem, refused[i].problem))
            fail_msg("order %zu ends as %d: '%s', not '%s'", i, o->end, o->problem, refused[i].problem);
    }
    expect_at_work(10);
}

static void every_order_has_options_of_its_own(void **state)
{
    static const uint16_t ports[] = {25, 587};
    (void)state;
    open_pool((struct pool_params){.workers = 1});
    struct order *two_ports =
        start(0, &(struct work_order){.target = "down.test", .ports = ports, .port_count = 2, .only = (const char *const[]){"net", NULL}});
    /* cppcheck-suppress legacyUninitvar ; it is set where it is declared */
    struct order *no_smtp = start(1, &(struct work_order){.target = "down.test", .no_smtp = true});
    struct order *plain = check(2, "down.test");
    run_until(three_ended);
    assert_non_null(strstr(two_ports->json, "\"port\":587"));
    assert_null(strstr(plain->json, "\"port\":587"));
    assert_non_null(strstr(no_smtp->json, "\"outcome\":\"not_probed\""));
    assert_null(strstr(plain->json, "\"outcome\":\"not_probed\""));
    assert_null(strstr(two_ports->json, "\"spf.exists\""));
}

static void a_server_inside_is_not_connected_to_for_strangers(void **state)
{
    (void)state;
    open_pool((struct pool_params){.workers = 1, .public_only = true});
    struct order *o = start(0, &(struct work_order){.server = true, .target = "127.0.0.1:25"});
    run_until(one_ended);
    assert_int_equal(o->end, WORK_DONE);
    assert_string_equal(o->status, "inconclusive");
    assert_non_null(strstr(o->json, "connects to no other"));
}

static void set_list(const char *lines)
{
    char error[200] = "";
    struct opt_out *before = pool_world_opt_out;
    pool_world_opt_out = opt_out_parse(str_of(lines), error, sizeof error);
    assert_non_null(pool_world_opt_out);
    pool_set_opt_out(test.pool, pool_world_opt_out);
    opt_out_free(before);
}

static const char *why_not_probed(size_t i)
{
    test.ended = 0;
    struct order *o = check(i, "down.test");
    run_until(one_ended);
    assert_int_equal(o->end, WORK_DONE);
    return strstr(o->json, "\"not_probed\":\"opt_out\"") ? "opt_out" : strstr(o->json, "\"not_probed\":null") ? "probed" : "?";
}

/* Each list counts for the orders behind it; none of those under way is lost. */
static void workers_hear_of_a_new_list(void **state)
{
    char *many = NULL;
    size_t used = 0, size = 3 * 1024 * 1024;
    (void)state;
    open_pool((struct pool_params){.workers = 1});
    struct order *slow = check(0, "slow.test");
    run_until(first_has_told_of_a_greeting);
    assert_string_equal(why_not_probed(1), "probed");
    set_list("mx1.down.test\n");
    assert_string_equal(why_not_probed(2), "opt_out");
    assert_non_null(many = malloc(size + 64));
    while (used < size)
        used += (size_t)snprintf(many + used, 64, "a-rather-long-name-for-number-%zu.test\n", used);
    set_list(many);
    set_list("down.test\n");
    set_list(many);
    assert_string_equal(why_not_probed(3), "probed");
    set_list("192.0.2.0/24\n");
    assert_string_equal(why_not_probed(4), "opt_out");
    assert_int_equal(slow->ends, 0);
    assert_int_equal(pool_state(test.pool).restarts, 0);
    work_cancel(&slow->work);
    test.ended = 0;
    check(5, "crash.test");
    run_until(one_ended);
    run_until(a_worker_is_ready);
    assert_string_equal(why_not_probed(6), "opt_out");
    free(many);
    opt_out_free(pool_world_opt_out);
    pool_world_opt_out = NULL;
}

static void a_thousand_orders_end_once_each(void **state)
{
    (void)state;
    open_pool((struct pool_params){.workers = 2, .at_once = 8});
    for (size_t i = 0; i < WORKS_MAX; i++)
        check(i, "null.test");
    assert_int_equal(pool_state(test.pool).working, 16);
    assert_int_equal(pool_state(test.pool).waiting, WORKS_MAX - 16);
    run_until(all_ended);
    for (size_t i = 0; i < WORKS_MAX; i++)
        assert_true(test.orders[i].ends == 1 && test.orders[i].end == WORK_DONE);
}

static void steps_tell_what_is_waited_for_until_it_is_cancelled(void **state)
{
    (void)state;
    open_pool((struct pool_params){.workers = 1, .at_once = 1});
    struct order *slow = check(0, "slow.test"), *waiting = check(1, "null.test"), *next = check(2, "null.test");
    run_until(first_has_told_of_a_greeting);
    assert_non_null(strstr(slow->waits_for, "mx1.slow.test [192.0.2.1]:25"));
    assert_int_equal(next->ends, 0);
    work_cancel(&waiting->work);
    work_cancel(&slow->work);
    work_cancel(&slow->work);
    assert_null(slow->work.pool);
    run_until(one_ended);
    assert_int_equal(next->end, WORK_DONE);
    assert_int_equal(slow->ends + waiting->ends, 0);
}

static uint32_t note(void *arg, const struct judgement *j)
{
    return *(const uint32_t *)arg + j->summary.status;
}

static void a_parent_has_what_it_wants_to_know_and_nothing_else(void **state)
{
    static uint32_t first = 1000;
    (void)state;
    open_pool((struct pool_params){.workers = 1, .documents = 1u << WORK_JSON, .no_steps = true, .note = note, .arg = &first});
    struct order *o = check(0, "null.test");
    run_until(one_ended);
    assert_int_equal(o->end, WORK_DONE);
    assert_in_range(o->note, first, first + STATUS_INCONCLUSIVE);
    for (size_t i = 0; i < WORK_DOCUMENTS; i++)
        assert_true((o->sizes[i] > 0) == (i == WORK_JSON));
    assert_int_equal(o->steps, 0);
}

/* Of two workers one is busy: an order of its keys waits for it, one of another's does not. When it dies the next one has its keys. */
static void orders_of_one_key_go_to_one_worker(void **state)
{
    (void)state;
    open_pool((struct pool_params){.workers = 2, .at_once = 1, .keyed = true});
    struct order *busy = start(0, &(struct work_order){.target = "slow.test", .key = 3});
    struct order *waits = start(1, &(struct work_order){.target = "null.test", .key = 5});
    struct order *cancelled = start(2, &(struct work_order){.target = "null.test", .key = 7});
    struct order *other = start(3, &(struct work_order){.target = "null.test", .key = 4});
    run_until(one_ended);
    assert_int_equal(other->ends, 1);
    assert_int_equal(waits->ends, 0);
    assert_int_equal(pool_state(test.pool).waiting, 2);
    work_cancel(&cancelled->work);
    kill(shared->pids[0], SIGKILL); /* one of both is the busy one */
    kill(shared->pids[1], SIGKILL);
    run_until(three_ended);
    expect_lost(busy, "signal 9");
    assert_int_equal(waits->end, WORK_DONE);
    assert_int_equal(cancelled->ends, 0);
}

static void a_killed_worker_loses_its_own_orders_only(void **state)
{
    (void)state;
    open_pool((struct pool_params){.workers = 2});
    struct order *first = check(0, "slow.test"), *second = check(1, "slow.test");
    run_until(both_have_told);
    kill(shared->pids[0], SIGKILL);
    run_until(one_ended);
    assert_int_equal(first->ends + second->ends, 1);
    expect_lost(first->ends ? first : second, "signal 9");
    expect_at_work(2);
    assert_int_equal(pool_state(test.pool).lost, 1);
    assert_int_equal(pool_state(test.pool).working, 1);
}

static void a_worker_that_crashes_again_and_again_is_replaced(void **state)
{
    (void)state;
    open_pool((struct pool_params){.workers = 1});
    for (size_t i = 0; i < 4; i++) {
        test.ended = 0;
        struct order *o = check(i, "crash.test");
        run_until(one_ended);
        expect_lost(o, "signal 6");
        assert_int_equal(pool_state(test.pool).workers, 0);
    }
    expect_at_work(10);
    assert_int_equal(pool_state(test.pool).restarts, 4);
}

static void a_worker_that_says_nothing_is_killed(void **state)
{
    static const char *const silent[] = {"hang.test", "spin.test"};
    (void)state;
    open_pool((struct pool_params){.workers = 1, .silence_ms = SHORT_SILENCE_MS});
    for (size_t i = 0; i < 2; i++) {
        run_until(a_worker_is_ready);
        test.ended = 0;
        struct order *o = check(i, silent[i]);
        run_until(one_ended);
        expect_lost(o, "silent");
    }
}

static void a_worker_that_talks_nonsense_is_killed(void **state)
{
    static const char *const nonsense[] = {"garbage.test", "order.test", "huge.test", "broken.test"};
    (void)state;
    for (size_t i = 0; i < sizeof nonsense / sizeof *nonsense; i++) {
        open_fresh_pool();
        struct order *o = check(i, nonsense[i]);
        run_until(one_ended);
        expect_lost(o, "no message");
    }
    expect_at_work(10);
}

static void a_result_that_nobody_ordered_is_dropped(void **state)
{
    (void)state;
    open_pool((struct pool_params){.workers = 1});
    struct order *o = check(0, "unknown.test");
    run_until(one_ended);
    assert_int_equal(o->end, WORK_DONE);
    assert_int_equal(pool_state(test.pool).restarts, 0);
}

static void a_forbidden_call_ends_the_worker(void **state)
{
    static const char *const forbidden[] = {"execve.test", "ptrace.test", "fork.test", "code.test", "kill.test", "listen.test", "raw.test"};
    char signal_text[32];
    (void)state;
    snprintf(signal_text, sizeof signal_text, "signal %d", SIGSYS);
    for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden; i++) {
        open_fresh_pool();
        struct order *o = check(i, forbidden[i]);
        run_until(one_ended);
        expect_lost(o, signal_text);
    }
    expect_at_work(10);
}

static void a_worker_has_no_files_and_no_privileges(void **state)
{
    (void)state;
    open_pool((struct pool_params){.workers = 1});
    check(0, "look.test");
    run_until(one_ended);
    assert_int_equal(test.orders[0].end, WORK_DONE);
    assert_int_not_equal(shared->uid, 0);
    assert_int_equal(shared->uid, shared->uid_saved);
    assert_int_equal(shared->file_error, ENOENT);
    assert_int_equal(shared->cores, 0);
    assert_true(shared->descriptors > 3 && shared->descriptors < 10); /* three, the socket, the loop's own */
}

static void what_keeps_workers_from_beginning_is_told(void **state)
{
    struct pool_params params = {.workers = 2, .open = open_nothing};
    char error[512];
    (void)state;
    assert_null(pool_new(test.loop, &params, error, sizeof error));
    assert_string_equal(error, "there is no net today");
    params.open = die_early;
    assert_null(pool_new(test.loop, &params, error, sizeof error));
    assert_string_equal(error, "a worker died as it began");
    params = (struct pool_params){.workers = 1, .open = pool_world_open, .user = "nobody-of-this-name"};
    if (geteuid() == 0) {
        assert_null(pool_new(test.loop, &params, error, sizeof error));
        assert_non_null(strstr(error, "there is no such user"));
    }
}

static void a_pool_goes_with_work_under_way(void **state)
{
    (void)state;
    open_pool((struct pool_params){.workers = 2, .at_once = 1});
    for (size_t i = 0; i < 10; i++)
        check(i, i % 2 ? "slow.test" : "hang.test");
    run_until(one_hangs_and_one_has_told);
    pool_free(test.pool);
    test.pool = NULL;
    assert_int_equal(test.ended, 0);
    for (size_t i = 0; i < 10; i++)
        assert_null(test.orders[i].work.pool);
}

/* A parent that is killed can tell nobody. */
static void workers_end_with_their_parent(void **state)
{
    (void)state;
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0); /* its workers become our children, then */
    pid_t parent = fork();
    if (parent == 0) {
        open_pool((struct pool_params){.workers = 2});
        raise(SIGKILL);
    }
    assert_int_equal(waitpid(parent, NULL, 0), parent);
    for (size_t i = 0; i < 2; i++) {
        pid_t worker = shared->pids[i];
        assert_true(worker > 0);
        assert_int_equal(waitpid(worker, NULL, 0), worker);
    }
    prctl(PR_SET_CHILD_SUBREAPER, 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(an_order_gives_every_document),
        T(what_is_not_understood_is_refused),
        T(every_order_has_options_of_its_own),
        T(a_server_inside_is_not_connected_to_for_strangers),
        T(workers_hear_of_a_new_list),
        T(a_thousand_orders_end_once_each),
        T(steps_tell_what_is_waited_for_until_it_is_cancelled),
        T(a_parent_has_what_it_wants_to_know_and_nothing_else),
        T(orders_of_one_key_go_to_one_worker),
        T(a_killed_worker_loses_its_own_orders_only),
        T(a_worker_that_crashes_again_and_again_is_replaced),
        T(a_worker_that_says_nothing_is_killed),
        T(a_worker_that_talks_nonsense_is_killed),
        T(a_result_that_nobody_ordered_is_dropped),
        T(a_forbidden_call_ends_the_worker),
        T(a_worker_has_no_files_and_no_privileges),
        T(what_keeps_workers_from_beginning_is_told),
        T(a_pool_goes_with_work_under_way),
        T(workers_end_with_their_parent),
    };
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return shared == MAP_FAILED ? 1 : cmocka_run_group_tests_name("worker pool", tests, NULL, NULL);
}

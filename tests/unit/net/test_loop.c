/* SPDX-License-Identifier: Apache-2.0 */
/* test_loop - timers on both kinds of loop, watches on the real one. */
#include "net/loop.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { START_S = 1795529100, MANY = 4000 };

static struct loop *loop;
static char log_text[64];

static int with_virtual_loop(void **state)
{
    (void)state;
    loop = loop_new_virtual((struct wall){START_S});
    memset(log_text, 0, sizeof log_text);
    return loop ? 0 : -1;
}

static int with_real_loop(void **state)
{
    (void)state;
    loop = loop_new_real();
    memset(log_text, 0, sizeof log_text);
    return loop ? 0 : -1;
}

static int without_loop(void **state)
{
    (void)state;
    loop_free(loop);
    return 0;
}

static void run(void)
{
    assert_int_equal(loop_run(loop), 0);
}

static void write_down(void *arg)
{
    log_text[strlen(log_text)] = *(const char *)arg;
}

/* A timer that writes one letter. */
static void start(struct timer *t, int64_t delay_ms, char letter)
{
    static char letters[256];
    char *place = &letters[(unsigned char)letter];
    *place = letter;
    timer_start(loop, t, delay_ms, write_down, place);
}

static void nothing_to_wait_for_ends_the_run(void **state)
{
    (void)state;
    run();
    run();
}

static void timers_fire_by_time_then_by_start(void **state)
{
    (void)state;
    struct timer t[6] = {0};
    start(&t[0], 20, 'd');
    start(&t[1], 10, 'b');
    start(&t[2], 0, 'a');
    start(&t[3], 10, 'c');
    start(&t[4], 30, 'f');
    start(&t[5], 20, 'e');
    assert_string_equal(log_text, ""); /* never inside the call */
    run();
    assert_string_equal(log_text, "abcdef");
    for (size_t i = 0; i < 6; i++)
        assert_false(timer_is_started(&t[i]));
}

static void a_cancelled_timer_stays_silent(void **state)
{
    (void)state;
    struct timer t[3] = {0};
    start(&t[0], 1, 'a');
    start(&t[1], 2, 'b');
    start(&t[2], 3, 'c');
    timer_cancel(&t[1]);
    timer_cancel(&t[1]);
    timer_cancel(&t[0]); /* the root of the heap */
    run();
    assert_string_equal(log_text, "c");
}

static void timers_are_there_until_they_fire_or_are_cancelled(void **state)
{
    (void)state;
    struct timer t[2] = {0};
    assert_false(loop_has_timers(loop));
    start(&t[0], 1, 'a');
    start(&t[1], 2, 'b');
    timer_cancel(&t[0]);
    assert_true(loop_has_timers(loop));
    run();
    assert_false(loop_has_timers(loop));
}

static void a_started_timer_moves(void **state)
{
    (void)state;
    struct timer a = {0}, b = {0};
    start(&a, 1, 'a');
    start(&b, 5, 'b');
    start(&a, 9, 'A');
    run();
    assert_string_equal(log_text, "bA");
}

struct pair {
    struct timer self, other, next;
    int turns;
};

static void cancel_other_and_start_next(void *arg)
{
    struct pair *p = arg;
    assert_false(timer_is_started(&p->self));
    timer_cancel(&p->other);
    start(&p->next, 0, 'n');
    log_text[strlen(log_text)] = 's';
}

static void a_callback_cancels_what_is_due_and_starts_more(void **state)
{
    (void)state;
    struct pair p = {.turns = 0};
    timer_start(loop, &p.self, 3, cancel_other_and_start_next, &p);
    start(&p.other, 3, 'o');
    run();
    assert_string_equal(log_text, "sn");
}

static void again(void *arg)
{
    struct pair *p = arg;
    if (++p->turns == 5)
        loop_stop(loop);
    timer_start(loop, &p->self, 0, again, p);
}

static void stop_leaves_the_rest_for_the_next_run(void **state)
{
    (void)state;
    struct pair p = {.turns = 0};
    again(&p);
    start(&p.other, 0, 'o');
    run();
    assert_int_equal(p.turns, 5);
    assert_string_equal(log_text, "o"); /* one that starts itself again keeps nobody waiting */
    start(&p.next, 0, 'n');
    timer_cancel(&p.self);
    run();
    assert_string_equal(log_text, "on");
}

static void virtual_time_jumps(void **state)
{
    (void)state;
    struct timer t = {0};
    struct mono before = loop_now(loop);
    assert_int_equal(loop_wall(loop).s, START_S);
    start(&t, 299 * 1000, 'a');
    run();
    assert_int_equal(mono_ms_between(before, loop_now(loop)), 299 * 1000);
    assert_int_equal(loop_wall(loop).s, START_S + 299);
}

/* A model of the heap: an array that is searched. */
struct entry {
    struct timer timer;
    int64_t due;
    unsigned order;
    bool started;
};
static struct entry entries[MANY];
static unsigned next_order;
static size_t fired;
static uint32_t lot = 2463534242u;

static unsigned draw(unsigned below) /* xorshift: the same numbers in every run */
{
    lot ^= lot << 13, lot ^= lot >> 17, lot ^= lot << 5;
    return lot % below;
}

static void on_random(void *arg);

static void start_random(struct entry *e)
{
    unsigned delay = draw(500);
    e->due = loop_now(loop).us + (int64_t)delay * 1000;
    e->order = next_order++;
    e->started = true;
    timer_start(loop, &e->timer, delay, on_random, e);
}

static void on_random(void *arg)
{
    struct entry *e = arg;
    assert_true(e->started);
    assert_int_equal(e->due, loop_now(loop).us);
    for (size_t i = 0; i < MANY; i++)
        if (entries[i].started && (entries[i].due < e->due || (entries[i].due == e->due && entries[i].order < e->order)))
            fail_msg("entry %zu was due before entry %zu", i, (size_t)(e - entries));
    e->started = false;
    fired++;
    for (int i = 0; fired < 3 * MANY && i < 2; i++) {
        struct entry *other = &entries[draw(MANY)];
        if (draw(3) == 0) {
            other->started = false;
            timer_cancel(&other->timer);
        } else {
            start_random(other);
        }
    }
}

static void thousands_of_timers_agree_with_a_sorted_list(void **state)
{
    (void)state;
    for (size_t i = 0; i < MANY; i++)
        start_random(&entries[i]);
    for (size_t i = 0; i < MANY; i += 3)
        start_random(&entries[i]);
    run();
    assert_in_range(fired, 3 * MANY, 5 * MANY);
    for (size_t i = 0; i < MANY; i++)
        assert_false(entries[i].started || timer_is_started(&entries[i].timer));
}

static void real_timers_are_not_early(void **state)
{
    (void)state;
    struct timer t = {0};
    struct mono before = loop_now(loop);
    start(&t, 30, 'a');
    run();
    assert_in_range(loop_now(loop).us - before.us, 30 * 1000, 5000 * 1000);
    assert_in_range(loop_wall(loop).s, time(NULL) - 1, time(NULL) + 1);
}

static void time_spent_outside_of_the_loop_counts(void **state)
{
    (void)state;
    struct timer late = {0}, soon = {0};
    start(&soon, 40, 's');
    usleep(60 * 1000);
    start(&late, 30, 'l');
    run();
    assert_string_equal(log_text, "sl");
}

struct reader {
    struct watch watch;
    struct timer timer;
    int fds[2];
    unsigned ready;
    int calls;
};

static void on_ready(void *arg, unsigned ready)
{
    struct reader *r = arg;
    char bytes[8];
    r->calls++;
    r->ready |= ready;
    if (ready & WATCH_READ)
        assert_true(read(r->fds[0], bytes, sizeof bytes) > 0);
    if (ready & WATCH_WRITE)
        assert_int_equal(watch_change(&r->watch, WATCH_READ), 0);
    if (r->calls == 3)
        watch_cancel(&r->watch);
}

static void write_a_byte(void *arg)
{
    struct reader *r = arg;
    assert_int_equal(write(r->fds[1], "x", 1), 1);
    if (r->calls < 2)
        timer_start(loop, &r->timer, 5, write_a_byte, r);
}

static void a_watch_calls_until_it_is_cancelled(void **state)
{
    (void)state;
    struct reader r = {.calls = 0};
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, r.fds), 0);
    assert_int_equal(watch_start(loop, &r.watch, r.fds[0], WATCH_READ | WATCH_WRITE, on_ready, &r), 0);
    assert_int_equal(r.calls, 0);
    timer_start(loop, &r.timer, 5, write_a_byte, &r);
    run();
    assert_int_equal(r.calls, 3); /* writable at once, then a byte, then another */
    assert_int_equal(r.ready, WATCH_READ | WATCH_WRITE);
    watch_cancel(&r.watch); /* an idle one */
    close(r.fds[0]);
    close(r.fds[1]);
}

static void stop_from_watch(void *arg, unsigned ready)
{
    struct reader *r = arg;
    assert_int_equal(ready, WATCH_READ); /* the far end is closed: that is readable */
    r->calls++;
    loop_stop(loop);
}

static void a_watch_alone_keeps_the_loop_running(void **state)
{
    (void)state;
    struct reader r = {.calls = 0};
    assert_int_equal(pipe2(r.fds, O_NONBLOCK), 0);
    assert_int_equal(watch_start(loop, &r.watch, r.fds[0], WATCH_READ, stop_from_watch, &r), 0);
    close(r.fds[1]);
    run();
    assert_int_equal(r.calls, 1);
    watch_cancel(&r.watch);
    run(); /* nothing is left */
    close(r.fds[0]);
}

static void a_descriptor_that_cannot_be_watched_is_told(void **state)
{
    (void)state;
    struct watch w = {0};
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC); /* the kernel watches no such thing */
    assert_int_equal(watch_start(loop, &w, fd, WATCH_READ, on_ready, NULL), -1);
    assert_null(w.loop);
    close(fd);
}

#define VIRTUAL(test) {"virtual: " #test, test, with_virtual_loop, without_loop, NULL}
#define REAL(test) {"real: " #test, test, with_real_loop, without_loop, NULL}
#define BOTH(test) VIRTUAL(test), REAL(test)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        BOTH(nothing_to_wait_for_ends_the_run),
        BOTH(timers_fire_by_time_then_by_start),
        BOTH(a_cancelled_timer_stays_silent),
        BOTH(timers_are_there_until_they_fire_or_are_cancelled),
        BOTH(a_started_timer_moves),
        BOTH(a_callback_cancels_what_is_due_and_starts_more),
        BOTH(stop_leaves_the_rest_for_the_next_run),
        VIRTUAL(virtual_time_jumps),
        VIRTUAL(thousands_of_timers_agree_with_a_sorted_list),
        REAL(real_timers_are_not_early),
        REAL(time_spent_outside_of_the_loop_counts),
        REAL(a_watch_calls_until_it_is_cancelled),
        REAL(a_watch_alone_keeps_the_loop_running),
        REAL(a_descriptor_that_cannot_be_watched_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

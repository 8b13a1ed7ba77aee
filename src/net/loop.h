/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop - timers, deferred calls and descriptors; the only place where time is read.
 *
 * Two implementations stand behind this header: the real one (libevent) and the virtual one, whose
 * clock jumps to the next timer, so that a wait of 299 s costs nothing.
 * Order of calls: loop_new_*, start what should happen, loop_run until loop_stop or until nothing
 *   is left to wait for, loop_free.
 * Memory: timers and watches live in the caller's memory; a started one
 *   must be cancelled or have fired before its memory goes. Zeroed memory is an idle timer or watch.
 * No callback runs inside the call that started it. Callbacks due at the same time run in the order
 *   they were started.
 * Fails: loop_new_* give NULL, watch_start -1, without memory or descriptors. timer_start never
 *   fails: its room is found before (intrusive heap).
 */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include "base/clock.h"

struct loop;

struct timer {
    struct loop *loop; /* NULL: idle */
    struct mono due;
    uint64_t order;
    struct timer *child, *sibling, *previous; /* pairing heap */
    void (*fn)(void *arg);
    void *arg;
};

enum watch_for { WATCH_READ = 1, WATCH_WRITE = 2 };

struct watch {
    struct loop *loop; /* NULL: idle */
    void *impl;
    void (*fn)(void *arg, unsigned ready); /* set of enum watch_for */
    void *arg;
};

struct loop *loop_new_real(void);
/* The virtual clock starts at `start`; watches are not to be had there. */
struct loop *loop_new_virtual(struct wall start);
void loop_free(struct loop *l);

struct mono loop_now(struct loop *l); /* read once per turn of the loop; afresh when it does not run */
struct wall loop_wall(struct loop *l);

/* Runs until loop_stop, or until no timer, watch or other source is left. Returns 0, or -1 with
 * errno when the kernel's waiting failed. */
int loop_run(struct loop *l);
void loop_stop(struct loop *l);

/* Calls fn(arg) once, delay_ms from now (0: in the next turn). Starting a started timer moves it. */
void timer_start(struct loop *l, struct timer *t, int64_t delay_ms, void (*fn)(void *arg), void *arg);
void timer_cancel(struct timer *t); /* idle ones too */
bool timer_is_started(const struct timer *t);
bool loop_has_timers(const struct loop *l); /* that have not fired yet */

/* Calls fn whenever the descriptor is ready, until watch_cancel. */
int watch_start(struct loop *l, struct watch *w, int fd, unsigned watch_for, void (*fn)(void *arg, unsigned ready), void *arg);
int watch_change(struct watch *w, unsigned watch_for);
void watch_cancel(struct watch *w);

#endif

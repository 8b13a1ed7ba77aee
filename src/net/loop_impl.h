/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop_impl - what both kinds of loop share, inside net/ only: the heap of timers, and the few things in
 * which they differ.
 */
#ifndef NET_LOOP_IMPL_H
#define NET_LOOP_IMPL_H

#include "net/loop.h"

struct loop_kind {
    /* Waits for at most wait_us (negative: without limit) and calls what is ready. -1 with errno. */
    int (*wait)(struct loop *l, int64_t wait_us);
    bool (*has_sources)(const struct loop *l); /* watches that could still call */
    void (*read_clock)(struct loop *l);        /* sets l->now */
    struct wall (*wall)(struct loop *l);
    void (*free)(struct loop *l);
};

struct loop {
    const struct loop_kind *kind;
    struct mono now;
    struct timer *timers; /* root of the heap: the earliest */
    uint64_t next_order;
    bool running, stopped;
};

#endif

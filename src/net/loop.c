/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop - the part of loop.h that both kinds share: timers in a pairing heap that lives in the timers
 * themselves, so that starting one never needs memory.
 */
#include <stddef.h>

#include "base/panic.h"
#include "net/loop_impl.h"

static bool is_before(const struct timer *a, const struct timer *b)
{
    return a->due.us != b->due.us ? a->due.us < b->due.us : a->order < b->order;
}

/* `previous` is the left sibling, or the parent of a first child. */
static struct timer *meld(struct timer *a, struct timer *b)
{
    if (!a || !b)
        return a ? a : b;
    if (is_before(b, a)) {
        struct timer *swap = a;
        a = b;
        b = swap;
    }
    b->previous = a;
    b->sibling = a->child;
    if (a->child)
        a->child->previous = b;
    a->child = b;
    a->sibling = a->previous = NULL;
    return a;
}

/* Pairs from the left, then melds from the right. */
static struct timer *meld_children(struct timer *first)
{
    struct timer *pairs = NULL, *root = NULL;
    while (first) {
        struct timer *a = first, *b = first->sibling;
        first = b ? b->sibling : NULL;
        a->sibling = a->previous = NULL;
        if (b)
            b->sibling = b->previous = NULL;
        a = meld(a, b);
        a->sibling = pairs;
        pairs = a;
    }
    while (pairs) {
        struct timer *next = pairs->sibling;
        pairs->sibling = NULL;
        root = meld(root, pairs);
        pairs = next;
    }
    return root;
}

static void take_out(struct loop *l, struct timer *t)
{
    if (t == l->timers) {
        l->timers = meld_children(t->child);
    } else {
        if (t->previous->child == t)
            t->previous->child = t->sibling;
        else
            t->previous->sibling = t->sibling;
        if (t->sibling)
            t->sibling->previous = t->previous;
        l->timers = meld(l->timers, meld_children(t->child));
    }
    t->child = t->sibling = t->previous = NULL;
}

/* Between two runs, a turn would be as long as whatever the caller does there. */
struct mono loop_now(struct loop *l)
{
    if (!l->running)
        l->kind->read_clock(l);
    return l->now;
}

void timer_start(struct loop *l, struct timer *t, int64_t delay_ms, void (*fn)(void *arg), void *arg)
{
    timer_cancel(t);
    *t = (struct timer){.loop = l, .due = {loop_now(l).us + (delay_ms > 0 ? delay_ms * 1000 : 0)}, .order = l->next_order++, .fn = fn, .arg = arg};
    l->timers = meld(l->timers, t);
}

void timer_cancel(struct timer *t)
{
    if (!t->loop)
        return;
    take_out(t->loop, t);
    t->loop = NULL;
}

bool timer_is_started(const struct timer *t)
{
    return t->loop != NULL;
}

bool loop_has_timers(const struct loop *l)
{
    return l->timers;
}

struct wall loop_wall(struct loop *l)
{
    return l->kind->wall(l);
}

void loop_stop(struct loop *l)
{
    l->stopped = true;
}

/* Only timers that were started before this turn fire in it. */
static void fire_due(struct loop *l)
{
    uint64_t started_before = l->next_order;
    while (!l->stopped && l->timers && l->timers->due.us <= l->now.us && l->timers->order < started_before) {
        struct timer *t = l->timers;
        timer_cancel(t);
        t->fn(t->arg);
    }
}

int loop_run(struct loop *l)
{
    int rc = 0;
    must(!l->running);
    l->stopped = false;
    l->kind->read_clock(l);
    l->running = true;
    while (!l->stopped && rc == 0) {
        fire_due(l);
        if (l->stopped || (!l->timers && !l->kind->has_sources(l)))
            break;
        int64_t wait_us = !l->timers ? -1 : l->timers->due.us > l->now.us ? l->timers->due.us - l->now.us : 0;
        rc = l->kind->wait(l, wait_us);
    }
    l->running = false;
    return rc;
}

void loop_free(struct loop *l)
{
    if (!l)
        return;
    must(!l->timers); /* its owner would find it gone */
    l->kind->free(l);
}

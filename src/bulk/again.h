/* SPDX-License-Identifier: Apache-2.0 */
/*
 * again - names whose servers put us off for now: whether and when they are asked again.
 *
 * A server that does not know us may ask us to come back later (greylisting), or have no time now; what it does then, only a later
 * try tells.
 * Order of calls: again_init; again_add and again_take; again_done. `due` is called when there is something to take.
 * Memory: the names, which are its own between again_add and again_take. Limits: AGAIN_NAMES_MAX wait at once.
 * Fails: again_add false: the name stays the caller's.
 * Spec: RFC 6647 (greylisting).
 */
#ifndef BULK_AGAIN_H
#define BULK_AGAIN_H

#include "bulk/window.h"
#include "judge/judge.h"

enum { AGAIN_TIMES_MAX = 8, AGAIN_NAMES_MAX = 65536 };

struct again_times { /* each from the end of the try before it, a tenth more or less */
    int64_t after_s[AGAIN_TIMES_MAX];
    size_t count; /* 0: nothing is asked again */
};
extern const struct again_times again_usual_times; /* 5 minutes, 15 minutes, 1 hour */

struct again {
    struct loop *loop;
    struct again_times times;
    size_t max, count; /* count: that wait or are due */
    struct bulk_name *waiting, *due, *last_due;
    void (*on_due)(void *arg);
    void *arg;
};

/* Until a name that was asked so often is asked again; `chance` is any number. -1: it is not. */
int64_t again_delay_ms(const struct again_times *times, unsigned asked, uint64_t chance);
/* A step of some dialogue is not known because its server put us off for now. */
bool again_is_wanted(const struct judgement *j);

void again_init(struct again *a, struct loop *loop, const struct again_times *times, size_t max, void (*on_due)(void *arg), void *arg);
void again_done(struct again *a); /* forgets the names */
/* False: its times are over, or too many wait. */
bool again_add(struct again *a, struct bulk_name *name);
struct bulk_name *again_take(struct again *a); /* NULL: none is due */
int64_t again_next_ms(const struct again *a);  /* until the next is due; -1: none waits */

#endif

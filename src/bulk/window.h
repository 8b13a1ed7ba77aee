/* SPDX-License-Identifier: Apache-2.0 */
/*
 * window - names that were read and not begun: the next one is any of them, so that names which stand together in a list, and
 * lie at one hoster, are not asked for together.
 *
 * Order of calls: window_init; window_add unless window_is_full; window_take; window_done.
 * Memory: its own, about 100 octets for a short name. A name that was taken is the caller's, to be freed.
 * Limits: `max` names. Fails: window_init and window_add -1 without memory.
 */
#ifndef BULK_WINDOW_H
#define BULK_WINDOW_H

#include "net/loop.h"

enum { WINDOW_NAMES = 16384 };

struct again;

struct bulk_name {
    uint64_t number;        /* of its line */
    unsigned asked;         /* how often it was */
    unsigned lost;          /* how many workers died while they had it */
    struct again *waits_in; /* to be asked again (again.h) */
    struct timer timer;
    struct bulk_name *previous, *next;
    size_t n;
    char text[]; /* as it stood there, with a NUL behind it */
};

struct window {
    struct bulk_name **names;
    size_t max, count;
    uint64_t octets; /* of their lines */
};

int window_init(struct window *w, size_t max);
void window_done(struct window *w);
bool window_is_full(const struct window *w);
int window_add(struct window *w, uint64_t number, struct str text);
struct bulk_name *window_take(struct window *w); /* NULL: there is none */

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * heavy - names, each with how many domains hang on it, in memory that has a bound however many names there are.
 *
 * As long as no more than `max` names were met every count is exact. Then the lightest half of them is given up, and what was
 * given up is known by its bound: a name met again, or for the first time, may have been passed over that many times.
 * Order of calls: heavy_init; heavy_count; heavy_list; heavy_done.
 * Memory: its own. Limits: `max` names of HEAVY_NAME_BYTES; what is longer is cut.
 * Fails: -1 without memory.
 */
#ifndef BULK_HEAVY_H
#define BULK_HEAVY_H

#include "base/str.h"

enum { HEAVY_NAME_BYTES = 256 };

struct heavy_entry {
    char *name; /* NULL: none */
    size_t name_bytes;
    uint64_t domains;     /* that use it, as far as they were counted */
    uint64_t sole;        /* of them, that have no other */
    uint64_t with_errors; /* of them, with a status of error */
    uint64_t missed;      /* domains that may not have been counted, at most */
};

struct heavy {
    size_t max, count, slot_count;
    struct heavy_entry *slots;
    uint64_t seed;
    uint64_t given_up; /* domains of any name that is not there, at most; 0: there is none */
};

int heavy_init(struct heavy *h, size_t max);
void heavy_done(struct heavy *h);
/* One more domain that uses it. */
int heavy_count(struct heavy *h, struct str name, bool sole, bool with_errors);
/* The heaviest, then by name, at most `max`; they point into the table. The number of them. */
size_t heavy_list(const struct heavy *h, const struct heavy_entry **list, size_t max);

#endif

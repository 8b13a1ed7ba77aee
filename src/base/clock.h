/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock - time as two types that do not mix, and their written forms. Nothing here reads a clock:
 * that is net/loop's part.
 *
 * Memory: values; text goes into the caller's. Fails: wall_parse, false; nothing else can.
 * Spec: RFC 3339 (UTC, "Z", whole seconds).
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "base/str.h"

struct mono { /* a monotonic clock; only differences mean anything */
    int64_t us;
};
struct wall { /* seconds since 1970-01-01T00:00:00Z, as a calendar counts */
    int64_t s;
};

enum { CLOCK_TEXT_BYTES = 32 };

/* Milliseconds from a to b, rounded to nearest; 0 when b is before a, at most UINT32_MAX. */
uint32_t mono_ms_between(struct mono a, struct mono b);

/* Writes "2026-11-24T14:05:00Z"; years outside 0 to 9999 are written at that bound. */
void wall_write(struct wall t, char text[static CLOCK_TEXT_BYTES]);
/* Writes "2026-11-24". */
void wall_write_date(struct wall t, char text[static CLOCK_TEXT_BYTES]);
/* Parses what wall_write writes. */
bool wall_parse(struct str s, struct wall *t);

#endif

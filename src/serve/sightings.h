/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sightings - what reports in JSON (doc/report.schema.json), one or an array of them, saw of endpoints, for the judge.
 *
 * Order: any number of calls add to the same list.
 * Memory: the arena of the list; nothing points into the text.
 * Limits: SIGHTINGS_MAX endpoints; JSON nested 64 deep.
 * Fails: -1, and what is wrong in `problem`; what was read before is in the list.
 * Spec: RFC 8259.
 */
#ifndef SERVE_SIGHTINGS_H
#define SERVE_SIGHTINGS_H

#include "base/arena.h"
#include "judge/judge.h"

enum { SIGHTINGS_MAX = 100 * 1000, SIGHTINGS_PROBLEM_BYTES = 300 };

struct sightings {
    struct arena *arena;
    struct sighting *list;
    size_t count;
};

int sightings_read(struct sightings *out, struct str text, bool elsewhere, char problem[static SIGHTINGS_PROBLEM_BYTES]);

#endif

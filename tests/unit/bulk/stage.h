/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stage - a bulk run without a kernel, a clock or a network, for tests: names from memory, lines into memory, scripted servers.
 *
 * Order of calls: stage_set_up and stage_tear_down as cmocka's set-up and tear-down, `*state` is the stage; change `params`
 *   where the test wants another run; stage_run.
 */
#ifndef TESTS_BULK_STAGE_H
#define TESTS_BULK_STAGE_H

#include "../probe/world.h"
#include "bulk/run.h"

enum { STAGE_LINES_MAX = 4096 };

struct stage {
    struct world *world;
    struct bulk_run_params params;
    struct bulk_run run;
    struct judge_options judge;
    struct asker *asker;
    struct answered answered;
    struct str input;
    size_t step;      /* octets of it that come at once */
    int64_t pause_ms; /* before each piece; each was one line, which must be answered by then */
    struct timer feed;
    bool ended, over, waits, full; /* full: there is no room for lines */
    size_t reads, under_way_peak;
    struct buf lines, rejects;         /* rejects: "number:why " */
    uint64_t numbers[STAGE_LINES_MAX]; /* of the lines, in their order */
    size_t line_count;
};

int stage_set_up(void **state);
int stage_tear_down(void **state);
void stage_run(struct stage *s, struct str input);
bool stage_has(const struct stage *s, const char *text); /* somewhere in the lines */

#endif

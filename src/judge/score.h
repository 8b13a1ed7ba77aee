/* SPDX-License-Identifier: Apache-2.0 */
/*
 * score - one number from 0 to 100 for each side that has something to mend, and what each repair adds to it; inside judge/ only.
 *
 * A check of severity error weighs 10, of warning 3, of notice nothing; of one with several objects counts the share that
 * passes. An error that fails holds the score at 59 or below, a warning at 94. What is unknown does not count, but where
 * less than half is known there is no score.
 * Memory: gains live in the given arena. Fails: -1 when the arena is exhausted.
 */
#ifndef JUDGE_SCORE_H
#define JUDGE_SCORE_H

#include "judge/judge.h"

/* Looks at the verdicts of this owner alone; those of one check stand together. */
int score_of(const struct verdict *verdicts, size_t count, enum owner owner, struct arena *arena, struct score *out);

#endif

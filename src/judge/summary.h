/* SPDX-License-Identifier: Apache-2.0 */
/* summary - counts, status and one sentence over all verdicts; inside judge/ only. Fills out->summary. Memory: the context's arena. Fails: never. */
#ifndef JUDGE_SUMMARY_H
#define JUDGE_SUMMARY_H

#include "judge/rules.h"

void summarise(struct context *c, struct judgement *out);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* wanted - what the wanted checks need is asked for, and nothing else. Memory: the caller's. Fails: never. */
#ifndef WORKER_WANTED_H
#define WORKER_WANTED_H

#include "judge/judge.h"
#include "probe/prober.h"

/* Connections, the relay test and block lists that are switched off stay so. */
void ask_what_is_wanted(struct probe_options *o, const struct judge_options *wanted);

#endif

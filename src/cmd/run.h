/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run - many targets through one loop: probe, judge, report, in the order they were given.
 *
 * Memory: a target's facts are freed as soon as its report is written. Limits: RUN_AT_ONCE targets under
 *   way. Fails: the exit status says how.
 */
#ifndef CMD_RUN_H
#define CMD_RUN_H

#include "cmd/options.h"
#include "probe/job.h"

enum { RUN_AT_ONCE = 64 };

struct run_target {
    const char *input;
    struct domain_name domain;
    struct server_name server; /* probe */
};

/* Starts the job of one target; `check` and `probe` differ in nothing else. */
typedef struct job *start_fn(struct prober *p, const struct run_target *target, job_fn *done, void *arg);

int run_targets(struct options *o, const struct run_target *targets, size_t count, start_fn *start);

#endif

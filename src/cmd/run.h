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

/* Starts the job of one target. */
typedef struct job *start_fn(struct prober *p, const struct run_target *target, job_fn *done, void *arg);

/* What is made of a finished job: text, or JSON of one value, with o->format. The exit status. */
typedef int write_fn(struct buf *out, struct job *job, struct prober *p, const struct options *o);

/* write NULL: the report. */
int run_targets(struct options *o, const struct run_target *targets, size_t count, start_fn *start, write_fn *write);
/* The same for the servers that the command line names. */
int run_servers(struct options *o, write_fn *write);

#endif

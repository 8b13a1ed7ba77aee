/* SPDX-License-Identifier: Apache-2.0 */
/*
 * job - one target, from its name to its facts.
 *
 * A domain goes by stages: MX; addresses of every MX; every address on every port, all at once, while
 * reverse names are looked up; control hosts where no target answered on port 25. Each stage begins for
 * each object as soon as what it needs is there.
 * Order of calls: job_start_*; one callback when the facts are complete; job_free. job_free before that
 *   cancels: no callback comes.
 * Memory: malloc; the facts live in the job's arena until job_free.
 * Limits: limits.h. Fails: NULL without memory.
 */
#ifndef PROBE_JOB_H
#define PROBE_JOB_H

#include "facts/facts.h"
#include "probe/prober.h"

struct job;
typedef void job_fn(void *arg, struct job *job);

struct job *job_start_domain(struct prober *p, const char *input, const struct domain_name *name, job_fn *done, void *arg);
struct job *job_start_server(struct prober *p, const char *input, const struct server_name *server, job_fn *done, void *arg);
void job_free(struct job *job);

const struct facts *job_facts(const struct job *job);
struct arena *job_arena(struct job *job); /* for verdicts that live as long as the facts */
/* What is waited for, for the progress line; false when there is nothing to say. */
bool job_waits_for(const struct job *job, char *text, size_t text_bytes);
/* Of the endpoints that are connected to, as far as they are known. */
void job_progress(const struct job *job, size_t *done, size_t *total);

#endif

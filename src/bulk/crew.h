/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crew - an asker (asker.h) of worker processes (worker/pool.h): each has a loop, a resolver, and what it shares and paces of its own.
 *
 * Before a name is given to a worker it is looked up where its mail goes (deal.h), so that the servers of one operator, or of one
 * network, are one worker's: each is connected to once, and none too often, without a word between workers.
 * Order of calls: crew_new, which waits until all workers are ready; then as asker.h says.
 * Memory: its own, and that of its processes. Limits: those of the pool: WORK_RESULT_BYTES of a report; max_inflight names in a worker.
 * Fails: crew_new NULL with a message. A worker that dies loses its names as ASKED_LOST, and another takes its place.
 */
#ifndef BULK_CREW_H
#define BULK_CREW_H

#include "bulk/asker.h"
#include "net/resolver.h"

struct crew_params {
    struct loop *loop;
    struct resolver *resolver; /* that tells where mail goes */
    size_t workers, max_inflight;
    const struct judge_options *judge;
    enum fail_on fail_on;
    bool deep, no_smtp;
    int (*open)(struct prober *p, void *arg, char *error, size_t error_bytes); /* as in struct pool_params */
    void *arg;
};

struct asker *crew_new(const struct crew_params *params, char *error, size_t error_bytes);
uint64_t crew_deaths(const struct asker *crew); /* of workers */

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * child - a worker: one loop that takes orders from its parent's socket, runs a job for each, judges, and sends back
 * the finished documents.
 *
 * Memory: its own process. Limits: as many orders as the parent gives; results wait while the socket is full.
 * Fails: it ends, and its parent knows what to make of that.
 */
#ifndef WORKER_CHILD_H
#define WORKER_CHILD_H

#include <sys/types.h>

#include "worker/pool.h"

enum { CHILD_ALIVE_MS = 1000, CHILD_STEP_MS = 250 };

_Noreturn void child_run(int fd, const struct pool_params *params, pid_t parent);

#endif

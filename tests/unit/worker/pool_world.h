/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool_world - a scripted world for real workers: names and mail servers from tables. To connect to one of the servers is to
 * make the worker itself do what the server's row says: crash, hang, send garbage to its parent, call what is forbidden. What
 * workers find out about themselves they write into shared memory, which the test maps.
 */
#ifndef TESTS_WORKER_POOL_WORLD_H
#define TESTS_WORKER_POOL_WORLD_H

#include <sys/types.h>

#include "worker/pool.h"

enum { WORKERS_SEEN_MAX = 64 };

struct shared { /* with the workers */
    pid_t pids[WORKERS_SEEN_MAX];
    size_t born;
    unsigned uid, uid_saved, file_error, cores, descriptors, hanging;
};
extern struct shared *shared;
extern struct opt_out *pool_world_opt_out; /* as a worker that is forked finds it */

int pool_world_open(struct prober *p, void *arg, char *error, size_t error_bytes); /* for struct pool_params */

#endif

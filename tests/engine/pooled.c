/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pooled - `mxassay check` by way of a worker: the command line of check, one domain, and the report as JSON on standard
 * output. So every scenario is also a test of what a worker may ask of the kernel.
 */
#include <stdio.h>
#include <string.h>

#include "cmd/net.h"
#include "worker/pool.h"

struct run {
    struct loop *loop;
    int status;
};

static void on_done(void *arg, const struct work_result *r)
{
    struct run *run = arg;
    run->status = r->end == WORK_DONE ? 0 : 1;
    if (r->end == WORK_DONE)
        fwrite(r->documents[WORK_JSON].p, 1, r->documents[WORK_JSON].n, stdout);
    else
        fprintf(stderr, "pooled: %s\n", r->problem);
    loop_stop(run->loop);
}

static int check(struct options *o)
{
    const struct pool_params params = {.workers = 1, .open = net_open, .arg = o, .judge = &o->judge};
    const struct work_order order = {.target = o->targets[0], .deep = o->probe.deep, .no_smtp = !o->probe.smtp, .only = o->judge.only, .skip = o->judge.skip};
    struct run run = {.loop = loop_new_real(), .status = 1};
    struct work work = {0};
    char error[512];
    struct pool *pool = pool_new(run.loop, &params, error, sizeof error);
    if (!pool) {
        fprintf(stderr, "pooled: %s\n", error);
    } else if (work_start(pool, &work, &order, NULL, on_done, &run) == 0) {
        loop_run(run.loop);
    }
    pool_free(pool);
    loop_free(run.loop);
    return run.status;
}

int main(int argc, char **argv)
{
    return with_options(CHECK, argc - 1, argv + 1, check);
}

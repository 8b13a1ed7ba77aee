/* SPDX-License-Identifier: Apache-2.0 */
/* check - the main job: a domain's whole mail path. */
#include "cmd/commands.h"
#include "cmd/run.h"

static struct job *start(struct prober *p, const struct run_target *target, job_fn *done, void *arg)
{
    return job_start_domain(p, target->input, &target->domain, done, arg);
}

static int check(struct options *o)
{
    struct run_target *targets = ARENA_ARRAY(o->arena, struct run_target, o->target_count);
    const char *problem;
    for (size_t i = 0; targets && i < o->target_count; i++) {
        targets[i].input = o->targets[i];
        if (name_parse_domain(str_of(o->targets[i]), o->arena, &targets[i].domain, &problem) < 0) {
            complain("'%.80s' is not a domain: %s", o->targets[i], problem);
            return EXIT_DATA;
        }
    }
    return targets ? run_targets(o, targets, o->target_count, start, NULL) : EXIT_UNAVAILABLE;
}

int command_check(int argc, char **argv)
{
    return with_options(CHECK, argc, argv, check);
}

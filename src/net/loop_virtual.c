/* SPDX-License-Identifier: Apache-2.0 */
/* loop_virtual - a loop whose clock jumps to the next timer. Nothing outside of the process is waited for. */
#include <errno.h>
#include <stdlib.h>

#include "net/loop_impl.h"

struct loop_virtual {
    struct loop loop;
    struct wall start;
};

static int virtual_wait(struct loop *l, int64_t wait_us)
{
    l->now.us += wait_us > 0 ? wait_us : 0;
    return 0;
}

static bool virtual_has_sources(const struct loop *l)
{
    (void)l;
    return false;
}

static void virtual_read_clock(struct loop *l)
{
    (void)l;
}

static struct wall virtual_wall(struct loop *l)
{
    return (struct wall){((struct loop_virtual *)l)->start.s + l->now.us / 1000000};
}

static void virtual_free(struct loop *l)
{
    free(l);
}

static const struct loop_kind virtual_kind = {virtual_wait, virtual_has_sources, virtual_read_clock, virtual_wall, virtual_free};

struct loop *loop_new_virtual(struct wall start)
{
    struct loop_virtual *v = calloc(1, sizeof *v);
    if (!v)
        return NULL;
    v->loop.kind = &virtual_kind;
    v->start = start;
    return &v->loop;
}

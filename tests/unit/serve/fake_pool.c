/* SPDX-License-Identifier: Apache-2.0 */
/* fake_pool - see fake_pool.h. */
#include "fake_pool.h"

#include <stddef.h>

struct fake_pool fake_pool;

void fake_pool_reset(void)
{
    fake_pool = (struct fake_pool){0};
}

struct pool_state pool_state(const struct pool *p)
{
    (void)p;
    return (struct pool_state){.workers = 1, .working = fake_pool.count};
}

int work_start(struct pool *p, struct work *w, const struct work_order *order, void (*step)(void *arg, const struct work_step *step),
               void (*done)(void *arg, const struct work_result *result), void *arg)
{
    (void)order;
    fake_pool.starts++;
    if (fake_pool.fails || fake_pool.count == FAKE_POOL_WORKS)
        return -1;
    *w = (struct work){.pool = p, .step = step, .done = done, .arg = arg};
    fake_pool.works[fake_pool.count++] = w;
    return 0;
}

static struct work *take(size_t at)
{
    struct work *w = fake_pool.works[at];
    fake_pool.works[at] = fake_pool.works[--fake_pool.count];
    w->pool = NULL;
    return w;
}

void work_cancel(struct work *w)
{
    for (size_t i = 0; i < fake_pool.count; i++)
        if (fake_pool.works[i] == w) {
            take(i);
            fake_pool.cancelled++;
            return;
        }
}

void fake_pool_step(const char *waits_for)
{
    struct work *w = fake_pool.works[0];
    w->step(w->arg, &(struct work_step){.waits_for = waits_for, .done = 1, .total = 2});
}

void fake_pool_done(const char *status, const char *json)
{
    struct work *w = take(0);
    struct work_result result = {.end = WORK_DONE, .status = status, .headline = "so it is"};
    result.documents[WORK_JSON] = str_of(json);
    result.documents[WORK_BRIEF] = fake_pool.brief;
    w->done(w->arg, &result);
}

void fake_pool_lost(void)
{
    struct work *w = take(0);
    w->done(w->arg, &(struct work_result){.end = WORK_LOST, .problem = "the worker died"});
}

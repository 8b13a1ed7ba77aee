/* SPDX-License-Identifier: Apache-2.0 */
/* crew - see crew.h. */
#include "bulk/crew.h"

#include <stdio.h>
#include <stdlib.h>

#include "bulk/again.h"
#include "bulk/deal.h"
#include "worker/pool.h"

struct crew {
    struct asker base;
    struct crew_params params;
    struct pool *pool;
};

struct errand { /* one name */
    struct asking *asking;
    const char *text;
    struct deal deal;
    struct work work;
};

/* ---- what a worker says of a judgement ---- */

enum { NOTE_EXIT_STATUS = 0x0f, NOTE_STATUS_SHIFT = 4, NOTE_STATUS = 0x0f, NOTE_PUT_OFF = 0x100 };

static uint32_t note(void *arg, const struct judgement *j)
{
    const struct crew *c = arg;
    const uint32_t exit_status = (uint32_t)report_exit_status(j, c->params.fail_on), status = j->summary.status;
    return exit_status | status << NOTE_STATUS_SHIFT | (again_is_wanted(j) ? NOTE_PUT_OFF : 0);
}

static struct asked read_result(const struct work_result *r)
{
    const uint32_t status = r->note >> NOTE_STATUS_SHIFT & NOTE_STATUS;
    switch (r->end) {
    case WORK_LOST:
        return (struct asked){.end = ASKED_LOST, .problem = r->problem};
    case WORK_TOO_BIG:
        return (struct asked){.end = ASKED_TOO_LARGE};
    case WORK_REFUSED: /* the name was good */
        return (struct asked){.end = ASKED_NO_MEMORY};
    case WORK_DONE:
        break;
    }
    return (struct asked){.report = r->documents[WORK_JSON],
                          .status = status < STATUS_INCONCLUSIVE ? (enum summary_status)status : STATUS_INCONCLUSIVE,
                          .exit_status = (int)(r->note & NOTE_EXIT_STATUS),
                          .put_off = r->note & NOTE_PUT_OFF};
}

/* ---- errands ---- */

static void forget(struct asking *q)
{
    struct errand *e = q->impl;
    deal_cancel(&e->deal);
    work_cancel(&e->work);
    free(e);
    *q = (struct asking){0};
}

static void end(struct errand *e, const struct asked *asked)
{
    const struct asking done = *e->asking;
    forget(e->asking);
    done.done(done.arg, asked);
}

static void on_result(void *arg, const struct work_result *result)
{
    const struct asked asked = read_result(result);
    end(arg, &asked);
}

static void on_dealt(void *arg, uint64_t key)
{
    struct errand *e = arg;
    const struct crew *c = (const struct crew *)e->asking->asker;
    const struct crew_params *p = &c->params;
    const struct work_order order = {
        .target = e->text, .deep = p->deep, .no_smtp = p->no_smtp, .only = p->judge->only, .skip = p->judge->skip, .key = key};
    if (work_start(c->pool, &e->work, &order, NULL, on_result, e) < 0)
        end(e, &(struct asked){.end = ASKED_NO_MEMORY});
}

static int crew_ask(struct asker *base, struct asking *q, const char *text)
{
    const struct crew *c = (const struct crew *)base;
    struct errand *e = calloc(1, sizeof *e);
    if (!e)
        return -1;
    q->impl = e;
    e->asking = q;
    e->text = text;
    deal_start(&e->deal, c->params.loop, c->params.resolver, text, on_dealt, e);
    return 0;
}

/* ---- the crew ---- */

static int open_worker(struct prober *p, void *arg, char *error, size_t error_bytes)
{
    const struct crew *c = arg;
    return c->params.open(p, c->params.arg, error, error_bytes);
}

static void crew_free(struct asker *base)
{
    struct crew *c = (struct crew *)base;
    pool_free(c->pool);
    free(c);
}

static const struct asker_ops OPS = {.ask = crew_ask, .cancel = forget, .free = crew_free};

struct asker *crew_new(const struct crew_params *params, char *error, size_t error_bytes)
{
    struct crew *c = calloc(1, sizeof *c);
    if (!c) {
        snprintf(error, error_bytes, "out of memory");
        return NULL;
    }
    const struct pool_params pool = {.workers = params->workers,
                                     .at_once = params->max_inflight,
                                     .judge = params->judge,
                                     .keyed = true,
                                     .no_steps = true,
                                     .documents = 1u << WORK_JSON,
                                     .note = note,
                                     .open = open_worker,
                                     .arg = c};
    *c = (struct crew){.base.ops = &OPS, .params = *params};
    c->pool = pool_new(params->loop, &pool, error, error_bytes);
    if (c->pool)
        return &c->base;
    free(c);
    return NULL;
}

uint64_t crew_deaths(const struct asker *crew)
{
    return pool_state(((const struct crew *)crew)->pool).restarts;
}

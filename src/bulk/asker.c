/* SPDX-License-Identifier: Apache-2.0 */
/* asker - see asker.h; here the one in this process. */
#include "bulk/asker.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/panic.h"
#include "bulk/again.h"
#include "probe/job.h"

enum { NAME_BYTES = 64 * 1024 };

struct local {
    struct asker base;
    struct prober *prober;
    const struct judge_options *judge;
    enum fail_on fail_on;
    struct buf report; /* the one that is being made */
    size_t under_way;
    struct timer give_back;
};

struct local_job {
    struct asking *asking;
    struct job *job;
};

static void forget(struct asking *q)
{
    struct local_job *l = q->impl;
    ((struct local *)q->asker)->under_way -= l->job != NULL;
    job_free(l->job);
    free(l);
    *q = (struct asking){0};
}

static struct asked answer(struct local *a, struct job *job)
{
    struct judgement judgement;
    const struct facts *facts = job_facts(job);
    if (judge(facts, a->judge, facts->checked_at, job_arena(job), &judgement) < 0)
        return (struct asked){.end = ASKED_TOO_LARGE};
    buf_clear(&a->report);
    report_write_json(&a->report, &(struct report){facts, &judgement}, 0);
    if (a->report.failed)
        return (struct asked){.end = ASKED_TOO_LARGE};
    return (struct asked){.report = {a->report.bytes, a->report.used},
                          .status = judgement.summary.status,
                          .exit_status = report_exit_status(&judgement, a->fail_on),
                          .put_off = again_is_wanted(&judgement)};
}

static void on_job_done(void *arg, struct job *job)
{
    struct local_job *l = arg;
    struct asking *q = l->asking, done = *q;
    const struct asked asked = answer((struct local *)q->asker, job);
    forget(q);
    done.done(done.arg, &asked);
}

static void on_give_back(void *arg)
{
    struct local *a = arg;
    memory_give_back();
    if (a->under_way)
        timer_start(a->prober->net.loop, &a->give_back, MEMORY_GIVE_BACK_MS, on_give_back, a);
}

static int local_ask(struct asker *base, struct asking *q, const char *text)
{
    struct local *a = (struct local *)base;
    struct local_job *l = calloc(1, sizeof *l);
    struct arena arena;
    struct domain_name domain;
    const char *problem;
    if (!l)
        return -1;
    q->impl = l;
    l->asking = q;
    arena_init(&arena, NAME_BYTES);
    if (name_parse_domain(str_of(text), &arena, &domain, &problem) == 0)
        l->job = job_start_domain(a->prober, text, &domain, on_job_done, l);
    arena_done(&arena);
    a->under_way += l->job != NULL;
    if (l->job && !timer_is_started(&a->give_back))
        timer_start(a->prober->net.loop, &a->give_back, MEMORY_GIVE_BACK_MS, on_give_back, a);
    if (l->job)
        return 0;
    forget(q);
    return -1;
}

static void local_free(struct asker *base)
{
    struct local *a = (struct local *)base;
    timer_cancel(&a->give_back);
    buf_done(&a->report);
    free(a);
}

static const struct asker_ops OPS = {.ask = local_ask, .cancel = forget, .free = local_free};

struct asker *asker_new_local(struct prober *p, const struct judge_options *judge, enum fail_on fail_on)
{
    struct local *a = calloc(1, sizeof *a);
    if (!a)
        return NULL;
    *a = (struct local){.base.ops = &OPS, .prober = p, .judge = judge, .fail_on = fail_on};
    buf_init(&a->report, ASKER_REPORT_BYTES);
    return &a->base;
}

int asker_ask(struct asker *a, struct asking *q, const char *text, void (*done)(void *arg, const struct asked *asked), void *arg)
{
    must(!q->asker);
    *q = (struct asking){.asker = a, .done = done, .arg = arg};
    if (a->ops->ask(a, q, text) == 0)
        return 0;
    *q = (struct asking){0};
    return -1;
}

void asker_cancel(struct asking *q)
{
    if (q->asker)
        q->asker->ops->cancel(q);
}

void asker_free(struct asker *a)
{
    if (a)
        a->ops->free(a);
}

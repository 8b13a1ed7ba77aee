/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spf - the domain's SPF record: a walk over all that it pulls in, and what each address of a mail host gets by it. Questions
 * go through the job, as many were asked already. A walk reads one term after the other, but what a record leads to is asked
 * for as soon as the record is there: it waits for the longest chain of includes, not for all of them.
 */
#include <string.h>

#include "probe/job_parts.h"
#include "probe/spf_run.h"

struct spf_work {
    struct spf_walk walk;
    struct spf_check *checks; /* NULL until the addresses are known */
    size_t asked_ahead;
};

static void ask(struct job *job, struct spf_question question, answer_fn *then, void *subject)
{
    struct dns_lookup *into = question.name ? job_alloc(job, 1, sizeof *into) : NULL;
    if (into)
        job_ask(job, question.name, spf_run_type(question.type), into, then, subject);
}

static void on_walk(struct question *q, const struct dns_reply *reply)
{
    struct spf_walk *walk = q->subject;
    const struct spf_answer a = spf_run_answer(reply, spf_walk_want(walk).type, &q->job->arena);
    spf_walk_answer(walk, &a);
    ask(q->job, spf_walk_want(walk), on_walk, walk);
}

static void on_check(struct question *q, const struct dns_reply *reply)
{
    struct spf_check *check = q->subject;
    const struct spf_answer a = spf_run_answer(reply, spf_check_want(check).type, &q->job->arena);
    spf_check_answer(check, &a);
    ask(q->job, spf_check_want(check), on_check, check);
}

static void on_ahead(struct question *q, const struct dns_reply *reply)
{
    struct job *job = q->job;
    struct spf_question *next = job_alloc(job, SPF_WALK_QUESTIONS_MAX, sizeof *next);
    if (!next || strchr(q->name, '\\'))
        return;
    const struct spf_answer txt = spf_run_answer(reply, SPF_ASK_TXT, &job->arena);
    size_t count = spf_walk_look_ahead(str_of(q->name), &txt, &job->arena, next, SPF_WALK_QUESTIONS_MAX);
    for (size_t i = 0; i < count && job->spf->asked_ahead < SPF_WALK_QUESTIONS_MAX; i++) {
        job->spf->asked_ahead++;
        ask(job, next[i], next[i].type == SPF_ASK_TXT ? on_ahead : NULL, NULL);
    }
}

void spf_note_denial(struct job *job, const struct dns_reply *txt)
{
    size_t records = 0, denials = 0;
    for (size_t i = 0; i < txt->record_count; i++) {
        records += spf_is_record(txt->records[i].data);
        denials += str_is_nocase(str_trim(txt->records[i].data), "v=spf1 -all");
    }
    job->facts->mx.spf_denies_all = records == 1 && denials == 1;
}

static void on_apex(struct question *q, const struct dns_reply *reply)
{
    spf_note_denial(q->job, reply);
}

void spf_start(struct job *job)
{
    struct facts *f = job->facts;
    if (!job->options->spf)
        return;
    f->spf.wanted = true;
    job_ask(job, f->target.name, DNS_TXT, &f->apex_txt, on_apex, NULL);
    job_ask(job, f->target.name, DNS_SPF, &f->spf.type99, NULL, NULL);
    job->spf = job_alloc(job, 1, sizeof *job->spf);
    if (!job->spf)
        return;
    ask(job, (struct spf_question){f->target.name, SPF_ASK_TXT}, on_ahead, NULL);
    spf_walk_begin(&job->spf->walk, str_of(f->target.name), &f->spf.walk, &job->arena);
    ask(job, spf_walk_want(&job->spf->walk), on_walk, &job->spf->walk);
}

static bool is_checked(const struct spf_facts *f, struct ip ip)
{
    for (size_t i = 0; i < f->check_count; i++)
        if (ip_eq(f->checks[i].ip, ip))
            return true;
    return false;
}

static void start_check(struct job *job, struct ip ip, const char *helo)
{
    struct spf_facts *f = &job->facts->spf;
    struct spf_check *check = &job->spf->checks[f->check_count];
    const char *sender = arena_printf(&job->arena, "postmaster@%s", job->facts->target.name);
    if (!sender)
        return;
    const struct spf_params params = {.ip = ip, .sender = str_of(sender), .helo = str_of(helo), .now_s = job->facts->checked_at.s};
    spf_check_begin(check, &params, &f->checks[f->check_count++], &job->arena);
    ask(job, spf_check_want(check), on_check, check);
}

void spf_hosts_known(struct job *job)
{
    struct spf_facts *f = &job->facts->spf;
    if (!job->spf)
        return;
    job->spf->checks = job_alloc(job, LIMIT_SPF_ADDRESSES, sizeof *job->spf->checks);
    f->checks = job_alloc(job, LIMIT_SPF_ADDRESSES, sizeof *f->checks);
    for (size_t h = 0; job->spf->checks && f->checks && h < job->facts->host_count; h++) {
        const struct host_facts *host = &job->facts->hosts[h];
        for (size_t i = 0; i < host->address_count && f->check_count < LIMIT_SPF_ADDRESSES; i++)
            if (!host->addresses[i].special && !is_checked(f, host->addresses[i].ip))
                start_check(job, host->addresses[i].ip, host->name);
    }
}

void spf_conclude(struct job *job)
{
    static const struct spf_answer none = {.lookup = {.status = DNS_TIMEOUT}};
    if (!job->spf)
        return;
    while (spf_walk_want(&job->spf->walk).name)
        spf_walk_answer(&job->spf->walk, &none);
    for (size_t i = 0; i < job->facts->spf.check_count; i++)
        while (spf_check_want(&job->spf->checks[i]).name)
            spf_check_answer(&job->spf->checks[i], &none);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * questions - what a job asks the DNS: each question once, whoever wants to know. Questions about the domain wait a moment for the first
 * one's answer, for with that the resolver knows the domain's name servers.
 */
#include <stdlib.h>
#include <string.h>

#include "probe/job_parts.h"
#include "wire/dns.h"

const char PROBE_NO_MEMORY[] = "the memory set aside for one report is used up";

void lookup_out_of_memory(struct dns_lookup *lookup)
{
    lookup->status = DNS_TROUBLE;
    lookup->reason = PROBE_NO_MEMORY;
}

static void drop_query(struct question *q)
{
    free(q->query);
    q->query = NULL;
}

static void give(struct question *q, const struct dns_reply *reply)
{
    struct job *job = q->job;
    q->open = false;
    *q->into = reply->lookup;
    if (q->then)
        q->then(q, reply);
    if (job->arena.exhausted) /* what was answered may not have been kept */
        lookup_out_of_memory(q->into);
    job->pending--;
    job_step(job);
}

static void put(struct question *q);

/* The way to the domain's name servers is known, or not soon. */
static void put_held(void *arg)
{
    struct job *job = arg;
    struct question *q = job->held;
    timer_cancel(&job->held_limit);
    job->first = job->held = NULL;
    for (struct question *next; q; q = next) {
        next = q->next_held;
        q->next_held = NULL;
        put(q);
    }
}

/* What a domain asks about itself, no other will ask. */
static bool is_about_others(const struct question *q)
{
    const struct facts *f = q->job->facts;
    return !dns_name_is_within(q->name, f->organisational_domain ? f->organisational_domain : f->target.name);
}

static void on_answer(void *arg, const struct dns_reply *reply)
{
    struct question *q = arg;
    struct job *job = q->job;
    bool is_first = q == job->first;
    q->reply = *reply;
    drop_query(q);
    if (job->prober->answers && is_about_others(q))
        answers_keep(job->prober->answers, q->name, q->type, reply);
    if (is_first)
        job->first = NULL;
    give(q, &q->reply);
    for (struct question *f = q->followers; f; f = f->next_follower)
        give(f, &q->reply);
    if (is_first)
        put_held(job);
}

static void put(struct question *q)
{
    resolver_ask(q->job->prober->resolver, q->query, q->name, q->type, &q->job->arena, q->limit_ms, on_answer, q);
}

void questions_give_late(struct job *job)
{
    while (job->late) {
        struct question *q = job->late;
        job->late = q->next_follower;
        give(q, &q->reply);
    }
}

void job_ask(struct job *job, const char *name, enum dns_type type, struct dns_lookup *into, answer_fn *then, void *subject)
{
    job_ask_within(job, LIMIT_DNS_MS, name, type, into, then, subject);
}

static struct question *asked_before(const struct job *job, const struct question *q)
{
    for (struct question *other = job->questions; other; other = other->next)
        if (other->type == q->type && other->limit_ms == q->limit_ms && strcmp(other->name, q->name) == 0)
            return other;
    return NULL;
}

static void give_late(struct question *q)
{
    struct job *job = q->job;
    q->next_follower = job->late;
    job->late = q;
    job_step(job);
}

static void follow(struct question *first, struct question *q)
{
    drop_query(q);
    if (first->open) {
        q->next_follower = first->followers;
        first->followers = q;
        return;
    }
    q->reply = first->reply;
    give_late(q);
}

static bool is_known(struct question *q)
{
    struct job *job = q->job;
    if (!job->prober->answers || !is_about_others(q) || !answers_find(job->prober->answers, q->name, q->type, &job->arena, &q->reply))
        return false;
    drop_query(q);
    q->open = false;
    give_late(q);
    return true;
}

/* Asked together, each of them would find the way from the top by itself: past the zones above, which would hear all. */
static bool is_held(const struct job *job, const char *name)
{
    const char *domain = job->facts->organisational_domain ? job->facts->organisational_domain : job->facts->target.name;
    return job->first && dns_name_is_within(name, domain);
}

static void hold(struct question *q)
{
    struct question **last = &q->job->held;
    while (*last)
        last = &(*last)->next_held;
    *last = q;
}

static struct question *question_new(struct job *job, int64_t limit_ms, const char *name, enum dns_type type, struct dns_lookup *into, answer_fn *then,
                                     void *subject)
{
    struct question *q = job_alloc(job, 1, sizeof *q);
    struct query *query = q ? calloc(1, sizeof *query) : NULL;
    if (!query) {
        job->arena.exhausted = true; /* the report says that memory was short */
        return NULL;
    }
    *q = (struct question){
        .job = job, .query = query, .name = name, .type = type, .limit_ms = limit_ms, .open = true, .into = into, .then = then, .subject = subject};
    job->pending++;
    return q;
}

/* False: the same was asked before. */
static bool is_new(struct job *job, struct question *q)
{
    struct question *first = asked_before(job, q);
    if (first) {
        follow(first, q);
        return false;
    }
    q->next = job->questions;
    job->questions = q;
    job->facts->questions++;
    return true;
}

void job_ask_within(struct job *job, int64_t limit_ms, const char *name, enum dns_type type, struct dns_lookup *into, answer_fn *then, void *subject)
{
    struct question *q = question_new(job, limit_ms, name, type, into, then, subject);
    if (!q || !is_new(job, q))
        return;
    if (is_held(job, name))
        hold(q);
    else if (!is_known(q))
        put(q);
}

void job_ask_first(struct job *job, const char *name, enum dns_type type, struct dns_lookup *into, answer_fn *then)
{
    struct question *q = question_new(job, LIMIT_DNS_MS, name, type, into, then, NULL);
    if (!q || !is_new(job, q))
        return;
    job->first = q;
    timer_start(job->prober->net.loop, &job->held_limit, LIMIT_HELD_MS, put_held, job);
    put(q);
}

static void on_mail_domain_mx(struct question *q, const struct dns_reply *reply)
{
    struct mail_domain *m = q->subject;
    m->null_mx = reply->record_count == 1 && strcmp(reply->records[0].name, ".") == 0;
    if (reply->lookup.status != DNS_NODATA)
        return;
    job_ask(q->job, q->name, DNS_A, &m->a, NULL, NULL);
    job_ask(q->job, q->name, DNS_AAAA, &m->aaaa, NULL, NULL);
}

void job_ask_mail_domain(struct job *job, const char *name, struct mail_domain *into)
{
    job_ask(job, name, DNS_MX, &into->mx, on_mail_domain_mx, into);
}

void questions_cancel(struct job *job)
{
    for (struct question *q = job->questions; q; q = q->next)
        if (q->open) {
            query_cancel(q->query);
            drop_query(q);
            q->open = false;
            q->into->status = DNS_TIMEOUT;
            for (struct question *f = q->followers; f; f = f->next_follower)
                f->into->status = DNS_TIMEOUT;
        }
    for (; job->late; job->late = job->late->next_follower)
        *job->late->into = job->late->reply.lookup;
    timer_cancel(&job->held_limit);
    job->first = job->held = NULL;
}

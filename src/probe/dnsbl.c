/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dnsbl - each block list shows by its test entries that it is one, then it is asked about every address and name; a
 * list that refuses, has ended or lists everything is not asked further.
 */
#include "wire/dnsbl.h"

#include <string.h>

#include "probe/job_parts.h"

struct dnsbl_target { /* an address or a name; its answers stand in the order of the lists */
    struct dnsbl_target *next;
    enum dnsbl_kind kind;
    struct ip ip;
    const char *name;
    struct dnsbl_answer *answers;
};

struct dnsbl_work {
    struct dnsbl_target *targets;
    size_t names_max;
};

struct asked { /* what a question is about */
    struct dnsbl_answer *answer;
    enum dnsbl_kind kind;
    struct dnsbl_list_facts *test; /* NULL: no test entry */
};

static void on_text(struct question *q, const struct dns_reply *reply)
{
    struct dnsbl_answer *a = q->subject;
    if (reply->record_count)
        a->text = reply->records[0].data;
}

static void take_answer(struct question *q, const struct dns_reply *reply)
{
    struct asked *asked = q->subject;
    struct ip *addresses = job_alloc(q->job, reply->record_count, sizeof *addresses);
    size_t count = addresses ? reply->record_count : 0;
    for (size_t i = 0; i < count; i++)
        addresses[i] = reply->records[i].ip;
    dnsbl_read_answer(asked->answer, asked->kind, addresses, count);
}

static void on_listing(struct question *q, const struct dns_reply *reply)
{
    struct asked *asked = q->subject;
    take_answer(q, reply);
    if (asked->answer->classes)
        job_ask(q->job, q->name, DNS_TXT, &asked->answer->txt_lookup, on_text, asked->answer);
}

static void ask(struct job *job, const char *query, const struct dnsbl_list *list, struct dnsbl_answer *answer, enum dnsbl_kind kind,
                struct dnsbl_list_facts *test, answer_fn *then)
{
    struct asked *asked = job_alloc(job, 1, sizeof *asked);
    const char *name = arena_strdup(&job->arena, query);
    if (!asked || !name)
        return;
    *answer = (struct dnsbl_answer){.list = list};
    *asked = (struct asked){answer, kind, test};
    job_ask(job, name, DNS_A, &answer->lookup, then, asked);
}

static void ask_about(struct job *job, size_t list, struct dnsbl_target *t)
{
    const struct dnsbl_list_facts *l = &job->facts->dnsbl.lists[list];
    char query[DNSBL_QUERY_BYTES];
    bool fits = t->kind == DNSBL_NAMES ? dnsbl_name_query(t->name, l->list->zone, query) : dnsbl_address_query(t->ip, l->list->zone, query);
    if (fits && l->health[t->kind] == DNSBL_HEALTHY && !t->answers[list].list)
        ask(job, query, l->list, &t->answers[list], t->kind, NULL, on_listing);
}

static void on_test_entry(struct question *q, const struct dns_reply *reply)
{
    struct asked *asked = q->subject;
    struct dnsbl_list_facts *l = asked->test;
    take_answer(q, reply);
    l->health[asked->kind] = dnsbl_judge_health(l, asked->kind);
    for (struct dnsbl_target *t = q->job->dnsbl->targets; t; t = t->next)
        if (t->kind == asked->kind)
            ask_about(q->job, (size_t)(l - q->job->facts->dnsbl.lists), t);
}

static void test_list(struct job *job, struct dnsbl_list_facts *l)
{
    char query[DNSBL_QUERY_BYTES];
    for (enum dnsbl_kind kind = 0; kind < DNSBL_KINDS; kind++) {
        l->health[kind] = dnsbl_judge_health(l, kind);
        if (l->health[kind] == DNSBL_NO_SUCH_KIND)
            continue;
        if (dnsbl_test_query(kind, true, l->list->zone, query))
            ask(job, query, l->list, &l->on[kind], kind, l, on_test_entry);
        if (dnsbl_test_query(kind, false, l->list->zone, query))
            ask(job, query, l->list, &l->off[kind], kind, l, on_test_entry);
    }
}

static struct dnsbl_answer *add_target(struct job *job, enum dnsbl_kind kind, struct ip ip, const char *name)
{
    struct dnsbl_target *t = job_alloc(job, 1, sizeof *t);
    struct dnsbl_answer *answers = job_alloc(job, job->facts->dnsbl.list_count, sizeof *answers);
    if (!t || !answers)
        return NULL;
    *t = (struct dnsbl_target){.next = job->dnsbl->targets, .kind = kind, .ip = ip, .name = name, .answers = answers};
    job->dnsbl->targets = t;
    for (size_t i = 0; i < job->facts->dnsbl.list_count; i++)
        ask_about(job, i, t);
    return answers;
}

void dnsbl_add_address(struct job *job, struct address_facts *a)
{
    if (!job->dnsbl || a->special)
        return;
    a->dnsbl = add_target(job, a->ip.family == IP_V6 ? DNSBL_V6 : DNSBL_V4, a->ip, NULL);
    a->dnsbl_count = a->dnsbl ? job->facts->dnsbl.list_count : 0;
}

void dnsbl_add_name(struct job *job, const char *name)
{
    struct dnsbl_facts *f = &job->facts->dnsbl;
    if (!job->dnsbl || f->name_count == job->dnsbl->names_max)
        return;
    struct dnsbl_answer *answers = add_target(job, DNSBL_NAMES, (struct ip){0}, name);
    if (answers)
        f->names[f->name_count++] = (struct dnsbl_name_facts){name, answers, f->list_count};
}

void dnsbl_start(struct job *job)
{
    const struct probe_options *o = job->options;
    struct dnsbl_facts *f = &job->facts->dnsbl;
    if (o->dnsbl_list_count == 0)
        return;
    f->wanted = true;
    f->lists = job_alloc(job, o->dnsbl_list_count, sizeof *f->lists);
    f->names = job_alloc(job, 1 + LIMIT_DNSBL_NAMES, sizeof *f->names);
    job->dnsbl = f->lists && f->names ? job_alloc(job, 1, sizeof *job->dnsbl) : NULL;
    if (!job->dnsbl)
        return;
    job->dnsbl->names_max = 1 + LIMIT_DNSBL_NAMES;
    f->list_count = o->dnsbl_list_count;
    for (size_t i = 0; i < f->list_count; i++)
        f->lists[i].list = o->dnsbl_lists[i];
    for (size_t i = 0; i < f->list_count; i++)
        test_list(job, &f->lists[i]);
    if (job->facts->target.kind == TARGET_DOMAIN)
        dnsbl_add_name(job, job->facts->target.name);
}

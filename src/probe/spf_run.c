/* SPDX-License-Identifier: Apache-2.0 */
/* spf_run - see spf_run.h. */
#include "probe/spf_run.h"

#include <stdlib.h>
#include <string.h>

#include "probe/limits.h"

static void hear(void *arg, const struct dns_reply *reply);

static struct spf_question want(const struct spf_run *run)
{
    return run->is_walk ? spf_walk_want(&run->machine.walk) : spf_check_want(&run->machine.check);
}

enum dns_type spf_run_type(enum spf_type type)
{
    static const enum dns_type types[] = {
        [SPF_ASK_TXT] = DNS_TXT, [SPF_ASK_A] = DNS_A, [SPF_ASK_AAAA] = DNS_AAAA, [SPF_ASK_MX] = DNS_MX, [SPF_ASK_PTR] = DNS_PTR};
    return types[type];
}

/* True when a question is open. */
static bool ask(struct spf_run *run)
{
    struct spf_question q = want(run);
    if (q.name)
        resolver_ask(run->resolver, &run->query, q.name, spf_run_type(q.type), run->arena, LIMIT_DNS_MS, hear, run);
    return q.name != NULL;
}

static int by_preference(const void *a, const void *b)
{
    const struct dns_record *x = a, *y = b;
    return x->preference != y->preference ? (x->preference < y->preference ? -1 : 1) : strcmp(x->name, y->name);
}

/* A set of records has no order (RFC 2181 5): the same set must give the same result whichever way it came. */
static const struct dns_record *in_order(const struct dns_reply *reply, enum spf_type type, struct arena *arena)
{
    if (type != SPF_ASK_MX || reply->record_count < 2)
        return reply->records;
    struct dns_record *sorted = ARENA_ARRAY(arena, struct dns_record, reply->record_count);
    if (!sorted)
        return reply->records;
    memcpy(sorted, reply->records, reply->record_count * sizeof *sorted);
    qsort(sorted, reply->record_count, sizeof *sorted, by_preference);
    return sorted;
}

struct spf_answer spf_run_answer(const struct dns_reply *reply, enum spf_type type, struct arena *arena)
{
    struct spf_answer a = {.lookup = reply->lookup};
    struct str *texts = ARENA_ARRAY(arena, struct str, reply->record_count + 1);
    struct ip *ips = ARENA_ARRAY(arena, struct ip, reply->record_count + 1);
    const char **names = ARENA_ARRAY(arena, const char *, reply->record_count + 1);
    if (!texts || !ips || !names)
        return a;
    const struct dns_record *records = in_order(reply, type, arena);
    a.count = reply->record_count;
    for (size_t i = 0; i < a.count; i++) {
        texts[i] = records[i].data;
        ips[i] = records[i].ip;
        names[i] = records[i].name;
    }
    if (type == SPF_ASK_TXT)
        a.texts = texts;
    else if (type == SPF_ASK_A || type == SPF_ASK_AAAA)
        a.ips = ips;
    else
        a.names = names;
    return a;
}

static void hear(void *arg, const struct dns_reply *reply)
{
    struct spf_run *run = arg;
    const struct spf_answer a = spf_run_answer(reply, want(run).type, run->arena);
    if (run->is_walk)
        spf_walk_answer(&run->machine.walk, &a);
    else
        spf_check_answer(&run->machine.check, &a);
    if (!ask(run))
        run->done(run->arg);
}

static void finish(void *arg)
{
    struct spf_run *run = arg;
    run->done(run->arg);
}

static void begin(struct spf_run *run, struct loop *l)
{
    if (!ask(run))
        timer_start(l, &run->over, 0, finish, run);
}

void spf_run_check(struct spf_run *run, struct loop *l, struct resolver *r, const struct spf_params *params, struct spf_check_facts *facts, struct arena *arena,
                   spf_run_fn *done, void *arg)
{
    *run = (struct spf_run){.resolver = r, .arena = arena, .done = done, .arg = arg};
    spf_check_begin(&run->machine.check, params, facts, arena);
    begin(run, l);
}

void spf_run_walk(struct spf_run *run, struct loop *l, struct resolver *r, struct str domain, struct spf_walk_facts *facts, struct arena *arena,
                  spf_run_fn *done, void *arg)
{
    *run = (struct spf_run){.resolver = r, .arena = arena, .done = done, .arg = arg, .is_walk = true};
    spf_walk_begin(&run->machine.walk, domain, facts, arena);
    begin(run, l);
}

void spf_run_cancel(struct spf_run *run)
{
    query_cancel(&run->query);
    timer_cancel(&run->over);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* checks - see checks.h. */
#include "serve/checks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/panic.h"
#include "base/rng.h"
#include "serve/order_key.h"

enum { BUCKETS = 4096, WANTERS_MAX = 64, MS_PER_S = 1000 };

struct wanter {
    uint64_t who;
    size_t times;
};

struct run_inside {
    struct run run;
    struct checks *checks;
    struct work work;
    char *key; /* NULL: nobody joins */
    char *target, *documents;
    size_t bytes;
    struct mono finished;
    struct wanter wanters[WANTERS_MAX];
    size_t wanter_count;
    bool too_many; /* want it to know them all: it is not cancelled */
    struct run_watcher *watchers;
    struct run_inside *next_by_id, *next_by_key; /* in the buckets */
    struct run_inside *older, *newer;            /* of those that are over */
};

struct checks {
    struct loop *loop;
    struct pool *pool;
    struct checks_limits limits;
    uint64_t seed;
    size_t under_way, kept, kept_bytes;
    struct run_inside *by_id[BUCKETS], *by_key[BUCKETS];
    struct run_inside *oldest, *newest;
    struct timer expiry;
};

const struct checks_limits checks_default_limits = {.under_way = 1000, .kept = 4096, .kept_bytes = 256u * 1024 * 1024, .kept_s = 3600};

const char *run_state_text(enum run_state s)
{
    static const char *const texts[] = {"queued", "running", "done", "failed", "cancelled"};
    return texts[s];
}

bool run_is_over(const struct run *r)
{
    return r->state >= RUN_DONE;
}

static size_t bucket_of(const struct checks *c, struct str s)
{
    return (size_t)(hash_fold(hash_str(c->seed, s)) % BUCKETS);
}

static void leave_key(struct run_inside *in)
{
    if (!in->key)
        return;
    struct run_inside **at = &in->checks->by_key[bucket_of(in->checks, str_of(in->key))];
    while (*at != in)
        at = &(*at)->next_by_key;
    *at = in->next_by_key;
    free(in->key);
    in->key = NULL;
}

static void free_run(struct run_inside *in)
{
    struct checks *c = in->checks;
    struct run_inside **at = &c->by_id[bucket_of(c, str_of(in->run.id))];
    leave_key(in);
    while (*at != in)
        at = &(*at)->next_by_id;
    *at = in->next_by_id;
    free(in->documents);
    free(in->target);
    free(in);
}

static void forget(struct run_inside *in)
{
    struct checks *c = in->checks;
    if (in->older)
        in->older->newer = in->newer;
    else
        c->oldest = in->newer;
    if (in->newer)
        in->newer->older = in->older;
    else
        c->newest = in->older;
    c->kept--;
    c->kept_bytes -= in->bytes;
    free_run(in);
}

/* Those that are watched stay: somebody is about to read them. */
static bool forget_oldest(struct checks *c)
{
    struct run_inside *in = c->oldest;
    while (in && in->watchers)
        in = in->newer;
    if (in)
        forget(in);
    return in;
}

static void expire(void *arg)
{
    struct checks *c = arg;
    const int64_t kept_us = (int64_t)c->limits.kept_s * MS_PER_S * 1000, now_us = loop_now(c->loop).us;
    for (struct run_inside *in = c->oldest, *newer; in && in->finished.us + kept_us <= now_us; in = newer) {
        newer = in->newer;
        if (!in->watchers)
            forget(in);
    }
    if (c->oldest) {
        int64_t wait_ms = (c->oldest->finished.us + kept_us - now_us) / 1000 + 1;
        timer_start(c->loop, &c->expiry, wait_ms > MS_PER_S ? wait_ms : MS_PER_S, expire, c);
    }
}

static void tell(struct run_inside *in)
{
    for (struct run_watcher *w = in->watchers, *next; w; w = next) {
        next = w->next;
        w->fn(w->arg);
    }
}

static void end(struct run_inside *in, enum run_state state, const char *problem)
{
    struct checks *c = in->checks;
    must(!run_is_over(&in->run));
    in->run.state = state;
    in->run.finished_at = loop_wall(c->loop);
    in->finished = loop_now(c->loop);
    snprintf(in->run.problem, sizeof in->run.problem, "%s", problem ? problem : "");
    c->under_way--;
    c->kept++;
    c->kept_bytes += in->bytes;
    in->older = c->newest;
    *(c->newest ? &c->newest->newer : &c->oldest) = in;
    c->newest = in;
    if (state != RUN_DONE)
        leave_key(in);
    if (!timer_is_started(&c->expiry))
        timer_start(c->loop, &c->expiry, (int64_t)c->limits.kept_s * MS_PER_S, expire, c);
    tell(in);
    while ((c->kept > c->limits.kept || c->kept_bytes > c->limits.kept_bytes) && forget_oldest(c))
        ;
}

static void on_step(void *arg, const struct work_step *step)
{
    struct run_inside *in = arg;
    struct run *r = &in->run;
    r->state = RUN_RUNNING;
    r->steps++;
    r->done = step->done;
    r->total = step->total;
    snprintf(r->waits_for, sizeof r->waits_for, "%s", step->waits_for);
    tell(in);
}

static bool keep_documents(struct run_inside *in, const struct work_result *result)
{
    size_t bytes = 0;
    for (size_t i = 0; i < WORK_DOCUMENTS; i++)
        bytes += result->documents[i].n;
    char *p = in->documents = malloc(bytes ? bytes : 1);
    if (!p)
        return false;
    in->bytes = bytes;
    for (size_t i = 0; i < WORK_DOCUMENTS; i++) {
        if (result->documents[i].n)
            memcpy(p, result->documents[i].p, result->documents[i].n);
        in->run.documents[i] = (struct str){p, result->documents[i].n};
        p += result->documents[i].n;
    }
    return true;
}

static void on_done(void *arg, const struct work_result *result)
{
    struct run_inside *in = arg;
    if (result->end != WORK_DONE) {
        end(in, RUN_FAILED, result->problem);
        return;
    }
    if (!keep_documents(in, result)) {
        end(in, RUN_FAILED, "no memory to keep the report");
        return;
    }
    snprintf(in->run.status, sizeof in->run.status, "%s", result->status);
    snprintf(in->run.headline, sizeof in->run.headline, "%s", result->headline);
    end(in, RUN_DONE, NULL);
}

static void want(struct run_inside *in, uint64_t who)
{
    for (size_t i = 0; i < in->wanter_count; i++)
        if (in->wanters[i].who == who) {
            in->wanters[i].times++;
            return;
        }
    if (in->wanter_count < WANTERS_MAX)
        in->wanters[in->wanter_count++] = (struct wanter){who, 1};
    else
        in->too_many = true;
}

static bool is_fresh(const struct run_inside *in, uint32_t max_age_s)
{
    uint32_t limit_s = max_age_s;
    if (!run_is_over(&in->run))
        return true;
    if (strcmp(in->run.status, "inconclusive") == 0 && limit_s > CHECKS_MAX_AGE_INCONCLUSIVE_S)
        limit_s = CHECKS_MAX_AGE_INCONCLUSIVE_S;
    return limit_s > 0 && loop_now(in->checks->loop).us - in->finished.us <= (int64_t)limit_s * MS_PER_S * 1000;
}

struct run *checks_join(struct checks *c, const struct work_order *order, uint64_t who, uint32_t max_age_s)
{
    struct run_inside *in = NULL;
    char *key = order->auth_password ? NULL : order_key(order);
    if (key)
        for (in = c->by_key[bucket_of(c, str_of(key))]; in && (strcmp(in->key, key) != 0 || !is_fresh(in, max_age_s));)
            in = in->next_by_key;
    free(key);
    if (in && !run_is_over(&in->run))
        want(in, who);
    return in ? &in->run : NULL;
}

static bool name_it(struct run *r)
{
    uint8_t bits[(RUN_ID_BYTES - 1) / 2];
    if (rng_fill(bits, sizeof bits) < 0)
        return false;
    for (size_t i = 0; i < sizeof bits; i++)
        snprintf(r->id + 2 * i, 3, "%02x", bits[i]);
    return true;
}

static void enter(struct run_inside *in)
{
    struct checks *c = in->checks;
    struct run_inside **by_id = &c->by_id[bucket_of(c, str_of(in->run.id))];
    in->next_by_id = *by_id;
    *by_id = in;
    if (in->key) {
        struct run_inside **by_key = &c->by_key[bucket_of(c, str_of(in->key))];
        in->next_by_key = *by_key;
        *by_key = in;
    }
    c->under_way++;
}

struct run *checks_start(struct checks *c, const struct work_order *order, uint64_t who)
{
    bool is_secret = order->auth_password;
    if (c->under_way >= c->limits.under_way)
        return NULL;
    struct run_inside *in = calloc(1, sizeof *in);
    if (!in)
        return NULL;
    in->checks = c;
    in->run.inside = in;
    in->run.server = order->server;
    in->run.started_at = loop_wall(c->loop);
    in->run.target = in->target = strdup(order->target);
    in->key = is_secret ? NULL : order_key(order);
    if (!in->target || (!in->key && !is_secret) || !name_it(&in->run) || work_start(c->pool, &in->work, order, on_step, on_done, in) < 0) {
        free(in->key);
        free(in->target);
        free(in);
        return NULL;
    }
    enter(in);
    want(in, who);
    return &in->run;
}

struct run *checks_find(struct checks *c, struct str id)
{
    struct run_inside *in = c->by_id[bucket_of(c, id)];
    while (in && !str_is(id, in->run.id))
        in = in->next_by_id;
    return in ? &in->run : NULL;
}

bool checks_cancel(struct checks *c, struct run *r, uint64_t who)
{
    struct run_inside *in = r->inside;
    must(in->checks == c);
    if (run_is_over(r))
        return false;
    size_t i = 0;
    while (i < in->wanter_count && in->wanters[i].who != who)
        i++;
    if (i == in->wanter_count)
        return false;
    if (--in->wanters[i].times == 0)
        in->wanters[i] = in->wanters[--in->wanter_count];
    if (in->wanter_count > 0 || in->too_many)
        return false;
    work_cancel(&in->work);
    end(in, RUN_CANCELLED, "cancelled by those who asked for it");
    return true;
}

void run_watch(struct run *r, struct run_watcher *w, void (*fn)(void *arg), void *arg)
{
    struct run_inside *in = r->inside;
    must(!w->run);
    *w = (struct run_watcher){.run = r, .next = in->watchers, .fn = fn, .arg = arg};
    if (in->watchers)
        in->watchers->previous = w;
    in->watchers = w;
}

void run_unwatch(struct run_watcher *w)
{
    if (!w->run)
        return;
    *(w->previous ? &w->previous->next : &w->run->inside->watchers) = w->next;
    if (w->next)
        w->next->previous = w->previous;
    *w = (struct run_watcher){0};
}

struct checks *checks_new(struct loop *l, struct pool *pool, const struct checks_limits *limits)
{
    struct checks *c = calloc(1, sizeof *c);
    if (c && rng_fill(&c->seed, sizeof c->seed) < 0) {
        free(c);
        return NULL;
    }
    if (c) {
        c->loop = l;
        c->pool = pool;
        c->limits = *limits;
    }
    return c;
}

static struct run_inside *any_under_way(struct checks *c)
{
    for (size_t i = 0; i < BUCKETS; i++)
        for (struct run_inside *in = c->by_id[i]; in; in = in->next_by_id)
            if (!run_is_over(&in->run))
                return in;
    return NULL;
}

void checks_stop(struct checks *c, const char *why)
{
    for (struct run_inside *in; (in = any_under_way(c)) != NULL;) {
        work_cancel(&in->work);
        end(in, RUN_CANCELLED, why);
    }
}

size_t checks_under_way(const struct checks *c)
{
    return c->under_way;
}

size_t checks_kept(const struct checks *c)
{
    return c->kept;
}

void checks_free(struct checks *c)
{
    if (!c)
        return;
    checks_stop(c, "the service ends");
    timer_cancel(&c->expiry);
    for (struct run_inside *in = c->oldest, *newer; in; in = newer) {
        must(!in->watchers);
        newer = in->newer;
        forget(in);
    }
    free(c);
}

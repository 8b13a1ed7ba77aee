/* SPDX-License-Identifier: Apache-2.0 */
/* pace - see pace.h. A turn waits in the queue of the first of its groups that has no room, and tries again when that one has. */
#include "probe/pace.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/panic.h"
#include "base/rng.h"

enum { ADDRESS, NETWORK, OPERATOR, BUCKETS_MIN = 256 };

struct pace_group {
    struct pace *pace;
    struct pace_group *next; /* of the bucket */
    uint64_t key;
    int kind;
    unsigned users, open; /* turns that wait or are open; those that are open */
    int64_t apart_ms;     /* 0: none */
    struct mono next_begins;
    struct pace_turn *first, **last;
    struct timer timer;
};

struct pace {
    struct loop *loop;
    struct pace_limits limits;
    struct pace_group **buckets;
    size_t bucket_count, count;
    uint64_t seed;
};

static unsigned at_once(const struct pace_group *g)
{
    const struct pace_limits *limits = &g->pace->limits;
    return g->kind == ADDRESS ? 1 : g->kind == NETWORK ? limits->per_network : limits->per_operator;
}

static int64_t usual_apart_ms(const struct pace_group *g)
{
    return g->kind == ADDRESS ? g->pace->limits.apart_ms : 0;
}

static bool is_over(const struct pace_group *g)
{
    return g->users == 0 && g->apart_ms <= usual_apart_ms(g) && loop_now(g->pace->loop).us >= g->next_begins.us;
}

/* Groups whose time is over make room before more of it is taken. */
static void sweep(struct pace *p)
{
    for (size_t b = 0; b < p->bucket_count; b++)
        for (struct pace_group **at = &p->buckets[b]; *at;) {
            struct pace_group *g = *at;
            if (!is_over(g)) {
                at = &g->next;
                continue;
            }
            *at = g->next;
            timer_cancel(&g->timer);
            free(g);
            p->count--;
        }
}

static void grow(struct pace *p)
{
    must(p->bucket_count);
    size_t count = 2 * p->bucket_count;
    struct pace_group **buckets = calloc(count, sizeof *buckets);
    if (!buckets)
        return;
    for (size_t b = 0; b < p->bucket_count; b++)
        for (struct pace_group *g = p->buckets[b], *next; g; g = next) {
            next = g->next;
            g->next = buckets[g->key & (count - 1)];
            buckets[g->key & (count - 1)] = g;
        }
    free(p->buckets);
    p->buckets = buckets;
    p->bucket_count = count;
}

static struct pace_group *group_of(struct pace *p, int kind, struct str text)
{
    uint64_t key = hash_fold(hash_str(p->seed + (uint64_t)kind, text));
    struct pace_group *g = p->buckets[key & (p->bucket_count - 1)];
    while (g && (g->key != key || g->kind != kind))
        g = g->next;
    if (g)
        return g;
    if (p->count >= p->bucket_count)
        sweep(p);
    if (p->count >= p->bucket_count)
        grow(p);
    g = calloc(1, sizeof *g);
    if (!g)
        return NULL;
    struct pace_group **bucket = &p->buckets[key & (p->bucket_count - 1)];
    *g = (struct pace_group){.pace = p, .next = *bucket, .key = key, .kind = kind, .last = &g->first};
    g->apart_ms = usual_apart_ms(g);
    *bucket = g;
    p->count++;
    return g;
}

static bool has_room(const struct pace_group *g)
{
    unsigned max = at_once(g);
    return (max == 0 || g->open < max) && loop_now(g->pace->loop).us >= g->next_begins.us;
}

static void on_time(void *arg);

static void wait_in(struct pace_group *g, struct pace_turn *t)
{
    t->waits_in = g;
    t->next = NULL;
    t->previous = g->last;
    *g->last = t;
    g->last = &t->next;
    int64_t left_us = g->next_begins.us - loop_now(g->pace->loop).us;
    if (left_us > 0 && !timer_is_started(&g->timer))
        timer_start(g->pace->loop, &g->timer, left_us / 1000 + 1, on_time, g);
}

static void leave_queue(struct pace_turn *t)
{
    if (!t->waits_in)
        return;
    *t->previous = t->next;
    if (t->next)
        t->next->previous = t->previous;
    else
        t->waits_in->last = t->previous;
    t->waits_in = NULL;
}

static void on_begin(void *arg)
{
    struct pace_turn *t = arg;
    t->begin(t->arg);
}

static void advance(struct pace_turn *t)
{
    for (size_t i = 0; i < PACE_GROUPS; i++)
        if (t->groups[i] && !has_room(t->groups[i])) {
            wait_in(t->groups[i], t);
            return;
        }
    for (size_t i = 0; i < PACE_GROUPS; i++)
        if (t->groups[i])
            t->groups[i]->open++;
    t->has_begun = true;
    timer_start(t->pace->loop, &t->timer, 0, on_begin, t);
}

/* Those who come to wait in another group's queue take no room of this one's. */
static void let_in(struct pace_group *g)
{
    while (g->first && has_room(g)) {
        struct pace_turn *t = g->first;
        leave_queue(t);
        advance(t);
    }
}

static void on_time(void *arg)
{
    struct pace_group *g = arg;
    let_in(g);
    int64_t left_us = g->next_begins.us - loop_now(g->pace->loop).us;
    if (g->first && left_us > 0)
        timer_start(g->pace->loop, &g->timer, left_us / 1000 + 1, on_time, g);
}

/* From three quarters to five quarters of it, so that we are not seen to come by the clock. */
static int64_t about(int64_t us)
{
    uint32_t random;
    return rng_fill(&random, sizeof random) < 0 ? us : us * 3 / 4 + (int64_t)(random % (uint64_t)(us / 2 + 1));
}

static void note_end(struct pace_group *g, enum pace_answer answer)
{
    const struct pace_limits *limits = &g->pace->limits;
    int64_t usual = usual_apart_ms(g);
    bool longer = answer == PACE_PUT_OFF || (answer == PACE_CLOSED && g->kind == ADDRESS);
    if (longer)
        g->apart_ms = g->apart_ms < PACE_APART_FIRST_MS ? PACE_APART_FIRST_MS : 2 * g->apart_ms;
    else if (answer == PACE_SERVED)
        g->apart_ms = g->apart_ms / 2 < PACE_APART_FIRST_MS ? usual : g->apart_ms / 2;
    if (g->apart_ms > limits->apart_ms_max && g->apart_ms > usual)
        g->apart_ms = limits->apart_ms_max;
    g->open--;
    if (g->apart_ms)
        g->next_begins.us = loop_now(g->pace->loop).us + about(g->apart_ms * 1000);
}

static void leave(struct pace_turn *t)
{
    struct pace_group *groups[PACE_GROUPS];
    memcpy(groups, t->groups, sizeof groups);
    t->pace = NULL;
    t->has_begun = false;
    timer_cancel(&t->timer);
    leave_queue(t);
    for (size_t i = 0; i < PACE_GROUPS; i++) {
        if (!groups[i])
            continue;
        groups[i]->users--;
        on_time(groups[i]);
    }
}

void pace_wait(struct pace *p, struct pace_turn *t, struct ip ip, const char *operator, void (*begin)(void *arg), void *arg)
{
    must(!t->pace);
    size_t bytes = ip.family == IP_V6 ? 16 : 4, network_bytes = ip.family == IP_V6 ? 6 : 3;
    *t = (struct pace_turn){.pace = p, .begin = begin, .arg = arg};
    t->groups[ADDRESS] = group_of(p, ADDRESS, (struct str){(const char *)ip.bytes, bytes});
    if (t->groups[ADDRESS])
        t->groups[ADDRESS]->users++;
    t->groups[NETWORK] = group_of(p, NETWORK, (struct str){(const char *)ip.bytes, network_bytes});
    if (t->groups[NETWORK])
        t->groups[NETWORK]->users++;
    t->groups[OPERATOR] = operator? group_of(p, OPERATOR, str_of(operator)) : NULL;
    if (t->groups[OPERATOR])
        t->groups[OPERATOR]->users++;
    advance(t);
}

void pace_end(struct pace_turn *t, enum pace_answer answer)
{
    must(t->pace && t->has_begun);
    for (size_t i = 0; i < PACE_GROUPS; i++)
        if (t->groups[i])
            note_end(t->groups[i], answer);
    leave(t);
}

void pace_cancel(struct pace_turn *t)
{
    if (t->pace && t->has_begun)
        pace_end(t, PACE_SERVED);
    else if (t->pace)
        leave(t);
}

struct pace *pace_new(struct loop *l, const struct pace_limits *limits)
{
    struct pace *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    *p = (struct pace){.loop = l, .limits = *limits, .bucket_count = BUCKETS_MIN};
    p->buckets = calloc(p->bucket_count, sizeof *p->buckets);
    if (!p->buckets || rng_fill(&p->seed, sizeof p->seed) < 0) {
        pace_free(p);
        return NULL;
    }
    return p;
}

void pace_free(struct pace *p)
{
    if (!p)
        return;
    for (size_t b = 0; p->buckets && b < p->bucket_count; b++)
        for (struct pace_group *g = p->buckets[b], *next; g; g = next) {
            next = g->next;
            must(g->users == 0);
            timer_cancel(&g->timer);
            free(g);
        }
    free(p->buckets);
    free(p);
}

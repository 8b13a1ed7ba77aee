/* SPDX-License-Identifier: Apache-2.0 */
/* bulk - see bulk.h. */
#include "serve/bulk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "base/text.h"
#include "serve/json_read.h"
#include "serve/state.h"
#include "serve/targets.h"

enum { ARENA_BYTES_MAX = 512 * 1024, MS_PER_S = 1000, ANSWER_DEPTH = 2 };

struct bulk_inside {
    struct bulk bulk;
    struct bulks *bulks;
    struct arena arena;
    struct request request; /* who asked */
    struct key key;
    uint32_t max_age_s;
    size_t next, running;
    struct timer timer;
};

struct bulks {
    struct serve *serve;
    struct bulk_inside *list[BULKS_MAX]; /* the oldest first */
    size_t count;
};

const char *bulk_state_text(enum bulk_state s)
{
    static const char *const texts[] = {"waits", "runs", "done", "failed"};
    return texts[s];
}

static const char *keep(struct bulk_entry *e, const char *text)
{
    struct buf safe;
    buf_init(&safe, ARENA_BYTES_MAX);
    text_write_safe(&safe, str_of(text));
    const char *kept = arena_cstr(&e->bulk->inside->arena, (struct str){safe.bytes, safe.used < BULK_TEXT_BYTES ? safe.used : BULK_TEXT_BYTES});
    buf_done(&safe);
    return kept ? kept : "";
}

static void fail(struct bulk_entry *e, const char *why)
{
    e->state = BULK_FAILED;
    e->problem = keep(e, why);
    e->bulk->over++;
}

static void fail_by(struct bulk_entry *e, const struct answer *a)
{
    char unread[JSON_PROBLEM_BYTES];
    json_t *problem = json_read((struct str){a->body.bytes, a->body.used}, ANSWER_DEPTH, unread);
    const char *detail = json_string_value(json_object_get(problem, "detail"));
    fail(e, detail ? detail : "it cannot be tested");
    json_decref(problem);
}

static void note(struct bulk_entry *e, const struct run *r)
{
    if (r->state != RUN_DONE) {
        fail(e, r->problem);
        return;
    }
    e->state = BULK_DONE;
    e->bulk->over++;
    e->report_id = keep(e, r->id);
    e->status = keep(e, r->status);
    e->headline = keep(e, r->headline);
}

static void go_on(void *arg);

static void on_change(void *arg)
{
    struct bulk_entry *e = arg;
    struct bulk_inside *in = e->bulk->inside;
    const struct run *r = e->watcher.run;
    if (!run_is_over(r))
        return;
    note(e, r);
    run_unwatch(&e->watcher);
    in->running--;
    timer_start(in->bulks->serve->params.loop, &in->timer, 0, go_on, in);
}

static uint32_t retry_s(const struct answer *a)
{
    uint64_t n = 0;
    for (size_t i = 0; i < a->header_count; i++)
        if (strcmp(a->headers[i].name, "Retry-After") == 0)
            str_number(str_of(a->headers[i].value), UINT16_MAX, &n);
    return (uint32_t)n;
}

/* 0, or in how many seconds it may be tried again. */
static uint32_t start_next(struct bulk_inside *in)
{
    struct serve *s = in->bulks->serve;
    struct bulk_entry *e = &in->bulk.entries[in->next];
    const struct work_order order = {.target = e->domain};
    struct answer a = {0};
    struct run *r = e->state == BULK_WAITS ? target_run(&in->request, &order, in->max_age_s, &a) : NULL;
    uint32_t wait_s = e->state == BULK_WAITS && !r && !s->stopping ? retry_s(&a) : 0;
    if (r && run_is_over(r)) {
        note(e, r);
    } else if (r) {
        e->state = BULK_RUNS;
        in->running++;
        run_watch(r, &e->watcher, on_change, e);
    } else if (e->state == BULK_WAITS && wait_s == 0) {
        fail_by(e, &a);
    }
    in->next += wait_s == 0;
    buf_done(&a.body);
    return wait_s;
}

static void go_on(void *arg)
{
    struct bulk_inside *in = arg;
    uint32_t wait_s = 0;
    while (wait_s == 0 && in->running < BULK_AT_ONCE && in->next < in->bulk.count)
        wait_s = start_next(in);
    if (wait_s > 0)
        timer_start(in->bulks->serve->params.loop, &in->timer, (int64_t)wait_s * MS_PER_S, go_on, in);
}

static void free_bulk(struct bulk_inside *in)
{
    timer_cancel(&in->timer);
    for (size_t i = 0; i < in->bulk.count; i++)
        run_unwatch(&in->bulk.entries[i].watcher);
    arena_done(&in->arena);
    free(in->bulk.entries);
    free(in);
}

/* The oldest that is over gives its place away. */
static bool make_room(struct bulks *b)
{
    size_t i = 0;
    if (b->count < BULKS_MAX)
        return true;
    while (i < b->count && b->list[i]->bulk.over < b->list[i]->bulk.count)
        i++;
    if (i == b->count)
        return false;
    free_bulk(b->list[i]);
    memmove(&b->list[i], &b->list[i + 1], (b->count - i - 1) * sizeof *b->list);
    b->count--;
    return true;
}

static void take_entries(struct bulk_inside *in, const char *const *domains)
{
    for (size_t i = 0; i < in->bulk.count; i++) {
        struct bulk_entry *e = &in->bulk.entries[i];
        struct work_order order = {0};
        struct answer a = {0};
        const char *as_written = arena_strdup(&in->arena, domains[i]);
        e->bulk = &in->bulk;
        e->domain = as_written ? as_written : "";
        if (target_domain(&in->request, str_of(e->domain), &order, &a) < 0)
            fail_by(e, &a);
        else
            e->domain = order.target;
        buf_done(&a.body);
    }
}

static bool name_it(struct bulk *bulk)
{
    uint8_t bits[(RUN_ID_BYTES - 1) / 2];
    if (rng_fill(bits, sizeof bits) < 0)
        return false;
    for (size_t i = 0; i < sizeof bits; i++)
        snprintf(bulk->id + 2 * i, 3, "%02x", bits[i]);
    return true;
}

struct bulk *bulks_start(struct bulks *b, const struct request *q, const char *const *domains, size_t count, uint32_t max_age_s)
{
    struct bulk_inside *in = count <= BULK_DOMAINS && make_room(b) ? calloc(1, sizeof *in) : NULL;
    if (!in)
        return NULL;
    arena_init(&in->arena, ARENA_BYTES_MAX);
    in->bulks = b;
    in->bulk.inside = in;
    in->bulk.count = count;
    in->bulk.entries = calloc(count ? count : 1, sizeof *in->bulk.entries);
    in->max_age_s = max_age_s;
    if (q->key)
        in->key = *q->key;
    in->request = (struct request){.serve = q->serve, .client = q->client, .who = q->who, .key = q->key ? &in->key : NULL, .arena = &in->arena};
    if (!in->bulk.entries || !name_it(&in->bulk)) {
        in->bulk.count = 0;
        free_bulk(in);
        return NULL;
    }
    take_entries(in, domains);
    b->list[b->count++] = in;
    timer_start(b->serve->params.loop, &in->timer, 0, go_on, in);
    return &in->bulk;
}

struct bulk *bulks_find(struct bulks *b, struct str id)
{
    for (size_t i = 0; i < b->count; i++)
        if (str_is(id, b->list[i]->bulk.id))
            return &b->list[i]->bulk;
    return NULL;
}

struct bulks *bulks_new(struct serve *s)
{
    struct bulks *b = calloc(1, sizeof *b);
    if (b)
        b->serve = s;
    return b;
}

void bulks_free(struct bulks *b)
{
    if (!b)
        return;
    while (b->count)
        free_bulk(b->list[--b->count]);
    free(b);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* answers - see answers.h. An answer is one piece of memory: the entry, its records, then all text. */
#include "probe/answers.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/rng.h"
#include "probe/limits.h"

enum { BUCKETS = 1 << 15, MS_PER_S = 1000 };

struct kept {
    struct kept *next; /* of the bucket */
    struct kept *longer_unused, *shorter_unused;
    uint64_t hash;
    size_t bytes; /* of all of it */
    struct mono at;
    const char *name;
    enum dns_type type;
    struct dns_reply reply;
    struct dns_record records[];
};

struct answers {
    struct loop *loop;
    uint64_t seed;
    size_t bytes;
    struct kept *longest_unused, *shortest_unused;
    struct kept *buckets[BUCKETS];
};

struct answers *answers_new(struct loop *l)
{
    struct answers *a = calloc(1, sizeof *a);
    if (!a || rng_fill(&a->seed, sizeof a->seed) < 0) {
        free(a);
        return NULL;
    }
    a->loop = l;
    return a;
}

static void take_from_order(struct answers *a, struct kept *k)
{
    *(k->longer_unused ? &k->longer_unused->shorter_unused : &a->longest_unused) = k->shorter_unused;
    *(k->shorter_unused ? &k->shorter_unused->longer_unused : &a->shortest_unused) = k->longer_unused;
}

static void put_last(struct answers *a, struct kept *k)
{
    k->longer_unused = a->shortest_unused;
    k->shorter_unused = NULL;
    *(a->shortest_unused ? &a->shortest_unused->shorter_unused : &a->longest_unused) = k;
    a->shortest_unused = k;
}

static void forget(struct answers *a, struct kept *k)
{
    struct kept **at = &a->buckets[k->hash % BUCKETS];
    while (*at != k)
        at = &(*at)->next;
    *at = k->next;
    take_from_order(a, k);
    a->bytes -= k->bytes;
    free(k);
}

void answers_free(struct answers *a)
{
    while (a && a->longest_unused)
        forget(a, a->longest_unused);
    free(a);
}

static uint64_t hash_of(const struct answers *a, const char *name, enum dns_type type)
{
    return hash_fold(hash_str(a->seed + type, str_of(name)));
}

static uint64_t age_s(const struct answers *a, const struct kept *k)
{
    return (uint64_t)mono_ms_between(k->at, loop_now(a->loop)) / MS_PER_S;
}

static struct kept *look_up(struct answers *a, const char *name, enum dns_type type)
{
    uint64_t hash = hash_of(a, name, type);
    struct kept *k = a->buckets[hash % BUCKETS];
    while (k && (k->hash != hash || k->type != type || strcmp(k->name, name) != 0))
        k = k->next;
    if (k && age_s(a, k) >= k->reply.keep_s) {
        forget(a, k);
        return NULL;
    }
    return k;
}

/* ---- copies ---- */

static size_t text_bytes(const struct dns_reply *reply)
{
    size_t bytes = reply->lookup.alias_of ? strlen(reply->lookup.alias_of) + 1 : 0;
    for (size_t i = 0; i < reply->record_count; i++)
        bytes += (reply->records[i].name ? strlen(reply->records[i].name) + 1 : 0) + reply->records[i].data.n + 1;
    return bytes;
}

static const char *put_text(char **at, const char *p, size_t n)
{
    char *text = *at;
    memcpy(text, p, n);
    text[n] = '\0';
    *at += n + 1;
    return text;
}

/* Into `records`, which has room, and text behind `*at`. */
static void copy(struct dns_reply *to, const struct dns_reply *from, struct dns_record *records, char **at)
{
    *to = *from;
    to->records = records;
    if (from->lookup.alias_of)
        to->lookup.alias_of = put_text(at, from->lookup.alias_of, strlen(from->lookup.alias_of));
    for (size_t i = 0; i < from->record_count; i++) {
        const struct dns_record *r = &from->records[i];
        records[i] = *r;
        if (r->name)
            records[i].name = put_text(at, r->name, strlen(r->name));
        if (r->data.p)
            records[i].data.p = put_text(at, r->data.p, r->data.n);
    }
}

void answers_keep(struct answers *a, const char *name, enum dns_type type, const struct dns_reply *reply)
{
    const size_t bytes = sizeof(struct kept) + reply->record_count * sizeof *reply->records + text_bytes(reply) + strlen(name) + 1;
    if (!reply->keep_s || look_up(a, name, type))
        return;
    struct kept *k = malloc(bytes);
    if (!k)
        return;
    *k = (struct kept){.hash = hash_of(a, name, type), .bytes = bytes, .at = loop_now(a->loop), .type = type};
    char *text = (char *)&k->records[reply->record_count];
    k->name = put_text(&text, name, strlen(name));
    copy(&k->reply, reply, k->records, &text);
    k->next = a->buckets[k->hash % BUCKETS];
    a->buckets[k->hash % BUCKETS] = k;
    put_last(a, k);
    a->bytes += bytes;
    while (a->bytes > LIMIT_ANSWERS_BYTES)
        forget(a, a->longest_unused);
}

bool answers_find(struct answers *a, const char *name, enum dns_type type, struct arena *arena, struct dns_reply *reply)
{
    struct kept *k = look_up(a, name, type);
    if (!k)
        return false;
    struct dns_record *records = ARENA_ARRAY(arena, struct dns_record, k->reply.record_count);
    char *text = arena_alloc(arena, text_bytes(&k->reply));
    if (!records || !text)
        return false;
    uint32_t age = (uint32_t)age_s(a, k); /* less than keep_s */
    copy(reply, &k->reply, records, &text);
    reply->lookup.took_ms = 0;
    reply->lookup.ttl_s -= reply->lookup.ttl_s < age ? reply->lookup.ttl_s : age;
    for (size_t i = 0; i < reply->record_count; i++)
        records[i].ttl_s -= records[i].ttl_s < age ? records[i].ttl_s : age;
    take_from_order(a, k);
    put_last(a, k);
    return true;
}

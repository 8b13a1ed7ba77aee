/* SPDX-License-Identifier: Apache-2.0 */
/* sharing - see sharing.h. */
#include "probe/sharing.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/panic.h"
#include "base/rng.h"
#include "net/tls.h"
#include "probe/limits.h"

enum { BUCKETS_MIN = 256, US_PER_MS = 1000 };

struct shared_address {
    struct shared_address *next; /* of the bucket */
    uint64_t hash;
    struct ip ip;
    uint16_t port;
    enum tls_mode tls_mode;
    bool is_submission;
    bool names_are_alike; /* two names were sent the same certificates */
    struct shared_server *servers, *led;
    struct sharing_place *first, **last; /* that wait for `led` */
};

struct sharing {
    struct loop *loop;
    struct shared_address **buckets;
    size_t bucket_count, count;
    uint64_t seed;
    size_t unused_bytes;
    struct shared_server *longest_unused, *shortest_unused;
};

/* ---- addresses ---- */

static void grow(struct sharing *s)
{
    size_t count = 2 * s->bucket_count;
    struct shared_address **buckets = calloc(count, sizeof *buckets);
    if (!buckets)
        return;
    for (size_t b = 0; b < s->bucket_count; b++)
        for (struct shared_address *a = s->buckets[b], *next; a; a = next) {
            next = a->next;
            a->next = buckets[a->hash & (count - 1)];
            buckets[a->hash & (count - 1)] = a;
        }
    free(s->buckets);
    s->buckets = buckets;
    s->bucket_count = count;
}

static struct shared_address *address_of(struct sharing *s, const struct sharing_key *key)
{
    size_t bytes = key->ip.family == IP_V6 ? 16 : 4;
    uint64_t hash = hash_fold(hash_str(s->seed + key->port, (struct str){(const char *)key->ip.bytes, bytes}));
    struct shared_address *a = s->buckets[hash & (s->bucket_count - 1)];
    while (a && (a->port != key->port || a->tls_mode != key->tls_mode || a->is_submission != key->is_submission || !ip_eq(a->ip, key->ip)))
        a = a->next;
    if (a)
        return a;
    if (s->count >= s->bucket_count)
        grow(s);
    a = calloc(1, sizeof *a);
    if (!a)
        return NULL;
    struct shared_address **bucket = &s->buckets[hash & (s->bucket_count - 1)];
    *a = (struct shared_address){
        .next = *bucket, .hash = hash, .ip = key->ip, .port = key->port, .tls_mode = key->tls_mode, .is_submission = key->is_submission};
    a->last = &a->first;
    *bucket = a;
    s->count++;
    return a;
}

static void drop_address_without_use(struct sharing *s, struct shared_address *a)
{
    if (a->servers || a->led || a->first)
        return;
    struct shared_address **at = &s->buckets[a->hash & (s->bucket_count - 1)];
    while (*at != a)
        at = &(*at)->next;
    *at = a->next;
    free(a);
    s->count--;
}

/* ---- servers ---- */

static size_t bytes_of(const struct shared_server *server)
{
    return sizeof *server + server->arena.used_bytes;
}

static void free_server(struct shared_server *server)
{
    arena_done(&server->arena);
    free(server);
}

static void take_from_unused(struct sharing *s, struct shared_server *server)
{
    *(server->longer_unused ? &server->longer_unused->shorter_unused : &s->longest_unused) = server->shorter_unused;
    *(server->shorter_unused ? &server->shorter_unused->longer_unused : &s->shortest_unused) = server->longer_unused;
    server->longer_unused = server->shorter_unused = NULL;
    s->unused_bytes -= bytes_of(server);
}

static void add_to_unused(struct sharing *s, struct shared_server *server)
{
    server->longer_unused = s->shortest_unused;
    *(s->shortest_unused ? &s->shortest_unused->shorter_unused : &s->longest_unused) = server;
    s->shortest_unused = server;
    s->unused_bytes += bytes_of(server);
}

/* Nobody new gets it; it goes when its last user does. The address stays, even empty. */
static void forget(struct sharing *s, struct shared_server *server)
{
    must(server->address);
    struct shared_server **at = &server->address->servers;
    while (*at != server)
        at = &(*at)->next;
    *at = server->next;
    server->address = NULL;
    if (server->users)
        return;
    take_from_unused(s, server);
    free_server(server);
}

static void make_room(struct sharing *s)
{
    while (s->unused_bytes > LIMIT_SHARED_BYTES) {
        struct shared_address *a = s->longest_unused->address;
        forget(s, s->longest_unused);
        drop_address_without_use(s, a);
    }
}

static void forget_what_is_over(struct sharing *s, struct shared_address *a)
{
    int64_t now_us = loop_now(s->loop).us;
    for (struct shared_server *server = a->servers, *next; server; server = next) {
        next = server->next;
        if (server->expires.us <= now_us)
            forget(s, server);
    }
}

static struct shared_server *lead(struct sharing_place *place, struct shared_address *a, const char *name)
{
    struct shared_server *server = calloc(1, sizeof *server);
    if (!server)
        return NULL;
    arena_init(&server->arena, LIMIT_SHARED_SERVER_BYTES);
    server->name = arena_strdup(&server->arena, name);
    if (!server->name) {
        free_server(server);
        return NULL;
    }
    server->users = 1;
    server->address = a;
    place->server = server;
    if (a)
        a->led = server;
    return server;
}

/* ---- what was shown ---- */

static const struct session_facts *with_chain(const struct shared_server *server)
{
    for (size_t i = 0; i < server->session_count; i++)
        if (server->sessions[i].tls.certificate_count)
            return &server->sessions[i];
    return NULL;
}

static bool name_was_used(const struct shared_server *server)
{
    for (size_t i = 0; i < server->session_count; i++)
        if (server->sessions[i].tls.result != TLS_NOT_TRIED)
            return true;
    return false;
}

static bool has_same_chain(const struct shared_server *a, const struct shared_server *b)
{
    const struct session_facts *x = with_chain(a), *y = with_chain(b);
    if (!x || !y || x->tls.certificates_sent != y->tls.certificates_sent || x->tls.certificate_count != y->tls.certificate_count)
        return false;
    for (size_t i = 0; i < x->tls.certificate_count; i++)
        if (memcmp(x->tls.certificates[i].sha256, y->tls.certificates[i].sha256, sizeof x->tls.certificates[i].sha256) != 0)
            return false;
    return true;
}

static bool certificate_names(const struct shared_server *server, const char *name)
{
    const struct session_facts *x = with_chain(server);
    return x && tls_leaf_names(&x->tls.certificates[0], str_of(name));
}

/* Later is another answer than now: RFC 5321 4.2.1. */
static bool is_for_now(int code)
{
    return code >= 400 && code < 500;
}

static bool answers_are_for_now(const struct session_facts *s)
{
    for (size_t i = 0; i < 2; i++)
        if (is_for_now(s->relay.rcpt[i].code) && s->relay.rcpt[i].code != SMTP_RELAYING_DENIED)
            return true;
    return is_for_now(s->greeting.code) || is_for_now(s->ehlo.reply.code) || is_for_now(s->starttls.code) || is_for_now(s->ehlo_tls.reply.code) ||
           is_for_now(s->relay.mail.code);
}

static int64_t lifetime_ms(const struct shared_server *server)
{
    bool complete = false, for_now = false;
    for (size_t i = 0; i < server->session_count; i++) {
        const struct session_facts *x = &server->sessions[i];
        if (x->connect == CONNECT_TROUBLE || x->end == END_TROUBLE || x->tls.result == TLS_TROUBLE)
            return 0;
        complete = complete || x->end == END_QUIT || x->tls.result == TLS_OBSERVED;
        for_now = for_now || answers_are_for_now(x);
    }
    return server->session_count == 0 ? 0 : for_now ? LIMIT_SHARED_FOR_NOW_MS : complete ? LIMIT_SHARED_MS : LIMIT_SHARED_FAILED_MS;
}

static bool was_only_observed(const struct shared_server *server)
{
    bool observed = false;
    for (size_t i = 0; i < server->session_count; i++) {
        if (server->sessions[i].tls.result == TLS_DONE)
            return false;
        observed = observed || server->sessions[i].tls.result == TLS_OBSERVED;
    }
    return observed;
}

/* A certificate that does not name the host may be another one than the host's own: only a connection can tell. */
static bool is_for(const struct shared_server *server, const struct shared_address *a, const struct sharing_key *key)
{
    if (key->proven && was_only_observed(server))
        return false;
    return server->for_any_name || strcmp(server->name, key->name) == 0 || (a->names_are_alike && certificate_names(server, key->name));
}

/* ---- turns ---- */

enum sharing_answer sharing_ask(struct sharing *s, struct sharing_place *place, const struct sharing_key *key, void (*again)(void *arg), void *arg)
{
    must(!place->server && !place->waits_for);
    struct shared_address *a = address_of(s, key);
    if (!a) {
        lead(place, NULL, key->name);
        return SHARING_LEAD;
    }
    forget_what_is_over(s, a);
    for (struct shared_server *server = a->servers; server; server = server->next)
        if (is_for(server, a, key)) {
            if (server->users++ == 0)
                take_from_unused(s, server);
            place->server = server;
            return SHARING_KNOWN;
        }
    if (!a->led) {
        if (!lead(place, a, key->name))
            drop_address_without_use(s, a);
        return SHARING_LEAD;
    }
    *place = (struct sharing_place){.waits_for = a, .previous = a->last, .again = again, .arg = arg};
    *a->last = place;
    a->last = &place->next;
    return SHARING_WAIT;
}

static void stop_waiting(struct sharing_place *place)
{
    must(place->waits_for);
    *place->previous = place->next;
    if (place->next)
        place->next->previous = place->previous;
    else
        place->waits_for->last = place->previous;
    place->waits_for = NULL;
}

static void wake(struct shared_address *a)
{
    while (a->first) {
        struct sharing_place *place = a->first;
        stop_waiting(place);
        place->again(place->arg);
    }
}

void sharing_tell(struct sharing *s, struct sharing_place *place)
{
    struct shared_server *server = place->server;
    struct shared_address *a = server->address;
    int64_t lifetime = lifetime_ms(server);
    if (!a || lifetime == 0) {
        sharing_fail(s, place);
        return;
    }
    for (struct shared_server *other = a->servers; other; other = other->next)
        a->names_are_alike = a->names_are_alike || (strcmp(other->name, server->name) != 0 && has_same_chain(other, server));
    server->is_known = true;
    server->for_any_name = !name_was_used(server);
    server->expires.us = loop_now(s->loop).us + lifetime * US_PER_MS;
    server->next = a->servers;
    a->servers = server;
    a->led = NULL;
    wake(a);
}

void sharing_fail(struct sharing *s, struct sharing_place *place)
{
    struct shared_server *server = place->server;
    struct shared_address *a = server->address;
    server->address = NULL;
    if (!a)
        return;
    a->led = NULL;
    wake(a);
    drop_address_without_use(s, a);
}

void sharing_leave(struct sharing *s, struct sharing_place *place)
{
    struct shared_server *server = place->server;
    if (place->waits_for) {
        struct shared_address *a = place->waits_for;
        stop_waiting(place);
        drop_address_without_use(s, a);
    }
    if (!server)
        return;
    if (!server->is_known)
        sharing_fail(s, place);
    place->server = NULL;
    if (--server->users)
        return;
    if (!server->address) {
        free_server(server);
        return;
    }
    add_to_unused(s, server);
    make_room(s);
}

struct sharing *sharing_new(struct loop *l)
{
    struct sharing *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    *s = (struct sharing){.loop = l, .bucket_count = BUCKETS_MIN};
    s->buckets = calloc(s->bucket_count, sizeof *s->buckets);
    if (!s->buckets || rng_fill(&s->seed, sizeof s->seed) < 0) {
        sharing_free(s);
        return NULL;
    }
    return s;
}

void sharing_free(struct sharing *s)
{
    if (!s)
        return;
    for (size_t b = 0; s->buckets && b < s->bucket_count; b++)
        for (struct shared_address *a = s->buckets[b], *next; a; a = next) {
            next = a->next;
            must(!a->led && !a->first);
            for (struct shared_server *server = a->servers, *next_one; server; server = next_one) {
                next_one = server->next;
                must(server->users == 0);
                free_server(server);
            }
            free(a);
        }
    free(s->buckets);
    free(s);
}

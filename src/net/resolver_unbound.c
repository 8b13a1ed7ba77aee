/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resolver_unbound - the resolver on libunbound's event interface, in our loop.
 *
 * libunbound may answer inside ub_resolve_event (its cache, its local zones) and must not be deleted
 * from inside its callback. So a callback only keeps the reply; the question's timer, which until
 * then stood for its time limit, is set to zero and delivers it. Everything that runs code of others
 * runs from that timer.
 *
 * RESOLVER_AUTO begins with own recursion and a proof: the name servers of the root, which must come
 * back secure. Until it is in, good answers are delivered (validation has vouched for them) and
 * failures are kept. A failed proof replaces the context by one that forwards to the system's
 * resolvers, and what is open is asked again.
 */
#include "net/loop_real.h"
#include "net/resolver_answer.h"
#include "net/resolver_config.h"
#include "net/route.h"

#include "base/panic.h"

#include <stdio.h>
#include <stdlib.h>
#include <unbound-event.h>
#include <unbound.h>

enum { PROOF_LIMIT_MS = 3000, PROOF_ARENA_BYTES = 64 * 1024 };
enum { UNBOUND_BOGUS = 1, UNBOUND_SECURE = 2 }; /* `sec` of the callback */

struct question {
    struct question *next, *previous;
    struct questions *list; /* the one it stands in */
    struct query *query;
    int64_t limit_ms;
    struct ub_ctx *context; /* the one that was asked */
    int id;                 /* libunbound's, for ub_cancel */
    bool answered;          /* reply is filled; libunbound has forgotten the question */
    struct dns_reply reply;
};

struct questions {
    struct question *first, *last;
    size_t count;
};

struct unbound_resolver {
    struct resolver base;
    struct loop *loop;
    struct ub_ctx *context;
    struct resolver_params params;
    struct forwarder_list forwarders;
    char described[RESOLVER_FORWARDERS_MAX * (RESOLVER_FORWARDER_BYTES + 2)];
    struct questions open, waiting; /* each has sockets and some 30 KB of libunbound's: only so many at once */
    bool proving;
    struct query proof;
    struct arena proof_arena;
};

static struct unbound_resolver *resolver_of(const struct query *q)
{
    return (struct unbound_resolver *)q->resolver;
}

static void list_add(struct questions *list, struct question *question)
{
    question->list = list;
    question->next = NULL;
    question->previous = list->last;
    *(list->last ? &list->last->next : &list->first) = question;
    list->last = question;
    list->count++;
}

static void list_take(struct question *question)
{
    struct questions *list = question->list;
    *(question->previous ? &question->previous->next : &list->first) = question->next;
    *(question->next ? &question->next->previous : &list->last) = question->previous;
    list->count--;
}

static void forget(struct question *question)
{
    struct query *q = question->query;
    struct unbound_resolver *r = resolver_of(q);
    timer_cancel(&q->timer);
    if (question->list == &r->open && !question->answered)
        ub_cancel(question->context, question->id);
    list_take(question);
    free(question);
    q->impl = NULL;
    q->resolver = NULL;
}

static void open_what_fits(struct unbound_resolver *r);

/* The question's timer: its reply is there, or its time is over. */
static void deliver(void *arg)
{
    struct question *question = arg;
    struct query *q = question->query;
    struct dns_reply reply = question->reply;
    if (!question->answered)
        reply.lookup.status = DNS_TIMEOUT;
    /* Read here, as within libunbound's callbacks the loop still has the time at which it began to wait. */
    struct unbound_resolver *r = resolver_of(q);
    reply.lookup.took_ms = mono_ms_between(q->asked, loop_now(r->loop));
    forget(question);
    open_what_fits(r);
    q->fn(q->arg, &reply);
}

static void deliver_soon(struct question *question)
{
    struct query *q = question->query;
    timer_start(resolver_of(q)->loop, &q->timer, 0, deliver, question);
}

static bool is_failure(const struct dns_reply *reply)
{
    return reply->lookup.status == DNS_FAILED || reply->lookup.status == DNS_BOGUS;
}

static void keep(struct question *question)
{
    struct unbound_resolver *r = resolver_of(question->query);
    question->answered = true;
    if (r->proving && question->query != &r->proof && is_failure(&question->reply))
        return;
    deliver_soon(question);
}

/* libunbound tells SERVFAIL when it had no socket to ask with. */
static bool can_ask(void)
{
    static const struct ip loopback = {.family = IP_V4, .bytes = {127, 0, 0, 1}};
    struct ip own;
    return route_own_address(loopback, &own) == 0;
}

/* The rcode of the call is 0 for NXDOMAIN and for a SERVFAIL from the cache, so the header's counts; when it is not
 * 0, length and content of the packet mean nothing. */
static void on_answer(void *arg, int rcode, void *packet, int packet_n, int sec, char *why_bogus, int was_ratelimited)
{
    struct question *question = arg;
    struct dns_reply *reply = &question->reply;
    (void)was_ratelimited;
    if (rcode || !packet || packet_n < 0)
        resolver_answer_failed(reply, rcode);
    else
        resolver_answer_read(reply, packet, (size_t)packet_n, question->query->arena);
    enum dns_status status = reply->lookup.status;
    if (status == DNS_TROUBLE || status == DNS_FAILED) {
        /* neither says anything about signatures */
    } else if (sec == UNBOUND_BOGUS) {
        bool unasked = resolver_answer_lacks_keys(why_bogus);
        reply->lookup.status = unasked ? DNS_FAILED : DNS_BOGUS;
        reply->lookup.dnssec = unasked ? DNSSEC_INDETERMINATE : DNSSEC_BOGUS;
        reply->lookup.reason = arena_strdup(question->query->arena, why_bogus ? why_bogus : "validation failed");
        reply->lookup.ttl_s = reply->keep_s = 0;
        reply->records = NULL;
        reply->record_count = reply->records_left_out = 0;
    } else {
        reply->lookup.dnssec = sec == UNBOUND_SECURE ? DNSSEC_SECURE : DNSSEC_INSECURE;
    }
    if (reply->lookup.status == DNS_FAILED && !can_ask())
        resolver_answer_trouble(reply, "there was no socket to ask with");
    keep(question);
}

static void ask_unbound(struct unbound_resolver *r, struct question *question)
{
    struct query *q = question->query;
    question->context = r->context;
    question->answered = false;
    question->reply = (struct dns_reply){.lookup.status = DNS_NOT_ASKED};
    int e = ub_resolve_event(r->context, q->name, (int)q->type, 1, question, on_answer, &question->id);
    if (!e)
        return;
    question->answered = true;
    resolver_answer_trouble(&question->reply, e == UB_SYNTAX ? "the name is no domain name" : ub_strerror(e));
    deliver_soon(question);
}

/* A question's time begins when it is asked: that others were before it says nothing about its servers. */
static void open_what_fits(struct unbound_resolver *r)
{
    while (r->waiting.first && r->open.count < r->params.at_once) {
        struct question *question = r->waiting.first;
        struct query *q = question->query;
        list_take(question);
        list_add(&r->open, question);
        q->asked = loop_now(r->loop);
        timer_start(r->loop, &q->timer, question->limit_ms, deliver, question);
        ask_unbound(r, question);
    }
}

static void deliver_no_memory(void *arg)
{
    struct query *q = arg;
    struct dns_reply reply = {.lookup.status = DNS_NOT_ASKED};
    resolver_answer_trouble(&reply, "no memory left to ask");
    q->resolver = NULL;
    q->fn(q->arg, &reply);
}

static void unbound_ask(struct resolver *base, struct query *q, int64_t limit_ms)
{
    struct unbound_resolver *r = (struct unbound_resolver *)base;
    struct question *question = calloc(1, sizeof *question);
    q->asked = loop_now(r->loop);
    q->impl = question;
    if (!question) {
        timer_start(r->loop, &q->timer, 0, deliver_no_memory, q);
        return;
    }
    question->query = q;
    question->limit_ms = limit_ms;
    list_add(&r->waiting, question);
    open_what_fits(r);
}

static void unbound_cancel(struct query *q)
{
    if (q->impl) {
        struct unbound_resolver *r = resolver_of(q);
        forget(q->impl);
        open_what_fits(r);
        return;
    }
    timer_cancel(&q->timer);
    q->resolver = NULL;
}

static void describe_forwarders(struct unbound_resolver *r)
{
    size_t used = 0;
    for (size_t i = 0; i < r->forwarders.count; i++)
        used += (size_t)snprintf(r->described + used, sizeof r->described - used, "%s%s", i ? ", " : "", r->forwarders.addresses[i]);
    if (!r->forwarders.count)
        snprintf(r->described, sizeof r->described, "recursive");
}

static const char *unbound_describe(const struct resolver *base)
{
    return ((const struct unbound_resolver *)base)->described;
}

static const char *resolv_conf(const struct resolver_params *params)
{
    return params->resolv_conf_file ? params->resolv_conf_file : "/etc/resolv.conf";
}

/* From recursion to the system's resolvers. False when those are not to be had: then all stays as it is. */
static bool change_to_system(struct unbound_resolver *r)
{
    char error[256];
    struct forwarder_list forwarders;
    if (resolver_read_resolv_conf(resolv_conf(&r->params), &forwarders, error, sizeof error))
        return false;
    struct ub_ctx *context = resolver_context_new(loop_event_base(r->loop), &r->params, &forwarders, error, sizeof error);
    if (!context)
        return false;
    for (struct question *q = r->open.first; q; q = q->next)
        if (!q->answered)
            ub_cancel(q->context, q->id);
    ub_ctx_delete(r->context);
    r->context = context;
    r->forwarders = forwarders;
    describe_forwarders(r);
    return true;
}

static void on_proof(void *arg, const struct dns_reply *reply)
{
    struct unbound_resolver *r = arg;
    bool proven = reply->lookup.status == DNS_FOUND && (r->params.unvalidated || reply->lookup.dnssec == DNSSEC_SECURE);
    r->proving = false;
    bool changed = !proven && change_to_system(r);
    for (struct question *q = r->open.first, *next; q; q = next) {
        next = q->next;
        bool kept = q->answered && is_failure(&q->reply);
        if (changed && (kept || !q->answered))
            ask_unbound(r, q);
        else if (kept)
            deliver_soon(q);
    }
}

static void forget_all(struct questions *list)
{
    for (struct question *q = list->first, *next; q; q = next) {
        next = q->next;
        forget(q);
    }
}

static void unbound_free(struct resolver *base)
{
    struct unbound_resolver *r = (struct unbound_resolver *)base;
    forget_all(&r->waiting);
    forget_all(&r->open);
    ub_ctx_delete(r->context);
    arena_done(&r->proof_arena);
    free(r);
}

static int choose_forwarders(struct unbound_resolver *r, char *error, size_t error_bytes)
{
    const struct resolver_params *params = &r->params;
    if (params->mode == RESOLVER_SYSTEM)
        return resolver_read_resolv_conf(resolv_conf(params), &r->forwarders, error, error_bytes);
    if (params->mode != RESOLVER_FORWARD)
        return 0;
    for (const char *const *address = params->forwarders; *address; address++)
        if (!forwarder_list_add(&r->forwarders, str_of(*address))) {
            snprintf(error, error_bytes, "%s: is no resolver's address, or one of more than %d", *address, RESOLVER_FORWARDERS_MAX);
            return -1;
        }
    must(r->forwarders.count);
    return 0;
}

static const struct resolver_ops OPS = {.ask = unbound_ask, .cancel = unbound_cancel, .describe = unbound_describe, .free = unbound_free};

struct resolver *resolver_new_unbound(struct loop *l, const struct resolver_params *params, char *error, size_t error_bytes)
{
    struct unbound_resolver *r = calloc(1, sizeof *r);
    if (!r) {
        snprintf(error, error_bytes, "the resolver cannot start: out of memory");
        return NULL;
    }
    r->base.ops = &OPS;
    r->loop = l;
    r->params = *params;
    r->params.at_once = params->at_once ? params->at_once : resolver_questions_at_once();
    if (!choose_forwarders(r, error, error_bytes))
        r->context = resolver_context_new(loop_event_base(l), &r->params, &r->forwarders, error, error_bytes);
    if (!r->context) {
        free(r);
        return NULL;
    }
    describe_forwarders(r);
    arena_init(&r->proof_arena, PROOF_ARENA_BYTES);
    if (params->mode == RESOLVER_AUTO) {
        r->proving = true;
        resolver_ask(&r->base, &r->proof, ".", DNS_NS, &r->proof_arena, PROOF_LIMIT_MS, on_proof, r);
    }
    return &r->base;
}

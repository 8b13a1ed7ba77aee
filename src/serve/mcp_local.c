/* SPDX-License-Identifier: Apache-2.0 */
/* mcp_local - see mcp_local.h. */
#include "serve/mcp_local.h"

#include <stdlib.h>

#include "serve/bulk.h"
#include "serve/state.h"

enum { ARENA_BYTES_MAX = 1024 * 1024, THE_CLIENT = 1 };

struct local_call {
    struct mcp_local *local;
    struct arena arena;
    struct request request;
    struct run_watcher watcher;
    struct timer timer; /* the end of the wait; or, when it is due at once, the end of the call */
    struct local_call *previous, *next;
};

struct mcp_local {
    struct mcp_local_params params;
    struct serve serve; /* without HTTP: the runs and their limits */
    struct local_call *calls;
    size_t count;
};

struct mcp_local *mcp_local_new(const struct mcp_local_params *params)
{
    struct mcp_local *m = calloc(1, sizeof *m);
    if (!m)
        return NULL;
    m->params = *params;
    m->serve = (struct serve){.params = {.loop = params->loop,
                                         .pool = params->pool,
                                         .listen_fd = -1,
                                         .public_only = params->public_only,
                                         .public_networks = params->public_networks,
                                         .public_network_count = params->public_network_count},
                              .is_private = true,
                              .limits = limits_new()};
    m->serve.checks = m->serve.limits ? checks_new(params->loop, params->pool, &checks_default_limits) : NULL;
    m->serve.bulks = m->serve.checks ? bulks_new(&m->serve) : NULL;
    if (m->serve.bulks)
        return m;
    mcp_local_free(m);
    return NULL;
}

static void free_call(struct local_call *c)
{
    struct mcp_local *m = c->local;
    *(c->previous ? &c->previous->next : &m->calls) = c->next;
    if (c->next)
        c->next->previous = c->previous;
    m->count--;
    timer_cancel(&c->timer);
    run_unwatch(&c->watcher);
    arena_done(&c->arena);
    free(c);
}

static void say_answer(struct mcp_local *m, struct request *q, struct answer *a)
{
    if (a->body.failed || q->arena->exhausted || !q->call) {
        a->status = 500;
        if (q->call)
            mcp_fail(q, a, a->status, MCP_INTERNAL_ERROR, "there is not enough memory for this answer");
    }
    if (a->body.used > 0)
        m->params.say(m->params.arg, (struct str){a->body.bytes, a->body.used});
}

static void end_call(void *arg)
{
    struct local_call *c = arg;
    struct answer a = {0};
    buf_init(&a.body, ANSWER_BYTES_MAX);
    c->request.then(&c->request, c->request.run, &a);
    say_answer(c->local, &c->request, &a);
    buf_done(&a.body);
    free_call(c);
}

/* A call does not end within the callback of what it watches. */
static void on_change(void *arg)
{
    struct local_call *c = arg;
    struct mcp_local *m = c->local;
    struct buf text;
    buf_init(&text, MCP_MESSAGE_BYTES);
    if (mcp_progress(&c->request, c->request.run, &text) && !text.failed)
        m->params.say(m->params.arg, (struct str){text.bytes, text.used});
    buf_done(&text);
    if (run_is_over(c->request.run))
        timer_start(m->params.loop, &c->timer, 0, end_call, c);
}

static void cancel(struct mcp_local *m, struct str id)
{
    for (struct local_call *c = m->calls; c; c = c->next)
        if (c->request.run && str_eq(c->request.call->id, id)) {
            run_unwatch(&c->watcher);
            mcp_withdraw(&c->request, c->request.run);
            free_call(c);
            return;
        }
}

static struct local_call *new_call(struct mcp_local *m, struct str line)
{
    struct local_call *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->local = m;
    arena_init(&c->arena, ARENA_BYTES_MAX);
    c->request = (struct request){
        .serve = &m->serve, .method = METHOD_POST, .body = line, .client = {{IP_V4, {127, 0, 0, 1}}, 0}, .who = THE_CLIENT, .arena = &c->arena};
    c->next = m->calls;
    if (c->next)
        c->next->previous = c;
    m->calls = c;
    m->count++;
    return c;
}

void mcp_local_feed(struct mcp_local *m, struct str line)
{
    struct local_call *c = new_call(m, line);
    struct answer a = {0};
    if (!c)
        return;
    struct request *q = &c->request;
    buf_init(&a.body, ANSWER_BYTES_MAX);
    mcp_handle(q, NULL, &a);
    q->body = STR(""); /* the line goes when this returns */
    if (q->run && m->count > MCP_LOCAL_CALLS) {
        mcp_withdraw(q, q->run);
        q->run = NULL;
        mcp_fail(q, &a, 503, MCP_INTERNAL_ERROR, "%d calls are under way; wait for one of them to end", MCP_LOCAL_CALLS);
    }
    struct str cancels = q->call ? q->call->cancels : STR("");
    if (q->run) {
        run_watch(q->run, &c->watcher, on_change, c);
        timer_start(m->params.loop, &c->timer, q->wait_ms, end_call, c);
    } else {
        say_answer(m, q, &a);
        if (cancels.n)
            cancel(m, cancels);
        free_call(c);
    }
    buf_done(&a.body);
}

void mcp_local_feed_too_long(struct mcp_local *m)
{
    struct local_call *c = new_call(m, STR(""));
    struct answer a = {0};
    if (!c)
        return;
    c->request.call = ARENA_NEW(&c->arena, struct mcp_call);
    if (c->request.call)
        mcp_fail(&c->request, &a, 413, MCP_INVALID_REQUEST, "a message has at most %d octets", MCP_MESSAGE_BYTES);
    say_answer(m, &c->request, &a);
    buf_done(&a.body);
    free_call(c);
}

size_t mcp_local_calls(const struct mcp_local *m)
{
    return m->count;
}

void mcp_local_stop(struct mcp_local *m)
{
    checks_stop(m->serve.checks, "the service ends");
}

void mcp_local_free(struct mcp_local *m)
{
    if (!m)
        return;
    for (struct local_call *c = m->calls, *next; c; c = next) {
        next = c->next;
        free_call(c);
    }
    bulks_free(m->serve.bulks);
    checks_free(m->serve.checks);
    limits_free(m->serve.limits);
    free(m);
}

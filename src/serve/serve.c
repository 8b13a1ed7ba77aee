/* SPDX-License-Identifier: Apache-2.0 */
/* serve - see serve.h. */
#include "serve/serve.h"

#include <stdio.h>
#include <stdlib.h>

#include "serve/bulk.h"
#include "serve/http.h"
#include "serve/state.h"

enum { STOP_LOOK_MS = 50, STOP_LAST_MS = 1000 };

bool serve_is_private(const struct listen_address *bound, size_t public_name_count)
{
    return listen_is_loopback(bound) && public_name_count == 0;
}

struct serve *serve_new(const struct serve_params *params, struct keys *keys, const struct opt_out *opt_out, char *error, size_t error_bytes)
{
    struct serve *s = calloc(1, sizeof *s);
    snprintf(error, error_bytes, "out of memory");
    if (!s) {
        keys_free(keys);
        return NULL;
    }
    s->params = *params;
    s->keys = keys;
    s->opt_out = opt_out;
    s->bound = listen_bound_to(params->listen_fd);
    s->is_private = serve_is_private(&s->bound, params->public_name_count);
    s->since = loop_wall(params->loop);
    s->limits = limits_new();
    s->checks = s->limits ? checks_new(params->loop, params->pool, &checks_default_limits) : NULL;
    s->bulks = s->checks ? bulks_new(s) : NULL;
    s->http = s->bulks ? http_new(s, error, error_bytes) : NULL;
    if (s->http)
        return s;
    serve_free(s);
    return NULL;
}

void serve_free(struct serve *s)
{
    if (!s)
        return;
    timer_cancel(&s->stop_timer);
    if (s->checks)
        checks_stop(s->checks, "the service ends");
    http_free(s->http);
    bulks_free(s->bulks);
    checks_free(s->checks);
    limits_free(s->limits);
    keys_free(s->keys);
    free(s);
}

void serve_reload(struct serve *s, struct keys *keys, const struct opt_out *opt_out)
{
    keys_free(s->keys);
    s->keys = keys;
    s->opt_out = opt_out;
}

static void stop_now(void *arg)
{
    struct serve *s = arg;
    s->params.stopped(s->params.arg);
}

/* Those who wait are told, and get a moment to hear it. */
static void cancel_all(void *arg)
{
    struct serve *s = arg;
    checks_stop(s->checks, "the service ends");
    timer_start(s->params.loop, &s->stop_timer, STOP_LAST_MS, stop_now, s);
}

static void look(void *arg)
{
    struct serve *s = arg;
    bool idle = checks_under_way(s->checks) == 0 && http_open_requests(s->http) == 0;
    int64_t left_ms = SERVE_STOP_MS - (int64_t)mono_ms_between(s->stop_since, loop_now(s->params.loop));
    if (idle)
        stop_now(s);
    else if (left_ms <= 0)
        cancel_all(s);
    else
        timer_start(s->params.loop, &s->stop_timer, left_ms < STOP_LOOK_MS ? left_ms : STOP_LOOK_MS, look, s);
}

void serve_stop(struct serve *s)
{
    if (s->stopping)
        return;
    s->stopping = true;
    s->stop_since = loop_now(s->params.loop);
    http_close_door(s->http);
    timer_start(s->params.loop, &s->stop_timer, 0, look, s);
}

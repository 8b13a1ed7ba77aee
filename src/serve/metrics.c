/* SPDX-License-Identifier: Apache-2.0 */
/* metrics - /metrics is about the daemon, /probe about one target, as Prometheus wants them. */
#include <string.h>

#include "serve/documents.h"
#include "serve/problem.h"
#include "serve/routes.h"
#include "serve/state.h"
#include "serve/targets.h"

enum { SCRAPE_S_MAX = 120, MS_PER_S = 1000 };

static const char exposition[] = "text/plain; version=0.0.4; charset=utf-8";

static void family(struct buf *b, const char *name, const char *type, const char *help)
{
    buf_printf(b, "# HELP mxassay_%s %s\n# TYPE mxassay_%s %s\n", name, help, name, type);
}

static void one(struct buf *b, const char *name, const char *type, const char *help, uint64_t value)
{
    family(b, name, type, help);
    buf_printf(b, "mxassay_%s %llu\n", name, (unsigned long long)value);
}

void metrics_get(struct request *q, struct answer *a)
{
    const struct serve *s = q->serve;
    const struct pool_state pool = pool_state(s->params.pool);
    struct buf *b = &a->body;
    a->status = 200;
    a->type = exposition;
    family(b, "build_info", "gauge", "What runs here");
    buf_printf(b, "mxassay_build_info{version=\"%s\"} 1\n", MXASSAY_VERSION);
    one(b, "start_time_seconds", "gauge", "When the daemon began, as Unix time", (uint64_t)s->since.s);
    family(b, "http_requests_total", "counter", "Requests by class of their answer");
    for (unsigned i = 1; i < STATUS_CLASSES; i++)
        buf_printf(b, "mxassay_http_requests_total{class=\"%uxx\"} %llu\n", i, (unsigned long long)s->counters.requests[i]);
    one(b, "http_connections", "gauge", "Connections that are open", s->counters.connections);
    one(b, "http_streams", "gauge", "Streams of events that are open", s->counters.streams);
    one(b, "runs_started_total", "counter", "Runs that were begun", s->counters.started);
    one(b, "runs_joined_total", "counter", "Wishes that a run under way or a kept result fulfilled", s->counters.joined);
    one(b, "runs_limited_total", "counter", "Wishes that a rate limit refused", s->counters.refused);
    one(b, "runs_under_way", "gauge", "Runs that are not over", checks_under_way(s->checks));
    one(b, "runs_kept", "gauge", "Results in memory", checks_kept(s->checks));
    one(b, "workers", "gauge", "Processes that probe", pool.workers);
    one(b, "worker_orders_working", "gauge", "Orders that a worker has", pool.working);
    one(b, "worker_orders_waiting", "gauge", "Orders that wait for a worker", pool.waiting);
    one(b, "worker_orders_done_total", "counter", "Orders that are done", pool.done);
    one(b, "worker_orders_lost_total", "counter", "Orders that died with their worker", pool.lost);
    one(b, "worker_restarts_total", "counter", "Workers that took another's place", pool.restarts);
}

static void answer_probe(struct request *q, struct run *r, struct answer *a)
{
    (void)q;
    document_answer(r, WORK_METRICS, exposition, PROBLEM_TIMEOUT, a);
}

/* Half a second less than the scraper waits, so that it hears why. */
static int64_t scrape_wait_ms(const struct request *q)
{
    uint64_t s = 0;
    struct str header = str_of(q->scrape_timeout), whole = str_cut(&header, '.');
    return str_number(whole, SCRAPE_S_MAX, &s) && s > 0 ? (int64_t)s * MS_PER_S - MS_PER_S / 2 : DOCUMENT_WAIT_MS;
}

void metrics_probe(struct request *q, struct answer *a)
{
    struct work_order order = {0};
    struct str module = request_arg(q, "module"), target = request_arg(q, "target");
    bool is_server = str_is(module, "server");
    order.no_smtp = str_is(module, "dns");
    if (module.n && !is_server && !order.no_smtp && !str_is(module, "domain")) {
        problem_write(a, PROBLEM_PARAMETER, "module is not one of domain, dns, server");
        return;
    }
    if ((is_server ? target_server : target_domain)(q, target, &order, a) < 0)
        return;
    struct run *r = target_run(q, &order, 0, a);
    if (r)
        request_wait(q, r, scrape_wait_ms(q), answer_probe);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* targets - see targets.h. */
#include "serve/targets.h"

#include "net/names.h"
#include "serve/problem.h"
#include "serve/state.h"

enum { BUSY_RETRY_S = 10 };

static int wrong(struct answer *a, struct str input, const char *problem)
{
    problem_write(a, PROBLEM_TARGET, "'%.*s': %s", (int)(input.n > 100 ? 100 : input.n), input.p, problem ? problem : "out of memory");
    return -1;
}

static int opted_out(struct answer *a, const char *name)
{
    problem_write(a, PROBLEM_OPTED_OUT, "%.200s is on the list of those who do not want to be tested from here", name);
    return -1;
}

int target_domain(struct request *q, struct str input, struct work_order *order, struct answer *a)
{
    struct domain_name name;
    const char *problem = NULL;
    if (!input.n) {
        problem_write(a, PROBLEM_TARGET, "no domain is given");
        return -1;
    }
    if (name_parse_domain(input, q->arena, &name, &problem) < 0)
        return wrong(a, input, problem);
    if (opt_out_has_name(q->serve->opt_out, name.ascii))
        return opted_out(a, name.ascii);
    order->server = false;
    order->target = name.ascii;
    return 0;
}

static bool is_as_if_public(const struct serve *s, struct ip ip)
{
    for (size_t i = 0; i < s->params.public_network_count; i++)
        if (ip_network_has(s->params.public_networks[i], ip))
            return true;
    return false;
}

static const char *server_text(struct request *q, const struct server_name *server)
{
    const char *host = server->ip.family == IP_V6 ? arena_printf(q->arena, "[%s]", server->name.ascii) : server->name.ascii;
    return host && server->port ? arena_printf(q->arena, "%s:%u", host, server->port) : host;
}

int target_server(struct request *q, struct str input, struct work_order *order, struct answer *a)
{
    const struct serve *s = q->serve;
    struct server_name server;
    const char *problem = NULL;
    if (!input.n) {
        problem_write(a, PROBLEM_TARGET, "no server is given");
        return -1;
    }
    if (name_parse_server(input, q->arena, &server, &problem) < 0)
        return wrong(a, input, problem);
    bool is_ip = server.ip.family != IP_NONE;
    const char *special = is_ip && s->params.public_only && !is_as_if_public(s, server.ip) ? ip_special_purpose(server.ip) : NULL;
    if (special) {
        problem_write(a, PROBLEM_NOT_PUBLIC, "%s: %s; this service connects to public addresses only", server.name.ascii, special);
        return -1;
    }
    if (is_ip ? opt_out_has_ip(s->opt_out, server.ip) : opt_out_has_name(s->opt_out, server.name.ascii))
        return opted_out(a, server.name.ascii);
    order->server = true;
    order->target = server_text(q, &server);
    return order->target ? 0 : wrong(a, input, NULL);
}

bool target_tls(struct str word, enum probe_tls *tls)
{
    static const char *const words[] = {
        [PROBE_TLS_AUTO] = "auto", [PROBE_TLS_STARTTLS] = "starttls", [PROBE_TLS_IMPLICIT] = "implicit", [PROBE_TLS_NONE] = "none"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_is(word, words[i])) {
            *tls = (enum probe_tls)i;
            return true;
        }
    return false;
}

bool target_may_go_deep(const struct request *q)
{
    return q->serve->keys ? q->key && (q->key->scopes & SCOPE_DEEP) : q->serve->is_private;
}

static struct str client_of(const struct request *q)
{
    return q->key ? str_of(q->key->name) : limits_client(&q->client.ip);
}

static bool is_within_limits(struct request *q, const char *target, struct answer *a)
{
    struct serve *s = q->serve;
    struct mono now = loop_now(s->params.loop);
    uint32_t wait_s = limits_take(s->limits, LIMIT_STARTS, client_of(q), now);
    if (wait_s)
        problem_retry(a, PROBLEM_CLIENT_LIMIT, wait_s, "a client may start %u runs at once, and one more each second", limit_rates[LIMIT_STARTS].burst);
    if (!wait_s && (wait_s = limits_take(s->limits, LIMIT_TARGET, str_of(target), now)) > 0)
        problem_retry(a, PROBLEM_TARGET_LIMIT, wait_s, "%.200s was tested %u times in a short time; a kept result is to be had with max_age_s", target,
                      limit_rates[LIMIT_TARGET].burst);
    if (!wait_s && (wait_s = limits_take(s->limits, LIMIT_ALL, STR(""), now)) > 0)
        problem_retry(a, PROBLEM_BUSY, wait_s, "more runs are asked for than this service starts");
    s->counters.refused += wait_s > 0;
    return wait_s == 0;
}

struct run *target_run(struct request *q, const struct work_order *order, uint32_t max_age_s, struct answer *a)
{
    struct serve *s = q->serve;
    struct run *r = checks_join(s->checks, order, q->who, max_age_s);
    s->counters.joined += r != NULL;
    if (r)
        return r;
    if (s->stopping) {
        problem_retry(a, PROBLEM_STOPPING, BUSY_RETRY_S, "nothing new is started");
        return NULL;
    }
    if (!is_within_limits(q, order->target, a))
        return NULL;
    r = checks_start(s->checks, order, q->who);
    s->counters.started += r != NULL;
    if (!r)
        problem_retry(a, PROBLEM_BUSY, BUSY_RETRY_S, "there is no room for another run");
    return r;
}

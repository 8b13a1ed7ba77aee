/* SPDX-License-Identifier: Apache-2.0 */
/*
 * judge - see judge.h. Every verdict is found when somebody asks for it: its gates first, then its rule; then it is
 * kept. The rows may stand in any order in the table and may ask each other.
 */
#include "judge/judge.h"

#include <stdlib.h>
#include <string.h>

#include "base/panic.h"
#include "judge/rules.h"
#include "judge/score.h"
#include "judge/senders.h"
#include "judge/summary.h"

enum { GATES_MAX = 2 };

static const struct {
    rule_fn *rule;
    unsigned ports; /* enum port_role */
    enum row gates[GATES_MAX];
} rows[ROW_END] = {
#define NO_GATE {ROW_NONE}
#define GATED_BY(...) {__VA_ARGS__}
#define CHECK(name, ports, gates, ...) [ROW_##name] = {rule_##name, ports, gates},
#include "judge/findings.def"
#undef CHECK
};

/* Objects are numbered within their scope: all hosts, all addresses, all endpoints, in the order of the facts. */
struct known {
    struct object_numbers {
        size_t first_address, address_count;
        size_t *first_endpoint; /* of each address of the host */
    } *hosts;
    size_t counts[SCOPE_ENDPOINT + 1];
    struct known_verdict {
        enum { NOT_FOUND = 0, BEING_FOUND, FOUND } state;
        struct outcome outcome;
    } *verdicts[ROW_END];
};

static int count_objects(struct context *c)
{
    struct known *k = c->known;
    k->counts[SCOPE_DOMAIN] = 1;
    k->counts[SCOPE_HOST] = c->facts->host_count + c->facts->submission_host_count;
    k->hosts = ARENA_ARRAY(c->arena, struct object_numbers, k->counts[SCOPE_HOST]);
    if (!k->hosts)
        return -1;
    for (size_t h = 0; h < k->counts[SCOPE_HOST]; h++) {
        const struct host_facts *host = &c->facts->hosts[h];
        k->hosts[h] = (struct object_numbers){k->counts[SCOPE_ADDRESS], host->address_count, ARENA_ARRAY(c->arena, size_t, host->address_count)};
        if (!k->hosts[h].first_endpoint)
            return -1;
        k->counts[SCOPE_ADDRESS] += host->address_count;
        for (size_t a = 0; a < host->address_count; a++) {
            k->hosts[h].first_endpoint[a] = k->counts[SCOPE_ENDPOINT];
            k->counts[SCOPE_ENDPOINT] += host->addresses[a].endpoint_count;
        }
    }
    for (enum row row = ROW_NONE + 1; row != ROW_END; row++) {
        k->verdicts[row] = ARENA_ARRAY(c->arena, struct known_verdict, k->counts[checks[row].scope]);
        if (!k->verdicts[row])
            return -1;
    }
    return 0;
}

static size_t number_of(const struct context *c, enum scope scope, const struct subject *s)
{
    must(s->scope >= scope);
    if (scope == SCOPE_DOMAIN)
        return 0;
    must(s->host && (scope < SCOPE_ADDRESS || s->address));
    size_t h = (size_t)(s->host - c->facts->hosts);
    if (scope == SCOPE_HOST)
        return h;
    size_t a = (size_t)(s->address - s->host->addresses);
    if (scope == SCOPE_ADDRESS)
        return c->known->hosts[h].first_address + a;
    return c->known->hosts[h].first_endpoint[a] + (size_t)(s->endpoint - s->address->endpoints);
}

static struct subject widened(const struct subject *s, enum scope scope)
{
    return (struct subject){scope, scope >= SCOPE_HOST ? s->host : NULL, scope >= SCOPE_ADDRESS ? s->address : NULL, scope >= SCOPE_ENDPOINT ? s->endpoint : NULL};
}

/* On a domain's host the ports of submission may be closed; only the mail port has a row that says so. */
static bool is_closed_submission(const struct context *c, const struct subject *s)
{
    if (s->scope != SCOPE_ENDPOINT || s->endpoint == mail_endpoint(c, s->address))
        return false;
    return !s->endpoint->shown || s->endpoint->shown->connect != CONNECT_OPEN;
}

/* When it was our own side that could not connect, the first row to look at the port tells. */
static struct outcome closed_submission(struct context *c, enum row row, const struct subject *s)
{
    const struct session_facts *shown = s->endpoint->shown;
    const char *error = shown ? shown->connect_error : "no room for the connection";
    if (shown ? shown->connect != CONNECT_TROUBLE : s->endpoint->not_probed != NOT_PROBED_TROUBLE)
        return not_applicable();
    if (row != ROW_smtp_greeting)
        return as_parent(ROW_smtp_greeting, verdict_of(c, ROW_smtp_greeting, s));
    return unknown(c, REASON_INTERNAL, "Port %u: our own side could not connect: %s.", s->endpoint->port, error ? error : "no reason is known");
}

static bool gate_applies(const struct context *c, enum row gate, const struct subject *s)
{
    if (gate == ROW_net_port25_open && s->scope == SCOPE_ENDPOINT && s->endpoint != mail_endpoint(c, s->address))
        return false;
    if (gate == ROW_mtasts_policy_fetch && c->facts->mta_sts.assumed)
        return false;
    return gate != ROW_mx_exists || !is_server(c); /* a server has no MX set */
}

/* What was observed of TLS is enough for the rows behind the handshake, as long as they find nothing wrong. An observation may also
 * have come to nothing. */
static bool is_observed(const struct outcome *parent, enum row gate, const struct subject *s)
{
    if (s->scope == SCOPE_ENDPOINT && !is_unproven(s->endpoint))
        return false;
    return parent->value == VERDICT_UNKNOWN && parent->reason == REASON_NOT_PROVEN && (gate == ROW_tls_handshake || parent->via == ROW_tls_handshake);
}

static bool is_behind(enum row row, enum row gate)
{
    for (size_t i = 0; i != GATES_MAX && rows[row].gates[i] != ROW_NONE; i++)
        if (rows[row].gates[i] == gate || is_behind(rows[row].gates[i], gate))
            return true;
    return false;
}

/* Nobody is accused of what no handshake has proven. */
static struct outcome as_proven(struct context *c, enum row row, const struct subject *s, struct outcome o)
{
    if (o.value != VERDICT_FAIL || checks[row].scope != SCOPE_ENDPOINT || !is_unproven(s->endpoint) || !is_behind(row, ROW_tls_handshake))
        return o;
    return unknown(c, REASON_NOT_PROVEN, "%s", o.detail ? o.detail : "");
}

static struct outcome find(struct context *c, enum row row, const struct subject *s)
{
    if (s->scope == SCOPE_ENDPOINT && !(rows[row].ports & port_role(c, s->endpoint)))
        return not_applicable();
    if (is_closed_submission(c, s))
        return closed_submission(c, row, s);
    for (size_t i = 0; i != GATES_MAX && rows[row].gates[i] != ROW_NONE; i++) {
        enum row gate = rows[row].gates[i];
        if (!gate_applies(c, gate, s))
            continue;
        const struct outcome *parent = verdict_of(c, gate, s);
        if (parent->value != VERDICT_PASS && !is_observed(parent, gate, s))
            return as_parent(gate, parent);
    }
    return as_proven(c, row, s, rows[row].rule(c, s));
}

const struct outcome *verdict_of(struct context *c, enum row row, const struct subject *subject)
{
    struct subject s = widened(subject, checks[row].scope);
    struct known_verdict *v = &c->known->verdicts[row][number_of(c, checks[row].scope, &s)];
    must(v->state != BEING_FOUND);
    if (v->state == NOT_FOUND) {
        v->state = BEING_FOUND;
        v->outcome = find(c, row, &s);
        v->state = FOUND;
    }
    return &v->outcome;
}

static enum owner owner_of(const struct context *c, const struct check *check, const struct subject *s)
{
    if (check->about_probe)
        return OWNER_PROBE;
    return s->host && !check->own_record && is_providers(c, s->host) ? OWNER_PROVIDER : OWNER_YOURS;
}

static void collect_within(struct context *c, enum row row, const struct subject *within, struct judgement *out)
{
    struct subject s;
    for (struct walk w = {0}; next_object(c, within, checks[row].scope, &w, &s);) {
        const struct outcome *o = verdict_of(c, row, &s);
        out->verdicts[out->count++] = (struct verdict){.check = &checks[row],
                                                       .subject = s,
                                                       .value = o->value,
                                                       .reason = o->reason,
                                                       .via = o->via == ROW_NONE ? NULL : &checks[o->via],
                                                       .derived = o->derived,
                                                       .owner = owner_of(c, &checks[row], &s),
                                                       .detail = o->detail};
    }
}

/* Hosts for submission have no part in the way of mail from others: only their ports are judged. */
static int collect_verdicts(struct context *c, struct judgement *out)
{
    const struct subject all = {SCOPE_DOMAIN, NULL, NULL, NULL};
    size_t room = 0;
    for (enum row row = ROW_NONE + 1; row != ROW_END; row++)
        room += c->known->counts[checks[row].scope];
    out->verdicts = ARENA_ARRAY(c->arena, struct verdict, room);
    if (!out->verdicts)
        return -1;
    for (enum row row = ROW_NONE + 1; row != ROW_END; row++) {
        if (!check_is_wanted(c->options, &checks[row]))
            continue;
        collect_within(c, row, &all, out);
        for (size_t h = 0; checks[row].scope == SCOPE_ENDPOINT && h < c->facts->submission_host_count; h++)
            collect_within(c, row, &(struct subject){.scope = SCOPE_HOST, .host = &c->facts->hosts[c->facts->host_count + h]}, out);
    }
    return 0;
}

/* Errors, warnings, what is unknown, notices. */
static int rank(const struct verdict *v)
{
    if (v->value == VERDICT_UNKNOWN)
        return v->check->decisive ? 2 : 3;
    return v->check->severity == SEVERITY_ERROR ? 0 : v->check->severity == SEVERITY_WARNING ? 1 : 4;
}

static int worse_first(const void *a, const void *b)
{
    const struct verdict *x = *(struct verdict *const *)a, *y = *(struct verdict *const *)b;
    return rank(x) != rank(y) ? rank(x) - rank(y) : x < y ? -1 : 1;
}

static int collect_findings(struct context *c, struct judgement *j)
{
    j->findings = ARENA_ARRAY(c->arena, struct verdict *, j->count);
    if (!j->findings)
        return -1;
    for (size_t i = 0; i < j->count; i++) {
        struct verdict *v = &j->verdicts[i];
        if (v->value == VERDICT_FAIL || (v->value == VERDICT_UNKNOWN && !v->derived))
            j->findings[j->finding_count++] = v;
    }
    if (j->finding_count)
        qsort(j->findings, j->finding_count, sizeof *j->findings, worse_first);
    return 0;
}

int judge(const struct facts *facts, const struct judge_options *options, struct wall now, struct arena *arena, struct judgement *out)
{
    struct context c = {.facts = facts, .options = options, .now = now, .arena = arena, .known = ARENA_NEW(arena, struct known)};
    *out = (struct judgement){.tls_policy = options->tls_policy};
    if (!c.known || count_objects(&c) < 0 || collect_verdicts(&c, out) < 0 || collect_findings(&c, out) < 0)
        return -1;
    for (enum owner owner = OWNER_YOURS; owner <= OWNER_PROVIDER; owner++)
        if (score_of(out->verdicts, out->count, owner, arena, &out->scores[owner]) < 0)
            return -1;
    summarise(&c, out);
    judge_senders(&c, out);
    return arena->exhausted ? -1 : 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* rules - see rules.h. */
#include "judge/rules.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "judge/tls_classes.h"

enum { DETAIL_BYTES_MAX = 2000, SHOWN_COLUMNS_MAX = 160 };

struct outcome pass(void)
{
    return (struct outcome){.value = VERDICT_PASS};
}

struct outcome not_applicable(void)
{
    return (struct outcome){.value = VERDICT_NA};
}

struct outcome not_applicable_via(enum row row)
{
    return (struct outcome){.value = VERDICT_NA, .via = row};
}

static const char *write_detail(struct context *c, const char *format, va_list args) __attribute__((format(printf, 2, 0)));
static const char *write_detail(struct context *c, const char *format, va_list args)
{
    char text[DETAIL_BYTES_MAX];
    int n = vsnprintf(text, sizeof text, format, args);
    if (n < 0)
        return NULL;
    return arena_cstr(c->arena, (struct str){text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1});
}

struct outcome fail(struct context *c, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct outcome o = {.value = VERDICT_FAIL, .detail = write_detail(c, format, args)};
    va_end(args);
    return o;
}

struct outcome unknown(struct context *c, enum reason reason, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct outcome o = {.value = VERDICT_UNKNOWN, .reason = reason, .detail = write_detail(c, format, args)};
    va_end(args);
    return o;
}

static enum reason reason_of_our_side(enum row row)
{
    return row == ROW_net_egress ? REASON_BLOCKED_EGRESS : REASON_RESOLVER_UNTRUSTED;
}

struct outcome as_parent(enum row parent, const struct outcome *verdict)
{
    if (verdict->value == VERDICT_UNKNOWN)
        return (struct outcome){.value = VERDICT_UNKNOWN, .reason = verdict->reason, .via = parent, .derived = true, .detail = verdict->detail};
    if (verdict->value == VERDICT_FAIL && checks[parent].about_probe)
        return (struct outcome){.value = VERDICT_UNKNOWN, .reason = reason_of_our_side(parent), .via = parent, .detail = verdict->detail};
    return not_applicable_via(parent);
}

struct outcome pass_if_proven(struct context *c, const struct subject *endpoint)
{
    return is_unproven(endpoint->endpoint) ? as_parent(ROW_tls_handshake, verdict_of(c, ROW_tls_handshake, endpoint)) : pass();
}

bool passes(struct context *c, enum row row, const struct subject *s)
{
    return verdict_of(c, row, s)->value == VERDICT_PASS;
}

bool fails(struct context *c, enum row row, const struct subject *s)
{
    return verdict_of(c, row, s)->value == VERDICT_FAIL;
}

struct tally tally(struct context *c, enum row row, const struct subject *s)
{
    struct tally t = {0};
    size_t reasons[REASON_INTERNAL + 1] = {0};
    struct subject child;
    for (struct walk w = {0}; next_object(c, s, checks[row].scope, &w, &child);) {
        const struct outcome *o = verdict_of(c, row, &child);
        t.pass += o->value == VERDICT_PASS;
        t.fail += o->value == VERDICT_FAIL;
        t.unknown += o->value == VERDICT_UNKNOWN;
        if (o->value == VERDICT_UNKNOWN && ++reasons[o->reason] > reasons[t.reason])
            t.reason = o->reason;
    }
    return t;
}

struct outcome unknown_as_children(enum row row, const struct tally *t)
{
    return (struct outcome){.value = VERDICT_UNKNOWN, .reason = t->reason, .via = row, .derived = true};
}

bool next_object(const struct context *c, const struct subject *within, enum scope scope, struct walk *w, struct subject *out)
{
    if (scope == SCOPE_DOMAIN) {
        *out = (struct subject){.scope = SCOPE_DOMAIN};
        return w->host++ == 0;
    }
    size_t count = c->facts->host_count + (within->host ? c->facts->submission_host_count : 0);
    for (; w->host < count; w->host++, w->address = w->endpoint = 0) {
        const struct host_facts *host = &c->facts->hosts[w->host];
        if (within->host && host != within->host)
            continue;
        if (scope == SCOPE_HOST) {
            *out = (struct subject){.scope = SCOPE_HOST, .host = host};
            w->host++;
            return true;
        }
        for (; w->address < host->address_count; w->address++, w->endpoint = 0) {
            const struct address_facts *address = &host->addresses[w->address];
            if (within->address && address != within->address)
                continue;
            if (scope == SCOPE_ADDRESS) {
                *out = (struct subject){.scope = SCOPE_ADDRESS, .host = host, .address = address};
                w->address++;
                return true;
            }
            if (w->endpoint < address->endpoint_count) {
                *out = (struct subject){SCOPE_ENDPOINT, host, address, &address->endpoints[w->endpoint++]};
                return true;
            }
        }
    }
    return false;
}

bool is_server(const struct context *c)
{
    return c->facts->target.kind == TARGET_SERVER;
}

bool is_providers(const struct context *c, const struct host_facts *h)
{
    const char *own = c->facts->organisational_domain;
    return !is_server(c) && own && h->organisational_domain && strcmp(own, h->organisational_domain) != 0;
}

enum port_role port_role(const struct context *c, const struct endpoint_facts *e)
{
    if (e->tls_mode == TLS_MODE_IMPLICIT || e->port == SUBMISSIONS_PORT)
        return PORT_SUBMISSIONS;
    if (e->port == SUBMISSION_PORT || e->is_submission)
        return PORT_SUBMISSION;
    return e->port == SMTP_PORT || is_server(c) ? PORT_MX : NO_PORT;
}

const struct endpoint_facts *mail_endpoint(const struct context *c, const struct address_facts *a)
{
    for (size_t i = 0; i < a->endpoint_count; i++)
        if (a->endpoints[i].port == SMTP_PORT || is_server(c))
            return &a->endpoints[i];
    return NULL;
}

const char *shown(struct context *c, struct str s)
{
    struct buf text;
    buf_init(&text, 8 * SHOWN_COLUMNS_MAX);
    bool cut = s.n > SHOWN_COLUMNS_MAX;
    if (cut)
        s.n = SHOWN_COLUMNS_MAX;
    text_write_safe(&text, s);
    buf_add_cstr(&text, cut ? "..." : "");
    const char *copy = arena_cstr(c->arena, (struct str){text.bytes, text.used});
    c->arena->exhausted = c->arena->exhausted || text.failed;
    buf_done(&text);
    return copy ? copy : "";
}

const char *shown_reply(struct context *c, const struct smtp_reply *r)
{
    const char *text = r->line_count ? shown(c, r->lines[r->line_count - 1]) : "";
    const char *copy = r->code ? arena_printf(c->arena, "%d%s%s", r->code, *text ? " " : "", text) : text;
    return copy ? copy : "";
}

const char *shown_ip(struct context *c, struct ip ip)
{
    char text[IP_TEXT_BYTES];
    ip_write(ip, text);
    const char *copy = arena_strdup(c->arena, text);
    return copy ? copy : "";
}

const char *by_policy(struct context *c, enum tls_class class, const char *by_default)
{
    const struct tls_policy *p = c->options->tls_policy;
    if (tls_policy_is_default(p))
        return by_default;
    const char *text = arena_printf(c->arena, ", which is %s by the TLS policy %s", tls_class_word(class), shown(c, str_of(tls_policy_name(p))));
    return text ? text : "";
}

const char *listed(struct context *c, const char *list, const char *item)
{
    const char *longer = list ? arena_printf(c->arena, "%s, %s", list, item) : item;
    return longer ? longer : "";
}

bool is_denied(const struct dns_lookup *l)
{
    return l->status == DNS_NODATA || l->status == DNS_NXDOMAIN;
}

bool resolves_by_itself(const struct facts *f)
{
    return f->vantage.resolver && strcmp(f->vantage.resolver, "recursive") == 0;
}

bool is_answered(const struct dns_lookup *l)
{
    return l->status == DNS_FOUND || is_denied(l);
}

const char *dns_problem(struct context *c, const struct dns_lookup *l)
{
    static const char *const words[] = {
        [DNS_NOT_ASKED] = "it was not asked",
        [DNS_FOUND] = "it was found",
        [DNS_NODATA] = "there is no such record",
        [DNS_NXDOMAIN] = "there is no such name",
        [DNS_BOGUS] = "DNSSEC validation fails",
        [DNS_FAILED] = "the name servers gave no usable answer",
        [DNS_TIMEOUT] = "no answer came within our limit",
        [DNS_TROUBLE] = "our own side could not ask",
    };
    const char *text = l->reason ? arena_printf(c->arena, "%s (%s)", words[l->status], shown(c, str_of(l->reason))) : words[l->status];
    return text ? text : "";
}

enum reason reason_of_lookup(const struct dns_lookup *l)
{
    return l->status == DNS_TROUBLE || l->status == DNS_NOT_ASKED ? REASON_INTERNAL : REASON_DNS_FAILURE;
}

const char *address_problem(const struct dns_lookup *a, const struct dns_lookup *aaaa, const struct dns_lookup **open)
{
    *open = NULL;
    if (a->status == DNS_FOUND || aaaa->status == DNS_FOUND)
        return NULL;
    *open = !is_answered(a) ? a : !is_answered(aaaa) ? aaaa : NULL;
    return *open ? NULL : "has no address";
}

const char *mail_problem(const struct mail_domain *m, const struct dns_lookup **open)
{
    *open = is_answered(&m->mx) ? NULL : &m->mx;
    if (m->null_mx)
        return "takes no mail (null MX)";
    if (m->mx.status == DNS_NXDOMAIN)
        return "does not exist";
    if (m->mx.status == DNS_NODATA && address_problem(&m->a, &m->aaaa, open))
        return "has no MX record and no address";
    return NULL;
}

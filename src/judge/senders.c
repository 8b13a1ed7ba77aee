/* SPDX-License-Identifier: Apache-2.0 */
/* senders - see senders.h. Here: the table of senders, their way through the hosts, and what that is in words. */
#include "judge/senders.h"

#include <string.h>

static const struct sender_profile profiles[] = {
    {"plain", "without TLS", .tls = TLS_NEVER},
    {"opportunistic", "opportunistic", .tls = TLS_IF_OFFERED},
    {"postfix-may", "Postfix may", .tls = TLS_IF_OFFERED, .refuses_old_tls = true, .defers_first = true, .null_mx_beside_others_counts = true, .waits_at_521 = true},
    {"postfix-dane", "Postfix dane", .tls = TLS_IF_OFFERED, .refuses_old_tls = true, .defers_first = true, .null_mx_beside_others_counts = true, .waits_at_521 = true,
     .dane = true},
    {"sts-enforcing", "MTA-STS", .tls = TLS_IF_OFFERED, .mta_sts = true},
    {"sts-cached", "MTA-STS, cached", .tls = TLS_IF_OFFERED, .mta_sts = true, .cached = true},
    {"dane-then-sts", "DANE then MTA-STS", .tls = TLS_IF_OFFERED, .dane = true, .mta_sts = true},
    {"verify", "always verifying", .tls = TLS_ALWAYS, .refuses_old_tls = true, .public_cas = true},
};
enum { PROFILE_COUNT = sizeof profiles / sizeof *profiles, PLACES_SHOWN_MAX = 3 };

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

static bool is_delivered(enum delivery d)
{
    return d >= DELIVERY_PLAINTEXT;
}

/* What ends it before any host is tried. */
struct end {
    bool is_end;
    enum delivery delivery;
    const char *why;
};

static struct end end_at_look_up(struct context *c)
{
    const struct subject all = {.scope = SCOPE_DOMAIN};
    if (verdict_of(c, ROW_dns_dnssec_valid, &all)->value == VERDICT_FAIL)
        return (struct end){true, DELIVERY_DEFER, "DNSSEC validation of the domain fails"};
    if (verdict_of(c, ROW_dns_domain_answers, &all)->value == VERDICT_FAIL)
        return (struct end){true, DELIVERY_DEFER, "the name servers of the domain do not answer"};
    if (verdict_of(c, ROW_dns_domain_exists, &all)->value == VERDICT_FAIL)
        return (struct end){true, DELIVERY_BOUNCE, "the domain does not exist"};
    switch (c->facts->mx.status) {
    case MX_NULL:
        return (struct end){true, DELIVERY_BOUNCE, "a null MX record says that the domain takes no mail"};
    case MX_NONE:
        return (struct end){true, DELIVERY_BOUNCE, "the domain has neither an MX record nor an address"};
    case MX_NXDOMAIN:
    case MX_UNKNOWN:
    case MX_DNS_FAILURE:
        return (struct end){true, DELIVERY_UNKNOWN, "the DNS did not tell where mail goes"};
    case MX_PRESENT:
    case MX_IMPLICIT:
        break;
    }
    return (struct end){0};
}

static struct end end_before_hosts(struct context *c, const struct sender_profile *p)
{
    const struct subject all = {.scope = SCOPE_DOMAIN};
    if (is_server(c))
        return (struct end){0};
    const struct end end = end_at_look_up(c);
    if (end.is_end)
        return end;
    if (p->null_mx_beside_others_counts && fails(c, ROW_mx_null_exclusive, &all))
        return (struct end){true, DELIVERY_BOUNCE, "a null MX record stands beside the others"};
    if (c->facts->host_count && tally(c, ROW_mx_target_resolves, &all).fail == c->facts->host_count)
        return (struct end){true, DELIVERY_BOUNCE, "no mail host has an address"};
    return (struct end){0};
}

/* A host none of whose addresses is to be had. False: it simply has none, and senders go on to the next. */
static bool way_without_address(struct context *c, const struct subject *host, struct sender_way *w)
{
    const struct outcome *resolves = verdict_of(c, ROW_mx_target_resolves, host);
    *w = (struct sender_way){.subject = *host, .delivery = DELIVERY_DEFER, .why = "DNSSEC validation of the host fails"};
    if (fails(c, ROW_dns_host_dnssec_valid, host))
        return true;
    w->delivery = DELIVERY_UNKNOWN;
    w->why = "its addresses are not known";
    return resolves->value != VERDICT_FAIL;
}

static size_t count_ways_max(const struct facts *f)
{
    size_t count = f->host_count;
    for (size_t h = 0; h < f->host_count; h++)
        count += f->hosts[h].address_count;
    return count;
}

static int find_ways(struct context *c, const struct sender_profile *p, struct sender *out)
{
    const struct subject all = {.scope = SCOPE_DOMAIN};
    struct sender_way *ways = ARENA_ARRAY(c->arena, struct sender_way, count_ways_max(c->facts));
    struct subject host, address;
    if (!ways)
        return -1;
    for (struct walk h = {0}; next_object(c, &all, SCOPE_HOST, &h, &host);) {
        if (host.host->address_count == 0 && way_without_address(c, &host, &ways[out->way_count]))
            out->way_count++;
        for (struct walk a = {0}; next_object(c, &host, SCOPE_ADDRESS, &a, &address);)
            ways[out->way_count++] = sender_way(c, p, &address);
    }
    out->ways = ways;
    return 0;
}

/* The ways of one preference: [first, end). */
static size_t end_of_group(const struct sender *s, size_t first)
{
    size_t end = first;
    while (end < s->way_count && s->ways[end].subject.host->preference == s->ways[first].subject.host->preference)
        end++;
    return end;
}

/* Mail that can be delivered elsewhere at once does not wait for a second try. */
static bool decides(const struct sender *s, size_t first, size_t end, bool delayed_too)
{
    for (size_t i = first; i < end; i++)
        if (is_delivered(s->ways[i].delivery) && (delayed_too || !s->ways[i].delayed))
            return true;
    return false;
}

static size_t first_that_decides(const struct sender *s, bool delayed_too)
{
    size_t first = 0;
    while (first < s->way_count && !decides(s, first, end_of_group(s, first), delayed_too))
        first = end_of_group(s, first);
    return first;
}

static const struct sender_way *best_of(const struct sender *s, size_t first, size_t end)
{
    const struct sender_way *best = &s->ways[first];
    for (size_t i = first; i < end; i++)
        if (s->ways[i].delivery > best->delivery || (s->ways[i].delivery == best->delivery && best->delayed && !s->ways[i].delayed))
            best = &s->ways[i];
    return best;
}

/* Of what is known. */
static enum delivery worst_of(const struct sender *s, size_t first, size_t end)
{
    enum delivery worst = DELIVERY_UNKNOWN;
    for (size_t i = first; i < end; i++)
        if (s->ways[i].delivery != DELIVERY_UNKNOWN && (worst == DELIVERY_UNKNOWN || s->ways[i].delivery < worst))
            worst = s->ways[i].delivery;
    return worst;
}

static int name_passed_over(struct context *c, struct sender *s, const struct host_facts *decides)
{
    const char **names = ARENA_ARRAY(c->arena, const char *, c->facts->host_count);
    if (!names)
        return -1;
    for (size_t h = 0; h < c->facts->host_count && c->facts->hosts[h].preference < decides->preference; h++)
        names[s->delayed_by_count++] = c->facts->hosts[h].name;
    s->delayed_by = names;
    return 0;
}

/* No host takes mail: it is returned when all say so, kept when all are known. */
static void conclude_without_delivery(const struct context *c, struct sender *s)
{
    size_t bounce = 0, not_known = c->facts->hosts_left_out;
    for (size_t i = 0; i < s->way_count; i++) {
        bounce += s->ways[i].delivery == DELIVERY_BOUNCE;
        not_known += s->ways[i].delivery == DELIVERY_UNKNOWN;
    }
    s->best = not_known || s->way_count == 0 ? DELIVERY_UNKNOWN : bounce == s->way_count ? DELIVERY_BOUNCE : DELIVERY_DEFER;
    s->worst = worst_of(s, 0, s->way_count);
    s->addresses = s->way_count;
    for (size_t i = 0; i < s->way_count; i++) {
        s->addresses_best += s->ways[i].delivery == s->best;
        if (s->ways[i].delivery == s->best && !s->why)
            s->why = s->ways[i].why;
    }
}

static int conclude(struct context *c, struct sender *s)
{
    size_t first = first_that_decides(s, false);
    if (first == s->way_count)
        first = first_that_decides(s, true);
    size_t end = end_of_group(s, first);
    if (first == s->way_count) {
        conclude_without_delivery(c, s);
        return 0;
    }
    const struct sender_way *best = best_of(s, first, end);
    s->best = best->delivery;
    s->worst = worst_of(s, first, end);
    s->delayed = best->delayed;
    s->why = best->why;
    s->addresses = end - first;
    for (size_t i = first; i < end; i++)
        s->addresses_best += s->ways[i].delivery == best->delivery;
    return name_passed_over(c, s, best->subject.host);
}

/* In words. */

static const char *what_happens(const struct sender *s)
{
    static const char *const words[] = {
        [DELIVERY_UNKNOWN] = "What happens to mail is not known",
        [DELIVERY_BOUNCE] = "Mail is returned to its sender at once",
        [DELIVERY_DEFER] = "Mail is kept and tried again, and returned after some days",
        [DELIVERY_PLAINTEXT] = "Mail arrives in clear text",
        [DELIVERY_ENCRYPTED] = "Mail arrives encrypted; the server's identity is not proven",
        [DELIVERY_AUTHENTICATED] = "Mail arrives encrypted, and the server's identity is proven",
    };
    return words[s->best];
}

static const char *place(struct context *c, const struct subject *s)
{
    const char *host = shown(c, str_of(s->host->name));
    return s->address ? or_empty(arena_printf(c->arena, "%s [%s]", host, shown_ip(c, s->address->ip))) : host;
}

static bool differs(const struct sender_way *w, const struct sender *s)
{
    return w->delivery != s->best && w->why;
}

static bool is_same(const struct sender_way *a, const struct sender_way *b)
{
    return a->delivery == b->delivery && a->why && b->why && strcmp(a->why, b->why) == 0;
}

/* All addresses of the host are so. */
static bool is_whole_host(const struct sender *s, const struct sender_way *w)
{
    for (size_t i = 0; i < s->way_count; i++)
        if (s->ways[i].subject.host == w->subject.host && !is_same(&s->ways[i], w))
            return false;
    return true;
}

static bool is_first(const struct sender *s, const struct sender_way *w, bool of_host)
{
    for (const struct sender_way *before = s->ways; before < w; before++)
        if (is_same(before, w) && (!of_host || before->subject.host == w->subject.host))
            return false;
    return true;
}

/* "mx1.example.org, mx2.example.org and 3 more (STARTTLS is not offered)" */
static const char *places_like(struct context *c, const struct sender *s, const struct sender_way *like)
{
    const char *list = NULL;
    size_t count = 0;
    for (const struct sender_way *w = like; w < s->ways + s->way_count; w++) {
        bool whole = is_whole_host(s, w);
        if (!is_same(w, like) || (whole && !is_first(s, w, true)) || ++count > PLACES_SHOWN_MAX)
            continue;
        list = listed(c, list, whole ? shown(c, str_of(w->subject.host->name)) : place(c, &w->subject));
    }
    if (count > PLACES_SHOWN_MAX)
        return or_empty(arena_printf(c->arena, "%s and %zu more (%s)", list, count - PLACES_SHOWN_MAX, like->why));
    return or_empty(arena_printf(c->arena, "%s (%s)", list, like->why));
}

static const char *ways_that_differ(struct context *c, const struct sender *s)
{
    const char *list = NULL;
    for (size_t i = 0; i < s->way_count; i++) {
        const struct sender_way *w = &s->ways[i];
        if (differs(w, s) && is_first(s, w, false))
            list = list ? or_empty(arena_printf(c->arena, "%s; %s", list, places_like(c, s, w))) : places_like(c, s, w);
    }
    return list;
}

static bool is_observed(const struct sender *s)
{
    for (size_t i = 0; i < s->way_count; i++)
        if (s->ways[i].delivery == s->best && s->ways[i].observed)
            return true;
    return false;
}

static const char *explain(struct context *c, const struct sender *s)
{
    const char *text = arena_printf(c->arena, "%s%s%s.%s%s%s%s%s", what_happens(s), s->why ? ": " : "", s->why ? s->why : "",
                                    s->delayed ? " It waits first: only a later try goes without TLS." : "", s->others ? " Not so at " : "",
                                    s->others ? s->others : "", s->others ? "." : "",
                                    is_observed(s) ? " TLS was observed there, and the handshake not finished." : "");
    return or_empty(text);
}

static int judge_sender(struct context *c, const struct sender_profile *p, struct sender *out)
{
    const struct end end = end_before_hosts(c, p);
    *out = (struct sender){.profile = p->name, .label = p->label};
    if (end.is_end) {
        out->best = out->worst = end.delivery;
        out->why = end.why;
    } else if (find_ways(c, p, out) < 0 || conclude(c, out) < 0) {
        return -1;
    }
    out->others = ways_that_differ(c, out);
    out->explanation = explain(c, out);
    return 0;
}

/* Mail from strangers goes to port 25; of a single server only what no domain's policy is needed for can be told. */
static bool is_asked(const struct context *c, const struct sender_profile *p)
{
    const struct facts *f = c->facts;
    if (!is_server(c))
        return !p->cached || f->mta_sts.cached;
    const struct host_facts *h = f->host_count ? &f->hosts[0] : NULL;
    const struct endpoint_facts *e = h && h->address_count ? mail_endpoint(c, &h->addresses[0]) : NULL;
    return e && port_role(c, e) == PORT_MX && e->tls_mode == TLS_MODE_STARTTLS && !p->mta_sts;
}

void judge_senders(struct context *c, struct judgement *out)
{
    out->senders = ARENA_ARRAY(c->arena, struct sender, PROFILE_COUNT);
    for (size_t i = 0; out->senders && i < PROFILE_COUNT; i++)
        if (is_asked(c, &profiles[i]) && judge_sender(c, &profiles[i], &out->senders[out->sender_count]) == 0)
            out->sender_count++;
}

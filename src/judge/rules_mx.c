/* SPDX-License-Identifier: Apache-2.0 */
/* rules_mx - where mail for the domain goes. */
#include <string.h>

#include "judge/rules.h"

#include "base/panic.h"

static bool is_root(const char *host)
{
    return strcmp(host, ".") == 0;
}

static bool is_public(const struct address_facts *a)
{
    return !a->special;
}

/* Public addresses of the hosts inside `s`, of one family or, with IP_NONE, of both. */
static size_t count_public(const struct context *c, const struct subject *s, enum ip_family family)
{
    size_t count = 0;
    struct subject a;
    for (struct walk w = {0}; next_object(c, s, SCOPE_ADDRESS, &w, &a);)
        count += is_public(a.address) && (family == IP_NONE || a.address->ip.family == family);
    return count;
}

struct outcome rule_mx_exists(struct context *c, const struct subject *s)
{
    const struct mx_facts *mx = &c->facts->mx;
    (void)s;
    switch (mx->status) {
    case MX_PRESENT:
    case MX_IMPLICIT:
        return pass();
    case MX_NULL:
        return not_applicable_via(ROW_mx_null_exclusive);
    case MX_NONE:
        if (mx->spf_denies_all)
            return not_applicable_via(ROW_mx_null_proper);
        if (is_answered(&mx->txt))
            return fail(c, "%s has no MX record and no address, so there is nowhere to send mail to.", c->facts->target.name);
        return unknown(c, reason_of_lookup(&mx->txt), "%s has no MX record and no address; whether its SPF record says that it takes no mail is not known: %s.",
                       c->facts->target.name, dns_problem(c, &mx->txt));
    case MX_DNS_FAILURE:
    case MX_UNKNOWN:
    case MX_NXDOMAIN:
        break;
    }
    const struct dns_lookup *address = is_answered(&mx->a) ? &mx->aaaa : &mx->a;
    return unknown(c, reason_of_lookup(address), "%s has no MX record, and its own addresses are not known: %s.", c->facts->target.name,
                   dns_problem(c, address));
}

struct outcome rule_mx_implicit(struct context *c, const struct subject *s)
{
    const struct mx_facts *mx = &c->facts->mx;
    (void)s;
    if (is_server(c) || mx->status != MX_IMPLICIT)
        return not_applicable();
    if (!is_answered(&mx->txt))
        return unknown(c, reason_of_lookup(&mx->txt), "%s has no MX record; whether its SPF record says that it takes no mail is not known: %s.",
                       c->facts->target.name, dns_problem(c, &mx->txt));
    return fail(c, "%s has no MX record; senders fall back to its own address.", c->facts->target.name);
}

struct outcome rule_mx_null_exclusive(struct context *c, const struct subject *s)
{
    const struct mx_facts *mx = &c->facts->mx;
    const char *others = NULL;
    bool has_root = false;
    (void)s;
    for (size_t i = 0; i < mx->record_count; i++) {
        if (is_root(mx->records[i].host))
            has_root = true;
        else
            others = listed(c, others, mx->records[i].host);
    }
    if (!has_root)
        return not_applicable();
    if (mx->record_count == 1)
        return pass();
    return fail(c, "One of %zu MX records names \".\", which says that the domain takes no mail%s%s.", mx->record_count, others ? "; the others name " : "",
                others ? others : "");
}

struct outcome rule_mx_null_proper(struct context *c, const struct subject *s)
{
    const struct mx_facts *mx = &c->facts->mx;
    if (mx->status == MX_NULL) {
        uint16_t preference = mx->records[0].preference;
        return preference ? fail(c, "The null MX record has preference %u; the standard form is \"MX 0 .\".", preference) : pass();
    }
    if (mx->status == MX_NONE && mx->spf_denies_all)
        return fail(c, "%s has no MX record; that it takes no mail is only to be guessed from its SPF record.", c->facts->target.name);
    const struct outcome *implicit = verdict_of(c, ROW_mx_implicit, s);
    return implicit->value == VERDICT_UNKNOWN ? as_parent(ROW_mx_implicit, implicit) : not_applicable();
}

static struct outcome spf_denies_all(struct context *c)
{
    const struct dns_lookup *txt = &c->facts->apex_txt;
    if (c->facts->mx.spf_denies_all)
        return pass();
    if (!is_answered(txt))
        return unknown(c, reason_of_lookup(txt), "The TXT records of %s could not be looked up: %s.", c->facts->target.name, dns_problem(c, txt));
    return fail(c, "%s has no SPF record that is exactly `v=spf1 -all`.", c->facts->target.name);
}

struct outcome rule_mx_null_locked(struct context *c, const struct subject *s)
{
    (void)s;
    if (c->facts->mx.status != MX_NULL || !c->facts->spf.wanted || !c->facts->dmarc.wanted)
        return not_applicable();
    const struct outcome spf = spf_denies_all(c), dmarc = dmarc_rejects(c);
    if (spf.value == VERDICT_FAIL && dmarc.value == VERDICT_FAIL)
        return fail(c, "%s %s", spf.detail, dmarc.detail);
    return spf.value == VERDICT_FAIL || dmarc.value == VERDICT_PASS ? spf : dmarc;
}

static bool is_expected(const struct judge_options *o, const struct mx_record *r)
{
    for (size_t i = 0; i < o->expect_mx_count; i++)
        if (o->expect_mx[i].preference == r->preference && str_eq_nocase(str_of(o->expect_mx[i].host), str_of(r->host)))
            return true;
    return false;
}

static bool is_live(const struct mx_facts *mx, const struct mx_expectation *e)
{
    for (size_t i = 0; i < mx->record_count; i++)
        if (mx->records[i].preference == e->preference && str_eq_nocase(str_of(mx->records[i].host), str_of(e->host)))
            return true;
    return false;
}

static const char *listed_mx(struct context *c, const char *list, uint16_t preference, const char *host)
{
    const char *one = arena_printf(c->arena, "%u %s", preference, shown(c, str_of(host)));
    return one ? listed(c, list, one) : list;
}

struct outcome rule_mx_expected_set(struct context *c, const struct subject *s)
{
    const struct judge_options *o = c->options;
    const struct mx_facts *mx = &c->facts->mx;
    const char *surplus = NULL, *missing = NULL;
    (void)s;
    if (!o->expect_mx || is_server(c))
        return not_applicable();
    for (size_t i = 0; i < mx->record_count; i++)
        if (!is_expected(o, &mx->records[i]))
            surplus = listed_mx(c, surplus, mx->records[i].preference, mx->records[i].host);
    for (size_t i = 0; i < o->expect_mx_count; i++)
        if (!is_live(mx, &o->expect_mx[i]))
            missing = listed_mx(c, missing, o->expect_mx[i].preference, o->expect_mx[i].host);
    if (!surplus && !missing)
        return pass();
    return fail(c, "%s%s%s%s%s.", surplus ? "In the DNS, but not declared: " : "", surplus ? surplus : "", surplus && missing ? "; declared, but" : "",
                missing ? (surplus ? " not in the DNS: " : "Declared, but not in the DNS: ") : "", missing ? missing : "");
}

static const char *why_no_address(const struct host_facts *h)
{
    switch (h->name_kind) {
    case HOST_NAME_IP_LITERAL:
        return "it is an address where a name must stand";
    case HOST_NAME_BAD_SYNTAX:
        return "it is no valid host name";
    case HOST_NAME_SINGLE_LABEL:
        return "it is a single word, not a full name";
    case HOST_NAME_GOOD:
        break;
    }
    return h->a.status == DNS_NXDOMAIN || h->aaaa.status == DNS_NXDOMAIN ? "there is no such name in the DNS"
                                                                         : "the name exists, but has neither an A nor an AAAA record";
}

struct outcome rule_mx_target_resolves(struct context *c, const struct subject *s)
{
    const struct host_facts *h = s->host;
    bool is_asked = h->a.status != DNS_NOT_ASKED || h->aaaa.status != DNS_NOT_ASKED;
    if (is_server(c) && h->name_kind == HOST_NAME_IP_LITERAL)
        return not_applicable();
    if (h->a.status == DNS_FOUND || h->aaaa.status == DNS_FOUND)
        return pass();
    if (h->a.status == DNS_BOGUS || h->aaaa.status == DNS_BOGUS)
        return as_parent(ROW_dns_host_dnssec_valid, verdict_of(c, ROW_dns_host_dnssec_valid, s));
    if ((is_denied(&h->a) && is_denied(&h->aaaa)) || (!is_asked && h->name_kind == HOST_NAME_BAD_SYNTAX))
        return fail(c, "%s has no address: %s.", shown(c, str_of(h->name)), why_no_address(h));
    const struct dns_lookup *failed = is_denied(&h->a) ? &h->aaaa : &h->a;
    return unknown(c, reason_of_lookup(failed), "The %s records of %s could not be looked up: %s.", failed == &h->a ? "A" : "AAAA", shown(c, str_of(h->name)),
                   dns_problem(c, failed));
}

/* Nothing can be registered below these: RFC 6761 6, RFC 6762 3, RFC 7686 2, RFC 8375 4, RFC 9476 2, and names that are
 * kept out of the root because so many use them at home. */
static bool is_never_for_sale(const char *host)
{
    static const char *const tops[] = {"alt", "arpa",  "corp",        "example",   "home", "internal", "invalid",
                                       "lan", "local", "localdomain", "localhost", "mail", "onion"};
    const char *dot = strrchr(host, '.');
    for (size_t i = 0; dot && i < sizeof tops / sizeof *tops; i++)
        if (strcmp(dot + 1, tops[i]) == 0)
            return true;
    return false;
}

struct outcome rule_mx_target_dangling(struct context *c, const struct subject *s)
{
    const struct host_facts *h = s->host;
    const struct outcome *resolves = verdict_of(c, ROW_mx_target_resolves, s);
    if (is_server(c))
        return not_applicable();
    if (resolves->value != VERDICT_FAIL)
        return resolves->value == VERDICT_UNKNOWN ? as_parent(ROW_mx_target_resolves, resolves) : not_applicable_via(ROW_mx_target_resolves);
    if (h->name_kind != HOST_NAME_GOOD || !h->organisational_domain || is_never_for_sale(h->name))
        return not_applicable();
    if (h->a.status != DNS_NXDOMAIN || h->aaaa.status != DNS_NXDOMAIN)
        return pass();
    if (h->registrable.status == DNS_NXDOMAIN)
        return fail(c, "%s does not exist, and neither does %s: whoever registers that gets the mail.", h->name, h->organisational_domain);
    if (is_answered(&h->registrable))
        return pass();
    return unknown(c, reason_of_lookup(&h->registrable), "Whether %s is registered could not be looked up: %s.", h->organisational_domain,
                   dns_problem(c, &h->registrable));
}

struct outcome rule_mx_target_cname(struct context *c, const struct subject *s)
{
    const struct host_facts *h = s->host;
    const char *alias_of = h->a.alias_of ? h->a.alias_of : h->aaaa.alias_of;
    if (is_server(c) || c->facts->mx.status == MX_IMPLICIT)
        return not_applicable();
    if (alias_of)
        return fail(c, "%s is an alias (CNAME) of %s.", shown(c, str_of(h->name)), shown(c, str_of(alias_of)));
    if (is_answered(&h->a) || is_answered(&h->aaaa)) /* an alias would have shown in either */
        return pass();
    return as_parent(ROW_mx_target_resolves, verdict_of(c, ROW_mx_target_resolves, s));
}

struct outcome rule_mx_address_public(struct context *c, const struct subject *s)
{
    if (is_server(c))
        return not_applicable();
    return is_public(s->address) ? pass() : fail(c, "%s cannot be reached over the Internet: %s.", shown_ip(c, s->address->ip), s->address->special);
}

static struct outcome host_addresses_known(struct context *c, const struct subject *s)
{
    const struct outcome *resolves = verdict_of(c, ROW_mx_target_resolves, s);
    const struct host_facts *h = s->host;
    if (resolves->value == VERDICT_UNKNOWN)
        return as_parent(ROW_mx_target_resolves, resolves);
    if (resolves->value == VERDICT_FAIL || h->a.status == DNS_NOT_ASKED)
        return pass();
    if (is_answered(&h->a) && is_answered(&h->aaaa))
        return pass();
    return as_parent(ROW_dns_host_dnssec_valid, verdict_of(c, ROW_dns_host_dnssec_valid, s));
}

struct outcome addresses_known(struct context *c, const struct subject *s)
{
    struct subject host;
    for (struct walk w = {0}; next_object(c, s, SCOPE_HOST, &w, &host);) {
        const struct outcome known = host_addresses_known(c, &host);
        if (known.value != VERDICT_PASS)
            return known;
    }
    return pass();
}

/* Addresses past the limits were not tried; that those which were are closed says nothing of them. */
static struct outcome all_tried(struct context *c, const struct subject *s, const struct tally *open)
{
    size_t left_out = s->host ? s->host->addresses_left_out : c->facts->hosts_left_out;
    size_t not_tried = count_public(c, s, IP_NONE) - open->fail;
    struct subject host;
    for (struct walk w = {0}; !s->host && next_object(c, s, SCOPE_HOST, &w, &host);)
        left_out += host.host->addresses_left_out;
    if (left_out)
        return unknown(c, REASON_LIMIT, "The addresses that were tried are closed; others are past the limits of this run.");
    if (not_tried)
        return unknown(c, REASON_NOT_PROBED, "The addresses that were tried are closed; %zu more were left out, as asked for.", not_tried);
    return addresses_known(c, s);
}

/* All addresses inside `s` taken together. A pass or an unknown decides; fail: closed, all of them; na: none was tried. */
static struct outcome reachable(struct context *c, const struct subject *s)
{
    const struct tally open = tally(c, ROW_net_port25_open, s);
    if (open.pass)
        return pass();
    if (open.unknown)
        return unknown_as_children(ROW_net_port25_open, &open);
    if (open.fail == 0)
        return not_applicable_via(ROW_net_port25_open);
    const struct outcome tried = all_tried(c, s, &open);
    if (tried.value != VERDICT_PASS)
        return tried;
    const char *whose = s->host ? shown(c, str_of(s->host->name)) : "the mail hosts";
    return open.fail == 1 ? fail(c, "The only address of %s does not answer.", whose) : fail(c, "None of the %zu addresses of %s answers.", open.fail, whose);
}

/* A server's addresses that we may not connect to; those of a domain's hosts are no use to senders either. */
static bool is_left_alone(struct context *c, const struct subject *s)
{
    return is_server(c) && tally(c, ROW_net_port25_open, s).unknown;
}

struct outcome rule_mx_reachable(struct context *c, const struct subject *s)
{
    if (count_public(c, s, IP_NONE) || is_left_alone(c, s))
        return reachable(c, s);
    if (c->facts->host_count == 0)
        return not_applicable_via(ROW_mx_null_exclusive);
    const struct outcome known = addresses_known(c, s);
    if (known.value != VERDICT_PASS)
        return known;
    if (tally(c, ROW_dns_host_dnssec_valid, s).fail)
        return not_applicable_via(ROW_dns_host_dnssec_valid);
    if (c->facts->host_count == 1)
        return fail(c, "The only mail host, %s, has no public address.", shown(c, str_of(c->facts->hosts[0].name)));
    return fail(c, "None of the %zu mail hosts has a public address.", c->facts->host_count);
}

struct outcome rule_mx_host_reachable(struct context *c, const struct subject *s)
{
    const struct outcome *resolves = verdict_of(c, ROW_mx_target_resolves, s);
    if (count_public(c, s, IP_NONE))
        return reachable(c, s);
    if (resolves->value == VERDICT_PASS || (resolves->value == VERDICT_NA && is_server(c)))
        return not_applicable_via(ROW_mx_address_public);
    return as_parent(ROW_mx_target_resolves, resolves);
}

/* Hosts stand in order of preference: the first of a worse one, or the count. */
static size_t first_backup(const struct context *c)
{
    size_t i = 0;
    while (i < c->facts->host_count && c->facts->hosts[i].preference == c->facts->hosts[0].preference)
        i++;
    return i;
}

/* Behind mx.reachable: when no preferred host is up, a backup is. */
struct outcome rule_mx_primary_reachable(struct context *c, const struct subject *s)
{
    size_t primaries = first_backup(c);
    const char *down = NULL;
    struct subject host;
    if (is_server(c) || primaries == c->facts->host_count)
        return not_applicable();
    struct outcome undecided = pass();
    for (struct walk w = {0}; w.host < primaries && next_object(c, s, SCOPE_HOST, &w, &host);) {
        const struct outcome *up = verdict_of(c, ROW_mx_host_reachable, &host);
        if (up->value == VERDICT_PASS)
            return pass();
        if (up->value == VERDICT_UNKNOWN || up->via == ROW_net_port25_open)
            undecided = as_parent(ROW_mx_host_reachable, up);
        if (fails(c, ROW_dns_host_dnssec_valid, &host))
            undecided = not_applicable_via(ROW_dns_host_dnssec_valid);
        down = listed(c, down, shown(c, str_of(host.host->name)));
    }
    if (undecided.value != VERDICT_PASS)
        return undecided;
    return fail(c, "Preferred, but out of service: %s. Mail goes to hosts of a worse preference.", down);
}

static bool better_host_has(const struct context *c, const struct host_facts *host, struct ip ip)
{
    for (const struct host_facts *better = c->facts->hosts; better->preference < host->preference; better++)
        for (size_t i = 0; i < better->address_count; i++)
            if (ip_eq(better->addresses[i].ip, ip))
                return true;
    return false;
}

static bool is_copy_of_better(const struct context *c, const struct host_facts *host)
{
    bool all = host->address_count > 0;
    for (size_t i = 0; all && i < host->address_count; i++)
        all = better_host_has(c, host, host->addresses[i].ip);
    return all;
}

struct outcome rule_mx_failover_distinct(struct context *c, const struct subject *s)
{
    const struct mx_facts *mx = &c->facts->mx;
    struct outcome undecided = pass();
    struct subject host;
    if (is_server(c) || mx->record_count < 2)
        return not_applicable();
    for (size_t i = 1; i < mx->record_count; i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(mx->records[i].host, mx->records[k].host) == 0 && !is_root(mx->records[i].host))
                return fail(c, "%s stands in two MX records, with preference %u and %u.", shown(c, str_of(mx->records[i].host)), mx->records[k].preference,
                            mx->records[i].preference);
    for (struct walk w = {0}; next_object(c, s, SCOPE_HOST, &w, &host);) {
        bool has_its_own = host.host->addresses_left_out || (host.host->address_count && !is_copy_of_better(c, host.host));
        const struct outcome known = has_its_own ? pass() : addresses_known(c, &host);
        if (known.value != VERDICT_PASS)
            undecided = known;
        else if (!has_its_own && host.host->address_count)
            return fail(c, "All addresses of %s are those of preferred hosts too.", host.host->name);
    }
    return undecided.value == VERDICT_UNKNOWN ? undecided : pass();
}

struct outcome rule_mx_redundancy(struct context *c, const struct subject *s)
{
    const struct host_facts *only = NULL;
    struct subject host;
    if (is_server(c))
        return not_applicable();
    if (count_public(c, s, IP_NONE) == 0)
        return not_applicable_via(ROW_mx_reachable);
    for (struct walk w = {0}; next_object(c, s, SCOPE_HOST, &w, &host);) {
        if (count_public(c, &host, IP_NONE) == 0)
            continue;
        if (only || count_public(c, &host, IP_V4) > 1 || count_public(c, &host, IP_V6) > 1)
            return pass();
        only = host.host;
    }
    const struct outcome known = addresses_known(c, s);
    if (known.value == VERDICT_UNKNOWN)
        return known;
    must(only);
    return fail(c, "All mail goes to one machine, %s.", only->name);
}

static struct outcome family_outcome(struct context *c, const struct subject *s, enum ip_family family, const char *record)
{
    if (is_server(c))
        return not_applicable();
    if (count_public(c, s, IP_NONE) == 0)
        return not_applicable_via(ROW_mx_reachable);
    if (count_public(c, s, family))
        return pass();
    const struct outcome known = addresses_known(c, s);
    return known.value == VERDICT_PASS ? fail(c, "No mail host has a public %s record.", record) : known;
}

struct outcome rule_mx_ipv4(struct context *c, const struct subject *s)
{
    return family_outcome(c, s, IP_V4, "A");
}

struct outcome rule_mx_ipv6(struct context *c, const struct subject *s)
{
    return family_outcome(c, s, IP_V6, "AAAA");
}

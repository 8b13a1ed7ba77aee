/* SPDX-License-Identifier: Apache-2.0 */
/* rules_net - our own side, and whether an address can be reached. */
#include "judge/rules.h"

static const struct egress_facts *egress_of(const struct context *c, enum ip_family family)
{
    return family == IP_V6 ? &c->facts->vantage.egress_v6 : &c->facts->vantage.egress_v4;
}

static const char *family_name(enum ip_family family)
{
    return family == IP_V6 ? "IPv6" : "IPv4";
}

static struct outcome egress_outcome(struct context *c, enum ip_family family)
{
    const struct egress_facts *e = egress_of(c, family);
    if (!e->needed)
        return not_applicable();
    switch (e->state) {
    case EGRESS_OPEN:
        return pass();
    case EGRESS_BLOCKED:
        return fail(c, "No target and none of %zu control hosts accepted a connection over %s.", e->controls_tried, family_name(family));
    case EGRESS_UNTESTED:
    case EGRESS_UNKNOWN:
        break;
    }
    return unknown(c, REASON_BLOCKED_EGRESS, "No target accepted a connection over %s, and too few control hosts are set to tell whose fault it is.",
                   family_name(family));
}

struct outcome rule_net_egress(struct context *c, const struct subject *s)
{
    (void)s;
    const struct outcome v4 = egress_outcome(c, IP_V4), v6 = egress_outcome(c, IP_V6);
    static const enum verdict_value worst_first[] = {VERDICT_FAIL, VERDICT_UNKNOWN, VERDICT_PASS};
    if (v4.value == VERDICT_FAIL && v6.value == VERDICT_FAIL)
        return fail(c, "%s %s", v4.detail, v6.detail);
    for (size_t i = 0; i < 3; i++) {
        if (v4.value == worst_first[i])
            return v4;
        if (v6.value == worst_first[i])
            return v6;
    }
    return not_applicable();
}

/* The root's own name servers must validate, and a name made up at random must not exist. */
struct outcome rule_net_resolver_trust(struct context *c, const struct subject *s)
{
    (void)s;
    const struct dns_lookup *root = &c->facts->vantage.root_lookup, *random = &c->facts->vantage.random_lookup;
    if (random->status == DNS_FOUND || random->status == DNS_NODATA)
        return fail(c, "A top-level name made up at random exists: answers of \"no such name\" are rewritten.");
    if (root->status == DNS_BOGUS || (root->status == DNS_FOUND && root->dnssec != DNSSEC_SECURE))
        return fail(c, "The name servers of the root cannot be validated: %s.",
                    root->status == DNS_BOGUS ? dns_problem(c, root) : "signatures are missing from the answer");
    if (random->status == DNS_BOGUS)
        return fail(c, "That a top-level name made up at random does not exist cannot be validated: %s.", dns_problem(c, random));
    if (root->status == DNS_FOUND || (random->status == DNS_NXDOMAIN && random->dnssec == DNSSEC_SECURE))
        return pass();
    return unknown(c, REASON_DNS_FAILURE, "The self-test of our DNS got no answer: %s.", dns_problem(c, root));
}

static const char *connect_problem(const struct session_facts *s)
{
    switch (s->connect) {
    case CONNECT_REFUSED:
        return "refused";
    case CONNECT_UNREACHABLE:
        return "unreachable";
    case CONNECT_TIMEOUT:
        return "no answer in time";
    case CONNECT_NOT_TRIED:
    case CONNECT_OPEN:
    case CONNECT_TROUBLE:
        break;
    }
    return "not connected";
}

static struct outcome not_probed_outcome(struct context *c, const struct subject *s, const struct endpoint_facts *e)
{
    switch (e->not_probed) {
    case NOT_PROBED_LIMIT:
        return unknown(c, REASON_LIMIT, "Past the limit of hosts, addresses or time of this run.");
    case NOT_PROBED_PRIVATE_ADDRESS:
        if (is_server(c))
            return unknown(c, REASON_NOT_PROBED, "%s is no address that anybody could reach (%s), and this prober connects to no other.",
                           shown_ip(c, s->address->ip), s->address->special);
        return not_applicable_via(ROW_mx_address_public);
    case NOT_PROBED_OPT_OUT:
        return unknown(c, REASON_NOT_PROBED, "Not connected to: it is on the list of those who do not want to be tested from here.");
    case NOT_PROBED_TROUBLE:
        return unknown(c, REASON_INTERNAL, "Our own side had no room for the connection.");
    case PROBED:
    case NOT_PROBED_OPTION:
        break;
    }
    return not_applicable();
}

/* Definite is an answer, or silence while others answer: both of two tries must be so. */
struct outcome rule_net_port25_open(struct context *c, const struct subject *s)
{
    const struct endpoint_facts *e = mail_endpoint(c, s->address);
    const char *tries = NULL, *trouble = NULL;
    size_t definite = 0;
    if (!e || e->not_probed != PROBED)
        return e ? not_probed_outcome(c, s, e) : not_applicable();
    for (size_t i = 0; i < e->session_count; i++) {
        const struct session_facts *session = &e->sessions[i];
        if (session->connect == CONNECT_OPEN)
            return pass();
        if (session->connect == CONNECT_TROUBLE)
            trouble = session->connect_error ? session->connect_error : "no reason is known";
        definite += session->connect == CONNECT_REFUSED || session->connect == CONNECT_UNREACHABLE || session->connect == CONNECT_TIMEOUT;
        tries = listed(c, tries, connect_problem(session));
    }
    if (e->port == SMTP_PORT) {
        const struct outcome egress = egress_outcome(c, s->address->ip.family);
        if (egress.value != VERDICT_PASS)
            return as_parent(ROW_net_egress, &egress);
    }
    const struct sighting *elsewhere = definite >= 2 ? sighting_of(c, s->address->ip, e->port, true) : NULL;
    if (elsewhere && elsewhere->connected)
        return unknown(c, REASON_REFUSED_US, "Port %u: %s, in %zu tries; but %s was connected at %s.", e->port, tries, definite,
                       shown(c, str_of(elsewhere->from)), shown_time(c, elsewhere->at));
    if (definite >= 2)
        return fail(c, "Port %u: %s, in %zu tries.", e->port, tries, definite);
    if (trouble)
        return unknown(c, REASON_INTERNAL, "Port %u: our own side could not connect: %s.", e->port, trouble);
    return unknown(c, REASON_LIMIT, "Port %u: %s; there was no time for more.", e->port, tries ? tries : "not connected");
}

struct outcome rule_net_ipv6_reachable(struct context *c, const struct subject *s)
{
    struct tally v4 = {0}, v6 = {0};
    struct subject address;
    for (struct walk w = {0}; next_object(c, s, SCOPE_ADDRESS, &w, &address);) {
        const struct tally one = tally(c, ROW_net_port25_open, &address);
        struct tally *of_family = address.address->ip.family == IP_V6 ? &v6 : &v4;
        of_family->pass += one.pass;
        of_family->fail += one.fail;
        of_family->unknown += one.unknown;
        of_family->reason = one.unknown ? one.reason : of_family->reason;
    }
    if (v4.pass == 0 || v6.pass + v6.fail + v6.unknown == 0)
        return not_applicable();
    if (v6.pass)
        return pass();
    if (v6.unknown)
        return unknown_as_children(ROW_net_port25_open, &v6);
    if (s->host->addresses_left_out)
        return unknown(c, REASON_LIMIT, "The IPv6 addresses that were tried are closed; others may be past the limits of this run.");
    return fail(c, "IPv4 is open; of %zu IPv6 address%s none is.", v6.fail, v6.fail == 1 ? "" : "es");
}

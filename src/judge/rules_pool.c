/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules_pool - servers compared with each other.
 *
 * Only what is known of a server is compared: with fewer than two known ones a row is not applicable, and the one
 * that is unknown has its own finding.
 */
#include <string.h>

#include "judge/rules_dane.h"
#include "judge/sessions.h"
#include "judge/sts.h"
#include "judge/tls_classes.h"

/* The mail endpoints inside `s`, one per address. */
static bool next_server(const struct context *c, const struct subject *s, struct walk *w, struct subject *out)
{
    while (next_object(c, s, SCOPE_ENDPOINT, w, out))
        if (out->endpoint == mail_endpoint(c, out->address))
            return true;
    return false;
}

static const char *place(struct context *c, const struct subject *s)
{
    const char *text = arena_printf(c->arena, "%s [%s]", shown(c, str_of(s->host->name)), shown_ip(c, s->address->ip));
    return text ? text : "";
}

/* Whether TLS works: pass, fail, or neither when nobody knows. */
static enum verdict_value tls_works(struct context *c, const struct subject *s)
{
    static const enum row rows[] = {ROW_tls_starttls_stripped, ROW_tls_starttls_offered, ROW_tls_starttls_accepted, ROW_tls_handshake};
    if (passes(c, ROW_tls_handshake, s))
        return VERDICT_PASS;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (fails(c, rows[i], s))
            return VERDICT_FAIL;
    return VERDICT_UNKNOWN;
}

/* Where some servers were observed only, what was compared is not all. */
static struct outcome unless_observed(struct context *c, const struct subject *s, struct outcome o)
{
    struct subject server;
    for (struct walk w = {0}; o.value != VERDICT_NA && next_server(c, s, &w, &server);)
        if (is_unproven(server.endpoint))
            return as_parent(ROW_tls_handshake, verdict_of(c, ROW_tls_handshake, &server));
    return o;
}

struct outcome rule_pool_starttls(struct context *c, const struct subject *s)
{
    const char *without = NULL;
    size_t with = 0, known = 0;
    struct subject server;
    for (struct walk w = {0}; next_server(c, s, &w, &server);) {
        enum verdict_value works = tls_works(c, &server);
        known += works != VERDICT_UNKNOWN;
        with += works == VERDICT_PASS;
        if (works == VERDICT_FAIL)
            without = listed(c, without, place(c, &server));
    }
    if (known < 2)
        return not_applicable();
    return with && without ? fail(c, "TLS works on %zu of %zu addresses, but not on %s.", with, known, without) : unless_observed(c, s, pass());
}

static bool is_of_one_level(const struct context *c, const struct tls_facts *a, const struct tls_facts *b)
{
    const struct tls_policy *policy = c->options->tls_policy;
    if (strcmp(a->version, b->version) != 0)
        return false;
    return strcmp(a->cipher, b->cipher) == 0 || tls_suite_class(policy, a->cipher) == tls_suite_class(policy, b->cipher);
}

static struct outcome tls_level_outcome(struct context *c, const struct subject *s)
{
    const struct tls_facts *first = NULL;
    struct subject server, first_server = *s;
    size_t known = 0;
    for (struct walk w = {0}; next_server(c, s, &w, &server);) {
        const struct tls_facts *tls = passes(c, ROW_tls_handshake, &server) ? best_handshake(server.endpoint) : NULL;
        if (!tls || !tls->version || !tls->cipher)
            continue;
        known++;
        if (!first) {
            first = tls;
            first_server = server;
        } else if (!is_of_one_level(c, tls, first)) {
            return fail(c, "%s has %s with %s, %s has %s with %s.", place(c, &first_server), first->version, first->cipher, place(c, &server), tls->version,
                        tls->cipher);
        }
    }
    return known < 2 ? not_applicable() : pass();
}

struct outcome rule_pool_tls_level(struct context *c, const struct subject *s)
{
    return unless_observed(c, s, tls_level_outcome(c, s));
}

/* What is offered only before TLS, only inside it, or to some clients, says nothing about the machine. */
static bool is_compared(struct str keyword)
{
    static const char *const left_out[] = {"STARTTLS", "AUTH", "AUTH=", "REQUIRETLS"};
    for (size_t i = 0; i < sizeof left_out / sizeof *left_out; i++)
        if (str_is_nocase(keyword, left_out[i]))
            return false;
    return true;
}

/* The first keyword of `a` that `b` lacks, or whose SIZE is another one. */
static const char *missing_in(struct context *c, const struct smtp_ehlo *a, const struct smtp_ehlo *b)
{
    for (size_t i = 0; i < a->capability_count; i++) {
        const struct smtp_capability *mine = &a->capabilities[i], *its = capability_of(b, mine->keyword);
        bool stands_twice = capability_of(a, mine->keyword) != mine; /* smtp.extension-misuse looks at that */
        if (!is_compared(mine->keyword) || stands_twice)
            continue;
        if (!its)
            return shown(c, mine->keyword);
        if (str_is_nocase(mine->keyword, "SIZE") && !str_eq(mine->parameters, its->parameters))
            return "SIZE";
    }
    return NULL;
}

static const char *difference(struct context *c, const struct smtp_ehlo *a, const struct smtp_ehlo *b)
{
    const char *keyword = missing_in(c, a, b);
    return keyword ? keyword : missing_in(c, b, a);
}

/* Lists in clear and lists inside TLS often differ on one and the same machine: like is compared with like. */
struct outcome rule_pool_capabilities(struct context *c, const struct subject *s)
{
    size_t most = 0;
    for (int in_tls = 1; in_tls >= 0; in_tls--) {
        const struct smtp_ehlo *first = NULL;
        struct subject server, first_server = *s;
        size_t known = 0;
        for (struct walk w = {0}; next_server(c, s, &w, &server);) {
            const struct smtp_ehlo *inside = ehlo_in_tls(server.endpoint), *ehlo = in_tls ? inside : ehlo_in_clear(server.endpoint);
            if (!ehlo || (!in_tls && inside))
                continue;
            const char *keyword = first ? difference(c, first, ehlo) : NULL;
            if (keyword)
                return fail(c, "%s and %s differ in %s.", shown_ip(c, first_server.address->ip), shown_ip(c, server.address->ip), keyword);
            known++;
            if (!first) {
                first = ehlo;
                first_server = server;
            }
        }
        most = known > most ? known : most;
    }
    return most < 2 ? not_applicable() : unless_observed(c, s, pass());
}

static const enum row certificate_rows[] = {ROW_cert_present, ROW_cert_dates, ROW_cert_name_match, ROW_cert_trusted, ROW_dane_match};

static bool is_known(enum verdict_value v)
{
    return v == VERDICT_PASS || v == VERDICT_FAIL;
}

static size_t servers_with(struct context *c, const struct subject *s, enum row row, enum verdict_value value)
{
    size_t count = 0;
    struct subject server;
    for (struct walk w = {0}; next_server(c, s, &w, &server);)
        count += verdict_of(c, row, &server)->value == value;
    return count;
}

static const char *list_servers_with(struct context *c, const struct subject *s, enum row row, enum verdict_value value)
{
    const char *list = NULL;
    struct subject server;
    for (struct walk w = {0}; next_server(c, s, &w, &server);)
        if (verdict_of(c, row, &server)->value == value)
            list = listed(c, list, shown_ip(c, server.address->ip));
    return list ? list : "";
}

struct outcome rule_pool_certificate(struct context *c, const struct subject *s)
{
    for (size_t i = 0; i < sizeof certificate_rows / sizeof *certificate_rows; i++) {
        enum row row = certificate_rows[i];
        if (servers_with(c, s, row, VERDICT_PASS) && servers_with(c, s, row, VERDICT_FAIL))
            return fail(c, "%s fails on %s, but not on %s.", checks[row].id, list_servers_with(c, s, row, VERDICT_FAIL), list_servers_with(c, s, row, VERDICT_PASS));
    }
    size_t known = servers_with(c, s, ROW_cert_present, VERDICT_PASS) + servers_with(c, s, ROW_cert_present, VERDICT_FAIL);
    return known < 2 ? not_applicable() : pass();
}

/* The security of one host is that of its weakest known server. */
struct level {
    bool known, dates_known, dates_good;
    bool dane_known, dane_good;
    bool sts_known, sts_good; /* name and trust, where a policy of MTA-STS asks for them */
    unsigned tls;             /* 0: none, 1: older than TLS 1.2, then 1.2, 1.3 */
};

static unsigned tls_level(const struct tls_facts *tls)
{
    unsigned rank = tls ? tls_version_rank(tls->version) : 0;
    return rank >= tls_version_rank("TLSv1.3") ? 3 : rank >= tls_version_rank("TLSv1.2") ? 2 : 1;
}

/* Usable records, and no server that contradicts them. What fails for now is not known. */
static void add_dane(struct context *c, const struct subject *host, struct level *l)
{
    const struct dane d = dane_of(c, host->host);
    bool refused = tally(c, ROW_dane_match, host).fail || tally(c, ROW_dane_starttls, host).fail;
    l->dane_known = d.state != DANE_NOT_KNOWN && d.state != DANE_TEMPFAIL && verdict_of(c, ROW_dane_lookup, host)->value != VERDICT_UNKNOWN;
    l->dane_good = l->dane_known && d.state == DANE_USABLE && !refused;
}

static void add_sts(struct context *c, const struct subject *host, struct level *l)
{
    enum sts_state state = sts_state(c->facts);
    const struct tally name = tally(c, ROW_cert_name_match, host), trusted = tally(c, ROW_cert_trusted, host);
    l->sts_known = (state == STS_ENFORCE || state == STS_TESTING) && (name.fail || trusted.fail || (name.pass && trusted.pass));
    l->sts_good = l->sts_known && !name.fail && !trusted.fail;
}

static struct level level_of(struct context *c, const struct subject *host)
{
    struct level l = {.tls = 3, .dates_good = true};
    struct subject server;
    add_dane(c, host, &l);
    add_sts(c, host, &l);
    for (struct walk w = {0}; next_server(c, host, &w, &server);) {
        enum verdict_value works = tls_works(c, &server), dates = verdict_of(c, ROW_cert_dates, &server)->value;
        unsigned tls = works == VERDICT_PASS ? tls_level(best_handshake(server.endpoint)) : 0;
        if (works == VERDICT_UNKNOWN)
            continue;
        l.known = true;
        l.tls = tls < l.tls ? tls : l.tls;
        l.dates_known = l.dates_known || is_known(dates);
        l.dates_good = l.dates_good && dates != VERDICT_FAIL;
    }
    return l;
}

static void weaken(struct level *l, const struct level *other)
{
    if (!other->known)
        return;
    l->known = true;
    l->tls = other->tls < l->tls ? other->tls : l->tls;
    l->dates_known = l->dates_known || other->dates_known;
    l->dates_good = l->dates_good && other->dates_good;
    l->dane_good = l->dane_good && other->dane_good;
    l->sts_good = l->sts_good && other->sts_good;
}

static struct outcome backup_outcome(struct context *c, const struct subject *s)
{
    static const char *const words[] = {"no TLS", "TLS older than 1.2", "TLS 1.2", "TLS 1.3"};
    struct level primary = {.tls = 3, .dates_good = true, .dane_good = true, .sts_good = true};
    size_t compared = 0;
    struct subject host;
    for (struct walk w = {0}; next_object(c, s, SCOPE_HOST, &w, &host);) {
        const struct level l = level_of(c, &host);
        if (host.host->preference == c->facts->hosts[0].preference) {
            weaken(&primary, &l);
            continue;
        }
        if (!l.known || !primary.known)
            continue;
        compared++;
        const char *name = shown(c, str_of(host.host->name));
        if (l.tls < primary.tls)
            return fail(c, "%s has %s; the preferred hosts have %s.", name, words[l.tls], words[primary.tls]);
        if (primary.dates_known && primary.dates_good && !l.dates_good)
            return fail(c, "The certificate of %s is out of date; those of the preferred hosts are not.", name);
        if (primary.dane_good && l.dane_known && !l.dane_good)
            return fail(c, "DANE holds for the preferred hosts, but not for %s.", name);
        if (primary.sts_good && l.sts_known && !l.sts_good)
            return fail(c, "The preferred hosts have the certificate that MTA-STS asks for, %s has not.", name);
    }
    return compared ? pass() : not_applicable();
}

struct outcome rule_pool_backup_weaker(struct context *c, const struct subject *s)
{
    return unless_observed(c, s, backup_outcome(c, s));
}

struct networks {
    size_t addresses;
    bool one;
    struct ip first;
};

static void add_to_networks(struct networks *n, struct ip ip, unsigned prefix_bits)
{
    if (n->addresses == 0)
        *n = (struct networks){0, true, ip};
    n->addresses++;
    n->one = n->one && ip_network_has((struct ip_network){n->first, prefix_bits}, ip);
}

/* An address that several hosts share counts once. */
static bool is_seen_before(const struct context *c, const struct subject *s)
{
    const struct subject all = {.scope = SCOPE_DOMAIN};
    struct subject other;
    for (struct walk w = {0}; next_object(c, &all, SCOPE_ADDRESS, &w, &other) && other.address != s->address;)
        if (ip_eq(other.address->ip, s->address->ip))
            return true;
    return false;
}

struct outcome rule_pool_network_diversity(struct context *c, const struct subject *s)
{
    enum { V4_NETWORK_BITS = 24, V6_NETWORK_BITS = 48 };
    struct networks v4 = {0}, v6 = {0};
    struct subject a;
    if (is_server(c))
        return not_applicable();
    const struct outcome *redundancy = verdict_of(c, ROW_mx_redundancy, s);
    if (redundancy->value != VERDICT_PASS)
        return as_parent(ROW_mx_redundancy, redundancy);
    for (struct walk w = {0}; next_object(c, s, SCOPE_ADDRESS, &w, &a);) {
        if (a.host->addresses_left_out)
            return not_applicable();
        if (a.address->special || is_seen_before(c, &a))
            continue;
        if (a.address->ip.family == IP_V4)
            add_to_networks(&v4, a.address->ip, V4_NETWORK_BITS);
        else
            add_to_networks(&v6, a.address->ip, V6_NETWORK_BITS);
    }
    if (v4.addresses < 2 || !v4.one || v6.addresses == 1 || (v6.addresses && !v6.one))
        return pass();
    const struct outcome known = addresses_known(c, s);
    if (known.value != VERDICT_PASS)
        return known;
    return fail(c, "All %zu IPv4 addresses are in the /24 of %s%s.", v4.addresses, shown_ip(c, v4.first),
                v6.addresses ? ", and all IPv6 addresses in one /48" : "");
}

struct outcome rule_pool_operators(struct context *c, const struct subject *s)
{
    const struct host_facts *first = NULL;
    size_t known = 0;
    struct subject host;
    if (is_server(c))
        return not_applicable();
    for (struct walk w = {0}; next_object(c, s, SCOPE_HOST, &w, &host);) {
        const char *domain = host.host->organisational_domain;
        if (!domain || host.host->preference != c->facts->hosts[0].preference)
            continue;
        known++;
        if (first && strcmp(domain, first->organisational_domain) != 0)
            return fail(c, "%s and %s, both of preference %u, belong to different domains.", first->name, host.host->name, first->preference);
        first = first ? first : host.host;
    }
    return known < 2 ? not_applicable() : pass();
}

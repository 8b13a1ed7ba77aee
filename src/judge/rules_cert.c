/* SPDX-License-Identifier: Apache-2.0 */
/* rules_cert - the certificate and its chain. All rows but cert.present stand behind it: there is a leaf. */
#include "judge/rules.h"

#include "judge/tls_classes.h"

enum { MINUTE_S = 60, DAY_S = 24 * 60 * MINUTE_S, CLOCK_SKEW_S = 5 * MINUTE_S, NAMES_SHOWN_MAX = 5 };

/* The lifetimes that CAs may give out change; a notice comes one step ahead of the limit. */
#define LIMIT_CHANGES_S 1805068800LL /* 2027-03-15T00:00:00Z */
enum { LIFETIME_DAYS_BEFORE = 100, LIFETIME_DAYS_AFTER = 47 };

static const struct tls_facts *tls_of(const struct subject *s)
{
    return best_handshake(s->endpoint);
}

static const struct cert_facts *leaf_of(const struct subject *s)
{
    return &tls_of(s)->certificates[0];
}

static const char *date(struct context *c, struct wall t)
{
    char text[CLOCK_TEXT_BYTES];
    wall_write_date(t, text);
    const char *copy = arena_strdup(c->arena, text);
    return copy ? copy : "";
}

/* "3 days", "1 day", "7 hours", "0 minutes". */
static const char *span(struct context *c, int64_t seconds)
{
    static const struct {
        int64_t unit_s;
        const char *name;
    } units[] = {{DAY_S, "day"}, {60 * MINUTE_S, "hour"}, {MINUTE_S, "minute"}};
    size_t i = 0;
    while (i < 2 && seconds < units[i].unit_s)
        i++;
    int64_t n = seconds / units[i].unit_s;
    const char *text = arena_printf(c->arena, "%lld %s%s", (long long)n, units[i].name, n == 1 ? "" : "s");
    return text ? text : "";
}

static const char *cert_name(struct context *c, const struct tls_facts *tls, size_t i)
{
    if (i == 0)
        return "The certificate";
    const char *text = arena_printf(c->arena, "The CA certificate \"%s\"", shown(c, tls->certificates[i].subject));
    return text ? text : "";
}

struct outcome rule_cert_present(struct context *c, const struct subject *s)
{
    const struct tls_facts *tls = tls_of(s);
    if (tls->certificate_count > 0)
        return pass();
    if ((s->endpoint->port == SUBMISSIONS_PORT || s->endpoint->is_submission) && s->endpoint->tls_mode == TLS_MODE_IMPLICIT)
        return not_applicable_via(ROW_smtp_submission_implicit_tls);
    return fail(c, "The server chose %s, which does without a certificate.", tls->cipher ? tls->cipher : "a suite");
}

/* Which certificate of the path sets the bound: the facts name the bound alone. */
static size_t with_not_after(const struct tls_facts *tls, struct wall bound)
{
    for (size_t i = 0; i < tls->certificate_count; i++)
        if (tls->certificates[i].not_after.s == bound.s)
            return i;
    return 0;
}

static size_t with_not_before(const struct tls_facts *tls, struct wall bound)
{
    for (size_t i = 0; i < tls->certificate_count; i++)
        if (tls->certificates[i].not_before.s == bound.s)
            return i;
    return 0;
}

struct outcome rule_cert_dates(struct context *c, const struct subject *s)
{
    const struct tls_facts *tls = tls_of(s);
    const struct wall from = tls->path_not_before, to = tls->path_not_after;
    if (c->now.s > to.s + CLOCK_SKEW_S)
        return fail(c, "%s expired on %s, %s ago.", cert_name(c, tls, with_not_after(tls, to)), date(c, to), span(c, c->now.s - to.s));
    if (c->now.s < from.s - CLOCK_SKEW_S)
        return fail(c, "%s is valid only from %s on, %s from now.", cert_name(c, tls, with_not_before(tls, from)), date(c, from), span(c, from.s - c->now.s));
    return pass();
}

static int64_t lifetime_s(const struct cert_facts *cert)
{
    return cert->not_after.s - cert->not_before.s;
}

/* A share of the certificate's life in seconds, rounded up, within bounds. */
static int64_t share_of_life(const struct cert_facts *cert, int percent, int64_t days_min, int64_t days_max)
{
    int64_t share = (lifetime_s(cert) * percent + 99) / 100;
    if (share < days_min * DAY_S)
        return days_min * DAY_S;
    return share > days_max * DAY_S ? days_max * DAY_S : share;
}

struct outcome rule_cert_expiry_soon(struct context *c, const struct subject *s)
{
    const struct tls_facts *tls = tls_of(s);
    const struct wall end = tls->path_not_after;
    int64_t left = end.s - c->now.s;
    if (left >= share_of_life(leaf_of(s), 16, 1, 14))
        return pass();
    return fail(c, "%s expires on %s, %s from now.", cert_name(c, tls, with_not_after(tls, end)), date(c, end), span(c, left > 0 ? left : 0));
}

struct outcome rule_cert_renewal_late(struct context *c, const struct subject *s)
{
    const struct cert_facts *leaf = leaf_of(s);
    int64_t left = leaf->not_after.s - c->now.s;
    if (left >= share_of_life(leaf, 30, 2, 30))
        return pass();
    return fail(c, "Of %s of life %s are left; the certificate expires on %s.", span(c, lifetime_s(leaf)), span(c, left), date(c, leaf->not_after));
}

static const char *names_of(struct context *c, const struct cert_facts *leaf)
{
    const char *list = NULL;
    for (size_t i = 0; i < leaf->san_dns_count && i < NAMES_SHOWN_MAX; i++)
        list = listed(c, list, shown(c, leaf->san_dns[i]));
    if (leaf->san_dns_count > NAMES_SHOWN_MAX)
        list = arena_printf(c->arena, "%s and %zu more", list, leaf->san_dns_count - NAMES_SHOWN_MAX);
    return list ? list : "";
}

struct outcome rule_cert_name_match(struct context *c, const struct subject *s)
{
    const struct tls_facts *tls = tls_of(s);
    const struct cert_facts *leaf = leaf_of(s);
    if (tls->name_matches == TRI_UNKNOWN) /* there was an address, and no name */
        return not_applicable();
    if (tls->name_matches == TRI_YES)
        return pass();
    if (leaf->san_dns_count)
        return fail(c, "The certificate is made out to %s, not to %s.", names_of(c, leaf), tls->name_wanted ? tls->name_wanted : s->host->name);
    if (leaf->common_name_text)
        return fail(c, "The certificate names no host in its SAN; its common name, \"%s\", is not looked at.", shown(c, str_of(leaf->common_name_text)));
    return fail(c, "The certificate names no host in its SAN.");
}

static bool issuer_was_sent(const struct tls_facts *tls, const struct cert_facts *cert)
{
    for (size_t i = 0; i < tls->certificate_count; i++)
        if (str_eq(tls->certificates[i].subject, cert->issuer))
            return true;
    return false;
}

static const char *missing_issuer(struct context *c, const struct tls_facts *tls)
{
    for (size_t i = 0; i < tls->certificate_count; i++)
        if (!issuer_was_sent(tls, &tls->certificates[i]))
            return shown(c, tls->certificates[i].issuer);
    return shown(c, tls->certificates[0].issuer);
}

struct outcome rule_cert_trusted(struct context *c, const struct subject *s)
{
    const struct tls_facts *tls = tls_of(s);
    const char *why = tls->trust_error ? tls->trust_error : "no reason given";
    switch (tls->trust) {
    case TRUST_YES:
        return pass();
    case TRUST_SELF_SIGNED:
        return fail(c, "The certificate is self-signed.");
    case TRUST_PRIVATE_CA:
        return fail(c, "The chain ends in \"%s\", a root that the trust store does not have.", shown(c, tls->certificates[tls->certificate_count - 1].issuer));
    case TRUST_INCOMPLETE:
        return fail(c, "The certificate of the issuer \"%s\" was neither sent nor is it in the trust store.", missing_issuer(c, tls));
    case TRUST_DISTRUSTED:
        return fail(c, "The trust store rejects the chain: %s.", why);
    case TRUST_WRONG_USAGE:
        return fail(c, "A certificate of the chain is not meant for a TLS server: %s.", why);
    case TRUST_BAD_CHAIN:
        return fail(c, "The chain does not hold: %s.", why);
    case TRUST_UNKNOWN:
        break;
    }
    return unknown(c, REASON_INTERNAL, "This machine has no store of trusted roots.");
}

struct outcome rule_cert_chain_complete(struct context *c, const struct subject *s)
{
    const struct tls_facts *tls = tls_of(s);
    if (tls->path_has_unsent)
        return fail(c, "Of the chain %zu certificate%s sent; an intermediate that we happen to know is missing.", tls->certificates_sent,
                    tls->certificates_sent == 1 ? " was" : "s were");
    if (tls->chain_in_order == TRI_NO)
        return fail(c, "%zu certificates were sent, and one of them is doubled, unrelated or not in its place.", tls->certificates_sent);
    return pass();
}

/* Roots prove nothing by what they say of themselves; nobody needs them sent. */
static bool is_root(const struct tls_facts *tls, size_t i)
{
    return i > 0 && tls->certificates[i].self_signed;
}

static const char *key_words(struct context *c, const struct cert_facts *cert)
{
    const char *type = cert->key_type_text ? cert->key_type_text : "unknown kind";
    const char *text = cert->key_type == KEY_EC ? arena_printf(c->arena, "%s, curve %s", type, cert->curve ? cert->curve : "unknown")
                                                : arena_printf(c->arena, "%s, %u bits", type, cert->key_bits);
    return text ? text : "";
}

struct outcome rule_cert_key_strength(struct context *c, const struct subject *s)
{
    const struct tls_facts *tls = tls_of(s);
    for (size_t i = 0; i < tls->certificate_count; i++) {
        enum tls_class class = tls_key_class(c->options->tls_policy, &tls->certificates[i]);
        if (!is_root(tls, i) && (class == TLS_CLASS_BAD || class == TLS_CLASS_WEAK))
            return fail(c, "%s has a weak key: %s%s.", cert_name(c, tls, i), key_words(c, &tls->certificates[i]), by_policy(c, class, ""));
    }
    return pass();
}

struct outcome rule_cert_signature_hash(struct context *c, const struct subject *s)
{
    const struct tls_facts *tls = tls_of(s);
    for (size_t i = 0; i < tls->certificate_count; i++) {
        const struct cert_facts *cert = &tls->certificates[i];
        enum tls_class class = tls_hash_class(c->options->tls_policy, cert->signature_hash);
        if (!cert->self_signed && (class == TLS_CLASS_BAD || class == TLS_CLASS_WEAK))
            return fail(c, "%s is signed with %s%s.", cert_name(c, tls, i), cert->signature_hash, by_policy(c, class, ""));
    }
    return pass();
}

struct outcome rule_cert_lifetime_ready(struct context *c, const struct subject *s)
{
    const struct cert_facts *leaf = leaf_of(s);
    int64_t days = c->now.s < LIMIT_CHANGES_S ? LIFETIME_DAYS_BEFORE : LIFETIME_DAYS_AFTER;
    if (lifetime_s(leaf) <= days * DAY_S)
        return pass();
    return fail(c, "The certificate is valid for %s; the coming limit is %lld days.", span(c, lifetime_s(leaf)), (long long)days);
}

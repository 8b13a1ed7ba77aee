/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules_dane - TLSA records: can senders ask for them, are they of use, and does what the servers show agree with them.
 *
 * dane.h has the procedure; the rules here put its ends into words. dane.lookup comes first: below it there is an answer.
 */
#include "judge/rules_dane.h"

#include <string.h>

#include "judge/deep_sessions.h"
#include "judge/rules.h"
#include "judge/sts.h"

enum { DAY_S = 24 * 60 * 60, ROTATES_WITHIN_S = 30 * DAY_S, DIGEST_SHOWN_BYTES = 4 };

struct dane dane_of(const struct context *c, const struct host_facts *h)
{
    return dane_decide(c->facts, h, is_server(c) ? c->facts->target.port : SMTP_PORT, DANE_MX);
}

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

/* "3 1 1 a1b2c3d4..." */
static const char *shown_record(struct context *c, const struct tlsa_record *r)
{
    char hex[2 * DIGEST_SHOWN_BYTES + 1] = "";
    for (size_t i = 0; i < DIGEST_SHOWN_BYTES && i < r->data.n; i++) {
        static const char digits[] = "0123456789abcdef";
        unsigned char octet = (unsigned char)r->data.p[i];
        hex[2 * i] = digits[octet >> 4];
        hex[2 * i + 1] = digits[octet & 15];
    }
    return or_empty(arena_printf(c->arena, "%u %u %u %s%s", r->usage, r->selector, r->matching_type, hex, r->data.n > DIGEST_SHOWN_BYTES ? "..." : ""));
}

/* Senders do not get that far when the host's addresses cannot be had. */
static struct outcome addresses_valid(struct context *c, const struct subject *s)
{
    const struct outcome *valid = verdict_of(c, ROW_dns_host_dnssec_valid, s);
    return valid->value == VERDICT_FAIL || valid->value == VERDICT_UNKNOWN ? as_parent(ROW_dns_host_dnssec_valid, valid) : pass();
}

static struct outcome not_asked(struct context *c, const struct subject *s)
{
    if (!s->host->within_limit || c->facts->incomplete)
        return unknown(c, REASON_LIMIT, "The TLSA records of %s were not asked for: past the limits of this run.", s->host->name);
    return not_applicable();
}

struct outcome rule_dane_lookup(struct context *c, const struct subject *s)
{
    const struct outcome valid = addresses_valid(c, s);
    const struct dane d = dane_of(c, s->host);
    if (valid.value != VERDICT_PASS)
        return valid;
    switch (d.state) {
    case DANE_NONE:
        return d.none == DANE_TLSA_DENIED || d.none == DANE_TLSA_INSECURE ? pass() : not_applicable_via(ROW_dns_host_dnssec_valid);
    case DANE_UNUSABLE:
    case DANE_USABLE:
        return pass();
    case DANE_TEMPFAIL:
        return fail(c, "The %s question for %s fails, while its addresses are answered: %s.", d.failed_type, s->host->name, dns_problem(c, d.failed));
    case DANE_NOT_KNOWN:
        break;
    }
    if (!d.failed)
        return not_asked(c, s);
    if (is_answered(d.failed))
        return unknown(c, REASON_INTERNAL, "Whether the %s answer of %s is signed is not known.", d.failed_type, s->host->name);
    return unknown(c, reason_of_lookup(d.failed), "The %s records of %s could not be looked up: %s.", d.failed_type, s->host->name, dns_problem(c, d.failed));
}

static bool is_denied_securely(const struct tlsa_facts *tlsa)
{
    bool secure = false;
    for (size_t i = 0; i < tlsa->base_count; i++)
        secure = secure || (is_denied(&tlsa->bases[i].lookup) && tlsa->bases[i].lookup.dnssec == DNSSEC_SECURE);
    return secure;
}

struct outcome rule_dane_published(struct context *c, const struct subject *s)
{
    const struct dane d = dane_of(c, s->host);
    if (d.state != DANE_NONE)
        return pass();
    if (d.none == DANE_TLSA_INSECURE)
        return not_applicable_via(ROW_dane_secure);
    if (!is_denied_securely(dane_tlsa_of(s->host, is_server(c) ? c->facts->target.port : SMTP_PORT)))
        return not_applicable();
    return fail(c, "The addresses of %s are signed; it has no TLSA record.", s->host->name);
}

/* The diagnosis looks at records that no sender would ask for. */
static const struct tlsa_base *base_with_records(const struct tlsa_facts *tlsa)
{
    for (size_t i = 0; tlsa && i < tlsa->base_count; i++)
        if (tlsa->bases[i].lookup.status == DNS_FOUND)
            return &tlsa->bases[i];
    return NULL;
}

struct outcome rule_dane_secure(struct context *c, const struct subject *s)
{
    const struct outcome valid = addresses_valid(c, s);
    const struct dane d = dane_of(c, s->host);
    const struct tlsa_base *base = base_with_records(dane_tlsa_of(s->host, is_server(c) ? c->facts->target.port : SMTP_PORT));
    if (valid.value != VERDICT_PASS)
        return valid;
    if (d.state == DANE_TEMPFAIL || d.state == DANE_NOT_KNOWN)
        return as_parent(ROW_dane_lookup, verdict_of(c, ROW_dane_lookup, s));
    if (!base)
        return not_applicable();
    if (d.state == DANE_NONE && d.none == DANE_ADDRESSES_INSECURE)
        return fail(c, "%s has TLSA records, but its addresses are not under DNSSEC: no sender looks at them.", base->name);
    if (d.state == DANE_NONE && d.none == DANE_TLSA_INSECURE)
        return fail(c, "The TLSA records of %s are not under DNSSEC: no sender may use them.", base->name);
    return pass();
}

/* Of all mail hosts, what is known of each. */
struct dane_tally {
    size_t usable, without;
    const char *usable_names, *names_without;
};

static struct dane_tally tally_hosts(struct context *c)
{
    const struct subject all = {.scope = SCOPE_DOMAIN};
    struct dane_tally t = {0};
    struct subject host;
    for (struct walk w = {0}; next_object(c, &all, SCOPE_HOST, &w, &host);) {
        enum verdict_value asked = verdict_of(c, ROW_dane_lookup, &host)->value;
        const struct dane d = dane_of(c, host.host);
        bool has_address = host.host->a.status == DNS_FOUND || host.host->aaaa.status == DNS_FOUND;
        if (asked == VERDICT_PASS && d.state == DANE_USABLE) {
            t.usable++;
            t.usable_names = listed(c, t.usable_names, host.host->name);
        } else if (has_address && (d.state == DANE_NONE || d.state == DANE_UNUSABLE) && asked != VERDICT_UNKNOWN) {
            t.without++;
            t.names_without = listed(c, t.names_without, host.host->name);
        }
    }
    return t;
}

static struct outcome no_usable_host(struct context *c, const struct subject *s)
{
    const struct tally t = tally(c, ROW_dane_records_usable, s);
    return t.unknown ? unknown_as_children(ROW_dane_records_usable, &t) : not_applicable();
}

struct outcome rule_dane_mx_secure(struct context *c, const struct subject *s)
{
    const struct dane_tally hosts = tally_hosts(c);
    if (is_server(c) || c->facts->mx.status == MX_IMPLICIT)
        return not_applicable();
    if (hosts.usable == 0)
        return no_usable_host(c, s);
    if (c->facts->mx.lookup.dnssec != DNSSEC_INSECURE)
        return pass();
    return fail(c, "%s %s usable TLSA records, but the MX answer that leads there is not signed.", hosts.usable_names, hosts.usable == 1 ? "has" : "have");
}

static const char *why_unusable(const struct tlsa_record *r)
{
    static const char *const flaws[] = {
        [TLSA_SOUND] = "usages 0 and 1 are not for mail servers",
        [TLSA_TOO_SHORT] = "it is too short",
        [TLSA_UNKNOWN_USAGE] = "there is no such usage",
        [TLSA_UNKNOWN_SELECTOR] = "there is no such selector",
        [TLSA_UNKNOWN_MATCHING_TYPE] = "there is no such matching type",
        [TLSA_WRONG_LENGTH] = "its data has not the length of the digest",
        [TLSA_NOT_DER] = "its data is neither a certificate nor a key",
    };
    return flaws[r->flaw];
}

struct outcome rule_dane_records_usable(struct context *c, const struct subject *s)
{
    const struct dane d = dane_of(c, s->host);
    const char *bad = NULL;
    if (!d.base)
        return not_applicable();
    for (size_t i = 0; i < d.base->record_count; i++)
        if (!dane_is_usable(&d.base->records[i], DANE_MX))
            bad = listed(c, bad, or_empty(arena_printf(c->arena, "%s (%s)", shown_record(c, &d.base->records[i]), why_unusable(&d.base->records[i]))));
    if (!bad && d.base->record_count)
        return pass();
    return fail(c, "Of the TLSA records of %s %s: %s.", d.base->name, d.usable_count ? "these are not usable" : "none is usable", bad ? bad : "they cannot be read");
}

/* TLS must be had where there are secure records, usable or not: RFC 7672 2.2. */
struct outcome rule_dane_starttls(struct context *c, const struct subject *s)
{
    static const struct {
        enum row row;
        const char *words;
    } steps[] = {
        {ROW_tls_starttls_stripped, "STARTTLS is overwritten on its way"},
        {ROW_tls_starttls_offered, "STARTTLS is not offered"},
        {ROW_tls_starttls_accepted, "STARTTLS is offered and then refused"},
        {ROW_tls_handshake, "the TLS handshake fails"},
    };
    const struct dane d = dane_of(c, s->host);
    const struct outcome *handshake = verdict_of(c, ROW_tls_handshake, s);
    if (!d.base)
        return not_applicable();
    if (handshake->value == VERDICT_PASS)
        return pass();
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (fails(c, steps[i].row, s))
            return fail(c, "%s has TLSA records, and %s.", d.base->name, steps[i].words);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        const struct outcome *step = verdict_of(c, steps[i].row, s);
        if (step->value == VERDICT_UNKNOWN)
            return as_parent(steps[i].row, step);
    }
    return as_parent(ROW_tls_handshake, handshake);
}

static const char *why_no_match(const struct tls_facts *tls, const struct dane_proof *p)
{
    static const char *const misses[] = {
        [TLSA_NOT_COMPARED] = "no record fits it",
        [TLSA_MATCHES] = "the record fits, but no public CA vouches for it",
        [TLSA_NO_DIGEST] = "the records are of another certificate or key",
        [TLSA_TA_NOT_SENT] = "the server does not send the CA certificate that they name",
        [TLSA_TA_SIGNATURE] = "the CA certificate that they name is sent, but did not sign it",
        [TLSA_TA_NAME] = "the CA is the right one, but the certificate does not name the server",
        [TLSA_TA_DATES] = "the CA is the right one, but a certificate of the chain is out of its dates",
    };
    return tls->certificate_count ? misses[p->nearest] : "the server shows no certificate";
}

static struct outcome match_outcome(struct context *c, const struct dane *d, const struct tls_facts *tls)
{
    const struct dane_proof p = dane_prove(d, tls);
    if (p.authenticated == TRI_YES)
        return pass();
    if (p.authenticated == TRI_UNKNOWN && d->base->records_left_out)
        return unknown(c, REASON_LIMIT, "None of the first %zu TLSA records of %s authenticates the server; %zu more were not looked at.",
                       d->base->record_count, d->base->name, d->base->records_left_out);
    if (p.authenticated == TRI_UNKNOWN)
        return unknown(c, REASON_INTERNAL, "The chain was not compared with the TLSA records of %s.", d->base->name);
    return fail(c, "No usable TLSA record of %s authenticates the server: %s.", d->base->name, why_no_match(tls, &p));
}

struct outcome rule_dane_match(struct context *c, const struct subject *s)
{
    const struct dane d = dane_of(c, s->host);
    return d.state == DANE_USABLE ? match_outcome(c, &d, best_handshake(s->endpoint)) : not_applicable();
}

/* What the connection showed that accepts only the other kind of key. */
static const struct tls_facts *other_chain(const struct endpoint_facts *e)
{
    const struct session_facts *other = e->deep ? e->deep->sessions[DEEP_OTHER_KEY] : NULL;
    return other && other->tls.result == TLS_DONE && other->tls.certificate_count ? &other->tls : NULL;
}

/* A server with one kind of key refuses that handshake. */
static struct outcome other_chain_missing(struct context *c, const struct endpoint_facts *e)
{
    static const char WHAT[] = "A handshake for another kind of key";
    struct outcome o;
    const struct session_facts *x = deep_session(c, e, DEEP_OTHER_KEY, WHAT, &o);
    if (!x)
        return o;
    return x->tls.result == TLS_DONE || is_handshake_refused(e, DEEP_OTHER_KEY) ? not_applicable() : unknown_as_no_handshake(c, x, WHAT);
}

/* Behind dane.match: the chain that clients usually get is authenticated. */
struct outcome rule_dane_match_each_key(struct context *c, const struct subject *s)
{
    const struct dane d = dane_of(c, s->host);
    const struct tls_facts *other = other_chain(s->endpoint);
    if (!c->facts->deep_wanted || d.state != DANE_USABLE)
        return not_applicable();
    if (!other)
        return other_chain_missing(c, s->endpoint);
    const struct dane_proof p = dane_prove(&d, other);
    if (p.authenticated != TRI_NO)
        return match_outcome(c, &d, other);
    return fail(c, "Clients that take only %s keys get a certificate that no usable TLSA record authenticates: %s.",
                other->certificates[0].key_type_text ? other->certificates[0].key_type_text : "other", why_no_match(other, &p));
}

static bool belongs_to(const struct tls_facts *tls, size_t base, size_t record)
{
    enum tlsa_match m = tls && tls->tlsa[base] ? tls->tlsa[base][record] : TLSA_NOT_COMPARED;
    return m != TLSA_NOT_COMPARED && m != TLSA_NO_DIGEST && m != TLSA_TA_NOT_SENT;
}

static bool is_served(struct context *c, const struct subject *host, size_t base, size_t record)
{
    struct subject server;
    for (struct walk w = {0}; next_object(c, host, SCOPE_ENDPOINT, &w, &server);)
        if (server.endpoint == mail_endpoint(c, server.address) &&
            (belongs_to(best_handshake(server.endpoint), base, record) || belongs_to(other_chain(server.endpoint), base, record)))
            return true;
    return false;
}

struct outcome rule_dane_stale_record(struct context *c, const struct subject *s)
{
    static const enum row chains[] = {ROW_dane_match, ROW_dane_match_each_key};
    const struct dane d = dane_of(c, s->host);
    const char *stale = NULL;
    if (!c->facts->deep_wanted || d.state != DANE_USABLE)
        return not_applicable();
    if (tally(c, ROW_dane_match, s).fail)
        return not_applicable_via(ROW_dane_match);
    for (size_t i = 0; i < d.base->record_count; i++)
        if (dane_is_usable(&d.base->records[i], DANE_MX) && !is_served(c, s, d.base_index, i))
            stale = listed(c, stale, shown_record(c, &d.base->records[i]));
    if (!stale)
        return pass();
    for (size_t i = 0; i < sizeof chains / sizeof *chains; i++) {
        const struct tally t = tally(c, chains[i], s);
        if (t.unknown)
            return unknown_as_children(chains[i], &t);
    }
    if (tally(c, ROW_dane_match, s).pass == 0)
        return not_applicable_via(ROW_dane_match);
    return fail(c, "No certificate that %s serves belongs to %s.", s->host->name, stale);
}

/* CAs that sign with one of several intermediates, and change them without notice. */
static bool is_rotating_ca(const char *organisation)
{
    static const char *const names[] = {"Let's Encrypt", "Google Trust Services"};
    for (size_t i = 0; organisation && i < sizeof names / sizeof *names; i++)
        if (strcmp(organisation, names[i]) == 0)
            return true;
    return false;
}

static bool is_of(const struct tlsa_record *r, const struct cert_facts *cert)
{
    const struct str digest = {(const char *)(r->selector ? cert->spki_sha256 : cert->sha256), sizeof cert->sha256};
    return r->matching_type == 1 ? str_eq(r->data, digest) : r->matching_type == 0 && r->selector == 0 && str_eq(r->data, cert->der);
}

/* NULL: the next certificate from the same CA, with the same key, will satisfy this record too. */
static const char *why_unsafe(const struct tlsa_record *r, const struct tls_facts *tls)
{
    const struct cert_facts *leaf = &tls->certificates[0], *issuer = tls->certificate_count > 1 ? &tls->certificates[1] : NULL;
    if (r->usage == 3)
        return r->selector == 0 ? "names the whole certificate, which is another one after each renewal" : NULL;
    if (!issuer || !is_of(r, issuer))
        return NULL;
    if (is_rotating_ca(leaf->issuer_organisation))
        return "names an intermediate of a CA that changes its intermediates without notice";
    return issuer->not_after.s - leaf->not_after.s <= ROTATES_WITHIN_S ? "names a CA certificate that ends soon after the server's own" : NULL;
}

struct outcome rule_dane_renewal_safe(struct context *c, const struct subject *s)
{
    const struct dane d = dane_of(c, s->host);
    const char *unsafe = NULL;
    struct subject server;
    if (d.state != DANE_USABLE)
        return not_applicable();
    for (struct walk w = {0}; next_object(c, s, SCOPE_ENDPOINT, &w, &server);) {
        if (!passes(c, ROW_dane_match, &server))
            continue;
        const struct tls_facts *tls = best_handshake(server.endpoint);
        for (size_t i = 0; i < d.base->record_count; i++) {
            if (!dane_counts(d.base, i, DANE_MX) || tls->tlsa[d.base_index][i] != TLSA_MATCHES)
                continue;
            const char *why = why_unsafe(&d.base->records[i], tls);
            if (!why)
                return pass();
            unsafe = unsafe ? unsafe : or_empty(arena_printf(c->arena, "%s %s", shown_record(c, &d.base->records[i]), why));
        }
    }
    if (unsafe)
        return fail(c, "Of %s no record will outlive a renewal: %s.", d.base->name, unsafe);
    const struct tally t = tally(c, ROW_dane_match, s);
    return t.unknown ? unknown_as_children(ROW_dane_match, &t) : not_applicable_via(ROW_dane_match);
}

struct outcome rule_dane_all_mx(struct context *c, const struct subject *s)
{
    const struct dane_tally hosts = tally_hosts(c);
    if (is_server(c) || (c->facts->mx.status != MX_IMPLICIT && c->facts->mx.lookup.dnssec != DNSSEC_SECURE))
        return not_applicable();
    if (hosts.usable == 0)
        return no_usable_host(c, s);
    if (hosts.without)
        return fail(c, "%s %s usable TLSA records, %s %s not.", hosts.usable_names, hosts.usable == 1 ? "has" : "have", hosts.names_without,
                    hosts.without == 1 ? "has" : "have");
    return pass();
}

struct outcome rule_dane_submission_match(struct context *c, const struct subject *s)
{
    const struct outcome valid = addresses_valid(c, s);
    const struct dane d = dane_decide(c->facts, s->host, s->endpoint->port, DANE_SUBMISSION);
    const struct tls_facts *tls = best_handshake(s->endpoint);
    if (valid.value != VERDICT_PASS)
        return valid;
    if (d.state == DANE_NOT_KNOWN && d.failed)
        return unknown(c, reason_of_lookup(d.failed), "The %s records for port %u of %s could not be looked up: %s.", d.failed_type, s->endpoint->port, s->host->name,
                       dns_problem(c, d.failed));
    if (!d.base || tls->certificate_count == 0)
        return not_applicable();
    if (d.state == DANE_UNUSABLE)
        return fail(c, "None of the %zu TLSA records for port %u of %s is usable.", d.base->record_count, s->endpoint->port, d.base->name);
    return match_outcome(c, &d, tls);
}

/* Whether one sort of sender delivers to this endpoint. */
static enum verdict_value delivers(struct context *c, const struct subject *s, const enum row *rows, size_t count, enum row *decides)
{
    enum verdict_value takes = VERDICT_UNKNOWN;
    for (size_t i = 0; i < count; i++) {
        takes = verdict_of(c, rows[i], s)->value;
        *decides = rows[i];
        if (takes == VERDICT_FAIL)
            return takes;
    }
    return takes == VERDICT_PASS ? takes : VERDICT_UNKNOWN;
}

static struct outcome disagreement(struct context *c, const struct subject *s, bool dane_refuses, enum row why)
{
    const char *detail = verdict_of(c, why, s)->detail;
    return fail(c, "%s: senders that %s deliver, senders that %s do not. %s", shown_ip(c, s->address->ip), dane_refuses ? "enforce MTA-STS" : "go by DANE",
                dane_refuses ? "go by DANE" : "enforce MTA-STS", or_empty(detail));
}

struct outcome rule_mtasts_dane_agreement(struct context *c, const struct subject *s)
{
    static const enum row dane_rows[] = {ROW_dane_starttls, ROW_dane_match}, sts_rows[] = {ROW_mtasts_mx_covered, ROW_mtasts_mx_tls, ROW_mtasts_mx_certificate};
    size_t compared = 0;
    struct subject server;
    for (struct walk w = {0}; next_object(c, s, SCOPE_ENDPOINT, &w, &server);) {
        enum row dane_decides = ROW_NONE, sts_decides = ROW_NONE;
        if (server.endpoint != mail_endpoint(c, server.address))
            continue;
        enum verdict_value dane = delivers(c, &server, dane_rows, sizeof dane_rows / sizeof *dane_rows, &dane_decides);
        enum verdict_value sts = delivers(c, &server, sts_rows, sizeof sts_rows / sizeof *sts_rows, &sts_decides);
        if (dane == VERDICT_UNKNOWN || sts == VERDICT_UNKNOWN)
            continue;
        compared++;
        if (dane != sts)
            return disagreement(c, &server, dane == VERDICT_FAIL, dane == VERDICT_FAIL ? dane_decides : sts_decides);
    }
    if (compared)
        return pass();
    const struct tally match = tally(c, ROW_dane_match, s), certificate = tally(c, ROW_mtasts_mx_certificate, s);
    if (match.unknown)
        return unknown_as_children(ROW_dane_match, &match);
    return certificate.unknown ? unknown_as_children(ROW_mtasts_mx_certificate, &certificate) : not_applicable();
}

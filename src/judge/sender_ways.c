/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sender_ways - one sort of sender at one address: what it asks of this host, what the server gives, and what comes of it.
 */
#include "judge/deep_sessions.h"
#include "judge/rules_dane.h"
#include "judge/senders.h"
#include "judge/sessions.h"
#include "judge/sts.h"

enum { NO_SERVICE = 521 };

static struct sender_way way(const struct subject *s, enum delivery delivery, const char *why)
{
    return (struct sender_way){.subject = *s, .delivery = delivery, .why = why};
}

/* The verdict of a row in the words of a sentence about the server. */
static const char *words_of(enum row row)
{
    static const char *const words[ROW_END] = {
        [ROW_mx_address_public] = "its address cannot be reached over the Internet",
        [ROW_net_port25_open] = "no connection",
        [ROW_smtp_greeting] = "no greeting of a mail server",
        [ROW_smtp_ehlo] = "EHLO is refused",
        [ROW_tls_starttls_stripped] = "STARTTLS is overwritten on its way",
        [ROW_tls_starttls_offered] = "STARTTLS is not offered",
        [ROW_tls_starttls_accepted] = "STARTTLS is offered and then refused",
        [ROW_tls_handshake] = "the TLS handshake fails",
        [ROW_tls_version_floor] = "TLS is older than 1.2",
        [ROW_cert_present] = "there is no certificate",
        [ROW_cert_dates] = "the certificate is out of date",
        [ROW_cert_name_match] = "the certificate does not name the host",
        [ROW_cert_trusted] = "no public CA vouches for the certificate",
        [ROW_cert_chain_complete] = "an intermediate certificate is not sent",
        [ROW_dane_lookup] = "the question for TLSA records fails",
        [ROW_dane_match] = "no TLSA record fits the certificate",
    };
    return words[row];
}

static const char *why_unknown(const struct outcome *o)
{
    return o->reason == REASON_NONE ? "it was not tested" : reason_explained(o->reason);
}

/* What this sender asks of TLS at this host. */
enum demand {
    DEMAND_NOTHING, /* clear text */
    DEMAND_IF_OFFERED,
    DEMAND_ENCRYPTION,
    DEMAND_TLSA,
    DEMAND_PUBLIC_CA,
    DEMAND_REFUSED, /* this host is not to be used for now, whatever it offers */
    DEMAND_NOT_KNOWN,
};

struct demanded {
    enum demand demand;
    const char *why; /* why not more, or why refused or not known */
};

static struct demanded demand_of_sts(struct context *c, const struct sender_profile *p, const struct host_facts *h)
{
    bool from_cache = p->cached && sts_cache_holds(c->facts);
    switch (p->cached ? sts_state_cached(c->facts) : sts_state(c->facts)) {
    case STS_NOT_KNOWN:
        return (struct demanded){DEMAND_NOT_KNOWN, "whether an MTA-STS policy holds is not known"};
    case STS_NONE:
        return (struct demanded){DEMAND_IF_OFFERED, "there is no MTA-STS policy"};
    case STS_MODE_NONE:
    case STS_TESTING:
        return (struct demanded){DEMAND_IF_OFFERED, "the MTA-STS policy is not enforced"};
    case STS_ENFORCE:
        break;
    }
    if (from_cache && !h->in_cached_policy)
        return (struct demanded){DEMAND_REFUSED, "the MTA-STS policy in the sender's cache does not name the host"};
    if (!from_cache && !h->in_mta_sts_policy)
        return (struct demanded){DEMAND_REFUSED, "the MTA-STS policy does not name the host"};
    return (struct demanded){DEMAND_PUBLIC_CA, NULL};
}

/* RFC 8461 2: what DANE says of a host is final; only where it says nothing of identity does MTA-STS come in. */
static struct demanded demand_of_dane(struct context *c, const struct sender_profile *p, const struct subject *s)
{
    const struct outcome *asked = verdict_of(c, ROW_dane_lookup, s);
    const struct dane d = dane_of(c, s->host);
    if (asked->value == VERDICT_UNKNOWN)
        return (struct demanded){DEMAND_NOT_KNOWN, "whether DANE holds is not known"};
    switch (d.state) {
    case DANE_NOT_KNOWN:
        break;
    case DANE_TEMPFAIL:
        return (struct demanded){DEMAND_REFUSED, fails(c, ROW_dane_lookup, s) ? words_of(ROW_dane_lookup) : "DNSSEC validation of the host fails"};
    case DANE_USABLE:
        return (struct demanded){DEMAND_TLSA, NULL};
    case DANE_NONE:
        return p->mta_sts ? demand_of_sts(c, p, s->host) : (struct demanded){DEMAND_IF_OFFERED, "there is no TLSA record under DNSSEC"};
    case DANE_UNUSABLE: {
        const struct demanded sts = p->mta_sts ? demand_of_sts(c, p, s->host) : (struct demanded){DEMAND_ENCRYPTION, NULL};
        return sts.demand == DEMAND_IF_OFFERED || sts.demand == DEMAND_ENCRYPTION ? (struct demanded){DEMAND_ENCRYPTION, "no TLSA record is usable"} : sts;
    }
    }
    return (struct demanded){DEMAND_NOT_KNOWN, "whether DANE holds is not known"};
}

static struct demanded demand_of(struct context *c, const struct sender_profile *p, const struct subject *s)
{
    if (p->dane)
        return demand_of_dane(c, p, s);
    if (p->mta_sts)
        return demand_of_sts(c, p, s->host);
    if (p->public_cas)
        return (struct demanded){DEMAND_PUBLIC_CA, NULL};
    return (struct demanded){p->tls == TLS_NEVER ? DEMAND_NOTHING : p->tls == TLS_IF_OFFERED ? DEMAND_IF_OFFERED : DEMAND_ENCRYPTION, NULL};
}

/* What the server gives. */
struct tls_given {
    enum { GIVEN_NOT_KNOWN, GIVEN_NONE, GIVEN_FAILS, GIVEN_WORKS } state;
    const char *why;
};

static struct tls_given tls_given(struct context *c, const struct sender_profile *p, const struct subject *s)
{
    static const enum row before[] = {ROW_tls_starttls_stripped, ROW_tls_starttls_offered, ROW_tls_starttls_accepted};
    const struct outcome *handshake = verdict_of(c, ROW_tls_handshake, s);
    if (fails(c, ROW_smtp_ehlo, s))
        return (struct tls_given){GIVEN_NONE, words_of(ROW_smtp_ehlo)};
    bool works = handshake->value == VERDICT_PASS || is_unproven(s->endpoint);
    if (works && p->refuses_old_tls && fails(c, ROW_tls_version_floor, s))
        return (struct tls_given){GIVEN_FAILS, words_of(ROW_tls_version_floor)};
    if (works)
        return (struct tls_given){GIVEN_WORKS, NULL};
    for (size_t i = 0; i < sizeof before / sizeof *before; i++)
        if (fails(c, before[i], s))
            return (struct tls_given){GIVEN_NONE, words_of(before[i])};
    if (handshake->value == VERDICT_FAIL)
        return (struct tls_given){GIVEN_FAILS, words_of(ROW_tls_handshake)};
    return (struct tls_given){GIVEN_NOT_KNOWN, why_unknown(handshake)};
}

static struct sender_way with_public_ca(struct context *c, const struct subject *s)
{
    static const enum row rows[] = {ROW_cert_present, ROW_cert_dates, ROW_cert_name_match, ROW_cert_trusted};
    const struct tls_facts *tls = best_handshake(s->endpoint);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (fails(c, rows[i], s))
            return way(s, DELIVERY_DEFER, words_of(rows[i]));
    if (tls && tls->path_has_unsent)
        return way(s, DELIVERY_DEFER, words_of(ROW_cert_chain_complete));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!passes(c, rows[i], s))
            return way(s, DELIVERY_UNKNOWN, why_unknown(verdict_of(c, rows[i], s)));
    return way(s, DELIVERY_AUTHENTICATED, NULL);
}

static struct sender_way with_tlsa(struct context *c, const struct subject *s)
{
    const struct outcome *match = verdict_of(c, ROW_dane_match, s);
    if (match->value == VERDICT_PASS)
        return way(s, DELIVERY_AUTHENTICATED, NULL);
    if (match->value == VERDICT_FAIL)
        return way(s, DELIVERY_DEFER, words_of(ROW_dane_match));
    return way(s, DELIVERY_UNKNOWN, why_unknown(match));
}

static bool wants_tls(const struct endpoint_facts *e)
{
    const struct session_facts *plain = e->deep ? e->deep->sessions[DEEP_PLAIN_MAIL] : NULL;
    bool wants = plain && refuses_clear_text(&plain->deep.plain_mail);
    for (size_t i = 0; i < e->session_count; i++)
        wants = wants || (e->sessions[i].tls.result == TLS_NOT_TRIED && refuses_clear_text(&e->sessions[i].relay.mail));
    return wants;
}

static struct sender_way in_clear(const struct sender_profile *p, const struct subject *s, const char *why)
{
    if (wants_tls(s->endpoint))
        return way(s, p->tls == TLS_NEVER ? DELIVERY_BOUNCE : DELIVERY_DEFER, "the server takes no mail in clear text");
    return way(s, DELIVERY_PLAINTEXT, why);
}

static struct sender_way if_offered(const struct sender_profile *p, const struct subject *s, const struct tls_given *given, const char *why)
{
    if (given->state == GIVEN_WORKS)
        return way(s, DELIVERY_ENCRYPTED, why);
    struct sender_way w = in_clear(p, s, given->why);
    w.delayed = w.delivery == DELIVERY_PLAINTEXT && given->state == GIVEN_FAILS && p->defers_first;
    return w;
}

/* As far as EHLO: false when it ends before. */
static bool is_served(struct context *c, const struct subject *s, struct sender_way *w)
{
    static const enum row rows[] = {ROW_net_port25_open, ROW_smtp_greeting, ROW_smtp_ehlo};
    if (s->address->special && !is_server(c)) {
        *w = way(s, DELIVERY_DEFER, words_of(ROW_mx_address_public));
        return false;
    }
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct outcome *o = verdict_of(c, rows[i], s);
        if (o->value == VERDICT_PASS)
            continue;
        *w = o->value == VERDICT_FAIL ? way(s, DELIVERY_DEFER, words_of(rows[i])) : way(s, DELIVERY_UNKNOWN, why_unknown(o));
        return false;
    }
    return true;
}

static bool takes_no_mail(const struct endpoint_facts *e)
{
    for (size_t i = 0; i < e->session_count; i++)
        if (e->sessions[i].greeting.complete && e->sessions[i].greeting.code == NO_SERVICE)
            return true;
    return false;
}

static bool takes_helo(const struct endpoint_facts *e)
{
    const struct smtp_reply *helo = e->shown ? &e->shown->ehlo.helo_reply : NULL;
    return helo && helo->complete && helo->code == 250;
}

struct sender_way sender_way(struct context *c, const struct sender_profile *p, const struct subject *address)
{
    struct subject s = *address;
    struct sender_way w;
    s.endpoint = mail_endpoint(c, s.address);
    s.scope = SCOPE_ENDPOINT;
    if (!s.endpoint)
        return way(address, DELIVERY_UNKNOWN, "port 25 was not tested");
    if (!is_served(c, &s, &w) && !(fails(c, ROW_smtp_ehlo, &s) && takes_helo(s.endpoint))) {
        if (w.delivery == DELIVERY_DEFER && fails(c, ROW_smtp_greeting, &s) && takes_no_mail(s.endpoint))
            w = way(&s, p->waits_at_521 ? DELIVERY_DEFER : DELIVERY_BOUNCE, "the server says that it takes no mail");
        w.subject = *address;
        return w;
    }
    const struct demanded demanded = demand_of(c, p, &s);
    const struct tls_given given = tls_given(c, p, &s);
    if (demanded.demand == DEMAND_NOTHING)
        w = in_clear(p, &s, NULL);
    else if (demanded.demand == DEMAND_REFUSED)
        w = way(&s, DELIVERY_DEFER, demanded.why);
    else if (demanded.demand == DEMAND_NOT_KNOWN)
        w = way(&s, DELIVERY_UNKNOWN, demanded.why);
    else if (given.state == GIVEN_NOT_KNOWN)
        w = way(&s, DELIVERY_UNKNOWN, given.why);
    else if (demanded.demand == DEMAND_IF_OFFERED)
        w = if_offered(p, &s, &given, demanded.why);
    else if (given.state != GIVEN_WORKS)
        w = way(&s, DELIVERY_DEFER, given.why);
    else if (demanded.demand == DEMAND_ENCRYPTION)
        w = way(&s, DELIVERY_ENCRYPTED, demanded.why);
    else
        w = demanded.demand == DEMAND_TLSA ? with_tlsa(c, &s) : with_public_ca(c, &s);
    w.observed = w.delivery >= DELIVERY_ENCRYPTED && is_unproven(s.endpoint);
    w.subject = *address;
    return w;
}

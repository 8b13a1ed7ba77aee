/* SPDX-License-Identifier: Apache-2.0 */
/* rules_tls - encryption on the way in: from the word STARTTLS to what the handshake agreed on. */
#include "judge/rules.h"

#include "base/panic.h"
#include "judge/sessions.h"
#include "judge/tls_classes.h"

enum { SUBSTITUTE_MIN = 6, EXTENSIONS_SHOWN_MAX = 12, LOGJAM_BITS = 1024 };

static bool offers_starttls(const struct session_facts *session)
{
    return is_accepted(&session->ehlo) && capability_of(&session->ehlo, STR("STARTTLS"));
}

struct offers {
    size_t heard, offering;
    const struct session_facts *without; /* the last that heard EHLO without STARTTLS */
};

static void add_offer(struct offers *o, const struct session_facts *session)
{
    if (!is_accepted(&session->ehlo))
        return;
    o->heard++;
    if (offers_starttls(session))
        o->offering++;
    else
        o->without = session;
}

static struct offers offers_of(const struct endpoint_facts *e)
{
    struct offers o = {0};
    for (size_t i = 0; i < e->session_count; i++)
        add_offer(&o, &e->sessions[i]);
    return o;
}

static bool is_taken_unlisted(const struct endpoint_facts *e)
{
    const struct session_facts *x = e->deep ? e->deep->sessions[DEEP_UNLISTED_STARTTLS] : NULL;
    return x && is_accepted(&x->ehlo) && !offers_starttls(x) && x->starttls.complete && x->starttls.code == 220;
}

/* What devices in the path write over a keyword of the same length. */
static bool is_substitute(struct str keyword)
{
    if (str_contains_nocase(keyword, "STARTTLS"))
        return true;
    size_t n = 0;
    while (n < keyword.n && (keyword.p[n] == 'X' || keyword.p[n] == '*'))
        n++;
    bool last_differs = n + 1 == keyword.n && keyword.p[n] >= 'A' && keyword.p[n] <= 'Z';
    return n >= SUBSTITUTE_MIN && (n == keyword.n || last_differs);
}

struct outcome rule_tls_starttls_stripped(struct context *c, const struct subject *s)
{
    const struct offers o = offers_of(s->endpoint);
    if (s->endpoint->tls_mode != TLS_MODE_STARTTLS)
        return not_applicable();
    for (size_t i = 0; o.without && !o.offering && i < o.without->ehlo.capability_count; i++) {
        struct str keyword = o.without->ehlo.capabilities[i].keyword;
        if (is_substitute(keyword))
            return fail(c, "The EHLO reply has \"%s\" where STARTTLS should be.", shown(c, keyword));
    }
    if (!o.offering && is_taken_unlisted(s->endpoint))
        return fail(c, "STARTTLS stands in no EHLO reply, and is all the same answered \"%s\".",
                    shown_reply(c, &s->endpoint->deep->sessions[DEEP_UNLISTED_STARTTLS]->starttls));
    return pass();
}

static const char *extensions_of(struct context *c, const struct smtp_ehlo *ehlo)
{
    const char *list = NULL;
    for (size_t i = 0; i < ehlo->capability_count && i < EXTENSIONS_SHOWN_MAX; i++)
        list = listed(c, list, shown(c, ehlo->capabilities[i].keyword));
    return list;
}

struct outcome rule_tls_starttls_offered(struct context *c, const struct subject *s)
{
    const struct offers o = offers_of(s->endpoint);
    if (s->endpoint->tls_mode != TLS_MODE_STARTTLS)
        return not_applicable();
    if (o.heard == 0)
        return not_applicable_via(ROW_smtp_ehlo);
    if (o.offering)
        return pass();
    if (port_role(c, s->endpoint) == PORT_SUBMISSION)
        return not_applicable_via(ROW_smtp_submission_cleartext);
    if (fails(c, ROW_tls_starttls_stripped, s))
        return not_applicable_via(ROW_tls_starttls_stripped);
    const char *list = extensions_of(c, &o.without->ehlo);
    return list ? fail(c, "The EHLO reply offers %s, but not STARTTLS.", list) : fail(c, "The EHLO reply offers no extension at all.");
}

struct outcome rule_tls_starttls_stable(struct context *c, const struct subject *s)
{
    struct offers o = offers_of(s->endpoint);
    for (size_t i = 0; s->endpoint->deep && i < DEEP_CONNECTION_COUNT; i++)
        if (s->endpoint->deep->sessions[i])
            add_offer(&o, s->endpoint->deep->sessions[i]);
    if (s->endpoint->tls_mode != TLS_MODE_STARTTLS)
        return not_applicable();
    /* The other way round it may have been mended. */
    const struct sighting *earlier = o.heard && !o.offering ? sighting_of(c, s->address->ip, s->endpoint->port, false) : NULL;
    if (earlier && earlier->starttls_offered)
        return fail(c, "STARTTLS was offered at %s, and is not now.", shown_time(c, earlier->at));
    if (o.heard < 2)
        return not_applicable();
    if (o.offering == 0 || o.offering == o.heard)
        return pass();
    return fail(c, "Of %zu EHLO replies %zu offered STARTTLS.", o.heard, o.offering);
}

/* 454 and 5xx say that TLS cannot be had; so does what is no answer. Another 4xx is about this moment. */
static bool refuses_starttls(const struct smtp_reply *r)
{
    return (r->flaws & REPLY_NOT_SMTP) || (r->complete && r->code != 220 && (r->code == 454 || r->code < 400 || r->code >= 500));
}

struct outcome rule_tls_starttls_accepted(struct context *c, const struct subject *s)
{
    const struct endpoint_facts *e = s->endpoint;
    const struct session_facts *refusing = NULL, *asking = NULL;
    if (e->tls_mode != TLS_MODE_STARTTLS)
        return not_applicable();
    for (size_t i = 0; i < e->session_count; i++) {
        const struct session_facts *session = &e->sessions[i];
        if (!offers_starttls(session))
            continue;
        if (session->starttls.complete && session->starttls.code == 220)
            return pass();
        if (refuses_starttls(&session->starttls))
            refusing = session;
        asking = session;
    }
    if (refusing)
        return fail(c, "STARTTLS is offered and then answered \"%s\".", shown_reply(c, &refusing->starttls));
    must(asking);
    if (asking->starttls.complete)
        return unknown_as_refused(c, &asking->starttls, "STARTTLS");
    return unknown_as_ended(c, asking, "STARTTLS");
}

/* Before TLS. */
static const struct smtp_reply *last_reply(const struct session_facts *session)
{
    if (session->starttls.complete)
        return &session->starttls;
    return session->ehlo.reply.complete ? &session->ehlo.reply : &session->greeting;
}

/* Why a connection did not show what it was made for. */
static enum reason reason_of(const struct session_facts *session)
{
    const struct smtp_reply *last = last_reply(session);
    if (last->complete && last->code >= 400)
        return last->code < 500 ? REASON_THROTTLED : REASON_REFUSED_US;
    switch (session->end) {
    case END_CLOSED:
    case END_RESET:
        return REASON_THROTTLED;
    case END_TIMEOUT:
        return REASON_TIMEOUT;
    case END_NONE:
    case END_LIMIT:
        return REASON_LIMIT;
    case END_TLS_FAILED:
        return session->observes ? REASON_LIMIT : session->tls.result == TLS_CLOSED ? REASON_THROTTLED : REASON_INTERNAL;
    case END_OBSERVED: /* and yet nothing was seen */
    case END_TROUBLE:
        return REASON_INTERNAL;
    case END_QUIT:
    case END_NOT_SMTP:
        break;
    }
    return REASON_NOT_PROBED;
}

static const char *end_words(const struct session_facts *session)
{
    switch (session->end) {
    case END_CLOSED:
        return "the server closed the connection";
    case END_RESET:
        return "the server reset the connection";
    case END_TIMEOUT:
        return "no answer in time";
    case END_NOT_SMTP:
        return "bytes that are no SMTP";
    case END_NONE:
    case END_LIMIT:
        return "the time or room for it was used up";
    case END_OBSERVED:
        return "it was seen in clear and not finished";
    case END_TLS_FAILED:
        if (session->observes)
            return "our first ClientHello had no answer to build on, and there was no time for another";
        return "our own side failed";
    case END_TROUBLE:
        return "our own side failed";
    case END_QUIT:
        break;
    }
    return "it was not tried";
}

static bool is_refused(const struct tls_facts *tls)
{
    return tls->result == TLS_ALERT || tls->result == TLS_GARBAGE;
}

static const char *handshake_words(struct context *c, const struct session_facts *session)
{
    const struct tls_facts *tls = &session->tls;
    const char *text = NULL;
    switch (tls->result) {
    case TLS_ALERT:
        text = tls->error ? arena_printf(c->arena, "the server sent %s", tls->error) : arena_printf(c->arena, "the server sent alert %d", tls->alert);
        break;
    case TLS_GARBAGE:
        if (tls->octets_before_record)
            text = arena_printf(c->arena, "the server sent clear text, \"%s\"", shown(c, tls->octets_before));
        else
            text = arena_printf(c->arena, "the server sent what is no TLS%s%s", tls->error ? ": " : "", tls->error ? tls->error : "");
        break;
    case TLS_REFUSED_BY_US:
        text = arena_printf(c->arena, "our TLS library ended it (%s%s%s)", tls->version ? tls->version : "", tls->version ? ": " : "",
                            tls->error ? tls->error : "without a reason");
        break;
    case TLS_CLOSED:
        text = "the server closed the connection";
        break;
    case TLS_DONE:
    case TLS_OBSERVED:
    case TLS_RESET:
    case TLS_TIMEOUT:
    case TLS_TROUBLE:
        text = end_words(session);
        break;
    case TLS_NOT_TRIED:
        if (session->end == END_QUIT)
            text = arena_printf(c->arena, "it did not come to TLS (\"%s\")", shown_reply(c, last_reply(session)));
        else
            text = arena_printf(c->arena, "it did not come to TLS: %s", end_words(session));
        break;
    }
    return text ? text : "";
}

/* Every try in words: "TLS 1.2 to 1.3: ..., TLS 1.0 to 1.3: ...". */
static const char *tries(struct context *c, const struct endpoint_facts *e)
{
    const char *list = NULL;
    for (size_t i = 0; i < e->session_count; i++) {
        const char *offer = e->sessions[i].purpose == CONNECTION_LEGACY_TLS ? "1.0" : "1.2";
        const char *one = arena_printf(c->arena, "TLS %s to 1.3: %s", offer, handshake_words(c, &e->sessions[i]));
        const char *longer = list ? arena_printf(c->arena, "%s; %s", list, one ? one : "") : one;
        list = longer ? longer : "";
    }
    return list ? list : "";
}

static const char *or_unknown(const char *name)
{
    return name ? name : "unknown";
}

static struct outcome handshake_outcome(struct context *c, const struct subject *s)
{
    const struct endpoint_facts *e = s->endpoint;
    bool modern_refused = false, legacy_refused = false;
    for (size_t i = 0; i < e->session_count; i++) {
        const struct session_facts *session = &e->sessions[i];
        if (session->tls.result == TLS_DONE)
            return pass();
        if (is_refused(&session->tls) && session->purpose == CONNECTION_LEGACY_TLS)
            legacy_refused = true;
        else if (is_refused(&session->tls))
            modern_refused = true;
    }
    if (modern_refused && (e->port == SUBMISSIONS_PORT || e->is_submission) && e->tls_mode == TLS_MODE_IMPLICIT)
        return not_applicable_via(ROW_smtp_submission_implicit_tls);
    if (modern_refused && legacy_refused)
        return fail(c, "%s.", tries(c, e));
    must(e->session_count > 0);
    const struct session_facts *last = &e->sessions[e->session_count - 1];
    if (is_unproven(e))
        return unknown(c, REASON_NOT_PROVEN, "The server began a handshake of %s and showed its certificate; it was not finished.", or_unknown(best_handshake(e)->version));
    if (is_refused(&last->tls) && !legacy_refused)
        return unknown(c, e == mail_endpoint(c, s->address) ? REASON_LIMIT : REASON_NOT_PROBED, "%s; older versions were not tried.", tries(c, e));
    return unknown(c, reason_of(last), "%s.", tries(c, e));
}

struct outcome rule_tls_handshake(struct context *c, const struct subject *s)
{
    if (s->endpoint->tls_mode == TLS_MODE_NONE)
        return not_applicable();
    if (s->endpoint->tls_mode == TLS_MODE_STARTTLS) {
        const struct outcome *accepted = verdict_of(c, ROW_tls_starttls_accepted, s);
        if (accepted->value != VERDICT_PASS)
            return as_parent(ROW_tls_starttls_accepted, accepted);
    }
    return handshake_outcome(c, s);
}

static const struct tls_facts *best_of(const struct endpoint_facts *e, enum tls_result result)
{
    const struct tls_facts *best = e->shown && e->shown->tls.result == result ? &e->shown->tls : NULL;
    for (size_t i = 0; i < e->session_count; i++) {
        const struct tls_facts *tls = &e->sessions[i].tls;
        if (tls->result == result && tls != best && (!best || tls_version_rank(tls->version) > tls_version_rank(best->version)))
            best = tls;
    }
    return best;
}

const struct tls_facts *best_handshake(const struct endpoint_facts *e)
{
    const struct tls_facts *proven = best_of(e, TLS_DONE);
    return proven ? proven : best_of(e, TLS_OBSERVED);
}

bool is_unproven(const struct endpoint_facts *e)
{
    const struct tls_facts *tls = best_handshake(e);
    return tls && tls->result == TLS_OBSERVED;
}

/* Behind tls.handshake there is always one. */
static const struct tls_facts *handshake(const struct subject *s)
{
    return best_handshake(s->endpoint);
}

struct outcome rule_tls_version_floor(struct context *c, const struct subject *s)
{
    const struct tls_facts *tls = handshake(s);
    enum tls_class class = tls_version_class(c->options->tls_policy, tls->version);
    if (class == TLS_CLASS_BAD || class == TLS_CLASS_WEAK)
        return fail(c, "The best version that the server agrees to is %s%s.", tls->version, by_policy(c, class, ""));
    return pass();
}

struct outcome rule_tls_version_13(struct context *c, const struct subject *s)
{
    const struct tls_facts *tls = handshake(s);
    if (tls->tls13_announced)
        return pass();
    if (tls->result == TLS_OBSERVED)
        return unknown(c, REASON_NOT_PROVEN, "TLS 1.3 was not offered, and the server that chose %s does not say that it speaks it.", or_unknown(tls->version));
    if (tls_version_rank(tls->version) < tls_version_rank("TLSv1.3"))
        return fail(c, "TLS 1.3 was offered, and the server chose %s.", or_unknown(tls->version));
    return pass();
}

/* Of the suites that a server of TLS 1.3 gives to all who ask. */
static bool all_of_tls13_pass(const struct context *c)
{
    static const char *const suites[] = {"TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256"};
    for (size_t i = 0; i < sizeof suites / sizeof *suites; i++) {
        enum tls_class class = tls_suite_class(c->options->tls_policy, suites[i]);
        if (class != TLS_CLASS_GOOD && class != TLS_CLASS_ACCEPTABLE)
            return false;
    }
    return true;
}

struct outcome rule_tls_cipher_negotiated(struct context *c, const struct subject *s)
{
    const struct tls_facts *tls = handshake(s);
    enum tls_class class = tls_suite_class(c->options->tls_policy, tls->cipher);
    if (tls->tls13_announced && !all_of_tls13_pass(c))
        return unknown(c, REASON_NOT_PROVEN, "TLS 1.3 was not offered; its suites are not all good enough.");
    switch (class) {
    case TLS_CLASS_GOOD:
    case TLS_CLASS_ACCEPTABLE:
        return pass();
    case TLS_CLASS_WEAK:
        return fail(c, "Of all that was offered the server chose %s%s.", tls->cipher, by_policy(c, class, ", which is to be phased out"));
    case TLS_CLASS_BAD:
        return fail(c, "Of all that was offered the server chose %s%s.", tls->cipher, by_policy(c, class, ", which gives no protection worth the name"));
    case TLS_CLASS_NO_AUTH:
        return not_applicable_via(ROW_cert_present);
    case TLS_CLASS_UNKNOWN:
        break;
    }
    return unknown(c, REASON_INTERNAL, "The server chose %s, of which our tables know nothing.", or_unknown(tls->cipher));
}

struct outcome rule_tls_key_exchange(struct context *c, const struct subject *s)
{
    const struct tls_facts *tls = handshake(s);
    const struct deep_facts *deep = s->endpoint->deep;
    static const char logjam[] = ", within reach of the Logjam attack";
    enum tls_class class = tls_group_class(c->options->tls_policy, tls->group, tls->dh_bits);
    if (tls_suite_is_static_rsa(tls->cipher))
        return fail(c, "%s has no forward secrecy: who gets the server's key later can read what was recorded before.", tls->cipher);
    if (tls->dh_bits && class == TLS_CLASS_BAD)
        return fail(c, "The Diffie-Hellman group has %u bits%s.", tls->dh_bits, by_policy(c, class, tls->dh_bits < LOGJAM_BITS ? logjam : ""));
    if (class == TLS_CLASS_BAD || class == TLS_CLASS_WEAK)
        return fail(c, "The key exchange uses the group %s%s.", or_unknown(tls->group),
                    by_policy(c, class, class == TLS_CLASS_BAD ? ", which is broken" : ", which is to be phased out"));
    if (deep && deep->survey.dh_bits && tls_group_class(c->options->tls_policy, deep->survey.dh_group, deep->survey.dh_bits) == TLS_CLASS_BAD)
        return fail(c, "Where only Diffie-Hellman over finite fields is offered, the group has %u bits%s.", deep->survey.dh_bits,
                    by_policy(c, TLS_CLASS_BAD, deep->survey.dh_bits < LOGJAM_BITS ? logjam : ""));
    if (class == TLS_CLASS_UNKNOWN)
        return unknown(c, REASON_INTERNAL, "The key exchange uses the group %s, of which our tables know nothing.", or_unknown(tls->group));
    return pass();
}

struct outcome rule_tls_pq_hybrid(struct context *c, const struct subject *s)
{
    const struct endpoint_facts *e = s->endpoint;
    bool offered = false;
    for (size_t i = 0; i < e->session_count; i++) {
        offered = offered || e->sessions[i].tls.hybrid_offered;
        if (e->sessions[i].tls.result == TLS_DONE && tls_group_is_hybrid(e->sessions[i].tls.group))
            return pass();
    }
    enum tri surveyed = e->deep ? e->deep->survey.hybrid : TRI_UNKNOWN;
    if (is_unproven(e))
        return as_parent(ROW_tls_handshake, verdict_of(c, ROW_tls_handshake, s));
    if (surveyed == TRI_YES)
        return pass();
    if (surveyed == TRI_NO && !offered)
        return fail(c, "A ClientHello that offered TLS 1.3 with hybrid groups alone was refused; the handshake used %s.", or_unknown(handshake(s)->group));
    if (!offered)
        return unknown(c, REASON_INTERNAL, "Our own TLS library has no hybrid group to offer.");
    return fail(c, "X25519MLKEM768 was offered, and the server chose %s.", or_unknown(handshake(s)->group));
}

static const char *features_missing(struct context *c, enum tri compression, enum tri renegotiation_info, enum tri extended_master_secret)
{
    const char *wrong = NULL;
    if (compression == TRI_YES)
        wrong = listed(c, wrong, "compression is on");
    if (renegotiation_info == TRI_NO)
        wrong = listed(c, wrong, "renegotiation_info is missing");
    if (extended_master_secret == TRI_NO)
        wrong = listed(c, wrong, "the extended master secret is missing");
    return wrong;
}

/* What the server signs with of all that is offered. */
static const char *old_signature(const struct context *c, const struct deep_facts *deep)
{
    const struct tls_survey_facts *f = &deep->survey;
    const struct session_facts *tls12 = deep->sessions[DEEP_TLS12];
    const char *chosen = f->signature_count ? tls_signature_name(f->signatures[0]) : NULL;
    if (tls_signature_class(c->options->tls_policy, chosen) == TLS_CLASS_BAD)
        return chosen;
    const char *hash = tls12 && tls12->tls.result == TLS_DONE ? tls12->tls.exchange_hash : NULL;
    return tls_hash_class(c->options->tls_policy, hash) == TLS_CLASS_BAD ? hash : NULL;
}

/* Behind a handshake of TLS 1.3 older versions may have the faults that it has not: --deep looks there, too. */
struct outcome rule_tls_legacy_features(struct context *c, const struct subject *s)
{
    const struct tls_facts *tls = handshake(s);
    const struct deep_facts *deep = s->endpoint->deep;
    const struct session_facts *tls12 = deep ? deep->sessions[DEEP_TLS12] : NULL;
    const char *wrong = features_missing(c, tls->compression, tls->renegotiation_info, tls->extended_master_secret);
    if (wrong)
        return fail(c, "%s: %s.", or_unknown(tls->version), wrong);
    if (tls12 && tls12->tls.result == TLS_DONE)
        wrong = features_missing(c, tls12->tls.compression, tls12->tls.renegotiation_info, tls12->tls.extended_master_secret);
    if (!wrong && deep)
        wrong = features_missing(c, deep->survey.compression, deep->survey.renegotiation_info, deep->survey.extended_master_secret);
    const char *signature = deep ? old_signature(c, deep) : NULL;
    if (!wrong && signature)
        wrong = arena_printf(c->arena, "the key exchange is signed with %s", signature);
    return wrong ? fail(c, "Where TLS 1.3 is not offered: %s.", wrong) : pass();
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules_deep - what one further connection each tells: of a server without server name, of its other certificate, of what
 * it does with clear text behind STARTTLS, and with mail in clear.
 */
#include "judge/deep_sessions.h"
#include "judge/rules.h"
#include "judge/sessions.h"

enum { CLOCK_SKEW_S = 5 * 60, READY = 220, DONE = 250 };

/* NULL: the certificate is in date. */
static const char *date_problem(struct context *c, const struct cert_facts *cert)
{
    char date[CLOCK_TEXT_BYTES];
    bool expired = c->now.s > cert->not_after.s + CLOCK_SKEW_S;
    if (!expired && c->now.s >= cert->not_before.s - CLOCK_SKEW_S)
        return NULL;
    wall_write_date(expired ? cert->not_after : cert->not_before, date);
    const char *words = arena_printf(c->arena, expired ? "it expired on %s" : "it is valid only from %s on", date);
    return words ? words : "";
}

/* In what the other handshake's certificate is worse than the one that clients usually get; NULL: in nothing. What is
 * wrong with both is the usual one's finding. */
static const char *worse(struct context *c, const struct tls_facts *usual, const struct tls_facts *other)
{
    const char *list = NULL;
    const char *dates = date_problem(c, &other->certificates[0]);
    if (dates && !date_problem(c, &usual->certificates[0]))
        list = listed(c, list, dates);
    if (usual->name_matches == TRI_YES && other->name_matches == TRI_NO)
        list = listed(c, list, "it is not made out to this host");
    return list;
}

/* The handshake that the modern hello led to. */
static const struct tls_facts *usual_handshake(const struct endpoint_facts *e)
{
    for (size_t i = 0; i < e->session_count; i++)
        if (e->sessions[i].tls.result == TLS_DONE && e->sessions[i].purpose != CONNECTION_LEGACY_TLS)
            return &e->sessions[i].tls;
    return NULL;
}

static const char *subject_of(struct context *c, const struct tls_facts *tls)
{
    return shown(c, tls->certificates[0].subject);
}

struct outcome rule_tls_without_sni(struct context *c, const struct subject *s)
{
    static const char WHAT[] = "A handshake without server name";
    struct outcome o;
    const struct session_facts *x = deep_session(c, s->endpoint, DEEP_NO_SNI, WHAT, &o);
    const struct tls_facts *usual = usual_handshake(s->endpoint);
    if (!x || !usual)
        return o;
    if (x->tls.result == TLS_ALERT || x->tls.result == TLS_GARBAGE)
        return fail(c, "The handshake works with the server name %s; without one the server ends it: %s.", usual->sni ? usual->sni : "",
                    x->tls.error ? x->tls.error : "what it sends is no TLS");
    if (x->tls.result != TLS_DONE)
        return unknown_as_no_handshake(c, x, WHAT);
    const char *list = x->tls.certificate_count && usual->certificate_count ? worse(c, usual, &x->tls) : NULL;
    return list ? fail(c, "Without server name the server shows another certificate, \"%s\": %s.", subject_of(c, &x->tls), list) : pass();
}

/* A certificate of the kind we know says no more than a refusal. */
static bool has_one_kind(const struct tls_facts *usual, const struct tls_facts *other)
{
    bool other_is_rsa = other->certificate_count && other->certificates[0].key_type == KEY_RSA;
    bool usual_is_rsa = usual->certificates[0].key_type == KEY_RSA;
    return other->result == TLS_DONE && (other->certificate_count == 0 || other_is_rsa == usual_is_rsa);
}

struct outcome rule_cert_algorithm_parity(struct context *c, const struct subject *s)
{
    static const char WHAT[] = "A handshake for another kind of key";
    struct outcome o;
    const struct session_facts *x = deep_session(c, s->endpoint, DEEP_OTHER_KEY, WHAT, &o);
    const struct tls_facts *usual = usual_handshake(s->endpoint);
    if (!x || !usual || !usual->certificate_count)
        return o;
    if (is_handshake_refused(s->endpoint, DEEP_OTHER_KEY) || has_one_kind(usual, &x->tls))
        return not_applicable();
    if (x->tls.result != TLS_DONE)
        return unknown_as_no_handshake(c, x, WHAT);
    const char *list = worse(c, usual, &x->tls);
    if (usual->trust == TRUST_YES && x->tls.trust != TRUST_YES && x->tls.trust != TRUST_UNKNOWN)
        list = listed(c, list, "it leads to no public root");
    const char *kind = x->tls.certificates[0].key_type_text;
    return list ? fail(c, "Clients that take only %s keys get another certificate, \"%s\": %s.", kind ? kind : "other", subject_of(c, &x->tls), list) : pass();
}

/* To drop what follows, to refuse it and to hang up are all sound; to answer it before TLS is none of its kind. Only an
 * answer inside TLS shows that clear text was taken for what the client said there. */
struct outcome rule_smtp_command_injection(struct context *c, const struct subject *s)
{
    static const char WHAT[] = "A command in clear behind STARTTLS";
    struct outcome o;
    const struct session_facts *x = deep_session(c, s->endpoint, DEEP_INJECTION, WHAT, &o);
    if (!x)
        return o;
    const struct smtp_reply *answer = &x->deep.unasked;
    if (answer->complete && answer->code == DONE)
        return fail(c, "NOOP, sent in clear in one packet with STARTTLS, was answered inside TLS: \"%s\".", shown_reply(c, answer));
    if (!x->deep.injected)
        return unknown_as_no_handshake(c, x, WHAT);
    if (answer->complete && is_put_off(answer))
        return unknown_as_refused(c, answer, WHAT);
    if (x->starttls.complete && x->starttls.code == 421)
        return unknown_as_refused(c, &x->starttls, WHAT);
    bool cut = x->end == END_TIMEOUT || x->end == END_LIMIT || x->end == END_NONE || x->end == END_TROUBLE;
    return cut ? unknown_as_ended(c, x, WHAT) : pass();
}

/* RFC 3207 4.2 forbids it to clients; a server has no other sound answer than a refusal, or to hang up. */
struct outcome rule_smtp_starttls_again(struct context *c, const struct subject *s)
{
    static const char WHAT[] = "STARTTLS inside TLS";
    struct outcome o;
    const struct session_facts *x = deep_session(c, s->endpoint, DEEP_NO_SNI, WHAT, &o);
    if (!x)
        return o;
    const struct smtp_reply *answer = &x->deep.starttls_again;
    if (answer->complete && answer->code == READY)
        return fail(c, "STARTTLS, sent inside TLS, was answered \"%s\".", shown_reply(c, answer));
    if (answer->complete)
        return answer->code == 421 ? unknown_as_refused(c, answer, WHAT) : pass();
    if (x->tls.result != TLS_DONE)
        return unknown_as_no_handshake(c, x, WHAT);
    bool hung_up = x->end_step == STEP_STARTTLS_AGAIN && (x->end == END_CLOSED || x->end == END_RESET);
    return hung_up ? pass() : unknown_as_ended(c, x, WHAT);
}

struct outcome rule_smtp_plaintext_refused(struct context *c, const struct subject *s)
{
    static const char WHAT[] = "MAIL in clear";
    struct outcome o;
    const struct session_facts *x = deep_session(c, s->endpoint, DEEP_PLAIN_MAIL, WHAT, &o);
    if (!x)
        return o;
    const struct smtp_reply *r = &x->deep.plain_mail;
    if (refuses_clear_text(r))
        return fail(c, "MAIL before TLS was answered \"%s\".", shown_reply(c, r));
    if (!r->complete && is_accepted(&x->ehlo))
        return unknown_as_ended(c, x, WHAT);
    if (!r->complete)
        return unknown_as_no_handshake(c, x, WHAT);
    return r->code < 400 ? pass() : unknown_as_refused(c, r, WHAT);
}

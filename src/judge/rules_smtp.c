/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules_smtp - the conversation with each server: greeting, EHLO, the form of replies, and how we were received.
 * What the servers tell of themselves is in rules_smtp_banner.c, what they offer in rules_smtp_extensions.c.
 */
#include "judge/rules.h"
#include "judge/sessions.h"

enum { NO_SERVICE = 521, GREETING_LATE_MS = 30 * 1000, GREETING_SILENT_MS = 60 * 1000 };

struct outcome rule_smtp_service(struct context *c, const struct subject *s)
{
    size_t failed = 0, reasons[REASON_INTERNAL + 1] = {0};
    const struct outcome *not_known = NULL; /* one of the most frequent reason */
    struct subject one;
    for (struct walk w = {0}; next_object(c, s, SCOPE_ENDPOINT, &w, &one);) {
        if (one.endpoint != mail_endpoint(c, one.address))
            continue;
        const struct outcome *ehlo = verdict_of(c, ROW_smtp_ehlo, &one);
        if (ehlo->value == VERDICT_PASS)
            return pass();
        if (ehlo->value == VERDICT_UNKNOWN) {
            size_t times = ++reasons[ehlo->reason];
            if (!not_known || times > reasons[not_known->reason])
                not_known = ehlo;
        }
        failed += ehlo->value == VERDICT_FAIL || fails(c, ROW_smtp_greeting, &one);
    }
    if (not_known)
        return as_parent(not_known->via == ROW_NONE ? ROW_smtp_ehlo : not_known->via, not_known);
    if (failed)
        return fail(c, "Of %zu open address%s none speaks SMTP.", failed, failed == 1 ? "" : "es");
    return not_applicable();
}

/* With TLS from the first octet the server's words begin behind the handshake. */
static bool is_spoken_to(const struct endpoint_facts *e, const struct session_facts *x)
{
    return x->connect == CONNECT_OPEN && (e->tls_mode != TLS_MODE_IMPLICIT || x->tls.result == TLS_DONE);
}

static bool is_greeting_fault(const struct session_facts *x)
{
    const struct smtp_reply *r = &x->greeting;
    return is_no_smtp(x, STEP_GREETING) || (r->complete && (r->code == NO_SERVICE || r->code < 400 || r->code >= 600));
}

static struct outcome greeting_fault(struct context *c, const struct session_facts *x)
{
    if (x->greeting.complete)
        return fail(c, "The greeting is \"%s\".", shown_reply(c, &x->greeting));
    return fail(c, "The server begins with \"%s\", which is no SMTP.", shown_reply(c, &x->greeting));
}

struct outcome rule_smtp_greeting(struct context *c, const struct subject *s)
{
    const struct endpoint_facts *e = s->endpoint;
    const struct session_facts *last = NULL;
    size_t blank = 0;
    if (e->tls_mode == TLS_MODE_IMPLICIT && !passes(c, ROW_tls_handshake, s))
        return as_parent(ROW_tls_handshake, verdict_of(c, ROW_tls_handshake, s));
    for (size_t i = 0; i < e->session_count; i++)
        if (is_greeted(&e->sessions[i]))
            return pass();
    for (size_t i = 0; i < e->session_count; i++) {
        const struct session_facts *x = &e->sessions[i];
        if (!is_spoken_to(e, x))
            continue;
        if (is_greeting_fault(x))
            return greeting_fault(c, x);
        blank += is_dropped_at(x, STEP_GREETING) && x->end == END_CLOSED && is_unheard(&x->greeting);
        last = x;
    }
    if (blank >= 2)
        return fail(c, "The server closes the connection without a word, in %zu tries.", blank);
    if (!last)
        return unknown(c, REASON_INTERNAL, "No connection came as far as the greeting.");
    if (last->greeting.complete)
        return unknown_as_refused(c, &last->greeting, "Greeting");
    if (last->end == END_RESET && is_unheard(&last->greeting))
        return unknown(c, REASON_REFUSED_US, "The server reset the connection before it said anything.");
    return unknown_as_ended(c, last, "Greeting");
}

/* From the moment the server may speak. */
static uint32_t waited_ms(const struct session_facts *x, uint32_t until_ms)
{
    uint32_t from_ms = x->tls.implicit ? x->tls.started_ms + x->tls.took_ms : x->connect_ms;
    return until_ms > from_ms ? until_ms - from_ms : 0;
}

struct outcome rule_smtp_greeting_delay(struct context *c, const struct subject *s)
{
    const struct endpoint_facts *e = s->endpoint;
    bool in_time = false;
    for (size_t i = 0; i < e->session_count; i++) {
        const struct session_facts *x = &e->sessions[i];
        if (!is_spoken_to(e, x))
            continue;
        uint32_t ms = waited_ms(x, is_greeted(x) ? x->greeting.last_ms : x->duration_ms);
        if (is_greeted(x) && ms > GREETING_LATE_MS)
            return fail(c, "The greeting was complete %u.%03u s after the connection.", ms / 1000, ms % 1000);
        if (x->end == END_TIMEOUT && x->end_step == STEP_GREETING && is_unheard(&x->greeting) && ms >= GREETING_SILENT_MS)
            return fail(c, "The server said nothing for %u s.", ms / 1000);
        in_time = in_time || is_greeted(x);
    }
    if (in_time)
        return pass();
    const struct outcome *greeting = verdict_of(c, ROW_smtp_greeting, s);
    bool open = greeting->value == VERDICT_UNKNOWN && greeting->reason != REASON_THROTTLED && greeting->reason != REASON_REFUSED_US;
    return open ? as_parent(ROW_smtp_greeting, greeting) : not_applicable_via(ROW_smtp_greeting);
}

static bool is_ehlo_fault(const struct session_facts *x)
{
    const struct smtp_reply *r = &x->ehlo.reply;
    return is_no_smtp(x, STEP_EHLO) || (r->complete && !is_put_off(r) && !is_turned_away(r));
}

static struct outcome ehlo_fault(struct context *c, const struct session_facts *x)
{
    const struct smtp_reply *helo = &x->ehlo.helo_reply;
    if (!x->ehlo.reply.complete)
        return fail(c, "EHLO was answered with \"%s\", which is no SMTP.", shown_reply(c, &x->ehlo.reply));
    if (helo->complete)
        return fail(c, "EHLO was answered \"%s\", and HELO \"%s\".", shown_reply(c, &x->ehlo.reply), shown_reply(c, helo));
    return fail(c, "EHLO was answered \"%s\".", shown_reply(c, &x->ehlo.reply));
}

/* Some servers answer EHLO to clients whom they then turn away with next to nothing: what is missing in such a list is
 * not missing for others. */
static const struct session_facts *turned_away_in_clear(const struct endpoint_facts *e)
{
    const struct session_facts *x = e->shown;
    bool bare = x && is_accepted(&x->ehlo) && !capability_of(&x->ehlo, STR("STARTTLS")) && e->tls_mode == TLS_MODE_STARTTLS;
    return bare && (is_put_off(&x->relay.mail) || is_turned_away(&x->relay.mail)) ? x : NULL;
}

struct outcome rule_smtp_ehlo(struct context *c, const struct subject *s)
{
    const struct endpoint_facts *e = s->endpoint;
    const struct session_facts *last = NULL;
    const struct session_facts *turned_away = turned_away_in_clear(e);
    if (turned_away)
        return unknown_as_refused(c, &turned_away->relay.mail, "MAIL");
    if (ehlo_in_clear(e))
        return pass();
    for (size_t i = 0; i < e->session_count; i++) {
        if (!is_greeted(&e->sessions[i]))
            continue;
        last = &e->sessions[i];
        if (is_ehlo_fault(last))
            return ehlo_fault(c, last);
    }
    if (!last)
        return unknown(c, REASON_INTERNAL, "No connection came as far as EHLO.");
    if (last->ehlo.reply.complete)
        return unknown_as_refused(c, &last->ehlo.reply, "EHLO");
    return unknown_as_ended(c, last, "EHLO");
}

/* Server and session go on behind the handshake; with TLS from the first octet that is smtp.greeting's question. */
struct outcome rule_smtp_ehlo_after_tls(struct context *c, const struct subject *s)
{
    const struct endpoint_facts *e = s->endpoint;
    const struct session_facts *last = NULL;
    size_t closed = 0;
    if (e->tls_mode != TLS_MODE_STARTTLS)
        return not_applicable();
    if (ehlo_in_tls(e))
        return pass();
    for (size_t i = 0; i < e->session_count; i++) {
        const struct session_facts *x = &e->sessions[i];
        const struct smtp_reply *r = &x->ehlo_tls.reply;
        if (x->tls.result != TLS_DONE)
            continue;
        if (is_no_smtp(x, STEP_EHLO_TLS) || (r->complete && !is_put_off(r)))
            return fail(c, "Inside TLS, EHLO was answered \"%s\".", shown_reply(c, r));
        closed += is_dropped_at(x, STEP_EHLO_TLS) && x->end == END_CLOSED;
        last = x;
    }
    if (is_unproven(e))
        return as_parent(ROW_tls_handshake, verdict_of(c, ROW_tls_handshake, s));
    if (closed >= 2)
        return fail(c, "The server closes the connection after the TLS handshake without an answer to EHLO, in %zu tries.", closed);
    if (!last)
        return unknown(c, REASON_INTERNAL, "No connection came as far as EHLO inside TLS.");
    if (last->ehlo_tls.reply.complete)
        return unknown_as_refused(c, &last->ehlo_tls.reply, "EHLO inside TLS");
    return unknown_as_ended(c, last, "EHLO inside TLS");
}

/* The server ended it while there was more to say. A close without a word and a close behind the handshake in every try
 * are faults with rows of their own; after the last recipient nothing is left to ask, and STARTTLS inside TLS may be met so. */
static bool is_dropped_midway(struct context *c, const struct subject *s, const struct session_facts *x)
{
    if (!is_dropped_at(x, x->end_step))
        return false;
    if (x->end_step == STEP_GREETING)
        return x->end == END_RESET || !is_unheard(&x->greeting);
    if (x->end_step == STEP_HANDSHAKE && x->observes) /* its ClientHello is an old one */
        return false;
    if (x->end_step == STEP_EHLO_TLS)
        return !fails(c, ROW_smtp_ehlo_after_tls, s);
    return x->end_step > STEP_GREETING && x->end_step < STEP_RSET && x->end_step != STEP_STARTTLS_AGAIN;
}

static const char *step_words(enum smtp_step step)
{
    static const char *const words[STEP_COUNT] = {
        [STEP_CONNECT] = "the connection",
        [STEP_GREETING] = "the connection",
        [STEP_EHLO] = "EHLO",
        [STEP_HELO] = "HELO",
        [STEP_PLAIN_MAIL] = "MAIL in clear",
        [STEP_STARTTLS] = "STARTTLS",
        [STEP_HANDSHAKE] = "our TLS ClientHello",
        [STEP_SILENCE] = "the handshake",
        [STEP_QUIT_IN_TLS] = "QUIT inside TLS",
        [STEP_QUIT_ANSWERED] = "QUIT inside TLS",
        [STEP_EHLO_TLS] = "EHLO inside TLS",
        [STEP_STARTTLS_AGAIN] = "STARTTLS inside TLS",
        [STEP_AUTH] = "AUTH",
        [STEP_MAIL] = "MAIL",
        [STEP_RCPT] = "RCPT",
        [STEP_RCPT_SECOND] = "the second RCPT",
        [STEP_RSET] = "RSET",
        [STEP_TRY_MAIL] = "another MAIL",
        [STEP_TRY_RCPT] = "another RCPT",
        [STEP_TRY_CONTROL] = "another RCPT",
        [STEP_TRY_RSET] = "RSET",
        [STEP_QUIT] = "QUIT",
    };
    return words[step];
}

/* The first reply that turned this connection down. What is said to RCPT is for the relay test, and 454 to STARTTLS or
 * 5xx to it and behind it are the server's own trouble. */
static const struct smtp_reply *refusal(const struct session_facts *x, enum smtp_step *step)
{
    const struct {
        enum smtp_step step;
        const struct smtp_reply *reply;
        bool refused;
    } replies[] = {
        {STEP_GREETING, &x->greeting,
         is_put_off(&x->greeting) || (x->greeting.complete && x->greeting.code >= 500 && x->greeting.code < 600 && x->greeting.code != NO_SERVICE)},
        {STEP_EHLO, &x->ehlo.reply, is_put_off(&x->ehlo.reply) || is_turned_away(&x->ehlo.reply)},
        {STEP_HELO, &x->ehlo.helo_reply, is_put_off(&x->ehlo.helo_reply) || is_turned_away(&x->ehlo.helo_reply)},
        {STEP_STARTTLS, &x->starttls, is_put_off(&x->starttls) && x->starttls.code != 454},
        {STEP_EHLO_TLS, &x->ehlo_tls.reply, is_put_off(&x->ehlo_tls.reply)},
        {STEP_AUTH, &x->auth.reply, x->auth.reply.complete && x->auth.reply.code == 421},
        {STEP_MAIL, &x->relay.mail, is_put_off(&x->relay.mail) || is_turned_away(&x->relay.mail)},
    };
    for (size_t i = 0; i < sizeof replies / sizeof *replies; i++)
        if (replies[i].refused) {
            *step = replies[i].step;
            return replies[i].reply;
        }
    return NULL;
}

static struct outcome served_outcome(struct context *c, const struct subject *s, const struct session_facts *x)
{
    enum smtp_step step;
    const struct smtp_reply *r = x->connect == CONNECT_OPEN ? refusal(x, &step) : NULL;
    const char *cut = x->end == END_RESET ? "reset" : "closed";
    /* Clear text behind STARTTLS may well be refused, or hung up on. */
    if (x->deep.injected)
        return pass();
    if (r)
        return fail(c, "The server answered %s with \"%s\".", step_words(step), shown_reply(c, r));
    if (is_dropped_midway(c, s, x) && x->end_step == STEP_GREETING)
        return fail(c, "The server %s the connection before its greeting was complete.", cut);
    if (is_dropped_midway(c, s, x))
        return fail(c, "The server %s the connection after %s.", cut, step_words(x->end_step));
    return pass();
}

/* To hang up is one way to refuse an unusual ClientHello, where it stays without consequence. */
static bool is_answer_to_hello(const struct deep_facts *deep, const struct session_facts *x)
{
    return !deep->stopped_by && is_dropped_at(x, STEP_HANDSHAKE);
}

struct outcome rule_smtp_probe_accepted(struct context *c, const struct subject *s)
{
    const struct endpoint_facts *e = s->endpoint;
    struct outcome o = pass();
    for (size_t i = 0; i < e->session_count && o.value == VERDICT_PASS; i++)
        o = served_outcome(c, s, &e->sessions[i]);
    for (size_t i = 0; e->deep && i < DEEP_CONNECTION_COUNT && o.value == VERDICT_PASS; i++)
        if (e->deep->sessions[i] && !is_answer_to_hello(e->deep, e->deep->sessions[i]))
            o = served_outcome(c, s, e->deep->sessions[i]);
    return o.value == VERDICT_PASS ? pass_if_proven(c, s) : o;
}

/* What is no reply at all is, in these steps, the finding of the step's own row. */
static bool has_own_row(enum smtp_step step)
{
    return step == STEP_GREETING || step == STEP_EHLO || step == STEP_STARTTLS || step == STEP_EHLO_TLS;
}

/* A 421 may cut any reply short: the server has no time for us, and that is no fault of form. */
static unsigned flaws_of(const struct smtp_reply *r, enum smtp_step step)
{
    unsigned flaws = r->flaws & ~(unsigned)REPLY_OVER_LIMIT;
    if (!r->complete && (flaws & REPLY_NOT_SMTP) && has_own_row(step))
        return 0;
    return r->code == 421 ? flaws & ~(unsigned)REPLY_CODE_CHANGED : flaws;
}

static const char *flaw_words(struct context *c, unsigned flaws)
{
    static const struct {
        enum reply_flaw flaw;
        const char *words;
    } names[] = {
        {REPLY_CODE_CHANGED, "the code changes between lines"},
        {REPLY_LINE_TOO_LONG, "a line has more than 512 octets"},
        {REPLY_BARE_LF, "a line ends without CR"},
        {REPLY_NUL, "there is a NUL octet"},
        {REPLY_NOT_SMTP, "a line has no code"},
    };
    const char *list = NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (flaws & names[i].flaw)
            list = listed(c, list, names[i].words);
    return list;
}

/* Words that no server is called by. */
static bool is_extension_keyword(struct str word)
{
    static const char *const keywords[] = {"STARTTLS", "PIPELINING", "SIZE",        "8BITMIME", "ENHANCEDSTATUSCODES", "SMTPUTF8",
                                           "CHUNKING", "BINARYMIME", "DSN",         "AUTH",     "REQUIRETLS",          "DELIVERBY",
                                           "LIMITS",   "VRFY",       "MT-PRIORITY", "ETRN"};
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
        if (str_is_nocase(word, keywords[i]))
            return true;
    return false;
}

struct outcome rule_smtp_reply_syntax(struct context *c, const struct subject *s)
{
    const struct endpoint_facts *e = s->endpoint;
    for (size_t i = 0; i < e->session_count; i++) {
        const struct session_facts *x = &e->sessions[i];
        const struct {
            enum smtp_step step;
            const struct smtp_reply *reply;
        } replies[] = {
            {STEP_GREETING, &x->greeting}, {STEP_EHLO, &x->ehlo.reply},         {STEP_HELO, &x->ehlo.helo_reply},
            {STEP_STARTTLS, &x->starttls}, {STEP_EHLO_TLS, &x->ehlo_tls.reply}, {STEP_AUTH, &x->auth.reply},
            {STEP_MAIL, &x->relay.mail},   {STEP_RCPT, &x->relay.rcpt[0]},      {STEP_RCPT_SECOND, &x->relay.rcpt[1]},
        };
        for (size_t k = 0; k < sizeof replies / sizeof *replies; k++) {
            unsigned flaws = flaws_of(replies[k].reply, replies[k].step);
            if (flaws && replies[k].step == STEP_GREETING)
                return fail(c, "In the greeting: %s.", flaw_words(c, flaws));
            if (flaws)
                return fail(c, "In the reply to %s: %s.", step_words(replies[k].step), flaw_words(c, flaws));
        }
        const struct smtp_ehlo *ehlos[] = {&x->ehlo, &x->ehlo_tls};
        for (size_t k = 0; k < 2; k++)
            if (is_accepted(ehlos[k]) && is_extension_keyword(ehlos[k]->hostname))
                return fail(
                    c, "The reply to %s begins with the keyword \"%s\" in place of the server's name; clients do not look for extensions in the first line.",
                    step_words(k ? STEP_EHLO_TLS : STEP_EHLO), shown(c, ehlos[k]->hostname));
    }
    return pass_if_proven(c, s);
}

/* Where no TLS record came at all the handshake fails, and that is the finding. */
struct outcome rule_smtp_reply_injection(struct context *c, const struct subject *s)
{
    const struct endpoint_facts *e = s->endpoint;
    for (size_t i = 0; i < e->session_count; i++) {
        const struct session_facts *x = &e->sessions[i];
        if (!x->starttls.complete || x->starttls.code != 220)
            continue;
        if (x->octets_after_starttls_reply)
            return fail(c, "With the 220 to STARTTLS came \"%s\".", shown(c, x->octets_after));
        if (x->tls.octets_before_record && x->tls.result != TLS_GARBAGE)
            return fail(c, "Between the 220 to STARTTLS and the TLS handshake came \"%s\".", shown(c, x->tls.octets_before));
    }
    const struct outcome *handshake = verdict_of(c, ROW_tls_handshake, s);
    return handshake->value == VERDICT_UNKNOWN && !is_unproven(e) ? as_parent(ROW_tls_handshake, handshake) : pass();
}

struct outcome rule_smtp_submission_implicit_tls(struct context *c, const struct subject *s)
{
    const struct endpoint_facts *e = s->endpoint;
    const struct session_facts *refused = NULL;
    if (e->tls_mode != TLS_MODE_IMPLICIT || (is_server(c) && e->port != SUBMISSIONS_PORT))
        return not_applicable();
    const struct tls_facts *done = best_handshake(e);
    if (done && done->certificate_count == 0)
        return fail(c, "The TLS handshake was finished without a certificate (%s).", done->cipher ? done->cipher : "suite unknown");
    if (done)
        return pass();
    for (size_t i = 0; i < e->session_count && !refused; i++)
        if ((e->sessions[i].tls.result == TLS_GARBAGE || e->sessions[i].tls.result == TLS_ALERT) && e->sessions[i].purpose != CONNECTION_LEGACY_TLS)
            refused = &e->sessions[i];
    if (!refused)
        return as_parent(ROW_tls_handshake, verdict_of(c, ROW_tls_handshake, s));
    if (refused->tls.octets_before_record)
        return fail(c, "Our TLS ClientHello was answered in clear: \"%s\".", shown(c, refused->tls.octets_before));
    const char *words = refused->tls.result == TLS_ALERT ? "the server sent an alert" : "the server sent what is no TLS";
    return fail(c, "The TLS handshake failed: %s.", refused->tls.error ? refused->tls.error : words);
}

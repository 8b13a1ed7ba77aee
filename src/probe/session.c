/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session - see session.h.
 *
 * Whatever happens (an event of the transport, a timer), it is given to the dialogue, and then pump()
 * does what the dialogue wants until it wants to wait.
 */
#include "probe/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/panic.h"
#include "net/sasl.h"
#include "net/tls_observe.h"
#include "probe/limits.h"

struct session {
    struct session_net net;
    struct session_params params;
    struct session_facts *facts;
    struct arena *arena;
    struct session_callbacks callbacks;
    struct transport *transport; /* NULL: closed */
    struct tls_client *tls;      /* from the 220 to STARTTLS until the last octet is sent */
    struct sasl *sasl;
    struct timer timer;
    enum { TIMER_CONNECT, TIMER_STEP, TIMER_TOTAL, TIMER_DONE } timer_for;
    struct mono started, step_started, tls_started;
    struct session_hello *hello; /* of the params, or our own */
    struct session_hello *own_hello; /* from the 220 to STARTTLS on, where we observe */
    bool hello_sent;
    bool ehlo_reported;
    bool said; /* something went out since the step's limit was set */
    enum smtp_step limited_step;
    struct smtp_dialogue dialogue;
    char *line; /* NULL: nothing was heard yet */
};

static void pump(struct session *s);

static uint32_t elapsed_ms(const struct session *s)
{
    return mono_ms_between(s->started, loop_now(s->net.loop));
}

static void on_timer(void *arg);

/* A step's limit, or what is left of the connection's, whichever ends first. Octets that drip in do not
 * move it. */
static void limit_step(struct session *s, uint32_t step_ms)
{
    if (s->timer_for != TIMER_CONNECT && s->limited_step == s->dialogue.step && !s->said)
        return;
    s->limited_step = s->dialogue.step;
    s->said = false;
    s->step_started = loop_now(s->net.loop);
    int64_t left = s->params.total_timeout_ms - elapsed_ms(s);
    s->timer_for = left < step_ms ? TIMER_TOTAL : TIMER_STEP;
    timer_start(s->net.loop, &s->timer, left < 0 ? 0 : left < step_ms ? left : step_ms, on_timer, s);
}

static void copy_tls_facts(struct session *s, enum tls_result result_if_unfinished)
{
    struct tls_facts *tls = &s->facts->tls;
    if (tls_copy_facts(s->tls, tls, s->arena) < 0)
        tls->result = TLS_TROUBLE;
    else if (tls->result == TLS_NOT_TRIED)
        tls->result = result_if_unfinished;
    tls->implicit = s->params.smtp.tls_mode == TLS_MODE_IMPLICIT;
    tls->started_ms = mono_ms_between(s->started, s->tls_started);
    tls->took_ms = mono_ms_between(s->tls_started, loop_now(s->net.loop));
}

static const char *sni_of(const struct session *s)
{
    return s->params.sni ? s->params.sni : s->params.name;
}

/* What is seen takes the place of a handshake. False: our own side failed. */
static bool write_observed(struct session *s)
{
    struct tls_facts *tls = &s->facts->tls;
    if (tls_observe(s->net.tls, s->params.name, sni_of(s), &s->hello->reader.answer, tls, s->arena) < 0)
        return false;
    if (tls->result != TLS_OBSERVED)
        return true;
    tls->implicit = s->params.smtp.tls_mode == TLS_MODE_IMPLICIT;
    tls->started_ms = mono_ms_between(s->started, s->tls_started);
    tls->took_ms = mono_ms_between(s->tls_started, loop_now(s->net.loop));
    return true;
}

static void note_hello_answer(struct session *s)
{
    static const char *const words[] = {
        [TLS_ANSWER_NONE] = "",          [TLS_ANSWER_HELLO] = "ServerHello", [TLS_ANSWER_RETRY] = "HelloRetryRequest", [TLS_ANSWER_SSL2] = "SERVER-HELLO",
        [TLS_ANSWER_ALERT] = "alert",    [TLS_ANSWER_CLEAR] = "clear text",  [TLS_ANSWER_BROKEN] = "malformed TLS",    [TLS_ANSWER_DROPPED] = "nothing",
        [TLS_ANSWER_SILENT] = "nothing",
    };
    const struct tls_answer *a = &s->hello->reader.answer;
    if (tls_answer_agrees(a))
        smtp_dialogue_note(&s->dialogue, elapsed_ms(s), "answer to our ClientHello: %s, version %04x, suite %04x", words[a->kind], a->version, a->suite);
    else if (a->alert >= 0)
        smtp_dialogue_note(&s->dialogue, elapsed_ms(s), "answer to our ClientHello: alert %d", a->alert);
    else
        smtp_dialogue_note(&s->dialogue, elapsed_ms(s), "answer to our ClientHello: %s", words[a->kind]);
}

/* The connection ended, or its time did, behind a ClientHello: what was heard until then may be an answer. */
static enum smtp_dialogue_event end_of_hello(struct session *s, enum smtp_dialogue_event event)
{
    if (event == DIALOGUE_LIMIT || event == DIALOGUE_TROUBLE)
        return event;
    struct tls_hello_reader *reader = &s->hello->reader;
    tls_hello_reader_end(reader, event == DIALOGUE_TIMEOUT ? TLS_ANSWER_SILENT : TLS_ANSWER_DROPPED);
    note_hello_answer(s);
    bool nothing = reader->answer.kind == TLS_ANSWER_SILENT || reader->answer.kind == TLS_ANSWER_DROPPED;
    return nothing ? event : DIALOGUE_TLS_FAILED;
}

/* The connection ended, or its time did, in the middle of a handshake: clear text instead of TLS is an answer all
 * the same. */
static enum smtp_dialogue_event end_of_handshake(struct session *s, enum smtp_dialogue_event event, enum tls_result result)
{
    if (s->hello_sent)
        return end_of_hello(s, event);
    if (!s->tls || tls_state(s->tls) != TLS_STATE_HANDSHAKE)
        return event;
    copy_tls_facts(s, result);
    return s->facts->tls.result == TLS_GARBAGE ? DIALOGUE_TLS_FAILED : event;
}

static void free_tls(struct session *s)
{
    tls_client_free(s->tls);
    s->tls = NULL;
}

static void finish_now(void *arg)
{
    struct session *s = arg;
    struct session_callbacks callbacks = s->callbacks;
    sasl_free(s->sasl);
    free(s->own_hello);
    free(s->line);
    free(s);
    callbacks.done(callbacks.arg);
}

/* The callback comes from the loop, so that nobody is called from within session_start. */
static void finish(struct session *s)
{
    s->facts->duration_ms = elapsed_ms(s);
    if (s->facts->connect != CONNECT_OPEN)
        s->facts->end_step = STEP_CONNECT;
    if (s->tls)
        free_tls(s);
    s->timer_for = TIMER_DONE;
    timer_start(s->net.loop, &s->timer, 0, finish_now, s);
}

static void close_transport(struct session *s)
{
    if (s->transport)
        transport_close(s->transport);
    s->transport = NULL;
}

/* The dialogue cannot go on: `event` says why. */
static void end_dialogue(struct session *s, enum smtp_dialogue_event event, const char *reason)
{
    smtp_dialogue_event(&s->dialogue, event, reason, elapsed_ms(s));
    pump(s);
}

static int send_from_tls(struct session *s)
{
    struct str bytes = tls_take(s->tls);
    return bytes.n ? transport_send(s->transport, bytes.p, bytes.n) : 0;
}

static void send_said(struct session *s)
{
    struct str said = smtp_dialogue_take(&s->dialogue, elapsed_ms(s));
    s->said = true;
    int rc = s->tls ? tls_write(s->tls, said.p, said.n) : transport_send(s->transport, said.p, said.n);
    if (rc == 0 && s->tls)
        rc = send_from_tls(s);
    if (rc < 0)
        smtp_dialogue_event(&s->dialogue, DIALOGUE_TROUBLE, "our side could not send", elapsed_ms(s));
}

static void handshake_over(struct session *s)
{
    copy_tls_facts(s, TLS_TROUBLE);
    const struct tls_facts *tls = &s->facts->tls;
    if (tls->result == TLS_DONE) {
        smtp_dialogue_note(&s->dialogue, elapsed_ms(s), "TLS established: %s, %s", tls->version, tls->cipher);
        smtp_dialogue_event(&s->dialogue, DIALOGUE_TLS_DONE, NULL, elapsed_ms(s));
    } else {
        smtp_dialogue_note(&s->dialogue, elapsed_ms(s), "TLS failed: %s", tls->error ? tls->error : "no reason given");
        smtp_dialogue_event(&s->dialogue, DIALOGUE_TLS_FAILED, NULL, elapsed_ms(s));
    }
}

static void send_hello(struct session *s)
{
    uint8_t bytes[TLS_HELLO_MAX_BYTES];
    struct str hello = {(const char *)bytes, 0};
    s->tls_started = loop_now(s->net.loop);
    if (s->params.hello) {
        hello = s->params.hello->bytes;
    } else if ((s->hello = s->own_hello = malloc(sizeof *s->own_hello))) {
        tls_hello_reader_init(&s->hello->reader);
        hello.n = tls_observe_hello(s->net.tls, sni_of(s), bytes);
    }
    s->hello_sent = s->hello && hello.n;
    s->facts->observes = s->own_hello != NULL;
    if (!s->hello_sent || transport_send(s->transport, hello.p, hello.n) < 0)
        smtp_dialogue_event(&s->dialogue, DIALOGUE_TROUBLE, "our side could not send", elapsed_ms(s));
}

static void start_tls(struct session *s)
{
    s->tls_started = loop_now(s->net.loop);
    s->tls = tls_client_new(s->net.tls, s->params.tls_profile, s->params.name);
    if (s->tls && s->params.sni && tls_client_set_sni(s->tls, s->params.sni) < 0)
        free_tls(s);
    if (!s->tls) {
        smtp_dialogue_event(&s->dialogue, DIALOGUE_TROUBLE, "no memory for TLS", elapsed_ms(s));
        return;
    }
    tls_start(s->tls);
    if (tls_state(s->tls) == TLS_STATE_FAILED) /* before the server could say anything */
        handshake_over(s);
    else if (send_from_tls(s) < 0)
        smtp_dialogue_event(&s->dialogue, DIALOGUE_TROUBLE, "our side could not send", elapsed_ms(s));
}

/* One turn of AUTH: the mechanism sees the server's last word and gives ours. */
static void step_auth(struct session *s)
{
    struct smtp_dialogue *d = &s->dialogue;
    struct str response = {NULL, 0};
    const char *mechanism = NULL;
    if (!s->sasl) {
        bool clear_allowed = s->tls || s->params.auth_in_clear;
        struct str offered = smtp_dialogue_auth_offered(d);
        mechanism = sasl_choose(offered, s->tls != NULL, s->params.auth_in_clear);
        if (!mechanism || !clear_allowed) {
            bool hidden_by_policy = !clear_allowed && sasl_choose(offered, true, true);
            smtp_dialogue_auth(d, NULL, response, hidden_by_policy ? AUTH_NOT_IN_CLEAR : AUTH_NO_MECHANISM);
            return;
        }
        s->sasl = sasl_new(mechanism, s->params.auth_user, s->params.auth_password, s->params.name);
        if (!s->sasl) {
            smtp_dialogue_event(d, DIALOGUE_TROUBLE, "no memory for AUTH", elapsed_ms(s));
            return;
        }
        if (!sasl_has_initial_response(s->sasl)) {
            smtp_dialogue_auth(d, mechanism, response, AUTH_NOT_TRIED);
            return;
        }
    }
    enum sasl_result result = sasl_step(s->sasl, mechanism ? STR("") : d->challenge, &response);
    smtp_dialogue_auth(d, mechanism, response, result == SASL_BAD ? AUTH_BAD_CHALLENGE : AUTH_NOT_TRIED);
}

static void report_ehlo(struct session *s)
{
    if (s->ehlo_reported || !s->facts->ehlo.reply.complete || !s->callbacks.heard_ehlo)
        return;
    s->ehlo_reported = true;
    s->callbacks.heard_ehlo(s->callbacks.arg);
}

static void pump(struct session *s)
{
    report_ehlo(s);
    for (;;) {
        struct smtp_want want = smtp_dialogue_want(&s->dialogue);
        if (s->arena->exhausted && want.wish != WISH_CLOSE) {
            smtp_dialogue_event(&s->dialogue, DIALOGUE_TROUBLE, "the memory set aside for one report is used up", elapsed_ms(s));
            continue;
        }
        switch (want.wish) {
        case WISH_SEND:
            send_said(s);
            break;
        case WISH_AUTH:
            step_auth(s);
            break;
        case WISH_HANDSHAKE:
            if ((s->params.hello || s->params.observe) && !s->hello_sent)
                send_hello(s);
            else if (!s->hello_sent && !s->tls)
                start_tls(s);
            if (smtp_dialogue_want(&s->dialogue).wish != WISH_HANDSHAKE)
                break;
            limit_step(s, want.timeout_ms);
            return;
        case WISH_HEAR:
            limit_step(s, want.timeout_ms);
            return;
        case WISH_LINGER:
            transport_linger(s->transport, LIMIT_LINGER_MS);
            s->transport = NULL;
            finish(s);
            return;
        case WISH_CLOSE:
            close_transport(s);
            finish(s);
            return;
        }
    }
}

/* Room for a line is made when the first octets come: many connections wait at once for a server that says nothing. */
static void feed(struct session *s, const void *bytes, size_t n)
{
    s->line = s->dialogue.line = s->line ? s->line : malloc(SMTP_LINE_KEPT_BYTES);
    if (s->line)
        smtp_dialogue_feed(&s->dialogue, bytes, n, elapsed_ms(s));
    else
        smtp_dialogue_event(&s->dialogue, DIALOGUE_TROUBLE, "no memory for what the server says", elapsed_ms(s));
    pump(s);
}

static void hear_through_tls(struct session *s)
{
    char clear[4096];
    long n = 0;
    while (s->timer_for != TIMER_DONE && (n = tls_read(s->tls, clear, sizeof clear)) > 0)
        feed(s, clear, (size_t)n);
    if (n == -2) {
        end_dialogue(s, DIALOGUE_TROUBLE, "our side of TLS failed");
    } else if (n < 0) {
        smtp_dialogue_note(&s->dialogue, elapsed_ms(s), "the server ended the TLS session");
        end_dialogue(s, DIALOGUE_CLOSED, NULL);
    }
}

/* The end of our handshake and the EHLO after it leave in one segment: nothing is sent before the dialogue
 * has had its say. */
static void hear_tls(struct session *s, const uint8_t *bytes, size_t n)
{
    bool handshaking = tls_state(s->tls) == TLS_STATE_HANDSHAKE;
    if (tls_feed(s->tls, bytes, n) < 0) {
        end_dialogue(s, DIALOGUE_LIMIT, "more octets in TLS than are read");
        return;
    }
    if (handshaking && tls_state(s->tls) != TLS_STATE_HANDSHAKE) {
        handshake_over(s);
        pump(s);
        handshaking = false;
    }
    if (!handshaking && s->timer_for != TIMER_DONE)
        hear_through_tls(s);
    if (s->timer_for != TIMER_DONE && send_from_tls(s) < 0)
        end_dialogue(s, DIALOGUE_TROUBLE, "our side could not send");
}

static void hear_hello(struct session *s, const uint8_t *bytes, size_t n)
{
    if (!tls_hello_reader_feed(&s->hello->reader, bytes, n))
        return;
    note_hello_answer(s);
    if (s->own_hello && !write_observed(s)) {
        end_dialogue(s, DIALOGUE_TROUBLE, "no memory for TLS");
        return;
    }
    bool observed = s->facts->tls.result == TLS_OBSERVED;
    if (observed) /* whether it can be sent is no matter */
        transport_send(s->transport, tls_observe_farewell().p, tls_observe_farewell().n);
    end_dialogue(s, observed ? DIALOGUE_TLS_OBSERVED : DIALOGUE_TLS_FAILED, NULL);
}

static void hear(struct session *s, const uint8_t *bytes, size_t n)
{
    if (s->hello_sent) {
        hear_hello(s, bytes, n);
        return;
    }
    if (s->tls) {
        hear_tls(s, bytes, n);
        return;
    }
    feed(s, bytes, n);
}

static void on_timer(void *arg)
{
    struct session *s = arg;
    bool total = s->timer_for == TIMER_TOTAL, connecting = s->timer_for == TIMER_CONNECT;
    const char *what = total ? "the connection's time is used up" : connecting ? "no answer to the connection request" : "no answer in time";
    if (connecting) {
        s->facts->connect = CONNECT_TIMEOUT;
        s->facts->connect_ms = elapsed_ms(s);
    }
    smtp_dialogue_note(&s->dialogue, elapsed_ms(s), "%s", what);
    end_dialogue(s, end_of_handshake(s, total ? DIALOGUE_LIMIT : DIALOGUE_TIMEOUT, TLS_TIMEOUT), total ? what : NULL);
}

static void not_open(struct session *s, enum connect_result result, int error)
{
    s->facts->connect = result;
    s->facts->connect_error = error ? arena_strdup(s->arena, strerror(error)) : NULL;
    smtp_dialogue_note(&s->dialogue, elapsed_ms(s), "not connected: %s", error ? strerror(error) : "refused");
    end_dialogue(s, result == CONNECT_TROUBLE ? DIALOGUE_TROUBLE : DIALOGUE_CLOSED, s->facts->connect_error);
}

static void cut_off(struct session *s, enum smtp_dialogue_event event, enum tls_result in_handshake, const char *words)
{
    smtp_dialogue_note(&s->dialogue, elapsed_ms(s), "%s", words);
    end_dialogue(s, end_of_handshake(s, event, in_handshake), event == DIALOGUE_TROUBLE ? words : NULL);
}

static void on_transport(void *arg, enum transport_event event, const struct transport_data *data)
{
    struct session *s = arg;
    if (event != TRANSPORT_DATA && event != TRANSPORT_EOF && event != TRANSPORT_RESET)
        s->facts->connect_ms = s->facts->connect == CONNECT_NOT_TRIED ? elapsed_ms(s) : s->facts->connect_ms;
    switch (event) {
    case TRANSPORT_OPEN:
        s->facts->connect = CONNECT_OPEN;
        smtp_dialogue_note(&s->dialogue, elapsed_ms(s), "connected");
        pump(s);
        break;
    case TRANSPORT_DATA:
        hear(s, data->bytes, data->n);
        break;
    case TRANSPORT_EOF:
        cut_off(s, DIALOGUE_CLOSED, TLS_CLOSED, "the server closed the connection");
        break;
    case TRANSPORT_RESET:
        cut_off(s, DIALOGUE_RESET, TLS_RESET, "the server reset the connection");
        break;
    case TRANSPORT_REFUSED:
        not_open(s, CONNECT_REFUSED, data->error);
        break;
    case TRANSPORT_UNREACHABLE:
        not_open(s, CONNECT_UNREACHABLE, data->error);
        break;
    case TRANSPORT_TROUBLE:
        if (s->facts->connect == CONNECT_NOT_TRIED)
            not_open(s, CONNECT_TROUBLE, data->error);
        else
            cut_off(s, DIALOGUE_TROUBLE, TLS_TROUBLE, "our side of the connection failed");
        break;
    }
}

struct session *session_start(const struct session_net *net, const struct session_params *params, struct session_facts *facts, struct arena *arena,
                              const struct session_callbacks *callbacks)
{
    struct session *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->net = *net;
    s->params = *params;
    if (s->params.total_timeout_ms == 0)
        s->params.total_timeout_ms = LIMIT_CONNECTION_MS;
    s->facts = facts;
    s->arena = arena;
    s->callbacks = *callbacks;
    s->started = s->step_started = loop_now(net->loop);
    s->hello = params->hello;
    if (s->hello)
        tls_hello_reader_init(&s->hello->reader);
    smtp_dialogue_init(&s->dialogue, &s->params.smtp, facts, arena);
    s->transport = dialer_dial(net->dialer, params->ip, params->port, on_transport, s);
    if (!s->transport) {
        free(s);
        return NULL;
    }
    s->timer_for = TIMER_CONNECT;
    timer_start(net->loop, &s->timer, params->connect_timeout_ms, on_timer, s);
    return s;
}

void session_cancel(struct session *s)
{
    if (s->facts->end == END_NONE) {
        end_of_handshake(s, DIALOGUE_LIMIT, TLS_TIMEOUT);
        s->facts->end = END_LIMIT;
        s->facts->end_step = s->facts->connect == CONNECT_OPEN ? s->dialogue.step : STEP_CONNECT;
        s->facts->end_reason = "the time for the whole run is used up";
        s->facts->duration_ms = elapsed_ms(s);
    }
    timer_cancel(&s->timer);
    close_transport(s);
    if (s->tls)
        free_tls(s);
    sasl_free(s->sasl);
    free(s->own_hello);
    free(s->line);
    free(s);
}

const char *session_waits_for(const struct session *s)
{
    return s->facts->connect == CONNECT_NOT_TRIED ? "connection" : smtp_step_name(s->dialogue.step);
}

struct mono session_waits_since(const struct session *s)
{
    return s->step_started;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smtp_dialogue - see smtp_dialogue.h.
 *
 * The step table says what the conversation is; the functions follow in its order. A hear function
 * looks at a complete reply and returns the next step; enter() alone assigns it.
 */
#include "wire/smtp_dialogue.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/panic.h"
#include "wire/smtp_ehlo.h"

enum { SILENCE_MIN_MS = 100 };

typedef void say_fn(struct smtp_dialogue *d);
typedef enum smtp_step hear_fn(struct smtp_dialogue *d, const struct smtp_reply *reply);

static say_fn say_ehlo, say_helo, say_plain_mail, say_starttls, say_again, say_mail, say_rcpt, say_rcpt_second, say_rset, say_try_mail, say_try_rcpt,
    say_try_control, say_try_rset, say_quit;
static hear_fn hear_greeting, hear_ehlo, hear_last, hear_plain_mail, hear_starttls, hear_quit_in_tls, hear_ehlo_tls, hear_auth, hear_mail, hear_rcpt,
    hear_rcpt_second, hear_try_mail, hear_try_rcpt, hear_try_control, hear_try_rset;

/* The time limits are those of a tester that many wait for, below RFC 5321 4.5.3.2; a limit that
 * was hit is "unknown", never a fault of the server. */
static const struct {
    const char *name;
    say_fn *say;
    enum smtp_wish then; /* once it is said */
    hear_fn *hear;
    uint32_t timeout_s;
} steps[STEP_COUNT] = {
    /*                       name               we say           and then        we hear           seconds */
    [STEP_CONNECT]        = {"connect",         NULL,            WISH_CLOSE,     NULL,             10},
    [STEP_GREETING]       = {"greeting",        NULL,            WISH_HEAR,      hear_greeting,    60},
    [STEP_EHLO]           = {"EHLO",            say_ehlo,        WISH_HEAR,      hear_ehlo,        60},
    [STEP_HELO]           = {"HELO",            say_helo,        WISH_HEAR,      hear_last,        60},
    [STEP_PLAIN_MAIL]     = {"MAIL in clear",   say_plain_mail,  WISH_HEAR,      hear_plain_mail,  60},
    [STEP_STARTTLS]       = {"STARTTLS",        say_starttls,    WISH_HEAR,      hear_starttls,    30},
    [STEP_HANDSHAKE]      = {"TLS handshake",   NULL,            WISH_HANDSHAKE, NULL,             20},
    [STEP_SILENCE]        = {"silence",         NULL,            WISH_HEAR,      hear_last,        2},
    [STEP_QUIT_IN_TLS]    = {"QUIT in TLS",     say_quit,        WISH_HEAR,      hear_quit_in_tls, 20},
    [STEP_QUIT_ANSWERED]  = {"answer to QUIT",  NULL,            WISH_HEAR,      hear_last,        5},
    [STEP_EHLO_TLS]       = {"EHLO in TLS",     say_ehlo,        WISH_HEAR,      hear_ehlo_tls,    60},
    [STEP_STARTTLS_AGAIN] = {"STARTTLS in TLS", say_again,       WISH_HEAR,      hear_last,        30},
    [STEP_AUTH]           = {"AUTH",            NULL,            WISH_AUTH,      hear_auth,        60},
    [STEP_MAIL]           = {"MAIL",            say_mail,        WISH_HEAR,      hear_mail,        60},
    [STEP_RCPT]           = {"RCPT",            say_rcpt,        WISH_HEAR,      hear_rcpt,        60},
    [STEP_RCPT_SECOND]    = {"second RCPT",     say_rcpt_second, WISH_HEAR,      hear_rcpt_second, 60},
    [STEP_RSET]           = {"RSET",            say_rset,        WISH_HEAR,      hear_try_rset,    20},
    [STEP_TRY_MAIL]       = {"other MAIL",      say_try_mail,    WISH_HEAR,      hear_try_mail,    60},
    [STEP_TRY_RCPT]       = {"other RCPT",      say_try_rcpt,    WISH_HEAR,      hear_try_rcpt,    60},
    [STEP_TRY_CONTROL]    = {"control RCPT",    say_try_control, WISH_HEAR,      hear_try_control, 60},
    [STEP_TRY_RSET]       = {"RSET between",    say_try_rset,    WISH_HEAR,      hear_try_rset,    20},
    [STEP_QUIT]           = {"QUIT",            say_quit,        WISH_LINGER,    NULL,             5},
};

const char *smtp_step_name(enum smtp_step step)
{
    must(step < STEP_COUNT);
    return steps[step].name;
}

static struct smtp_reply *reply_of(struct smtp_dialogue *d, enum smtp_step step)
{
    struct session_facts *f = d->facts;
    struct smtp_try *try = f->deep.tries ? &f->deep.tries[d->try_next] : NULL;
    struct smtp_reply *const replies[STEP_COUNT] = {
        [STEP_GREETING] = &f->greeting,    [STEP_EHLO] = &f->ehlo.reply,         [STEP_HELO] = &f->ehlo.helo_reply,
        [STEP_STARTTLS] = &f->starttls,    [STEP_EHLO_TLS] = &f->ehlo_tls.reply, [STEP_AUTH] = &f->auth.reply,
        [STEP_MAIL] = &f->relay.mail,      [STEP_RCPT] = &f->relay.rcpt[0],      [STEP_RCPT_SECOND] = &f->relay.rcpt[1],
        [STEP_RSET] = &d->passed_over,    [STEP_PLAIN_MAIL] = &f->deep.plain_mail, [STEP_SILENCE] = &f->deep.unasked,
        [STEP_QUIT_IN_TLS] = &f->deep.unasked, [STEP_STARTTLS_AGAIN] = &f->deep.starttls_again, [STEP_QUIT_ANSWERED] = &d->passed_over,
        [STEP_TRY_MAIL] = try ? &try->mail : NULL, [STEP_TRY_RCPT] = try ? &try->rcpt : NULL,
        [STEP_TRY_CONTROL] = &f->deep.control_reply, [STEP_TRY_RSET] = &d->passed_over,
    };
    return replies[step];
}

static void enter(struct smtp_dialogue *d, enum smtp_step step)
{
    d->step = step;
    d->wish = steps[step].then;
    if (reply_of(d, step))
        smtp_reply_begin(&d->reader, reply_of(d, step), d->arena);
    if (steps[step].say)
        steps[step].say(d);
    if (d->out.n)
        d->wish = WISH_SEND;
}

static void finish(struct smtp_dialogue *d, enum session_end end, const char *reason, uint32_t t_ms)
{
    d->facts->end = end;
    d->facts->end_step = d->step;
    d->facts->end_reason = reason;
    d->facts->duration_ms = t_ms;
    d->wish = end == END_QUIT || end == END_OBSERVED ? WISH_LINGER : WISH_CLOSE;
}

static void say(struct smtp_dialogue *d, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(struct smtp_dialogue *d, const char *format, ...)
{
    char commands[SMTP_OUT_BYTES];
    size_t used = d->out.n;
    if (used)
        memcpy(commands, d->out.p, used);
    va_list args;
    va_start(args, format);
    int n = vsnprintf(commands + used, sizeof commands - used, format, args);
    va_end(args);
    must(n >= 0 && (size_t)n < sizeof commands - used); /* the caller keeps names within their RFC lengths */
    d->out = arena_copy(d->arena, (struct str){commands, used + (size_t)n});
}

/* The EHLO reply that counts now: RFC 3207 4.2 discards what was heard before TLS. */
static const struct smtp_ehlo *current_ehlo(const struct smtp_dialogue *d)
{
    return d->facts->ehlo_tls.reply.complete ? &d->facts->ehlo_tls : &d->facts->ehlo;
}

static bool offered(const struct smtp_dialogue *d, const char *keyword)
{
    return smtp_ehlo_find(current_ehlo(d), keyword) != NULL;
}

/* The next try, or the end. */
static enum smtp_step next_try(const struct smtp_dialogue *d)
{
    return d->try_next < d->facts->deep.try_count ? STEP_TRY_MAIL : STEP_QUIT;
}

static enum smtp_step after_auth(const struct smtp_dialogue *d)
{
    return d->plan->relay ? STEP_MAIL : next_try(d);
}

static enum smtp_step after_tls(const struct smtp_dialogue *d)
{
    switch (d->plan->course) {
    case COURSE_MAIL:
        return d->plan->auth ? STEP_AUTH : after_auth(d);
    case COURSE_PLAIN_MAIL:
        return next_try(d);
    case COURSE_TLS_TWICE:
        return d->in_tls ? STEP_STARTTLS_AGAIN : STEP_QUIT;
    case COURSE_TLS:
    case COURSE_INJECTION:
    case COURSE_UNLISTED_STARTTLS:
        break;
    }
    return STEP_QUIT;
}

static enum smtp_step after_handshake(const struct smtp_dialogue *d)
{
    if (d->plan->tls_mode == TLS_MODE_IMPLICIT)
        return STEP_GREETING;
    switch (d->plan->course) {
    case COURSE_MAIL:
    case COURSE_PLAIN_MAIL:
    case COURSE_TLS_TWICE:
        return STEP_EHLO_TLS;
    case COURSE_INJECTION:
        return STEP_SILENCE;
    case COURSE_TLS:
    case COURSE_UNLISTED_STARTTLS:
        break;
    }
    return STEP_QUIT;
}

/* Whatever it says, nothing follows. */
static enum smtp_step hear_last(struct smtp_dialogue *d, const struct smtp_reply *reply)
{
    (void)d, (void)reply;
    return STEP_QUIT;
}

static enum smtp_step hear_greeting(struct smtp_dialogue *d, const struct smtp_reply *reply)
{
    bool all_is_seen = d->in_tls && (d->plan->course == COURSE_TLS || d->plan->course == COURSE_TLS_TWICE);
    return reply->code == 220 && !all_is_seen ? STEP_EHLO : STEP_QUIT;
}

static void say_ehlo(struct smtp_dialogue *d)
{
    say(d, "EHLO %s\r\n", d->plan->ehlo_name);
}

static enum smtp_step hear_ehlo(struct smtp_dialogue *d, const struct smtp_reply *reply)
{
    if (reply->code >= 500 && reply->code <= 504)
        return STEP_HELO;
    if (reply->code != 250)
        return STEP_QUIT;
    smtp_ehlo_parse(&d->facts->ehlo, d->arena);
    if (d->plan->course == COURSE_PLAIN_MAIL)
        return STEP_PLAIN_MAIL;
    if (d->plan->tls_mode == TLS_MODE_STARTTLS && (offered(d, "STARTTLS") || d->plan->course == COURSE_UNLISTED_STARTTLS))
        return STEP_STARTTLS;
    return after_tls(d);
}

static void say_helo(struct smtp_dialogue *d)
{
    d->facts->ehlo.helo = true;
    say(d, "HELO %s\r\n", d->plan->ehlo_name);
}

static void say_plain_mail(struct smtp_dialogue *d)
{
    say(d, "MAIL FROM:<%s>\r\n", d->plan->mail_from);
}

static enum smtp_step hear_plain_mail(struct smtp_dialogue *d, const struct smtp_reply *reply)
{
    bool more = d->facts->deep.try_count > 0;
    if (reply->code == 250)
        return more ? STEP_TRY_RSET : STEP_QUIT;
    bool tls_may_help = reply->code >= 500 && d->plan->tls_mode == TLS_MODE_STARTTLS && offered(d, "STARTTLS");
    return more && tls_may_help ? STEP_STARTTLS : STEP_QUIT;
}

/* RFC 3207 4: STARTTLS is the last of a group of commands. A sound server drops what follows, refuses, or closes. */
static void say_starttls(struct smtp_dialogue *d)
{
    d->facts->deep.injected = d->plan->course == COURSE_INJECTION;
    say(d, d->facts->deep.injected ? "STARTTLS\r\nNOOP\r\n" : "STARTTLS\r\n");
}

static enum smtp_step hear_starttls(struct smtp_dialogue *d, const struct smtp_reply *reply)
{
    if (reply->code == 220)
        return STEP_HANDSHAKE;
    bool goes_on = d->plan->course == COURSE_MAIL && reply->code != 421;
    return goes_on ? after_tls(d) : STEP_QUIT;
}

/* Replies come in the order of their commands, and QUIT has one of its own, 221 (RFC 5321 4.2.2): one before it answers what
 * was said in clear, however slowly. */
static enum smtp_step hear_quit_in_tls(struct smtp_dialogue *d, const struct smtp_reply *reply)
{
    if (reply->code == 421)
        return STEP_QUIT;
    if (reply->code != 221)
        return STEP_QUIT_ANSWERED;
    d->facts->deep.unasked = (struct smtp_reply){0};
    return STEP_QUIT;
}

static enum smtp_step hear_ehlo_tls(struct smtp_dialogue *d, const struct smtp_reply *reply)
{
    if (reply->code != 250)
        return STEP_QUIT;
    smtp_ehlo_parse(&d->facts->ehlo_tls, d->arena);
    return after_tls(d);
}

/* RFC 3207 4.2: nobody starts TLS where it is active already; a server that lets him has forgotten that it is. */
static void say_again(struct smtp_dialogue *d)
{
    say(d, "STARTTLS\r\n");
}

static enum smtp_step hear_auth(struct smtp_dialogue *d, const struct smtp_reply *reply)
{
    struct smtp_auth *auth = &d->facts->auth;
    if (reply->code == 334 && auth->result == AUTH_NOT_TRIED) {
        d->challenge = reply->line_count ? reply->lines[reply->line_count - 1] : STR("");
        return STEP_AUTH;
    }
    if (auth->result == AUTH_NOT_TRIED)
        auth->result = reply->code == 235 ? AUTH_ACCEPTED : reply->code >= 500 ? AUTH_REFUSED : AUTH_DEFERRED;
    /* Who is logged in may send anywhere: the relay test would say nothing. */
    return auth->result == AUTH_ACCEPTED || reply->code == 421 ? STEP_QUIT : after_auth(d);
}

static void say_mail(struct smtp_dialogue *d)
{
    struct smtp_relay *relay = &d->facts->relay;
    relay->test = RELAY_ASKED;
    relay->mail_from = d->plan->mail_from;
    memcpy(relay->recipients, d->plan->recipients, sizeof relay->recipients);
    relay->pipelined = offered(d, "PIPELINING");
    say(d, "MAIL FROM:<%s>\r\n", relay->mail_from);
    if (relay->pipelined)
        say(d, "RCPT TO:<%s>\r\n", relay->recipients[0]);
}

static enum smtp_step hear_mail(struct smtp_dialogue *d, const struct smtp_reply *reply)
{
    if (reply->code == 421)
        return STEP_QUIT;
    return reply->code == 250 || d->facts->relay.pipelined ? STEP_RCPT : next_try(d);
}

static void say_rcpt(struct smtp_dialogue *d)
{
    if (!d->facts->relay.pipelined)
        say(d, "RCPT TO:<%s>\r\n", d->facts->relay.recipients[0]);
}

static enum smtp_step hear_rcpt(struct smtp_dialogue *d, const struct smtp_reply *reply)
{
    if (reply->code == 421)
        return STEP_QUIT;
    if (d->facts->relay.mail.code != 250)
        return next_try(d);
    return reply->code == 250 || reply->code == 251 ? STEP_RCPT_SECOND : STEP_RSET;
}

static void say_rcpt_second(struct smtp_dialogue *d)
{
    say(d, "RCPT TO:<%s>\r\n", d->facts->relay.recipients[1]);
}

static enum smtp_step hear_rcpt_second(struct smtp_dialogue *d, const struct smtp_reply *reply)
{
    (void)d;
    return reply->code == 421 ? STEP_QUIT : STEP_RSET;
}

/* Nothing is waited for from here on where QUIT may follow at once (RFC 2920 3.1). */
static void say_rset(struct smtp_dialogue *d)
{
    say(d, "RSET\r\n");
    if (offered(d, "PIPELINING") && next_try(d) == STEP_QUIT)
        enter(d, STEP_QUIT);
}

static void begin_try(struct smtp_dialogue *d)
{
    d->facts->deep.tries_begun = d->try_next + 1;
}

/* Those that need the same MAIL: what it was refused, they are. */
static void skip_sender(struct smtp_dialogue *d)
{
    const struct smtp_plan *plan = d->plan;
    const char *sender = plan->tries[d->try_next].mail_from;
    while (d->try_next < d->facts->deep.try_count && strcmp(plan->tries[d->try_next].mail_from, sender) == 0)
        d->try_next++;
}

static void say_try_mail(struct smtp_dialogue *d)
{
    begin_try(d);
    say(d, "MAIL FROM:<%s>\r\n", d->plan->tries[d->try_next].mail_from);
}

static enum smtp_step hear_try_mail(struct smtp_dialogue *d, const struct smtp_reply *reply)
{
    if (reply->code == 250)
        return STEP_TRY_RCPT;
    if (reply->code == 421)
        return STEP_QUIT;
    skip_sender(d);
    return next_try(d);
}

static void say_try_rcpt(struct smtp_dialogue *d)
{
    begin_try(d);
    say(d, "RCPT TO:<%s>\r\n", d->plan->tries[d->try_next].rcpt_to);
}

/* RFC 5321 3.3: the next sender needs a new transaction. */
static enum smtp_step after_try(struct smtp_dialogue *d)
{
    const struct smtp_try *last = &d->plan->tries[d->try_next++];
    if (d->try_next == d->facts->deep.try_count)
        return STEP_QUIT;
    return strcmp(last->mail_from, d->plan->tries[d->try_next].mail_from) == 0 ? STEP_TRY_RCPT : STEP_TRY_RSET;
}

/* A refusal of this recipient (55x), or of its form; any other is one of us. */
static bool is_about_recipient(int code)
{
    return code == 501 || (code >= 550 && code <= 554);
}

static enum smtp_step hear_try_rcpt(struct smtp_dialogue *d, const struct smtp_reply *reply)
{
    bool taken = reply->code == 250 || reply->code == 251;
    if (reply->code == 421 || (reply->code >= 500 && !is_about_recipient(reply->code)))
        return STEP_QUIT;
    if (taken && d->plan->control && !d->facts->deep.control && d->plan->tries[d->try_next].kind != TRY_SENDER)
        return STEP_TRY_CONTROL;
    return after_try(d);
}

/* Who takes everything at his own name takes odd names as well, and relays nothing for that. */
static void say_try_control(struct smtp_dialogue *d)
{
    d->facts->deep.control = d->plan->control;
    say(d, "RCPT TO:<%s>\r\n", d->plan->control);
}

static enum smtp_step hear_try_control(struct smtp_dialogue *d, const struct smtp_reply *reply)
{
    return reply->code == 421 ? STEP_QUIT : after_try(d);
}

static void say_try_rset(struct smtp_dialogue *d)
{
    say(d, "RSET\r\n");
}

static enum smtp_step hear_try_rset(struct smtp_dialogue *d, const struct smtp_reply *reply)
{
    return reply->code == 421 ? STEP_QUIT : next_try(d);
}

static void say_quit(struct smtp_dialogue *d)
{
    if (!d->quit_said)
        say(d, "QUIT\r\n");
    d->quit_said = true;
}

void smtp_dialogue_init(struct smtp_dialogue *d, const struct smtp_plan *plan, struct session_facts *facts, struct arena *arena)
{
    *d = (struct smtp_dialogue){.plan = plan, .facts = facts, .arena = arena};
    smtp_transcript_init(&d->transcript, &facts->transcript, arena);
    facts->deep.tries = plan->try_count ? ARENA_ARRAY(arena, struct smtp_try, plan->try_count) : NULL;
    facts->deep.try_count = facts->deep.tries ? plan->try_count : 0;
    if (facts->deep.try_count)
        memcpy(facts->deep.tries, plan->tries, plan->try_count * sizeof *plan->tries);
    enter(d, plan->tls_mode == TLS_MODE_IMPLICIT ? STEP_HANDSHAKE : STEP_GREETING);
}

struct smtp_want smtp_dialogue_want(const struct smtp_dialogue *d)
{
    uint32_t timeout_ms = steps[d->step].timeout_s * 1000;
    if (d->step == STEP_GREETING && d->plan->greeting_timeout_ms)
        timeout_ms = d->plan->greeting_timeout_ms;
    if (d->step == STEP_SILENCE && d->silence_ms < timeout_ms)
        timeout_ms = d->silence_ms;
    return (struct smtp_want){d->wish, timeout_ms};
}

void smtp_dialogue_note(struct smtp_dialogue *d, uint32_t t_ms, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    smtp_transcript_note(&d->transcript, t_ms, format, args);
    va_end(args);
}

struct str smtp_dialogue_take(struct smtp_dialogue *d, uint32_t t_ms)
{
    must(d->wish == WISH_SEND);
    struct str bytes = d->out;
    smtp_transcript_said(&d->transcript, bytes, d->secret, t_ms);
    d->secret = false;
    d->out = STR("");
    d->wish = d->step == STEP_AUTH ? WISH_HEAR : steps[d->step].then;
    if (d->wish == WISH_LINGER)
        finish(d, END_QUIT, NULL, t_ms);
    return bytes;
}

static void end_of_reply(struct smtp_dialogue *d, uint32_t t_ms)
{
    const struct smtp_reply *reply = reply_of(d, d->step);
    enter(d, steps[d->step].hear(d, reply));
    if (d->wish == WISH_LINGER) /* QUIT was said before */
        finish(d, END_QUIT, NULL, t_ms);
}

/* RFC 3207 4.2: nothing may follow the 220 before the handshake. It is kept as evidence and dropped; anything
 * else that was not asked for is dropped with a note, so that it is not taken for the next answer. */
static void drop_unasked(struct smtp_dialogue *d, struct str bytes, uint32_t t_ms)
{
    struct str kept = arena_copy(d->arena, (struct str){bytes.p, bytes.n < 64 ? bytes.n : 64});
    if (d->step == STEP_HANDSHAKE) {
        d->facts->octets_after_starttls_reply = true;
        d->facts->octets_after = kept;
    }
    smtp_dialogue_note(d, t_ms, "%zu octets came unasked and were dropped", bytes.n);
    smtp_transcript_heard(&d->transcript, kept, t_ms);
}

void smtp_dialogue_feed(struct smtp_dialogue *d, const void *bytes, size_t n, uint32_t t_ms)
{
    struct str rest = {bytes, n};
    d->heard_bytes += n;
    while (rest.n && d->wish == WISH_HEAR) {
        size_t used;
        d->reader.line = d->line;
        enum smtp_reply_status status = smtp_reply_feed_line(&d->reader, rest.p, rest.n, t_ms, &used);
        rest = (struct str){rest.p + used, rest.n - used};
        if (d->reader.last_line.p)
            smtp_transcript_heard(&d->transcript, d->reader.last_line, t_ms);
        if (d->arena->exhausted) { /* what was heard last is not all there, and says nothing about the server */
            *reply_of(d, d->step) = (struct smtp_reply){0};
            finish(d, END_TROUBLE, "the memory set aside for one report is used up", t_ms);
        } else if (status == REPLY_DONE)
            end_of_reply(d, t_ms);
        else if (status == REPLY_NO_REPLY)
            finish(d, END_NOT_SMTP, NULL, t_ms);
        else if (status == REPLY_LIMIT)
            finish(d, END_LIMIT, "a reply is longer than is read", t_ms);
    }
    if (d->wish == WISH_CLOSE)
        return;
    if (d->heard_bytes > SMTP_TEXT_MAX_BYTES) {
        if (reply_of(d, d->step))
            reply_of(d, d->step)->flaws |= REPLY_OVER_LIMIT;
        finish(d, END_LIMIT, "the server says more than is read", t_ms);
    } else if (rest.n)
        drop_unasked(d, rest, t_ms);
}

/* What was said in clear is answered as soon as the handshake is over, if at all. QUIT at once would be too soon: a server that
 * finds both commands in its input may complain of pipelining instead of answering the first (RFC 2920 3.1). */
static uint32_t silence_after(uint32_t handshake_ms)
{
    return SILENCE_MIN_MS + 2 * handshake_ms;
}

void smtp_dialogue_event(struct smtp_dialogue *d, enum smtp_dialogue_event event, const char *reason, uint32_t t_ms)
{
    static const enum session_end ends[] = {
        [DIALOGUE_TLS_OBSERVED] = END_OBSERVED, [DIALOGUE_TLS_FAILED] = END_TLS_FAILED, [DIALOGUE_CLOSED] = END_CLOSED,   [DIALOGUE_RESET] = END_RESET,
        [DIALOGUE_TIMEOUT] = END_TIMEOUT,       [DIALOGUE_LIMIT] = END_LIMIT,           [DIALOGUE_TROUBLE] = END_TROUBLE,
    };
    if (event == DIALOGUE_TLS_DONE) {
        must(d->step == STEP_HANDSHAKE);
        d->in_tls = true;
        d->silence_ms = silence_after(t_ms - d->facts->starttls.last_ms);
        enter(d, after_handshake(d));
        return;
    }
    if (event == DIALOGUE_TIMEOUT && d->step == STEP_SILENCE) { /* as it should be */
        enter(d, STEP_QUIT_IN_TLS);
        return;
    }
    if (d->step == STEP_QUIT_ANSWERED) /* there was one answer only, then: an odd one, but to QUIT */
        d->facts->deep.unasked = (struct smtp_reply){0};
    bool garbage = d->wish == WISH_HEAR && event <= DIALOGUE_TIMEOUT && smtp_reply_end(&d->reader, t_ms);
    if (garbage)
        smtp_transcript_heard(&d->transcript, d->reader.last_line, t_ms);
    finish(d, garbage ? END_NOT_SMTP : ends[event], reason, t_ms);
}

struct str smtp_dialogue_auth_offered(const struct smtp_dialogue *d)
{
    const struct smtp_capability *auth = smtp_ehlo_find(current_ehlo(d), "AUTH");
    if (!auth)
        auth = smtp_ehlo_find(current_ehlo(d), "AUTH=");
    return auth ? auth->parameters : STR("");
}

void smtp_dialogue_auth(struct smtp_dialogue *d, const char *mechanism, struct str response, enum auth_result result)
{
    must(d->wish == WISH_AUTH);
    struct smtp_auth *auth = &d->facts->auth;
    if (mechanism)
        auth->mechanism = mechanism;
    if (response.n > SMTP_OUT_BYTES - 64) /* the server's nonce is part of it */
        result = AUTH_BAD_CHALLENGE;
    if (result != AUTH_NOT_TRIED) {
        auth->result = result;
        if (!d->auth_begun) {
            enter(d, after_auth(d));
            return;
        }
        mechanism = NULL;
        response = STR("*"); /* RFC 4954 4: the client cancels */
    }
    d->secret = true;
    d->auth_begun = true;
    /* RFC 4954 4: an empty initial response is "="; an empty later one an empty line. */
    if (mechanism && response.p)
        say(d, "AUTH %s %.*s\r\n", mechanism, response.n ? (int)response.n : 1, response.n ? response.p : "=");
    else if (mechanism)
        say(d, "AUTH %s\r\n", mechanism);
    else
        say(d, "%.*s\r\n", (int)response.n, response.p);
    d->wish = WISH_SEND;
}

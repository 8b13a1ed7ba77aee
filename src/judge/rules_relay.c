/* SPDX-License-Identifier: Apache-2.0 */
/* rules_relay - carrying strangers' mail. Only an answer to RCPT says anything about it. */
#include <string.h>

#include "judge/deep_sessions.h"
#include "judge/rules.h"
#include "judge/sessions.h"

static bool takes(const struct smtp_reply *r)
{
    return r->complete && (r->code == 250 || r->code == 251);
}

static bool is_within(struct str domain, const char *name)
{
    while (name && domain.n && !str_is_nocase(domain, name))
        str_cut(&domain, '.');
    return name && domain.n;
}

/* A recipient of the domain itself, or of the server's owner, may well be taken. */
static bool is_foreign(const struct context *c, const struct subject *s, const char *recipient)
{
    const char *at = strrchr(recipient, '@');
    struct str domain = str_of(at ? at + 1 : recipient);
    return !is_within(domain, c->facts->target.name) && !is_within(domain, c->facts->organisational_domain) && !is_within(domain, s->host->name) &&
           !is_within(domain, s->host->organisational_domain);
}

static struct outcome accepted_outcome(struct context *c, const struct subject *s, const struct smtp_relay *relay)
{
    for (size_t i = 0; i < 2; i++)
        if (!is_foreign(c, s, relay->recipients[i]))
            return unknown(c, REASON_INTERNAL, "%s was accepted, but it may be a recipient of this server; name two others with --relay-to.",
                           shown(c, str_of(relay->recipients[i])));
    return fail(c, "From <%s>, both %s (\"%s\") and %s (\"%s\") were accepted; no message was sent.", shown(c, str_of(relay->mail_from)),
                shown(c, str_of(relay->recipients[0])), shown_reply(c, &relay->rcpt[0]), shown(c, str_of(relay->recipients[1])),
                shown_reply(c, &relay->rcpt[1]));
}

/* Bytes that are no SMTP are smtp.reply-syntax's finding. */
static struct outcome unfinished_outcome(struct context *c, const struct session_facts *x, const char *what)
{
    return x->end == END_NOT_SMTP ? not_applicable_via(ROW_smtp_reply_syntax) : unknown_as_ended(c, x, what);
}

static bool is_refused(const struct smtp_reply *r)
{
    return r->complete && ((r->code >= 500 && r->code < 600) || r->code == SMTP_RELAYING_DENIED);
}

static struct outcome rcpt_outcome(struct context *c, const struct session_facts *x, const struct smtp_reply *r)
{
    if (!r->complete)
        return unfinished_outcome(c, x, "RCPT");
    if (is_refused(r))
        return pass();
    if (r->code == 421)
        return unknown_as_refused(c, r, "RCPT");
    if (is_put_off(r))
        return unknown(c, REASON_GREYLISTED, "RCPT: the server answered \"%s\".", shown_reply(c, r));
    return unknown(c, REASON_INTERNAL, "RCPT was neither taken nor refused: \"%s\". Only a real message could show more.", shown_reply(c, r));
}

static struct outcome session_outcome(struct context *c, const struct subject *s, const struct session_facts *x)
{
    const struct smtp_relay *relay = &x->relay;
    if (!relay->mail.complete)
        return unfinished_outcome(c, x, "MAIL");
    if (relay->mail.code != 250)
        return unknown_as_refused(c, &relay->mail, "MAIL");
    if (!takes(&relay->rcpt[0]))
        return rcpt_outcome(c, x, &relay->rcpt[0]);
    return takes(&relay->rcpt[1]) ? accepted_outcome(c, s, relay) : rcpt_outcome(c, x, &relay->rcpt[1]);
}

/* No connection came as far as MAIL: TLS lost it, or AUTH, or a limit. */
static struct outcome not_asked_outcome(struct context *c, const struct subject *s)
{
    static const enum row on_the_way[] = {ROW_tls_starttls_accepted, ROW_tls_handshake, ROW_smtp_ehlo_after_tls};
    const struct endpoint_facts *e = s->endpoint;
    const struct session_facts *last = &e->sessions[e->session_count - 1];
    for (size_t i = 0; i < sizeof on_the_way / sizeof *on_the_way; i++) {
        const struct outcome *o = verdict_of(c, on_the_way[i], s);
        if (o->value == VERDICT_FAIL || o->value == VERDICT_UNKNOWN)
            return as_parent(on_the_way[i], o);
    }
    for (size_t i = 0; i < e->session_count; i++)
        if (e->sessions[i].auth.result == AUTH_ACCEPTED)
            return unknown(c, REASON_NOT_PROBED, "The connection was logged in, and who is logged in may send anywhere.");
    if (last->auth.reply.complete && last->auth.reply.code == 421)
        return unknown_as_refused(c, &last->auth.reply, "AUTH");
    return unknown_as_ended(c, last, "The dialogue");
}

struct outcome rule_relay_rcpt_refused(struct context *c, const struct subject *s)
{
    const struct endpoint_facts *e = s->endpoint;
    struct outcome best = not_applicable();
    bool asked = false;
    if (!c->facts->relay_wanted)
        return unknown(c, REASON_NOT_PROBED, "The relay test was switched off.");
    for (size_t i = 0; i < e->session_count; i++) {
        if (e->sessions[i].relay.test != RELAY_ASKED)
            continue;
        const struct outcome one = session_outcome(c, s, &e->sessions[i]);
        if (one.value == VERDICT_FAIL)
            return one;
        if (best.value != VERDICT_PASS)
            best = one;
        asked = true;
    }
    return asked ? best : not_asked_outcome(c, s);
}

/* With --deep: other senders, and other forms of recipients. */

static const char *form_words(enum smtp_try_kind kind)
{
    static const char *const words[] = {
        [TRY_SENDER] = "Another sender",         [TRY_PERCENT] = "The form user%domain@host",  [TRY_BANG] = "The form domain!user@host",
        [TRY_QUOTED] = "The form \"user@domain\"@host", [TRY_ROUTE] = "The form @host:user@domain", [TRY_POSTMASTER] = "The postmaster",
    };
    return words[kind];
}

/* The connection ended before it came to a question. */
static struct outcome not_begun_outcome(struct context *c, const struct session_facts *x, const char *what)
{
    const struct smtp_reply *const replies[] = {&x->greeting, &x->ehlo.reply, &x->starttls, &x->ehlo_tls.reply};
    for (size_t i = 0; i < sizeof replies / sizeof *replies; i++)
        if (replies[i]->complete && replies[i]->code >= 400)
            return unknown_as_refused(c, replies[i], what);
    for (size_t i = 0; i < x->deep.tries_begun; i++) { /* a refusal of us, which ended the questions */
        const struct smtp_try *t = &x->deep.tries[i];
        const struct smtp_reply *r = t->rcpt.complete ? &t->rcpt : &t->mail;
        if (r->complete && r->code >= 400)
            return unknown_as_refused(c, r, what);
    }
    const struct smtp_reply *mail = &x->deep.plain_mail;
    if (mail->complete && mail->code >= 400 && x->tls.result == TLS_NOT_TRIED)
        return unknown_as_refused(c, mail, what);
    return x->connect == CONNECT_OPEN ? unknown_as_ended(c, x, what) : unknown(c, REASON_THROTTLED, "%s: the connection did not open.", what);
}

/* Who takes any name at his own host takes an odd one as well; a route that names the stranger's domain is no such name. */
static struct outcome taken_outcome(struct context *c, const struct session_facts *x, const struct smtp_try *t)
{
    const struct smtp_reply *control = &x->deep.control_reply;
    if (t->kind == TRY_SENDER)
        return fail(c, "From <%s>, %s was accepted (\"%s\"), which is refused otherwise; no message was sent.", shown(c, str_of(t->mail_from)),
                    shown(c, str_of(t->rcpt_to)), shown_reply(c, &t->rcpt));
    if (t->kind != TRY_ROUTE && takes(control))
        return unknown(c, REASON_INTERNAL, "%s was accepted, and so was %s: the server takes every name at this host, and only a real message could show more.",
                       shown(c, str_of(t->rcpt_to)), shown(c, str_of(x->deep.control)));
    if (t->kind != TRY_ROUTE && !control->complete)
        return unknown_as_ended(c, x, "RCPT for comparison");
    return fail(c, "%s was accepted (\"%s\"); no message was sent.", shown(c, str_of(t->rcpt_to)), shown_reply(c, &t->rcpt));
}

static struct outcome try_outcome(struct context *c, const struct session_facts *x, size_t i)
{
    const struct smtp_try *t = &x->deep.tries[i];
    const char *what = form_words(t->kind);
    bool begun = i < x->deep.tries_begun;
    if (begun && takes(&t->rcpt))
        return taken_outcome(c, x, t);
    if (begun && (is_refused(&t->rcpt) || (t->kind == TRY_SENDER && is_refused(&t->mail))))
        return pass();
    if (begun && t->rcpt.complete && is_put_off(&t->rcpt) && t->rcpt.code != 421)
        return unknown(c, REASON_GREYLISTED, "%s: the server answered \"%s\".", what, shown_reply(c, &t->rcpt));
    if (begun && t->rcpt.complete && t->rcpt.code != 421)
        return unknown(c, REASON_INTERNAL, "%s was neither taken nor refused: \"%s\".", what, shown_reply(c, &t->rcpt));
    return not_begun_outcome(c, x, what);
}

/* The recipient that the relay test of the base connection asked for: what belongs to the server it may take. */
static bool is_about_strangers(const struct context *c, const struct subject *s)
{
    for (size_t i = 0; i < s->endpoint->session_count; i++)
        if (s->endpoint->sessions[i].relay.test == RELAY_ASKED)
            return is_foreign(c, s, s->endpoint->sessions[i].relay.recipients[0]);
    return false;
}

/* All tries of other senders, or all of other forms. */
static struct outcome tries_outcome(struct context *c, const struct subject *s, bool senders, const char *what)
{
    struct outcome all;
    const struct session_facts *x = deep_session(c, s->endpoint, DEEP_PLAIN_MAIL, what, &all);
    if (!x)
        return all;
    all = not_applicable();
    for (size_t i = 0; i < x->deep.try_count && is_about_strangers(c, s); i++) {
        if ((x->deep.tries[i].kind == TRY_SENDER) != senders)
            continue;
        const struct outcome one = try_outcome(c, x, i);
        if (one.value == VERDICT_FAIL)
            return one;
        if (all.value != VERDICT_UNKNOWN)
            all = one;
    }
    return all;
}

struct outcome rule_relay_other_senders(struct context *c, const struct subject *s)
{
    return tries_outcome(c, s, true, "The relay test with another sender");
}

struct outcome rule_relay_address_forms(struct context *c, const struct subject *s)
{
    return tries_outcome(c, s, false, "The relay test with other forms of recipients");
}

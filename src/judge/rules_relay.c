/* SPDX-License-Identifier: Apache-2.0 */
/* rules_relay - carrying strangers' mail. Only an answer to RCPT says anything about it. */
#include <string.h>

#include "judge/rules.h"
#include "judge/sessions.h"

static bool takes(const struct smtp_reply *r)
{
    return r->complete && (r->code == 250 || r->code == 251);
}

static bool is_within(struct str domain, const char *name)
{
    size_t n = name ? strlen(name) : 0;
    if (n == 0 || domain.n < n || !str_is_nocase((struct str){domain.p + domain.n - n, n}, name))
        return false;
    return domain.n == n || domain.p[domain.n - n - 1] == '.';
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

static struct outcome rcpt_outcome(struct context *c, const struct session_facts *x, const struct smtp_reply *r)
{
    if (!r->complete)
        return unfinished_outcome(c, x, "RCPT");
    if (r->code >= 500 && r->code < 600)
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

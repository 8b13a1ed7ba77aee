/* SPDX-License-Identifier: Apache-2.0 */
/* endpoint_outcome - how far a probe of one port came, in one word of the report's schema. */
#include "judge/judge.h"

/* Of a greeting or EHLO reply that is not the one hoped for; NULL: it tells nothing. */
static const char *of_refusal(const struct smtp_reply *r)
{
    if (r->flaws & REPLY_NOT_SMTP)
        return "protocol_error";
    if (!r->complete)
        return NULL;
    return r->code >= 500 ? "rejected_us" : r->code >= 400 ? "throttled" : "protocol_error";
}

/* The server hung up with a word: 421 means that at any step (RFC 5321 3.8). */
static bool was_put_off(const struct session_facts *s)
{
    const struct smtp_reply *const later[] = {&s->starttls, &s->ehlo_tls.reply, &s->auth.reply, &s->relay.mail, &s->relay.rcpt[0], &s->relay.rcpt[1]};
    for (size_t i = 0; i < sizeof later / sizeof *later; i++)
        if (later[i]->complete && later[i]->code == 421)
            return true;
    return false;
}

static bool said_too_much(const struct session_facts *s)
{
    unsigned flaws = s->greeting.flaws | s->ehlo.reply.flaws | s->ehlo.helo_reply.flaws | s->starttls.flaws | s->ehlo_tls.reply.flaws | s->auth.reply.flaws |
                     s->relay.mail.flaws | s->relay.rcpt[0].flaws | s->relay.rcpt[1].flaws;
    return flaws & REPLY_OVER_LIMIT;
}

static const char *of_end(const struct session_facts *s)
{
    switch (s->end) {
    case END_QUIT:
        return was_put_off(s) ? "throttled" : "completed";
    case END_CLOSED:
    case END_RESET:
        return "closed";
    case END_TIMEOUT:
        return "timeout";
    case END_OBSERVED:
        return "completed";
    case END_TLS_FAILED:
        return s->observes ? "throttled" : "tls_failed"; /* the connection that should have shown more did not come so far */
    case END_LIMIT:
        return said_too_much(s) ? "protocol_error" : "timeout";
    case END_NOT_SMTP:
        return "protocol_error";
    case END_NONE:
    case END_TROUBLE:
        break;
    }
    return "not_probed";
}

const char *endpoint_outcome(const struct endpoint_facts *e)
{
    const struct session_facts *s = e->shown;
    const char *refusal = NULL;
    if (!s)
        return "not_probed";
    switch (s->connect) {
    case CONNECT_REFUSED:
        return "refused";
    case CONNECT_TIMEOUT:
        return "timeout";
    case CONNECT_UNREACHABLE:
        return "unreachable";
    case CONNECT_NOT_TRIED:
    case CONNECT_TROUBLE:
        return "not_probed";
    case CONNECT_OPEN:
        break;
    }
    if (s->greeting.code != 220)
        refusal = of_refusal(&s->greeting);
    else if (s->ehlo.reply.code != 250 && !s->ehlo.helo)
        refusal = of_refusal(&s->ehlo.reply);
    return refusal ? refusal : of_end(s);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* endpoint_outcome - how far a probe of one port came, in one word of the report's schema. */
#include "judge/judge.h"

static const char *of_reply(const struct smtp_reply *r)
{
    if (r->flaws & REPLY_NOT_SMTP)
        return "protocol_error";
    return r->code >= 500 ? "rejected_us" : r->code >= 400 ? "throttled" : NULL;
}

static const char *of_end(const struct session_facts *s)
{
    switch (s->end) {
    case END_QUIT:
        return "completed";
    case END_CLOSED:
    case END_RESET:
        return "closed";
    case END_TIMEOUT:
        return "timeout";
    case END_TLS_FAILED:
        return "tls_failed";
    case END_LIMIT:
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
    if (s->greeting.code != 220 && of_reply(&s->greeting))
        return of_reply(&s->greeting);
    if (s->ehlo.reply.complete && s->ehlo.reply.code != 250 && !s->ehlo.helo && of_reply(&s->ehlo.reply))
        return of_reply(&s->ehlo.reply);
    return of_end(s);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* deep_sessions - see deep_sessions.h. */
#include "judge/deep_sessions.h"

#include "judge/sessions.h"

const struct session_facts *deep_session(struct context *c, const struct endpoint_facts *e, enum deep_connection place, const char *what,
                                         struct outcome *why_not)
{
    *why_not = not_applicable();
    if (!c->facts->deep_wanted)
        return NULL;
    if (!e->deep) {
        *why_not = unknown(c, REASON_INTERNAL, "%s was not tried: our own side failed.", what);
        return NULL;
    }
    switch (e->deep->left_out[place]) {
    case DEEP_NOT_NEEDED:
        break;
    case DEEP_STOPPED:
        *why_not = unknown(c, REASON_THROTTLED, "%s was not tried: %s.", what, e->deep->stopped_by ? e->deep->stopped_by : "the server put us off");
        break;
    case DEEP_NO_TIME:
        *why_not = unknown(c, REASON_LIMIT, "%s was not tried: the time of this run was used up.", what);
        break;
    case DEEP_TROUBLE:
        *why_not = unknown(c, REASON_INTERNAL, "%s was not tried: our own side failed.", what);
        break;
    case DEEP_MADE:
        return e->deep->sessions[place];
    }
    return NULL;
}

bool is_handshake_refused(const struct endpoint_facts *e, enum deep_connection place)
{
    const enum tls_result result = e->deep->sessions[place]->tls.result;
    bool went_well = false;
    for (size_t i = place + 1U; i < DEEP_CONNECTION_COUNT; i++)
        went_well = went_well || (e->deep->sessions[i] && e->deep->sessions[i]->tls.result == TLS_DONE);
    bool hung_up = result == TLS_CLOSED || result == TLS_RESET;
    return result == TLS_ALERT || result == TLS_GARBAGE || (hung_up && went_well);
}

static enum reason reason_of_connect(enum connect_result result)
{
    switch (result) {
    case CONNECT_REFUSED:
    case CONNECT_TIMEOUT:
    case CONNECT_UNREACHABLE:
        return REASON_THROTTLED;
    case CONNECT_NOT_TRIED:
    case CONNECT_TROUBLE:
    case CONNECT_OPEN:
        break;
    }
    return REASON_INTERNAL;
}

struct outcome unknown_as_no_handshake(struct context *c, const struct session_facts *x, const char *what)
{
    const struct {
        const struct smtp_reply *reply;
        int wanted;
    } steps[] = {{&x->greeting, 220}, {&x->ehlo.reply, 250}, {&x->starttls, 220}};
    if (x->connect != CONNECT_OPEN)
        return unknown(c, reason_of_connect(x->connect), "%s: the connection did not open.", what);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (steps[i].reply->complete && steps[i].reply->code != steps[i].wanted)
            return unknown_as_refused(c, steps[i].reply, what);
    if (x->end == END_TLS_FAILED && (x->tls.result == TLS_CLOSED || x->tls.result == TLS_RESET))
        return unknown(c, REASON_THROTTLED, "%s: the server closed the connection in the middle of the handshake.", what);
    if (x->end == END_TLS_FAILED)
        return unknown(c, REASON_INTERNAL, "%s: our TLS library ended the handshake: %s.", what, x->tls.error ? x->tls.error : "without a reason");
    if (x->end == END_QUIT)
        return unknown(c, REASON_THROTTLED, "%s: this time the server did not offer STARTTLS.", what);
    return unknown_as_ended(c, x, what);
}

static bool speaks_of_tls(const struct smtp_reply *r)
{
    static const char *const words[] = {"TLS", "encrypt", "SSL"};
    for (size_t i = 0; i < r->line_count; i++)
        for (size_t k = 0; k < sizeof words / sizeof *words; k++)
            if (str_contains_nocase(r->lines[i], words[k]))
                return true;
    return false;
}

bool refuses_clear_text(const struct smtp_reply *mail)
{
    return mail->complete && mail->code >= 500 && speaks_of_tls(mail);
}

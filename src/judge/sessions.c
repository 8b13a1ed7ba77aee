/* SPDX-License-Identifier: Apache-2.0 */
/* sessions - see sessions.h. */
#include "judge/sessions.h"

bool is_greeted(const struct session_facts *x)
{
    return x->connect == CONNECT_OPEN && x->greeting.complete && x->greeting.code == 220;
}

bool is_unheard(const struct smtp_reply *r)
{
    return r->line_count == 0 && r->first_ms == 0;
}

bool is_no_smtp(const struct session_facts *x, enum smtp_step step)
{
    return x->end == END_NOT_SMTP && x->end_step == step;
}

bool is_dropped_at(const struct session_facts *x, enum smtp_step step)
{
    return x->connect == CONNECT_OPEN && x->end_step == step && (x->end == END_CLOSED || x->end == END_RESET);
}

bool is_put_off(const struct smtp_reply *r)
{
    return r->complete && r->code >= 400 && r->code < 500;
}

bool is_turned_away(const struct smtp_reply *r)
{
    return r->complete && r->code > 504 && r->code < 600;
}

bool is_accepted(const struct smtp_ehlo *ehlo)
{
    return ehlo->reply.complete && ehlo->reply.code == 250;
}

static const struct smtp_ehlo *accepted_in(const struct session_facts *x, bool in_tls)
{
    const struct smtp_ehlo *ehlo = in_tls ? &x->ehlo_tls : &x->ehlo;
    return is_accepted(ehlo) ? ehlo : NULL;
}

static const struct smtp_ehlo *accepted_of(const struct endpoint_facts *e, bool in_tls)
{
    const struct smtp_ehlo *ehlo = e->shown ? accepted_in(e->shown, in_tls) : NULL;
    for (size_t i = 0; !ehlo && i < e->session_count; i++)
        ehlo = accepted_in(&e->sessions[i], in_tls);
    return ehlo;
}

const struct smtp_ehlo *ehlo_in_clear(const struct endpoint_facts *e)
{
    return accepted_of(e, false);
}

const struct smtp_ehlo *ehlo_in_tls(const struct endpoint_facts *e)
{
    return accepted_of(e, true);
}

const struct smtp_capability *capability_of(const struct smtp_ehlo *ehlo, struct str keyword)
{
    for (size_t i = 0; i < ehlo->capability_count; i++)
        if (str_eq_nocase(ehlo->capabilities[i].keyword, keyword))
            return &ehlo->capabilities[i];
    return NULL;
}

bool next_mechanism(const struct smtp_ehlo *ehlo, struct auth_walk *w, struct str *mechanism)
{
    for (; w->capability < ehlo->capability_count; w->capability++, w->word = 0) {
        const struct smtp_capability *one = &ehlo->capabilities[w->capability];
        struct str rest = one->parameters;
        if (!str_is_nocase(one->keyword, "AUTH") && !str_is_nocase(one->keyword, "AUTH="))
            continue;
        for (size_t i = 0; (*mechanism = str_word(&rest)).n; i++)
            if (i == w->word) {
                w->word++;
                return true;
            }
    }
    return false;
}

struct outcome unknown_as_refused(struct context *c, const struct smtp_reply *r, const char *what)
{
    return unknown(c, is_put_off(r) ? REASON_THROTTLED : REASON_REFUSED_US, "%s: the server answered \"%s\".", what, shown_reply(c, r));
}

struct outcome unknown_as_ended(struct context *c, const struct session_facts *x, const char *what)
{
    switch (x->end) {
    case END_TIMEOUT:
        return unknown(c, REASON_TIMEOUT, "%s: no whole answer came within our limit.", what);
    case END_CLOSED:
        return unknown(c, REASON_THROTTLED, "%s: the server closed the connection before a whole answer came.", what);
    case END_RESET:
        return unknown(c, REASON_THROTTLED, "%s: the server reset the connection before a whole answer came.", what);
    case END_NONE:
    case END_LIMIT:
        return unknown(c, REASON_LIMIT, "%s: no whole answer came: %s.", what, x->end_reason ? x->end_reason : "a limit of ours was reached");
    case END_OBSERVED:
        return unknown(c, REASON_NOT_PROVEN, "%s: TLS was observed, and the connection ended there by our own will.", what);
    case END_QUIT:
    case END_TLS_FAILED:
    case END_NOT_SMTP:
    case END_TROUBLE:
        break;
    }
    return unknown(c, REASON_INTERNAL, "%s: no whole answer came: %s.", what, x->end_reason ? x->end_reason : "our own side could not go on");
}

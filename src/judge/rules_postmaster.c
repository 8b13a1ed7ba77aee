/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules_postmaster - whether postmaster of a domain is a recipient. A refusal counts only where it is about the mailbox: who turns our
 * address away says so at RCPT as well, and may take everybody else's mail.
 */
#include "judge/rules.h"
#include "judge/sessions.h"

static bool is_same_answer(const struct smtp_reply *a, const struct smtp_reply *b)
{
    return a->code == b->code && a->line_count && b->line_count && str_eq(a->lines[0], b->lines[0]);
}

/* RFC 3463 3.2, 3.3: 5.1 is about the address, 5.2 about its mailbox. Without a status only what a stranger's recipient was not
 * told, too. */
static bool is_about_mailbox(const struct session_facts *x, const struct smtp_reply *r)
{
    struct str text = r->line_count ? r->lines[0] : STR("");
    if (str_starts_nocase(text, "5."))
        return str_starts_nocase(text, "5.1.") || str_starts_nocase(text, "5.2.");
    bool is_mailbox_code = r->code == 501 || r->code == 550 || r->code == 551 || r->code == 553;
    return is_mailbox_code && x->relay.rcpt[0].complete && !is_same_answer(r, &x->relay.rcpt[0]) && !is_same_answer(r, &x->relay.mail);
}

static struct outcome answer_outcome(struct context *c, const struct session_facts *x, const struct smtp_reply *r, const char *what)
{
    if (r->code == 250 || r->code == 251)
        return pass();
    if (r->code < 400)
        return unknown(c, REASON_INTERNAL, "%s was neither taken nor refused: \"%s\".", what, shown_reply(c, r));
    if (is_put_off(r) && r->code != 421)
        return unknown(c, REASON_GREYLISTED, "%s: the server answered \"%s\".", what, shown_reply(c, r));
    return is_about_mailbox(x, r) ? fail(c, "%s was refused: \"%s\".", what, shown_reply(c, r)) : unknown_as_refused(c, r, what);
}

static struct outcome session_outcome(struct context *c, const struct session_facts *x)
{
    const struct smtp_try *t = &x->deep.tries[0];
    if (t->mail.complete && t->mail.code != 250)
        return answer_outcome(c, x, &t->mail, "MAIL of the null sender");
    if (t->rcpt.complete)
        return answer_outcome(c, x, &t->rcpt, "Postmaster");
    return unknown_as_ended(c, x, "RCPT of postmaster");
}

/* Of the first connection on which it was asked. False: there is none. */
static bool was_asked(struct context *c, const struct endpoint_facts *e, struct outcome *o)
{
    size_t i = 0;
    while (i < e->session_count && !e->sessions[i].deep.tries_begun)
        i++;
    if (i < e->session_count)
        *o = session_outcome(c, &e->sessions[i]);
    return i < e->session_count;
}

/* The first answer that says yes or no; hosts stand in the order that mail goes by. */
struct outcome rule_smtp_postmaster(struct context *c, const struct subject *s)
{
    const struct facts *f = c->facts;
    struct outcome first = unknown(c, REASON_NOT_PROBED, "No mail server could be asked."), one;
    bool asked = false;
    (void)s;
    if (!f->postmaster_wanted || f->target.kind != TARGET_DOMAIN)
        return not_applicable();
    for (size_t h = 0; h < f->host_count; h++)
        for (size_t a = 0; a < f->hosts[h].address_count; a++)
            for (size_t e = 0; e < f->hosts[h].addresses[a].endpoint_count; e++)
                if (was_asked(c, &f->hosts[h].addresses[a].endpoints[e], &one)) {
                    if (one.value != VERDICT_UNKNOWN)
                        return one;
                    first = asked ? first : one;
                    asked = true;
                }
    return first;
}

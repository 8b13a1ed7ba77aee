/* SPDX-License-Identifier: Apache-2.0 */
/* wellknown - whether we live, whether we work, whom to tell about holes, and who we are. */
#include "serve/problem.h"
#include "serve/routes.h"
#include "serve/state.h"

enum { YEAR_S = 365 * 24 * 3600, RETRY_S = 5 };

static const char plain[] = "text/plain; charset=utf-8";

static void say(struct answer *a, const char *text)
{
    a->status = 200;
    a->type = plain;
    a->constant = str_of(text);
}

void wellknown_alive(struct request *q, struct answer *a)
{
    (void)q;
    say(a, "alive\n");
}

void wellknown_ready(struct request *q, struct answer *a)
{
    const struct serve *s = q->serve;
    if (s->stopping)
        problem_retry(a, PROBLEM_STOPPING, RETRY_S, "nothing new is started");
    else if (pool_state(s->params.pool).workers == 0)
        problem_retry(a, PROBLEM_BUSY, RETRY_S, "no worker is there");
    else
        say(a, "ready\n");
}

/* RFC 9116 */
void wellknown_security(struct request *q, struct answer *a)
{
    const struct serve *s = q->serve;
    char expires[CLOCK_TEXT_BYTES];
    if (!s->params.contact) {
        problem_write(a, PROBLEM_NOT_FOUND, "this instance names no contact");
        return;
    }
    wall_write((struct wall){loop_wall(s->params.loop).s + YEAR_S}, expires);
    a->status = 200;
    a->type = plain;
    buf_printf(&a->body, "Contact: %s\nExpires: %s\nPreferred-Languages: en\n", s->params.contact, expires);
}

void wellknown_identity(struct request *q, struct answer *a)
{
    const struct serve *s = q->serve;
    a->status = 200;
    a->type = plain;
    buf_printf(&a->body,
               "This is mxassay %s, which tests whether mail for a domain arrives, when somebody asks it to.\n\n"
               "It connects to mail servers, says EHLO, STARTTLS and QUIT%s, and never sends a message.\n"
               "It looks up names, fetches MTA-STS policies, and connects to %s.\n"
               "What it finds is kept in memory for an hour, under an address that cannot be guessed, and nowhere else.\n",
               MXASSAY_VERSION, s->params.relay ? ", and MAIL and RCPT for reserved names" : "",
               s->params.public_only ? "public addresses only" : "whatever address it is given");
    if (s->params.contact)
        buf_printf(&a->body, "\nTo be left alone, or for any question: %s\n", s->params.contact);
}

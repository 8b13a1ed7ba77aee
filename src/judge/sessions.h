/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sessions - what the rules of smtp and relay ask of the connections made to an endpoint, inside the room only.
 *
 * Memory: words live in the context's arena.
 */
#ifndef JUDGE_SESSIONS_H
#define JUDGE_SESSIONS_H

#include "judge/rules.h"

/* Greeted with 220: there the dialogue went on. */
bool is_greeted(const struct session_facts *x);
/* Nothing was heard of this reply, not even its beginning. */
bool is_unheard(const struct smtp_reply *r);
/* Bytes that are no SMTP stood where the answer to this step should be. */
bool is_no_smtp(const struct session_facts *x, enum smtp_step step);
/* The peer ended the connection itself while we waited for the answer to this step. */
bool is_dropped_at(const struct session_facts *x, enum smtp_step step);

/* The server puts us off or turns us away: that is about us, or about now, and no fault. A code from 500 to 504 is
 * about the command. */
bool is_put_off(const struct smtp_reply *r);     /* 4xx */
bool is_turned_away(const struct smtp_reply *r); /* 5xx but 500 to 504 */

/* A whole reply with 250: only that tells what is offered. */
bool is_accepted(const struct smtp_ehlo *ehlo);
/* The EHLO reply in clear (with TLS from the first octet: the one there is), or inside TLS: of the session shown, else
 * of the first that has one. NULL: none was accepted. */
const struct smtp_ehlo *ehlo_in_clear(const struct endpoint_facts *e);
const struct smtp_ehlo *ehlo_in_tls(const struct endpoint_facts *e);
const struct smtp_capability *capability_of(const struct smtp_ehlo *ehlo, struct str keyword);
/* The next mechanism that AUTH lists, in either form; the walk begins with zero. False at the end. */
struct auth_walk {
    size_t capability, word;
};
bool next_mechanism(const struct smtp_ehlo *ehlo, struct auth_walk *w, struct str *mechanism);

/* Unknown, as the step's answer was a refusal of us, or never came. `what` begins the sentence: "EHLO". */
struct outcome unknown_as_refused(struct context *c, const struct smtp_reply *r, const char *what);
struct outcome unknown_as_ended(struct context *c, const struct session_facts *x, const char *what);

#endif

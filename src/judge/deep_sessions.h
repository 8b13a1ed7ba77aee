/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deep_sessions - what the rules ask of the connections that --deep added, inside the room only.
 *
 * Memory: words live in the context's arena.
 */
#ifndef JUDGE_DEEP_SESSIONS_H
#define JUDGE_DEEP_SESSIONS_H

#include "judge/rules.h"

/* The connection of this place. NULL: it was not made, and `*why_not` is the verdict; `what` begins its sentence: "A
 * handshake without server name". */
const struct session_facts *deep_session(struct context *c, const struct endpoint_facts *e, enum deep_connection place, const char *what,
                                         struct outcome *why_not);

/* The server ended the handshake of this place, which was made, for what was offered in it: by an alert, or it hung up while other handshakes of the run
 * went well behind it. */
bool is_handshake_refused(const struct endpoint_facts *e, enum deep_connection place);

/* Why its handshake shows nothing: unknown, for whatever ended the connection before. */
struct outcome unknown_as_no_handshake(struct context *c, const struct session_facts *x, const char *what);

/* MAIL in clear was refused because it was in clear: RFC 3207 4. Its words decide: 530 may also ask for AUTH (RFC 4954 6). */
bool refuses_clear_text(const struct smtp_reply *mail);

#endif

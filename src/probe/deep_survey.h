/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deep_survey - the row of connections.def that is made again and again: one ClientHello of ours on each connection.
 *
 * Order of calls: deep_survey_new; then for each connection: deep_survey_set_params, and deep_survey_heard when it is over,
 *   until that says that there is no more to ask. deep_survey_stop where it ends early.
 * Memory: the arena. Fails: NULL without memory, or without random octets.
 */
#ifndef PROBE_DEEP_SURVEY_H
#define PROBE_DEEP_SURVEY_H

#include "facts/facts.h"
#include "probe/session.h"

struct deep_survey;

/* full: enumerate suites and groups, too; else yes or no of their classes. */
struct deep_survey *deep_survey_new(struct endpoint_facts *e, bool full, struct arena *arena);
/* Where the facts of this connection go, which nobody needs when it is over. */
struct session_facts *deep_survey_set_params(struct deep_survey *s, struct session_params *params);
/* `stop_event`: why the server is to be left alone, when it did not come to the hello. True: there is more to ask. */
bool deep_survey_heard(struct deep_survey *s, const char *stop_event);
/* The server hung up on what it had answered before: the event that ends all deep work. NULL: it did not. */
const char *deep_survey_stop_event(const struct deep_survey *s);
void deep_survey_stop(struct deep_survey *s, const char *why); /* s NULL: nothing */
bool deep_survey_came_to_hello(const struct deep_survey *s); /* in the connection that is over */

#endif

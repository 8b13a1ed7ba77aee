/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deep_plan - the rows of connections.def that --deep adds: which are needed for an endpoint, what is said on them, and
 * when the server has had enough.
 *
 * Memory: plans and words live in the arena. Fails: -1 without memory.
 */
#ifndef PROBE_DEEP_PLAN_H
#define PROBE_DEEP_PLAN_H

#include "facts/facts.h"
#include "probe/prober.h"

typedef bool deep_needed_fn(const struct endpoint_facts *e, const struct probe_options *o);

struct deep_row {
    enum deep_connection place;
    enum tls_profile tls_profile;
    enum smtp_course course;
    deep_needed_fn *needed;
};

extern const struct deep_row deep_rows[];
extern const size_t deep_row_count;

bool deep_is_needed(size_t row, const struct endpoint_facts *e, const struct probe_options *o);

/* Makes the plan of a base connection that of this row. */
int deep_set_plan(const struct deep_row *row, const struct endpoint_facts *e, const struct facts *facts, const struct host_facts *host, struct arena *arena,
                  struct smtp_plan *plan);

/* What in this connection asks us to leave the server alone, in our words: 421, a refusal by greeting or EHLO, silence, a
 * connection that was not accepted or was dropped. NULL: nothing. */
const char *deep_stop_event(const struct session_facts *s, enum smtp_course course, struct arena *arena);

/* The server dropped the connection behind a ClientHello that says less than usual: this may be how it refuses, or how it
 * puts us off. The next connection tells. */
bool deep_is_doubtful(const struct deep_row *row, const struct session_facts *s);

#endif

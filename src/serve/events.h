/* SPDX-License-Identifier: Apache-2.0 */
/*
 * events - the stream of a run as server-sent events: `step` as the run goes on, at its end a `finding` for each finding
 * of the report, then `done`.
 *
 * The events of a run have numbers: its steps, of which only the last is told to who comes late, then its findings, then
 * its end. So a stream can be taken up behind any number, and nothing is kept for it.
 * Order of calls: events_begin, events_next as often as it gives something, events_end.
 * Memory: the findings, from the end of the run until events_end. Fails: without memory the findings are left out.
 * Spec: HTML, "Server-sent events".
 */
#ifndef SERVE_EVENTS_H
#define SERVE_EVENTS_H

#include "serve/checks.h"

#include "base/buf.h"

struct events {
    const struct run *run;
    uint64_t told; /* the number of the last event that was */
    struct json_t *report;
};

void events_begin(struct events *e, const struct run *run, const char *last_event_id); /* NULL: from the start */
/* Adds the next event. False: there is none now; when events_are_over, none ever. */
bool events_next(struct events *e, struct buf *out);
bool events_are_over(const struct events *e);
void events_end(struct events *e);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spf_run - one evaluation of SPF, or one walk over a record, with its questions asked of a resolver. Who asks by other
 * means translates questions and answers with spf_run_type and spf_run_answer.
 *
 * Order of calls: spf_run_check or spf_run_walk; one callback when the facts are complete; none after spf_run_cancel.
 * Memory: struct spf_run is the caller's and stays put until then; facts and answers live in the arena.
 * Limits: those of wire/spf.h and wire/spf_walk.h; LIMIT_DNS_MS for each question.
 * Fails: never; a question without an answer is a fact.
 */
#ifndef PROBE_SPF_RUN_H
#define PROBE_SPF_RUN_H

#include "net/resolver.h"
#include "wire/spf_walk.h"

typedef void spf_run_fn(void *arg);

struct spf_run {
    struct resolver *resolver;
    struct arena *arena;
    struct query query;
    struct timer over; /* the callback is due */
    spf_run_fn *done;
    void *arg;
    bool is_walk;
    union {
        struct spf_check check;
        struct spf_walk walk;
    } machine;
};

void spf_run_check(struct spf_run *run, struct loop *l, struct resolver *r, const struct spf_params *params, struct spf_check_facts *facts, struct arena *arena,
                   spf_run_fn *done, void *arg);
void spf_run_walk(struct spf_run *run, struct loop *l, struct resolver *r, struct str domain, struct spf_walk_facts *facts, struct arena *arena,
                  spf_run_fn *done, void *arg);
void spf_run_cancel(struct spf_run *run); /* zeroed and finished ones too */

enum dns_type spf_run_type(enum spf_type type);
/* Without memory it has no records, and the arena ends the evaluation. */
struct spf_answer spf_run_answer(const struct dns_reply *reply, enum spf_type type, struct arena *arena);

#endif

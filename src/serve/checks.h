/* SPDX-License-Identifier: Apache-2.0 */
/*
 * checks - the runs that were asked for: under way, joined by all who want the same, and kept for a while afterwards.
 * Knows nothing of HTTP.
 *
 * Order of calls: checks_new; for each wish checks_join and, when that finds nothing, checks_start; checks_stop, then
 *   checks_free before the pool goes. A run is over when run_is_over says so; from then on it does not change.
 * Memory: runs belong to the registry. One is sure to stay only while it is under way or somebody watches it: others keep
 *   its id, not the pointer. An order may go when the call returns; a password in it is not kept.
 * Limits: struct checks_limits. When there is no room, the runs that have been over for longest go first.
 * Fails: checks_new NULL, checks_start NULL, without memory, randomness or room.
 */
#ifndef SERVE_CHECKS_H
#define SERVE_CHECKS_H

#include "worker/pool.h"

enum {
    RUN_ID_BYTES = 33, /* 128 random bits in hexadecimal, and a NUL */
    RUN_STEP_BYTES = 256,
    RUN_PROBLEM_BYTES = 256,
    RUN_HEADLINE_BYTES = 512,
    CHECKS_MAX_AGE_S = 300,             /* how old a result may be unless the wish says otherwise */
    CHECKS_MAX_AGE_INCONCLUSIVE_S = 30, /* one that might be better at the next try */
};

enum run_state { RUN_QUEUED = 0, RUN_RUNNING, RUN_DONE, RUN_FAILED, RUN_CANCELLED };
const char *run_state_text(enum run_state s);

struct run {
    char id[RUN_ID_BYTES];
    enum run_state state;
    bool server;
    const char *target;
    struct wall started_at, finished_at;
    uint64_t steps; /* so far; the last one is: */
    char waits_for[RUN_STEP_BYTES];
    size_t done, total;
    char problem[RUN_PROBLEM_BYTES];               /* RUN_FAILED, RUN_CANCELLED */
    char status[16], headline[RUN_HEADLINE_BYTES]; /* RUN_DONE */
    struct str documents[WORK_DOCUMENTS];          /* RUN_DONE */
    struct run_inside *inside;
};

struct checks_limits {
    size_t under_way, kept; /* runs */
    size_t kept_bytes;      /* of documents */
    uint32_t kept_s;        /* after the end */
};
extern const struct checks_limits checks_default_limits;

struct checks;
struct checks *checks_new(struct loop *l, struct pool *pool, const struct checks_limits *limits);
void checks_free(struct checks *c);
void checks_stop(struct checks *c, const char *why); /* cancels what is under way */
size_t checks_under_way(const struct checks *c);
size_t checks_kept(const struct checks *c);

/* `who` stands for one who asks. A run for the same order that is under way, or that ended well at most max_age_s ago;
 * NULL: there is none. An order with a password is joined by nobody. */
struct run *checks_join(struct checks *c, const struct work_order *order, uint64_t who, uint32_t max_age_s);
struct run *checks_start(struct checks *c, const struct work_order *order, uint64_t who);
struct run *checks_find(struct checks *c, struct str id);
/* Takes one wish of `who` back; the last one taken back cancels the run. False: others still want it, or it was over, or
 * he never asked for it. */
bool checks_cancel(struct checks *c, struct run *r, uint64_t who);

bool run_is_over(const struct run *r);

/* Calls fn after each step and at the end. Within fn only this watcher may stop. Zeroed memory is an idle watcher. */
struct run_watcher {
    struct run *run; /* NULL: idle */
    struct run_watcher *previous, *next;
    void (*fn)(void *arg);
    void *arg;
};
void run_watch(struct run *r, struct run_watcher *w, void (*fn)(void *arg), void *arg);
void run_unwatch(struct run_watcher *w); /* idle ones too */

#endif

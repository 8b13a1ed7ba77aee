/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bulk - checks of many domains on behalf of one who does not wait: some at a time, as the limits allow.
 *
 * Order of calls: bulks_new; bulks_start, bulks_find; bulks_free before the runs go.
 * Memory: its own. A bulk stays until BULKS_MAX others have come after its end; others keep its id, not the pointer.
 * Limits: BULK_DOMAINS in one, BULK_AT_ONCE of them under way, BULK_TEXT_BYTES of a headline or problem, BULKS_MAX bulks.
 * Fails: bulks_start NULL, without memory or when that many are under way.
 */
#ifndef SERVE_BULK_H
#define SERVE_BULK_H

#include "serve/request.h"

enum { BULK_DOMAINS = 100, BULK_AT_ONCE = 8, BULKS_MAX = 32, BULK_TEXT_BYTES = 160 };

enum bulk_state { BULK_WAITS = 0, BULK_RUNS, BULK_DONE, BULK_FAILED };
const char *bulk_state_text(enum bulk_state s);

struct bulk_entry {
    const char *domain;
    enum bulk_state state;
    const char *report_id, *status, *headline; /* BULK_DONE */
    const char *problem;                       /* BULK_FAILED */
    struct bulk *bulk;
    struct run_watcher watcher;
};

struct bulk {
    char id[RUN_ID_BYTES];
    struct bulk_entry *entries;
    size_t count, over;
    struct bulk_inside *inside;
};

struct bulks;
struct bulks *bulks_new(struct serve *s);
void bulks_free(struct bulks *b);
/* On behalf of the client of q. Domains are as he wrote them: what is none fails alone. */
struct bulk *bulks_start(struct bulks *b, const struct request *q, const char *const *domains, size_t count, uint32_t max_age_s);
struct bulk *bulks_find(struct bulks *b, struct str id);

#endif

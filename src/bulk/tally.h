/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tally - what many reports say together: how many domains stand how, which checks fail, and on which servers, addresses,
 * certificate authorities and operators how many domains hang.
 *
 * It is counted from the lines of a bulk run and from nothing else, so those of an earlier run count like those of this one.
 * Order of calls: tally_init; tally_feed with whole lines, in pieces of any size; tally_drop forgets a line whose end never came;
 *   tally_write; tally_done.
 * Memory: its own. Limits: `max_names` of each kind are counted (heavy.h); of one domain TALLY_NAMES_MAX of each kind.
 * Fails: -1 without memory; a line that cannot be read is counted in `unread`.
 */
#ifndef BULK_TALLY_H
#define BULK_TALLY_H

#include "base/arena.h"
#include "base/buf.h"
#include "bulk/heavy.h"
#include "bulk/scan.h"
#include "judge/judge.h"

enum { TALLY_NAMES_MAX = 256, TALLY_MAX_NAMES = 65536, TALLY_LISTED = 100, TALLY_TIME_BYTES = 32 };

enum tally_kind { TALLY_SERVERS = 0, TALLY_ADDRESSES, TALLY_CAS, TALLY_OPERATORS, TALLY_KINDS };

struct tally_check { /* domains by the worst of their verdicts */
    uint64_t failed, unknown, passed;
};

struct tally_line;

struct tally {
    uint64_t domains, unread, by_status[STATUS_INCONCLUSIVE + 1];
    char first[TALLY_TIME_BYTES], last[TALLY_TIME_BYTES]; /* when the checks began */
    struct tally_check *checks;                           /* by row of the table */
    struct heavy shared[TALLY_KINDS];
    struct scan scan;
    struct tally_line *line; /* that is read */
    bool failed;
};

int tally_init(struct tally *t, size_t max_names);
void tally_done(struct tally *t);
int tally_feed(struct tally *t, struct str bytes);
void tally_drop(struct tally *t);

/* The summary as JSON. whole: every name of the input has its line; rejected: lines that named no domain. */
void tally_write(struct buf *out, const struct tally *t, bool whole, uint64_t rejected);
/* Its JSON Schema (draft 2020-12). */
void tally_write_schema(struct buf *out);

#endif

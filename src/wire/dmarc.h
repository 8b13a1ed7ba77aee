/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dmarc - policy records, and the walk up the tree that finds the one that applies.
 *
 * Order of calls: dmarc_walk_begin; then dmarc_walk_next gives the domain whose `_dmarc` is to be asked, and
 *   dmarc_walk_answer takes what was there, until next gives NULL: then policy and organisational domain stand in
 *   the facts.
 * Memory: everything in the arena; texts point into what was given. Limits: DMARC_STEPS_MAX questions,
 *   DMARC_URIS_MAX addresses a tag. Fails: without memory the record has no addresses; the arena knows.
 * Spec: RFC 9989 4.7, 4.8 (record), 4.10 (walk).
 */
#ifndef WIRE_DMARC_H
#define WIRE_DMARC_H

#include "base/arena.h"
#include "facts/dmarc.h"

/* The first tag is `v`, its value DMARC1 in just these letters: RFC 9989 4.7. */
bool dmarc_is_record(struct str txt);
void dmarc_parse(struct str txt, struct arena *arena, struct dmarc_record *record);

int dmarc_walk_begin(struct dmarc_facts *f, const char *domain, struct arena *arena); /* -1: without memory */
/* Lower-case A-labels; NULL when the walk is over. */
const char *dmarc_walk_next(struct dmarc_facts *f);
/* The TXT records at `_dmarc.` of the domain that next gave; an unanswered question has no records. */
void dmarc_walk_answer(struct dmarc_facts *f, const struct dns_lookup *lookup, const struct str *txt, size_t txt_count, struct arena *arena);

#endif

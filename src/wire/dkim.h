/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dkim - key records, and the selectors that are worth a guess.
 *
 * Memory: nothing is allocated but by dkim_guesses, in the arena. Fails: what is wrong with a record is its flaw.
 * Spec: RFC 6376 3.2 (tag lists), 3.6.1 (keys); RFC 8301 3; RFC 8463 4; RFC 8017 A.1.1 and RFC 5280 4.1 (RSA keys).
 */
#ifndef WIRE_DKIM_H
#define WIRE_DKIM_H

#include "base/arena.h"
#include "facts/dkim.h"

/* Whether a TXT record at a selector may be a key: it has a tag `p`. */
bool dkim_is_key(struct str txt);
void dkim_parse_key(struct str txt, struct dkim_key *key);

/* Names of selectors, most promising first: those of the operators that the mail hosts or the SPF record point to,
 * then common ones; each once. `hints`: host names, and the SPF record. Returns how many; NULL without memory. */
enum { DKIM_GUESSES_MAX = 60 };
const char *const *dkim_guesses(const struct str *hints, size_t hint_count, struct arena *arena, size_t *count);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dane_world - TLSA records for the hosts of world.h, for tests of DANE.
 *
 * with_dane gives both hosts the two records of the healthy set-up, `3 1 1` of the key served and `2 1 1` of its
 * issuer, under DNSSEC, and lets every chain match both; a test then changes records or how they compare.
 * Memory: the world's arena. Fails: as world.h.
 */
#ifndef TESTS_JUDGE_DANE_WORLD_H
#define TESTS_JUDGE_DANE_WORLD_H

#include "world.h"

void with_dane(struct world *w);

/* The records of one host from now on: "3 1 1, 2 1 1"; data is of the right length; every chain of the host matches
 * them all. "" leaves a secure denial. */
void set_records(struct world *w, struct host_facts *h, const char *records);
/* How record `i` of the first base compares with every chain of this host. */
void set_match(struct host_facts *h, size_t i, enum tlsa_match match);
/* The host is an alias of `target`: two bases, the records stand at the last name alone. */
void make_alias(struct world *w, struct host_facts *h, const char *target);
void set_lookup(struct dns_lookup *l, enum dns_status status, enum dnssec_state dnssec);

#endif

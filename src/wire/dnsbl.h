/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dnsbl - block lists: names to ask, what an answer means, and whether a list is one.
 *
 * Memory: names are written into the caller's text. Limits: DNSBL_CODES_MAX codes of an answer.
 * Fails: a name that would be too long for the DNS is not written.
 * Spec: RFC 5782 2.1, 2.4, 3, 5; the refusals 127.255.255.252, .254 and .255 are those that Spamhaus
 *   describes and others have taken up.
 */
#ifndef WIRE_DNSBL_H
#define WIRE_DNSBL_H

#include "base/ip.h"
#include "facts/dnsbl.h"

enum { DNSBL_QUERY_BYTES = 256 };

size_t dnsbl_known_count(void);
const struct dnsbl_list *dnsbl_known_at(size_t index);
const struct dnsbl_list *dnsbl_known(const char *zone); /* NULL: unknown */
/* Lists that have ended, or answer yes to everything: asking them accuses everybody. */
bool dnsbl_has_ended(const char *zone);

bool dnsbl_address_query(struct ip ip, const char *zone, char query[static DNSBL_QUERY_BYTES]);
bool dnsbl_name_query(const char *name, const char *zone, char query[static DNSBL_QUERY_BYTES]);
/* The entry that must be there (listed), or must not. */
bool dnsbl_test_query(enum dnsbl_kind kind, bool listed, const char *zone, char query[static DNSBL_QUERY_BYTES]);

/* Takes the addresses of an answer in; its list and lookup must be set. */
void dnsbl_read_answer(struct dnsbl_answer *a, enum dnsbl_kind kind, const struct ip *addresses, size_t count);
/* From the two test entries. */
enum dnsbl_health dnsbl_judge_health(const struct dnsbl_list_facts *l, enum dnsbl_kind kind);

#endif

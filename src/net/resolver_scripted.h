/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resolver_scripted - the resolver for tests: answers from a table, in virtual time.
 *
 * Order of calls: scripted_resolver_new, the table, then as net/resolver.h says. Rows may be added at any time.
 * A name and type without a row is NXDOMAIN when no row has that name or one below it, else NODATA
 * (RFC 8020); both secure unless a zone says otherwise. TTLs are 3600 s.
 * Memory: rows are copied. Fails: -1 for data that is none of its type, and without memory.
 */
#ifndef NET_RESOLVER_SCRIPTED_H
#define NET_RESOLVER_SCRIPTED_H

#include "net/resolver.h"

struct resolver *scripted_resolver_new(struct loop *l);
/* One record in zone-file form of its data: MX "10 mx1.good.test", A "192.0.2.1", TLSA "3 1 1 HEX", SRV "0 1 465 mail.good.test",
 * CAA `0 issue "ca.test"`; TXT and other types: text as is. */
int scripted_dns_add(struct resolver *r, const char *name, enum dns_type type, enum dnssec_state dnssec, const char *data);
/* A failure instead of an answer: DNS_BOGUS, DNS_FAILED, DNS_TIMEOUT (when the question's limit is over), DNS_NODATA,
 * DNS_NXDOMAIN, DNS_TROUBLE. */
int scripted_dns_fail(struct resolver *r, const char *name, enum dns_type type, enum dns_status status, enum dnssec_state dnssec, const char *reason);
/* An alias: questions for `name` are answered with the records of `target`. */
int scripted_dns_alias(struct resolver *r, const char *name, enum dnssec_state dnssec, const char *target);
/* The zone `name`, down to the zones below it: `status` DNS_FOUND: its denials have the state `dnssec`; another: so ends
 * every question that leads there. Its name exists. */
int scripted_dns_zone(struct resolver *r, const char *name, enum dns_status status, enum dnssec_state dnssec, const char *reason);
void scripted_dns_delay(struct resolver *r, int64_t delay_ms); /* of every question from now on */
/* Somebody on the way answers questions of type A about names that do not exist with this address: bogus where a denial
 * would be signed. The text stays valid as long as the resolver. */
void scripted_dns_rewrite(struct resolver *r, const char *ipv4);
/* How often a question was asked. */
size_t scripted_dns_asked(const struct resolver *r, const char *name, enum dns_type type);
const char *scripted_dns_asked_twice(const struct resolver *r); /* the name of a question that was; NULL: none */
size_t scripted_dns_open(const struct resolver *r); /* questions not answered yet */

#endif

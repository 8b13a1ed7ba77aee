/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resolver_answer - a DNS message as the reply to the question it answers.
 *
 * Memory: names and records are copied into the arena; the message may go afterwards.
 * Fails: a message that cannot be read, or a full arena, is DNS_TROUBLE with the reason.
 * Spec: RFC 1035 4.1, RFC 2308 2 (NODATA).
 */
#ifndef NET_RESOLVER_ANSWER_H
#define NET_RESOLVER_ANSWER_H

#include "net/resolver.h"

/* Fills status, rcode, TTL, alias and records of a message with rcode NOERROR or NXDOMAIN; leaves
 * `lookup.dnssec` and `lookup.took_ms` alone. With any other rcode the status is DNS_FAILED. */
void resolver_answer_read(struct dns_reply *reply, const void *bytes, size_t n, struct arena *arena);
/* The reply when there is no message at all, only a code. */
void resolver_answer_failed(struct dns_reply *reply, int rcode);
/* Is an answer unproven only because nobody answered for the keys above it? `why`: libunbound's words for what it calls
 * bogus, or NULL. When a server did answer, they name it: "No DNSKEY record from 192.0.2.1 for key ...". */
bool resolver_answer_lacks_keys(const char *why);
void resolver_answer_trouble(struct dns_reply *reply, const char *reason);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * answers - what the DNS said about names that many domains need, for all jobs of a process: mail hosts, their addresses'
 * reverse names and block lists, the parts of SPF records. The resolver keeps answers too, but what each domain asks about itself,
 * once and never again, pushes these out of its cache; and an answer from there costs forty times as much as one from here.
 *
 * Order of calls: answers_new; answers_keep and answers_find as often as wanted; answers_free.
 * Memory: copies both ways; what answers_find gives lives in the caller's arena.
 * Limits: LIMIT_ANSWERS_BYTES, the longest unused go first. An answer is kept as long as its records or its denial allow (RFC 1035 3.2.1,
 *   RFC 2308 5); a failure never.
 * Fails: answers_new NULL without memory; answers_keep then keeps nothing, answers_find finds nothing.
 */
#ifndef PROBE_ANSWERS_H
#define PROBE_ANSWERS_H

#include "net/resolver.h"

struct answers;

struct answers *answers_new(struct loop *l);
void answers_free(struct answers *a); /* NULL too */
/* `name` as resolver_ask has it. */
void answers_keep(struct answers *a, const char *name, enum dns_type type, const struct dns_reply *reply);
/* False: it is not known, or not any more. TTLs are what is left of them. */
bool answers_find(struct answers *a, const char *name, enum dns_type type, struct arena *arena, struct dns_reply *reply);

#endif

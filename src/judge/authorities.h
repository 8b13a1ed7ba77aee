/* SPDX-License-Identifier: Apache-2.0 */
/*
 * authorities - what the answers of a zone's name servers, each asked directly, show: which of them fail, and where they
 * disagree. Silence shows something only where our own network is known to let such questions out.
 *
 * Memory: words live in the context's arena. Fails: never.
 */
#ifndef JUDGE_AUTHORITIES_H
#define JUDGE_AUTHORITIES_H

#include "judge/rules.h"

/* There are name servers, and every one of them provably does not answer for the domain. */
bool authorities_all_fail(struct context *c);
/* "ns1.example [192.0.2.1] is silent, ..."; NULL: none provably fails. */
const char *authorities_failing(struct context *c);
/* Each name server, at one address at least, has shown what it does. */
bool authorities_can_be_told(const struct context *c);
bool authorities_addresses_known(const struct context *c);
size_t authorities_answering(const struct context *c);
/* Which two differ about a question, in both samples, and in what; NULL: none. */
const char *authorities_disagree(struct context *c, size_t question);

#endif

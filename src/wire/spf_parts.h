/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spf_parts - what an evaluation and a walk share: questions, and the tree that remembers them.
 *
 * Memory: everything in the arena. Fails: NULL without memory.
 */
#ifndef WIRE_SPF_PARTS_H
#define WIRE_SPF_PARTS_H

#include "wire/spf.h"

/* A name of any octets as dns_read_name writes it. */
const char *spf_name_write(struct str name, struct arena *arena);
struct spf_question_seen *spf_question_note(struct spf_question_seen ***next, const struct spf_question *q, const struct spf_answer *a, struct arena *arena);
/* The SPF records of an answer: their number and the first, with its lint, into *seen. */
void spf_record_note(struct spf_record_seen *seen, const struct spf_answer *a);
/* No answer, as a receiver sees it: RFC 7208 4.4. */
bool spf_lookup_failed(const struct dns_lookup *lookup);
/* The name does not exist, or has no such record: RFC 7208 4.6.4. */
bool spf_lookup_is_void(const struct dns_lookup *lookup);

#endif

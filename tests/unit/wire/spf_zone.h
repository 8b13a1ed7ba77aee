/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spf_zone - a small DNS in memory that answers the questions of SPF machines, read from lines `NAME TYPE DATA`.
 *
 * DATA of TXT is the rest of the line, with \xHH for any octet; of MX the name alone. `!timeout`, `!servfail` as data:
 * the question gets no answer; type `*` stands for those without records. CNAME is followed. A name that has no line,
 * nor has one below it, does not exist.
 * Memory: everything in the arena. Fails: false for a line that is none.
 */
#ifndef TESTS_SPF_ZONE_H
#define TESTS_SPF_ZONE_H

#include "wire/spf.h"

enum { SPF_ZONE_LINES_MAX = 2000, SPF_ZONE_ANSWER_MAX = 100 };

struct spf_zone_line {
    struct str name, type, data;
};

struct spf_zone {
    struct spf_zone_line lines[SPF_ZONE_LINES_MAX];
    size_t count;
    size_t asked;
};

bool spf_zone_add(struct spf_zone *z, struct str line, struct arena *arena);
void spf_zone_ask(struct spf_zone *z, struct spf_question q, struct spf_answer *a, struct arena *arena);
/* Octets written as \xHH are put in their place. */
struct str spf_zone_unescape(struct str s, struct arena *arena);

#endif

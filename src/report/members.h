/* SPDX-License-Identifier: Apache-2.0 */
/*
 * members - one walk over the members of the report writes either the report or its JSON Schema, so that there is one
 * description of both. Each call names a member and says what it is; when describing, the values are not looked at.
 *
 * Order of calls: as the members stand. Every member is always written; what may be null is so by its call.
 *   When describing, each array is given exactly one item.
 * Memory: none of its own. Fails: as the buf does; a walk that breaks the rules is a bug of ours: must().
 * Spec: RFC 8259; JSON Schema draft 2020-12.
 */
#ifndef REPORT_MEMBERS_H
#define REPORT_MEMBERS_H

#include "base/clock.h"
#include "facts/tls.h"
#include "report/json_writer.h"

enum { MEMBERS_MAX = 32, MEMBERS_DEPTH_MAX = 16 };

/* What the schema must remember until an object or array is closed. */
struct described {
    const char *keys[MEMBERS_MAX]; /* of an object: all are required */
    size_t count;                  /* of an array: its items */
    bool is_array;
};

struct members {
    struct json j;
    struct described *described; /* MEMBERS_DEPTH_MAX of them; NULL: a report is written */
    size_t depth;
};

/* The words a member can hold: a list that ends in NULL, or a function over 0..last that may give NULL for some. */
struct vocabulary {
    const char *const *list;
    const char *(*of)(unsigned value);
    unsigned last;
};

/* What the schema says of the whole. */
struct schema_head {
    const char *id, *title, *says;
};

/* The outermost object; its members follow. */
void members_begin(struct members *m, struct buf *out, unsigned indent, struct described *described, const struct schema_head *head);
void members_end(struct members *m);

void member_object(struct members *m, const char *key, const char *says);
/* False when null was written: then no members follow and it is not closed. Likewise for arrays. */
bool member_object_or_null(struct members *m, const char *key, bool present, const char *says);
void member_array(struct members *m, const char *key, const char *says);
bool member_array_or_null(struct members *m, const char *key, bool present, const char *says);
void item_object(struct members *m);
void item_str(struct members *m, struct str s);
void member_close(struct members *m); /* object, array or item, whichever was opened last */

void member_str(struct members *m, const char *key, struct str s, const char *says);
void member_str_or_null(struct members *m, const char *key, bool present, struct str s, const char *says);
void member_text(struct members *m, const char *key, const char *text, const char *says);
void member_text_or_null(struct members *m, const char *key, const char *text, const char *says); /* NULL: null */
void member_word(struct members *m, const char *key, const char *word, const struct vocabulary *words, const char *says);
void member_word_or_null(struct members *m, const char *key, const char *word, const struct vocabulary *words, const char *says);
void member_number(struct members *m, const char *key, uint64_t n, const char *says);
void member_number_or_null(struct members *m, const char *key, bool present, uint64_t n, const char *says);
void member_bool(struct members *m, const char *key, bool b, const char *says);
void member_tri(struct members *m, const char *key, enum tri t, const char *says); /* unknown: null */
void member_time(struct members *m, const char *key, struct wall t, const char *says);
void member_hex(struct members *m, const char *key, const uint8_t *octets, size_t n, const char *says);
/* Reserved: always null, always the empty list. */
void member_null(struct members *m, const char *key, const char *says);
void member_empty_array(struct members *m, const char *key, const char *says);

#endif

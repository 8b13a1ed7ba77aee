/* SPDX-License-Identifier: Apache-2.0 */
/*
 * str - slices of bytes, and the few things done to them.
 *
 * A struct str does not own its bytes and need not end in NUL. Text that came from the network is
 * kept as struct str, because it may hold any octet; names and words of our own are C strings.
 *
 * Memory: nothing here allocates. Fails: str_number, false; nothing else can.
 * Case is ASCII case: protocol words and host names, never prose.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct str {
    const char *p;
    size_t n; /* octets */
};

#define STR(literal) ((struct str){"" literal, sizeof(literal) - 1})

struct str str_of(const char *c_string); /* NULL gives the empty slice */
bool str_is(struct str s, const char *c_string);
bool str_is_nocase(struct str s, const char *c_string);
bool str_eq(struct str a, struct str b);
bool str_eq_nocase(struct str a, struct str b);
bool str_starts_nocase(struct str s, const char *prefix);
bool str_contains_nocase(struct str s, const char *word);
struct str str_trim(struct str s); /* blanks and tabs at both ends */

/* Takes the part before the first `separator` off *rest and returns it; without one, takes all. */
struct str str_cut(struct str *rest, char separator);
/* Takes the next word (separated by blanks and tabs) off *rest; empty when there is none. */
struct str str_word(struct str *rest);

/* A decimal number of 1 to 19 digits and nothing else. False when it is not one or exceeds max. */
bool str_number(struct str s, uint64_t max, uint64_t *value);

static inline char ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}
bool ascii_is_digit(char c);
bool ascii_is_alpha(char c);

#endif

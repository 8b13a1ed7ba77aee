/* SPDX-License-Identifier: Apache-2.0 */
/* str - see str.h. */
#include "base/str.h"

#include <string.h>

bool ascii_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool ascii_is_alpha(char c)
{
    return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z';
}

struct str str_of(const char *c_string)
{
    return c_string ? (struct str){c_string, strlen(c_string)} : (struct str){"", 0};
}

bool str_eq(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool str_eq_nocase(struct str a, struct str b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++)
        if (ascii_lower(a.p[i]) != ascii_lower(b.p[i]))
            return false;
    return true;
}

bool str_is(struct str s, const char *c_string)
{
    return str_eq(s, str_of(c_string));
}

bool str_is_nocase(struct str s, const char *c_string)
{
    return str_eq_nocase(s, str_of(c_string));
}

bool str_starts_nocase(struct str s, const char *prefix)
{
    struct str want = str_of(prefix);
    return s.n >= want.n && str_eq_nocase((struct str){s.p, want.n}, want);
}

bool str_contains_nocase(struct str s, const char *word)
{
    struct str want = str_of(word);
    for (size_t i = 0; i + want.n <= s.n; i++)
        if (str_eq_nocase((struct str){s.p + i, want.n}, want))
            return true;
    return false;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

struct str str_trim(struct str s)
{
    while (s.n > 0 && is_blank(s.p[0]))
        s = (struct str){s.p + 1, s.n - 1};
    while (s.n > 0 && is_blank(s.p[s.n - 1]))
        s.n--;
    return s;
}

struct str str_cut(struct str *rest, char separator)
{
    const char *at = rest->n ? memchr(rest->p, separator, rest->n) : NULL;
    struct str head = *rest;
    if (!at) {
        *rest = (struct str){rest->p + rest->n, 0};
        return head;
    }
    head.n = (size_t)(at - rest->p);
    *rest = (struct str){at + 1, rest->n - head.n - 1};
    return head;
}

struct str str_word(struct str *rest)
{
    while (rest->n > 0 && is_blank(rest->p[0]))
        *rest = (struct str){rest->p + 1, rest->n - 1};
    struct str word = {rest->p, 0};
    while (word.n < rest->n && !is_blank(word.p[word.n]))
        word.n++;
    *rest = (struct str){rest->p + word.n, rest->n - word.n};
    return word;
}

bool str_number(struct str s, uint64_t max, uint64_t *value)
{
    if (s.n == 0 || s.n > 19)
        return false;
    uint64_t sum = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (!ascii_is_digit(s.p[i]))
            return false;
        sum = sum * 10 + (uint64_t)(s.p[i] - '0');
    }
    if (sum > max)
        return false;
    *value = sum;
    return true;
}

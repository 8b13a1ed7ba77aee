/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz - see fuzz.h. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum { TEXT_END = 0xff };

bool fuzz_is_over(const struct fuzz *f)
{
    return f->n == 0;
}

unsigned fuzz_number(struct fuzz *f, unsigned max)
{
    if (f->n == 0)
        return 0;
    unsigned value = *f->p++;
    f->n--;
    return value % (max + 1);
}

bool fuzz_flip(struct fuzz *f)
{
    return fuzz_number(f, 1);
}

struct str fuzz_text(struct fuzz *f)
{
    const uint8_t *end = f->n ? memchr(f->p, TEXT_END, f->n) : NULL;
    struct str text = {(const char *)f->p, end ? (size_t)(end - f->p) : f->n};
    size_t taken = text.n + (end != NULL);
    f->p += taken;
    f->n -= taken;
    return text;
}

struct str fuzz_octets(struct fuzz *f, size_t n)
{
    struct str octets = {(const char *)f->p, n < f->n ? n : f->n};
    f->p += octets.n;
    f->n -= octets.n;
    return octets;
}

struct str fuzz_rest(struct fuzz *f)
{
    struct str rest = {(const char *)f->p, f->n};
    f->n = 0;
    return rest;
}

const char *fuzz_cstr(struct fuzz *f, struct arena *arena)
{
    struct str text = fuzz_text(f);
    return arena_cstr(arena, str_cut(&text, '\0'));
}

void *fuzz_exact(struct str s)
{
    void *copy = malloc(s.n ? s.n : 1);
    must(copy);
    if (s.n)
        memcpy(copy, s.p, s.n);
    return copy;
}

static bool take_sgr(struct str *s)
{
    size_t n = 2;
    if (s->n < 3 || s->p[0] != '\x1b' || s->p[1] != '[')
        return false;
    while (n < s->n && (ascii_is_digit(s->p[n]) || s->p[n] == ';'))
        n++;
    if (n == s->n || s->p[n] != 'm')
        return false;
    *s = (struct str){s->p + n + 1, s->n - n - 1};
    return true;
}

/* Most of a report is plain text: its letters need no closer look. */
static void skip_plain(struct str *s)
{
    while (s->n && *s->p >= ' ' && *s->p < 127 && *s->p != '"' && *s->p != '\\')
        *s = (struct str){s->p + 1, s->n - 1};
}

bool fuzz_is_clean(struct str shown, bool color)
{
    for (skip_plain(&shown); shown.n; skip_plain(&shown)) {
        uint32_t code_point;
        if (color && take_sgr(&shown))
            continue;
        if (!text_take(&shown, &code_point) || (code_point != '\n' && text_is_unsafe(code_point)))
            return false;
    }
    return true;
}

/* A reader of JSON: each function takes one thing off the text, or says that none is there. */
enum { JSON_LEVELS = 40, JSON_NAMES = 64 };

static bool take_value(struct str *s, unsigned depth);

static void skip_blanks(struct str *s)
{
    while (s->n && (*s->p == ' ' || *s->p == '\n'))
        *s = (struct str){s->p + 1, s->n - 1};
}

static bool take_word(struct str *s, const char *word)
{
    size_t n = strlen(word);
    if (s->n < n || memcmp(s->p, word, n) != 0)
        return false;
    *s = (struct str){s->p + n, s->n - n};
    return true;
}

static bool take_hex4(struct str *s, uint32_t *value)
{
    *value = 0;
    for (size_t i = 0; i < 4; i++) {
        const char *digit = i < s->n && s->p[i] ? strchr("0123456789abcdef", ascii_lower(s->p[i])) : NULL;
        if (!digit)
            return false;
        *value = *value << 4 | (uint32_t)(ascii_is_digit(*digit) ? *digit - '0' : *digit - 'a' + 10);
    }
    *s = (struct str){s->p + 4, s->n - 4};
    return true;
}

static bool take_escape(struct str *s)
{
    uint32_t unit, low;
    if (!take_word(s, "u")) {
        bool known = s->n && strchr("\"\\/bfnrt", *s->p) && *s->p;
        *s = (struct str){s->p + known, s->n - known};
        return known;
    }
    if (!take_hex4(s, &unit) || (unit >= 0xdc00 && unit < 0xe000))
        return false;
    if (unit < 0xd800 || unit >= 0xe000)
        return true;
    return take_word(s, "\\u") && take_hex4(s, &low) && low >= 0xdc00 && low < 0xe000; /* RFC 8259 7 */
}

static bool take_string(struct str *s, struct str *raw)
{
    if (!take_word(s, "\""))
        return false;
    raw->p = s->p;
    for (skip_plain(s); s->n; skip_plain(s)) {
        uint32_t code_point;
        if (*s->p == '"') {
            raw->n = (size_t)(s->p - raw->p);
            return take_word(s, "\"");
        }
        if (take_word(s, "\\") ? !take_escape(s) : !text_take(s, &code_point) || text_is_unsafe(code_point))
            return false;
    }
    return false;
}

static bool take_digits(struct str *s)
{
    bool some = false;
    for (; s->n && ascii_is_digit(*s->p); *s = (struct str){s->p + 1, s->n - 1})
        some = true;
    return some;
}

static bool take_number(struct str *s)
{
    (void)take_word(s, "-");
    return take_word(s, "0") ? !s->n || !ascii_is_digit(*s->p) : take_digits(s); /* the report has whole ones only */
}

static bool take_array(struct str *s, unsigned depth)
{
    skip_blanks(s);
    if (take_word(s, "]"))
        return true;
    do {
        if (!take_value(s, depth))
            return false;
        skip_blanks(s);
    } while (take_word(s, ","));
    return take_word(s, "]");
}

static bool take_object(struct str *s, unsigned depth)
{
    struct str names[JSON_NAMES];
    size_t count = 0;
    skip_blanks(s);
    if (take_word(s, "}"))
        return true;
    do {
        skip_blanks(s);
        if (count == JSON_NAMES || !take_string(s, &names[count]) || !take_word(s, ":") || !take_value(s, depth))
            return false;
        for (size_t i = 0; i < count; i++)
            if (str_eq(names[i], names[count]))
                return false;
        count++;
        skip_blanks(s);
    } while (take_word(s, ","));
    return take_word(s, "}");
}

static bool take_value(struct str *s, unsigned depth)
{
    struct str ignored;
    skip_blanks(s);
    if (!s->n || depth == JSON_LEVELS)
        return false;
    if (*s->p == '"')
        return take_string(s, &ignored);
    if (take_word(s, "{"))
        return take_object(s, depth + 1);
    if (take_word(s, "["))
        return take_array(s, depth + 1);
    return take_word(s, "true") || take_word(s, "false") || take_word(s, "null") || take_number(s);
}

bool fuzz_is_json(struct str text)
{
    bool whole = take_value(&text, 0);
    skip_blanks(&text);
    return whole && text.n == 0;
}

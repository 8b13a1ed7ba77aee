/* SPDX-License-Identifier: Apache-2.0 */
/* scn_words - see scn_words.h. */
#include "scn_words.h"

static int hex_digit(char c)
{
    if (ascii_is_digit(c))
        return c - '0';
    c = ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Resolves the escape behind a backslash at line.p[*at]; *at ends behind it. */
static int escape(struct str line, size_t *at, char *c)
{
    static const char names[] = "rnt0\\\"", values[] = "\r\n\t\0\\\"";
    if (*at >= line.n)
        return -1;
    char e = line.p[(*at)++];
    if (e == 'x') {
        int high = *at + 1 < line.n ? hex_digit(line.p[*at]) : -1;
        int low = high >= 0 ? hex_digit(line.p[*at + 1]) : -1;
        if (low < 0)
            return -1;
        *c = (char)(unsigned char)(high << 4 | low);
        *at += 2;
        return 0;
    }
    for (size_t i = 0; i < sizeof names - 1; i++)
        if (names[i] == e) {
            *c = values[i];
            return 0;
        }
    return -1;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* One word from line.p[*at]. */
static int split_word(struct arena *a, struct str line, size_t *at, struct scn_words *out, const char **error)
{
    char *text = arena_alloc(a, line.n + 1);
    size_t n = 0;
    bool quoted = line.p[*at] == '"';
    *at += quoted;
    if (!text) {
        *error = "out of memory";
        return -1;
    }
    while (*at < line.n && (quoted ? line.p[*at] != '"' : !is_blank(line.p[*at]))) {
        char c = line.p[(*at)++];
        if (quoted && c == '\\' && escape(line, at, &c) < 0) {
            *error = "unknown escape; there are \\r \\n \\t \\0 \\\\ \\\" and \\xHH";
            return -1;
        }
        text[n++] = c;
    }
    if (quoted && *at == line.n) {
        *error = "a quote is not closed";
        return -1;
    }
    *at += quoted;
    if (quoted && *at < line.n && !is_blank(line.p[*at])) {
        *error = "a blank is missing behind the closing quote";
        return -1;
    }
    out->quoted[out->count] = quoted;
    out->word[out->count++] = (struct str){text, n};
    return 0;
}

int scn_words_split(struct arena *a, struct str line, struct scn_words *out, const char **error)
{
    size_t at = 0;
    *out = (struct scn_words){0};
    for (;;) {
        while (at < line.n && is_blank(line.p[at]))
            at++;
        if (at == line.n)
            return 0;
        if (out->count == SCN_WORDS_MAX) {
            *error = "too many words";
            return -1;
        }
        if (split_word(a, line, &at, out, error) < 0)
            return -1;
    }
}

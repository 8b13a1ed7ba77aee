/* SPDX-License-Identifier: Apache-2.0 */
/* scan - see scan.h. */
#include "bulk/scan.h"

#include <string.h>

void scan_restart(struct scan *s)
{
    s->depth = s->passed_over = s->n = 0;
    s->node = SCAN_ROOT;
    s->key_is_next = s->in_string = s->is_key = s->is_escaped = s->in_word = s->ended = s->broken = s->is_wanted = false;
}

void scan_init(struct scan *s, const struct scan_row *rows, size_t row_count)
{
    *s = (struct scan){.rows = rows, .row_count = row_count};
    scan_restart(s);
}

bool scan_is_whole(const struct scan *s)
{
    return s->ended && !s->broken;
}

static unsigned char node_of(const struct scan *s, unsigned char parent, struct str key)
{
    for (size_t i = 0; i < s->row_count; i++)
        if (s->rows[i].parent == parent && str_is(key, s->rows[i].key))
            return s->rows[i].node;
    return SCAN_NONE;
}

static void keep(struct scan *s, const char *p, size_t n)
{
    size_t room = sizeof s->text - s->n;
    if (!s->is_wanted)
        return;
    n = n < room ? n : room;
    memcpy(s->text + s->n, p, n);
    s->n += n;
}

static void resolve_escapes(struct scan *s)
{
    size_t to = 0;
    for (size_t i = 0; i < s->n; i++, to++) {
        if (s->text[i] == '\\' && i + 1 < s->n && strchr("\"\\/", s->text[i + 1]) && s->text[i + 1])
            i++;
        s->text[to] = s->text[i];
    }
    s->n = to;
}

static void end_value(struct scan *s)
{
    s->ended = s->depth == 0;
    s->node = SCAN_NONE;
}

static void give_text(struct scan *s)
{
    if (s->node)
        s->value(s->arg, s->node, (struct str){s->text, s->n});
    end_value(s);
}

static void end_string(struct scan *s)
{
    s->in_string = false;
    if (s->is_wanted && memchr(s->text, '\\', s->n))
        resolve_escapes(s);
    if (s->is_key)
        s->node = node_of(s, s->levels[s->depth].node, (struct str){s->text, s->n});
    else
        give_text(s);
    s->key_is_next = false;
}

static void begin_text(struct scan *s, bool is_key)
{
    s->is_key = is_key;
    s->is_wanted = is_key || s->node != SCAN_NONE;
    s->n = 0;
}

static void open_level(struct scan *s, bool is_object)
{
    if (s->ended || s->depth == SCAN_DEPTH_MAX) {
        s->broken = true;
        return;
    }
    if (!s->node) {
        s->passed_over = 1;
        return;
    }
    s->depth++;
    s->levels[s->depth].is_object = s->key_is_next = is_object;
    s->levels[s->depth].node = s->node;
    if (is_object)
        s->opened(s->arg, s->node);
}

static void close_level(struct scan *s, bool is_object)
{
    if (s->depth == 0 || s->levels[s->depth].is_object != is_object) {
        s->broken = true;
        return;
    }
    if (is_object)
        s->closed(s->arg, s->levels[s->depth].node);
    s->depth--;
    end_value(s);
}

static bool is_of_word(char c)
{
    return (unsigned char)c > ' ' && c != '"' && c != ',' && c != ':' && c != '{' && c != '}' && c != '[' && c != ']';
}

/* What is no part of a string. */
static void take_sign(struct scan *s, char c)
{
    bool is_word = is_of_word(c);
    if (s->in_word && !is_word) {
        s->in_word = false;
        give_text(s);
    }
    if (is_word) {
        if (!s->in_word)
            begin_text(s, false);
        s->in_word = true;
        keep(s, &c, 1);
    } else if (c == '"') {
        begin_text(s, s->key_is_next);
        s->in_string = true;
    } else if (c == '{' || c == '[') {
        open_level(s, c == '{');
    } else if (c == '}' || c == ']') {
        close_level(s, c == '}');
    } else if (c == ',') {
        s->key_is_next = s->levels[s->depth].is_object;
        s->node = s->key_is_next ? SCAN_NONE : s->levels[s->depth].node;
    }
}

/* Octets of a string before its end or the next escape. */
static size_t string_rest(struct str bytes)
{
    size_t n = 0;
    while (n < bytes.n && bytes.p[n] != '"' && bytes.p[n] != '\\')
        n++;
    return n;
}

/* The part of a string up to its end or the next escape. */
static size_t take_string(struct scan *s, struct str bytes)
{
    if (s->is_escaped) {
        s->is_escaped = false;
        keep(s, bytes.p, 1);
        return 1;
    }
    size_t n = string_rest(bytes);
    keep(s, bytes.p, n);
    if (n == bytes.n)
        return n;
    if (bytes.p[n] == '"') {
        end_string(s);
    } else {
        s->is_escaped = true;
        keep(s, "\\", 1);
    }
    return n + 1;
}

/* The rest of a value that nobody wants: only its end is looked for. */
static size_t pass_over(struct scan *s, struct str bytes)
{
    size_t n = 0;
    while (n < bytes.n && s->passed_over) {
        char c = bytes.p[n++];
        if (s->is_escaped) {
            s->is_escaped = false;
        } else if (c == '"') {
            s->in_string = !s->in_string;
        } else if (s->in_string) {
            s->is_escaped = c == '\\';
            if (!s->is_escaped)
                n += string_rest((struct str){bytes.p + n, bytes.n - n});
        } else if (c == '{' || c == '[') {
            s->passed_over++;
        } else if (c == '}' || c == ']') {
            s->passed_over--;
        }
    }
    if (!s->passed_over)
        end_value(s);
    return n;
}

void scan_feed(struct scan *s, struct str bytes)
{
    while (bytes.n && !s->broken) {
        size_t n = 1;
        if (s->passed_over)
            n = pass_over(s, bytes);
        else if (s->in_string)
            n = take_string(s, bytes);
        else
            take_sign(s, *bytes.p);
        bytes = (struct str){bytes.p + n, bytes.n - n};
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
/* members - see members.h. */
#include "report/members.h"

#include "base/panic.h"

static void schema_text(struct members *m, const char *key, const char *value)
{
    json_key(&m->j, key);
    json_cstr(&m->j, value);
}

static void schema_type(struct members *m, const char *type, bool nullable)
{
    json_key(&m->j, "type");
    if (!nullable) {
        json_cstr(&m->j, type);
        return;
    }
    json_open_array(&m->j);
    json_cstr(&m->j, type);
    json_cstr(&m->j, "null");
    json_close_array(&m->j);
}

static void enter(struct members *m, bool is_array)
{
    must(m->depth + 1 < MEMBERS_DEPTH_MAX);
    m->described[++m->depth] = (struct described){.is_array = is_array};
    if (is_array)
        return;
    json_key(&m->j, "properties");
    json_open_object(&m->j);
}

static void leave(struct members *m)
{
    const struct described *d = &m->described[m->depth];
    must(m->depth > 0 || !d->is_array);
    if (!d->is_array) {
        json_close_object(&m->j);
        json_key(&m->j, "required");
        json_open_array(&m->j);
        for (size_t i = 0; i < d->count; i++)
            json_cstr(&m->j, d->keys[i]);
        json_close_array(&m->j);
        json_key(&m->j, "additionalProperties");
        json_bool(&m->j, false);
    }
    must(d->count > 0);
    json_close_object(&m->j);
    m->depth -= m->depth > 0;
}

/* The key, and when describing the beginning of its schema; then the caller adds to it and closes it. */
static bool is_described(struct members *m, const char *key, const char *says)
{
    json_key(&m->j, key);
    if (!m->described)
        return false;
    struct described *d = &m->described[m->depth];
    must(!d->is_array && d->count < MEMBERS_MAX);
    d->keys[d->count++] = key;
    json_open_object(&m->j);
    schema_text(m, "description", says);
    return true;
}

void members_begin(struct members *m, struct buf *out, unsigned indent, struct described *described, const struct schema_head *head)
{
    *m = (struct members){.described = described};
    json_init(&m->j, out, indent);
    json_open_object(&m->j);
    if (!described)
        return;
    described[0] = (struct described){.count = 0};
    schema_text(m, "$schema", "https://json-schema.org/draft/2020-12/schema");
    schema_text(m, "$id", head->id);
    schema_text(m, "title", head->title);
    schema_text(m, "description", head->says);
    schema_type(m, "object", false);
    json_key(&m->j, "properties");
    json_open_object(&m->j);
}

void members_end(struct members *m)
{
    must(m->depth == 0);
    if (m->described)
        leave(m);
    else
        json_close_object(&m->j);
}

static bool open_member(struct members *m, const char *key, bool is_array, bool nullable, bool present, const char *says)
{
    if (is_described(m, key, says)) {
        schema_type(m, is_array ? "array" : "object", nullable);
        enter(m, is_array);
        return true;
    }
    if (!present)
        json_no_value(&m->j);
    else if (is_array)
        json_open_array(&m->j);
    else
        json_open_object(&m->j);
    return present;
}

void member_object(struct members *m, const char *key, const char *says)
{
    open_member(m, key, false, false, true, says);
}

bool member_object_or_null(struct members *m, const char *key, bool present, const char *says)
{
    return open_member(m, key, false, true, present, says);
}

void member_array(struct members *m, const char *key, const char *says)
{
    open_member(m, key, true, false, true, says);
}

bool member_array_or_null(struct members *m, const char *key, bool present, const char *says)
{
    return open_member(m, key, true, true, present, says);
}

static void describe_item(struct members *m, const char *type)
{
    struct described *d = &m->described[m->depth];
    must(d->is_array && d->count == 0);
    d->count = 1;
    json_key(&m->j, "items");
    json_open_object(&m->j);
    schema_type(m, type, false);
}

void item_object(struct members *m)
{
    if (!m->described) {
        json_open_object(&m->j);
        return;
    }
    describe_item(m, "object");
    enter(m, false);
}

void item_str(struct members *m, struct str s)
{
    if (!m->described) {
        json_str(&m->j, s);
        return;
    }
    describe_item(m, "string");
    json_close_object(&m->j);
}

void member_close(struct members *m)
{
    if (m->described)
        leave(m);
    else if (m->j.is_object[m->j.depth])
        json_close_object(&m->j);
    else
        json_close_array(&m->j);
}

/* When describing: the whole schema of a plain member, and true. */
static bool describe(struct members *m, const char *key, const char *type, bool nullable, const char *says)
{
    if (!is_described(m, key, says))
        return false;
    schema_type(m, type, nullable);
    json_close_object(&m->j);
    return true;
}

void member_str(struct members *m, const char *key, struct str s, const char *says)
{
    if (!describe(m, key, "string", false, says))
        json_str(&m->j, s);
}

void member_str_or_null(struct members *m, const char *key, bool present, struct str s, const char *says)
{
    if (describe(m, key, "string", true, says))
        return;
    if (present)
        json_str(&m->j, s);
    else
        json_no_value(&m->j);
}

void member_text(struct members *m, const char *key, const char *text, const char *says)
{
    member_str(m, key, str_of(text), says);
}

void member_text_or_null(struct members *m, const char *key, const char *text, const char *says)
{
    member_str_or_null(m, key, text != NULL, str_of(text), says);
}

static void describe_words(struct members *m, const struct vocabulary *words, bool nullable)
{
    json_key(&m->j, "enum");
    json_open_array(&m->j);
    for (const char *const *word = words->list; word && *word; word++)
        json_cstr(&m->j, *word);
    for (unsigned value = 0; words->of && value <= words->last; value++)
        if (words->of(value))
            json_cstr(&m->j, words->of(value));
    if (nullable)
        json_no_value(&m->j);
    json_close_array(&m->j);
    json_close_object(&m->j);
}

void member_word(struct members *m, const char *key, const char *word, const struct vocabulary *words, const char *says)
{
    if (is_described(m, key, says)) {
        describe_words(m, words, false);
        return;
    }
    must(word);
    json_cstr(&m->j, word);
}

void member_word_or_null(struct members *m, const char *key, const char *word, const struct vocabulary *words, const char *says)
{
    if (is_described(m, key, says))
        describe_words(m, words, true);
    else
        json_cstr(&m->j, word);
}

void member_number_or_null(struct members *m, const char *key, bool present, uint64_t n, const char *says)
{
    if (is_described(m, key, says)) {
        schema_type(m, "integer", true);
        json_key(&m->j, "minimum");
        json_number(&m->j, 0);
        json_close_object(&m->j);
    } else if (present) {
        json_number(&m->j, (int64_t)n);
    } else {
        json_no_value(&m->j);
    }
}

void member_number(struct members *m, const char *key, uint64_t n, const char *says)
{
    if (!is_described(m, key, says)) {
        json_number(&m->j, (int64_t)n);
        return;
    }
    schema_type(m, "integer", false);
    json_key(&m->j, "minimum");
    json_number(&m->j, 0);
    json_close_object(&m->j);
}

void member_bool(struct members *m, const char *key, bool b, const char *says)
{
    if (!describe(m, key, "boolean", false, says))
        json_bool(&m->j, b);
}

void member_tri(struct members *m, const char *key, enum tri t, const char *says)
{
    if (describe(m, key, "boolean", true, says))
        return;
    if (t == TRI_UNKNOWN)
        json_no_value(&m->j);
    else
        json_bool(&m->j, t == TRI_YES);
}

void member_time(struct members *m, const char *key, struct wall t, const char *says)
{
    char text[CLOCK_TEXT_BYTES];
    if (is_described(m, key, says)) {
        schema_type(m, "string", false);
        schema_text(m, "format", "date-time");
        json_close_object(&m->j);
        return;
    }
    wall_write(t, text);
    json_cstr(&m->j, text);
}

void member_hex(struct members *m, const char *key, const uint8_t *octets, size_t n, const char *says)
{
    static const char digits[] = "0123456789abcdef";
    struct buf text;
    if (describe(m, key, "string", false, says))
        return;
    buf_init(&text, 2 * n);
    for (size_t i = 0; i < n; i++) {
        buf_add_char(&text, digits[octets[i] >> 4]);
        buf_add_char(&text, digits[octets[i] & 15]);
    }
    json_str(&m->j, (struct str){text.used ? text.bytes : "", text.used});
    m->j.out->failed = m->j.out->failed || text.failed;
    buf_done(&text);
}

void member_null(struct members *m, const char *key, const char *says)
{
    if (!describe(m, key, "null", false, says))
        json_no_value(&m->j);
}

void member_empty_array(struct members *m, const char *key, const char *says)
{
    if (is_described(m, key, says)) {
        schema_type(m, "array", false);
        json_key(&m->j, "maxItems");
        json_number(&m->j, 0);
        json_close_object(&m->j);
        return;
    }
    json_open_array(&m->j);
    json_close_array(&m->j);
}

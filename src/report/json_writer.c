/* SPDX-License-Identifier: Apache-2.0 */
/* json_writer - see json_writer.h. */
#include "report/json_writer.h"

#include <string.h>

#include "base/panic.h"
#include "base/text.h"

void json_init(struct json *j, struct buf *out, unsigned indent)
{
    *j = (struct json){.out = out, .indent = indent};
}

static void start_line(struct json *j)
{
    if (j->indent == 0)
        return;
    static const char blanks[] = "\n                                                                ";
    size_t n = (size_t)j->depth * j->indent;
    buf_add(j->out, blanks, 1 + (n < sizeof blanks - 2 ? n : sizeof blanks - 2));
    for (size_t i = sizeof blanks - 2; i < n; i++)
        buf_add_char(j->out, ' ');
}

static void start_member(struct json *j)
{
    if (j->has_members[j->depth])
        buf_add_char(j->out, ',');
    if (j->depth > 0)
        start_line(j);
    j->has_members[j->depth] = true;
}

static void start_value(struct json *j)
{
    must(j->after_key == j->is_object[j->depth]);
    if (!j->after_key)
        start_member(j);
    j->after_key = false;
}

static void open_level(struct json *j, char bracket, bool is_object)
{
    start_value(j);
    must(j->depth < JSON_DEPTH_MAX);
    j->depth++;
    j->has_members[j->depth] = false;
    j->is_object[j->depth] = is_object;
    buf_add_char(j->out, bracket);
}

static void close_level(struct json *j, char bracket, bool is_object)
{
    must(j->depth > 0 && j->is_object[j->depth] == is_object && !j->after_key);
    bool has_members = j->has_members[j->depth];
    j->depth--;
    if (has_members)
        start_line(j);
    buf_add_char(j->out, bracket);
}

void json_open_object(struct json *j)
{
    open_level(j, '{', true);
}

void json_close_object(struct json *j)
{
    close_level(j, '}', true);
}

void json_open_array(struct json *j)
{
    open_level(j, '[', false);
}

void json_close_array(struct json *j)
{
    close_level(j, ']', false);
}

/* Written as they are. */
static const bool is_plain[256] = {[0x20 ... '"' - 1] = true, ['"' + 1 ... '\\' - 1] = true, ['\\' + 1 ... 0x7E] = true};

/* Eight octets at once: is any of them 0? */
static uint64_t has_zero(uint64_t eight)
{
    return (eight - 0x0101010101010101) & ~eight & 0x8080808080808080;
}

static bool are_plain(const char *octets)
{
    const uint64_t each = 0x0101010101010101;
    uint64_t eight;
    memcpy(&eight, octets, sizeof eight);
    uint64_t below_blank = (eight - 0x20 * each) & ~eight & 0x80 * each, above_ascii = eight & 0x80 * each;
    return !(below_blank | above_ascii | has_zero(eight ^ '"' * each) | has_zero(eight ^ '\\' * each) | has_zero(eight ^ 0x7F * each));
}

static size_t plain_part(struct str s)
{
    size_t n = 0;
    while (n + sizeof(uint64_t) <= s.n && are_plain(s.p + n))
        n += sizeof(uint64_t);
    if (n && s.n - n < sizeof(uint64_t) && are_plain(s.p + s.n - sizeof(uint64_t)))
        return s.n;
    while (n < s.n && is_plain[(unsigned char)s.p[n]])
        n++;
    return n;
}

static void write_code_point(struct buf *out, uint32_t c, const char *octets, size_t n)
{
    static const char short_forms[] = "\bb\tt\nn\ff\rr\"\"\\\\";
    for (const char *form = short_forms; *form; form += 2)
        if (c == (uint32_t)*form) {
            buf_printf(out, "\\%c", form[1]);
            return;
        }
    if (!text_is_unsafe(c))
        buf_add(out, octets, n);
    else if (c < 0x10000)
        buf_printf(out, "\\u%04x", c);
    else
        buf_printf(out, "\\u%04x\\u%04x", 0xD800 + ((c - 0x10000) >> 10), 0xDC00 + ((c - 0x10000) & 0x3FF));
}

static void write_string(struct buf *out, struct str s)
{
    size_t plain = plain_part(s);
    char *room = buf_room(out, plain + 2);
    if (room && plain == s.n) { /* as most are */
        room[0] = room[1 + plain] = '"';
        if (plain)
            memcpy(room + 1, s.p, plain);
        out->used += plain + 2;
        return;
    }
    buf_add_char(out, '"');
    for (; s.n; plain = plain_part(s)) {
        buf_add(out, s.p, plain);
        s = (struct str){s.p + plain, s.n - plain};
        if (!s.n)
            break;
        const char *octets = s.p;
        uint32_t c;
        if (text_take(&s, &c))
            write_code_point(out, c, octets, (size_t)(s.p - octets));
        else
            buf_printf(out, "\\\\x%02x", c);
    }
    buf_add_char(out, '"');
}

void json_key(struct json *j, const char *name)
{
    must(j->is_object[j->depth] && !j->after_key);
    start_member(j);
    j->after_key = true;
    size_t n = strlen(name);
    char *room = buf_room(j->out, n + 4);
    if (!room)
        return;
    *room = '"';
    memcpy(room + 1, name, n + 1);
    room[n + 1] = '"';
    room[n + 2] = ':';
    room[n + 3] = ' ';
    j->out->used += n + (j->indent ? 4 : 3);
}

void json_str(struct json *j, struct str s)
{
    start_value(j);
    write_string(j->out, s);
}

void json_cstr(struct json *j, const char *c_string)
{
    if (c_string)
        json_str(j, str_of(c_string));
    else
        json_no_value(j);
}

void json_number(struct json *j, int64_t n)
{
    char digits[24];
    size_t at = sizeof digits;
    uint64_t rest = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
    start_value(j);
    if (n >= 0 && n < 10) { /* as most are */
        buf_add_char(j->out, (char)('0' + n));
        return;
    }
    do
        digits[--at] = (char)('0' + rest % 10);
    while (rest /= 10);
    if (n < 0)
        digits[--at] = '-';
    buf_add(j->out, digits + at, sizeof digits - at);
}

void json_bool(struct json *j, bool b)
{
    start_value(j);
    buf_add_cstr(j->out, b ? "true" : "false");
}

void json_no_value(struct json *j)
{
    start_value(j);
    buf_add_cstr(j->out, "null");
}

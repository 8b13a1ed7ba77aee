/* SPDX-License-Identifier: Apache-2.0 */
/* text - see text.h. The tables of code points stand first, in rising order. */
#include "base/text.h"

struct range {
    uint32_t first, last;
};

static const struct range unsafe_ranges[] = {
    {0x00, 0x1F},        /* C0 controls */
    {0x7F, 0x9F},        /* delete, C1 controls */
    {0xAD, 0xAD},        /* soft hyphen */
    {0x34F, 0x34F},      /* combining grapheme joiner */
    {0x61C, 0x61C},      /* Arabic letter mark */
    {0x115F, 0x1160},    /* Hangul fillers */
    {0x17B4, 0x17B5},    /* Khmer inherent vowels */
    {0x180B, 0x180F},    /* Mongolian selectors and separator */
    {0x200B, 0x200F},    /* zero-width characters, left-to-right and right-to-left marks */
    {0x2028, 0x202E},    /* line and paragraph separators, embeddings and overrides */
    {0x2060, 0x206F},    /* word joiner, invisible operators, isolates, deprecated controls */
    {0x3164, 0x3164},    /* Hangul filler */
    {0xD800, 0xF8FF},    /* surrogates, private use */
    {0xFDD0, 0xFDEF},    /* noncharacters */
    {0xFE00, 0xFE0F},    /* variation selectors */
    {0xFEFF, 0xFEFF},    /* byte order mark */
    {0xFFA0, 0xFFA0},    /* halfwidth Hangul filler */
    {0xFFF0, 0xFFFB},    /* unassigned specials, interlinear annotation */
    {0xFFFE, 0xFFFF},    /* noncharacters */
    {0x1BCA0, 0x1BCA3},  /* shorthand format controls */
    {0x1D173, 0x1D17A},  /* musical format controls */
    {0xE0000, 0x10FFFF}, /* tags, selectors, private use */
};

static const struct range zero_ranges[] = {
    {0x300, 0x36F},   {0x483, 0x489},   {0x591, 0x5BD},   {0x610, 0x61A},   {0x64B, 0x65F},   {0x6D6, 0x6DC}, {0x900, 0x902},
    {0x93C, 0x93C},   {0x941, 0x948},   {0x94D, 0x94D},   {0xE31, 0xE31},   {0xE34, 0xE3A},   {0xE47, 0xE4E}, {0x1AB0, 0x1AFF},
    {0x1DC0, 0x1DFF}, {0x20D0, 0x20FF}, {0x302A, 0x302D}, {0x3099, 0x309A}, {0xFE20, 0xFE2F},
};

static const struct range wide_ranges[] = {
    {0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0x33FF},   {0x3400, 0x4DBF},   {0x4E00, 0x9FFF},   {0xA000, 0xA4CF},
    {0xA960, 0xA97F},   {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},
    {0x16FE0, 0x18CFF}, {0x1B000, 0x1B2FF}, {0x1F300, 0x1F64F}, {0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD},
};

static bool is_in(const struct range *ranges, size_t count, uint32_t code_point)
{
    for (size_t i = 0; i < count && ranges[i].first <= code_point; i++)
        if (code_point <= ranges[i].last)
            return true;
    return false;
}
#define IS_IN(ranges, code_point) is_in(ranges, sizeof(ranges) / sizeof *(ranges), code_point)

bool text_is_unsafe(uint32_t code_point)
{
    return IS_IN(unsafe_ranges, code_point) || (code_point & 0xFFFE) == 0xFFFE;
}

bool text_take(struct str *s, uint32_t *code_point)
{
    const unsigned char *p = (const unsigned char *)s->p;
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n = p[0] < 0x80 ? 1 : p[0] >= 0xC2 && p[0] < 0xE0 ? 2 : p[0] >= 0xE0 && p[0] < 0xF0 ? 3 : p[0] >= 0xF0 && p[0] < 0xF5 ? 4 : 0;
    bool valid = n > 0 && n <= s->n;
    uint32_t c = n < 2 ? p[0] : p[0] & (0x7FU >> n);
    for (size_t i = 1; valid && i < n; i++) {
        valid = (p[i] & 0xC0) == 0x80;
        c = c << 6 | (p[i] & 0x3FU);
    }
    /* Longer than needed, a surrogate, or past the end of Unicode. */
    valid = valid && c >= least[n] && (c < 0xD800 || c > 0xDFFF) && c <= 0x10FFFF;
    *code_point = valid ? c : p[0];
    n = valid ? n : 1;
    *s = (struct str){s->p + n, s->n - n};
    return valid;
}

static void write_escaped(struct buf *out, struct str s, bool ascii_only)
{
    while (s.n) {
        size_t plain = 0;
        while (plain < s.n && s.p[plain] >= ' ' && s.p[plain] < 0x7F)
            plain++;
        buf_add(out, s.p, plain);
        s = (struct str){s.p + plain, s.n - plain};
        if (!s.n)
            break;
        const char *start = s.p;
        uint32_t c;
        if (!text_take(&s, &c))
            buf_printf(out, "\\x%02x", c);
        else if (text_is_unsafe(c) || (ascii_only && c > 0x7F))
            buf_printf(out, c < 0x80 ? "\\x%02x" : "\\u{%x}", c);
        else
            buf_add(out, start, (size_t)(s.p - start));
    }
}

void text_write_safe(struct buf *out, struct str s)
{
    write_escaped(out, s, false);
}

void text_write_ascii(struct buf *out, struct str s)
{
    write_escaped(out, s, true);
}

size_t text_columns(struct str s)
{
    size_t columns = 0;
    while (s.n) {
        uint32_t c;
        bool valid = text_take(&s, &c);
        columns += !valid ? 1 : IS_IN(zero_ranges, c) ? 0 : IS_IN(wide_ranges, c) ? 2 : 1;
    }
    return columns;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text from strangers, made safe to show. The input is that text.
 * Oracle: what is written can be shown; writing it again changes nothing; the ASCII form is ASCII; safe text stays as it
 * is; the pieces of text_take are the text.
 */
#include "fuzz.h"

#include "base/text.h"

static bool is_safe(struct str s, bool ascii)
{
    while (s.n) {
        uint32_t code_point;
        if (!text_take(&s, &code_point) || text_is_unsafe(code_point) || (ascii && code_point > 127))
            return false;
    }
    return true;
}

static void check(struct str text, void (*write)(struct buf *, struct str), bool ascii)
{
    struct buf once, twice;
    buf_init(&once, 1 << 24);
    buf_init(&twice, 1 << 24);
    write(&once, text);
    struct str written = {once.bytes, once.used};
    must(!once.failed && is_safe(written, ascii));
    write(&twice, written);
    must(str_eq(written, (struct str){twice.bytes, twice.used}));
    must(!is_safe(text, ascii) || str_eq(text, written));
    must(text_columns(written) <= 2 * written.n);
    buf_done(&once);
    buf_done(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct str text = {(const char *)bytes, n}, rest = text;
    check(text, text_write_safe, false);
    check(text, text_write_ascii, true);
    while (rest.n) {
        struct str before = rest;
        uint32_t code_point;
        bool good = text_take(&rest, &code_point);
        must(rest.n < before.n && rest.p + rest.n == text.p + text.n);
        must(good ? code_point <= 0x10ffff : before.n - rest.n == 1 && code_point == (uint8_t)*before.p);
    }
    return 0;
}

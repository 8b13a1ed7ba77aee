/* SPDX-License-Identifier: Apache-2.0 */
/* test_text - text from strangers: what stays, what is shown escaped, and how wide it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"

enum { CAP_BYTES = 1 << 20 };

static void check_both(struct str s, const char *safe, const char *ascii)
{
    struct buf out;
    buf_init(&out, CAP_BYTES);
    text_write_safe(&out, s);
    assert_int_equal(out.used, strlen(safe));
    assert_memory_equal(out.bytes, safe, out.used);

    struct buf again;
    buf_init(&again, CAP_BYTES);
    text_write_safe(&again, (struct str){out.bytes, out.used});
    assert_int_equal(again.used, out.used);
    assert_memory_equal(again.bytes, out.bytes, out.used);

    buf_clear(&out);
    text_write_ascii(&out, s);
    assert_int_equal(out.used, strlen(ascii));
    assert_memory_equal(out.bytes, ascii, out.used);
    buf_done(&again);
    buf_done(&out);
}

static void good_text_stays(void **state)
{
    (void)state;
    check_both(STR("220 mx1.example.org ESMTP \\o/ <tag> ~"), "220 mx1.example.org ESMTP \\o/ <tag> ~", "220 mx1.example.org ESMTP \\o/ <tag> ~");
    check_both(STR("b\xc3\xbc"
                   "cher"),
               "b\xc3\xbc"
               "cher",
               "b\\u{fc}cher");
    check_both(STR("\xe2\x82\xac \xf0\x9f\x93\xa7"), "\xe2\x82\xac \xf0\x9f\x93\xa7", "\\u{20ac} \\u{1f4e7}");
}

static void what_moves_the_cursor_is_escaped(void **state)
{
    (void)state;
    check_both(STR("\x1b[31mred\x1b[0m"), "\\x1b[31mred\\x1b[0m", "\\x1b[31mred\\x1b[0m");
    check_both(STR("a\rb\nc\td\0e\x7f"), "a\\x0db\\x0ac\\x09d\\x00e\\x7f", "a\\x0db\\x0ac\\x09d\\x00e\\x7f");
    check_both(STR("\xc2\x9b"
                   "31m"),
               "\\u{9b}31m", "\\u{9b}31m"); /* CSI of eight bits, as UTF-8 */
}

static void what_a_reader_cannot_see_is_escaped(void **state)
{
    (void)state;
    static const struct {
        const char *text, *shown;
    } hidden[] = {
        {"\xe2\x80\xae"
         "gro.elpmaxe",
         "\\u{202e}gro.elpmaxe"},
        {"\xe2\x81\xa6", "\\u{2066}"},
        {"\xe2\x80\x8b", "\\u{200b}"},
        {"\xd8\x9c", "\\u{61c}"},
        {"\xe2\x80\xa8", "\\u{2028}"},
        {"\xef\xbb\xbf", "\\u{feff}"},
        {"\xf3\xa0\x81\x81", "\\u{e0041}"},
        {"\xf0\x9f\xbf\xbf", "\\u{1ffff}"},
        {"\xee\x80\x80", "\\u{e000}"},
    };
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
        check_both(str_of(hidden[i].text), hidden[i].shown, hidden[i].shown);
}

static void octets_that_are_no_utf8_are_shown_one_by_one(void **state)
{
    (void)state;
    static const struct {
        const char *text, *shown;
    } bad[] = {
        {"Gr\xfc\xdf"
         "e",
         "Gr\\xfc\\xdfe"},          /* ISO 8859-1 */
        {"\xc0\xaf", "\\xc0\\xaf"}, /* longer than needed */
        {"\xe0\x80\xaf", "\\xe0\\x80\\xaf"},
        {"\xed\xa0\x80", "\\xed\\xa0\\x80"},          /* a surrogate */
        {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"}, /* past the end of Unicode */
        {"\x80", "\\x80"},                            /* out of nowhere */
        {"cut\xe2\x82", "cut\\xe2\\x82"},             /* cut short */
        {"\xe2\x28\xa1", "\\xe2(\\xa1"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        check_both(str_of(bad[i].text), bad[i].shown, bad[i].shown);
}

static void width_counts_what_a_terminal_shows(void **state)
{
    (void)state;
    assert_int_equal(text_columns(STR("")), 0);
    assert_int_equal(text_columns(STR("mx1.example.org")), 15);
    assert_int_equal(text_columns(STR("b\xc3\xbc"
                                      "cher")),
                     6);
    assert_int_equal(text_columns(STR("e\xcc\x81")), 1);                             /* e and a combining accent */
    assert_int_equal(text_columns(STR("\xe4\xbe\x8b\xe3\x81\x88.\xe3\x83\x86")), 7); /* wide characters */
    assert_int_equal(text_columns(STR("\xf0\x9f\x93\xa7")), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_text_stays),
        cmocka_unit_test(what_moves_the_cursor_is_escaped),
        cmocka_unit_test(what_a_reader_cannot_see_is_escaped),
        cmocka_unit_test(octets_that_are_no_utf8_are_shown_one_by_one),
        cmocka_unit_test(width_counts_what_a_terminal_shows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

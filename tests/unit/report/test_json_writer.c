/* SPDX-License-Identifier: Apache-2.0 */
/* test_json_writer - JSON as text: form, numbers, and strings that may hold anything. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "report/json_writer.h"

enum { OUT_BYTES_MAX = 1024 * 1024 };

static struct buf out;

static int set_up(void **state)
{
    (void)state;
    buf_init(&out, OUT_BYTES_MAX);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    buf_done(&out);
    return 0;
}

static void expect(const char *text)
{
    buf_add_char(&out, '\0');
    assert_false(out.failed);
    assert_string_equal(out.bytes, text);
}

static void write_sample(unsigned indent)
{
    struct json j;
    json_init(&j, &out, indent);
    json_open_object(&j);
    json_key(&j, "empty");
    json_open_array(&j);
    json_close_array(&j);
    json_key(&j, "list");
    json_open_array(&j);
    json_number(&j, 1);
    json_open_object(&j);
    json_close_object(&j);
    json_no_value(&j);
    json_close_array(&j);
    json_key(&j, "yes");
    json_bool(&j, true);
    json_close_object(&j);
}

static void without_indent_it_is_one_line(void **state)
{
    (void)state;
    write_sample(0);
    expect("{\"empty\":[],\"list\":[1,{},null],\"yes\":true}");
}

static void with_indent_each_member_has_its_line(void **state)
{
    (void)state;
    write_sample(2);
    expect("{\n  \"empty\": [],\n  \"list\": [\n    1,\n    {},\n    null\n  ],\n  \"yes\": true\n}");
}

static void deep_levels_are_indented_as_far_as_they_are_deep(void **state)
{
    (void)state;
    struct json j;
    json_init(&j, &out, 8);
    for (size_t i = 0; i < 12; i++)
        json_open_array(&j);
    json_number(&j, 7);
    for (size_t i = 0; i < 12; i++)
        json_close_array(&j);
    buf_add_char(&out, '\0');
    const char *seven = strchr(out.bytes, '7');
    assert_non_null(seven);
    size_t blanks = 0;
    while (seven[-1 - (ptrdiff_t)blanks] == ' ')
        blanks++;
    assert_int_equal(blanks, 12 * 8);
}

static void numbers_are_whole_and_exact(void **state)
{
    (void)state;
    static const struct {
        int64_t n;
        const char *text;
    } cases[] = {{0, "0"}, {-1, "-1"}, {1000, "1000"}, {INT64_MAX, "9223372036854775807"}, {INT64_MIN, "-9223372036854775808"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct json j;
        buf_clear(&out);
        json_init(&j, &out, 0);
        json_number(&j, cases[i].n);
        expect(cases[i].text);
    }
}

static void strings_are_utf8_whatever_came(void **state)
{
    (void)state;
    static const struct {
        struct str said;
        const char *text;
    } cases[] = {
        {{"", 0}, "\"\""},
        {{"plain 250 ok", 12}, "\"plain 250 ok\""},
        {{"\"\\\n\t\r\b\f", 7}, "\"\\\"\\\\\\n\\t\\r\\b\\f\""},
        {{"a\0b", 3}, "\"a\\u0000b\""},
        {{"\x1b[31m", 5}, "\"\\u001b[31m\""},
        {{"m\xc3\xbcn", 4}, "\"m\xc3\xbcn\""},
        {{"\xff\xc3", 2}, "\"\\\\xff\\\\xc3\""},            /* no UTF-8 */
        {{"\xe2\x80\xae", 3}, "\"\\u202e\""},               /* turns the order of what follows */
        {{"\xf3\xa0\x81\x81", 4}, "\"\\udb40\\udc41\""},    /* a tag nobody sees */
        {{"\xed\xa0\x80", 3}, "\"\\\\xed\\\\xa0\\\\x80\""}, /* a surrogate is no UTF-8 */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct json j;
        buf_clear(&out);
        json_init(&j, &out, 0);
        json_str(&j, cases[i].said);
        expect(cases[i].text);
    }
}

static void write_alone(const char *octets, size_t n)
{
    struct json j;
    buf_clear(&out);
    json_init(&j, &out, 0);
    json_str(&j, (struct str){octets, n});
}

/* Octets are looked at in groups: none may be overlooked, wherever it stands. */
static void an_octet_is_written_alike_wherever_it_stands(void **state)
{
    enum { LENGTH = 19, WRITTEN_MAX = 16 };
    (void)state;
    for (unsigned c = 0; c < 256; c++) {
        const char octet = (char)c;
        char alone[WRITTEN_MAX];
        write_alone(&octet, 1);
        const size_t n = out.used - 2; /* without the quotes */
        memcpy(alone, out.bytes + 1, n);
        for (size_t at = 0; at < LENGTH; at++) {
            char text[LENGTH];
            memset(text, '~', sizeof text);
            text[at] = octet;
            write_alone(text, sizeof text);
            assert_int_equal(out.used, LENGTH - 1 + n + 2);
            assert_memory_equal(out.bytes + 1 + at, alone, n);
        }
    }
}

static void a_full_buffer_is_said_not_hidden(void **state)
{
    (void)state;
    struct buf small;
    struct json j;
    buf_init(&small, 10);
    json_init(&j, &small, 0);
    json_str(&j, STR("more than ten octets"));
    assert_true(small.failed);
    buf_done(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(without_indent_it_is_one_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(with_indent_each_member_has_its_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(deep_levels_are_indented_as_far_as_they_are_deep, set_up, tear_down),
        cmocka_unit_test_setup_teardown(numbers_are_whole_and_exact, set_up, tear_down),
        cmocka_unit_test_setup_teardown(strings_are_utf8_whatever_came, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_octet_is_written_alike_wherever_it_stands, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_full_buffer_is_said_not_hidden, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

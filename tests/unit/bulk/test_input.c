/* SPDX-License-Identifier: Apache-2.0 */
/* bulk/input: which names stand in a file, and on which lines; however the octets come. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "bulk/input.h"

static void write_line(struct buf *out, const struct input_line *line)
{
    buf_printf(out, "%llu:%.*s", (unsigned long long)line->number, (int)(line->problem ? 0 : line->text.n), line->text.p);
    buf_printf(out, line->problem ? "(%s) " : " ", line->problem);
}

/* "1:a.example 3:b.example " out of pieces of `step` octets. */
static void read_all(struct buf *out, const char *column, struct str text, size_t step)
{
    struct input in;
    struct input_line line;
    enum input_result result = INPUT_MORE;
    input_init(&in, column);
    while (text.n && result != INPUT_NO_COLUMN) {
        struct str piece = {text.p, text.n < step ? text.n : step};
        text = (struct str){text.p + piece.n, text.n - piece.n};
        while ((result = input_next(&in, &piece, &line)) == INPUT_LINE)
            write_line(out, &line);
    }
    if (result != INPUT_NO_COLUMN && (result = input_last(&in, &line)) == INPUT_LINE)
        write_line(out, &line);
    if (result == INPUT_NO_COLUMN)
        buf_add_cstr(out, "no column");
    buf_add_char(out, '\0');
}

static void expect(const char *column, struct str text, const char *names)
{
    for (size_t step = 1; step < 9; step++) {
        struct buf out;
        buf_init(&out, 1024 * 1024);
        read_all(&out, column, text, step);
        assert_string_equal(out.bytes, names);
        buf_done(&out);
    }
}

static void a_name_stands_on_each_line(void **state)
{
    (void)state;
    expect(NULL, STR("a.example\nb.example\n"), "1:a.example 2:b.example ");
    expect(NULL, STR("a.example\r\n\r\n  b.example \t\r\n"), "1:a.example 3:b.example ");
    expect(NULL, STR("# comment\n\na.example"), "3:a.example ");
    expect(NULL,
           STR("\xef\xbb\xbf"
               "a.example\n"),
           "1:a.example ");
    expect(NULL, STR(""), "");
    expect(NULL, STR("\n\n"), "");
    expect(NULL, STR("a.example,\"b\"\n"), "1:a.example,\"b\" ");
}

static void what_cannot_be_a_name_is_told_with_its_line(void **state)
{
    (void)state;
    struct buf text;
    buf_init(&text, 2 * 1024 * 1024);
    for (size_t i = 0; i < 1024 * 1024; i++)
        buf_add_char(&text, 'x');
    buf_add_cstr(&text, "\nb.example\n");
    expect(NULL, (struct str){text.bytes, text.used}, "1:(it is too long for a name) 2:b.example ");
    buf_done(&text);
    expect(NULL, STR("a\0b\nb.example\n"), "1:(it holds a NUL) 2:b.example ");
}

static void a_column_is_found_by_the_header(void **state)
{
    (void)state;
    expect("domain", STR("rank,domain,why\n1,a.example,x\n2,b.example,\n"), "2:a.example 3:b.example ");
    expect("Domain", STR("domain\r\na.example\r\n"), "2:a.example ");
    expect("why", STR("rank,domain,why\n1,a.example,x"), "2:x ");
    expect("domain",
           STR("\xef\xbb\xbf"
               "domain\na.example\n"),
           "2:a.example ");
    expect("domain", STR("rank,name\n1,a.example\n"), "no column");
    expect("domain", STR("rank"), "no column");
    expect("domain", STR(""), "no column");
}

static void a_column_is_found_by_its_number(void **state)
{
    (void)state;
    expect("2", STR("1,a.example\n2,b.example,more,still\n"), "1:a.example 2:b.example ");
    expect("1", STR("a.example,\"two\nlines, and a comma\"\nb.example\n"), "1:a.example 2:b.example ");
}

static void fields_may_be_quoted(void **state)
{
    (void)state;
    expect("2", STR("\"1,2\",\"a.example\"\r\n"), "1:a.example ");
    expect("2", STR("\"he said \"\"no\"\"\",a.example\n"), "1:a.example ");
    expect("1", STR("\"a\"\"b\"\n"), "1:a\"b ");
    expect("2", STR("a\"b,c.example\n"), "1:c.example ");
    expect("1", STR("#1.example,x\n"), "1:#1.example ");
}

static void a_record_with_too_few_fields_is_told(void **state)
{
    (void)state;
    expect("domain", STR("rank,domain\n1\n\n2,a.example\n"), "2:(the record has too few fields) 4:a.example ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_stands_on_each_line),
        cmocka_unit_test(what_cannot_be_a_name_is_told_with_its_line),
        cmocka_unit_test(a_column_is_found_by_the_header),
        cmocka_unit_test(a_column_is_found_by_its_number),
        cmocka_unit_test(fields_may_be_quoted),
        cmocka_unit_test(a_record_with_too_few_fields_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* bulk/scan: what is wanted of a JSON text is found, whatever stands around it and however it comes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "bulk/scan.h"

enum { A = SCAN_ROOT + 1, LIST, NAME, INNER };
static const struct scan_row rows[] = {{SCAN_ROOT, "a", A}, {SCAN_ROOT, "list", LIST}, {LIST, "name", NAME}, {LIST, "inner", INNER}, {INNER, "name", NAME}};

static void on_value(void *arg, unsigned node, struct str text)
{
    buf_printf(arg, "%u=%.*s ", node, (int)text.n, text.p);
}

static void on_opened(void *arg, unsigned node)
{
    buf_printf(arg, "%u{ ", node);
}

static void on_closed(void *arg, unsigned node)
{
    buf_printf(arg, "}%u ", node);
}

/* What is seen of a text; in pieces of every size it must be the same. "broken": it is not whole. */
static void expect(struct str text, const char *wanted)
{
    for (size_t step = 1; step < 12; step++) {
        struct scan s;
        struct buf seen;
        buf_init(&seen, 64 * 1024);
        scan_init(&s, rows, sizeof rows / sizeof *rows);
        s.value = on_value;
        s.opened = on_opened;
        s.closed = on_closed;
        s.arg = &seen;
        for (size_t i = 0; i < text.n; i += step)
            scan_feed(&s, (struct str){text.p + i, text.n - i < step ? text.n - i : step});
        if (!scan_is_whole(&s)) {
            buf_clear(&seen);
            buf_add_cstr(&seen, "broken");
        }
        buf_add_char(&seen, '\0');
        assert_string_equal(seen.bytes, wanted);
        buf_done(&seen);
    }
}

static void wanted_members_are_found(void **state)
{
    (void)state;
    expect(STR("{\"a\":\"x\"}"), "1{ 2=x }1 ");
    expect(STR("{ \"a\" : 12 , \"b\" : [ 1, {\"a\":2} ] }"), "1{ 2=12 }1 ");
    expect(STR("{\"b\":{\"a\":1,\"list\":[{\"name\":1}]},\"a\":null}"), "1{ 2=null }1 ");
    expect(STR("{\"list\":[{\"name\":\"n\",\"x\":[[1],[{}]]},{\"inner\":{\"name\":true}}],\"a\":-1.5e3}"), "1{ 3{ 4=n }3 3{ 5{ 4=true }5 }3 2=-1.5e3 }1 ");
    expect(STR("{\"list\":[],\"a\":[\"x\",\"y\"]}"), "1{ 2=x 2=y }1 ");
    expect(STR("{\"list\":[[{\"name\":1}]]}"), "1{ 3{ 4=1 }3 }1 ");
}

static void text_that_looks_like_structure_is_none(void **state)
{
    (void)state;
    expect(STR("{\"b\":\"\\\"a\\\":1,{[\\\\\",\"a\":\"}\\\"]\\\\\"}"), "1{ 2=}\"]\\ }1 ");
    expect(STR("{\"a\\\"\":1,\"\\\\\":2,\"a\":3}"), "1{ 2=3 }1 ");
    expect(STR("{\"a\":\"\\u202e \\n \\/\"}"), "1{ 2=\\u202e \\n / }1 ");
}

static void what_is_not_whole_is_told(void **state)
{
    (void)state;
    const struct str whole = STR("{\"a\":[1,{\"x\":\"y\"}]}");
    for (size_t n = 0; n < whole.n; n++)
        expect((struct str){whole.p, n}, "broken");
    expect(STR("{\"a\":[1}"), "broken");
    expect(STR("]"), "broken");
    expect(STR("{}{}"), "broken");
    expect(STR("{\"b\":[1,{\"x\":\"]}\"}"), "broken");
    expect(STR("{\"b\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]],\"a\":2}"), "1{ 2=2 }1 ");
    expect(STR("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"), "broken");
}

static void a_long_value_is_cut(void **state)
{
    (void)state;
    struct buf text, wanted;
    buf_init(&text, 64 * 1024);
    buf_init(&wanted, 64 * 1024);
    buf_add_cstr(&text, "{\"a\":\"");
    buf_add_cstr(&wanted, "1{ 2=");
    for (size_t i = 0; i < 4000; i++)
        buf_add_char(&text, 'x');
    for (size_t i = 0; i < SCAN_TEXT_BYTES; i++)
        buf_add_char(&wanted, 'x');
    buf_add_cstr(&text, "\"}");
    buf_add(&wanted, " }1 ", 5);
    expect((struct str){text.bytes, text.used}, wanted.bytes);
    buf_done(&text);
    buf_done(&wanted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wanted_members_are_found),
        cmocka_unit_test(text_that_looks_like_structure_is_none),
        cmocka_unit_test(what_is_not_whole_is_told),
        cmocka_unit_test(a_long_value_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* bulk/window: what goes in comes out once, in another order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "bulk/window.h"

static void add(struct window *w, uint64_t number)
{
    char text[32];
    snprintf(text, sizeof text, "n%llu.test", (unsigned long long)number);
    assert_int_equal(window_add(w, number, str_of(text)), 0);
}

static void what_goes_in_comes_out_once(void **state)
{
    (void)state;
    struct window w;
    bool seen[1001] = {false};
    size_t in_place = 0;
    assert_int_equal(window_init(&w, 1000), 0);
    for (uint64_t i = 1; i <= 1000; i++) {
        assert_false(window_is_full(&w));
        add(&w, i);
    }
    assert_true(window_is_full(&w));
    for (size_t i = 1; i <= 1000; i++) {
        char text[32];
        struct bulk_name *name = window_take(&w);
        assert_non_null(name);
        assert_in_range(name->number, 1, 1000);
        assert_false(seen[name->number]);
        seen[name->number] = true;
        snprintf(text, sizeof text, "n%llu.test", (unsigned long long)name->number);
        assert_string_equal(name->text, text);
        assert_int_equal(name->n, strlen(text));
        assert_int_equal(name->asked, 0);
        in_place += name->number == i;
        free(name);
    }
    assert_null(window_take(&w));
    assert_int_equal(w.octets, 0);
    assert_in_range(in_place, 0, 20); /* one, by chance */
    window_done(&w);
}

/* A window that is filled up after each name: nobody stays in it for ever, and neighbours part. */
static void neighbours_part(void **state)
{
    (void)state;
    struct window w;
    uint64_t next = 1, last = 0;
    size_t neighbours = 0;
    assert_int_equal(window_init(&w, 100), 0);
    for (size_t i = 0; i < 2000; i++) {
        while (!window_is_full(&w))
            add(&w, next++);
        struct bulk_name *name = window_take(&w);
        neighbours += name->number == last + 1;
        last = name->number;
        free(name);
    }
    assert_in_range(neighbours, 0, 100);
    window_done(&w); /* what is left goes with it */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_goes_in_comes_out_once),
        cmocka_unit_test(neighbours_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

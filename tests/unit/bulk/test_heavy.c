/* SPDX-License-Identifier: Apache-2.0 */
/* bulk/heavy: exact while there is room; then never too much, and never further off than it says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "bulk/heavy.h"

static void count(struct heavy *h, const char *name, unsigned times)
{
    for (unsigned i = 0; i < times; i++)
        assert_int_equal(heavy_count(h, str_of(name), i % 2 == 0, i % 4 == 0), 0);
}

static void few_names_are_counted_exactly(void **state)
{
    (void)state;
    struct heavy h;
    const struct heavy_entry *list[10];
    assert_int_equal(heavy_init(&h, 100), 0);
    count(&h, "mx.b.test", 4);
    count(&h, "mx.c.test", 9);
    count(&h, "mx.a.test", 4);
    count(&h, "", 1);
    assert_int_equal(heavy_list(&h, list, 10), 4);
    assert_string_equal(list[0]->name, "mx.c.test");
    assert_int_equal(list[0]->domains, 9);
    assert_int_equal(list[0]->sole, 5);
    assert_int_equal(list[0]->with_errors, 3);
    assert_int_equal(list[0]->missed, 0);
    assert_string_equal(list[1]->name, "mx.a.test"); /* as many, so by name */
    assert_string_equal(list[2]->name, "mx.b.test");
    assert_int_equal(h.given_up, 0);
    assert_int_equal(heavy_list(&h, list, 2), 2);
    heavy_done(&h);
}

static void a_table_grows_to_its_bound_and_stays_exact(void **state)
{
    (void)state;
    struct heavy h;
    const struct heavy_entry *list[5000];
    char name[32];
    assert_int_equal(heavy_init(&h, 5000), 0);
    for (unsigned i = 1; i <= 5000; i++) {
        snprintf(name, sizeof name, "mx%u.test", i);
        count(&h, name, i % 7 + 1);
    }
    assert_int_equal(h.given_up, 0);
    assert_int_equal(heavy_list(&h, list, 5000), 5000);
    for (size_t i = 0; i < 5000; i++) {
        unsigned number;
        assert_int_equal(sscanf(list[i]->name, "mx%u.test", &number), 1);
        assert_int_equal(list[i]->domains, number % 7 + 1);
    }
    heavy_done(&h);
}

/* mx-K is used by 6000 / K domains, in turn; the table holds 200 of 3000 names. */
static void what_many_use_stays_when_there_are_too_many(void **state)
{
    (void)state;
    enum { NAMES = 3000, MOST = 6000 };
    struct heavy h;
    const struct heavy_entry *list[20];
    char name[32];
    assert_int_equal(heavy_init(&h, 200), 0);
    for (unsigned round = 1; round <= MOST; round++)
        for (unsigned k = 1; k <= NAMES && k * round <= MOST; k++) {
            snprintf(name, sizeof name, "mx-%u.test", k);
            count(&h, name, 1);
            assert_in_range(h.count, 1, 200);
        }
    assert_true(h.given_up > 0);
    assert_int_equal(heavy_list(&h, list, 20), 20);
    for (unsigned i = 0; i < 20; i++) {
        unsigned k;
        assert_int_equal(sscanf(list[i]->name, "mx-%u.test", &k), 1);
        if (list[i]->domains > MOST / k || list[i]->domains + list[i]->missed < MOST / k)
            fail_msg("%s: %llu and at most %llu missed, of %u", list[i]->name, (unsigned long long)list[i]->domains, (unsigned long long)list[i]->missed,
                     MOST / k);
        if (i < 5)
            assert_int_equal(k, i + 1);
    }
    heavy_done(&h);
}

static void a_long_name_is_cut(void **state)
{
    (void)state;
    struct heavy h;
    const struct heavy_entry *list[2];
    char name[HEAVY_NAME_BYTES + 10];
    memset(name, 'x', sizeof name);
    assert_int_equal(heavy_init(&h, 10), 0);
    assert_int_equal(heavy_count(&h, (struct str){name, sizeof name}, true, false), 0);
    assert_int_equal(heavy_count(&h, (struct str){name, sizeof name - 1}, true, false), 0);
    assert_int_equal(heavy_list(&h, list, 2), 1);
    assert_int_equal(list[0]->name_bytes, HEAVY_NAME_BYTES);
    heavy_done(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_names_are_counted_exactly),
        cmocka_unit_test(a_table_grows_to_its_bound_and_stays_exact),
        cmocka_unit_test(what_many_use_stays_when_there_are_too_many),
        cmocka_unit_test(a_long_name_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

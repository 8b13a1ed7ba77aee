/* SPDX-License-Identifier: Apache-2.0 */
/* base/hash: the published test vectors, and that a seed makes another function. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/hash.h"

static void gives_the_published_values(void **state)
{
    (void)state;
    assert_int_equal(hash_str(0, STR("")), 0xcbf29ce484222325u);
    assert_int_equal(hash_str(0, STR("a")), 0xaf63dc4c8601ec8cu);
    assert_int_equal(hash_str(0, STR("foobar")), 0x85944171f73967e8u);
    assert_int_equal(hash_str(0, (struct str){"\0", 1}), 0xaf63bd4c8601b7dfu);
}

static void another_seed_sorts_otherwise(void **state)
{
    (void)state;
    size_t same = 0;
    for (char c = 'a'; c <= 'z'; c++)
        same += hash_fold(hash_str(1, (struct str){&c, 1})) % 64 == hash_fold(hash_str(0x5555, (struct str){&c, 1})) % 64;
    assert_true(same < 13);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_the_published_values),
        cmocka_unit_test(another_seed_sorts_otherwise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

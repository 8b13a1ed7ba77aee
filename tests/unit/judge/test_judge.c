/* SPDX-License-Identifier: Apache-2.0 */
/* test_judge - what holds for every row: the healthy world, gates, unknowns that stem from others, owners, order, choice of rows. */
#include "world.h"

static void nothing_is_found_where_nothing_is_wrong(void **state)
{
    expect_findings(*state, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(nothing_is_found_where_nothing_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

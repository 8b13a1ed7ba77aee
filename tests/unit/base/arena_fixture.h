/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena_fixture - one arena of the test program's own, made by set_up and gone with tear_down, as cmocka wants them.
 *
 * Memory: the arena. Limits: ARENA_FIXTURE_BYTES. Fails: never.
 */
#ifndef TESTS_ARENA_FIXTURE_H
#define TESTS_ARENA_FIXTURE_H

#include "base/arena.h"

enum { ARENA_FIXTURE_BYTES = 1 << 22 };

static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, ARENA_FIXTURE_BYTES);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

#endif

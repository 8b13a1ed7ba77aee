/* SPDX-License-Identifier: Apache-2.0 */
/* test_memory - arena and buf: their caps hold, their failures stay. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"

static void an_arena_never_passes_its_cap(void **state)
{
    (void)state;
    struct arena a;
    size_t got = 0;
    arena_init(&a, 100000);
    for (size_t n = 1; arena_alloc(&a, n); n = n * 2 % 7001 + 1)
        got += n;
    assert_true(a.exhausted);
    assert_true(got <= 100000);
    assert_true(a.used_bytes <= 100000);
    assert_null(arena_array(&a, SIZE_MAX / 8, 16));
    arena_done(&a);
}

static void memory_of_an_arena_is_zeroed_and_apart(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 1 << 20);
    char *blocks[200];
    for (size_t i = 0; i < 200; i++) {
        blocks[i] = arena_alloc(&a, i * 37 + 1);
        for (size_t k = 0; k < i * 37 + 1; k++)
            assert_int_equal(blocks[i][k], 0);
        memset(blocks[i], (int)i, i * 37 + 1);
    }
    for (size_t i = 0; i < 200; i++)
        assert_int_equal((unsigned char)blocks[i][i * 37], i);
    arena_done(&a);
}

static void copies_end_in_nul(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 4096);
    struct str s = arena_copy(&a, (struct str){"abcdef", 3});
    assert_string_equal(s.p, "abc");
    assert_int_equal(s.n, 3);
    assert_string_equal(arena_printf(&a, "%s-%d", "x", 7), "x-7");
    assert_null(arena_strdup(&a, NULL));
    arena_done(&a);
}

static void a_buf_fails_once_and_for_all(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 10);
    buf_add_cstr(&b, "12345");
    buf_add_cstr(&b, "678901");
    assert_true(b.failed);
    buf_add_char(&b, 'x');
    assert_int_equal(b.used, 5);
    buf_clear(&b);
    buf_add_cstr(&b, "abcd");
    buf_take(&b, 2);
    assert_memory_equal(b.bytes, "cd", 2);
    assert_false(b.failed);
    buf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_arena_never_passes_its_cap),
        cmocka_unit_test(memory_of_an_arena_is_zeroed_and_apart),
        cmocka_unit_test(copies_end_in_nul),
        cmocka_unit_test(a_buf_fails_once_and_for_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* How often, and with which key: limits, keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "serve/keys.h"
#include "serve/limits.h"

/* "token" and "other" */
#define TOKEN_DIGEST "3c469e9d6c5875d37a43f353d4f88e61fcf812c66eee3457465a40b0da4153e0"
#define OTHER_DIGEST "d9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa"

static struct ip ip(const char *text)
{
    struct ip ip;
    assert_true(ip_parse(str_of(text), &ip));
    return ip;
}

static void test_a_burst_then_one_in_each_period(void **state)
{
    (void)state;
    struct limits *l = limits_new();
    const struct limit_rate *rate = &limit_rates[LIMIT_TARGET];
    struct mono now = {1000000000};
    for (unsigned i = 0; i < rate->burst; i++)
        assert_int_equal(limits_take(l, LIMIT_TARGET, STR("a.test"), now), 0);
    assert_int_equal(limits_take(l, LIMIT_TARGET, STR("a.test"), now), rate->period_ms / 1000);
    assert_int_equal(limits_take(l, LIMIT_TARGET, STR("b.test"), now), 0);
    assert_int_equal(limits_take(l, LIMIT_STARTS, STR("a.test"), now), 0);
    now.us += (int64_t)rate->period_ms * 1000 - 1;
    assert_int_equal(limits_take(l, LIMIT_TARGET, STR("a.test"), now), 1);
    now.us += 1;
    assert_int_equal(limits_take(l, LIMIT_TARGET, STR("a.test"), now), 0);
    assert_int_not_equal(limits_take(l, LIMIT_TARGET, STR("a.test"), now), 0);
    limits_free(l);
}

static void test_a_client_is_an_address_or_a_network_of_64_bits(void **state)
{
    (void)state;
    const struct ip a = ip("2001:db8:0:1::1"), b = ip("2001:db8:0:1:ffff::2"), c = ip("2001:db8:0:2::1"), v4 = ip("192.0.2.1"), near_v4 = ip("192.0.2.2");
    assert_true(str_eq(limits_client(&a), limits_client(&b)));
    assert_false(str_eq(limits_client(&a), limits_client(&c)));
    assert_false(str_eq(limits_client(&v4), limits_client(&near_v4)));
}

/* Many clients push each other out; who is at his limit stays remembered before those who are not. */
static void test_a_crowd_does_not_free_who_is_at_his_limit(void **state)
{
    (void)state;
    struct limits *l = limits_new();
    const struct mono now = {1000000000};
    while (limits_take(l, LIMIT_STARTS, STR("hammer"), now) == 0)
        ;
    for (unsigned i = 0; i < 10 * LIMITS_BUCKETS; i++) {
        char name[16];
        snprintf(name, sizeof name, "%u", i);
        limits_take(l, LIMIT_STARTS, str_of(name), now);
    }
    assert_int_not_equal(limits_take(l, LIMIT_STARTS, STR("hammer"), now), 0);
    limits_free(l);
}

static void test_a_file_of_keys(void **state)
{
    (void)state;
    char error[200];
    struct keys *k = keys_parse(STR("# keys\n\nops read,check,deep " TOKEN_DIGEST "\r\n  board read " OTHER_DIGEST " # the wall\n"), error, sizeof error);
    assert_non_null(k);
    assert_int_equal(k->count, 2);
    assert_string_equal(keys_find(k, STR("token"))->name, "ops");
    assert_int_equal(keys_find(k, STR("token"))->scopes, SCOPE_READ | SCOPE_CHECK | SCOPE_DEEP);
    assert_string_equal(keys_find(k, STR("other"))->name, "board");
    assert_null(keys_find(k, STR("toke")));
    assert_null(keys_find(k, STR("")));
    assert_null(keys_find(k, STR(TOKEN_DIGEST))); /* the digest is no key */
    keys_free(k);
}

static void test_what_is_wrong_with_a_file_of_keys(void **state)
{
    static const char *const wrong[] = {"ops read",
                                        "ops " TOKEN_DIGEST,
                                        "ops write " TOKEN_DIGEST,
                                        "ops read,read " TOKEN_DIGEST,
                                        "ops read " TOKEN_DIGEST "0",
                                        "ops read " TOKEN_DIGEST " more",
                                        "ops read zz" TOKEN_DIGEST};
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char error[200], text[400];
        snprintf(text, sizeof text, "# one\n%s\n", wrong[i]);
        assert_null(keys_parse(str_of(text), error, sizeof error));
        assert_memory_equal(error, "line 2: ", 8);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_burst_then_one_in_each_period),           cmocka_unit_test(test_a_client_is_an_address_or_a_network_of_64_bits),
        cmocka_unit_test(test_a_crowd_does_not_free_who_is_at_his_limit), cmocka_unit_test(test_a_file_of_keys),
        cmocka_unit_test(test_what_is_wrong_with_a_file_of_keys),
    };
    return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}

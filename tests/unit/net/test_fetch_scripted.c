/* SPDX-License-Identifier: Apache-2.0 */
/* test_fetch_scripted - the fetcher of the other tests keeps what net/fetch.h promises. */
#include "net/fetch_scripted.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct loop *loop;
static struct fetcher *fetcher;
static struct arena arena;
static struct ip ips[2];
static struct fetch_facts facts;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, 1 << 20);
    loop = loop_new_virtual((struct wall){1795529100});
    fetcher = scripted_fetcher_new(loop);
    return ip_parse(STR("192.0.2.1"), &ips[0]) && ip_parse(STR("192.0.2.2"), &ips[1]) && fetcher ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    fetcher_free(fetcher);
    loop_free(loop);
    arena_done(&arena);
    return 0;
}

static void on_fetched(void *arg)
{
    ++*(int *)arg;
}

static void get(const char *host)
{
    const struct fetch_request request = {.host = host, .path = "/x", .ips = ips, .ip_count = 2, .port = HTTPS_PORT,
                                          .body_max_bytes = 8, .connect_limit_ms = 1000, .limit_ms = 5000};
    struct fetch fetch = {0};
    int called = 0;
    fetch_start(fetcher, &fetch, &request, &facts, &arena, on_fetched, &called);
    assert_int_equal(called, 0);
    assert_int_equal(scripted_fetch_open(fetcher), 1);
    assert_int_equal(loop_run(loop), 0);
    assert_int_equal(called, 1);
    assert_int_equal(scripted_fetch_open(fetcher), 0);
}

static void a_page(void **state)
{
    (void)state;
    scripted_fetch_serve(fetcher, "a.test", &(struct scripted_page){.result = FETCH_DONE, .content_type = "text/plain", .body = STR("8 octets"), .delay_ms = 70});
    get("A.test");
    assert_int_equal(facts.result, FETCH_DONE);
    assert_int_equal(facts.status, 200);
    assert_true(facts.connected && ip_eq(facts.ip, ips[0]) && str_is(facts.body, "8 octets"));
    assert_string_equal(facts.content_type, "text/plain");
    assert_int_equal(facts.took_ms, 70);
    assert_int_equal(scripted_fetch_count(fetcher, "a.test"), 1);
}

static void other_ends(void **state)
{
    (void)state;
    scripted_fetch_serve(fetcher, "a.test", &(struct scripted_page){.result = FETCH_DONE, .body = STR("9 octets.")});
    get("a.test");
    assert_int_equal(facts.result, FETCH_TOO_LARGE);
    assert_int_equal(facts.body.n, 8);
    scripted_fetch_serve(fetcher, "a.test", &(struct scripted_page){.result = FETCH_CERT_NAME, .error = "whose name?"});
    get("a.test");
    assert_int_equal(facts.result, FETCH_CERT_NAME);
    assert_true(facts.connected);
    scripted_fetch_serve(fetcher, "a.test", &(struct scripted_page){.result = FETCH_REFUSED});
    get("a.test");
    assert_int_equal(facts.result, FETCH_REFUSED);
    assert_true(!facts.connected && ip_eq(facts.ip, ips[1]));
    scripted_fetch_serve(fetcher, "a.test", &(struct scripted_page){.result = FETCH_DONE, .delay_ms = 5000});
    get("a.test");
    assert_int_equal(facts.result, FETCH_TIMEOUT);
    assert_true(facts.connected && facts.took_ms == 5000);
}

static void nobody_is_silent_at_each_address(void **state)
{
    (void)state;
    get("nobody.test");
    assert_int_equal(facts.result, FETCH_TIMEOUT);
    assert_true(!facts.connected && facts.took_ms == 2000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(a_page), TEST(other_ends), TEST(nobody_is_silent_at_each_address)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

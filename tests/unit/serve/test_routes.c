/* SPDX-License-Identifier: Apache-2.0 */
/* From a request to its handler: patterns, methods, hosts, sites, keys, parameters, bodies; and events. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "../base/arena_fixture.h"
#include "fake_pool.h"
#include "serve/events.h"
#include "serve/problem.h"
#include "serve/routes.h"
#include "serve/state.h"

static struct serve serve;
static struct answer answer;

static int open_serve(void **state)
{
    static const struct checks_limits limits = {.under_way = 10, .kept = 10, .kept_bytes = 100000, .kept_s = 3600};
    fake_pool_reset();
    struct loop *loop = loop_new_virtual((struct wall){1000000});
    serve = (struct serve){.params = {.loop = loop, .public_only = true}, .is_private = true, .limits = limits_new()};
    serve.checks = checks_new(loop, NULL, &limits);
    return set_up(state);
}

static int close_serve(void **state)
{
    buf_done(&answer.body);
    answer = (struct answer){0};
    checks_free(serve.checks);
    limits_free(serve.limits);
    keys_free(serve.keys);
    loop_free(serve.params.loop);
    return tear_down(state);
}

static struct request get(const char *path)
{
    return (struct request){.serve = &serve, .path = str_of(path), .host = "127.0.0.1:8025", .client = {{IP_V4, {127, 0, 0, 1}}, 1}, .arena = &arena};
}

static struct request post(const char *body)
{
    struct request q = get("/v1/checks");
    q.method = METHOD_POST;
    q.content_type = "application/json; charset=utf-8";
    q.body = str_of(body);
    return q;
}

static void with(struct request *q, const char *name, const char *value)
{
    q->query[q->query_count++] = (struct argument){str_of(name), str_of(value)};
}

static void ask(struct request q)
{
    buf_done(&answer.body);
    answer = (struct answer){0};
    buf_init(&answer.body, ANSWER_BYTES_MAX);
    if (!routes_refuse(&q, &answer))
        routes_handle(&q, &answer);
}

/* The answer is a problem of this code. */
static void expect_problem(struct request q, enum problem p)
{
    ask(q);
    const struct str body = {answer.body.bytes, answer.body.used};
    char code[64] = "\"code\":\"";
    strncat(code, problem_code(p), 40);
    if (answer.status != problem_status(p) || !str_contains_nocase(body, code))
        fail_msg("not %s: %u %.*s", code, answer.status, (int)body.n, body.p);
    assert_string_equal(answer.type, "application/problem+json");
}

static const char *header(const char *name)
{
    for (size_t i = 0; i < answer.header_count; i++)
        if (strcmp(answer.headers[i].name, name) == 0)
            return answer.headers[i].value;
    return NULL;
}

static void test_patterns(void **state)
{
    static const struct {
        const char *pattern, *path, *first, *second; /* NULL: it does not match */
    } cases[] = {
        {"/", "/", "", ""},
        {"/", "/x", NULL, NULL},
        {"/v1/checks/{id}", "/v1/checks/ab", "ab", ""},
        {"/v1/checks/{id}", "/v1/checks/", NULL, NULL},
        {"/v1/checks/{id}", "/v1/checks/a/b", NULL, NULL},
        {"/v1/checks/{id}/events", "/v1/checks/ab/events", "ab", ""},
        {"/v1/servers/{host}:{port}", "/v1/servers/mx.test:25", "mx.test", "25"},
        {"/v1/servers/{host}:{port}", "/v1/servers/[::1]:25", "[::1]", "25"},
        {"/v1/servers/{host}:{port}", "/v1/servers/mx.test", NULL, NULL},
        {"/v1/servers/{host}:{port}", "/v1/servers/:25", NULL, NULL},
        {"/badge/{domain}.svg", "/badge/a.svg.svg", "a.svg", ""},
        {"/badge/{domain}.svg", "/badge/.svg", NULL, NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct argument parts[REQUEST_ARGS] = {{{0}}};
        size_t count = 0;
        bool matches = route_matches(cases[i].pattern, str_of(cases[i].path), parts, &count);
        if (matches != (cases[i].first != NULL) || (matches && !(str_is(parts[0].value, cases[i].first) && str_is(parts[1].value, cases[i].second))))
            fail_msg("%s and %s: %d '%.*s'", cases[i].pattern, cases[i].path, matches, (int)parts[0].value.n, parts[0].value.p);
    }
}

static void test_each_route_is_reached_by_its_own_pattern(void **state)
{
    (void)state;
    for (size_t i = 0; i < route_count(); i++)
        for (size_t k = 0; k < i; k++) {
            struct argument parts[REQUEST_ARGS];
            size_t count = 0;
            if (route_at(k)->method == route_at(i)->method && route_matches(route_at(k)->pattern, str_of(route_at(i)->pattern), parts, &count))
                fail_msg("%s stands before %s", route_at(k)->pattern, route_at(i)->pattern);
        }
}

static void test_nothing_and_not_so(void **state)
{
    (void)state;
    expect_problem(get("/nothing"), PROBLEM_NOT_FOUND);
    expect_problem(get("/v1/checks"), PROBLEM_METHOD);
    assert_string_equal(header("Allow"), "POST");
    struct request q = get("/r/00");
    q.method = METHOD_DELETE;
    expect_problem(q, PROBLEM_METHOD);
    assert_string_equal(header("Allow"), "GET, HEAD");
    expect_problem(get("/r/00"), PROBLEM_NO_SUCH_RUN);
    expect_problem(get("/v1/catalog/no.such"), PROBLEM_NO_SUCH_CHECK);
}

static void test_names_under_which_it_answers(void **state)
{
    static const char *const ours[] = {"localhost", "LOCALHOST:8025", "127.0.0.1", "[::1]:8025", "192.0.2.1:80"};
    static const char *const others[] = {"evil.example", "localhost.evil.example", "127.0.0.1.evil.example:8025", "", NULL, "mail.test"};
    (void)state;
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
        struct request q = get("/healthz");
        q.host = ours[i];
        ask(q);
        assert_int_equal(answer.status, 200);
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct request q = get("/healthz");
        q.host = others[i];
        expect_problem(q, PROBLEM_HOST);
    }
    struct request q = get("/healthz");
    q.host = "Mail.Test:443";
    serve.params.public_names = (const char *const[]){"mail.test"};
    serve.params.public_name_count = 1;
    ask(q);
    assert_int_equal(answer.status, 200);
}

static void test_pages_of_others_start_nothing(void **state)
{
    (void)state;
    struct request q = get("/check");
    with(&q, "domain", "example.org");
    q.fetch_site = "cross-site";
    expect_problem(q, PROBLEM_CROSS_SITE);
    q.fetch_site = NULL;
    q.origin = "http://evil.example";
    expect_problem(q, PROBLEM_CROSS_SITE);
    q.origin = "null";
    expect_problem(q, PROBLEM_CROSS_SITE);
    assert_int_equal(fake_pool.starts, 0);
    q.origin = "http://127.0.0.1:8025";
    ask(q);
    assert_int_equal(answer.status, 303);
    q = get("/r/00"); /* a link to a report may stand anywhere */
    q.fetch_site = "cross-site";
    expect_problem(q, PROBLEM_NO_SUCH_RUN);
}

static void test_parameters(void **state)
{
    (void)state;
    struct request q = get("/v1/dns/mx-health");
    expect_problem(q, PROBLEM_TARGET);
    with(&q, "domain", "example.org");
    with(&q, "smtp_probe", "perhaps");
    expect_problem(q, PROBLEM_PARAMETER);
    q.query_count = 1;
    with(&q, "domain", "example.net");
    expect_problem(q, PROBLEM_PARAMETER);
    q.query_count = 1;
    with(&q, "colour", "red");
    expect_problem(q, PROBLEM_PARAMETER);
    q.query_count = 0;
    with(&q, "domain", "\xff.org");
    expect_problem(q, PROBLEM_PARAMETER);
}

static void test_bodies(void **state)
{
    static const char *const wrong[] = {"",
                                        "null",
                                        "[]",
                                        "{",
                                        "{\"domain\":1}",
                                        "{\"domain\":\"a.test\",\"domain\":\"b.test\"}",
                                        "{\"domain\":\"a.test\",\"colour\":1}",
                                        "{\"domain\":\"a.test\",\"port\":25}",
                                        "{\"host\":\"a.test\",\"ports\":[25]}",
                                        "{\"domain\":\"a.test\",\"ports\":[0]}",
                                        "{\"domain\":\"a.test\",\"ports\":[]}",
                                        "{\"domain\":\"a.test\",\"wait_s\":61}",
                                        "{\"domain\":\"a.test\",\"deep\":1}",
                                        "{\"domain\":\"a.test\",\"checks\":[\"nonsense\"]}",
                                        "{\"domain\":\"a\\u0000b\"}",
                                        "{\"domain\":\"\xff\"}",
                                        "[[[[[[[[[[[[[[[[",
                                        "{\"domain\":[[[[[]]]]]}",
                                        "{\"domain\":\"a.test\"} x"};
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        expect_problem(post(wrong[i]), PROBLEM_JSON);
    struct request q = post("{\"domain\":\"a.test\"}");
    q.content_type = "text/plain";
    expect_problem(q, PROBLEM_MEDIA_TYPE);
    q.content_type = NULL;
    expect_problem(q, PROBLEM_MEDIA_TYPE);
    q = post("{\"domain\":\"a.test\"}");
    q.expect = "the unexpected";
    expect_problem(q, PROBLEM_EXPECTATION);
    expect_problem(post("{}"), PROBLEM_TARGET);
    expect_problem(post("{\"domain\":\"..\"}"), PROBLEM_TARGET);
    assert_int_equal(fake_pool.starts, 0);
    ask(post("{\"domain\":\"a.test\",\"ports\":[25,587],\"deep\":true,\"checks\":[\"mx\"],\"max_age_s\":0}"));
    assert_int_equal(answer.status, 202);
    assert_non_null(header("Location"));
    assert_string_equal(header("Retry-After"), "1");
}

static void test_keys_and_their_scopes(void **state)
{
    char error[100];
    (void)state;
    serve.keys = keys_parse(STR("board read 3c469e9d6c5875d37a43f353d4f88e61fcf812c66eee3457465a40b0da4153e0\n"
                                "ops read,check d9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa\n"),
                            error, sizeof error);
    assert_non_null(serve.keys);
    struct request q = post("{\"domain\":\"a.test\"}");
    expect_problem(q, PROBLEM_KEY_REQUIRED);
    assert_string_equal(header("WWW-Authenticate"), "Bearer realm=\"mxassay\"");
    q.authorization = "Basic dG9rZW4=";
    expect_problem(q, PROBLEM_KEY_REQUIRED);
    q.authorization = "Bearer nobody";
    expect_problem(q, PROBLEM_KEY_UNKNOWN);
    q.authorization = "Bearer token";
    expect_problem(q, PROBLEM_SCOPE);
    assert_int_equal(fake_pool.starts, 0);
    q.authorization = "bearer other";
    ask(q);
    assert_int_equal(answer.status, 202);
    q = post("{\"domain\":\"a.test\",\"deep\":true}");
    q.authorization = "Bearer other";
    expect_problem(q, PROBLEM_DEEP_OFF);
    q = post("{\"host\":\"a.test\",\"auth\":{\"user\":\"u\",\"password\":\"p\"}}");
    q.authorization = "Bearer other";
    expect_problem(q, PROBLEM_AUTH_OFF);
    ask(get("/healthz"));
    assert_int_equal(answer.status, 200);
}

static void test_whom_we_do_not_test(void **state)
{
    static const char *const inside[] = {"127.0.0.1",
                                         "10.1.2.3",
                                         "169.254.169.254",
                                         "192.168.0.1",
                                         "0.0.0.0",
                                         "100.64.0.1",
                                         "224.0.0.1",
                                         "255.255.255.255",
                                         "[::1]",
                                         "[::]",
                                         "[fe80::1]",
                                         "[fc00::1]",
                                         "[ff02::1]",
                                         "[::ffff:127.0.0.1]",
                                         "[::ffff:a9fe:a9fe]",
                                         "[64:ff9b::7f00:1]",
                                         "[64:ff9b:1::1]",
                                         "[2002:7f00:1::]",
                                         "[2001:0:7f00:1::]",
                                         "[::127.0.0.1]"};
    char error[100];
    (void)state;
    for (size_t i = 0; i < sizeof inside / sizeof *inside; i++) {
        const char *path = arena_printf(&arena, "/v1/servers/%s:25", inside[i]);
        expect_problem(get(path), PROBLEM_NOT_PUBLIC);
        expect_problem(post(arena_printf(&arena, "{\"host\":\"%s\",\"port\":25}", inside[i])), PROBLEM_NOT_PUBLIC);
    }
    struct opt_out *list = opt_out_parse(STR("shy.test\n192.0.43.0/24\n"), error, sizeof error);
    serve.opt_out = list;
    expect_problem(post("{\"domain\":\"sub.shy.test\"}"), PROBLEM_OPTED_OUT);
    expect_problem(post("{\"host\":\"mx.shy.test\"}"), PROBLEM_OPTED_OUT);
    expect_problem(post("{\"host\":\"192.0.43.8\"}"), PROBLEM_OPTED_OUT);
    expect_problem(post("{\"host\":\"64:ff9b::192.0.43.8\"}"), PROBLEM_OPTED_OUT);
    serve.opt_out = NULL;
    opt_out_free(list);
    assert_int_equal(fake_pool.starts, 0);
}

static void test_too_often(void **state)
{
    (void)state;
    for (unsigned i = 0; i < limit_rates[LIMIT_TARGET].burst; i++) {
        ask(post("{\"domain\":\"a.test\",\"max_age_s\":0}"));
        assert_int_equal(answer.status, 202);
        fake_pool_done("ok", "{}");
    }
    expect_problem(post("{\"domain\":\"a.test\",\"max_age_s\":0}"), PROBLEM_TARGET_LIMIT);
    assert_string_equal(header("Retry-After"), "30");
    ask(post("{\"domain\":\"a.test\"}")); /* a kept result costs nothing */
    assert_int_equal(answer.status, 200);
}

static void test_a_stream_can_be_taken_up_again(void **state)
{
    static const char report[] = "{\"findings\":[{\"id\":\"a\"},{\"id\":\"b\"}]}";
    struct events e;
    struct buf out;
    (void)state;
    struct run *r = checks_start(serve.checks, &(struct work_order){.target = "a.test"}, 1);
    buf_init(&out, 10000);
    events_begin(&e, r, NULL);
    assert_false(events_next(&e, &out));
    fake_pool_step("one");
    fake_pool_step("two");
    assert_true(events_next(&e, &out));
    assert_memory_equal(out.bytes, "id: 2\nevent: step\ndata: {\"step\":\"two\"", 37);
    assert_false(events_next(&e, &out));
    assert_false(events_are_over(&e));
    fake_pool_done("ok", report);
    events_end(&e);
    events_begin(&e, r, "3");
    buf_clear(&out);
    while (events_next(&e, &out))
        ;
    assert_true(events_are_over(&e));
    buf_add_char(&out, '\0');
    assert_string_equal(out.bytes, arena_printf(&arena,
                                                "id: 4\nevent: finding\ndata: {\"id\":\"b\"}\n\nid: 5\nevent: done\ndata: {\"id\":\"%s\",\"state\":\"done\","
                                                "\"status\":\"ok\",\"headline\":\"so it is\",\"problem\":null}\n\n",
                                                r->id));
    events_end(&e);
    buf_done(&out);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, open_serve, close_serve)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(patterns),
        TEST(each_route_is_reached_by_its_own_pattern),
        TEST(nothing_and_not_so),
        TEST(names_under_which_it_answers),
        TEST(pages_of_others_start_nothing),
        TEST(parameters),
        TEST(bodies),
        TEST(keys_and_their_scopes),
        TEST(whom_we_do_not_test),
        TEST(too_often),
        TEST(a_stream_can_be_taken_up_again),
    };
    return cmocka_run_group_tests_name("routes", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* MCP for one client: lines in, lines out; calls that wait, are told of, are cancelled, and end when the pool says so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fake_pool.h"
#include "serve/compare.h"
#include "serve/mcp_local.h"

enum { LINES = 160, LINE_BYTES = 4096 };
static struct loop *loop;
static struct mcp_local *mcp;
static char lines[LINES][LINE_BYTES];
static size_t line_count, lines_read;

static void on_line(void *arg, struct str message)
{
    (void)arg;
    assert_true(line_count < LINES);
    assert_null(memchr(message.p, '\n', message.n));
    json_t *json = json_loadb(message.p, message.n, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(json);
    json_decref(json);
    snprintf(lines[line_count++], LINE_BYTES, "%.*s", (int)message.n, message.p);
}

static int open_mcp(void **state)
{
    (void)state;
    fake_pool_reset();
    fake_pool.brief = STR("{\"summary\":{}}");
    line_count = lines_read = 0;
    loop = loop_new_virtual((struct wall){1000000});
    const struct mcp_local_params params = {.loop = loop, .public_only = true, .say = on_line};
    mcp = mcp_local_new(&params);
    return mcp ? 0 : -1;
}

static int close_mcp(void **state)
{
    (void)state;
    mcp_local_free(mcp);
    loop_free(loop);
    return 0;
}

static void hear(const char *line)
{
    mcp_local_feed(mcp, str_of(line));
}

static void call_tool(const char *id, const char *tool, const char *arguments)
{
    char line[LINE_BYTES];
    snprintf(line, sizeof line,
             "{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"tools/call\",\"params\":{\"name\":\"%s\",\"arguments\":%s,\"_meta\":{\"progressToken\":%s}}}", id,
             tool, arguments, id);
    hear(line);
}

static void stop_loop(void *arg)
{
    (void)arg;
    loop_stop(loop);
}

/* Lets pass what is due. */
static void pass(int64_t ms)
{
    struct timer t = {0};
    timer_start(loop, &t, ms, stop_loop, NULL);
    assert_int_equal(loop_run(loop), 0);
    timer_cancel(&t);
}

/* The next line holds both. */
static void expect_line(const char *first, const char *second)
{
    if (lines_read == line_count)
        fail_msg("nothing was said where %s was expected", first);
    const char *line = lines[lines_read++];
    if (!strstr(line, first) || !strstr(line, second))
        fail_msg("not %s with %s: %s", first, second, line);
}

static void expect_silence(void)
{
    if (lines_read < line_count)
        fail_msg("%s was said", lines[lines_read]);
}

static void test_a_call_waits_for_its_run(void **state)
{
    (void)state;
    call_tool("1", "check_mail_domain", "{\"domain\":\"a.test\"}");
    call_tool("\"two\"", "check_mail_domain", "{\"domain\":\"A.test.\"}");
    pass(0);
    expect_silence();
    assert_int_equal(fake_pool.starts, 1); /* one run for both */
    fake_pool_step("a \xe2\x80\xae step");
    expect_line("notifications/progress", "\"progressToken\":\"two\"");
    expect_line("notifications/progress", "\"progressToken\":1,\"progress\":1,\"message\":\"a \\\\u{202e} step\"");
    fake_pool_done("ok", "{}");
    pass(0);
    expect_line("\"id\":\"two\"", "\"isError\":false");
    expect_line("\"id\":1", "\"report_id\":");
    expect_silence();
    assert_int_equal(mcp_local_calls(mcp), 0);
}

static void test_what_is_kept_comes_at_once(void **state)
{
    (void)state;
    call_tool("1", "check_mail_domain", "{\"domain\":\"a.test\"}");
    fake_pool_done("ok", "{}");
    pass(0);
    expect_line("\"id\":1", "\"isError\":false");
    call_tool("2", "check_mail_domain", "{\"domain\":\"a.test\"}");
    expect_line("\"id\":2", "\"isError\":false");
    call_tool("3", "check_mail_domain", "{\"domain\":\"a.test\",\"max_age_s\":0}");
    expect_silence();
    assert_int_equal(fake_pool.starts, 2);
}

static void test_a_worker_that_dies_is_told(void **state)
{
    (void)state;
    call_tool("1", "check_mail_server", "{\"host\":\"mx.a.test\",\"port\":\"587\"}");
    fake_pool_lost();
    pass(0);
    expect_line("\"id\":1", "\"isError\":true");
    assert_non_null(strstr(lines[0], "mx.a.test:587 has failed on our side"));
}

static void test_a_wait_has_an_end(void **state)
{
    (void)state;
    call_tool("1", "check_mail_domain", "{\"domain\":\"a.test\"}");
    pass(MCP_WAIT_MS - 1);
    expect_silence();
    pass(1);
    expect_line("\"id\":1", "Call get_report with id ");
    assert_int_equal(fake_pool.cancelled, 0); /* the run goes on */
}

static void test_cancelling(void **state)
{
    (void)state;
    call_tool("1", "check_mail_domain", "{\"domain\":\"a.test\"}");
    call_tool("2", "check_mail_domain", "{\"domain\":\"a.test\"}");
    hear("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":\"1\"}}"); /* another id than 1 */
    hear("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":1}}");
    assert_int_equal(mcp_local_calls(mcp), 1);
    assert_int_equal(fake_pool.cancelled, 0); /* the other still wants it */
    hear("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":2}}");
    hear("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":2}}");
    assert_int_equal(fake_pool.cancelled, 1);
    pass(MCP_WAIT_MS);
    expect_silence();
}

static void test_calls_have_a_limit(void **state)
{
    char id[16];
    (void)state;
    for (int i = 0; i <= MCP_LOCAL_CALLS; i++) {
        snprintf(id, sizeof id, "%d", i);
        call_tool(id, "check_mail_domain", "{\"domain\":\"a.test\"}");
    }
    expect_line("\"id\":64", "-32603");
    expect_silence();
    assert_int_equal(mcp_local_calls(mcp), MCP_LOCAL_CALLS);
    mcp_local_feed_too_long(mcp);
    expect_line("-32600", "65536 octets");
}

static void test_the_end_is_told(void **state)
{
    (void)state;
    call_tool("1", "check_mail_domain", "{\"domain\":\"a.test\"}");
    mcp_local_stop(mcp);
    pass(0);
    expect_line("\"id\":1", "was cancelled: the service ends");
}

static void test_the_owner_limit_and_the_address(void **state)
{
    (void)state;
    for (int i = 0; i < 6; i++) {
        call_tool("1", "check_mail_domain", "{\"domain\":\"a.test\",\"max_age_s\":0}");
        fake_pool_done("ok", "{}");
        pass(0);
        expect_line("\"id\":1", "\"isError\":false");
    }
    call_tool("2", "check_mail_domain", "{\"domain\":\"a.test\",\"max_age_s\":0}");
    expect_line("\"id\":2", "Wait at least ");
    call_tool("3", "check_mail_server", "{\"host\":\"[::1]\"}");
    expect_line("\"id\":3", "public addresses only");
    assert_int_equal(fake_pool.starts, 6);
}

static void test_many_domains_some_at_a_time(void **state)
{
    (void)state;
    char list[LINE_BYTES] = "{\"domains\":[\"..\"";
    for (int i = 0; i < 20; i++)
        snprintf(list + strlen(list), sizeof list - strlen(list), ",\"d%d.test\"", i);
    snprintf(list + strlen(list), sizeof list - strlen(list), "]}");
    call_tool("1", "start_bulk_check", list);
    expect_line("\"id\":1", "1 of 21 domains are tested");
    for (int i = 0; i < 20; i++) {
        pass(0);
        assert_true(fake_pool.starts <= (size_t)i + 8);
        fake_pool_done(i % 2 ? "ok" : "error", "{}");
    }
    char id[33] = "", ask[64];
    memcpy(id, strstr(lines[0], "\\\"bulk_id\\\":\\\"") + strlen("\\\"bulk_id\\\":\\\""), 32);
    snprintf(ask, sizeof ask, "{\"id\":\"%s\"}", id);
    call_tool("2", "get_bulk_results", ask);
    expect_line("\"id\":2", "\"over\":true,\"total\":21,\"done\":20,\"failed\":1,\"statuses\":{\"ok\":10,\"warning\":0,\"error\":10,\"inconclusive\":0}");
}

static void test_what_has_changed(void **state)
{
    static const char old_text[] = "{\"target\":{\"name\":\"a\"},\"summary\":{\"status\":\"error\"},\"findings\":["
                                   "{\"id\":\"x.gone\",\"verdict\":\"fail\",\"subject\":{\"host\":\"h\",\"ip\":\"192.0.2.1\",\"port\":25}},"
                                   "{\"id\":\"x.untested\",\"verdict\":\"fail\",\"subject\":{}},{\"id\":\"x.stays\",\"verdict\":\"fail\",\"subject\":{}},"
                                   "{\"id\":\"x.unsure\",\"verdict\":\"fail\",\"subject\":{}},{\"id\":\"x.known\",\"verdict\":\"unknown\",\"subject\":{}}]}";
    static const char new_text[] =
        "{\"target\":{\"name\":\"a\"},\"summary\":{\"status\":\"warning\"},\"findings\":["
        "{\"id\":\"x.stays\",\"verdict\":\"fail\",\"subject\":{}},{\"id\":\"x.unsure\",\"verdict\":\"unknown\",\"subject\":{}},"
        "{\"id\":\"x.known\",\"verdict\":\"fail\",\"subject\":{}},{\"id\":\"x.gone\",\"verdict\":\"fail\",\"subject\":{\"host\":\"i\"}}],"
        "\"checks\":[{\"id\":\"x.gone\",\"pass\":1,\"fail\":1,\"unknown\":0,\"na\":0},{\"id\":\"x.unsure\",\"pass\":0,\"fail\":0,\"unknown\":1,\"na\":0}]}";
    json_t *old = json_loads(old_text, 0, NULL), *new = json_loads(new_text, 0, NULL);
    struct buf out;
    (void)state;
    buf_init(&out, LINE_BYTES);
    compare_reports(&out, old, new);
    json_t *changes = json_loadb(out.bytes, out.used, 0, NULL), *summary = json_object_get(changes, "summary");
    assert_int_equal(json_integer_value(json_object_get(summary, "appeared")), 2); /* x.known, and x.gone at another host */
    assert_int_equal(json_integer_value(json_object_get(summary, "gone")), 1);
    assert_int_equal(json_integer_value(json_object_get(summary, "unclear")), 2); /* x.untested, x.unsure */
    assert_int_equal(json_integer_value(json_object_get(summary, "unchanged")), 2);
    const json_t *gone = json_array_get(json_object_get(changes, "gone"), 0);
    assert_string_equal(json_string_value(json_object_get(json_object_get(gone, "subject"), "remote_text")), "h [192.0.2.1]:25");
    json_decref(changes);
    json_decref(old);
    json_decref(new);
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_call_waits_for_its_run, open_mcp, close_mcp),
        cmocka_unit_test_setup_teardown(test_what_is_kept_comes_at_once, open_mcp, close_mcp),
        cmocka_unit_test_setup_teardown(test_a_worker_that_dies_is_told, open_mcp, close_mcp),
        cmocka_unit_test_setup_teardown(test_a_wait_has_an_end, open_mcp, close_mcp),
        cmocka_unit_test_setup_teardown(test_cancelling, open_mcp, close_mcp),
        cmocka_unit_test_setup_teardown(test_calls_have_a_limit, open_mcp, close_mcp),
        cmocka_unit_test_setup_teardown(test_the_end_is_told, open_mcp, close_mcp),
        cmocka_unit_test_setup_teardown(test_the_owner_limit_and_the_address, open_mcp, close_mcp),
        cmocka_unit_test_setup_teardown(test_many_domains_some_at_a_time, open_mcp, close_mcp),
        cmocka_unit_test(test_what_has_changed),
    };
    return cmocka_run_group_tests_name("serve/mcp", tests, NULL, NULL);
}

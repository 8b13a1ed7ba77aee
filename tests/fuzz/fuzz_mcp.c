/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages of MCP, a line each. Runs that they start end when the input does.
 * Oracle: what is said is one line, JSON-RPC 2.0, and clean; no message is answered twice; and nothing stays.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/serve/fake_pool.h"
#include "fuzz.h"
#include "serve/mcp_local.h"

static size_t answers;

static void on_say(void *arg, struct str message)
{
    (void)arg;
    must(!memchr(message.p, '\n', message.n) && fuzz_is_clean(message, false));
    json_t *json = json_loadb(message.p, message.n, JSON_REJECT_DUPLICATES, NULL);
    must(json);
    const char *version = json_string_value(json_object_get(json, "jsonrpc"));
    must(version && strcmp(version, "2.0") == 0);
    bool has_result = json_object_get(json, "result"), has_error = json_object_get(json, "error"), has_method = json_object_get(json, "method");
    must(has_result + has_error + has_method == 1);
    answers += has_result || has_error;
    json_decref(json);
}

static void stop_loop(void *arg)
{
    loop_stop(arg);
}

static void pass(struct loop *l, int64_t ms)
{
    struct timer t = {0};
    timer_start(l, &t, ms, stop_loop, l);
    must(loop_run(l) == 0);
    timer_cancel(&t);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct str text = {(const char *)bytes, n};
    struct loop *l = loop_new_virtual((struct wall){1000000});
    const struct mcp_local_params params = {.loop = l, .public_only = true, .say = on_say};
    fake_pool_reset();
    fake_pool.brief = STR("{\"summary\":{}}");
    struct mcp_local *m = mcp_local_new(&params);
    size_t messages = 0;
    answers = 0;
    must(l && m);
    while (text.n && messages < FAKE_POOL_WORKS / 4) {
        struct str line = str_cut(&text, '\n');
        char *exact = fuzz_exact(line);
        mcp_local_feed(m, (struct str){exact, line.n});
        free(exact);
        messages++;
    }
    if (fake_pool.count)
        fake_pool_step("mx.test [192.0.2.1]:25: greeting");
    while (fake_pool.count)
        fake_pool_done("ok", "{}");
    pass(l, 1);
    must(answers <= messages);
    mcp_local_stop(m);
    pass(l, 1);
    must(mcp_local_calls(m) == 0);
    mcp_local_free(m);
    loop_free(l);
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* mcp_checks - tools that test, and the one that fetches what was tested. */
#include <string.h>

#include "judge/judge.h"
#include "probe/limits.h"
#include "report/report.h"
#include "serve/mcp_parts.h"
#include "serve/problem.h"
#include "serve/state.h"
#include "serve/targets.h"

enum { DOCUMENT_BYTES_MAX = 80 * 1024 * 1024, AGE_S_MAX = 3600 };

/* The brief report with its id behind it, and the whole one behind that where it is wanted. */
void mcp_write_report(struct buf *out, const struct run *r, bool full)
{
    struct str brief = r->documents[WORK_BRIEF];
    while (brief.n && brief.p[brief.n - 1] != '}')
        brief.n--;
    if (brief.n)
        buf_add(out, brief.p, brief.n - 1);
    buf_printf(out, ",\"report_id\":\"%s\"", r->id);
    if (full) {
        buf_add_cstr(out, ",\"report\":");
        buf_add_str(out, str_trim(r->documents[WORK_JSON]));
    }
    buf_add_char(out, '}');
}

void mcp_schema_report(struct buf *out)
{
    struct buf text;
    buf_init(&text, 1024 * 1024);
    report_write_brief_schema(&text);
    json_t *schema = json_loadb(text.bytes, text.used, 0, NULL), *properties = json_object_get(schema, "properties");
    json_object_del(schema, "$schema");
    json_object_del(schema, "$id");
    json_object_set_new(properties, "report_id", json_pack("{ssss}", "type", "string", "description", "For get_report and compare_reports; good for an hour."));
    json_object_set_new(properties, "report", json_pack("{ssss}", "type", "object", "description", "The whole report, with detail full only."));
    json_array_append_new(json_object_get(schema, "required"), json_string("report_id"));
    json_dump_callback(schema, mcp_add_part, out, JSON_COMPACT);
    json_decref(schema);
    buf_done(&text);
}

static void say_report(struct request *q, struct run *r, struct answer *a)
{
    struct buf text;
    if (!run_is_over(r)) {
        mcp_tool_error(q, a, "The check of %.200s is still under way. Call get_report with id %s to wait for it.", r->target, r->id);
        return;
    }
    if (r->state != RUN_DONE) {
        mcp_tool_error(q, a, "The check of %.200s %s: %.200s. Call the tool again to start another.", r->target,
                       r->state == RUN_CANCELLED ? "was cancelled" : "has failed on our side", r->problem);
        return;
    }
    buf_init(&text, DOCUMENT_BYTES_MAX);
    mcp_write_report(&text, r, q->call->full);
    mcp_tool_result(q, a, (struct str){text.bytes, text.used});
    a->body.failed = a->body.failed || text.failed;
    buf_done(&text);
}

static void wait_for(struct request *q, struct run *r, struct answer *a)
{
    if (run_is_over(r))
        say_report(q, r, a);
    else
        request_wait(q, r, MCP_WAIT_MS, say_report);
}

static void start(struct mcp_args *args, struct request *q, const struct work_order *order, struct answer *a)
{
    uint64_t max_age_s = CHECKS_MAX_AGE_S;
    mcp_arg_number(args, "max_age_s", 0, AGE_S_MAX, &max_age_s);
    q->call->full = mcp_arg_full(args);
    struct run *r = NULL;
    if (args->problem[0])
        mcp_tool_error(q, a, "%s.", args->problem);
    else if (order->deep && !target_may_go_deep(q))
        problem_write(a, PROBLEM_DEEP_OFF, "deep checks make many connections to a server");
    else
        r = target_run(q, order, (uint32_t)max_age_s, a);
    if (r)
        wait_for(q, r, a);
    else if (!args->problem[0])
        mcp_tool_problem(q, a);
}

static bool take_ports(struct mcp_args *args, struct work_order *order)
{
    const char **words;
    size_t count;
    if (!mcp_arg_list(args, "ports", LIMIT_PORTS, &words, &count))
        return !args->problem[0];
    uint16_t *ports = ARENA_ARRAY(args->request->arena, uint16_t, count ? count : 1);
    uint64_t n = 0;
    for (size_t i = 0; ports && i < count; i++) {
        if (!str_number(str_of(words[i]), UINT16_MAX, &n) || n == 0)
            return false;
        ports[i] = (uint16_t)n;
    }
    order->ports = ports;
    order->port_count = count;
    return ports;
}

void mcp_check_mail_domain(struct mcp_args *args, struct request *q, struct answer *a)
{
    struct work_order order = {.deep = mcp_arg_flag(args, "deep")};
    const char *domain = mcp_arg_text(args, "domain");
    if (!take_ports(args, &order) && !args->problem[0])
        mcp_tool_error(q, a, "ports must be a list of at most %d numbers from 1 to 65535, such as [25, 587].", LIMIT_PORTS);
    else if (args->problem[0])
        mcp_tool_error(q, a, "%s.", args->problem);
    else if (target_domain(q, str_of(domain), &order, a) < 0)
        mcp_tool_problem(q, a);
    else
        start(args, q, &order, a);
}

void mcp_check_mail_server(struct mcp_args *args, struct request *q, struct answer *a)
{
    struct work_order order = {.tls = PROBE_TLS_AUTO};
    const char *host = mcp_arg_text(args, "host"), *tls = mcp_arg_text(args, "tls");
    uint64_t port = 0;
    if (mcp_arg_number(args, "port", 1, UINT16_MAX, &port) && host)
        host = arena_printf(q->arena, strchr(host, ':') && host[0] != '[' ? "[%s]:%u" : "%s:%u", host, (unsigned)port);
    if (args->problem[0])
        mcp_tool_error(q, a, "%s.", args->problem);
    else if (tls && !target_tls(str_of(tls), &order.tls))
        mcp_tool_error(q, a, "tls must be auto, starttls, implicit or none.");
    else if (target_server(q, str_of(host), &order, a) < 0)
        mcp_tool_problem(q, a);
    else
        start(args, q, &order, a);
}

void mcp_get_report(struct mcp_args *args, struct request *q, struct answer *a)
{
    const char *id = mcp_arg_text(args, "id");
    q->call->full = mcp_arg_full(args);
    struct run *r = id ? checks_find(q->serve->checks, str_of(id)) : NULL;
    if (args->problem[0])
        mcp_tool_error(q, a, "%s.", args->problem);
    else if (r)
        wait_for(q, r, a);
    else
        mcp_tool_error(q, a, "No report has this id; reports are kept for an hour. Call check_mail_domain or check_mail_server again and use its report_id.");
}

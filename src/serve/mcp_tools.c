/* SPDX-License-Identifier: Apache-2.0 */
/* mcp_tools - the table of tools, what tools/list says of it, and the way from tools/call to a tool and back. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "serve/compare.h"
#include "serve/mcp_parts.h"
#include "serve/problem.h"

enum { ARGUMENTS = 6, SCHEMA_BYTES_MAX = 256 * 1024, ERROR_BYTES = 1024, TEN_MINUTES_MS = 600000 };

#define TEXT "{\"type\":\"string\","
#define DETAIL \
    { \
        "detail", "{\"type\":\"string\",\"enum\":[\"brief\",\"full\"],\"default\":\"brief\",\"description\":\"full adds every fact; it can be very long\"}", \
            false \
    }
#define MAX_AGE \
    { \
        "max_age_s", "{\"type\":\"integer\",\"minimum\":0,\"maximum\":3600,\"default\":300,\"description\":\"how old a kept result may be; 0 tests anew\"}", \
            false \
    }

/* What a tool does to the world (annotations of the protocol). */
enum effect { EFFECT_READS_OWN = 0, EFFECT_TESTS, EFFECT_STARTS };

struct tool_argument {
    const char *name, *schema; /* JSON */
    bool required;
};

/* clang-format off */
static const struct tool {
    const char *name, *title, *description;
    struct tool_argument arguments[ARGUMENTS];
    const char *result; /* schema, JSON; NULL: that of a report */
    enum effect effect;
    mcp_tool *call;
} tools[] = {
    {"check_mail_domain", "Check a mail domain",
     "Tests whether mail for a domain arrives and how safely, and says what is wrong, who is affected and what to do: MX, reachability, STARTTLS, "
     "certificates, DANE, MTA-STS, SPF, DKIM, DMARC, relaying, block lists. Takes 1 to 120 s. Sends no mail.",
     {{"domain", TEXT "\"description\":\"example.org; an e-mail address or a URL will do\"}", true},
      {"ports", "{\"type\":\"array\",\"items\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":65535},\"description\":\"ports tested on every mail host; default 25\"}", false},
      {"deep", "{\"type\":\"boolean\",\"default\":false,\"description\":\"also TLS versions, ciphers and other checks that need many connections\"}", false},
      DETAIL, MAX_AGE},
     NULL, EFFECT_TESTS, mcp_check_mail_domain},
    {"check_mail_server", "Check one mail server",
     "Tests one mail server by name or address, on any port: greeting, EHLO, STARTTLS or TLS, certificate, relaying. For the servers of a domain use "
     "check_mail_domain.",
     {{"host", TEXT "\"description\":\"mx.example.org, 192.0.2.1, or with a port: mx.example.org:587\"}", true},
      {"port", "{\"type\":\"integer\",\"minimum\":1,\"maximum\":65535,\"default\":25}", false},
      {"tls", TEXT "\"enum\":[\"auto\",\"starttls\",\"implicit\",\"none\"],\"default\":\"auto\",\"description\":\"auto: at once on 465, by STARTTLS elsewhere\"}", false},
      DETAIL, MAX_AGE},
     NULL, EFFECT_TESTS, mcp_check_mail_server},
    {"get_report", "Get a report", "A report that was made within the last hour, by its report_id. Waits while its check is under way.",
     {{"id", TEXT "\"description\":\"report_id of another result\"}", true}, DETAIL}, NULL, EFFECT_READS_OWN, mcp_get_report},
    {"explain_finding", "Explain a finding", "What a finding means, when it is raised, whom it affects, how it is mended and verified. Also lists the checks of an area.",
     {{"id", TEXT "\"description\":\"id of a finding, such as tls.starttls-offered; or an area, such as tls\"}", true}},
     "{\"type\":\"object\",\"properties\":{\"summary\":{\"type\":\"string\"},\"check\":{\"type\":[\"object\",\"null\"]},"
     "\"checks\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}}},\"required\":[\"summary\",\"check\",\"checks\"]}",
     EFFECT_READS_OWN, mcp_explain_finding},
    {"compare_reports", "Compare two reports",
     "What is new, what is gone and what cannot be told any more between two reports: for instance before and after a repair.",
     {{"old", TEXT "\"description\":\"report_id of the earlier one\"}", true}, {"new", TEXT "\"description\":\"report_id of the later one\"}", true}},
     COMPARE_SCHEMA, EFFECT_READS_OWN, mcp_compare_reports},
    {"start_bulk_check", "Check many domains",
     "Tests up to 100 domains one after another and returns at once with a bulk_id; get_bulk_results tells how far it is. For one domain use check_mail_domain.",
     {{"domains", "{\"type\":\"array\",\"items\":{\"type\":\"string\"},\"minItems\":1,\"maxItems\":100}", true}, MAX_AGE},
     MCP_BULK_SCHEMA, EFFECT_STARTS, mcp_start_bulk_check},
    {"get_bulk_results", "Get results of a bulk check",
     "Results of start_bulk_check, in the order of its domains, page by page; those that are not done yet are told as such.",
     {{"id", TEXT "\"description\":\"bulk_id\"}", true}, {"cursor", TEXT "\"description\":\"next_cursor of the page before\"}", false}},
     MCP_BULK_SCHEMA, EFFECT_READS_OWN, mcp_get_bulk_results},
    {"list_monitors", "List monitors", "The domains that are watched on a schedule, and how they are.", {{NULL}},
     "{\"type\":\"object\",\"properties\":{\"summary\":{\"type\":\"string\"},\"monitors\":{\"type\":\"array\",\"items\":{\"type\":\"object\"}}},"
     "\"required\":[\"summary\",\"monitors\"]}",
     EFFECT_READS_OWN, mcp_list_monitors},
};
/* clang-format on */
enum { TOOL_COUNT = sizeof tools / sizeof *tools };

static void write_input_schema(struct buf *out, const struct tool *t)
{
    bool first = true;
    buf_add_cstr(out, "{\"type\":\"object\",\"properties\":{");
    for (const struct tool_argument *arg = t->arguments; arg < t->arguments + ARGUMENTS && arg->name; arg++)
        buf_printf(out, "%s\"%s\":%s", arg == t->arguments ? "" : ",", arg->name, arg->schema);
    buf_add_cstr(out, "},\"required\":[");
    for (const struct tool_argument *arg = t->arguments; arg < t->arguments + ARGUMENTS && arg->name; arg++)
        if (arg->required) {
            buf_printf(out, "%s\"%s\"", first ? "" : ",", arg->name);
            first = false;
        }
    buf_add_cstr(out, "],\"additionalProperties\":false}");
}

static void write_annotations(struct json *j, enum effect effect)
{
    const struct {
        const char *key;
        bool value;
    } hints[] = {{"readOnlyHint", effect != EFFECT_STARTS},
                 {"destructiveHint", false},
                 {"idempotentHint", effect != EFFECT_STARTS},
                 {"openWorldHint", effect != EFFECT_READS_OWN}};
    json_key(j, "annotations");
    json_open_object(j);
    for (size_t i = 0; i < sizeof hints / sizeof *hints; i++) {
        json_key(j, hints[i].key);
        json_bool(j, hints[i].value);
    }
    json_close_object(j);
}

static void write_tool(struct mcp_reply *p, const struct tool *t)
{
    struct buf schema;
    buf_init(&schema, SCHEMA_BYTES_MAX);
    json_open_object(&p->j);
    mcp_reply_text(p, "name", t->name);
    mcp_reply_text(p, "title", t->title);
    mcp_reply_text(p, "description", t->description);
    write_input_schema(&schema, t);
    mcp_reply_raw(p, "inputSchema", (struct str){schema.bytes, schema.used});
    buf_clear(&schema);
    if (t->result)
        buf_add_cstr(&schema, t->result);
    else
        mcp_schema_report(&schema);
    mcp_reply_raw(p, "outputSchema", (struct str){schema.bytes, schema.used});
    write_annotations(&p->j, t->effect);
    json_close_object(&p->j);
    p->answer->body.failed = p->answer->body.failed || schema.failed;
    buf_done(&schema);
}

void mcp_tools_list(struct request *q, json_t *params, struct answer *a)
{
    struct mcp_reply p;
    (void)params;
    mcp_reply_begin(&p, q, a);
    json_key(&p.j, "tools");
    json_open_array(&p.j);
    for (size_t i = 0; i < TOOL_COUNT; i++)
        write_tool(&p, &tools[i]);
    json_close_array(&p.j);
    mcp_reply_caching(&p, TEN_MINUTES_MS, true);
    mcp_reply_end(&p);
}

static void begin_content(struct mcp_reply *p, struct request *q, struct answer *a, struct str text)
{
    mcp_reply_begin(p, q, a);
    json_key(&p->j, "content");
    json_open_array(&p->j);
    json_open_object(&p->j);
    mcp_reply_text(p, "type", "text");
    json_key(&p->j, "text");
    json_str(&p->j, text);
    json_close_object(&p->j);
    json_close_array(&p->j);
}

void mcp_tool_result(struct request *q, struct answer *a, struct str object)
{
    struct mcp_reply p;
    begin_content(&p, q, a, object);
    mcp_reply_raw(&p, "structuredContent", object);
    json_key(&p.j, "isError");
    json_bool(&p.j, false);
    mcp_reply_end(&p);
}

void mcp_tool_error(struct request *q, struct answer *a, const char *format, ...)
{
    char text[ERROR_BYTES];
    struct mcp_reply p;
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    begin_content(&p, q, a, str_of(text));
    json_key(&p.j, "isError");
    json_bool(&p.j, true);
    mcp_reply_end(&p);
}

static const char *advice(struct str code)
{
    static const struct {
        enum problem problem;
        const char *words;
    } table[] = {
        {PROBLEM_TARGET, "Give a name such as example.org, an e-mail address, or for a server mx.example.org:587."},
        {PROBLEM_NOT_PUBLIC, "Only its operator can change that, with --allow-private; do not try again."},
        {PROBLEM_OPTED_OUT, "Do not try again."},
        {PROBLEM_DEEP_OFF, "Call again without deep."},
        {PROBLEM_TARGET_LIMIT, "Leave max_age_s out to be given the kept result, or wait."},
        {PROBLEM_NO_SUCH_RUN, "Call check_mail_domain or check_mail_server again; the result has a new report_id."},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (str_is(code, problem_code(table[i].problem)))
            return table[i].words;
    return "Try again later.";
}

void mcp_tool_problem(struct request *q, struct answer *a)
{
    json_t *problem = json_loadb(a->body.bytes, a->body.used, 0, NULL);
    const char *title = json_string_value(json_object_get(problem, "title")), *detail = json_string_value(json_object_get(problem, "detail"));
    const char *after_s = NULL;
    for (size_t i = 0; i < a->header_count; i++)
        if (strcmp(a->headers[i].name, "Retry-After") == 0)
            after_s = arena_strdup(q->arena, a->headers[i].value);
    mcp_tool_error(q, a, "%s: %s. %s%s%s%s", title ? title : "We have failed", detail ? detail : "no reason is known",
                   advice(str_of(json_string_value(json_object_get(problem, "code")))), after_s ? " Wait at least " : "", after_s ? after_s : "",
                   after_s ? " s." : "");
    json_decref(problem);
}

static const struct tool *find_tool(const char *name)
{
    for (size_t i = 0; name && i < TOOL_COUNT; i++)
        if (strcmp(tools[i].name, name) == 0)
            return &tools[i];
    return NULL;
}

/* An argument that nobody reads would be a wish that nobody fulfils. */
static bool knows_arguments(const struct tool *t, struct request *q, json_t *object, struct answer *a)
{
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value)
    {
        char known[ERROR_BYTES / 2] = "";
        size_t used = 0;
        const struct tool_argument *arg = t->arguments;
        for (; arg < t->arguments + ARGUMENTS && arg->name && strcmp(arg->name, name) != 0; arg++)
            used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", used ? ", " : "", arg->name);
        if (arg < t->arguments + ARGUMENTS && arg->name)
            continue;
        mcp_tool_error(q, a, "%s takes no argument %.60s. It takes: %s.", t->name, name, used ? known : "none");
        return false;
    }
    return true;
}

void mcp_tools_call(struct request *q, json_t *params, struct answer *a)
{
    const char *name = json_string_value(json_object_get(params, "name"));
    struct mcp_args args = {.request = q, .object = json_object_get(params, "arguments")};
    const struct tool *t = find_tool(name);
    if (!name)
        mcp_fail(q, a, 200, MCP_INVALID_PARAMS, "name is missing or is not a string");
    else if (!t)
        mcp_fail(q, a, 200, MCP_INVALID_PARAMS, "Unknown tool: %.100s", name);
    else if (args.object && !json_is_object(args.object) && !json_is_null(args.object))
        mcp_fail(q, a, 200, MCP_INVALID_PARAMS, "arguments must be an object");
    else if (knows_arguments(t, q, args.object, a))
        t->call(&args, q, a);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* openapi - GET /openapi.json: the table of routes, and the schemas of what goes in and out, as OpenAPI 3.1. */
#include <string.h>

#include "report/json_writer.h"
#include "report/report.h"
#include "serve/problem.h"
#include "serve/routes.h"
#include "serve/state.h"

static void write_text(struct json *j, const char *key, const char *text)
{
    json_key(j, key);
    json_cstr(j, text);
}

/* A value that is JSON already: the writer counts it as written. */
static void write_raw(struct json *j, const char *key, struct str value)
{
    json_key(j, key);
    buf_add_str(j->out, value);
    j->after_key = false;
    j->has_members[j->depth] = true;
}

static void write_reference(struct json *j, const char *schema)
{
    char text[64] = "#/components/schemas/";
    json_key(j, "schema");
    json_open_object(j);
    strncat(text, schema, sizeof text - strlen(text) - 1);
    write_text(j, "$ref", text);
    json_close_object(j);
}

static void write_content(struct json *j, const char *type, const char *schema)
{
    struct str media = str_of(type);
    char name[64] = "";
    media = str_cut(&media, ';');
    strncat(name, media.p, media.n < sizeof name ? media.n : sizeof name - 1);
    json_key(j, "content");
    json_open_object(j);
    json_key(j, name);
    json_open_object(j);
    if (schema)
        write_reference(j, schema);
    else
        write_raw(j, "schema", STR("{\"type\":\"string\"}"));
    json_close_object(j);
    json_close_object(j);
}

static void write_reply(struct json *j, const char *status, const char *says, const char *type, const char *schema)
{
    json_key(j, status);
    json_open_object(j);
    write_text(j, "description", says);
    if (type)
        write_content(j, type, schema);
    json_close_object(j);
}

static void write_replies(struct json *j, const struct route *r)
{
    json_key(j, "responses");
    json_open_object(j);
    for (const struct reply *reply = r->replies; reply < r->replies + ROUTE_REPLIES && reply->status; reply++) {
        const char status[] = {(char)('0' + reply->status / 100), (char)('0' + reply->status / 10 % 10), (char)('0' + reply->status % 10), '\0'};
        write_reply(j, status, r->summary, reply->type, reply->schema);
    }
    write_reply(j, "default", "Why not", "application/problem+json", "Problem");
    json_close_object(j);
}

static void write_parameters(struct json *j, const struct route *r)
{
    if (!r->parameters[0].name)
        return;
    json_key(j, "parameters");
    json_open_array(j);
    for (const struct parameter *p = r->parameters; p < r->parameters + ROUTE_PARAMETERS && p->name; p++) {
        json_open_object(j);
        write_text(j, "name", p->name);
        write_text(j, "in", p->in_path ? "path" : "query");
        write_text(j, "description", p->says);
        json_key(j, "required");
        json_bool(j, p->required);
        write_raw(j, "schema", str_of(p->schema));
        json_close_object(j);
    }
    json_close_array(j);
}

static void write_operation(struct json *j, const struct route *r)
{
    static const char *const keys[] = {[METHOD_GET] = "get", [METHOD_POST] = "post", [METHOD_DELETE] = "delete"};
    json_key(j, keys[r->method]);
    json_open_object(j);
    write_text(j, "operationId", r->id);
    write_text(j, "summary", r->summary);
    write_parameters(j, r);
    if (r->body) {
        json_key(j, "requestBody");
        json_open_object(j);
        json_key(j, "required");
        json_bool(j, true);
        write_content(j, "application/json", r->body);
        json_close_object(j);
    }
    write_replies(j, r);
    json_key(j, "security");
    json_open_array(j);
    if (r->scope)
        json_open_object(j), json_key(j, "key"), json_open_array(j), json_cstr(j, scope_of_key_text(r->scope)), json_close_array(j), json_close_object(j);
    json_open_object(j); /* where no keys are configured, none is needed */
    json_close_object(j);
    json_close_array(j);
    json_close_object(j);
}

static void write_paths(struct json *j)
{
    json_key(j, "paths");
    json_open_object(j);
    for (size_t i = 0; i < route_count(); i++) {
        const char *pattern = route_at(i)->pattern;
        if (i > 0 && strcmp(route_at(i - 1)->pattern, pattern) == 0)
            continue;
        json_key(j, pattern);
        json_open_object(j);
        for (size_t k = i; k < route_count() && strcmp(route_at(k)->pattern, pattern) == 0; k++)
            write_operation(j, route_at(k));
        json_close_object(j);
    }
    json_close_object(j);
}

/* clang-format off */
#define TEXT "{\"type\":\"string\"}"
#define TEXT_OR_NULL "{\"type\":[\"string\",\"null\"]}"
#define TIME "{\"type\":\"string\",\"format\":\"date-time\"}"
#define TIME_OR_NULL "{\"type\":[\"string\",\"null\"],\"format\":\"date-time\"}"
#define COUNT "{\"type\":\"integer\",\"minimum\":0}"
#define STATUS "\"ok\",\"warning\",\"error\",\"inconclusive\""
static const struct {
    const char *name, *schema;
} schemas[] = {
    {"Run",
     "{\"type\":\"object\",\"additionalProperties\":false,"
     "\"required\":[\"id\",\"kind\",\"target\",\"state\",\"started_at\",\"finished_at\",\"progress\",\"problem\",\"status\",\"headline\",\"report\"],"
     "\"properties\":{\"id\":{\"type\":\"string\",\"pattern\":\"^[0-9a-f]{32}$\"},\"kind\":{\"enum\":[\"domain\",\"server\"]},\"target\":" TEXT ","
     "\"state\":{\"enum\":[\"queued\",\"running\",\"done\",\"failed\",\"cancelled\"]},\"started_at\":" TIME ",\"finished_at\":" TIME_OR_NULL ","
     "\"progress\":{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"step\",\"done\",\"total\"],"
     "\"properties\":{\"step\":{\"type\":\"string\",\"description\":\"what is waited for\"},\"done\":" COUNT ",\"total\":" COUNT "}},"
     "\"problem\":{\"type\":[\"string\",\"null\"],\"description\":\"why there is no report\"},"
     "\"status\":{\"enum\":[" STATUS ",null]},\"headline\":" TEXT_OR_NULL ","
     "\"report\":{\"anyOf\":[{\"$ref\":\"#/components/schemas/Report\"},{\"type\":\"null\"}]}}}"},
    {"Wish",
     "{\"type\":\"object\",\"additionalProperties\":false,\"oneOf\":[{\"required\":[\"domain\"]},{\"required\":[\"host\"]}],"
     "\"properties\":{\"domain\":{\"type\":\"string\",\"description\":\"a domain, an e-mail address or a URL\"},"
     "\"ports\":{\"type\":\"array\",\"minItems\":1,\"maxItems\":16,\"items\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":65535}},"
     "\"smtp\":{\"type\":\"boolean\",\"default\":true,\"description\":\"false: no mail server is connected to\"},"
     "\"host\":{\"type\":\"string\",\"description\":\"one server, by name or address\"},"
     "\"port\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":65535,\"default\":25},"
     "\"tls\":{\"enum\":[\"auto\",\"starttls\",\"implicit\",\"none\"],\"default\":\"auto\"},"
     "\"auth\":{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"user\",\"password\"],"
     "\"properties\":{\"user\":" TEXT ",\"password\":" TEXT "},\"description\":\"tried inside TLS only, kept nowhere; needs a key with the scope auth\"},"
     "\"deep\":{\"type\":\"boolean\",\"default\":false,\"description\":\"also the checks that need further connections\"},"
     "\"checks\":{\"type\":\"array\",\"minItems\":1,\"maxItems\":64,\"items\":" TEXT ",\"description\":\"areas or ids: only these\"},"
     "\"skip\":{\"type\":\"array\",\"minItems\":1,\"maxItems\":64,\"items\":" TEXT ",\"description\":\"areas or ids that are left out\"},"
     "\"max_age_s\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":3600,\"default\":300,\"description\":\"how old a kept result may be\"},"
     "\"wait_s\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":60,\"default\":0,\"description\":\"how long the answer may wait for the end\"}}}"},
    {"Catalog",
     "{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"items\",\"next_cursor\"],"
     "\"properties\":{\"items\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/Check\"}},\"next_cursor\":" TEXT_OR_NULL "}}"},
    {"Check",
     "{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"id\",\"severity\",\"scope\"],"
     "\"properties\":{\"id\":" TEXT ",\"severity\":{\"enum\":[\"error\",\"warning\",\"notice\"]},"
     "\"scope\":{\"enum\":[\"domain\",\"host\",\"address\",\"endpoint\"]},\"decisive\":{\"type\":\"boolean\"},\"about_probe\":{\"type\":\"boolean\"},"
     "\"question\":" TEXT ",\"title\":" TEXT ",\"why\":" TEXT_OR_NULL ",\"criterion\":" TEXT_OR_NULL ",\"remedy\":" TEXT_OR_NULL ","
     "\"verify\":" TEXT_OR_NULL ",\"spec\":{\"type\":\"array\",\"items\":" TEXT "}}}"},
    {"Message", "{\"type\":\"object\",\"required\":[\"jsonrpc\"],\"description\":\"a message of JSON-RPC 2.0, as the Model Context Protocol has them\"}"},
    {"Description", "{\"type\":\"object\",\"required\":[\"openapi\",\"info\",\"paths\"]}"},
};
/* clang-format on */

static void write_problem_schema(struct json *j)
{
    json_key(j, "Problem");
    json_open_object(j);
    write_text(j, "type", "object");
    write_raw(j, "required", STR("[\"type\",\"title\",\"status\",\"code\",\"detail\"]"));
    write_raw(j, "additionalProperties", STR("false"));
    json_key(j, "properties");
    json_open_object(j);
    write_raw(j, "type", STR(TEXT));
    write_raw(j, "title", STR(TEXT));
    write_raw(j, "status", STR("{\"type\":\"integer\"}"));
    write_raw(j, "detail", STR(TEXT));
    json_key(j, "code");
    json_open_object(j);
    json_key(j, "enum");
    json_open_array(j);
    for (unsigned p = 0; p < PROBLEM_COUNT; p++)
        json_cstr(j, problem_code((enum problem)p));
    json_close_array(j);
    json_close_object(j);
    json_close_object(j);
    json_close_object(j);
}

static void write_written_schema(struct json *j, const char *name, void write_schema(struct buf *out))
{
    struct buf schema;
    buf_init(&schema, ANSWER_BYTES_MAX);
    write_schema(&schema);
    j->out->failed = j->out->failed || schema.failed;
    write_raw(j, name, (struct str){schema.bytes, schema.used});
    buf_done(&schema);
}

void openapi_get(struct request *q, struct answer *a)
{
    struct json j;
    (void)q;
    a->status = 200;
    a->type = "application/json";
    a->caching = "public, max-age=300";
    json_init(&j, &a->body, 0);
    json_open_object(&j);
    write_text(&j, "openapi", "3.1.0");
    json_key(&j, "info");
    json_open_object(&j);
    write_text(&j, "title", "mxassay");
    write_text(&j, "version", MXASSAY_VERSION);
    write_text(&j, "description", "Whether mail for a domain arrives, safely, and if not, why and what to do");
    json_close_object(&j);
    write_raw(&j, "servers", STR("[{\"url\":\"/\"}]"));
    write_paths(&j);
    json_key(&j, "components");
    json_open_object(&j);
    json_key(&j, "schemas");
    json_open_object(&j);
    write_written_schema(&j, "Report", report_write_schema);
    write_written_schema(&j, "MxHealth", report_write_mx_health_schema);
    write_problem_schema(&j);
    for (size_t i = 0; i < sizeof schemas / sizeof *schemas; i++)
        write_raw(&j, schemas[i].name, str_of(schemas[i].schema));
    json_close_object(&j);
    write_raw(&j, "securitySchemes", STR("{\"key\":{\"type\":\"http\",\"scheme\":\"bearer\"}}"));
    json_close_object(&j);
    json_close_object(&j);
    buf_add_char(&a->body, '\n');
}

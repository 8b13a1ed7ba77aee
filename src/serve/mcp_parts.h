/* SPDX-License-Identifier: Apache-2.0 */
/* mcp_parts - what the files of MCP share. Memory: of the request. Fails: by the answer's buf, or as said. */
#ifndef SERVE_MCP_PARTS_H
#define SERVE_MCP_PARTS_H

#include "report/json_writer.h"
#include "serve/mcp.h"

/* A result: begin, members of the object by the writer, end. */
struct mcp_reply {
    struct json j;
    struct answer *answer;
    const struct mcp_call *call;
};
void mcp_reply_begin(struct mcp_reply *p, struct request *q, struct answer *a);
void mcp_reply_text(struct mcp_reply *p, const char *key, const char *text);
void mcp_reply_raw(struct mcp_reply *p, const char *key, struct str value); /* JSON */
void mcp_reply_caching(struct mcp_reply *p, int64_t ttl_ms, bool shared);
void mcp_reply_end(struct mcp_reply *p);

int mcp_add_part(const char *bytes, size_t n, void *out); /* of json_dump_callback, to a struct buf */
void mcp_add_compact(struct buf *out, struct str json);   /* JSON of ours, in one line */

/* The methods, by file. */
typedef void mcp_method(struct request *q, json_t *params, struct answer *a);
mcp_method mcp_tools_list, mcp_tools_call;
mcp_method mcp_prompts_list, mcp_prompts_get;
mcp_method mcp_resources_list, mcp_resources_templates, mcp_resources_read;

/* The arguments of a tool, taken as leniently as their meaning is plain. The first that is wrong leaves a problem. */
struct mcp_args {
    struct request *request;
    json_t *object;
    char problem[256]; /* empty: none */
};
const char *mcp_arg_text(struct mcp_args *args, const char *name); /* NULL: not given */
bool mcp_arg_number(struct mcp_args *args, const char *name, uint64_t least, uint64_t most, uint64_t *n);
bool mcp_arg_flag(struct mcp_args *args, const char *name);
bool mcp_arg_full(struct mcp_args *args); /* detail */
/* A list; one value alone, or values with commas between, are one too. False: it is not given, or wrong. */
bool mcp_arg_list(struct mcp_args *args, const char *name, size_t most, const char ***list, size_t *count);

/* What a tool says: a JSON object as structured content and as text; or an error that the model can act upon. */
void mcp_tool_result(struct request *q, struct answer *a, struct str object);
void mcp_tool_error(struct request *q, struct answer *a, const char *format, ...) __attribute__((format(printf, 3, 4)));
void mcp_tool_problem(struct request *q, struct answer *a); /* the answer is a problem: the same as an error of a tool */

typedef void mcp_tool(struct mcp_args *args, struct request *q, struct answer *a);
mcp_tool mcp_check_mail_domain, mcp_check_mail_server, mcp_get_report;
mcp_tool mcp_explain_finding, mcp_compare_reports, mcp_list_monitors;
mcp_tool mcp_start_bulk_check, mcp_get_bulk_results;

/* Schemas of what they say. */
#define MCP_BULK_SCHEMA \
    "{\"type\":\"object\",\"properties\":{\"summary\":{\"type\":\"object\",\"properties\":{\"text\":{\"type\":\"string\"},\"over\":{\"type\":\"boolean\"}," \
    "\"total\":{\"type\":\"integer\"},\"done\":{\"type\":\"integer\"},\"failed\":{\"type\":\"integer\"},\"statuses\":{\"type\":\"object\"," \
    "\"additionalProperties\":{\"type\":\"integer\"}}},\"required\":[\"text\",\"over\",\"total\",\"done\",\"failed\",\"statuses\"]}," \
    "\"bulk_id\":{\"type\":\"string\"},\"results\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":[\"domain\",\"state\"]}}," \
    "\"next_cursor\":{\"type\":[\"string\",\"null\"]}},\"required\":[\"summary\",\"bulk_id\",\"results\",\"next_cursor\"]}"
void mcp_schema_report(struct buf *out);

/* The report of a run that is done, as a tool says it. */
void mcp_write_report(struct buf *out, const struct run *r, bool full);

#endif

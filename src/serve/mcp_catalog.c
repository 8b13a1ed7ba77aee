/* SPDX-License-Identifier: Apache-2.0 */
/* mcp_catalog - tools, prompts and resources that need no test: what findings mean, how to ask, what is at hand. */
#include <string.h>

#include "report/report.h"
#include "serve/mcp_parts.h"
#include "serve/state.h"

enum { TEXT_BYTES_MAX = 80 * 1024 * 1024, ONE_MINUTE_MS = 60000, ONE_DAY_MS = 86400000, DOMAIN_BYTES = 255 };

#define REPORT_URI "mxassay://report/"
#define FINDING_URI "mxassay://finding/"
#define CATALOG_URI "mxassay://findings"

static bool is_of_area(const struct check *c, struct str area)
{
    return strlen(c->id) > area.n && c->id[area.n] == '.' && str_eq_nocase(area, (struct str){c->id, area.n});
}

static void write_area(struct buf *out, struct str area)
{
    struct json j;
    size_t count = 0;
    for (size_t i = 0; i < check_count(); i++)
        count += is_of_area(check_at(i), area);
    buf_printf(out, "{\"summary\":\"%zu checks are of this area; call explain_finding with one of them.\",\"check\":null,\"checks\":", count);
    json_init(&j, out, 0);
    json_open_array(&j);
    for (size_t i = 0; i < check_count(); i++)
        if (is_of_area(check_at(i), area))
            json_cstr(&j, check_at(i)->id);
    json_close_array(&j);
    buf_add_char(out, '}');
}

static void write_check(struct buf *out, const struct check *c)
{
    struct json j;
    struct buf text;
    buf_add_cstr(out, "{\"summary\":");
    json_init(&j, out, 0);
    json_cstr(&j, c->title);
    buf_add_cstr(out, ",\"check\":");
    buf_init(&text, TEXT_BYTES_MAX);
    explain_write_json(&text, c);
    mcp_add_compact(out, (struct str){text.bytes, text.used});
    buf_done(&text);
    buf_add_cstr(out, ",\"checks\":[]}");
}

static const struct check *find_check(const char *id)
{
    for (size_t i = 0; id && i < check_count(); i++)
        if (str_is_nocase(str_of(id), check_at(i)->id))
            return check_at(i);
    return NULL;
}

static bool is_area(const char *word)
{
    for (size_t i = 0; word && *word && i < check_count(); i++)
        if (is_of_area(check_at(i), str_of(word)))
            return true;
    return false;
}

void mcp_explain_finding(struct mcp_args *args, struct request *q, struct answer *a)
{
    const char *id = mcp_arg_text(args, "id");
    const struct check *c = find_check(id);
    struct buf text;
    if (!c && !is_area(id)) {
        mcp_tool_error(
            q, a, "No check has the id '%.60s'. Use an id of a finding, or an area to list its checks: mx, smtp, tls, cert, dane, mtasts, spf, dkim, dmarc.",
            id ? id : "");
        return;
    }
    buf_init(&text, TEXT_BYTES_MAX);
    if (c)
        write_check(&text, c);
    else
        write_area(&text, str_of(id));
    mcp_tool_result(q, a, (struct str){text.bytes, text.used});
    buf_done(&text);
}

void mcp_list_monitors(struct mcp_args *args, struct request *q, struct answer *a)
{
    (void)args;
    mcp_tool_result(q, a, STR("{\"summary\":\"No monitor is configured here. Use check_mail_domain to test a domain now.\",\"monitors\":[]}"));
}

void mcp_prompts_list(struct request *q, json_t *params, struct answer *a)
{
    struct mcp_reply p;
    (void)params;
    mcp_reply_begin(&p, q, a);
    json_key(&p.j, "prompts");
    json_open_array(&p.j);
    json_open_object(&p.j);
    mcp_reply_text(&p, "name", "mail_health");
    mcp_reply_text(&p, "title", "Is mail to this domain safe?");
    mcp_reply_text(&p, "description", "Tests a domain and turns what is found into a plain answer, and a message to who runs its mail.");
    mcp_reply_raw(&p, "arguments", STR("[{\"name\":\"domain\",\"description\":\"The domain, such as example.org\",\"required\":true}]"));
    json_close_object(&p.j);
    json_close_array(&p.j);
    mcp_reply_caching(&p, ONE_DAY_MS, true);
    mcp_reply_end(&p);
}

void mcp_prompts_get(struct request *q, json_t *params, struct answer *a)
{
    const char *name = json_string_value(json_object_get(params, "name"));
    const char *domain = json_string_value(json_object_get(json_object_get(params, "arguments"), "domain"));
    struct mcp_reply p;
    if (!name || strcmp(name, "mail_health") != 0) {
        mcp_fail(q, a, 200, MCP_INVALID_PARAMS, "Unknown prompt; there is mail_health");
        return;
    }
    if (!domain || !*domain || strlen(domain) > DOMAIN_BYTES) {
        mcp_fail(q, a, 200, MCP_INVALID_PARAMS, "The prompt mail_health needs the argument domain");
        return;
    }
    mcp_reply_begin(&p, q, a);
    mcp_reply_text(&p, "description", "Is mail to this domain safe, and if not, what is to be done?");
    json_key(&p.j, "messages");
    json_open_array(&p.j);
    json_open_object(&p.j);
    mcp_reply_text(&p, "role", "user");
    json_key(&p.j, "content");
    json_open_object(&p.j);
    mcp_reply_text(&p, "type", "text");
    mcp_reply_text(
        &p, "text",
        arena_printf(
            q->arena,
            "Is mail to %s safe? Call check_mail_domain for it. Say in one sentence whether mail arrives, and whether it is encrypted and to the right "
            "server. Then, worst first, say for each finding who is affected and what to do; call explain_finding where the reason is not plain. Say "
            "what could not be tested. End with a short message that I can send to who runs the mail of this domain, with the evidence and the time.",
            domain));
    json_close_object(&p.j);
    json_close_object(&p.j);
    json_close_array(&p.j);
    mcp_reply_end(&p);
}

void mcp_resources_list(struct request *q, json_t *params, struct answer *a)
{
    struct mcp_reply p;
    (void)params;
    mcp_reply_begin(&p, q, a);
    json_key(&p.j, "resources");
    json_open_array(&p.j);
    json_open_object(&p.j);
    mcp_reply_text(&p, "uri", CATALOG_URI);
    mcp_reply_text(&p, "name", "findings");
    mcp_reply_text(&p, "title", "All checks");
    mcp_reply_text(&p, "description", "Every check with its question and severity.");
    mcp_reply_text(&p, "mimeType", "application/json");
    json_close_object(&p.j);
    json_close_array(&p.j);
    mcp_reply_caching(&p, ONE_DAY_MS, true);
    mcp_reply_end(&p);
}

void mcp_resources_templates(struct request *q, json_t *params, struct answer *a)
{
    static const char *const templates[][3] = {
        {REPORT_URI "{id}", "report", "A whole report as JSON, by its report_id, for an hour."},
        {FINDING_URI "{id}", "finding", "What a finding means and what to do, by its id."},
    };
    struct mcp_reply p;
    (void)params;
    mcp_reply_begin(&p, q, a);
    json_key(&p.j, "resourceTemplates");
    json_open_array(&p.j);
    for (size_t i = 0; i < sizeof templates / sizeof *templates; i++) {
        json_open_object(&p.j);
        mcp_reply_text(&p, "uriTemplate", templates[i][0]);
        mcp_reply_text(&p, "name", templates[i][1]);
        mcp_reply_text(&p, "description", templates[i][2]);
        mcp_reply_text(&p, "mimeType", "application/json");
        json_close_object(&p.j);
    }
    json_close_array(&p.j);
    mcp_reply_caching(&p, ONE_DAY_MS, true);
    mcp_reply_end(&p);
}

/* False: there is no such resource. */
static bool write_resource(struct request *q, const char *uri, struct buf *out)
{
    const bool is_report = strncmp(uri, REPORT_URI, strlen(REPORT_URI)) == 0, is_finding = strncmp(uri, FINDING_URI, strlen(FINDING_URI)) == 0;
    const struct run *r = is_report ? checks_find(q->serve->checks, str_of(uri + strlen(REPORT_URI))) : NULL;
    const struct check *c = is_finding ? check_find(uri + strlen(FINDING_URI)) : NULL;
    if (r && r->state == RUN_DONE)
        buf_add_str(out, r->documents[WORK_JSON]);
    else if (c)
        explain_write_json(out, c);
    else if (strcmp(uri, CATALOG_URI) == 0)
        explain_write_list_json(out);
    return out->used > 0;
}

static void fail_to_find(struct request *q, struct answer *a, const char *uri)
{
    struct json j;
    struct buf data;
    buf_init(&data, TEXT_BYTES_MAX);
    json_init(&j, &data, 0);
    json_open_object(&j);
    json_key(&j, "uri");
    json_cstr(&j, uri);
    json_close_object(&j);
    mcp_fail_about(q, a, 200, q->call->modern ? MCP_INVALID_PARAMS : MCP_RESOURCE_NOT_FOUND, "Resource not found", (struct str){data.bytes, data.used});
    buf_done(&data);
}

void mcp_resources_read(struct request *q, json_t *params, struct answer *a)
{
    const char *uri = json_string_value(json_object_get(params, "uri"));
    struct mcp_reply p;
    struct buf text;
    buf_init(&text, TEXT_BYTES_MAX);
    if (!uri) {
        mcp_fail(q, a, 200, MCP_INVALID_PARAMS, "uri is missing or is not a string");
    } else if (!write_resource(q, uri, &text)) {
        fail_to_find(q, a, uri);
    } else {
        mcp_reply_begin(&p, q, a);
        json_key(&p.j, "contents");
        json_open_array(&p.j);
        json_open_object(&p.j);
        mcp_reply_text(&p, "uri", uri);
        mcp_reply_text(&p, "mimeType", "application/json");
        json_key(&p.j, "text");
        json_str(&p.j, (struct str){text.bytes, text.used});
        json_close_object(&p.j);
        json_close_array(&p.j);
        mcp_reply_caching(&p, ONE_MINUTE_MS, false);
        mcp_reply_end(&p);
        a->body.failed = a->body.failed || text.failed;
    }
    buf_done(&text);
}

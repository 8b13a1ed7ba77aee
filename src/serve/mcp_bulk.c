/* SPDX-License-Identifier: Apache-2.0 */
/* mcp_bulk - tools for many domains: one starts them, the other tells what has become of them, page by page. */
#include "serve/bulk.h"
#include "serve/mcp_parts.h"
#include "serve/state.h"

enum { TEXT_BYTES_MAX = 64 * 1024, PAGE_BYTES = 4600, AGE_S_MAX = 3600 };
static const char *const statuses[] = {"ok", "warning", "error", "inconclusive"};

static void write_statuses(struct json *j, const struct bulk *b)
{
    json_key(j, "statuses");
    json_open_object(j);
    for (size_t s = 0; s < sizeof statuses / sizeof *statuses; s++) {
        int64_t count = 0;
        for (size_t i = 0; i < b->count; i++)
            count += str_is(str_of(b->entries[i].status), statuses[s]);
        json_key(j, statuses[s]);
        json_number(j, count);
    }
    json_close_object(j);
}

static void write_summary(struct json *j, struct request *q, const struct bulk *b)
{
    size_t failed = 0;
    for (size_t i = 0; i < b->count; i++)
        failed += b->entries[i].state == BULK_FAILED;
    json_key(j, "summary");
    json_open_object(j);
    json_key(j, "text");
    json_cstr(j, arena_printf(q->arena,
                              b->over < b->count ? "%zu of %zu domains are tested; call get_bulk_results again in some seconds."
                                                 : "All %zu of %zu domains are tested.",
                              b->over, b->count));
    json_key(j, "over");
    json_bool(j, b->over == b->count);
    json_key(j, "total");
    json_number(j, (int64_t)b->count);
    json_key(j, "done");
    json_number(j, (int64_t)(b->over - failed));
    json_key(j, "failed");
    json_number(j, (int64_t)failed);
    write_statuses(j, b);
    json_close_object(j);
}

static void write_entry(struct json *j, const struct bulk_entry *e)
{
    json_open_object(j);
    json_key(j, "domain");
    json_cstr(j, e->domain);
    json_key(j, "state");
    json_cstr(j, bulk_state_text(e->state));
    if (e->state == BULK_DONE) {
        json_key(j, "status");
        json_cstr(j, e->status);
        json_key(j, "headline");
        json_open_object(j);
        json_key(j, "remote_text");
        json_cstr(j, e->headline);
        json_close_object(j);
        json_key(j, "report_id");
        json_cstr(j, e->report_id);
    } else if (e->state == BULK_FAILED) {
        json_key(j, "problem");
        json_cstr(j, e->problem);
    }
    json_close_object(j);
}

static void say_bulk(struct request *q, struct answer *a, const struct bulk *b, size_t from, bool with_results)
{
    struct buf text;
    struct json j;
    size_t i = from;
    buf_init(&text, TEXT_BYTES_MAX);
    json_init(&j, &text, 0);
    json_open_object(&j);
    write_summary(&j, q, b);
    json_key(&j, "bulk_id");
    json_cstr(&j, b->id);
    json_key(&j, "results");
    json_open_array(&j);
    for (; with_results && i < b->count && text.used < PAGE_BYTES; i++)
        write_entry(&j, &b->entries[i]);
    json_close_array(&j);
    json_key(&j, "next_cursor");
    json_cstr(&j, i < b->count ? arena_printf(q->arena, "%zu", i) : NULL);
    json_close_object(&j);
    mcp_tool_result(q, a, (struct str){text.bytes, text.used});
    buf_done(&text);
}

void mcp_start_bulk_check(struct mcp_args *args, struct request *q, struct answer *a)
{
    const char **domains = NULL;
    size_t count = 0;
    uint64_t max_age_s = CHECKS_MAX_AGE_S;
    mcp_arg_number(args, "max_age_s", 0, AGE_S_MAX, &max_age_s);
    if (!mcp_arg_list(args, "domains", BULK_DOMAINS, &domains, &count) || count == 0 || args->problem[0]) {
        mcp_tool_error(q, a, "%s. Give domains as a list such as [\"example.org\", \"example.net\"], at most %d in one call.",
                       args->problem[0] ? args->problem : "no domains are given", BULK_DOMAINS);
        return;
    }
    struct bulk *b = bulks_start(q->serve->bulks, q, domains, count, (uint32_t)max_age_s);
    if (b)
        say_bulk(q, a, b, 0, false);
    else
        mcp_tool_error(q, a, "%d bulk checks are under way already. Try again when one of them has ended.", BULKS_MAX);
}

void mcp_get_bulk_results(struct mcp_args *args, struct request *q, struct answer *a)
{
    const char *id = mcp_arg_text(args, "id");
    uint64_t from = 0;
    mcp_arg_number(args, "cursor", 0, BULK_DOMAINS, &from);
    const struct bulk *b = id ? bulks_find(q->serve->bulks, str_of(id)) : NULL;
    if (args->problem[0])
        mcp_tool_error(q, a, "%s.", args->problem);
    else if (b)
        say_bulk(q, a, b, from, true);
    else
        mcp_tool_error(q, a, "No bulk check has this id. Call start_bulk_check and use its bulk_id.");
}

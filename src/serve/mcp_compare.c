/* SPDX-License-Identifier: Apache-2.0 */
/* mcp_compare - the tool that says what changed between two reports that are kept. */
#include "serve/compare.h"
#include "serve/mcp_parts.h"
#include "serve/state.h"

enum { TEXT_BYTES_MAX = 64 * 1024 };

/* NULL, and the answer says why. */
static json_t *load(struct mcp_args *args, const char *name, struct request *q, struct answer *a)
{
    const char *id = mcp_arg_text(args, name);
    const struct run *r = id ? checks_find(q->serve->checks, str_of(id)) : NULL;
    if (r && r->state == RUN_DONE)
        return json_loadb(r->documents[WORK_JSON].p, r->documents[WORK_JSON].n, 0, NULL);
    if (r && !run_is_over(r))
        mcp_tool_error(q, a, "The check of %.200s is still under way. Call get_report with id %s first, which waits for it.", r->target, r->id);
    else
        mcp_tool_error(q, a, "No report has the id given as %s; reports are kept for an hour. Give report_id of two results of check_mail_domain.", name);
    return NULL;
}

void mcp_compare_reports(struct mcp_args *args, struct request *q, struct answer *a)
{
    json_t *old = load(args, "old", q, a), *new = old ? load(args, "new", q, a) : NULL;
    struct buf text;
    buf_init(&text, TEXT_BYTES_MAX);
    if (old && new) {
        compare_reports(&text, old, new);
        mcp_tool_result(q, a, (struct str){text.bytes, text.used});
    }
    buf_done(&text);
    json_decref(old);
    json_decref(new);
}

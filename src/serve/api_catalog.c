/* SPDX-License-Identifier: Apache-2.0 */
/* api_catalog - /v1/catalog: the checks, by pages; and one of them. */
#include "report/report.h"
#include "serve/problem.h"
#include "serve/routes.h"

enum { PAGE_DEFAULT = 100, PAGE_MAX = 1000 };

static const char caching[] = "public, max-age=300";

static const struct check *check_named(struct request *q, struct str id)
{
    const char *text = arena_cstr(q->arena, id);
    return text ? check_find(text) : NULL;
}

/* The index behind the check that the cursor names. */
static bool read_cursor(struct request *q, size_t *at)
{
    struct str cursor = request_arg(q, "cursor");
    const struct check *last = cursor.n ? check_named(q, cursor) : NULL;
    *at = 0;
    if (!cursor.n)
        return true;
    while (last && check_at((*at)++) != last)
        ;
    return last;
}

void api_catalog_list(struct request *q, struct answer *a)
{
    struct str limit_text = request_arg(q, "limit");
    uint64_t limit = PAGE_DEFAULT;
    size_t at;
    if (!read_cursor(q, &at) || (limit_text.n && (!str_number(limit_text, PAGE_MAX, &limit) || limit == 0))) {
        problem_write(a, PROBLEM_PARAMETER, "cursor is what the page before gave as next_cursor, limit 1 to %d", PAGE_MAX);
        return;
    }
    size_t end = at + (size_t)limit < check_count() ? at + (size_t)limit : check_count();
    a->status = 200;
    a->type = "application/json";
    a->caching = caching;
    buf_add_cstr(&a->body, "{\"items\":[");
    for (size_t i = at; i < end; i++) {
        buf_add_cstr(&a->body, i > at ? "," : "");
        explain_write_json(&a->body, check_at(i));
    }
    buf_add_cstr(&a->body, "],\"next_cursor\":");
    if (end < check_count())
        buf_printf(&a->body, "\"%s\"}\n", check_at(end - 1)->id);
    else
        buf_add_cstr(&a->body, "null}\n");
}

void api_catalog_get(struct request *q, struct answer *a)
{
    const struct check *c = check_named(q, request_part(q, "id"));
    if (!c) {
        problem_write(a, PROBLEM_NO_SUCH_CHECK, "/v1/catalog lists them");
        return;
    }
    a->status = 200;
    a->type = "application/json";
    a->caching = caching;
    explain_write_json(&a->body, c);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* api_checks - /v1/checks: runs are started, looked at, followed and cancelled. */
#include <string.h>

#include "report/json_writer.h"
#include "serve/problem.h"
#include "serve/routes.h"
#include "serve/state.h"
#include "serve/targets.h"
#include "serve/wish.h"

enum { RETRY_S = 1, MS_PER_S = 1000 };

static void write_time(struct json *j, const char *key, bool known, struct wall t)
{
    char text[CLOCK_TEXT_BYTES];
    wall_write(t, text);
    json_key(j, key);
    json_cstr(j, known ? text : NULL);
}

static void write_member(struct json *j, const char *key, const char *text)
{
    json_key(j, key);
    json_cstr(j, text);
}

static void write_progress(struct json *j, const struct run *r)
{
    json_key(j, "progress");
    json_open_object(j);
    write_member(j, "step", r->waits_for);
    json_key(j, "done");
    json_number(j, (int64_t)r->done);
    json_key(j, "total");
    json_number(j, (int64_t)r->total);
    json_close_object(j);
}

/* The report is JSON already, so it is copied. */
static void write_run(struct answer *a, const struct run *r, unsigned status)
{
    struct json j;
    a->status = status;
    a->type = "application/json";
    json_init(&j, &a->body, 0);
    json_open_object(&j);
    write_member(&j, "id", r->id);
    write_member(&j, "kind", r->server ? "server" : "domain");
    write_member(&j, "target", r->target);
    write_member(&j, "state", run_state_text(r->state));
    write_time(&j, "started_at", true, r->started_at);
    write_time(&j, "finished_at", run_is_over(r), r->finished_at);
    write_progress(&j, r);
    write_member(&j, "problem", r->problem[0] ? r->problem : NULL);
    write_member(&j, "status", r->state == RUN_DONE ? r->status : NULL);
    write_member(&j, "headline", r->state == RUN_DONE ? r->headline : NULL);
    buf_add_cstr(&a->body, ",\"report\":");
    if (r->state == RUN_DONE)
        buf_add_str(&a->body, r->documents[WORK_JSON]);
    else
        buf_add_cstr(&a->body, "null");
    json_close_object(&j);
    buf_add_char(&a->body, '\n');
}

static void answer_started(struct request *q, struct run *r, struct answer *a)
{
    (void)q;
    write_run(a, r, run_is_over(r) ? 200 : 202);
    answer_header(a, "Location", "/v1/checks/%s", r->id);
    if (!run_is_over(r))
        answer_header(a, "Retry-After", "%d", RETRY_S);
}

static bool is_allowed(const struct request *q, const struct wish *w, struct answer *a)
{
    if (w->order.auth_password && !(q->key && (q->key->scopes & SCOPE_AUTH))) {
        problem_write(a, PROBLEM_AUTH_OFF, "credentials are used for a key with the scope auth only");
        return false;
    }
    if (w->order.deep && !target_may_go_deep(q)) {
        problem_write(a, PROBLEM_DEEP_OFF, "deep checks make many connections to a server");
        return false;
    }
    return true;
}

void api_checks_post(struct request *q, struct answer *a)
{
    struct wish wish;
    if (wish_parse(q, &wish, a) < 0)
        return;
    struct run *r = is_allowed(q, &wish, a) ? target_run(q, &wish.order, wish.max_age_s, a) : NULL;
    wish_wipe(&wish);
    if (!r)
        return;
    if (run_is_over(r) || wish.wait_s == 0)
        answer_started(q, r, a);
    else
        request_wait(q, r, (int64_t)wish.wait_s * MS_PER_S, answer_started);
}

static struct run *find(struct request *q, struct answer *a)
{
    struct str id = request_part(q, "id");
    struct run *r = checks_find(q->serve->checks, id);
    if (!r)
        problem_write(a, PROBLEM_NO_SUCH_RUN, "reports are kept for an hour, and ids cannot be guessed");
    return r;
}

void api_checks_get(struct request *q, struct answer *a)
{
    const struct run *r = find(q, a);
    if (r)
        write_run(a, r, 200);
    if (r && !run_is_over(r))
        answer_header(a, "Retry-After", "%d", RETRY_S);
}

void api_checks_delete(struct request *q, struct answer *a)
{
    struct run *r = find(q, a);
    if (!r)
        return;
    checks_cancel(q->serve->checks, r, q->who);
    a->status = 204;
}

void api_checks_events(struct request *q, struct answer *a)
{
    a->events = find(q, a);
    if (a->events)
        a->status = 200;
}

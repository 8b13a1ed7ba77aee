/* SPDX-License-Identifier: Apache-2.0 */
/* events - see events.h. */
#include "serve/events.h"

#include <jansson.h>

#include "report/json_writer.h"

void events_begin(struct events *e, const struct run *run, const char *last_event_id)
{
    *e = (struct events){.run = run};
    if (!last_event_id || !str_number(str_of(last_event_id), INT64_MAX, &e->told))
        e->told = 0;
}

void events_end(struct events *e)
{
    json_decref(e->report);
    *e = (struct events){0};
}

static json_t *findings(struct events *e)
{
    const struct str report = e->run->documents[WORK_JSON];
    if (!e->report && e->run->state == RUN_DONE)
        e->report = json_loadb(report.p, report.n, 0, NULL);
    return json_object_get(e->report, "findings");
}

static uint64_t last_number(const struct events *e)
{
    return e->run->steps + json_array_size(json_object_get(e->report, "findings")) + 1;
}

bool events_are_over(const struct events *e)
{
    return run_is_over(e->run) && (e->run->state != RUN_DONE || e->report) && e->told >= last_number(e);
}

static void begin(struct events *e, struct buf *out, uint64_t number, const char *kind)
{
    e->told = number;
    buf_printf(out, "id: %llu\nevent: %s\ndata: ", (unsigned long long)number, kind);
}

static void write_member(struct json *j, const char *key, const char *text)
{
    json_key(j, key);
    json_cstr(j, text);
}

static void write_step(struct events *e, struct buf *out)
{
    const struct run *r = e->run;
    struct json j;
    begin(e, out, r->steps, "step");
    json_init(&j, out, 0);
    json_open_object(&j);
    write_member(&j, "step", r->waits_for);
    json_key(&j, "done");
    json_number(&j, (int64_t)r->done);
    json_key(&j, "total");
    json_number(&j, (int64_t)r->total);
    json_close_object(&j);
    buf_add_cstr(out, "\n\n");
}

static void write_end(struct events *e, struct buf *out)
{
    const struct run *r = e->run;
    struct json j;
    begin(e, out, last_number(e), "done");
    json_init(&j, out, 0);
    json_open_object(&j);
    write_member(&j, "id", r->id);
    write_member(&j, "state", run_state_text(r->state));
    write_member(&j, "status", r->state == RUN_DONE ? r->status : NULL);
    write_member(&j, "headline", r->state == RUN_DONE ? r->headline : NULL);
    write_member(&j, "problem", r->problem[0] ? r->problem : NULL);
    json_close_object(&j);
    buf_add_cstr(out, "\n\n");
}

static int add_to_buf(const char *bytes, size_t n, void *out)
{
    buf_add(out, bytes, n);
    return 0;
}

bool events_next(struct events *e, struct buf *out)
{
    const struct run *r = e->run;
    const json_t *list = findings(e);
    uint64_t steps = r->steps;
    if (e->told < steps && !run_is_over(r)) {
        write_step(e, out);
        return true;
    }
    if (!run_is_over(r) || e->told >= last_number(e))
        return false;
    size_t index = e->told > steps ? (size_t)(e->told - steps) : 0;
    if (index < json_array_size(list)) {
        begin(e, out, steps + index + 1, "finding");
        json_dump_callback(json_array_get(list, index), add_to_buf, out, JSON_COMPACT | JSON_ENSURE_ASCII);
        buf_add_cstr(out, "\n\n");
    } else {
        write_end(e, out);
    }
    return true;
}

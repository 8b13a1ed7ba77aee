/* SPDX-License-Identifier: Apache-2.0 */
/* run - see run.h. */
#include "bulk/run.h"

#include <stdlib.h>

#include "base/hash.h"

enum { NAME_BYTES = 64 * 1024, US_PER_S = 1000000, US_PER_MS = 1000 };

struct bulk_task { /* one name under way */
    struct bulk_run *run;
    struct bulk_name *name; /* NULL: idle */
    struct job *job;
    struct bulk_task *next_idle;
};

static struct loop *loop_of(const struct bulk_run *r)
{
    return r->params.prober->net.loop;
}

static void say_over(void *arg)
{
    struct bulk_run *r = arg;
    r->end = r->end ? r->end : r->all_begun ? BULK_WHOLE : BULK_LEFT_OUT;
    r->left_waiting = r->again.count;
    again_done(&r->again);
    r->params.over(r->params.arg);
}

static void end_as(struct bulk_run *r, enum bulk_end end, uint64_t line)
{
    if (r->end)
        return;
    r->end = end;
    r->end_line = line;
    r->stopping = true;
    timer_start(loop_of(r), &r->next, 0, say_over, r);
}

/* ---- names in ---- */

static bool is_of_other_shard(const struct bulk_run *r, const char *name)
{
    return r->params.shards && hash_fold(hash_str(0, str_of(name))) % r->params.shards + 1 != r->params.shard;
}

/* A name into the window, unless it is another's, or was answered, or is none. */
static void take_name(struct bulk_run *r, const struct input_line *line)
{
    struct arena arena;
    struct domain_name name;
    const char *problem = line->problem;
    int before = answered_has(r->params.answered, line->number, line->text);
    if (before < 0)
        end_as(r, BULK_OTHER_INPUT, line->number);
    r->skipped += before > 0;
    r->named += before > 0;
    if (before)
        return;
    arena_init(&arena, NAME_BYTES);
    if (problem || name_parse_domain(line->text, &arena, &name, &problem) < 0) {
        r->rejected++;
        r->params.reject(r->params.arg, line, problem ? problem : "out of memory");
    } else {
        r->named++;
        if (!is_of_other_shard(r, name.ascii) && window_add(&r->window, line->number, line->text) < 0)
            end_as(r, BULK_NO_MEMORY, line->number);
    }
    arena_done(&arena);
}

static void read_more(struct bulk_run *r)
{
    if (r->reading)
        return;
    r->reading = true;
    r->params.read(r->params.arg);
}

static void fill_window(struct bulk_run *r)
{
    struct input_line line;
    while (!r->stopping && !r->all_read && !window_is_full(&r->window)) {
        enum input_result result = r->at_end ? input_last(&r->input, &line) : input_next(&r->input, &r->unread, &line);
        if (result == INPUT_NO_COLUMN)
            end_as(r, BULK_NO_COLUMN, 0);
        else if (result == INPUT_LINE)
            take_name(r, &line);
        if (result == INPUT_MORE && !r->at_end) {
            read_more(r);
            return;
        }
        r->all_read = r->at_end;
    }
}

/* ---- jobs ---- */

static void make_idle(struct bulk_task *t)
{
    struct bulk_run *r = t->run;
    job_free(t->job);
    t->job = NULL;
    free(t->name);
    t->name = NULL;
    t->next_idle = r->idle;
    r->idle = t;
}

static void on_job_done(void *arg, struct job *job);

static void begin(struct bulk_run *r, struct bulk_name *name)
{
    struct bulk_task *t = r->idle;
    struct arena arena;
    struct domain_name domain;
    const char *problem;
    r->idle = t->next_idle;
    t->name = name;
    arena_init(&arena, NAME_BYTES);
    if (name_parse_domain((struct str){name->text, name->n}, &arena, &domain, &problem) == 0)
        t->job = job_start_domain(r->params.prober, name->text, &domain, on_job_done, t);
    arena_done(&arena);
    if (!t->job) {
        end_as(r, BULK_NO_MEMORY, name->number);
        make_idle(t);
        return;
    }
    name->asked++;
    r->under_way++;
    r->any_begun = true;
    r->last_begun = loop_now(loop_of(r));
}

/* How long the rate keeps the next name from being begun. */
static int64_t held_back_us(const struct bulk_run *r)
{
    if (!r->params.rate || !r->any_begun)
        return 0;
    return r->last_begun.us + (int64_t)(US_PER_S / r->params.rate) - loop_now(loop_of(r)).us;
}

static void on_next(void *arg)
{
    bulk_run_go_on(arg);
}

static bool can_begin(const struct bulk_run *r)
{
    return !r->stopping && (r->again.due || r->window.count) && r->idle && r->params.has_room(r->params.arg);
}

/* False: the rate holds back the rest. */
static bool begin_names(struct bulk_run *r)
{
    while (can_begin(r)) {
        int64_t wait_us = held_back_us(r);
        if (wait_us > 0) {
            timer_start(loop_of(r), &r->next, wait_us / US_PER_MS + 1, on_next, r);
            return false;
        }
        begin(r, r->again.due ? again_take(&r->again) : window_take(&r->window));
        fill_window(r);
    }
    return true;
}

static void say_waits(struct bulk_run *r)
{
    if (r->waits || r->stopping || r->again.count == 0)
        return;
    r->waits = true;
    r->params.waits(r->params.arg);
}

void bulk_run_go_on(struct bulk_run *r)
{
    fill_window(r);
    if (!begin_names(r) || r->under_way || r->end)
        return;
    bool only_waits = r->all_read && r->window.count == 0 && !r->again.due;
    r->all_begun = only_waits && r->again.count == 0;
    if (only_waits)
        say_waits(r);
    if (r->all_begun || r->stopping)
        timer_start(loop_of(r), &r->next, 0, say_over, r);
}

void bulk_run_feed(struct bulk_run *r, struct str bytes)
{
    r->reading = false;
    r->unread = bytes;
    bulk_run_go_on(r);
}

void bulk_run_feed_end(struct bulk_run *r)
{
    r->reading = false;
    r->at_end = true;
    bulk_run_go_on(r);
}

/* ---- lines out ---- */

/* The report's first brace gives way to a comma: its members follow ours. */
static void write_answer(const struct bulk_task *t, const struct judgement *judgement, struct buf *out)
{
    answer_begin(out, t->name->number, (struct str){t->name->text, t->name->n}, t->name->asked);
    size_t brace = out->used;
    report_write_json(out, &(struct report){job_facts(t->job), judgement}, 0);
    if (!out->failed)
        out->bytes[brace] = ',';
    buf_add_char(out, '\n');
}

static void count_answer(struct bulk_run *r, const struct judgement *judgement)
{
    int status = report_exit_status(judgement, r->params.fail_on);
    r->found = r->found || status == 1;
    r->inconclusive = r->inconclusive || status == 2;
    r->by_status[judgement->summary.status]++;
    r->put_off += again_is_wanted(judgement);
    r->done++;
}

/* Its line, or it waits to be asked again. */
static void answer(struct bulk_run *r, struct bulk_task *t)
{
    struct judgement judgement;
    const struct facts *facts = job_facts(t->job);
    if (judge(facts, r->params.judge, facts->checked_at, job_arena(t->job), &judgement) < 0) {
        end_as(r, BULK_TOO_LARGE, t->name->number);
        return;
    }
    if (again_is_wanted(&judgement) && again_add(&r->again, t->name)) {
        t->name = NULL;
        return;
    }
    buf_clear(&r->line);
    write_answer(t, &judgement, &r->line);
    if (r->line.failed) {
        end_as(r, BULK_TOO_LARGE, t->name->number);
    } else {
        count_answer(r, &judgement);
        r->params.write(r->params.arg, (struct str){r->line.bytes, r->line.used});
    }
}

static void on_job_done(void *arg, struct job *job)
{
    struct bulk_task *t = arg;
    struct bulk_run *r = t->run;
    (void)job;
    answer(r, t);
    make_idle(t);
    r->under_way--;
    bulk_run_go_on(r);
}

/* ---- the run ---- */

static void on_deadline(void *arg)
{
    struct bulk_run *r = arg;
    r->stopping = true;
    bulk_run_go_on(r);
}

int bulk_run_init(struct bulk_run *r, const struct bulk_run_params *params)
{
    *r = (struct bulk_run){.params = *params};
    input_init(&r->input, params->column);
    buf_init(&r->line, BULK_LINE_BYTES_MAX);
    again_init(&r->again, loop_of(r), &params->again, AGAIN_NAMES_MAX, on_next, r);
    r->tasks = calloc(params->max_inflight, sizeof *r->tasks);
    for (size_t i = params->max_inflight; r->tasks && i-- > 0;) {
        r->tasks[i] = (struct bulk_task){.run = r, .next_idle = r->idle};
        r->idle = &r->tasks[i];
    }
    return r->tasks && window_init(&r->window, WINDOW_NAMES) == 0 ? 0 : -1;
}

void bulk_run_start(struct bulk_run *r)
{
    r->began = loop_now(loop_of(r));
    if (r->params.deadline_ms)
        timer_start(loop_of(r), &r->deadline, r->params.deadline_ms, on_deadline, r);
    timer_start(loop_of(r), &r->next, 0, on_next, r);
}

void bulk_run_stop(struct bulk_run *r)
{
    r->stopping = true;
    r->end = r->end ? r->end : BULK_STOPPED;
    timer_cancel(&r->next);
    timer_cancel(&r->deadline);
}

void bulk_run_done(struct bulk_run *r)
{
    bulk_run_stop(r);
    for (size_t i = 0; r->tasks && i < r->params.max_inflight; i++) {
        job_free(r->tasks[i].job);
        free(r->tasks[i].name);
    }
    free(r->tasks);
    r->tasks = NULL;
    buf_done(&r->line);
    window_done(&r->window);
    again_done(&r->again);
}

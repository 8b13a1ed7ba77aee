/* SPDX-License-Identifier: Apache-2.0 */
/* child - see child.h. */
#include "worker/child.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/panic.h"
#include "net/names.h"
#include "net/preload.h"
#include "probe/job.h"
#include "worker/channel.h"
#include "worker/confine.h"
#include "worker/wanted.h"

enum {
    ORDER_ARENA_BYTES = 4 * WORK_ORDER_BYTES,
    STEP_BYTES = 512,
    SETTLE_MS = 4000,                  /* longer than the resolver tries its own way */
    ENOUGH_UNSENT_BYTES = 1024 * 1024, /* then further results wait, and steps are left out */
    UNSENT_BYTES = FRAME_RESULT_BYTES + 2 * ENOUGH_UNSENT_BYTES,
};

struct run { /* one order */
    struct child *child;
    struct run *next, **at; /* of those under way, or of those that wait to be sent */
    uint64_t number;
    struct arena arena;
    struct work_order order;
    struct judge_options judge;
    struct job *job;
    char waits_for[STEP_BYTES]; /* as told last */
    size_t done, total;
};

struct child {
    struct prober prober;
    struct probe_options options; /* of all orders, before each one's own */
    const struct pool_params *params;
    struct channel channel;
    struct run *running, *finished, **last_finished;
    struct timer alive, steps, give_back;
    struct opt_out *opt_out; /* as the parent told it last; NULL: as it was before */
};

/* ---- results ---- */

static void run_free(struct run *run)
{
    job_free(run->job);
    if (run->order.auth_password)
        /* NOLINTNEXTLINE(performance-no-int-to-ptr): it is our copy, in the run's arena */
        explicit_bzero((char *)(uintptr_t)run->order.auth_password, strlen(run->order.auth_password));
    arena_done(&run->arena);
    free(run);
}

static void take_out(struct run *run)
{
    struct child *c = run->child;
    *run->at = run->next;
    if (run->next)
        run->next->at = run->at;
    if (c->last_finished == &run->next)
        c->last_finished = run->at;
}

static void write_documents(const struct report *report, const struct pool_params *params, struct buf documents[WORK_DOCUMENTS])
{
    static const struct text_style plain = {.columns = 100};
    const unsigned wanted = params->documents ? params->documents : ~0u;
    if (wanted & 1u << WORK_JSON)
        report_write_json(&documents[WORK_JSON], report, 0);
    if (wanted & 1u << WORK_TEXT)
        report_write_text(&documents[WORK_TEXT], report, &plain);
    if (wanted & 1u << WORK_HTML)
        report_write_html(&documents[WORK_HTML], report, params->html);
    if (wanted & 1u << WORK_MX_HEALTH)
        report_write_mx_health(&documents[WORK_MX_HEALTH], report);
    if (wanted & 1u << WORK_METRICS)
        report_write_prometheus(&documents[WORK_METRICS], report);
    if (wanted & 1u << WORK_BRIEF)
        report_write_brief(&documents[WORK_BRIEF], report);
}

static void send_refusal(struct child *c, uint64_t number, enum work_end end, const char *problem)
{
    frame_write_result(&c->channel.out, number, &(struct work_result){.end = end, .problem = problem});
    channel_flush(&c->channel);
}

static void send_result(struct run *run)
{
    struct child *c = run->child;
    struct judgement judgement;
    struct buf documents[WORK_DOCUMENTS];
    struct work_result result = {.end = WORK_DONE};
    size_t left = WORK_RESULT_BYTES;
    bool failed = judge(job_facts(run->job), &run->judge, job_facts(run->job)->checked_at, job_arena(run->job), &judgement) < 0;
    for (size_t i = 0; i < WORK_DOCUMENTS; i++)
        buf_init(&documents[i], WORK_RESULT_BYTES);
    if (!failed)
        write_documents(&(struct report){job_facts(run->job), &judgement}, c->params, documents);
    for (size_t i = 0; i < WORK_DOCUMENTS; i++) {
        failed = failed || documents[i].failed || documents[i].used > left;
        left -= failed ? 0 : documents[i].used;
        result.documents[i] = (struct str){documents[i].bytes, documents[i].used};
    }
    if (failed) {
        send_refusal(c, run->number, WORK_TOO_BIG, "the report is larger than the memory set aside for one");
    } else {
        result.status = status_text(judgement.summary.status);
        result.headline = judgement.summary.headline;
        result.note = c->params->note ? c->params->note(c->params->arg, &judgement) : 0;
        frame_write_result(&c->channel.out, run->number, &result);
        channel_flush(&c->channel);
    }
    for (size_t i = 0; i < WORK_DOCUMENTS; i++)
        buf_done(&documents[i]);
}

static bool has_room(const struct child *c)
{
    return c->channel.out.used < ENOUGH_UNSENT_BYTES;
}

static void send_results(void *arg)
{
    struct child *c = arg;
    while (c->finished && has_room(c)) {
        struct run *run = c->finished;
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): to free takes it out of the list */
        send_result(run);
        take_out(run);
        run_free(run);
    }
    must(!c->channel.out.failed);
}

static void on_job_done(void *arg, struct job *job)
{
    struct run *run = arg;
    struct child *c = run->child;
    (void)job;
    take_out(run);
    run->next = NULL;
    run->at = c->last_finished;
    *c->last_finished = run;
    c->last_finished = &run->next;
    send_results(c);
}

/* ---- orders ---- */

static const char *not_checks(const char *const *words, struct arena *arena)
{
    for (; words && *words; words++)
        if (!check_is_area_or_id(*words))
            return arena_printf(arena, "'%.80s' is neither an area nor a check", *words);
    return NULL;
}

/* NULL, or what is wrong with the order. */
static const char *choose_options(struct run *run, struct probe_options *o)
{
    const struct work_order *order = &run->order;
    const char *problem = not_checks(order->only, &run->arena);
    for (size_t i = 0; i < order->port_count; i++)
        if (order->ports[i] == 0)
            return "0 is no port";
    if (!order->auth_user != !order->auth_password)
        return "a user and a password go together";
    if (run->child->params->judge)
        run->judge = *run->child->params->judge;
    run->judge.only = order->only;
    run->judge.skip = order->skip;
    if (order->port_count) {
        o->ports = order->ports;
        o->port_count = order->port_count;
    }
    o->deep = order->deep;
    o->smtp = o->smtp && !order->no_smtp;
    o->tls = order->tls;
    o->auth_user = order->auth_user;
    o->auth_password = order->auth_password;
    ask_what_is_wanted(o, &run->judge);
    return problem ? problem : not_checks(order->skip, &run->arena);
}

static const char *start_domain(struct run *run, struct prober *p)
{
    struct domain_name name;
    const char *problem = NULL, *target = run->order.target;
    if (name_parse_domain(str_of(target), &run->arena, &name, &problem) < 0)
        return arena_printf(&run->arena, "'%.80s' is not a domain: %s", target, problem);
    run->job = job_start_domain(p, target, &name, on_job_done, run);
    return NULL;
}

static const char *start_server(struct run *run, struct prober *p)
{
    struct server_name name;
    const char *problem = NULL, *target = run->order.target;
    if (name_parse_server(str_of(target), &run->arena, &name, &problem) < 0)
        return arena_printf(&run->arena, "'%.80s' is not a server: %s", target, problem);
    run->job = job_start_server(p, target, &name, on_job_done, run);
    return NULL;
}

static void send_steps(void *arg)
{
    struct child *c = arg;
    for (struct run *run = c->running; run && has_room(c); run = run->next) {
        char text[STEP_BYTES] = "";
        struct work_step step = {.waits_for = text};
        if (!job_waits_for(run->job, text, sizeof text))
            text[0] = '\0';
        job_progress(run->job, &step.done, &step.total);
        if (strcmp(text, run->waits_for) == 0 && step.done == run->done && step.total == run->total)
            continue;
        memcpy(run->waits_for, text, sizeof text);
        run->done = step.done;
        run->total = step.total;
        frame_write_step(&c->channel.out, run->number, &step);
    }
    channel_flush(&c->channel);
    if (c->running)
        timer_start(c->prober.net.loop, &c->steps, CHILD_STEP_MS, send_steps, c);
}

static int take_order(struct child *c, struct str fields)
{
    struct run *run = calloc(1, sizeof *run);
    must(run); /* without memory for this there is none for a job */
    run->child = c;
    arena_init(&run->arena, ORDER_ARENA_BYTES);
    char *own = arena_alloc(&run->arena, fields.n); /* the frame goes */
    must(own);
    memcpy(own, fields.p, fields.n);
    if (!frame_read_order((struct str){own, fields.n}, &run->arena, &run->number, &run->order))
        return -1;
    c->prober.options = c->options;
    const char *problem = choose_options(run, &c->prober.options);
    if (!problem)
        problem = run->order.server ? start_server(run, &c->prober) : start_domain(run, &c->prober);
    if (!problem && !run->job)
        problem = "out of memory";
    if (problem) {
        send_refusal(c, run->number, WORK_REFUSED, problem);
        run_free(run);
        return 0;
    }
    run->next = c->running;
    run->at = &c->running;
    if (run->next)
        run->next->at = &run->next;
    c->running = run;
    if (!c->params->no_steps && !timer_is_started(&c->steps))
        timer_start(c->prober.net.loop, &c->steps, CHILD_STEP_MS, send_steps, c);
    return 0;
}

static void cancel(struct run *first, uint64_t number)
{
    for (struct run *run = first; run; run = run->next)
        if (run->number == number) {
            take_out(run);
            run_free(run);
            return;
        }
}

static int take_opt_out(struct child *c, struct str fields)
{
    struct opt_out *before = c->opt_out;
    struct str text;
    char error[256];
    if (!frame_read_opt_out(fields, &text))
        return -1;
    c->opt_out = opt_out_parse(text, error, sizeof error);
    must(c->opt_out); /* the parent has parsed it; without it nobody may be connected to */
    c->prober.opt_out = c->opt_out;
    opt_out_free(before);
    return 0;
}

static int on_frame(void *arg, const struct frame *f)
{
    struct child *c = arg;
    uint64_t number;
    if (f->type == FRAME_ORDER)
        return take_order(c, f->fields);
    if (f->type == FRAME_OPT_OUT)
        return take_opt_out(c, f->fields);
    if (!frame_read_cancel(f->fields, &number))
        return -1;
    cancel(c->running, number);
    cancel(c->finished, number);
    return 0;
}

/* ---- the life of it ---- */

static _Noreturn void leave(int status)
{
    _exit(status);
}

/* The parent has gone, or wants us gone. */
static void on_ended(void *arg, const char *why)
{
    (void)arg, (void)why;
    leave(0);
}

static void send_alive(void *arg)
{
    struct child *c = arg;
    if (has_room(c))
        frame_write_alive(&c->channel.out);
    channel_flush(&c->channel);
    timer_start(c->prober.net.loop, &c->alive, CHILD_ALIVE_MS, send_alive, c);
}

static void give_back(void *arg)
{
    struct child *c = arg;
    memory_give_back();
    timer_start(c->prober.net.loop, &c->give_back, MEMORY_GIVE_BACK_MS, give_back, c);
}

static void on_settled(void *arg, const struct dns_reply *reply)
{
    (void)reply;
    loop_stop(arg);
}

/* A resolver that must find its way out reads files when it changes its mind. */
static void settle(struct child *c)
{
    struct query query = {0};
    struct arena arena;
    arena_init(&arena, ORDER_ARENA_BYTES);
    resolver_ask(c->prober.resolver, &query, ".", DNS_NS, &arena, SETTLE_MS, on_settled, c->prober.net.loop);
    loop_run(c->prober.net.loop);
    query_cancel(&query);
    arena_done(&arena);
}

static int prepare(struct child *c, pid_t parent, char *error, size_t error_bytes)
{
    const char *user = c->params->user ? c->params->user : "nobody";
    if (c->params->open(&c->prober, c->params->arg, error, error_bytes) < 0)
        return -1;
    c->options = c->prober.options;
    c->prober.options_vary = true;
    c->options.public_only = c->options.public_only || c->params->public_only;
    net_preload(c->prober.net.tls);
    settle(c);
    return confine(user, parent, error, error_bytes);
}

/* Nobody reads our error but the parent, who may be gone. */
static _Noreturn void give_up(int fd, const char *error)
{
    struct buf out;
    buf_init(&out, FRAME_HEAD_BYTES + FRAME_TEXT_BYTES);
    frame_write_failed(&out, error);
    leave(write(fd, out.bytes, out.used) < 0 ? 2 : 1);
}

_Noreturn void child_run(int fd, const struct pool_params *params, pid_t parent)
{
    static const struct channel_calls calls = {.frame = on_frame, .ended = on_ended, .drained = send_results};
    static struct child child;
    struct child *c = &child;
    char error[512] = "";
    *c = (struct child){.params = params, .last_finished = &child.finished};
    if (confine_begin(fd, parent, error, sizeof error) < 0)
        give_up(fd, error);
    if (prepare(c, parent, error, sizeof error) < 0)
        give_up(CONFINED_FD, error);
    if (channel_open(&c->channel, c->prober.net.loop, CONFINED_FD, false, UNSENT_BYTES, &calls, c) < 0)
        give_up(CONFINED_FD, "a worker cannot watch its socket");
    frame_write_ready(&c->channel.out);
    send_alive(c);
    timer_start(c->prober.net.loop, &c->give_back, MEMORY_GIVE_BACK_MS, give_back, c);
    loop_run(c->prober.net.loop);
    leave(1);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deep - the connections of --deep: one after the other to an endpoint, once those to all ports of its address are
 * over; slowly, and not at all when the server puts us off.
 *
 * A stranger's address is given time between two connections. The caller's own servers are not: those that `probe` was
 * told by name (not who takes orders from strangers), and addresses that --treat-as-public names. Who was told to hurry has no time for all: a connection that
 * cannot end within the run is not begun, nor any behind it.
 */
#include <string.h>

#include "base/panic.h"
#include "probe/deep_plan.h"
#include "probe/deep_survey.h"
#include "probe/job_parts.h"

enum { END_BEFORE_RUN_MS = 500 };

static bool is_own(const struct endpoint_work *e)
{
    bool named = e->job->facts->target.kind == TARGET_SERVER && !e->job->options->public_only;
    return named || e->address->facts->treated_as_public;
}

/* Nobody's patience is tried by connections to oneself. */
static bool is_here(const struct endpoint_work *e)
{
    struct ip ip = e->address->facts->ip;
    static const uint8_t v6_loopback[16] = {[15] = 1};
    return is_own(e) && (ip.family == IP_V4 ? ip.bytes[0] == 127 : memcmp(ip.bytes, v6_loopback, sizeof v6_loopback) == 0);
}

static struct mono now(const struct job *job)
{
    return loop_now(job->prober->net.loop);
}

static bool is_survey(const struct endpoint_work *e)
{
    return e->deep->row < deep_row_count && deep_rows[e->deep->row].place == DEEP_SURVEY;
}

static const char *left_out_words(enum deep_left_out why)
{
    switch (why) {
    case DEEP_STOPPED:
        return "the server put us off";
    case DEEP_NO_TIME:
        return "the time for the whole run is used up";
    case DEEP_MADE:
    case DEEP_NOT_NEEDED:
    case DEEP_TROUBLE:
        break;
    }
    return "our own side failed";
}

/* The rows that are left: a place that has two is made when one of them is. */
static void leave_out(struct endpoint_work *e, enum deep_left_out why)
{
    if (is_survey(e))
        deep_survey_stop(e->deep->survey, left_out_words(why));
    struct deep_facts *deep = e->facts->deep;
    for (; e->deep->row < deep_row_count; e->deep->row++)
        if (deep_is_needed(e->deep->row, e->facts, e->job->options))
            deep->left_out[deep_rows[e->deep->row].place] = why;
}

static void over(struct endpoint_work *e)
{
    e->deep->state = DEEP_OVER;
    e->job->pending--;
    job_step(e->job);
}

static bool is_same_network(struct ip a, struct ip b)
{
    return a.family == b.family && memcmp(a.bytes, b.bytes, a.family == IP_V6 ? 6 : 3) == 0;
}

/* Their hosts' names lie under one organisational domain. */
static bool is_same_operator(const struct endpoint_work *a, const struct endpoint_work *b)
{
    const char *x = a->address->host->facts->organisational_domain, *y = b->address->host->facts->organisational_domain;
    return x && y && strcmp(x, y) == 0;
}

static bool is_neighbour(const struct endpoint_work *a, const struct endpoint_work *b)
{
    return a != b && (is_same_network(a->address->facts->ip, b->address->facts->ip) || is_same_operator(a, b));
}

/* One server that puts us off may have had its reasons; several of one network or operator speak for it. */
static bool neighbours_put_us_off(const struct endpoint_work *e)
{
    struct endpoint_walk w = {0};
    size_t stops = 0;
    for (const struct endpoint_work *other; (other = endpoints_next(e->job, &w));)
        stops += other->facts->deep && other->facts->deep->stopped_by && is_neighbour(e, other);
    return stops >= LIMIT_DEEP_STOPS;
}

static void stop(struct endpoint_work *e, const char *event)
{
    e->facts->deep->stopped_by = event;
    leave_out(e, DEEP_STOPPED);
}

static void note_began(struct mono newest[LIMIT_DEEP_IN_WINDOW], struct mono began)
{
    for (size_t i = 0; i < LIMIT_DEEP_IN_WINDOW; i++)
        if (began.us > newest[i].us) {
            struct mono older = newest[i];
            newest[i] = began;
            began = older;
        }
}

static int64_t later(int64_t ms, int64_t other)
{
    return other > ms ? other : ms;
}

/* How long to wait for the next connection to this address, which may belong to several hosts. */
static int64_t wait_ms(const struct endpoint_work *e)
{
    const struct probe_options *o = e->job->options;
    struct mono newest[LIMIT_DEEP_IN_WINDOW] = {0};
    struct endpoint_walk w = {0};
    int64_t wait = 0, apart = is_here(e) ? 0 : is_own(e) ? LIMIT_DEEP_OWN_APART_MS : o->deep_apart_ms;
    for (const struct endpoint_work *other; (other = endpoints_next(e->job, &w));) {
        if (!ip_eq(other->address->facts->ip, e->address->facts->ip))
            continue;
        if (other->ended.us)
            wait = later(wait, apart - mono_ms_between(other->ended, now(e->job)));
        for (size_t i = 0; i < LIMIT_DEEP_IN_WINDOW; i++)
            note_began(newest, other->deep->began[i]);
    }
    struct mono first = newest[LIMIT_DEEP_IN_WINDOW - 1];
    return is_own(e) || !first.us ? wait : later(wait, o->deep_window_ms - mono_ms_between(first, now(e->job)));
}

static int64_t run_ms_left(const struct job *job)
{
    return job->options->run_timeout_ms - mono_ms_between(job->started, now(job)) - END_BEFORE_RUN_MS;
}

static void on_slot(void *arg)
{
    struct endpoint_work *e = arg;
    job_step(e->job);
}

/* How the server takes a hello is the survey's concern; what comes before it, the stop rule's. */
static const char *survey_heard(struct endpoint_work *e)
{
    struct deep_survey *survey = e->deep->survey;
    const char *event = deep_survey_came_to_hello(survey) ? NULL : deep_stop_event(e->deep->session, COURSE_TLS, &e->job->arena);
    if (!deep_survey_heard(survey, event))
        e->deep->row++;
    return event ? event : deep_survey_stop_event(survey);
}

static void on_session_done(void *arg)
{
    struct endpoint_work *e = arg;
    const struct deep_row *row = &deep_rows[e->deep->row];
    const char *event;
    e->session = NULL;
    e->ended = now(e->job);
    e->job->sessions_open--;
    e->deep->state = DEEP_WAITING;
    if (is_survey(e)) {
        event = survey_heard(e);
    } else {
        bool doubtful = deep_is_doubtful(row, e->deep->session) && !e->deep->doubted;
        event = doubtful ? NULL : deep_stop_event(e->deep->session, row->course, &e->job->arena);
        e->deep->doubted = doubtful;
        e->deep->row++;
    }
    if (event)
        stop(e, event);
    job_step(e->job);
}

/* Where the facts of the next connection go; NULL without memory. */
static struct session_facts *make_room(struct endpoint_work *e, struct session_params *params)
{
    if (!is_survey(e))
        return job_alloc(e->job, 1, sizeof(struct session_facts));
    if (!e->deep->survey)
        e->deep->survey = deep_survey_new(e->facts, is_own(e), &e->job->arena);
    return e->deep->survey ? deep_survey_set_params(e->deep->survey, params) : NULL;
}

static int start_session(struct endpoint_work *e)
{
    const struct deep_row *row = &deep_rows[e->deep->row];
    struct session_params params = endpoint_session_params(e);
    const struct session_callbacks callbacks = {NULL, on_session_done, e};
    struct session_facts *facts = make_room(e, &params);
    int64_t left = run_ms_left(e->job);
    if (!facts || deep_set_plan(row, e->facts, e->job->facts, e->address->host->facts, &e->job->arena, &params.smtp) < 0)
        return -1;
    params.tls_profile = row->tls_profile;
    params.auth_user = params.auth_password = NULL;
    if (params.total_timeout_ms > left)
        params.total_timeout_ms = left;
    if (params.connect_timeout_ms > left)
        params.connect_timeout_ms = left;
    *facts = (struct session_facts){.purpose = CONNECTION_DEEP};
    e->session = session_start(&e->job->prober->net, &params, facts, &e->job->arena, &callbacks);
    if (!e->session)
        return -1;
    e->deep->session = facts;
    if (!is_survey(e))
        e->facts->deep->sessions[row->place] = facts;
    e->facts->deep->left_out[row->place] = DEEP_MADE;
    e->facts->deep->connections++;
    note_began(e->deep->began, now(e->job));
    e->deep->state = DEEP_RUNNING;
    e->job->sessions_open++;
    return 0;
}

/* The next connection, or a timer until it may be made, or the end. */
static void go_on(struct endpoint_work *e)
{
    struct job *job = e->job;
    while (e->deep->row < deep_row_count && !deep_is_needed(e->deep->row, e->facts, job->options))
        e->deep->row++;
    if (e->deep->row < deep_row_count && neighbours_put_us_off(e))
        stop(e, "other servers of this network or operator put us off");
    if (e->deep->row == deep_row_count) {
        over(e);
        return;
    }
    int64_t wait = wait_ms(e);
    if (wait + e->facts->shown->duration_ms > run_ms_left(job)) {
        leave_out(e, DEEP_NO_TIME);
        over(e);
    } else if (wait > 0) {
        timer_start(job->prober->net.loop, &e->deep->slot, wait, on_slot, e);
    } else if (start_session(e) < 0) {
        leave_out(e, DEEP_TROUBLE);
        over(e);
    }
}

static bool address_is_over(const struct address_work *a)
{
    for (size_t i = 0; i < a->facts->endpoint_count; i++)
        if (a->endpoints[i].state != ENDPOINT_DONE)
            return false;
    return true;
}

/* Where EHLO was not accepted there is nothing to go on with. */
static void begin(struct endpoint_work *e)
{
    struct endpoint_facts *f = e->facts;
    bool has_ehlo = f->shown && f->shown->ehlo.reply.complete && f->shown->ehlo.reply.code == 250;
    e->deep->state = DEEP_OVER;
    f->deep = has_ehlo ? job_alloc(e->job, 1, sizeof *f->deep) : NULL;
    if (!f->deep)
        return;
    for (size_t i = 0; i < DEEP_CONNECTION_COUNT; i++)
        f->deep->left_out[i] = DEEP_NOT_NEEDED;
    e->deep->state = DEEP_WAITING;
    e->job->pending++;
    for (size_t i = 0; i < f->session_count && !f->deep->stopped_by; i++) {
        const char *event = deep_stop_event(&f->sessions[i], COURSE_MAIL, &e->job->arena);
        if (event)
            stop(e, event);
    }
}

/* The ports of one address come one after the other. */
static bool earlier_port_waits(const struct endpoint_work *e)
{
    for (const struct endpoint_work *other = e->address->endpoints; other < e; other++)
        if (other->deep->state != DEEP_OVER)
            return true;
    return false;
}

void deep_start(struct job *job)
{
    struct endpoint_walk w = {0};
    for (struct endpoint_work *e; job->facts->deep_wanted && (e = endpoints_next(job, &w));) {
        if (e->deep->state == DEEP_NOT_BEGUN && address_is_over(e->address))
            begin(e);
        bool may = e->deep->state == DEEP_WAITING && !timer_is_started(&e->deep->slot) && !earlier_port_waits(e);
        if (may && job->sessions_open < LIMIT_CONNECTIONS_AT_ONCE && !address_is_busy(job, e->address->facts->ip))
            go_on(e);
    }
}

void deep_cancel(struct job *job)
{
    struct endpoint_walk w = {0};
    for (struct endpoint_work *e; job->facts->deep_wanted && (e = endpoints_next(job, &w));) {
        timer_cancel(&e->deep->slot);
        if (e->deep->state == DEEP_RUNNING && !is_survey(e))
            e->deep->row++;
        if (e->facts->deep && e->deep->state != DEEP_OVER)
            leave_out(e, DEEP_NO_TIME);
        e->deep->state = DEEP_OVER;
    }
}

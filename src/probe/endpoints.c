/* SPDX-License-Identifier: Apache-2.0 */
/*
 * endpoints - which connections are made, when, and how often: never two to one address at a time, a
 * second one only where connections.def says why.
 */
#include <string.h>

#include "base/panic.h"
#include "probe/job_parts.h"
#include "probe/observed.h"

typedef bool made_when_fn(const struct session_facts *last, struct wall now);
static made_when_fn always, must_be_proven, was_cut_short, tls_was_refused;

static const struct {
    enum tls_profile tls_profile;
    made_when_fn *made_when;
} connections[CONNECTION_DEEP] = {
#define CONNECTION(purpose, profile, when, why) [purpose] = {profile, when},
#define DEEP(...)
#include "probe/connections.def"
#undef CONNECTION
#undef DEEP
};

static bool always(const struct session_facts *last, struct wall now)
{
    (void)last;
    (void)now;
    return true;
}

static bool must_be_proven(const struct session_facts *last, struct wall now)
{
    return last->observes && !observed_is_enough(&last->tls, now);
}

static bool was_cut_short(const struct session_facts *last, struct wall now)
{
    (void)now;
    if (last->connect != CONNECT_OPEN)
        return last->connect == CONNECT_REFUSED || last->connect == CONNECT_TIMEOUT || last->connect == CONNECT_UNREACHABLE;
    return last->end == END_CLOSED || last->end == END_RESET || (last->end == END_TLS_FAILED && last->tls.result == TLS_CLOSED);
}

static bool tls_was_refused(const struct session_facts *last, struct wall now)
{
    (void)now;
    return last->tls.result == TLS_ALERT || last->tls.result == TLS_GARBAGE || last->tls.result == TLS_REFUSED_BY_US;
}

static enum tls_mode mode_of(const struct job *job, uint16_t port)
{
    enum probe_tls wish = job->facts->target.kind == TARGET_SERVER ? job->options->tls : PROBE_TLS_AUTO;
    switch (wish) {
    case PROBE_TLS_STARTTLS:
        return TLS_MODE_STARTTLS;
    case PROBE_TLS_IMPLICIT:
        return TLS_MODE_IMPLICIT;
    case PROBE_TLS_NONE:
        return TLS_MODE_NONE;
    case PROBE_TLS_AUTO:
        break;
    }
    return port == SUBMISSIONS_PORT ? TLS_MODE_IMPLICIT : TLS_MODE_STARTTLS;
}

static enum not_probed why_not(const struct address_work *a)
{
    const struct probe_options *o = a->job->options;
    struct ip ip = a->facts->ip;
    if (!o->smtp || (ip.family == IP_V4 && !o->use_v4) || (ip.family == IP_V6 && !o->use_v6))
        return NOT_PROBED_OPTION;
    if (a->facts->special)
        return NOT_PROBED_PRIVATE_ADDRESS;
    if (is_opted_out(a->job, a->host->facts->name, ip))
        return NOT_PROBED_OPT_OUT;
    if (a->host->facts->is_submission) /* a few, with a limit of their own */
        return PROBED;
    if (!a->host->facts->within_limit || a->job->addresses_probed >= LIMIT_ADDRESSES_PROBED)
        return NOT_PROBED_LIMIT;
    return PROBED;
}

void endpoints_prepare(struct address_work *a)
{
    struct job *job = a->job;
    bool is_server = job->facts->target.kind == TARGET_SERVER;
    const struct host_work *h = a->host;
    bool is_submission = h->facts->is_submission;
    size_t count = is_server ? 1 : is_submission ? h->submission_port_count : job->options->port_count;
    enum not_probed reason = why_not(a);
    a->facts->endpoints = job_alloc(job, count, sizeof *a->facts->endpoints);
    a->endpoints = job_alloc(job, count, sizeof *a->endpoints);
    struct deep_work *deep = job->facts->deep_wanted ? job_alloc(job, count, sizeof *deep) : NULL;
    if (!a->facts->endpoints || !a->endpoints || (job->facts->deep_wanted && !deep))
        return;
    a->facts->endpoint_count = count;
    job->addresses_probed += reason == PROBED && !is_submission;
    for (size_t i = 0; i < count; i++) {
        struct endpoint_facts *f = &a->facts->endpoints[i];
        f->port = is_server ? job->facts->target.port : is_submission ? h->submission_ports[i].port : job->options->ports[i];
        f->tls_mode = is_submission ? h->submission_ports[i].tls_mode : mode_of(job, f->port);
        f->is_submission = is_submission;
        f->not_probed = reason;
        a->endpoints[i] = (struct endpoint_work){
            .job = job, .address = a, .facts = f, .state = reason == PROBED ? ENDPOINT_WAITING : ENDPOINT_DONE, .deep = deep ? &deep[i] : NULL};
        job->pending += reason == PROBED;
    }
    job_step(job);
}

/* How much a connection has shown; the endpoint's best one is what reports show. */
static int shown_by(const struct session_facts *s)
{
    return (s->connect == CONNECT_OPEN) + (s->greeting.code == 220) + s->ehlo.reply.complete + s->starttls.complete +
           (s->tls.result == TLS_DONE || s->tls.result == TLS_OBSERVED) + s->ehlo_tls.reply.complete + s->relay.mail.complete + s->relay.rcpt[0].complete;
}

static void show_best(struct endpoint_facts *f)
{
    f->shown = &f->sessions[0];
    for (size_t i = 1; i < f->session_count; i++)
        if (shown_by(&f->sessions[i]) > shown_by(f->shown))
            f->shown = &f->sessions[i];
}

/* What is shared is not changed: the job's own copy of the sessions is for the job's own host and its records. */
static void take_shared(struct endpoint_work *e)
{
    const struct shared_server *server = e->shared.server;
    const char *name = e->address->host->facts->name;
    struct session_facts *own = job_alloc(e->job, server->session_count, sizeof *own);
    e->facts->sessions = NULL;
    e->facts->session_count = 0;
    e->facts->shown = NULL;
    e->job->arena.exhausted = e->job->arena.exhausted || server->arena.exhausted;
    if (!own || server->session_count == 0) {
        e->facts->not_probed = NOT_PROBED_TROUBLE;
        return;
    }
    memcpy(own, server->sessions, server->session_count * sizeof *own);
    for (size_t i = 0; i < server->session_count; i++) {
        struct tls_facts *tls = &own[i].tls;
        if (!tls->name_wanted || strcmp(tls->name_wanted, name) == 0)
            continue;
        tls->name_wanted = name;
        if (tls->name_matches != TRI_UNKNOWN)
            tls->name_matches = tls_leaf_names(&tls->certificates[0], str_of(name)) ? TRI_YES : TRI_NO;
    }
    e->facts->sessions = own;
    e->facts->session_count = server->session_count;
    show_best(e->facts);
}

/* The leader's part of it: `complete` when nothing more comes. */
static void share(struct endpoint_work *e, bool complete)
{
    struct sharing *sharing = e->job->prober->sharing;
    if (!e->shared.server || e->shared.server->is_known)
        return;
    e->shared.server->sessions = e->facts->sessions;
    e->shared.server->session_count = e->facts->session_count;
    if (complete)
        sharing_tell(sharing, &e->shared);
    else
        sharing_fail(sharing, &e->shared);
    if (e->facts->session_count)
        take_shared(e);
}

static void endpoint_over(struct endpoint_work *e)
{
    share(e, true);
    e->state = ENDPOINT_DONE;
    e->job->pending--;
    job_step(e->job);
}

static void on_retry(void *arg)
{
    struct endpoint_work *e = arg;
    e->state = ENDPOINT_WAITING;
    job_step(e->job);
}

static enum pace_answer pace_answer_of(const struct session_facts *s)
{
    const int codes[] = {s->greeting.code, s->ehlo.reply.code, s->starttls.code, s->ehlo_tls.reply.code, s->relay.mail.code, s->relay.rcpt[0].code};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (codes[i] == 421)
            return PACE_PUT_OFF;
    if (s->greeting.code / 100 == 4 || s->ehlo.reply.code / 100 == 4)
        return PACE_PUT_OFF;
    return s->connect == CONNECT_REFUSED ? PACE_CLOSED : PACE_SERVED;
}

static void on_session_done(void *arg)
{
    struct endpoint_work *e = arg;
    const struct session_facts *last = &e->facts->sessions[e->facts->session_count - 1];
    e->session = NULL;
    e->ended = loop_now(e->job->prober->net.loop);
    e->job->sessions_open--;
    if (e->turn.pace)
        pace_end(&e->turn, pace_answer_of(last));
    egress_note(e->job, e->address->facts->ip.family, e->facts->port, last->connect);
    show_best(e->facts);
    /* The ports beside port 25 of a domain's hosts are often closed, and that is no finding. */
    bool once = e->facts->port != SMTP_PORT && e->job->facts->target.kind == TARGET_DOMAIN;
    for (unsigned next = e->purpose + 1; !once && next < CONNECTION_DEEP; next++)
        if (connections[next].made_when(last, loop_wall(e->job->prober->net.loop))) {
            e->purpose = (enum connection_purpose)next;
            e->state = ENDPOINT_RETRY_LATER;
            timer_start(e->job->prober->net.loop, &e->retry, LIMIT_RETRY_AFTER_MS, on_retry, e);
            job_step(e->job);
            return;
        }
    endpoint_over(e);
}

/* Of the first session with a whole EHLO. */
static void ask_name_said(struct endpoint_work *e)
{
    const struct session_facts *s = e->facts->sessions;
    size_t i = 0;
    while (i < e->facts->session_count && !s[i].ehlo.reply.complete)
        i++;
    if (i < e->facts->session_count && e == &e->address->endpoints[0] && !e->facts->is_submission)
        greeting_name_ask(e, &s[i]);
}

static void on_heard_ehlo(void *arg)
{
    struct endpoint_work *e = arg;
    for (size_t i = 0; i + 1 < e->facts->session_count; i++)
        if (e->facts->sessions[i].ehlo.reply.complete)
            return;
    ask_name_said(e);
}

/* RFC 5321 4.5.1: "Postmaster" is a recipient at every domain that mail is taken for, of the null sender too (4.5.5). NULL: not asked. */
static const struct smtp_try *postmaster_of(const struct endpoint_work *e)
{
    struct job *job = e->job;
    bool asked = job->options->postmaster && job->facts->target.kind == TARGET_DOMAIN && e->facts->port == SMTP_PORT && !e->facts->is_submission;
    struct smtp_try *try = asked ? job_alloc(job, 1, sizeof *try) : NULL;
    if (try)
        *try = (struct smtp_try){.kind = TRY_POSTMASTER, .mail_from = "", .rcpt_to = arena_printf(&job->arena, "postmaster@%s", job->facts->target.name)};
    return try && try->rcpt_to ? try : NULL;
}

static struct smtp_plan plan_of(const struct endpoint_work *e)
{
    const struct probe_options *o = e->job->options;
    bool submission = e->facts->is_submission || e->facts->port == SUBMISSIONS_PORT || e->facts->port == SUBMISSION_PORT;
    const struct smtp_try *postmaster = postmaster_of(e);
    return (struct smtp_plan){
        .tries = postmaster,
        .try_count = postmaster != NULL,
        .ehlo_name = identity_ehlo(e->job, e->address->facts->ip),
        .tls_mode = e->facts->tls_mode,
        .relay = o->relay && !submission,
        .mail_from = o->mail_from,
        .recipients = {o->relay_to[0], o->relay_to[1]},
        .auth = e->job->facts->target.kind == TARGET_SERVER && o->auth_user,
        .greeting_timeout_ms = (uint32_t)o->greeting_timeout_ms,
    };
}

/* Where DANE could speak the handshake is proven at once. */
static bool is_observed(const struct endpoint_work *e)
{
    return e->job->options->observe && !e->job->options->postmaster && e->purpose == CONNECTION_BASE && e->facts->port == SMTP_PORT &&
           !e->facts->is_submission && e->facts->tls_mode == TLS_MODE_STARTTLS && !tlsa_has_records(e->address->host, SMTP_PORT);
}

struct session_params endpoint_session_params(const struct endpoint_work *e)
{
    const struct probe_options *o = e->job->options;
    return (struct session_params){
        .ip = e->address->facts->ip,
        .port = e->facts->port,
        .name = e->address->host->facts->name,
        .sni = tlsa_sni(e->address->host, e->facts->port),
        .tls_profile = connections[e->purpose].tls_profile,
        .smtp = plan_of(e),
        .connect_timeout_ms = o->connect_timeout_ms,
        .total_timeout_ms = LIMIT_CONNECTION_MS + (o->greeting_timeout_ms > LIMIT_GREETING_MS ? o->greeting_timeout_ms - LIMIT_GREETING_MS : 0),
        .auth_user = o->auth_user,
        .auth_password = o->auth_password,
        .auth_in_clear = o->auth_in_clear,
        .observe = is_observed(e),
    };
}

/* The next of its connections: few endpoints get a second one, and none has one open here. */
static struct session_facts *add_session(struct endpoint_work *e, struct arena *arena)
{
    struct endpoint_facts *f = e->facts;
    struct session_facts *sessions = ARENA_ARRAY(arena, struct session_facts, f->session_count + 1);
    if (!sessions)
        return NULL;
    if (f->session_count)
        memcpy(sessions, f->sessions, f->session_count * sizeof *sessions);
    f->sessions = sessions;
    f->shown = &f->sessions[0];
    sessions[f->session_count].purpose = e->purpose;
    return &sessions[f->session_count++];
}

static void on_turn(void *arg)
{
    struct endpoint_work *e = arg;
    struct session_params params = endpoint_session_params(e);
    const struct session_callbacks callbacks = {on_heard_ehlo, on_session_done, e};
    struct arena *arena = e->shared.server ? &e->shared.server->arena : &e->job->arena;
    size_t before = e->facts->session_count;
    struct session_facts *facts = add_session(e, arena);
    if (facts)
        e->session = session_start(&e->job->prober->net, &params, facts, arena, &callbacks);
    if (!e->session) {
        e->facts->session_count = before;
        if (before == 0) {
            e->facts->shown = NULL;
            e->facts->not_probed = NOT_PROBED_TROUBLE;
        }
        pace_cancel(&e->turn);
        endpoint_over(e);
        return;
    }
    e->state = ENDPOINT_RUNNING;
    e->job->sessions_open++;
}

static void start_session(struct endpoint_work *e)
{
    struct pace *pace = e->job->prober->pace;
    if (!pace) {
        on_turn(e);
        return;
    }
    e->state = ENDPOINT_QUEUED;
    e->job->was_queued = true;
    pace_wait(pace, &e->turn, e->address->facts->ip, e->address->host->facts->organisational_domain, on_turn, e);
}

static void on_shared(void *arg)
{
    struct endpoint_work *e = arg;
    e->state = ENDPOINT_WAITING;
    job_step(e->job);
}

static void use_shared(struct endpoint_work *e)
{
    take_shared(e);
    ask_name_said(e);
    endpoint_over(e);
}

/* The first connection, or what another job found out by one. */
static void begin(struct endpoint_work *e)
{
    struct job *job = e->job;
    struct ip ip = e->address->facts->ip;
    const struct sharing_key key = {
        .ip = ip,
        .port = e->facts->port,
        .tls_mode = e->facts->tls_mode,
        .is_submission = e->facts->is_submission,
        .proven = !is_observed(e),
        .name = tlsa_sni(e->address->host, e->facts->port),
    };
    if (!job->facts->vantage.ehlo)
        job->facts->vantage.ehlo = arena_strdup(&job->arena, identity_ehlo(job, ip));
    bool may_share = job->prober->sharing && !job->options->deep && !job->options->postmaster && !e->shared.server;
    switch (may_share ? sharing_ask(job->prober->sharing, &e->shared, &key, on_shared, e) : SHARING_LEAD) {
    case SHARING_KNOWN:
        use_shared(e);
        break;
    case SHARING_WAIT:
        e->state = ENDPOINT_QUEUED;
        job->was_queued = true;
        break;
    case SHARING_LEAD:
        start_session(e);
        break;
    }
}

static struct endpoint_work *next_endpoint(const struct job *job, struct endpoint_walk *w)
{
    for (; job->hosts && w->host < job->facts->host_count + job->facts->submission_host_count; w->host++, w->address = w->endpoint = 0) {
        struct host_work *h = &job->hosts[w->host];
        for (; h->addresses && w->address < h->facts->address_count; w->address++, w->endpoint = 0)
            if (w->endpoint < h->addresses[w->address].facts->endpoint_count)
                return &h->addresses[w->address].endpoints[w->endpoint++];
    }
    return NULL;
}

struct endpoint_work *endpoints_next(const struct job *job, struct endpoint_walk *w)
{
    return next_endpoint(job, w);
}

bool address_is_busy(const struct job *job, struct ip ip)
{
    struct endpoint_walk w = {0};
    for (const struct endpoint_work *e; (e = next_endpoint(job, &w));)
        if (e->session && ip_eq(e->address->facts->ip, ip))
            return true;
    return false;
}

/* The ports of one address come one after the other. */
static bool earlier_port_is_open(const struct endpoint_work *e)
{
    for (const struct endpoint_work *other = e->address->endpoints; other < e; other++)
        if (other->state != ENDPOINT_DONE)
            return true;
    return false;
}

void endpoints_start(struct job *job)
{
    struct endpoint_walk w = {0};
    const size_t at_once = job->prober->pace ? LIMIT_PACED_AT_ONCE : LIMIT_CONNECTIONS_AT_ONCE;
    if (!job->identity_known)
        return;
    for (struct endpoint_work *e; job->sessions_open < at_once && (e = next_endpoint(job, &w));)
        if (e->state == ENDPOINT_WAITING && !earlier_port_is_open(e) && !address_is_busy(job, e->address->facts->ip) &&
            tlsa_sni(e->address->host, e->facts->port) && (!job->options->observe || tlsa_is_known(e->address->host, e->facts->port)))
            begin(e);
}

bool endpoints_are_queued(const struct job *job)
{
    struct endpoint_walk w = {0};
    for (const struct endpoint_work *e; (e = next_endpoint(job, &w));)
        if (e->state == ENDPOINT_QUEUED)
            return true;
    return false;
}

void endpoints_cancel(struct job *job)
{
    struct endpoint_walk w = {0};
    for (struct endpoint_work *e; (e = next_endpoint(job, &w));) {
        timer_cancel(&e->retry);
        if (e->session)
            session_cancel(e->session);
        e->session = NULL;
        pace_cancel(&e->turn);
        if ((e->state == ENDPOINT_WAITING || e->state == ENDPOINT_QUEUED) && e->facts->session_count == 0)
            e->facts->not_probed = NOT_PROBED_LIMIT;
        share(e, false);
        if (e->facts->session_count)
            show_best(e->facts);
        e->state = ENDPOINT_DONE;
    }
    job->sessions_open = 0;
}

void endpoints_leave(struct job *job)
{
    struct endpoint_walk w = {0};
    for (struct endpoint_work *e; (e = next_endpoint(job, &w));)
        if (e->shared.server || e->shared.waits_for)
            sharing_leave(job->prober->sharing, &e->shared);
}

bool endpoints_port25_opened(const struct job *job, enum ip_family family)
{
    struct endpoint_walk w = {0};
    for (const struct endpoint_work *e; (e = next_endpoint(job, &w));)
        for (size_t i = 0; i < e->facts->session_count; i++)
            if (e->facts->port == SMTP_PORT && e->address->facts->ip.family == family && e->facts->sessions[i].connect == CONNECT_OPEN)
                return true;
    return false;
}

bool endpoints_port25_first_tries_over(const struct job *job, enum ip_family family, bool *needed)
{
    struct endpoint_walk w = {0};
    bool over = true;
    for (size_t i = 0; i < job->facts->host_count; i++)
        over = over && job->hosts[i].open_questions == 0;
    for (const struct endpoint_work *e; (e = next_endpoint(job, &w));) {
        if (e->facts->port != SMTP_PORT || e->address->facts->ip.family != family || e->facts->not_probed != PROBED)
            continue;
        *needed = true;
        bool tried = e->facts->session_count > 1 || (e->facts->session_count == 1 && e->state != ENDPOINT_RUNNING);
        over = over && tried;
    }
    return over;
}

const struct endpoint_work *endpoints_slowest(const struct job *job)
{
    struct endpoint_walk w = {0};
    const struct endpoint_work *slowest = NULL;
    for (const struct endpoint_work *e; (e = next_endpoint(job, &w));)
        if (e->session && (!slowest || session_waits_since(e->session).us < session_waits_since(slowest->session).us))
            slowest = e;
    return slowest;
}

void endpoints_count(const struct job *job, size_t *done, size_t *total)
{
    struct endpoint_walk w = {0};
    *done = *total = 0;
    for (const struct endpoint_work *e; (e = next_endpoint(job, &w));)
        if (e->facts->not_probed == PROBED) {
            *total += 1;
            *done += e->state == ENDPOINT_DONE && (!job->facts->deep_wanted || e->deep->state == DEEP_OVER);
        }
}

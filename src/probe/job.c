/* SPDX-License-Identifier: Apache-2.0 */
/* job - see job.h. Here: the stages of a domain, in their order, and the end of a job. */
#include "probe/job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/panic.h"
#include "base/rng.h"
#include "probe/job_parts.h"

void probe_options_init(struct probe_options *o)
{
    static const uint16_t port_25[] = {25};
    /* The MX and the policy hosts of two large providers: who cannot reach either cannot send mail at all. */
    static const struct control_host large_providers[] = {
        {"gmail-smtp-in.l.google.com", 25},
        {"outlook-com.olc.protection.outlook.com", 25},
        {"mta-sts.gmail.com", HTTPS_PORT},
        {"mta-sts.outlook.com", HTTPS_PORT},
    };
    *o = (struct probe_options){
        .ports = port_25,
        .port_count = 1,
        .use_v4 = true,
        .use_v6 = true,
        .smtp = true,
        .relay = true,
        .ptr = true,
        .tlsa = true,
        .mta_sts = true,
        .tls_rpt = true,
        .deep_apart_ms = LIMIT_DEEP_APART_MS,
        .deep_window_ms = LIMIT_DEEP_WINDOW_MS,
        .mail_from = "",
        .relay_to = {"relay-test@example.net", "relay-test@example.org"}, /* RFC 2606 3: nobody's */
        .max_hosts = LIMIT_HOSTS_DEFAULT,
        .controls = large_providers,
        .control_count = sizeof large_providers / sizeof *large_providers,
        .run_timeout_ms = LIMIT_RUN_MS,
        .connect_timeout_ms = LIMIT_CONNECT_MS,
        .greeting_timeout_ms = LIMIT_GREETING_MS,
    };
}

void *job_alloc(struct job *job, size_t count, size_t bytes)
{
    return arena_array(&job->arena, count, bytes);
}

/* Some of the facts found no room: they are not known. Judgement gets room of its own. */
static void conclude_memory(struct job *job)
{
    if (job->arena.exhausted) {
        job->facts->incomplete = true;
        job->facts->incomplete_reason = PROBE_NO_MEMORY;
    }
    job->arena.exhausted = false;
    job->arena.cap_bytes += LIMIT_VERDICTS_BYTES;
}

static void end(struct job *job)
{
    struct facts *f = job->facts;
    must(!job->over);
    authorities_cancel(job);
    egress_conclude(job);
    tlsa_conclude(job);
    policy_conclude(job);
    spf_conclude(job);
    f->duration_ms = mono_ms_between(job->started, loop_now(job->prober->net.loop));
    f->vantage.resolver = arena_strdup(&job->arena, resolver_describe(job->prober->resolver));
    conclude_memory(job);
    timer_cancel(&job->run_limit);
    timer_cancel(&job->step_later);
    job->over = true;
    job->done(job->done_arg, job);
}

static void step(void *arg)
{
    struct job *job = arg;
    questions_give_late(job);
    endpoints_start(job);
    deep_start(job);
    egress_start(job);
    if (job->pending == 0)
        end(job);
}

/* Deferred, so that a part may call it in the middle of its work. */
void job_step(struct job *job)
{
    if (!job->over && !timer_is_started(&job->step_later))
        timer_start(job->prober->net.loop, &job->step_later, 0, step, job);
}

static void cancel_all(struct job *job)
{
    questions_cancel(job);
    deep_cancel(job);
    endpoints_cancel(job);
    egress_cancel(job);
    authorities_cancel(job);
    policy_cancel(job);
    bimi_cancel(job);
    timer_cancel(&job->step_later);
    job->pending = 0;
}

/* A job's time is its own: it begins anew when its turn has come. */
static bool had_to_wait(struct job *job)
{
    bool waited = job->was_queued && mono_ms_between(job->started, loop_now(job->prober->net.loop)) < LIMIT_QUEUED_MS;
    job->was_queued = endpoints_are_queued(job);
    return waited;
}

static void on_run_limit(void *arg)
{
    struct job *job = arg;
    if (had_to_wait(job)) {
        timer_start(job->prober->net.loop, &job->run_limit, job->options->run_timeout_ms, on_run_limit, job);
        return;
    }
    job->facts->incomplete = true;
    job->facts->incomplete_reason = "the time for the whole run is used up";
    if (job->facts->target.kind == TARGET_DOMAIN && job->facts->mx.status == MX_UNKNOWN)
        job->facts->mx.status = MX_DNS_FAILURE;
    hosts_end(job);
    cancel_all(job);
    end(job);
}

static int compare_mx(const void *a, const void *b)
{
    const struct mx_record *x = a, *y = b;
    return x->preference != y->preference ? x->preference - y->preference : strcmp(x->host, y->host);
}

/* RFC 5321 5.1: hosts in order of preference; a name that stands twice is tried at its lowest. */
static void start_mx_hosts(struct job *job)
{
    struct mx_facts *mx = &job->facts->mx;
    struct host_facts *hosts = job_alloc(job, mx->record_count + submission_room(job), sizeof *hosts);
    size_t count = 0;
    for (size_t i = 0; hosts && i < mx->record_count; i++) {
        bool known = strcmp(mx->records[i].host, ".") == 0;
        for (size_t k = 0; k < count; k++)
            known = known || strcmp(hosts[k].name, mx->records[i].host) == 0;
        if (!known)
            hosts[count++] = (struct host_facts){.name = mx->records[i].host, .preference = mx->records[i].preference};
    }
    hosts_start(job, hosts, count);
}

static void start_implicit_mx(struct job *job)
{
    struct host_facts *host = job_alloc(job, 1 + submission_room(job), sizeof *host);
    if (!host)
        return;
    host->name = job->facts->target.name;
    hosts_start(job, host, 1);
}

/* checks.md, the MX set under test: a domain without MX record and with SPF exactly `v=spf1 -all` says that
 * it takes no mail; any other with an address is its own mail host (RFC 5321 5.1). */
static void conclude_no_mx(struct job *job)
{
    struct mx_facts *mx = &job->facts->mx;
    bool has_address = mx->a.status == DNS_FOUND || mx->aaaa.status == DNS_FOUND;
    bool denied = (mx->a.status == DNS_NODATA || mx->a.status == DNS_NXDOMAIN) && (mx->aaaa.status == DNS_NODATA || mx->aaaa.status == DNS_NXDOMAIN);
    if (mx->spf_denies_all)
        mx->status = MX_NONE;
    else if (has_address)
        mx->status = MX_IMPLICIT;
    else
        mx->status = denied ? MX_NONE : MX_DNS_FAILURE;
    if (mx->status == MX_IMPLICIT)
        start_implicit_mx(job);
    submission_hosts_known(job);
}

static void on_no_mx_answer(struct question *q, const struct dns_reply *reply)
{
    const struct mx_facts *mx = &q->job->facts->mx;
    if (q->type == DNS_TXT)
        spf_note_denial(q->job, reply);
    if (mx->a.status && mx->aaaa.status && mx->txt.status)
        conclude_no_mx(q->job);
}

static void keep_mx_records(struct job *job, const struct dns_reply *reply)
{
    const struct probe_options *o = job->options;
    struct mx_facts *mx = &job->facts->mx;
    size_t count = mx->assumed ? o->assume_mx_count : reply->record_count;
    mx->records = job_alloc(job, count, sizeof *mx->records);
    if (!mx->records)
        return;
    mx->record_count = count;
    for (size_t i = 0; i < count; i++)
        mx->records[i] = mx->assumed ? (struct mx_record){o->assume_mx[i].preference, o->assume_mx[i].host}
                                     : (struct mx_record){reply->records[i].preference, reply->records[i].name};
    qsort(mx->records, mx->record_count, sizeof *mx->records, compare_mx);
}

/* What is assumed of the MX set takes the place of a set, or of a provable lack of one. The domain's existence and whether
 * its answers can be proven stay what they are, so the look-up stays too. */
static bool is_assumed(const struct job *job, const struct dns_reply *reply)
{
    return job->options->assume_mx_count && (reply->lookup.status == DNS_FOUND || reply->lookup.status == DNS_NODATA);
}

static void on_mx(struct question *q, const struct dns_reply *reply)
{
    struct job *job = q->job;
    struct mx_facts *mx = &job->facts->mx;
    const char *name = job->facts->target.name;
    mx->assumed = is_assumed(job, reply);
    switch (mx->assumed ? DNS_FOUND : reply->lookup.status) {
    case DNS_FOUND:
        keep_mx_records(job, reply);
        if (!mx->records)
            mx->status = MX_DNS_FAILURE;
        else
            mx->status = mx->record_count == 1 && strcmp(mx->records[0].host, ".") == 0 ? MX_NULL : MX_PRESENT;
        if (mx->status == MX_PRESENT)
            start_mx_hosts(job);
        break;
    case DNS_NODATA:
        job_ask(job, name, DNS_A, &mx->a, on_no_mx_answer, NULL);
        job_ask(job, name, DNS_AAAA, &mx->aaaa, on_no_mx_answer, NULL);
        job_ask(job, name, DNS_TXT, &mx->txt, on_no_mx_answer, NULL);
        break;
    case DNS_NXDOMAIN:
        mx->status = MX_NXDOMAIN;
        break;
    case DNS_NOT_ASKED:
    case DNS_BOGUS:
    case DNS_FAILED:
    case DNS_TIMEOUT:
    case DNS_TROUBLE:
        mx->status = MX_DNS_FAILURE;
        break;
    }
    authorities_hosts_known(job);
    submission_hosts_known(job);
}

static void on_self_test(struct question *q, const struct dns_reply *reply)
{
    struct prober *p = q->job->prober;
    const struct dns_lookup *root = &q->job->facts->vantage.root_lookup, *random = &q->job->facts->vantage.random_lookup;
    (void)reply;
    if (root->status == DNS_FOUND && root->dnssec == DNSSEC_SECURE && random->status == DNS_NXDOMAIN && random->dnssec == DNSSEC_SECURE)
        p->self_test = (struct known_self_test){.at = loop_now(p->net.loop), .root = *root, .random = *random};
}

/* A random top-level name that exists would mean that somebody rewrites denials. */
static void start_self_test(struct job *job)
{
    struct prober *p = job->prober;
    if (p->self_test.at.us && mono_ms_between(p->self_test.at, loop_now(p->net.loop)) < LIMIT_SELF_TEST_MS) {
        job->facts->vantage.root_lookup = p->self_test.root;
        job->facts->vantage.random_lookup = p->self_test.random;
        job->facts->questions += 2; /* a report does not depend on what was asked before it */
        return;
    }
    if (p->random_name[0] == '\0') {
        uint8_t octets[20];
        if (rng_fill(octets, sizeof octets) < 0)
            memset(octets, 7, sizeof octets);
        for (size_t i = 0; i < sizeof octets; i++)
            p->random_name[i] = (char)('a' + octets[i] % 26);
    }
    job_ask(job, ".", DNS_NS, &job->facts->vantage.root_lookup, on_self_test, NULL);
    job_ask(job, p->random_name, DNS_A, &job->facts->vantage.random_lookup, on_self_test, NULL);
}

static const struct probe_options *copy_options(struct job *job)
{
    struct probe_options *o = ARENA_NEW(&job->arena, struct probe_options);
    if (o)
        *o = job->prober->options;
    return o;
}

static struct job *job_new(struct prober *p, const char *input, job_fn *done, void *arg)
{
    struct job *job = calloc(1, sizeof *job);
    if (!job)
        return NULL;
    arena_init(&job->arena, LIMIT_ARENA_BYTES);
    *job = (struct job){.prober = p, .arena = job->arena, .done = done, .done_arg = arg, .started = loop_now(p->net.loop)};
    job->facts = ARENA_NEW(&job->arena, struct facts);
    job->options = p->options_vary ? copy_options(job) : &p->options;
    if (!job->facts || !job->options) {
        arena_done(&job->arena);
        free(job);
        return NULL;
    }
    job->facts->checked_at = loop_wall(p->net.loop);
    job->facts->smtp_wanted = job->options->smtp;
    job->facts->relay_wanted = job->options->smtp && job->options->relay;
    job->facts->deep_wanted = job->options->smtp && job->options->deep;
    job->facts->postmaster_wanted = job->options->smtp && job->options->postmaster;
    job->facts->target.input = arena_strdup(&job->arena, input);
    egress_begin(job);
    timer_start(p->net.loop, &job->run_limit, job->options->run_timeout_ms, on_run_limit, job);
    return job;
}

/* A job that has no memory even for its beginning does not begin. */
static struct job *with_memory(struct job *job)
{
    if (!job->arena.exhausted)
        return job;
    job_free(job);
    return NULL;
}

/* Most names are written in one way only. */
static const char *copy_unless_same(struct job *job, const char *name, const char *there)
{
    return there && strcmp(name, there) == 0 ? there : arena_strdup(&job->arena, name);
}

static struct job *name_target(struct job *job, enum target_kind kind, const struct domain_name *name, uint16_t port)
{
    struct target_facts *t = &job->facts->target;
    t->kind = kind;
    t->name = copy_unless_same(job, name->ascii, t->input);
    t->name_unicode = copy_unless_same(job, name->unicode, t->name);
    t->port = port;
    return with_memory(job);
}

struct job *job_start_domain(struct prober *p, const char *input, const struct domain_name *name, job_fn *done, void *arg)
{
    struct job *job = job_new(p, input, done, arg);
    if (!job || !name_target(job, TARGET_DOMAIN, name, 0))
        return NULL;
    job->facts->organisational_domain = name_organisational_domain(name->ascii, &job->arena);
    job_ask_first(job, job->facts->target.name, DNS_MX, &job->facts->mx.lookup, on_mx);
    policy_start(job);
    submission_start(job);
    start_self_test(job);
    identity_start(job);
    authorities_start(job);
    dnsbl_start(job);
    spf_start(job);
    dmarc_start(job);
    dkim_start(job);
    bimi_start(job);
    return with_memory(job);
}

struct job *job_start_server(struct prober *p, const char *input, const struct server_name *server, job_fn *done, void *arg)
{
    struct job *job = job_new(p, input, done, arg);
    if (!job || !name_target(job, TARGET_SERVER, &server->name, server->port ? server->port : 25))
        return NULL;
    start_self_test(job);
    identity_start(job);
    dnsbl_start(job);
    if (server->ip.family != IP_NONE) {
        host_set_address(job, server->ip);
    } else {
        job->facts->organisational_domain = name_organisational_domain(server->name.ascii, &job->arena);
        start_implicit_mx(job);
    }
    job_step(job);
    return with_memory(job);
}

void job_free(struct job *job)
{
    if (!job)
        return;
    cancel_all(job);
    endpoints_leave(job);
    timer_cancel(&job->run_limit);
    arena_done(&job->arena);
    free(job);
}

const struct facts *job_facts(const struct job *job)
{
    return job->facts;
}

struct arena *job_arena(struct job *job)
{
    return &job->arena;
}

/* The oldest thing that is open: a connection before a question, as people know servers better. */
bool job_waits_for(const struct job *job, char *text, size_t text_bytes)
{
    struct loop *loop = job->prober->net.loop;
    const struct endpoint_work *slowest = endpoints_slowest(job);
    if (slowest) {
        char ip[IP_TEXT_BYTES];
        ip_write(slowest->address->facts->ip, ip);
        unsigned seconds = mono_ms_between(session_waits_since(slowest->session), loop_now(loop)) / 1000;
        bool greeting = strcmp(session_waits_for(slowest->session), smtp_step_name(STEP_GREETING)) == 0;
        snprintf(text, text_bytes, "%s [%s]:%u: %s (%u s%s)", slowest->address->host->facts->name, ip, slowest->facts->port,
                 session_waits_for(slowest->session), seconds, greeting ? "; servers may delay it on purpose" : "");
        return true;
    }
    for (const struct question *q = job->questions; q; q = q->next)
        if (q->open) {
            snprintf(text, text_bytes, "the DNS: %s", q->name);
            return true;
        }
    const char *policy = policy_waits_for(job), *brand = bimi_waits_for(job);
    if (policy || brand)
        snprintf(text, text_bytes, "%s %s", policy ? "the policy of" : "the brand's files at", policy ? policy : brand);
    return policy || brand;
}

void job_progress(const struct job *job, size_t *done, size_t *total)
{
    endpoints_count(job, done, total);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* virtual_run - see virtual_run.h. */
#include "virtual_run.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/option_values.h"
#include "net/authority_scripted.h"
#include "net/fetch_scripted.h"
#include "net/resolver_scripted.h"
#include "net/tls.h"
#include "net/transport_scripted.h"
#include "probe/job.h"
#include "report/documents.h"
#include "report/html.h"
#include "scn_nameservers.h"
#include "scn_sightings.h"
#include "virtual_names.h"
#include "virtual_pages.h"
#include "virtual_servers.h"

enum { RUN_BYTES_MAX = 64 * 1024 * 1024, FORMAT_BYTES_MAX = 64 * 1024 * 1024, DIRECT_MAX = 1024, LEFT_OVER_AFTER_MS = LIMIT_LINGER_MS + 1000 };

struct run {
    const struct scenario *scenario;
    struct virtual_result *result;
    struct scn_world world;
    char *argv[SCN_OPTIONS_MAX + 3]; /* the options point into it */
    struct options options;
    struct prober prober;
    struct virtual_servers *servers;
    struct job *job;
    struct timer deadline; /* for what goes on behind the report */
    bool done;
    const struct virtual_setting *setting;
    struct direct { /* questions to name servers */
        struct ip server;
        const char *name;
        enum dns_type type;
        bool over_tcp;
    } direct[DIRECT_MAX];
    size_t direct_count;
    char error[SCN_ERROR_BYTES];
};

__attribute__((format(printf, 2, 3))) static void add_problem(struct virtual_result *result, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    const char *copy = arena_strdup(&result->arena, text);
    if (result->problem_count < VIRTUAL_PROBLEMS_MAX)
        result->problems[result->problem_count++] = copy ? copy : "out of memory";
}

static void write_document(struct buf *out, enum document_kind kind, const struct report *report)
{
    struct document d;
    document_init(&d, kind, FAIL_ON_WARNING);
    document_add(out, &d, report);
    document_end(out, &d);
    document_done(&d);
}

static void write_formats(struct virtual_result *result, const struct report *report)
{
    static const struct {
        enum virtual_format format;
        enum document_kind kind;
    } documents[] = {{VIRTUAL_markdown, DOCUMENT_MARKDOWN}, {VIRTUAL_csv, DOCUMENT_CSV}, {VIRTUAL_junit, DOCUMENT_JUNIT}, {VIRTUAL_nagios, DOCUMENT_NAGIOS}};
    report_write_brief(&result->formats[VIRTUAL_brief], report);
    report_write_html(&result->formats[VIRTUAL_html], report, NULL);
    report_write_prometheus(&result->formats[VIRTUAL_prometheus], report);
    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++)
        write_document(&result->formats[documents[i].format], documents[i].kind, report);
    for (size_t i = 0; i < VIRTUAL_FORMAT_COUNT; i++)
        if (result->formats[i].failed)
            add_problem(result, "no memory left for a format of the report");
}

static void write_report(struct run *run)
{
    struct virtual_result *result = run->result;
    const struct facts *facts = job_facts(run->job);
    struct judgement judgement;
    if (judge(facts, &run->options.judge, facts->checked_at, job_arena(run->job), &judgement) < 0) {
        add_problem(result, "no memory left to judge");
        return;
    }
    const struct report report = {facts, &judgement};
    report_write_json(&result->report, &report, 0);
    report_write_text(&result->text, &report, &(struct text_style){.symbols = true, .all = true, .verbose = true, .transcript = true});
    if (run->setting->formats)
        write_formats(result, &report);
    result->exit_status = report_exit_status(&judgement, run->options.fail_on);
    if (result->report.failed || result->text.failed)
        add_problem(result, "no memory left for the report");
}

static void on_deadline(void *arg)
{
    struct run *run = arg;
    struct loop *loop = run->prober.net.loop;
    if (loop_has_timers(loop))
        add_problem(run->result, "timers are left over %d ms after the end", LEFT_OVER_AFTER_MS);
    loop_stop(loop);
}

static bool is_same(const struct direct *a, const struct direct *b)
{
    return ip_eq(a->server, b->server) && a->type == b->type && a->over_tcp == b->over_tcp && strcmp(a->name, b->name) == 0;
}

static void note_direct(struct run *run, struct direct asked)
{
    asked.name = arena_strdup(&run->result->arena, asked.name);
    if (asked.name && run->direct_count < DIRECT_MAX)
        run->direct[run->direct_count++] = asked;
}

static bool is_sampled_again(const struct facts *f)
{
    for (size_t i = 0; i < f->authorities.server_count; i++)
        if (f->authorities.servers[i].again)
            return true;
    return false;
}

static const char *asked_twice(struct run *run)
{
    const char *name = scripted_dns_asked_twice(run->prober.resolver);
    for (size_t i = 0; i < run->direct_count && !is_sampled_again(job_facts(run->job)); i++)
        for (size_t k = 0; k < i; k++)
            if (is_same(&run->direct[i], &run->direct[k]))
                name = run->direct[i].name;
    return name ? arena_strdup(&run->result->arena, name) : NULL;
}

static void on_done(void *arg, struct job *job)
{
    struct run *run = arg;
    if (run->done)
        add_problem(run->result, "the check ended twice");
    run->done = true;
    run->result->duration_ms = job_facts(job)->duration_ms;
    run->result->dns_questions = job_facts(job)->questions;
    run->result->asked_twice = asked_twice(run);
    write_report(run);
    if (scripted_dns_open(run->prober.resolver)) {
        add_problem(run->result, "%zu look-ups have no answer when the check ends", scripted_dns_open(run->prober.resolver));
        loop_stop(run->prober.net.loop);
        return;
    }
    job_free(job);
    run->job = NULL;
    timer_start(run->prober.net.loop, &run->deadline, LEFT_OVER_AFTER_MS, on_deadline, run);
}

static bool happened(const struct run *run, unsigned line)
{
    for (const struct scn_service *service = run->world.services; service; service = service->next)
        for (const struct scn_reaction *r = service->host->scenario == run->scenario ? service->reactions : NULL; r; r = r->next)
            if (r->line == line && r->happened)
                return true;
    return false;
}

/* Each statement must have come true with one client of one service at least. */
static void find_what_never_happened(struct run *run)
{
    for (const struct scn_block *b = run->scenario->blocks; b; b = b->next)
        for (const struct scn_reaction *r = b->reactions; r; r = r->next)
            if ((r->word || r->actions) && !happened(run, r->line))
                add_problem(run->result, "%s:%u: %s%s never took place", run->scenario->file, r->line, r->word ? "hear " : "connection",
                            r->word ? r->word : "");
}

static int parse_options(struct run *run)
{
    const struct scenario *s = run->scenario;
    int argc = 0, status = EXIT_USAGE;
    run->argv[argc++] = arena_strdup(&run->result->arena, "check");
    for (size_t i = 0; i < s->option_count; i++)
        if (!(run->argv[argc++] = (char *)scn_world_expand(&run->world, s, s->options[i])))
            return -1;
    run->argv[argc++] = arena_strdup(&run->result->arena, s->domain);
    if (options_parse(&run->options, CHECK, argc, run->argv, &run->result->arena, &status) == 0)
        return 0;
    run->result->exit_status = status;
    snprintf(run->error, sizeof run->error, "%s: the options are refused", s->file);
    return -1;
}

static int add_other_reports(struct run *run)
{
    for (int elsewhere = 0; elsewhere < 2; elsewhere++) {
        char what[SIGHTINGS_PROBLEM_BYTES];
        struct buf text;
        if (!scn_sightings_exist(run->scenario, elsewhere))
            continue;
        buf_init(&text, FORMAT_BYTES_MAX);
        int rc = scn_sightings_write(&run->world, run->scenario, elsewhere, VIRTUAL_NOW, &text);
        if (rc == 0 && add_sightings(&run->options, (struct str){text.bytes, text.used}, elsewhere, what) < 0) {
            snprintf(run->error, sizeof run->error, "%s: %s", run->scenario->file, what);
            rc = -1;
        }
        buf_done(&text);
        if (rc < 0)
            return -1;
    }
    return 0;
}

/* As the client's question would reach it. */
static void virtual_authority(void *arg, struct ip server, bool over_tcp, const char *name, enum dns_type type, struct buf *answer)
{
    struct run *run = arg;
    const struct scn_world *w = &run->world;
    note_direct(run, (struct direct){server, name, type, over_tcp});
    uint8_t message[512] = {[5] = 1}; /* one question, no recursion */
    size_t n = 12;
    for (struct str rest = str_of(strcmp(name, ".") == 0 ? "" : name); rest.n;) {
        struct str label = str_cut(&rest, '.');
        if (label.n == 0 || label.n > 63 || n + label.n + 6 > sizeof message)
            return;
        message[n++] = (uint8_t)label.n;
        memcpy(message + n, label.p, label.n);
        n += label.n;
    }
    message[n] = 0;
    message[n + 1] = (uint8_t)(type >> 8);
    message[n + 2] = (uint8_t)type;
    message[n + 3] = 0;
    message[n + 4] = 1;
    n += 5;
    char address[IP_TEXT_BYTES];
    ip_write(server, address);
    if (strcmp(address, SCN_DEAD_NS_V4) == 0)
        return;
    if (!scn_nameserver_answers(w, server, message, n, !over_tcp, answer))
        scn_nameserver_plain(w, message, n, answer);
}

static int open_net(struct run *run, struct scn_pki *pki, const char *ca_file)
{
    struct prober *p = &run->prober;
    const char *trusted = run->options.ca_file ? run->options.ca_file : ca_file;
    snprintf(run->error, sizeof run->error, "out of memory");
    p->options = run->options.probe;
    p->opt_out = run->options.opt_out;
    p->net.loop = loop_new_virtual(VIRTUAL_NOW);
    p->net.dialer = p->net.loop ? scripted_dialer_new(p->net.loop) : NULL;
    p->resolver = p->net.dialer ? scripted_resolver_new(p->net.loop) : NULL;
    p->fetcher = p->resolver ? scripted_fetcher_new(p->net.loop) : NULL;
    p->authorities = p->fetcher ? scripted_authority_asker_new(p->net.loop, virtual_authority, run) : NULL;
    run->servers = p->authorities ? virtual_servers_new(p->net.loop, p->net.dialer, &run->world, pki, run->setting->round_trip_ms) : NULL;
    p->net.tls = run->servers ? tls_context_new(trusted, run->error, sizeof run->error) : NULL;
    if (!p->net.tls || virtual_names_fill(p->resolver, &run->world, run->scenario->resolver, run->error) < 0)
        return -1;
    if (virtual_pages_fill(p->fetcher, &run->world, run->scenario, run->setting->round_trip_ms) < 0)
        return -1;
    scripted_dns_delay(p->resolver, run->setting->round_trip_ms);
    scripted_authority_delay(p->authorities, run->setting->round_trip_ms);
    return 0;
}

/* What still has timers, connections or look-ups cannot be freed: the problem is told, they stay. */
static void close_net(struct run *run)
{
    struct prober *p = &run->prober;
    bool left = p->net.dialer && scripted_connection_count(p->net.dialer);
    if (left)
        add_problem(run->result, "%zu connections are not closed", scripted_connection_count(p->net.dialer));
    virtual_servers_free(run->servers);
    if (p->fetcher && !scripted_fetch_open(p->fetcher))
        fetcher_free(p->fetcher);
    if (p->authorities)
        authority_asker_free(p->authorities);
    if (p->resolver && !scripted_dns_open(p->resolver))
        resolver_free(p->resolver);
    tls_context_free(p->net.tls);
    if (p->net.dialer && !left)
        dialer_free(p->net.dialer);
    if (p->net.loop && !left && !loop_has_timers(p->net.loop))
        loop_free(p->net.loop);
}

static void check(struct run *run)
{
    const char *problem, *input = run->options.targets[0];
    struct domain_name name;
    if (name_parse_domain(str_of(input), &run->result->arena, &name, &problem) < 0) {
        add_problem(run->result, "'%s' is not a domain: %s", input, problem);
        return;
    }
    run->job = job_start_domain(&run->prober, input, &name, on_done, run);
    if (!run->job || loop_run(run->prober.net.loop) < 0 || !run->done)
        add_problem(run->result, "the check does not end, and nothing is left to wait for");
    if (!scripted_dns_open(run->prober.resolver)) /* the answers would go to the job */
        job_free(run->job);
    if (virtual_servers_error(run->servers))
        add_problem(run->result, "a server: %s", virtual_servers_error(run->servers));
    virtual_pages_happened(run->prober.fetcher, &run->world, run->scenario);
    find_what_never_happened(run);
}

void virtual_run(const struct scenario *s, struct scn_pki *pki, const struct virtual_setting *setting, struct virtual_result *result)
{
    struct run *run = calloc(1, sizeof *run);
    *result = (struct virtual_result){.exit_status = EXIT_UNAVAILABLE};
    arena_init(&result->arena, RUN_BYTES_MAX);
    buf_init(&result->report, RUN_BYTES_MAX);
    buf_init(&result->text, RUN_BYTES_MAX);
    for (size_t i = 0; i < VIRTUAL_FORMAT_COUNT; i++)
        buf_init(&result->formats[i], FORMAT_BYTES_MAX);
    if (!run) {
        add_problem(result, "out of memory");
        return;
    }
    run->scenario = s;
    run->result = result;
    run->setting = setting;
    if (scn_world_init(&run->world, run->error) == 0 && scn_world_add(&run->world, s) == 0 && scn_pki_publish(pki, &run->world, run->error) == 0 &&
        parse_options(run) == 0 && add_other_reports(run) == 0 && open_net(run, pki, setting->ca_file) == 0)
        check(run);
    else
        add_problem(result, "%s", run->error);
    close_net(run);
    scn_pki_forget(pki);
    scn_world_done(&run->world);
    opt_out_free(run->options.opt_out);
    free(run);
}

void virtual_run_done(struct virtual_result *result)
{
    buf_done(&result->report);
    buf_done(&result->text);
    for (size_t i = 0; i < VIRTUAL_FORMAT_COUNT; i++)
        buf_done(&result->formats[i]);
    arena_done(&result->arena);
}

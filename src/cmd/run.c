/* SPDX-License-Identifier: Apache-2.0 */
/* run - see run.h. */
#include "cmd/run.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cmd/net.h"
#include "cmd/output.h"
#include "cmd/progress.h"

enum { REPORT_BYTES_MAX = 256 * 1024 * 1024, DRAIN_MS = 1000, DRAIN_LOOK_MS = 5 };

struct slot { /* one target under way or waiting for its turn to be written */
    struct run *run;
    struct job *job;
    bool done;
};

struct run {
    struct options *options;
    const struct run_target *targets;
    start_fn *start;
    write_fn *write; /* NULL: the report */
    size_t count, started, written;
    struct slot slots[RUN_AT_ONCE]; /* target i has slot i modulo RUN_AT_ONCE */
    struct prober prober;
    struct progress progress;
    struct output output;
    struct text_style style;
    struct timer drained;
    int64_t drained_for_ms;
    int status;
    bool found, inconclusive, failed;
    struct document document; /* of the formats that are one for all reports */
};

static struct text_style terminal_style(const struct options *o)
{
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    bool terminal = !o->output_file && isatty(STDOUT_FILENO);
    bool dumb = !term || strcmp(term, "dumb") == 0;
    const char *charset = setlocale(LC_CTYPE, "");
    struct winsize size = {0};
    struct text_style style = {.all = o->all, .verbose = o->verbose, .quiet = o->quiet, .transcript = o->transcript};
    style.color = o->color == COLOR_ALWAYS || (o->color == COLOR_AUTO && terminal && !dumb && !(no_color && *no_color));
    style.symbols = terminal && charset && (strstr(charset, "UTF-8") || strstr(charset, "utf8"));
    if (terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
        style.columns = size.ws_col;
    return style;
}

static void give_up(struct run *run, int status)
{
    run->status = status;
    run->failed = true;
    loop_stop(run->prober.net.loop);
}

static int write_report(struct buf *out, struct job *job, struct run *run)
{
    const struct options *o = run->options;
    struct judgement judgement;
    if (judge(job_facts(job), &o->judge, job_facts(job)->checked_at, job_arena(job), &judgement) < 0) {
        out->failed = true;
        return EXIT_FINE;
    }
    const struct report report = {job_facts(job), &judgement};
    if (o->format == FORMAT_TEXT)
        report_write_text(out, &report, &run->style);
    else if (o->format >= FORMAT_DOCUMENTS)
        document_add(out, &run->document, &report);
    else
        report_write_json(out, &report, o->format == FORMAT_JSON ? 2 : 0);
    return report_exit_status(&judgement, o->fail_on);
}

/* Several results in one output: a blank line between texts, an array of JSON, or a line each. */
static void write_result(struct run *run, struct job *job, struct buf *out)
{
    const struct options *o = run->options;
    bool several = run->count > 1, last = run->written + 1 == run->count;
    if (o->format == FORMAT_TEXT && run->written > 0 && !o->quiet)
        buf_add_char(out, '\n');
    if (o->format == FORMAT_JSON && several)
        buf_add_cstr(out, run->written ? ",\n" : "[\n");
    int status = run->write ? run->write(out, job, &run->prober, o) : write_report(out, job, run);
    if (o->format == FORMAT_JSON && several)
        buf_add_cstr(out, last ? "\n]\n" : "");
    else if (o->format == FORMAT_JSON || o->format == FORMAT_NDJSON)
        buf_add_char(out, '\n');
    if (o->format >= FORMAT_DOCUMENTS && last)
        document_end(out, &run->document);
    run->found = run->found || status == EXIT_FOUND;
    run->inconclusive = run->inconclusive || status == EXIT_INCONCLUSIVE;
}

static void on_job_done(void *arg, struct job *job);

static void start_more(struct run *run)
{
    while (!run->failed && run->started < run->count && run->started - run->written < RUN_AT_ONCE) {
        struct slot *slot = &run->slots[run->started % RUN_AT_ONCE];
        *slot = (struct slot){.run = run};
        slot->job = run->start(&run->prober, &run->targets[run->started], on_job_done, slot);
        if (!slot->job) {
            complain("out of memory");
            give_up(run, EXIT_UNAVAILABLE);
            return;
        }
        run->started++;
    }
}

static void write_next(struct run *run, struct slot *slot)
{
    struct buf out;
    buf_init(&out, REPORT_BYTES_MAX);
    write_result(run, slot->job, &out);
    progress_clear(&run->progress);
    if (out.failed) {
        complain("the report of %s is larger than our memory allows", run->targets[run->written].input);
        give_up(run, EXIT_BUG);
    } else if (output_write(&run->output, &out) < 0) {
        give_up(run, EXIT_IO);
    }
    buf_done(&out);
    job_free(slot->job);
    *slot = (struct slot){0};
    run->written++;
}

/* The reports are out; what still lingers hears the answer to its QUIT, for a second at most. */
static void drain(void *arg)
{
    struct run *run = arg;
    if (dialer_lingering(run->prober.net.dialer) == 0 || run->drained_for_ms >= DRAIN_MS) {
        loop_stop(run->prober.net.loop);
        return;
    }
    run->drained_for_ms += DRAIN_LOOK_MS;
    timer_start(run->prober.net.loop, &run->drained, DRAIN_LOOK_MS, drain, run);
}

static void on_job_done(void *arg, struct job *job)
{
    struct slot *slot = arg;
    struct run *run = slot->run;
    (void)job;
    slot->done = true;
    while (!run->failed && run->written < run->count && run->slots[run->written % RUN_AT_ONCE].done)
        write_next(run, &run->slots[run->written % RUN_AT_ONCE]);
    start_more(run);
    if (run->failed || run->written < run->count)
        return;
    progress_stop(&run->progress);
    drain(run);
}

static bool waits_for(void *arg, char *text, size_t text_bytes)
{
    struct run *run = arg;
    size_t n = (size_t)snprintf(text, text_bytes, "waiting for ");
    for (size_t i = run->written; i < run->started; i++) {
        const struct slot *slot = &run->slots[i % RUN_AT_ONCE];
        if (!slot->done && job_waits_for(slot->job, text + n, text_bytes - n))
            return true;
    }
    return false;
}

static int status_of_all(const struct run *run)
{
    return run->found ? EXIT_FOUND : run->inconclusive ? EXIT_INCONCLUSIVE : EXIT_FINE;
}

static bool is_target(const struct sighting *seen, const struct run_target *targets, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_is_nocase(str_of(seen->target), targets[i].domain.ascii))
            return true;
    return false;
}

/* A report that would change nothing was given by mistake. */
static bool other_reports_count(const struct run *run)
{
    const struct options *o = run->options;
    const struct wall now = loop_wall(run->prober.net.loop);
    for (size_t i = 0; i < o->judge.sighting_count; i++) {
        const struct sighting *seen = &o->judge.sightings[i];
        int64_t age_s = now.s - seen->at.s;
        const char *option = seen->elsewhere ? "--elsewhere" : "--earlier";
        char at[CLOCK_TEXT_BYTES];
        wall_write(seen->at, at);
        if (age_s > (seen->elsewhere ? SIGHTING_ELSEWHERE_S : SIGHTING_EARLIER_S))
            complain("%s: the report of %.80s was made at %s, more than %s ago", option, seen->target, at, seen->elsewhere ? "an hour" : "24 hours");
        else if (age_s < 0)
            complain("%s: the report of %.80s was made at %s, which is still to come", option, seen->target, at);
        else if (!is_target(seen, run->targets, run->count))
            complain("%s: the report is about %.80s, which is not to be checked", option, seen->target);
        else
            continue;
        return false;
    }
    return true;
}

int run_targets(struct options *o, const struct run_target *targets, size_t count, start_fn *start, write_fn *write)
{
    struct run *run = calloc(1, sizeof *run);
    if (!run)
        return EXIT_UNAVAILABLE;
    *run = (struct run){.options = o, .targets = targets, .count = count, .start = start, .write = write, .style = terminal_style(o)};
    document_init(&run->document, o->format >= FORMAT_DOCUMENTS ? (enum document_kind)(o->format - FORMAT_DOCUMENTS) : DOCUMENT_HTML, o->fail_on);
    char error[512];
    int status = EXIT_IO;
    if (net_open(&run->prober, o, error, sizeof error) < 0) {
        complain("%s", error);
        status = net_exit_status(&run->prober, o);
    } else if (!other_reports_count(run)) {
        status = EXIT_DATA;
    } else {
        if (output_open(&run->output, o->output_file) == 0) {
            if (!o->quiet)
                progress_start(&run->progress, run->prober.net.loop, waits_for, run);
            start_more(run);
            if (!run->failed)
                loop_run(run->prober.net.loop);
            status = run->failed ? run->status : o->format == FORMAT_NAGIOS ? run->document.worst_state : status_of_all(run);
            if (output_close(&run->output, !run->failed) < 0)
                status = EXIT_IO;
        }
        progress_stop(&run->progress);
    }
    for (size_t i = 0; i < RUN_AT_ONCE; i++)
        job_free(run->slots[i].job);
    net_close(&run->prober);
    document_done(&run->document);
    free(run);
    return status;
}

static struct job *start_server(struct prober *p, const struct run_target *target, job_fn *done, void *arg)
{
    return job_start_server(p, target->input, &target->server, done, arg);
}

int run_servers(struct options *o, write_fn *write)
{
    struct run_target *targets = ARENA_ARRAY(o->arena, struct run_target, o->target_count);
    const char *problem;
    for (size_t i = 0; targets && i < o->target_count; i++) {
        targets[i].input = o->targets[i];
        if (name_parse_server(str_of(o->targets[i]), o->arena, &targets[i].server, &problem) < 0) {
            complain("'%.80s' is not a server: %s", o->targets[i], problem);
            return EXIT_DATA;
        }
        if (write && targets[i].server.ip.family != IP_NONE) {
            complain("'%.80s' is an address; TLSA records belong to names", o->targets[i]);
            return EXIT_DATA;
        }
    }
    return targets ? run_targets(o, targets, o->target_count, start_server, write) : EXIT_UNAVAILABLE;
}

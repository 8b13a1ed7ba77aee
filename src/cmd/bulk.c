/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bulk - many domains through one loop: a line for each, in the order in which they are done.
 *
 * No more is read than can be begun, and nothing is begun while the reader of the lines is behind, so that memory is that of
 * --max-inflight names, however many there are.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/text.h"
#include "bulk/answered.h"
#include "bulk/input.h"
#include "cmd/appender.h"
#include "cmd/commands.h"
#include "cmd/net.h"
#include "cmd/progress.h"
#include "net/signals.h"
#include "probe/job.h"

enum { READ_BYTES = 64 * 1024, LINE_BYTES_MAX = 256 * 1024 * 1024, NAME_BYTES = 64 * 1024, US_PER_S = 1000000, US_PER_MS = 1000, EXIT_SIGNAL = 128 };

struct task { /* one name under way */
    struct bulk *bulk;
    struct job *job;    /* NULL: idle */
    struct arena arena; /* of its name */
    uint64_t number;
    struct str input;
    struct task *next_idle;
};

struct bulk {
    struct options *options;
    const char *source; /* "names.txt", "standard input" */
    int fd;
    struct watch readable;
    struct timer again; /* a file is always ready; the next name by --rate; the end */
    struct timer deadline;
    char bytes[READ_BYTES];
    struct str unread;
    uint64_t source_bytes, read_bytes; /* source_bytes 0: not known */
    struct input input;
    bool at_end, over, stopping; /* over: every name was begun; stopping: nothing more is begun */
    struct task *tasks, *idle;
    size_t under_way;
    struct answered answered;
    struct appender out, rejects;
    struct prober prober;
    struct progress progress;
    struct signals signals;
    struct mono began, next_begins;
    uint64_t done, skipped, rejected, left_out, by_status[STATUS_INCONCLUSIVE + 1];
    int signal, status;
    bool found, inconclusive;
};

static void go_on(void *arg);

static void give_up(struct bulk *b, int status)
{
    b->status = b->status ? b->status : status;
    b->stopping = true;
    loop_stop(b->prober.net.loop);
}

/* ---- names in ---- */

static void reject(struct bulk *b, const struct input_line *line, const char *why)
{
    struct buf out;
    buf_init(&out, NAME_BYTES);
    text_write_safe(&out, line->text);
    complain("%s:%" PRIu64 ": '%.*s': %s", b->source, line->number, (int)(out.used > 80 ? 80 : out.used), out.used ? out.bytes : "", why);
    buf_clear(&out);
    buf_printf(&out, "%" PRIu64 "\t%s\t", line->number, why);
    text_write_safe(&out, line->text);
    buf_add_char(&out, '\n');
    if (b->options->bulk.rejects_file)
        appender_add(&b->rejects, (struct str){out.bytes, out.used});
    buf_done(&out);
    b->rejected++;
    if (b->rejects.failed)
        give_up(b, EXIT_IO);
}

static void on_job_done(void *arg, struct job *job);

static bool is_of_other_shard(const struct bulk *b, const char *name)
{
    const struct bulk_options *o = &b->options->bulk;
    return o->shards && hash_fold(hash_str(0, str_of(name))) % o->shards + 1 != o->shard;
}

static void begin(struct bulk *b, const struct input_line *line)
{
    struct task *t = b->idle;
    struct domain_name name;
    const char *problem = line->problem;
    int before = answered_has(&b->answered, line->number, line->text);
    if (before < 0) {
        complain("%s:%" PRIu64 ": %s holds the answer for another name there; is it of another input?", b->source, line->number, b->options->output_file);
        give_up(b, EXIT_DATA);
        return;
    }
    b->skipped += before > 0;
    if (before > 0)
        return;
    if (problem || name_parse_domain(line->text, &t->arena, &name, &problem) < 0) {
        reject(b, line, problem ? problem : "out of memory");
    } else if (!is_of_other_shard(b, name.ascii)) {
        t->number = line->number;
        t->input = arena_copy(&t->arena, line->text);
        t->job = job_start_domain(&b->prober, arena_cstr(&t->arena, line->text), &name, on_job_done, t);
        if (t->job) {
            b->idle = t->next_idle;
            b->under_way++;
            b->next_begins = loop_now(b->prober.net.loop);
            return;
        }
        complain("out of memory");
        give_up(b, EXIT_UNAVAILABLE);
    }
    arena_done(&t->arena);
    arena_init(&t->arena, NAME_BYTES);
}

static void on_readable(void *arg, unsigned ready)
{
    (void)ready;
    watch_cancel(&((struct bulk *)arg)->readable);
    struct bulk *b = arg;
    ssize_t n = read(b->fd, b->bytes, sizeof b->bytes);
    if (n < 0 && errno != EINTR && errno != EAGAIN) {
        complain("cannot read %s: %s", b->source, strerror(errno));
        give_up(b, EXIT_IO);
        return;
    }
    b->at_end = n == 0;
    b->unread = (struct str){b->bytes, n > 0 ? (size_t)n : 0};
    b->read_bytes += b->unread.n;
    go_on(b);
}

static void on_file(void *arg)
{
    on_readable(arg, WATCH_READ);
}

static void read_more(struct bulk *b)
{
    if (!b->readable.loop && watch_start(b->prober.net.loop, &b->readable, b->fd, WATCH_READ, on_readable, b) < 0)
        timer_start(b->prober.net.loop, &b->again, 0, on_file, b); /* a file cannot be watched, as it is always ready */
}

/* How long --rate keeps the next name from being begun. */
static int64_t held_back_us(const struct bulk *b)
{
    if (!b->options->bulk.rate || !b->next_begins.us)
        return 0;
    return b->next_begins.us + (int64_t)(US_PER_S / b->options->bulk.rate) - loop_now(b->prober.net.loop).us;
}

static void end(void *arg)
{
    struct bulk *b = arg;
    loop_stop(b->prober.net.loop);
}

/* Begins what can be begun. */
static void go_on(void *arg)
{
    struct bulk *b = arg;
    struct input_line line;
    while (!b->stopping && b->idle && appender_has_room(&b->out)) {
        int64_t wait_us = held_back_us(b);
        if (wait_us > 0) {
            timer_start(b->prober.net.loop, &b->again, wait_us / US_PER_MS + 1, go_on, b);
            return;
        }
        enum input_result result = b->at_end ? input_last(&b->input, &line) : input_next(&b->input, &b->unread, &line);
        if (result == INPUT_NO_COLUMN) {
            complain("%s has no column '%.80s' in its first line", b->source, b->options->bulk.column);
            give_up(b, EXIT_DATA);
        } else if (result == INPUT_LINE) {
            begin(b, &line);
        } else if (b->at_end) {
            b->over = true;
            break;
        } else {
            read_more(b);
            return;
        }
    }
    if (b->under_way == 0 && (b->over || b->stopping))
        timer_start(b->prober.net.loop, &b->again, 0, end, b);
}

/* ---- lines out ---- */

static void write_answer(struct bulk *b, const struct task *t, struct buf *out)
{
    struct judgement judgement;
    struct buf report;
    const struct facts *facts = job_facts(t->job);
    buf_init(&report, LINE_BYTES_MAX);
    if (judge(facts, &b->options->judge, facts->checked_at, job_arena(t->job), &judgement) < 0) {
        out->failed = true;
        return;
    }
    answer_begin(out, t->number, t->input);
    report_write_json(&report, &(struct report){facts, &judgement}, 0);
    out->failed = out->failed || report.failed;
    if (!out->failed)
        buf_add(out, report.bytes + 1, report.used - 1); /* its members, and the brace that ends them */
    buf_add_char(out, '\n');
    buf_done(&report);
    int status = report_exit_status(&judgement, b->options->fail_on);
    b->found = b->found || status == EXIT_FOUND;
    b->inconclusive = b->inconclusive || status == EXIT_INCONCLUSIVE;
    b->by_status[judgement.summary.status]++;
}

static void on_job_done(void *arg, struct job *job)
{
    struct task *t = arg;
    struct bulk *b = t->bulk;
    struct buf out;
    (void)job;
    buf_init(&out, LINE_BYTES_MAX);
    write_answer(b, t, &out);
    if (out.failed) {
        complain("the report of line %" PRIu64 " is larger than our memory allows", t->number);
        give_up(b, EXIT_BUG);
    } else {
        appender_add(&b->out, (struct str){out.bytes, out.used});
        b->done++;
    }
    buf_done(&out);
    if (b->out.failed)
        give_up(b, EXIT_IO);
    job_free(t->job);
    t->job = NULL;
    arena_done(&t->arena);
    arena_init(&t->arena, NAME_BYTES);
    t->next_idle = b->idle;
    b->idle = t;
    b->under_way--;
    go_on(b);
}

static void on_output(void *arg)
{
    struct bulk *b = arg;
    if (b->out.failed || b->rejects.failed)
        give_up(b, EXIT_IO);
    else
        go_on(b);
}

static bool say_progress(void *arg, char *text, size_t text_bytes)
{
    const struct bulk *b = arg;
    uint64_t us = (uint64_t)(loop_now(b->prober.net.loop).us - b->began.us), read = b->read_bytes - b->unread.n;
    int n =
        snprintf(text, text_bytes, "%" PRIu64 " done, %zu under way, %.1f a second", b->done, b->under_way, (double)b->done * US_PER_S / (double)(us ? us : 1));
    if (b->done)
        n += snprintf(text + n, text_bytes - (size_t)n, ", %.1f %% inconclusive", 100.0 * (double)b->by_status[STATUS_INCONCLUSIVE] / (double)b->done);
    if (b->source_bytes > 0 && read > 0 && read <= b->source_bytes) {
        uint64_t left_s = (uint64_t)((double)us / US_PER_S * (double)(b->source_bytes - read) / (double)read);
        snprintf(text + n, text_bytes - (size_t)n, ", %" PRIu64 ":%02u:%02u left", left_s / 3600, (unsigned)(left_s / 60 % 60), (unsigned)(left_s % 60));
    }
    return true;
}

static void say_sum(const struct bulk *b)
{
    static const char *const words[] = {
        [STATUS_OK] = "ok", [STATUS_WARNING] = "with warnings", [STATUS_ERROR] = "with errors", [STATUS_INCONCLUSIVE] = "inconclusive"};
    char text[512];
    int n = snprintf(text, sizeof text, "%" PRIu64 " name%s", b->done, b->done == 1 ? "" : "s");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        n += snprintf(text + n, sizeof text - (size_t)n, "%s %" PRIu64 " %s", i ? "," : ":", b->by_status[i], words[i]);
    if (b->skipped)
        n += snprintf(text + n, sizeof text - (size_t)n, "; %" PRIu64 " answered before", b->skipped);
    if (b->rejected)
        n += snprintf(text + n, sizeof text - (size_t)n, "; %" PRIu64 " line%s rejected", b->rejected, b->rejected == 1 ? "" : "s");
    if (b->stopping && !b->over)
        snprintf(text + n, sizeof text - (size_t)n, "; not at the end of %s, --resume goes on", b->source);
    complain("%s", text);
}

/* ---- the run ---- */

static void on_signal(void *arg, int number)
{
    struct bulk *b = arg;
    if (number == SIGHUP)
        return;
    b->signal = number;
    give_up(b, EXIT_SIGNAL + number);
}

static void on_deadline(void *arg)
{
    struct bulk *b = arg;
    if (b->over)
        return;
    b->stopping = true;
    b->status = EXIT_TEMPORARY;
    if (b->under_way == 0)
        loop_stop(b->prober.net.loop);
}

static int open_source(struct bulk *b)
{
    const char *file = b->options->target_count ? b->options->targets[0] : "-";
    struct stat stat;
    b->source = strcmp(file, "-") == 0 ? "standard input" : file;
    b->fd = strcmp(file, "-") == 0 ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC);
    if (b->fd < 0 || fstat(b->fd, &stat) < 0 || (S_ISDIR(stat.st_mode) && (errno = EISDIR))) {
        complain("cannot read %s: %s", file, strerror(errno));
        return -1;
    }
    b->source_bytes = S_ISREG(stat.st_mode) ? (uint64_t)stat.st_size : 0;
    return 0;
}

/* What stands in the output already. */
static int read_output(struct bulk *b)
{
    const struct appender *out = &b->out;
    struct answered *a = &b->answered;
    ssize_t n = 0;
    for (off_t at = 0; (n = pread(out->fd, b->bytes, sizeof b->bytes, at)) > 0; at += n) {
        if (!b->options->bulk.resume) {
            complain("%s is not empty; --resume goes on with the run that wrote it", out->file);
            return EXIT_DATA;
        }
        if (answered_feed(a, (struct str){b->bytes, (size_t)n}) < 0)
            break;
    }
    if (n < 0 && errno != ESPIPE) {
        complain("cannot read %s: %s", out->file, strerror(errno));
        return EXIT_IO;
    }
    if (a->problem || answered_end(a) < 0) {
        complain("%s:%" PRIu64 ": %s", out->file, a->line, a->problem);
        return EXIT_DATA;
    }
    if (b->options->bulk.resume && ftruncate(out->fd, (off_t)a->whole_bytes) < 0 && errno != EINVAL) {
        complain("cannot shorten %s: %s", out->file, strerror(errno));
        return EXIT_IO;
    }
    return EXIT_FINE;
}

static int open_all(struct bulk *b)
{
    struct options *o = b->options;
    struct loop *loop = b->prober.net.loop;
    b->tasks = calloc(o->bulk.max_inflight, sizeof *b->tasks);
    if (!b->tasks)
        return EXIT_UNAVAILABLE;
    for (size_t i = o->bulk.max_inflight; i-- > 0;) {
        b->tasks[i] = (struct task){.bulk = b, .next_idle = b->idle};
        arena_init(&b->tasks[i].arena, NAME_BYTES);
        b->idle = &b->tasks[i];
    }
    input_init(&b->input, o->bulk.column);
    if (open_source(b) < 0)
        return EXIT_DATA;
    if (appender_open(&b->out, loop, o->output_file, on_output, b) < 0)
        return EXIT_IO;
    int status = o->output_file ? read_output(b) : EXIT_FINE;
    if (status != EXIT_FINE || !o->bulk.rejects_file)
        return status;
    if (appender_open(&b->rejects, loop, o->bulk.rejects_file, on_output, b) < 0)
        return EXIT_IO;
    if (ftruncate(b->rejects.fd, 0) < 0 && errno != EINVAL) { /* all bad lines are met again, whatever was answered */
        complain("cannot empty %s: %s", o->bulk.rejects_file, strerror(errno));
        return EXIT_IO;
    }
    return EXIT_FINE;
}

static int run(struct bulk *b)
{
    struct loop *loop = b->prober.net.loop;
    const struct bulk_options *o = &b->options->bulk;
    if (signals_start(&b->signals, loop, on_signal, b) < 0)
        return EXIT_UNAVAILABLE;
    b->began = loop_now(loop);
    if (o->deadline_ms)
        timer_start(loop, &b->deadline, o->deadline_ms, on_deadline, b);
    if (!b->options->quiet)
        progress_start(&b->progress, loop, say_progress, b);
    timer_start(loop, &b->again, 0, go_on, b);
    if (loop_run(loop) < 0)
        return EXIT_BUG;
    progress_stop(&b->progress);
    int written = appender_finish(&b->out);
    if (b->rejects.file && appender_finish(&b->rejects) < 0)
        written = -1;
    if (!b->options->quiet && b->status != EXIT_DATA)
        say_sum(b);
    return written < 0 ? EXIT_IO : b->status ? b->status : b->found ? EXIT_FOUND : b->inconclusive ? EXIT_INCONCLUSIVE : EXIT_FINE;
}

static void close_all(struct bulk *b)
{
    watch_cancel(&b->readable);
    timer_cancel(&b->again);
    timer_cancel(&b->deadline);
    progress_stop(&b->progress);
    signals_stop(&b->signals);
    for (size_t i = 0; b->tasks && i < b->options->bulk.max_inflight; i++) {
        job_free(b->tasks[i].job);
        arena_done(&b->tasks[i].arena);
    }
    free(b->tasks);
    answered_done(&b->answered);
    appender_close(&b->out);
    appender_close(&b->rejects);
    if (b->fd > STDIN_FILENO)
        close(b->fd);
}

static int bulk(struct options *o)
{
    struct bulk *b = calloc(1, sizeof *b);
    char error[512];
    if (o->bulk.resume && !o->output_file) {
        complain("--resume needs --output, the file that it goes on with");
        free(b);
        return EXIT_USAGE;
    }
    if (!b)
        return EXIT_UNAVAILABLE;
    *b = (struct bulk){.options = o, .fd = -1, .out.fd = -1, .rejects.fd = -1};
    answered_init(&b->answered);
    int status = EXIT_FINE;
    if (net_open(&b->prober, o, error, sizeof error) < 0) {
        complain("%s", error);
        status = net_exit_status(&b->prober, o);
    } else if (net_share(&b->prober) < 0) {
        complain("out of memory");
        status = EXIT_UNAVAILABLE;
    } else {
        status = open_all(b);
        if (status == EXIT_FINE)
            status = run(b);
    }
    close_all(b);
    net_close(&b->prober);
    free(b);
    return status;
}

int command_bulk(int argc, char **argv)
{
    return with_options(BULK, argc, argv, bulk);
}

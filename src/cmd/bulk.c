/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bulk - many domains, tested here or by a crew of workers: what the options say, the files and what is told to people; src/bulk/run.h does the rest.
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

#include "base/text.h"
#include "bulk/crew.h"
#include "bulk/run.h"
#include "bulk/tally.h"
#include "cmd/appender.h"
#include "cmd/commands.h"
#include "cmd/net.h"
#include "cmd/output.h"
#include "cmd/progress.h"
#include "net/signals.h"
#include "worker/pool.h"

enum { FEW_BYTES = 64 * 1024 }; /* of names: too few for more than one worker */
enum { READ_BYTES = 64 * 1024, REJECT_BYTES = 64 * 1024, SUMMARY_BYTES = 1024 * 1024, US_PER_S = 1000000, EXIT_SIGNAL = 128 };

struct bulk {
    struct options *options;
    struct loop *loop;
    struct prober prober; /* with a crew only its resolver is used */
    struct asker *asker;
    bool has_crew;
    struct bulk_run run;
    const char *source; /* "names.txt", "standard input" */
    int fd;
    struct watch readable;
    struct timer read_again; /* a file is always ready */
    char bytes[READ_BYTES];
    uint64_t source_bytes, read_bytes; /* source_bytes 0: not known */
    struct answered answered;
    struct tally tally; /* when a summary is wanted */
    struct appender out, rejects;
    struct progress progress;
    struct signals signals;
    int status; /* of the command, when it is not what the run found */
};

static void give_up(struct bulk *b, int status)
{
    b->status = b->status ? b->status : status;
    bulk_run_stop(&b->run);
    loop_stop(b->loop);
}

/* ---- names in ---- */

static void on_reject(void *arg, const struct input_line *line, const char *why)
{
    struct bulk *b = arg;
    struct buf out;
    buf_init(&out, REJECT_BYTES);
    text_write_safe(&out, line->text);
    complain("%s:%" PRIu64 ": '%.*s': %s", b->source, line->number, (int)(out.used > 80 ? 80 : out.used), out.used ? out.bytes : "", why);
    buf_clear(&out);
    buf_printf(&out, "%" PRIu64 "\t%s\t", line->number, why);
    text_write_safe(&out, line->text);
    buf_add_char(&out, '\n');
    if (b->options->bulk.rejects_file)
        appender_add(&b->rejects, (struct str){out.bytes, out.used});
    buf_done(&out);
    if (b->rejects.failed)
        give_up(b, EXIT_IO);
}

static void on_readable(void *arg, unsigned ready)
{
    struct bulk *b = arg;
    (void)ready;
    watch_cancel(&b->readable);
    ssize_t n = read(b->fd, b->bytes, sizeof b->bytes);
    if (n < 0 && errno != EINTR && errno != EAGAIN) {
        complain("cannot read %s: %s", b->source, strerror(errno));
        give_up(b, EXIT_IO);
    } else if (n == 0) {
        bulk_run_feed_end(&b->run);
    } else {
        b->read_bytes += n > 0 ? (size_t)n : 0;
        bulk_run_feed(&b->run, (struct str){b->bytes, n > 0 ? (size_t)n : 0});
    }
}

static void on_file(void *arg)
{
    on_readable(arg, WATCH_READ);
}

static void on_read(void *arg)
{
    struct bulk *b = arg;
    if (watch_start(b->loop, &b->readable, b->fd, WATCH_READ, on_readable, b) < 0)
        timer_start(b->loop, &b->read_again, 0, on_file, b); /* a file cannot be watched, as it is always ready */
}

/* ---- lines out ---- */

static bool has_room(void *arg)
{
    return appender_has_room(&((struct bulk *)arg)->out);
}

static void on_line(void *arg, struct str line)
{
    struct bulk *b = arg;
    appender_add(&b->out, line);
    if (b->out.failed)
        give_up(b, EXIT_IO);
    if (b->options->bulk.summary_file && tally_feed(&b->tally, line) < 0) {
        complain("out of memory");
        give_up(b, EXIT_UNAVAILABLE);
    }
}

static void on_output(void *arg)
{
    struct bulk *b = arg;
    if (b->out.failed || b->rejects.failed)
        give_up(b, EXIT_IO);
    else
        bulk_run_go_on(&b->run);
}

/* Nothing is left but to wait. */
static int say_waiting(const struct again *a, char *text, size_t text_bytes)
{
    int64_t s = again_next_ms(a) / 1000;
    return snprintf(text, text_bytes, "%zu put off by %s, the next is asked again in %" PRId64 ":%02d", a->count,
                    a->count == 1 ? "its server" : "their servers", s / 60, (int)(s % 60));
}

static void on_waits(void *arg)
{
    struct bulk *b = arg;
    char text[256];
    if (b->options->quiet)
        return;
    progress_clear(&b->progress);
    say_waiting(&b->run.again, text, sizeof text);
    complain("%s; to wait no longer, interrupt%s", text, b->options->output_file ? ", and --resume --retry-after 0 ends the run" : "");
}

static bool say_progress(void *arg, char *text, size_t text_bytes)
{
    const struct bulk *b = arg;
    const struct bulk_run *r = &b->run;
    uint64_t us = (uint64_t)(loop_now(b->loop).us - r->began.us), begun = b->read_bytes - r->unread.n - r->window.octets;
    int n =
        snprintf(text, text_bytes, "%" PRIu64 " done, %zu under way, %.1f a second", r->done, r->under_way, (double)r->done * US_PER_S / (double)(us ? us : 1));
    if (r->again.count && r->under_way == 0 && r->window.count == 0) {
        n = snprintf(text, text_bytes, "%" PRIu64 " done, ", r->done);
        say_waiting(&r->again, text + n, text_bytes - (size_t)n);
        return true;
    }
    if (r->again.count)
        n += snprintf(text + n, text_bytes - (size_t)n, ", %zu put off", r->again.count);
    if (r->done)
        n += snprintf(text + n, text_bytes - (size_t)n, ", %.1f %% inconclusive", 100.0 * (double)r->by_status[STATUS_INCONCLUSIVE] / (double)r->done);
    if (b->source_bytes > 0 && begun > 0 && begun < b->source_bytes) {
        uint64_t left_s = (uint64_t)((double)us / US_PER_S * (double)(b->source_bytes - begun) / (double)begun);
        snprintf(text + n, text_bytes - (size_t)n, ", %" PRIu64 ":%02u:%02u left", left_s / 3600, (unsigned)(left_s / 60 % 60), (unsigned)(left_s % 60));
    }
    return true;
}

static void say_sum(const struct bulk *b)
{
    static const char *const words[] = {
        [STATUS_OK] = "ok", [STATUS_WARNING] = "with warnings", [STATUS_ERROR] = "with errors", [STATUS_INCONCLUSIVE] = "inconclusive"};
    const struct bulk_run *r = &b->run;
    char text[512];
    int n = snprintf(text, sizeof text, "%" PRIu64 " name%s", r->done, r->done == 1 ? "" : "s");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        n += snprintf(text + n, sizeof text - (size_t)n, "%s %" PRIu64 " %s", i ? "," : ":", r->by_status[i], words[i]);
    if (r->skipped)
        n += snprintf(text + n, sizeof text - (size_t)n, "; %" PRIu64 " answered before", r->skipped);
    if (r->rejected)
        n += snprintf(text + n, sizeof text - (size_t)n, "; %" PRIu64 " line%s rejected", r->rejected, r->rejected == 1 ? "" : "s");
    if (r->put_off)
        n += snprintf(text + n, sizeof text - (size_t)n, "; %" PRIu64 " put off by their servers%s", r->put_off,
                      r->params.again.count ? " to the last" : ", --retry-after asks again");
    if (r->left_waiting)
        n += snprintf(text + n, sizeof text - (size_t)n, "; %" PRIu64 " put off and left out", r->left_waiting);
    const uint64_t deaths = b->has_crew ? crew_deaths(b->asker) : 0;
    if (deaths)
        n += snprintf(text + n, sizeof text - (size_t)n, "; %" PRIu64 " worker%s died and %s replaced", deaths, deaths == 1 ? "" : "s", deaths == 1 ? "was" : "were");
    if (r->lost)
        n += snprintf(text + n, sizeof text - (size_t)n, "; %" PRIu64 " lost by workers that died, --resume asks again", r->lost);
    if (!r->all_begun)
        snprintf(text + n, sizeof text - (size_t)n, "; not at the end of %s, --resume goes on", b->source);
    complain("%s", text);
}

/* ---- the run ---- */

static void on_signal(void *arg, int number)
{
    if (number != SIGHUP)
        give_up(arg, EXIT_SIGNAL + number);
}

/* How the run ended, as the command's exit status. */
static int tell_end(const struct bulk *b)
{
    const struct bulk_run *r = &b->run;
    switch (r->end) {
    case BULK_LEFT_OUT:
        return EXIT_TEMPORARY;
    case BULK_NO_COLUMN:
        complain("%s has no column '%.80s' in its first line", b->source, b->options->bulk.column);
        return EXIT_DATA;
    case BULK_OTHER_INPUT:
        complain("%s:%" PRIu64 ": %s holds the answer for another name there; is it of another input?", b->source, r->end_line, b->options->output_file);
        return EXIT_DATA;
    case BULK_NO_MEMORY:
        complain("out of memory");
        return EXIT_UNAVAILABLE;
    case BULK_TOO_LARGE:
        complain("the report of line %" PRIu64 " is larger than our memory allows", r->end_line);
        return EXIT_BUG;
    case BULK_LOST: /* each was told */
        return EXIT_BUG;
    case BULK_WHOLE:
        if (r->rejected == 0 || r->named > 0)
            break;
        complain("%s: no line names a domain%s", b->source, b->options->bulk.column ? "" : "; of CSV, --column says where the names are");
        return EXIT_DATA;
    case BULK_STOPPED:
    case BULK_GOES_ON:
        break;
    }
    return r->found ? EXIT_FOUND : r->inconclusive ? EXIT_INCONCLUSIVE : EXIT_FINE;
}

static void on_over(void *arg)
{
    struct bulk *b = arg;
    progress_clear(&b->progress);
    b->status = tell_end(b);
    loop_stop(b->loop);
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
        const struct str piece = {b->bytes, (size_t)n};
        if (answered_feed(a, piece) < 0 || (b->options->bulk.summary_file && tally_feed(&b->tally, piece) < 0))
            break;
    }
    if (b->options->bulk.summary_file)
        tally_drop(&b->tally); /* a last line that is not whole */
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

/* Also of a run that did not come to its end: it says so. */
static int write_summary(struct bulk *b)
{
    struct output output;
    struct buf out;
    int rc = -1;
    buf_init(&out, SUMMARY_BYTES);
    tally_write(&out, &b->tally, b->run.end == BULK_WHOLE, b->run.rejected);
    if (out.failed)
        complain("out of memory");
    else if (output_open(&output, b->options->bulk.summary_file) == 0)
        rc = output_close(&output, output_write(&output, &out) == 0);
    buf_done(&out);
    return rc;
}

static int open_run(struct bulk *b)
{
    const struct options *o = b->options;
    const struct bulk_run_params params = {.loop = b->loop,
                                           .asker = b->asker,
                                           .answered = &b->answered,
                                           .column = o->bulk.column,
                                           .shard = o->bulk.shard,
                                           .shards = o->bulk.shards,
                                           .rate = o->bulk.rate,
                                           .max_inflight = o->bulk.max_inflight,
                                           .deadline_ms = o->bulk.deadline_ms,
                                           .again = o->bulk.again,
                                           .read = on_read,
                                           .has_room = has_room,
                                           .write = on_line,
                                           .reject = on_reject,
                                           .waits = on_waits,
                                           .over = on_over,
                                           .arg = b};
    return bulk_run_init(&b->run, &params);
}

static int open_all(struct bulk *b)
{
    struct options *o = b->options;
    struct loop *loop = b->loop;
    if (open_run(b) < 0 || (o->bulk.summary_file && tally_init(&b->tally, TALLY_MAX_NAMES) < 0))
        return EXIT_UNAVAILABLE;
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
    struct loop *loop = b->loop;
    if (signals_start(&b->signals, loop, on_signal, b) < 0)
        return EXIT_UNAVAILABLE;
    if (!b->options->quiet)
        progress_start(&b->progress, loop, say_progress, b);
    bulk_run_start(&b->run);
    if (loop_run(loop) < 0)
        return EXIT_BUG;
    progress_stop(&b->progress);
    int written = appender_finish(&b->out);
    if (b->rejects.file && appender_finish(&b->rejects) < 0)
        written = -1;
    bool ended_well = b->run.end == BULK_WHOLE || b->run.end == BULK_LOST || b->run.end == BULK_LEFT_OUT || b->status > EXIT_SIGNAL;
    if (written == 0 && ended_well && b->options->bulk.summary_file)
        written = write_summary(b);
    if (!b->options->quiet && b->status != EXIT_DATA)
        say_sum(b);
    return written < 0 ? EXIT_IO : b->status;
}

static void close_all(struct bulk *b)
{
    watch_cancel(&b->readable);
    timer_cancel(&b->read_again);
    progress_stop(&b->progress);
    signals_stop(&b->signals);
    bulk_run_done(&b->run);
    asker_free(b->asker);
    answered_done(&b->answered);
    tally_done(&b->tally);
    appender_close(&b->out);
    appender_close(&b->rejects);
    if (b->fd > STDIN_FILENO)
        close(b->fd);
}

static bool is_usable(const struct options *o)
{
    const char *summary = o->bulk.summary_file;
    if (o->bulk.resume && !o->output_file) {
        complain("--resume needs --output, the file that it goes on with");
        return false;
    }
    if (summary && ((o->output_file && strcmp(summary, o->output_file) == 0) || (o->bulk.rejects_file && strcmp(summary, o->bulk.rejects_file) == 0))) {
        complain("--summary needs a file of its own");
        return false;
    }
    return true;
}

/* ---- who tests ---- */

static size_t count_workers(const struct bulk *b)
{
    const struct options *o = b->options;
    const bool few = b->source_bytes && b->source_bytes < FEW_BYTES;
    const size_t count = o->workers ? o->workers : few ? 1 : pool_usual_workers();
    return count < o->bulk.max_inflight ? count : o->bulk.max_inflight;
}

static int open_worker(struct prober *p, void *options, char *error, size_t error_bytes)
{
    if (net_open(p, options, error, error_bytes) < 0)
        return -1;
    snprintf(error, error_bytes, "out of memory");
    return net_share(p);
}

static int open_crew(struct bulk *b, size_t workers, char *error, size_t error_bytes)
{
    struct options *o = b->options;
    o->resolver.unvalidated = true; /* to deal names out, and here only */
    int rc = net_open(&b->prober, o, error, error_bytes);
    o->resolver.unvalidated = false;
    if (rc < 0)
        return -1;
    const struct crew_params params = {.loop = b->prober.net.loop,
                                       .resolver = b->prober.resolver,
                                       .workers = workers,
                                       .max_inflight = o->bulk.max_inflight,
                                       .judge = &o->judge,
                                       .fail_on = o->fail_on,
                                       .deep = o->probe.deep,
                                       .no_smtp = !o->probe.smtp,
                                       .open = open_worker,
                                       .arg = o};
    b->asker = crew_new(&params, error, error_bytes);
    b->has_crew = b->asker;
    return b->asker ? 0 : -1;
}

static int open_asker(struct bulk *b)
{
    struct options *o = b->options;
    const size_t workers = count_workers(b);
    char error[512];
    int rc = workers > 1 ? open_crew(b, workers, error, sizeof error) : open_worker(&b->prober, o, error, sizeof error);
    b->loop = b->prober.net.loop;
    if (rc == 0 && !b->asker)
        b->asker = asker_new_local(&b->prober, &o->judge, o->fail_on);
    if (b->asker)
        return EXIT_FINE;
    complain("%s%s", error, workers > 1 && b->prober.fetcher ? "; --workers 1 needs none" : "");
    return net_exit_status(&b->prober, o);
}

static int bulk(struct options *o)
{
    if (!is_usable(o))
        return EXIT_USAGE;
    struct bulk *b = calloc(1, sizeof *b);
    if (!b)
        return EXIT_UNAVAILABLE;
    if (!o->bulk.again_told && o->output_file)
        o->bulk.again = again_usual_times; /* nobody waits for the lines, and the run can be ended at any time */
    *b = (struct bulk){.options = o, .fd = -1, .out.fd = -1, .rejects.fd = -1};
    answered_init(&b->answered);
    int status = open_source(b) < 0 ? EXIT_DATA : open_asker(b);
    if (status == EXIT_FINE)
        status = open_all(b);
    if (status == EXIT_FINE)
        status = run(b);
    close_all(b);
    net_close(&b->prober);
    free(b);
    return status;
}

int command_bulk(int argc, char **argv)
{
    return with_options(BULK, argc, argv, bulk);
}

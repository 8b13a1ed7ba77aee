/* SPDX-License-Identifier: Apache-2.0 */
/* mcp - the Model Context Protocol on standard input and output: opens the workers, cuts lines, ends with its input. */
#include "serve/mcp_local.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cmd/commands.h"
#include "cmd/net.h"
#include "net/signals.h"

enum { READ_BYTES = 16 * 1024 };

struct talk {
    struct loop *loop;
    struct mcp_local *local;
    struct signals signals;
    struct watch input;
    struct timer file, look; /* file: input that cannot be watched, as it is always ready */
    struct buf line;
    bool too_long, at_end, deaf; /* deaf: nobody reads what we say */
};

static void write_all(struct talk *t, struct str s)
{
    while (s.n && !t->deaf) {
        ssize_t n = write(STDOUT_FILENO, s.p, s.n);
        if (n < 0 && errno != EINTR)
            t->deaf = true;
        else if (n > 0)
            s = (struct str){s.p + n, s.n - (size_t)n};
    }
}

/* The end of input ends us when all who asked have their answers; before, when nobody reads them. */
static void end_when_done(void *arg)
{
    struct talk *t = arg;
    if (t->deaf || (t->at_end && mcp_local_calls(t->local) == 0))
        loop_stop(t->loop);
}

static void say(void *arg, struct str message)
{
    struct talk *t = arg;
    write_all(t, message);
    write_all(t, STR("\n"));
    timer_start(t->loop, &t->look, 0, end_when_done, t);
}

static void hear(struct talk *t, struct str bytes)
{
    while (bytes.n) {
        const char *end = memchr(bytes.p, '\n', bytes.n);
        size_t n = end ? (size_t)(end - bytes.p) : bytes.n;
        buf_add(&t->line, bytes.p, n);
        bytes = (struct str){bytes.p + n + (end != NULL), bytes.n - n - (end != NULL)};
        if (!end)
            continue;
        struct str line = str_trim((struct str){t->line.used ? t->line.bytes : "", t->line.used});
        if (t->line.failed)
            mcp_local_feed_too_long(t->local);
        else if (line.n && !str_is(line, "\r"))
            mcp_local_feed(t->local, line);
        buf_clear(&t->line);
    }
}

static void on_input(void *arg, unsigned ready)
{
    struct talk *t = arg;
    char bytes[READ_BYTES];
    (void)ready;
    ssize_t n = read(STDIN_FILENO, bytes, sizeof bytes);
    if (n > 0)
        hear(t, (struct str){bytes, (size_t)n});
    else if (n == 0 || (errno != EINTR && errno != EAGAIN)) {
        watch_cancel(&t->input);
        hear(t, STR("\n")); /* the last line may lack its end */
        t->at_end = true;
    }
    end_when_done(t);
}

static void on_file(void *arg)
{
    struct talk *t = arg;
    on_input(t, WATCH_READ);
    if (!t->at_end)
        timer_start(t->loop, &t->file, 0, on_file, t);
}

static void on_signal(void *arg, int number)
{
    (void)number;
    loop_stop(((struct talk *)arg)->loop);
}

static int converse(struct talk *t)
{
    if (watch_start(t->loop, &t->input, STDIN_FILENO, WATCH_READ, on_input, t) < 0)
        timer_start(t->loop, &t->file, 0, on_file, t);
    if (loop_run(t->loop) < 0)
        return EXIT_BUG;
    return t->deaf ? EXIT_IO : EXIT_FINE;
}

static int mcp(struct options *o)
{
    struct talk t = {0};
    char error[512];
    const struct pool_params pool_params = {
        .workers = o->workers, .public_only = !o->serve.allow_private, .judge = &o->judge, .open = net_open, .arg = o};
    struct mcp_local_params params = {.public_only = !o->serve.allow_private,
                                      .public_networks = o->probe.public_networks,
                                      .public_network_count = o->probe.public_network_count,
                                      .say = say,
                                      .arg = &t};
    buf_init(&t.line, MCP_MESSAGE_BYTES);
    params.loop = t.loop = loop_new_real();
    params.pool = t.loop ? pool_new(t.loop, &pool_params, error, sizeof error) : NULL;
    t.local = params.pool ? mcp_local_new(&params) : NULL;
    int status = EXIT_UNAVAILABLE;
    if (!params.pool)
        complain("%s", t.loop ? error : "there is no loop");
    else if (!t.local || signals_start(&t.signals, t.loop, on_signal, &t) < 0)
        complain("there is not enough memory, or signals cannot be taken");
    else
        status = converse(&t);
    watch_cancel(&t.input);
    timer_cancel(&t.file);
    timer_cancel(&t.look);
    signals_stop(&t.signals);
    mcp_local_free(t.local);
    if (params.pool)
        pool_free(params.pool);
    if (t.loop)
        loop_free(t.loop);
    buf_done(&t.line);
    return status;
}

int command_mcp(int argc, char **argv)
{
    return with_options(MCP, argc, argv, mcp);
}

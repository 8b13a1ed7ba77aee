/* SPDX-License-Identifier: Apache-2.0 */
/* appender - see appender.h. */
#include "cmd/appender.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "cmd/options.h"

enum { SYNC_MS = 1000 };

static int fail(struct appender *a, const char *what)
{
    if (!a->failed)
        complain("cannot %s %s: %s", what, a->file ? a->file : "standard output", strerror(errno));
    a->failed = true;
    return -1;
}

int appender_open(struct appender *a, struct loop *loop, const char *file, void (*changed)(void *arg), void *arg)
{
    *a = (struct appender){.loop = loop, .fd = STDOUT_FILENO, .file = file, .changed = changed, .arg = arg};
    buf_init(&a->pending, APPENDER_BYTES_MAX);
    if (!file)
        return 0;
    a->fd = open(file, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (a->fd < 0)
        return fail(a, "open");
    if (flock(a->fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK) {
        complain("%s is being written by another run", file);
        a->failed = true;
        return -1;
    }
    return 0;
}

static void on_sync(void *arg)
{
    struct appender *a = arg;
    if (!a->failed && fdatasync(a->fd) < 0 && errno != EINVAL && errno != EROFS) { /* a pipe or a terminal needs no sync */
        fail(a, "write");
        a->changed(a->arg);
    }
}

/* -1 when it failed; 0 when the reader wants no more now. */
static ssize_t write_some(struct appender *a, size_t n)
{
    ssize_t written = write(a->fd, a->pending.bytes, n);
    if (written < 0 && errno != EINTR && errno != EAGAIN)
        return fail(a, "write");
    if (written > 0)
        buf_take(&a->pending, (size_t)written);
    return written > 0 ? written : 0;
}

/* What is ready takes PIPE_BUF octets without waiting. */
static void on_ready(void *arg, unsigned ready)
{
    struct appender *a = arg;
    (void)ready;
    ssize_t written = write_some(a, a->pending.used < PIPE_BUF ? a->pending.used : PIPE_BUF);
    if (written < 0 || a->pending.used == 0)
        watch_cancel(&a->watch);
    if (written < 0 || appender_has_room(a))
        a->changed(a->arg);
}

void appender_add(struct appender *a, struct str line)
{
    if (a->failed)
        return;
    buf_add_str(&a->pending, line);
    if (a->pending.failed) {
        errno = ENOMEM;
        fail(a, "keep the lines for");
        return;
    }
    if (a->watch.loop || (!a->file && watch_start(a->loop, &a->watch, a->fd, WATCH_WRITE, on_ready, a) == 0))
        return;
    while (a->pending.used && !a->failed) /* a file is always ready */
        write_some(a, a->pending.used);
    if (a->file && !timer_is_started(&a->sync))
        timer_start(a->loop, &a->sync, SYNC_MS, on_sync, a);
}

bool appender_has_room(const struct appender *a)
{
    return a->pending.used < APPENDER_PENDING_BYTES;
}

int appender_finish(struct appender *a)
{
    watch_cancel(&a->watch);
    timer_cancel(&a->sync);
    while (a->pending.used && !a->failed)
        write_some(a, a->pending.used);
    if (a->file)
        on_sync(a);
    return a->failed ? -1 : 0;
}

void appender_close(struct appender *a)
{
    watch_cancel(&a->watch);
    timer_cancel(&a->sync);
    buf_done(&a->pending);
    if (a->file && a->fd >= 0)
        close(a->fd);
}

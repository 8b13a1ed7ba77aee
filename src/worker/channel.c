/* SPDX-License-Identifier: Apache-2.0 */
/* channel - see channel.h. */
#include "worker/channel.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READ_BYTES = 64 * 1024, READS_PER_TURN = 32, KEPT_BYTES = 1024 * 1024, IN_BYTES = FRAME_HEAD_BYTES + FRAME_RESULT_BYTES + READ_BYTES };

static void end(struct channel *c, const char *why)
{
    if (c->ended)
        return;
    c->ended = true;
    watch_cancel(&c->watch);
    c->calls->ended(c->arg, why);
}

static void watch_as_needed(struct channel *c)
{
    unsigned wanted = WATCH_READ | (c->out.used ? WATCH_WRITE : 0u);
    if (c->watch.loop && wanted != c->watched_for && watch_change(&c->watch, wanted) == 0)
        c->watched_for = wanted;
}

/* What goes wrong here, reading hears of. */
static void send_some(struct channel *c)
{
    size_t sent = 0;
    while (sent < c->out.used) {
        ssize_t n = send(c->fd, c->out.bytes + sent, c->out.used - sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            break;
        sent += (size_t)n;
    }
    buf_take(&c->out, sent);
    if (sent)
        explicit_bzero(c->out.bytes + c->out.used, sent);
}

static void take_frames(struct channel *c)
{
    struct str rest = {c->in.bytes, c->in.used};
    struct frame f;
    int got;
    while ((got = frame_next(&rest, c->hears_worker, &f)) > 0)
        if (c->calls->frame(c->arg, &f) < 0)
            break;
    if (got) {
        end(c, "it sent what is no message");
        return;
    }
    buf_take(&c->in, c->in.used - rest.n);
    if (c->in.used == 0 && c->in.size > KEPT_BYTES) {
        buf_done(&c->in);
        buf_init(&c->in, IN_BYTES);
    }
}

bool channel_hear(struct channel *c)
{
    char bytes[READ_BYTES];
    bool heard = false;
    for (int i = 0; i < READS_PER_TURN && !c->ended; i++) {
        ssize_t n = recv(c->fd, bytes, sizeof bytes, 0);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            break;
        if (n <= 0) {
            end(c, n == 0 ? "" : strerror(errno));
            break;
        }
        heard = true;
        buf_add(&c->in, bytes, (size_t)n);
        if (c->in.failed)
            end(c, "there is no memory for what it sends");
        else
            take_frames(c);
        if ((size_t)n < sizeof bytes)
            break;
    }
    return heard;
}

static void on_ready(void *arg, unsigned ready)
{
    struct channel *c = arg;
    bool was_full = c->out.used;
    if (ready & WATCH_WRITE) {
        send_some(c);
        watch_as_needed(c);
        if (was_full && !c->out.used && c->calls->drained)
            c->calls->drained(c->arg);
    }
    if (ready & WATCH_READ)
        channel_hear(c);
}

void channel_flush(struct channel *c)
{
    send_some(c);
    watch_as_needed(c);
}

int channel_open(struct channel *c, struct loop *l, int fd, bool hears_worker, size_t out_bytes, const struct channel_calls *calls, void *arg)
{
    *c = (struct channel){.loop = l, .fd = fd, .hears_worker = hears_worker, .watched_for = WATCH_READ, .calls = calls, .arg = arg};
    buf_init(&c->in, IN_BYTES);
    buf_init(&c->out, out_bytes);
    if (watch_start(l, &c->watch, fd, WATCH_READ, on_ready, c) == 0)
        return 0;
    channel_close(c);
    return -1;
}

void channel_close(struct channel *c)
{
    if (!c->loop)
        return;
    watch_cancel(&c->watch);
    close(c->fd);
    buf_done(&c->in);
    buf_done(&c->out);
    *c = (struct channel){.ended = true};
}

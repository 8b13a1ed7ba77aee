/* SPDX-License-Identifier: Apache-2.0 */
/*
 * channel - one end of the socket between a parent and a worker: frames in, octets out, on a loop.
 *
 * Order of calls: channel_open; frame_write_* into `out` and channel_flush, any number of times; channel_close, also after
 *   `ended`. The callbacks do not close it. No callback runs inside channel_flush.
 * Memory: the caller's; the socket is the channel's. Octets that are out are wiped: passwords were among them.
 * Limits: of `out`, out_bytes; of what is heard, one frame. Fails: channel_open -1; all else is heard by `ended`.
 */
#ifndef WORKER_CHANNEL_H
#define WORKER_CHANNEL_H

#include "net/loop.h"
#include "worker/frames.h"

struct channel_calls {
    int (*frame)(void *arg, const struct frame *f); /* -1: it is broken */
    void (*ended)(void *arg, const char *why);      /* once; nothing more is heard; why "": the other end was closed */
    void (*drained)(void *arg);                     /* all is sent; NULL: nobody asks */
};

struct channel {
    struct loop *loop; /* NULL: closed */
    int fd;
    bool hears_worker, ended;
    struct watch watch;
    unsigned watched_for;
    struct buf in, out;
    const struct channel_calls *calls;
    void *arg;
};

int channel_open(struct channel *c, struct loop *l, int fd, bool hears_worker, size_t out_bytes, const struct channel_calls *calls, void *arg);
void channel_close(struct channel *c); /* closed ones too */
void channel_flush(struct channel *c);
bool channel_hear(struct channel *c); /* some of what has come by now, outside the loop's turn; false: there is nothing */

#endif

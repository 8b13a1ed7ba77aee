/* SPDX-License-Identifier: Apache-2.0 */
/*
 * progress - one line on standard error that says how far we are, after the first second; only on a
 * terminal.
 *
 * Order of calls: progress_start, progress_clear before anything else is printed, progress_stop.
 */
#ifndef CMD_PROGRESS_H
#define CMD_PROGRESS_H

#include "net/loop.h"

struct progress {
    struct loop *loop;
    struct timer timer;
    bool shown;
    bool (*says)(void *arg, char *text, size_t text_bytes); /* false when there is nothing to say */
    void *arg;
};

void progress_start(struct progress *p, struct loop *loop, bool (*says)(void *arg, char *text, size_t text_bytes), void *arg);
void progress_clear(struct progress *p);
void progress_stop(struct progress *p);

#endif

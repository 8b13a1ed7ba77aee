/* SPDX-License-Identifier: Apache-2.0 */
/*
 * progress - one line on standard error that says what is waited for, after the first second; only on a
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
    /* Writes what is waited for; false when there is nothing to say. */
    bool (*waits_for)(void *arg, char *text, size_t text_bytes);
    void *arg;
};

void progress_start(struct progress *p, struct loop *loop, bool (*waits_for)(void *arg, char *text, size_t text_bytes), void *arg);
void progress_clear(struct progress *p);
void progress_stop(struct progress *p);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signals - TERM, INT and HUP as callbacks of the loop.
 *
 * Order of calls: signals_start before threads exist, signals_stop before the loop goes.
 * Memory: the caller's struct. Fails: signals_start -1 with errno.
 */
#ifndef NET_SIGNALS_H
#define NET_SIGNALS_H

#include "net/loop.h"

struct signals {
    int fd;
    struct watch watch;
    void (*fn)(void *arg, int number);
    void *arg;
};

int signals_start(struct signals *s, struct loop *l, void (*fn)(void *arg, int number), void *arg);
void signals_stop(struct signals *s); /* the three have their usual effect again */

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* signals - see signals.h. */
#include "net/signals.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

static sigset_t taken(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    return set;
}

static void on_signal(void *arg, unsigned ready)
{
    struct signals *s = arg;
    struct signalfd_siginfo info;
    (void)ready;
    while (s->watch.loop && read(s->fd, &info, sizeof info) == (ssize_t)sizeof info)
        s->fn(s->arg, (int)info.ssi_signo);
}

int signals_start(struct signals *s, struct loop *l, void (*fn)(void *arg, int number), void *arg)
{
    sigset_t set = taken();
    *s = (struct signals){.fn = fn, .arg = arg};
    s->fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (s->fd < 0)
        return -1;
    if (watch_start(l, &s->watch, s->fd, WATCH_READ, on_signal, s) < 0) {
        close(s->fd);
        return -1;
    }
    sigprocmask(SIG_BLOCK, &set, NULL);
    return 0;
}

void signals_stop(struct signals *s)
{
    sigset_t set = taken();
    if (!s->watch.loop)
        return;
    watch_cancel(&s->watch);
    close(s->fd);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
}

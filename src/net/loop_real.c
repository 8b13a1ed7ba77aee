/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop_real - the loop on libevent. Our timers stay in our own heap; libevent is told only how long to
 * wait, and watches descriptors.
 */
#include "net/loop_real.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdlib.h>
#include <time.h>

#include "base/panic.h"
#include "net/loop_impl.h"

struct loop_real {
    struct loop loop;
    struct event_base *base;
    struct event *wake; /* one timer of libevent's: the end of our wait */
    size_t watches;
};

static void real_read_clock(struct loop *l)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    l->now.us = (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static struct wall real_wall(struct loop *l)
{
    (void)l;
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (struct wall){t.tv_sec};
}

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what, (void)arg;
}

static int real_wait(struct loop *l, int64_t wait_us)
{
    struct loop_real *r = (struct loop_real *)l;
    if (wait_us > 0) {
        const struct timeval limit = {wait_us / 1000000, wait_us % 1000000};
        if (evtimer_add(r->wake, &limit) < 0)
            return -1;
    }
    int rc = event_base_loop(r->base, wait_us == 0 ? EVLOOP_NONBLOCK : EVLOOP_ONCE);
    if (wait_us > 0)
        evtimer_del(r->wake);
    real_read_clock(l);
    return rc < 0 ? -1 : 0;
}

static bool real_has_sources(const struct loop *l)
{
    return ((const struct loop_real *)l)->watches > 0;
}

static void real_free(struct loop *l)
{
    struct loop_real *r = (struct loop_real *)l;
    must(r->watches == 0);
    if (r->wake)
        event_free(r->wake);
    if (r->base)
        event_base_free(r->base);
    free(r);
}

static const struct loop_kind real_kind = {real_wait, real_has_sources, real_read_clock, real_wall, real_free};

/* Our callers hear of failures by results; standard error is not libevent's. */
static void say_nothing(int severity, const char *message)
{
    (void)severity, (void)message;
}

struct loop *loop_new_real(void)
{
    struct loop_real *r = calloc(1, sizeof *r);
    event_set_log_callback(say_nothing);
    struct event_config *config = event_config_new();
    if (r && config) {
        /* Microseconds matter: a timer that wakes a millisecond early would spin. */
        event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
        event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
        r->loop.kind = &real_kind;
        r->base = event_base_new_with_config(config);
        r->wake = r->base ? evtimer_new(r->base, on_wake, NULL) : NULL;
    }
    if (config)
        event_config_free(config);
    if (!r || !r->wake) {
        if (r && r->base)
            event_base_free(r->base);
        free(r);
        return NULL;
    }
    real_read_clock(&r->loop);
    return &r->loop;
}

struct event_base *loop_event_base(struct loop *l)
{
    return l->kind == &real_kind ? ((struct loop_real *)l)->base : NULL;
}

static void on_ready(evutil_socket_t fd, short what, void *arg)
{
    struct watch *w = arg;
    (void)fd;
    real_read_clock(w->loop);
    w->fn(w->arg, ((what & EV_READ) ? WATCH_READ : 0u) | ((what & EV_WRITE) ? WATCH_WRITE : 0u));
}

static short events_for(unsigned watch_for)
{
    return (short)(EV_PERSIST | ((watch_for & WATCH_READ) ? EV_READ : 0) | ((watch_for & WATCH_WRITE) ? EV_WRITE : 0));
}

int watch_start(struct loop *l, struct watch *w, int fd, unsigned watch_for, void (*fn)(void *arg, unsigned ready), void *arg)
{
    must(!w->loop && fd >= 0 && l->kind == &real_kind);
    struct loop_real *r = (struct loop_real *)l;
    struct event *e = event_new(r->base, fd, events_for(watch_for), on_ready, w);
    if (!e || event_add(e, NULL) < 0) {
        if (e)
            event_free(e);
        return -1;
    }
    *w = (struct watch){.loop = l, .impl = e, .fn = fn, .arg = arg};
    r->watches++;
    return 0;
}

int watch_change(struct watch *w, unsigned watch_for)
{
    struct event *e = w->impl;
    struct event_base *base = event_get_base(e);
    evutil_socket_t fd = event_get_fd(e);
    event_del(e);
    event_assign(e, base, fd, events_for(watch_for), on_ready, w);
    return event_add(e, NULL);
}

void watch_cancel(struct watch *w)
{
    if (!w->loop)
        return;
    event_free(w->impl);
    ((struct loop_real *)w->loop)->watches--;
    *w = (struct watch){0};
}

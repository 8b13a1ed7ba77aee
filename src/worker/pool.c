/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool - see pool.h. A worker is starting, ready, dying (killed, or gone without our doing: its exit is awaited), or down
 * until the next one is forked. Its works end when its exit is seen, for then it is known how.
 */
#include "worker/pool.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/panic.h"
#include "worker/channel.h"
#include "worker/child.h"

enum {
    AT_ONCE = 64,
    SILENCE_MS = 30 * 1000,
    START_MS = 30 * 1000,
    STOP_MS = 1000,
    LISTS_UNREAD = 4,     /* a worker may be so many changes of its list of opt-outs behind */
    YOUNG_MS = 10 * 1000, /* one that dies before has not proven anything */
    RESTART_FIRST_MS = 50,
    RESTART_MOST_MS = 5000,
};

struct item { /* an order that waits or is under way */
    struct work *work;
    struct item *next, **at;
    struct worker *worker; /* NULL: it waits */
    struct worker *home;   /* the one that it waits for; NULL: any */
    struct buf frame;
};

struct queue {
    struct item *first, **last;
    size_t count;
};

struct worker {
    struct pool *pool;
    enum { WORKER_DOWN = 0, WORKER_STARTING, WORKER_READY, WORKER_DYING } state;
    int pidfd;
    struct watch exit;
    struct channel channel;
    struct timer timer; /* down: until the restart; else: until we ask whether it still speaks */
    struct mono began, heard;
    int64_t restart_ms;
    struct queue under_way, waiting; /* waiting: for this one */
    char why[256]; /* what we know of its end; "" nothing */
};

struct pool {
    struct loop *loop;
    struct pool_params params;
    struct queue waiting, refused;
    struct timer refuse;
    struct pool_state state;
    uint64_t next_number;
    size_t worker_count;
    struct worker workers[];
};

/* ---- queues ---- */

static void queue_init(struct queue *q)
{
    *q = (struct queue){.last = &q->first};
}

static void append(struct queue *q, struct item *item)
{
    item->next = NULL;
    item->at = q->last;
    *q->last = item;
    q->last = &item->next;
    q->count++;
}

static void take_out(struct queue *q, struct item *item)
{
    *item->at = item->next;
    if (item->next)
        item->next->at = item->at;
    else
        q->last = item->at;
    q->count--;
}

static struct queue *queue_of(struct pool *p, const struct item *item)
{
    if (item->worker)
        return &item->worker->under_way;
    return item->frame.failed ? &p->refused : item->home ? &item->home->waiting : &p->waiting;
}

/* The work is its owner's again. Its frame may hold a password. */
static void item_free(struct pool *p, struct item *item)
{
    take_out(queue_of(p, item), item);
    item->work->pool = NULL;
    item->work->impl = NULL;
    if (item->frame.used)
        explicit_bzero(item->frame.bytes, item->frame.used);
    buf_done(&item->frame);
    free(item);
}

static void end_work(struct pool *p, struct item *item, const struct work_result *result)
{
    struct work *w = item->work;
    item_free(p, item);
    if (result->end == WORK_LOST)
        p->state.lost++;
    else
        p->state.done++;
    w->done(w->arg, result);
}

/* ---- a worker's life ---- */

static void start_worker(struct worker *w);
static void dispatch(struct pool *p);

/* What is known first is why. */
static void kill_worker(struct worker *w, const char *why)
{
    if (w->state != WORKER_STARTING && w->state != WORKER_READY)
        return;
    if (!w->why[0])
        snprintf(w->why, sizeof w->why, "%s", why);
    w->state = WORKER_DYING;
    pidfd_send_signal(w->pidfd, SIGKILL, NULL, 0);
}

static void describe_exit(const struct worker *w, char text[static 512])
{
    siginfo_t info = {0};
    if (waitid(P_PIDFD, (id_t)w->pidfd, &info, WEXITED) < 0)
        snprintf(text, 512, "the worker has gone");
    else if (info.si_code == CLD_EXITED)
        snprintf(text, 512, "the worker ended with status %d", info.si_status);
    else
        snprintf(text, 512, "the worker was ended by signal %d (%s)", info.si_status, strsignal(info.si_status));
    if (w->why[0])
        snprintf(text + strlen(text), 512 - strlen(text), ": %s", w->why);
}

static void on_restart(void *arg)
{
    struct worker *w = arg;
    w->pool->state.restarts++;
    start_worker(w);
}

static void restart_later(struct worker *w)
{
    bool young = mono_ms_between(w->began, loop_now(w->pool->loop)) < YOUNG_MS;
    int64_t next = young ? 2 * w->restart_ms : RESTART_FIRST_MS;
    w->restart_ms = next < RESTART_FIRST_MS ? RESTART_FIRST_MS : next > RESTART_MOST_MS ? RESTART_MOST_MS : next;
    w->state = WORKER_DOWN;
    timer_start(w->pool->loop, &w->timer, w->restart_ms, on_restart, w);
}

/* It may have said something before it went. */
static void on_exit_seen(void *arg, unsigned ready)
{
    struct worker *w = arg;
    char problem[512];
    (void)ready;
    while (w->state != WORKER_DYING && channel_hear(&w->channel))
        ;
    w->state = WORKER_DYING;
    describe_exit(w, problem);
    watch_cancel(&w->exit);
    channel_close(&w->channel);
    close(w->pidfd);
    restart_later(w);
    for (struct item *item; (item = w->under_way.first);)
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): to free takes it out of the list */
        end_work(w->pool, item, &(struct work_result){.end = WORK_LOST, .problem = problem});
}

static void look_whether_it_speaks(void *arg)
{
    struct worker *w = arg;
    int64_t limit = w->state == WORKER_READY ? w->pool->params.silence_ms : START_MS;
    if (w->state == WORKER_DYING)
        return;
    channel_hear(&w->channel); /* it may be we who did not listen */
    if (mono_ms_between(w->heard, loop_now(w->pool->loop)) > limit)
        kill_worker(w, "it was silent for too long");
    else
        timer_start(w->pool->loop, &w->timer, w->pool->params.silence_ms / 4 + 1, look_whether_it_speaks, w);
}

/* ---- what it says ---- */

static struct item *find(const struct worker *w, uint64_t number)
{
    struct item *item = w->under_way.first;
    while (item && item->work->number != number)
        item = item->next;
    return item;
}

static int on_step(struct worker *w, struct str fields)
{
    struct work_step step;
    uint64_t number;
    if (!frame_read_step(fields, &number, &step))
        return -1;
    struct item *item = find(w, number);
    if (item && item->work->step)
        item->work->step(item->work->arg, &step);
    return 0;
}

/* A number that nobody knows was cancelled when its result was on the way. */
static int on_result(struct worker *w, struct str fields)
{
    struct work_result result;
    uint64_t number;
    if (!frame_read_result(fields, &number, &result))
        return -1;
    struct item *item = find(w, number);
    if (item)
        end_work(w->pool, item, &result);
    dispatch(w->pool);
    return 0;
}

static int on_failed(struct worker *w, struct str fields)
{
    const char *why;
    if (!frame_read_failed(fields, &why))
        return -1;
    snprintf(w->why, sizeof w->why, "%s", why);
    return 0;
}

static int on_frame(void *arg, const struct frame *f)
{
    struct worker *w = arg;
    w->heard = loop_now(w->pool->loop);
    switch (f->type) {
    case FRAME_READY:
        if (w->state == WORKER_STARTING)
            w->state = WORKER_READY;
        dispatch(w->pool);
        return 0;
    case FRAME_FAILED:
        return on_failed(w, f->fields);
    case FRAME_STEP:
        return on_step(w, f->fields);
    case FRAME_RESULT:
        return on_result(w, f->fields);
    case FRAME_ALIVE:
    case FRAME_ORDER:
    case FRAME_CANCEL:
    case FRAME_OPT_OUT:
        break;
    }
    return 0;
}

static void on_ended(void *arg, const char *why)
{
    kill_worker(arg, why);
}

/* ---- its beginning ---- */

static int watch_worker(struct worker *w, int fd, pid_t pid)
{
    static const struct channel_calls calls = {.frame = on_frame, .ended = on_ended};
    struct pool *p = w->pool;
    size_t out_bytes = (p->params.at_once + 64) * FRAME_ORDER_BYTES + (size_t)LISTS_UNREAD * FRAME_OPT_OUT_BYTES;
    w->pidfd = pidfd_open(pid, 0);
    if (w->pidfd >= 0 && watch_start(p->loop, &w->exit, w->pidfd, WATCH_READ, on_exit_seen, w) == 0 &&
        channel_open(&w->channel, p->loop, fd, true, out_bytes, &calls, w) == 0)
        return 0;
    int error = errno;
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    watch_cancel(&w->exit);
    if (w->pidfd >= 0)
        close(w->pidfd);
    close(fd);
    errno = error;
    return -1;
}

static int fork_worker(struct worker *w)
{
    int fds[2];
    pid_t parent = getpid();
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) < 0)
        return -1;
    pid_t pid = fork();
    if (pid == 0)
        child_run(fds[1], &w->pool->params, parent);
    int error = errno;
    close(fds[1]);
    if (pid > 0)
        return watch_worker(w, fds[0], pid);
    close(fds[0]);
    errno = error;
    return -1;
}

static void start_worker(struct worker *w)
{
    struct loop *l = w->pool->loop;
    w->why[0] = '\0';
    w->began = w->heard = loop_now(l);
    if (fork_worker(w) < 0) {
        snprintf(w->why, sizeof w->why, "no further worker: %s", strerror(errno));
        restart_later(w);
        return;
    }
    w->state = WORKER_STARTING;
    timer_start(l, &w->timer, w->pool->params.silence_ms / 4 + 1, look_whether_it_speaks, w);
}

/* The loop does not run yet: the worker is heard here. */
static int await_ready(struct worker *w, char *error, size_t error_bytes)
{
    while (w->state == WORKER_STARTING) {
        struct pollfd socket = {.fd = w->channel.fd, .events = POLLIN};
        int ready = poll(&socket, 1, START_MS);
        if (ready > 0)
            channel_hear(&w->channel);
        else if (ready == 0)
            kill_worker(w, "a worker is not ready in time");
    }
    if (w->state == WORKER_READY)
        return 0;
    snprintf(error, error_bytes, "%s", w->why[0] ? w->why : "a worker died as it began");
    return -1;
}

size_t pool_usual_workers(void)
{
    cpu_set_t cores;
    int count = sched_getaffinity(0, sizeof cores, &cores) == 0 ? CPU_COUNT(&cores) : 1;
    return count < POOL_WORKERS_MAX ? (size_t)count : POOL_WORKERS_MAX;
}

struct pool *pool_new(struct loop *l, const struct pool_params *params, char *error, size_t error_bytes)
{
    size_t count = params->workers ? params->workers : pool_usual_workers();
    count = count < POOL_WORKERS_MAX ? count : POOL_WORKERS_MAX;
    struct pool *p = calloc(1, sizeof *p + count * sizeof p->workers[0]);
    if (!p) {
        snprintf(error, error_bytes, "out of memory");
        return NULL;
    }
    *p = (struct pool){.loop = l, .params = *params, .worker_count = count};
    p->params.at_once = params->at_once ? params->at_once : AT_ONCE;
    p->params.silence_ms = params->silence_ms ? params->silence_ms : SILENCE_MS;
    queue_init(&p->waiting);
    queue_init(&p->refused);
    for (size_t i = 0; i < count; i++) {
        p->workers[i].pool = p;
        queue_init(&p->workers[i].under_way);
        queue_init(&p->workers[i].waiting);
        start_worker(&p->workers[i]);
    }
    for (size_t i = 0; i < count; i++)
        if (await_ready(&p->workers[i], error, error_bytes) < 0) {
            pool_free(p);
            return NULL;
        }
    return p;
}

/* ---- its end ---- */

static bool has_gone(const struct worker *w, int within_ms)
{
    struct pollfd exit = {.fd = w->pidfd, .events = POLLIN};
    return poll(&exit, 1, within_ms) > 0;
}

static void stop_worker(struct worker *w, int *within_ms)
{
    siginfo_t info;
    timer_cancel(&w->timer);
    if (w->state == WORKER_DOWN)
        return;
    watch_cancel(&w->exit);
    if (!has_gone(w, *within_ms)) {
        pidfd_send_signal(w->pidfd, SIGKILL, NULL, 0);
        *within_ms = 0; /* the others have had this time, too */
    }
    waitid(P_PIDFD, (id_t)w->pidfd, &info, WEXITED);
    close(w->pidfd);
}

static void free_all(struct pool *p, struct queue *q)
{
    while (q->first)
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): to free takes it out of the list */
        item_free(p, q->first);
}

void pool_free(struct pool *p)
{
    int within_ms = STOP_MS;
    if (!p)
        return;
    for (size_t i = 0; i < p->worker_count; i++) /* which ends those that listen */
        channel_close(&p->workers[i].channel);
    for (size_t i = 0; i < p->worker_count; i++) {
        stop_worker(&p->workers[i], &within_ms);
        free_all(p, &p->workers[i].under_way);
        free_all(p, &p->workers[i].waiting);
    }
    free_all(p, &p->waiting);
    free_all(p, &p->refused);
    timer_cancel(&p->refuse);
    free(p);
}

struct pool_state pool_state(const struct pool *p)
{
    struct pool_state s = p->state;
    s.waiting = p->waiting.count;
    for (size_t i = 0; i < p->worker_count; i++) {
        s.workers += p->workers[i].state == WORKER_READY;
        s.working += p->workers[i].under_way.count;
        s.waiting += p->workers[i].waiting.count;
    }
    return s;
}

/* ---- works ---- */

static bool may_take(const struct worker *w)
{
    return w->state == WORKER_READY && w->under_way.count < w->pool->params.at_once;
}

static struct worker *least_busy(struct pool *p)
{
    struct worker *best = NULL;
    for (size_t i = 0; i < p->worker_count; i++) {
        struct worker *w = &p->workers[i];
        if (may_take(w) && (!best || w->under_way.count < best->under_way.count))
            best = w;
    }
    return best;
}

static void flush(struct worker *w)
{
    if (w->channel.out.failed)
        kill_worker(w, "it does not read what it is told");
    else
        channel_flush(&w->channel);
}

static void give(struct worker *w, struct item *item)
{
    take_out(queue_of(w->pool, item), item);
    item->worker = w;
    append(&w->under_way, item);
    buf_add(&w->channel.out, item->frame.bytes, item->frame.used);
    explicit_bzero(item->frame.bytes, item->frame.used);
    buf_done(&item->frame);
    flush(w);
}

static void dispatch(struct pool *p)
{
    for (struct worker *w; p->waiting.first && (w = least_busy(p));)
        give(w, p->waiting.first);
    for (struct worker *w = p->workers; w < p->workers + p->worker_count; w++)
        while (w->waiting.first && may_take(w))
            give(w, w->waiting.first);
}

void pool_set_opt_out(struct pool *p, const struct opt_out *list)
{
    for (size_t i = 0; i < p->worker_count; i++) {
        struct worker *w = &p->workers[i];
        if (w->state != WORKER_STARTING && w->state != WORKER_READY)
            continue;
        frame_write_opt_out(&w->channel.out, opt_out_text(list));
        flush(w);
    }
}

static void refuse(void *arg)
{
    struct pool *p = arg;
    for (struct item *item; (item = p->refused.first);)
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): to free takes it out of the list */
        end_work(p, item, &(struct work_result){.end = WORK_REFUSED, .problem = "the order is larger than orders may be"});
}

/* As the worker will read it. */
static bool is_readable(const struct buf *frame)
{
    struct str bytes = {frame->bytes, frame->used};
    struct arena arena;
    struct frame f;
    struct work_order order;
    uint64_t number;
    arena_init(&arena, WORK_ORDER_BYTES);
    bool good = !frame->failed && frame_next(&bytes, false, &f) == 1 && frame_read_order(f.fields, &arena, &number, &order);
    arena_done(&arena);
    return good;
}

int work_start(struct pool *p, struct work *w, const struct work_order *order, void (*step)(void *arg, const struct work_step *step),
               void (*done)(void *arg, const struct work_result *result), void *arg)
{
    must(!w->pool && order->target);
    struct item *item = calloc(1, sizeof *item);
    if (!item)
        return -1;
    *w = (struct work){.pool = p, .number = ++p->next_number, .impl = item, .step = step, .done = done, .arg = arg};
    item->work = w;
    item->home = p->params.keyed ? &p->workers[order->key % p->worker_count] : NULL;
    buf_init(&item->frame, FRAME_HEAD_BYTES + FRAME_ORDER_BYTES);
    frame_write_order(&item->frame, w->number, order);
    item->frame.failed = !is_readable(&item->frame);
    append(queue_of(p, item), item);
    p->state.started++;
    if (item->frame.failed)
        timer_start(p->loop, &p->refuse, 0, refuse, p);
    else
        dispatch(p);
    return 0;
}

void work_cancel(struct work *w)
{
    struct pool *p = w->pool;
    if (!p)
        return;
    struct item *item = w->impl;
    struct worker *worker = item->worker;
    uint64_t number = w->number;
    item_free(p, item);
    if (!worker || worker->state != WORKER_READY)
        return;
    frame_write_cancel(&worker->channel.out, number);
    flush(worker);
    dispatch(p);
}

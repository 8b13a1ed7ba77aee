/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool - a parent and its workers: single-threaded child processes that probe, judge and write the reports. The
 * parent keeps input and output and never touches what a mail server sent: it gets finished documents.
 *
 * A worker that crashes, hangs or is killed costs the orders it had under way: they end as WORK_LOST, and another
 * worker takes its place; one that dies young is followed more slowly each time. Workers give up privileges and take a
 * filter of system calls (worker/confine.h) before the first order.
 * Order of calls: pool_new; work_start; for each work any number of step callbacks and then exactly one done callback, or
 *   none after work_cancel; pool_free, from no callback of the pool. The process has no threads as long as it has a pool:
 *   a worker may be forked at any turn of the loop, and has then the parent's memory as it is.
 * No callback runs inside work_start.
 * Memory: struct work is the caller's and stays put until done or cancel; the order may go when work_start returns.
 *   What a callback is given lives until it returns.
 * Limits: WORK_ORDER_BYTES of an order, WORK_RESULT_BYTES of a result, `at_once` orders under way in a worker; further
 *   ones wait in the order in which they came.
 * Fails: pool_new, which waits until all workers are ready, gives NULL with a message; work_start -1 without memory; all
 *   else is an end of the work.
 */
#ifndef WORKER_POOL_H
#define WORKER_POOL_H

#include "net/loop.h"
#include "probe/prober.h"
#include "report/report.h"

enum { WORK_ORDER_BYTES = 64 * 1024, WORK_RESULT_BYTES = 64 * 1024 * 1024, POOL_WORKERS_MAX = 256 };

/* What is wanted. Names have been parsed by the caller (net/names.h). */
struct work_order {
    bool server;           /* one server, not a domain */
    const char *target;    /* "example.org", "mx.example.org:587", as net/names.h reads it */
    const uint16_t *ports; /* of a domain; port_count 0: those of the pool's options */
    size_t port_count;
    bool deep;
    bool no_smtp;
    const char *const *only, *const *skip; /* areas or ids; end in NULL; NULL: all, none */
    enum probe_tls tls;                    /* of a server */
    const char *auth_user, *auth_password; /* of a server; NULL: no AUTH */
    uint64_t key;                          /* in a pool that is keyed; it stays with the parent */
};

/* What a worker makes of each order. */
enum work_document { WORK_JSON = 0, WORK_TEXT, WORK_HTML, WORK_MX_HEALTH, WORK_METRICS, WORK_BRIEF, WORK_DOCUMENTS };

enum work_end {
    WORK_DONE = 0,
    WORK_LOST,    /* the worker died */
    WORK_TOO_BIG, /* a document is larger than WORK_RESULT_BYTES */
    WORK_REFUSED, /* the order was not understood; `problem` says what */
};

struct work_result {
    enum work_end end;
    const char *problem;                  /* unless WORK_DONE */
    const char *status, *headline;        /* "ok", "warning", "error", "inconclusive"; of the report's summary */
    uint32_t note;                        /* what pool_params.note said */
    struct str documents[WORK_DOCUMENTS]; /* WORK_DONE only */
};

struct work_step {
    const char *waits_for; /* "mx1.example.org [192.0.2.1]:25: greeting"; "" when there is nothing to say */
    size_t done, total;    /* endpoints */
};

struct pool;
struct work {
    struct pool *pool; /* NULL: idle */
    uint64_t number;
    void *impl;
    void (*step)(void *arg, const struct work_step *step);
    void (*done)(void *arg, const struct work_result *result);
    void *arg;
};

struct pool_params {
    size_t workers;                    /* processes; 0: pool_usual_workers */
    size_t at_once;                    /* orders under way in one of them; 0: 64 */
    const char *user;                  /* that workers become when they are root; NULL: "nobody" */
    bool public_only;                  /* servers too are connected to only at addresses that anybody could reach */
    const struct html_style *html;     /* of the pages; NULL: each is one file */
    const struct judge_options *judge; /* of all orders, but for `only` and `skip`, which are an order's own; NULL: the defaults */
    int64_t silence_ms;                /* a worker that says nothing for so long is killed; 0: 30 s */
    bool keyed;                        /* orders of one key go to one worker, and wait for it */
    bool no_steps;                     /* nobody wants to hear of them */
    unsigned documents;                /* those that are wanted: 1 << enum work_document, or'ed; 0: all */
    /* Runs in the worker: what else its parent wants to know of a judgement. NULL: nothing. */
    uint32_t (*note)(void *arg, const struct judgement *j);
    /* Runs in a new worker, before privileges are given up: opens the net, and a loop for it, into *p. 0, or -1 with a
     * message. It must not touch the parent's loop. */
    int (*open)(struct prober *p, void *arg, char *error, size_t error_bytes);
    void *arg;
};

struct pool_state {                         /* for metrics */
    size_t workers, working, waiting;       /* workers that are ready; orders under way in them; orders that wait for one */
    uint64_t started, done, lost, restarts; /* done: ended in any other way than lost */
};

/* One for each core that this process may use. */
size_t pool_usual_workers(void);

struct pool *pool_new(struct loop *l, const struct pool_params *params, char *error, size_t error_bytes);
void pool_free(struct pool *p); /* workers are told to stop, and killed after a second */
struct pool_state pool_state(const struct pool *p);
/* Who is not connected to, from the next order on. Workers forked later have it from `open`. */
void pool_set_opt_out(struct pool *p, const struct opt_out *list);

int work_start(struct pool *p, struct work *w, const struct work_order *order, void (*step)(void *arg, const struct work_step *step),
               void (*done)(void *arg, const struct work_result *result), void *arg);
void work_cancel(struct work *w); /* idle ones too */

#endif

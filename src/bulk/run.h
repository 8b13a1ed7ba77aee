/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run - many domains through one loop: octets with names in, an asker (asker.h), a line for each name out, in the order in which they are done.
 *
 * Names are begun in any order, out of a window (window.h) that is filled as they come: nobody waits until it is full. No more
 * is asked for than fits there, and nothing is begun while the reader of the lines is behind, so that memory has a bound however
 * many names there are. A name whose server put us off for now (again.h) is no longer under way; it is asked again at its time, and
 * its line is written when it is settled, or after the last time.
 * A name that a worker had when it died is suspect: it is asked again, few of them at once. One that was there twice is asked while
 * no other suspect is, and when that, too, costs a worker, it is told and gets no line.
 * Order of calls: bulk_run_init; bulk_run_start; after each call of `read` one bulk_run_feed, or bulk_run_feed_end, once;
 *   bulk_run_go_on when there is room again; `over` is called once, and then `end` says how it went; bulk_run_done, also earlier:
 *   then what is under way is cancelled. After bulk_run_stop nothing more is begun, and `over` is not called.
 *   No callback calls back: what it asks for comes later.
 * Memory: the caller's struct, and its own for the names in the window and under way; the asker is the caller's, and outlives it;
 *   octets that were fed must live until the next `read`.
 * Limits: of a line those of input.h, of a report BULK_LINE_BYTES_MAX. Fails: bulk_run_init -1 without memory; later by `end`.
 */
#ifndef BULK_RUN_H
#define BULK_RUN_H

#include "base/buf.h"
#include "bulk/again.h"
#include "bulk/answered.h"
#include "bulk/asker.h"
#include "bulk/input.h"
#include "bulk/window.h"

enum { BULK_LINE_BYTES_MAX = ASKER_REPORT_BYTES, BULK_SUSPECTS_AT_ONCE = 8, BULK_LOST_MAX = 3 };

enum bulk_end {
    BULK_GOES_ON = 0,
    BULK_WHOLE,       /* every name has its line */
    BULK_LEFT_OUT,    /* the deadline came before */
    BULK_LOST,        /* but for the names that workers died of */
    BULK_NO_COLUMN,   /* the input's first line does not have the column */
    BULK_OTHER_INPUT, /* what was answered stands for another name on that line: `end_line` */
    BULK_NO_MEMORY,
    BULK_TOO_LARGE, /* a report: `end_line` */
    BULK_STOPPED,   /* by bulk_run_stop */
};

struct bulk_run_params {
    struct loop *loop;
    struct asker *asker;
    const struct answered *answered; /* by an earlier run */
    const char *column;     /* NULL: no CSV */
    uint64_t shard, shards; /* the part of the names that is this run's, from 1; shards 0: all of them */
    uint64_t rate;          /* names begun in a second; 0: no limit */
    size_t max_inflight;
    struct again_times again;
    int64_t deadline_ms;         /* 0: none */
    void (*read)(void *arg);     /* octets are wanted */
    bool (*has_room)(void *arg); /* for another line */
    void (*write)(void *arg, struct str line);
    void (*reject)(void *arg, const struct input_line *line, const char *why);
    void (*waits)(void *arg); /* once, when nothing is left but names that were put off */
    void (*over)(void *arg);
    void *arg;
};

struct bulk_task;

struct bulk_run {
    struct bulk_run_params params;
    struct input input;
    struct str unread;
    bool reading, at_end, all_read;             /* reading: octets were asked for */
    bool any_begun, all_begun, stopping, waits; /* stopping: nothing more is begun */
    struct window window;
    struct again again;
    struct bulk_name *suspects;
    size_t suspects_under_way; /* one that may be with no other counts as all of them */
    struct buf line; /* the one that is being made */
    struct bulk_task *tasks, *idle;
    struct timer next, deadline; /* next: the next name by the rate; the end */
    struct mono began, last_begun;
    size_t under_way;
    uint64_t done, skipped, rejected, lost, put_off, left_waiting; /* put_off: of those done; left_waiting: not asked again before the deadline */
    uint64_t named;                                          /* lines that name a domain, whatever becomes of them */
    uint64_t by_status[STATUS_INCONCLUSIVE + 1];
    bool found, inconclusive; /* some report has the exit status 1; some 2 */
    enum bulk_end end;
    uint64_t end_line;
};

int bulk_run_init(struct bulk_run *r, const struct bulk_run_params *params);
void bulk_run_done(struct bulk_run *r);
void bulk_run_start(struct bulk_run *r);
void bulk_run_feed(struct bulk_run *r, struct str bytes);
void bulk_run_feed_end(struct bulk_run *r);
void bulk_run_go_on(struct bulk_run *r);
void bulk_run_stop(struct bulk_run *r);

#endif

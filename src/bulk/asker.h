/* SPDX-License-Identifier: Apache-2.0 */
/*
 * asker - who tests the names of a bulk run, and what comes of each. Two implementations stand behind this header: one in this
 * process, and a crew of worker processes (crew.h).
 *
 * Order of calls: asker_new_local or crew_new; asker_ask, many at once, each gives exactly one callback, or none after asker_cancel;
 *   asker_free when nothing is open. No callback runs inside asker_ask.
 * Memory: struct asking is the caller's and stays put until callback or cancel, and so does the text. What a callback is given
 *   lives until it returns.
 * Limits: ASKER_REPORT_BYTES of a report. Fails: asker_new_local NULL and asker_ask -1 without memory; all else is an end.
 */
#ifndef BULK_ASKER_H
#define BULK_ASKER_H

#include "judge/judge.h"
#include "probe/prober.h"
#include "report/report.h"

enum { ASKER_REPORT_BYTES = 256 * 1024 * 1024 };

enum asked_end {
    ASKED = 0,
    ASKED_LOST,      /* the worker died; `problem` says how */
    ASKED_TOO_LARGE, /* the report */
    ASKED_NO_MEMORY,
};

struct asked { /* from `report` on: ASKED only */
    enum asked_end end;
    const char *problem;
    struct str report; /* JSON */
    enum summary_status status;
    int exit_status; /* of the report, by fail_on */
    bool put_off;    /* it is worth asking again (again.h) */
};

struct asker;
struct asking {
    struct asker *asker; /* NULL: idle */
    void *impl;
    void (*done)(void *arg, const struct asked *asked);
    void *arg;
};

struct asker_ops {
    int (*ask)(struct asker *a, struct asking *q, const char *text);
    void (*cancel)(struct asking *q);
    void (*free)(struct asker *a);
};
struct asker {
    const struct asker_ops *ops;
};

/* In this process. What is given stays valid as long as it. */
struct asker *asker_new_local(struct prober *p, const struct judge_options *judge, enum fail_on fail_on);

/* `text` names a domain. */
int asker_ask(struct asker *a, struct asking *q, const char *text, void (*done)(void *arg, const struct asked *asked), void *arg);
void asker_cancel(struct asking *q); /* idle ones too */
void asker_free(struct asker *a);    /* NULL too */

#endif

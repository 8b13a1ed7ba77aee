/* SPDX-License-Identifier: Apache-2.0 */
/*
 * answered - which inputs an earlier run has answered, out of the lines it wrote: its output is its journal.
 *
 * Every line begins {"seq":NUMBER,"input":"TEXT", and ends with } and a line feed. A line without its end, or of the NULs
 * that a file may end in after power was lost, was not written whole: it does not count, and is cut off by who goes on.
 * Order of calls: answered_init; answered_feed all octets; answered_end; then answered_has; answered_done.
 * Memory: its own, 8 octets for each number up to the largest. Limits: ANSWERED_MAX numbers.
 * Fails: answered_feed and answered_end -1, with `problem` and the `line`: this is no output of a bulk run.
 */
#ifndef BULK_ANSWERED_H
#define BULK_ANSWERED_H

#include "base/buf.h"

enum { ANSWERED_MAX = 100000000, ANSWERED_HEAD_BYTES = 8 * 1024 };

struct answered {
    uint64_t *inputs; /* hash of the text by number; 0: not answered */
    size_t size;
    uint64_t count, line, whole_bytes; /* whole_bytes: of the lines that are whole */
    uint64_t line_bytes;
    char last;
    bool nul;
    size_t head_n;
    char head[ANSWERED_HEAD_BYTES];
    const char *problem;
};

/* What an answer begins with; the members of the report and the brace behind them are left to the caller. attempts: how often it
 * was asked. */
void answer_begin(struct buf *out, uint64_t number, struct str input, unsigned attempts);

void answered_init(struct answered *a);
void answered_done(struct answered *a);
int answered_feed(struct answered *a, struct str bytes);
int answered_end(struct answered *a);
/* 1: answered; 0: not; -1: the number was answered for another text. */
int answered_has(const struct answered *a, uint64_t number, struct str input);

#endif

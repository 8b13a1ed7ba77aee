/* SPDX-License-Identifier: Apache-2.0 */
/*
 * matrix - a row for each port of each address of each mail host, a column for each stage of a mail's way.
 *
 * Cells say what happened; a mark beside one says that a finding is about it. Marks come from the findings, so that table
 * and findings cannot disagree. Cells hold words of ours only.
 * Order of calls: matrix_init, read, matrix_done.
 * Memory: two arrays of its own; pointers into facts and judgement. Fails: -1 without memory; nothing is to be freed then.
 */
#ifndef REPORT_MATRIX_H
#define REPORT_MATRIX_H

#include "report/report.h"

/* SMTP is GREETING and EHLO in one, for where there is little room. */
enum matrix_column {
    COLUMN_PREFERENCE = 0,
    COLUMN_SERVER,
    COLUMN_ADDRESS,
    COLUMN_PORT,
    COLUMN_REACHED,
    COLUMN_SMTP,
    COLUMN_GREETING,
    COLUMN_EHLO,
    COLUMN_STARTTLS,
    COLUMN_TLS,
    COLUMN_CERTIFICATE,
    COLUMN_DANE,
    COLUMN_RELAY,
    COLUMN_REVERSE,
    COLUMN_COUNT
};
enum matrix_mark { MARK_NONE = 0, MARK_UNSURE, MARK_WARNING, MARK_ERROR };
enum { MATRIX_CELL_BYTES = IP_TEXT_BYTES };

struct matrix_row {
    const struct host_facts *host;
    const struct address_facts *address;         /* NULL: the host has none */
    const struct endpoint_facts *endpoint;       /* NULL: no port was looked at */
    char cells[COLUMN_COUNT][MATRIX_CELL_BYTES]; /* empty: not tested. SERVER: the name is taken from the host */
    enum matrix_mark marks[COLUMN_COUNT];
    const struct check *checks[COLUMN_COUNT]; /* whose finding the mark is */
};

struct matrix {
    struct matrix_row *rows;
    size_t count;
    size_t *first_rows;           /* of each host; one more at the end */
    unsigned marks[COLUMN_COUNT]; /* a bit for each enum matrix_mark that stands in it */
};

int matrix_init(struct matrix *m, const struct report *r);
void matrix_done(struct matrix *m);
/* False for hosts past --max-hosts, of which nothing but the name is known. */
bool matrix_shows(const struct facts *f, const struct host_facts *h);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * input - the names of a bulk run, out of octets as they are read: a name on each line, or one column of a CSV file.
 *
 * Order of calls: input_init; input_next with each piece of octets until it says MORE, then with the next piece; at the end
 *   of them input_last.
 * A line is numbered as an editor numbers it; of CSV the record is numbered, the header first. Blank lines, and those
 * that begin with #, are no names, but count. A UTF-8 byte order mark in front, and CR before LF, are left out.
 * Memory: the caller's struct; a line's text lives until the next call.
 * Limits: INPUT_LINE_BYTES of a line or field; the rest of a longer one is passed over.
 * Fails: a line that cannot be a name has a `problem`. input_init: a column that is no number from 1 is looked for in the
 *   header; input_has_column tells whether it stands there.
 * Spec: RFC 4180 (CSV).
 */
#ifndef BULK_INPUT_H
#define BULK_INPUT_H

#include "base/str.h"

enum { INPUT_LINE_BYTES = 1024 };

struct input_line {
    uint64_t number;
    struct str text;
    const char *problem; /* NULL: none */
};

enum input_result { INPUT_MORE, INPUT_LINE, INPUT_NO_COLUMN /* the header does not have it */ };

struct input {
    const char *column; /* NULL: no CSV */
    uint64_t wanted;    /* the column's number from 1; 0: not known yet */
    uint64_t number, field;
    bool begun, quoted, quote_seen, field_begun, any, too_long; /* of the line that is read */
    size_t n;
    char text[INPUT_LINE_BYTES];
};

void input_init(struct input *in, const char *column);
/* Takes what it needs off the front of *bytes. */
enum input_result input_next(struct input *in, struct str *bytes, struct input_line *line);
/* No more octets come: true when a last line, without an end of its own, was a name. */
enum input_result input_last(struct input *in, struct input_line *line);

#endif

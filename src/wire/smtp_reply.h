/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smtp_reply - a reply of one or more lines, read from bytes as they come.
 *
 * Order of calls: smtp_reply_begin, smtp_reply_feed until the status is no longer REPLY_MORE; at the
 *   end of the input smtp_reply_end.
 * Memory: the reader is a fixed struct; room for the line under way is the caller's, as most servers are waited for long and heard
 *   briefly; lines are copied into the arena.
 * Limits: SMTP_LINE_KEPT_BYTES of a line are kept, SMTP_LINE_READ_BYTES read, SMTP_LINES_MAX lines a
 *   reply; past them the reply ends with REPLY_LIMIT and the flaw REPLY_OVER_LIMIT.
 * Fails: never. A full arena drops text; its `exhausted` tells.
 * Spec: RFC 5321 4.2, 4.2.1, 4.5.3.1.5.
 */
#ifndef WIRE_SMTP_REPLY_H
#define WIRE_SMTP_REPLY_H

#include "base/arena.h"
#include "facts/smtp.h"

enum { SMTP_LINE_KEPT_BYTES = 512, SMTP_LINE_READ_BYTES = 4096, SMTP_LINES_MAX = 100 };

enum smtp_reply_status {
    REPLY_MORE,
    REPLY_DONE,     /* the last line was heard */
    REPLY_NO_REPLY, /* the first line is none of SMTP's */
    REPLY_LIMIT,
};

struct smtp_reply_reader {
    struct smtp_reply *reply;
    struct arena *arena;
    size_t lines_room;
    size_t kept, seen;   /* octets of the present line, without its end */
    bool cr;             /* the last octet was CR */
    char *line;          /* room for SMTP_LINE_KEPT_BYTES of it; set before the first octets are fed */
    struct str last_line; /* whole, as copied: for the transcript; p NULL: none yet */
};

void smtp_reply_begin(struct smtp_reply_reader *r, struct smtp_reply *reply, struct arena *arena);

/* Reads until the end of one line or of the bytes; *used says how many were taken. t_ms: now. After each
 * line that ended, r->last_line is that line. */
enum smtp_reply_status smtp_reply_feed_line(struct smtp_reply_reader *r, const void *bytes, size_t n, uint32_t t_ms, size_t *used);

/* The input is over in the middle of a reply. True when what stands there cannot be the beginning of one;
 * it is then kept as a line. */
bool smtp_reply_end(struct smtp_reply_reader *r, uint32_t t_ms);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smtp_transcript - what was said on one connection, line by line, for reports.
 *
 * Order of calls: smtp_transcript_init; then the others, as things are said. Times do not go back.
 * Memory: a struct of the caller's; what was said and heard is in the arena already, notes are put there.
 * Limits: the arena's.
 * Fails: never; without memory a line is missing, and the arena knows.
 */
#ifndef WIRE_SMTP_TRANSCRIPT_H
#define WIRE_SMTP_TRANSCRIPT_H

#include <stdarg.h>

#include "base/arena.h"
#include "facts/endpoint.h"

struct smtp_transcript {
    struct arena *arena;
    struct transcript_line **end;
};

/* Goes on behind the lines that are there. */
void smtp_transcript_init(struct smtp_transcript *t, struct transcript_line **lines, struct arena *arena);
void smtp_transcript_heard(struct smtp_transcript *t, struct str line, uint32_t t_ms);
/* Whole lines. Of what is secret only the name of the mechanism is kept (RFC 4954 4). */
void smtp_transcript_said(struct smtp_transcript *t, struct str lines, bool secret, uint32_t t_ms);
/* What nobody said. */
void smtp_transcript_note(struct smtp_transcript *t, uint32_t t_ms, const char *format, va_list args) __attribute__((format(printf, 3, 0)));

#endif

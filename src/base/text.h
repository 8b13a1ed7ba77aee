/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text - text from strangers, made safe to show, and how wide text is on a terminal.
 *
 * What is shown escaped: control characters (`\x1b`), code points that a reader does not see or that turn
 * the order of what he sees (`\u{202e}`), and octets that are no UTF-8 (`\xff`). Backslashes stay as they
 * are, so escaping text twice changes nothing.
 * Memory: nothing is kept; output goes to the caller's buf.
 * Fails: only as the buf does.
 * Spec: RFC 3629 (UTF-8), Unicode TR 36 (bidirectional and invisible characters).
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/buf.h"

/* Escapes what is unsafe; other text stays, UTF-8 included. */
void text_write_safe(struct buf *out, struct str s);
/* The same, and everything outside ASCII is escaped too: for terminals of unknown character set. */
void text_write_ascii(struct buf *out, struct str s);

/* Takes the next code point off *s, which must not be empty. False when the first octet is not the start
 * of valid UTF-8: then that one octet is taken and *code_point is its value. */
bool text_take(struct str *s, uint32_t *code_point);
/* Control characters, line and paragraph separators, bidirectional controls, invisible characters, tags,
 * private use, surrogates, noncharacters. */
bool text_is_unsafe(uint32_t code_point);

/* Columns that safe UTF-8 takes on a terminal. Follows the larger blocks only (combining marks 0, East Asian
 * wide and pictographs 2); all else is 1. */
size_t text_columns(struct str s);

#endif

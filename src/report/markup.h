/* SPDX-License-Identifier: Apache-2.0 */
/*
 * markup - text inside HTML and XML.
 *
 * Memory: writes into the caller's buf; a scratch buf of its own. Limits: MARKUP_TEXT_BYTES_MAX of a text.
 * Fails: as the buf does.
 */
#ifndef REPORT_MARKUP_H
#define REPORT_MARKUP_H

#include "base/buf.h"

enum { MARKUP_TEXT_BYTES_MAX = 128 * 1024 * 1024 };

/* Made safe to show (base/text.h), and what HTML and XML give a meaning to is escaped, in content and in attributes. */
void markup_write_text(struct buf *out, struct str s);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* html_parts - the parts of the page that stand in files of their own; inside report/ only. Memory: none. Fails: as the buf does. */
#ifndef REPORT_HTML_PARTS_H
#define REPORT_HTML_PARTS_H

#include "report/report.h"

enum { HTML_TEXT_BYTES_MAX = 128 * 1024 * 1024 };

/* Text of whomever: made safe to show (base/text.h), and escaped for elements and quoted attributes. */
void html_text(struct buf *out, struct str s);
void html_words(struct buf *out, const char *text); /* NULL: nothing */

void html_begin(struct buf *out, const char *title, const struct html_style *style);
void html_write_report(struct buf *out, const struct report *r);
void html_end(struct buf *out);

#endif

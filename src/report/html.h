/* SPDX-License-Identifier: Apache-2.0 */
/*
 * html - several reports on one page; report_write_html is for one.
 *
 * Order of calls: html_begin, html_add for each report, html_end. Memory: the caller's buf. Fails: as the buf does.
 */
#ifndef REPORT_HTML_H
#define REPORT_HTML_H

#include "report/report.h"

extern const struct html_style html_as_one_file;

void html_begin(struct buf *out, const char *title, const struct html_style *style);
/* `number` is another one for each report of a page. */
void html_add(struct buf *out, const struct report *r, const struct html_style *style, size_t number);
void html_end(struct buf *out);

#endif

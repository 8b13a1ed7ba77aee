/* SPDX-License-Identifier: Apache-2.0 */
/*
 * documents - several reports in one document of a format: HTML, Markdown, CSV, JUnit XML, a line for Nagios, metrics.
 *
 * Order of calls: document_init, document_add for each report, document_end, document_done. What is due is added to the
 *   caller's buf on the way: some formats write as they go, others at the end.
 * Memory: what the end needs. Fails: as the caller's buf does.
 * Spec: GitHub Flavored Markdown; RFC 4180 (CSV); JUnit XML as Jenkins and GitLab read it; Monitoring Plugins guidelines.
 */
#ifndef REPORT_DOCUMENTS_H
#define REPORT_DOCUMENTS_H

#include "report/prometheus.h"

enum document_kind { DOCUMENT_HTML = 0, DOCUMENT_MARKDOWN, DOCUMENT_CSV, DOCUMENT_JUNIT, DOCUMENT_NAGIOS, DOCUMENT_PROMETHEUS };

struct document {
    enum document_kind kind;
    enum fail_on fail_on; /* JUnit: from which severity a finding is a failure */
    size_t count;         /* reports so far */
    struct prometheus prometheus;
    struct buf worst, perfdata; /* Nagios: the words of the worst report, and the figures of all */
    int worst_state;
    size_t not_ok;
};

void document_init(struct document *d, enum document_kind kind, enum fail_on fail_on);
void document_add(struct buf *out, struct document *d, const struct report *r);
void document_end(struct buf *out, struct document *d);
void document_done(struct document *d);

/* One report each. CSV without its head. */
void report_write_markdown(struct buf *out, const struct report *r);
void report_write_csv_head(struct buf *out);
void report_write_csv(struct buf *out, const struct report *r);
void report_write_junit(struct buf *out, const struct report *r, enum fail_on fail_on);

/* 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN. What a server keeps from being told is a warning; 3 is our own side. */
int report_nagios_state(const struct judgement *j);
const char *report_nagios_word(int state);
/* Figures behind the bar; each label begins with `name`, if there is one. */
void report_write_perfdata(struct buf *out, const struct report *r, const char *name);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prometheus - reports as metrics in the text exposition format. A family stands once, whatever the number of targets.
 *
 * Order of calls: prometheus_init, prometheus_add for each report, prometheus_write, prometheus_done.
 * Memory: a buf for each family. Fails: as the bufs do; prometheus_write then sets the failure of its own.
 * Spec: Prometheus text format 0.0.4.
 */
#ifndef REPORT_PROMETHEUS_H
#define REPORT_PROMETHEUS_H

#include "report/report.h"

enum { PROMETHEUS_FAMILIES = 25 };

struct prometheus {
    struct buf samples[PROMETHEUS_FAMILIES];
    struct buf targets; /* that have been named, a line each */
};

void prometheus_init(struct prometheus *p);
/* With the target in a label, where it is not the scraper that names it; then one whose target has been named adds nothing. */
void prometheus_add(struct prometheus *p, const struct report *r, bool name_target);
void prometheus_write(struct buf *out, const struct prometheus *p);
void prometheus_done(struct prometheus *p);

#endif

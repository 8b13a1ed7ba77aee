/* SPDX-License-Identifier: Apache-2.0 */
/* json_parts - the parts of the report's JSON that stand in files of their own; inside report/ only. Memory: none. Fails: as the buf does. */
#ifndef REPORT_JSON_PARTS_H
#define REPORT_JSON_PARTS_H

#include "report/members.h"
#include "report/report.h"

/* The whole report, or its schema when `described` is there. */
void json_write_report(struct buf *out, const struct report *r, unsigned indent, struct described *described);
void json_write_hosts(struct members *m, const struct facts *f);
void json_write_findings(struct members *m, const struct report *r);
void json_write_checks(struct members *m, const struct judgement *j);

extern const struct vocabulary json_dnssec_words;

#endif

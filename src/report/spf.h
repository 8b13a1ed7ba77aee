/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spf - the evaluation of SPF for one address, for a person and for a program.
 *
 * Memory: output goes to the caller's buf. Limits: those of the facts. Fails: only as the buf does.
 */
#ifndef REPORT_SPF_H
#define REPORT_SPF_H

#include "facts/spf.h"
#include "report/json_writer.h"

/* `walk`: what the record costs at worst; its record may be NULL, when it was not walked. */
void spf_write_text(struct buf *out, const struct spf_check_facts *f, const struct spf_walk_facts *walk);
void spf_write_json(struct json *j, const struct spf_check_facts *f, const struct spf_walk_facts *walk);

#endif

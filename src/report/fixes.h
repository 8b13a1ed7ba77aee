/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fixes - what to type where to mend what a finding is about: fixes.def, with names put in.
 *
 * Only what fits is offered: not the settings of another product than the one that greets there.
 * Memory: none. Fails: as the buf does.
 */
#ifndef REPORT_FIXES_H
#define REPORT_FIXES_H

#include "report/report.h"

/* Writes the first fix at or behind *at that fits, and moves *at behind it; `where` says for what it is ("Postfix", "DNS").
 * False: there is none any more. The text is not escaped; lines end in LF but the last. */
bool fixes_next(struct buf *out, const struct facts *f, const struct verdict *v, size_t *at, const char **where);
size_t fixes_count(void);
const char *fixes_check(size_t index); /* the id of the check that a fix is for */

#endif

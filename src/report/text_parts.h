/* SPDX-License-Identifier: Apache-2.0 */
/* text_parts - the parts of the text report that stand in files of their own; inside report/ only. Memory: none. Fails: as the buf does. */
#ifndef REPORT_TEXT_PARTS_H
#define REPORT_TEXT_PARTS_H

#include "report/page.h"

/* Where things stand: labels of findings and of the lines below them. */
enum { INDENT = 2, LABEL_TEXT_AT = 14, BODY_AT = 13, BODY_TEXT_AT = 21, LISTED_MAX = 6 };

void text_write_matrix(struct page *p, const struct report *r);
void text_write_senders(struct page *p, const struct judgement *j);
void text_write_policies(struct page *p, const struct facts *f);
void text_write_findings(struct page *p, const struct report *r);
void text_write_passes(struct page *p, const struct judgement *j);
void text_write_survey(struct page *p, const struct report *r);     /* --deep */
void text_write_deep(struct page *p, const struct facts *f);        /* --deep */
void text_write_evidence(struct page *p, const struct facts *f);    /* --verbose */
void text_write_transcripts(struct page *p, const struct facts *f); /* --transcript */
void text_write_footer(struct page *p, const struct report *r);

/* Adds "mx1.example.org [192.0.2.1]:25" to the paragraph, as far as the subject goes; of the domain its name. */
void text_add_subject(struct page *p, const struct facts *f, const struct subject *s);
enum ink text_ink_of(enum severity s);

#endif

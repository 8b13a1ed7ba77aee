/* SPDX-License-Identifier: Apache-2.0 */
/* html_parts - what every page has, and the parts of the report's that stand in files of their own. Memory: none. Fails: as the buf does. */
#ifndef REPORT_HTML_PARTS_H
#define REPORT_HTML_PARTS_H

#include "report/report.h"

struct html {
    struct buf *out;
    const struct report *report;
    const struct html_style *style;
    size_t number; /* of the report on its page: part of each id */
};

void html_words(struct buf *out, const char *text); /* escaped; NULL: nothing */
/* <tag>text</tag>, escaped, with a class of ours where there is one. */
void html_element(struct buf *out, const char *tag, const char *class_name, struct str text);
void html_word_element(struct buf *out, const char *tag, const char *class_name, const char *text);
/* <section> with its heading; the section is to be closed. */
void html_section(const struct html *h, const char *name, const char *heading);
void html_subject(struct buf *out, const struct facts *f, const struct subject *s);
/* <tr><th scope="col"> for each head, which ends in NULL, in a <thead>. */
void html_heads(struct buf *out, const char *const *heads);

void html_write_matrix(const struct html *h);
void html_write_senders(const struct html *h);
void html_write_policies(const struct html *h);
void html_write_findings(const struct html *h);
void html_write_passes(const struct html *h);
void html_write_servers(const struct html *h);
void html_write_transcripts(const struct html *h);
void html_write_dns(const struct html *h);

#endif

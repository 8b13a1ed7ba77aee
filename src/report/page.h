/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page - text for a terminal: knows the column it is at, wraps between words, colours when asked to.
 *
 * Order of calls: page_init, any number of page_*, page_done.
 * Memory: writes into the caller's buf; two scratch bufs of its own. Limits: a word longer than the line stays whole.
 * Fails: as the buf does. Everything written is made safe to show (base/text.h).
 */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include "report/report.h"

enum ink { INK_PLAIN = 0, INK_DIM, INK_BOLD, INK_GOOD, INK_BAD, INK_WARN, INK_UNSURE };

struct page {
    struct buf *out;
    struct buf safe;      /* text made safe, before it is measured */
    struct buf paragraph; /* what page_add has gathered */
    const struct text_style *style;
    size_t columns; /* of a line */
    size_t at;      /* columns used on this line */
    size_t owed;    /* blanks due before the next text: none stand at the end of a line */
    enum ink ink;   /* that the terminal is set to */
};

void page_init(struct page *p, struct buf *out, const struct text_style *style);
void page_done(struct page *p);

void page_put(struct page *p, enum ink ink, struct str s); /* as it is, on this line */
void page_text(struct page *p, enum ink ink, const char *text);
void page_format(struct page *p, enum ink ink, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Blanks up to a column; at least one between two texts. */
void page_to(struct page *p, size_t column);
void page_newline(struct page *p);

/* Word by word, with new lines begun at `indent`. Goes on where the line stands. */
void page_wrap(struct page *p, enum ink ink, size_t indent, struct str s);
void page_wrap_text(struct page *p, enum ink ink, size_t indent, const char *text);
/* Pieces of a paragraph, and then all of them wrapped: between pieces a line breaks only where a blank is. */
void page_add(struct page *p, struct str s);
void page_add_text(struct page *p, const char *text);
void page_add_format(struct page *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
void page_wrap_added(struct page *p, enum ink ink, size_t indent);
/* The same for a shell command: a line that goes on ends in " \". */
void page_wrap_command(struct page *p, enum ink ink, size_t indent, struct str s);

/* A dim label at one column; what follows stands at another. */
void page_label(struct page *p, size_t at, size_t text_at, const char *label);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* text_matrix - the table of mail hosts on a terminal. What does not fit is left out from the right, and said so. */
#include <string.h>

#include "report/matrix.h"
#include "report/text_parts.h"
#include "report/view.h"

enum { GAP = 2, MARK_WIDTH = 2 };

static const char *const heads[COLUMN_COUNT] = {"pref", "server",   "address", "port", "connect", "SMTP",  "greeting",
                                                "EHLO", "STARTTLS", "TLS",     "cert", "DANE",    "relay", "PTR"};

struct table {
    struct matrix m;
    size_t widths[COLUMN_COUNT]; /* 0: left out */
    bool is_stacked;             /* a host's name stands on a line of its own */
    bool has_dropped;
};

static size_t cell_width(const struct matrix_row *row, enum matrix_column c)
{
    size_t n = c == COLUMN_SERVER ? strlen(row->host->name) : strlen(row->cells[c]);
    return n + (row->marks[c] ? n ? MARK_WIDTH : 1 : 0);
}

static size_t total_width(const struct table *t)
{
    size_t total = INDENT;
    for (enum matrix_column c = COLUMN_PREFERENCE; c < COLUMN_COUNT; c++)
        total += t->widths[c] && !(t->is_stacked && c == COLUMN_SERVER) ? t->widths[c] + GAP : 0;
    return total - GAP;
}

/* From the right, and first what nothing is wrong with. */
static void drop(struct table *t, size_t columns, bool keep_marked)
{
    for (enum matrix_column c = COLUMN_REVERSE; c >= COLUMN_REACHED && total_width(t) > columns; c--) {
        if (!t->widths[c] || (keep_marked && t->m.marks[c]))
            continue;
        t->widths[c] = 0;
        t->has_dropped = true;
    }
}

/* Columns in which nothing stands are left out; so is the port where it is 25 throughout. */
static void set_widths(struct table *t, size_t columns)
{
    bool other_port = false;
    for (size_t i = 0; i < t->m.count; i++) {
        other_port = other_port || (t->m.rows[i].endpoint && t->m.rows[i].endpoint->port != 25);
        for (enum matrix_column c = COLUMN_PREFERENCE; c < COLUMN_COUNT; c++) {
            size_t width = cell_width(&t->m.rows[i], c);
            t->widths[c] = width > t->widths[c] ? width : t->widths[c];
        }
    }
    if (!other_port)
        t->widths[COLUMN_PORT] = 0;
    t->widths[COLUMN_GREETING] = t->widths[COLUMN_EHLO] = 0; /* SMTP stands for both */
    for (enum matrix_column c = COLUMN_PREFERENCE; c < COLUMN_COUNT; c++)
        if (t->widths[c] && t->widths[c] < strlen(heads[c]))
            t->widths[c] = strlen(heads[c]);
    t->is_stacked = total_width(t) > columns;
    drop(t, columns, true);
    drop(t, columns, false);
}

static const char *mark_text(const struct page *p, enum matrix_mark mark)
{
    static const char *const ascii[] = {[MARK_UNSURE] = "?", [MARK_WARNING] = "!", [MARK_ERROR] = "X"};
    return mark == MARK_ERROR && p->style->symbols ? "\u2717" : ascii[mark];
}

static void put_cell(struct page *p, const struct matrix_row *row, enum matrix_column c)
{
    static const enum ink inks[] = {[MARK_NONE] = INK_PLAIN, [MARK_UNSURE] = INK_UNSURE, [MARK_WARNING] = INK_WARN, [MARK_ERROR] = INK_BAD};
    enum matrix_mark mark = row->marks[c];
    const char *text = row->cells[c];
    if (mark)
        page_format(p, inks[mark], "%s%s%s", text, *text ? " " : "", mark_text(p, mark));
    else if (*text)
        page_text(p, INK_PLAIN, text);
    else if (c > COLUMN_PORT && c < COLUMN_REVERSE && row->endpoint)
        page_text(p, INK_DIM, "-");
}

static void put_line(struct page *p, const struct table *t, const struct matrix_row *row, bool is_first, bool is_head)
{
    size_t at = INDENT;
    if (is_first && t->is_stacked && !is_head) {
        page_to(p, INDENT);
        if (t->widths[COLUMN_PREFERENCE])
            page_format(p, INK_PLAIN, "%*s", (int)t->widths[COLUMN_PREFERENCE], row->cells[COLUMN_PREFERENCE]);
        page_to(p, INDENT + (t->widths[COLUMN_PREFERENCE] ? t->widths[COLUMN_PREFERENCE] + GAP : 0));
        page_text(p, INK_BOLD, row->host->name);
        page_newline(p);
    }
    for (enum matrix_column c = COLUMN_PREFERENCE; c < COLUMN_COUNT; c++) {
        if (!t->widths[c] || (t->is_stacked && c == COLUMN_SERVER))
            continue;
        bool right = c == COLUMN_PREFERENCE;
        page_to(p, at);
        if (is_head)
            page_format(p, INK_DIM, "%*s", right ? (int)t->widths[c] : 0, heads[c]);
        else if (right && is_first && !t->is_stacked)
            page_format(p, INK_PLAIN, "%*s", (int)t->widths[c], row->cells[c]);
        else if (c == COLUMN_SERVER && is_first)
            page_text(p, INK_BOLD, row->host->name);
        else if (c > COLUMN_SERVER)
            put_cell(p, row, c);
        at += t->widths[c] + GAP;
    }
    page_newline(p);
}

static void put_hosts_left_out(struct page *p, const struct facts *f)
{
    size_t count = 0, named = 0;
    for (size_t h = 0; h < f->host_count; h++)
        count += !matrix_shows(f, &f->hosts[h]);
    if (!count)
        return;
    page_to(p, INDENT);
    page_add_format(p, "not connected to, past --max-hosts: %zu more host%s:", count, count == 1 ? "" : "s");
    for (size_t h = 0; h < f->host_count && (named < LISTED_MAX || p->style->verbose); h++)
        if (!matrix_shows(f, &f->hosts[h]))
            page_add_format(p, " %s%s", f->hosts[h].name, ++named < count ? "," : "");
    if (named < count)
        page_add_text(p, " ... (-v names all)");
    page_wrap_added(p, INK_PLAIN, INDENT + 2);
    page_newline(p);
}

static void put_legend(struct page *p, const struct table *t)
{
    static const char *const words[] = {[MARK_ERROR] = "error", [MARK_WARNING] = "warning", [MARK_UNSURE] = "not known"};
    unsigned seen = 0;
    const char *between = "";
    for (enum matrix_column c = COLUMN_PREFERENCE; c < COLUMN_COUNT; c++)
        seen |= t->m.marks[c];
    if (!seen && !t->has_dropped)
        return;
    page_to(p, INDENT);
    for (enum matrix_mark mark = MARK_ERROR; mark > MARK_NONE; mark--)
        if (seen & 1U << mark) {
            page_add_format(p, "%s%s %s", between, mark_text(p, mark), words[mark]);
            between = ", ";
        }
    if (t->has_dropped)
        page_add_format(p, "%sa wider terminal shows more columns", seen ? "; " : "");
    page_wrap_added(p, INK_DIM, INDENT);
    page_newline(p);
}

static void write_rows(struct page *p, const struct facts *f, const struct table *t)
{
    if (t->m.count) {
        put_line(p, t, NULL, true, true);
        for (size_t i = 0; i < t->m.count; i++)
            put_line(p, t, &t->m.rows[i], i == 0 || t->m.rows[i - 1].host != t->m.rows[i].host, false);
    }
    put_hosts_left_out(p, f);
    put_legend(p, t);
    page_newline(p);
}

void text_write_matrix(struct page *p, const struct report *r)
{
    struct table t = {0};
    if (r->facts->host_count + r->facts->submission_host_count == 0)
        return;
    if (matrix_init(&t.m, r) < 0) {
        p->out->failed = true;
        return;
    }
    set_widths(&t, p->columns);
    write_rows(p, r->facts, &t);
    matrix_done(&t.m);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* page - see page.h. */
#include "report/page.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"

enum { COLUMNS_DEFAULT = 100, COLUMNS_MIN = 40, TEXT_BYTES_MAX = 64 * 1024 * 1024, FORMAT_BYTES_MAX = 4096 };

static const char *const inks[] = {
    [INK_PLAIN] = "",         [INK_DIM] = "\033[2m",     [INK_BOLD] = "\033[1m",      [INK_GOOD] = "\033[1;32m",
    [INK_BAD] = "\033[1;31m", [INK_WARN] = "\033[1;33m", [INK_UNSURE] = "\033[1;36m",
};

void page_init(struct page *p, struct buf *out, const struct text_style *style)
{
    size_t columns = style->columns ? style->columns : COLUMNS_DEFAULT;
    *p = (struct page){.out = out, .style = style, .columns = columns < COLUMNS_MIN ? COLUMNS_MIN : columns};
    buf_init(&p->safe, TEXT_BYTES_MAX);
    buf_init(&p->paragraph, TEXT_BYTES_MAX);
}

static void set_ink(struct page *p, enum ink ink)
{
    if (p->ink != INK_PLAIN)
        buf_add_cstr(p->out, "\033[0m");
    p->ink = ink;
    buf_add_cstr(p->out, inks[ink]);
}

void page_done(struct page *p)
{
    if (p->ink != INK_PLAIN)
        set_ink(p, INK_PLAIN);
    p->out->failed = p->out->failed || p->safe.failed || p->paragraph.failed;
    buf_done(&p->safe);
    buf_done(&p->paragraph);
}

static struct str make_safe(struct page *p, struct str s)
{
    p->safe.used = 0; /* a failure stays */
    if (p->style->symbols)
        text_write_safe(&p->safe, s);
    else
        text_write_ascii(&p->safe, s);
    return (struct str){p->safe.bytes, p->safe.used};
}

static void put_safe(struct page *p, enum ink ink, struct str safe, size_t width)
{
    if (!safe.n)
        return;
    ink = p->style->color ? ink : INK_PLAIN;
    if (ink != p->ink && p->ink != INK_PLAIN)
        set_ink(p, INK_PLAIN);
    for (; p->owed; p->owed--)
        buf_add_char(p->out, ' ');
    if (ink != p->ink)
        set_ink(p, ink);
    buf_add_str(p->out, safe);
    p->at += width;
}

void page_put(struct page *p, enum ink ink, struct str s)
{
    struct str safe = make_safe(p, s);
    put_safe(p, ink, safe, text_columns(safe));
}

void page_text(struct page *p, enum ink ink, const char *text)
{
    page_put(p, ink, str_of(text));
}

static struct str formatted(char text[static FORMAT_BYTES_MAX], const char *format, va_list args) __attribute__((format(printf, 2, 0)));
static struct str formatted(char text[static FORMAT_BYTES_MAX], const char *format, va_list args)
{
    int n = vsnprintf(text, FORMAT_BYTES_MAX, format, args);
    return (struct str){text, n < 0 ? 0 : n < FORMAT_BYTES_MAX ? (size_t)n : FORMAT_BYTES_MAX - 1};
}

void page_format(struct page *p, enum ink ink, const char *format, ...)
{
    char text[FORMAT_BYTES_MAX];
    va_list args;
    va_start(args, format);
    page_put(p, ink, formatted(text, format, args));
    va_end(args);
}

void page_to(struct page *p, size_t column)
{
    size_t n = column > p->at ? column - p->at : p->at > 0 && p->owed == 0;
    p->owed += n;
    p->at += n;
}

void page_newline(struct page *p)
{
    if (p->ink != INK_PLAIN)
        set_ink(p, INK_PLAIN);
    buf_add_char(p->out, '\n');
    p->at = p->owed = 0;
}

/* Up to the next blank; in a command blanks within quotes are part of the word. */
static size_t word_length(struct str s, bool is_command)
{
    char quote = '\0';
    size_t n = 0;
    for (; n < s.n && (s.p[n] != ' ' || quote); n++)
        if (is_command && (quote ? s.p[n] == quote : s.p[n] == '\'' || s.p[n] == '"'))
            quote = quote ? '\0' : s.p[n];
    return n;
}

/* `more` stands at the end of each line that goes on, and has room kept for it. Blanks stay as many as they are,
 * but for those where a line is broken. */
static void wrap(struct page *p, enum ink ink, size_t indent, struct str s, const char *more)
{
    struct str rest = make_safe(p, s);
    size_t kept = str_of(more).n;
    for (bool first = true; rest.n; first = false) {
        size_t gap = 0;
        while (gap < rest.n && rest.p[gap] == ' ')
            gap++;
        rest = (struct str){rest.p + gap, rest.n - gap};
        struct str word = {rest.p, word_length(rest, kept > 0)};
        rest = (struct str){rest.p + word.n, rest.n - word.n};
        size_t width = text_columns(word);
        if (p->at + gap + width + (rest.n ? kept : 0) > p->columns && p->at > indent) {
            if (!first)
                put_safe(p, ink, str_of(more), kept);
            page_newline(p);
            page_to(p, indent);
        } else {
            p->owed += gap;
            p->at += gap;
        }
        put_safe(p, ink, word, width);
    }
}

void page_wrap(struct page *p, enum ink ink, size_t indent, struct str s)
{
    wrap(p, ink, indent, s, "");
}

void page_wrap_text(struct page *p, enum ink ink, size_t indent, const char *text)
{
    wrap(p, ink, indent, str_of(text), "");
}

void page_add(struct page *p, struct str s)
{
    buf_add_str(&p->paragraph, s);
}

void page_add_text(struct page *p, const char *text)
{
    page_add(p, str_of(text));
}

void page_add_format(struct page *p, const char *format, ...)
{
    char text[FORMAT_BYTES_MAX];
    va_list args;
    va_start(args, format);
    page_add(p, formatted(text, format, args));
    va_end(args);
}

void page_wrap_added(struct page *p, enum ink ink, size_t indent)
{
    wrap(p, ink, indent, (struct str){p->paragraph.bytes, p->paragraph.used}, "");
    p->paragraph.used = 0;
}

void page_wrap_command(struct page *p, enum ink ink, size_t indent, struct str s)
{
    wrap(p, ink, indent, s, " \\");
}

void page_label(struct page *p, size_t at, size_t text_at, const char *label)
{
    page_to(p, at);
    page_text(p, INK_DIM, label);
    page_to(p, text_at);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* html - the report as a page: the verdict in words, then what is wrong. */
#include "report/html_parts.h"

#include "base/text.h"

extern const struct str report_css;

struct str report_stylesheet(void)
{
    return report_css;
}

void html_text(struct buf *out, struct str s)
{
    struct buf safe;
    buf_init(&safe, HTML_TEXT_BYTES_MAX);
    text_write_safe(&safe, s);
    for (size_t i = 0; i < safe.used; i++) {
        static const char *const entities[] = {['"'] = "&quot;", ['&'] = "&amp;", ['\''] = "&#39;", ['<'] = "&lt;", ['>'] = "&gt;"};
        unsigned char c = (unsigned char)safe.bytes[i];
        if (c < sizeof entities / sizeof *entities && entities[c])
            buf_add_cstr(out, entities[c]);
        else
            buf_add_char(out, (char)c);
    }
    out->failed = out->failed || safe.failed;
    buf_done(&safe);
}

void html_words(struct buf *out, const char *text)
{
    html_text(out, str_of(text));
}

static const char *status_words(enum summary_status s)
{
    static const char *const words[] = {[STATUS_OK] = "OK", [STATUS_WARNING] = "Warning", [STATUS_ERROR] = "Error", [STATUS_INCONCLUSIVE] = "Inconclusive"};
    return words[s];
}

void html_begin(struct buf *out, const char *title, const struct html_style *style)
{
    buf_add_cstr(
        out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
             "<meta name=\"robots\" content=\"noindex\">\n<meta name=\"referrer\" content=\"no-referrer\">\n");
    if (style->standalone) {
        buf_add_cstr(out, "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n<style>\n");
        buf_add_str(out, report_css);
        buf_add_cstr(out, "</style>\n");
    }
    if (style->stylesheet_href) {
        buf_add_cstr(out, "<link rel=\"stylesheet\" href=\"");
        html_words(out, style->stylesheet_href);
        buf_add_cstr(out, "\">\n");
    }
    if (style->script_href) {
        buf_add_cstr(out, "<script src=\"");
        html_words(out, style->script_href);
        buf_add_cstr(out, "\" defer></script>\n");
    }
    buf_add_cstr(out, "<title>");
    html_words(out, title);
    buf_add_cstr(out, "</title>\n</head>\n<body>\n");
}

void html_end(struct buf *out)
{
    buf_add_cstr(out, "</body>\n</html>\n");
}

void html_write_report(struct buf *out, const struct report *r)
{
    const struct summary *s = &r->judgement->summary;
    buf_add_cstr(out, "<main>\n<h1>");
    html_words(out, r->facts->target.name);
    buf_printf(out, "</h1>\n<p class=\"verdict\"><strong>%s</strong> ", status_words(s->status));
    html_words(out, s->headline);
    buf_add_cstr(out, "</p>\n</main>\n");
}

void report_write_html(struct buf *out, const struct report *r, const struct html_style *style)
{
    static const struct html_style as_one_file = {.standalone = true};
    html_begin(out, r->facts->target.name, style ? style : &as_one_file);
    html_write_report(out, r);
    html_end(out);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * html - the report as a page: the verdict in words, from where and when it was seen, then the parts in the order of what
 * they mean for mail. It works without a script; one may add copying, filtering and a theme.
 */
#include "report/html.h"

#include <string.h>

#include "report/html_parts.h"
#include "report/markup.h"
#include "report/view.h"

enum { SCRATCH_BYTES_MAX = 16 * 1024 * 1024, JSON_BYTES_MAX = 128 * 1024 * 1024 };

extern const struct str report_css; /* made of web/report.css */

struct str report_stylesheet(void)
{
    return report_css;
}

void html_words(struct buf *out, const char *text)
{
    markup_write_text(out, str_of(text));
}

void html_element(struct buf *out, const char *tag, const char *class_name, struct str text)
{
    buf_printf(out, "<%s", tag);
    if (class_name)
        buf_printf(out, " class=\"%s\"", class_name);
    buf_add_char(out, '>');
    markup_write_text(out, text);
    buf_printf(out, "</%s>", tag);
}

void html_word_element(struct buf *out, const char *tag, const char *class_name, const char *text)
{
    html_element(out, tag, class_name, str_of(text));
}

void html_section(const struct html *h, const char *name, const char *heading)
{
    buf_printf(h->out, "<section id=\"r%zu-%s\" aria-labelledby=\"r%zu-%s-heading\">\n<h2 id=\"r%zu-%s-heading\">%s</h2>\n", h->number, name, h->number, name,
               h->number, name, heading);
}

void html_subject(struct buf *out, const struct facts *f, const struct subject *s)
{
    struct buf text;
    buf_init(&text, SCRATCH_BYTES_MAX);
    view_write_subject(&text, f, s);
    markup_write_text(out, (struct str){text.used ? text.bytes : "", text.used});
    out->failed = out->failed || text.failed;
    buf_done(&text);
}

void html_heads(struct buf *out, const char *const *heads)
{
    buf_add_cstr(out, "<thead><tr>");
    for (; *heads; heads++)
        buf_printf(out, "<th scope=\"col\">%s</th>", *heads);
    buf_add_cstr(out, "</tr></thead>\n");
}

static void write_time(struct buf *out, struct wall t)
{
    char text[CLOCK_TEXT_BYTES];
    wall_write(t, text);
    buf_printf(out, "<time datetime=\"%s\">%s</time>", text, text);
}

static void write_count(struct buf *out, size_t n, const char *kind, const char *one, const char *many)
{
    if (n)
        buf_printf(out, "<li class=\"%s\"><strong>%zu</strong> %s</li>\n", kind, n, n == 1 ? one : many);
}

static void write_verdict(const struct html *h)
{
    static const char *const marks[] = {[STATUS_OK] = "\u2713", [STATUS_WARNING] = "!", [STATUS_ERROR] = "\u2717", [STATUS_INCONCLUSIVE] = "?"};
    static const char *const words[] = {[STATUS_OK] = "OK", [STATUS_WARNING] = "Warning", [STATUS_ERROR] = "Error", [STATUS_INCONCLUSIVE] = "Inconclusive"};
    static const char *const kinds[] = {[STATUS_OK] = "good", [STATUS_WARNING] = "warning", [STATUS_ERROR] = "error", [STATUS_INCONCLUSIVE] = "unknown"};
    const struct summary *s = &h->report->judgement->summary;
    struct buf *out = h->out;
    buf_printf(out, "<p class=\"verdict %s\"><span class=\"badge\"><span aria-hidden=\"true\">%s</span> %s</span> ", kinds[s->status], marks[s->status],
               words[s->status]);
    html_words(out, s->headline);
    buf_add_cstr(out, "</p>\n<ul class=\"counts\">\n");
    write_count(out, s->errors, "error", "error", "errors");
    write_count(out, s->warnings, "warning", "warning", "warnings");
    write_count(out, s->unknowns, "unknown", "could not be tested", "could not be tested");
    write_count(out, s->notices, "notice", "notice", "notices");
    write_count(out, s->passes, "good", "check passed", "checks passed");
    buf_add_cstr(out, "</ul>\n");
}

static void write_names(const struct html *h)
{
    const struct target_facts *t = &h->report->facts->target;
    if (t->input && strcmp(t->input, t->name) != 0) {
        buf_add_cstr(h->out, "<p>Asked for ");
        html_word_element(h->out, "code", NULL, t->input);
        buf_add_cstr(h->out, ", taken as ");
        html_word_element(h->out, "code", NULL, t->name);
        if (t->name_unicode && strcmp(t->name_unicode, t->name) != 0) {
            buf_add_cstr(h->out, ", in Unicode ");
            html_word_element(h->out, "code", NULL, t->name_unicode);
        }
        buf_add_cstr(h->out, ".</p>\n");
    }
}

static void write_not_tested(const struct html *h)
{
    struct buf words;
    bool any = false;
    buf_init(&words, SCRATCH_BYTES_MAX);
    for (size_t i = 0; i < VIEW_NOT_TESTED; i++) {
        buf_clear(&words);
        if (!view_write_not_tested(&words, h->report->facts, i))
            continue;
        buf_add_cstr(h->out, any ? "; " : "<dt>Not tested</dt><dd class=\"unknown\">");
        markup_write_text(h->out, (struct str){words.bytes, words.used});
        any = true;
    }
    size_t unknowns = h->report->judgement->summary.unknowns;
    buf_add_cstr(h->out, any ? "" : "<dt>Not tested</dt><dd>nothing was left out on purpose or for want of room");
    if (unknowns)
        buf_printf(h->out, "; %zu test%s could not be done, see the findings", unknowns, unknowns == 1 ? "" : "s");
    buf_add_cstr(h->out, "</dd>\n");
    buf_done(&words);
}

/* Always there: from where and when this was seen, and what could not be. */
static void write_vantage(const struct html *h)
{
    const struct facts *f = h->report->facts;
    struct buf *out = h->out;
    buf_add_cstr(out, "<dl class=\"seen\">\n<dt>Seen</dt><dd>");
    write_time(out, f->checked_at);
    if (f->duration_ms)
        buf_printf(out, ", in %u.%02u s", f->duration_ms / 1000, f->duration_ms % 1000 / 10);
    buf_add_cstr(out, "</dd>\n<dt>From</dt><dd>");
    html_words(out, f->vantage.ehlo ? f->vantage.ehlo : "nobody: no connection was made");
    buf_add_cstr(out, "; DNS: ");
    html_words(out, f->vantage.resolver ? f->vantage.resolver : "not asked");
    buf_add_cstr(out, "</dd>\n");
    if (!tls_policy_is_default(h->report->judgement->tls_policy)) {
        buf_add_cstr(out, "<dt>TLS policy</dt><dd>");
        html_words(out, tls_policy_name(h->report->judgement->tls_policy));
        buf_add_cstr(out, "</dd>\n");
    }
    write_not_tested(h);
    buf_add_cstr(out, "</dl>\n");
}

static void write_json(const struct html *h)
{
    struct buf json;
    buf_init(&json, JSON_BYTES_MAX);
    report_write_json(&json, h->report, 2);
    html_section(h, "raw", "Raw report");
    buf_add_cstr(h->out, "<details><summary>JSON</summary>\n<pre class=\"raw\" tabindex=\"0\">");
    for (struct str rest = {json.used ? json.bytes : "", json.used}; rest.n;) {
        markup_write_text(h->out, str_cut(&rest, '\n'));
        buf_add_char(h->out, '\n');
    }
    buf_add_cstr(h->out, "</pre></details>\n</section>\n");
    h->out->failed = h->out->failed || json.failed;
    buf_done(&json);
}

void html_begin(struct buf *out, const char *title, const struct html_style *style)
{
    buf_add_cstr(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                      "<meta name=\"robots\" content=\"noindex\">\n<meta name=\"referrer\" content=\"no-referrer\">\n<title>");
    html_words(out, title);
    buf_add_cstr(out, "</title>\n");
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
        buf_add_cstr(out, "\"></script>\n"); /* at once: nothing is drawn before the theme is known */
    }
    if (style->icon_href) {
        buf_add_cstr(out, "<link rel=\"icon\" type=\"image/svg+xml\" href=\"");
        html_words(out, style->icon_href);
        buf_add_cstr(out, "\">\n");
    }
    if (style->again_s)
        buf_printf(
            out, style->script_href ? "<noscript><meta http-equiv=\"refresh\" content=\"%u\"></noscript>\n" : "<meta http-equiv=\"refresh\" content=\"%u\">\n",
            style->again_s);
    buf_printf(out, "</head>\n<body>\n<header class=\"top\">%s</header>\n<main>\n", style->standalone ? "mxassay" : "<a href=\"/\">mxassay</a>");
}

void html_end(struct buf *out)
{
    buf_add_cstr(out, "</main>\n<footer>mxassay " MXASSAY_VERSION ", ruleset " REPORT_RULESET "</footer>\n</body>\n</html>\n");
}

void html_add(struct buf *out, const struct report *r, const struct html_style *style, size_t number)
{
    const struct html h = {out, r, style, number};
    const struct target_facts *t = &r->facts->target;
    buf_printf(out, "<article class=\"report\" id=\"r%zu\">\n<h1>", number);
    html_words(out, t->name);
    if (view_is_server(r->facts) && t->port)
        buf_printf(out, strchr(t->name, ':') ? " port %u" : ":%u", t->port);
    buf_add_cstr(out, "</h1>\n");
    write_verdict(&h);
    write_names(&h);
    write_vantage(&h);
    html_write_matrix(&h);
    html_write_senders(&h);
    html_write_policies(&h);
    html_write_findings(&h);
    html_write_servers(&h);
    html_write_transcripts(&h);
    html_write_dns(&h);
    html_write_passes(&h);
    write_json(&h);
    buf_add_cstr(out, "</article>\n");
}

const struct html_style html_as_one_file = {.standalone = true};

void report_write_html(struct buf *out, const struct report *r, const struct html_style *style)
{
    struct buf title;
    buf_init(&title, SCRATCH_BYTES_MAX);
    buf_printf(&title, "%s: mail report%c", r->facts->target.name, '\0');
    html_begin(out, title.bytes, style ? style : &html_as_one_file);
    html_add(out, r, style ? style : &html_as_one_file, 1);
    html_end(out);
    out->failed = out->failed || title.failed;
    buf_done(&title);
}

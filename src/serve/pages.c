/* SPDX-License-Identifier: Apache-2.0 */
/* pages - what people see: the form, a run under way, reports; and the style sheet. All of it works without script. */
#include <string.h>

#include "report/html.h"
#include "report/html_parts.h"
#include "serve/assets.h"
#include "serve/documents.h"
#include "serve/pages.h"
#include "serve/problem.h"
#include "serve/routes.h"
#include "serve/state.h"
#include "serve/targets.h"

enum { AGAIN_S = 2 };

static const char html[] = "text/html; charset=utf-8";

struct html_style pages_style(void)
{
    return (struct html_style){.stylesheet_href = asset_style.path, .script_href = asset_script.path, .icon_href = asset_icon.path};
}

static void begin(struct answer *a, unsigned status, const char *title, unsigned again_s)
{
    struct html_style style = pages_style();
    style.again_s = again_s;
    a->status = status;
    a->type = html;
    html_begin(&a->body, title, &style);
}

static void write_form(struct buf *out, const char *domain)
{
    buf_add_cstr(out, "<form action=\"/check\" method=\"get\"><label for=\"domain\">Domain</label>"
                      "<input id=\"domain\" name=\"domain\" required maxlength=\"300\" autocomplete=\"off\" autocapitalize=\"none\" spellcheck=\"false\" "
                      "placeholder=\"example.org\" value=\"");
    html_words(out, domain);
    buf_add_cstr(out, "\"><button>Check</button></form>\n");
}

void pages_index(struct request *q, struct answer *a)
{
    const struct serve *s = q->serve;
    struct buf *out = &a->body;
    begin(a, 200, "mxassay", 0);
    buf_add_cstr(out, "<h1>Does mail reach your domain?</h1>\n");
    if (s->keys)
        buf_add_cstr(out, "<p>This service answers to those who have a key: <code>POST /v1/checks</code> with <code>Authorization: Bearer KEY</code>.</p>\n");
    else
        write_form(out, "");
    buf_add_cstr(
        out, "<h2>What is checked</h2>\n<p>Every mail server of the domain, at every address: whether it answers, encrypts, shows a certificate that "
             "holds, and keeps strangers' mail out; and what the DNS says about the domain: DNSSEC, DANE, MTA-STS, SPF, DKIM, DMARC. No message is ever "
             "sent. <a href=\"/v1/catalog\">The list of checks</a>.</p>\n"
             "<h2>What is stored</h2>\n<p>Nothing is written to disk about a check. The report stays in memory for an hour, under an address that cannot be "
             "guessed, and is gone then. There are no cookies.</p>\n"
             "<h2>For programs</h2>\n<p><a href=\"/openapi.json\">The HTTP interface</a>, <a href=\"/identity\">who probes from here</a>");
    buf_add_cstr(out, s->params.contact ? ", <a href=\"/.well-known/security.txt\">contact</a>.</p>\n" : ".</p>\n");
    html_end(out);
}

void pages_check(struct request *q, struct answer *a)
{
    struct work_order order = {0};
    if (target_domain(q, request_arg(q, "domain"), &order, a) < 0)
        return;
    const struct run *r = target_run(q, &order, CHECKS_MAX_AGE_S, a);
    if (!r)
        return;
    a->status = 303;
    answer_header(a, "Location", "/r/%s", r->id);
}

static void write_under_way(const struct run *r, struct answer *a)
{
    struct buf *out = &a->body;
    begin(a, 200, r->target, AGAIN_S);
    buf_add_cstr(out, "<h1>");
    html_words(out, r->target);
    buf_add_cstr(out, "</h1>\n<p role=\"status\">Under way");
    if (r->total)
        buf_printf(out, ": %zu of %zu connections are done", r->done, r->total);
    buf_printf(out, ".</p>\n<div id=\"run\" data-id=\"%s\">\n<p>", r->id);
    if (r->waits_for[0]) {
        buf_add_cstr(out, "Waiting for ");
        html_words(out, r->waits_for);
        buf_add_char(out, '.');
    }
    buf_add_cstr(out, "</p>\n</div>\n<p>This page becomes the report when it is there. Servers may delay their greeting on purpose.</p>\n");
    html_end(out);
}

static void write_failed(const struct run *r, struct answer *a)
{
    struct buf *out = &a->body;
    begin(a, r->state == RUN_FAILED ? 502 : 410, r->target, 0);
    buf_add_cstr(out, "<h1>");
    html_words(out, r->target);
    buf_add_cstr(out, r->state == RUN_FAILED ? "</h1>\n<p>The check has failed, which says nothing about the domain: " : "</h1>\n<p>There is no report: ");
    html_words(out, r->problem);
    buf_add_cstr(out, ".</p>\n");
    write_form(out, r->server ? "" : r->target);
    html_end(out);
}

static struct run *find(struct request *q, struct answer *a)
{
    struct run *r = checks_find(q->serve->checks, request_part(q, "id"));
    if (!r)
        problem_write(a, PROBLEM_NO_SUCH_RUN, "reports are kept for an hour, and ids cannot be guessed");
    return r;
}

void pages_report(struct request *q, struct answer *a)
{
    const struct run *r = find(q, a);
    if (!r)
        return;
    if (r->state == RUN_DONE)
        document_answer(r, WORK_HTML, html, PROBLEM_NOT_OVER, a);
    else if (run_is_over(r))
        write_failed(r, a);
    else
        write_under_way(r, a);
}

void pages_report_json(struct request *q, struct answer *a)
{
    const struct run *r = find(q, a);
    if (r)
        document_answer(r, WORK_JSON, "application/json", PROBLEM_NOT_OVER, a);
}

void pages_report_text(struct request *q, struct answer *a)
{
    const struct run *r = find(q, a);
    if (r)
        document_answer(r, WORK_TEXT, "text/plain; charset=utf-8", PROBLEM_NOT_OVER, a);
}

/* "gzip;q=0" is a refusal too rare to be read: who sends it has to ask without the word. */
static bool takes_gzip(const struct request *q)
{
    return q->accept_encoding && str_contains_nocase(str_of(q->accept_encoding), "gzip") && !strstr(q->accept_encoding, "q=0");
}

static const struct asset *asset_for(struct str path)
{
    static const struct asset *const assets[] = {&asset_style, &asset_script, &asset_icon};
    for (size_t i = 0; i < sizeof assets / sizeof *assets; i++)
        if (assets[i]->path && str_is(path, assets[i]->path))
            return assets[i];
    return NULL;
}

void pages_asset(struct request *q, struct answer *a)
{
    const struct asset *asset = asset_for(q->path);
    if (!asset) {
        problem_write(a, PROBLEM_NOT_FOUND, "the page that names it is of another version");
        return;
    }
    bool packed = takes_gzip(q);
    a->caching = "public, max-age=31536000, immutable";
    a->type = asset->type;
    answer_header(a, "ETag", "\"%s%s\"", asset->digest, packed ? "-gzip" : "");
    answer_header(a, "Vary", "Accept-Encoding");
    if (q->if_none_match && strstr(q->if_none_match, asset->digest)) {
        a->status = 304;
        return;
    }
    a->status = 200;
    a->constant = packed ? asset->packed : asset->plain;
    if (packed)
        answer_header(a, "Content-Encoding", "gzip");
}

/* SPDX-License-Identifier: Apache-2.0 */
/* documents - see documents.h. */
#include "report/documents.h"

#include "base/text.h"
#include "report/html.h"
#include "report/view.h"

enum { HELD_BYTES_MAX = 64 * 1024 * 1024 };

void document_init(struct document *d, enum document_kind kind, enum fail_on fail_on)
{
    *d = (struct document){.kind = kind, .fail_on = fail_on, .worst_state = -1};
    prometheus_init(&d->prometheus);
    buf_init(&d->worst, HELD_BYTES_MAX);
    buf_init(&d->perfdata, HELD_BYTES_MAX);
}

void document_done(struct document *d)
{
    prometheus_done(&d->prometheus);
    buf_done(&d->worst);
    buf_done(&d->perfdata);
}

/* UNKNOWN comes before WARNING only: what is broken is told first. */
static int badness(int state)
{
    static const int order[] = {0, 1, 3, 2};
    return state < 0 ? -1 : order[state];
}

static void add_nagios(struct document *d, const struct report *r)
{
    const char *name = r->facts->target.name;
    int state = report_nagios_state(r->judgement);
    d->not_ok += state != 0;
    if (d->count == 1)
        report_write_perfdata(&d->perfdata, r, NULL);
    else
        report_write_perfdata(&d->perfdata, r, name);
    if (badness(state) <= badness(d->worst_state))
        return;
    d->worst_state = state;
    buf_clear(&d->worst);
    text_write_safe(&d->worst, str_of(name));
    buf_add_cstr(&d->worst, ": ");
    text_write_safe(&d->worst, str_of(r->judgement->summary.headline));
}

/* The bar parts words and figures. */
static void end_nagios(struct buf *out, struct document *d)
{
    buf_printf(out, "MX %s - ", report_nagios_word(d->worst_state));
    if (d->count > 1)
        buf_printf(out, "%zu of %zu not OK; ", d->not_ok, d->count);
    for (size_t i = 0; i < d->worst.used; i++)
        buf_add_char(out, d->worst.bytes[i] == '|' ? '/' : d->worst.bytes[i]);
    buf_add_cstr(out, " |");
    buf_add(out, d->perfdata.bytes, d->perfdata.used);
    buf_add_char(out, '\n');
    out->failed = out->failed || d->worst.failed || d->perfdata.failed;
}

void document_add(struct buf *out, struct document *d, const struct report *r)
{
    bool first = d->count++ == 0;
    switch (d->kind) {
    case DOCUMENT_HTML:
        if (first)
            html_begin(out, "Mail report", &html_as_one_file);
        html_add(out, r, &html_as_one_file, d->count);
        break;
    case DOCUMENT_MARKDOWN:
        buf_add_cstr(out, first ? "" : "\n");
        report_write_markdown(out, r);
        break;
    case DOCUMENT_CSV:
        if (first)
            report_write_csv_head(out);
        report_write_csv(out, r);
        break;
    case DOCUMENT_JUNIT:
        buf_add_cstr(out, first ? "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"mxassay\">\n" : "");
        report_write_junit(out, r, d->fail_on);
        break;
    case DOCUMENT_NAGIOS:
        add_nagios(d, r);
        break;
    case DOCUMENT_PROMETHEUS:
        prometheus_add(&d->prometheus, r, true);
        break;
    }
}

void document_end(struct buf *out, struct document *d)
{
    switch (d->kind) {
    case DOCUMENT_HTML:
        html_end(out);
        break;
    case DOCUMENT_JUNIT:
        buf_add_cstr(out, "</testsuites>\n");
        break;
    case DOCUMENT_NAGIOS:
        end_nagios(out, d);
        break;
    case DOCUMENT_PROMETHEUS:
        prometheus_write(out, &d->prometheus);
        break;
    case DOCUMENT_MARKDOWN:
    case DOCUMENT_CSV:
        break;
    }
}

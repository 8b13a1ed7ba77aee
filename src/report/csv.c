/* SPDX-License-Identifier: Apache-2.0 */
/*
 * csv - a line for each finding. A cell that a spreadsheet would take for a formula begins with an apostrophe instead.
 *
 * Spec: RFC 4180 2.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "report/documents.h"
#include "report/view.h"

enum { CELL_BYTES_MAX = 64 * 1024 * 1024, PORT_BYTES = 8 };

static const char *const heads[] = {"target", "checked_at", "status", "id",    "verdict", "severity", "scope",
                                    "host",   "ip",         "port",   "title", "detail",  "remedy",   "reason"};

static void write_cell(struct buf *out, const char *text, bool last)
{
    struct buf safe;
    buf_init(&safe, CELL_BYTES_MAX);
    text_write_safe(&safe, str_of(text));
    buf_add_char(out, '"');
    if (safe.used && strchr("=+-@\t\r", safe.bytes[0]))
        buf_add_char(out, '\'');
    for (size_t i = 0; i < safe.used; i++) {
        buf_add_char(out, safe.bytes[i]);
        if (safe.bytes[i] == '"')
            buf_add_char(out, '"');
    }
    buf_add_cstr(out, last ? "\"\r\n" : "\",");
    out->failed = out->failed || safe.failed;
    buf_done(&safe);
}

static void write_cells(struct buf *out, const char *const *cells, size_t count)
{
    for (size_t i = 0; i < count; i++)
        write_cell(out, cells[i], i + 1 == count);
}

void report_write_csv_head(struct buf *out)
{
    write_cells(out, heads, sizeof heads / sizeof *heads);
}

void report_write_csv(struct buf *out, const struct report *r)
{
    char when[CLOCK_TEXT_BYTES];
    wall_write(r->facts->checked_at, when);
    for (size_t i = 0; i < r->judgement->finding_count; i++) {
        const struct verdict *v = r->judgement->findings[i];
        const struct subject *s = &v->subject;
        bool failed = v->value == VERDICT_FAIL;
        char ip[IP_TEXT_BYTES] = "", port[PORT_BYTES] = "";
        if (s->address)
            ip_write(s->address->ip, ip);
        if (s->endpoint)
            snprintf(port, sizeof port, "%u", s->endpoint->port);
        const char *const cells[sizeof heads / sizeof *heads] = {r->facts->target.name,
                                                                 when,
                                                                 status_text(r->judgement->summary.status),
                                                                 v->check->id,
                                                                 failed ? "fail" : "unknown",
                                                                 severity_text(v->check->severity),
                                                                 scope_text(s->scope),
                                                                 s->host ? s->host->name : NULL,
                                                                 ip,
                                                                 port,
                                                                 view_title(v),
                                                                 view_detail(v),
                                                                 failed ? v->check->remedy : NULL,
                                                                 reason_text(v->reason)};
        write_cells(out, cells, sizeof heads / sizeof *heads);
    }
}

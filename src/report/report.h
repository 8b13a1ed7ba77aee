/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report - facts and verdicts in, bytes out. No I/O: the caller writes the buffer where it belongs.
 *
 * Memory: all writers append to a caller's buf; its `failed` tells that the cap or the memory was
 *   not enough. Text from the network is never written raw: control, escape and bidirectional
 *   characters and octets that are no UTF-8 are shown escaped.
 * Fails: by the buf's `failed` alone.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "base/buf.h"
#include "judge/judge.h"

#define REPORT_SCHEMA_VERSION "1.0"
#define REPORT_RULESET "2026.11"

struct report {
    const struct facts *facts;
    const struct judgement *judgement;
};

struct text_style {
    unsigned columns;  /* of the terminal; 0: as for 100 */
    bool color;        /* ANSI colours */
    bool symbols;      /* UTF-8 marks; plain ASCII otherwise */
    bool all;          /* list passed checks too */
    bool verbose;      /* long evidence */
    bool quiet;        /* the first line only */
    bool transcript;
};

void report_write_text(struct buf *out, const struct report *r, const struct text_style *style);
/* One JSON object (contract: report, schema version 1.0). `indent` 0: one line, no newline at the end. */
void report_write_json(struct buf *out, const struct report *r, unsigned indent);
/* The JSON Schema (draft 2020-12) of what report_write_json writes. */
void report_write_schema(struct buf *out);

/* Short forms for programs, one JSON object each, and their schemas (draft 2020-12). */
/* What most ask first: hosts, whether they resolve, speak SMTP and TLS (contract: mx-health). */
void report_write_mx_health(struct buf *out, const struct report *r);
void report_write_mx_health_schema(struct buf *out);
/* For readers with little room, language models among them: the summary first, the worst findings, what was left out.
 * At most REPORT_BRIEF_BYTES, whatever the report. Text of strangers stands in members named remote_text only, made safe
 * to show and cut. */
enum { REPORT_BRIEF_BYTES = 5500 };
void report_write_brief(struct buf *out, const struct report *r);
void report_write_brief_schema(struct buf *out);

/* Text exposition for Prometheus; one target, which its scraper names. */
void report_write_prometheus(struct buf *out, const struct report *r);

/* A page that stands for itself. `style` NULL: as one file. */
struct html_style {
    const char *stylesheet_href, *script_href, *icon_href; /* served with it; NULL: none */
    unsigned again_s;                                      /* without a script it is loaded anew after this time; 0: never */
    bool standalone;                                       /* the style sheet stands inside; nothing else is loaded */
};
void report_write_html(struct buf *out, const struct report *r, const struct html_style *style);
/* web/report.css, for who serves pages. */
struct str report_stylesheet(void);

/* `mxassay explain`: one check, the list of all; as text or JSON; and doc/findings.md. */
void explain_write_text(struct buf *out, const struct check *c, const struct text_style *style);
void explain_write_json(struct buf *out, const struct check *c);
void explain_write_list_text(struct buf *out, const struct text_style *style);
void explain_write_list_json(struct buf *out);
void explain_write_markdown(struct buf *out);

/* 0 nothing at or above `fail_on`, 1 something is, 2 inconclusive (contract: exit status). */
enum fail_on { FAIL_ON_ERROR = 0, FAIL_ON_WARNING, FAIL_ON_NOTICE, FAIL_ON_NEVER };
int report_exit_status(const struct judgement *j, enum fail_on fail_on);

#endif

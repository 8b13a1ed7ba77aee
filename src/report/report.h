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

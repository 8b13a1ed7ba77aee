/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_writer - JSON as a stream of calls; commas, nesting and indentation look after themselves.
 *
 * Order of calls: json_init, then one value. Inside an object every value follows its json_key.
 * Memory: writes into the caller's buf, keeps nothing else. Limits: JSON_DEPTH_MAX levels.
 * Fails: as the buf does. A call in the wrong place is a bug of ours: must().
 * Spec: RFC 8259. The output is UTF-8 whatever the input: an octet that is no UTF-8 becomes the text
 *   `\xNN`, as it would be shown to a person; controls and code points nobody sees are written as \uNNNN.
 */
#ifndef REPORT_JSON_WRITER_H
#define REPORT_JSON_WRITER_H

#include "base/buf.h"

enum { JSON_DEPTH_MAX = 32 };

struct json {
    struct buf *out;
    unsigned indent; /* blanks for each level; 0: everything in one line */
    unsigned depth;
    bool has_members[JSON_DEPTH_MAX + 1]; /* of the level: a comma is due */
    bool is_object[JSON_DEPTH_MAX + 1];
    bool after_key;
};

void json_init(struct json *j, struct buf *out, unsigned indent);

void json_open_object(struct json *j);
void json_close_object(struct json *j);
void json_open_array(struct json *j);
void json_close_array(struct json *j);
void json_key(struct json *j, const char *name); /* a name of ours: written as it is */

void json_str(struct json *j, struct str s);
void json_cstr(struct json *j, const char *c_string); /* NULL gives null */
void json_number(struct json *j, int64_t n);
void json_bool(struct json *j, bool b);
void json_no_value(struct json *j); /* null; libjansson has a json_null */

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compare - what changed between two reports, as one small JSON object: findings that are new, gone, or no longer to be told.
 *
 * A finding is gone when its check was judged again and does not fail; when it was not judged, or could not be decided,
 * nothing is known of it.
 * Memory: none. Limits: COMPARE_ITEMS of each list are written; the numbers in the summary are of all. Fails: as the buf does.
 */
#ifndef SERVE_COMPARE_H
#define SERVE_COMPARE_H

#include <jansson.h>

#include "base/buf.h"

enum { COMPARE_ITEMS = 6 };

/* Both as report_write_json writes them. */
void compare_reports(struct buf *out, const json_t *old, const json_t *new);

/* The JSON Schema of what it writes. */
#define COMPARE_SCHEMA \
    "{\"type\":\"object\",\"properties\":{\"summary\":{\"type\":\"object\",\"properties\":{\"text\":{\"type\":\"string\"},\"same_target\":{\"type\":" \
    "\"boolean\"}," \
    "\"old_status\":{\"type\":\"string\"},\"new_status\":{\"type\":\"string\"},\"appeared\":{\"type\":\"integer\"},\"gone\":{\"type\":\"integer\"}," \
    "\"unclear\":{\"type\":\"integer\"},\"unchanged\":{\"type\":\"integer\"}},\"required\":[\"text\",\"same_target\",\"old_status\",\"new_status\"," \
    "\"appeared\",\"gone\"," \
    "\"unclear\",\"unchanged\"]},\"appeared\":" COMPARE_LIST ",\"gone\":" COMPARE_LIST ",\"unclear\":" COMPARE_LIST "}," \
    "\"required\":[\"summary\",\"appeared\",\"gone\",\"unclear\"]}"
#define COMPARE_LIST \
    "{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"string\"},\"severity\":{\"type\":\"string\"},\"title\":{\"type\":" \
    "\"string\"}," \
    "\"subject\":{\"type\":\"object\",\"properties\":{\"remote_text\":{\"type\":\"string\"}},\"required\":[\"remote_text\"]}}," \
    "\"required\":[\"id\",\"severity\",\"title\",\"subject\"]}}"

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_read - JSON that strangers sent, with its depth looked at first: the library's parser recurses.
 *
 * Memory: libjansson's; the caller decrefs. Fails: NULL with what is wrong.
 * Spec: RFC 8259.
 */
#ifndef SERVE_JSON_READ_H
#define SERVE_JSON_READ_H

#include <jansson.h>

#include "base/str.h"

enum { JSON_PROBLEM_BYTES = 200 };

json_t *json_read(struct str text, size_t depth, char problem[static JSON_PROBLEM_BYTES]);

#endif

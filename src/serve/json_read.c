/* SPDX-License-Identifier: Apache-2.0 */
/* json_read - see json_read.h. */
#include "serve/json_read.h"

#include <stdio.h>

/* What stands in strings is no nesting. */
static bool is_shallow(struct str text, size_t limit)
{
    size_t depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (in_string && c == '\\')
            i++;
        else if (c == '"')
            in_string = !in_string;
        else if (!in_string && (c == '{' || c == '[') && ++depth > limit)
            return false;
        else if (!in_string && (c == '}' || c == ']') && depth > 0)
            depth--;
    }
    return true;
}

json_t *json_read(struct str text, size_t depth, char problem[static JSON_PROBLEM_BYTES])
{
    json_error_t error = {0};
    if (!is_shallow(text, depth)) {
        snprintf(problem, JSON_PROBLEM_BYTES, "it is nested deeper than %zu levels", depth);
        return NULL;
    }
    json_t *value = json_loadb(text.n ? text.p : "", text.n, JSON_REJECT_DUPLICATES, &error);
    if (!value)
        snprintf(problem, JSON_PROBLEM_BYTES, "%s", error.text);
    return value;
}

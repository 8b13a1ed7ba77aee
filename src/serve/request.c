/* SPDX-License-Identifier: Apache-2.0 */
/* request - see request.h. */
#include "serve/request.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/panic.h"

static struct str value_of(const struct argument *list, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (str_is(list[i].name, name))
            return list[i].value;
    return STR("");
}

struct str request_part(const struct request *q, const char *name)
{
    return value_of(q->parts, q->part_count, name);
}

struct str request_arg(const struct request *q, const char *name)
{
    return value_of(q->query, q->query_count, name);
}

void request_wait(struct request *q, struct run *r, int64_t wait_ms, void (*then)(struct request *q, struct run *r, struct answer *a))
{
    q->run = r;
    q->wait_ms = wait_ms;
    q->then = then;
}

void answer_header(struct answer *a, const char *name, const char *format, ...)
{
    va_list args;
    must(a->header_count < ANSWER_HEADERS);
    a->headers[a->header_count].name = name;
    va_start(args, format);
    int n = vsnprintf(a->headers[a->header_count++].value, ANSWER_HEADER_BYTES, format, args);
    va_end(args);
    must(n >= 0 && n < ANSWER_HEADER_BYTES);
}

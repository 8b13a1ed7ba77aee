/* SPDX-License-Identifier: Apache-2.0 */
/* buf - see buf.h. */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/panic.h"

void buf_init(struct buf *b, size_t cap_bytes)
{
    *b = (struct buf){.cap_bytes = cap_bytes};
}

void buf_done(struct buf *b)
{
    free(b->bytes);
    *b = (struct buf){0};
}

void buf_clear(struct buf *b)
{
    b->used = 0;
    b->failed = false;
}

bool buf_grow(struct buf *b, size_t n)
{
    if (b->failed)
        return false;
    if (n > b->cap_bytes - b->used) {
        b->failed = true;
        return false;
    }
    if (b->used + n <= b->size)
        return true;
    size_t size = b->size ? b->size : 256;
    while (size < b->used + n)
        size *= 2;
    if (size > b->cap_bytes)
        size = b->cap_bytes;
    char *bytes = realloc(b->bytes, size);
    if (!bytes) {
        b->failed = true;
        return false;
    }
    b->bytes = bytes;
    b->size = size;
    return true;
}

void buf_add_str(struct buf *b, struct str s)
{
    buf_add(b, s.p, s.n);
}

void buf_add_cstr(struct buf *b, const char *c_string)
{
    buf_add(b, c_string, strlen(c_string));
}

void buf_printf(struct buf *b, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    size_t room = b->size - b->used;
    int n = vsnprintf(room ? b->bytes + b->used : NULL, room, format, args);
    va_end(args);
    bool fits = n >= 0 && buf_grow(b, (size_t)n + 1);
    if (fits && (size_t)n >= room)
        vsnprintf(b->bytes + b->used, (size_t)n + 1, format, again);
    va_end(again);
    b->used += fits ? (size_t)n : 0;
    b->failed = !fits;
}

void buf_take(struct buf *b, size_t n)
{
    must(n <= b->used);
    b->used -= n;
    if (b->used)
        memmove(b->bytes, b->bytes + n, b->used);
}

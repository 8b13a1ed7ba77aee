/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buf - a growing run of bytes to write into, with a cap.
 *
 * Order of calls: buf_init, any number of buf_add*, buf_done. Errors are sticky: after the first
 * one every call does nothing, so a writer tests `failed` once, at its end.
 * Memory: malloc, doubled as needed, owned by the buf.
 * Limits: never more than `cap_bytes`. Fails: `failed` is set at the cap or without memory.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <string.h>

#include "base/str.h"

struct buf {
    char *bytes;
    size_t used, size, cap_bytes;
    bool failed;
};

void buf_init(struct buf *b, size_t cap_bytes);
void buf_done(struct buf *b);
void buf_clear(struct buf *b); /* forgets the bytes and the failure, keeps the memory */

bool buf_grow(struct buf *b, size_t n); /* makes room for n octets more; false: it failed */

/* Room for n octets behind the last one, to be filled and counted in `used` by the caller; NULL: it failed.
 * Inline, as reports are written in pieces of a few octets. */
static inline char *buf_room(struct buf *b, size_t n)
{
    return (!b->failed && n <= b->size - b->used) || buf_grow(b, n) ? b->bytes + b->used : NULL;
}

static inline void buf_add(struct buf *b, const void *bytes, size_t n)
{
    char *room = n == 0 ? NULL : buf_room(b, n);
    if (!room)
        return;
    memcpy(room, bytes, n);
    b->used += n;
}

static inline void buf_add_char(struct buf *b, char c)
{
    buf_add(b, &c, 1);
}

void buf_add_str(struct buf *b, struct str s);
void buf_add_cstr(struct buf *b, const char *c_string);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Drops the first n bytes (a consumer took them). */
void buf_take(struct buf *b, size_t n);

#endif

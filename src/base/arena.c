/* SPDX-License-Identifier: Apache-2.0 */
/* arena - see arena.h. Blocks are a list, newest first; only the newest has room. */
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_BLOCK_BYTES_MIN = 256, ARENA_BLOCK_BYTES_MAX = 16 * 1024, ARENA_ALIGN = 16 };

struct arena_block {
    struct arena_block *next;
    size_t used, size;
    _Alignas(ARENA_ALIGN) char bytes[];
};

void arena_init(struct arena *a, size_t cap_bytes)
{
    *a = (struct arena){.cap_bytes = cap_bytes};
}

void arena_done(struct arena *a)
{
    while (a->blocks) {
        struct arena_block *next = a->blocks->next;
        free(a->blocks);
        a->blocks = next;
    }
    *a = (struct arena){0};
}

/* Blocks grow with the arena, so that one of little is little, and one of much has few of them. What is large has a block of its own. */
static size_t block_size_for(struct arena *a, size_t bytes)
{
#ifdef ARENA_MALLOC
    (void)a;
    return bytes;
#else
    size_t wanted = a->used_bytes / 8 / ARENA_ALIGN * ARENA_ALIGN;
    size_t size = wanted < ARENA_BLOCK_BYTES_MIN ? ARENA_BLOCK_BYTES_MIN : wanted > ARENA_BLOCK_BYTES_MAX ? ARENA_BLOCK_BYTES_MAX : wanted;
    return bytes > size / 4 ? bytes : size;
#endif
}

static struct arena_block *add_block(struct arena *a, size_t bytes)
{
    size_t size = block_size_for(a, bytes);
    struct arena_block *b = calloc(1, sizeof *b + size);
    if (!b)
        return NULL;
    b->size = size;
    if (a->blocks && size == bytes) { /* full at once: keep the room in the newest block */
        b->next = a->blocks->next;
        a->blocks->next = b;
    } else {
        b->next = a->blocks;
        a->blocks = b;
    }
    return b;
}

void *arena_alloc(struct arena *a, size_t bytes)
{
    if (bytes == 0)
        bytes = 1;
    if (bytes > a->cap_bytes - a->used_bytes) {
        a->exhausted = true;
        return NULL;
    }
    size_t room = bytes;
#ifndef ARENA_MALLOC
    room = (bytes + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
#endif
    struct arena_block *b = a->blocks;
    if (!b || b->size - b->used < room)
        b = add_block(a, room);
    if (!b) {
        a->exhausted = true;
        return NULL;
    }
    void *p = b->bytes + b->used;
    b->used += room;
    a->used_bytes = a->cap_bytes - a->used_bytes < room ? a->cap_bytes : a->used_bytes + room;
    return p;
}

void *arena_array(struct arena *a, size_t count, size_t element_bytes)
{
    if (element_bytes && count > a->cap_bytes / element_bytes) {
        a->exhausted = true;
        return NULL;
    }
    return arena_alloc(a, count * element_bytes);
}

char *arena_cstr(struct arena *a, struct str s)
{
    char *p = arena_alloc(a, s.n + 1);
    if (p && s.n)
        memcpy(p, s.p, s.n);
    return p;
}

struct str arena_copy(struct arena *a, struct str s)
{
    char *p = arena_cstr(a, s);
    return p ? (struct str){p, s.n} : (struct str){"", 0};
}

char *arena_strdup(struct arena *a, const char *c_string)
{
    return c_string ? arena_cstr(a, str_of(c_string)) : NULL;
}

char *arena_printf(struct arena *a, const char *format, ...)
{
    char text[512]; /* as most fit in, so that they are printed once */
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    char *p = n < 0 ? NULL : arena_alloc(a, (size_t)n + 1);
    if (p && (size_t)n < sizeof text)
        memcpy(p, text, (size_t)n);
    else if (p)
        vsnprintf(p, (size_t)n + 1, format, again);
    va_end(again);
    return p;
}

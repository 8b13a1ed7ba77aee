/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena - one capped region of memory per report; everything in it is freed at once.
 *
 * Order of calls: arena_init, any number of arena_alloc and friends, arena_done.
 * Memory: blocks come from malloc as needed. Built with ARENA_MALLOC every allocation is a malloc
 *   of its own, so that ASan and valgrind see each one's bounds.
 * Limits: `cap_bytes` in all; the arena never exceeds it.
 * Fails: NULL when the cap or the machine's memory is exhausted; `exhausted` stays set from then
 *   on, so a caller may test once at the end of a step. Memory returned is zeroed.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/str.h"

struct arena_block;

struct arena {
    struct arena_block *blocks;
    size_t used_bytes, cap_bytes;
    bool exhausted;
};

void arena_init(struct arena *a, size_t cap_bytes);
void arena_done(struct arena *a);

void *arena_alloc(struct arena *a, size_t bytes);
void *arena_array(struct arena *a, size_t count, size_t element_bytes);
#define ARENA_NEW(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define ARENA_ARRAY(arena, type, count) ((type *)arena_array((arena), (count), sizeof(type)))

/* Copies. The bytes of arena_copy end in a NUL that is not counted. On failure: the empty slice,
 * and NULL for the C strings. */
struct str arena_copy(struct arena *a, struct str s);
char *arena_cstr(struct arena *a, struct str s);
char *arena_strdup(struct arena *a, const char *c_string);
char *arena_printf(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif

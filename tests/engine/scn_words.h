/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scn_words - one line of a scenario file as words.
 *
 * Memory: words are copied into the arena, quotes and escapes resolved. Fails: -1 and what is wrong.
 */
#ifndef ENGINE_SCN_WORDS_H
#define ENGINE_SCN_WORDS_H

#include "base/arena.h"

enum { SCN_WORDS_MAX = 64 };

struct scn_words {
    struct str word[SCN_WORDS_MAX]; /* each ends in a NUL that is not counted */
    bool quoted[SCN_WORDS_MAX];
    size_t count;
};

int scn_words_split(struct arena *a, struct str line, struct scn_words *out, const char **error);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scn_files - reads scenario files.
 *
 * Memory: the arena given. Limits: 1000 files of 1 MB. Fails: -1, and why in `error`.
 */
#ifndef ENGINE_SCN_FILES_H
#define ENGINE_SCN_FILES_H

#include "scn_parse.h"

struct scn_files {
    struct arena *arena;
    struct scenario *list;
    size_t count;
};

/* Paths end in NULL; of a folder all *.scn are read, in the order of their names. */
int scn_files_read(struct scn_files *f, struct arena *arena, char **paths, char error[static SCN_ERROR_BYTES]);

#endif

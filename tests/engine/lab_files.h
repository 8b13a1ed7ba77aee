/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lab_files - the folder that a lab makes for its clients.
 *
 * Order of calls: lab_files_make_folder (which sets the paths), lab_files_write, lab_files_remove_folder.
 * Memory: the arena given to lab_files_make_folder. Fails: -1, and why in `error`.
 */
#ifndef ENGINE_LAB_FILES_H
#define ENGINE_LAB_FILES_H

#include "scn_files.h"
#include "scn_world.h"

enum { LAB_VARIABLES = 10 };

struct lab_file {
    struct lab_file *next;
    const char *path;
};

struct lab_files {
    struct arena *arena;
    char *folder; /* NULL: not made */
    const char *root_hints, *trust_anchor, *ca, *plan, *variables;
    struct lab_file *more; /* of single scenarios */
    const char *environment[LAB_VARIABLES + 1]; /* "MXASSAY_ROOT_HINTS=..."; ends in NULL */
};

int lab_files_make_folder(struct lab_files *f, struct arena *arena, char error[static SCN_ERROR_BYTES]);
/* The plan (scn_plan.h) and the environment as a file for shells. */
int lab_files_write(struct lab_files *f, struct scn_world *w, const struct scn_files *scenarios, char error[static SCN_ERROR_BYTES]);
void lab_files_print_entrance(const struct lab_files *f, const struct scn_files *scenarios, bool in_user_namespace);
void lab_files_remove_folder(struct lab_files *f);

#endif

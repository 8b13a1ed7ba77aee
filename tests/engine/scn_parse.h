/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scn_parse - scenario files: text in, struct scenario out.
 *
 * One statement a line; the first word is the verb. `#` begins a comment line. Words are separated by
 * blanks; a word in double quotes may hold blanks and the escapes \r \n \t \0 \\ \" \xHH. `say`,
 * `drip` and `endless` take the rest of the line as it stands.
 * Memory: everything is copied into the arena. Fails: -1 and "file:line: what" in `error`.
 */
#ifndef ENGINE_SCN_PARSE_H
#define ENGINE_SCN_PARSE_H

#include "scn.h"

enum { SCN_ERROR_BYTES = 512 };

int scn_parse(struct arena *a, const char *file, struct str text, struct scenario *out, char error[static SCN_ERROR_BYTES]);

/* The verbs, for people: usage and meaning of each, in the order of a scenario file. */
size_t scn_verb_count(void);
const char *scn_verb_usage(size_t index);
const char *scn_verb_meaning(size_t index);

#endif

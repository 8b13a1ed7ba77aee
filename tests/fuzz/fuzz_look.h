/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_look - what must hold of every report: judge and writers manage it, its text can be shown, its JSON is JSON.
 *
 * Memory: verdicts in the arena. Fails: a broken promise ends the process.
 */
#ifndef TESTS_FUZZ_FUZZ_LOOK_H
#define TESTS_FUZZ_FUZZ_LOOK_H

#include "facts/facts.h"
#include "fuzz.h"

/* Judges the facts and writes them as text, in one of the styles, and as JSON. */
void fuzz_look(const struct facts *facts, struct arena *arena, unsigned style);
/* The JSON alone, in one line. */
void fuzz_write_json(const struct facts *facts, struct arena *arena, struct buf *json);

#endif

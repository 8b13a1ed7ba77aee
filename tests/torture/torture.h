/* SPDX-License-Identifier: Apache-2.0 */
/*
 * torture - memory that fails on demand: the k-th allocation of ours, or of OpenSSL for us, gives nothing.
 *
 * The linker puts this module between the program and malloc, calloc, realloc, reallocarray, strdup, strndup and
 * free; OpenSSL asks through its own hooks. What the scripted world allocates for itself never fails and does not
 * count.
 * Order of calls: torture_init before OpenSSL is used; torture_arm, the code under test, torture_disarm.
 * Memory: none. Fails: that is its purpose.
 */
#ifndef TESTS_TORTURE_TORTURE_H
#define TESTS_TORTURE_TORTURE_H

#include <stdbool.h>
#include <stddef.h>

void torture_init(void);

/* From now on the k-th allocation fails, counted from 1, and with `all_after` every later one too. 0: none. */
void torture_arm(size_t k, bool all_after);
size_t torture_asked(void); /* how many allocations there were since */
void torture_disarm(void);
bool torture_hit_library(void); /* the first that failed was one of OpenSSL's */

/* Between the two nothing fails or counts. */
void torture_pause(void);
void torture_resume(void);

size_t torture_live(void); /* blocks that our own code has not freed */

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lab_language - the scenario language for people, from the table of verbs: doc/scenario.md.
 *
 * Memory: the caller's. Fails: as the buf does.
 */
#ifndef ENGINE_LAB_LANGUAGE_H
#define ENGINE_LAB_LANGUAGE_H

#include "base/buf.h"

void lab_language_write(struct buf *out);

#endif

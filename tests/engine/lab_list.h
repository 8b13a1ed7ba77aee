/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lab_list - the domains of the lab for people, each with its one fault, from the scenarios themselves: doc/lab.md.
 *
 * Memory: the caller's. Fails: -1 when an option of a scenario cannot be expanded, with the error of the world; else as
 * the buf does.
 */
#ifndef ENGINE_LAB_LIST_H
#define ENGINE_LAB_LIST_H

#include "base/buf.h"
#include "scn_files.h"
#include "scn_world.h"

/* The scenarios are in the world. */
int lab_list_write(struct scn_world *w, const struct scn_files *scenarios, struct buf *out);

#endif

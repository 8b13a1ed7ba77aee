/* SPDX-License-Identifier: Apache-2.0 */
/*
 * virtual_names - the zones and records of a world, as a validating resolver sees them, in a scripted one.
 *
 * Memory: the resolver's. Fails: -1, and why in `error`.
 */
#ifndef ENGINE_VIRTUAL_NAMES_H
#define ENGINE_VIRTUAL_NAMES_H

#include "net/resolver.h"
#include "scn_world.h"

int virtual_names_fill(struct resolver *r, const struct scn_world *w, char error[static SCN_ERROR_BYTES]);

#endif

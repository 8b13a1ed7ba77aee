/* SPDX-License-Identifier: Apache-2.0 */
/*
 * virtual_names - the zones and records of a world in a scripted resolver, as one that validates sees them by itself or
 * through the resolver that it was told to ask.
 *
 * Memory: the resolver's. Fails: -1, and why in `error`.
 */
#ifndef ENGINE_VIRTUAL_NAMES_H
#define ENGINE_VIRTUAL_NAMES_H

#include "net/resolver.h"
#include "scn_world.h"

int virtual_names_fill(struct resolver *r, const struct scn_world *w, enum scn_resolver asked, char error[static SCN_ERROR_BYTES]);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scn_sightings - the other reports of a domain that a scenario tells of, as far as a client reads them.
 *
 * Memory: the caller's buffer. Fails: -1, and why in the world's `error`: the scenario names a server that it has not.
 */
#ifndef ENGINE_SCN_SIGHTINGS_H
#define ENGINE_SCN_SIGHTINGS_H

#include "base/buf.h"
#include "base/clock.h"
#include "scn_world.h"

bool scn_sightings_exist(const struct scenario *s, bool elsewhere);
/* One report in JSON, made `now` less a few minutes or an hour. */
int scn_sightings_write(struct scn_world *w, const struct scenario *s, bool elsewhere, struct wall now, struct buf *out);

#endif

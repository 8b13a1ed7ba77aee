/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scn_plan - what a check of each scenario must be asked and must find, as JSON for a runner:
 *
 *     {"hybrid_group", "scenarios": [{"name", "file", "about", "domain", "options": [..], "longest_wait_ms",
 *       "fail": [{"id", "objects": [{"host", "family"}]}], "unknown": [{.., "reason"}], "senders": [{.., "reason"}], "exit",
 *       "hybrid"}]}
 *
 * hybrid_group: whether this machine's TLS library has X25519MLKEM768; without it only a scenario shows it that is `hybrid`:
 *   whose servers answer for it.
 * Of a sender `id` is its profile and `reason` what becomes of its mail; no objects: of mail for the domain.
 * No objects: all of the kind that the check is about. Family 4 or 6; 0: both.
 * Memory: the world's arena. Fails: -1, and why in the world's `error`.
 */
#ifndef ENGINE_SCN_PLAN_H
#define ENGINE_SCN_PLAN_H

#include "base/buf.h"
#include "scn_world.h"

struct str scn_plan_name(const struct scenario *s); /* its file without folder and suffix */
int scn_plan_write(struct scn_world *w, const struct scenario *scenarios, size_t count, struct buf *out);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deep_world - the healthy world, looked at closely: what the further connections of --deep show of it.
 *
 * Without server name all is the same; there is a second certificate, with an RSA key, as good as the first; TLS 1.2 is
 * sound; a command in clear behind STARTTLS is dropped; mail in clear is taken, and no form of relaying is.
 * Memory: the world's arena.
 */
#ifndef TESTS_JUDGE_DEEP_WORLD_H
#define TESTS_JUDGE_DEEP_WORLD_H

#include "world.h"

void with_deep(struct world *w);
/* A deep connection of one address; index as in `addresses`. */
struct session_facts *deep_of(struct world *w, size_t address, enum deep_connection place);
/* It was not made. */
void leave_out(struct world *w, size_t address, enum deep_connection place, enum deep_left_out why);
/* Every place of every address. */
void leave_all_out(struct world *w, enum deep_left_out why);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sender_world - the world of world.h with all that strict senders ask for, and the flaws that they mind.
 *
 * Memory: the world's arena. Fails: as world.h.
 */
#ifndef TESTS_JUDGE_SENDER_WORLD_H
#define TESTS_JUDGE_SENDER_WORLD_H

#include "dane_world.h"

/* Signed, with TLSA, and with an enforced policy for both hosts; *state: a struct world. */
int strict(void **state);
/* A policy that names the first `hosts` hosts. */
void with_sts(struct world *w, enum mta_sts_mode mode, size_t hosts);
void with_tls_rpt(struct world *w); /* reports go to the domain itself, as mail */

/* The handshake fails, with old TLS too, at the addresses from `first` to `last`. */
void break_handshakes(struct world *w, size_t first, size_t last);
void expire(struct world *w, struct session_facts *s);
void self_sign(struct session_facts *s);

#endif

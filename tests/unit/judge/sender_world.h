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
int bare(void **state); /* neither DNSSEC nor a policy */
#define STRICT(function) cmocka_unit_test_setup_teardown(function, strict, world_teardown)
#define BARE(function) cmocka_unit_test_setup_teardown(function, bare, world_teardown)
/* A policy that names the first `hosts` hosts. */
void with_sts(struct world *w, enum mta_sts_mode mode, size_t hosts);
void with_tls_rpt(struct world *w); /* reports go to the domain itself, as mail */

/* The handshake fails, with old TLS too, at the addresses from `first` to `last`. */
void break_handshakes(struct world *w, size_t first, size_t last);
void expire(struct world *w, struct session_facts *s);
void self_sign(struct session_facts *s);

/* A row of expectations reads: plain, opportunistic, postfix-may, postfix-dane, sts-enforcing, dane-then-sts, verify;
 * in letters: Authenticated, Encrypted, Plaintext, Defer, Bounce, unknown "?", and small where delivery is delayed. */
void expect_senders(struct world *w, const char *letters);
void expect_at(struct world *w, const char *host, const char *letters); /* the best over the addresses of a host */
const struct sender *sender_of(struct world *w, const char *profile);
void expect_words(struct world *w, const char *profile, const char *part);

#endif

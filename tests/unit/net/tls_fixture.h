/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_fixture - one client and one server for each test of TLS: what the tests share.
 * Memory: set_up_all makes context and leaves, set_up the arena; tear_down frees whatever the test made.
 * Fails: the test that asked.
 */
#ifndef TESTS_UNIT_NET_TLS_FIXTURE_H
#define TESTS_UNIT_NET_TLS_FIXTURE_H

#include "tls_peer.h"
#include "tls_pki.h"

extern struct tls_context *context;
extern const struct pki_cert *leaf, *rsa_leaf;
extern struct arena arena;
extern struct peer *peer;
extern struct tls_client *client;
extern struct tls_facts facts;

int set_up_all(void **state);
int tear_down_all(void **state);
int set_up(void **state);
int tear_down(void **state);

void greet(enum tls_profile profile, const char *name); /* the client's first word */
void copy_facts(void);
void shake(enum tls_profile profile, const struct peer_plan *plan); /* a whole handshake, then its facts */
void shake_with(const char *name, enum tls_profile profile, const struct peer_plan *plan);
void hang_up(void); /* before another one */
void hear(const void *bytes, size_t n);                              /* the client hears this */
#define HEAR(literal) hear(literal, sizeof(literal) - 1)
void assert_clear_text_goes_both_ways(void);

#endif

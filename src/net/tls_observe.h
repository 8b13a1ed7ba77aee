/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_observe - a handshake seen without taking part in it: a ClientHello of TLS 1.2 made by hand, which offers what
 * TLS_PROFILE_MODERN offers of that version, and the facts of what the server answers in clear. No key is made for it
 * and no signature verified but those of a chain that is new to us.
 *
 * Order of calls: tls_observe_hello, send it; give what comes to a tls_hello_reader; when it is over, tls_observe.
 * Memory: facts live in the arena. Chains that were judged are kept in the context and known again by their digest.
 * Limits: TLS_SEEN_MAX chains and TLS_ALIKE_MAX shapes of certificates are kept, each in TLS_SEEN_CHAIN_BYTES at most, and
 *   TLS_SEEN_ISSUERS_MAX CA certificates; a new one takes the place of an old one.
 * Fails: 0 and -1 without memory or random octets.
 * Spec: RFC 5246 7.4, RFC 8446 4.1.3, RFC 9525.
 */
#ifndef NET_TLS_OBSERVE_H
#define NET_TLS_OBSERVE_H

#include "net/tls.h"
#include "wire/tls_hello.h"

enum { TLS_SEEN_MAX = 1024, TLS_ALIKE_MAX = 256, TLS_SEEN_CHAIN_BYTES = 128 * 1024, TLS_SEEN_ISSUERS_MAX = 256 };

/* Returns how many octets of `out` were written. `sni` is left out where it is an address. */
size_t tls_observe_hello(struct tls_context *c, const char *sni, uint8_t out[TLS_HELLO_MAX_BYTES]);

/* Fills everything of tls_facts but started_ms, took_ms, implicit. The result is OBSERVED where the server showed all that
 * TLS 1.2 shows before keys are, else NOT_TRIED. A chain that cannot be read is left out. `name` is compared with the
 * certificate. */
int tls_observe(struct tls_context *c, const char *name, const char *sni, const struct tls_answer *answer, struct tls_facts *facts, struct arena *arena);

/* What is said to a server that waits for our key: that we do without, and that this is the end. */
struct str tls_observe_farewell(void);

#endif

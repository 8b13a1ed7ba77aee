/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls - a TLS client as a function from bytes to bytes: no socket, no waiting. OpenSSL stays behind
 * this header.
 *
 * Order of calls: tls_context_new once; per connection tls_client_new, tls_start, then tls_feed what the
 *   peer sent and send what tls_take gives, until tls_state is no longer TLS_STATE_HANDSHAKE. After DONE:
 *   tls_read and tls_write. tls_copy_facts after DONE or FAILED. tls_client_free early: an SSL is dear.
 * Nothing is verified in the sense of refusing; the chain is judged once, in the handshake, and the
 *   result is a fact. Security level 0, all certificate algorithms, resumption off.
 * Memory: one tls_context per process, shared; the trust store is opened for the first chain, the system's
 *   by issuer (hash directory), unless tls_context_load reads it whole. Facts are copied into the arena.
 * Limits: octets waiting in either direction are bounded (TLS_BUFFER_MAX_BYTES); chains of over
 *   TLS_CERTIFICATES_MAX are counted but only the first ones kept.
 * Fails: NULL or -1 for our own trouble; what the peer does wrong is TLS_STATE_FAILED plus facts.
 * Spec: RFC 8446, RFC 5246, RFC 10024 (hybrid groups, where the library has them), RFC 9525.
 */
#ifndef NET_TLS_H
#define NET_TLS_H

#include "base/arena.h"
#include "facts/tls.h"

struct tls_context;
struct tls_client;

enum { TLS_BUFFER_MAX_BYTES = 512 * 1024 };

enum tls_profile {
    TLS_PROFILE_MODERN, /* TLS 1.2 and 1.3, hybrid group first where the library has it */
    TLS_PROFILE_LEGACY, /* TLS 1.0 up, wide cipher list: asked again after the modern hello failed */
    /* As the modern one, but: */
    TLS_PROFILE_NO_SNI, /* the name is compared, not sent */
    TLS_PROFILE_RSA,    /* certificates with RSA keys only */
    TLS_PROFILE_ECDSA,  /* certificates with elliptic curve keys only */
    TLS_PROFILE_TLS12,  /* nothing newer than TLS 1.2 */
    TLS_PROFILE_COUNT
};

enum tls_state { TLS_STATE_HANDSHAKE, TLS_STATE_DONE, TLS_STATE_CLOSED /* close_notify heard */, TLS_STATE_FAILED };

/* ca_file: trust store instead of the system's; NULL: the system's. NULL return: `error` holds a message. */
struct tls_context *tls_context_new(const char *ca_file, char *error, size_t error_bytes);
/* Reads the whole trust store now, for a process that will not be able to open files. */
void tls_context_load(struct tls_context *c);
void tls_context_free(struct tls_context *c);

/* `name`: sent as SNI (unless it is an address) and compared with the certificate;
 * NULL: neither. Dates of certificates are recorded, not enforced. NULL return: no memory. */
struct tls_client *tls_client_new(struct tls_context *c, enum tls_profile profile, const char *name);
/* Before tls_start: SNI names another than the certificate is compared with. -1: no memory. */
int tls_client_set_sni(struct tls_client *t, const char *sni);
void tls_client_free(struct tls_client *t);

void tls_start(struct tls_client *t); /* makes the ClientHello; tls_take gives it */
int tls_feed(struct tls_client *t, const void *bytes, size_t n); /* -1: over the limit */
enum tls_state tls_state(const struct tls_client *t);

/* Bytes to send to the peer; valid until the next call. n 0: none. */
struct str tls_take(struct tls_client *t);

/* Clear text. Write queues all of it or fails; read gives up to size octets, 0: none now, -1: the
 * session is over (closed or failed), -2: by our own side. */
int tls_write(struct tls_client *t, const void *bytes, size_t n);
long tls_read(struct tls_client *t, void *bytes, size_t size);

/* Fills everything of tls_facts but started_ms, took_ms, implicit. Of a handshake that is not finished the
 * result is GARBAGE when only clear text has come, else NOT_TRIED: whether it was CLOSED, RESET or TIMEOUT
 * the caller knows. -1: no memory. */
int tls_copy_facts(struct tls_client *t, struct tls_facts *facts, struct arena *arena);

/* RFC 9525: by the SAN entries that are kept. */
bool tls_leaf_names(const struct cert_facts *leaf, struct str host);

const char *tls_library_version(void);

#endif

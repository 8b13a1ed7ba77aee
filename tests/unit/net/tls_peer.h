/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_peer - a TLS server in the test's own memory, and the wire between it and the client under test.
 *
 * Order of calls: peer_new; peer_run (or peer_answer and tls_feed by hand); peer_free.
 * Memory: bytes of peer_answer live until the next call. Fails: the test that asked.
 */
#ifndef TESTS_UNIT_NET_TLS_PEER_H
#define TESTS_UNIT_NET_TLS_PEER_H

#include "net/tls.h"
#include "tls_pki.h"

struct peer;

enum { PEER_CHAIN_MAX = 128 };

struct peer_plan {
    int version;          /* the only one; 0: any */
    const char *suites;   /* of TLS 1.2 and below; NULL: all */
    const char *groups;   /* NULL: the library's */
    unsigned dh_bits;     /* 768 or 1024: parameters of its own */
    bool no_extended_master_secret;
    const struct pki_cert *chain[PEER_CHAIN_MAX]; /* sent as it stands here */
};

struct peer *peer_new(const struct peer_plan *plan);
void peer_free(struct peer *p);

/* Gives the server what the client sent, and what the server says to it. */
struct str peer_answer(struct peer *p, struct str from_client);
/* Carries bytes both ways, at most chunk_bytes at once to the client, until both are silent. */
void peer_run(struct peer *p, struct tls_client *client, size_t chunk_bytes);

void peer_write(struct peer *p, const char *clear);
struct str peer_read(struct peer *p); /* clear text heard so far */
void peer_close(struct peer *p);      /* close_notify */
void peer_renegotiate(struct peer *p); /* HelloRequest: TLS 1.2 and below */
const char *peer_sni(const struct peer *p); /* NULL: none heard */

#endif

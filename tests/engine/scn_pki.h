/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scn_pki - the CAs and certificates of a world, made when it starts, and a server's TLS settings.
 *
 * The lab's CA has a root and an intermediate, both in the trust store that clients get; a second
 * intermediate that is in nobody's store; and there is a CA nobody trusts.
 * RSA keys are shared by all servers that want the same size. Where scn_random is repeatable, so is all that is made here.
 * Order of calls: scn_pki_new, scn_pki_trust_store, scn_pki_publish once a world is whole, scn_pki_context for each
 *   service, scn_pki_forget before another world of the same names, scn_pki_free.
 * Fails: NULL or -1, with OpenSSL's reason in `error`.
 */
#ifndef ENGINE_SCN_PKI_H
#define ENGINE_SCN_PKI_H

#include <openssl/ssl.h>

#include "base/clock.h"
#include "scn_world.h"

struct scn_pki;

struct scn_pki *scn_pki_new(struct wall now, char error[static SCN_ERROR_BYTES]);
void scn_pki_free(struct scn_pki *pki);

/* Writes the trusted certificates as PEM. */
int scn_pki_trust_store(const struct scn_pki *pki, const char *path, char error[static SCN_ERROR_BYTES]);
/* Puts what the certificates of a world's servers are into its TLSA records: "3 1 1 {mx1.key-sha256}". */
int scn_pki_publish(struct scn_pki *pki, struct scn_world *w, char error[static SCN_ERROR_BYTES]);
/* Servers' certificates and keys, but RSA keys. Contexts hold on to theirs. */
void scn_pki_forget(struct scn_pki *pki);
/* A new context with the service's certificates, as its settings say. */
SSL_CTX *scn_pki_context(struct scn_pki *pki, const struct scn_service *service, char error[static SCN_ERROR_BYTES]);

/* Whether this machine's OpenSSL has the hybrid group of RFC 10024. */
bool scn_pki_has_hybrid_group(void);

#endif

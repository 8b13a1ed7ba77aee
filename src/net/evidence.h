/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evidence - the certificate that says whose a logo is: the first one of a PEM file. Who issued it is not looked into.
 *
 * Memory: facts in the arena. Limits: those of the file. Fails: -1 without memory; a file without certificate is a fact.
 * Spec: RFC 7468 5 (PEM), draft-fetch-validation-vmc-wchuang 4 (extended key usage).
 */
#ifndef NET_EVIDENCE_H
#define NET_EVIDENCE_H

#include "base/arena.h"
#include "facts/bimi.h"

/* `domains`, ends in NULL: whether the SAN has one of them. */
int evidence_read(struct str pem, const char *const *domains, struct bimi_evidence *evidence, struct arena *arena);

#endif

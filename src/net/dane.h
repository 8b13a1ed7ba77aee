/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dane - TLSA records compared with the chain that a server sent, as mail servers compare them: OpenSSL's own DANE code
 * verifies what rests on a trust anchor.
 *
 * Each record is compared on its own, whether or not anybody could use it: which records count is judged later.
 * Memory: nothing is kept. Limits: those of the certificates kept in the facts.
 * Fails: -1 for our own trouble.
 * Spec: RFC 6698 2.1, RFC 7671 5, RFC 7672 3.1, 3.2.
 */
#ifndef NET_DANE_H
#define NET_DANE_H

#include "net/tls.h"

enum { DANE_NAMES_MAX = 3 };

/* What each certificate is compared with. */
struct dane_reference {
    const char *names[DANE_NAMES_MAX]; /* the leaf must bear one of them where a trust anchor speaks for it; up to the first NULL */
    struct wall now;
};

/* A sound record of matching type 0 whose data is neither a certificate nor a key gets the flaw TLSA_NOT_DER. */
int dane_find_not_der(struct tls_context *c, struct tlsa_record *records, size_t count);

/* The certificates of `tls` and each of the records; `matches` has room for `count`. Of the usages 0 and 1 only the
 * digest is looked at. */
int dane_compare(struct tls_context *c, const struct tls_facts *tls, const struct dane_reference *reference, const struct tlsa_record *records, size_t count,
                 enum tlsa_match *matches);

#endif

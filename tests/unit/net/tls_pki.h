/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_pki - certificates made while a test runs.
 * Memory: all of them live until pki_free_all. Fails: the test that asked.
 */
#ifndef TESTS_UNIT_NET_TLS_PKI_H
#define TESTS_UNIT_NET_TLS_PKI_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/x509.h>

#include "base/str.h"

struct pki_cert {
    X509 *x509;
    EVP_PKEY *key;
};

enum { PKI_NAMES_MAX = 4 };

struct pki_plan {
    const char *common_name, *organisation; /* NULL: none */
    struct str names[PKI_NAMES_MAX];        /* SAN dNSName, any octets; up to the first empty one */
    const struct pki_cert *issuer;          /* NULL: signs itself */
    const struct pki_cert *key_of;          /* NULL: a new key */
    bool ca;
    const char *key;    /* NULL: "P-256"; or another curve, "RSA-1024", "RSA-2048", "Ed25519" */
    const char *hash;   /* NULL: "SHA256" */
    const char *usage;  /* extendedKeyUsage; NULL: none */
    const char *constraints; /* nameConstraints; NULL: none */
    int from_day, to_day; /* from now; both 0: yesterday to in 90 days */
    long serial;          /* 0: the next */
    bool explicit_curve;
};

const struct pki_cert *pki_make(struct pki_plan plan);
/* Writes the certificates (up to NULL) as PEM into a new file. */
void pki_write_file(char path[static 64], const struct pki_cert *const *certs);
void pki_free_all(void);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* scn_pki_parts - what the files of scn_pki share: authorities, and the certificates that were made from them. */
#ifndef ENGINE_SCN_PKI_PARTS_H
#define ENGINE_SCN_PKI_PARTS_H

#include "scn_pki.h"

enum { PKI_DAY_S = 24 * 3600, PKI_RSA_KEYS_MAX = 8 };

struct authority {
    X509 *cert;
    EVP_PKEY *key;
};

/* A key, or a server's certificate with its key, under the text that says what it is. */
struct pki_kept {
    struct pki_kept *next;
    char *what;
    size_t what_n;
    EVP_PKEY *key;
    X509 *cert; /* NULL: a key alone */
};

struct scn_pki {
    struct wall now;
    struct authority root, intermediate, hidden, stranger;
    struct pki_kept *kept; /* of the worlds there are */
    struct {
        unsigned bits;
        EVP_PKEY *key;
    } rsa[PKI_RSA_KEYS_MAX]; /* dear to make: servers share them */
};

/* What is to be in a certificate. */
struct request {
    const char *common_name;
    EVP_PKEY *key;
    const struct authority *issuer; /* NULL: self-signed */
    int64_t from_s, to_s;           /* from now */
    const struct str *names;
    size_t name_count, more_names;
    bool is_ca;
    const char *usage; /* extended; NULL: serverAuth, and of a CA none */
    const char *hash; /* NULL: what suits the issuer's key */
};

int pki_failed(char *error, const char *what); /* -1, with OpenSSL's reason */
X509 *pki_make_certificate(const struct scn_pki *pki, const struct request *r);

/* The certificate of a service, made when it is first wanted; addresses with the same settings share it, and those of
 * one host and port share the key. Owned by `pki`. NULL: it cannot be made. */
const struct pki_kept *pki_leaf(struct scn_pki *pki, const struct scn_service *service, enum scn_cert_role role);
/* A key that no server has any more. */
const struct pki_kept *pki_old_key(struct scn_pki *pki, const struct scn_service *service);
const struct authority *pki_issuer(const struct scn_pki *pki, enum scn_issuer issuer); /* NULL: itself */

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* scn_pki_leaf - the servers' keys and certificates, each made once; see scn_pki.h. */
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "scn_pki_parts.h"
#include "scn_random.h"

enum { WHAT_BYTES_MAX = 64 * 1024 };

static EVP_PKEY *rsa_key(struct scn_pki *pki, unsigned bits)
{
    size_t i = 0;
    while (i < PKI_RSA_KEYS_MAX && pki->rsa[i].key && pki->rsa[i].bits != bits)
        i++;
    if (i == PKI_RSA_KEYS_MAX)
        return EVP_RSA_gen(bits);
    if (!pki->rsa[i].key) {
        char what[32];
        snprintf(what, sizeof what, "RSA %u", bits);
        scn_random_seed(what);
        pki->rsa[i].bits = bits;
        pki->rsa[i].key = EVP_RSA_gen(bits);
    }
    return pki->rsa[i].key && EVP_PKEY_up_ref(pki->rsa[i].key) ? pki->rsa[i].key : NULL;
}

static EVP_PKEY *make_key(struct scn_pki *pki, enum scn_key kind, unsigned bits)
{
    switch (kind) {
    case SCN_KEY_RSA:
        return rsa_key(pki, bits);
    case SCN_KEY_P384:
        return EVP_EC_gen("P-384");
    case SCN_KEY_ED25519:
        return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    case SCN_KEY_DEFAULT:
    case SCN_KEY_P256:
        break;
    }
    return EVP_EC_gen("P-256");
}

const struct authority *pki_issuer(const struct scn_pki *pki, enum scn_issuer issuer)
{
    const struct authority *const authorities[] = {
        [SCN_ISSUER_DEFAULT] = &pki->intermediate, [SCN_ISSUER_INTERMEDIATE] = &pki->intermediate, [SCN_ISSUER_ROOT] = &pki->root,
        [SCN_ISSUER_HIDDEN] = &pki->hidden,        [SCN_ISSUER_STRANGER] = &pki->stranger,         [SCN_ISSUER_SELF] = NULL,
    };
    return authorities[issuer];
}

static const struct pki_kept *find(const struct scn_pki *pki, const struct buf *what)
{
    for (const struct pki_kept *k = pki->kept; k; k = k->next)
        if (k->what_n == what->used && memcmp(k->what, what->bytes, what->used) == 0)
            return k;
    return NULL;
}

/* Takes key and certificate, and the text of `what`. */
static const struct pki_kept *keep(struct scn_pki *pki, struct buf *what, EVP_PKEY *key, X509 *cert)
{
    struct pki_kept *k = key ? calloc(1, sizeof *k) : NULL;
    if (!k) {
        X509_free(cert);
        EVP_PKEY_free(key);
        return NULL;
    }
    *k = (struct pki_kept){.next = pki->kept, .what = what->bytes, .what_n = what->used, .key = key, .cert = cert};
    pki->kept = k;
    buf_init(what, WHAT_BYTES_MAX);
    return k;
}

void scn_pki_forget(struct scn_pki *pki)
{
    while (pki->kept) {
        struct pki_kept *k = pki->kept;
        pki->kept = k->next;
        free(k->what);
        EVP_PKEY_free(k->key);
        X509_free(k->cert);
        free(k);
    }
}

/* The text is also the seed: what is made depends on nothing else. */
static const struct pki_kept *find_or_make_key(struct scn_pki *pki, struct buf *what, enum scn_key kind, unsigned bits)
{
    const struct pki_kept *key = what->failed ? NULL : find(pki, what);
    if (!key && !what->failed) {
        scn_random_seed(what->bytes);
        key = keep(pki, what, make_key(pki, kind, bits), NULL);
    }
    return key;
}

static const struct pki_kept *leaf_key(struct scn_pki *pki, const struct scn_service *service, enum scn_cert_role role)
{
    const struct scn_cert *c = &service->certs[role];
    struct buf what;
    buf_init(&what, WHAT_BYTES_MAX);
    buf_printf(&what, "key %d of %s:%u, %d %u", (int)role, service->host->name, service->port, (int)c->key, c->key_bits);
    buf_add_char(&what, '\0');
    const struct pki_kept *key = find_or_make_key(pki, &what, c->key, c->key_bits);
    buf_done(&what);
    return key;
}

const struct pki_kept *pki_old_key(struct scn_pki *pki, const struct scn_service *service)
{
    struct buf what;
    buf_init(&what, WHAT_BYTES_MAX);
    buf_printf(&what, "old key of %s:%u", service->host->name, service->port);
    buf_add_char(&what, '\0');
    const struct pki_kept *key = find_or_make_key(pki, &what, SCN_KEY_P256, 0);
    buf_done(&what);
    return key;
}

static void describe(const struct scn_service *service, enum scn_cert_role role, struct buf *what)
{
    const struct scn_cert *c = &service->certs[role];
    buf_printf(what, "certificate %d of %s:%u, %d %u, %lld %lld, %s, %d, \"%s\", %u", (int)role, service->host->name, service->port, (int)c->key, c->key_bits,
               (long long)c->not_before_days, (long long)c->not_after_days, c->hash ? c->hash : "", (int)c->issuer, c->common_name, c->more_names);
    buf_add_char(what, '\0'); /* the seed ends here, as names may hold any octet */
    for (size_t i = 0; i < c->name_count; i++) {
        buf_printf(what, "%zu:", c->names[i].n);
        buf_add_str(what, c->names[i]);
    }
}

const struct pki_kept *pki_leaf(struct scn_pki *pki, const struct scn_service *service, enum scn_cert_role role)
{
    const struct scn_cert *c = &service->certs[role];
    const struct pki_kept *key = leaf_key(pki, service, role), *leaf = NULL;
    struct buf what;
    buf_init(&what, WHAT_BYTES_MAX);
    describe(service, role, &what);
    if (key && !what.failed)
        leaf = find(pki, &what);
    if (key && !what.failed && !leaf) {
        scn_random_seed(what.bytes);
        struct request r = {
            .common_name = c->common_name,
            .key = key->key,
            .issuer = pki_issuer(pki, c->issuer),
            .from_s = c->not_before_days * PKI_DAY_S,
            .to_s = c->not_after_days * PKI_DAY_S,
            .names = c->names,
            .name_count = c->name_count,
            .more_names = c->more_names,
            .hash = c->hash,
        };
        X509 *cert = pki_make_certificate(pki, &r);
        EVP_PKEY_up_ref(key->key);
        leaf = cert ? keep(pki, &what, key->key, cert) : NULL;
        if (!cert)
            EVP_PKEY_free(key->key);
    }
    buf_done(&what);
    return leaf;
}

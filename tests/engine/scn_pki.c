/* SPDX-License-Identifier: Apache-2.0 */
/* scn_pki - see scn_pki.h. The authorities, and how a certificate is made. */
#include "scn_pki.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

#include "scn_pki_parts.h"
#include "scn_random.h"

int pki_failed(char *error, const char *what)
{
    char reason[256] = "no reason given";
    unsigned long code = ERR_get_error();
    if (code)
        ERR_error_string_n(code, reason, sizeof reason);
    snprintf(error, SCN_ERROR_BYTES, "%s: %s", what, reason);
    return -1;
}

static int add_extension(X509 *cert, X509V3_CTX *context, int nid, const char *value)
{
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, context, nid, value);
    int rc = e && X509_add_ext(cert, e, -1) ? 0 : -1;
    X509_EXTENSION_free(e);
    return rc;
}

/* By hand, as a name may hold any octet. */
static int add_names(X509 *cert, const struct request *r)
{
    GENERAL_NAMES *list = sk_GENERAL_NAME_new_null();
    int rc = list ? 0 : -1;
    for (size_t i = 0; i < r->name_count + r->more_names && rc == 0; i++) {
        char made_up[32];
        snprintf(made_up, sizeof made_up, "name%zu.nobody.test", i - r->name_count + 1);
        struct str octets = i < r->name_count ? r->names[i] : str_of(made_up);
        GENERAL_NAME *name = GENERAL_NAME_new();
        ASN1_IA5STRING *text = ASN1_IA5STRING_new();
        rc = name && text && ASN1_STRING_set(text, octets.p, (int)octets.n) && sk_GENERAL_NAME_push(list, name) ? 0 : -1;
        if (rc == 0)
            GENERAL_NAME_set0_value(name, GEN_DNS, text);
    }
    if (rc == 0 && !X509_add1_ext_i2d(cert, NID_subject_alt_name, list, 0, 0))
        rc = -1;
    GENERAL_NAMES_free(list);
    return rc;
}

static int add_extensions(X509 *cert, const struct request *r)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, r->issuer ? r->issuer->cert : cert, cert, NULL, NULL, 0);
    if (add_extension(cert, &context, NID_basic_constraints, r->is_ca ? "critical,CA:TRUE" : "critical,CA:FALSE") < 0 ||
        add_extension(cert, &context, NID_key_usage, r->is_ca ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature,keyEncipherment") < 0 ||
        add_extension(cert, &context, NID_subject_key_identifier, "hash") < 0 ||
        add_extension(cert, &context, NID_authority_key_identifier, "keyid:always") < 0)
        return -1;
    if (!r->is_ca && add_extension(cert, &context, NID_ext_key_usage, r->usage ? r->usage : "serverAuth") < 0)
        return -1;
    return r->name_count + r->more_names ? add_names(cert, r) : 0;
}

static int set_serial(X509 *cert)
{
    unsigned char bytes[8];
    uint64_t serial = 0;
    if (RAND_bytes(bytes, sizeof bytes) != 1)
        return -1;
    for (size_t i = 0; i < sizeof bytes; i++)
        serial = serial << 8 | bytes[i];
    return ASN1_INTEGER_set_uint64(X509_get_serialNumber(cert), serial >> 1) ? 0 : -1;
}

/* branches: each is a step that may fail, one after the other. */
X509 *pki_make_certificate(const struct scn_pki *pki, const struct request *r)
{
    X509 *cert = X509_new();
    X509_NAME *subject = X509_NAME_new();
    EVP_PKEY *signer = r->issuer ? r->issuer->key : r->key;
    const EVP_MD *hash = r->hash ? EVP_get_digestbyname(r->hash) : EVP_PKEY_get_base_id(signer) == EVP_PKEY_ED25519 ? NULL : EVP_sha256();
    bool done = cert && subject && !(r->hash && !hash) && X509_set_version(cert, X509_VERSION_3) && set_serial(cert) == 0 &&
                ASN1_TIME_set(X509_getm_notBefore(cert), (time_t)(pki->now.s + r->from_s)) &&
                ASN1_TIME_set(X509_getm_notAfter(cert), (time_t)(pki->now.s + r->to_s)) &&
                (!*r->common_name || (X509_NAME_add_entry_by_txt(subject, "O", MBSTRING_UTF8, (const unsigned char *)SCN_CA_ORGANISATION, -1, -1, 0) &&
                                      X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)r->common_name, -1, -1, 0))) &&
                X509_set_subject_name(cert, subject) && X509_set_issuer_name(cert, r->issuer ? X509_get_subject_name(r->issuer->cert) : subject) &&
                X509_set_pubkey(cert, r->key) && add_extensions(cert, r) == 0 && X509_sign(cert, signer, hash) > 0;
    X509_NAME_free(subject);
    if (done)
        return cert;
    X509_free(cert);
    return NULL;
}

static int make_authority(const struct scn_pki *pki, struct authority *a, const char *name, const struct authority *issuer)
{
    a->key = EVP_EC_gen("P-256");
    struct request r = {.common_name = name, .key = a->key, .issuer = issuer, .from_s = -365 * PKI_DAY_S, .to_s = 5 * 365 * PKI_DAY_S, .is_ca = true};
    a->cert = a->key ? pki_make_certificate(pki, &r) : NULL;
    return a->cert ? 0 : -1;
}

struct scn_pki *scn_pki_new(struct wall now, char error[static SCN_ERROR_BYTES])
{
    struct scn_pki *pki = calloc(1, sizeof *pki);
    if (!pki) {
        snprintf(error, SCN_ERROR_BYTES, "out of memory");
        return NULL;
    }
    pki->now = now;
    scn_random_seed("authorities");
    if (make_authority(pki, &pki->root, "Lab Root", NULL) < 0 || make_authority(pki, &pki->intermediate, "Lab Intermediate", &pki->root) < 0 ||
        make_authority(pki, &pki->hidden, "Lab Hidden Intermediate", &pki->root) < 0 || make_authority(pki, &pki->stranger, "Stranger Root", NULL) < 0) {
        pki_failed(error, "the lab's CA");
        scn_pki_free(pki);
        return NULL;
    }
    return pki;
}

static void free_authority(struct authority *a)
{
    X509_free(a->cert);
    EVP_PKEY_free(a->key);
}

void scn_pki_free(struct scn_pki *pki)
{
    if (!pki)
        return;
    free_authority(&pki->root);
    free_authority(&pki->intermediate);
    free_authority(&pki->hidden);
    free_authority(&pki->stranger);
    scn_pki_forget(pki);
    for (size_t i = 0; i < PKI_RSA_KEYS_MAX; i++)
        EVP_PKEY_free(pki->rsa[i].key);
    free(pki);
}

int scn_pki_trust_store(const struct scn_pki *pki, const char *path, char error[static SCN_ERROR_BYTES])
{
    FILE *f = fopen(path, "we");
    if (!f) {
        snprintf(error, SCN_ERROR_BYTES, "%s: %m", path);
        return -1;
    }
    bool done = PEM_write_X509(f, pki->root.cert) && PEM_write_X509(f, pki->intermediate.cert);
    if (fclose(f) != 0 || !done)
        return pki_failed(error, path);
    return 0;
}

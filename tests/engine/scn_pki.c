/* SPDX-License-Identifier: Apache-2.0 */
/* scn_pki - see scn_pki.h. */
#include "scn_pki.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/dh.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scn_random.h"

enum { DAY_S = 24 * 3600, RSA_KEYS_MAX = 8 };

struct authority {
    X509 *cert;
    EVP_PKEY *key;
};

struct scn_pki {
    struct wall now;
    struct authority root, intermediate, hidden, stranger;
    struct {
        unsigned bits;
        EVP_PKEY *key;
    } rsa[RSA_KEYS_MAX]; /* dear to make: servers share them */
};

static int failed(char *error, const char *what)
{
    char reason[256] = "no reason given";
    unsigned long code = ERR_get_error();
    if (code)
        ERR_error_string_n(code, reason, sizeof reason);
    snprintf(error, SCN_ERROR_BYTES, "%s: %s", what, reason);
    return -1;
}

/* What is to be in a certificate. */
struct request {
    const char *common_name;
    EVP_PKEY *key;
    const struct authority *issuer; /* NULL: self-signed */
    int64_t from_s, to_s;           /* from now */
    const struct str *names;
    size_t name_count, more_names;
    bool is_ca;
    const char *hash; /* NULL: what suits the issuer's key */
};

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
    if (!r->is_ca && add_extension(cert, &context, NID_ext_key_usage, "serverAuth") < 0)
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
static X509 *make_certificate(const struct scn_pki *pki, const struct request *r)
{
    X509 *cert = X509_new();
    X509_NAME *subject = X509_NAME_new();
    EVP_PKEY *signer = r->issuer ? r->issuer->key : r->key;
    const EVP_MD *hash = r->hash ? EVP_get_digestbyname(r->hash) : EVP_PKEY_get_base_id(signer) == EVP_PKEY_ED25519 ? NULL : EVP_sha256();
    bool done = cert && subject && !(r->hash && !hash) && X509_set_version(cert, X509_VERSION_3) && set_serial(cert) == 0 &&
                ASN1_TIME_set(X509_getm_notBefore(cert), (time_t)(pki->now.s + r->from_s)) &&
                ASN1_TIME_set(X509_getm_notAfter(cert), (time_t)(pki->now.s + r->to_s)) &&
                (!*r->common_name || (X509_NAME_add_entry_by_txt(subject, "O", MBSTRING_UTF8, (const unsigned char *)"mxassay lab", -1, -1, 0) &&
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
    struct request r = {.common_name = name, .key = a->key, .issuer = issuer, .from_s = -365 * DAY_S, .to_s = 5 * 365 * DAY_S, .is_ca = true};
    a->cert = a->key ? make_certificate(pki, &r) : NULL;
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
        failed(error, "the lab's CA");
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
    for (size_t i = 0; i < RSA_KEYS_MAX; i++)
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
        return failed(error, path);
    return 0;
}

static EVP_PKEY *rsa_key(struct scn_pki *pki, unsigned bits)
{
    size_t i = 0;
    while (i < RSA_KEYS_MAX && pki->rsa[i].key && pki->rsa[i].bits != bits)
        i++;
    if (i == RSA_KEYS_MAX)
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

static EVP_PKEY *make_key(struct scn_pki *pki, const struct scn_cert *c)
{
    switch (c->key) {
    case SCN_KEY_RSA:
        return rsa_key(pki, c->key_bits);
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

static const struct authority *issuer_of(const struct scn_pki *pki, enum scn_issuer issuer)
{
    const struct authority *const authorities[] = {
        [SCN_ISSUER_DEFAULT] = &pki->intermediate, [SCN_ISSUER_INTERMEDIATE] = &pki->intermediate, [SCN_ISSUER_ROOT] = &pki->root,
        [SCN_ISSUER_HIDDEN] = &pki->hidden,        [SCN_ISSUER_STRANGER] = &pki->stranger,         [SCN_ISSUER_SELF] = NULL,
    };
    return authorities[issuer];
}

/* The certificates behind the leaf, in the order they are sent. */
static int add_chain(const struct scn_pki *pki, const struct scn_cert *c, SSL_CTX *context, X509 *leaf)
{
    const struct authority *issuer = issuer_of(pki, c->issuer);
    for (size_t i = 1; i < SCN_CERT_SENT_MAX && c->sent[i]; i++) {
        X509 *cert = c->sent[i] == SCN_SENT_LEAF        ? leaf
                     : c->sent[i] == SCN_SENT_ROOT      ? pki->root.cert
                     : c->sent[i] == SCN_SENT_UNRELATED ? pki->stranger.cert
                     : issuer                           ? issuer->cert
                                                        : NULL;
        if (cert && !SSL_CTX_add1_chain_cert(context, cert))
            return -1;
    }
    return 0;
}

static void seed_for(const char *what, const struct scn_service *service)
{
    char text[512], ip[IP_TEXT_BYTES];
    ip_write(service->ip, ip);
    snprintf(text, sizeof text, "%s of %s [%s]:%u", what, service->host->name, ip, service->port);
    scn_random_seed(text);
}

static int add_certificate(struct scn_pki *pki, const struct scn_service *service, SSL_CTX *context)
{
    const struct scn_cert *c = &service->cert;
    seed_for("key", service);
    EVP_PKEY *key = make_key(pki, c);
    seed_for("certificate", service);
    struct request r = {
        .common_name = c->common_name ? c->common_name : service->host->name,
        .key = key,
        .issuer = issuer_of(pki, c->issuer),
        .from_s = c->not_before_days * DAY_S,
        .to_s = c->not_after_days * DAY_S,
        .names = c->names,
        .name_count = c->name_count,
        .more_names = c->more_names,
        .hash = c->hash,
    };
    X509 *leaf = key ? make_certificate(pki, &r) : NULL;
    int rc = leaf && SSL_CTX_use_certificate(context, leaf) == 1 && SSL_CTX_use_PrivateKey(context, key) == 1 ? add_chain(pki, c, context, leaf) : -1;
    X509_free(leaf);
    EVP_PKEY_free(key);
    return rc;
}

/* Second Oakley group (RFC 2409 6.2), or those of RFC 3526 from 1536 bits on. */
static EVP_PKEY *dh_group(unsigned bits)
{
    BIGNUM *p = bits == 1024 ? BN_get_rfc2409_prime_1024(NULL) : bits == 1536 ? BN_get_rfc3526_prime_1536(NULL) : BN_get_rfc3526_prime_2048(NULL);
    BIGNUM *g = BN_new();
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "DH", NULL);
    OSSL_PARAM *params = NULL;
    EVP_PKEY *group = NULL;
    if (p && g && build && context && BN_set_word(g, 2) && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_FFC_P, p) &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_FFC_G, g) && (params = OSSL_PARAM_BLD_to_param(build)) && EVP_PKEY_fromdata_init(context) == 1)
        EVP_PKEY_fromdata(context, &group, EVP_PKEY_KEY_PARAMETERS, params);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    EVP_PKEY_CTX_free(context);
    BN_free(p);
    BN_free(g);
    return group;
}

static int set_versions(SSL_CTX *context, const char *only)
{
    static const struct {
        const char *name;
        int version;
    } versions[] = {{"1.0", TLS1_VERSION}, {"1.1", TLS1_1_VERSION}, {"1.2", TLS1_2_VERSION}, {"1.3", TLS1_3_VERSION}};
    if (!only)
        return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) && SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) ? 0 : -1;
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++)
        if (strcmp(versions[i].name, only) == 0)
            return SSL_CTX_set_min_proto_version(context, versions[i].version) && SSL_CTX_set_max_proto_version(context, versions[i].version) ? 0 : -1;
    return -1;
}

static int apply_settings(SSL_CTX *context, const struct scn_tls *tls)
{
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE);
    if (set_versions(context, tls->only) < 0)
        return -1;
    if (!SSL_CTX_set_cipher_list(context, tls->ciphers ? tls->ciphers : "ECDHE+AESGCM:ECDHE+CHACHA20:@SECLEVEL=0"))
        return -1;
    if (!SSL_CTX_set1_groups_list(context, tls->groups ? tls->groups : scn_pki_has_hybrid_group() ? "X25519MLKEM768:X25519:P-256" : "X25519:P-256"))
        return -1;
    if (tls->no_extended_master_secret)
        SSL_CTX_set_options(context, SSL_OP_NO_EXTENDED_MASTER_SECRET);
    EVP_PKEY *dh = tls->dh_bits ? dh_group(tls->dh_bits) : NULL;
    if (tls->dh_bits && (!dh || !SSL_CTX_set0_tmp_dh_pkey(context, dh))) {
        EVP_PKEY_free(dh);
        return -1;
    }
    return 0;
}

SSL_CTX *scn_pki_context(struct scn_pki *pki, const struct scn_service *service, char error[static SCN_ERROR_BYTES])
{
    char what[256];
    ERR_clear_error();
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    if (context && apply_settings(context, &service->tls) == 0 && add_certificate(pki, service, context) == 0)
        return context;
    SSL_CTX_free(context);
    snprintf(what, sizeof what, "%s: TLS of %s", service->host->scenario->file, service->host->label);
    failed(error, what);
    return NULL;
}

bool scn_pki_has_hybrid_group(void)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    bool has = context && SSL_CTX_set1_groups_list(context, "X25519MLKEM768");
    SSL_CTX_free(context);
    ERR_clear_error();
    return has;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* scn_pki_context - a server's TLS settings; see scn_pki.h. */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/dh.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <stdio.h>
#include <string.h>

#include "scn_pki_parts.h"
#include "scn_random.h"

/* The certificates behind the leaf, in the order they are sent. */
static int add_chain(const struct scn_pki *pki, const struct scn_cert *c, SSL_CTX *context, X509 *leaf)
{
    const struct authority *issuer = pki_issuer(pki, c->issuer);
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

static int add_certificate(struct scn_pki *pki, const struct scn_service *service, enum scn_cert_role role, SSL_CTX *context)
{
    const struct pki_kept *leaf = pki_leaf(pki, service, role);
    if (!leaf || SSL_CTX_use_certificate(context, leaf->cert) != 1 || SSL_CTX_use_PrivateKey(context, leaf->key) != 1)
        return -1;
    return add_chain(pki, &service->certs[role], context, leaf->cert);
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

/* 0: there is no such version. */
static int version_of(const char *name)
{
    static const struct {
        const char *name;
        int version;
    } versions[] = {{"1.0", TLS1_VERSION}, {"1.1", TLS1_1_VERSION}, {"1.2", TLS1_2_VERSION}, {"1.3", TLS1_3_VERSION}};
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++)
        if (strcmp(versions[i].name, name) == 0)
            return versions[i].version;
    return 0;
}

static int set_versions(SSL_CTX *context, const struct scn_tls *tls)
{
    int from = version_of(tls->only ? tls->only : tls->from ? tls->from : "1.2"), to = version_of(tls->only ? tls->only : "1.3");
    return from && to && SSL_CTX_set_min_proto_version(context, from) && SSL_CTX_set_max_proto_version(context, to) ? 0 : -1;
}

/* Versions below 1.2 have CBC suites alone. */
static const char *default_ciphers(const struct scn_tls *tls)
{
    const char *lowest = tls->only ? tls->only : tls->from ? tls->from : "1.2";
    return version_of(lowest) < TLS1_2_VERSION ? "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:@SECLEVEL=0" : "ECDHE+AESGCM:ECDHE+CHACHA20:@SECLEVEL=0";
}

static int apply_settings(SSL_CTX *context, const struct scn_tls *tls)
{
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE);
    if (set_versions(context, tls) < 0)
        return -1;
    if (!SSL_CTX_set_cipher_list(context, tls->ciphers ? tls->ciphers : default_ciphers(tls)))
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

static SSL_CTX *new_context(struct scn_pki *pki, const struct scn_service *service, enum scn_cert_role role)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    bool also = role == SCN_CERT_MAIN && service->has_cert[SCN_CERT_ALSO];
    if (context && apply_settings(context, &service->tls) == 0 && add_certificate(pki, service, role, context) == 0 &&
        (!also || add_certificate(pki, service, SCN_CERT_ALSO, context) == 0))
        return context;
    SSL_CTX_free(context);
    return NULL;
}

static int choose_certificate(SSL *ssl, int *alert, void *without_sni)
{
    (void)alert;
    if (!SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name))
        SSL_set_SSL_CTX(ssl, without_sni);
    return SSL_TLSEXT_ERR_OK;
}

static void free_other(void *parent, void *other, CRYPTO_EX_DATA *data, int index, long l, void *p)
{
    (void)parent, (void)data, (void)index, (void)l, (void)p;
    SSL_CTX_free(other);
}

/* The context for clients that send no name goes with the one for the others. */
static int add_other(SSL_CTX *context, SSL_CTX *without_sni)
{
    static int index = -1;
    if (index < 0)
        index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, free_other);
    if (!without_sni || SSL_CTX_set_ex_data(context, index, without_sni) != 1) {
        SSL_CTX_free(without_sni);
        return -1;
    }
    SSL_CTX_set_tlsext_servername_callback(context, choose_certificate);
    SSL_CTX_set_tlsext_servername_arg(context, without_sni);
    return 0;
}

SSL_CTX *scn_pki_context(struct scn_pki *pki, const struct scn_service *service, char error[static SCN_ERROR_BYTES])
{
    char what[256], ip[IP_TEXT_BYTES];
    ERR_clear_error();
    SSL_CTX *context = new_context(pki, service, SCN_CERT_MAIN);
    if (context && (!service->has_cert[SCN_CERT_NO_SNI] || add_other(context, new_context(pki, service, SCN_CERT_NO_SNI)) == 0)) {
        ip_write(service->ip, ip);
        snprintf(what, sizeof what, "connections to %s:%u", ip, service->port);
        scn_random_seed(what);
        return context;
    }
    SSL_CTX_free(context);
    snprintf(what, sizeof what, "%s: TLS of %s", service->host->scenario->file, service->host->label);
    pki_failed(error, what);
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

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dane - see dane.h.
 *
 * The usages of one certificate, the leaf, need its digest alone, and that of SHA-256 is among the facts. A trust anchor
 * needs a path, and OpenSSL's rules for one differ from the public system's: it may be any certificate that was sent but
 * the leaf, or stand in the record itself, as a certificate or a bare key. All errors of that path are collected, so that
 * the nearest reason is known.
 */
#include "net/dane.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "net/tls_impl.h"

enum { USAGE_PKIX_TA = 0, USAGE_DANE_TA = 2, SELECTOR_KEY = 1, MATCHING_SHA256 = 1, MATCHING_SHA512 = 2 };

/* 1: it is a record that OpenSSL takes; 0: it is none; -1: no memory, which OpenSSL also says of a record without data. */
static int add_record(SSL *ssl, const struct tlsa_record *r)
{
    if (r->data.n == 0)
        return 0;
    return SSL_dane_tlsa_add(ssl, r->usage, r->selector, r->matching_type, (const unsigned char *)r->data.p, r->data.n);
}

static SSL *new_dane(struct tls_context *c)
{
    SSL_CTX *profile = tls_context_profile(c, TLS_PROFILE_MODERN);
    SSL *ssl = profile && SSL_CTX_dane_enable(profile) == 1 ? SSL_new(profile) : NULL;
    if (ssl && SSL_dane_enable(ssl, NULL) == 1)
        return ssl;
    SSL_free(ssl);
    return NULL;
}

int dane_find_not_der(struct tls_context *c, struct tlsa_record *records, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (records[i].flaw != TLSA_SOUND || records[i].matching_type != 0)
            continue;
        ERR_clear_error();
        SSL *ssl = new_dane(c);
        int rc = ssl ? add_record(ssl, &records[i]) : -1;
        SSL_free(ssl);
        if (tls_memory_was_short() || rc < 0)
            return -1;
        if (rc == 0)
            records[i].flaw = TLSA_NOT_DER;
    }
    return 0;
}

static STACK_OF(X509) *read_chain(const struct tls_facts *tls)
{
    STACK_OF(X509) *chain = sk_X509_new_null();
    for (size_t i = 0; chain && i < tls->certificate_count; i++) {
        const unsigned char *p = (const unsigned char *)tls->certificates[i].der.p;
        X509 *cert = d2i_X509(NULL, &p, (long)tls->certificates[i].der.n);
        if (!cert || sk_X509_push(chain, cert) <= 0) {
            X509_free(cert);
            sk_X509_pop_free(chain, X509_free);
            return NULL;
        }
    }
    return chain;
}

/* 1: the record is about this certificate; 0: about another; -1: no memory. */
static int is_about(const struct tlsa_record *r, X509 *cert)
{
    unsigned char *der = NULL, digest[EVP_MAX_MD_SIZE];
    int n = r->selector == SELECTOR_KEY ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der) : i2d_X509(cert, &der);
    const void *octets = der;
    unsigned octets_n = n > 0 ? (unsigned)n : 0;
    bool ok = n > 0;
    if (ok && r->matching_type != 0) {
        ok = EVP_Digest(der, octets_n, digest, &octets_n, r->matching_type == MATCHING_SHA512 ? EVP_sha512() : EVP_sha256(), NULL) == 1;
        octets = digest;
    }
    bool same = ok && r->data.n == octets_n && memcmp(r->data.p, octets, octets_n) == 0;
    OPENSSL_free(der);
    return !ok ? -1 : same;
}

/* Whether one of these, from `first` on, is the record's. */
static int is_about_any(const struct tlsa_record *r, STACK_OF(X509) *certs, int first)
{
    int found = 0;
    for (int i = first; i < sk_X509_num(certs) && found == 0; i++)
        found = is_about(r, sk_X509_value(certs, i));
    return found;
}

static bool needs_certificates(const struct tlsa_record *r)
{
    return r->usage == USAGE_PKIX_TA || r->usage == USAGE_DANE_TA || r->matching_type != MATCHING_SHA256;
}

static int compare_leaf(const struct tlsa_record *r, const struct cert_facts *leaf, STACK_OF(X509) *sent, enum tlsa_match *match)
{
    const uint8_t *digest = r->selector == SELECTOR_KEY ? leaf->spki_sha256 : leaf->sha256;
    bool same = r->data.n == sizeof leaf->sha256 && memcmp(r->data.p, digest, sizeof leaf->sha256) == 0;
    int found = needs_certificates(r) ? is_about(r, sk_X509_value(sent, 0)) : same;
    *match = found == 1 ? TLSA_MATCHES : TLSA_NO_DIGEST;
    return found < 0 ? -1 : 0;
}

/* RFC 6698 2.1.1: the CA stands somewhere in a path to the trust store, so its certificate need not have been sent. */
static int compare_public_ca(struct tls_context *c, const struct tlsa_record *r, STACK_OF(X509) *sent, enum tlsa_match *match)
{
    X509_STORE *store = tls_context_store(c);
    X509_STORE_CTX *ctx = store ? tls_chain_verification(store, sent) : NULL;
    if (store && !ctx)
        return -1;
    if (ctx)
        X509_verify_cert(ctx);
    int in_path = ctx ? is_about_any(r, X509_STORE_CTX_get0_chain(ctx), 1) : 0, was_sent = is_about_any(r, sent, 1);
    bool short_of_memory = ctx && X509_STORE_CTX_get_error(ctx) == X509_V_ERR_OUT_OF_MEM;
    X509_STORE_CTX_free(ctx);
    *match = in_path == 1 || (!store && was_sent == 1) ? TLSA_MATCHES : was_sent == 1 ? TLSA_TA_SIGNATURE : TLSA_TA_NOT_SENT;
    return short_of_memory || in_path < 0 || was_sent < 0 ? -1 : 0;
}

struct path_errors {
    bool no_match, dates, name, other, memory;
};

static int on_path(int ok, X509_STORE_CTX *ctx)
{
    struct path_errors *e = X509_STORE_CTX_get_app_data(ctx);
    if (ok)
        return 1;
    switch (X509_STORE_CTX_get_error(ctx)) {
    case X509_V_ERR_DANE_NO_MATCH:
        e->no_match = true;
        return 0; /* without an anchor nothing else is to be said */
    case X509_V_ERR_CERT_NOT_YET_VALID:
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD:
    case X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD:
        e->dates = true;
        return 1;
    case X509_V_ERR_HOSTNAME_MISMATCH:
        e->name = true;
        return 1;
    case X509_V_ERR_OUT_OF_MEM:
        e->memory = true;
        return 0;
    default:
        e->other = true;
        return 1;
    }
}

static bool set_reference(X509_STORE_CTX *ctx, const struct dane_reference *reference)
{
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
    bool ok = true;
    X509_VERIFY_PARAM_set_time(param, (time_t)reference->now.s);
    X509_VERIFY_PARAM_set_auth_level(param, 0);
    X509_VERIFY_PARAM_set_depth(param, TLS_PATH_MAX);
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    for (size_t i = 0; i < DANE_NAMES_MAX && reference->names[i]; i++)
        ok = ok && X509_VERIFY_PARAM_add1_host(param, reference->names[i], 0) == 1;
    return ok;
}

/* -1: it could not be verified. */
static int verify_anchor(SSL *ssl, STACK_OF(X509) *sent, const struct dane_reference *reference, struct path_errors *errors)
{
    X509_STORE *nobody = X509_STORE_new();
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    bool ready = nobody && ctx && X509_STORE_CTX_init(ctx, nobody, sk_X509_value(sent, 0), sent) == 1 && X509_STORE_CTX_set_default(ctx, "ssl_server") == 1 &&
                 set_reference(ctx, reference) && X509_STORE_CTX_set_app_data(ctx, errors) == 1;
    int rc = -1;
    if (ready) {
        X509_STORE_CTX_set0_dane(ctx, SSL_get0_dane(ssl));
        X509_STORE_CTX_set_verify_cb(ctx, on_path);
        rc = X509_verify_cert(ctx);
        if (rc < 0) /* it gave up for a reason of its own, or of the certificates' */
            errors->other = true;
    }
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(nobody);
    return !ready || errors->memory ? -1 : 0;
}

static int compare_anchor(struct tls_context *c, const struct tlsa_record *r, STACK_OF(X509) *sent, const struct dane_reference *reference,
                          enum tlsa_match *match)
{
    struct path_errors errors = {0};
    SSL *ssl = new_dane(c);
    int added = ssl ? add_record(ssl, r) : -1;
    int rc = added == 1 ? verify_anchor(ssl, sent, reference, &errors) : added;
    SSL_free(ssl);
    if (added != 1 || rc < 0)
        return rc;
    int was_sent = is_about_any(r, sent, 0);
    if (errors.no_match)
        *match = was_sent == 1 ? TLSA_TA_SIGNATURE : TLSA_TA_NOT_SENT;
    else if (errors.other)
        *match = TLSA_TA_SIGNATURE;
    else
        *match = errors.name ? TLSA_TA_NAME : errors.dates ? TLSA_TA_DATES : TLSA_MATCHES;
    return was_sent < 0 ? -1 : 0;
}

int dane_compare(struct tls_context *c, const struct tls_facts *tls, const struct dane_reference *reference, const struct tlsa_record *records, size_t count,
                 enum tlsa_match *matches)
{
    STACK_OF(X509) *sent = NULL;
    int rc = 0;
    ERR_clear_error();
    memset(matches, 0, count * sizeof *matches);
    if (tls->certificate_count == 0)
        return 0;
    for (size_t i = 0; i < count && rc == 0; i++) {
        const struct tlsa_record *r = &records[i];
        if (r->flaw != TLSA_SOUND)
            continue;
        if (!sent && needs_certificates(r))
            sent = read_chain(tls);
        if (!sent && needs_certificates(r))
            rc = -1;
        else if (r->usage == USAGE_PKIX_TA)
            rc = compare_public_ca(c, r, sent, &matches[i]);
        else if (r->usage == USAGE_DANE_TA)
            rc = compare_anchor(c, r, sent, reference, &matches[i]);
        else
            rc = compare_leaf(r, tls->certificates, sent, &matches[i]);
    }
    sk_X509_pop_free(sent, X509_free);
    return tls_memory_was_short() || rc < 0 ? -1 : 0;
}

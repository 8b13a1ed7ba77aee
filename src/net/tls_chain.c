/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_chain - whether a sent chain leads to the trust store, in what order it was sent, and whose name it bears.
 *
 * Dates are left aside and the security level is 0, so that the answer is about trust alone.
 * Sent certificates are preferred to known ones of the same name (OpenSSL's own default is the other way
 * round): a path that needs a known intermediate then is one that the peer has not sent. A path may end in any
 * certificate of the store, for who names a store of his own (--ca-file) trusts what stands in it, root or not.
 */
#include "net/tls_impl.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

struct wall tls_wall_of(const ASN1_TIME *time)
{
    struct tm tm;
    return (struct wall){time && ASN1_TIME_to_tm(time, &tm) ? timegm(&tm) : 0};
}

static bool same_name_and_key(X509 *cert, X509 *issuer)
{
    int rc = X509_check_issued(issuer, cert);
    return rc == X509_V_OK || rc == X509_V_ERR_KEYUSAGE_NO_CERTSIGN;
}

bool tls_chain_in_order(STACK_OF(X509) *sent)
{
    for (int i = 1; i < sk_X509_num(sent); i++) {
        if (!same_name_and_key(sk_X509_value(sent, i - 1), sk_X509_value(sent, i)))
            return false;
        for (int j = 0; j < i; j++)
            if (X509_cmp(sk_X509_value(sent, i), sk_X509_value(sent, j)) == 0)
                return false;
    }
    return true;
}

static bool was_sent(X509 *cert, STACK_OF(X509) *sent)
{
    for (int i = 0; i < sk_X509_num(sent); i++)
        if (X509_cmp(cert, sk_X509_value(sent, i)) == 0)
            return true;
    return false;
}

static bool is_self_issued(X509 *cert)
{
    return X509_NAME_cmp(X509_get_subject_name(cert), X509_get_issuer_name(cert)) == 0;
}

bool tls_cert_is_self_signed(X509 *cert)
{
    EVP_PKEY *key = X509_get0_pubkey(cert);
    return is_self_issued(cert) && key && X509_verify(cert, key) == 1;
}

static enum chain_trust trust_of(int error, X509 *leaf)
{
    switch (error) {
    case X509_V_OK:
        return TRUST_YES;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        return TRUST_SELF_SIGNED;
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        return TRUST_PRIVATE_CA;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        return tls_cert_is_self_signed(leaf) ? TRUST_SELF_SIGNED : TRUST_INCOMPLETE;
    case X509_V_ERR_CERT_UNTRUSTED:
    case X509_V_ERR_CERT_REJECTED:
        return TRUST_DISTRUSTED;
    case X509_V_ERR_INVALID_PURPOSE:
        return TRUST_WRONG_USAGE;
    default:
        return TRUST_BAD_CHAIN;
    }
}

/* Of the path as far as it was built. */
static void look_at_path(STACK_OF(X509) *path, STACK_OF(X509) *sent, struct tls_chain *chain)
{
    for (int i = 0; i < sk_X509_num(path); i++) {
        X509 *cert = sk_X509_value(path, i);
        chain->names_constrained = chain->names_constrained || X509_get_ext_by_NID(cert, NID_name_constraints, -1) >= 0;
        if (i == 1)
            chain->issuer_key = X509_get0_pubkey(cert);
        if (!was_sent(cert, sent)) {
            chain->path_has_unsent = chain->path_has_unsent || !is_self_issued(cert);
            continue;
        }
        struct wall from = tls_wall_of(X509_get0_notBefore(cert)), to = tls_wall_of(X509_get0_notAfter(cert));
        if (i > 0 && from.s > chain->issuers_not_before.s)
            chain->issuers_not_before = from;
        if (i > 0 && to.s < chain->issuers_not_after.s)
            chain->issuers_not_after = to;
    }
    if (chain->issuers_not_before.s > chain->not_before.s)
        chain->not_before = chain->issuers_not_before;
    if (chain->issuers_not_after.s < chain->not_after.s)
        chain->not_after = chain->issuers_not_after;
}

X509_STORE_CTX *tls_chain_verification(X509_STORE *store, STACK_OF(X509) *sent)
{
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    if (!ctx || X509_STORE_CTX_init(ctx, store, sk_X509_value(sent, 0), sent) != 1 || X509_STORE_CTX_set_default(ctx, "ssl_server") != 1) {
        X509_STORE_CTX_free(ctx);
        return NULL;
    }
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
    X509_VERIFY_PARAM_clear_flags(param, X509_V_FLAG_TRUSTED_FIRST);
    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_NO_CHECK_TIME | X509_V_FLAG_PARTIAL_CHAIN);
    X509_VERIFY_PARAM_set_auth_level(param, 0);
    X509_VERIFY_PARAM_set_depth(param, TLS_PATH_MAX);
    return ctx;
}

int tls_chain_judge(X509_STORE *store, STACK_OF(X509) *sent, struct tls_chain *chain)
{
    X509 *leaf = sk_X509_value(sent, 0);
    *chain = (struct tls_chain){
        .not_before = tls_wall_of(X509_get0_notBefore(leaf)),
        .not_after = tls_wall_of(X509_get0_notAfter(leaf)),
        .issuers_not_before = {INT64_MIN},
        .issuers_not_after = {INT64_MAX},
    };
    if (!store)
        return 0;
    ERR_clear_error();
    X509_STORE_CTX *ctx = tls_chain_verification(store, sent);
    if (!ctx)
        return -1;
    int rc = X509_verify_cert(ctx);
    int error = X509_STORE_CTX_get_error(ctx);
    if (rc != 1 && error == X509_V_OK)
        error = X509_V_ERR_UNSPECIFIED;
    if (error != X509_V_OK)
        chain->error = X509_verify_cert_error_string(error);
    chain->trust = trust_of(error, leaf);
    look_at_path(X509_STORE_CTX_get0_chain(ctx), sent, chain);
    X509_STORE_CTX_free(ctx);
    return tls_memory_was_short() || error == X509_V_ERR_OUT_OF_MEM ? -1 : 0;
}

bool tls_name_matches(struct str pattern, struct str host)
{
    if (pattern.n == 0 || host.n == 0 || memchr(pattern.p, '\0', pattern.n))
        return false;
    if (!str_starts_nocase(pattern, "*."))
        return str_eq_nocase(pattern, host);
    struct str label = str_cut(&host, '.');
    return label.n > 0 && host.n > 0 && str_eq_nocase((struct str){pattern.p + 2, pattern.n - 2}, host);
}

bool tls_cert_names(X509 *leaf, struct str host)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
    bool found = false;
    for (int i = 0; i < sk_GENERAL_NAME_num(names) && !found; i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (name->type != GEN_DNS)
            continue;
        const ASN1_IA5STRING *dns = name->d.dNSName;
        found = tls_name_matches((struct str){(const char *)ASN1_STRING_get0_data(dns), (size_t)ASN1_STRING_length(dns)}, host);
    }
    GENERAL_NAMES_free(names);
    return found;
}

bool tls_leaf_names(const struct cert_facts *leaf, struct str host)
{
    for (size_t i = 0; i < leaf->san_dns_count; i++)
        if (tls_name_matches(leaf->san_dns[i], host))
            return true;
    return false;
}

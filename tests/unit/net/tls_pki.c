/* SPDX-License-Identifier: Apache-2.0 */
/* tls_pki - see tls_pki.h. */
#include "tls_pki.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

enum { CERTS_MAX = 1024 };

static struct pki_cert all[CERTS_MAX];
static size_t count;

static EVP_PKEY *make_key(const struct pki_plan *plan)
{
    const char *kind = plan->key ? plan->key : "P-256";
    EVP_PKEY *key;
    if (plan->key_of) {
        EVP_PKEY_up_ref(plan->key_of->key);
        key = plan->key_of->key;
    } else if (strcmp(kind, "RSA-1024") == 0 || strcmp(kind, "RSA-2048") == 0) {
        key = EVP_RSA_gen(strcmp(kind, "RSA-1024") == 0 ? 1024 : 2048);
    } else if (strcmp(kind, "Ed25519") == 0) {
        key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    } else {
        key = EVP_EC_gen(kind);
    }
    assert_non_null(key);
    if (plan->explicit_curve)
        assert_true(EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_ENCODING, OSSL_PKEY_EC_ENCODING_EXPLICIT));
    return key;
}

static void add_text(X509_NAME *name, const char *field, const char *utf8)
{
    if (utf8)
        assert_true(X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, (const unsigned char *)utf8, -1, -1, 0));
}

static void add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    assert_non_null(extension);
    assert_true(X509_add_ext(cert, extension, -1));
    X509_EXTENSION_free(extension);
}

static void add_names(X509 *cert, const struct str *names)
{
    GENERAL_NAMES *list = sk_GENERAL_NAME_new_null();
    for (size_t i = 0; i < PKI_NAMES_MAX && names[i].n > 0; i++) {
        ASN1_IA5STRING *text = ASN1_IA5STRING_new();
        assert_true(ASN1_STRING_set(text, names[i].p, (int)names[i].n));
        GENERAL_NAME *name = GENERAL_NAME_new();
        GENERAL_NAME_set0_value(name, GEN_DNS, text);
        sk_GENERAL_NAME_push(list, name);
    }
    if (sk_GENERAL_NAME_num(list) > 0)
        assert_true(X509_add1_ext_i2d(cert, NID_subject_alt_name, list, 0, 0));
    sk_GENERAL_NAME_pop_free(list, GENERAL_NAME_free);
}

const struct pki_cert *pki_make(struct pki_plan plan)
{
    assert_true(count < CERTS_MAX);
    struct pki_cert *made = &all[count++];
    made->key = make_key(&plan);
    made->x509 = X509_new();
    X509 *issuer = plan.issuer ? plan.issuer->x509 : made->x509;
    assert_true(X509_set_version(made->x509, X509_VERSION_3));
    ASN1_INTEGER_set(X509_get_serialNumber(made->x509), plan.serial ? plan.serial : (long)(1000 + count));
    bool usual = plan.from_day == 0 && plan.to_day == 0;
    X509_time_adj_ex(X509_getm_notBefore(made->x509), usual ? -1 : plan.from_day, 0, NULL);
    X509_time_adj_ex(X509_getm_notAfter(made->x509), usual ? 90 : plan.to_day, 0, NULL);
    add_text(X509_get_subject_name(made->x509), "O", plan.organisation);
    add_text(X509_get_subject_name(made->x509), "CN", plan.common_name);
    assert_true(X509_set_issuer_name(made->x509, X509_get_subject_name(issuer)));
    assert_true(X509_set_pubkey(made->x509, made->key));
    add_extension(made->x509, issuer, NID_basic_constraints, plan.ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
    add_extension(made->x509, issuer, NID_subject_key_identifier, "hash");
    if (plan.issuer)
        add_extension(made->x509, issuer, NID_authority_key_identifier, "keyid:always");
    if (plan.usage)
        add_extension(made->x509, issuer, NID_ext_key_usage, plan.usage);
    if (plan.constraints)
        add_extension(made->x509, issuer, NID_name_constraints, plan.constraints);
    add_names(made->x509, plan.names);
    EVP_PKEY *signer = plan.issuer ? plan.issuer->key : made->key;
    bool has_own_hash = EVP_PKEY_is_a(signer, "ED25519");
    assert_true(X509_sign(made->x509, signer, has_own_hash ? NULL : EVP_get_digestbyname(plan.hash ? plan.hash : "SHA256")) > 0);
    return made;
}

void pki_write_file(char path[static 64], const struct pki_cert *const *certs)
{
    snprintf(path, 64, "/tmp/mxassay-pki-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *file = fdopen(fd, "w");
    for (size_t i = 0; certs[i]; i++)
        assert_true(PEM_write_X509_AUX(file, certs[i]->x509));
    assert_int_equal(fclose(file), 0);
}

void pki_free_all(void)
{
    while (count > 0) {
        count--;
        X509_free(all[count].x509);
        EVP_PKEY_free(all[count].key);
    }
}

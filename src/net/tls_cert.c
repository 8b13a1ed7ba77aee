/* SPDX-License-Identifier: Apache-2.0 */
/* tls_cert - one certificate written down. */
#include "net/tls_impl.h"

#include <stdio.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/text.h"

enum { NAME_MAX_BYTES = 16 * 1024 };

const char *tls_curve_name(const char *group)
{
    static const struct {
        const char *ours, *theirs;
    } names[] = {{"P-192", "prime192v1"}, {"P-224", "secp224r1"}, {"P-256", "prime256v1"}, {"P-384", "secp384r1"}, {"P-521", "secp521r1"}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(group, names[i].theirs) == 0)
            return names[i].ours;
    return group;
}

struct str tls_name_text(const X509_NAME *name, struct arena *arena)
{
    struct str text = {NULL, 0};
    BIO *bio = BIO_new(BIO_s_mem());
    if (bio && X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) >= 0) {
        char *p = NULL;
        long n = BIO_get_mem_data(bio, &p);
        text = arena_copy(arena, (struct str){p, n > NAME_MAX_BYTES ? NAME_MAX_BYTES : n > 0 ? (size_t)n : 0});
    }
    BIO_free(bio);
    return text;
}

const char *tls_name_part(const X509_NAME *name, int nid, struct arena *arena)
{
    int last = -1;
    for (int i = -1; (i = X509_NAME_get_index_by_NID(name, nid, i)) >= 0;)
        last = i;
    unsigned char *utf8 = NULL;
    int n = last < 0 ? -1 : ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, last)));
    if (n < 0)
        return NULL;
    struct buf safe;
    buf_init(&safe, NAME_MAX_BYTES);
    text_write_safe(&safe, (struct str){(const char *)utf8, (size_t)n});
    OPENSSL_free(utf8);
    const char *text = safe.failed ? NULL : arena_cstr(arena, (struct str){safe.bytes, safe.used});
    buf_done(&safe);
    return text;
}

const char *tls_serial_text(const ASN1_INTEGER *serial, struct arena *arena)
{
    const unsigned char *p = ASN1_STRING_get0_data(serial);
    size_t n = (size_t)ASN1_STRING_length(serial);
    char *text = arena_alloc(arena, 2 * n + 4);
    if (!text)
        return NULL;
    char *end = text;
    if (ASN1_STRING_type(serial) & V_ASN1_NEG)
        *end++ = '-';
    for (size_t i = 0; i < n; i++)
        end += snprintf(end, 3, "%02x", p[i]);
    if (n == 0)
        memcpy(end, "00", 3);
    return text;
}

static void write_names(X509 *cert, struct cert_facts *facts, struct arena *arena)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
    size_t count = 0;
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++)
        count += sk_GENERAL_NAME_value(names, i)->type == GEN_DNS;
    if (count > TLS_SAN_MAX)
        count = TLS_SAN_MAX;
    facts->san_dns = count ? ARENA_ARRAY(arena, struct str, count) : NULL;
    for (int i = 0; facts->san_dns && facts->san_dns_count < count; i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (name->type != GEN_DNS)
            continue;
        const ASN1_IA5STRING *dns = name->d.dNSName;
        struct str octets = {(const char *)ASN1_STRING_get0_data(dns), (size_t)ASN1_STRING_length(dns)};
        facts->san_dns[facts->san_dns_count++] = arena_copy(arena, octets);
    }
    GENERAL_NAMES_free(names);
}

static enum key_type key_type_of(int id)
{
    switch (id) {
    case EVP_PKEY_RSA:
    case EVP_PKEY_RSA_PSS:
        return KEY_RSA;
    case EVP_PKEY_EC:
        return KEY_EC;
    case EVP_PKEY_ED25519:
        return KEY_ED25519;
    case EVP_PKEY_ED448:
        return KEY_ED448;
    case EVP_PKEY_DSA:
        return KEY_DSA;
    default:
        return KEY_OTHER;
    }
}

static const char *curve_of(EVP_PKEY *key, struct arena *arena)
{
    char text[80];
    if (EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_EC_ENCODING, text, sizeof text, NULL) == 1 && strcmp(text, OSSL_PKEY_EC_ENCODING_EXPLICIT) == 0)
        return "explicit";
    if (EVP_PKEY_get_group_name(key, text, sizeof text, NULL) != 1)
        return "unknown";
    return arena_strdup(arena, tls_curve_name(text));
}

static void write_key(X509 *cert, struct cert_facts *facts, struct arena *arena)
{
    static const char *const words[] = {[KEY_RSA] = "RSA", [KEY_EC] = "EC", [KEY_ED25519] = "Ed25519", [KEY_ED448] = "Ed448", [KEY_DSA] = "DSA"};
    ASN1_OBJECT *algorithm = NULL;
    X509_PUBKEY_get0_param(&algorithm, NULL, NULL, NULL, X509_get_X509_PUBKEY(cert));
    facts->key_type = key_type_of(OBJ_obj2nid(algorithm));
    char text[80];
    if (facts->key_type != KEY_OTHER)
        facts->key_type_text = words[facts->key_type];
    else if (OBJ_obj2txt(text, sizeof text, algorithm, 0) > 0)
        facts->key_type_text = arena_strdup(arena, text);
    else
        facts->key_type_text = "unknown";
    EVP_PKEY *key = X509_get0_pubkey(cert);
    if (!key)
        return;
    facts->key_bits = (unsigned)EVP_PKEY_get_bits(key);
    if (facts->key_type == KEY_EC)
        facts->curve = curve_of(key, arena);
}

static void write_signature(X509 *cert, struct cert_facts *facts, struct arena *arena)
{
    const X509_ALGOR *algorithm = NULL;
    const ASN1_OBJECT *object = NULL;
    X509_get0_signature(NULL, &algorithm, cert);
    X509_ALGOR_get0(&object, NULL, NULL, algorithm);
    char text[80];
    facts->signature = OBJ_obj2txt(text, sizeof text, object, 0) > 0 ? arena_strdup(arena, text) : "unknown";
    int hash = NID_undef;
    if (X509_get_signature_info(cert, &hash, NULL, NULL, NULL) == 1 && hash != NID_undef)
        facts->signature_hash = OBJ_nid2sn(hash);
}

static int write_digests(X509 *cert, struct cert_facts *facts)
{
    unsigned char *spki = NULL;
    int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &spki);
    bool ok = n > 0 && EVP_Digest(spki, (size_t)n, facts->spki_sha256, NULL, EVP_sha256(), NULL) == 1;
    OPENSSL_free(spki);
    return ok && X509_digest(cert, EVP_sha256(), facts->sha256, NULL) == 1 ? 0 : -1;
}

static int write_der(X509 *cert, struct cert_facts *facts, struct arena *arena)
{
    unsigned char *der = NULL;
    int n = i2d_X509(cert, &der);
    if (n > 0)
        facts->der = arena_copy(arena, (struct str){(const char *)der, (size_t)n});
    OPENSSL_free(der);
    return n > 0 ? 0 : -1;
}

int tls_cert_facts(X509 *cert, struct cert_facts *facts, struct arena *arena)
{
    ERR_clear_error();
    uint32_t flags = X509_get_extension_flags(cert);
    const X509_NAME *subject = X509_get_subject_name(cert), *issuer = X509_get_issuer_name(cert);
    facts->subject = tls_name_text(subject, arena);
    facts->issuer = tls_name_text(issuer, arena);
    facts->common_name_text = tls_name_part(subject, NID_commonName, arena);
    facts->issuer_organisation = tls_name_part(issuer, NID_organizationName, arena);
    facts->serial = tls_serial_text(X509_get0_serialNumber(cert), arena);
    facts->not_before = tls_wall_of(X509_get0_notBefore(cert));
    facts->not_after = tls_wall_of(X509_get0_notAfter(cert));
    write_names(cert, facts, arena);
    write_key(cert, facts, arena);
    write_signature(cert, facts, arena);
    facts->self_signed = tls_cert_is_self_signed(cert);
    facts->is_ca = flags & EXFLAG_CA;
    if (write_digests(cert, facts) < 0 || write_der(cert, facts, arena) < 0)
        return -1;
    return tls_memory_was_short() || arena->exhausted ? -1 : 0;
}

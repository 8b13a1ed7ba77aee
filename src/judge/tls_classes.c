/* SPDX-License-Identifier: Apache-2.0 */
/* tls_classes - see tls_classes.h. In each table the first row that fits decides. */
#include "judge/tls_classes.h"

#include <string.h>

#define GOOD TLS_CLASS_GOOD
#define ACCEPTABLE TLS_CLASS_ACCEPTABLE
#define WEAK TLS_CLASS_WEAK
#define BAD TLS_CLASS_BAD
#define NO_AUTH TLS_CLASS_NO_AUTH

enum { RSA_BITS_MIN = 2048, RSA_BITS_GOOD = 3072, DH_BITS_MIN = 2048, EC_BITS_MIN = 224 };

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

struct name_class {
    const char *begins; /* the name's beginning */
    const char *holds;  /* a part of it; NULL: any */
    enum tls_class is;
};

/* Oldest first. */
static const struct name_class versions[] = {
    {"SSLv2", NULL, BAD}, {"SSLv3", NULL, BAD}, {"TLSv1", NULL, BAD}, {"TLSv1.1", NULL, BAD}, {"TLSv1.2", NULL, ACCEPTABLE}, {"TLSv1.3", NULL, GOOD},
};

static const struct name_class suites[] = {
    {"TLS_", "_anon_", NO_AUTH},
    {"TLS_", "_NULL_", BAD},
    {"TLS_SHA", NULL, BAD}, /* TLS 1.3 with integrity only */
    {"TLS_", "_EXPORT", BAD},
    {"TLS_", "_RC4_", BAD},
    {"TLS_", "_RC2_", BAD},
    {"TLS_", "_IDEA_", BAD},
    {"TLS_", "_SEED_", BAD},
    {"TLS_", "_DES_", BAD},
    {"TLS_", "_DES40_", BAD},
    {"TLS_", "_3DES_", BAD},
    {"TLS_", "_MD5", BAD},
    {"TLS_", "PSK", BAD},
    {"TLS_KRB5", NULL, BAD},
    {"TLS_GOST", NULL, BAD},
    {"TLS_DH_", NULL, BAD},
    {"TLS_ECDH_", NULL, BAD},
    {"TLS_RSA_WITH_AES_", NULL, WEAK},
    {"TLS_RSA_", NULL, BAD},
    {"TLS_DHE_", NULL, WEAK},
    {"TLS_", "_CCM_8", WEAK},
    {"TLS_ECDHE_", "_CBC_", WEAK},
    {"TLS_ECDHE_", "_CAMELLIA_", WEAK},
    {"TLS_ECDHE_", "_ARIA_", WEAK},
    {"TLS_ECDHE_", "_AES_128_CCM", ACCEPTABLE},
    {"TLS_ECDHE_", "_AES_256_CCM", ACCEPTABLE},
    {"TLS_ECDHE_", "_AES_128_GCM_", GOOD},
    {"TLS_ECDHE_", "_AES_256_GCM_", GOOD},
    {"TLS_ECDHE_", "_CHACHA20_POLY1305_", GOOD},
    {"TLS_AES_128_", NULL, ACCEPTABLE},
    {"TLS_AES_256_GCM_", NULL, GOOD},
    {"TLS_CHACHA20_POLY1305_", NULL, GOOD},
};

/* Groups of the key exchange and curves of keys. */
static const struct name_class groups[] = {
    {"X25519", NULL, GOOD}, /* with ML-KEM or without */
    {"X448", NULL, GOOD},
    {"SecP256r1MLKEM768", NULL, GOOD},
    {"SecP384r1MLKEM1024", NULL, GOOD},
    {"P-256", NULL, ACCEPTABLE},
    {"P-384", NULL, ACCEPTABLE},
    {"P-521", NULL, ACCEPTABLE},
    {"brainpoolP256r1", NULL, ACCEPTABLE},
    {"brainpoolP384r1", NULL, ACCEPTABLE},
    {"brainpoolP512r1", NULL, ACCEPTABLE},
    {"P-224", NULL, WEAK},
    {"secp224k1", NULL, WEAK},
    {"secp256k1", NULL, WEAK},
    {"P-192", NULL, BAD},
    {"prime192", NULL, BAD},
    {"secp1", NULL, BAD}, /* 112 to 192 bits */
    {"brainpoolP160", NULL, BAD},
    {"brainpoolP192", NULL, BAD},
    {"sect", NULL, BAD},
    {"explicit", NULL, BAD}, /* parameters of the key owner's making */
};

static const struct name_class hashes[] = {
    {"MD", NULL, BAD}, {"SHA1", NULL, BAD}, {"SHA224", NULL, WEAK}, {"SHA256", NULL, GOOD}, {"SHA384", NULL, GOOD}, {"SHA512", NULL, GOOD},
};

static const struct name_class signatures[] = {
    {"", "_sha1", BAD},
    {"", "_md5", BAD},
    {"dsa_", NULL, BAD},
    {"", "_sha224", WEAK},
    {"ecdsa_", NULL, GOOD},
    {"ed", NULL, GOOD},
    {"rsa_pss", NULL, GOOD},
    {"rsa_pkcs1_sha256", NULL, GOOD},
    {"rsa_pkcs1_sha384", NULL, GOOD},
    {"rsa_pkcs1_sha512", NULL, GOOD},
};

static bool begins(const char *name, const char *beginning)
{
    return strncmp(name, beginning, strlen(beginning)) == 0;
}

static enum tls_class class_in(const struct name_class *table, size_t count, const char *name)
{
    for (size_t i = 0; name && i < count; i++)
        if (begins(name, table[i].begins) && (!table[i].holds || strstr(name, table[i].holds)))
            return table[i].is;
    return TLS_CLASS_UNKNOWN;
}

unsigned tls_version_rank(const char *version)
{
    for (size_t i = 0; version && i < COUNT(versions); i++)
        if (strcmp(version, versions[i].begins) == 0)
            return (unsigned)i + 1;
    return 0;
}

enum tls_class tls_version_class(const char *version)
{
    unsigned rank = tls_version_rank(version);
    return rank ? versions[rank - 1].is : TLS_CLASS_UNKNOWN;
}

enum tls_class tls_suite_class(const char *suite)
{
    return class_in(suites, COUNT(suites), suite);
}

bool tls_suite_is_static_rsa(const char *suite)
{
    return suite && begins(suite, "TLS_RSA_");
}

enum tls_class tls_group_class(const char *group, unsigned dh_bits)
{
    if (dh_bits)
        return dh_bits < DH_BITS_MIN ? TLS_CLASS_BAD : TLS_CLASS_WEAK;
    return class_in(groups, COUNT(groups), group);
}

bool tls_group_is_hybrid(const char *group)
{
    return group && strstr(group, "MLKEM");
}

static enum tls_class curve_class(const char *curve, unsigned bits)
{
    if (bits < EC_BITS_MIN)
        return TLS_CLASS_BAD;
    enum tls_class class = class_in(groups, COUNT(groups), curve);
    return class == TLS_CLASS_ACCEPTABLE ? TLS_CLASS_GOOD : class;
}

enum tls_class tls_key_class(const struct cert_facts *cert)
{
    if (cert->key_bits == 0) /* a key that our library cannot read */
        return TLS_CLASS_UNKNOWN;
    switch (cert->key_type) {
    case KEY_RSA:
        return cert->key_bits < RSA_BITS_MIN ? TLS_CLASS_BAD : cert->key_bits < RSA_BITS_GOOD ? TLS_CLASS_ACCEPTABLE : TLS_CLASS_GOOD;
    case KEY_EC:
        return curve_class(cert->curve, cert->key_bits);
    case KEY_ED25519:
    case KEY_ED448:
        return TLS_CLASS_GOOD;
    case KEY_DSA:
        return TLS_CLASS_BAD;
    case KEY_OTHER:
        break;
    }
    return TLS_CLASS_UNKNOWN;
}

enum tls_class tls_hash_class(const char *hash)
{
    return class_in(hashes, COUNT(hashes), hash);
}

enum tls_class tls_signature_class(const char *signature)
{
    return class_in(signatures, COUNT(signatures), signature);
}

const char *tls_class_word(enum tls_class class)
{
    static const char *const words[] = {
        [TLS_CLASS_UNKNOWN] = "unknown", [TLS_CLASS_GOOD] = "good", [TLS_CLASS_ACCEPTABLE] = "acceptable",
        [TLS_CLASS_WEAK] = "weak",       [TLS_CLASS_BAD] = "bad",   [TLS_CLASS_NO_AUTH] = "no_auth",
    };
    return words[class];
}

const char *tls_suite_name(uint16_t number)
{
    switch (number) {
#define SUITE(number, since, kind, name) \
    case number: \
        return name;
#include "facts/tls_suites.def"
#undef SUITE
    default:
        return NULL;
    }
}

const char *tls_group_name(uint16_t number)
{
    switch (number) {
#define GROUP(number, kind, bits, name) \
    case number: \
        return name;
#include "facts/tls_groups.def"
#undef GROUP
    default:
        return NULL;
    }
}

unsigned tls_group_dh_bits(uint16_t number)
{
    static const struct {
        uint16_t number;
        unsigned bits;
    } sizes[] = {
#define GROUP(number, kind, bits, name) {number, bits},
#include "facts/tls_groups.def"
#undef GROUP
    };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        if (sizes[i].number == number)
            return sizes[i].bits;
    return 0;
}

const char *tls_signature_name(uint16_t number)
{
    switch (number) {
#define SIGNATURE(number, name) \
    case number: \
        return name;
#include "facts/tls_signatures.def"
#undef SIGNATURE
    default:
        return NULL;
    }
}

const char *tls_survey_version_name(enum survey_version v)
{
    return versions[v + 1].begins; /* SSLv2 is none of them */
}

/* SPDX-License-Identifier: Apache-2.0 */
/* tls_classes - see tls_classes.h. */
#include "judge/tls_classes.h"

#include <string.h>

enum { EC_BITS_MIN = 224 };

/* Oldest first. */
static const char *const versions[] = {"SSLv2", "SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"};

unsigned tls_version_rank(const char *version)
{
    for (size_t i = 0; version && i < sizeof versions / sizeof *versions; i++)
        if (strcmp(version, versions[i]) == 0)
            return (unsigned)i + 1;
    return 0;
}

enum tls_class tls_version_class(const struct tls_policy *p, const char *version)
{
    return tls_policy_class_of(p, TLS_POLICY_VERSION, version);
}

enum tls_class tls_suite_class(const struct tls_policy *p, const char *suite)
{
    return tls_policy_class_of(p, TLS_POLICY_SUITE, suite);
}

bool tls_suite_is_static_rsa(const char *suite)
{
    return suite && strncmp(suite, "TLS_RSA_", 8) == 0;
}

enum tls_class tls_group_class(const struct tls_policy *p, const char *group, unsigned dh_bits)
{
    enum tls_class by_name = tls_policy_class_of(p, TLS_POLICY_GROUP, dh_bits && !group ? "DHE" : group);
    enum tls_class by_size = dh_bits ? tls_policy_class_of_bits(p, TLS_POLICY_DH_BITS, dh_bits) : TLS_CLASS_UNKNOWN;
    return by_size > by_name ? by_size : by_name;
}

bool tls_group_is_hybrid(const char *group)
{
    return group && strstr(group, "MLKEM");
}

enum tls_class tls_key_class(const struct tls_policy *p, const struct cert_facts *cert)
{
    if (cert->key_bits == 0) /* a key that our library cannot read */
        return TLS_CLASS_UNKNOWN;
    switch (cert->key_type) {
    case KEY_RSA:
        return tls_policy_class_of_bits(p, TLS_POLICY_RSA_BITS, cert->key_bits);
    case KEY_EC: /* RFC 9325 4.5 knows no exception */
        return cert->key_bits < EC_BITS_MIN ? TLS_CLASS_BAD : tls_policy_class_of(p, TLS_POLICY_CURVE, cert->curve);
    case KEY_ED25519:
        return tls_policy_class_of(p, TLS_POLICY_KEY, "Ed25519");
    case KEY_ED448:
        return tls_policy_class_of(p, TLS_POLICY_KEY, "Ed448");
    case KEY_DSA:
        return tls_policy_class_of(p, TLS_POLICY_KEY, "DSA");
    case KEY_OTHER:
        break;
    }
    return TLS_CLASS_UNKNOWN;
}

enum tls_class tls_hash_class(const struct tls_policy *p, const char *hash)
{
    return tls_policy_class_of(p, TLS_POLICY_HASH, hash);
}

enum tls_class tls_signature_class(const struct tls_policy *p, const char *signature)
{
    return tls_policy_class_of(p, TLS_POLICY_SIGNATURE, signature);
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
    return versions[v + 1]; /* SSLv2 is none of them */
}

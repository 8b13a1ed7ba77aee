/* SPDX-License-Identifier: Apache-2.0 */
/* test_tls_classes - how good versions, suites, groups, keys and hashes are held to be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "judge/tls_classes.h"

static const char *word(enum tls_class class)
{
    static const char *const words[] = {
        [TLS_CLASS_UNKNOWN] = "unknown", [TLS_CLASS_GOOD] = "good", [TLS_CLASS_ACCEPTABLE] = "acceptable",
        [TLS_CLASS_WEAK] = "weak",       [TLS_CLASS_BAD] = "bad",   [TLS_CLASS_NO_AUTH] = "without certificate",
    };
    return words[class];
}

static void is_of_class(const char *name, enum tls_class is, enum tls_class wanted)
{
    if (is != wanted)
        fail_msg("%s is %s, and should be %s", name, word(is), word(wanted));
}

static void versions_below_1_2_are_bad(void **state)
{
    (void)state;
    is_of_class("TLSv1.3", tls_version_class(NULL, "TLSv1.3"), TLS_CLASS_GOOD);
    is_of_class("TLSv1.2", tls_version_class(NULL, "TLSv1.2"), TLS_CLASS_ACCEPTABLE);
    is_of_class("TLSv1.1", tls_version_class(NULL, "TLSv1.1"), TLS_CLASS_BAD);
    is_of_class("TLSv1", tls_version_class(NULL, "TLSv1"), TLS_CLASS_BAD);
    is_of_class("SSLv3", tls_version_class(NULL, "SSLv3"), TLS_CLASS_BAD);
    is_of_class("TLSv1.4", tls_version_class(NULL, "TLSv1.4"), TLS_CLASS_UNKNOWN);
    is_of_class("no version", tls_version_class(NULL, NULL), TLS_CLASS_UNKNOWN);
}

static void newer_versions_rank_higher(void **state)
{
    (void)state;
    static const char *const oldest_first[] = {NULL, "SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"};
    for (size_t i = 1; i < sizeof oldest_first / sizeof *oldest_first; i++)
        assert_true(tls_version_rank(oldest_first[i]) > tls_version_rank(oldest_first[i - 1]));
}

static void suites_stand_where_the_guidelines_put_them(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum tls_class class;
    } suites[] = {
        {"TLS_AES_256_GCM_SHA384", TLS_CLASS_GOOD},
        {"TLS_CHACHA20_POLY1305_SHA256", TLS_CLASS_GOOD},
        {"TLS_AES_128_GCM_SHA256", TLS_CLASS_ACCEPTABLE},
        {"TLS_AES_128_CCM_SHA256", TLS_CLASS_ACCEPTABLE},
        {"TLS_AES_128_CCM_8_SHA256", TLS_CLASS_WEAK},
        {"TLS_SHA256_SHA256", TLS_CLASS_BAD},
        {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", TLS_CLASS_GOOD},
        {"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", TLS_CLASS_GOOD},
        {"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", TLS_CLASS_GOOD},
        {"TLS_ECDHE_ECDSA_WITH_AES_128_CCM", TLS_CLASS_ACCEPTABLE},
        {"TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8", TLS_CLASS_WEAK},
        {"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", TLS_CLASS_WEAK},
        {"TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384", TLS_CLASS_WEAK},
        {"TLS_ECDHE_RSA_WITH_CAMELLIA_256_CBC_SHA384", TLS_CLASS_WEAK},
        {"TLS_ECDHE_RSA_WITH_ARIA_256_GCM_SHA384", TLS_CLASS_WEAK},
        {"TLS_DHE_RSA_WITH_AES_256_GCM_SHA384", TLS_CLASS_WEAK},
        {"TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256", TLS_CLASS_WEAK},
        {"TLS_RSA_WITH_AES_256_GCM_SHA384", TLS_CLASS_WEAK},
        {"TLS_RSA_WITH_AES_128_CBC_SHA", TLS_CLASS_WEAK},
        {"TLS_RSA_WITH_CAMELLIA_128_CBC_SHA", TLS_CLASS_BAD},
        {"TLS_RSA_WITH_ARIA_128_GCM_SHA256", TLS_CLASS_BAD},
        {"TLS_RSA_WITH_3DES_EDE_CBC_SHA", TLS_CLASS_BAD},
        {"TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA", TLS_CLASS_BAD},
        {"TLS_DHE_RSA_WITH_DES_CBC_SHA", TLS_CLASS_BAD},
        {"TLS_ECDHE_RSA_WITH_RC4_128_SHA", TLS_CLASS_BAD},
        {"TLS_RSA_WITH_RC4_128_MD5", TLS_CLASS_BAD},
        {"TLS_RSA_EXPORT_WITH_DES40_CBC_SHA", TLS_CLASS_BAD},
        {"TLS_RSA_WITH_IDEA_CBC_SHA", TLS_CLASS_BAD},
        {"TLS_DHE_RSA_WITH_SEED_CBC_SHA", TLS_CLASS_BAD},
        {"TLS_ECDHE_RSA_WITH_NULL_SHA", TLS_CLASS_BAD},
        {"TLS_DH_RSA_WITH_AES_128_GCM_SHA256", TLS_CLASS_BAD},
        {"TLS_ECDH_ECDSA_WITH_AES_128_GCM_SHA256", TLS_CLASS_BAD},
        {"TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256", TLS_CLASS_BAD},
        {"TLS_GOSTR341112_256_WITH_28147_CNT_IMIT", TLS_CLASS_BAD},
        {"TLS_DH_anon_WITH_AES_256_GCM_SHA384", TLS_CLASS_NO_AUTH},
        {"TLS_ECDH_anon_WITH_AES_256_CBC_SHA", TLS_CLASS_NO_AUTH},
        {"TLS_SM4_GCM_SM3", TLS_CLASS_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof suites / sizeof *suites; i++)
        is_of_class(suites[i].name, tls_suite_class(NULL, suites[i].name), suites[i].class);
    is_of_class("no suite", tls_suite_class(NULL, NULL), TLS_CLASS_UNKNOWN);
}

static void only_rsa_encryption_is_static_rsa(void **state)
{
    (void)state;
    assert_true(tls_suite_is_static_rsa("TLS_RSA_WITH_AES_128_CBC_SHA"));
    assert_false(tls_suite_is_static_rsa("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"));
    assert_false(tls_suite_is_static_rsa("TLS_AES_128_GCM_SHA256"));
    assert_false(tls_suite_is_static_rsa(NULL));
}

static void groups_stand_where_the_guidelines_put_them(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        unsigned dh_bits;
        enum tls_class class;
    } groups[] = {
        {"X25519MLKEM768", 0, TLS_CLASS_GOOD},
        {"SecP256r1MLKEM768", 0, TLS_CLASS_GOOD},
        {"SecP384r1MLKEM1024", 0, TLS_CLASS_GOOD},
        {"X25519", 0, TLS_CLASS_GOOD},
        {"X448", 0, TLS_CLASS_GOOD},
        {"P-256", 0, TLS_CLASS_ACCEPTABLE},
        {"P-521", 0, TLS_CLASS_ACCEPTABLE},
        {"brainpoolP256r1", 0, TLS_CLASS_ACCEPTABLE},
        {"brainpoolP512r1tls13", 0, TLS_CLASS_ACCEPTABLE},
        {"P-224", 0, TLS_CLASS_WEAK},
        {"secp256k1", 0, TLS_CLASS_WEAK},
        {"ffdhe2048", 2048, TLS_CLASS_WEAK},
        {"ffdhe8192", 8192, TLS_CLASS_WEAK},
        {"DHE", 2048, TLS_CLASS_WEAK},
        {"DHE", 2047, TLS_CLASS_BAD},
        {"DHE", 1024, TLS_CLASS_BAD},
        {"P-192", 0, TLS_CLASS_BAD},
        {"secp160r1", 0, TLS_CLASS_BAD},
        {"sect571r1", 0, TLS_CLASS_BAD},
        {"explicit", 0, TLS_CLASS_BAD},
        {"something new", 0, TLS_CLASS_UNKNOWN},
        {NULL, 0, TLS_CLASS_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        is_of_class(groups[i].name ? groups[i].name : "no group", tls_group_class(NULL, groups[i].name, groups[i].dh_bits), groups[i].class);
}

static void hybrid_groups_hold_ml_kem(void **state)
{
    (void)state;
    assert_true(tls_group_is_hybrid("X25519MLKEM768"));
    assert_true(tls_group_is_hybrid("SecP384r1MLKEM1024"));
    assert_false(tls_group_is_hybrid("X25519"));
    assert_false(tls_group_is_hybrid(NULL));
}

static void keys_are_weighed_by_kind_and_size(void **state)
{
    (void)state;
    static const struct {
        struct cert_facts cert;
        enum tls_class class;
    } keys[] = {
        {{.key_type_text = "RSA 3072", .key_type = KEY_RSA, .key_bits = 3072}, TLS_CLASS_GOOD},
        {{.key_type_text = "RSA 3071", .key_type = KEY_RSA, .key_bits = 3071}, TLS_CLASS_ACCEPTABLE},
        {{.key_type_text = "RSA 2048", .key_type = KEY_RSA, .key_bits = 2048}, TLS_CLASS_ACCEPTABLE},
        {{.key_type_text = "RSA 2047", .key_type = KEY_RSA, .key_bits = 2047}, TLS_CLASS_BAD},
        {{.key_type_text = "P-256", .key_type = KEY_EC, .key_bits = 256, .curve = "P-256"}, TLS_CLASS_GOOD},
        {{.key_type_text = "brainpoolP384r1", .key_type = KEY_EC, .key_bits = 384, .curve = "brainpoolP384r1"}, TLS_CLASS_GOOD},
        {{.key_type_text = "P-224", .key_type = KEY_EC, .key_bits = 224, .curve = "P-224"}, TLS_CLASS_ACCEPTABLE},
        {{.key_type_text = "secp256k1", .key_type = KEY_EC, .key_bits = 256, .curve = "secp256k1"}, TLS_CLASS_ACCEPTABLE},
        {{.key_type_text = "EC of 223 bits", .key_type = KEY_EC, .key_bits = 223, .curve = "strange"}, TLS_CLASS_BAD},
        {{.key_type_text = "explicit curve", .key_type = KEY_EC, .key_bits = 256, .curve = "explicit"}, TLS_CLASS_BAD},
        {{.key_type_text = "sect283r1", .key_type = KEY_EC, .key_bits = 283, .curve = "sect283r1"}, TLS_CLASS_BAD},
        {{.key_type_text = "SM2", .key_type = KEY_EC, .key_bits = 256, .curve = "SM2"}, TLS_CLASS_UNKNOWN},
        {{.key_type_text = "Ed25519", .key_type = KEY_ED25519, .key_bits = 253}, TLS_CLASS_GOOD},
        {{.key_type_text = "Ed448", .key_type = KEY_ED448, .key_bits = 456}, TLS_CLASS_GOOD},
        {{.key_type_text = "DSA", .key_type = KEY_DSA, .key_bits = 3072}, TLS_CLASS_BAD},
        {{.key_type_text = "ML-DSA-65", .key_type = KEY_OTHER, .key_bits = 15616}, TLS_CLASS_UNKNOWN},
        {{.key_type_text = "unreadable RSA", .key_type = KEY_RSA, .key_bits = 0}, TLS_CLASS_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        is_of_class(keys[i].cert.key_type_text, tls_key_class(NULL, &keys[i].cert), keys[i].class);
}

static void hashes_that_can_be_forged_are_bad(void **state)
{
    (void)state;
    is_of_class("MD2", tls_hash_class(NULL, "MD2"), TLS_CLASS_BAD);
    is_of_class("MD5", tls_hash_class(NULL, "MD5"), TLS_CLASS_BAD);
    is_of_class("SHA1", tls_hash_class(NULL, "SHA1"), TLS_CLASS_BAD);
    is_of_class("SHA224", tls_hash_class(NULL, "SHA224"), TLS_CLASS_ACCEPTABLE);
    is_of_class("SHA256", tls_hash_class(NULL, "SHA256"), TLS_CLASS_GOOD);
    is_of_class("SHA512", tls_hash_class(NULL, "SHA512"), TLS_CLASS_GOOD);
    is_of_class("a scheme without one", tls_hash_class(NULL, NULL), TLS_CLASS_UNKNOWN);
}

/* Surveys ask for kinds of suites; what a kind is called good for, names say. */
static void kinds_and_classes_agree(void **state)
{
    (void)state;
    enum { KIND_MODERN, KIND_DHE, KIND_ECDHE_OLD, KIND_STATIC_RSA, KIND_BROKEN, KIND_ANONYMOUS, KIND_TLS13 };
    static const struct {
        uint16_t number;
        int kind;
        const char *name;
    } suites[] = {
#define SUITE(number, since, kind, name) {number, KIND_##kind, name},
#include "facts/tls_suites.def"
#undef SUITE
    };
    for (size_t i = 0; i < sizeof suites / sizeof *suites; i++) {
        enum tls_class class = tls_suite_class(NULL, suites[i].name);
        int kind = suites[i].kind;
        bool agree = class == TLS_CLASS_BAD       ? kind == KIND_BROKEN || kind == KIND_TLS13
                     : class == TLS_CLASS_WEAK    ? kind == KIND_DHE || kind == KIND_ECDHE_OLD || kind == KIND_STATIC_RSA || kind == KIND_TLS13
                     : class == TLS_CLASS_NO_AUTH ? kind == KIND_ANONYMOUS
                     : class == TLS_CLASS_UNKNOWN ? false
                                                  : kind == KIND_MODERN || kind == KIND_TLS13;
        if (!agree)
            fail_msg("%s is of kind %d and class %s", suites[i].name, kind, tls_class_word(class));
        assert_string_equal(tls_suite_name(suites[i].number), suites[i].name);
    }
}

static void every_group_and_signature_has_a_class(void **state)
{
    (void)state;
    for (unsigned number = 0; number < 0x10000; number++) {
        const char *group = tls_group_name((uint16_t)number), *signature = tls_signature_name((uint16_t)number);
        if (group && tls_group_class(NULL, group, tls_group_dh_bits((uint16_t)number)) == TLS_CLASS_UNKNOWN)
            fail_msg("group %s has no class", group);
        if (signature && tls_signature_class(NULL, signature) == TLS_CLASS_UNKNOWN)
            fail_msg("signature %s has no class", signature);
    }
    assert_int_equal(tls_group_class(NULL, tls_group_name(0x0100), tls_group_dh_bits(0x0100)), TLS_CLASS_WEAK);
    assert_string_equal(tls_survey_version_name(SURVEY_SSL3), "SSLv3");
    assert_string_equal(tls_survey_version_name(SURVEY_TLS13), "TLSv1.3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(versions_below_1_2_are_bad),
        cmocka_unit_test(newer_versions_rank_higher),
        cmocka_unit_test(suites_stand_where_the_guidelines_put_them),
        cmocka_unit_test(only_rsa_encryption_is_static_rsa),
        cmocka_unit_test(groups_stand_where_the_guidelines_put_them),
        cmocka_unit_test(hybrid_groups_hold_ml_kem),
        cmocka_unit_test(keys_are_weighed_by_kind_and_size),
        cmocka_unit_test(hashes_that_can_be_forged_are_bad),
        cmocka_unit_test(kinds_and_classes_agree),
        cmocka_unit_test(every_group_and_signature_has_a_class),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* test_tls_policy - tables that say how good parts of TLS are: how they are read, what those of the program say, and what rules make of them. */
#include <stdio.h>

#include "deep_world.h"

#include "judge/tls_classes.h"

static struct tls_policy parsed;
static struct tls_policy_problem problem;

static const struct tls_policy *read(const char *text)
{
    if (tls_policy_parse(str_of(text), "file:test.tsv", &parsed, &problem) < 0)
        fail_msg("line %u: '%.*s' %s", problem.line, (int)problem.word.n, problem.word.p ? problem.word.p : "", problem.what);
    return &parsed;
}

static void is_wrong(struct str text, unsigned line, const char *word, const char *says)
{
    if (tls_policy_parse(text, "file:test.tsv", &parsed, &problem) == 0)
        fail_msg("taken as a table: %.*s", (int)text.n, text.p);
    assert_int_equal(problem.line, line);
    if (!strstr(problem.what, says))
        fail_msg("it says \"%s\", and not \"%s\"", problem.what, says);
    if (!str_is(problem.word, word))
        fail_msg("it is about '%.*s', and not about '%s'", (int)problem.word.n, problem.word.p ? problem.word.p : "", word);
}

#define WRONG(text, line, word, says) is_wrong(STR(text), line, word, says)

static void the_first_row_that_fits_decides(void **state)
{
    (void)state;
    const struct tls_policy *p = read("# ours\n\nversion\tTLSv1.3\tgood\tRFC 8446\r\nsuite\tTLS_*_GCM_*\tgood\nsuite\tTLS_RSA_WITH_AES_*\tweak\nsuite\t*\tbad");
    assert_string_equal(tls_policy_name(p), "file:test.tsv");
    assert_false(tls_policy_is_default(p));
    assert_int_equal(tls_version_class(p, "TLSv1.3"), TLS_CLASS_GOOD);
    assert_int_equal(tls_version_class(p, "TLSv1.2"), TLS_CLASS_UNKNOWN);
    assert_int_equal(tls_suite_class(p, "TLS_RSA_WITH_AES_128_GCM_SHA256"), TLS_CLASS_GOOD);
    assert_int_equal(tls_suite_class(p, "TLS_RSA_WITH_AES_128_CBC_SHA"), TLS_CLASS_WEAK);
    assert_int_equal(tls_suite_class(p, "TLS_RSA_WITH_RC4_128_SHA"), TLS_CLASS_BAD);
    assert_int_equal(tls_suite_class(p, NULL), TLS_CLASS_UNKNOWN);
}

static void stars_stand_for_anything_and_for_nothing(void **state)
{
    (void)state;
    const struct tls_policy *p = read("group\tP-*6\tgood\ngroup\t*pool*256*r1\tweak\ngroup\tX25519\tacceptable\ngroup\tX25519*\tgood\n");
    assert_int_equal(tls_group_class(p, "P-256", 0), TLS_CLASS_GOOD);
    assert_int_equal(tls_group_class(p, "P-384", 0), TLS_CLASS_UNKNOWN);
    assert_int_equal(tls_group_class(p, "brainpoolP256r1", 0), TLS_CLASS_WEAK);
    assert_int_equal(tls_group_class(p, "brainpoolP256r1tls13", 0), TLS_CLASS_UNKNOWN);
    assert_int_equal(tls_group_class(p, "X25519", 0), TLS_CLASS_ACCEPTABLE);
    assert_int_equal(tls_group_class(p, "X25519MLKEM768", 0), TLS_CLASS_GOOD);
    assert_int_equal(tls_group_class(p, "", 0), TLS_CLASS_UNKNOWN);
}

static void rows_of_bits_begin_at_their_number(void **state)
{
    (void)state;
    const struct tls_policy *p = read("dh-bits\t3072\tgood\ndh-bits\t2048\tweak\ngroup\tDHE\tacceptable\ngroup\tmodp4096\tbad\n");
    assert_int_equal(tls_group_class(p, "ffdhe4096", 4096), TLS_CLASS_GOOD);
    assert_int_equal(tls_group_class(p, "ffdhe3072", 3072), TLS_CLASS_GOOD);
    assert_int_equal(tls_group_class(p, "ffdhe3072", 3071), TLS_CLASS_WEAK);
    assert_int_equal(tls_group_class(p, "ffdhe2048", 2047), TLS_CLASS_BAD);
    /* The worse of name and size counts; what has no name is called DHE. */
    assert_int_equal(tls_group_class(p, NULL, 4096), TLS_CLASS_ACCEPTABLE);
    assert_int_equal(tls_group_class(p, "DHE", 2048), TLS_CLASS_WEAK);
    assert_int_equal(tls_group_class(p, "modp4096", 4096), TLS_CLASS_BAD);
    /* Of RSA the table says nothing. */
    assert_int_equal(tls_key_class(p, &(struct cert_facts){.key_type = KEY_RSA, .key_bits = 512}), TLS_CLASS_UNKNOWN);
    assert_int_equal(tls_group_class(read("dh-bits\t65536\tgood\n"), NULL, 65536), TLS_CLASS_GOOD);
}

static void what_is_wrong_is_said_with_its_line(void **state)
{
    (void)state;
    WRONG("", 0, "", "no row");
    WRONG("# nothing\n\n", 0, "", "no row");
    WRONG("version\tTLSv1.3\tgood\ncolour\tred\tgood\n", 2, "colour", "not a kind");
    WRONG("version TLSv1.3 good\n", 1, "version TLSv1.3 good", "not a kind");
    WRONG("Suite\tTLS_*\tgood\n", 1, "Suite", "not a kind");
    WRONG("version\tTLSv1.3\n", 1, "", "not a class");
    WRONG("version\tTLSv1.3\tGood\n", 1, "Good", "not a class");
    WRONG("version\tTLSv1.3\tgood \n", 1, "good ", "not a class");
    WRONG("version\n", 1, "", "no name");
    WRONG("version\tTLSv1.5\tgood\n", 1, "TLSv1.5", "no name");
    WRONG("version\tTLS 1.3\tgood\n", 1, "TLS 1.3", "no name");
    WRONG("suite\tTLS_AES_128_GMC_SHA256\tgood\n", 1, "TLS_AES_128_GMC_SHA256", "no name");
    WRONG("group\tX25591\tgood\n", 1, "X25591", "no name");
    WRONG("curve\tDHE\tgood\n", 1, "DHE", "no name");
    WRONG("key\tRSA\tgood\n", 1, "RSA", "no name");
    WRONG("hash\tSHA-256\tgood\n", 1, "SHA-256", "no name");
    WRONG("signature\trsa\tgood\n", 1, "rsa", "no name");
    WRONG("rsa-bits\t0\tbad\n", 1, "0", "number of bits");
    WRONG("rsa-bits\t65537\tgood\n", 1, "65537", "number of bits");
    WRONG("dh-bits\t*\tgood\n", 1, "*", "number of bits");
    WRONG("group\tX25519\tno_auth\n", 1, "no_auth", "suites alone");
}

static void rows_that_never_decide_are_mistakes(void **state)
{
    (void)state;
    WRONG("\nversion\tTLSv1.3\tgood\nversion\tTLSv1.3\tbad\n", 3, "TLSv1.3", "never looked at");
    assert_int_equal(problem.other_line, 2);
    WRONG("suite\tTLS_RSA_*\tbad\nsuite\tTLS_RSA_WITH_AES_128_CBC_SHA\tweak\n", 2, "TLS_RSA_WITH_AES_128_CBC_SHA", "never looked at");
    WRONG("suite\tTLS_*_CBC_*\tbad\nsuite\tTLS_ECDHE_*_CBC_*\tweak\n", 2, "TLS_ECDHE_*_CBC_*", "never looked at");
    WRONG("rsa-bits\t2048\tgood\nrsa-bits\t3072\tgood\n", 2, "3072", "never looked at");
    WRONG("rsa-bits\t2048\tgood\nrsa-bits\t2048\tbad\n", 2, "2048", "never looked at");
    read("group\tP-256\tgood\ncurve\tP-256\tgood\nrsa-bits\t2048\tgood\ndh-bits\t3072\tgood\n"); /* of other kinds */
}

static void what_is_no_text_is_no_table(void **state)
{
    (void)state;
    static char many[TLS_POLICY_ROWS_MAX * 20 + 40], large[TLS_POLICY_BYTES_MAX + 2];
    size_t n = 0;
    WRONG("version\tTLSv1.3\tgood\n# a\0b\n", 2, "", "control character");
    WRONG("version\tTLSv1.3\tgood\033[31m\n", 1, "", "control character");
    for (unsigned bits = TLS_POLICY_ROWS_MAX + 1; bits > 0; bits--)
        n += (size_t)snprintf(many + n, sizeof many - n, "rsa-bits\t%u\tgood\n", bits);
    is_wrong((struct str){many, n}, TLS_POLICY_ROWS_MAX + 1, "", "256 rows");
    memset(large, '#', sizeof large);
    is_wrong((struct str){large, TLS_POLICY_BYTES_MAX + 1}, 0, "", "65536 octets");
    is_wrong((struct str){large, TLS_POLICY_BYTES_MAX}, 0, "", "no row"); /* one long comment */
}

enum { POLICIES = 3 };
static const char *const names[POLICIES] = {"default", "ncsc2025", "rfc9325"};

static void all_say(const char *what, const enum tls_class *found, const enum tls_class *wanted)
{
    for (int i = 0; i < POLICIES; i++)
        if (found[i] != wanted[i])
            fail_msg("%s is %s by %s, and should be %s", what, tls_class_word(found[i]), names[i], tls_class_word(wanted[i]));
}

#define GOOD TLS_CLASS_GOOD
#define OK TLS_CLASS_ACCEPTABLE
#define WEAK TLS_CLASS_WEAK
#define BAD TLS_CLASS_BAD
#define NO_AUTH TLS_CLASS_NO_AUTH

static void versions_and_suites_by_each_policy(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum tls_class is[POLICIES];
    } versions[] =
        {
            {"TLSv1.3", {GOOD, GOOD, GOOD}}, {"TLSv1.2", {OK, OK, GOOD}}, {"TLSv1.1", {BAD, BAD, BAD}}, {"TLSv1", {BAD, BAD, BAD}}, {"SSLv3", {BAD, BAD, BAD}},
        },
      suites[] = {
          {"TLS_AES_256_GCM_SHA384", {GOOD, GOOD, GOOD}},
          {"TLS_AES_128_GCM_SHA256", {OK, OK, GOOD}},
          {"TLS_AES_128_CCM_8_SHA256", {WEAK, BAD, WEAK}},
          {"TLS_SHA256_SHA256", {BAD, BAD, BAD}},
          {"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", {GOOD, OK, GOOD}},
          {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", {GOOD, OK, OK}},
          {"TLS_ECDHE_ECDSA_WITH_AES_128_CCM", {OK, OK, OK}},
          {"TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8", {WEAK, BAD, WEAK}},
          {"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", {WEAK, WEAK, WEAK}},
          {"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", {WEAK, BAD, WEAK}},
          {"TLS_ECDHE_RSA_WITH_CAMELLIA_128_GCM_SHA256", {WEAK, WEAK, OK}},
          {"TLS_DHE_RSA_WITH_AES_256_GCM_SHA384", {WEAK, WEAK, WEAK}},
          {"TLS_DHE_RSA_WITH_AES_256_CBC_SHA", {WEAK, BAD, WEAK}},
          {"TLS_DHE_DSS_WITH_AES_256_GCM_SHA384", {WEAK, BAD, WEAK}},
          {"TLS_RSA_WITH_AES_256_GCM_SHA384", {WEAK, BAD, WEAK}},
          {"TLS_RSA_WITH_CAMELLIA_128_CBC_SHA", {BAD, BAD, WEAK}},
          {"TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA", {BAD, BAD, WEAK}},
          {"TLS_ECDHE_RSA_WITH_RC4_128_SHA", {BAD, BAD, BAD}},
          {"TLS_RSA_EXPORT_WITH_DES40_CBC_SHA", {BAD, BAD, BAD}},
          {"TLS_ECDHE_RSA_WITH_NULL_SHA", {BAD, BAD, BAD}},
          {"TLS_ECDH_ECDSA_WITH_AES_128_GCM_SHA256", {BAD, BAD, WEAK}},
          {"TLS_ECDH_anon_WITH_AES_256_CBC_SHA", {NO_AUTH, NO_AUTH, NO_AUTH}},
      };
    enum tls_class found[POLICIES];
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
        for (int p = 0; p < POLICIES; p++)
            found[p] = tls_version_class(tls_policy_built_in(names[p]), versions[i].name);
        all_say(versions[i].name, found, versions[i].is);
    }
    for (size_t i = 0; i < sizeof suites / sizeof *suites; i++) {
        for (int p = 0; p < POLICIES; p++)
            found[p] = tls_suite_class(tls_policy_built_in(names[p]), suites[i].name);
        all_say(suites[i].name, found, suites[i].is);
    }
}

static void groups_by_each_policy(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        unsigned dh_bits;
        enum tls_class is[POLICIES];
    } groups[] = {
        {"X25519MLKEM768", 0, {GOOD, GOOD, GOOD}},
        {"SecP384r1MLKEM1024", 0, {GOOD, GOOD, GOOD}},
        {"X25519", 0, {GOOD, OK, GOOD}},
        {"P-256", 0, {OK, OK, GOOD}},
        {"brainpoolP256r1tls13", 0, {OK, OK, OK}},
        {"P-224", 0, {WEAK, WEAK, WEAK}},
        {"secp256k1", 0, {WEAK, BAD, WEAK}},
        {"sect571r1", 0, {BAD, BAD, WEAK}},
        {"sect163k1", 0, {BAD, BAD, BAD}},
        {"secp160r1", 0, {BAD, BAD, BAD}},
        {"DHE", 1024, {BAD, BAD, BAD}},
        {"DHE", 2048, {WEAK, BAD, OK}},
        {NULL, 4096, {WEAK, BAD, OK}},
        {"ffdhe2048", 2048, {WEAK, BAD, OK}},
        {"ffdhe3072", 3072, {WEAK, WEAK, OK}},
        {"modp3072", 3072, {WEAK, BAD, OK}},
    };
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        enum tls_class found[POLICIES];
        for (int p = 0; p < POLICIES; p++)
            found[p] = tls_group_class(tls_policy_built_in(names[p]), groups[i].name, groups[i].dh_bits);
        all_say(groups[i].name ? groups[i].name : "a field without name", found, groups[i].is);
    }
}

static void keys_and_signatures_by_each_policy(void **state)
{
    (void)state;
    static const struct {
        struct cert_facts cert;
        enum tls_class is[POLICIES];
    } keys[] = {
        {{.key_type_text = "RSA 3072", .key_type = KEY_RSA, .key_bits = 3072}, {GOOD, OK, GOOD}},
        {{.key_type_text = "RSA 2048", .key_type = KEY_RSA, .key_bits = 2048}, {OK, WEAK, GOOD}},
        {{.key_type_text = "RSA 1024", .key_type = KEY_RSA, .key_bits = 1024}, {BAD, BAD, BAD}},
        {{.key_type_text = "P-256", .key_type = KEY_EC, .key_bits = 256, .curve = "P-256"}, {GOOD, OK, GOOD}},
        {{.key_type_text = "P-224", .key_type = KEY_EC, .key_bits = 224, .curve = "P-224"}, {OK, WEAK, WEAK}},
        {{.key_type_text = "secp256k1", .key_type = KEY_EC, .key_bits = 256, .curve = "secp256k1"}, {OK, BAD, WEAK}},
        {{.key_type_text = "Ed25519", .key_type = KEY_ED25519, .key_bits = 253}, {GOOD, OK, OK}},
        {{.key_type_text = "Ed448", .key_type = KEY_ED448, .key_bits = 456}, {GOOD, OK, OK}},
        {{.key_type_text = "DSA", .key_type = KEY_DSA, .key_bits = 3072}, {BAD, BAD, WEAK}},
    };
    static const struct {
        const char *name;
        enum tls_class is[POLICIES];
    } hashes[] = {{"SHA1", {BAD, BAD, BAD}}, {"MD5", {BAD, BAD, BAD}}, {"SHA224", {OK, WEAK, OK}}, {"SHA256", {GOOD, OK, GOOD}}},
      signatures[] = {
          {"rsa_pkcs1_sha1", {BAD, BAD, BAD}}, {"ecdsa_sha1", {BAD, BAD, BAD}}, {"rsa_pkcs1_sha224", {WEAK, WEAK, OK}}, {"ed25519", {GOOD, OK, GOOD}}};
    enum tls_class found[POLICIES];
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        for (int p = 0; p < POLICIES; p++)
            found[p] = tls_key_class(tls_policy_built_in(names[p]), &keys[i].cert);
        all_say(keys[i].cert.key_type_text, found, keys[i].is);
    }
    for (size_t i = 0; i < sizeof hashes / sizeof *hashes; i++) {
        for (int p = 0; p < POLICIES; p++)
            found[p] = tls_hash_class(tls_policy_built_in(names[p]), hashes[i].name);
        all_say(hashes[i].name, found, hashes[i].is);
    }
    for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++) {
        for (int p = 0; p < POLICIES; p++)
            found[p] = tls_signature_class(tls_policy_built_in(names[p]), signatures[i].name);
        all_say(signatures[i].name, found, signatures[i].is);
    }
}

/* Whatever a server can choose, each policy has a word for it. */
static void no_policy_leaves_anything_out(void **state)
{
    (void)state;
    for (int i = 0; i < POLICIES; i++) {
        const struct tls_policy *p = tls_policy_built_in(names[i]);
        for (unsigned number = 0; number < 0x10000; number++) {
            const char *suite = tls_suite_name((uint16_t)number), *group = tls_group_name((uint16_t)number), *signature = tls_signature_name((uint16_t)number);
            if (suite && tls_suite_class(p, suite) == TLS_CLASS_UNKNOWN)
                fail_msg("%s has no class for %s", names[i], suite);
            if (group && tls_group_class(p, group, tls_group_dh_bits((uint16_t)number)) == TLS_CLASS_UNKNOWN)
                fail_msg("%s has no class for the group %s", names[i], group);
            if (signature && tls_signature_class(p, signature) == TLS_CLASS_UNKNOWN)
                fail_msg("%s has no class for %s", names[i], signature);
        }
    }
    assert_null(tls_policy_built_in("ncsc"));
    assert_true(tls_policy_is_default(NULL));
    assert_true(tls_policy_is_default(tls_policy_built_in("default")));
    assert_string_equal(tls_policy_name(NULL), "default");
}

static void a_stricter_policy_finds_more(void **state)
{
    struct world *w = *state;
    struct cert_facts *leaf = &w->sessions[MX1_V4]->tls.certificates[0];
    leaf->key_type = KEY_RSA;
    leaf->key_bits = 2048;
    leaf->key_type_text = "RSA";
    expect_verdict(w, "cert.key-strength", "mx1/v4:25", VERDICT_PASS);
    w->options.tls_policy = tls_policy_built_in("ncsc2025");
    expect_verdict(w, "cert.key-strength", "mx1/v4:25", VERDICT_FAIL);
    expect_detail(w, "cert.key-strength", "mx1/v4:25", "RSA, 2048 bits, which is weak by the TLS policy ncsc2025");
    assert_ptr_equal(w->out.tls_policy, w->options.tls_policy);
    w->options.tls_policy = tls_policy_built_in("rfc9325");
    expect_verdict(w, "cert.key-strength", "mx1/v4:25", VERDICT_PASS);
}

static void versions_are_as_old_as_the_policy_says(void **state)
{
    struct world *w = *state;
    static const char row[] = "tls.legacy-versions", mx1[] = "mx1/v4:25";
    with_deep(w);
    struct tls_survey_facts *f = &w->endpoints[MX1_V4]->deep->survey;
    f->versions[SURVEY_TLS11] = TRI_YES;
    expect_verdict(w, row, mx1, VERDICT_FAIL);
    w->options.tls_policy = read("version\tTLSv1.1\tacceptable\nversion\tTLSv1.*\tgood\n");
    expect_verdict(w, row, mx1, VERDICT_PASS);
    w->options.tls_policy = read("version\tTLSv1.3\tweak\n");
    expect_verdict(w, "tls.version-floor", mx1, VERDICT_FAIL);
    expect_detail(w, "tls.version-floor", mx1, "TLSv1.3, which is weak by the TLS policy file:test.tsv");
}

/* Ageing suites are asked for together; where a policy parts them, it matters which of them were taken. */
static void suites_of_one_sort_are_told_apart(void **state)
{
    struct world *w = *state;
    static const char mx1[] = "mx1/v4:25";
    uint16_t modern[] = {0xc02b, 0xc023}; /* ECDHE-ECDSA with AES-128-GCM, and with AES-128-CBC and SHA-256 */
    with_deep(w);
    struct tls_survey_facts *f = &w->endpoints[MX1_V4]->deep->survey;
    for (int v = 0; v < SURVEY_VERSION_COUNT; v++) {
        f->suites_complete[v] = f->versions[v] == TRI_YES;
    }
    f->suites[SURVEY_TLS12] = modern;
    f->suite_count[SURVEY_TLS12] = 2;
    f->ageing_suites = TRI_YES;
    w->options.tls_policy = tls_policy_built_in("ncsc2025");
    expect_verdict(w, "tls.cipher-weak", mx1, VERDICT_FAIL);
    expect_verdict(w, "tls.cipher-bad", mx1, VERDICT_PASS);
    f->suites_complete[SURVEY_TLS12] = false; /* others may follow, with SHA-1 */
    expect_verdict(w, "tls.cipher-bad", mx1, VERDICT_UNKNOWN);
    modern[1] = 0xc009; /* AES-128-CBC and SHA-1 */
    expect_verdict(w, "tls.cipher-bad", mx1, VERDICT_FAIL);
    expect_detail(w, "tls.cipher-bad", mx1, "bad by the TLS policy ncsc2025");
    w->options.tls_policy = NULL;
    expect_verdict(w, "tls.cipher-bad", mx1, VERDICT_PASS);
    expect_verdict(w, "tls.cipher-weak", mx1, VERDICT_FAIL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_row_that_fits_decides),
        cmocka_unit_test(stars_stand_for_anything_and_for_nothing),
        cmocka_unit_test(rows_of_bits_begin_at_their_number),
        cmocka_unit_test(what_is_wrong_is_said_with_its_line),
        cmocka_unit_test(rows_that_never_decide_are_mistakes),
        cmocka_unit_test(what_is_no_text_is_no_table),
        cmocka_unit_test(versions_and_suites_by_each_policy),
        cmocka_unit_test(groups_by_each_policy),
        cmocka_unit_test(keys_and_signatures_by_each_policy),
        cmocka_unit_test(no_policy_leaves_anything_out),
        WORLD_TEST(a_stricter_policy_finds_more),
        WORLD_TEST(versions_are_as_old_as_the_policy_says),
        WORLD_TEST(suites_of_one_sort_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* test_cert - rows of the area cert: what a certificate must be for somebody to be told that it is wrong. */
#include "world.h"

enum { MINUTE_S = 60 };

/* The host and the endpoint most tests are about; the certificate of one endpoint is broken, all others stay healthy. */
static const char mx1[] = "mx1/v4:25";

static struct tls_facts *tls_of(struct world *w)
{
    return &w->sessions[MX1_V4]->tls;
}

static struct cert_facts *leaf_of(struct world *w)
{
    return &tls_of(w)->certificates[0];
}

/* The leaf begins `age_s` ago and ends `left_s` from now; so does the path, as its CA lives longer. */
static void set_life(struct world *w, int64_t age_s, int64_t left_s)
{
    leaf_of(w)->not_before.s = w->now.s - age_s;
    leaf_of(w)->not_after.s = w->now.s + left_s;
    tls_of(w)->path_not_before = leaf_of(w)->not_before;
    tls_of(w)->path_not_after = leaf_of(w)->not_after;
}

/* One certificate of `life_s` in all, of which `left_s` are left: what is said of it. */
static void expect_when_left(struct world *w, int64_t life_s, int64_t left_s, const char *id, enum verdict_value value)
{
    set_life(w, life_s - left_s, left_s);
    expect_verdict(w, id, mx1, value);
}

static void all_servers_get(struct world *w, enum chain_trust trust)
{
    for (size_t i = 0; i < WORLD_ADDRESSES; i++)
        w->sessions[i]->tls.trust = trust;
}

static void without_certificate_that_is_the_one_finding(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < WORLD_ADDRESSES; i++) {
        struct tls_facts *tls = &w->sessions[i]->tls;
        tls->version = "TLSv1.2";
        tls->cipher = "TLS_ECDH_anon_WITH_AES_256_CBC_SHA";
        tls->anonymous = true;
        tls->group = "X25519";
        tls->certificates = NULL;
        tls->certificate_count = tls->certificates_sent = 0;
        tls->trust = TRUST_UNKNOWN;
        tls->name_matches = tls->chain_in_order = TRI_UNKNOWN;
    }
    expect_findings(w, "cert.present tls.version-13");
    expect_via(w, "cert.dates", mx1, VERDICT_NA, "cert.present");
    expect_via(w, "cert.name-match", mx1, VERDICT_NA, "cert.present");
    expect_via(w, "cert.algorithm-parity", mx1, VERDICT_NA, "cert.present");
    expect_via(w, "tls.cipher-negotiated", mx1, VERDICT_NA, "cert.present");
    expect_detail(w, "cert.present", mx1, "TLS_ECDH_anon_WITH_AES_256_CBC_SHA");
}

static void on_465_a_missing_certificate_is_the_submission_rows_finding(void **state)
{
    struct world *w = *state;
    struct tls_facts *tls = &add_port(w, MX1_V4, 465)->sessions[0].tls;
    tls->anonymous = true;
    tls->certificate_count = tls->certificates_sent = 0;
    expect_via(w, "cert.present", "mx1/v4:465", VERDICT_NA, "smtp.submission-implicit-tls");
    expect_verdict(w, "smtp.submission-implicit-tls", "mx1/v4:465", VERDICT_FAIL);
}

static void on_another_port_a_missing_certificate_is_its_own_finding(void **state)
{
    struct world *w = *state;
    make_server(w, 2525, TLS_MODE_IMPLICIT);
    tls_of(w)->anonymous = true;
    tls_of(w)->certificate_count = tls_of(w)->certificates_sent = 0;
    expect_verdict(w, "cert.present", "mx1/v4:2525", VERDICT_FAIL);
}

static void no_handshake_no_word_about_certificates(void **state)
{
    struct world *w = *state;
    fail_handshake(w->sessions[MX1_V4], TLS_TIMEOUT, -1);
    w->sessions[MX1_V4]->end = END_TIMEOUT;
    expect_via(w, "cert.present", mx1, VERDICT_UNKNOWN, "tls.handshake");
    expect_via(w, "cert.trusted", mx1, VERDICT_UNKNOWN, "cert.present");
}

static void dates_allow_five_minutes_of_skew_to_the_second(void **state)
{
    struct world *w = *state;
    const int64_t life = 90 * DAY_S;
    set_life(w, life + 5 * MINUTE_S, -5 * MINUTE_S);
    expect_verdict(w, "cert.dates", mx1, VERDICT_PASS);
    set_life(w, life + 5 * MINUTE_S + 1, -5 * MINUTE_S - 1);
    expect_verdict(w, "cert.dates", mx1, VERDICT_FAIL);
    set_life(w, -5 * MINUTE_S, life);
    expect_verdict(w, "cert.dates", mx1, VERDICT_PASS);
    set_life(w, -5 * MINUTE_S - 1, life);
    expect_verdict(w, "cert.dates", mx1, VERDICT_FAIL);
    expect_detail(w, "cert.dates", mx1, "valid only from 2026-11-25 on, 5 minutes from now");
}

static void an_expired_certificate_is_no_longer_about_to_expire(void **state)
{
    struct world *w = *state;
    set_life(w, 95 * DAY_S, -5 * DAY_S);
    expect_findings(w, "cert.dates pool.certificate");
    expect_detail(w, "cert.dates", mx1, "The certificate expired on 2026-11-20, 5 days ago.");
    expect_via(w, "cert.expiry-soon", mx1, VERDICT_NA, "cert.dates");
    expect_via(w, "cert.renewal-late", mx1, VERDICT_NA, "cert.expiry-soon");
}

static void an_expired_intermediate_counts_as_well(void **state)
{
    struct world *w = *state;
    struct cert_facts *ca = &tls_of(w)->certificates[1];
    ca->not_after.s = tls_of(w)->path_not_after.s = w->now.s - DAY_S;
    expect_verdict(w, "cert.dates", mx1, VERDICT_FAIL);
    expect_detail(w, "cert.dates", mx1, "The CA certificate \"CN=Test Intermediate,O=Test CA\" expired on 2026-11-24, 1 day ago.");
}

static void an_intermediate_from_the_future_counts_as_well(void **state)
{
    struct world *w = *state;
    tls_of(w)->certificates[1].not_before.s = tls_of(w)->path_not_before.s = w->now.s + DAY_S;
    expect_verdict(w, "cert.dates", mx1, VERDICT_FAIL);
    expect_detail(w, "cert.dates", mx1, "The CA certificate \"CN=Test Intermediate,O=Test CA\" is valid only from 2026-11-26 on, 1 day from now.");
}

static void an_old_certificate_outside_the_path_does_no_harm(void **state)
{
    struct world *w = *state;
    tls_of(w)->certificates[1].not_after.s = w->now.s - DAY_S; /* a cross-signed root, say: the path goes another way */
    expect_findings(w, "");
}

/* 16 %, at least 1 day, at most 14. */
static void expiry_is_soon_by_share_of_life_to_the_second(void **state)
{
    struct world *w = *state;
    static const struct {
        int64_t life_s, least_left_s;
    } lives[] = {
        {6 * DAY_S, DAY_S},                 /* 0.96 days, raised to 1 */
        {45 * DAY_S, 622080},               /* 7.2 days */
        {45 * DAY_S - 1, 622080},           /* 622079.84 s */
        {90 * DAY_S, 14 * DAY_S},           /* 14.4 days, cut to 14 */
        {398 * (int64_t)DAY_S, 14 * DAY_S}, /* 63.68 days, cut to 14 */
    };
    for (size_t i = 0; i < sizeof lives / sizeof *lives; i++) {
        expect_when_left(w, lives[i].life_s, lives[i].least_left_s, "cert.expiry-soon", VERDICT_PASS);
        expect_when_left(w, lives[i].life_s, lives[i].least_left_s - 1, "cert.expiry-soon", VERDICT_FAIL);
    }
    expect_when_left(w, 45 * DAY_S, 5 * DAY_S, "cert.expiry-soon", VERDICT_FAIL);
    expect_findings(w, "cert.expiry-soon");
    expect_detail(w, "cert.expiry-soon", mx1, "The certificate expires on 2026-11-30, 5 days from now.");
    expect_via(w, "cert.renewal-late", mx1, VERDICT_NA, "cert.expiry-soon");
}

static void expiry_within_the_skew_is_still_soon(void **state)
{
    struct world *w = *state;
    expect_when_left(w, 45 * DAY_S, -MINUTE_S, "cert.dates", VERDICT_PASS);
    expect_verdict(w, "cert.expiry-soon", mx1, VERDICT_FAIL);
    expect_detail(w, "cert.expiry-soon", mx1, "0 minutes from now");
}

static void an_intermediate_that_ends_first_sets_the_end(void **state)
{
    struct world *w = *state;
    tls_of(w)->certificates[1].not_after.s = tls_of(w)->path_not_after.s = w->now.s + 3 * DAY_S;
    expect_findings(w, "cert.expiry-soon");
    expect_detail(w, "cert.expiry-soon", mx1, "The CA certificate");
}

/* 30 %, at least 2 days, at most 30. */
static void renewal_is_late_by_share_of_life_to_the_second(void **state)
{
    struct world *w = *state;
    static const struct {
        int64_t life_s, least_left_s;
    } lives[] = {
        {6 * DAY_S, 2 * DAY_S}, /* 1.8 days, raised to 2 */
        {45 * DAY_S, 1166400},  /* 13.5 days */
        {90 * DAY_S, 27 * DAY_S},
        {398 * (int64_t)DAY_S, 30 * DAY_S}, /* 119.4 days, cut to 30 */
    };
    for (size_t i = 0; i < sizeof lives / sizeof *lives; i++) {
        expect_when_left(w, lives[i].life_s, lives[i].least_left_s, "cert.renewal-late", VERDICT_PASS);
        expect_when_left(w, lives[i].life_s, lives[i].least_left_s - 1, "cert.renewal-late", VERDICT_FAIL);
    }
    expect_when_left(w, 45 * DAY_S, 12 * DAY_S, "cert.renewal-late", VERDICT_FAIL);
    expect_findings(w, "cert.renewal-late");
    expect_detail(w, "cert.renewal-late", mx1, "Of 45 days of life 12 days are left; the certificate expires on 2026-12-07.");
}

static void a_fresh_certificate_of_six_days_is_in_order(void **state)
{
    struct world *w = *state;
    set_life(w, 0, 6 * DAY_S);
    expect_findings(w, "");
}

static void the_name_must_be_in_the_san(void **state)
{
    struct world *w = *state;
    leaf_of(w)->san_dns[0] = STR("mail.other.test");
    tls_of(w)->name_matches = TRI_NO;
    expect_verdict(w, "cert.name-match", mx1, VERDICT_FAIL);
    expect_detail(w, "cert.name-match", mx1, "made out to mail.other.test, not to mx1.example.org");
    leaf_of(w)->san_dns_count = 0;
    expect_detail(w, "cert.name-match", mx1, "its common name, \"mx1.example.org\", is not looked at");
    leaf_of(w)->common_name_text = NULL;
    expect_detail(w, "cert.name-match", mx1, "names no host");
}

static void names_of_strangers_are_shown_escaped_and_few(void **state)
{
    struct world *w = *state;
    struct str names[] = {STR("mx1.example.org\0.evil.test"), STR("b"), STR("c"), STR("d"), STR("e"), STR("f"), STR("g")};
    leaf_of(w)->san_dns = names;
    leaf_of(w)->san_dns_count = 7;
    tls_of(w)->name_matches = TRI_NO;
    expect_detail(w, "cert.name-match", mx1, ".evil.test, b, c, d, e and 2 more, not to");
    const char *detail = verdict_about(w, "cert.name-match", mx1)->detail;
    assert_null(strstr(detail, "mx1.example.org.evil"));
    leaf_of(w)->san_dns_count = 5;
    expect_detail(w, "cert.name-match", mx1, ".evil.test, b, c, d, e, not to");
}

static void an_address_has_no_name_to_compare(void **state)
{
    struct world *w = *state;
    make_server(w, 25, TLS_MODE_STARTTLS);
    tls_of(w)->name_matches = TRI_UNKNOWN;
    tls_of(w)->name_wanted = "198.51.100.10";
    expect_verdict(w, "cert.name-match", mx1, VERDICT_NA);
}

static void trust_fails_in_words_that_tell_the_kind(void **state)
{
    struct world *w = *state;
    static const struct {
        enum chain_trust trust;
        const char *error, *words;
    } kinds[] = {
        {TRUST_SELF_SIGNED, "self-signed certificate", "self-signed"},
        {TRUST_PRIVATE_CA, "self-signed certificate in certificate chain", "\"CN=Test Root,O=Test CA\", a root that the trust store does not have"},
        {TRUST_INCOMPLETE, "unable to get local issuer certificate", "issuer \"CN=Test Root,O=Test CA\" was neither sent nor is it in the trust store"},
        {TRUST_DISTRUSTED, "certificate rejected", "rejects the chain: certificate rejected"},
        {TRUST_WRONG_USAGE, "unsuitable certificate purpose", "not meant for a TLS server"},
        {TRUST_BAD_CHAIN, "certificate signature failure", "does not hold: certificate signature failure"},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        all_servers_get(w, kinds[i].trust);
        tls_of(w)->trust_error = kinds[i].error;
        expect_findings(w, "cert.trusted");
        expect_detail(w, "cert.trusted", mx1, kinds[i].words);
        expect_via(w, "cert.lifetime-ready", mx1, VERDICT_NA, "cert.trusted");
        expect_via(w, "cert.chain-complete", mx1, VERDICT_NA, "cert.trusted");
    }
}

static void without_a_trust_store_trust_is_unknown(void **state)
{
    struct world *w = *state;
    all_servers_get(w, TRUST_UNKNOWN);
    expect_findings(w, "cert.trusted:internal");
    expect_via(w, "cert.chain-complete", mx1, VERDICT_UNKNOWN, "cert.trusted");
    expect_verdict(w, "cert.dates", mx1, VERDICT_PASS);
}

static void an_intermediate_that_only_we_know_is_missing_from_the_chain(void **state)
{
    struct world *w = *state;
    tls_of(w)->certificate_count = tls_of(w)->certificates_sent = 1;
    tls_of(w)->path_has_unsent = true;
    expect_findings(w, "cert.chain-complete");
    expect_detail(w, "cert.chain-complete", mx1, "Of the chain 1 certificate was sent");
}

static void an_issuer_nobody_knows_is_one_finding_about_trust(void **state)
{
    struct world *w = *state;
    all_servers_get(w, TRUST_INCOMPLETE);
    tls_of(w)->certificate_count = tls_of(w)->certificates_sent = 1;
    expect_findings(w, "cert.trusted");
    expect_detail(w, "cert.trusted", mx1, "CN=Test Intermediate,O=Test CA");
}

static void the_chain_must_be_in_order(void **state)
{
    struct world *w = *state;
    tls_of(w)->chain_in_order = TRI_NO;
    expect_findings(w, "cert.chain-complete");
    expect_detail(w, "cert.chain-complete", mx1, "2 certificates were sent, and one of them is doubled, unrelated or not in its place");
}

static void a_private_ca_may_send_what_it_likes(void **state)
{
    struct world *w = *state;
    all_servers_get(w, TRUST_PRIVATE_CA);
    tls_of(w)->chain_in_order = TRI_NO;
    expect_findings(w, "cert.trusted");
}

static void set_key(struct cert_facts *cert, enum key_type type, const char *text, const char *curve, unsigned bits)
{
    cert->key_type = type;
    cert->key_type_text = text;
    cert->curve = curve;
    cert->key_bits = bits;
}

static void keys_must_be_strong_enough(void **state)
{
    struct world *w = *state;
    set_key(leaf_of(w), KEY_RSA, "RSA", NULL, 2048);
    expect_findings(w, "");
    set_key(leaf_of(w), KEY_RSA, "RSA", NULL, 2047);
    expect_findings(w, "cert.key-strength");
    expect_detail(w, "cert.key-strength", mx1, "The certificate has a weak key: RSA, 2047 bits.");
    set_key(leaf_of(w), KEY_EC, "EC", "P-224", 224);
    expect_findings(w, "");
    set_key(leaf_of(w), KEY_EC, "EC", "P-192", 192);
    expect_findings(w, "cert.key-strength");
    expect_detail(w, "cert.key-strength", mx1, "EC, curve P-192");
    set_key(leaf_of(w), KEY_EC, "EC", "explicit", 256);
    expect_findings(w, "cert.key-strength");
    set_key(leaf_of(w), KEY_ED25519, "Ed25519", NULL, 253);
    expect_findings(w, "");
    set_key(leaf_of(w), KEY_DSA, "DSA", NULL, 4096);
    expect_findings(w, "cert.key-strength");
    set_key(leaf_of(w), KEY_OTHER, "ML-DSA-65", NULL, 15616);
    expect_findings(w, "");
}

static void keys_of_intermediates_count_those_of_roots_do_not(void **state)
{
    struct world *w = *state;
    struct cert_facts *ca = &tls_of(w)->certificates[1];
    set_key(ca, KEY_RSA, "RSA", NULL, 1024);
    expect_findings(w, "cert.key-strength");
    expect_detail(w, "cert.key-strength", mx1, "The CA certificate \"CN=Test Intermediate,O=Test CA\" has a weak key: RSA, 1024 bits.");
    ca->self_signed = true;
    expect_findings(w, "");
}

static void the_key_of_a_self_signed_leaf_counts_its_signature_does_not(void **state)
{
    struct world *w = *state;
    all_servers_get(w, TRUST_SELF_SIGNED);
    leaf_of(w)->self_signed = true;
    leaf_of(w)->signature_hash = "SHA1";
    expect_findings(w, "cert.trusted");
    set_key(leaf_of(w), KEY_RSA, "RSA", NULL, 1024);
    expect_findings(w, "cert.trusted cert.key-strength");
}

static void signatures_must_be_sound(void **state)
{
    struct world *w = *state;
    static const char *const broken[] = {"SHA1", "MD5", "MD2"};
    for (size_t i = 0; i < 3; i++) {
        leaf_of(w)->signature_hash = broken[i];
        expect_findings(w, "cert.signature-hash");
        expect_detail(w, "cert.signature-hash", mx1, broken[i]);
    }
    leaf_of(w)->signature_hash = "SHA224";
    expect_findings(w, "");
    leaf_of(w)->signature_hash = NULL; /* Ed25519 */
    expect_findings(w, "");
}

static void signatures_of_intermediates_count_those_of_roots_do_not(void **state)
{
    struct world *w = *state;
    struct cert_facts *ca = &tls_of(w)->certificates[1];
    ca->signature_hash = "SHA1";
    expect_findings(w, "cert.signature-hash");
    expect_detail(w, "cert.signature-hash", mx1, "The CA certificate \"CN=Test Intermediate,O=Test CA\" is signed with SHA1.");
    ca->self_signed = true;
    expect_findings(w, "");
}

static void long_lives_are_told_one_step_before_the_limit(void **state)
{
    struct world *w = *state;
    set_life(w, 10 * DAY_S, 90 * DAY_S);
    expect_findings(w, "");
    set_life(w, 10 * DAY_S, 90 * DAY_S + 1);
    expect_findings(w, "cert.lifetime-ready");
    expect_detail(w, "cert.lifetime-ready", mx1, "valid for 100 days; the coming limit is 100 days");
    set_life(w, 100 * DAY_S, 298 * (int64_t)DAY_S);
    expect_detail(w, "cert.lifetime-ready", mx1, "valid for 398 days; the coming limit is 100 days");
}

static void the_limit_changes_on_2027_03_15(void **state)
{
    struct world *w = *state;
    struct wall before, from;
    assert_true(wall_parse(STR("2027-03-14T23:59:59Z"), &before));
    assert_true(wall_parse(STR("2027-03-15T00:00:00Z"), &from));
    w->now = before;
    set_life(w, 8 * DAY_S, 40 * DAY_S);
    expect_verdict(w, "cert.lifetime-ready", mx1, VERDICT_PASS);
    w->now = from;
    expect_verdict(w, "cert.lifetime-ready", mx1, VERDICT_FAIL);
    set_life(w, 7 * DAY_S, 40 * DAY_S);
    expect_verdict(w, "cert.lifetime-ready", mx1, VERDICT_PASS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(without_certificate_that_is_the_one_finding),
        WORLD_TEST(on_465_a_missing_certificate_is_the_submission_rows_finding),
        WORLD_TEST(on_another_port_a_missing_certificate_is_its_own_finding),
        WORLD_TEST(no_handshake_no_word_about_certificates),
        WORLD_TEST(dates_allow_five_minutes_of_skew_to_the_second),
        WORLD_TEST(an_expired_certificate_is_no_longer_about_to_expire),
        WORLD_TEST(an_expired_intermediate_counts_as_well),
        WORLD_TEST(an_intermediate_from_the_future_counts_as_well),
        WORLD_TEST(an_old_certificate_outside_the_path_does_no_harm),
        WORLD_TEST(expiry_is_soon_by_share_of_life_to_the_second),
        WORLD_TEST(expiry_within_the_skew_is_still_soon),
        WORLD_TEST(an_intermediate_that_ends_first_sets_the_end),
        WORLD_TEST(renewal_is_late_by_share_of_life_to_the_second),
        WORLD_TEST(a_fresh_certificate_of_six_days_is_in_order),
        WORLD_TEST(the_name_must_be_in_the_san),
        WORLD_TEST(names_of_strangers_are_shown_escaped_and_few),
        WORLD_TEST(an_address_has_no_name_to_compare),
        WORLD_TEST(trust_fails_in_words_that_tell_the_kind),
        WORLD_TEST(without_a_trust_store_trust_is_unknown),
        WORLD_TEST(an_intermediate_that_only_we_know_is_missing_from_the_chain),
        WORLD_TEST(an_issuer_nobody_knows_is_one_finding_about_trust),
        WORLD_TEST(the_chain_must_be_in_order),
        WORLD_TEST(a_private_ca_may_send_what_it_likes),
        WORLD_TEST(keys_must_be_strong_enough),
        WORLD_TEST(keys_of_intermediates_count_those_of_roots_do_not),
        WORLD_TEST(the_key_of_a_self_signed_leaf_counts_its_signature_does_not),
        WORLD_TEST(signatures_must_be_sound),
        WORLD_TEST(signatures_of_intermediates_count_those_of_roots_do_not),
        WORLD_TEST(long_lives_are_told_one_step_before_the_limit),
        WORLD_TEST(the_limit_changes_on_2027_03_15),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

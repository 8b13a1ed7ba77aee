/* SPDX-License-Identifier: Apache-2.0 */
/* test_tls_agreed - rows of the area tls: what a finished handshake agreed on. */
#include "world.h"

static const char mx1[] = "mx1/v4:25"; /* the endpoint most tests look at */

static struct tls_facts *tls_of(struct world *w)
{
    return &w->sessions[MX1_V4]->tls;
}

static void all_agree_on(struct world *w, const char *version, const char *cipher, const char *group, unsigned dh_bits)
{
    for (size_t i = 0; i < WORLD_ADDRESSES; i++) {
        struct tls_facts *tls = &w->sessions[i]->tls;
        tls->version = version;
        tls->cipher = cipher;
        tls->group = group;
        tls->dh_bits = dh_bits;
    }
}

static void tls_1_0_only_passes_the_handshake_and_fails_the_floor(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < WORLD_ADDRESSES; i++) {
        struct session_facts *legacy = add_session(w->endpoints[i], CONNECTION_LEGACY_TLS);
        legacy->tls.version = "TLSv1";
        legacy->tls.cipher = "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA";
        legacy->tls.group = "P-256";
        legacy->tls.hybrid_offered = false;
        legacy->tls.extended_master_secret = TRI_NO;
        fail_handshake(w->sessions[i], TLS_ALERT, 70);
        w->endpoints[i]->shown = legacy;
    }
    expect_verdict(w, "tls.handshake", mx1, VERDICT_PASS);
    expect_findings(w, "tls.version-floor tls.cipher-negotiated");
    expect_detail(w, "tls.version-floor", mx1, "TLSv1.");
    expect_via(w, "tls.version-13", mx1, VERDICT_NA, "tls.version-floor");
    expect_via(w, "tls.legacy-versions", mx1, VERDICT_NA, "tls.version-floor");
    expect_via(w, "tls.pq-hybrid", mx1, VERDICT_NA, "tls.version-13");
    expect_via(w, "tls.legacy-features", mx1, VERDICT_NA, "tls.version-floor");
}

static void tls_1_1_is_below_the_floor_tls_1_2_is_not(void **state)
{
    struct world *w = *state;
    tls_of(w)->version = "TLSv1.1";
    expect_verdict(w, "tls.version-floor", mx1, VERDICT_FAIL);
    tls_of(w)->version = "TLSv1.2";
    expect_verdict(w, "tls.version-floor", mx1, VERDICT_PASS);
}

static void tls_1_2_only_is_a_notice(void **state)
{
    struct world *w = *state;
    all_agree_on(w, "TLSv1.2", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "X25519", 0);
    expect_findings(w, "tls.version-13");
    expect_via(w, "tls.pq-hybrid", mx1, VERDICT_NA, "tls.version-13");
}

static void the_best_version_of_all_connections_counts(void **state)
{
    struct world *w = *state;
    add_session(w->endpoints[MX1_V4], CONNECTION_RETRY);
    tls_of(w)->version = "TLSv1.2";
    expect_verdict(w, "tls.version-13", mx1, VERDICT_PASS);
}

static void weak_and_bad_suites_are_told_apart(void **state)
{
    struct world *w = *state;
    all_agree_on(w, "TLSv1.2", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384", "X25519", 0);
    expect_findings(w, "tls.version-13 tls.cipher-negotiated");
    expect_detail(w, "tls.cipher-negotiated", mx1, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384, which is to be phased out");
    all_agree_on(w, "TLSv1.2", "TLS_ECDHE_RSA_WITH_RC4_128_SHA", "X25519", 0);
    expect_findings(w, "tls.version-13 tls.cipher-negotiated");
    expect_detail(w, "tls.cipher-negotiated", mx1, "no protection");
    all_agree_on(w, "TLSv1.3", "TLS_AES_128_GCM_SHA256", "X25519MLKEM768", 0);
    expect_findings(w, "");
}

static void what_our_tables_do_not_know_is_no_fault(void **state)
{
    struct world *w = *state;
    tls_of(w)->cipher = "TLS_SM4_GCM_SM3";
    tls_of(w)->group = "newgroupMLKEM768";
    expect_unknown(w, "tls.cipher-negotiated", mx1, REASON_INTERNAL);
    expect_unknown(w, "tls.key-exchange", mx1, REASON_INTERNAL);
}

static void static_rsa_has_no_forward_secrecy(void **state)
{
    struct world *w = *state;
    all_agree_on(w, "TLSv1.2", "TLS_RSA_WITH_AES_256_GCM_SHA384", NULL, 0);
    expect_findings(w, "tls.version-13 tls.cipher-negotiated tls.key-exchange");
    expect_detail(w, "tls.key-exchange", mx1, "no forward secrecy");
}

static void finite_field_groups_are_weak_and_small_ones_broken(void **state)
{
    struct world *w = *state;
    all_agree_on(w, "TLSv1.2", "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384", "DHE", 1023);
    expect_findings(w, "tls.version-13 tls.cipher-negotiated tls.key-exchange");
    expect_detail(w, "tls.key-exchange", mx1, "1023 bits, within reach of the Logjam attack");
    all_agree_on(w, "TLSv1.2", "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384", "DHE", 1024);
    expect_detail(w, "tls.key-exchange", mx1, "has 1024 bits.");
    all_agree_on(w, "TLSv1.2", "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384", "DHE", 2047);
    expect_detail(w, "tls.key-exchange", mx1, "has 2047 bits.");
    all_agree_on(w, "TLSv1.2", "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384", "ffdhe2048", 2048);
    expect_detail(w, "tls.key-exchange", mx1, "ffdhe2048, which is to be phased out");
}

static void old_curves_are_told(void **state)
{
    struct world *w = *state;
    tls_of(w)->group = "secp256k1";
    expect_verdict(w, "tls.key-exchange", mx1, VERDICT_FAIL);
    tls_of(w)->group = "P-192";
    expect_verdict(w, "tls.key-exchange", mx1, VERDICT_FAIL);
    expect_detail(w, "tls.key-exchange", mx1, "P-192, which is broken");
    tls_of(w)->group = "P-256";
    expect_verdict(w, "tls.key-exchange", mx1, VERDICT_PASS);
}

static void a_classical_group_is_a_notice_where_a_hybrid_one_was_offered(void **state)
{
    struct world *w = *state;
    all_agree_on(w, "TLSv1.3", "TLS_AES_256_GCM_SHA384", "X25519", 0);
    expect_findings(w, "tls.pq-hybrid");
    expect_detail(w, "tls.pq-hybrid", mx1, "offered, and the server chose X25519");
    all_agree_on(w, "TLSv1.3", "TLS_AES_256_GCM_SHA384", "SecP256r1MLKEM768", 0);
    expect_findings(w, "");
}

static void who_cannot_offer_a_hybrid_group_cannot_judge(void **state)
{
    struct world *w = *state;
    all_agree_on(w, "TLSv1.3", "TLS_AES_256_GCM_SHA384", "X25519", 0);
    for (size_t i = 0; i < WORLD_ADDRESSES; i++)
        w->sessions[i]->tls.hybrid_offered = false;
    expect_findings(w, "tls.pq-hybrid:internal");
}

static void a_hybrid_hello_that_failed_was_offered_all_the_same(void **state)
{
    struct world *w = *state;
    struct session_facts *legacy = add_session(w->endpoints[MX1_V4], CONNECTION_LEGACY_TLS);
    legacy->tls.group = "X25519";
    legacy->tls.hybrid_offered = false;
    fail_handshake(w->sessions[MX1_V4], TLS_ALERT, 40);
    w->sessions[MX1_V4]->tls.hybrid_offered = true;
    w->endpoints[MX1_V4]->shown = legacy;
    expect_verdict(w, "tls.pq-hybrid", mx1, VERDICT_FAIL);
}

static void old_features_are_told(void **state)
{
    struct world *w = *state;
    all_agree_on(w, "TLSv1.2", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "X25519", 0);
    tls_of(w)->extended_master_secret = TRI_NO;
    expect_findings(w, "tls.version-13 tls.legacy-features");
    expect_detail(w, "tls.legacy-features", mx1, "TLSv1.2: the extended master secret is missing.");
    tls_of(w)->renegotiation_info = TRI_NO;
    tls_of(w)->compression = TRI_YES;
    expect_detail(w, "tls.legacy-features", mx1, "compression is on, renegotiation_info is missing, the extended master secret is missing");
    tls_of(w)->compression = tls_of(w)->renegotiation_info = tls_of(w)->extended_master_secret = TRI_UNKNOWN;
    expect_verdict(w, "tls.legacy-features", mx1, VERDICT_PASS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(tls_1_0_only_passes_the_handshake_and_fails_the_floor),
        WORLD_TEST(tls_1_1_is_below_the_floor_tls_1_2_is_not),
        WORLD_TEST(tls_1_2_only_is_a_notice),
        WORLD_TEST(the_best_version_of_all_connections_counts),
        WORLD_TEST(weak_and_bad_suites_are_told_apart),
        WORLD_TEST(what_our_tables_do_not_know_is_no_fault),
        WORLD_TEST(static_rsa_has_no_forward_secrecy),
        WORLD_TEST(finite_field_groups_are_weak_and_small_ones_broken),
        WORLD_TEST(old_curves_are_told),
        WORLD_TEST(a_classical_group_is_a_notice_where_a_hybrid_one_was_offered),
        WORLD_TEST(who_cannot_offer_a_hybrid_group_cannot_judge),
        WORLD_TEST(a_hybrid_hello_that_failed_was_offered_all_the_same),
        WORLD_TEST(old_features_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

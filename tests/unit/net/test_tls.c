/* SPDX-License-Identifier: Apache-2.0 */
/* test_tls - handshakes with a server that speaks TLS, and what is known of them afterwards. */
#include "net/tls.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/ssl.h>

#include "tls_fixture.h"

static void tls13(void **state)
{
    (void)state;
    shake(TLS_PROFILE_MODERN, &(struct peer_plan){.version = TLS1_3_VERSION, .groups = "X25519", .chain = {leaf}});
    assert_int_equal(facts.result, TLS_DONE);
    assert_null(facts.error);
    assert_int_equal(facts.alert, -1);
    assert_string_equal(facts.version, "TLSv1.3");
    assert_string_equal(facts.cipher, "TLS_AES_256_GCM_SHA384");
    assert_int_equal(facts.cipher_id, 0x1302);
    assert_string_equal(facts.group, "X25519");
    assert_int_equal(facts.dh_bits, 0);
    assert_int_equal(facts.extended_master_secret, TRI_YES);
    assert_int_equal(facts.renegotiation_info, TRI_YES);
    assert_int_equal(facts.compression, TRI_NO);
    assert_false(facts.anonymous);
    assert_false(facts.octets_before_record);
    assert_string_equal(facts.name_wanted, "mx.good.test");
    assert_string_equal(facts.sni, "mx.good.test");
    assert_string_equal(peer_sni(peer), "mx.good.test");
    assert_int_equal(facts.certificates_sent, 1);
    assert_int_equal(facts.certificate_count, 1);
    assert_clear_text_goes_both_ways();
}

static void tls12(void **state)
{
    (void)state;
    shake(TLS_PROFILE_MODERN, &(struct peer_plan){.version = TLS1_2_VERSION, .groups = "P-384", .chain = {rsa_leaf}});
    assert_int_equal(facts.result, TLS_DONE);
    assert_string_equal(facts.version, "TLSv1.2");
    assert_string_equal(facts.cipher, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384");
    assert_int_equal(facts.cipher_id, 0xc030);
    assert_string_equal(facts.group, "P-384");
    assert_int_equal(facts.extended_master_secret, TRI_YES);
    assert_int_equal(facts.renegotiation_info, TRI_YES);
    assert_int_equal(facts.compression, TRI_NO);
    assert_clear_text_goes_both_ways();
}

static void hybrid_group_is_offered_where_the_library_has_it(void **state)
{
    (void)state;
    SSL_CTX *any = SSL_CTX_new(TLS_client_method());
    bool has_it = SSL_CTX_set1_groups_list(any, "X25519MLKEM768") == 1;
    SSL_CTX_free(any);
    shake(TLS_PROFILE_MODERN, &(struct peer_plan){.chain = {leaf}});
    assert_int_equal(facts.result, TLS_DONE);
    assert_int_equal(facts.hybrid_offered, has_it);
    assert_string_equal(facts.group, has_it ? "X25519MLKEM768" : "X25519");
}

static void every_group_has_its_name(void **state)
{
    static const struct {
        int version;
        const char *group;
        unsigned dh_bits;
    } rows[] = {
        {TLS1_3_VERSION, "P-256", 0},    {TLS1_3_VERSION, "P-521", 0}, {TLS1_3_VERSION, "X448", 0},      {TLS1_3_VERSION, "ffdhe2048", 2048},
        {TLS1_3_VERSION, "ffdhe3072", 3072}, {TLS1_2_VERSION, "P-256", 0}, {TLS1_2_VERSION, "X25519", 0},    {TLS1_2_VERSION, "brainpoolP256r1", 0},
        {TLS1_2_VERSION, "P-224", 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        shake(TLS_PROFILE_MODERN, &(struct peer_plan){.version = rows[i].version, .groups = rows[i].group, .suites = "ECDHE", .chain = {rsa_leaf}});
        assert_int_equal(facts.result, TLS_DONE);
        assert_string_equal(facts.group, rows[i].group);
        assert_int_equal(facts.dh_bits, rows[i].dh_bits);
        tear_down(NULL);
        set_up(NULL);
    }
}

static void dhe_of_1024_bits_is_a_fact(void **state)
{
    (void)state;
    shake(TLS_PROFILE_MODERN, &(struct peer_plan){.version = TLS1_2_VERSION, .suites = "DHE-RSA-AES128-SHA", .dh_bits = 1024, .chain = {rsa_leaf}});
    assert_int_equal(facts.result, TLS_DONE);
    assert_string_equal(facts.cipher, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA");
    assert_string_equal(facts.group, "DHE");
    assert_int_equal(facts.dh_bits, 1024);
}

static void dhe_of_768_bits_is_a_fact(void **state)
{
    (void)state;
    shake(TLS_PROFILE_MODERN, &(struct peer_plan){.version = TLS1_2_VERSION, .suites = "DHE", .dh_bits = 768, .chain = {rsa_leaf}});
    assert_int_equal(facts.result, TLS_DONE);
    assert_string_equal(facts.group, "DHE");
    assert_int_equal(facts.dh_bits, 768);
}

static void static_rsa_has_no_group(void **state)
{
    (void)state;
    shake(TLS_PROFILE_MODERN, &(struct peer_plan){.version = TLS1_2_VERSION, .suites = "AES128-SHA", .chain = {rsa_leaf}});
    assert_int_equal(facts.result, TLS_DONE);
    assert_string_equal(facts.cipher, "TLS_RSA_WITH_AES_128_CBC_SHA");
    assert_null(facts.group);
    assert_int_equal(facts.dh_bits, 0);
    assert_false(facts.anonymous);
}

static void anonymous_suites_show_no_certificate(void **state)
{
    static const char *const suites[] = {"ADH-AES128-SHA:@SECLEVEL=0", "AECDH-AES128-SHA:@SECLEVEL=0"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        shake(TLS_PROFILE_MODERN, &(struct peer_plan){.version = TLS1_2_VERSION, .suites = suites[i]});
        assert_int_equal(facts.result, TLS_DONE);
        assert_true(facts.anonymous);
        assert_int_equal(facts.certificates_sent, 0);
        assert_int_equal(facts.trust, TRUST_UNKNOWN);
        assert_int_equal(facts.name_matches, TRI_UNKNOWN);
        assert_int_equal(facts.chain_in_order, TRI_UNKNOWN);
        tear_down(NULL);
        set_up(NULL);
    }
}

static void a_certificate_is_preferred_to_none(void **state)
{
    (void)state;
    shake(TLS_PROFILE_MODERN, &(struct peer_plan){.version = TLS1_2_VERSION, .suites = "aNULL:AES128-SHA:@SECLEVEL=0", .chain = {rsa_leaf}});
    assert_string_equal(facts.cipher, "TLS_RSA_WITH_AES_128_CBC_SHA");
}

static void no_extended_master_secret(void **state)
{
    (void)state;
    shake(TLS_PROFILE_MODERN, &(struct peer_plan){.version = TLS1_2_VERSION, .no_extended_master_secret = true, .chain = {leaf}});
    assert_int_equal(facts.result, TLS_DONE);
    assert_int_equal(facts.extended_master_secret, TRI_NO);
    assert_int_equal(facts.renegotiation_info, TRI_YES);
}

static void tls10_needs_the_legacy_hello(void **state)
{
    (void)state;
    shake(TLS_PROFILE_MODERN, &(struct peer_plan){.version = TLS1_VERSION, .chain = {rsa_leaf}});
    assert_int_equal(facts.result, TLS_ALERT);
    assert_int_equal(facts.alert, 70);
    tear_down(NULL);
    set_up(NULL);
    shake(TLS_PROFILE_LEGACY, &(struct peer_plan){.version = TLS1_VERSION, .chain = {rsa_leaf}});
    assert_int_equal(facts.result, TLS_DONE);
    assert_string_equal(facts.version, "TLSv1");
    assert_false(facts.hybrid_offered);
    assert_clear_text_goes_both_ways();
}

static void legacy_speaks_tls13_too(void **state)
{
    (void)state;
    shake(TLS_PROFILE_LEGACY, &(struct peer_plan){.chain = {leaf}});
    assert_string_equal(facts.version, "TLSv1.3");
}

static void camellia_needs_the_legacy_hello(void **state)
{
    (void)state;
    shake(TLS_PROFILE_LEGACY, &(struct peer_plan){.version = TLS1_2_VERSION, .suites = "CAMELLIA128-SHA", .chain = {rsa_leaf}});
    assert_int_equal(facts.result, TLS_DONE);
    assert_string_equal(facts.cipher, "TLS_RSA_WITH_CAMELLIA_128_CBC_SHA");
}

static void no_suite_without_encryption_is_offered(void **state)
{
    (void)state;
    shake(TLS_PROFILE_LEGACY, &(struct peer_plan){.version = TLS1_2_VERSION, .suites = "eNULL:@SECLEVEL=0", .chain = {rsa_leaf}});
    assert_int_equal(facts.result, TLS_ALERT);
    assert_int_equal(facts.alert, SSL_AD_HANDSHAKE_FAILURE);
}

static void an_address_is_no_server_name(void **state)
{
    static const char *const names[] = {"192.0.2.1", "2001:db8::1", "[192.0.2.1]"};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        peer = peer_new(&(struct peer_plan){.chain = {leaf}});
        greet(TLS_PROFILE_MODERN, names[i]);
        peer_run(peer, client, 1 << 20);
        copy_facts();
        assert_int_equal(facts.result, TLS_DONE);
        assert_null(facts.sni);
        assert_null(peer_sni(peer));
        assert_string_equal(facts.name_wanted, names[i]);
        assert_int_equal(facts.name_matches, TRI_UNKNOWN);
        tear_down(NULL);
        set_up(NULL);
    }
}

/* The same certificates are judged once, and the name of each host against them. */
static void a_chain_is_known_again_whatever_the_name(void **state)
{
    static const char *const names[] = {"mx.good.test", "mx.other.test", "mx.good.test"};
    struct tls_facts seen[3];
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        shake_with(names[i], TLS_PROFILE_MODERN, &(struct peer_plan){.chain = {i == 2 ? rsa_leaf : leaf}});
        assert_int_equal(facts.result, TLS_DONE);
        seen[i] = facts;
        assert_int_equal(facts.name_matches, i == 1 ? TRI_NO : TRI_YES);
        hang_up();
    }
    assert_int_equal(seen[1].certificate_count, seen[0].certificate_count);
    assert_int_equal(seen[1].trust, seen[0].trust);
    assert_memory_equal(seen[1].certificates[0].sha256, seen[0].certificates[0].sha256, sizeof seen[0].certificates[0].sha256);
    assert_int_equal(seen[1].path_not_after.s, seen[0].path_not_after.s);
    assert_memory_not_equal(seen[2].certificates[0].sha256, seen[0].certificates[0].sha256, sizeof seen[0].certificates[0].sha256);
}

static void no_name_at_all(void **state)
{
    (void)state;
    peer = peer_new(&(struct peer_plan){.chain = {leaf}});
    greet(TLS_PROFILE_MODERN, NULL);
    peer_run(peer, client, 1 << 20);
    copy_facts();
    assert_int_equal(facts.result, TLS_DONE);
    assert_null(facts.name_wanted);
    assert_null(facts.sni);
}

static void octet_by_octet(void **state)
{
    (void)state;
    peer = peer_new(&(struct peer_plan){.chain = {leaf}});
    greet(TLS_PROFILE_MODERN, "mx.good.test");
    peer_run(peer, client, 1);
    copy_facts();
    assert_int_equal(facts.result, TLS_DONE);
    assert_false(facts.octets_before_record);
    assert_clear_text_goes_both_ways();
}

static void the_server_closes_the_session(void **state)
{
    char clear[16];
    (void)state;
    shake(TLS_PROFILE_MODERN, &(struct peer_plan){.chain = {leaf}});
    peer_write(peer, "221 bye\r\n");
    peer_close(peer);
    peer_run(peer, client, 1 << 20);
    assert_int_equal(tls_read(client, clear, sizeof clear), 9);
    assert_int_equal(tls_read(client, clear, sizeof clear), -1);
    assert_int_equal(tls_state(client), TLS_STATE_CLOSED);
    assert_int_equal(tls_write(client, "QUIT\r\n", 6), -1);
    assert_int_equal(tls_feed(client, "x", 1), 0);
}

static void renegotiation_is_declined(void **state)
{
    char clear[16];
    (void)state;
    shake(TLS_PROFILE_MODERN, &(struct peer_plan){.version = TLS1_2_VERSION, .chain = {leaf}});
    peer_renegotiate(peer);
    struct str request = peer_answer(peer, STR(""));
    assert_true(request.n > 0);
    hear(request.p, request.n);
    assert_int_equal(tls_read(client, clear, sizeof clear), 0);
    struct str no = tls_take(client);
    assert_true(no.n > 0);
    assert_int_equal(no.p[0], SSL3_RT_ALERT);
    assert_int_equal(tls_state(client), TLS_STATE_DONE);
    assert_int_equal(tls_write(client, "QUIT\r\n", 6), 0);
}

static void what_was_taken_stays_until_the_next_call(void **state)
{
    (void)state;
    greet(TLS_PROFILE_MODERN, "mx.good.test");
    struct str hello = tls_take(client);
    assert_true(hello.n > 100);
    assert_int_equal(tls_state(client), TLS_STATE_HANDSHAKE);
    assert_int_equal(hello.p[0], 0x16);
    assert_int_equal(tls_take(client).n, 0);
}

static void it_says_its_version(void **state)
{
    (void)state;
    assert_memory_equal(tls_library_version(), "OpenSSL 3.", 10);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(tls13),
        TEST(tls12),
        TEST(hybrid_group_is_offered_where_the_library_has_it),
        TEST(every_group_has_its_name),
        TEST(dhe_of_1024_bits_is_a_fact),
        TEST(dhe_of_768_bits_is_a_fact),
        TEST(static_rsa_has_no_group),
        TEST(anonymous_suites_show_no_certificate),
        TEST(a_certificate_is_preferred_to_none),
        TEST(no_extended_master_secret),
        TEST(tls10_needs_the_legacy_hello),
        TEST(legacy_speaks_tls13_too),
        TEST(camellia_needs_the_legacy_hello),
        TEST(no_suite_without_encryption_is_offered),
        TEST(an_address_is_no_server_name),
        TEST(a_chain_is_known_again_whatever_the_name),
        TEST(no_name_at_all),
        TEST(octet_by_octet),
        TEST(the_server_closes_the_session),
        TEST(renegotiation_is_declined),
        TEST(what_was_taken_stays_until_the_next_call),
        TEST(it_says_its_version),
    };
    return cmocka_run_group_tests_name("tls", tests, set_up_all, tear_down_all);
}

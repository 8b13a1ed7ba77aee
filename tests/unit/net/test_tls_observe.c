/* SPDX-License-Identifier: Apache-2.0 */
/* test_tls_observe - what is seen in clear is what a handshake of TLS 1.2 with the same server shows, also the second time. */
#include "net/tls_observe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/ssl.h>

#include "tls_fixture.h"

static struct tls_facts seen;
static struct tls_hello_reader reader;

static const struct tls_answer *answer_of(const struct peer_plan *plan)
{
    uint8_t hello[TLS_HELLO_MAX_BYTES];
    size_t n = tls_observe_hello(context, "mx.good.test", hello);
    assert_true(n > 0);
    if (peer)
        peer_free(peer);
    peer = peer_new(plan);
    struct str said = peer_answer(peer, (struct str){(const char *)hello, n});
    tls_hello_reader_init(&reader);
    tls_hello_reader_feed(&reader, said.p, said.n);
    return &reader.answer;
}

static void observe_as(const char *name, const struct tls_answer *answer)
{
    assert_int_equal(tls_observe(context, name, "mx.good.test", answer, &seen, &arena), 0);
}

static void observe(const struct peer_plan *plan)
{
    observe_as("mx.good.test", answer_of(plan));
}

static void assert_text(const char *a, const char *b)
{
    if ((a == NULL) != (b == NULL) || (a && strcmp(a, b) != 0))
        fail_msg("\"%s\" was observed, \"%s\" behind a handshake", a ? a : "", b ? b : "");
}

static void assert_same_certificate(const struct cert_facts *a, const struct cert_facts *b)
{
    assert_true(str_eq(a->subject, b->subject) && str_eq(a->issuer, b->issuer) && str_eq(a->der, b->der));
    assert_text(a->common_name_text, b->common_name_text);
    assert_text(a->issuer_organisation, b->issuer_organisation);
    assert_text(a->serial, b->serial);
    assert_text(a->key_type_text, b->key_type_text);
    assert_text(a->curve, b->curve);
    assert_text(a->signature, b->signature);
    assert_text(a->signature_hash, b->signature_hash);
    assert_true(a->not_before.s == b->not_before.s && a->not_after.s == b->not_after.s && a->key_type == b->key_type && a->key_bits == b->key_bits);
    assert_true(a->self_signed == b->self_signed && a->is_ca == b->is_ca && a->san_dns_count == b->san_dns_count);
    for (size_t i = 0; i < a->san_dns_count; i++)
        assert_true(str_eq(a->san_dns[i], b->san_dns[i]));
    assert_memory_equal(a->sha256, b->sha256, sizeof a->sha256);
    assert_memory_equal(a->spki_sha256, b->spki_sha256, sizeof a->spki_sha256);
}

static void assert_same(const struct tls_facts *a, const struct tls_facts *b)
{
    assert_int_equal(a->result, TLS_OBSERVED);
    assert_int_equal(b->result, TLS_DONE);
    assert_text(a->sni, b->sni);
    assert_text(a->name_wanted, b->name_wanted);
    assert_text(a->version, b->version);
    assert_text(a->cipher, b->cipher);
    assert_text(a->group, b->group);
    assert_text(a->exchange_hash, b->exchange_hash);
    assert_text(a->trust_error, b->trust_error);
    assert_true(a->cipher_id == b->cipher_id && a->dh_bits == b->dh_bits && a->anonymous == b->anonymous);
    assert_true(a->extended_master_secret == b->extended_master_secret && a->renegotiation_info == b->renegotiation_info && a->compression == b->compression);
    assert_true(a->trust == b->trust && a->name_matches == b->name_matches && a->chain_in_order == b->chain_in_order &&
                a->path_has_unsent == b->path_has_unsent);
    assert_true(a->path_not_before.s == b->path_not_before.s && a->path_not_after.s == b->path_not_after.s);
    assert_int_equal(a->certificates_sent, b->certificates_sent);
    assert_int_equal(a->certificate_count, b->certificate_count);
    for (size_t i = 0; i < a->certificate_count; i++)
        assert_same_certificate(&a->certificates[i], &b->certificates[i]);
}

/* Twice: read and judged, then known again. */
static void assert_as_behind_a_handshake(struct peer_plan plan)
{
    for (int time = 0; time < 2; time++) {
        observe(&plan);
        peer_free(peer);
        peer = NULL;
        shake(TLS_PROFILE_TLS12, &plan);
        assert_same(&seen, &facts);
        tls_client_free(client);
        client = NULL;
    }
}

static void all_is_seen_that_a_handshake_shows(void **state)
{
    (void)state;
    const struct pki_cert *other =
        pki_make((struct pki_plan){.common_name = "Other", .names = {STR("mx.other.test"), STR("*.other.test")}, .key = "RSA-1024", .hash = "SHA1"});
    const struct pki_cert *edwards = pki_make((struct pki_plan){.common_name = "Ed", .names = {STR("mx.good.test")}, .key = "Ed25519"});
    const struct peer_plan plans[] = {
        {.chain = {leaf}},
        {.chain = {rsa_leaf}},
        {.version = TLS1_2_VERSION, .chain = {leaf}},
        {.groups = "P-384", .chain = {leaf}},
        {.suites = "ECDHE-RSA-AES128-SHA", .chain = {rsa_leaf}},
        {.suites = "AES256-GCM-SHA384", .chain = {rsa_leaf}},
        {.suites = "DHE-RSA-AES128-GCM-SHA256", .dh_bits = 1024, .chain = {rsa_leaf}},
        {.no_extended_master_secret = true, .chain = {leaf}},
        {.chain = {other}},
        {.chain = {edwards}},
        {.chain = {leaf, other}},
        {.chain = {leaf, leaf}},
    };
    for (size_t i = 0; i < sizeof plans / sizeof *plans; i++)
        assert_as_behind_a_handshake(plans[i]);
}

static void the_name_is_compared_each_time(void **state)
{
    (void)state;
    const struct tls_answer *answer = answer_of(&(struct peer_plan){.chain = {leaf}});
    observe_as("mx.good.test", answer);
    assert_int_equal(seen.name_matches, TRI_YES);
    observe_as("mx.bad.test", answer);
    assert_int_equal(seen.name_matches, TRI_NO);
    observe_as("192.0.2.1", answer);
    assert_int_equal(seen.name_matches, TRI_UNKNOWN);
    observe_as("mx.good.test", answer);
    assert_int_equal(seen.name_matches, TRI_YES);
}

/* One octet of a signature, and it is another chain. */
static void a_chain_is_known_by_all_of_it(void **state)
{
    (void)state;
    struct tls_answer answer = *answer_of(&(struct peer_plan){.chain = {leaf}});
    observe_as("mx.good.test", &answer);
    enum chain_trust trust = seen.trust;
    uint8_t digest[32];
    memcpy(digest, seen.certificates[0].sha256, sizeof digest);
    char *der = malloc(answer.certificates[0].n);
    assert_non_null(der);
    memcpy(der, answer.certificates[0].p, answer.certificates[0].n);
    der[answer.certificates[0].n - 1] ^= 1;
    answer.certificates[0].p = der;
    observe_as("mx.good.test", &answer);
    assert_true(seen.certificate_count == 0 || memcmp(digest, seen.certificates[0].sha256, sizeof digest) != 0);
    observe_as("mx.good.test", &reader.answer);
    assert_int_equal(seen.trust, trust);
    assert_memory_equal(digest, seen.certificates[0].sha256, sizeof digest);
    free(der);
}

static void many_chains_of_many_cas_take_each_others_places(void **state)
{
    (void)state;
    enum { CHAINS = 40 };
    const struct pki_cert *leaves[CHAINS];
    for (size_t i = 0; i < CHAINS; i++) {
        char name[32];
        snprintf(name, sizeof name, "CA %zu", i);
        const struct pki_cert *root = pki_make((struct pki_plan){.common_name = name, .ca = true});
        leaves[i] = pki_make((struct pki_plan){.common_name = "mx.good.test", .names = {STR("mx.good.test")}, .issuer = root});
        observe(&(struct peer_plan){.chain = {leaves[i], root}});
        assert_int_equal(seen.certificate_count, 2);
        assert_int_equal(seen.chain_in_order, TRI_YES);
        assert_true(seen.certificates[1].self_signed);
    }
}

static void tls13_is_told_of_by_tls12(void **state)
{
    (void)state;
    observe(&(struct peer_plan){.chain = {leaf}});
    assert_true(seen.tls13_announced);
    assert_string_equal(seen.version, "TLSv1.2");
    observe(&(struct peer_plan){.version = TLS1_2_VERSION, .chain = {leaf}});
    assert_false(seen.tls13_announced);
}

static void without_a_whole_answer_nothing_was_observed(void **state)
{
    (void)state;
    observe(&(struct peer_plan){.version = TLS1_3_VERSION, .chain = {leaf}});
    assert_int_equal(seen.result, TLS_NOT_TRIED);
    struct tls_answer answer = *answer_of(&(struct peer_plan){.chain = {leaf}});
    answer.complete = false;
    observe_as("mx.good.test", &answer);
    assert_int_equal(seen.result, TLS_NOT_TRIED);
}

/* Of more certificates than are kept, and of what is no certificate, nothing is said. */
static void a_chain_that_cannot_be_read_is_left_out(void **state)
{
    (void)state;
    struct tls_answer answer = *answer_of(&(struct peer_plan){.chain = {leaf}});
    answer.certificates_sent = TLS_ANSWER_CERTIFICATES_MAX + 1;
    observe_as("mx.good.test", &answer);
    assert_int_equal(seen.certificate_count, 0);
    assert_int_equal(seen.name_matches, TRI_UNKNOWN);
    answer = reader.answer;
    answer.certificates[0].n--;
    observe_as("mx.good.test", &answer);
    assert_int_equal(seen.result, TLS_OBSERVED);
    assert_int_equal(seen.certificate_count, 0);
}

static void the_farewell_is_two_alerts(void **state)
{
    (void)state;
    const struct str said = tls_observe_farewell();
    assert_int_equal(said.n, 14);
    assert_memory_equal(said.p, "\x15\x03\x03\x00\x02\x01\x5a\x15\x03\x03\x00\x02\x01\x00", 14);
}

#define T(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(all_is_seen_that_a_handshake_shows),
        T(the_name_is_compared_each_time),
        T(a_chain_is_known_by_all_of_it),
        T(many_chains_of_many_cas_take_each_others_places),
        T(tls13_is_told_of_by_tls12),
        T(without_a_whole_answer_nothing_was_observed),
        T(a_chain_that_cannot_be_read_is_left_out),
        T(the_farewell_is_two_alerts),
    };
    return cmocka_run_group_tests_name("tls_observe", tests, set_up_all, tear_down_all);
}

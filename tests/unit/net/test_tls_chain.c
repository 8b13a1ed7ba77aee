/* SPDX-License-Identifier: Apache-2.0 */
/* test_tls_chain - certificates as facts: what stands in them, where their path leads, and whose name they bear. */
#include "net/tls_impl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/x509v3.h>

#include "../base/arena_fixture.h"
#include "tls_peer.h"
#include "tls_pki.h"

enum { DAY = 24 * 60 * 60 };

#define MX STR("mx.good.test")

static struct tls_context *context; /* trusts root and knows `known` */
static struct tls_facts facts;
static const struct pki_cert *root, *intermediate, *known, *leaf, *leaf_of_known, *private_root, *private_intermediate;

static struct tls_context *trusting(const struct pki_cert *const *certs)
{
    char path[64], error[200];
    pki_write_file(path, certs);
    struct tls_context *c = tls_context_new(path, error, sizeof error);
    unlink(path);
    if (!c)
        fail_msg("%s", error);
    return c;
}

static int set_up_all(void **state)
{
    (void)state;
    tls_context_free(tls_context_new(NULL, (char[200]){""}, 200));
    root = pki_make((struct pki_plan){.common_name = "Test Root", .organisation = "Good CA", .ca = true, .from_day = -1000, .to_day = 1000});
    intermediate = pki_make((struct pki_plan){.common_name = "Test Intermediate", .organisation = "Good CA", .ca = true, .issuer = root});
    known = pki_make((struct pki_plan){.common_name = "Known Intermediate", .ca = true, .issuer = root});
    leaf = pki_make((struct pki_plan){.common_name = "mx.good.test", .names = {MX}, .issuer = intermediate});
    leaf_of_known = pki_make((struct pki_plan){.common_name = "mx.good.test", .names = {MX}, .issuer = known});
    private_root = pki_make((struct pki_plan){.common_name = "Private Root", .ca = true});
    private_intermediate = pki_make((struct pki_plan){.common_name = "Private Intermediate", .ca = true, .issuer = private_root});
    context = trusting((const struct pki_cert *[]){root, known, NULL});
    return 0;
}

static int tear_down_all(void **state)
{
    (void)state;
    tls_context_free(context);
    pki_free_all();
    return 0;
}

static void shake_in(struct tls_context *c, const struct peer_plan *plan, const char *name)
{
    struct peer *peer = peer_new(plan);
    struct tls_client *client = tls_client_new(c, TLS_PROFILE_MODERN, name);
    assert_non_null(client);
    tls_start(client);
    peer_run(peer, client, 1 << 20);
    assert_int_equal(tls_copy_facts(client, &facts, &arena), 0);
    tls_client_free(client);
    peer_free(peer);
    if (facts.result != TLS_DONE)
        fail_msg("handshake: result %d, %s", (int)facts.result, facts.error ? facts.error : "no error");
}

/* The server sends these, in this order. */
#define SHOW(...) shake_in(context, &(struct peer_plan){.chain = {__VA_ARGS__}}, "mx.good.test")

static void assert_trust(enum chain_trust trust)
{
    if (facts.trust != trust || (trust == TRUST_YES) != !facts.trust_error)
        fail_msg("trust is %d and not %d: %s", (int)facts.trust, (int)trust, facts.trust_error ? facts.trust_error : "no error");
}

static void assert_days_from_now(struct wall t, int days)
{
    int64_t off = t.s - (int64_t)time(NULL) - (int64_t)days * DAY;
    assert_in_range(off + 600, 0, 1200);
}

static void a_good_chain(void **state)
{
    (void)state;
    SHOW(leaf, intermediate);
    assert_trust(TRUST_YES);
    assert_int_equal(facts.chain_in_order, TRI_YES);
    assert_int_equal(facts.name_matches, TRI_YES);
    assert_false(facts.path_has_unsent);
    assert_days_from_now(facts.path_not_before, -1);
    assert_days_from_now(facts.path_not_after, 90);
    assert_int_equal(facts.certificates_sent, 2);
    assert_int_equal(facts.certificate_count, 2);
    assert_false(facts.certificates[0].is_ca);
    assert_true(facts.certificates[1].is_ca);
}

static void a_good_chain_at_tls12(void **state)
{
    (void)state;
    shake_in(context, &(struct peer_plan){.version = TLS1_2_VERSION, .chain = {leaf, intermediate}}, "mx.good.test");
    assert_trust(TRUST_YES);
    assert_int_equal(facts.chain_in_order, TRI_YES);
}

static void a_sent_root_is_fine(void **state)
{
    (void)state;
    SHOW(leaf, intermediate, root);
    assert_trust(TRUST_YES);
    assert_int_equal(facts.chain_in_order, TRI_YES);
    assert_false(facts.path_has_unsent);
    assert_true(facts.certificates[2].self_signed);
    assert_false(facts.certificates[1].self_signed);
}

static void a_leaf_that_signed_itself(void **state)
{
    (void)state;
    SHOW(pki_make((struct pki_plan){.common_name = "mx.good.test", .names = {MX}}));
    assert_trust(TRUST_SELF_SIGNED);
    assert_string_equal(facts.trust_error, "self-signed certificate");
    assert_true(facts.certificates[0].self_signed);
    assert_int_equal(facts.chain_in_order, TRI_YES);
    assert_false(facts.path_has_unsent);
}

static void a_leaf_that_signed_itself_and_a_stranger(void **state)
{
    (void)state;
    SHOW(pki_make((struct pki_plan){.common_name = "mx.good.test", .names = {MX}}), intermediate);
    assert_trust(TRUST_SELF_SIGNED);
    assert_int_equal(facts.chain_in_order, TRI_NO);
}

static void a_trusted_leaf_that_signed_itself(void **state)
{
    (void)state;
    const struct pki_cert *own = pki_make((struct pki_plan){.common_name = "mx.good.test", .names = {MX}});
    struct tls_context *c = trusting((const struct pki_cert *[]){own, NULL});
    shake_in(c, &(struct peer_plan){.chain = {own}}, "mx.good.test");
    tls_context_free(c);
    assert_trust(TRUST_YES);
    assert_true(facts.certificates[0].self_signed);
}

static void a_trust_store_without_roots(void **state)
{
    (void)state;
    struct tls_context *knows_intermediate = trusting((const struct pki_cert *[]){intermediate, NULL});
    struct tls_context *knows_leaf = trusting((const struct pki_cert *[]){leaf, NULL});
    shake_in(knows_intermediate, &(struct peer_plan){.chain = {leaf, intermediate}}, "mx.good.test");
    assert_trust(TRUST_YES);
    assert_false(facts.path_has_unsent);
    shake_in(knows_intermediate, &(struct peer_plan){.chain = {leaf, intermediate, root}}, "mx.good.test");
    assert_trust(TRUST_YES);
    shake_in(knows_intermediate, &(struct peer_plan){.chain = {leaf}}, "mx.good.test");
    assert_trust(TRUST_YES);
    assert_true(facts.path_has_unsent);
    shake_in(knows_leaf, &(struct peer_plan){.chain = {leaf}}, "mx.good.test");
    assert_trust(TRUST_YES);
    assert_false(facts.path_has_unsent);
    tls_context_free(knows_intermediate);
    tls_context_free(knows_leaf);
}

static void a_private_ca(void **state)
{
    (void)state;
    SHOW(pki_make((struct pki_plan){.names = {MX}, .issuer = private_intermediate}), private_intermediate, private_root);
    assert_trust(TRUST_PRIVATE_CA);
    assert_string_equal(facts.trust_error, "self-signed certificate in certificate chain");
    assert_int_equal(facts.chain_in_order, TRI_YES);
    SHOW(pki_make((struct pki_plan){.names = {MX}, .issuer = private_root}), private_root);
    assert_trust(TRUST_PRIVATE_CA);
    assert_string_equal(facts.trust_error, "self-signed certificate in certificate chain");
}

static void an_issuer_neither_sent_nor_known(void **state)
{
    (void)state;
    SHOW(leaf);
    assert_trust(TRUST_INCOMPLETE);
    assert_int_equal(facts.chain_in_order, TRI_YES);
    SHOW(pki_make((struct pki_plan){.names = {MX}, .issuer = private_intermediate}), private_intermediate);
    assert_trust(TRUST_INCOMPLETE);
    assert_string_equal(facts.trust_error, "unable to get local issuer certificate");
    SHOW(leaf, root);
    assert_trust(TRUST_INCOMPLETE);
    assert_int_equal(facts.chain_in_order, TRI_NO);
}

static void a_known_intermediate_that_was_not_sent(void **state)
{
    (void)state;
    SHOW(leaf_of_known);
    assert_trust(TRUST_YES);
    assert_true(facts.path_has_unsent);
    SHOW(leaf_of_known, known);
    assert_trust(TRUST_YES);
    assert_false(facts.path_has_unsent);
}

/* Same name and key as one that we know: what was sent suffices. */
static void a_sent_twin_of_a_known_intermediate(void **state)
{
    (void)state;
    const struct pki_cert *twin = pki_make((struct pki_plan){.common_name = "Known Intermediate", .ca = true, .issuer = root, .key_of = known, .to_day = 7});
    SHOW(leaf_of_known, twin);
    assert_trust(TRUST_YES);
    assert_false(facts.path_has_unsent);
    assert_int_equal(facts.chain_in_order, TRI_YES);
    assert_days_from_now(facts.path_not_after, 7);
}

/* The sent chain ends in a cross-certificate of a root that we do not know, and its subject is one we do know. */
static void a_cross_certificate_at_the_end(void **state)
{
    (void)state;
    const struct pki_cert *cross = pki_make((struct pki_plan){.common_name = "Test Root", .organisation = "Good CA", .ca = true, .issuer = private_root, .key_of = root});
    SHOW(leaf, intermediate, cross);
    assert_trust(TRUST_YES);
    assert_false(facts.path_has_unsent);
    assert_int_equal(facts.chain_in_order, TRI_YES);
}

static void order_and_strangers(void **state)
{
    (void)state;
    const struct pki_cert *lower = pki_make((struct pki_plan){.common_name = "Lower", .ca = true, .issuer = intermediate});
    const struct pki_cert *below = pki_make((struct pki_plan){.names = {MX}, .issuer = lower});
    SHOW(below, lower, intermediate);
    assert_int_equal(facts.chain_in_order, TRI_YES);
    SHOW(below, intermediate, lower);
    assert_trust(TRUST_YES);
    assert_int_equal(facts.chain_in_order, TRI_NO);
    SHOW(leaf, intermediate, private_root);
    assert_trust(TRUST_YES);
    assert_int_equal(facts.chain_in_order, TRI_NO);
    SHOW(leaf, intermediate, intermediate);
    assert_int_equal(facts.chain_in_order, TRI_NO);
    SHOW(leaf, leaf, intermediate);
    assert_int_equal(facts.chain_in_order, TRI_NO);
    SHOW(leaf, intermediate, root, root);
    assert_trust(TRUST_YES);
    assert_int_equal(facts.chain_in_order, TRI_NO);
}

static void expired_is_a_date_and_no_distrust(void **state)
{
    (void)state;
    SHOW(pki_make((struct pki_plan){.names = {MX}, .issuer = intermediate, .from_day = -95, .to_day = -5}), intermediate);
    assert_trust(TRUST_YES);
    assert_days_from_now(facts.path_not_before, -1); /* the intermediate's */
    assert_days_from_now(facts.path_not_after, -5);
    assert_days_from_now(facts.certificates[0].not_before, -95);
    assert_days_from_now(facts.certificates[0].not_after, -5);
}

static void an_expired_intermediate_narrows_the_window(void **state)
{
    (void)state;
    const struct pki_cert *old = pki_make((struct pki_plan){.common_name = "Old", .ca = true, .issuer = root, .from_day = -400, .to_day = -30});
    SHOW(pki_make((struct pki_plan){.names = {MX}, .issuer = old}), old);
    assert_trust(TRUST_YES);
    assert_days_from_now(facts.path_not_after, -30);
}

static void only_sent_certificates_of_the_path_count(void **state)
{
    (void)state;
    const struct pki_cert *short_lived = pki_make((struct pki_plan){.common_name = "Stranger", .ca = true, .from_day = -2, .to_day = -1});
    SHOW(leaf, intermediate, short_lived);
    assert_days_from_now(facts.path_not_after, 90);
    const struct pki_cert *old_known = pki_make((struct pki_plan){.common_name = "Old Known", .ca = true, .issuer = root, .from_day = -9, .to_day = -8});
    struct tls_context *c = trusting((const struct pki_cert *[]){root, old_known, NULL});
    shake_in(c, &(struct peer_plan){.chain = {pki_make((struct pki_plan){.names = {MX}, .issuer = old_known})}}, "mx.good.test");
    tls_context_free(c);
    assert_trust(TRUST_YES);
    assert_true(facts.path_has_unsent);
    assert_days_from_now(facts.path_not_after, 90);
}

static void the_usage_is_another(void **state)
{
    (void)state;
    SHOW(pki_make((struct pki_plan){.names = {MX}, .issuer = intermediate, .usage = "clientAuth"}), intermediate);
    assert_trust(TRUST_WRONG_USAGE);
    SHOW(pki_make((struct pki_plan){.names = {MX}, .issuer = intermediate, .usage = "serverAuth"}), intermediate);
    assert_trust(TRUST_YES);
}

static void an_issuer_that_is_no_ca(void **state)
{
    (void)state;
    SHOW(pki_make((struct pki_plan){.names = {MX}, .issuer = leaf}), leaf, intermediate);
    assert_trust(TRUST_BAD_CHAIN);
}

static void a_signature_that_is_wrong(void **state)
{
    (void)state;
    const struct pki_cert *forged = pki_make((struct pki_plan){.names = {MX}, .issuer = intermediate});
    const ASN1_BIT_STRING *signature;
    X509_get0_signature(&signature, NULL, forged->x509);
    signature->data[signature->length - 1] ^= 1;
    SHOW(forged, intermediate);
    assert_trust(TRUST_BAD_CHAIN);
    assert_string_equal(facts.trust_error, "certificate signature failure");
    assert_int_equal(facts.chain_in_order, TRI_YES);
}

static void a_root_that_is_rejected(void **state)
{
    (void)state;
    const struct pki_cert *bad = pki_make((struct pki_plan){.common_name = "Bad Root", .ca = true});
    ASN1_OBJECT *server = OBJ_nid2obj(NID_server_auth);
    assert_true(X509_add1_reject_object(bad->x509, server));
    struct tls_context *c = trusting((const struct pki_cert *[]){bad, NULL});
    X509_reject_clear(bad->x509);
    shake_in(c, &(struct peer_plan){.chain = {pki_make((struct pki_plan){.names = {MX}, .issuer = bad})}}, "mx.good.test");
    tls_context_free(c);
    assert_trust(TRUST_DISTRUSTED);
}

static void weak_keys_and_hashes_are_trusted_all_the_same(void **state)
{
    (void)state;
    const struct pki_cert *weak_ca = pki_make((struct pki_plan){.common_name = "Weak", .ca = true, .issuer = root, .key = "RSA-1024", .hash = "SHA1"});
    SHOW(pki_make((struct pki_plan){.names = {MX}, .issuer = weak_ca, .key = "RSA-1024", .hash = "MD5"}), weak_ca);
    assert_trust(TRUST_YES);
    const struct cert_facts *c = facts.certificates;
    assert_int_equal(c[0].key_type, KEY_RSA);
    assert_string_equal(c[0].key_type_text, "RSA");
    assert_int_equal(c[0].key_bits, 1024);
    assert_null(c[0].curve);
    assert_string_equal(c[0].signature, "md5WithRSAEncryption");
    assert_string_equal(c[0].signature_hash, "MD5");
    assert_string_equal(c[1].signature, "ecdsa-with-SHA1");
    assert_string_equal(c[1].signature_hash, "SHA1");
}

static void keys_of_other_kinds(void **state)
{
    (void)state;
    SHOW(pki_make((struct pki_plan){.names = {MX}, .key = "Ed25519"}));
    assert_int_equal(facts.certificates[0].key_type, KEY_ED25519);
    assert_string_equal(facts.certificates[0].key_type_text, "Ed25519");
    assert_string_equal(facts.certificates[0].signature, "ED25519");
    assert_null(facts.certificates[0].signature_hash);
    assert_true(facts.certificates[0].self_signed);
    shake_in(context, &(struct peer_plan){.version = TLS1_2_VERSION, .chain = {pki_make((struct pki_plan){.names = {MX}, .key = "P-224"})}}, "mx.good.test");
    assert_int_equal(facts.certificates[0].key_type, KEY_EC);
    assert_string_equal(facts.certificates[0].curve, "P-224");
    assert_int_equal(facts.certificates[0].key_bits, 224);
}

static void an_explicit_curve(void **state)
{
    (void)state;
    const struct pki_cert *cert = pki_make((struct pki_plan){.names = {MX}, .explicit_curve = true});
    struct cert_facts c = {0};
    assert_int_equal(tls_cert_facts(cert->x509, &c, &arena), 0);
    assert_string_equal(c.curve, "explicit");
    assert_int_equal(c.key_bits, 256);
}

static void what_stands_in_a_certificate(void **state)
{
    (void)state;
    const struct pki_cert *cert = pki_make((struct pki_plan){.common_name = "m\xc3\xbcx, good", .organisation = "First & Co", .issuer = intermediate,
                                                             .names = {MX, STR("*.good.test"), STR("mx.good.test\0.evil.test")}, .serial = 0x0a1b2c});
    SHOW(cert, intermediate);
    const struct cert_facts *c = facts.certificates;
    assert_true(str_is(c->subject, "CN=m\xc3\xbcx\\, good,O=First & Co"));
    assert_true(str_is(c->issuer, "CN=Test Intermediate,O=Good CA"));
    assert_string_equal(c->common_name_text, "m\xc3\xbcx, good");
    assert_string_equal(c->issuer_organisation, "Good CA");
    assert_string_equal(c->serial, "0a1b2c");
    assert_int_equal(c->san_dns_count, 3);
    assert_true(str_is(c->san_dns[1], "*.good.test"));
    assert_true(str_eq(c->san_dns[2], STR("mx.good.test\0.evil.test")));
    assert_int_equal(c->key_type, KEY_EC);
    assert_string_equal(c->curve, "P-256");
    assert_int_equal(c->key_bits, 256);
    assert_string_equal(c->signature, "ecdsa-with-SHA256");
    assert_string_equal(c->signature_hash, "SHA256");
    assert_false(c->self_signed);
    unsigned char digest[32];
    assert_true(X509_digest(cert->x509, EVP_sha256(), digest, NULL));
    assert_memory_equal(c->sha256, digest, 32);
    unsigned char *spki = NULL;
    int n = i2d_PUBKEY(cert->key, &spki);
    assert_true(EVP_Digest(spki, (size_t)n, digest, NULL, EVP_sha256(), NULL));
    OPENSSL_free(spki);
    assert_memory_equal(c->spki_sha256, digest, 32);
}

static void an_empty_subject(void **state)
{
    (void)state;
    SHOW(pki_make((struct pki_plan){.names = {MX}, .issuer = intermediate}), intermediate);
    assert_int_equal(facts.certificates[0].subject.n, 0);
    assert_null(facts.certificates[0].common_name_text);
    assert_trust(TRUST_YES);
}

static void names_in_the_handshake(void **state)
{
    (void)state;
    SHOW(pki_make((struct pki_plan){.common_name = "mx.good.test", .issuer = intermediate}), intermediate); /* CN only */
    assert_int_equal(facts.name_matches, TRI_NO);
    SHOW(pki_make((struct pki_plan){.names = {STR("mail.other.test"), STR("*.GOOD.test")}, .issuer = intermediate}), intermediate);
    assert_int_equal(facts.name_matches, TRI_YES);
    SHOW(pki_make((struct pki_plan){.names = {STR("mx.good.test\0.evil.test")}, .issuer = intermediate}), intermediate);
    assert_int_equal(facts.name_matches, TRI_NO);
    shake_in(context, &(struct peer_plan){.chain = {leaf, intermediate}}, "MX.good.test.");
    assert_int_equal(facts.name_matches, TRI_YES);
    assert_string_equal(facts.sni, "MX.good.test");
}

static void name_rules(void **state)
{
    static const struct {
        struct str pattern;
        const char *host;
        bool matches;
    } rows[] = {
        {STR("mx.good.test"), "mx.good.test", true},
        {STR("MX.Good.TEST"), "mx.good.test", true},
        {STR("mx.good.test."), "mx.good.test", false}, /* RFC 5280 4.2.1.6: no dot at the end */
        {STR("*.good.test."), "mx.good.test", false},
        {STR("mx.good.test"), "mx2.good.test", false},
        {STR("good.test"), "mx.good.test", false},
        {STR("*.good.test"), "mx.good.test", true},
        {STR("*.good.test"), "good.test", false},
        {STR("*.good.test"), "a.mx.good.test", false},
        {STR("*.good.test"), ".good.test", false},
        {STR("m*.good.test"), "mx.good.test", false},
        {STR("*x.good.test"), "mx.good.test", false},
        {STR("mx.*.test"), "mx.good.test", false},
        {STR("*.*.test"), "mx.good.test", false},
        {STR("*"), "mx", false},
        {STR("*."), "mx.", false},
        {STR("*.xn--bcher-kva.test"), "mx.xn--bcher-kva.test", true},
        {STR("mx.good.test\0"), "mx.good.test", false},
        {STR("mx.good.test\0.evil.test"), "mx.good.test", false},
        {STR("*.good.test\0"), "mx.good.test", false},
        {STR(""), "mx.good.test", false},
        {STR("."), "mx.good.test", false},
        {STR("mx.good.test"), "", false},
        {STR(" mx.good.test"), "mx.good.test", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (tls_name_matches(rows[i].pattern, str_of(rows[i].host)) != rows[i].matches)
            fail_msg("\"%s\" and %s: %s", rows[i].pattern.p, rows[i].host, rows[i].matches ? "no match" : "a match");
}

static void many_names_are_cut(void **state)
{
    (void)state;
    X509 *cert = X509_dup(leaf->x509);
    GENERAL_NAMES *list = sk_GENERAL_NAME_new_null();
    for (int i = 0; i < TLS_SAN_MAX + 10; i++) {
        ASN1_IA5STRING *text = ASN1_IA5STRING_new();
        char name[32];
        ASN1_STRING_set(text, name, snprintf(name, sizeof name, "mx%d.good.test", i));
        GENERAL_NAME *general = GENERAL_NAME_new();
        GENERAL_NAME_set0_value(general, GEN_DNS, text);
        sk_GENERAL_NAME_push(list, general);
    }
    assert_true(X509_add1_ext_i2d(cert, NID_subject_alt_name, list, 0, X509V3_ADD_REPLACE));
    sk_GENERAL_NAME_pop_free(list, GENERAL_NAME_free);
    struct cert_facts c = {0};
    assert_int_equal(tls_cert_facts(cert, &c, &arena), 0);
    assert_int_equal(c.san_dns_count, TLS_SAN_MAX);
    assert_true(str_is(c.san_dns[TLS_SAN_MAX - 1], "mx511.good.test"));
    assert_true(tls_cert_names(cert, STR("mx520.good.test"))); /* all of them are compared */
    X509_free(cert);
}

static void a_certificate_of_120_kilobytes(void **state)
{
    static char name[30000];
    (void)state;
    memset(name, 'm', sizeof name);
    const struct str long_name = {name, sizeof name};
    SHOW(pki_make((struct pki_plan){.names = {long_name, long_name, long_name, long_name}, .issuer = intermediate}), intermediate);
    assert_trust(TRUST_YES);
    assert_int_equal(facts.name_matches, TRI_NO);
    assert_int_equal(facts.certificates[0].san_dns_count, 4);
    assert_true(str_eq(facts.certificates[0].san_dns[3], long_name));
}

static void memory_that_runs_out(void **state)
{
    (void)state;
    for (size_t cap = 0; cap < 2000; cap += 50) {
        struct arena small;
        arena_init(&small, cap);
        struct cert_facts c = {0};
        int rc = tls_cert_facts(leaf->x509, &c, &small);
        assert_int_equal(rc, small.exhausted ? -1 : 0);
        arena_done(&small);
    }
}

static void a_trust_store_that_is_none(void **state)
{
    char error[200], path[64];
    (void)state;
    assert_null(tls_context_new("/nonexistent/ca.pem", error, sizeof error));
    assert_string_equal(error, "/nonexistent/ca.pem: No such file or directory");
    pki_write_file(path, (const struct pki_cert *[]){NULL});
    assert_null(tls_context_new(path, error, sizeof error));
    assert_non_null(strstr(error, "no certificates in PEM form"));
    unlink(path);
    assert_null(tls_context_new("/", error, sizeof error));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_good_chain),
        TEST(a_good_chain_at_tls12),
        TEST(a_sent_root_is_fine),
        TEST(a_leaf_that_signed_itself),
        TEST(a_leaf_that_signed_itself_and_a_stranger),
        TEST(a_trusted_leaf_that_signed_itself),
        TEST(a_trust_store_without_roots),
        TEST(a_private_ca),
        TEST(an_issuer_neither_sent_nor_known),
        TEST(a_known_intermediate_that_was_not_sent),
        TEST(a_sent_twin_of_a_known_intermediate),
        TEST(a_cross_certificate_at_the_end),
        TEST(order_and_strangers),
        TEST(expired_is_a_date_and_no_distrust),
        TEST(an_expired_intermediate_narrows_the_window),
        TEST(only_sent_certificates_of_the_path_count),
        TEST(the_usage_is_another),
        TEST(an_issuer_that_is_no_ca),
        TEST(a_signature_that_is_wrong),
        TEST(a_root_that_is_rejected),
        TEST(weak_keys_and_hashes_are_trusted_all_the_same),
        TEST(keys_of_other_kinds),
        TEST(an_explicit_curve),
        TEST(what_stands_in_a_certificate),
        TEST(an_empty_subject),
        TEST(names_in_the_handshake),
        TEST(name_rules),
        TEST(many_names_are_cut),
        TEST(a_certificate_of_120_kilobytes),
        TEST(memory_that_runs_out),
        TEST(a_trust_store_that_is_none),
    };
    return cmocka_run_group_tests_name("tls chain", tests, set_up_all, tear_down_all);
}

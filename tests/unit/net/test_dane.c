/* SPDX-License-Identifier: Apache-2.0 */
/* test_dane - TLSA records against chains that servers really sent. */
#include "net/dane.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "../base/arena_fixture.h"
#include "tls_peer.h"
#include "tls_pki.h"

#define MX STR("mx.good.test")

static struct tls_context *context; /* trusts public_root */
static struct tls_facts facts;
static const struct pki_cert *root, *intermediate, *leaf, *stranger, *public_root, *public_leaf;

static const struct pki_cert *make_leaf(const char *name, const struct pki_cert *issuer)
{
    return pki_make((struct pki_plan){.common_name = "server", .names = {str_of(name)}, .issuer = issuer});
}

static int set_up_all(void **state)
{
    (void)state;
    tls_context_free(tls_context_new(NULL, (char[200]){""}, 200)); /* before OpenSSL reads its configuration */
    public_root = pki_make((struct pki_plan){.common_name = "Public Root", .ca = true});
    char path[64], error[200];
    pki_write_file(path, (const struct pki_cert *const[]){public_root, NULL});
    context = tls_context_new(path, error, sizeof error);
    unlink(path);
    if (!context)
        fail_msg("%s", error);
    root = pki_make((struct pki_plan){.common_name = "Own Root", .ca = true});
    intermediate = pki_make((struct pki_plan){.common_name = "Own Intermediate", .ca = true, .issuer = root});
    stranger = pki_make((struct pki_plan){.common_name = "Somebody Else", .ca = true});
    leaf = make_leaf("mx.good.test", intermediate);
    public_leaf = make_leaf("mx.good.test", public_root);
    return 0;
}

static int tear_down_all(void **state)
{
    (void)state;
    tls_context_free(context);
    pki_free_all();
    return 0;
}

static void shake(const struct peer_plan *plan)
{
    struct peer *peer = peer_new(plan);
    struct tls_client *client = tls_client_new(context, TLS_PROFILE_MODERN, "mx.good.test");
    assert_non_null(client);
    tls_start(client);
    peer_run(peer, client, 1 << 20);
    assert_int_equal(tls_copy_facts(client, &facts, &arena), 0);
    tls_client_free(client);
    peer_free(peer);
    assert_int_equal(facts.result, TLS_DONE);
}

/* The server sends these, in this order. */
#define SHOW(...) shake(&(struct peer_plan){.chain = {__VA_ARGS__}})

/* The record that somebody would publish for this certificate. */
static struct tlsa_record record_of(const struct pki_cert *cert, uint8_t usage, uint8_t selector, uint8_t matching_type)
{
    unsigned char *der = NULL, digest[EVP_MAX_MD_SIZE];
    int n = selector ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert->x509), &der) : i2d_X509(cert->x509, &der);
    assert_true(n > 0);
    unsigned digest_n = 0;
    if (matching_type)
        assert_true(EVP_Digest(der, (size_t)n, digest, &digest_n, matching_type == 1 ? EVP_sha256() : EVP_sha512(), NULL));
    struct str data = matching_type ? (struct str){(const char *)digest, digest_n} : (struct str){(const char *)der, (size_t)n};
    struct tlsa_record r = {usage, selector, matching_type, arena_copy(&arena, data), TLSA_SOUND};
    OPENSSL_free(der);
    return r;
}

static enum tlsa_match compared(struct tlsa_record r, const char *name, const char *other_name)
{
    enum tlsa_match match;
    struct dane_reference reference = {.names = {name, other_name}, .now = {time(NULL)}};
    assert_int_equal(dane_compare(context, &facts, &reference, &r, 1, &match), 0);
    return match;
}

static void assert_match(const struct pki_cert *cert, unsigned usage, unsigned selector, unsigned matching_type, enum tlsa_match expected)
{
    enum tlsa_match match = compared(record_of(cert, (uint8_t)usage, (uint8_t)selector, (uint8_t)matching_type), "mx.good.test", NULL);
    if (match != expected)
        fail_msg("%u %u %u: match is %u and not %u", usage, selector, matching_type, (unsigned)match, (unsigned)expected);
}

static void assert_all(const struct pki_cert *cert, unsigned usage, enum tlsa_match expected)
{
    for (unsigned selector = 0; selector <= 1; selector++)
        for (unsigned matching_type = 0; matching_type <= 2; matching_type++)
            assert_match(cert, usage, selector, matching_type, expected);
}

static void the_leaf_in_every_form(void **state)
{
    (void)state;
    SHOW(leaf, intermediate);
    assert_all(leaf, 3, TLSA_MATCHES);
    assert_all(leaf, 1, TLSA_MATCHES);
}

static void another_leaf(void **state)
{
    (void)state;
    SHOW(leaf, intermediate);
    assert_all(public_leaf, 3, TLSA_NO_DIGEST);
    assert_all(intermediate, 3, TLSA_NO_DIGEST);
    assert_all(public_leaf, 1, TLSA_NO_DIGEST);
}

/* RFC 7671 5.1: neither dates nor names nor issuers of an end entity count. */
static void a_leaf_that_expired_and_bears_another_name(void **state)
{
    (void)state;
    const struct pki_cert *bad = pki_make((struct pki_plan){.common_name = "other.test", .names = {STR("other.test")}, .from_day = -90, .to_day = -1});
    SHOW(bad);
    assert_all(bad, 3, TLSA_MATCHES);
}

static void a_renewed_leaf_with_its_old_key(void **state)
{
    (void)state;
    const struct pki_cert *renewed = pki_make((struct pki_plan){.common_name = "mx.good.test", .names = {MX}, .issuer = intermediate, .key_of = leaf});
    SHOW(renewed, intermediate);
    assert_match(leaf, 3, 1, 1, TLSA_MATCHES);
    assert_match(leaf, 3, 1, 2, TLSA_MATCHES);
    assert_match(leaf, 3, 0, 1, TLSA_NO_DIGEST);
}

static void an_anchor_in_every_form(void **state)
{
    (void)state;
    SHOW(leaf, intermediate, root);
    assert_all(intermediate, 2, TLSA_MATCHES);
    assert_all(root, 2, TLSA_MATCHES);
}

static void an_anchor_that_was_not_sent(void **state)
{
    (void)state;
    SHOW(leaf, intermediate);
    assert_match(root, 2, 0, 1, TLSA_TA_NOT_SENT);
    assert_match(root, 2, 1, 1, TLSA_TA_NOT_SENT);
    assert_match(root, 2, 1, 2, TLSA_TA_NOT_SENT);
    assert_match(root, 2, 0, 0, TLSA_MATCHES);
    assert_match(root, 2, 1, 0, TLSA_MATCHES);
}

static void only_the_leaf_was_sent(void **state)
{
    (void)state;
    SHOW(leaf);
    assert_match(intermediate, 2, 1, 1, TLSA_TA_NOT_SENT);
    assert_match(intermediate, 2, 0, 0, TLSA_MATCHES);
    assert_match(intermediate, 2, 1, 0, TLSA_MATCHES);
    assert_match(root, 2, 0, 0, TLSA_TA_NOT_SENT);
    assert_match(root, 2, 1, 0, TLSA_TA_NOT_SENT);
}

static void a_leaf_is_no_anchor(void **state)
{
    (void)state;
    SHOW(leaf, intermediate);
    assert_match(leaf, 2, 1, 1, TLSA_TA_SIGNATURE);
    const struct pki_cert *lonely = pki_make((struct pki_plan){.common_name = "mx.good.test", .names = {MX}});
    SHOW(lonely);
    assert_match(lonely, 2, 1, 1, TLSA_TA_SIGNATURE);
    assert_match(lonely, 3, 1, 1, TLSA_MATCHES);
}

static void an_anchor_that_did_not_sign(void **state)
{
    (void)state;
    SHOW(leaf, intermediate, stranger);
    assert_match(stranger, 2, 0, 1, TLSA_TA_SIGNATURE);
    /* The same name with another key: the leaf's path leads to it by name, not by its signature. */
    const struct pki_cert *impostor = pki_make((struct pki_plan){.common_name = "Own Intermediate", .ca = true});
    SHOW(leaf, impostor);
    assert_match(impostor, 2, 0, 1, TLSA_TA_SIGNATURE);
    assert_match(impostor, 2, 1, 0, TLSA_TA_SIGNATURE);
    assert_match(stranger, 2, 0, 0, TLSA_TA_NOT_SENT);
}

static void an_anchor_that_may_not_sign(void **state)
{
    (void)state;
    const struct pki_cert *no_ca = pki_make((struct pki_plan){.common_name = "No CA", .issuer = root}), *below = make_leaf("mx.good.test", no_ca);
    SHOW(below, no_ca);
    assert_match(no_ca, 2, 1, 1, TLSA_TA_SIGNATURE);
    const struct pki_cert *client_only = pki_make((struct pki_plan){.common_name = "c", .names = {MX}, .issuer = intermediate, .usage = "clientAuth"});
    SHOW(client_only, intermediate);
    assert_match(intermediate, 2, 1, 1, TLSA_TA_SIGNATURE);
    assert_match(client_only, 3, 1, 1, TLSA_MATCHES);
}

static void names_under_an_anchor(void **state)
{
    (void)state;
    SHOW(leaf, intermediate);
    struct tlsa_record r = record_of(intermediate, 2, 1, 1);
    assert_int_equal(compared(r, "mx.good.test", NULL), TLSA_MATCHES);
    assert_int_equal(compared(r, "MX.Good.Test", NULL), TLSA_MATCHES);
    assert_int_equal(compared(r, "mx2.good.test", NULL), TLSA_TA_NAME);
    assert_int_equal(compared(r, "good.test", NULL), TLSA_TA_NAME);
    assert_int_equal(compared(r, "other.test", "mx.good.test"), TLSA_MATCHES);
    assert_int_equal(compared(r, "other.test", "good.test"), TLSA_TA_NAME);
}

static void names_by_wildcard_and_common_name(void **state)
{
    (void)state;
    SHOW(make_leaf("*.good.test", intermediate), intermediate);
    struct tlsa_record r = record_of(intermediate, 2, 1, 1);
    assert_int_equal(compared(r, "mx.good.test", NULL), TLSA_MATCHES);
    assert_int_equal(compared(r, "a.mx.good.test", NULL), TLSA_TA_NAME);
    assert_int_equal(compared(r, "good.test", NULL), TLSA_TA_NAME);
    SHOW(make_leaf("m*.good.test", intermediate), intermediate);
    assert_int_equal(compared(r, "mx.good.test", NULL), TLSA_TA_NAME);
    /* RFC 7672 3.2.3: the common name counts where there is no dNSName. */
    SHOW(pki_make((struct pki_plan){.common_name = "mx.good.test", .issuer = intermediate}), intermediate);
    assert_int_equal(compared(r, "mx.good.test", NULL), TLSA_MATCHES);
    SHOW(pki_make((struct pki_plan){.common_name = "mx.good.test", .names = {STR("other.test")}, .issuer = intermediate}), intermediate);
    assert_int_equal(compared(r, "mx.good.test", NULL), TLSA_TA_NAME);
}

static void dates_of_the_path(void **state)
{
    (void)state;
    const struct pki_cert *expired = pki_make((struct pki_plan){.common_name = "mx.good.test", .names = {MX}, .issuer = intermediate, .from_day = -90, .to_day = -1});
    SHOW(expired, intermediate);
    assert_match(intermediate, 2, 1, 1, TLSA_TA_DATES);
    const struct pki_cert *early = pki_make((struct pki_plan){.common_name = "mx.good.test", .names = {MX}, .issuer = intermediate, .from_day = 1, .to_day = 90});
    SHOW(early, intermediate);
    assert_match(intermediate, 2, 1, 1, TLSA_TA_DATES);
    const struct pki_cert *old_ca = pki_make((struct pki_plan){.common_name = "Old", .ca = true, .issuer = root, .from_day = -90, .to_day = -1});
    SHOW(make_leaf("mx.good.test", old_ca), old_ca, root);
    assert_match(root, 2, 0, 2, TLSA_TA_DATES);
}

/* An anchor is no part of the path (RFC 5280 6.1), so its own dates are not asked for; only of one that signed itself
 * does OpenSSL ask. */
static void dates_of_the_anchor(void **state)
{
    (void)state;
    const struct pki_cert *old_ca = pki_make((struct pki_plan){.common_name = "Old", .ca = true, .issuer = root, .from_day = -90, .to_day = -1});
    const struct pki_cert *old_root = pki_make((struct pki_plan){.common_name = "Old Root", .ca = true, .from_day = -90, .to_day = -1});
    SHOW(make_leaf("mx.good.test", old_ca), old_ca);
    assert_match(old_ca, 2, 0, 1, TLSA_MATCHES);
    SHOW(make_leaf("mx.good.test", old_ca));
    assert_match(old_ca, 2, 1, 0, TLSA_MATCHES);
    assert_match(old_ca, 2, 0, 0, TLSA_MATCHES);
    SHOW(make_leaf("mx.good.test", old_root), old_root);
    assert_match(old_root, 2, 0, 1, TLSA_TA_DATES);
}

static void a_wrong_name_is_said_before_a_date(void **state)
{
    (void)state;
    SHOW(pki_make((struct pki_plan){.common_name = "x", .names = {STR("other.test")}, .issuer = intermediate, .from_day = -90, .to_day = -1}), intermediate);
    assert_match(intermediate, 2, 1, 1, TLSA_TA_NAME);
}

static void usage_0_names_a_ca_of_the_public_path(void **state)
{
    (void)state;
    SHOW(public_leaf);
    assert_all(public_root, 0, TLSA_MATCHES);
    assert_match(intermediate, 0, 1, 1, TLSA_TA_NOT_SENT);
    assert_match(public_leaf, 0, 1, 1, TLSA_TA_NOT_SENT);
    SHOW(leaf, intermediate, stranger);
    assert_match(intermediate, 0, 1, 1, TLSA_MATCHES);
    assert_match(stranger, 0, 1, 1, TLSA_TA_SIGNATURE);
}

static void weak_keys_and_hashes_are_none_of_its_business(void **state)
{
    (void)state;
    const struct pki_cert *weak = pki_make((struct pki_plan){.common_name = "Weak", .ca = true, .key = "RSA-1024", .hash = "SHA1"});
    SHOW(make_leaf("mx.good.test", weak), weak);
    assert_match(weak, 2, 1, 1, TLSA_MATCHES);
}

static void data_that_is_no_der(void **state)
{
    (void)state;
    struct tlsa_record cut = record_of(leaf, 3, 0, 0), longer = record_of(leaf, 2, 0, 0), key_as_certificate = record_of(leaf, 2, 1, 0);
    cut.data.n--;
    longer.data.n++; /* the NUL behind it */
    key_as_certificate.selector = 0;
    struct tlsa_record records[] = {
        record_of(leaf, 3, 0, 0), record_of(leaf, 2, 1, 0), record_of(leaf, 0, 1, 0), record_of(leaf, 3, 1, 1), cut, longer, key_as_certificate,
        {2, 0, 0, {"", 0}, TLSA_SOUND}, {3, 1, 0, STR("MIIB"), TLSA_SOUND}, {9, 0, 0, STR("?"), TLSA_UNKNOWN_USAGE},
    };
    static const unsigned flaws[] = {0, 0, 0, 0, TLSA_NOT_DER, TLSA_NOT_DER, TLSA_NOT_DER, TLSA_NOT_DER, TLSA_NOT_DER, TLSA_UNKNOWN_USAGE};
    const size_t count = sizeof records / sizeof *records;
    assert_int_equal(dane_find_not_der(context, records, count), 0);
    for (size_t i = 0; i < count; i++)
        if (records[i].flaw != flaws[i])
            fail_msg("record %zu: flaw %u and not %u", i, (unsigned)records[i].flaw, flaws[i]);
}

static void records_are_compared_each_on_its_own(void **state)
{
    (void)state;
    SHOW(leaf, intermediate);
    struct tlsa_record records[] = {record_of(leaf, 3, 1, 1), record_of(public_leaf, 3, 1, 2), record_of(intermediate, 2, 0, 1),
                                    {3, 1, 1, STR("short"), TLSA_WRONG_LENGTH}, record_of(root, 2, 1, 1)};
    enum tlsa_match matches[5];
    struct dane_reference reference = {.names = {"mx.good.test"}, .now = {time(NULL)}};
    assert_int_equal(dane_compare(context, &facts, &reference, records, 5, matches), 0);
    static const unsigned expected[] = {TLSA_MATCHES, TLSA_NO_DIGEST, TLSA_MATCHES, TLSA_NOT_COMPARED, TLSA_TA_NOT_SENT};
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(matches[i], expected[i]);
    facts.certificate_count = 0;
    assert_int_equal(dane_compare(context, &facts, &reference, records, 5, matches), 0);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(matches[i], TLSA_NOT_COMPARED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
        TEST(the_leaf_in_every_form),
        TEST(another_leaf),
        TEST(a_leaf_that_expired_and_bears_another_name),
        TEST(a_renewed_leaf_with_its_old_key),
        TEST(an_anchor_in_every_form),
        TEST(an_anchor_that_was_not_sent),
        TEST(only_the_leaf_was_sent),
        TEST(a_leaf_is_no_anchor),
        TEST(an_anchor_that_did_not_sign),
        TEST(an_anchor_that_may_not_sign),
        TEST(names_under_an_anchor),
        TEST(names_by_wildcard_and_common_name),
        TEST(dates_of_the_path),
        TEST(dates_of_the_anchor),
        TEST(a_wrong_name_is_said_before_a_date),
        TEST(usage_0_names_a_ca_of_the_public_path),
        TEST(weak_keys_and_hashes_are_none_of_its_business),
        TEST(data_that_is_no_der),
        TEST(records_are_compared_each_on_its_own),
    };
    return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}

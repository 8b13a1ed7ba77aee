/* SPDX-License-Identifier: Apache-2.0 */
/* test_tls_alike - a certificate that is like one that was judged before is found to be what the library finds when it judges it. */
#include "net/tls_observe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/err.h>

#include "base/buf.h"
#include "net/tls_impl.h"
#include "tls_fixture.h"

enum { DER_MAX = 4096, TEXT_MAX = 64 * 1024 };

static struct tls_context *warm, *cold; /* warm has judged before; cold never */
static char ca_path[64];

static const struct pki_cert *make(const char *name, const struct pki_cert *issuer, const char *key)
{
    return pki_make((struct pki_plan){.common_name = name, .names = {str_of(name), STR("*.good.test")}, .issuer = issuer, .key = key, .usage = "serverAuth"});
}

static void trust(const struct pki_cert *const *roots)
{
    char error[200];
    tls_context_free(warm);
    tls_context_free(cold);
    pki_write_file(ca_path, roots);
    warm = tls_context_new(ca_path, error, sizeof error);
    cold = tls_context_new(ca_path, error, sizeof error);
    assert_true(warm && cold);
    unlink(ca_path);
}

static struct str der_of(const struct pki_cert *cert)
{
    unsigned char *der = NULL;
    int n = i2d_X509(cert->x509, &der);
    assert_true(n > 0);
    struct str copy = arena_copy(&arena, (struct str){(const char *)der, (size_t)n});
    OPENSSL_free(der);
    return copy;
}

static struct tls_answer answer_of(struct str leaf_der, const struct pki_cert *a, const struct pki_cert *b)
{
    struct tls_answer answer = {.kind = TLS_ANSWER_HELLO, .complete = true, .version = TLS_HELLO_TLS12, .certificates[0] = leaf_der, .certificate_count = 1};
    if (a)
        answer.certificates[answer.certificate_count++] = der_of(a);
    if (b)
        answer.certificates[answer.certificate_count++] = der_of(b);
    answer.certificates_sent = answer.certificate_count;
    return answer;
}

static void put(struct buf *text, const char *name, struct str value)
{
    buf_printf(text, "%s %zu ", name, value.n);
    for (size_t i = 0; i < value.n; i++)
        buf_printf(text, "%02x", (unsigned char)value.p[i]);
    buf_printf(text, "\n");
}

static void put_certificate(struct buf *text, const struct cert_facts *c)
{
    put(text, "subject", c->subject);
    put(text, "issuer", c->issuer);
    put(text, "common name", str_of(c->common_name_text));
    put(text, "organisation", str_of(c->issuer_organisation));
    put(text, "serial", str_of(c->serial));
    buf_printf(text, "%lld to %lld\n", (long long)c->not_before.s, (long long)c->not_after.s);
    for (size_t i = 0; i < c->san_dns_count; i++)
        put(text, "name", c->san_dns[i]);
    put(text, "kind", str_of(c->key_type_text));
    put(text, "curve", str_of(c->curve));
    put(text, "signature", str_of(c->signature));
    put(text, "hash", str_of(c->signature_hash));
    buf_printf(text, "type %d, %u bits, self-signed %d, CA %d\n", c->key_type, c->key_bits, c->self_signed, c->is_ca);
    put(text, "sha256", (struct str){(const char *)c->sha256, sizeof c->sha256});
    put(text, "spki", (struct str){(const char *)c->spki_sha256, sizeof c->spki_sha256});
    put(text, "der", c->der);
}

/* Everything that is written of a chain. */
static const char *observed(struct tls_context *c, const struct tls_answer *answer)
{
    struct tls_facts seen;
    struct buf text;
    assert_int_equal(tls_observe(c, "mx.good.test", NULL, answer, &seen, &arena), 0);
    buf_init(&text, TEXT_MAX);
    buf_printf(&text, "result %d, %zu of %zu, trust %d %s, named %d, order %d, unsent %d, %lld to %lld\n", seen.result, seen.certificate_count,
               seen.certificates_sent, seen.trust, seen.trust_error ? seen.trust_error : "", seen.name_matches, seen.chain_in_order, seen.path_has_unsent,
               (long long)seen.path_not_before.s, (long long)seen.path_not_after.s);
    for (size_t i = 0; i < seen.certificate_count; i++)
        put_certificate(&text, &seen.certificates[i]);
    const char *copy = arena_cstr(&arena, (struct str){text.bytes, text.used});
    assert_false(text.failed || arena.exhausted);
    buf_done(&text);
    return copy;
}

static void forget(struct tls_context *c)
{
    tls_seen_free(c->seen);
    tls_alike_free(c->alike);
    c->seen = NULL;
    c->alike = NULL;
}

static bool is_known(const struct tls_answer *answer)
{
    struct tls_facts seen = {0};
    return tls_alike_find(warm, answer, &seen, &arena);
}

static void assert_same(const struct tls_answer *answer)
{
    forget(cold);
    const char *a = observed(warm, answer), *b = observed(cold, answer);
    if (strcmp(a, b) != 0)
        fail_msg("known:\n%s\njudged:\n%s", a, b);
}

/* Behind the chain of the first one; true: it was not judged. */
static bool second_is_known(const struct pki_cert *first, const struct pki_cert *second, const struct pki_cert *a, const struct pki_cert *b)
{
    struct tls_answer answer = answer_of(der_of(first), a, b);
    forget(warm);
    assert_false(is_known(&answer));
    assert_same(&answer);
    answer = answer_of(der_of(second), a, b);
    bool known = is_known(&answer);
    assert_same(&answer);
    return known;
}

static void another_one_of_an_issuer_is_known(void **state)
{
    (void)state;
    static const char *const keys[] = {"P-256", "P-384", "RSA-1024"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const struct pki_cert *root = pki_make((struct pki_plan){.common_name = "Root", .ca = true, .key = keys[i]});
        const struct pki_cert *authority = pki_make((struct pki_plan){.common_name = "CA", .organisation = "Org", .ca = true, .issuer = root, .key = keys[i]});
        trust((const struct pki_cert *const[]){root, NULL});
        for (size_t j = 0; j < sizeof keys / sizeof *keys; j++) {
            const struct pki_cert *first = make("mx.good.test", authority, keys[j]), *second = make("mx.longer.good.test", authority, keys[j]);
            assert_true(second_is_known(first, second, authority, NULL));
            assert_true(second_is_known(first, second, authority, root));
        }
    }
}

static void an_issuer_that_was_not_sent_may_be_known(void **state)
{
    (void)state;
    const struct pki_cert *root = pki_make((struct pki_plan){.common_name = "Root", .ca = true});
    const struct pki_cert *authority = pki_make((struct pki_plan){.common_name = "CA", .ca = true, .issuer = root});
    trust((const struct pki_cert *const[]){root, authority, NULL});
    assert_true(second_is_known(make("mx.good.test", root, NULL), make("mx.other.test", root, NULL), NULL, NULL));
    assert_true(second_is_known(make("mx.good.test", authority, NULL), make("mx.other.test", authority, NULL), NULL, NULL));
}

/* The narrowest window, whichever has it. */
static void dates_are_those_of_each(void **state)
{
    (void)state;
    const struct pki_cert *root = pki_make((struct pki_plan){.common_name = "Root", .ca = true, .from_day = -99, .to_day = 99});
    const struct pki_cert *authority = pki_make((struct pki_plan){.common_name = "CA", .ca = true, .issuer = root, .from_day = -30, .to_day = 30});
    trust((const struct pki_cert *const[]){root, NULL});
    static const int days[][2] = {{-40, 40}, {-20, 20}, {-40, 20}, {-20, 40}, {-400, -40}, {40, 20000}};
    for (size_t i = 0; i < sizeof days / sizeof *days; i++)
        for (size_t j = 0; j < sizeof days / sizeof *days; j++) {
            struct pki_plan plan = {.common_name = "mx.good.test", .issuer = authority, .from_day = days[i][0], .to_day = days[i][1]};
            const struct pki_cert *first = pki_make(plan);
            plan.from_day = days[j][0];
            plan.to_day = days[j][1];
            assert_true(second_is_known(first, pki_make(plan), authority, root));
        }
}

static void what_is_not_surely_so_is_judged(void **state)
{
    (void)state;
    const struct pki_cert *root = pki_make((struct pki_plan){.common_name = "Root", .ca = true});
    const struct pki_cert *authority = pki_make((struct pki_plan){.common_name = "CA", .ca = true, .issuer = root});
    const struct pki_cert *false_ca = pki_make((struct pki_plan){.common_name = "CA", .ca = true, .issuer = root});
    const struct pki_cert *strict = pki_make((struct pki_plan){.common_name = "Strict", .ca = true, .issuer = root, .constraints = "permitted;DNS:good.test"});
    const struct pki_cert *edwards = pki_make((struct pki_plan){.common_name = "Ed", .ca = true, .issuer = root, .key = "Ed25519"});
    const struct pki_cert *stranger = pki_make((struct pki_plan){.common_name = "Stranger", .ca = true});
    const struct pki_cert *pinned = make("mx.pinned.test", authority, NULL), *good = make("mx.good.test", authority, NULL);
    trust((const struct pki_cert *const[]){root, pinned, NULL});
    assert_true(second_is_known(good, make("mx.other.test", authority, NULL), authority, NULL));
    assert_false(second_is_known(good, make("mx.other.test", false_ca, NULL), authority, NULL));
    assert_false(second_is_known(make("mx.good.test", strict, NULL), make("mx.good.test", strict, NULL), strict, NULL));
    assert_false(second_is_known(make("mx.good.test", strict, NULL), make("mx.bad.example", strict, NULL), strict, NULL));
    assert_false(second_is_known(make("mx.good.test", edwards, NULL), make("mx.other.test", edwards, NULL), edwards, NULL));
    assert_false(second_is_known(make("mx.good.test", authority, "Ed25519"), make("mx.other.test", authority, "Ed25519"), authority, NULL));
    assert_false(second_is_known(make("mx.good.test", stranger, NULL), make("mx.other.test", stranger, NULL), stranger, NULL));
    assert_false(second_is_known(good, make("mx.other.test", authority, NULL), authority, good));
    assert_false(second_is_known(good, make("mx.other.test", authority, NULL), NULL, NULL));
    assert_false(second_is_known(good, make("mx.other.test", authority, "P-384"), authority, NULL));
    assert_false(second_is_known(good, pki_make((struct pki_plan){.common_name = "mx.good.test", .issuer = authority}), authority, NULL));
    assert_false(second_is_known(good, pinned, authority, NULL));
    assert_false(second_is_known(good, make("CA", authority, NULL), authority, NULL));
}

/* A tag, a length and the content. */
static size_t put_element(char *out, uint8_t tag, const char *content, size_t n)
{
    out[0] = (char)tag;
    out[1] = (char)0x82;
    out[2] = (char)(n >> 8);
    out[3] = (char)n;
    memcpy(out + 4, content, n);
    return n + 4;
}

/* What the issuer would have made of these octets. */
static struct str sign(struct str tbs, struct str algorithm, EVP_PKEY *key)
{
    static char whole[DER_MAX], inner[DER_MAX];
    uint8_t signature[512];
    size_t n = sizeof signature - 1, used = 0;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    assert_true(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1);
    assert_true(EVP_DigestSign(ctx, signature + 1, &n, (const uint8_t *)tbs.p, tbs.n) == 1);
    EVP_MD_CTX_free(ctx);
    signature[0] = 0;
    memcpy(inner, tbs.p, tbs.n);
    memcpy(inner + tbs.n, algorithm.p, algorithm.n);
    used = tbs.n + algorithm.n;
    inner[used++] = 0x03;
    if (n + 1 >= 0x80)
        inner[used++] = (char)0x81;
    inner[used++] = (char)(n + 1);
    memcpy(inner + used, signature, n + 1);
    return arena_copy(&arena, (struct str){whole, put_element(whole, 0x30, inner, used + n + 1)});
}

/* Every octet in turn, well signed and with the signature that it had: parts that are cut wrongly would show as other facts. */
static void any_octet_may_be_another(void **state)
{
    (void)state;
    static const char algorithm[] = "\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02";
    static const uint8_t masks[] = {0x01, 0x20, 0x80};
    const struct pki_cert *root = pki_make((struct pki_plan){.common_name = "Root", .ca = true});
    trust((const struct pki_cert *const[]){root, NULL});
    const char *const keys[] = {"P-256", "RSA-1024"};
    size_t known = 0;
    for (size_t k = 0; k < 2; k++) {
        struct tls_answer first = answer_of(der_of(make("mx.good.test", root, keys[k])), root, NULL);
        observed(warm, &first);
        unsigned char *tbs = NULL;
        int n = i2d_re_X509_tbs(make("mx.good.test", root, keys[k])->x509, &tbs);
        assert_true(n > 0);
        for (int i = 0; i < n; i++)
            for (size_t m = 0; m < sizeof masks; m++) {
                tbs[i] ^= masks[m];
                struct str der = sign((struct str){(const char *)tbs, (size_t)n}, (struct str){algorithm, 12}, root->key);
                struct tls_answer answer = answer_of(der, root, NULL);
                known += is_known(&answer);
                assert_same(&answer);
                tbs[i] ^= masks[m];
                arena_done(&arena);
                arena_init(&arena, 1 << 22);
            }
        OPENSSL_free(tbs);
    }
    assert_true(known > 100);
}

static void an_octet_changed_is_no_signature(void **state)
{
    (void)state;
    const struct pki_cert *root = pki_make((struct pki_plan){.common_name = "Root", .ca = true});
    trust((const struct pki_cert *const[]){root, NULL});
    struct tls_answer answer = answer_of(der_of(make("mx.good.test", root, NULL)), root, NULL);
    observed(warm, &answer);
    struct str der = der_of(make("mx.good.test", root, NULL));
    char *octets = malloc(der.n);
    assert_non_null(octets);
    memcpy(octets, der.p, der.n);
    for (size_t i = 0; i < der.n; i++) {
        answer.certificates[0] = (struct str){octets, der.n};
        octets[i] ^= 1;
        assert_false(is_known(&answer));
        assert_same(&answer);
        octets[i] ^= 1;
        answer.certificates[0].n = i;
        assert_false(is_known(&answer));
        if (i % 64 == 0) {
            arena_done(&arena);
            arena_init(&arena, 1 << 22);
            answer.certificates[1] = der_of(root);
        }
    }
    answer.certificates[0].n = der.n;
    assert_true(is_known(&answer));
    free(octets);
}

static int free_contexts(void **state)
{
    tls_context_free(warm);
    tls_context_free(cold);
    return tear_down_all(state);
}

#define T(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(another_one_of_an_issuer_is_known),
        T(an_issuer_that_was_not_sent_may_be_known),
        T(dates_are_those_of_each),
        T(what_is_not_surely_so_is_judged),
        T(any_octet_may_be_another),
        T(an_octet_changed_is_no_signature),
    };
    return cmocka_run_group_tests_name("tls_alike", tests, set_up_all, free_contexts);
}

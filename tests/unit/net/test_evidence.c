/* SPDX-License-Identifier: Apache-2.0 */
/* test_evidence - the certificate behind a logo, as it may stand in the file. */
#include "net/evidence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/pem.h>

#include "tls_pki.h"

#define BIMI "1.3.6.1.5.5.7.3.31"

static const char *const domains[] = {"www.example.org", "example.org", NULL};

static struct arena arena;
static struct bimi_evidence evidence;

static struct str pem_of(const struct pki_cert *first, const struct pki_cert *second)
{
    char *bytes;
    BIO *bio = BIO_new(BIO_s_mem());
    assert_true(PEM_write_bio_X509(bio, first->x509) && (!second || PEM_write_bio_X509(bio, second->x509)));
    long n = BIO_get_mem_data(bio, &bytes);
    struct str pem = arena_copy(&arena, (struct str){bytes, (size_t)n});
    BIO_free(bio);
    return pem;
}

static void read_file(struct str pem)
{
    assert_int_equal(evidence_read(pem, domains, &evidence, &arena), 0);
}

static void a_mark_certificate(void **state)
{
    /* cppcheck-suppress legacyUninitvar ; it is set where it is declared */
    const struct pki_cert *ca = pki_make((struct pki_plan){.common_name = "A mark authority", .ca = true});
    (void)state;
    read_file(pem_of(pki_make((struct pki_plan){.common_name = "A brand", .names = {STR("other.test"), STR("Example.org")}, .issuer = ca, .usage = BIMI}), ca));
    assert_true(evidence.is_certificate && evidence.for_bimi && evidence.names_domain);
    assert_string_equal(evidence.leaf.common_name_text, "A brand");
    assert_true(evidence.leaf.not_after.s > evidence.leaf.not_before.s);
    assert_int_equal(evidence.leaf.san_dns_count, 2);
}

static void what_certificates_lack(void **state)
{
    static const struct {
        const char *usage;
        struct str name;
        bool for_bimi, names_domain;
    } cases[] = {
        {"serverAuth", STR("example.org"), false, true},
        {NULL, STR("www.example.org"), false, true},
        {"serverAuth," BIMI, STR("mail.example.org"), true, false},
        {"1.3.6.1.5.5.7.3.3", STR("org"), false, false},
        {BIMI, STR(""), true, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        read_file(pem_of(pki_make((struct pki_plan){.common_name = "example.org", .names = {cases[i].name}, .usage = cases[i].usage}), NULL));
        if (!evidence.is_certificate || evidence.for_bimi != cases[i].for_bimi || evidence.names_domain != cases[i].names_domain)
            fail_msg("case %zu: for BIMI %d, names the domain %d", i, evidence.for_bimi, evidence.names_domain);
    }
}

static void the_first_certificate_counts(void **state)
{
    const struct pki_cert *brand = pki_make((struct pki_plan){.common_name = "A brand", .names = {STR("example.org")}, .usage = BIMI});
    const struct pki_cert *other = pki_make((struct pki_plan){.common_name = "Another", .names = {STR("other.test")}});
    (void)state;
    read_file(pem_of(other, brand));
    assert_string_equal(evidence.leaf.common_name_text, "Another");
    assert_false(evidence.for_bimi || evidence.names_domain);
}

static void text_around_the_certificate_is_skipped(void **state)
{
    const struct pki_cert *brand = pki_make((struct pki_plan){.common_name = "A brand", .names = {STR("example.org")}, .usage = BIMI});
    (void)state;
    struct str pem = pem_of(brand, NULL);
    read_file(str_of(arena_printf(&arena, "Subject: A brand\r\n\r\n%s trailing", pem.p)));
    assert_true(evidence.for_bimi);
}

static void files_without_certificate(void **state)
{
    static const struct str cases[] = {
        STR(""),
        STR("<html>"),
        STR("-----BEGIN CERTIFICATE-----\n"),
        STR("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
        STR("-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00000000000000000000000000000000\n\n"
            "AAAAAAAAAAAAAAAAAAAAAA==\n-----END CERTIFICATE-----\n"), /* nobody is asked for the password */
        STR("\0\0\0"),
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        read_file(cases[i]);
        if (evidence.is_certificate || evidence.for_bimi || evidence.names_domain)
            fail_msg("case %zu: a certificate", i);
    }
}

static int begin(void **state)
{
    (void)state;
    arena_init(&arena, 1 << 20);
    return 0;
}

static int end(void **state)
{
    (void)state;
    pki_free_all();
    arena_done(&arena);
    return 0;
}

int main(void)
{
#define T(function) cmocka_unit_test_setup_teardown(function, begin, end)
    const struct CMUnitTest tests[] = {
        T(a_mark_certificate),        T(what_certificates_lack), T(the_first_certificate_counts), T(text_around_the_certificate_is_skipped),
        T(files_without_certificate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

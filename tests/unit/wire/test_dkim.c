/* SPDX-License-Identifier: Apache-2.0 */
/* test_dkim - key records as signers print them, broken ones, and guesses of selectors. */
#include "wire/dkim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Made for this test; nobody has the private parts. */
#define RSA_2048 \
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAw/RkQA5kO8PDjG/aSyzfNmqXoUq+aHIWJg8u7s9VYGnzdhqE0Xc4Dri+" \
    "p3RFav6Yf8GnxQgwFwgT1fyJ+DmtRq3RBn+G9SpA0lQcmSCU52cfC6cvnKEQ0K/EyEW82C1TdZ+8Prsi13owTGXhqjfebR5HpZPy" \
    "rv+El1JWrFnY8/fM8m64DHMbeF0clTpdZltsvfjpPLAkJg84mpb1lL6z8TrOSLbwq54aA5amf3UM5vZFu5cWUCWHSh4bso3Ma38p" \
    "B0yYdQqK3ZJo/uvmbKTL7riuik07SLBV9ofHonX98wU4AqqrsOycQBgOvRNjMCfJPEgyUVPGP7SdqJIw21EY+wIDAQAB"
#define RSA_1024 \
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDCETputgQFV8bOgp/bCftooNVt5K8kZTQ6+FWtwtYCdky5FWXctjilcYNCPKef" \
    "wnzAKRCRuFAkVbRAju56f5fGsgGua4lR9zE6vsLwIWhKwEKx/tjRzwYccIceMApycaDFKy1WIIDZzWWW+z0LFftuj+9rLeF4jSW7" \
    "gLsFJzJhQQIDAQAB"
#define RSA_512_BARE \
    "MEgCQQC2APlh3Q48uO0pxtJCNX+6hHWG9yut+dpBjzOw392dIzaWMI9tapJvghvRE5G7xIdzv4gjwwOMJS7vCrKwDN+/AgMBAAE="
#define ED25519 "dWC8Pp7kq4BKpxtjGO3LmPIbjssuPsdx3pq+ClFkSuI="

static const struct {
    const char *txt;
    enum dkim_key_type type;
    unsigned bits;
    const char *flaw; /* part of it; NULL: none */
} records[] = {
    {"v=DKIM1; k=rsa; p=" RSA_2048, DKIM_KEY_RSA, 2048, NULL},
    {"p=" RSA_1024 ";", DKIM_KEY_RSA, 1024, NULL},
    {"v=DKIM1; p=" RSA_512_BARE, DKIM_KEY_RSA, 512, NULL},
    {"v=DKIM1; k=ed25519; p=" ED25519, DKIM_KEY_ED25519, 0, NULL},
    {"v=DKIM1; h=sha1:sha256; s=email:tlsrpt; t=s; n=any note=here; p=" RSA_2048, DKIM_KEY_RSA, 2048, NULL},
    {"v=DKIM1; x=unknown tags are ignored; p=" RSA_2048, DKIM_KEY_RSA, 2048, NULL},
    {"v=DKIM2; p=" RSA_2048, DKIM_KEY_RSA, 2048, "`v` is not DKIM1"},
    {"v=dkim1; p=" RSA_2048, DKIM_KEY_RSA, 2048, "`v` is not DKIM1"},
    {"k=rsa; v=DKIM1; p=" RSA_2048, DKIM_KEY_RSA, 2048, "not the first"},
    {"v=DKIM1; k=dsa; p=" RSA_2048, DKIM_KEY_OTHER, 0, "`k` is neither"},
    {"v=DKIM1; s=tlsrpt; p=" RSA_2048, DKIM_KEY_RSA, 2048, "`s` does not"},
    {"v=DKIM1; h=sha1; p=" RSA_2048, DKIM_KEY_RSA, 2048, "`h` does not"},
    {"v=DKIM1; k=rsa", DKIM_KEY_RSA, 0, "`p` is missing"},
    {"v=DKIM1; p=AAAA", DKIM_KEY_RSA, 0, "no RSA key"},
    {"v=DKIM1; p=" ED25519, DKIM_KEY_RSA, 0, "no RSA key"},
    {"v=DKIM1; p=!", DKIM_KEY_RSA, 0, "no base64"},
    {"v=DKIM1; p=A", DKIM_KEY_RSA, 0, "no base64"},
    {"v=DKIM1; p=AAAA=AAA", DKIM_KEY_RSA, 0, "no base64"},
    {"v=DKIM1; k=ed25519; p=" RSA_1024, DKIM_KEY_ED25519, 0, "no Ed25519 key"},
    {"v=DKIM1; p=" RSA_1024 "; p=" RSA_1024, DKIM_KEY_RSA, 1024, "stands twice"},
    {"v=DKIM1; key; p=" RSA_1024, DKIM_KEY_RSA, 1024, "`tag=value`"},
    {"v=DKIM1;; p=" RSA_1024, DKIM_KEY_RSA, 1024, NULL}, /* not by the grammar, but no verifier minds */
};

static void test_records(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
        struct dkim_key key;
        dkim_parse_key(str_of(records[i].txt), &key);
        bool flaw_right = records[i].flaw ? key.flaw && strstr(key.flaw, records[i].flaw) : !key.flaw;
        if (key.type != records[i].type || key.bits != records[i].bits || !flaw_right || key.revoked)
            fail_msg("`%s`: type %d, %u bits, flaw: %s", records[i].txt, key.type, key.bits, key.flaw ? key.flaw : "none");
    }
}

/* Strings of a TXT are often cut in the middle of the key, and folded by hand. */
static void test_blanks_in_the_key(void **state)
{
    (void)state;
    char txt[1024] = "v=DKIM1; p=";
    size_t n = strlen(txt);
    for (const char *c = RSA_2048; *c; c++) {
        txt[n++] = *c;
        if (n % 40 == 0)
            txt[n++] = '\t';
    }
    struct dkim_key key;
    dkim_parse_key((struct str){txt, n}, &key);
    assert_null(key.flaw);
    assert_int_equal(key.bits, 2048);
}

static void test_a_revoked_key(void **state)
{
    (void)state;
    struct dkim_key key;
    dkim_parse_key(STR("v=DKIM1; p="), &key);
    assert_true(key.revoked);
    assert_null(key.flaw);
}

static void test_flags(void **state)
{
    (void)state;
    struct dkim_key key;
    dkim_parse_key(STR("v=DKIM1; t=s:y; p="), &key);
    assert_true(key.testing);
    dkim_parse_key(STR("v=DKIM1; t=s; p="), &key);
    assert_false(key.testing);
}

/* A key that lies about its own length is no key. */
static void test_der_that_ends_too_early(void **state)
{
    (void)state;
    const char *whole = RSA_1024;
    for (size_t n = 0; n < strlen(whole); n += 4) {
        char txt[512];
        struct dkim_key key;
        snprintf(txt, sizeof txt, "p=%.*s", (int)n, whole);
        dkim_parse_key(str_of(txt), &key);
        if (n > 0 && (!key.flaw || key.bits))
            fail_msg("%zu of %zu letters of a key were taken for a key of %u bits", n, strlen(whole), key.bits);
    }
}

static void test_what_is_a_key(void **state)
{
    (void)state;
    assert_true(dkim_is_key(STR("v=DKIM1; p=")));
    assert_true(dkim_is_key(STR("p=abc")));
    assert_false(dkim_is_key(STR("v=spf1 -all")));
    assert_false(dkim_is_key(STR("o=~; r=postmaster@example.org")));
}

static size_t place_of(const char *name, const char *const *guesses, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(guesses[i], name) == 0)
            return i;
    return count;
}

static void test_guesses_begin_with_what_the_operators_use(void **state)
{
    (void)state;
    struct arena arena;
    size_t count;
    arena_init(&arena, 1 << 16);
    const struct str hints[] = {STR("example-org.mail.protection.outlook.com"), STR("v=spf1 include:sendgrid.net -all")};
    const char *const *guesses = dkim_guesses(hints, 2, &arena, &count);
    assert_int_equal(place_of("selector1", guesses, count), 0);
    assert_true(place_of("s1", guesses, count) < place_of("default", guesses, count));
    assert_true(place_of("google", guesses, count) > place_of("default", guesses, count));
    assert_true(count <= DKIM_GUESSES_MAX);
    for (size_t i = 0; i < count; i++)
        if (place_of(guesses[i], guesses, count) != i)
            fail_msg("%s is guessed twice", guesses[i]);
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_records),
        cmocka_unit_test(test_blanks_in_the_key),
        cmocka_unit_test(test_a_revoked_key),
        cmocka_unit_test(test_flags),
        cmocka_unit_test(test_der_that_ends_too_early),
        cmocka_unit_test(test_what_is_a_key),
        cmocka_unit_test(test_guesses_begin_with_what_the_operators_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

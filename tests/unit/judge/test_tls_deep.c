/* SPDX-License-Identifier: Apache-2.0 */
/* test_tls_deep - rows of the area tls that hand-made ClientHellos decide. */
#include "deep_world.h"

static const char mx1[] = "mx1/v4:25";
static void set_suites(struct tls_survey_facts *f, enum survey_version v, uint16_t *suites, size_t n)
{
    f->versions[v] = TRI_YES;
    f->suites[v] = suites;
    f->suite_count[v] = n;
}

static struct world *world;

static void go_deep(struct world *w)
{
    with_deep(w);
    world = w;
}

static struct deep_facts *deep(void)
{
    return world->endpoints[MX1_V4]->deep;
}

static struct tls_survey_facts *survey(void)
{
    return &deep()->survey;
}

static void a_modern_server_passes(void **state)
{
    struct world *w = *state;
    static const char *const rows[] = {"tls.legacy-versions", "tls.broken-versions", "tls.cipher-bad", "tls.cipher-weak", "tls.large-hello"};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect_verdict(w, rows[i], mx1, VERDICT_NA); /* without --deep */
    go_deep(w);
    expect_findings(w, "");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect_verdict(w, rows[i], mx1, VERDICT_PASS);
}

static void old_versions_are_told_apart(void **state)
{
    struct world *w = *state;
    go_deep(w);
    survey()->versions[SURVEY_TLS10] = TRI_YES;
    expect_findings(w, "tls.legacy-versions");
    expect_detail(w, "tls.legacy-versions", mx1, "TLSv1 ");
    survey()->versions[SURVEY_TLS10] = TRI_NO;
    survey()->versions[SURVEY_TLS11] = TRI_YES;
    expect_detail(w, "tls.legacy-versions", mx1, "TLSv1.1");
    survey()->versions[SURVEY_TLS11] = TRI_NO;
    survey()->versions[SURVEY_SSL3] = TRI_YES;
    expect_findings(w, "tls.broken-versions");
    survey()->versions[SURVEY_SSL3] = TRI_NO;
    survey()->ssl2 = TRI_YES;
    expect_findings(w, "tls.broken-versions");
    expect_detail(w, "tls.broken-versions", mx1, "SSLv2");
}

/* A ServerHello proves, silence does not. */
static void what_is_not_known_accuses_nobody(void **state)
{
    struct world *w = *state;
    go_deep(w);
    *survey() = (struct tls_survey_facts){.begun = true, .ended_by = "the server answered no ClientHello any more"};
    expect_findings(w,
                    "tls.legacy-versions:throttled tls.broken-versions:throttled tls.cipher-bad:throttled tls.cipher-weak:throttled tls.large-hello:throttled");
    expect_detail(w, "tls.cipher-bad", mx1, "answered no ClientHello any more");
    deep()->left_out[DEEP_SURVEY] = DEEP_NO_TIME;
    expect_unknown(w, "tls.legacy-versions", mx1, REASON_LIMIT);
    deep()->left_out[DEEP_SURVEY] = DEEP_TROUBLE;
    expect_unknown(w, "tls.broken-versions", mx1, REASON_INTERNAL);
    deep()->left_out[DEEP_SURVEY] = DEEP_STOPPED;
    deep()->stopped_by = "the server answered 421";
    expect_unknown(w, "tls.cipher-weak", mx1, REASON_THROTTLED);
    expect_detail(w, "tls.cipher-weak", mx1, "421");
    survey()->versions[SURVEY_TLS11] = TRI_YES; /* and what was heard before still counts */
    expect_verdict(w, "tls.legacy-versions", mx1, VERDICT_FAIL);
    survey()->versions[SURVEY_TLS11] = TRI_NO;
    expect_unknown(w, "tls.legacy-versions", mx1, REASON_THROTTLED);
    survey()->versions[SURVEY_SSL3] = TRI_NO;
    expect_unknown(w, "tls.broken-versions", mx1, REASON_THROTTLED); /* SSL 2 is not */
    w->endpoints[MX1_V4]->deep = NULL;
    expect_unknown(w, "tls.cipher-bad", mx1, REASON_INTERNAL);
}

static void ciphers_are_classed_by_name(void **state)
{
    struct world *w = *state;
    static uint16_t rc4[] = {0xc030, 0x0005}, cbc[] = {0xc030, 0xc013, 0x002f}, many[] = {0x0005, 0x0004, 0x000a, 0x0003, 0x0006, 0x0008, 0x0001},
                    anonymous[] = {0xc030, 0x00a7};
    go_deep(w);
    set_suites(survey(), SURVEY_TLS12, rc4, 2);
    expect_findings(w, "tls.cipher-bad");
    expect_detail(w, "tls.cipher-bad", mx1, "TLS_RSA_WITH_RC4_128_SHA");
    set_suites(survey(), SURVEY_TLS12, cbc, 3);
    expect_findings(w, "tls.cipher-weak");
    expect_detail(w, "tls.cipher-weak", mx1, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, TLS_RSA_WITH_AES_128_CBC_SHA");
    set_suites(survey(), SURVEY_TLS10, cbc, 3); /* each is named once */
    expect_detail(w, "tls.cipher-weak", mx1, "agrees to TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, TLS_RSA_WITH_AES_128_CBC_SHA.");
    survey()->versions[SURVEY_TLS10] = TRI_NO;
    survey()->suite_count[SURVEY_TLS10] = 0;
    set_suites(survey(), SURVEY_TLS12, many, 6); /* so many are all named */
    expect_detail(w, "tls.cipher-bad", mx1, ", TLS_RSA_EXPORT_WITH_DES40_CBC_SHA.");
    set_suites(survey(), SURVEY_TLS12, many, 7);
    expect_detail(w, "tls.cipher-bad", mx1, ", TLS_RSA_EXPORT_WITH_DES40_CBC_SHA and 1 more.");
    set_suites(survey(), SURVEY_TLS12, anonymous, 2); /* for senders that check no certificate */
    expect_findings(w, "");
}

static void a_large_hello_fails_only_beside_a_short_one(void **state)
{
    struct world *w = *state;
    go_deep(w);
    survey()->large_hello = TRI_NO;
    survey()->short_hello = TRI_YES;
    expect_findings(w, "tls.large-hello");
    survey()->short_hello = TRI_UNKNOWN;
    expect_unknown(w, "tls.large-hello", mx1, REASON_THROTTLED);
    survey()->large_hello = TRI_UNKNOWN;
    survey()->short_hello = TRI_YES;
    expect_unknown(w, "tls.large-hello", mx1, REASON_THROTTLED);
}

static void hybrid_groups_are_known_whatever_our_library_has(void **state)
{
    struct world *w = *state;
    struct tls_facts *tls = &w->sessions[MX1_V4]->tls;
    go_deep(w);
    tls->group = "X25519";
    tls->hybrid_offered = false;
    expect_verdict(w, "tls.pq-hybrid", mx1, VERDICT_PASS);
    survey()->hybrid = TRI_NO;
    expect_verdict(w, "tls.pq-hybrid", mx1, VERDICT_FAIL);
    expect_detail(w, "tls.pq-hybrid", mx1, "hybrid groups alone");
    survey()->hybrid = TRI_UNKNOWN;
    expect_unknown(w, "tls.pq-hybrid", mx1, REASON_INTERNAL);
    tls->hybrid_offered = true; /* the server's preference may hide a group that it has */
    expect_verdict(w, "tls.pq-hybrid", mx1, VERDICT_FAIL);
    survey()->hybrid = TRI_YES;
    expect_verdict(w, "tls.pq-hybrid", mx1, VERDICT_PASS);
}

static void short_groups_for_dhe_are_found(void **state)
{
    struct world *w = *state;
    go_deep(w);
    survey()->dh_bits = 2048;
    expect_verdict(w, "tls.key-exchange", mx1, VERDICT_PASS);
    survey()->dh_bits = 2047;
    expect_verdict(w, "tls.key-exchange", mx1, VERDICT_FAIL);
    survey()->dh_bits = 1024;
    expect_detail(w, "tls.key-exchange", mx1, "the group has 1024 bits.");
    survey()->dh_bits = 1023;
    expect_detail(w, "tls.key-exchange", mx1, "Logjam");
}

static void what_tls13_hides_is_looked_at(void **state)
{
    struct world *w = *state;
    static uint16_t sha1_first[] = {0x0201, 0x0401}, sha1_last[] = {0x0401, 0x0201};
    go_deep(w);
    survey()->extended_master_secret = TRI_NO;
    expect_findings(w, "tls.legacy-features");
    survey()->extended_master_secret = TRI_UNKNOWN;
    expect_findings(w, "");
    survey()->renegotiation_info = TRI_NO;
    expect_findings(w, "tls.legacy-features");
    survey()->renegotiation_info = TRI_YES;
    survey()->compression = TRI_YES;
    expect_findings(w, "tls.legacy-features");
    survey()->compression = TRI_NO;
    survey()->signature_count = 2;
    survey()->signatures = sha1_last; /* taken where nothing better is offered */
    expect_findings(w, "");
    survey()->signatures = sha1_first;
    expect_findings(w, "tls.legacy-features");
    expect_detail(w, "tls.legacy-features", mx1, "rsa_pkcs1_sha1");
    survey()->signature_count = 0;
    struct tls_facts *tls12 = &deep()->sessions[DEEP_TLS12]->tls;
    tls12->extended_master_secret = TRI_NO;
    expect_findings(w, "tls.legacy-features");
    tls12->extended_master_secret = TRI_YES;
    tls12->exchange_hash = "SHA1";
    expect_findings(w, "tls.legacy-features");
    tls12->result = TLS_ALERT;
    expect_findings(w, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_modern_server_passes),
        WORLD_TEST(old_versions_are_told_apart),
        WORLD_TEST(what_is_not_known_accuses_nobody),
        WORLD_TEST(ciphers_are_classed_by_name),
        WORLD_TEST(a_large_hello_fails_only_beside_a_short_one),
        WORLD_TEST(hybrid_groups_are_known_whatever_our_library_has),
        WORLD_TEST(short_groups_for_dhe_are_found),
        WORLD_TEST(what_tls13_hides_is_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

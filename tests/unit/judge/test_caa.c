/* SPDX-License-Identifier: Apache-2.0 */
/* test_caa - cert.caa: which CAA records stand in the way of the next certificate. The CA of the world is "Test CA". */
#include "mail_names_world.h"

static const char mx1[] = "mx1/v4:25";

static struct caa_facts *caa;

static int set_up(void **state)
{
    int failed = world_setup(state);
    if (failed)
        return failed;
    struct world *w = *state;
    caa = with_caa(w);
    caa->record_count = 0;
    w->mx2->caa = NULL;
    return 0;
}

static void add(const char *tag, const char *issuer)
{
    caa->records[caa->record_count++] = (struct caa_record){.tag = str_of(tag), .value = str_of(issuer), .issuer = str_of(issuer)};
}

static void certificate_is_for(struct world *w, const char *name)
{
    for (size_t i = 0; i < WORLD_ADDRESSES; i++)
        *w->sessions[i]->tls.certificates[0].san_dns = str_of(name);
}

static void whoever_is_permitted_may_renew(void **state)
{
    static const char *const good[] = {"ca.test", "ca2.test", "CA.Test"};
    for (size_t i = 0; i < 3; i++) {
        caa->record_count = 0;
        add("issue", "other.test");
        add("ISSUE", good[i]);
        expect_findings(*state, "");
        expect_verdict(*state, "cert.caa", mx1, VERDICT_PASS);
    }
    expect_verdict(*state, "cert.caa", "mx2/v4:25", VERDICT_NA); /* nothing was asked for this host */
}

static void whoever_is_not_may_not(void **state)
{
    add("issue", "other.test");
    add("issue", "third.test");
    add("issue", "");
    add("issuewild", "ca.test");
    expect_findings(*state, "cert.caa");
    expect_verdict(*state, "cert.caa", mx1, VERDICT_FAIL);
    expect_detail(*state, "cert.caa", mx1,
                  "The CAA records (issue) of example.org let other.test, third.test make certificates, not Test CA, which goes by ca.test ca2.test.");
}

static void part_of_an_identifier_is_none(void **state)
{
    static const char *const wrong[] = {"ca.tes", "ca.test.example", "test", "ca.test ca2.test"};
    for (size_t i = 0; i < 4; i++) {
        caa->record_count = 0;
        add("issue", wrong[i]);
        expect_verdict(*state, "cert.caa", mx1, VERDICT_FAIL);
    }
}

static void nobody_may(void **state)
{
    add("issue", "");
    expect_findings(*state, "cert.caa");
    expect_detail(*state, "cert.caa", mx1, "let nobody make certificates");
}

static void records_that_limit_nobody(void **state)
{
    add("iodef", "mailto:security@example.org");
    add("issuewild", "other.test");
    add("issuemail", "");
    add("", "");
    expect_verdict(*state, "cert.caa", mx1, VERDICT_PASS);
    caa->record_count = 0;
    caa->lookup.status = DNS_NODATA;
    expect_verdict(*state, "cert.caa", mx1, VERDICT_NA);
}

static void a_wildcard_goes_by_its_own_records(void **state)
{
    struct world *w = *state;
    certificate_is_for(w, "*.Example.org");
    add("issue", "ca.test");
    expect_verdict(w, "cert.caa", mx1, VERDICT_PASS);
    add("issuewild", "other.test");
    expect_verdict(w, "cert.caa", mx1, VERDICT_FAIL);
    expect_detail(w, "cert.caa", mx1, "The CAA records (issuewild) of example.org");
    add("issuewild", "ca2.test");
    expect_verdict(w, "cert.caa", mx1, VERDICT_PASS);
    caa->record_count = 0;
    add("issue", "other.test");
    expect_verdict(w, "cert.caa", mx1, VERDICT_FAIL);
    caa->domain = "mx1.example.org"; /* of the name above, which counts, nothing is known */
    expect_verdict(w, "cert.caa", mx1, VERDICT_NA);
    certificate_is_for(w, "mx1.example.org");
    expect_verdict(w, "cert.caa", mx1, VERDICT_FAIL);
}

static void a_certificate_for_other_names_is_not_judged(void **state)
{
    static const char *const others[] = {"mail.provider.test", "*.mx1.example.org", "*.org", "example.org"};
    struct world *w = *state;
    add("issue", "other.test");
    for (size_t i = 0; i < 4; i++) {
        certificate_is_for(w, others[i]);
        expect_via(w, "cert.caa", mx1, VERDICT_NA, "cert.name-match");
    }
    w->mx1->name = "localhost"; /* no name is above it */
    expect_via(w, "cert.caa", "localhost/v4:25", VERDICT_NA, "cert.name-match");
}

static void a_critical_tag_that_no_ca_knows(void **state)
{
    static const char *const known[] = {"issue", "IssueWild", "iodef", "issuemail", "issuevmc", "contactemail", "contactphone"};
    struct world *w = *state;
    for (size_t i = 0; i < 7; i++) {
        caa->record_count = 0;
        add("issue", "ca.test");
        add(known[i], "ca.test");
        caa->records[1].critical = true;
        expect_verdict(w, "cert.caa", mx1, VERDICT_PASS);
    }
    add("tbs", "x");
    expect_verdict(w, "cert.caa", mx1, VERDICT_PASS);
    caa->records[2].critical = true;
    expect_findings(w, "cert.caa");
    expect_detail(w, "cert.caa", mx1, "no CA knows its tag \"tbs\"");
}

static void shipped_cas(void **state)
{
    static const struct {
        const char *organisation, *identifier;
        enum verdict_value value;
    } cases[] = {
        {"Let's Encrypt", "letsencrypt.org", VERDICT_PASS},
        {"let's encrypt", "letsencrypt.org", VERDICT_PASS},
        {"Let's Encrypt", "digicert.com", VERDICT_FAIL},
        {"DigiCert Inc", "rapidssl.com", VERDICT_PASS},
        {"ZeroSSL", "sectigo.com", VERDICT_PASS},
        {"Sectigo Limited", "comodoca.com", VERDICT_PASS},
        {"Google Trust Services", "pki.goog", VERDICT_PASS},
        {"Amazon", "amazontrust.com", VERDICT_PASS},
        {"Microsoft Corporation", "digicert.com", VERDICT_PASS},
        {"Disig a.s.", "disig.sk", VERDICT_PASS},
        {"A CA that nobody knows", "letsencrypt.org", VERDICT_NA},
        {NULL, "letsencrypt.org", VERDICT_NA},
    };
    struct world *w = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        caa->record_count = 0;
        add("issue", cases[i].identifier);
        w->sessions[MX1_V4]->tls.certificates[0].issuer_organisation = cases[i].organisation;
        expect_verdict(w, "cert.caa", mx1, cases[i].value);
    }
}

static void the_callers_word_comes_first(void **state)
{
    static const struct caa_issuer own[] = {{"Another CA", "another.test"}, {"Let's Encrypt", "own.test"}};
    struct world *w = *state;
    w->options.caa_issuers = own;
    w->options.caa_issuer_count = 2;
    w->sessions[MX1_V4]->tls.certificates[0].issuer_organisation = "Let's Encrypt";
    add("issue", "own.test");
    expect_verdict(w, "cert.caa", mx1, VERDICT_PASS);
    w->options.caa_issuer_count = 1;
    expect_verdict(w, "cert.caa", mx1, VERDICT_FAIL);
}

static void records_that_cannot_be_had(void **state)
{
    struct world *w = *state;
    caa->lookup.status = DNS_FAILED;
    expect_unknown(w, "cert.caa", mx1, REASON_DNS_FAILURE);
    expect_detail(w, "cert.caa", mx1, "The CAA records of example.org could not be looked up");
    caa->lookup.status = DNS_NOT_ASKED;
    expect_unknown(w, "cert.caa", mx1, REASON_LIMIT);
}

int main(void)
{
#define CAA_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, world_teardown)
    const struct CMUnitTest tests[] = {
        CAA_TEST(whoever_is_permitted_may_renew),
        CAA_TEST(whoever_is_not_may_not),
        CAA_TEST(part_of_an_identifier_is_none),
        CAA_TEST(nobody_may),
        CAA_TEST(records_that_limit_nobody),
        CAA_TEST(a_wildcard_goes_by_its_own_records),
        CAA_TEST(a_certificate_for_other_names_is_not_judged),
        CAA_TEST(a_critical_tag_that_no_ca_knows),
        CAA_TEST(shipped_cas),
        CAA_TEST(the_callers_word_comes_first),
        CAA_TEST(records_that_cannot_be_had),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

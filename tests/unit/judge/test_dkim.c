/* SPDX-License-Identifier: Apache-2.0 */
/* test_dkim - keys that verifiers can use, keys that they cannot, and guesses that prove nothing. */
#include "mail_names_world.h"

static struct dkim_selector *name_one(struct world *w, const char *name)
{
    struct dkim_selector *d = &w->facts.dkim.selectors[w->facts.dkim.selector_count++];
    *d = (struct dkim_selector){.name = name, .given = true, .txt = {.status = DNS_FOUND}, .count = 1, .key = {.type = DKIM_KEY_ED25519}};
    return d;
}

static void test_a_good_key(void **state)
{
    struct world *w = *state;
    with_dkim(w);
    expect_findings(w, "");
    expect_verdict(w, "dkim.discovered", "", VERDICT_PASS);
    expect_verdict(w, "dkim.key-hygiene", "", VERDICT_PASS);
    expect_verdict(w, "dkim.selector", "", VERDICT_NA);
}

static void test_nothing_below_domainkey(void **state)
{
    struct world *w = *state;
    with_dkim(w);
    w->facts.dkim.selector_count = 0;
    w->facts.dkim.node.status = DNS_NXDOMAIN;
    expect_findings(w, "dkim.discovered");
    expect_detail(w, "dkim.discovered", "", "no key at all");
}

static void test_no_guess_was_right(void **state)
{
    struct world *w = *state;
    with_dkim(w);
    w->facts.dkim.selector_count = 0;
    expect_findings(w, "dkim.discovered");
    expect_detail(w, "dkim.discovered", "", "no proof");
    w->facts.dkim.guesses_failed = 1;
    expect_findings(w, "dkim.discovered:dns_failure");
}

static void test_a_failed_look_up_is_no_missing_key(void **state)
{
    struct world *w = *state;
    with_dkim(w);
    w->facts.dkim.selector_count = 0;
    w->facts.dkim.node.status = DNS_FAILED;
    expect_findings(w, "dkim.discovered:dns_failure");
}

static void test_a_wildcard_makes_guesses_worthless(void **state)
{
    struct world *w = *state;
    with_dkim(w);
    w->facts.dkim.selector_count = 0;
    w->facts.dkim.wildcard = true;
    expect_findings(w, "dkim.discovered:not_probed");
}

/* Parked: nobody may send for it, so nobody signs. */
static void test_a_domain_that_sends_nothing(void **state)
{
    struct world *w = *state;
    with_dkim(w);
    w->facts.dkim.selector_count = 0;
    w->facts.mx.spf_denies_all = true;
    struct dmarc_facts *f = &w->facts.dmarc;
    *f = (struct dmarc_facts){.wanted = true, .complete = true, .step_count = 1, .organisational_domain = "example.org"};
    f->steps = ARENA_NEW(&w->arena, struct dmarc_step);
    f->steps[0] = (struct dmarc_step){.domain = "example.org", .txt = {.status = DNS_FOUND}, .count = 1, .record = {.p = DMARC_REJECT}};
    f->policy = &f->steps[0];
    expect_verdict(w, "dkim.discovered", "", VERDICT_NA);
    f->steps[0].record.p = DMARC_QUARANTINE;
    expect_verdict(w, "dkim.discovered", "", VERDICT_FAIL);
}

static void test_a_named_selector(void **state)
{
    struct world *w = *state;
    with_dkim(w);
    struct dkim_selector *d = name_one(w, "x1");
    expect_findings(w, "");
    expect_verdict(w, "dkim.selector", "", VERDICT_PASS);
    d->count = 0;
    d->txt.status = DNS_NXDOMAIN;
    expect_findings(w, "dkim.selector");
    expect_detail(w, "dkim.selector", "", "x1");
    d->txt.status = DNS_TIMEOUT;
    expect_findings(w, "dkim.selector:dns_failure dkim.key-record:dns_failure");
    w->facts.dkim.selector_count = 0;
    d = name_one(w, "x1");
    d->count = 0;
    d->txt.status = DNS_NXDOMAIN;
    expect_findings(w, "dkim.selector dkim.discovered");
    expect_verdict(w, "dkim.key-record", "", VERDICT_NA);
}

static void test_records_of_no_use(void **state)
{
    struct world *w = *state;
    with_dkim(w)->key.flaw = "`p` is missing";
    expect_findings(w, "dkim.key-record");
    expect_via(w, "dkim.key-strength", "", VERDICT_NA, "dkim.key-record");
    with_dkim(w)->count = 2;
    expect_findings(w, "dkim.key-record");
}

static void test_lengths_of_keys(void **state)
{
    struct world *w = *state;
    static const struct {
        unsigned bits;
        const char *found;
    } cases[] = {{512, "dkim.key-strength"}, {1023, "dkim.key-strength"}, {1024, "dkim.key-hygiene"}, {2047, "dkim.key-hygiene"}, {2048, ""}, {4096, ""}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        with_dkim(w)->key.bits = cases[i].bits;
        expect_findings(w, cases[i].found);
    }
}

static void test_marked_as_a_test(void **state)
{
    struct world *w = *state;
    with_dkim(w)->key.testing = true;
    expect_findings(w, "dkim.key-hygiene");
    w->facts.dkim.selectors[0].key.flaw = "`p` is missing"; /* that is told first */
    expect_findings(w, "dkim.key-record");
    w->facts.mx.status = MX_NULL;
    expect_verdict(w, "dkim.key-hygiene", "", VERDICT_NA);
}

/* A guessed key that was revoked is an old one: rotation as it should be. */
static void test_revoked_keys(void **state)
{
    struct world *w = *state;
    with_dkim(w)->key.revoked = true;
    expect_findings(w, "");
    name_one(w, "x1")->key.revoked = true;
    expect_findings(w, "dkim.key-hygiene");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(test_a_good_key),
        WORLD_TEST(test_nothing_below_domainkey),
        WORLD_TEST(test_no_guess_was_right),
        WORLD_TEST(test_a_failed_look_up_is_no_missing_key),
        WORLD_TEST(test_a_wildcard_makes_guesses_worthless),
        WORLD_TEST(test_a_domain_that_sends_nothing),
        WORLD_TEST(test_a_named_selector),
        WORLD_TEST(test_records_of_no_use),
        WORLD_TEST(test_lengths_of_keys),
        WORLD_TEST(test_marked_as_a_test),
        WORLD_TEST(test_revoked_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

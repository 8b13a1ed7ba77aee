/* SPDX-License-Identifier: Apache-2.0 */
/* test_mtasts - the record of MTA-STS, the way to the policy and the policy itself. */
#include "sender_world.h"

static struct mta_sts_facts *sts;
static struct mta_sts_policy *policy;

static int set_up(void **state)
{
    int failed = world_setup(state);
    if (failed)
        return failed;
    struct world *w = *state;
    with_sts(w, MTA_STS_MODE_ENFORCE, 2);
    sts = &w->facts.mta_sts;
    policy = sts->policy;
    return 0;
}

static void nothing_is_wrong_with_a_good_policy(void **state)
{
    expect_findings(*state, "");
    expect_verdict(*state, "mtasts.policy-tls", "", VERDICT_PASS);
    expect_verdict(*state, "mtasts.mx-certificate", "mx2/v6:25", VERDICT_PASS);
    expect_verdict(*state, "mtasts.testing-violation", "mx2/v6:25", VERDICT_NA);
}

static void not_asked_for_is_not_judged(void **state)
{
    struct world *w = *state;
    w->facts.mta_sts = (struct mta_sts_facts){.wanted = false};
    expect_findings(w, "");
    expect_verdict(w, "mtasts.published", "", VERDICT_NA);
    expect_verdict(w, "mtasts.mode", "", VERDICT_NA);
}

static void no_announcement(void **state)
{
    static const enum dns_status denials[] = {DNS_NXDOMAIN, DNS_NODATA, DNS_FOUND};
    struct world *w = *state;
    sts->record.count = 0;
    sts->policy = NULL;
    sts->fetch = (struct fetch_facts){0};
    for (size_t i = 0; i < 3; i++) {
        sts->record.txt.status = denials[i];
        expect_findings(w, "mtasts.published");
        expect_via(w, "mtasts.record", "", VERDICT_NA, "mtasts.published");
        expect_detail(w, "mtasts.published", "", i < 2 ? "has no TXT record" : "none that begins with `v=STSv1;`");
    }
}

static void an_announcement_that_cannot_be_looked_up(void **state)
{
    static const struct {
        enum dns_status status;
        const char *found;
    } cases[] = {{DNS_TIMEOUT, "mtasts.published:dns_failure"},
                 {DNS_FAILED, "mtasts.published:dns_failure"},
                 {DNS_BOGUS, "mtasts.published:dns_failure"},
                 {DNS_TROUBLE, "mtasts.published:internal"}};
    struct world *w = *state;
    sts->record.count = 0;
    sts->policy = NULL;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sts->record.txt.status = cases[i].status;
        expect_findings(w, cases[i].found);
    }
}

static void two_records(void **state)
{
    sts->record.count = 2;
    expect_findings(*state, "mtasts.record");
    expect_via(*state, "mtasts.policy-fetch", "", VERDICT_NA, "mtasts.record");
    expect_via(*state, "mtasts.policy-tls", "", VERDICT_NA, "mtasts.record");
    expect_via(*state, "mtasts.mode", "", VERDICT_NA, "mtasts.policy-syntax");
    expect_via(*state, "mtasts.id-change", "", VERDICT_NA, "mtasts.policy-syntax");
}

static void a_flawed_record_is_shown_escaped(void **state)
{
    sts->record.flaw = "it has no `id`";
    sts->record.text = STR("v=STSv1; \x1b[31m");
    expect_findings(*state, "mtasts.record");
    expect_detail(*state, "mtasts.record", "", "The record is `v=STSv1; \\x1b[31m`: it has no `id`.");
}

static void fetch_ends(struct world *w, struct fetch_facts f, const char *found)
{
    sts->policy = f.result == FETCH_DONE && f.status == 200 ? policy : NULL;
    sts->fetch = f;
    sts->fetch.ip = w->addresses[MX1_V4]->ip;
    expect_findings(w, found);
}

static void https_of_the_policy_host(void **state)
{
    static const enum fetch_result bad[] = {FETCH_CERT_DATES, FETCH_CERT_NAME, FETCH_CERT_UNTRUSTED, FETCH_TLS_OLD};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        fetch_ends(*state, (struct fetch_facts){.result = bad[i], .connected = true, .error = "the library's words"}, "mtasts.policy-tls");
        expect_via(*state, "mtasts.policy-fetch", "", VERDICT_NA, "mtasts.policy-tls");
        expect_verdict(*state, "mtasts.policy-syntax", "", VERDICT_NA);
        expect_detail(*state, "mtasts.policy-tls", "", "(the library's words)");
    }
}

static void answers_that_are_no_policy(void **state)
{
    static const struct {
        struct fetch_facts facts;
        const char *detail;
    } cases[] = {
        {{.result = FETCH_DONE, .connected = true, .status = 301, .location = "https://www.example.org/"},
         "a redirect to https://www.example.org/; it is not followed"},
        {{.result = FETCH_DONE, .connected = true, .status = 302}, "a redirect; it is not followed"},
        {{.result = FETCH_DONE, .connected = true, .status = 299}, "status 299 instead of 200"},
        {{.result = FETCH_DONE, .connected = true, .status = 300}, "a redirect; it is not followed"},
        {{.result = FETCH_DONE, .connected = true, .status = 399}, "a redirect; it is not followed"},
        {{.result = FETCH_DONE, .connected = true, .status = 400}, "status 400 instead of 200"},
        {{.result = FETCH_DONE, .connected = true, .status = 404}, "status 404 instead of 200"},
        {{.result = FETCH_DONE, .connected = true, .status = 503}, "status 503"},
        {{.result = FETCH_TOO_LARGE, .connected = true, .status = 200}, "more than 65536 octets"},
        {{.result = FETCH_BROKEN, .connected = true}, "does not answer with HTTP"},
        {{.result = FETCH_TIMEOUT, .connected = true}, "no whole answer in 30 s"},
        {{.result = FETCH_TLS_FAILED, .connected = true}, "has no TLS on port 443"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fetch_ends(*state, cases[i].facts, "mtasts.policy-fetch");
        expect_detail(*state, "mtasts.policy-fetch", "", cases[i].detail);
        expect_via(*state, "mtasts.policy-syntax", "", VERDICT_NA, "mtasts.policy-fetch");
    }
}

static void what_may_be_about_us_is_no_fault(void **state)
{
    struct world *w = *state;
    fetch_ends(w, (struct fetch_facts){.result = FETCH_DONE, .connected = true, .status = 429}, "mtasts.policy-fetch:throttled");
    fetch_ends(w, (struct fetch_facts){.result = FETCH_CLOSED, .connected = true}, "mtasts.policy-fetch:throttled");
    fetch_ends(w, (struct fetch_facts){.result = FETCH_TROUBLE}, "mtasts.policy-fetch:internal");
    expect_via(w, "mtasts.mx-covered", "mx1", VERDICT_UNKNOWN, "mtasts.policy-syntax");
}

static void a_policy_host_without_address(void **state)
{
    struct world *w = *state;
    set_lookup(&sts->a, DNS_NXDOMAIN, DNSSEC_SECURE);
    set_lookup(&sts->aaaa, DNS_NXDOMAIN, DNSSEC_SECURE);
    fetch_ends(w, (struct fetch_facts){.result = FETCH_NO_ADDRESS}, "mtasts.policy-fetch");
    expect_detail(w, "mtasts.policy-fetch", "", "mta-sts.example.org has no address.");
    fetch_ends(w, (struct fetch_facts){.result = FETCH_NOT_ALLOWED, .error = "private, RFC 1918"}, "mtasts.policy-fetch");
    expect_detail(w, "mtasts.policy-fetch", "", "private, RFC 1918");
    set_lookup(&sts->aaaa, DNS_TIMEOUT, DNSSEC_INDETERMINATE);
    fetch_ends(w, (struct fetch_facts){.result = FETCH_NO_ADDRESS}, "mtasts.policy-fetch:dns_failure");
    expect_detail(w, "mtasts.policy-fetch", "", "The AAAA records of mta-sts.example.org could not");
    set_lookup(&sts->a, DNS_TIMEOUT, DNSSEC_INDETERMINATE);
    expect_detail(w, "mtasts.policy-fetch", "", "The A records of mta-sts.example.org could not");
    set_lookup(&sts->a, DNS_NXDOMAIN, DNSSEC_SECURE);
    fetch_ends(w, (struct fetch_facts){.result = FETCH_NOT_ALLOWED, .error = "private, RFC 1918"}, "mtasts.policy-fetch:dns_failure");
}

static void a_policy_that_was_not_fetched(void **state)
{
    struct world *w = *state;
    fetch_ends(w, (struct fetch_facts){.result = FETCH_OPTED_OUT}, "mtasts.policy-fetch:not_probed");
    expect_detail(w, "mtasts.policy-fetch", "", "do not want to be tested");
    fetch_ends(w, (struct fetch_facts){.result = FETCH_NOT_TRIED}, "mtasts.policy-fetch:not_probed");
    w->facts.incomplete = true;
    w->facts.incomplete_reason = "the time for the whole run is used up";
    expect_unknown(w, "mtasts.policy-fetch", "", REASON_LIMIT);
    expect_detail(w, "mtasts.policy-fetch", "", "the time for the whole run");
}

/* Silence is theirs only when our own network lets port 443 out, in each family that was tried. */
static void silence_and_our_own_network(void **state)
{
    static const struct {
        enum fetch_result result;
        enum egress_state v4, v6; /* UNTESTED: the host has no address of that family */
        const char *found;
    } cases[] = {
        {FETCH_TIMEOUT, EGRESS_OPEN, EGRESS_UNTESTED, "mtasts.policy-fetch"},
        {FETCH_TIMEOUT, EGRESS_OPEN, EGRESS_OPEN, "mtasts.policy-fetch"},
        {FETCH_TIMEOUT, EGRESS_OPEN, EGRESS_BLOCKED, "mtasts.policy-fetch:blocked_egress"},
        {FETCH_TIMEOUT, EGRESS_BLOCKED, EGRESS_UNTESTED, "mtasts.policy-fetch:blocked_egress"},
        {FETCH_TIMEOUT, EGRESS_UNKNOWN, EGRESS_UNTESTED, "mtasts.policy-fetch:blocked_egress"},
        {FETCH_TIMEOUT, EGRESS_UNTESTED, EGRESS_UNTESTED, "mtasts.policy-fetch:blocked_egress"},
        {FETCH_UNREACHABLE, EGRESS_UNTESTED, EGRESS_UNKNOWN, "mtasts.policy-fetch:blocked_egress"},
        {FETCH_UNREACHABLE, EGRESS_UNTESTED, EGRESS_OPEN, "mtasts.policy-fetch"},
        {FETCH_REFUSED, EGRESS_OPEN, EGRESS_UNTESTED, "mtasts.policy-fetch"},
        {FETCH_REFUSED, EGRESS_UNKNOWN, EGRESS_UNTESTED, "mtasts.policy-fetch"},
        {FETCH_REFUSED, EGRESS_BLOCKED, EGRESS_UNTESTED, "mtasts.policy-fetch:blocked_egress"},
        {FETCH_REFUSED, EGRESS_OPEN, EGRESS_BLOCKED, "mtasts.policy-fetch:blocked_egress"},
    };
    struct world *w = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        w->facts.vantage.https_v4 = (struct egress_facts){.needed = cases[i].v4 != EGRESS_UNTESTED, .state = cases[i].v4};
        w->facts.vantage.https_v6 = (struct egress_facts){.needed = cases[i].v6 != EGRESS_UNTESTED, .state = cases[i].v6};
        fetch_ends(w, (struct fetch_facts){.result = cases[i].result}, cases[i].found);
        expect_detail(w, "mtasts.policy-fetch", "",
                      cases[i].result == FETCH_REFUSED       ? "refuses connections"
                      : cases[i].result == FETCH_UNREACHABLE ? "is unreachable"
                                                             : "does not answer");
    }
}

static void a_policy_that_is_not_valid(void **state)
{
    policy->flaw = "the mode is none of `enforce`, `testing` and `none`";
    policy->flaw_line = 2;
    policy->mode = MTA_STS_MODE_BAD;
    policy->mode_text = STR("enforced\x07");
    expect_findings(*state, "mtasts.policy-syntax");
    expect_detail(*state, "mtasts.policy-syntax", "",
                  "Line 2 of the policy: the mode is none of `enforce`, `testing` and `none` (the mode there is `enforced\\x07`).");
    expect_via(*state, "mtasts.mode", "", VERDICT_NA, "mtasts.policy-syntax");
    policy->mode = MTA_STS_MODE_ENFORCE;
    policy->flaw = "there is no `version`";
    policy->flaw_line = 0;
    expect_detail(*state, "mtasts.policy-syntax", "", "The policy: there is no `version`.");
}

static void content_types(void **state)
{
    static const struct {
        const char *type, *found;
    } cases[] = {{"text/plain", ""},
                 {"Text/Plain ; charset=utf-8", ""},
                 {"text/plain;charset=us-ascii", ""},
                 {"text/html", "mtasts.policy-form"},
                 {"text/plainer", "mtasts.policy-form"},
                 {"", "mtasts.policy-form"},
                 {NULL, "mtasts.policy-form"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sts->fetch.content_type = cases[i].type;
        expect_findings(*state, cases[i].found);
    }
    expect_detail(*state, "mtasts.policy-form", "", "there is no content type");
}

static void a_week_is_long_enough(void **state)
{
    policy->max_age_s = 604800;
    expect_findings(*state, "");
    policy->max_age_s = 604799;
    expect_findings(*state, "mtasts.policy-form");
    expect_detail(*state, "mtasts.policy-form", "", "max_age is 604799 s");
    policy->mode = MTA_STS_MODE_TESTING;
    expect_findings(*state, "mtasts.mode");
}

static void patterns_of_nobody_and_of_everybody(void **state)
{
    struct world *w = *state;
    policy->mx[1].hosts = 0;
    policy->mx[1].text = STR("*.old.example.org");
    w->mx2->in_mta_sts_policy = true;
    expect_findings(w, "mtasts.policy-form");
    expect_detail(w, "mtasts.policy-form", "", "`*.old.example.org` matches no MX host");
    w->facts.hosts_left_out = 1; /* one of these may be meant */
    expect_verdict(w, "mtasts.policy-form", "", VERDICT_PASS);
    w->facts.hosts_left_out = 0;
    policy->mx[1] = (struct mta_sts_pattern){.text = STR("*.org"), .too_wide = true};
    expect_detail(w, "mtasts.policy-form", "", "`*.org` stands for hosts of strangers");
    policy->mode = MTA_STS_MODE_NONE; /* nobody looks at them */
    expect_findings(w, "mtasts.mode");
}

static void several_things_at_once(void **state)
{
    sts->fetch.content_type = "text/html";
    policy->max_age_s = 3600;
    expect_findings(*state, "mtasts.policy-form");
    expect_detail(*state, "mtasts.policy-form", "", "In the policy the content type is `text/html`, not text/plain, max_age is 3600 s, under a week.");
}

static void modes(void **state)
{
    policy->mode = MTA_STS_MODE_TESTING;
    expect_findings(*state, "mtasts.mode");
    expect_detail(*state, "mtasts.mode", "", "`testing`");
    policy->mode = MTA_STS_MODE_NONE;
    expect_findings(*state, "mtasts.mode");
    expect_verdict(*state, "mtasts.mx-covered", "mx1", VERDICT_NA);
}

/* What is assumed is judged; how the real one is published is judged too, but keeps nobody from it. */
static void an_assumed_policy(void **state)
{
    struct world *w = *state;
    sts->assumed = "policy.txt";
    sts->record.count = 0;
    sts->record.txt.status = DNS_NXDOMAIN;
    sts->fetch = (struct fetch_facts){0};
    expect_findings(w, "mtasts.published");
    expect_verdict(w, "mtasts.policy-fetch", "", VERDICT_NA);
    expect_verdict(w, "mtasts.policy-tls", "", VERDICT_NA);
    expect_verdict(w, "mtasts.policy-syntax", "", VERDICT_PASS);
    w->mx2->in_mta_sts_policy = false;
    expect_findings(w, "mtasts.published mtasts.mx-covered");
}

static void a_domain_without_mail_needs_no_policy(void **state)
{
    struct world *w = *state;
    sts->record.count = 0;
    sts->policy = NULL;
    w->facts.mx.status = MX_NULL;
    keep_hosts(w, 0);
    expect_verdict(w, "mtasts.published", "", VERDICT_NA);
    expect_verdict(w, "mtasts.policy-syntax", "", VERDICT_NA);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_wrong_with_a_good_policy),
        TEST(not_asked_for_is_not_judged),
        TEST(no_announcement),
        TEST(an_announcement_that_cannot_be_looked_up),
        TEST(two_records),
        TEST(a_flawed_record_is_shown_escaped),
        TEST(https_of_the_policy_host),
        TEST(answers_that_are_no_policy),
        TEST(what_may_be_about_us_is_no_fault),
        TEST(a_policy_host_without_address),
        TEST(a_policy_that_was_not_fetched),
        TEST(silence_and_our_own_network),
        TEST(a_policy_that_is_not_valid),
        TEST(content_types),
        TEST(a_week_is_long_enough),
        TEST(patterns_of_nobody_and_of_everybody),
        TEST(several_things_at_once),
        TEST(modes),
        TEST(an_assumed_policy),
        TEST(a_domain_without_mail_needs_no_policy),
    };
    return cmocka_run_group_tests_name("judge mtasts", tests, NULL, NULL);
}

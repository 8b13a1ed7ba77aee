/* SPDX-License-Identifier: Apache-2.0 */
/* test_dns - the domain's name, and whether its answers can be proven. */
#include "world.h"

/* As the prober leaves it when there is no mail path to follow. */
static void answer_mx(struct world *w, enum dns_status status, enum dnssec_state dnssec, enum mx_status mx)
{
    w->facts.mx = (struct mx_facts){.status = mx, .lookup = {.status = status, .dnssec = dnssec, .reason = status == DNS_BOGUS ? "signature expired" : NULL}};
    w->facts.host_count = 0;
}

static void a_domain_without_answer_is_unknown_and_all_behind_it(void **state)
{
    static const enum dns_status statuses[] = {DNS_FAILED, DNS_TIMEOUT};
    struct world *w = *state;
    for (size_t i = 0; i < 2; i++) {
        answer_mx(w, statuses[i], DNSSEC_INDETERMINATE, MX_DNS_FAILURE);
        expect_findings(w, "dns.domain-answers:dns_failure");
        expect_via(w, "dns.domain-exists", "", VERDICT_UNKNOWN, "dns.domain-answers");
        expect_via(w, "dns.dnssec-valid", "", VERDICT_UNKNOWN, "dns.domain-answers");
        expect_via(w, "dns.dnssec-signed", "", VERDICT_UNKNOWN, "dns.domain-exists");
        expect_via(w, "mx.exists", "", VERDICT_UNKNOWN, "dns.domain-exists");
        assert_int_equal(w->out.summary.status, STATUS_INCONCLUSIVE);
    }
    answer_mx(w, DNS_TROUBLE, DNSSEC_INDETERMINATE, MX_DNS_FAILURE);
    expect_findings(w, "dns.domain-answers:internal");
}

static void a_domain_that_does_not_exist_is_one_error(void **state)
{
    struct world *w = *state;
    answer_mx(w, DNS_NXDOMAIN, DNSSEC_SECURE, MX_NXDOMAIN);
    expect_findings(w, "dns.domain-exists");
    expect_via(w, "mx.exists", "", VERDICT_NA, "dns.domain-exists");
    expect_via(w, "mx.null-proper", "", VERDICT_NA, "dns.domain-exists");
    expect_via(w, "mx.reachable", "", VERDICT_NA, "mx.exists");

    answer_mx(w, DNS_NXDOMAIN, DNSSEC_INSECURE, MX_NXDOMAIN);
    expect_findings(w, "dns.domain-exists");
}

static void an_answer_that_does_not_validate_is_one_error(void **state)
{
    struct world *w = *state;
    answer_mx(w, DNS_BOGUS, DNSSEC_BOGUS, MX_DNS_FAILURE);
    expect_findings(w, "dns.dnssec-valid");
    expect_detail(w, "dns.dnssec-valid", "", "signature expired");
    expect_verdict(w, "dns.domain-answers", "", VERDICT_PASS);
    expect_via(w, "dns.domain-exists", "", VERDICT_NA, "dns.dnssec-valid");
    expect_via(w, "mx.exists", "", VERDICT_NA, "dns.domain-exists");
    assert_int_equal(w->out.summary.status, STATUS_ERROR);
}

/* A resolver that strips signatures makes every signed domain look like that. */
static void nothing_is_bogus_through_a_resolver_that_cannot_be_believed(void **state)
{
    struct world *w = *state;
    w->facts.vantage.root_lookup = (struct dns_lookup){.status = DNS_BOGUS, .dnssec = DNSSEC_BOGUS};
    answer_mx(w, DNS_BOGUS, DNSSEC_BOGUS, MX_DNS_FAILURE);
    expect_findings(w, "net.resolver-trust dns.domain-answers:resolver_untrusted dns.dnssec-valid:resolver_untrusted");
    expect_detail(w, "net.resolver-trust", "", "DNSSEC validation fails");
    assert_int_equal(w->out.summary.status, STATUS_INCONCLUSIVE);
}

static void a_resolver_that_cannot_be_believed_leaves_the_rest_judged(void **state)
{
    struct world *w = *state;
    w->facts.vantage.root_lookup.dnssec = DNSSEC_INSECURE;
    w->facts.mx.lookup.dnssec = DNSSEC_INSECURE;
    expect_findings(w, "net.resolver-trust dns.dnssec-valid:resolver_untrusted dns.host-dnssec-valid:resolver_untrusted");
    expect_detail(w, "net.resolver-trust", "", "signatures are missing");
    expect_verdict(w, "mx.reachable", "", VERDICT_PASS);
    assert_int_equal(w->out.summary.status, STATUS_OK);
}

static void an_unsigned_domain_is_a_notice(void **state)
{
    struct world *w = *state;
    w->facts.mx.lookup.dnssec = DNSSEC_INSECURE;
    expect_findings(w, "dns.dnssec-signed");
    expect_verdict(w, "dns.dnssec-valid", "", VERDICT_NA);

    w->facts.mx.lookup.dnssec = DNSSEC_INDETERMINATE; /* nothing is proven, so nothing is said */
    expect_findings(w, "");
    expect_verdict(w, "dns.dnssec-signed", "", VERDICT_NA);
}

static void a_host_that_does_not_validate_is_found_in_either_family(void **state)
{
    struct world *w = *state;
    w->mx2->aaaa = (struct dns_lookup){.status = DNS_BOGUS, .dnssec = DNSSEC_BOGUS, .reason = "no signature"};
    keep_addresses(w->mx2, IP_V4);
    w->mx2->aaaa.status = DNS_BOGUS;
    expect_findings(w, "dns.host-dnssec-valid");
    expect_verdict(w, "dns.host-dnssec-valid", "mx1", VERDICT_PASS);
    expect_detail(w, "dns.host-dnssec-valid", "mx2", "The AAAA answer of mx2.example.org does not validate");
}

static void a_host_without_any_valid_answer_is_one_finding(void **state)
{
    struct world *w = *state;
    w->mx2->a = w->mx2->aaaa = (struct dns_lookup){.status = DNS_BOGUS, .dnssec = DNSSEC_BOGUS};
    w->mx2->address_count = 0;
    expect_findings(w, "dns.host-dnssec-valid mx.redundancy");
    expect_via(w, "mx.target-resolves", "mx2", VERDICT_NA, "dns.host-dnssec-valid");
    expect_verdict(w, "mx.host-reachable", "mx2", VERDICT_NA);

    w->mx1->a = w->mx1->aaaa = w->mx2->a;
    w->mx1->address_count = 0;
    expect_findings(w, "dns.host-dnssec-valid");
    expect_via(w, "mx.reachable", "", VERDICT_NA, "dns.host-dnssec-valid");
}

static void what_was_not_answered_is_not_proven(void **state)
{
    struct world *w = *state;
    static const enum dns_status statuses[] = {DNS_FAILED, DNS_TIMEOUT, DNS_TROUBLE, DNS_NOT_ASKED};
    for (int family = 0; family < 2; family++)
        for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
            bool ours = statuses[i] == DNS_TROUBLE || statuses[i] == DNS_NOT_ASKED;
            struct dns_lookup *lost = family ? &w->mx2->aaaa : &w->mx2->a, answered = *lost;
            *lost = (struct dns_lookup){.status = statuses[i]};
            expect_findings(w, ours ? "dns.host-dnssec-valid:internal" : "dns.host-dnssec-valid:dns_failure");
            expect_detail(w, "dns.host-dnssec-valid", "mx2", family ? "The AAAA records of mx2.example.org" : "The A records of mx2.example.org");
            *lost = answered;
        }
    w->mx2->a = w->mx2->aaaa = (struct dns_lookup){.status = DNS_TIMEOUT};
    w->mx2->address_count = 0;
    expect_findings(w, "mx.target-resolves:dns_failure");
    expect_via(w, "dns.host-dnssec-valid", "mx2", VERDICT_UNKNOWN, "mx.target-resolves");
    expect_verdict(w, "dns.host-dnssec-valid", "mx1", VERDICT_PASS);
}

static void hosts_in_unsigned_zones_are_none_of_it(void **state)
{
    struct world *w = *state;
    w->mx1->a.dnssec = w->mx1->aaaa.dnssec = DNSSEC_INSECURE;
    expect_findings(w, "");
    expect_verdict(w, "dns.host-dnssec-valid", "mx1", VERDICT_NA);
}

static void a_server_has_no_domain_to_look_up(void **state)
{
    struct world *w = *state;
    make_server(w, 25, TLS_MODE_STARTTLS);
    expect_findings(w, "");
    expect_verdict(w, "dns.domain-answers", "", VERDICT_NA);
    expect_verdict(w, "dns.dnssec-signed", "", VERDICT_NA);
    expect_verdict(w, "dns.host-dnssec-valid", "mx1", VERDICT_PASS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_domain_without_answer_is_unknown_and_all_behind_it),
        WORLD_TEST(a_domain_that_does_not_exist_is_one_error),
        WORLD_TEST(an_answer_that_does_not_validate_is_one_error),
        WORLD_TEST(nothing_is_bogus_through_a_resolver_that_cannot_be_believed),
        WORLD_TEST(a_resolver_that_cannot_be_believed_leaves_the_rest_judged),
        WORLD_TEST(an_unsigned_domain_is_a_notice),
        WORLD_TEST(a_host_that_does_not_validate_is_found_in_either_family),
        WORLD_TEST(a_host_without_any_valid_answer_is_one_finding),
        WORLD_TEST(what_was_not_answered_is_not_proven),
        WORLD_TEST(hosts_in_unsigned_zones_are_none_of_it),
        WORLD_TEST(a_server_has_no_domain_to_look_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

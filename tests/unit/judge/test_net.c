/* SPDX-License-Identifier: Apache-2.0 */
/* test_net - our own side, and addresses that answer or do not. */
#include "world.h"

static void close_all(struct world *w, enum connect_result result)
{
    for (size_t i = 0; i < WORLD_ADDRESSES; i++)
        not_connected(w->endpoints[i], result);
}

static void a_refused_address_is_down_after_two_tries(void **state)
{
    struct world *w = *state;
    not_connected(w->endpoints[MX2_V4], CONNECT_REFUSED);
    expect_findings(w, "net.port25-open");
    expect_verdict(w, "net.port25-open", "mx2/v4", VERDICT_FAIL);
    expect_verdict(w, "net.port25-open", "mx2/v6", VERDICT_PASS);
    expect_detail(w, "net.port25-open", "mx2/v4", "Port 25: refused, refused, in 2 tries");
}

static void one_good_try_of_two_is_enough(void **state)
{
    struct world *w = *state;
    struct endpoint_facts *e = w->endpoints[MX2_V4];
    struct session_facts *second = add_session(e, CONNECTION_RETRY);
    e->sessions[0] = (struct session_facts){.connect = CONNECT_TIMEOUT, .end = END_TIMEOUT};
    e->shown = second;
    expect_findings(w, "");
}

static void a_single_try_is_no_proof(void **state)
{
    struct world *w = *state;
    not_connected(w->endpoints[MX2_V4], CONNECT_TIMEOUT);
    w->endpoints[MX2_V4]->session_count = 1;
    expect_findings(w, "net.port25-open:limit");
}

static void a_try_cut_short_by_our_own_limit_is_no_proof(void **state)
{
    struct world *w = *state;
    not_connected(w->endpoints[MX2_V4], CONNECT_TIMEOUT);
    w->endpoints[MX2_V4]->sessions[1].connect = CONNECT_NOT_TRIED;
    expect_findings(w, "net.port25-open:limit");
    w->endpoints[MX2_V4]->sessions[0].connect = CONNECT_NOT_TRIED;
    w->endpoints[MX2_V4]->session_count = 1;
    expect_findings(w, "net.port25-open:limit");
}

static void our_own_trouble_is_no_proof(void **state)
{
    struct world *w = *state;
    not_connected(w->endpoints[MX2_V4], CONNECT_REFUSED);
    w->endpoints[MX2_V4]->sessions[1].connect = CONNECT_TROUBLE;
    w->endpoints[MX2_V4]->sessions[1].connect_error = "Too many open files";
    expect_findings(w, "net.port25-open:internal");
    expect_detail(w, "net.port25-open", "mx2/v4", "Too many open files");
}

static void addresses_that_were_left_out_say_why(void **state)
{
    struct world *w = *state;
    struct endpoint_facts *e = w->endpoints[MX2_V4];
    e->session_count = 0;
    e->shown = NULL;
    e->not_probed = NOT_PROBED_LIMIT;
    expect_findings(w, "net.port25-open:limit");
    e->not_probed = NOT_PROBED_TROUBLE;
    expect_findings(w, "net.port25-open:internal");
    e->not_probed = NOT_PROBED_OPT_OUT;
    expect_findings(w, "net.port25-open:not_probed");
    expect_detail(w, "net.port25-open", "mx2/v4", "do not want to be tested");
    e->not_probed = NOT_PROBED_OPTION;
    expect_findings(w, "");
    expect_verdict(w, "net.port25-open", "mx2/v4", VERDICT_NA);
}

/* Only the prober of a stranger keeps away from it; of a domain's host mx.address-public tells. */
static void a_server_at_an_address_inside_is_unknown(void **state)
{
    struct world *w = *state;
    make_server(w, 25, TLS_MODE_STARTTLS);
    for (size_t i = MX1_V4; i <= MX1_V6; i++) {
        w->addresses[i]->special = "private use, RFC 1918";
        w->endpoints[i]->session_count = 0;
        w->endpoints[i]->shown = NULL;
        w->endpoints[i]->not_probed = NOT_PROBED_PRIVATE_ADDRESS;
    }
    expect_findings(w, "net.port25-open:not_probed");
    expect_detail(w, "net.port25-open", "mx1/v4", "private use, RFC 1918");
    assert_int_equal(w->out.summary.status, STATUS_INCONCLUSIVE);
}

static void blocked_egress_is_ours_and_makes_the_rest_unknown(void **state)
{
    struct world *w = *state;
    close_all(w, CONNECT_TIMEOUT);
    w->facts.vantage.egress_v4.state = w->facts.vantage.egress_v6.state = EGRESS_BLOCKED;
    w->facts.vantage.egress_v4.controls_tried = w->facts.vantage.egress_v6.controls_tried = 2;
    expect_findings(w, "net.egress net.port25-open:blocked_egress");
    expect_verdict(w, "net.egress", "", VERDICT_FAIL);
    assert_string_equal(verdict_about(w, "net.egress", "")->detail, "No target and none of 2 control hosts accepted a connection over IPv4. "
                                                                    "No target and none of 2 control hosts accepted a connection over IPv6.");
    expect_via(w, "net.port25-open", "mx1/v4", VERDICT_UNKNOWN, "net.egress");
    expect_via(w, "mx.reachable", "", VERDICT_UNKNOWN, "net.port25-open");
    assert_int_equal(w->out.summary.status, STATUS_INCONCLUSIVE);
}

/* A firewall of ours may answer for everybody with a reset. */
static void resets_for_all_are_no_proof_either_while_egress_is_blocked(void **state)
{
    struct world *w = *state;
    close_all(w, CONNECT_REFUSED);
    w->facts.vantage.egress_v4.state = w->facts.vantage.egress_v6.state = EGRESS_BLOCKED;
    expect_findings(w, "net.egress net.port25-open:blocked_egress");
}

static void unproven_egress_is_one_finding(void **state)
{
    struct world *w = *state;
    close_all(w, CONNECT_TIMEOUT);
    w->facts.vantage.egress_v4.state = w->facts.vantage.egress_v6.state = EGRESS_UNKNOWN;
    expect_findings(w, "net.egress:blocked_egress");
    expect_via(w, "net.port25-open", "mx1/v4", VERDICT_UNKNOWN, "net.egress");
}

static void missing_ipv6_of_ours_does_not_touch_ipv4(void **state)
{
    struct world *w = *state;
    not_connected(w->endpoints[MX1_V6], CONNECT_UNREACHABLE);
    not_connected(w->endpoints[MX2_V6], CONNECT_UNREACHABLE);
    w->facts.vantage.egress_v6.state = EGRESS_BLOCKED;
    w->facts.vantage.egress_v6.controls_tried = 2;
    expect_findings(w, "net.egress net.port25-open:blocked_egress");
    assert_string_equal(verdict_about(w, "net.egress", "")->detail, "No target and none of 2 control hosts accepted a connection over IPv6.");
    expect_verdict(w, "net.port25-open", "mx1/v4", VERDICT_PASS);
    expect_unknown(w, "net.port25-open", "mx1/v6", REASON_BLOCKED_EGRESS);
    expect_verdict(w, "net.ipv6-reachable", "mx1", VERDICT_UNKNOWN);
    assert_int_equal(w->out.summary.status, STATUS_OK);
}

static void missing_ipv4_of_ours_does_not_touch_ipv6(void **state)
{
    struct world *w = *state;
    not_connected(w->endpoints[MX1_V4], CONNECT_UNREACHABLE);
    not_connected(w->endpoints[MX2_V4], CONNECT_UNREACHABLE);
    w->facts.vantage.egress_v4.state = EGRESS_BLOCKED;
    w->facts.vantage.egress_v4.controls_tried = 2;
    expect_findings(w, "net.egress net.port25-open:blocked_egress");
    assert_string_equal(verdict_about(w, "net.egress", "")->detail, "No target and none of 2 control hosts accepted a connection over IPv4.");
    expect_verdict(w, "net.port25-open", "mx1/v6", VERDICT_PASS);
}

static void a_family_that_nobody_needs_is_not_tested(void **state)
{
    struct world *w = *state;
    w->facts.vantage.egress_v6 = (struct egress_facts){.needed = false};
    keep_addresses(w->mx1, IP_V4);
    keep_addresses(w->mx2, IP_V4);
    expect_findings(w, "mx.ipv6");
    expect_verdict(w, "net.egress", "", VERDICT_PASS);
    w->facts.vantage.egress_v4.needed = false;
    expect_verdict(w, "net.egress", "", VERDICT_NA);
}

static void ipv6_that_is_published_must_work_where_ipv4_does(void **state)
{
    struct world *w = *state;
    not_connected(w->endpoints[MX1_V6], CONNECT_TIMEOUT);
    expect_findings(w, "net.port25-open net.ipv6-reachable");
    expect_verdict(w, "net.ipv6-reachable", "mx1", VERDICT_FAIL);
    expect_verdict(w, "net.ipv6-reachable", "mx2", VERDICT_PASS);
    expect_detail(w, "net.ipv6-reachable", "mx1", "of 1 IPv6 address none is");

    not_connected(w->endpoints[MX1_V4], CONNECT_TIMEOUT);
    expect_verdict(w, "net.ipv6-reachable", "mx1", VERDICT_NA);
}

static void ipv6_addresses_past_the_limit_may_be_open(void **state)
{
    struct world *w = *state;
    not_connected(w->endpoints[MX1_V6], CONNECT_TIMEOUT);
    w->mx1->addresses_left_out = 1;
    expect_unknown(w, "net.ipv6-reachable", "mx1", REASON_LIMIT);
}

static void the_self_test_of_the_resolver(void **state)
{
    static const struct {
        enum dns_status root;
        enum dnssec_state root_is;
        enum dns_status random;
        enum dnssec_state random_is;
        enum verdict_value expected;
    } cases[] = {
        {DNS_FOUND, DNSSEC_SECURE, DNS_NXDOMAIN, DNSSEC_SECURE, VERDICT_PASS},
        {DNS_FOUND, DNSSEC_SECURE, DNS_TIMEOUT, DNSSEC_INDETERMINATE, VERDICT_PASS},
        {DNS_TIMEOUT, DNSSEC_INDETERMINATE, DNS_NXDOMAIN, DNSSEC_SECURE, VERDICT_PASS},
        {DNS_FOUND, DNSSEC_SECURE, DNS_FOUND, DNSSEC_INSECURE, VERDICT_FAIL},
        {DNS_FOUND, DNSSEC_SECURE, DNS_NODATA, DNSSEC_INSECURE, VERDICT_FAIL},
        {DNS_FOUND, DNSSEC_SECURE, DNS_BOGUS, DNSSEC_BOGUS, VERDICT_FAIL},
        {DNS_FOUND, DNSSEC_INSECURE, DNS_NXDOMAIN, DNSSEC_INSECURE, VERDICT_FAIL},
        {DNS_BOGUS, DNSSEC_BOGUS, DNS_NXDOMAIN, DNSSEC_BOGUS, VERDICT_FAIL},
        {DNS_TIMEOUT, DNSSEC_INDETERMINATE, DNS_TIMEOUT, DNSSEC_INDETERMINATE, VERDICT_UNKNOWN},
        {DNS_FAILED, DNSSEC_INDETERMINATE, DNS_NXDOMAIN, DNSSEC_INDETERMINATE, VERDICT_UNKNOWN},
    };
    struct world *w = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        w->facts.vantage.root_lookup = (struct dns_lookup){.status = cases[i].root, .dnssec = cases[i].root_is};
        w->facts.vantage.random_lookup = (struct dns_lookup){.status = cases[i].random, .dnssec = cases[i].random_is};
        print_message("case %zu\n", i);
        expect_verdict(w, "net.resolver-trust", "", cases[i].expected);
    }
}

static void a_server_on_another_port_needs_no_port_25(void **state)
{
    struct world *w = *state;
    make_server(w, 2525, TLS_MODE_STARTTLS);
    w->facts.vantage.egress_v4 = w->facts.vantage.egress_v6 = (struct egress_facts){.needed = false};
    expect_findings(w, "");
    not_connected(w->endpoints[MX1_V4], CONNECT_REFUSED);
    expect_findings(w, "net.port25-open");
    expect_detail(w, "net.port25-open", "mx1/v4", "Port 2525: refused");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_refused_address_is_down_after_two_tries),
        WORLD_TEST(one_good_try_of_two_is_enough),
        WORLD_TEST(a_single_try_is_no_proof),
        WORLD_TEST(a_try_cut_short_by_our_own_limit_is_no_proof),
        WORLD_TEST(our_own_trouble_is_no_proof),
        WORLD_TEST(a_server_at_an_address_inside_is_unknown),
        WORLD_TEST(addresses_that_were_left_out_say_why),
        WORLD_TEST(blocked_egress_is_ours_and_makes_the_rest_unknown),
        WORLD_TEST(resets_for_all_are_no_proof_either_while_egress_is_blocked),
        WORLD_TEST(unproven_egress_is_one_finding),
        WORLD_TEST(missing_ipv6_of_ours_does_not_touch_ipv4),
        WORLD_TEST(missing_ipv4_of_ours_does_not_touch_ipv6),
        WORLD_TEST(a_family_that_nobody_needs_is_not_tested),
        WORLD_TEST(ipv6_that_is_published_must_work_where_ipv4_does),
        WORLD_TEST(ipv6_addresses_past_the_limit_may_be_open),
        WORLD_TEST(the_self_test_of_the_resolver),
        WORLD_TEST(a_server_on_another_port_needs_no_port_25),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

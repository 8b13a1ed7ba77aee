/* SPDX-License-Identifier: Apache-2.0 */
/* test_mx_reachable - whether mail hosts can be connected to: one of them, each, and the preferred ones. */
#include "world.h"

static void close_host(struct world *w, size_t first_address, enum connect_result result)
{
    not_connected(w->endpoints[first_address], result);
    not_connected(w->endpoints[first_address + 1], result);
}

static void leave_out(struct endpoint_facts *e, enum not_probed why)
{
    e->not_probed = why;
    e->session_count = 0;
    e->shown = NULL;
}

static void a_backup_that_is_down_is_a_warning(void **state)
{
    struct world *w = *state;
    close_host(w, MX2_V4, CONNECT_REFUSED);
    expect_findings(w, "net.port25-open mx.host-reachable");
    expect_verdict(w, "mx.host-reachable", "mx1", VERDICT_PASS);
    expect_detail(w, "mx.host-reachable", "mx2", "None of the 2 addresses of mx2.example.org answers");
    expect_verdict(w, "mx.primary-reachable", "", VERDICT_PASS);
    assert_int_equal(w->out.summary.status, STATUS_WARNING);
}

static void a_host_with_one_address_is_named(void **state)
{
    struct world *w = *state;
    keep_addresses(w->mx2, IP_V4);
    not_connected(w->endpoints[MX2_V4], CONNECT_TIMEOUT);
    expect_findings(w, "net.port25-open mx.host-reachable");
    expect_detail(w, "mx.host-reachable", "mx2", "The only address of mx2.example.org");
}

static void a_primary_that_is_down_leaves_mail_to_the_backup(void **state)
{
    struct world *w = *state;
    close_host(w, MX1_V4, CONNECT_REFUSED);
    expect_findings(w, "net.port25-open mx.host-reachable mx.primary-reachable");
    expect_detail(w, "mx.primary-reachable", "", "mx1.example.org");
    w->mx2->preference = 10; /* equals stand in for each other */
    expect_findings(w, "net.port25-open mx.host-reachable");
    expect_verdict(w, "mx.primary-reachable", "", VERDICT_NA);
}

static void a_primary_without_address_is_no_better(void **state)
{
    struct world *w = *state;
    w->mx1->a.status = w->mx1->aaaa.status = DNS_NODATA;
    w->mx1->address_count = 0;
    expect_findings(w, "mx.target-resolves mx.redundancy mx.primary-reachable");
}

static void a_primary_of_which_nothing_is_known_is_not_down(void **state)
{
    struct world *w = *state;
    leave_out(w->endpoints[MX1_V4], NOT_PROBED_LIMIT);
    not_connected(w->endpoints[MX1_V6], CONNECT_REFUSED);
    expect_findings(w, "net.port25-open net.port25-open:limit");
    expect_via(w, "mx.host-reachable", "mx1", VERDICT_UNKNOWN, "net.port25-open");
    expect_via(w, "mx.primary-reachable", "", VERDICT_UNKNOWN, "mx.host-reachable");
    expect_verdict(w, "mx.reachable", "", VERDICT_PASS);
}

static void a_primary_that_does_not_validate_has_its_own_finding(void **state)
{
    struct world *w = *state;
    w->mx1->a = w->mx1->aaaa = (struct dns_lookup){.status = DNS_BOGUS, .dnssec = DNSSEC_BOGUS};
    w->mx1->address_count = 0;
    expect_findings(w, "dns.host-dnssec-valid mx.redundancy");
    expect_via(w, "mx.primary-reachable", "", VERDICT_NA, "dns.host-dnssec-valid");
}

static void all_hosts_down_is_an_error(void **state)
{
    struct world *w = *state;
    close_host(w, MX1_V4, CONNECT_REFUSED);
    close_host(w, MX2_V4, CONNECT_TIMEOUT);
    expect_findings(w, "net.port25-open mx.host-reachable mx.reachable");
    expect_via(w, "mx.primary-reachable", "", VERDICT_NA, "mx.reachable");
    expect_detail(w, "mx.reachable", "", "None of the 4 addresses of the mail hosts");
    assert_int_equal(w->out.summary.status, STATUS_ERROR);
}

static void hosts_past_the_limit_may_be_up(void **state)
{
    struct world *w = *state;
    close_host(w, MX1_V4, CONNECT_REFUSED);
    close_host(w, MX2_V4, CONNECT_REFUSED);
    w->facts.hosts_left_out = 3;
    expect_findings(w, "net.port25-open mx.host-reachable mx.reachable:limit");
    w->facts.hosts_left_out = 0;
    w->mx2->addresses_left_out = 1;
    expect_findings(w, "net.port25-open mx.host-reachable mx.host-reachable:limit mx.reachable:limit");
}

/* -4 closes our eyes to IPv6. */
static void addresses_that_the_caller_left_out_may_be_up(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < WORLD_ADDRESSES; i += 2) {
        not_connected(w->endpoints[i], CONNECT_REFUSED);
        leave_out(w->endpoints[i + 1], NOT_PROBED_OPTION);
    }
    expect_findings(w, "net.port25-open mx.host-reachable:not_probed mx.reachable:not_probed");
}

static void a_primary_that_the_caller_left_out_is_not_down(void **state)
{
    struct world *w = *state;
    keep_addresses(w->mx1, IP_V6);
    leave_out(w->mx1->addresses[0].endpoints, NOT_PROBED_OPTION);
    leave_out(w->endpoints[MX2_V6], NOT_PROBED_OPTION);
    expect_findings(w, "");
    expect_via(w, "mx.primary-reachable", "", VERDICT_NA, "mx.host-reachable");
}

static void without_any_connection_nothing_is_said_of_reachability(void **state)
{
    struct world *w = *state;
    w->facts.smtp_wanted = w->facts.relay_wanted = false;
    for (size_t i = 0; i < WORLD_ADDRESSES; i++)
        leave_out(w->endpoints[i], NOT_PROBED_OPTION);
    expect_findings(w, "");
    expect_via(w, "mx.reachable", "", VERDICT_NA, "net.port25-open");
    assert_int_equal(w->out.summary.status, STATUS_OK);
}

static void half_known_addresses_are_no_proof_that_a_host_is_down(void **state)
{
    struct world *w = *state;
    keep_addresses(w->mx2, IP_V4);
    w->mx2->aaaa = (struct dns_lookup){.status = DNS_FAILED, .reason = "SERVFAIL"};
    not_connected(w->endpoints[MX2_V4], CONNECT_REFUSED);
    expect_unknown(w, "mx.host-reachable", "mx2", REASON_DNS_FAILURE);
    expect_detail(w, "mx.host-reachable", "mx2", "SERVFAIL");
}

static void a_server_by_name_or_by_address(void **state)
{
    struct world *w = *state;
    make_server(w, 25, TLS_MODE_STARTTLS);
    expect_findings(w, "");
    expect_verdict(w, "mx.reachable", "", VERDICT_PASS);
    expect_verdict(w, "mx.host-reachable", "mx1", VERDICT_PASS);
    static const char *const of_domains[] = {"mx.exists", "mx.implicit", "mx.redundancy", "mx.ipv4", "mx.ipv6", "mx.failover-distinct", "mx.primary-reachable", "pool.operators"};
    for (size_t i = 0; i < sizeof of_domains / sizeof *of_domains; i++)
        expect_verdict(w, of_domains[i], "", VERDICT_NA);
    expect_verdict(w, "mx.target-cname", "mx1", VERDICT_NA);
    expect_verdict(w, "mx.address-public", "mx1/v4", VERDICT_NA);

    w->mx1->name_kind = HOST_NAME_IP_LITERAL;
    w->mx1->a = w->mx1->aaaa = (struct dns_lookup){.status = DNS_NOT_ASKED};
    keep_addresses(w->mx1, IP_V4);
    w->mx1->a.status = w->mx1->aaaa.status = DNS_NOT_ASKED;
    expect_findings(w, "");
    expect_verdict(w, "mx.target-resolves", "mx1", VERDICT_NA);
    expect_verdict(w, "mx.host-reachable", "mx1", VERDICT_PASS);
    not_connected(w->endpoints[MX1_V4], CONNECT_REFUSED);
    expect_findings(w, "net.port25-open mx.host-reachable mx.reachable");
}

static void a_server_without_address(void **state)
{
    struct world *w = *state;
    make_server(w, 25, TLS_MODE_STARTTLS);
    w->mx1->a.status = w->mx1->aaaa.status = DNS_NXDOMAIN;
    w->mx1->address_count = 0;
    expect_findings(w, "mx.target-resolves mx.reachable");
    expect_verdict(w, "mx.target-dangling", "mx1", VERDICT_NA);
}

static void a_literal_that_is_not_public_is_not_tried(void **state)
{
    struct world *w = *state;
    make_server(w, 25, TLS_MODE_STARTTLS);
    w->mx1->name_kind = HOST_NAME_IP_LITERAL;
    for (size_t i = 0; i < w->mx1->address_count; i++)
        w->mx1->addresses[i].special = "private, RFC 1918";
    expect_via(w, "mx.host-reachable", "mx1", VERDICT_NA, "mx.address-public");
}

static void a_host_with_bogus_addresses_is_not_tried(void **state)
{
    struct world *w = *state;
    w->mx2->a = w->mx2->aaaa = (struct dns_lookup){.status = DNS_BOGUS, .dnssec = DNSSEC_BOGUS};
    w->mx2->address_count = 0;
    expect_via(w, "mx.host-reachable", "mx2", VERDICT_NA, "mx.target-resolves");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_literal_that_is_not_public_is_not_tried),
        WORLD_TEST(a_host_with_bogus_addresses_is_not_tried),
        WORLD_TEST(a_backup_that_is_down_is_a_warning),
        WORLD_TEST(a_host_with_one_address_is_named),
        WORLD_TEST(a_primary_that_is_down_leaves_mail_to_the_backup),
        WORLD_TEST(a_primary_without_address_is_no_better),
        WORLD_TEST(a_primary_of_which_nothing_is_known_is_not_down),
        WORLD_TEST(a_primary_that_does_not_validate_has_its_own_finding),
        WORLD_TEST(all_hosts_down_is_an_error),
        WORLD_TEST(hosts_past_the_limit_may_be_up),
        WORLD_TEST(addresses_that_the_caller_left_out_may_be_up),
        WORLD_TEST(a_primary_that_the_caller_left_out_is_not_down),
        WORLD_TEST(without_any_connection_nothing_is_said_of_reachability),
        WORLD_TEST(half_known_addresses_are_no_proof_that_a_host_is_down),
        WORLD_TEST(a_server_by_name_or_by_address),
        WORLD_TEST(a_server_without_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

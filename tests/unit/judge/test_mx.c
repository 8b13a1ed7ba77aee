/* SPDX-License-Identifier: Apache-2.0 */
/* test_mx - the MX set: does it exist, say what it means, and lead to hosts with addresses? */
#include "mail_names_world.h"

static const struct dns_lookup found = {.status = DNS_FOUND, .dnssec = DNSSEC_SECURE};
static const struct dns_lookup no_data = {.status = DNS_NODATA, .dnssec = DNSSEC_SECURE};
static const struct dns_lookup bogus = {.status = DNS_BOGUS};
static const struct dns_lookup no_name = {.status = DNS_NXDOMAIN, .dnssec = DNSSEC_SECURE};
static const struct dns_lookup no_answer = {.status = DNS_TIMEOUT};

/* The domain has no MX record. */
static void without_mx(struct world *w, enum mx_status status, struct dns_lookup address, struct dns_lookup txt)
{
    w->facts.mx = (struct mx_facts){.status = status, .lookup = no_data, .a = address, .aaaa = address, .txt = txt};
    w->facts.host_count = 0;
}

static void set_records(struct world *w, const struct mx_record *records, size_t count)
{
    w->facts.mx.records = ARENA_ARRAY(&w->arena, struct mx_record, count);
    memcpy(w->facts.mx.records, records, count * sizeof *records);
    w->facts.mx.record_count = count;
}

static void lose_addresses(struct host_facts *h, struct dns_lookup a, struct dns_lookup aaaa)
{
    h->a = a;
    h->aaaa = aaaa;
    h->address_count = 0;
}

static void a_domain_without_mx_and_address_has_nowhere(void **state)
{
    struct world *w = *state;
    without_mx(w, MX_NONE, no_data, found);
    expect_findings(w, "mx.exists");
    expect_via(w, "mx.reachable", "", VERDICT_NA, "mx.exists");
    expect_via(w, "mx.ipv6", "", VERDICT_NA, "mx.exists");
    expect_via(w, "pool.operators", "", VERDICT_NA, "mx.exists");
}

/* It may be one that takes no mail and says so by SPF. */
static void without_its_spf_record_nobody_knows_whether_it_takes_mail(void **state)
{
    struct world *w = *state;
    without_mx(w, MX_NONE, no_data, no_answer);
    expect_findings(w, "mx.exists:dns_failure");
    without_mx(w, MX_IMPLICIT, found, no_answer);
    expect_findings(w, "mx.implicit:dns_failure");
    expect_via(w, "mx.null-proper", "", VERDICT_UNKNOWN, "mx.implicit");
}

static void without_its_addresses_nobody_knows_whether_it_takes_mail(void **state)
{
    struct world *w = *state;
    without_mx(w, MX_DNS_FAILURE, no_data, no_data);
    w->facts.mx.aaaa = no_answer;
    expect_findings(w, "mx.exists:dns_failure");
    expect_via(w, "mx.reachable", "", VERDICT_UNKNOWN, "mx.exists");
    assert_int_equal(w->out.summary.status, STATUS_INCONCLUSIVE);
}

static void a_domain_may_say_by_spf_that_it_takes_no_mail(void **state)
{
    struct world *w = *state;
    without_mx(w, MX_NONE, no_data, found);
    w->facts.mx.spf_denies_all = true;
    expect_findings(w, "mx.null-proper");
    expect_via(w, "mx.exists", "", VERDICT_NA, "mx.null-proper");
}

static void a_null_mx_stands_alone_with_preference_zero(void **state)
{
    struct world *w = *state;
    w->facts.host_count = 0;
    w->facts.mx.status = MX_NULL;
    set_records(w, &(struct mx_record){0, "."}, 1);
    expect_findings(w, "");
    expect_verdict(w, "mx.null-exclusive", "", VERDICT_PASS);
    expect_verdict(w, "mx.null-proper", "", VERDICT_PASS);
    expect_verdict(w, "mx.reachable", "", VERDICT_NA);
    set_records(w, &(struct mx_record){10, "."}, 1);
    expect_findings(w, "mx.null-proper");
    expect_detail(w, "mx.null-proper", "", "preference 10");
}

static void a_domain_without_mail_forbids_to_send_in_its_name(void **state)
{
    struct world *w = *state;
    w->facts.host_count = 0;
    w->facts.mx.status = MX_NULL;
    set_records(w, &(struct mx_record){0, "."}, 1);
    with_spf(w);
    with_dmarc(w);
    expect_findings(w, "mx.null-locked"); /* its SPF record permits somebody */
    expect_detail(w, "mx.null-locked", "", "exactly `v=spf1 -all`");
    w->facts.mx.spf_denies_all = true;
    expect_findings(w, "");
    expect_verdict(w, "mx.null-locked", "", VERDICT_PASS);
    w->facts.dmarc.steps[0].record.testing = true;
    expect_findings(w, "mx.null-locked");
    expect_detail(w, "mx.null-locked", "", "comes to quarantine");
    w->facts.dmarc.policy = NULL;
    expect_findings(w, "mx.null-locked");
    expect_detail(w, "mx.null-locked", "", "No DMARC policy");
    assert_null(strstr(verdict_about(w, "mx.null-locked", "")->detail, "null)"));
    w->facts.mx.spf_denies_all = false;
    expect_detail(w, "mx.null-locked", "", "exactly `v=spf1 -all`. No DMARC policy");
}

static void what_is_not_known_does_not_leave_a_null_mx_open(void **state)
{
    struct world *w = *state;
    w->facts.host_count = 0;
    w->facts.mx.status = MX_NULL;
    set_records(w, &(struct mx_record){0, "."}, 1);
    with_spf(w);
    with_dmarc(w);
    w->facts.apex_txt.status = DNS_TIMEOUT;
    expect_findings(w, "mx.null-locked:dns_failure");
    w->facts.mx.spf_denies_all = true;
    w->facts.apex_txt.status = DNS_FOUND;
    w->facts.dmarc.policy = NULL;
    w->facts.dmarc.complete = false;
    w->facts.dmarc.steps[0].txt.status = DNS_FAILED;
    expect_findings(w, "mx.null-locked:dns_failure");
    w->facts.mx.spf_denies_all = false; /* one half that is open is enough */
    expect_findings(w, "mx.null-locked");
    w->facts.dmarc.wanted = false;
    expect_verdict(w, "mx.null-locked", "", VERDICT_NA);
}

static void a_null_mx_beside_others_is_an_error(void **state)
{
    struct world *w = *state;
    set_records(w, (struct mx_record[]){{0, "."}, {10, "mx1.example.org"}, {20, "mx2.example.org"}}, 3);
    expect_findings(w, "mx.null-exclusive");
    expect_detail(w, "mx.null-exclusive", "", "the others name mx1.example.org, mx2.example.org");
    expect_verdict(w, "mx.null-proper", "", VERDICT_NA);

    set_records(w, (struct mx_record[]){{0, "."}, {10, "."}}, 2);
    w->facts.host_count = 0;
    expect_findings(w, "mx.null-exclusive");
}

static void an_implicit_mx_is_a_guess(void **state)
{
    struct world *w = *state;
    w->facts.mx = (struct mx_facts){.status = MX_IMPLICIT, .lookup = no_data, .a = found, .aaaa = found, .txt = found};
    w->facts.host_count = 1;
    w->mx1->a.alias_of = "web.example.org"; /* the domain itself may be an alias: RFC 5321 5.1 */
    expect_findings(w, "mx.implicit mx.redundancy");
    expect_verdict(w, "mx.target-cname", "mx1", VERDICT_NA);
}

static void the_declared_set_is_compared_in_both_directions(void **state)
{
    static const struct mx_expectation declared[] = {{10, "MX1.example.org"}, {20, "mx2.example.org"}, {30, "mx3.example.org"}};
    struct world *w = *state;
    w->options.expect_mx = declared;
    w->options.expect_mx_count = 2;
    expect_findings(w, "");
    w->options.expect_mx_count = 1;
    expect_findings(w, "mx.expected-set");
    expect_detail(w, "mx.expected-set", "", "In the DNS, but not declared: 20 mx2.example.org.");
    w->options.expect_mx_count = 3;
    expect_findings(w, "mx.expected-set");
    expect_detail(w, "mx.expected-set", "", "Declared, but not in the DNS: 30 mx3.example.org.");
    w->facts.mx.records[0].preference = 11;
    w->options.expect_mx_count = 2;
    expect_findings(w, "mx.expected-set");
    expect_detail(w, "mx.expected-set", "", "not declared: 11 mx1.example.org; declared, but not in the DNS: 10 MX1.example.org.");
}

static void a_declared_set_that_could_not_be_looked_up_is_not_hijacked(void **state)
{
    static const struct mx_expectation declared[] = {{10, "mx1.example.org"}};
    struct world *w = *state;
    w->options.expect_mx = declared;
    w->options.expect_mx_count = 1;
    w->facts.mx = (struct mx_facts){.status = MX_DNS_FAILURE, .lookup = no_answer};
    w->facts.host_count = 0;
    expect_findings(w, "dns.domain-answers:dns_failure");
    expect_verdict(w, "mx.expected-set", "", VERDICT_UNKNOWN);
}

static void a_host_without_address(void **state)
{
    static const struct {
        enum host_name_kind kind;
        enum dns_status status;
        const char *said;
    } cases[] = {
        {HOST_NAME_GOOD, DNS_NXDOMAIN, "there is no such name"},
        {HOST_NAME_GOOD, DNS_NODATA, "neither an A nor an AAAA record"},
        {HOST_NAME_IP_LITERAL, DNS_NXDOMAIN, "an address where a name must stand"},
        {HOST_NAME_SINGLE_LABEL, DNS_NXDOMAIN, "a single word"},
        {HOST_NAME_BAD_SYNTAX, DNS_NOT_ASKED, "no valid host name"},
    };
    struct world *w = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct dns_lookup answer = {.status = cases[i].status};
        lose_addresses(w->mx2, answer, answer);
        w->mx2->name_kind = cases[i].kind;
        w->mx2->registrable = found; /* example.org is there */
        expect_findings(w, "mx.target-resolves mx.redundancy");
        expect_detail(w, "mx.target-resolves", "mx2", cases[i].said);
        expect_via(w, "mx.host-reachable", "mx2", VERDICT_NA, "mx.target-resolves");
    }
    w->mx2->name_kind = HOST_NAME_GOOD;
    for (int family = 0; family < 2; family++) { /* servers that deny the name for one type only */
        lose_addresses(w->mx2, family ? no_name : no_data, family ? no_data : no_name);
        expect_detail(w, "mx.target-resolves", "mx2", "there is no such name");
        lose_addresses(w->mx2, family ? bogus : no_data, family ? no_data : bogus);
        expect_via(w, "mx.target-resolves", "mx2", VERDICT_NA, "dns.host-dnssec-valid");
    }
}

static void one_family_is_enough_and_one_failed_lookup_no_proof(void **state)
{
    struct world *w = *state;
    keep_addresses(w->mx2, IP_V6);
    w->mx2->a = no_answer;
    expect_verdict(w, "mx.target-resolves", "mx2", VERDICT_PASS);
    expect_findings(w, "dns.host-dnssec-valid:dns_failure");
    lose_addresses(w->mx2, no_answer, no_data);
    expect_findings(w, "mx.target-resolves:dns_failure");
    expect_detail(w, "mx.target-resolves", "mx2", "The A records of mx2.example.org");
    expect_via(w, "mx.redundancy", "", VERDICT_UNKNOWN, "mx.target-resolves");
    expect_via(w, "mx.host-reachable", "mx2", VERDICT_UNKNOWN, "mx.target-resolves");
    expect_via(w, "mx.target-dangling", "mx2", VERDICT_UNKNOWN, "mx.target-resolves");
}

static void a_bad_name_that_was_asked_for_without_answer_is_unknown(void **state)
{
    struct world *w = *state;
    w->mx2->name_kind = HOST_NAME_BAD_SYNTAX;
    lose_addresses(w->mx2, no_answer, (struct dns_lookup){.status = DNS_NOT_ASKED});
    expect_unknown(w, "mx.target-resolves", "mx2", REASON_DNS_FAILURE);
}

static void a_name_that_anybody_may_register(void **state)
{
    struct world *w = *state;
    lose_addresses(w->mx2, no_name, no_name);
    w->mx2->name = "mx.gone.net";
    w->mx2->organisational_domain = "gone.net";
    w->mx2->registrable = no_name;
    expect_findings(w, "mx.target-resolves mx.target-dangling mx.redundancy");
    expect_detail(w, "mx.target-dangling", "mx.gone.net", "neither does gone.net");

    w->mx2->registrable = no_data; /* registered, though no SOA stands there */
    expect_findings(w, "mx.target-resolves mx.redundancy");
    w->mx2->registrable = no_answer;
    expect_findings(w, "mx.target-resolves mx.target-dangling:dns_failure mx.redundancy");
    w->mx2->registrable = (struct dns_lookup){.status = DNS_BOGUS};
    expect_findings(w, "mx.target-resolves mx.target-dangling:dns_failure mx.redundancy");
}

static void names_that_nobody_can_register_do_not_dangle(void **state)
{
    struct world *w = *state;
    lose_addresses(w->mx2, no_name, no_name);
    w->mx2->registrable = no_name;
    w->mx2->name = "mail.office.local";
    w->mx2->organisational_domain = "office.local";
    expect_findings(w, "mx.target-resolves mx.redundancy");
    w->mx2->name = "co.uk";
    w->mx2->organisational_domain = NULL;
    expect_findings(w, "mx.target-resolves mx.redundancy");
    w->mx2->name = "mx.gone.net";
    w->mx2->organisational_domain = "gone.net";
    lose_addresses(w->mx2, no_data, no_data); /* the name is there */
    expect_findings(w, "mx.target-resolves mx.redundancy");
    lose_addresses(w->mx2, no_data, no_name);
    expect_verdict(w, "mx.target-dangling", "mx.gone.net", VERDICT_PASS);
    lose_addresses(w->mx2, no_name, no_data);
    expect_verdict(w, "mx.target-dangling", "mx.gone.net", VERDICT_PASS);
}

static void an_alias_is_found_in_either_family(void **state)
{
    struct world *w = *state;
    w->mx2->aaaa.alias_of = "real.example.org";
    expect_findings(w, "mx.target-cname");
    expect_detail(w, "mx.target-cname", "mx2", "alias (CNAME) of real.example.org");
    w->mx2->aaaa.alias_of = NULL;
    w->mx2->aaaa = no_answer; /* an alias would have shown with the A records */
    expect_verdict(w, "mx.target-cname", "mx2", VERDICT_PASS);
    lose_addresses(w->mx2, no_answer, no_answer);
    expect_via(w, "mx.target-cname", "mx2", VERDICT_UNKNOWN, "mx.target-resolves");
}

static void make_private(struct address_facts *a)
{
    a->special = "private, RFC 1918";
    a->endpoints[0].not_probed = NOT_PROBED_PRIVATE_ADDRESS;
    a->endpoints[0].session_count = 0;
    a->endpoints[0].shown = NULL;
}

static void private_addresses_are_found_and_not_tried(void **state)
{
    struct world *w = *state;
    make_private(w->addresses[MX2_V4]);
    expect_findings(w, "mx.address-public");
    expect_detail(w, "mx.address-public", "mx2/v4", "203.0.113.20 cannot be reached over the Internet: private");
    expect_via(w, "net.port25-open", "mx2/v4", VERDICT_NA, "mx.address-public");
    make_private(w->addresses[MX2_V6]);
    expect_findings(w, "mx.address-public mx.redundancy");
    expect_via(w, "mx.host-reachable", "mx2", VERDICT_NA, "mx.address-public");
    make_private(w->addresses[MX1_V4]);
    make_private(w->addresses[MX1_V6]);
    expect_findings(w, "mx.address-public mx.reachable");
    expect_detail(w, "mx.reachable", "", "None of the 2 mail hosts has a public address.");
    expect_via(w, "mx.redundancy", "", VERDICT_NA, "mx.reachable");
}

static void addresses_of_a_lab_count_as_public(void **state)
{
    struct world *w = *state;
    w->addresses[MX2_V4]->treated_as_public = true;
    expect_findings(w, "");
}

static void each_backup_is_another_machine(void **state)
{
    struct world *w = *state;
    w->addresses[MX2_V4]->ip = w->addresses[MX1_V4]->ip;
    expect_verdict(w, "mx.failover-distinct", "", VERDICT_PASS); /* one address is its own */
    w->addresses[MX2_V6]->ip = w->addresses[MX1_V6]->ip;
    expect_verdict(w, "mx.failover-distinct", "", VERDICT_FAIL);
    expect_detail(w, "mx.failover-distinct", "", "All addresses of mx2.example.org");
    w->mx2->addresses_left_out = 1;
    expect_verdict(w, "mx.failover-distinct", "", VERDICT_PASS);
    w->mx2->addresses_left_out = 0;
    w->mx2->preference = 10; /* no backup then, but the same host under two names */
    expect_verdict(w, "mx.failover-distinct", "", VERDICT_PASS);
}

static void half_known_addresses_prove_no_double(void **state)
{
    struct world *w = *state;
    keep_addresses(w->mx2, IP_V4);
    w->mx2->addresses[0].ip = w->addresses[MX1_V4]->ip;
    expect_verdict(w, "mx.failover-distinct", "", VERDICT_FAIL);
    w->mx2->aaaa = no_answer;
    expect_unknown(w, "mx.failover-distinct", "", REASON_DNS_FAILURE);
}

static void a_host_stands_in_one_record(void **state)
{
    struct world *w = *state;
    set_records(w, (struct mx_record[]){{10, "mx1.example.org"}, {20, "mx2.example.org"}, {30, "mx1.example.org"}}, 3);
    expect_findings(w, "mx.failover-distinct");
    expect_detail(w, "mx.failover-distinct", "", "preference 10 and 30");
}

static void one_machine_is_no_redundancy(void **state)
{
    struct world *w = *state;
    keep_hosts(w, 1);
    expect_findings(w, "mx.redundancy");
    expect_verdict(w, "mx.failover-distinct", "", VERDICT_NA);
    w->addresses[MX1_V6]->ip = w->addresses[MX2_V4]->ip; /* two addresses of one family are two machines */
    expect_verdict(w, "mx.redundancy", "", VERDICT_PASS);
    w->addresses[MX1_V4]->ip = w->addresses[MX1_V6]->ip = w->addresses[MX2_V6]->ip;
    w->addresses[MX1_V4]->ip.bytes[15]++;
    expect_verdict(w, "mx.redundancy", "", VERDICT_PASS);
}

static void both_families_are_published(void **state)
{
    struct world *w = *state;
    keep_addresses(w->mx1, IP_V4);
    expect_findings(w, "");
    keep_addresses(w->mx2, IP_V4);
    expect_findings(w, "mx.ipv6");
    lose_addresses(w->mx2, no_name, no_name); /* of a host without any nothing more is to be known */
    expect_detail(w, "mx.ipv6", "", "No mail host has a public AAAA record.");
    w->mx2->a = found;
    w->mx2->aaaa = no_data;
    w->mx2->aaaa = no_answer;
    expect_findings(w, "dns.host-dnssec-valid:dns_failure");
    expect_via(w, "mx.ipv6", "", VERDICT_UNKNOWN, "dns.host-dnssec-valid");
}

static void senders_with_ipv4_only_can_deliver(void **state)
{
    struct world *w = *state;
    keep_addresses(w->mx1, IP_V6);
    keep_addresses(w->mx2, IP_V6);
    expect_findings(w, "mx.ipv4");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_domain_without_mx_and_address_has_nowhere),
        WORLD_TEST(without_its_spf_record_nobody_knows_whether_it_takes_mail),
        WORLD_TEST(without_its_addresses_nobody_knows_whether_it_takes_mail),
        WORLD_TEST(a_domain_may_say_by_spf_that_it_takes_no_mail),
        WORLD_TEST(a_null_mx_stands_alone_with_preference_zero),
        WORLD_TEST(a_domain_without_mail_forbids_to_send_in_its_name),
        WORLD_TEST(what_is_not_known_does_not_leave_a_null_mx_open),
        WORLD_TEST(a_null_mx_beside_others_is_an_error),
        WORLD_TEST(an_implicit_mx_is_a_guess),
        WORLD_TEST(the_declared_set_is_compared_in_both_directions),
        WORLD_TEST(a_declared_set_that_could_not_be_looked_up_is_not_hijacked),
        WORLD_TEST(a_host_without_address),
        WORLD_TEST(one_family_is_enough_and_one_failed_lookup_no_proof),
        WORLD_TEST(a_bad_name_that_was_asked_for_without_answer_is_unknown),
        WORLD_TEST(a_name_that_anybody_may_register),
        WORLD_TEST(names_that_nobody_can_register_do_not_dangle),
        WORLD_TEST(an_alias_is_found_in_either_family),
        WORLD_TEST(private_addresses_are_found_and_not_tried),
        WORLD_TEST(addresses_of_a_lab_count_as_public),
        WORLD_TEST(each_backup_is_another_machine),
        WORLD_TEST(half_known_addresses_prove_no_double),
        WORLD_TEST(a_host_stands_in_one_record),
        WORLD_TEST(one_machine_is_no_redundancy),
        WORLD_TEST(both_families_are_published),
        WORLD_TEST(senders_with_ipv4_only_can_deliver),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* test_pool - servers of one domain, or behind one name, compared with each other. */
#include "world.h"

static void silence(struct session_facts *s)
{
    cut_at(s, STEP_GREETING, END_TIMEOUT);
}

static void agree_on(struct session_facts *s, const char *version, const char *cipher)
{
    s->tls.version = version;
    s->tls.cipher = cipher;
    s->tls.group = "X25519";
    s->tls.hybrid_offered = false;
}

static void tls_on_all_or_on_none_is_alike(void **state)
{
    struct world *w = *state;
    expect_verdict(w, "pool.starttls", "", VERDICT_PASS);
    for (size_t i = 0; i < WORLD_ADDRESSES; i++)
        without_starttls(w, w->sessions[i]);
    expect_findings(w, "tls.starttls-offered");
    expect_verdict(w, "pool.starttls", "", VERDICT_PASS);
    expect_verdict(w, "pool.backup-weaker", "", VERDICT_PASS);
    expect_verdict(w, "pool.tls-level", "", VERDICT_NA);
}

static void a_backup_without_tls_is_odd_and_weaker(void **state)
{
    struct world *w = *state;
    without_starttls(w, w->sessions[MX2_V4]);
    without_starttls(w, w->sessions[MX2_V6]);
    expect_findings(w, "tls.starttls-offered pool.starttls pool.backup-weaker");
    expect_detail(w, "pool.starttls", "", "2 of 4 addresses, but not on mx2.example.org [203.0.113.20], mx2.example.org [2001:db8:b::20]");
    expect_detail(w, "pool.backup-weaker", "", "mx2.example.org has no TLS; the preferred hosts have TLS 1.3");
}

static void a_primary_without_tls_is_odd_only(void **state)
{
    struct world *w = *state;
    without_starttls(w, w->sessions[MX1_V4]);
    without_starttls(w, w->sessions[MX1_V6]);
    expect_findings(w, "tls.starttls-offered pool.starttls");
    expect_verdict(w, "pool.backup-weaker", "", VERDICT_PASS);
}

static void each_way_of_failing_counts(void **state)
{
    struct world *w = *state;
    struct session_facts *s = w->sessions[MX1_V6];
    const struct session_facts good = *s;
    add_capability(w, &s->ehlo, "XXXXXXXA");
    drop_capability(w, &s->ehlo, "STARTTLS");
    cut_at(s, STEP_STARTTLS, END_QUIT);
    expect_verdict(w, "pool.starttls", "", VERDICT_FAIL);
    *s = good;
    cut_at(s, STEP_HANDSHAKE, END_QUIT);
    s->tls.result = TLS_NOT_TRIED;
    set_reply(w, &s->starttls, 454, "4.7.0 TLS not available");
    expect_verdict(w, "pool.starttls", "", VERDICT_FAIL);
    *s = good;
    fail_handshake(s, TLS_ALERT, 40);
    fail_handshake(add_session(w->endpoints[MX1_V6], CONNECTION_LEGACY_TLS), TLS_ALERT, 40);
    expect_findings(w, "tls.handshake pool.starttls");
}

/* Nobody is compared with a server that told nothing. */
static void what_is_not_known_is_not_compared(void **state)
{
    struct world *w = *state;
    silence(w->sessions[MX2_V4]);
    silence(w->sessions[MX2_V6]);
    expect_verdict(w, "pool.starttls", "", VERDICT_PASS);
    expect_verdict(w, "pool.backup-weaker", "", VERDICT_NA);
    expect_verdict(w, "pool.capabilities", "mx2", VERDICT_NA);
    expect_verdict(w, "pool.certificate", "mx2", VERDICT_NA);
    silence(w->sessions[MX1_V4]);
    expect_verdict(w, "pool.starttls", "", VERDICT_NA);
    expect_verdict(w, "pool.tls-level", "", VERDICT_NA);
    expect_verdict(w, "pool.certificate", "mx1", VERDICT_NA);
}

static void a_handshake_that_nobody_answered_is_not_compared(void **state)
{
    struct world *w = *state;
    cut_at(w->sessions[MX1_V4], STEP_HANDSHAKE, END_TIMEOUT);
    cut_at(w->sessions[MX2_V4], STEP_STARTTLS, END_CLOSED);
    expect_verdict(w, "pool.starttls", "", VERDICT_PASS);
    expect_verdict(w, "pool.backup-weaker", "", VERDICT_PASS);
    expect_verdict(w, "pool.capabilities", "mx1", VERDICT_NA); /* one list is from inside TLS, the other in clear */
}

static void versions_and_cipher_classes_are_alike(void **state)
{
    struct world *w = *state;
    agree_on(w->sessions[MX1_V6], "TLSv1.2", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384");
    expect_verdict(w, "pool.tls-level", "", VERDICT_FAIL);
    expect_detail(w, "pool.tls-level", "", "mx1.example.org [2001:db8:a::10] has TLSv1.2");
    expect_verdict(w, "pool.backup-weaker", "", VERDICT_PASS);

    agree_on(w->sessions[MX1_V6], "TLSv1.3", "TLS_CHACHA20_POLY1305_SHA256"); /* of one class */
    expect_verdict(w, "pool.tls-level", "", VERDICT_PASS);
    agree_on(w->sessions[MX1_V6], "TLSv1.3", "TLS_AES_128_GCM_SHA256");
    expect_verdict(w, "pool.tls-level", "", VERDICT_FAIL);
}

static void a_version_without_a_cipher_or_the_reverse_is_not_compared(void **state)
{
    struct world *w = *state;
    agree_on(w->sessions[MX1_V4], "TLSv1.2", NULL);
    agree_on(w->sessions[MX1_V6], NULL, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA");
    expect_verdict(w, "pool.tls-level", "", VERDICT_PASS);
}

static void the_best_version_of_several_tries_counts(void **state)
{
    struct world *w = *state;
    struct session_facts *legacy = add_session(w->endpoints[MX1_V6], CONNECTION_LEGACY_TLS);
    agree_on(legacy, "TLSv1.2", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384");
    expect_verdict(w, "pool.tls-level", "", VERDICT_PASS);
}

static void a_backup_with_an_older_version_is_weaker(void **state)
{
    static const struct {
        const char *version, *cipher, *said;
    } cases[] = {
        {"TLSv1.2", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "has TLS 1.2; the preferred hosts have TLS 1.3"},
        {"TLSv1", "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "has TLS older than 1.2"},
    };
    struct world *w = *state;
    for (size_t i = 0; i < 2; i++) {
        agree_on(w->sessions[MX2_V4], cases[i].version, cases[i].cipher);
        expect_verdict(w, "pool.backup-weaker", "", VERDICT_FAIL);
        expect_detail(w, "pool.backup-weaker", "", cases[i].said);
    }
    agree_on(w->sessions[MX2_V4], "TLSv1.2", cases[0].cipher);
    agree_on(w->sessions[MX1_V6], "TLSv1.2", cases[0].cipher); /* the weakest server of each side counts */
    expect_verdict(w, "pool.backup-weaker", "", VERDICT_PASS);
    agree_on(w->sessions[MX1_V6], "TLSv1.3", "TLS_AES_256_GCM_SHA384");
    w->mx2->preference = 10;
    expect_verdict(w, "pool.backup-weaker", "", VERDICT_NA);
}

static void expire(struct world *w, struct session_facts *s)
{
    s->tls.certificates[0].not_after.s = s->tls.path_not_after.s = w->now.s - 5 * DAY_S;
    s->tls.certificates[0].not_before.s = s->tls.path_not_before.s = w->now.s - 50 * DAY_S;
}

static void a_backup_with_an_expired_certificate_is_weaker(void **state)
{
    struct world *w = *state;
    expire(w, w->sessions[MX2_V4]);
    expire(w, w->sessions[MX2_V6]);
    expect_findings(w, "cert.dates pool.backup-weaker");
    expect_detail(w, "pool.backup-weaker", "", "certificate of mx2.example.org is out of date");
    expect_verdict(w, "pool.certificate", "mx2", VERDICT_PASS); /* alike on both addresses */
    expire(w, w->sessions[MX1_V4]);
    expire(w, w->sessions[MX1_V6]);
    expect_findings(w, "cert.dates");
}

/* Nothing in clear text expires, and TLS with an old certificate is no worse than that. */
static void certificates_are_compared_where_both_sides_have_one(void **state)
{
    struct world *w = *state;
    without_starttls(w, w->sessions[MX1_V4]);
    without_starttls(w, w->sessions[MX1_V6]);
    expire(w, w->sessions[MX2_V4]);
    expect_verdict(w, "pool.backup-weaker", "", VERDICT_PASS);
}

static void one_machine_missed_the_renewal(void **state)
{
    struct world *w = *state;
    expire(w, w->sessions[MX1_V6]);
    expect_findings(w, "cert.dates pool.certificate");
    expect_detail(w, "pool.certificate", "mx1", "cert.dates fails on 2001:db8:a::10, but not on 198.51.100.10");
    expect_verdict(w, "pool.certificate", "mx2", VERDICT_PASS);
}

static void certificates_differ_in_name_or_trust(void **state)
{
    struct world *w = *state;
    w->sessions[MX1_V6]->tls.name_matches = TRI_NO;
    expect_findings(w, "cert.name-match pool.certificate");
    w->sessions[MX1_V4]->tls.name_matches = TRI_NO;
    expect_findings(w, "cert.name-match");
    w->sessions[MX2_V6]->tls.trust = TRUST_PRIVATE_CA;
    w->sessions[MX2_V6]->tls.trust_error = "self-signed certificate in certificate chain";
    expect_verdict(w, "pool.certificate", "mx1", VERDICT_PASS);
    expect_verdict(w, "pool.certificate", "mx2", VERDICT_FAIL);
}

/* An equally good certificate is not a difference: renewals reach machines one after the other. */
static void different_certificates_may_be_equally_good(void **state)
{
    struct world *w = *state;
    w->sessions[MX1_V6]->tls.certificates[0].serial = "5678";
    w->sessions[MX1_V6]->tls.certificates[0].not_after.s += DAY_S;
    expect_findings(w, "");
}

static void addresses_of_a_host_offer_the_same(void **state)
{
    struct world *w = *state;
    struct session_facts *s = w->sessions[MX1_V6];
    drop_capability_everywhere(w, s, "SIZE");
    add_capability(w, &s->ehlo, "SIZE 20971520");
    add_capability(w, &s->ehlo_tls, "SIZE 20971520");
    expect_findings(w, "pool.capabilities");
    expect_detail(w, "pool.capabilities", "mx1", "198.51.100.10 and 2001:db8:a::10 differ in SIZE");
    drop_capability_everywhere(w, s, "SIZE");
    add_capability(w, &s->ehlo, "size 52428800"); /* keywords have no case */
    add_capability(w, &s->ehlo_tls, "size 52428800");
    expect_findings(w, "");
    add_capability(w, &s->ehlo, "ETRN");
    expect_findings(w, "smtp.ehlo-diff"); /* only what counts, the list inside TLS, is compared */
    add_capability(w, &s->ehlo_tls, "ETRN");
    expect_findings(w, "pool.capabilities");
    expect_detail(w, "pool.capabilities", "mx1", "differ in ETRN");
}

static void the_same_flaw_on_all_addresses_is_no_difference(void **state)
{
    struct world *w = *state;
    for (size_t i = MX1_V4; i <= MX1_V6; i++) {
        add_capability(w, &w->sessions[i]->ehlo, "SIZE 1");
        add_capability(w, &w->sessions[i]->ehlo_tls, "SIZE 1");
    }
    expect_verdict(w, "pool.capabilities", "mx1", VERDICT_PASS);
}

static void hosts_may_offer_different_things(void **state)
{
    struct world *w = *state;
    for (size_t i = MX2_V4; i <= MX2_V6; i++) {
        add_capability(w, &w->sessions[i]->ehlo, "ETRN");
        add_capability(w, &w->sessions[i]->ehlo_tls, "ETRN");
    }
    expect_findings(w, "");
}

static void what_depends_on_the_session_is_not_compared(void **state)
{
    struct world *w = *state;
    add_capability(w, &w->sessions[MX1_V6]->ehlo_tls, "REQUIRETLS");
    expect_verdict(w, "pool.capabilities", "mx1", VERDICT_PASS);
    add_capability(w, &w->sessions[MX1_V6]->ehlo_tls, "AUTH PLAIN");
    add_capability(w, &w->sessions[MX1_V6]->ehlo_tls, "AUTH=PLAIN");
    expect_verdict(w, "pool.capabilities", "mx1", VERDICT_PASS);
}

static void set_ip(struct world *w, size_t address, const char *ip)
{
    assert_true(ip_parse(str_of(ip), &w->addresses[address]->ip));
}

static void all_in_one_network(void **state)
{
    struct world *w = *state;
    set_ip(w, MX2_V4, "198.51.100.255");
    expect_findings(w, "");
    set_ip(w, MX2_V6, "2001:db8:a:ffff::20");
    expect_findings(w, "pool.network-diversity");
    expect_detail(w, "pool.network-diversity", "", "All 2 IPv4 addresses are in the /24 of 198.51.100.10, and all IPv6 addresses in one /48");
    set_ip(w, MX2_V6, "2001:db8:b::20");
    expect_findings(w, "");
    keep_addresses(w->mx1, IP_V4);
    expect_findings(w, ""); /* one IPv6 address alone is in no common network */
    keep_addresses(w->mx2, IP_V4);
    expect_findings(w, "mx.ipv6 pool.network-diversity");
    set_ip(w, MX2_V4, "198.51.101.10");
    expect_findings(w, "mx.ipv6");
}

static void one_ipv4_address_is_in_no_common_network(void **state)
{
    struct world *w = *state;
    keep_addresses(w->mx2, IP_V6);
    w->mx2->addresses[0].ip = w->addresses[MX1_V6]->ip;
    w->mx2->addresses[0].ip.bytes[15]++;
    expect_verdict(w, "pool.network-diversity", "", VERDICT_PASS);
}

static void shared_addresses_count_once(void **state)
{
    struct world *w = *state;
    w->addresses[MX2_V4]->ip = w->addresses[MX1_V4]->ip;
    w->addresses[MX2_V6]->ip = w->addresses[MX1_V6]->ip;
    expect_verdict(w, "pool.network-diversity", "", VERDICT_PASS);
    expect_verdict(w, "mx.failover-distinct", "", VERDICT_FAIL);
}

static void a_network_is_not_judged_by_a_part_of_it(void **state)
{
    struct world *w = *state;
    set_ip(w, MX2_V4, "198.51.100.20");
    set_ip(w, MX2_V6, "2001:db8:a::20");
    w->mx2->addresses_left_out = 1;
    expect_verdict(w, "pool.network-diversity", "", VERDICT_NA);
    w->mx2->addresses_left_out = 0;
    keep_hosts(w, 1);
    expect_via(w, "pool.network-diversity", "", VERDICT_NA, "mx.redundancy");
}

static void private_addresses_are_in_no_network_of_the_internet(void **state)
{
    struct world *w = *state;
    keep_addresses(w->mx1, IP_V4);
    keep_addresses(w->mx2, IP_V4);
    set_ip(w, MX2_V4, "198.51.100.20");
    expect_verdict(w, "pool.network-diversity", "", VERDICT_FAIL);
    w->mx2->addresses[0].special = "not routed"; /* a third address keeps the domain redundant */
    w->mx2->addresses[1] = w->mx2->addresses[0];
    w->mx2->addresses[1].special = NULL;
    w->mx2->address_count = 2;
    set_ip(w, MX2_V6, "203.0.113.20");
    expect_verdict(w, "pool.network-diversity", "", VERDICT_PASS);
    set_ip(w, MX1_V4, "203.0.113.10");
    expect_verdict(w, "pool.network-diversity", "", VERDICT_FAIL); /* of the two that are public */
}

static void preferred_hosts_belong_together(void **state)
{
    struct world *w = *state;
    w->mx2->organisational_domain = "provider.net";
    w->mx2->name = "mx.provider.net";
    expect_verdict(w, "pool.operators", "", VERDICT_NA); /* a backup may be anybody's */
    w->mx2->preference = 10;
    expect_verdict(w, "pool.operators", "", VERDICT_FAIL);
    expect_detail(w, "pool.operators", "", "mx1.example.org and mx.provider.net, both of preference 10");
    w->mx2->organisational_domain = NULL;
    expect_verdict(w, "pool.operators", "", VERDICT_NA);
    w->mx2->organisational_domain = "example.org";
    expect_verdict(w, "pool.operators", "", VERDICT_PASS);
}

static void other_ports_are_not_part_of_the_pool(void **state)
{
    struct world *w = *state;
    struct endpoint_facts *e = add_port(w, MX1_V4, 587);
    agree_on(&e->sessions[0], "TLSv1.2", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384");
    drop_capability_everywhere(w, &e->sessions[0], "CHUNKING");
    expect_verdict(w, "pool.tls-level", "", VERDICT_PASS);
    expect_verdict(w, "pool.capabilities", "mx1", VERDICT_PASS);
    expect_verdict(w, "pool.starttls", "", VERDICT_PASS);
}

static void the_addresses_of_a_server_are_a_pool_too(void **state)
{
    struct world *w = *state;
    make_server(w, 25, TLS_MODE_STARTTLS);
    without_starttls(w, w->sessions[MX1_V6]);
    expect_findings(w, "tls.starttls-offered pool.starttls");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(tls_on_all_or_on_none_is_alike),
        WORLD_TEST(a_backup_without_tls_is_odd_and_weaker),
        WORLD_TEST(a_primary_without_tls_is_odd_only),
        WORLD_TEST(each_way_of_failing_counts),
        WORLD_TEST(what_is_not_known_is_not_compared),
        WORLD_TEST(a_handshake_that_nobody_answered_is_not_compared),
        WORLD_TEST(versions_and_cipher_classes_are_alike),
        WORLD_TEST(a_version_without_a_cipher_or_the_reverse_is_not_compared),
        WORLD_TEST(the_best_version_of_several_tries_counts),
        WORLD_TEST(a_backup_with_an_older_version_is_weaker),
        WORLD_TEST(a_backup_with_an_expired_certificate_is_weaker),
        WORLD_TEST(certificates_are_compared_where_both_sides_have_one),
        WORLD_TEST(one_machine_missed_the_renewal),
        WORLD_TEST(certificates_differ_in_name_or_trust),
        WORLD_TEST(different_certificates_may_be_equally_good),
        WORLD_TEST(addresses_of_a_host_offer_the_same),
        WORLD_TEST(the_same_flaw_on_all_addresses_is_no_difference),
        WORLD_TEST(hosts_may_offer_different_things),
        WORLD_TEST(what_depends_on_the_session_is_not_compared),
        WORLD_TEST(all_in_one_network),
        WORLD_TEST(one_ipv4_address_is_in_no_common_network),
        WORLD_TEST(shared_addresses_count_once),
        WORLD_TEST(a_network_is_not_judged_by_a_part_of_it),
        WORLD_TEST(private_addresses_are_in_no_network_of_the_internet),
        WORLD_TEST(preferred_hosts_belong_together),
        WORLD_TEST(other_ports_are_not_part_of_the_pool),
        WORLD_TEST(the_addresses_of_a_server_are_a_pool_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* test_dane_rules - TLSA records as findings: each row tripped, its healthy neighbour, and what is not known. */
#include "dane_world.h"

static int setup(void **state)
{
    int failed = world_setup(state);
    if (!failed)
        with_dane(*state);
    return failed;
}

#define DANE_TEST(function) cmocka_unit_test_setup_teardown(function, setup, world_teardown)

static struct dns_lookup *tlsa(struct host_facts *h)
{
    return &h->tlsa[0].bases[0].lookup;
}

static void addresses_are(struct host_facts *h, enum dnssec_state dnssec)
{
    set_lookup(&h->a, DNS_FOUND, dnssec);
    set_lookup(&h->aaaa, DNS_FOUND, dnssec);
}

static void healthy_dane_is_healthy(void **state)
{
    struct world *w = *state;
    static const char *const rows[] = {"dane.lookup", "dane.published", "dane.secure", "dane.records-usable", "dane.renewal-safe"};
    expect_findings(w, "");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect_verdict(w, rows[i], "mx1", VERDICT_PASS);
    expect_verdict(w, "dane.starttls", "mx1/v4:25", VERDICT_PASS);
    expect_verdict(w, "dane.match", "mx2/v6:25", VERDICT_PASS);
    expect_verdict(w, "dane.mx-secure", "", VERDICT_PASS);
    expect_verdict(w, "dane.all-mx", "", VERDICT_PASS);
}

/* Records beyond our limit could be the right ones. */
static void records_that_were_left_out_are_not_held_against_anybody(void **state)
{
    struct world *w = *state;
    set_match(w->mx1, 0, TLSA_NO_DIGEST);
    set_match(w->mx1, 1, TLSA_TA_NOT_SENT);
    w->mx1->tlsa[0].bases[0].records_left_out = 7;
    expect_unknown(w, "dane.match", "mx1/v4:25", REASON_LIMIT);
    expect_detail(w, "dane.match", "mx1/v4:25", "None of the first 2 TLSA records of");
    w->mx1->tlsa[0].bases[0].records_left_out = 0;
    expect_verdict(w, "dane.match", "mx1/v4:25", VERDICT_FAIL);
}

static void a_zone_without_dnssec_has_no_dane_and_no_fault(void **state)
{
    struct world *w = *state;
    addresses_are(w->mx1, DNSSEC_INSECURE);
    addresses_are(w->mx2, DNSSEC_INSECURE);
    set_records(w, w->mx1, "");
    set_records(w, w->mx2, "");
    set_lookup(&w->facts.mx.lookup, DNS_FOUND, DNSSEC_INSECURE);
    expect_findings(w, "dns.dnssec-signed");
    expect_via(w, "dane.lookup", "mx1", VERDICT_NA, "dns.host-dnssec-valid");
    expect_verdict(w, "dane.secure", "mx1", VERDICT_NA);
    expect_verdict(w, "dane.mx-secure", "", VERDICT_NA);
}

static void in_an_insecure_zone_a_failing_tlsa_question_is_nobodys_fault(void **state)
{
    struct world *w = *state;
    addresses_are(w->mx2, DNSSEC_INSECURE);
    set_lookup(tlsa(w->mx2), DNS_FAILED, DNSSEC_INDETERMINATE);
    expect_findings(w, "dane.all-mx pool.backup-weaker");
    expect_verdict(w, "dane.lookup", "mx2", VERDICT_NA);
}

static void without_tlsa_questions_nothing_is_said(void **state)
{
    struct world *w = *state;
    w->mx1->tlsa_count = w->mx2->tlsa_count = 0;
    expect_findings(w, "");
    expect_verdict(w, "dane.lookup", "mx1", VERDICT_NA);
    w->mx2->within_limit = false;
    expect_unknown(w, "dane.lookup", "mx2", REASON_LIMIT);
}

static void a_failing_tlsa_question_stops_senders(void **state)
{
    struct world *w = *state;
    set_lookup(tlsa(w->mx2), DNS_FAILED, DNSSEC_INDETERMINATE);
    expect_findings(w, "dane.lookup");
    expect_detail(w, "dane.lookup", "mx2", "TLSA question for mx2.example.org fails, while its addresses are answered");
    expect_via(w, "dane.match", "mx2/v4:25", VERDICT_NA, "dane.lookup");
    set_lookup(tlsa(w->mx2), DNS_BOGUS, DNSSEC_BOGUS);
    expect_findings(w, "dane.lookup");
}

static void a_tlsa_question_that_we_could_not_ask_is_unknown_once(void **state)
{
    struct world *w = *state;
    set_lookup(tlsa(w->mx1), DNS_TIMEOUT, DNSSEC_INDETERMINATE);
    expect_findings(w, "dane.lookup:dns_failure");
    expect_via(w, "dane.match", "mx1/v4:25", VERDICT_UNKNOWN, "dane.lookup");
    expect_via(w, "dane.secure", "mx1", VERDICT_UNKNOWN, "dane.lookup");
    expect_verdict(w, "dane.all-mx", "", VERDICT_PASS);
    set_lookup(tlsa(w->mx2), DNS_TIMEOUT, DNSSEC_INDETERMINATE);
    expect_findings(w, "dane.lookup:dns_failure");
    expect_via(w, "dane.all-mx", "", VERDICT_UNKNOWN, "dane.records-usable");
    expect_via(w, "dane.mx-secure", "", VERDICT_UNKNOWN, "dane.records-usable");
}

static void bogus_addresses_are_their_own_finding(void **state)
{
    struct world *w = *state;
    set_lookup(&w->mx2->aaaa, DNS_BOGUS, DNSSEC_BOGUS);
    expect_findings(w, "dns.host-dnssec-valid");
    expect_via(w, "dane.lookup", "mx2", VERDICT_NA, "dns.host-dnssec-valid");
    expect_via(w, "dane.secure", "mx2", VERDICT_NA, "dns.host-dnssec-valid");
}

static void a_resolver_that_cannot_be_believed_tells_nothing_of_dane(void **state)
{
    struct world *w = *state;
    w->facts.vantage.random_lookup = (struct dns_lookup){.status = DNS_FOUND};
    expect_findings(w, "net.resolver-trust dns.dnssec-valid:resolver_untrusted dns.host-dnssec-valid:resolver_untrusted");
    expect_verdict(w, "dane.match", "mx1/v4:25", VERDICT_UNKNOWN);
}

static void a_signed_host_without_tlsa_could_have_it(void **state)
{
    struct world *w = *state;
    set_records(w, w->mx2, "");
    expect_findings(w, "dane.published dane.all-mx pool.backup-weaker");
    expect_detail(w, "dane.all-mx", "", "mx1.example.org has usable TLSA records, mx2.example.org has not");
    set_records(w, w->mx1, "");
    expect_findings(w, "dane.published");
    expect_verdict(w, "dane.match", "mx1/v4:25", VERDICT_NA);
}

static void a_primary_without_tlsa_is_not_the_backups_fault(void **state)
{
    struct world *w = *state;
    set_records(w, w->mx1, "");
    expect_findings(w, "dane.published dane.all-mx");
    expect_verdict(w, "pool.backup-weaker", "", VERDICT_PASS);
}

static void a_denial_outside_dnssec_asks_for_nothing(void **state)
{
    struct world *w = *state;
    set_records(w, w->mx1, "");
    set_records(w, w->mx2, "");
    set_lookup(tlsa(w->mx1), DNS_NXDOMAIN, DNSSEC_INSECURE);
    set_lookup(tlsa(w->mx2), DNS_NXDOMAIN, DNSSEC_INSECURE);
    expect_findings(w, "");
    expect_verdict(w, "dane.published", "mx1", VERDICT_NA);
}

static void records_outside_dnssec_are_of_no_use(void **state)
{
    struct world *w = *state;
    addresses_are(w->mx1, DNSSEC_INSECURE);
    addresses_are(w->mx2, DNSSEC_INSECURE);
    expect_findings(w, "dane.secure");
    expect_detail(w, "dane.secure", "mx1", "its addresses are not under DNSSEC");
    addresses_are(w->mx1, DNSSEC_SECURE);
    addresses_are(w->mx2, DNSSEC_SECURE);
    set_lookup(tlsa(w->mx1), DNS_FOUND, DNSSEC_INSECURE);
    set_lookup(tlsa(w->mx2), DNS_FOUND, DNSSEC_INSECURE);
    expect_findings(w, "dane.secure");
    expect_detail(w, "dane.secure", "mx1", "The TLSA records of mx1.example.org are not under DNSSEC");
    expect_via(w, "dane.published", "mx1", VERDICT_NA, "dane.secure");
}

static void an_unsigned_way_to_dane_hosts_is_a_gap(void **state)
{
    struct world *w = *state;
    set_lookup(&w->facts.mx.lookup, DNS_FOUND, DNSSEC_INSECURE);
    expect_findings(w, "dns.dnssec-signed dane.mx-secure");
    expect_detail(w, "dane.mx-secure", "", "mx1.example.org, mx2.example.org have usable TLSA records");
    expect_verdict(w, "dane.all-mx", "", VERDICT_NA);
    expect_verdict(w, "dane.match", "mx1/v4:25", VERDICT_PASS);
    keep_hosts(w, 1);
    expect_detail(w, "dane.mx-secure", "", "mx1.example.org has usable TLSA records");
}

static void a_backup_of_one_family_counts_as_well(void **state)
{
    struct world *w = *state;
    set_records(w, w->mx2, "");
    set_lookup(&w->mx2->aaaa, DNS_NODATA, DNSSEC_SECURE);
    expect_verdict(w, "dane.all-mx", "", VERDICT_FAIL);
    set_lookup(&w->mx2->aaaa, DNS_FOUND, DNSSEC_SECURE);
    set_lookup(&w->mx2->a, DNS_NODATA, DNSSEC_SECURE);
    expect_verdict(w, "dane.all-mx", "", VERDICT_FAIL);
    set_lookup(&w->mx2->aaaa, DNS_NODATA, DNSSEC_SECURE); /* of a host without address nobody asks for more */
    w->mx2->address_count = 0;
    expect_verdict(w, "dane.all-mx", "", VERDICT_PASS);
}

static void an_implicit_mx_needs_no_signed_mx_record(void **state)
{
    struct world *w = *state;
    keep_hosts(w, 1);
    w->facts.mx.status = MX_IMPLICIT;
    w->facts.mx.record_count = 0;
    set_lookup(&w->facts.mx.lookup, DNS_NODATA, DNSSEC_SECURE);
    set_lookup(&w->facts.mx.txt, DNS_NODATA, DNSSEC_SECURE);
    expect_verdict(w, "dane.mx-secure", "", VERDICT_NA);
    expect_verdict(w, "dane.all-mx", "", VERDICT_PASS);
}

static void unusable_records_are_named(void **state)
{
    struct world *w = *state;
    set_records(w, w->mx1, "1 1 1");
    set_records(w, w->mx2, "1 1 1");
    expect_findings(w, "dane.records-usable");
    expect_detail(w, "dane.records-usable", "mx1",
                  "Of the TLSA records of mx1.example.org none is usable: 1 1 1 00000000... (usages 0 and 1 are not for mail servers)");
    expect_verdict(w, "dane.match", "mx1/v4:25", VERDICT_NA);
    expect_verdict(w, "dane.all-mx", "", VERDICT_NA);
    set_records(w, w->mx1, "1 1 1, 3 1 1");
    set_records(w, w->mx2, "3 1 1");
    expect_findings(w, "dane.records-usable");
    expect_detail(w, "dane.records-usable", "mx1", "Of the TLSA records of mx1.example.org these are not usable: 1 1 1");
    expect_verdict(w, "dane.match", "mx1/v4:25", VERDICT_PASS);
}

static void what_is_left_out_of_a_record_is_shown_by_dots(void **state)
{
    struct world *w = *state;
    struct tlsa_record *record = w->mx1->tlsa[0].bases[0].records;
    record->flaw = TLSA_WRONG_LENGTH;
    record->data.n = 4;
    expect_detail(w, "dane.records-usable", "mx1", "3 1 1 00000000 (");
    record->data.n = 5;
    expect_detail(w, "dane.records-usable", "mx1", "3 1 1 00000000... (");
}

static void tls_that_was_promised_must_be_there(void **state)
{
    struct world *w = *state;
    without_starttls(w, w->sessions[MX2_V4]);
    without_starttls(w, w->sessions[MX2_V6]);
    expect_findings(w, "tls.starttls-offered dane.starttls pool.starttls pool.backup-weaker");
    expect_detail(w, "dane.starttls", "mx2/v4:25", "mx2.example.org has TLSA records, and STARTTLS is not offered");
    set_records(w, w->mx2, "1 1 1");
    expect_verdict(w, "dane.starttls", "mx2/v4:25", VERDICT_FAIL);
    set_records(w, w->mx2, "");
    expect_verdict(w, "dane.starttls", "mx2/v4:25", VERDICT_NA);
}

static void a_server_that_puts_us_off_breaks_no_promise(void **state)
{
    struct world *w = *state;
    struct session_facts *s = w->sessions[MX2_V4];
    cut_at(s, STEP_STARTTLS, END_QUIT);
    set_reply(w, &s->starttls, 421, "4.3.2 too busy");
    expect_verdict(w, "tls.starttls-accepted", "mx2/v4:25", VERDICT_UNKNOWN);
    expect_via(w, "dane.starttls", "mx2/v4:25", VERDICT_UNKNOWN, "tls.starttls-accepted");
    expect_verdict(w, "dane.match", "mx2/v4:25", VERDICT_UNKNOWN);
    cut_at(s, STEP_HANDSHAKE, END_TIMEOUT);
    set_reply(w, &s->starttls, 220, "go");
    expect_via(w, "dane.starttls", "mx2/v4:25", VERDICT_UNKNOWN, "tls.handshake");
    cut_at(s, STEP_GREETING, END_QUIT);
    set_reply(w, &s->greeting, 421, "later");
    expect_verdict(w, "dane.starttls", "mx2/v4:25", VERDICT_UNKNOWN);
    expect_verdict(w, "dane.match", "mx2/v4:25", VERDICT_UNKNOWN);
}

static void a_closed_port_breaks_no_promise(void **state)
{
    struct world *w = *state;
    not_connected(w->endpoints[MX2_V4], CONNECT_REFUSED);
    expect_verdict(w, "dane.starttls", "mx2/v4:25", VERDICT_NA);
    expect_verdict(w, "dane.match", "mx2/v4:25", VERDICT_NA);
}

static void a_certificate_that_fits_no_record_is_an_impostors(void **state)
{
    struct world *w = *state;
    set_match(w->mx1, 0, TLSA_NO_DIGEST);
    expect_findings(w, "");
    set_match(w->mx1, 1, TLSA_TA_NOT_SENT);
    expect_findings(w, "dane.match");
    expect_detail(w, "dane.match", "mx1/v4:25", "does not send the CA certificate that they name");
    set_match(w->mx1, 1, TLSA_TA_NAME);
    expect_detail(w, "dane.match", "mx1/v4:25", "does not name the server");
    expect_via(w, "dane.renewal-safe", "mx1", VERDICT_NA, "dane.match");
}

static void without_a_certificate_nothing_fits(void **state)
{
    struct world *w = *state;
    w->sessions[MX1_V4]->tls.certificate_count = 0;
    expect_verdict(w, "dane.match", "mx1/v4:25", VERDICT_FAIL);
    expect_detail(w, "dane.match", "mx1/v4:25", "shows no certificate");
}

static void a_chain_that_was_not_compared_is_unknown(void **state)
{
    struct world *w = *state;
    w->sessions[MX1_V4]->tls.tlsa[0] = NULL;
    expect_unknown(w, "dane.match", "mx1/v4:25", REASON_INTERNAL);
}

static void one_address_behind_is_a_pool_fault_too(void **state)
{
    struct world *w = *state;
    w->sessions[MX1_V6]->tls.tlsa[0][0] = TLSA_NO_DIGEST;
    w->sessions[MX1_V6]->tls.tlsa[0][1] = TLSA_TA_NOT_SENT;
    expect_findings(w, "dane.match pool.certificate");
    expect_detail(w, "pool.certificate", "mx1", "dane.match fails on 2001:db8:a::10, but not on 198.51.100.10");
}

static void a_backup_that_fits_no_record_is_weaker(void **state)
{
    struct world *w = *state;
    set_records(w, w->mx2, "3 1 1");
    set_match(w->mx2, 0, TLSA_NO_DIGEST);
    expect_findings(w, "dane.match pool.backup-weaker");
    expect_detail(w, "pool.backup-weaker", "", "DANE holds for the preferred hosts, but not for mx2.example.org");
    set_records(w, w->mx1, "3 1 1");
    set_match(w->mx1, 0, TLSA_NO_DIGEST);
    expect_findings(w, "dane.match");
}

/* --deep: the other kind of key. */

static struct tls_facts *other_key(struct world *w, size_t address, enum tlsa_match first, enum tlsa_match second)
{
    struct deep_facts *deep = ARENA_NEW(&w->arena, struct deep_facts);
    struct session_facts *s = ARENA_NEW(&w->arena, struct session_facts);
    *s = *w->sessions[address];
    s->tls.certificates = ARENA_ARRAY(&w->arena, struct cert_facts, 2);
    memcpy(s->tls.certificates, w->sessions[address]->tls.certificates, 2 * sizeof *s->tls.certificates);
    s->tls.certificates[0].key_type = KEY_RSA;
    s->tls.certificates[0].key_type_text = "RSA";
    s->tls.tlsa[0] = ARENA_ARRAY(&w->arena, enum tlsa_match, 2);
    s->tls.tlsa[0][0] = first;
    s->tls.tlsa[0][1] = second;
    deep->sessions[DEEP_OTHER_KEY] = s;
    w->endpoints[address]->deep = deep;
    w->facts.deep_wanted = true;
    return &s->tls;
}

static void stop_deep(struct world *w, enum deep_left_out why)
{
    for (size_t i = 0; i < WORLD_ADDRESSES; i++) {
        w->endpoints[i]->deep = ARENA_NEW(&w->arena, struct deep_facts);
        for (size_t k = 0; k < DEEP_CONNECTION_COUNT; k++)
            w->endpoints[i]->deep->left_out[k] = why;
    }
    w->facts.deep_wanted = true;
}

static void records_must_cover_each_kind_of_key(void **state)
{
    struct world *w = *state;
    other_key(w, MX1_V4, TLSA_NO_DIGEST, TLSA_MATCHES);
    expect_verdict(w, "dane.match-each-key", "mx1/v4:25", VERDICT_PASS);
    other_key(w, MX1_V4, TLSA_NO_DIGEST, TLSA_TA_NOT_SENT);
    expect_verdict(w, "dane.match-each-key", "mx1/v4:25", VERDICT_FAIL);
    expect_detail(w, "dane.match-each-key", "mx1/v4:25", "Clients that take only RSA keys");
    w->facts.deep_wanted = false;
    expect_verdict(w, "dane.match-each-key", "mx1/v4:25", VERDICT_NA);
}

static void a_server_with_one_kind_of_key_ends_the_handshake(void **state)
{
    struct world *w = *state;
    struct tls_facts *tls = other_key(w, MX1_V4, TLSA_NO_DIGEST, TLSA_MATCHES);
    tls->certificate_count = 0;
    tls->result = TLS_ALERT;
    expect_verdict(w, "dane.match-each-key", "mx1/v4:25", VERDICT_NA);
    tls->result = TLS_TIMEOUT;
    expect_verdict(w, "dane.match-each-key", "mx1/v4:25", VERDICT_UNKNOWN);
}

static void what_was_left_out_of_deep_is_unknown_for_its_reason(void **state)
{
    struct world *w = *state;
    stop_deep(w, DEEP_STOPPED);
    expect_unknown(w, "dane.match-each-key", "mx1/v4:25", REASON_THROTTLED);
    stop_deep(w, DEEP_NO_TIME);
    expect_unknown(w, "dane.match-each-key", "mx1/v4:25", REASON_LIMIT);
    stop_deep(w, DEEP_TROUBLE);
    expect_unknown(w, "dane.match-each-key", "mx1/v4:25", REASON_INTERNAL);
    stop_deep(w, DEEP_NOT_NEEDED);
    expect_verdict(w, "dane.match-each-key", "mx1/v4:25", VERDICT_NA);
}

static void a_record_of_nothing_in_service_is_told_with_deep(void **state)
{
    struct world *w = *state;
    set_records(w, w->mx1, "3 1 1, 2 1 1, 3 1 1");
    set_match(w->mx1, 2, TLSA_NO_DIGEST);
    expect_verdict(w, "dane.stale-record", "mx1", VERDICT_NA);
    stop_deep(w, DEEP_NOT_NEEDED);
    expect_findings(w, "dane.stale-record");
    expect_verdict(w, "dane.stale-record", "mx2", VERDICT_PASS);
    stop_deep(w, DEEP_STOPPED);
    expect_via(w, "dane.stale-record", "mx1", VERDICT_UNKNOWN, "dane.match-each-key");
    expect_verdict(w, "dane.stale-record", "mx2", VERDICT_PASS);
}

static void a_record_of_the_other_key_is_in_service(void **state)
{
    struct world *w = *state;
    set_match(w->mx1, 1, TLSA_TA_NOT_SENT);
    stop_deep(w, DEEP_NOT_NEEDED);
    expect_verdict(w, "dane.stale-record", "mx1", VERDICT_FAIL);
    other_key(w, MX1_V4, TLSA_NO_DIGEST, TLSA_MATCHES);
    expect_verdict(w, "dane.stale-record", "mx1", VERDICT_PASS);
}

static void an_address_that_showed_no_chain_leaves_it_open(void **state)
{
    struct world *w = *state;
    set_match(w->mx1, 1, TLSA_TA_NOT_SENT);
    stop_deep(w, DEEP_NOT_NEEDED);
    cut_at(w->sessions[MX1_V6], STEP_HANDSHAKE, END_TIMEOUT);
    expect_via(w, "dane.stale-record", "mx1", VERDICT_UNKNOWN, "dane.match");
}

static void a_wrong_record_is_not_told_twice(void **state)
{
    struct world *w = *state;
    set_match(w->mx1, 0, TLSA_NO_DIGEST);
    set_match(w->mx1, 1, TLSA_TA_NOT_SENT);
    stop_deep(w, DEEP_NOT_NEEDED);
    expect_findings(w, "dane.match");
    expect_via(w, "dane.stale-record", "mx1", VERDICT_NA, "dane.match");
}

/* Renewal. */

static void whole_certificates_do_not_outlive_a_renewal(void **state)
{
    struct world *w = *state;
    set_records(w, w->mx1, "3 0 1");
    expect_findings(w, "dane.renewal-safe");
    expect_detail(w, "dane.renewal-safe", "mx1", "3 0 1 00000000... names the whole certificate");
    set_records(w, w->mx1, "3 0 1, 3 1 1");
    expect_findings(w, "");
    set_match(w->mx1, 1, TLSA_NO_DIGEST); /* what does not fit today is of no help tomorrow */
    expect_verdict(w, "dane.renewal-safe", "mx1", VERDICT_FAIL);
}

static void an_intermediate_that_rotates_does_not_either(void **state)
{
    struct world *w = *state;
    set_records(w, w->mx1, "2 1 1");
    expect_findings(w, "");
    for (size_t i = MX1_V4; i <= MX1_V6; i++)
        w->sessions[i]->tls.certificates[0].issuer_organisation = "Let's Encrypt";
    expect_findings(w, "dane.renewal-safe");
    set_records(w, w->mx1, "3 1 1, 2 1 1");
    expect_findings(w, "");
}

/* Which record names the intermediate that was sent? */
static void only_a_record_of_the_intermediate_rotates_with_it(void **state)
{
    static const struct {
        const char *record;
        bool is_whole, is_intermediate;
    } cases[] = {{"2 0 0", true, true},   {"2 0 0", false, false}, {"2 1 0", true, false},
                 {"2 1 0", false, false}, {"2 0 2", true, false},  {"2 0 2", false, false}};
    struct world *w = *state;
    struct tls_facts *tls = &w->sessions[MX1_V4]->tls;
    keep_addresses(w->mx1, IP_V4);
    tls->certificates[0].issuer_organisation = "Let's Encrypt";
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        set_records(w, w->mx1, cases[i].record);
        tls->certificates[1].der = cases[i].is_whole ? w->mx1->tlsa[0].bases[0].records[0].data : STR("another");
        expect_verdict(w, "dane.renewal-safe", "mx1", cases[i].is_intermediate ? VERDICT_FAIL : VERDICT_PASS);
    }
    set_records(w, w->mx1, "2 1 1");
    expect_verdict(w, "dane.renewal-safe", "mx1", VERDICT_FAIL);
    tls->certificate_count = 1; /* it was not sent */
    expect_verdict(w, "dane.renewal-safe", "mx1", VERDICT_PASS);
}

static void nor_one_that_ends_with_the_leaf(void **state)
{
    struct world *w = *state;
    struct cert_facts *chain = w->sessions[MX1_V4]->tls.certificates;
    keep_addresses(w->mx1, IP_V4);
    set_records(w, w->mx1, "2 1 1");
    chain[1].not_after.s = chain[0].not_after.s + 30 * (int64_t)DAY_S;
    expect_verdict(w, "dane.renewal-safe", "mx1", VERDICT_FAIL);
    chain[1].not_after.s++;
    expect_verdict(w, "dane.renewal-safe", "mx1", VERDICT_PASS);
}

/* Ports of submission. */

static struct endpoint_facts *submissions(struct world *w, const char *record)
{
    struct endpoint_facts *e = add_port(w, MX1_V4, 465);
    struct tlsa_facts *both = ARENA_ARRAY(&w->arena, struct tlsa_facts, 2);
    enum tlsa_match *of_port_25[] = {w->sessions[MX1_V4]->tls.tlsa[0], w->sessions[MX1_V6]->tls.tlsa[0]};
    both[0] = w->mx1->tlsa[0];
    set_records(w, w->mx1, record);
    both[1] = w->mx1->tlsa[0];
    both[1].port = 465;
    e->sessions[0].tls.tlsa[0] = w->sessions[MX1_V4]->tls.tlsa[0];
    for (size_t i = MX1_V4; i <= MX1_V6; i++)
        w->sessions[i]->tls.tlsa[0] = of_port_25[i];
    w->mx1->tlsa = both;
    w->mx1->tlsa_count = 2;
    return e;
}

static void records_of_submission_must_fit_as_well(void **state)
{
    struct world *w = *state;
    struct endpoint_facts *e = submissions(w, "3 1 1");
    expect_verdict(w, "dane.submission-match", "mx1/v4:465", VERDICT_PASS);
    e->sessions[0].tls.tlsa[0][0] = TLSA_NO_DIGEST;
    expect_verdict(w, "dane.submission-match", "mx1/v4:465", VERDICT_FAIL);
}

static void submission_takes_records_of_public_cas(void **state)
{
    struct world *w = *state;
    struct endpoint_facts *e = submissions(w, "1 1 1");
    expect_verdict(w, "dane.submission-match", "mx1/v4:465", VERDICT_PASS);
    e->sessions[0].tls.trust = TRUST_PRIVATE_CA;
    expect_verdict(w, "dane.submission-match", "mx1/v4:465", VERDICT_FAIL);
    expect_detail(w, "dane.submission-match", "mx1/v4:465", "no public CA vouches for it");
}

static void submission_without_records_or_answer(void **state)
{
    struct world *w = *state;
    struct endpoint_facts *e = submissions(w, "4 1 1");
    (void)e;
    expect_verdict(w, "dane.submission-match", "mx1/v4:465", VERDICT_FAIL);
    set_lookup(&w->mx1->tlsa[1].bases[0].lookup, DNS_TIMEOUT, DNSSEC_INDETERMINATE);
    expect_unknown(w, "dane.submission-match", "mx1/v4:465", REASON_DNS_FAILURE);
    set_lookup(&w->mx1->tlsa[1].bases[0].lookup, DNS_NXDOMAIN, DNSSEC_SECURE);
    expect_verdict(w, "dane.submission-match", "mx1/v4:465", VERDICT_NA);
    w->mx1->tlsa_count = 1;
    expect_verdict(w, "dane.submission-match", "mx1/v4:465", VERDICT_NA);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DANE_TEST(healthy_dane_is_healthy),
        DANE_TEST(records_that_were_left_out_are_not_held_against_anybody),
        DANE_TEST(a_zone_without_dnssec_has_no_dane_and_no_fault),
        DANE_TEST(in_an_insecure_zone_a_failing_tlsa_question_is_nobodys_fault),
        DANE_TEST(without_tlsa_questions_nothing_is_said),
        DANE_TEST(a_failing_tlsa_question_stops_senders),
        DANE_TEST(a_tlsa_question_that_we_could_not_ask_is_unknown_once),
        DANE_TEST(bogus_addresses_are_their_own_finding),
        DANE_TEST(a_resolver_that_cannot_be_believed_tells_nothing_of_dane),
        DANE_TEST(a_signed_host_without_tlsa_could_have_it),
        DANE_TEST(a_primary_without_tlsa_is_not_the_backups_fault),
        DANE_TEST(a_denial_outside_dnssec_asks_for_nothing),
        DANE_TEST(records_outside_dnssec_are_of_no_use),
        DANE_TEST(an_unsigned_way_to_dane_hosts_is_a_gap),
        DANE_TEST(a_backup_of_one_family_counts_as_well),
        DANE_TEST(an_implicit_mx_needs_no_signed_mx_record),
        DANE_TEST(unusable_records_are_named),
        DANE_TEST(what_is_left_out_of_a_record_is_shown_by_dots),
        DANE_TEST(tls_that_was_promised_must_be_there),
        DANE_TEST(a_server_that_puts_us_off_breaks_no_promise),
        DANE_TEST(a_closed_port_breaks_no_promise),
        DANE_TEST(a_certificate_that_fits_no_record_is_an_impostors),
        DANE_TEST(without_a_certificate_nothing_fits),
        DANE_TEST(a_chain_that_was_not_compared_is_unknown),
        DANE_TEST(one_address_behind_is_a_pool_fault_too),
        DANE_TEST(a_backup_that_fits_no_record_is_weaker),
        DANE_TEST(records_must_cover_each_kind_of_key),
        DANE_TEST(a_server_with_one_kind_of_key_ends_the_handshake),
        DANE_TEST(what_was_left_out_of_deep_is_unknown_for_its_reason),
        DANE_TEST(a_record_of_nothing_in_service_is_told_with_deep),
        DANE_TEST(a_record_of_the_other_key_is_in_service),
        DANE_TEST(an_address_that_showed_no_chain_leaves_it_open),
        DANE_TEST(a_wrong_record_is_not_told_twice),
        DANE_TEST(whole_certificates_do_not_outlive_a_renewal),
        DANE_TEST(an_intermediate_that_rotates_does_not_either),
        DANE_TEST(only_a_record_of_the_intermediate_rotates_with_it),
        DANE_TEST(nor_one_that_ends_with_the_leaf),
        DANE_TEST(records_of_submission_must_fit_as_well),
        DANE_TEST(submission_takes_records_of_public_cas),
        DANE_TEST(submission_without_records_or_answer),
    };
    return cmocka_run_group_tests_name("judge dane rules", tests, NULL, NULL);
}

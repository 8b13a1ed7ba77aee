/* SPDX-License-Identifier: Apache-2.0 */
/* test_senders - what becomes of mail from each sort of sender: the table of outcomes. */
#include "sender_world.h"

/* The table of outcomes. */

static void everybody_delivers_as_well_as_it_can(void **state)
{
    struct world *w = *state;
    expect_senders(w, "PEEAAAA");
    expect_words(w, "postfix-dane", "Mail arrives encrypted, and the server's identity is proven.");
    expect_words(w, "opportunistic", "the server's identity is not proven.");
    assert_int_equal(sender_of(w, "verify")->addresses, 2);
    assert_int_equal(sender_of(w, "verify")->addresses_best, 2);
    assert_int_equal(sender_of(w, "verify")->delayed_by_count, 0);
}

static void without_dnssec_and_policy_only_the_verifying_know_whom_they_meet(void **state)
{
    struct world *w = *state;
    expect_senders(w, "PEEEEEA");
    expect_words(w, "postfix-dane", "there is no TLSA record under DNSSEC");
    expect_words(w, "sts-enforcing", "there is no MTA-STS policy");
}

static void a_null_mx_returns_mail(void **state)
{
    struct world *w = *state;
    w->facts.mx.status = MX_NULL;
    w->facts.mx.records[0].host = ".";
    w->facts.mx.record_count = 1;
    w->facts.host_count = 0;
    expect_senders(w, "BBBBBBB");
    expect_words(w, "plain", "Mail is returned to its sender at once: a null MX record");
}

static void a_domain_that_is_not_there_returns_mail(void **state)
{
    struct world *w = *state;
    w->facts.mx = (struct mx_facts){.status = MX_NXDOMAIN, .lookup = {.status = DNS_NXDOMAIN, .dnssec = DNSSEC_SECURE, .rcode = 3}};
    w->facts.host_count = 0;
    expect_senders(w, "BBBBBBB");
    w->facts.mx.status = MX_NONE;
    set_lookup(&w->facts.mx.lookup, DNS_NODATA, DNSSEC_SECURE);
    set_lookup(&w->facts.mx.txt, DNS_NODATA, DNSSEC_SECURE);
    expect_senders(w, "BBBBBBB");
}

static void a_null_mx_beside_others_returns_mail_of_postfix_alone(void **state)
{
    struct world *w = *state;
    w->facts.mx.records[1].host = ".";
    w->facts.host_count = 1;
    expect_senders(w, "PEBBAAA");
}

static void hosts_without_an_address_return_mail(void **state)
{
    struct world *w = *state;
    struct host_facts *hosts[] = {w->mx1, w->mx2};
    for (size_t i = 0; i < 2; i++) {
        set_lookup(&hosts[i]->a, DNS_NXDOMAIN, DNSSEC_SECURE);
        set_lookup(&hosts[i]->aaaa, DNS_NXDOMAIN, DNSSEC_SECURE);
        hosts[i]->address_count = 0;
        expect_senders(w, i ? "BBBBBBB" : "PEEAAAA");
    }
}

static void a_bogus_domain_makes_validating_senders_wait(void **state)
{
    struct world *w = *state;
    w->facts.mx = (struct mx_facts){.status = MX_DNS_FAILURE, .lookup = {.status = DNS_BOGUS, .dnssec = DNSSEC_BOGUS, .reason = "expired"}};
    w->facts.host_count = 0;
    expect_senders(w, "DDDDDDD");
    set_lookup(&w->facts.mx.lookup, DNS_TIMEOUT, DNSSEC_INDETERMINATE);
    expect_senders(w, "???????");
}

static void a_bogus_host_is_passed_over(void **state)
{
    struct world *w = *state;
    set_lookup(&w->mx1->a, DNS_BOGUS, DNSSEC_BOGUS);
    set_lookup(&w->mx1->aaaa, DNS_BOGUS, DNSSEC_BOGUS);
    w->mx1->address_count = 0;
    expect_at(w, "mx1", "DDDDDDD");
    expect_senders(w, "PEEAAAA");
    assert_string_equal(sender_of(w, "plain")->delayed_by[0], "mx1.example.org");
    expect_words(w, "plain", "mx1.example.org (DNSSEC validation of the host fails)");
}

static void one_bogus_family_stops_only_dane(void **state)
{
    struct world *w = *state;
    set_lookup(&w->mx1->aaaa, DNS_BOGUS, DNSSEC_BOGUS);
    w->mx1->address_count = 1;
    expect_at(w, "mx1", "PEEDADA");
    expect_words(w, "postfix-dane", "DNSSEC validation of the host fails");
}

static void servers_that_are_down_make_mail_wait(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < WORLD_ADDRESSES; i++)
        not_connected(w->endpoints[i], CONNECT_REFUSED);
    expect_senders(w, "DDDDDDD");
    expect_words(w, "plain", "Mail is kept and tried again, and returned after some days: no connection.");
}

static void a_server_that_puts_us_off_tells_nothing(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < WORLD_ADDRESSES; i++) {
        cut_at(w->sessions[i], STEP_GREETING, END_QUIT);
        set_reply(w, &w->sessions[i]->greeting, 421, "4.7.0 too many connections");
    }
    expect_senders(w, "???????");
    expect_words(w, "plain", "What happens to mail is not known: the server put us off");
}

static void a_server_that_turns_us_away_tells_nothing(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < WORLD_ADDRESSES; i++) {
        cut_at(w->sessions[i], STEP_GREETING, END_QUIT);
        set_reply(w, &w->sessions[i]->greeting, 554, "5.7.1 go away");
    }
    expect_senders(w, "???????");
}

static void a_server_that_takes_no_mail_returns_it(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < WORLD_ADDRESSES; i++) {
        cut_at(w->sessions[i], STEP_GREETING, END_QUIT);
        set_reply(w, &w->sessions[i]->greeting, 521, "no mail here");
    }
    expect_senders(w, "BBDDBBB"); /* Postfix tries again for days */
}

static void what_speaks_no_smtp_makes_mail_wait(void **state)
{
    struct world *w = *state;
    for (size_t i = MX2_V4; i <= MX2_V6; i++) {
        cut_at(w->sessions[i], STEP_GREETING, END_NOT_SMTP);
        w->sessions[i]->greeting = (struct smtp_reply){0};
    }
    expect_at(w, "mx2", "DDDDDDD");
    for (size_t i = MX2_V4; i <= MX2_V6; i++)
        set_reply(w, &w->sessions[i]->greeting, 250, "hello");
    expect_at(w, "mx2", "DDDDDDD");
}

static void a_server_that_knows_only_helo_takes_clear_text(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < WORLD_ADDRESSES; i++) {
        cut_at(w->sessions[i], STEP_EHLO, END_QUIT);
        set_reply(w, &w->sessions[i]->ehlo.reply, 502, "what?");
        w->sessions[i]->ehlo.helo = true;
        set_reply(w, &w->sessions[i]->ehlo.helo_reply, 250, "hello");
    }
    expect_senders(w, "PPPPPPD");
    expect_words(w, "opportunistic", "Mail arrives in clear text: EHLO is refused.");
}

static void a_server_that_knows_neither_takes_nothing(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < WORLD_ADDRESSES; i++) {
        cut_at(w->sessions[i], STEP_EHLO, END_QUIT);
        set_reply(w, &w->sessions[i]->ehlo.reply, 502, "what?");
        set_reply(w, &w->sessions[i]->ehlo.helo_reply, 502, "what?");
    }
    expect_senders(w, "DDDDDDD");
}

static void without_starttls_there_is_clear_text(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < WORLD_ADDRESSES; i++)
        without_starttls(w, w->sessions[i]);
    expect_senders(w, "PPPPPPD");
    expect_words(w, "verify", "returned after some days: STARTTLS is not offered.");
}

static void where_tls_is_promised_clear_text_is_refused(void **state)
{
    struct world *w = *state;
    without_starttls(w, w->sessions[MX2_V4]);
    without_starttls(w, w->sessions[MX2_V6]);
    expect_at(w, "mx2", "PPPDDDD");
    expect_senders(w, "PEEAAAA");
    expect_words(w, "postfix-dane", "identity is proven. Not so at mx2.example.org (STARTTLS is not offered).");
}

static void starttls_that_is_refused_is_clear_text(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < WORLD_ADDRESSES; i++) {
        cut_at(w->sessions[i], STEP_STARTTLS, END_QUIT);
        set_reply(w, &w->sessions[i]->starttls, 454, "4.7.0 TLS not available");
    }
    expect_senders(w, "PPPPPPD");
}

static void a_broken_handshake_is_clear_text_for_postfix_at_the_second_try(void **state)
{
    struct world *w = *state;
    break_handshakes(w, MX1_V4, MX1_V6);
    expect_at(w, "mx1", "PPppPPD");
    expect_senders(w, "PPEEPPA"); /* Postfix goes to mx2 before it tries mx1 again */
    assert_int_equal(sender_of(w, "postfix-may")->delayed_by_count, 1);
    break_handshakes(w, MX2_V4, MX2_V6);
    expect_senders(w, "PPppPPD");
    expect_words(w, "postfix-may", "Mail arrives in clear text: the TLS handshake fails. It waits first");
}

static void old_tls_is_enough_for_some(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < WORLD_ADDRESSES; i++)
        w->sessions[i]->tls.version = "TLSv1";
    expect_senders(w, "PEppEED");
    expect_words(w, "verify", "TLS is older than 1.2");
}

static void a_handshake_that_nobody_answered_is_not_known(void **state)
{
    struct world *w = *state;
    keep_hosts(w, 1);
    cut_at(w->sessions[MX1_V4], STEP_HANDSHAKE, END_TIMEOUT);
    cut_at(w->sessions[MX1_V6], STEP_HANDSHAKE, END_TIMEOUT);
    expect_senders(w, "P??????");
}

static void clear_text_may_be_refused(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < WORLD_ADDRESSES; i++) {
        struct deep_facts *deep = ARENA_NEW(&w->arena, struct deep_facts);
        struct session_facts *plain = ARENA_NEW(&w->arena, struct session_facts);
        *plain = *w->sessions[i];
        cut_at(plain, STEP_STARTTLS, END_QUIT);
        set_reply(w, &plain->deep.plain_mail, 530, "5.7.0 Must issue a STARTTLS command first");
        deep->sessions[DEEP_PLAIN_MAIL] = plain;
        w->endpoints[i]->deep = deep;
    }
    expect_senders(w, "BEEEEEA");
    expect_words(w, "plain", "returned to its sender at once: the server takes no mail in clear text");
}

static void clear_text_may_be_refused_where_tls_does_not_work(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < WORLD_ADDRESSES; i++) {
        cut_at(w->sessions[i], STEP_STARTTLS, END_QUIT);
        set_reply(w, &w->sessions[i]->starttls, 454, "4.7.0 TLS not available");
        set_reply(w, &w->sessions[i]->relay.mail, 530, "5.7.0 Must issue a STARTTLS command first");
    }
    expect_senders(w, "BDDDDDD");
    for (size_t i = 0; i < WORLD_ADDRESSES; i++)
        set_reply(w, &w->sessions[i]->relay.mail, 530, "5.7.0 Authentication required");
    expect_senders(w, "PPPPPPD");
}

static void an_expired_certificate_stops_those_who_look_at_it(void **state)
{
    struct world *w = *state;
    expire(w, w->sessions[MX1_V4]);
    expire(w, w->sessions[MX1_V6]);
    expect_at(w, "mx1", "PEEADAD");
    expect_senders(w, "PEEAAAA");
    expect_words(w, "sts-enforcing", "Not so at mx1.example.org (the certificate is out of date).");
    assert_string_equal(sender_of(w, "verify")->delayed_by[0], "mx1.example.org");
}

static void a_self_signed_certificate_stops_those_who_verify(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < WORLD_ADDRESSES; i++)
        self_sign(w->sessions[i]);
    expect_senders(w, "PEEEEED");
}

static void dane_alone_does_without_public_cas(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < WORLD_ADDRESSES; i++)
        self_sign(w->sessions[i]);
    expect_senders(w, "PEEADAD");
}

static void a_missing_intermediate_stops_those_who_verify(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < WORLD_ADDRESSES; i++)
        w->sessions[i]->tls.path_has_unsent = true;
    expect_senders(w, "PEEADAD");
    expect_words(w, "verify", "an intermediate certificate is not sent");
}

static void a_wrong_record_is_not_bridged_by_mta_sts(void **state)
{
    struct world *w = *state;
    set_match(w->mx1, 0, TLSA_NO_DIGEST);
    set_match(w->mx1, 1, TLSA_TA_NOT_SENT);
    expect_at(w, "mx1", "PEEDADA");
    expect_words(w, "dane-then-sts", "mx1.example.org (no TLSA record fits the certificate)");
}

static void unusable_records_ask_for_encryption_only(void **state)
{
    struct world *w = *state;
    set_records(w, w->mx1, "1 1 1");
    set_records(w, w->mx2, "1 1 1");
    expect_senders(w, "PEEEAAA");
    w->facts.mta_sts.record.count = 0;
    expect_senders(w, "PEEEEEA");
    without_starttls(w, w->sessions[MX1_V4]);
    without_starttls(w, w->sessions[MX1_V6]);
    expect_at(w, "mx1", "PPPDPDD");
}

static void an_unsigned_mx_answer_does_not_stop_dane(void **state)
{
    struct world *w = *state;
    set_lookup(&w->facts.mx.lookup, DNS_FOUND, DNSSEC_INSECURE);
    expect_senders(w, "PEEAAAA");
}

static void a_failing_tlsa_question_stops_dane(void **state)
{
    struct world *w = *state;
    set_lookup(&w->mx2->tlsa[0].bases[0].lookup, DNS_FAILED, DNSSEC_INDETERMINATE);
    expect_at(w, "mx2", "PEEDADA");
    set_lookup(&w->mx2->tlsa[0].bases[0].lookup, DNS_TIMEOUT, DNSSEC_INDETERMINATE);
    expect_at(w, "mx2", "PEE?A?A");
}

static void a_resolver_that_cannot_be_believed_leaves_dane_open(void **state)
{
    struct world *w = *state;
    w->facts.vantage.random_lookup = (struct dns_lookup){.status = DNS_FOUND};
    expect_senders(w, "PEE?A?A");
}

/* MTA-STS. */

static void a_host_outside_the_policy_is_not_used(void **state)
{
    struct world *w = *state;
    with_sts(w, MTA_STS_MODE_ENFORCE, 1);
    expect_at(w, "mx2", "PEEADAA");
    expect_words(w, "sts-enforcing", "mx2.example.org (the MTA-STS policy does not name the host)");
}

static void a_policy_is_for_the_hosts_it_names(void **state)
{
    struct world *w = *state;
    with_sts(w, MTA_STS_MODE_ENFORCE, 1);
    expect_at(w, "mx2", "PEEADAA");
    w->mx2->in_mta_sts_policy = true;
    expect_at(w, "mx2", "PEEAAAA");
}

static void testing_changes_nothing(void **state)
{
    struct world *w = *state;
    with_sts(w, MTA_STS_MODE_TESTING, 1);
    expect_senders(w, "PEEAEAA");
    expect_words(w, "sts-enforcing", "the MTA-STS policy is not enforced");
    with_sts(w, MTA_STS_MODE_NONE, 0);
    expect_senders(w, "PEEAEAA");
}

static void a_policy_that_cannot_be_had_is_none_and_one_that_we_cannot_get_is_unknown(void **state)
{
    struct world *w = *state;
    struct fetch_facts *fetch = &w->facts.mta_sts.fetch;
    w->facts.mta_sts.policy = NULL;
    fetch->status = 301;
    expect_senders(w, "PEEAEAA");
    *fetch = (struct fetch_facts){.result = FETCH_CERT_DATES};
    expect_senders(w, "PEEAEAA");
    *fetch = (struct fetch_facts){.result = FETCH_TIMEOUT};
    expect_senders(w, "PEEA?AA");
    *fetch = (struct fetch_facts){.result = FETCH_NO_ADDRESS};
    expect_senders(w, "PEEA?AA"); /* the addresses were not looked up */
    set_lookup(&w->facts.mta_sts.a, DNS_NXDOMAIN, DNSSEC_SECURE);
    expect_senders(w, "PEEA?AA"); /* one of the families was not */
    set_lookup(&w->facts.mta_sts.aaaa, DNS_NXDOMAIN, DNSSEC_SECURE);
    expect_senders(w, "PEEAEAA");
    w->facts.mta_sts.wanted = false;
    expect_senders(w, "PEEA?AA");
}

static void a_record_that_does_not_hold_is_none(void **state)
{
    struct world *w = *state;
    w->facts.mta_sts.record.count = 2;
    expect_senders(w, "PEEAEAA");
    with_sts(w, MTA_STS_MODE_ENFORCE, 2);
    w->facts.mta_sts.id = NULL;
    expect_senders(w, "PEEAEAA");
    with_sts(w, MTA_STS_MODE_BAD, 2);
    expect_senders(w, "PEEAEAA");
    with_sts(w, MTA_STS_MODE_ENFORCE, 2);
    w->facts.mta_sts.policy->flaw = "it has no `max_age`";
    expect_senders(w, "PEEAEAA");
    with_sts(w, MTA_STS_MODE_ENFORCE, 2);
    set_lookup(&w->facts.mta_sts.record.txt, DNS_TIMEOUT, DNSSEC_INDETERMINATE);
    expect_senders(w, "PEEA?AA");
}

static void an_assumed_policy_counts_as_fetched(void **state)
{
    struct world *w = *state;
    w->facts.mta_sts.record.count = 0;
    w->facts.mta_sts.assumed = "policy.txt";
    expect_senders(w, "PEEAAAA");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STRICT(everybody_delivers_as_well_as_it_can),
        BARE(without_dnssec_and_policy_only_the_verifying_know_whom_they_meet),
        STRICT(a_null_mx_returns_mail),
        STRICT(a_domain_that_is_not_there_returns_mail),
        STRICT(a_null_mx_beside_others_returns_mail_of_postfix_alone),
        STRICT(hosts_without_an_address_return_mail),
        STRICT(a_bogus_domain_makes_validating_senders_wait),
        STRICT(a_bogus_host_is_passed_over),
        STRICT(one_bogus_family_stops_only_dane),
        BARE(servers_that_are_down_make_mail_wait),
        BARE(a_server_that_puts_us_off_tells_nothing),
        BARE(a_server_that_turns_us_away_tells_nothing),
        BARE(a_server_that_takes_no_mail_returns_it),
        BARE(what_speaks_no_smtp_makes_mail_wait),
        BARE(a_server_that_knows_only_helo_takes_clear_text),
        BARE(a_server_that_knows_neither_takes_nothing),
        BARE(without_starttls_there_is_clear_text),
        STRICT(where_tls_is_promised_clear_text_is_refused),
        BARE(starttls_that_is_refused_is_clear_text),
        BARE(a_broken_handshake_is_clear_text_for_postfix_at_the_second_try),
        BARE(old_tls_is_enough_for_some),
        BARE(a_handshake_that_nobody_answered_is_not_known),
        BARE(clear_text_may_be_refused),
        BARE(clear_text_may_be_refused_where_tls_does_not_work),
        STRICT(an_expired_certificate_stops_those_who_look_at_it),
        BARE(a_self_signed_certificate_stops_those_who_verify),
        STRICT(dane_alone_does_without_public_cas),
        STRICT(a_missing_intermediate_stops_those_who_verify),
        STRICT(a_wrong_record_is_not_bridged_by_mta_sts),
        STRICT(unusable_records_ask_for_encryption_only),
        STRICT(an_unsigned_mx_answer_does_not_stop_dane),
        STRICT(a_failing_tlsa_question_stops_dane),
        STRICT(a_resolver_that_cannot_be_believed_leaves_dane_open),
        STRICT(a_host_outside_the_policy_is_not_used),
        STRICT(a_policy_is_for_the_hosts_it_names),
        STRICT(testing_changes_nothing),
        STRICT(a_policy_that_cannot_be_had_is_none_and_one_that_we_cannot_get_is_unknown),
        STRICT(a_record_that_does_not_hold_is_none),
        STRICT(an_assumed_policy_counts_as_fetched),
    };
    return cmocka_run_group_tests_name("judge senders", tests, NULL, NULL);
}

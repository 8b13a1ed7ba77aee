/* SPDX-License-Identifier: Apache-2.0 */
/* test_dane - the procedure of RFC 7672, step by step: does DANE hold for a host, which records count, who is proven. */
#include "judge/dane.h"

#include "dane_world.h"

static struct dane decided(struct world *w)
{
    return dane_decide(&w->facts, w->mx1, 25, DANE_MX);
}

static int setup(void **state)
{
    int failed = world_setup(state);
    if (!failed)
        with_dane(*state);
    return failed;
}

#define DANE_TEST(function) cmocka_unit_test_setup_teardown(function, setup, world_teardown)

static struct tlsa_base *base(struct world *w, size_t i)
{
    return &w->mx1->tlsa[0].bases[i];
}

/* RFC 7672 2.1, 2.2: what comes before TLSA. */

static void secure_records_are_usable(void **state)
{
    struct world *w = *state;
    const struct dane d = decided(w);
    assert_int_equal(d.state, DANE_USABLE);
    assert_string_equal(d.base->name, "mx1.example.org");
    assert_int_equal(d.usable_count, 2);
    assert_false(d.mx_insecure);
}

static void a_null_mx_asks_nothing(void **state)
{
    struct world *w = *state;
    w->facts.mx.status = MX_NULL;
    assert_int_equal(decided(w).state, DANE_NONE);
    assert_int_equal(decided(w).none, DANE_NULL_MX);
}

static void a_bogus_mx_answer_puts_off(void **state)
{
    struct world *w = *state;
    set_lookup(&w->facts.mx.lookup, DNS_BOGUS, DNSSEC_BOGUS);
    assert_int_equal(decided(w).state, DANE_TEMPFAIL);
    assert_string_equal(decided(w).failed_type, "MX");
}

static void an_mx_answer_that_we_did_not_get_tells_nothing(void **state)
{
    struct world *w = *state;
    set_lookup(&w->facts.mx.lookup, DNS_TIMEOUT, DNSSEC_INDETERMINATE);
    assert_int_equal(decided(w).state, DANE_NOT_KNOWN);
}

static void an_insecure_mx_answer_is_kept_in_mind(void **state)
{
    struct world *w = *state;
    set_lookup(&w->facts.mx.lookup, DNS_FOUND, DNSSEC_INSECURE);
    assert_int_equal(decided(w).state, DANE_USABLE);
    assert_true(decided(w).mx_insecure);
}

static void an_implicit_mx_is_as_secure_as_its_addresses(void **state)
{
    struct world *w = *state;
    w->facts.mx.status = MX_IMPLICIT;
    set_lookup(&w->facts.mx.lookup, DNS_NODATA, DNSSEC_INSECURE);
    assert_int_equal(decided(w).state, DANE_USABLE);
    assert_false(decided(w).mx_insecure);
}

static void a_server_asked_for_by_name_has_no_mx(void **state)
{
    struct world *w = *state;
    make_server(w, 25, TLS_MODE_STARTTLS);
    assert_int_equal(decided(w).state, DANE_USABLE);
}

static void a_server_asked_for_by_address_has_no_name_to_ask_for(void **state)
{
    struct world *w = *state;
    make_server(w, 25, TLS_MODE_STARTTLS);
    w->mx1->name_kind = HOST_NAME_IP_LITERAL;
    assert_int_equal(decided(w).none, DANE_NO_ADDRESS);
}

static void one_bogus_family_puts_off(void **state)
{
    struct world *w = *state;
    set_lookup(&w->mx1->aaaa, DNS_BOGUS, DNSSEC_BOGUS);
    assert_int_equal(decided(w).state, DANE_TEMPFAIL);
    assert_string_equal(decided(w).failed_type, "AAAA");
    set_lookup(&w->mx1->a, DNS_FAILED, DNSSEC_INDETERMINATE);
    assert_int_equal(decided(w).state, DANE_TEMPFAIL);
    set_lookup(&w->mx1->a, DNS_FOUND, DNSSEC_INSECURE);
    assert_int_equal(decided(w).state, DANE_TEMPFAIL);
}

static void beside_an_insecure_address_the_other_family_is_no_matter(void **state)
{
    struct world *w = *state;
    set_lookup(&w->mx1->a, DNS_TIMEOUT, DNSSEC_INDETERMINATE);
    set_lookup(&w->mx1->aaaa, DNS_FOUND, DNSSEC_INSECURE);
    assert_int_equal(decided(w).none, DANE_ADDRESSES_INSECURE);
    set_lookup(&w->mx1->aaaa, DNS_NODATA, DNSSEC_INSECURE); /* and without one it is */
    assert_int_equal(decided(w).state, DANE_NOT_KNOWN);
}

static void one_family_that_we_could_not_ask_leaves_it_open(void **state)
{
    struct world *w = *state;
    set_lookup(&w->mx1->a, DNS_TROUBLE, DNSSEC_INDETERMINATE);
    assert_int_equal(decided(w).state, DANE_NOT_KNOWN);
    assert_ptr_equal(decided(w).failed, &w->mx1->a);
}

static void one_family_is_enough(void **state)
{
    struct world *w = *state;
    set_lookup(&w->mx1->aaaa, DNS_NODATA, DNSSEC_SECURE);
    assert_int_equal(decided(w).state, DANE_USABLE);
}

static void without_an_address_there_is_nothing_to_prove(void **state)
{
    struct world *w = *state;
    set_lookup(&w->mx1->a, DNS_NXDOMAIN, DNSSEC_SECURE);
    set_lookup(&w->mx1->aaaa, DNS_NXDOMAIN, DNSSEC_SECURE);
    assert_int_equal(decided(w).state, DANE_NONE);
    assert_int_equal(decided(w).none, DANE_NO_ADDRESS);
}

static void insecure_addresses_end_it_whatever_tlsa_says(void **state)
{
    struct world *w = *state;
    set_lookup(&w->mx1->a, DNS_FOUND, DNSSEC_INSECURE);
    set_lookup(&w->mx1->aaaa, DNS_FOUND, DNSSEC_INSECURE);
    assert_int_equal(decided(w).none, DANE_ADDRESSES_INSECURE);
    set_lookup(&base(w, 0)->lookup, DNS_BOGUS, DNSSEC_BOGUS);
    assert_int_equal(decided(w).state, DANE_NONE);
    assert_int_equal(decided(w).none, DANE_ADDRESSES_INSECURE);
}

/* RFC 7672 2.2.2: aliases. */

static void a_secure_alias_is_asked_for_by_its_last_name_first(void **state)
{
    struct world *w = *state;
    make_alias(w, w->mx1, "real.example.org");
    assert_int_equal(decided(w).state, DANE_USABLE);
    assert_string_equal(decided(w).base->name, "real.example.org");
}

static void then_by_its_own_name(void **state)
{
    struct world *w = *state;
    make_alias(w, w->mx1, "real.example.org");
    base(w, 1)->lookup = base(w, 0)->lookup;
    base(w, 1)->records = base(w, 0)->records;
    base(w, 1)->record_count = 2;
    set_lookup(&base(w, 0)->lookup, DNS_NODATA, DNSSEC_SECURE);
    assert_int_equal(decided(w).state, DANE_USABLE);
    assert_string_equal(decided(w).base->name, "mx1.example.org");
    assert_int_equal(decided(w).base_index, 1);
}

static void a_last_name_that_fails_is_not_passed_over(void **state)
{
    struct world *w = *state;
    make_alias(w, w->mx1, "real.example.org");
    set_lookup(&base(w, 0)->lookup, DNS_BOGUS, DNSSEC_BOGUS);
    assert_int_equal(decided(w).state, DANE_TEMPFAIL);
}

static void insecure_records_at_the_last_name_are_passed_over(void **state)
{
    struct world *w = *state;
    make_alias(w, w->mx1, "real.example.org");
    set_lookup(&base(w, 0)->lookup, DNS_FOUND, DNSSEC_INSECURE);
    assert_int_equal(decided(w).state, DANE_NONE);
    assert_int_equal(decided(w).none, DANE_TLSA_INSECURE);
}

static void alias_into_an_insecure_zone(struct world *w)
{
    make_alias(w, w->mx1, "mx.provider.example");
    set_lookup(&w->mx1->a, DNS_FOUND, DNSSEC_INSECURE);
    set_lookup(&w->mx1->aaaa, DNS_FOUND, DNSSEC_INSECURE);
    base(w, 1)->records = base(w, 0)->records;
    base(w, 1)->record_count = 2;
    set_lookup(&base(w, 1)->lookup, DNS_FOUND, DNSSEC_SECURE);
}

static void a_secure_alias_into_an_insecure_zone_is_proven_by_its_own_name(void **state)
{
    struct world *w = *state;
    alias_into_an_insecure_zone(w);
    set_lookup(&w->mx1->alias, DNS_FOUND, DNSSEC_SECURE);
    assert_int_equal(decided(w).state, DANE_USABLE);
    assert_string_equal(decided(w).base->name, "mx1.example.org");
}

static void an_insecure_alias_has_no_dane(void **state)
{
    struct world *w = *state;
    alias_into_an_insecure_zone(w);
    set_lookup(&w->mx1->alias, DNS_FOUND, DNSSEC_INSECURE);
    assert_int_equal(decided(w).none, DANE_ADDRESSES_INSECURE);
}

static void a_bogus_alias_puts_off_and_an_untold_one_tells_nothing(void **state)
{
    struct world *w = *state;
    alias_into_an_insecure_zone(w);
    set_lookup(&w->mx1->alias, DNS_BOGUS, DNSSEC_BOGUS);
    assert_int_equal(decided(w).state, DANE_TEMPFAIL);
    set_lookup(&w->mx1->alias, DNS_NOT_ASKED, DNSSEC_INDETERMINATE);
    assert_int_equal(decided(w).state, DANE_NOT_KNOWN);
    assert_string_equal(decided(w).failed_type, "CNAME");
}

/* RFC 7672 2.2.3: the TLSA answer. */

static void a_denial_is_no_dane_secure_or_not(void **state)
{
    struct world *w = *state;
    set_records(w, w->mx1, "");
    assert_int_equal(decided(w).none, DANE_TLSA_DENIED);
    set_lookup(&base(w, 0)->lookup, DNS_NODATA, DNSSEC_INSECURE);
    assert_int_equal(decided(w).state, DANE_NONE);
    assert_int_equal(decided(w).none, DANE_TLSA_DENIED);
}

static void records_outside_dnssec_are_no_dane(void **state)
{
    struct world *w = *state;
    set_lookup(&base(w, 0)->lookup, DNS_FOUND, DNSSEC_INSECURE);
    assert_int_equal(decided(w).none, DANE_TLSA_INSECURE);
}

static void a_failing_tlsa_question_is_never_no_dane(void **state)
{
    struct world *w = *state;
    set_lookup(&base(w, 0)->lookup, DNS_BOGUS, DNSSEC_BOGUS);
    assert_int_equal(decided(w).state, DANE_TEMPFAIL);
    set_lookup(&base(w, 0)->lookup, DNS_FAILED, DNSSEC_INDETERMINATE);
    assert_int_equal(decided(w).state, DANE_TEMPFAIL);
    assert_string_equal(decided(w).failed_type, "TLSA");
}

static void our_own_silence_is_not_the_zones_fault(void **state)
{
    struct world *w = *state;
    set_lookup(&base(w, 0)->lookup, DNS_TIMEOUT, DNSSEC_INDETERMINATE);
    assert_int_equal(decided(w).state, DANE_NOT_KNOWN);
    set_lookup(&base(w, 0)->lookup, DNS_TROUBLE, DNSSEC_INDETERMINATE);
    assert_int_equal(decided(w).state, DANE_NOT_KNOWN);
}

static void a_forwarder_that_refuses_every_tlsa_question_is_no_proof(void **state)
{
    struct world *w = *state;
    w->facts.vantage.resolver = "192.0.2.53@53";
    set_lookup(&base(w, 0)->lookup, DNS_FAILED, DNSSEC_INDETERMINATE);
    assert_int_equal(decided(w).state, DANE_TEMPFAIL); /* it answered for mx2 */
    set_lookup(&w->mx2->tlsa[0].bases[0].lookup, DNS_FAILED, DNSSEC_INDETERMINATE);
    assert_int_equal(decided(w).state, DANE_NOT_KNOWN);
}

static void what_was_not_asked_is_not_known(void **state)
{
    struct world *w = *state;
    assert_int_equal(dane_decide(&w->facts, w->mx1, 465, DANE_SUBMISSION).state, DANE_NOT_KNOWN);
    w->mx1->tlsa_count = 0;
    assert_int_equal(decided(w).state, DANE_NOT_KNOWN);
    assert_null(decided(w).failed);
}

/* RFC 7672 3.1: usable records. */

static void public_ca_usages_are_unusable_for_mail_servers(void **state)
{
    struct world *w = *state;
    set_records(w, w->mx1, "1 1 1, 0 0 1");
    assert_int_equal(decided(w).state, DANE_UNUSABLE);
    assert_int_equal(decided(w).usable_count, 0);
    assert_non_null(decided(w).base);
}

static void flawed_records_are_unusable(void **state)
{
    struct world *w = *state;
    set_records(w, w->mx1, "4 1 1, 3 2 1, 3 1 3, 3 1 1");
    base(w, 0)->records[3].flaw = TLSA_WRONG_LENGTH;
    assert_int_equal(decided(w).state, DANE_UNUSABLE);
}

static void one_usable_record_is_enough(void **state)
{
    struct world *w = *state;
    set_records(w, w->mx1, "1 1 1, 3 1 1");
    assert_int_equal(decided(w).state, DANE_USABLE);
    assert_int_equal(decided(w).usable_count, 1);
}

static void submission_knows_all_four_usages(void **state)
{
    struct world *w = *state;
    set_records(w, w->mx1, "1 1 1, 0 0 1");
    const struct dane d = dane_decide(&w->facts, w->mx1, 25, DANE_SUBMISSION);
    assert_int_equal(d.state, DANE_USABLE);
    assert_int_equal(d.usable_count, 2);
}

/* RFC 7671 9: digest agility. */

static void only_the_strongest_digest_counts(void **state)
{
    struct world *w = *state;
    set_records(w, w->mx1, "3 1 1, 3 1 2, 3 1 0, 3 0 1, 2 1 1");
    static const bool expected[] = {false, true, true, true, true};
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(dane_counts(base(w, 0), i, DANE_MX), expected[i]);
}

static void an_unusable_strong_digest_does_not_push_out_a_weaker_one(void **state)
{
    struct world *w = *state;
    set_records(w, w->mx1, "3 1 1, 3 1 2");
    base(w, 0)->records[1].flaw = TLSA_WRONG_LENGTH;
    assert_true(dane_counts(base(w, 0), 0, DANE_MX));
}

/* RFC 7672 3.1, 3.2: the chain. */

static struct dane_proof proven(struct world *w)
{
    const struct dane d = decided(w);
    return dane_prove(&d, &w->sessions[MX1_V4]->tls);
}

static void one_match_authenticates(void **state)
{
    struct world *w = *state;
    assert_int_equal(proven(w).authenticated, TRI_YES);
    set_match(w->mx1, 0, TLSA_NO_DIGEST);
    assert_int_equal(proven(w).authenticated, TRI_YES);
    assert_int_equal(proven(w).record, 1);
}

static void without_a_match_the_nearest_miss_is_told(void **state)
{
    struct world *w = *state;
    static const enum tlsa_match misses[] = {TLSA_NO_DIGEST, TLSA_TA_NOT_SENT, TLSA_TA_SIGNATURE, TLSA_TA_NAME, TLSA_TA_DATES};
    for (size_t i = 0; i < sizeof misses / sizeof *misses; i++) {
        set_match(w->mx1, 0, TLSA_NO_DIGEST);
        set_match(w->mx1, 1, misses[i]);
        assert_int_equal(proven(w).authenticated, TRI_NO);
        assert_int_equal(proven(w).nearest, misses[i]);
        assert_int_equal(proven(w).record, i > 0); /* of equals the first */
    }
}

static void a_match_of_a_record_that_does_not_count_is_none(void **state)
{
    struct world *w = *state;
    set_records(w, w->mx1, "3 1 1, 3 1 2, 1 1 1");
    set_match(w->mx1, 1, TLSA_NO_DIGEST);
    assert_int_equal(proven(w).authenticated, TRI_NO);
}

static void a_server_without_certificate_is_not_authenticated(void **state)
{
    struct world *w = *state;
    w->sessions[MX1_V4]->tls.certificate_count = 0;
    assert_int_equal(proven(w).authenticated, TRI_NO);
}

static void what_was_not_compared_is_not_known(void **state)
{
    struct world *w = *state;
    set_match(w->mx1, 0, TLSA_NO_DIGEST);
    set_match(w->mx1, 1, TLSA_NOT_COMPARED);
    assert_int_equal(proven(w).authenticated, TRI_UNKNOWN);
    w->sessions[MX1_V4]->tls.tlsa[0] = NULL;
    assert_int_equal(proven(w).authenticated, TRI_UNKNOWN);
}

static void usages_of_public_cas_need_a_trusted_chain_too(void **state)
{
    struct world *w = *state;
    struct tls_facts *tls = &w->sessions[MX1_V4]->tls;
    set_records(w, w->mx1, "1 1 1");
    const struct dane d = dane_decide(&w->facts, w->mx1, 25, DANE_SUBMISSION);
    assert_int_equal(dane_prove(&d, tls).authenticated, TRI_YES);
    tls->name_matches = TRI_NO;
    assert_int_equal(dane_prove(&d, tls).authenticated, TRI_NO);
    tls->name_matches = TRI_YES;
    tls->trust = TRUST_SELF_SIGNED;
    assert_int_equal(dane_prove(&d, tls).authenticated, TRI_NO);
}

static void a_ca_of_its_own_needs_no_public_one(void **state)
{
    struct world *w = *state;
    set_records(w, w->mx1, "2 1 1");
    w->sessions[MX1_V4]->tls.trust = TRUST_SELF_SIGNED;
    assert_int_equal(proven(w).authenticated, TRI_YES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DANE_TEST(secure_records_are_usable),
        DANE_TEST(a_null_mx_asks_nothing),
        DANE_TEST(a_bogus_mx_answer_puts_off),
        DANE_TEST(an_mx_answer_that_we_did_not_get_tells_nothing),
        DANE_TEST(an_insecure_mx_answer_is_kept_in_mind),
        DANE_TEST(an_implicit_mx_is_as_secure_as_its_addresses),
        DANE_TEST(a_server_asked_for_by_name_has_no_mx),
        DANE_TEST(a_server_asked_for_by_address_has_no_name_to_ask_for),
        DANE_TEST(one_bogus_family_puts_off),
        DANE_TEST(beside_an_insecure_address_the_other_family_is_no_matter),
        DANE_TEST(one_family_that_we_could_not_ask_leaves_it_open),
        DANE_TEST(one_family_is_enough),
        DANE_TEST(without_an_address_there_is_nothing_to_prove),
        DANE_TEST(insecure_addresses_end_it_whatever_tlsa_says),
        DANE_TEST(a_secure_alias_is_asked_for_by_its_last_name_first),
        DANE_TEST(then_by_its_own_name),
        DANE_TEST(a_last_name_that_fails_is_not_passed_over),
        DANE_TEST(insecure_records_at_the_last_name_are_passed_over),
        DANE_TEST(a_secure_alias_into_an_insecure_zone_is_proven_by_its_own_name),
        DANE_TEST(an_insecure_alias_has_no_dane),
        DANE_TEST(a_bogus_alias_puts_off_and_an_untold_one_tells_nothing),
        DANE_TEST(a_denial_is_no_dane_secure_or_not),
        DANE_TEST(records_outside_dnssec_are_no_dane),
        DANE_TEST(a_failing_tlsa_question_is_never_no_dane),
        DANE_TEST(our_own_silence_is_not_the_zones_fault),
        DANE_TEST(a_forwarder_that_refuses_every_tlsa_question_is_no_proof),
        DANE_TEST(what_was_not_asked_is_not_known),
        DANE_TEST(public_ca_usages_are_unusable_for_mail_servers),
        DANE_TEST(flawed_records_are_unusable),
        DANE_TEST(one_usable_record_is_enough),
        DANE_TEST(submission_knows_all_four_usages),
        DANE_TEST(only_the_strongest_digest_counts),
        DANE_TEST(an_unusable_strong_digest_does_not_push_out_a_weaker_one),
        DANE_TEST(one_match_authenticates),
        DANE_TEST(without_a_match_the_nearest_miss_is_told),
        DANE_TEST(a_match_of_a_record_that_does_not_count_is_none),
        DANE_TEST(a_server_without_certificate_is_not_authenticated),
        DANE_TEST(what_was_not_compared_is_not_known),
        DANE_TEST(a_ca_of_its_own_needs_no_public_one),
        DANE_TEST(usages_of_public_cas_need_a_trusted_chain_too),
    };
    return cmocka_run_group_tests_name("judge dane", tests, NULL, NULL);
}

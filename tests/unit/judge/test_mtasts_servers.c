/* SPDX-License-Identifier: Apache-2.0 */
/* test_mtasts_servers - whether mail servers are what the policy of MTA-STS demands, enforced or not. */
#include "sender_world.h"

static int set_up(void **state)
{
    int failed = world_setup(state);
    if (!failed)
        with_sts(*state, MTA_STS_MODE_ENFORCE, 2);
    return failed;
}

static int set_up_testing(void **state)
{
    int failed = world_setup(state);
    if (!failed)
        with_sts(*state, MTA_STS_MODE_TESTING, 2);
    return failed;
}

static void a_host_that_the_policy_does_not_name(void **state)
{
    struct world *w = *state;
    w->mx2->in_mta_sts_policy = false;
    expect_findings(w, "mtasts.mx-covered");
    expect_verdict(w, "mtasts.mx-covered", "mx1", VERDICT_PASS);
    expect_verdict(w, "mtasts.mx-covered", "mx2", VERDICT_FAIL);
    expect_via(w, "mtasts.mx-tls", "mx2/v4:25", VERDICT_NA, "mtasts.mx-covered");
}

static void a_pattern_past_the_limit_may_name_it(void **state)
{
    struct world *w = *state;
    w->mx2->in_mta_sts_policy = false;
    w->facts.mta_sts.policy->mx_left_out = 1;
    expect_findings(w, "mtasts.mx-covered:limit");
}

/* One cause, one finding. */
static void a_host_without_address_is_no_matter_of_the_policy(void **state)
{
    struct world *w = *state;
    w->mx2->in_mta_sts_policy = false;
    w->mx2->address_count = 0;
    set_lookup(&w->mx2->a, DNS_NODATA, DNSSEC_SECURE);
    set_lookup(&w->mx2->aaaa, DNS_NODATA, DNSSEC_SECURE);
    expect_via(w, "mtasts.mx-covered", "mx2", VERDICT_NA, "mx.target-resolves");
}

static void no_tls_for_those_who_must_have_it(void **state)
{
    struct world *w = *state;
    without_starttls(w, w->sessions[MX2_V4]);
    without_starttls(w, w->sessions[MX2_V6]);
    expect_verdict(w, "mtasts.mx-tls", "mx1/v4:25", VERDICT_PASS);
    expect_verdict(w, "mtasts.mx-tls", "mx2/v4:25", VERDICT_FAIL);
    expect_via(w, "mtasts.mx-certificate", "mx2/v4:25", VERDICT_NA, "mtasts.mx-tls");
    expect_findings(w, "tls.starttls-offered mtasts.mx-tls pool.starttls pool.backup-weaker");
}

static void each_way_to_have_no_tls(void **state)
{
    struct world *w = *state;
    struct session_facts *s = w->sessions[MX1_V4];
    const struct session_facts good = *s;
    without_starttls(w, s);
    add_capability(w, &s->ehlo, "XXXXXXXA");
    expect_verdict(w, "mtasts.mx-tls", "mx1/v4:25", VERDICT_FAIL);
    *s = good;
    cut_at(s, STEP_STARTTLS, END_QUIT);
    set_reply(w, &s->starttls, 454, "4.7.0 TLS not available");
    expect_verdict(w, "mtasts.mx-tls", "mx1/v4:25", VERDICT_FAIL);
    *s = good;
    break_handshakes(w, MX1_V4, MX1_V4);
    expect_verdict(w, "mtasts.mx-tls", "mx1/v4:25", VERDICT_FAIL);
    w->endpoints[MX1_V4]->session_count = 1;
    *s = good;
    s->tls.version = "TLSv1";
    s->tls.cipher = "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA";
    expect_verdict(w, "mtasts.mx-tls", "mx1/v4:25", VERDICT_FAIL);
    *s = good;
    expect_findings(w, "");
}

/* A server that puts us off, hangs up or stays silent is not accused. */
static void who_puts_us_off_has_not_refused_tls(void **state)
{
    struct world *w = *state;
    struct session_facts *s = w->sessions[MX2_V4];
    const struct session_facts good = *s;
    cut_at(s, STEP_STARTTLS, END_CLOSED);
    set_reply(w, &s->starttls, 421, "4.7.0 try later");
    expect_via(w, "mtasts.mx-tls", "mx2/v4:25", VERDICT_UNKNOWN, "tls.starttls-accepted");
    *s = good;
    cut_at(s, STEP_GREETING, END_CLOSED);
    set_reply(w, &s->greeting, 421, "4.7.0 try later");
    expect_verdict(w, "mtasts.mx-tls", "mx2/v4:25", VERDICT_UNKNOWN);
    assert_true(verdict_about(w, "mtasts.mx-tls", "mx2/v4:25")->derived);
    *s = good;
    cut_at(s, STEP_HANDSHAKE, END_TIMEOUT);
    expect_verdict(w, "mtasts.mx-tls", "mx2/v4:25", VERDICT_UNKNOWN);
    expect_verdict(w, "mtasts.mx-certificate", "mx2/v4:25", VERDICT_UNKNOWN);
}

static void a_closed_port_is_no_matter_of_the_policy(void **state)
{
    struct world *w = *state;
    not_connected(w->endpoints[MX2_V4], CONNECT_REFUSED);
    expect_findings(w, "net.port25-open");
    expect_verdict(w, "mtasts.mx-tls", "mx2/v4:25", VERDICT_NA);
    expect_verdict(w, "mtasts.mx-certificate", "mx2/v4:25", VERDICT_NA);
}

static void certificates_that_enforcing_senders_reject(void **state)
{
    struct world *w = *state;
    struct tls_facts *tls = &w->sessions[MX1_V4]->tls;
    const struct tls_facts good = *tls;
    tls->path_not_after.s = w->now.s - 5 * DAY_S;
    expect_verdict(w, "mtasts.mx-certificate", "mx1/v4:25", VERDICT_FAIL);
    expect_verdict(w, "mtasts.mx-certificate", "mx1/v6:25", VERDICT_PASS);
    *tls = good;
    tls->name_matches = TRI_NO;
    expect_verdict(w, "mtasts.mx-certificate", "mx1/v4:25", VERDICT_FAIL);
    *tls = good;
    tls->trust = TRUST_SELF_SIGNED;
    expect_verdict(w, "mtasts.mx-certificate", "mx1/v4:25", VERDICT_FAIL);
    *tls = good;
    tls->certificate_count = tls->certificates_sent = 0;
    expect_verdict(w, "mtasts.mx-certificate", "mx1/v4:25", VERDICT_FAIL);
    *tls = good;
    tls->path_has_unsent = true;
    expect_verdict(w, "mtasts.mx-certificate", "mx1/v4:25", VERDICT_FAIL);
    expect_detail(w, "mtasts.mx-certificate", "mx1/v4:25", "an intermediate");
}

/* Senders find their path in a chain that is out of order, and weak keys are a matter of their own. */
static void flaws_that_enforcing_senders_do_not_mind(void **state)
{
    struct world *w = *state;
    w->sessions[MX1_V4]->tls.chain_in_order = TRI_NO;
    expect_verdict(w, "cert.chain-complete", "mx1/v4:25", VERDICT_FAIL);
    expect_verdict(w, "mtasts.mx-certificate", "mx1/v4:25", VERDICT_PASS);
}

static void trust_that_we_cannot_judge(void **state)
{
    struct world *w = *state;
    w->sessions[MX1_V4]->tls.trust = TRUST_UNKNOWN;
    expect_via(w, "mtasts.mx-certificate", "mx1/v4:25", VERDICT_UNKNOWN, "cert.trusted");
    w->sessions[MX1_V4]->tls.name_matches = TRI_NO; /* this much is sure */
    expect_verdict(w, "mtasts.mx-certificate", "mx1/v4:25", VERDICT_FAIL);
}

static void submission_is_not_for_other_servers(void **state)
{
    struct world *w = *state;
    without_starttls(w, &add_port(w, MX1_V4, 587)->sessions[0]);
    expect_verdict(w, "mtasts.mx-tls", "mx1/v4:587", VERDICT_NA);
    expect_verdict(w, "mtasts.mx-certificate", "mx1/v4:587", VERDICT_NA);
}

/* ---- mode testing ---- */

static void nothing_would_be_lost(void **state)
{
    expect_findings(*state, "mtasts.mode");
    expect_verdict(*state, "mtasts.testing-violation", "mx1/v4:25", VERDICT_PASS);
    expect_verdict(*state, "mtasts.mx-covered", "mx1", VERDICT_NA);
}

static void what_would_be_lost(void **state)
{
    struct world *w = *state;
    w->mx2->in_mta_sts_policy = false;
    expect_findings(w, "mtasts.mode mtasts.testing-violation");
    expect_verdict(w, "mtasts.testing-violation", "mx1/v4:25", VERDICT_PASS);
    expect_verdict(w, "mtasts.testing-violation", "mx2/v6:25", VERDICT_FAIL);
    w->mx2->in_mta_sts_policy = true;
    self_sign(w->sessions[MX1_V4]);
    expect_verdict(w, "mtasts.testing-violation", "mx1/v4:25", VERDICT_FAIL);
    without_starttls(w, w->sessions[MX1_V6]);
    expect_verdict(w, "mtasts.testing-violation", "mx1/v6:25", VERDICT_FAIL);
    expect_detail(w, "mtasts.testing-violation", "mx1/v6:25", "STARTTLS");
}

static void in_testing_a_closed_port_and_who_puts_us_off_are_no_fault(void **state)
{
    struct world *w = *state;
    w->mx2->in_mta_sts_policy = false;
    not_connected(w->endpoints[MX2_V4], CONNECT_REFUSED);
    expect_verdict(w, "mtasts.testing-violation", "mx2/v4:25", VERDICT_NA);
    cut_at(w->sessions[MX1_V4], STEP_HANDSHAKE, END_TIMEOUT);
    expect_via(w, "mtasts.testing-violation", "mx1/v4:25", VERDICT_UNKNOWN, "tls.handshake");
    w->sessions[MX1_V6]->tls.trust = TRUST_UNKNOWN;
    expect_via(w, "mtasts.testing-violation", "mx1/v6:25", VERDICT_UNKNOWN, "cert.trusted");
}

static void in_testing_a_pattern_past_the_limit_may_name_the_host(void **state)
{
    struct world *w = *state;
    w->mx2->in_mta_sts_policy = false;
    w->facts.mta_sts.policy->mx_left_out = 1;
    expect_unknown(w, "mtasts.testing-violation", "mx2/v4:25", REASON_LIMIT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, world_teardown)
#define TESTING(name) cmocka_unit_test_setup_teardown(name, set_up_testing, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_host_that_the_policy_does_not_name),
        TEST(a_pattern_past_the_limit_may_name_it),
        TEST(a_host_without_address_is_no_matter_of_the_policy),
        TEST(no_tls_for_those_who_must_have_it),
        TEST(each_way_to_have_no_tls),
        TEST(who_puts_us_off_has_not_refused_tls),
        TEST(a_closed_port_is_no_matter_of_the_policy),
        TEST(certificates_that_enforcing_senders_reject),
        TEST(flaws_that_enforcing_senders_do_not_mind),
        TEST(trust_that_we_cannot_judge),
        TEST(submission_is_not_for_other_servers),
        TESTING(nothing_would_be_lost),
        TESTING(what_would_be_lost),
        TESTING(in_testing_a_closed_port_and_who_puts_us_off_are_no_fault),
        TESTING(in_testing_a_pattern_past_the_limit_may_name_the_host),
    };
    return cmocka_run_group_tests_name("judge mtasts servers", tests, NULL, NULL);
}

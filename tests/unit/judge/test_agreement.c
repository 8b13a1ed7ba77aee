/* SPDX-License-Identifier: Apache-2.0 */
/* test_agreement - DANE and MTA-STS about the same server, and what both make of a backup. */
#include "sender_world.h"

#define STRICT(function) cmocka_unit_test_setup_teardown(function, strict, world_teardown)

static void break_records(struct host_facts *h)
{
    set_match(h, 0, TLSA_NO_DIGEST);
    set_match(h, 1, TLSA_TA_NOT_SENT);
}

static void both_accept(void **state)
{
    struct world *w = *state;
    expect_verdict(w, "mtasts.dane-agreement", "mx1", VERDICT_PASS);
    expect_verdict(w, "mtasts.dane-agreement", "mx2", VERDICT_PASS);
}

static void dane_alone_refuses(void **state)
{
    struct world *w = *state;
    break_records(w->mx1);
    expect_verdict(w, "mtasts.dane-agreement", "mx1", VERDICT_FAIL);
    expect_detail(w, "mtasts.dane-agreement", "mx1", "198.51.100.10: senders that enforce MTA-STS deliver, senders that go by DANE do not. No usable TLSA record");
    expect_verdict(w, "mtasts.dane-agreement", "mx2", VERDICT_PASS);
}

static void mta_sts_alone_refuses(void **state)
{
    struct world *w = *state;
    expire(w, w->sessions[MX1_V6]);
    expect_verdict(w, "mtasts.dane-agreement", "mx1", VERDICT_FAIL);
    expect_detail(w, "mtasts.dane-agreement", "mx1", "2001:db8:a::10: senders that go by DANE deliver, senders that enforce MTA-STS do not.");
    with_sts(w, MTA_STS_MODE_ENFORCE, 1);
    expect_verdict(w, "mtasts.dane-agreement", "mx2", VERDICT_FAIL);
}

static void both_refuse(void **state)
{
    struct world *w = *state;
    without_starttls(w, w->sessions[MX2_V4]);
    without_starttls(w, w->sessions[MX2_V6]);
    expect_verdict(w, "mtasts.dane-agreement", "mx2", VERDICT_PASS);
    break_records(w->mx1);
    expire(w, w->sessions[MX1_V4]);
    expire(w, w->sessions[MX1_V6]);
    expect_verdict(w, "mtasts.dane-agreement", "mx1", VERDICT_PASS);
}

static void what_was_not_answered_agrees_with_nothing(void **state)
{
    struct world *w = *state;
    set_lookup(&w->mx1->tlsa[0].bases[0].lookup, DNS_TIMEOUT, DNSSEC_INDETERMINATE);
    expect_via(w, "mtasts.dane-agreement", "mx1", VERDICT_UNKNOWN, "dane.lookup");
    w->facts.mta_sts.record.count = 0;
    w->facts.mta_sts.record.txt.status = DNS_TIMEOUT;
    w->facts.mta_sts.policy = NULL;
    expect_via(w, "mtasts.dane-agreement", "mx2", VERDICT_UNKNOWN, "mtasts.policy-syntax");
}

static void without_both_there_is_nothing_to_agree_on(void **state)
{
    struct world *w = *state;
    break_records(w->mx1);
    with_sts(w, MTA_STS_MODE_TESTING, 2);
    expect_verdict(w, "mtasts.dane-agreement", "mx1", VERDICT_NA);
    with_sts(w, MTA_STS_MODE_ENFORCE, 2);
    set_records(w, w->mx1, "1 1 1");
    expect_verdict(w, "mtasts.dane-agreement", "mx1", VERDICT_NA);
    set_records(w, w->mx1, "");
    expect_verdict(w, "mtasts.dane-agreement", "mx1", VERDICT_NA);
}

static void what_one_side_does_not_show_is_not_held_against_the_other(void **state)
{
    struct world *w = *state;
    cut_at(w->sessions[MX1_V4], STEP_HANDSHAKE, END_TIMEOUT);
    expect_verdict(w, "mtasts.dane-agreement", "mx1", VERDICT_PASS);
    cut_at(w->sessions[MX1_V6], STEP_HANDSHAKE, END_TIMEOUT);
    expect_via(w, "mtasts.dane-agreement", "mx1", VERDICT_UNKNOWN, "dane.match");
    w->sessions[MX2_V4]->tls.trust = w->sessions[MX2_V6]->tls.trust = TRUST_UNKNOWN;
    expect_via(w, "mtasts.dane-agreement", "mx2", VERDICT_UNKNOWN, "mtasts.mx-certificate");
    not_connected(w->endpoints[MX2_V4], CONNECT_REFUSED);
    not_connected(w->endpoints[MX2_V6], CONNECT_REFUSED);
    expect_verdict(w, "mtasts.dane-agreement", "mx2", VERDICT_NA);
}

static void under_a_policy_a_backup_with_a_worse_certificate_is_weaker(void **state)
{
    struct world *w = *state;
    self_sign(w->sessions[MX2_V4]);
    expect_verdict(w, "pool.backup-weaker", "", VERDICT_FAIL);
    expect_detail(w, "pool.backup-weaker", "", "The preferred hosts have the certificate that MTA-STS asks for, mx2.example.org has not.");
    self_sign(w->sessions[MX1_V4]);
    expect_verdict(w, "pool.backup-weaker", "", VERDICT_PASS);
}

static void a_wrong_name_alone_makes_it_weaker(void **state)
{
    struct world *w = *state;
    w->sessions[MX2_V4]->tls.name_matches = w->sessions[MX2_V6]->tls.name_matches = TRI_NO;
    expect_verdict(w, "pool.backup-weaker", "", VERDICT_FAIL);
    expect_detail(w, "pool.backup-weaker", "", "the certificate that MTA-STS asks for, mx2.example.org has not.");
}

static void nothing_is_weaker_than_what_is_not_known(void **state)
{
    struct world *w = *state;
    self_sign(w->sessions[MX2_V4]);
    w->sessions[MX1_V4]->tls.trust = w->sessions[MX1_V6]->tls.trust = TRUST_UNKNOWN;
    expect_verdict(w, "pool.backup-weaker", "", VERDICT_PASS);
}

static void without_a_policy_it_is_not(void **state)
{
    struct world *w = *state;
    self_sign(w->sessions[MX2_V4]);
    w->facts.mta_sts.record.count = 0;
    expect_verdict(w, "pool.backup-weaker", "", VERDICT_PASS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STRICT(both_accept),
        STRICT(dane_alone_refuses),
        STRICT(mta_sts_alone_refuses),
        STRICT(both_refuse),
        STRICT(what_was_not_answered_agrees_with_nothing),
        STRICT(without_both_there_is_nothing_to_agree_on),
        STRICT(what_one_side_does_not_show_is_not_held_against_the_other),
        STRICT(under_a_policy_a_backup_with_a_worse_certificate_is_weaker),
        STRICT(a_wrong_name_alone_makes_it_weaker),
        STRICT(nothing_is_weaker_than_what_is_not_known),
        STRICT(without_a_policy_it_is_not),
    };
    return cmocka_run_group_tests_name("judge agreement", tests, NULL, NULL);
}

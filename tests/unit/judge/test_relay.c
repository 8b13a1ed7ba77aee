/* SPDX-License-Identifier: Apache-2.0 */
/* test_relay - whether a server carries strangers' mail, from what it says to RCPT. */
#include "world.h"

#define RELAY "relay.rcpt-refused"
#define MX1 "mx1/v4:25"

static void answer_rcpt(struct world *w, struct session_facts *s, int first, int second)
{
    static const char *const recipients[] = {"a@own-a.test", "b@own-b.test"};
    const int codes[] = {first, second};
    for (size_t i = 0; i < 2; i++) {
        s->relay.recipients[i] = recipients[i];
        s->relay.rcpt[i] = (struct smtp_reply){0};
        if (codes[i])
            set_reply(w, &s->relay.rcpt[i], codes[i], "says the server");
    }
}

static void fail_mail(struct world *w, struct session_facts *s, int code)
{
    set_reply(w, &s->relay.mail, code, "no");
    set_reply(w, &s->relay.rcpt[0], 503, "5.5.1 need MAIL before RCPT");
}

/* What was asked, and answered. */

static void two_strangers_accepted_are_a_relay(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < WORLD_ADDRESSES; i++)
        answer_rcpt(w, w->sessions[i], 250, 250);
    expect_findings(w, RELAY);
    expect_detail(w, RELAY, MX1, "a@own-a.test");
    expect_detail(w, RELAY, MX1, "no message was sent");
    answer_rcpt(w, w->sessions[MX1_V4], 251, 250);
    expect_verdict(w, RELAY, MX1, VERDICT_FAIL);
}

static void any_5xx_to_rcpt_is_a_refusal_and_454_from_postfix(void **state)
{
    struct world *w = *state;
    static const int codes[] = {454, 500, 501, 503, 521, 530, 535, 550, 551, 553, 554, 571, 599};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        answer_rcpt(w, w->sessions[MX1_V4], codes[i], 0);
        expect_findings(w, "");
        expect_verdict(w, RELAY, MX1, VERDICT_PASS);
    }
}

static void tls_or_login_demanded_at_rcpt_is_a_refusal(void **state)
{
    struct world *w = *state;
    set_reply(w, &w->sessions[MX1_V4]->relay.rcpt[0], 530, "5.7.0 Must issue a STARTTLS command first");
    expect_verdict(w, RELAY, MX1, VERDICT_PASS);
    set_reply(w, &w->sessions[MX1_V4]->relay.rcpt[0], 530, "5.7.1 Authentication required");
    expect_verdict(w, RELAY, MX1, VERDICT_PASS);
}

static void a_4xx_to_rcpt_is_greylisting(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < WORLD_ADDRESSES; i++)
        answer_rcpt(w, w->sessions[i], 450, 0);
    expect_findings(w, RELAY ":greylisted");
    answer_rcpt(w, w->sessions[MX1_V4], 499, 0);
    expect_unknown(w, RELAY, MX1, REASON_GREYLISTED);
}

static void a_421_to_rcpt_is_throttling(void **state)
{
    struct world *w = *state;
    answer_rcpt(w, w->sessions[MX1_V4], 421, 0);
    expect_findings(w, RELAY ":throttled");
    answer_rcpt(w, w->sessions[MX1_V4], 250, 421);
    expect_findings(w, RELAY ":throttled");
}

static void one_stranger_accepted_proves_nothing(void **state)
{
    struct world *w = *state;
    answer_rcpt(w, w->sessions[MX1_V4], 250, 554);
    expect_findings(w, "");
    answer_rcpt(w, w->sessions[MX1_V4], 250, 452);
    expect_findings(w, RELAY ":greylisted");
    answer_rcpt(w, w->sessions[MX1_V4], 250, 0);
    w->sessions[MX1_V4]->end = END_CLOSED;
    w->sessions[MX1_V4]->end_step = STEP_RCPT_SECOND;
    expect_findings(w, RELAY ":throttled smtp.probe-accepted");
}

static void a_252_is_neither_yes_nor_no(void **state)
{
    struct world *w = *state;
    answer_rcpt(w, w->sessions[MX1_V4], 252, 0);
    expect_findings(w, RELAY ":internal");
    answer_rcpt(w, w->sessions[MX1_V4], 250, 252);
    expect_findings(w, RELAY ":internal");
    answer_rcpt(w, w->sessions[MX1_V4], 600, 0); /* a code that SMTP does not have */
    expect_findings(w, RELAY ":internal");
}

static void mail_refused_says_that_we_are_not_welcome(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < WORLD_ADDRESSES; i++)
        fail_mail(w, w->sessions[i], 553);
    expect_findings(w, RELAY ":refused_us smtp.probe-accepted");
    expect_detail(w, RELAY, MX1, "MAIL: the server answered \"553 no\"");
}

static void the_503_to_a_pipelined_rcpt_behind_a_failed_mail_is_no_refusal(void **state)
{
    struct world *w = *state;
    fail_mail(w, w->sessions[MX1_V4], 451);
    expect_findings(w, RELAY ":throttled smtp.probe-accepted");
    fail_mail(w, w->sessions[MX1_V4], 421);
    expect_findings(w, RELAY ":throttled smtp.probe-accepted");
    fail_mail(w, w->sessions[MX1_V4], 530);
    expect_unknown(w, RELAY, MX1, REASON_REFUSED_US);
}

static void a_drop_or_silence_in_the_test_is_no_answer(void **state)
{
    struct world *w = *state;
    struct session_facts *s = w->sessions[MX1_V4];
    cut_at(s, STEP_RCPT, END_CLOSED);
    expect_findings(w, RELAY ":throttled smtp.probe-accepted");
    cut_at(s, STEP_RCPT, END_RESET);
    expect_findings(w, RELAY ":throttled smtp.probe-accepted");
    cut_at(s, STEP_RCPT, END_TIMEOUT);
    expect_findings(w, RELAY ":timeout");
    cut_at(s, STEP_RCPT, END_LIMIT);
    s->end_reason = "the time for the whole run is used up";
    expect_findings(w, RELAY ":limit");
    expect_detail(w, RELAY, MX1, "the time for the whole run");
    cut_at(s, STEP_MAIL, END_CLOSED);
    s->relay.test = RELAY_ASKED;
    expect_findings(w, RELAY ":throttled smtp.probe-accepted");
}

static void of_two_connections_the_one_with_an_answer_counts(void **state)
{
    struct world *w = *state;
    struct session_facts *second = add_session(w->endpoints[MX1_V4], CONNECTION_RETRY);
    cut_at(second, STEP_RCPT, END_CLOSED);
    expect_verdict(w, RELAY, MX1, VERDICT_PASS);
    answer_rcpt(w, second, 250, 250);
    expect_verdict(w, RELAY, MX1, VERDICT_FAIL);
}

/* Whose recipients. */

static void a_recipient_of_the_domain_itself_may_be_taken(void **state)
{
    struct world *w = *state;
    static const char *const own[] = {"x@example.org", "x@EXAMPLE.ORG", "x@sub.example.org"};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        answer_rcpt(w, w->sessions[MX1_V4], 250, 250);
        w->sessions[MX1_V4]->relay.recipients[1] = own[i];
        expect_findings(w, RELAY ":internal");
        expect_detail(w, RELAY, MX1, "--relay-to");
    }
    answer_rcpt(w, w->sessions[MX1_V4], 250, 250);
    w->sessions[MX1_V4]->relay.recipients[1] = "x@notexample.org";
    expect_verdict(w, RELAY, MX1, VERDICT_FAIL);
}

static void without_a_suffix_list_the_names_themselves_are_compared(void **state)
{
    struct world *w = *state;
    w->facts.organisational_domain = w->mx1->organisational_domain = NULL;
    answer_rcpt(w, w->sessions[MX1_V4], 250, 250);
    w->sessions[MX1_V4]->relay.recipients[0] = "x@example.org";
    expect_unknown(w, RELAY, MX1, REASON_INTERNAL);
    w->mx1->name = "mx1.provider.test";
    w->sessions[MX1_V4]->relay.recipients[0] = "x@mx1.provider.test";
    expect_unknown(w, RELAY, "mx1.provider.test/v4:25", REASON_INTERNAL);
}

static void a_domain_of_the_same_length_is_foreign(void **state)
{
    struct world *w = *state;
    answer_rcpt(w, w->sessions[MX1_V4], 250, 250);
    w->sessions[MX1_V4]->relay.recipients[1] = "x@example.net";
    expect_verdict(w, RELAY, MX1, VERDICT_FAIL);
}

static void without_an_organisational_domain_all_others_are_foreign(void **state)
{
    struct world *w = *state;
    w->facts.organisational_domain = w->mx1->organisational_domain = NULL;
    answer_rcpt(w, w->sessions[MX1_V4], 250, 250);
    expect_verdict(w, RELAY, MX1, VERDICT_FAIL);
}

static void a_recipient_of_the_provider_may_be_taken(void **state)
{
    struct world *w = *state;
    w->mx1->name = "mx1.provider.test";
    w->mx1->organisational_domain = "provider.test";
    answer_rcpt(w, w->sessions[MX1_V4], 250, 250);
    w->sessions[MX1_V4]->relay.recipients[0] = "x@provider.test";
    expect_unknown(w, RELAY, "mx1.provider.test/v4:25", REASON_INTERNAL);
}

/* Not asked. */

static void switched_off_it_was_not_probed(void **state)
{
    struct world *w = *state;
    w->facts.relay_wanted = false;
    for (size_t i = 0; i < WORLD_ADDRESSES; i++)
        w->sessions[i]->relay = (struct smtp_relay){0};
    expect_findings(w, RELAY ":not_probed");
}

static void lost_with_tls_it_goes_the_way_of_tls(void **state)
{
    struct world *w = *state;
    struct session_facts *s = w->sessions[MX1_V4];
    cut_at(s, STEP_HANDSHAKE, END_TIMEOUT);
    expect_via(w, RELAY, MX1, VERDICT_UNKNOWN, "tls.handshake");
    expect_findings(w, "tls.handshake:timeout");
    cut_at(s, STEP_STARTTLS, END_CLOSED);
    expect_via(w, RELAY, MX1, VERDICT_UNKNOWN, "tls.starttls-accepted");
}

static void lost_with_a_handshake_that_fails_it_is_not_judged(void **state)
{
    struct world *w = *state;
    fail_handshake(w->sessions[MX1_V4], TLS_ALERT, 40);
    add_session(w->endpoints[MX1_V4], CONNECTION_LEGACY_TLS);
    expect_verdict(w, "tls.handshake", MX1, VERDICT_FAIL);
    expect_via(w, RELAY, MX1, VERDICT_NA, "tls.handshake");
}

static void after_a_refused_starttls_it_is_asked_in_clear(void **state)
{
    struct world *w = *state;
    const struct smtp_relay relay = w->sessions[MX1_V4]->relay;
    cut_at(w->sessions[MX1_V4], STEP_STARTTLS, END_QUIT);
    set_reply(w, &w->sessions[MX1_V4]->starttls, 454, "4.7.0 TLS not available");
    w->sessions[MX1_V4]->relay = relay;
    expect_verdict(w, RELAY, MX1, VERDICT_PASS);
    expect_verdict(w, "tls.starttls-accepted", MX1, VERDICT_FAIL);
}

static void without_starttls_it_is_asked_in_clear(void **state)
{
    struct world *w = *state;
    without_starttls(w, w->sessions[MX1_V4]);
    expect_verdict(w, RELAY, MX1, VERDICT_PASS);
}

static void who_is_logged_in_is_no_stranger(void **state)
{
    struct world *w = *state;
    make_server(w, 25, TLS_MODE_STARTTLS);
    struct session_facts *s = w->sessions[MX1_V4];
    s->relay = (struct smtp_relay){0};
    s->auth = (struct smtp_auth){.result = AUTH_ACCEPTED, .mechanism = "PLAIN"};
    set_reply(w, &s->auth.reply, 235, "2.7.0 welcome");
    expect_unknown(w, RELAY, MX1, REASON_NOT_PROBED);
    s->auth.result = AUTH_DEFERRED;
    set_reply(w, &s->auth.reply, 421, "busy");
    expect_unknown(w, RELAY, MX1, REASON_THROTTLED);
    set_reply(w, &s->auth.reply, 454, "4.7.0 later"); /* the dialogue goes on behind it */
    s->end = END_TIMEOUT;
    expect_unknown(w, RELAY, MX1, REASON_TIMEOUT);
}

static void submission_ports_are_not_asked(void **state)
{
    struct world *w = *state;
    add_port(w, MX1_V4, 587);
    expect_verdict(w, RELAY, "mx1/v4:587", VERDICT_NA);
}

static void a_server_on_another_port_is_asked_like_a_mail_host(void **state)
{
    struct world *w = *state;
    make_server(w, 2525, TLS_MODE_NONE);
    expect_findings(w, "");
    answer_rcpt(w, w->sessions[MX1_V4], 250, 250);
    expect_findings(w, RELAY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(two_strangers_accepted_are_a_relay),
        WORLD_TEST(any_5xx_to_rcpt_is_a_refusal_and_454_from_postfix),
        WORLD_TEST(tls_or_login_demanded_at_rcpt_is_a_refusal),
        WORLD_TEST(a_4xx_to_rcpt_is_greylisting),
        WORLD_TEST(a_421_to_rcpt_is_throttling),
        WORLD_TEST(one_stranger_accepted_proves_nothing),
        WORLD_TEST(a_252_is_neither_yes_nor_no),
        WORLD_TEST(mail_refused_says_that_we_are_not_welcome),
        WORLD_TEST(the_503_to_a_pipelined_rcpt_behind_a_failed_mail_is_no_refusal),
        WORLD_TEST(a_drop_or_silence_in_the_test_is_no_answer),
        WORLD_TEST(of_two_connections_the_one_with_an_answer_counts),
        WORLD_TEST(a_recipient_of_the_domain_itself_may_be_taken),
        WORLD_TEST(without_a_suffix_list_the_names_themselves_are_compared),
        WORLD_TEST(a_domain_of_the_same_length_is_foreign),
        WORLD_TEST(without_an_organisational_domain_all_others_are_foreign),
        WORLD_TEST(a_recipient_of_the_provider_may_be_taken),
        WORLD_TEST(switched_off_it_was_not_probed),
        WORLD_TEST(lost_with_tls_it_goes_the_way_of_tls),
        WORLD_TEST(lost_with_a_handshake_that_fails_it_is_not_judged),
        WORLD_TEST(after_a_refused_starttls_it_is_asked_in_clear),
        WORLD_TEST(without_starttls_it_is_asked_in_clear),
        WORLD_TEST(who_is_logged_in_is_no_stranger),
        WORLD_TEST(submission_ports_are_not_asked),
        WORLD_TEST(a_server_on_another_port_is_asked_like_a_mail_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* test_smtp_replies - how we were received, the form of replies, and what stands between the 220 to STARTTLS and TLS. */
#include "world.h"

#define MX1 "mx1/v4:25"

/* The server does not take EHLO, and the dialogue ends. */
static void refuse_ehlo(struct world *w, struct session_facts *s, int code, const char *text)
{
    cut_at(s, STEP_EHLO, END_QUIT);
    s->end_step = STEP_QUIT;
    set_reply(w, &s->ehlo.reply, code, text);
}

/* The server goes straight on without TLS, as after a refused STARTTLS. */
static void refuse_starttls(struct world *w, struct session_facts *s, int code)
{
    const struct smtp_relay relay = s->relay;
    cut_at(s, STEP_STARTTLS, END_QUIT);
    s->end_step = STEP_QUIT;
    set_reply(w, &s->starttls, code, "not now");
    s->relay = relay;
}

/* How we were received. */

static void what_is_said_to_rcpt_and_454_to_starttls_is_not_about_us(void **state)
{
    struct world *w = *state;
    set_reply(w, &w->sessions[MX1_V4]->relay.rcpt[0], 450, "4.2.0 Greylisted");
    expect_verdict(w, "smtp.probe-accepted", MX1, VERDICT_PASS);
    refuse_starttls(w, w->sessions[MX1_V6], 454);
    expect_verdict(w, "smtp.probe-accepted", "mx1/v6:25", VERDICT_PASS);
    refuse_starttls(w, w->sessions[MX1_V6], 451);
    expect_verdict(w, "smtp.probe-accepted", "mx1/v6:25", VERDICT_FAIL);
}

static void mail_refused_by_policy_is_about_us_and_by_syntax_is_not(void **state)
{
    struct world *w = *state;
    struct session_facts *s = w->sessions[MX1_V4];
    set_reply(w, &s->relay.mail, 553, "5.7.1 Sender address refused");
    expect_verdict(w, "smtp.probe-accepted", MX1, VERDICT_FAIL);
    expect_detail(w, "smtp.probe-accepted", MX1, "MAIL with \"553 5.7.1 Sender address refused\"");
    set_reply(w, &s->relay.mail, 451, "4.7.1 later");
    expect_verdict(w, "smtp.probe-accepted", MX1, VERDICT_FAIL);
    set_reply(w, &s->relay.mail, 501, "5.1.7 Bad sender address syntax");
    expect_verdict(w, "smtp.probe-accepted", MX1, VERDICT_PASS);
}

static void a_login_that_is_put_off_is_about_us_and_a_refused_one_is_not(void **state)
{
    struct world *w = *state;
    set_reply(w, &w->sessions[MX1_V4]->auth.reply, 421, "busy");
    expect_verdict(w, "smtp.probe-accepted", MX1, VERDICT_FAIL);
    set_reply(w, &w->sessions[MX1_V4]->auth.reply, 535, "5.7.8 bad credentials");
    expect_verdict(w, "smtp.probe-accepted", MX1, VERDICT_PASS);
}

static void a_drop_at_starttls_twice_is_no_fault_of_tls(void **state)
{
    struct world *w = *state;
    for (size_t i = MX2_V4; i < WORLD_ADDRESSES; i++) {
        cut_at(w->sessions[i], STEP_STARTTLS, END_CLOSED);
        add_session(w->endpoints[i], CONNECTION_RETRY);
    }
    expect_findings(w, "smtp.probe-accepted tls.starttls-accepted:throttled");
}

static void a_close_when_all_was_asked_is_no_refusal(void **state)
{
    struct world *w = *state;
    w->sessions[MX1_V4]->end = END_CLOSED;
    w->sessions[MX1_V4]->end_step = STEP_RSET;
    expect_findings(w, "");
}

static void a_failed_handshake_is_not_about_us_and_a_drop_in_it_is(void **state)
{
    struct world *w = *state;
    fail_handshake(w->sessions[MX1_V4], TLS_ALERT, 40);
    expect_verdict(w, "smtp.probe-accepted", MX1, VERDICT_PASS);
    cut_at(w->sessions[MX1_V4], STEP_HANDSHAKE, END_RESET);
    expect_verdict(w, "smtp.probe-accepted", MX1, VERDICT_FAIL);
}

/* The form of replies. */

static void each_flaw_of_form_is_found_in_any_reply(void **state)
{
    struct world *w = *state;
    struct session_facts *s = w->sessions[MX1_V4];
    struct smtp_reply *replies[] = {&s->greeting, &s->ehlo.reply, &s->starttls, &s->ehlo_tls.reply, &s->relay.mail, &s->relay.rcpt[0]};
    static const enum reply_flaw flaws[] = {REPLY_CODE_CHANGED, REPLY_LINE_TOO_LONG, REPLY_BARE_LF, REPLY_NUL, REPLY_NOT_SMTP};
    for (size_t i = 0; i < sizeof replies / sizeof *replies; i++)
        for (size_t k = 0; k < sizeof flaws / sizeof *flaws; k++) {
            replies[i]->flaws = (uint8_t)flaws[k];
            expect_findings(w, "smtp.reply-syntax");
            replies[i]->flaws = 0;
        }
    expect_findings(w, "");
}

static void flaws_are_told_in_words(void **state)
{
    struct world *w = *state;
    w->sessions[MX1_V4]->starttls.flaws = REPLY_BARE_LF | REPLY_LINE_TOO_LONG;
    expect_detail(w, "smtp.reply-syntax", MX1, "In the reply to STARTTLS: a line has more than 512 octets, a line ends without CR.");
}

static void the_greeting_has_a_form_too(void **state)
{
    struct world *w = *state;
    w->sessions[MX1_V4]->greeting.flaws = REPLY_LINE_TOO_LONG;
    expect_detail(w, "smtp.reply-syntax", MX1, "In the greeting: a line has more than 512 octets.");
}

static void more_than_we_read_is_no_flaw_of_form(void **state)
{
    struct world *w = *state;
    w->sessions[MX1_V4]->ehlo.reply.flaws = REPLY_OVER_LIMIT;
    expect_findings(w, "");
}

static void a_421_in_the_middle_of_a_reply_is_no_flaw_of_form(void **state)
{
    struct world *w = *state;
    refuse_ehlo(w, w->sessions[MX1_V4], 421, "mx1.example.org\nshutting down");
    w->sessions[MX1_V4]->ehlo.reply.flaws = REPLY_CODE_CHANGED;
    expect_findings(w, "smtp.ehlo:throttled smtp.probe-accepted");
}

static void the_flaws_of_a_second_connection_count(void **state)
{
    struct world *w = *state;
    add_session(w->endpoints[MX1_V4], CONNECTION_RETRY)->greeting.flaws = REPLY_BARE_LF;
    expect_findings(w, "smtp.reply-syntax");
}

static void an_answer_to_mail_that_is_no_smtp_is_a_flaw_of_form(void **state)
{
    struct world *w = *state;
    struct session_facts *s = w->sessions[MX1_V4];
    s->end = END_NOT_SMTP;
    s->end_step = STEP_MAIL;
    set_reply(w, &s->relay.mail, 0, "what?");
    s->relay.mail.complete = false;
    s->relay.mail.flaws = REPLY_NOT_SMTP;
    s->relay.rcpt[0] = (struct smtp_reply){0};
    expect_findings(w, "smtp.reply-syntax");
    expect_via(w, "relay.rcpt-refused", MX1, VERDICT_NA, "smtp.reply-syntax");
}

static void a_keyword_in_place_of_the_name_is_a_flaw_of_form(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < WORLD_ADDRESSES; i++) {
        without_starttls(w, w->sessions[i]);
        set_ehlo(w, &w->sessions[i]->ehlo, "STARTTLS\nmx1.example.org\nPIPELINING\nSIZE 52428800\n8BITMIME\nENHANCEDSTATUSCODES\nSMTPUTF8\nCHUNKING\nDSN");
    }
    expect_findings(w, "smtp.reply-syntax smtp.server-name tls.starttls-offered");
}

static void inside_tls_as_well(void **state)
{
    struct world *w = *state;
    set_ehlo(w, &w->sessions[MX1_V4]->ehlo_tls, "PIPELINING\nmx1.example.org");
    expect_verdict(w, "smtp.reply-syntax", MX1, VERDICT_FAIL);
    expect_detail(w, "smtp.reply-syntax", MX1, "begins with the keyword \"PIPELINING\"");
}

/* Between the 220 and TLS. */

static void clear_text_after_another_answer_is_no_injection(void **state)
{
    struct world *w = *state;
    struct endpoint_facts *e = w->endpoints[MX1_V4];
    e->shown = add_session(e, CONNECTION_RETRY);
    refuse_starttls(w, &e->sessions[0], 451);
    e->sessions[0].octets_after_starttls_reply = true;
    e->sessions[0].octets_after = STR("250 more");
    expect_verdict(w, "smtp.reply-injection", MX1, VERDICT_PASS);
}

static void clear_text_after_the_220_to_starttls_is_injection(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < WORLD_ADDRESSES; i++) {
        w->sessions[i]->octets_after_starttls_reply = true;
        w->sessions[i]->octets_after = STR("extra\033[2J");
    }
    expect_findings(w, "smtp.reply-injection");
    expect_detail(w, "smtp.reply-injection", MX1, "extra\\x1b[2J");
}

static void clear_text_before_the_first_record_is_injection(void **state)
{
    struct world *w = *state;
    w->sessions[MX1_V4]->tls.octets_before_record = true;
    w->sessions[MX1_V4]->tls.octets_before = STR("250 ok\r\n");
    expect_findings(w, "smtp.reply-injection");
}

static void clear_text_where_tls_never_begins_is_the_handshakes_finding(void **state)
{
    struct world *w = *state;
    fail_handshake(w->sessions[MX1_V4], TLS_GARBAGE, -1);
    w->sessions[MX1_V4]->tls.octets_before_record = true;
    w->sessions[MX1_V4]->tls.octets_before = STR("454 TLS not available\r\n");
    add_session(w->endpoints[MX1_V4], CONNECTION_LEGACY_TLS);
    expect_verdict(w, "tls.handshake", MX1, VERDICT_FAIL);
    expect_verdict(w, "smtp.reply-injection", MX1, VERDICT_PASS);
}

static void nothing_heard_after_the_220_leaves_injection_unknown(void **state)
{
    struct world *w = *state;
    cut_at(w->sessions[MX1_V4], STEP_HANDSHAKE, END_TIMEOUT);
    expect_findings(w, "tls.handshake:timeout");
    expect_via(w, "smtp.reply-injection", MX1, VERDICT_UNKNOWN, "tls.handshake");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(what_is_said_to_rcpt_and_454_to_starttls_is_not_about_us),
        WORLD_TEST(mail_refused_by_policy_is_about_us_and_by_syntax_is_not),
        WORLD_TEST(a_login_that_is_put_off_is_about_us_and_a_refused_one_is_not),
        WORLD_TEST(a_drop_at_starttls_twice_is_no_fault_of_tls),
        WORLD_TEST(a_close_when_all_was_asked_is_no_refusal),
        WORLD_TEST(a_failed_handshake_is_not_about_us_and_a_drop_in_it_is),
        WORLD_TEST(each_flaw_of_form_is_found_in_any_reply),
        WORLD_TEST(flaws_are_told_in_words),
        WORLD_TEST(the_greeting_has_a_form_too),
        WORLD_TEST(more_than_we_read_is_no_flaw_of_form),
        WORLD_TEST(a_421_in_the_middle_of_a_reply_is_no_flaw_of_form),
        WORLD_TEST(the_flaws_of_a_second_connection_count),
        WORLD_TEST(an_answer_to_mail_that_is_no_smtp_is_a_flaw_of_form),
        WORLD_TEST(a_keyword_in_place_of_the_name_is_a_flaw_of_form),
        WORLD_TEST(inside_tls_as_well),
        WORLD_TEST(clear_text_after_another_answer_is_no_injection),
        WORLD_TEST(clear_text_after_the_220_to_starttls_is_injection),
        WORLD_TEST(clear_text_before_the_first_record_is_injection),
        WORLD_TEST(clear_text_where_tls_never_begins_is_the_handshakes_finding),
        WORLD_TEST(nothing_heard_after_the_220_leaves_injection_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

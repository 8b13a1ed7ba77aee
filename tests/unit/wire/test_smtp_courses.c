/* SPDX-License-Identifier: Apache-2.0 */
/* test_smtp_courses - the conversations of further connections, and what may follow the relay test. */
#include "smtp_talk.h"

static void tls_alone_is_looked_at_and_left(void **state)
{
    struct talk *t = *state;
    t->plan.course = COURSE_TLS;
    PLAY(t, "S: 220 mx", "C: EHLO probe.example", "S: 250-mx", "S: 250 STARTTLS", "C: STARTTLS", "S: 220 go", "TLS", "C: QUIT", "QUIT.");
    talk_begin_again(state, COURSE_TLS);
    PLAY(t, "S: 220 mx", "C: EHLO probe.example", "S: 250-mx", "S: 250 STARTTLS", "C: STARTTLS", "S: 454 not now", "C: QUIT", "QUIT.");
    talk_begin_again(state, COURSE_TLS);
    PLAY(t, "S: 220 mx", "C: EHLO probe.example", "S: 250 mx", "C: QUIT", "QUIT.");
    talk_begin_again(state, COURSE_TLS);
    t->plan.tls_mode = TLS_MODE_IMPLICIT;
    PLAY(t, "TLS", "S: 220 mx", "C: QUIT", "QUIT.");
}

static void starttls_is_asked_for_again_inside_tls(void **state)
{
    struct talk *t = *state;
    t->plan.course = COURSE_TLS_TWICE;
    PLAY(t, "S: 220 mx", "C: EHLO probe.example", "S: 250-mx", "S: 250 STARTTLS", "C: STARTTLS", "S: 220 go", "TLS", "C: EHLO probe.example", "S: 250 mx",
         "C: STARTTLS", "S: 554 active already", "C: QUIT", "QUIT.");
    assert_int_equal(t->facts.deep.starttls_again.code, 554);
    talk_begin_again(state, COURSE_TLS_TWICE);
    PLAY(t, "S: 220 mx", "C: EHLO probe.example", "S: 250 mx", "C: QUIT", "QUIT."); /* no TLS, no second time */
    talk_begin_again(state, COURSE_TLS_TWICE);
    t->plan.tls_mode = TLS_MODE_IMPLICIT;
    PLAY(t, "TLS", "S: 220 mx", "C: QUIT", "QUIT."); /* where TLS came first STARTTLS would be the first of its kind */
}

#define INJECT "S: 220 mx", "C: EHLO probe.example", "S: 250-mx", "S: 250 STARTTLS", "C: STARTTLS | NOOP"

static void a_command_in_clear_goes_along_with_starttls(void **state)
{
    struct talk *t = *state;
    t->plan.course = COURSE_INJECTION;
    PLAY(t, INJECT, "S: 220 go", "TLS", "TIMEOUT", "C: QUIT", "S: 221 bye", "QUIT.");
    assert_true(t->facts.deep.injected);
    assert_int_equal(t->facts.deep.unasked.code, 0);
}

static void what_comes_before_the_answer_to_quit_answers_the_command(void **state)
{
    struct talk *t = *state;
    t->plan.course = COURSE_INJECTION;
    PLAY(t, INJECT, "S: 220 go", "TLS", "S: 250 done", "C: QUIT", "QUIT.");
    assert_int_equal(t->facts.deep.unasked.code, 250);
    talk_begin_again(state, COURSE_INJECTION);
    PLAY(t, INJECT, "S: 220 go", "TLS", "TIMEOUT", "C: QUIT", "S: 250 done", "S: 221 bye", "QUIT."); /* late */
    assert_int_equal(t->facts.deep.unasked.code, 250);
    talk_begin_again(state, COURSE_INJECTION);
    PLAY(t, INJECT, "S: 220 go", "TLS", "TIMEOUT", "C: QUIT", "S: 250 done\r\n221 bye", "QUIT.");
    assert_int_equal(t->facts.deep.unasked.code, 250);
}

static void one_answer_is_to_quit_whatever_its_code(void **state)
{
    struct talk *t = *state;
    t->plan.course = COURSE_INJECTION;
    PLAY(t, INJECT, "S: 220 go", "TLS", "TIMEOUT", "C: QUIT", "S: 250 bye", "CLOSE", "CLOSED.");
    assert_int_equal(t->facts.deep.unasked.code, 0);
    assert_int_equal(t->facts.end_step, STEP_QUIT_ANSWERED);
    talk_begin_again(state, COURSE_INJECTION);
    PLAY(t, INJECT, "S: 220 go", "TLS", "TIMEOUT", "C: QUIT", "S: 250 bye", "TIMEOUT", "CLOSED.");
    assert_int_equal(t->facts.deep.unasked.code, 0);
    talk_begin_again(state, COURSE_INJECTION);
    PLAY(t, INJECT, "S: 220 go", "TLS", "TIMEOUT", "C: QUIT", "S: 421 too many", "QUIT.");
    assert_int_equal(t->facts.deep.unasked.code, 421);
    talk_begin_again(state, COURSE_INJECTION);
    PLAY(t, INJECT, "S: 220 go", "TLS", "TIMEOUT", "C: QUIT", "CLOSE", "CLOSED.");
    assert_int_equal(t->facts.end_step, STEP_QUIT_IN_TLS);
}

/* A far or slow server is given as long again as its handshake took. */
static void silence_is_as_long_as_the_server_is_slow(void **state)
{
    struct talk *t = *state;
    t->plan.course = COURSE_INJECTION;
    PLAY(t, INJECT, "S: 220 go");
    t->t_ms += 400;
    smtp_dialogue_event(&t->dialogue, DIALOGUE_TLS_DONE, NULL, t->t_ms);
    assert_int_equal(smtp_dialogue_want(&t->dialogue).timeout_ms, 900);
    talk_begin_again(state, COURSE_INJECTION);
    PLAY(t, INJECT, "S: 220 go");
    t->t_ms += 5000;
    smtp_dialogue_event(&t->dialogue, DIALOGUE_TLS_DONE, NULL, t->t_ms);
    assert_int_equal(smtp_dialogue_want(&t->dialogue).timeout_ms, 2000);
}

static void what_is_answered_before_tls_is_not_heard_inside_it(void **state)
{
    struct talk *t = *state;
    t->plan.course = COURSE_INJECTION;
    PLAY(t, INJECT, "S: 220 go\r\n250 done", "TLS", "TIMEOUT", "C: QUIT", "S: 221 bye", "QUIT.");
    assert_int_equal(t->facts.deep.unasked.code, 0);
    assert_true(t->facts.octets_after_starttls_reply);
    talk_begin_again(state, COURSE_INJECTION);
    PLAY(t, INJECT, "S: 554 out of step", "C: QUIT", "QUIT.");
}

static void a_recipient_may_follow_the_relay_test(void **state)
{
    static const struct smtp_try postmaster = {.kind = TRY_POSTMASTER, .mail_from = "", .rcpt_to = "postmaster@x.test"};
    struct talk *t = *state;
    t->plan.tries = &postmaster, t->plan.try_count = 1;
    PLAY(t, HEALTHY_START, "S: 250-mx", "S: 250 PIPELINING", "C: MAIL FROM:<> | RCPT TO:<a@example.net>", "S: 250 ok", "S: 554 denied", "C: RSET", "S: 250 ok",
         "C: MAIL FROM:<>", "S: 250 ok", "C: RCPT TO:<postmaster@x.test>", "S: 550 5.1.1 who", "C: QUIT", "QUIT.");
    assert_int_equal(t->facts.deep.tries[0].rcpt.code, 550);
    talk_begin_again(state, COURSE_MAIL); /* the sender of the relay test is refused */
    t->plan.tries = &postmaster, t->plan.try_count = 1;
    PLAY(t, HEALTHY_START, "S: 250-mx", "S: 250 PIPELINING", "C: MAIL FROM:<> | RCPT TO:<a@example.net>", "S: 550 no", "S: 503 no", "C: MAIL FROM:<>", "S: 550 no",
         "C: QUIT", "QUIT.");
    assert_int_equal(t->facts.deep.tries[0].mail.code, 550);
    talk_begin_again(state, COURSE_MAIL); /* no relay test */
    t->plan.tries = &postmaster, t->plan.try_count = 1;
    t->plan.relay = false;
    PLAY(t, HEALTHY_START, "S: 250 mx", "C: MAIL FROM:<>", "S: 250 ok", "C: RCPT TO:<postmaster@x.test>", "S: 250 ok", "C: QUIT", "QUIT.");
}

static const struct smtp_try tries[] = {
    {.kind = TRY_SENDER, .mail_from = "p@x.test", .rcpt_to = "a@example.net"},
    {.kind = TRY_PERCENT, .mail_from = "", .rcpt_to = "a%b@mx"},
    {.kind = TRY_BANG, .mail_from = "", .rcpt_to = "b!a@mx"},
};

static void plan_tries(struct talk *t)
{
    t->plan.course = COURSE_PLAIN_MAIL;
    t->plan.tries = tries;
    t->plan.try_count = 3;
    t->plan.control = "nobody@mx";
}

static void each_sender_gets_a_transaction_of_its_own(void **state)
{
    struct talk *t = *state;
    plan_tries(t);
    PLAY(t, "S: 220 mx", "C: EHLO probe.example", "S: 250-mx", "S: 250 STARTTLS", "C: MAIL FROM:<>", "S: 250 ok", "C: RSET", "S: 250 ok",
         "C: MAIL FROM:<p@x.test>", "S: 250 ok", "C: RCPT TO:<a@example.net>", "S: 554 no", "C: RSET", "S: 250 ok", "C: MAIL FROM:<>", "S: 250 ok",
         "C: RCPT TO:<a%b@mx>", "S: 501 what", "C: RCPT TO:<b!a@mx>", "S: 450 later", "C: QUIT", "QUIT.");
    assert_int_equal(t->facts.deep.plain_mail.code, 250);
    assert_int_equal(t->facts.deep.tries_begun, 3);
    assert_int_equal(t->facts.deep.tries[0].rcpt.code, 554);
    assert_int_equal(t->facts.deep.tries[2].rcpt.code, 450);
    assert_int_equal(t->facts.starttls.code, 0);
    assert_null(t->facts.deep.control);
}

static void a_form_that_is_taken_is_compared_with_a_plain_name_once(void **state)
{
    struct talk *t = *state;
    plan_tries(t);
    PLAY(t, "S: 220 mx", "C: EHLO probe.example", "S: 250 mx", "C: MAIL FROM:<>", "S: 250 ok", "C: RSET", "S: 250 ok", "C: MAIL FROM:<p@x.test>",
         "S: 553 not you", "C: MAIL FROM:<>", "S: 250 ok", "C: RCPT TO:<a%b@mx>", "S: 250 ok", "C: RCPT TO:<nobody@mx>", "S: 550 who", "C: RCPT TO:<b!a@mx>",
         "S: 251 ok", "C: QUIT", "QUIT.");
    assert_int_equal(t->facts.deep.control_reply.code, 550);
    assert_string_equal(t->facts.deep.control, "nobody@mx");
}

static void who_refuses_us_is_asked_no_more(void **state)
{
    struct talk *t = *state;
    plan_tries(t);
    PLAY(t, "S: 220 mx", "C: EHLO probe.example", "S: 250 mx", "C: MAIL FROM:<>", "S: 250 ok", "C: RSET", "S: 250 ok", "C: MAIL FROM:<p@x.test>", "S: 250 ok",
         "C: RCPT TO:<a@example.net>", "S: 521 go away", "C: QUIT", "QUIT.");
    assert_int_equal(t->facts.deep.tries_begun, 1);
    static const char *const stops[] = {"S: 421 later", "S: 451 later", "S: 550 no"};
    for (size_t i = 0; i < 3; i++) {
        talk_tear_down(state), talk_set_up(state);
        plan_tries(t);
        PLAY(t, "S: 220 mx", "C: EHLO probe.example", "S: 250 mx", "C: MAIL FROM:<>", stops[i], "C: QUIT", "QUIT.");
    }
}

static void who_wants_tls_for_mail_gets_it(void **state)
{
    struct talk *t = *state;
    plan_tries(t);
    t->plan.try_count = 1;
    PLAY(t, "S: 220 mx", "C: EHLO probe.example", "S: 250-mx", "S: 250 STARTTLS", "C: MAIL FROM:<>", "S: 530 TLS first", "C: STARTTLS", "S: 220 go", "TLS",
         "C: EHLO probe.example", "S: 250 mx", "C: MAIL FROM:<p@x.test>", "S: 250 ok", "C: RCPT TO:<a@example.net>", "S: 554 no", "C: QUIT", "QUIT.");
    assert_int_equal(t->facts.deep.plain_mail.code, 530);
    talk_tear_down(state), talk_set_up(state);
    t->plan.course = COURSE_PLAIN_MAIL; /* nothing to ask behind it */
    PLAY(t, "S: 220 mx", "C: EHLO probe.example", "S: 250-mx", "S: 250 STARTTLS", "C: MAIL FROM:<>", "S: 530 TLS first", "C: QUIT", "QUIT.");
}

static void starttls_is_tried_where_it_is_not_listed(void **state)
{
    struct talk *t = *state;
    t->plan.course = COURSE_UNLISTED_STARTTLS;
    PLAY(t, "S: 220 mx", "C: EHLO probe.example", "S: 250 mx", "C: STARTTLS", "S: 502 what", "C: QUIT", "QUIT.");
    talk_begin_again(state, COURSE_UNLISTED_STARTTLS);
    PLAY(t, "S: 220 mx", "C: EHLO probe.example", "S: 250 mx", "C: STARTTLS", "S: 220 go", "TLS", "C: QUIT", "QUIT.");
    talk_begin_again(state, COURSE_UNLISTED_STARTTLS);
    PLAY(t, "S: 220 mx", "C: EHLO probe.example", "S: 250 mx", "C: STARTTLS", "S: 220 go", "TLS!", "CLOSED.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TALK_TEST(tls_alone_is_looked_at_and_left),
        TALK_TEST(starttls_is_asked_for_again_inside_tls),
        TALK_TEST(a_command_in_clear_goes_along_with_starttls),
        TALK_TEST(what_comes_before_the_answer_to_quit_answers_the_command),
        TALK_TEST(one_answer_is_to_quit_whatever_its_code),
        TALK_TEST(silence_is_as_long_as_the_server_is_slow),
        TALK_TEST(a_recipient_may_follow_the_relay_test),
        TALK_TEST(what_is_answered_before_tls_is_not_heard_inside_it),
        TALK_TEST(each_sender_gets_a_transaction_of_its_own),
        TALK_TEST(a_form_that_is_taken_is_compared_with_a_plain_name_once),
        TALK_TEST(who_refuses_us_is_asked_no_more),
        TALK_TEST(who_wants_tls_for_mail_gets_it),
        TALK_TEST(starttls_is_tried_where_it_is_not_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* test_smtp_dialogue - the conversation that every server has, and how it may end. */
#include "smtp_talk.h"
#include "wire/smtp_ehlo.h"

static void seven_round_trips_where_pipelining_is_offered(void **state)
{
    struct talk *t = *state;
    PLAY(t, HEALTHY_START, "S: 250-mx.example", "S: 250 PIPELINING", "C: MAIL FROM:<> | RCPT TO:<a@example.net>", "S: 250 ok", "S: 554 5.7.1 relaying denied",
         "C: RSET | QUIT", "QUIT.");
    assert_int_equal(t->facts.relay.rcpt[0].code, 554);
    assert_int_equal(t->facts.relay.rcpt[1].code, 0);
    assert_true(smtp_ehlo_find(&t->facts.ehlo, "starttls") != NULL);
    assert_true(smtp_ehlo_find(&t->facts.ehlo_tls, "STARTTLS") == NULL);
}

static void every_octet_in_a_packet_of_its_own(void **state)
{
    struct talk *t = *state;
    t->chunk = 1;
    seven_round_trips_where_pipelining_is_offered(state);
}

static void one_command_at_a_time_where_it_is_not_offered(void **state)
{
    struct talk *t = *state;
    PLAY(t, HEALTHY_START, "S: 250 mx.example", "C: MAIL FROM:<>", "S: 250 ok", "C: RCPT TO:<a@example.net>", "S: 550 no", "C: RSET", "S: 250 ok", "C: QUIT",
         "QUIT.");
}

static void a_second_recipient_only_after_the_first_was_taken(void **state)
{
    struct talk *t = *state;
    PLAY(t, HEALTHY_START, "S: 250-mx.example", "S: 250 PIPELINING", "C: MAIL FROM:<> | RCPT TO:<a@example.net>", "S: 250 ok", "S: 250 ok",
         "C: RCPT TO:<b@example.org>", "S: 250 ok", "C: RSET | QUIT", "QUIT.");
    assert_int_equal(t->facts.relay.rcpt[1].code, 250);
}

static void a_refused_sender_ends_the_relay_test(void **state)
{
    struct talk *t = *state;
    PLAY(t, HEALTHY_START, "S: 250-mx.example", "S: 250 PIPELINING", "C: MAIL FROM:<> | RCPT TO:<a@example.net>", "S: 553 not you", "S: 503 MAIL first",
         "C: QUIT", "QUIT.");
    assert_int_equal(t->facts.relay.mail.code, 553);
}

static void the_greeting_may_have_many_lines(void **state)
{
    struct talk *t = *state;
    t->plan.relay = false;
    PLAY(t, "S: 220-mx.example", "S: 220-no spam here", "S: 220 ESMTP", "C: EHLO probe.example", "S: 250 mx.example", "C: QUIT", "QUIT.");
    assert_int_equal(t->facts.greeting.line_count, 3);
    assert_int_equal(t->facts.greeting.flaws, 0);
}

static void not_welcome_gets_a_quit(void **state)
{
    struct talk *t = *state;
    PLAY(t, "S: 554 go away", "C: QUIT", "QUIT.");
    assert_int_equal(t->facts.greeting.code, 554);
    talk_tear_down(state), talk_set_up(state);
    PLAY(t, "S: 421 too busy", "C: QUIT", "QUIT.");
    assert_int_equal(t->facts.greeting.code, 421);
}

static void helo_is_tried_when_ehlo_is_unknown(void **state)
{
    struct talk *t = *state;
    PLAY(t, "S: 220 mx", "C: EHLO probe.example", "S: 502 what?", "C: HELO probe.example", "S: 250 mx", "C: QUIT", "QUIT.");
    assert_int_equal(t->facts.ehlo.reply.code, 502);
    assert_int_equal(t->facts.ehlo.helo_reply.code, 250);
    assert_true(t->facts.ehlo.helo);
}

static void a_refused_starttls_goes_on_in_clear(void **state)
{
    struct talk *t = *state;
    PLAY(t, "S: 220 mx", "C: EHLO probe.example", "S: 250-mx", "S: 250 STARTTLS", "C: STARTTLS", "S: 454 no certificate today", "C: MAIL FROM:<>",
         "S: 250 ok", "C: RCPT TO:<a@example.net>", "S: 550 no", "C: RSET", "S: 250 ok", "C: QUIT", "QUIT.");
    assert_int_equal(t->facts.starttls.code, 454);
}

static void clear_text_after_the_220_is_evidence(void **state)
{
    struct talk *t = *state;
    PLAY(t, "S: 220 mx", "C: EHLO probe.example", "S: 250-mx", "S: 250 STARTTLS", "C: STARTTLS", "S: 220 go\r\n250 evil", "TLS", "C: EHLO probe.example");
    assert_true(t->facts.octets_after_starttls_reply);
    assert_true(str_is(t->facts.octets_after, "250 evil\r\n"));
}

static void a_failed_handshake_closes(void **state)
{
    struct talk *t = *state;
    PLAY(t, "S: 220 mx", "C: EHLO probe.example", "S: 250-mx", "S: 250 STARTTLS", "C: STARTTLS", "S: 220 go", "TLS!", "CLOSED.");
    assert_int_equal(t->facts.end, END_TLS_FAILED);
    assert_int_equal(t->facts.end_step, STEP_HANDSHAKE);
}

static void implicit_tls_comes_first(void **state)
{
    struct talk *t = *state;
    t->plan.tls_mode = TLS_MODE_IMPLICIT;
    t->plan.relay = false;
    PLAY(t, "TLS", "S: 220 mx", "C: EHLO probe.example", "S: 250-mx", "S: 250 STARTTLS", "C: QUIT", "QUIT.");
}

static void whatever_ends_it_is_a_fact_with_its_step(void **state)
{
    static const struct {
        const char *word;
        enum session_end end;
    } ways[] = {{"CLOSE", END_CLOSED}, {"RESET", END_RESET}, {"TIMEOUT", END_TIMEOUT}, {"LIMIT", END_LIMIT}};
    struct talk *t = *state;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        PLAY(t, "S: 220 mx", "C: EHLO probe.example", ways[i].word, "CLOSED.");
        assert_int_equal(t->facts.end, ways[i].end);
        assert_int_equal(t->facts.end_step, STEP_EHLO);
        talk_tear_down(state), talk_set_up(state);
    }
}

static void another_protocol_is_told_from_silence(void **state)
{
    struct talk *t = *state;
    PLAY(t, "S: SSH-2.0-OpenSSH_9.2", "CLOSED.");
    assert_int_equal(t->facts.end, END_NOT_SMTP);
    assert_true(str_is(t->facts.greeting.lines[0], "SSH-2.0-OpenSSH_9.2"));

    talk_tear_down(state), talk_set_up(state);
    smtp_dialogue_init(&t->dialogue, &t->plan, &t->facts, &t->arena);
    talk_feed(t, "J\0\0\0\n5.5.5", 4); /* no line end: decided when nothing more comes */
    smtp_dialogue_event(&t->dialogue, DIALOGUE_TIMEOUT, NULL, 60000);
    assert_int_equal(t->facts.end, END_NOT_SMTP);

    talk_tear_down(state), talk_set_up(state);
    smtp_dialogue_init(&t->dialogue, &t->plan, &t->facts, &t->arena);
    talk_feed(t, "220 slow", 8); /* the beginning of a reply */
    smtp_dialogue_event(&t->dialogue, DIALOGUE_TIMEOUT, NULL, 60000);
    assert_int_equal(t->facts.end, END_TIMEOUT);
}

static void malformed_replies_are_read_and_noted(void **state)
{
    struct talk *t = *state;
    t->plan.relay = false;
    PLAY(t, "S: 220 mx", "C: EHLO probe.example", "S: 250-mx\r\n251-SIZE\n250 HELP", "C: QUIT", "QUIT.");
    assert_int_equal(t->facts.ehlo.reply.flaws, REPLY_CODE_CHANGED | REPLY_BARE_LF);
    assert_true(smtp_ehlo_find(&t->facts.ehlo, "SIZE") != NULL);
}

static void a_reply_without_end_is_cut(void **state)
{
    struct talk *t = *state;
    smtp_dialogue_init(&t->dialogue, &t->plan, &t->facts, &t->arena);
    for (int i = 0; i < 200 && smtp_dialogue_want(&t->dialogue).wish == WISH_HEAR; i++)
        talk_feed(t, "220-again\r\n", 11);
    assert_int_equal(t->facts.end, END_LIMIT);
    assert_int_equal(t->facts.greeting.line_count, SMTP_LINES_MAX);
    assert_false(t->facts.greeting.complete);

    talk_tear_down(state), talk_set_up(state);
    smtp_dialogue_init(&t->dialogue, &t->plan, &t->facts, &t->arena);
    for (int i = 0; i < 6000 && smtp_dialogue_want(&t->dialogue).wish == WISH_HEAR; i++)
        talk_feed(t, "2", 1);
    assert_int_equal(t->facts.end, END_LIMIT);
}

static void a_line_of_nothing_but_cr_is_cut(void **state)
{
    struct talk *t = *state;
    char cr[4096];
    memset(cr, '\r', sizeof cr);
    smtp_dialogue_init(&t->dialogue, &t->plan, &t->facts, &t->arena);
    while (smtp_dialogue_want(&t->dialogue).wish == WISH_HEAR)
        talk_feed(t, cr, sizeof cr);
    assert_int_equal(t->facts.end, END_LIMIT);
    assert_int_equal(t->facts.end_step, STEP_GREETING);
    assert_true(t->facts.greeting.flaws & REPLY_OVER_LIMIT);
}

static void a_password_stays_out_of_the_transcript(void **state)
{
    struct talk *t = *state;
    t->plan.auth = true;
    t->plan.relay = false;
    PLAY(t, "S: 220 mx", "C: EHLO probe.example", "S: 250-mx", "S: 250 AUTH PLAIN LOGIN");
    assert_int_equal(smtp_dialogue_want(&t->dialogue).wish, WISH_AUTH);
    assert_true(str_is(smtp_dialogue_auth_offered(&t->dialogue), "PLAIN LOGIN"));
    smtp_dialogue_auth(&t->dialogue, "LOGIN", (struct str){NULL, 0}, AUTH_NOT_TRIED);
    talk_must_say(t, "AUTH LOGIN", 0);
    talk_feed(t, "334 VXNlcm5hbWU6\r\n", 18);
    assert_true(str_is(t->dialogue.challenge, "VXNlcm5hbWU6"));
    smtp_dialogue_auth(&t->dialogue, NULL, STR("c2VjcmV0"), AUTH_NOT_TRIED);
    talk_must_say(t, "c2VjcmV0", 0);
    talk_feed(t, "235 welcome\r\n", 13);
    assert_int_equal(t->facts.auth.result, AUTH_ACCEPTED);
    for (const struct transcript_line *l = t->facts.transcript; l; l = l->next)
        assert_false(str_contains_nocase(l->text, "c2VjcmV0"));
}

static void a_challenge_that_is_too_long_cancels(void **state)
{
    struct talk *t = *state;
    static char long_response[SMTP_OUT_BYTES];
    memset(long_response, 'A', sizeof long_response);
    t->plan.auth = true;
    t->plan.relay = false;
    PLAY(t, "S: 220 mx", "C: EHLO probe.example", "S: 250-mx", "S: 250 AUTH SCRAM-SHA-256");
    smtp_dialogue_auth(&t->dialogue, "SCRAM-SHA-256", STR("abc"), AUTH_NOT_TRIED);
    talk_must_say(t, "AUTH SCRAM-SHA-256 abc", 0);
    talk_feed(t, "334 eA==\r\n", 10);
    smtp_dialogue_auth(&t->dialogue, NULL, (struct str){long_response, sizeof long_response}, AUTH_NOT_TRIED);
    talk_must_say(t, "*", 0);
    talk_feed(t, "501 cancelled\r\n", 15);
    assert_int_equal(t->facts.auth.result, AUTH_BAD_CHALLENGE);
}

static const char *healthy_answer(enum smtp_step step)
{
    static const char *const answers[STEP_COUNT] = {
        [STEP_GREETING] = "220 mx.example ESMTP\r\n",
        [STEP_EHLO] = "250-mx.example\r\n250 SIZE 1000\r\n",
        [STEP_RCPT] = "554 no\r\n",
    };
    return answers[step] ? answers[step] : "250 ok\r\n";
}

/* Half of a reply would say something that the server did not say. */
static void what_found_no_room_was_not_heard(void **state)
{
    struct talk *t = *state;
    size_t cap_bytes = 0;
    for (bool enough = false; !enough; cap_bytes += 16) {
        arena_done(&t->arena);
        arena_init(&t->arena, cap_bytes);
        t->facts = (struct session_facts){.end = END_NONE};
        smtp_dialogue_init(&t->dialogue, &t->plan, &t->facts, &t->arena);
        enum smtp_wish wish;
        while ((wish = smtp_dialogue_want(&t->dialogue).wish) != WISH_CLOSE && wish != WISH_LINGER)
            if (t->arena.exhausted)
                smtp_dialogue_event(&t->dialogue, DIALOGUE_TROUBLE, "no memory", ++t->t_ms);
            else if (wish == WISH_SEND)
                smtp_dialogue_take(&t->dialogue, ++t->t_ms);
            else
                talk_feed(t, healthy_answer(t->dialogue.step), strlen(healthy_answer(t->dialogue.step)));
        enough = !t->arena.exhausted;
        assert_int_equal(t->facts.end, wish == WISH_LINGER ? END_QUIT : END_TROUBLE);
        if (t->facts.greeting.complete)
            assert_true(t->facts.greeting.line_count == 1 && str_is(t->facts.greeting.lines[0], "mx.example ESMTP"));
        if (t->facts.ehlo.reply.complete)
            assert_true(t->facts.ehlo.capability_count == 1 && str_is(t->facts.ehlo.capabilities[0].keyword, "SIZE"));
        if (t->facts.relay.rcpt[0].complete)
            assert_true(t->facts.relay.rcpt[0].line_count == 1 && str_is(t->facts.relay.rcpt[0].lines[0], "no"));
    }
    assert_true(cap_bytes > 500);
}

/* The courses of --deep. */

int main(void)
{
    const struct CMUnitTest tests[] = {
        TALK_TEST(seven_round_trips_where_pipelining_is_offered),
        TALK_TEST(every_octet_in_a_packet_of_its_own),
        TALK_TEST(one_command_at_a_time_where_it_is_not_offered),
        TALK_TEST(a_second_recipient_only_after_the_first_was_taken),
        TALK_TEST(a_refused_sender_ends_the_relay_test),
        TALK_TEST(the_greeting_may_have_many_lines),
        TALK_TEST(not_welcome_gets_a_quit),
        TALK_TEST(helo_is_tried_when_ehlo_is_unknown),
        TALK_TEST(a_refused_starttls_goes_on_in_clear),
        TALK_TEST(clear_text_after_the_220_is_evidence),
        TALK_TEST(a_failed_handshake_closes),
        TALK_TEST(implicit_tls_comes_first),
        TALK_TEST(whatever_ends_it_is_a_fact_with_its_step),
        TALK_TEST(another_protocol_is_told_from_silence),
        TALK_TEST(malformed_replies_are_read_and_noted),
        TALK_TEST(a_reply_without_end_is_cut),
        TALK_TEST(a_line_of_nothing_but_cr_is_cut),
        TALK_TEST(a_password_stays_out_of_the_transcript),
        TALK_TEST(a_challenge_that_is_too_long_cancels),
        TALK_TEST(what_found_no_room_was_not_heard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

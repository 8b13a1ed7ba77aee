/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_smtp_dialogue - conversations as they are spoken. "S:" is what the server says, "C:" what we must
 * say then, "TLS" a handshake that succeeds, "TLS!" one that fails, "CLOSE", "RESET", "TIMEOUT" what happens
 * to us, "QUIT." that the dialogue is over in good order, "CLOSED." that it is over.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "wire/smtp_ehlo.h"
#include "wire/smtp_dialogue.h"

struct talk {
    struct arena arena;
    struct session_facts facts;
    struct smtp_plan plan;
    struct smtp_dialogue dialogue;
    size_t chunk; /* octets given at a time; 0: a line at once */
    uint32_t t_ms;
};

static int set_up(void **state)
{
    static struct talk t;
    memset(&t, 0, sizeof t);
    arena_init(&t.arena, 1 << 20);
    t.plan = (struct smtp_plan){
        .ehlo_name = "probe.example",
        .tls_mode = TLS_MODE_STARTTLS,
        .relay = true,
        .mail_from = "",
        .recipients = {"a@example.net", "b@example.org"},
    };
    *state = &t;
    return 0;
}

static int tear_down(void **state)
{
    struct talk *t = *state;
    arena_done(&t->arena);
    return 0;
}

static void feed(struct talk *t, const char *bytes, size_t n)
{
    size_t chunk = t->chunk ? t->chunk : n;
    for (size_t at = 0; at < n; at += chunk)
        smtp_dialogue_feed(&t->dialogue, bytes + at, n - at < chunk ? n - at : chunk, ++t->t_ms);
}

static void check_said(struct talk *t, const char *expected, size_t line)
{
    char wanted[1024];
    size_t n = 0;
    assert_int_equal(smtp_dialogue_want(&t->dialogue).wish, WISH_SEND);
    for (const char *c = expected; *c; c++) /* " | " stands between pipelined commands */
        if (strncmp(c, " | ", 3) == 0) {
            n += (size_t)sprintf(wanted + n, "\r\n");
            c += 2;
        } else {
            wanted[n++] = *c;
        }
    n += (size_t)sprintf(wanted + n, "\r\n");
    struct str said = smtp_dialogue_take(&t->dialogue, ++t->t_ms);
    if (said.n != n || memcmp(said.p, wanted, n) != 0)
        fail_msg("line %zu: we must say '%s' but say '%.*s'", line, expected, (int)said.n, said.p);
}

static void begin_again(void **state, enum smtp_course course)
{
    tear_down(state), set_up(state);
    struct talk *t = *state;
    t->plan.course = course;
}

static void play(struct talk *t, const char *const *script)
{
    static const struct {
        const char *word;
        enum smtp_dialogue_event event;
    } events[] = {{"TLS", DIALOGUE_TLS_DONE},  {"TLS!", DIALOGUE_TLS_FAILED}, {"CLOSE", DIALOGUE_CLOSED},
                  {"RESET", DIALOGUE_RESET},   {"TIMEOUT", DIALOGUE_TIMEOUT}, {"LIMIT", DIALOGUE_LIMIT}};
    smtp_dialogue_init(&t->dialogue, &t->plan, &t->facts, &t->arena);
    for (size_t i = 0; script[i]; i++) {
        const char *line = script[i];
        enum smtp_wish wish = smtp_dialogue_want(&t->dialogue).wish;
        char bytes[1024];
        if (strncmp(line, "S: ", 3) == 0) {
            if (wish != WISH_HEAR)
                fail_msg("line %zu: '%s' is said while the dialogue wants %d", i, line, wish);
            snprintf(bytes, sizeof bytes, "%s\r\n", line + 3);
            feed(t, bytes, strlen(bytes));
        } else if (strncmp(line, "C: ", 3) == 0) {
            check_said(t, line + 3, i);
        } else if (strcmp(line, "QUIT.") == 0) {
            assert_int_equal(wish, WISH_LINGER);
            assert_int_equal(t->facts.end, END_QUIT);
        } else if (strcmp(line, "CLOSED.") == 0) {
            assert_int_equal(wish, WISH_CLOSE);
        } else {
            bool known = false;
            for (size_t k = 0; k < sizeof events / sizeof *events; k++)
                if (strcmp(line, events[k].word) == 0) {
                    smtp_dialogue_event(&t->dialogue, events[k].event, NULL, ++t->t_ms);
                    known = true;
                }
            if (!known)
                fail_msg("line %zu: '%s' is no word of this test", i, line);
        }
    }
}

#define PLAY(t, ...) play((t), (const char *const[]){__VA_ARGS__, NULL})

#define HEALTHY_START                                                                                                                                          \
    "S: 220 mx.example ESMTP", "C: EHLO probe.example", "S: 250-mx.example", "S: 250-PIPELINING", "S: 250 STARTTLS", "C: STARTTLS", "S: 220 go", "TLS",         \
        "C: EHLO probe.example"

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
    tear_down(state), set_up(state);
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
        tear_down(state), set_up(state);
    }
}

static void another_protocol_is_told_from_silence(void **state)
{
    struct talk *t = *state;
    PLAY(t, "S: SSH-2.0-OpenSSH_9.2", "CLOSED.");
    assert_int_equal(t->facts.end, END_NOT_SMTP);
    assert_true(str_is(t->facts.greeting.lines[0], "SSH-2.0-OpenSSH_9.2"));

    tear_down(state), set_up(state);
    smtp_dialogue_init(&t->dialogue, &t->plan, &t->facts, &t->arena);
    feed(t, "J\0\0\0\n5.5.5", 4); /* no line end: decided when nothing more comes */
    smtp_dialogue_event(&t->dialogue, DIALOGUE_TIMEOUT, NULL, 60000);
    assert_int_equal(t->facts.end, END_NOT_SMTP);

    tear_down(state), set_up(state);
    smtp_dialogue_init(&t->dialogue, &t->plan, &t->facts, &t->arena);
    feed(t, "220 slow", 8); /* the beginning of a reply */
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
        feed(t, "220-again\r\n", 11);
    assert_int_equal(t->facts.end, END_LIMIT);
    assert_int_equal(t->facts.greeting.line_count, SMTP_LINES_MAX);
    assert_false(t->facts.greeting.complete);

    tear_down(state), set_up(state);
    smtp_dialogue_init(&t->dialogue, &t->plan, &t->facts, &t->arena);
    for (int i = 0; i < 6000 && smtp_dialogue_want(&t->dialogue).wish == WISH_HEAR; i++)
        feed(t, "2", 1);
    assert_int_equal(t->facts.end, END_LIMIT);
}

static void a_line_of_nothing_but_cr_is_cut(void **state)
{
    struct talk *t = *state;
    char cr[4096];
    memset(cr, '\r', sizeof cr);
    smtp_dialogue_init(&t->dialogue, &t->plan, &t->facts, &t->arena);
    while (smtp_dialogue_want(&t->dialogue).wish == WISH_HEAR)
        feed(t, cr, sizeof cr);
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
    check_said(t, "AUTH LOGIN", 0);
    feed(t, "334 VXNlcm5hbWU6\r\n", 18);
    assert_true(str_is(t->dialogue.challenge, "VXNlcm5hbWU6"));
    smtp_dialogue_auth(&t->dialogue, NULL, STR("c2VjcmV0"), AUTH_NOT_TRIED);
    check_said(t, "c2VjcmV0", 0);
    feed(t, "235 welcome\r\n", 13);
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
    check_said(t, "AUTH SCRAM-SHA-256 abc", 0);
    feed(t, "334 eA==\r\n", 10);
    smtp_dialogue_auth(&t->dialogue, NULL, (struct str){long_response, sizeof long_response}, AUTH_NOT_TRIED);
    check_said(t, "*", 0);
    feed(t, "501 cancelled\r\n", 15);
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
                feed(t, healthy_answer(t->dialogue.step), strlen(healthy_answer(t->dialogue.step)));
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

static void tls_alone_is_looked_at_and_left(void **state)
{
    struct talk *t = *state;
    t->plan.course = COURSE_TLS;
    PLAY(t, "S: 220 mx", "C: EHLO probe.example", "S: 250-mx", "S: 250 STARTTLS", "C: STARTTLS", "S: 220 go", "TLS", "C: QUIT", "QUIT.");
    begin_again(state, COURSE_TLS);
    PLAY(t, "S: 220 mx", "C: EHLO probe.example", "S: 250-mx", "S: 250 STARTTLS", "C: STARTTLS", "S: 454 not now", "C: QUIT", "QUIT.");
    begin_again(state, COURSE_TLS);
    PLAY(t, "S: 220 mx", "C: EHLO probe.example", "S: 250 mx", "C: QUIT", "QUIT.");
    begin_again(state, COURSE_TLS);
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
    begin_again(state, COURSE_TLS_TWICE);
    PLAY(t, "S: 220 mx", "C: EHLO probe.example", "S: 250 mx", "C: QUIT", "QUIT."); /* no TLS, no second time */
    begin_again(state, COURSE_TLS_TWICE);
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
    begin_again(state, COURSE_INJECTION);
    PLAY(t, INJECT, "S: 220 go", "TLS", "TIMEOUT", "C: QUIT", "S: 250 done", "S: 221 bye", "QUIT."); /* late */
    assert_int_equal(t->facts.deep.unasked.code, 250);
    begin_again(state, COURSE_INJECTION);
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
    begin_again(state, COURSE_INJECTION);
    PLAY(t, INJECT, "S: 220 go", "TLS", "TIMEOUT", "C: QUIT", "S: 250 bye", "TIMEOUT", "CLOSED.");
    assert_int_equal(t->facts.deep.unasked.code, 0);
    begin_again(state, COURSE_INJECTION);
    PLAY(t, INJECT, "S: 220 go", "TLS", "TIMEOUT", "C: QUIT", "S: 421 too many", "QUIT.");
    assert_int_equal(t->facts.deep.unasked.code, 421);
    begin_again(state, COURSE_INJECTION);
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
    begin_again(state, COURSE_INJECTION);
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
    begin_again(state, COURSE_INJECTION);
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
    begin_again(state, COURSE_MAIL); /* the sender of the relay test is refused */
    t->plan.tries = &postmaster, t->plan.try_count = 1;
    PLAY(t, HEALTHY_START, "S: 250-mx", "S: 250 PIPELINING", "C: MAIL FROM:<> | RCPT TO:<a@example.net>", "S: 550 no", "S: 503 no", "C: MAIL FROM:<>", "S: 550 no",
         "C: QUIT", "QUIT.");
    assert_int_equal(t->facts.deep.tries[0].mail.code, 550);
    begin_again(state, COURSE_MAIL); /* no relay test */
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
        tear_down(state), set_up(state);
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
    tear_down(state), set_up(state);
    t->plan.course = COURSE_PLAIN_MAIL; /* nothing to ask behind it */
    PLAY(t, "S: 220 mx", "C: EHLO probe.example", "S: 250-mx", "S: 250 STARTTLS", "C: MAIL FROM:<>", "S: 530 TLS first", "C: QUIT", "QUIT.");
}

static void starttls_is_tried_where_it_is_not_listed(void **state)
{
    struct talk *t = *state;
    t->plan.course = COURSE_UNLISTED_STARTTLS;
    PLAY(t, "S: 220 mx", "C: EHLO probe.example", "S: 250 mx", "C: STARTTLS", "S: 502 what", "C: QUIT", "QUIT.");
    begin_again(state, COURSE_UNLISTED_STARTTLS);
    PLAY(t, "S: 220 mx", "C: EHLO probe.example", "S: 250 mx", "C: STARTTLS", "S: 220 go", "TLS", "C: QUIT", "QUIT.");
    begin_again(state, COURSE_UNLISTED_STARTTLS);
    PLAY(t, "S: 220 mx", "C: EHLO probe.example", "S: 250 mx", "C: STARTTLS", "S: 220 go", "TLS!", "CLOSED.");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(seven_round_trips_where_pipelining_is_offered),
        T(every_octet_in_a_packet_of_its_own),
        T(one_command_at_a_time_where_it_is_not_offered),
        T(a_second_recipient_only_after_the_first_was_taken),
        T(a_refused_sender_ends_the_relay_test),
        T(the_greeting_may_have_many_lines),
        T(not_welcome_gets_a_quit),
        T(helo_is_tried_when_ehlo_is_unknown),
        T(a_refused_starttls_goes_on_in_clear),
        T(clear_text_after_the_220_is_evidence),
        T(a_failed_handshake_closes),
        T(implicit_tls_comes_first),
        T(whatever_ends_it_is_a_fact_with_its_step),
        T(another_protocol_is_told_from_silence),
        T(malformed_replies_are_read_and_noted),
        T(a_reply_without_end_is_cut),
        T(a_line_of_nothing_but_cr_is_cut),
        T(a_password_stays_out_of_the_transcript),
        T(a_challenge_that_is_too_long_cancels),
        T(what_found_no_room_was_not_heard),
        T(tls_alone_is_looked_at_and_left),
        T(starttls_is_asked_for_again_inside_tls),
        T(a_command_in_clear_goes_along_with_starttls),
        T(what_comes_before_the_answer_to_quit_answers_the_command),
        T(one_answer_is_to_quit_whatever_its_code),
        T(silence_is_as_long_as_the_server_is_slow),
        T(a_recipient_may_follow_the_relay_test),
        T(what_is_answered_before_tls_is_not_heard_inside_it),
        T(each_sender_gets_a_transaction_of_its_own),
        T(a_form_that_is_taken_is_compared_with_a_plain_name_once),
        T(who_refuses_us_is_asked_no_more),
        T(who_wants_tls_for_mail_gets_it),
        T(starttls_is_tried_where_it_is_not_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* test_smtp - the service, the greeting, EHLO in clear and inside TLS. */
#include "world.h"

#define MX1 "mx1/v4:25"

static void cut_all(struct world *w, enum smtp_step step, enum session_end end)
{
    for (size_t i = 0; i < WORLD_ADDRESSES; i++)
        cut_at(w->sessions[i], step, end);
}

/* The whole dialogue was this greeting. */
static void greet(struct world *w, struct session_facts *s, int code, const char *text)
{
    cut_at(s, STEP_GREETING, END_QUIT);
    s->end_step = STEP_QUIT;
    set_reply(w, &s->greeting, code, text);
}

static void greet_no_smtp(struct world *w, struct session_facts *s, const char *line)
{
    cut_at(s, STEP_GREETING, END_NOT_SMTP);
    set_reply(w, &s->greeting, 0, line);
    s->greeting.complete = false;
    s->greeting.flaws = REPLY_NOT_SMTP;
}

static void refuse_ehlo(struct world *w, struct session_facts *s, int code, const char *text)
{
    cut_at(s, STEP_EHLO, END_QUIT);
    s->end_step = STEP_QUIT;
    set_reply(w, &s->ehlo.reply, code, text);
}

static void refuse_ehlo_in_tls(struct world *w, struct session_facts *s, int code, const char *text)
{
    cut_at(s, STEP_EHLO_TLS, END_QUIT);
    s->end_step = STEP_QUIT;
    set_reply(w, &s->ehlo_tls.reply, code, text);
}

/* Greeting. */

static void a_greeting_with_220_passes(void **state)
{
    expect_verdict(*state, "smtp.greeting", MX1, VERDICT_PASS);
    expect_verdict(*state, "smtp.service", "", VERDICT_PASS);
}

static void a_teaser_line_and_the_greeting_8_s_later_are_healthy(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < WORLD_ADDRESSES; i++) {
        const char *name = i < MX2_V4 ? "mx1.example.org ESMTP\nmx1.example.org ESMTP" : "mx2.example.org ESMTP\nmx2.example.org ESMTP";
        set_reply(w, &w->sessions[i]->greeting, 220, name);
        w->sessions[i]->greeting.last_ms = 8025;
    }
    expect_findings(w, "");
}

static void a_greeting_with_421_says_that_we_are_throttled(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < WORLD_ADDRESSES; i++)
        greet(w, w->sessions[i], 421, "4.7.0 too many connections");
    expect_findings(w, "smtp.greeting:throttled smtp.probe-accepted");
    expect_via(w, "smtp.service", "", VERDICT_UNKNOWN, "smtp.greeting");
    expect_via(w, "relay.rcpt-refused", MX1, VERDICT_UNKNOWN, "smtp.ehlo");
    expect_detail(w, "smtp.greeting", MX1, "421 4.7.0 too many connections");
}

static void a_greeting_with_554_turns_us_away(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < WORLD_ADDRESSES; i++)
        greet(w, w->sessions[i], 554, "5.7.1 blocked");
    expect_findings(w, "smtp.greeting:refused_us smtp.probe-accepted");
}

static void a_greeting_with_521_says_that_there_is_no_mail_service(void **state)
{
    struct world *w = *state;
    greet(w, w->sessions[MX2_V4], 521, "mx2.example.org does not accept mail");
    greet(w, w->sessions[MX2_V6], 521, "mx2.example.org does not accept mail");
    expect_findings(w, "smtp.greeting");
    expect_verdict(w, "smtp.probe-accepted", "mx2/v4:25", VERDICT_PASS);
    expect_via(w, "smtp.ehlo", "mx2/v4:25", VERDICT_NA, "smtp.greeting");
    expect_verdict(w, "smtp.service", "", VERDICT_PASS);
}

static void a_greeting_with_a_code_of_another_kind_is_a_fault(void **state)
{
    struct world *w = *state;
    greet(w, w->sessions[MX1_V4], 250, "mx1.example.org");
    expect_verdict(w, "smtp.greeting", MX1, VERDICT_FAIL);
    greet(w, w->sessions[MX1_V4], 354, "go on");
    expect_verdict(w, "smtp.greeting", MX1, VERDICT_FAIL);
    greet(w, w->sessions[MX1_V4], 220, "mx1.example.org");
    expect_verdict(w, "smtp.greeting", MX1, VERDICT_PASS);
    greet(w, w->sessions[MX1_V4], 399, "no code of SMTP");
    expect_detail(w, "smtp.greeting", MX1, "The greeting is \"399 no code of SMTP\".");
    greet(w, w->sessions[MX1_V4], 400, "later");
    expect_unknown(w, "smtp.greeting", MX1, REASON_THROTTLED);
    greet(w, w->sessions[MX1_V4], 500, "no");
    expect_unknown(w, "smtp.greeting", MX1, REASON_REFUSED_US);
    expect_verdict(w, "smtp.probe-accepted", MX1, VERDICT_FAIL);
    greet(w, w->sessions[MX1_V4], 599, "no");
    expect_unknown(w, "smtp.greeting", MX1, REASON_REFUSED_US);
    expect_verdict(w, "smtp.probe-accepted", MX1, VERDICT_FAIL);
    greet(w, w->sessions[MX1_V4], 600, "no code of SMTP either");
    expect_verdict(w, "smtp.greeting", MX1, VERDICT_FAIL);
    expect_verdict(w, "smtp.probe-accepted", MX1, VERDICT_PASS);
}

static void of_two_reasons_the_more_frequent_or_else_the_first_is_told(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < WORLD_ADDRESSES; i++)
        greet(w, w->sessions[i], i < MX2_V4 ? 421 : 554, "no");
    expect_unknown(w, "smtp.service", "", REASON_THROTTLED);
    greet(w, w->sessions[MX1_V6], 554, "no");
    expect_unknown(w, "smtp.service", "", REASON_REFUSED_US);
}

static void a_try_without_connection_waits_for_no_greeting(void **state)
{
    struct world *w = *state;
    struct endpoint_facts *e = w->endpoints[MX1_V4];
    e->shown = add_session(e, CONNECTION_RETRY);
    e->sessions[0] = (struct session_facts){.connect = CONNECT_TIMEOUT, .end = END_TIMEOUT, .end_step = STEP_GREETING, .duration_ms = 3600 * 1000};
    expect_verdict(w, "smtp.greeting-delay", MX1, VERDICT_PASS);
}

static void another_service_on_the_port_is_no_mail_server(void **state)
{
    struct world *w = *state;
    greet_no_smtp(w, w->sessions[MX2_V4], "SSH-2.0-OpenSSH_9.2");
    greet_no_smtp(w, w->sessions[MX2_V6], "SSH-2.0-OpenSSH_9.2");
    expect_findings(w, "smtp.greeting");
    expect_detail(w, "smtp.greeting", "mx2/v4:25", "The server begins with \"SSH-2.0-OpenSSH_9.2\", which is no SMTP.");
}

static void no_service_when_nothing_that_answers_speaks_smtp(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < WORLD_ADDRESSES; i++)
        greet_no_smtp(w, w->sessions[i], "SSH-2.0-OpenSSH_9.2");
    expect_findings(w, "smtp.greeting smtp.service");
    expect_detail(w, "smtp.service", "", "4 open addresses");
}

static void service_is_unknown_while_one_server_is(void **state)
{
    struct world *w = *state;
    for (size_t i = 1; i < WORLD_ADDRESSES; i++)
        greet_no_smtp(w, w->sessions[i], "SSH-2.0-OpenSSH_9.2");
    greet(w, w->sessions[MX1_V4], 421, "later");
    expect_unknown(w, "smtp.service", "", REASON_THROTTLED);
}

static void service_is_unknown_for_the_most_frequent_reason(void **state)
{
    struct world *w = *state;
    cut_all(w, STEP_EHLO, END_CLOSED);
    cut_at(w->sessions[MX1_V4], STEP_EHLO, END_TIMEOUT);
    expect_unknown(w, "smtp.service", "", REASON_THROTTLED);
    cut_at(w->sessions[MX1_V6], STEP_EHLO, END_TIMEOUT);
    cut_at(w->sessions[MX2_V6], STEP_EHLO, END_TIMEOUT);
    expect_unknown(w, "smtp.service", "", REASON_TIMEOUT);
}

static void service_looks_at_open_addresses_only(void **state)
{
    struct world *w = *state;
    for (size_t i = 1; i < WORLD_ADDRESSES; i++)
        not_connected(w->endpoints[i], CONNECT_REFUSED);
    expect_verdict(w, "smtp.service", "", VERDICT_PASS);
    greet_no_smtp(w, w->sessions[MX1_V4], "* OK IMAP ready");
    expect_verdict(w, "smtp.service", "", VERDICT_FAIL);
    expect_detail(w, "smtp.service", "", "1 open address ");
    not_connected(w->endpoints[MX1_V4], CONNECT_REFUSED);
    expect_via(w, "smtp.service", "", VERDICT_NA, "mx.reachable");
}

static void service_of_the_mail_port_is_not_saved_by_another_port(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < WORLD_ADDRESSES; i++) {
        greet_no_smtp(w, w->sessions[i], "SSH-2.0-OpenSSH_9.2");
        add_port(w, i, 587);
    }
    expect_verdict(w, "smtp.greeting", "mx1/v4:587", VERDICT_PASS);
    expect_verdict(w, "smtp.service", "", VERDICT_FAIL);
}

static void service_of_a_server_asked_by_name_is_judged_too(void **state)
{
    struct world *w = *state;
    make_server(w, 2525, TLS_MODE_STARTTLS);
    expect_verdict(w, "smtp.service", "", VERDICT_PASS);
    refuse_ehlo(w, w->sessions[MX1_V4], 502, "no");
    refuse_ehlo(w, w->sessions[MX1_V6], 502, "no");
    expect_verdict(w, "smtp.service", "", VERDICT_FAIL);
}

static void a_close_without_a_word_needs_two_tries(void **state)
{
    struct world *w = *state;
    struct endpoint_facts *e = w->endpoints[MX1_V4];
    cut_at(&e->sessions[0], STEP_GREETING, END_CLOSED);
    expect_unknown(w, "smtp.greeting", MX1, REASON_THROTTLED);
    add_session(e, CONNECTION_RETRY);
    expect_verdict(w, "smtp.greeting", MX1, VERDICT_FAIL);
    expect_verdict(w, "smtp.probe-accepted", MX1, VERDICT_PASS);
    expect_verdict(w, "smtp.greeting-delay", MX1, VERDICT_NA);
    greet(w, &e->sessions[1], 421, "busy");
    expect_unknown(w, "smtp.greeting", MX1, REASON_THROTTLED);
}

static void the_second_try_may_save_the_greeting(void **state)
{
    struct world *w = *state;
    struct session_facts *second = add_session(w->endpoints[MX1_V4], CONNECTION_RETRY);
    cut_at(w->sessions[MX1_V4], STEP_GREETING, END_CLOSED);
    w->endpoints[MX1_V4]->shown = second;
    expect_findings(w, "");
}

static void a_close_amid_the_greeting_is_a_drop_and_no_fault(void **state)
{
    struct world *w = *state;
    struct endpoint_facts *e = w->endpoints[MX1_V4];
    cut_at(&e->sessions[0], STEP_GREETING, END_CLOSED);
    set_reply(w, &e->sessions[0].greeting, 220, "wait a moment");
    e->sessions[0].greeting.complete = false;
    add_session(e, CONNECTION_RETRY);
    expect_unknown(w, "smtp.greeting", MX1, REASON_THROTTLED);
    expect_verdict(w, "smtp.probe-accepted", MX1, VERDICT_FAIL);
}

static void a_reset_before_the_first_word_turns_us_away(void **state)
{
    struct world *w = *state;
    for (size_t i = MX2_V4; i < WORLD_ADDRESSES; i++) {
        cut_at(w->sessions[i], STEP_GREETING, END_RESET);
        add_session(w->endpoints[i], CONNECTION_RETRY);
    }
    expect_findings(w, "smtp.greeting:refused_us smtp.probe-accepted");
}

static void a_greeting_without_end_is_a_limit_of_ours(void **state)
{
    struct world *w = *state;
    struct session_facts *s = w->sessions[MX1_V4];
    cut_at(s, STEP_GREETING, END_LIMIT);
    s->end_reason = "a reply is longer than is read";
    set_reply(w, &s->greeting, 220, "mx1.example.org\nand\nso\non");
    s->greeting.complete = false;
    s->greeting.flaws = REPLY_OVER_LIMIT;
    expect_unknown(w, "smtp.greeting", MX1, REASON_LIMIT);
    expect_via(w, "smtp.greeting-delay", MX1, VERDICT_UNKNOWN, "smtp.greeting");
}

/* Delay. */

static void thirty_seconds_are_in_time_and_a_millisecond_more_is_late(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < WORLD_ADDRESSES; i++)
        w->sessions[i]->greeting.last_ms = w->sessions[i]->connect_ms + 30000;
    expect_findings(w, "");
    for (size_t i = 0; i < WORLD_ADDRESSES; i++)
        w->sessions[i]->greeting.last_ms++;
    expect_findings(w, "smtp.greeting-delay");
    expect_detail(w, "smtp.greeting-delay", MX1, "30.001 s");
}

static void a_greeting_after_35_s_is_late_but_a_greeting(void **state)
{
    struct world *w = *state;
    w->sessions[MX1_V4]->greeting.last_ms = 35012;
    expect_findings(w, "smtp.greeting-delay");
    expect_verdict(w, "smtp.greeting", MX1, VERDICT_PASS);
}

static void silence_for_60_s_is_late_and_the_greeting_unknown(void **state)
{
    struct world *w = *state;
    for (size_t i = MX2_V4; i < WORLD_ADDRESSES; i++) {
        cut_at(w->sessions[i], STEP_GREETING, END_TIMEOUT);
        w->sessions[i]->duration_ms = w->sessions[i]->connect_ms + 60000;
    }
    expect_findings(w, "smtp.greeting-delay smtp.greeting:timeout");
    expect_verdict(w, "smtp.probe-accepted", "mx2/v4:25", VERDICT_PASS);
}

static void silence_shorter_than_60_s_proves_nothing(void **state)
{
    struct world *w = *state;
    cut_at(w->sessions[MX1_V4], STEP_GREETING, END_TIMEOUT);
    w->sessions[MX1_V4]->duration_ms = w->sessions[MX1_V4]->connect_ms + 59999;
    expect_findings(w, "smtp.greeting:timeout");
    expect_via(w, "smtp.greeting-delay", MX1, VERDICT_UNKNOWN, "smtp.greeting");
}

static void half_a_greeting_and_then_silence_is_no_silence(void **state)
{
    struct world *w = *state;
    struct session_facts *s = w->sessions[MX1_V4];
    cut_at(s, STEP_GREETING, END_TIMEOUT);
    s->duration_ms = 60012;
    set_reply(w, &s->greeting, 220, "wait a moment");
    s->greeting.complete = false;
    expect_findings(w, "smtp.greeting:timeout");
    s->greeting = (struct smtp_reply){.first_ms = 5}; /* not even the first line is whole */
    expect_findings(w, "smtp.greeting:timeout");
}

static void a_late_refusal_of_us_says_nothing_about_the_delay(void **state)
{
    struct world *w = *state;
    greet(w, w->sessions[MX1_V4], 421, "too busy");
    w->sessions[MX1_V4]->greeting.last_ms = 45000;
    expect_verdict(w, "smtp.greeting-delay", MX1, VERDICT_NA);
}

static void behind_tls_the_delay_begins_with_the_end_of_the_handshake(void **state)
{
    struct world *w = *state;
    make_server(w, 465, TLS_MODE_IMPLICIT);
    struct session_facts *s = w->sessions[MX1_V4];
    s->tls.took_ms = 15000;
    s->greeting.last_ms = s->tls.started_ms + s->tls.took_ms + 30000;
    expect_verdict(w, "smtp.greeting-delay", "mx1/v4:465", VERDICT_PASS);
    s->greeting.last_ms++;
    expect_verdict(w, "smtp.greeting-delay", "mx1/v4:465", VERDICT_FAIL);
}

/* EHLO. */

static void ehlo_that_is_unknown_to_the_server_is_a_fault(void **state)
{
    struct world *w = *state;
    for (size_t i = MX2_V4; i < WORLD_ADDRESSES; i++) {
        refuse_ehlo(w, w->sessions[i], 502, "5.5.1 Command not implemented");
        w->sessions[i]->ehlo.helo = true;
        set_reply(w, &w->sessions[i]->ehlo.helo_reply, 250, "mx2.example.org");
    }
    expect_findings(w, "smtp.ehlo");
    expect_detail(w, "smtp.ehlo", "mx2/v4:25", "HELO \"250 mx2.example.org\"");
    expect_via(w, "relay.rcpt-refused", "mx2/v4:25", VERDICT_NA, "smtp.ehlo");
}

static void ehlo_is_a_fault_from_500_to_504_only(void **state)
{
    struct world *w = *state;
    static const struct {
        int code;
        enum verdict_value value;
        enum reason reason;
    } cases[] = {{500, VERDICT_FAIL, REASON_NONE},          {504, VERDICT_FAIL, REASON_NONE},          {505, VERDICT_UNKNOWN, REASON_REFUSED_US},
                 {550, VERDICT_UNKNOWN, REASON_REFUSED_US}, {554, VERDICT_UNKNOWN, REASON_REFUSED_US}, {421, VERDICT_UNKNOWN, REASON_THROTTLED},
                 {451, VERDICT_UNKNOWN, REASON_THROTTLED},  {220, VERDICT_FAIL, REASON_NONE},          {399, VERDICT_FAIL, REASON_NONE},
                 {599, VERDICT_UNKNOWN, REASON_REFUSED_US}, {600, VERDICT_FAIL, REASON_NONE}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        refuse_ehlo(w, w->sessions[MX1_V4], cases[i].code, "no");
        expect_verdict(w, "smtp.ehlo", MX1, cases[i].value);
        if (cases[i].value == VERDICT_UNKNOWN)
            expect_unknown(w, "smtp.ehlo", MX1, cases[i].reason);
        expect_verdict(w, "smtp.probe-accepted", MX1, cases[i].value == VERDICT_UNKNOWN ? VERDICT_FAIL : VERDICT_PASS);
    }
}

static void helo_may_be_what_turns_us_away(void **state)
{
    struct world *w = *state;
    static const int codes[] = {421, 550};
    refuse_ehlo(w, w->sessions[MX1_V4], 502, "5.5.1 Command not implemented");
    expect_verdict(w, "smtp.probe-accepted", MX1, VERDICT_PASS);
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        set_reply(w, &w->sessions[MX1_V4]->ehlo.helo_reply, codes[i], "no");
        expect_verdict(w, "smtp.probe-accepted", MX1, VERDICT_FAIL);
    }
}

static void ehlo_answered_451_is_about_now(void **state)
{
    struct world *w = *state;
    refuse_ehlo(w, w->sessions[MX1_V4], 451, "4.3.0 try again");
    refuse_ehlo(w, w->sessions[MX1_V6], 451, "4.3.0 try again");
    expect_findings(w, "smtp.ehlo:throttled smtp.probe-accepted");
}

static void ehlo_that_is_not_answered_is_unknown(void **state)
{
    struct world *w = *state;
    cut_at(w->sessions[MX1_V4], STEP_EHLO, END_TIMEOUT);
    expect_findings(w, "smtp.ehlo:timeout");
    cut_at(w->sessions[MX1_V4], STEP_EHLO, END_CLOSED);
    expect_findings(w, "smtp.ehlo:throttled smtp.probe-accepted");
    cut_at(w->sessions[MX1_V4], STEP_EHLO, END_LIMIT);
    w->sessions[MX1_V4]->end_reason = "a reply is longer than is read";
    w->sessions[MX1_V4]->ehlo.reply.flaws = REPLY_OVER_LIMIT;
    expect_findings(w, "smtp.ehlo:limit");
    expect_detail(w, "smtp.ehlo", MX1, "longer than is read");
}

static void ehlo_answered_with_what_is_no_smtp_is_a_fault(void **state)
{
    struct world *w = *state;
    struct session_facts *s = w->sessions[MX1_V4];
    cut_at(s, STEP_EHLO, END_NOT_SMTP);
    set_reply(w, &s->ehlo.reply, 0, "HTTP/1.0 400 Bad Request");
    s->ehlo.reply.complete = false;
    s->ehlo.reply.flaws = REPLY_NOT_SMTP | REPLY_BARE_LF;
    expect_findings(w, "smtp.ehlo");
    expect_detail(w, "smtp.ehlo", MX1, "HTTP/1.0 400");
}

static void a_second_connection_may_save_ehlo(void **state)
{
    struct world *w = *state;
    w->endpoints[MX1_V4]->shown = add_session(w->endpoints[MX1_V4], CONNECTION_RETRY);
    cut_at(w->sessions[MX1_V4], STEP_EHLO, END_CLOSED);
    expect_findings(w, "smtp.probe-accepted");
    expect_detail(w, "smtp.probe-accepted", MX1, "closed the connection after EHLO");
}

/* EHLO inside TLS. */

/* Sendmail lists next to nothing to a client whom it turns away at MAIL. */
static void the_list_for_a_client_who_is_turned_away_is_not_that_of_others(void **state)
{
    struct world *w = *state;
    for (size_t i = MX1_V4; i <= MX1_V6; i++) {
        without_starttls(w, w->sessions[i]);
        set_ehlo(w, &w->sessions[i]->ehlo, "mx1.example.org\nENHANCEDSTATUSCODES");
        set_reply(w, &w->sessions[i]->relay.mail, 550, "5.7.1 your address is on our list");
    }
    expect_findings(w, "smtp.ehlo:refused_us smtp.probe-accepted");
    set_reply(w, &w->sessions[MX1_V4]->relay.mail, 451, "4.3.0 later");
    expect_unknown(w, "smtp.ehlo", "mx1/v4:25", REASON_THROTTLED);
}

static void ehlo_refused_inside_tls_is_a_fault(void **state)
{
    struct world *w = *state;
    refuse_ehlo_in_tls(w, w->sessions[MX1_V4], 502, "5.5.1 what?");
    refuse_ehlo_in_tls(w, w->sessions[MX1_V6], 502, "5.5.1 what?");
    expect_findings(w, "smtp.ehlo-after-tls");
    expect_via(w, "relay.rcpt-refused", MX1, VERDICT_NA, "smtp.ehlo-after-tls");
    expect_via(w, "smtp.ehlo-diff", MX1, VERDICT_NA, "smtp.ehlo-after-tls");
}

static void ehlo_answered_inside_tls_with_what_is_no_smtp_is_a_fault(void **state)
{
    struct world *w = *state;
    struct session_facts *s = w->sessions[MX1_V4];
    cut_at(s, STEP_EHLO_TLS, END_NOT_SMTP);
    set_reply(w, &s->ehlo_tls.reply, 0, "<html>");
    s->ehlo_tls.reply.complete = false;
    s->ehlo_tls.reply.flaws = REPLY_NOT_SMTP;
    expect_findings(w, "smtp.ehlo-after-tls");
}

static void ehlo_put_off_inside_tls_is_about_now(void **state)
{
    struct world *w = *state;
    refuse_ehlo_in_tls(w, w->sessions[MX1_V4], 421, "busy");
    expect_findings(w, "smtp.ehlo-after-tls:throttled smtp.probe-accepted");
    expect_via(w, "smtp.baseline-extensions", MX1, VERDICT_UNKNOWN, "smtp.ehlo-after-tls");
    cut_at(w->sessions[MX1_V4], STEP_EHLO_TLS, END_TIMEOUT);
    expect_findings(w, "smtp.ehlo-after-tls:timeout");
}

static void a_close_after_the_handshake_needs_two_tries(void **state)
{
    struct world *w = *state;
    struct endpoint_facts *e = w->endpoints[MX1_V4];
    cut_at(&e->sessions[0], STEP_EHLO_TLS, END_CLOSED);
    expect_findings(w, "smtp.ehlo-after-tls:throttled smtp.probe-accepted");
    add_session(e, CONNECTION_RETRY);
    expect_findings(w, "smtp.ehlo-after-tls");
    e->sessions[1].end = END_RESET;
    expect_findings(w, "smtp.ehlo-after-tls:throttled smtp.probe-accepted");
}

static void a_close_after_the_handshake_in_one_of_two_tries_is_no_fault(void **state)
{
    struct world *w = *state;
    w->endpoints[MX1_V4]->shown = add_session(w->endpoints[MX1_V4], CONNECTION_RETRY);
    cut_at(w->sessions[MX1_V4], STEP_EHLO_TLS, END_CLOSED);
    expect_findings(w, "smtp.probe-accepted");
}

static void with_tls_from_the_first_octet_there_is_no_second_ehlo(void **state)
{
    struct world *w = *state;
    make_server(w, 465, TLS_MODE_IMPLICIT);
    expect_findings(w, "");
    expect_verdict(w, "smtp.ehlo-after-tls", "mx1/v4:465", VERDICT_NA);
    expect_verdict(w, "smtp.greeting", "mx1/v4:465", VERDICT_PASS);
}

static void behind_tls_a_failed_handshake_leaves_no_greeting_to_judge(void **state)
{
    struct world *w = *state;
    make_server(w, 465, TLS_MODE_IMPLICIT);
    fail_handshake(w->sessions[MX1_V4], TLS_ALERT, 40);
    w->sessions[MX1_V4]->greeting = (struct smtp_reply){0};
    w->sessions[MX1_V4]->ehlo = (struct smtp_ehlo){0};
    expect_via(w, "smtp.greeting", "mx1/v4:465", VERDICT_NA, "tls.handshake");
    cut_at(w->sessions[MX1_V4], STEP_HANDSHAKE, END_TIMEOUT);
    expect_via(w, "smtp.greeting", "mx1/v4:465", VERDICT_UNKNOWN, "tls.handshake");
}

static void what_a_dead_network_hides_is_unknown_everywhere(void **state)
{
    struct world *w = *state;
    cut_all(w, STEP_EHLO, END_TIMEOUT);
    expect_findings(w, "smtp.ehlo:timeout");
    expect_unknown(w, "smtp.service", "", REASON_TIMEOUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_greeting_with_220_passes),
        WORLD_TEST(a_teaser_line_and_the_greeting_8_s_later_are_healthy),
        WORLD_TEST(a_greeting_with_421_says_that_we_are_throttled),
        WORLD_TEST(a_greeting_with_554_turns_us_away),
        WORLD_TEST(a_greeting_with_521_says_that_there_is_no_mail_service),
        WORLD_TEST(a_greeting_with_a_code_of_another_kind_is_a_fault),
        WORLD_TEST(of_two_reasons_the_more_frequent_or_else_the_first_is_told),
        WORLD_TEST(a_try_without_connection_waits_for_no_greeting),
        WORLD_TEST(another_service_on_the_port_is_no_mail_server),
        WORLD_TEST(no_service_when_nothing_that_answers_speaks_smtp),
        WORLD_TEST(service_is_unknown_while_one_server_is),
        WORLD_TEST(service_is_unknown_for_the_most_frequent_reason),
        WORLD_TEST(service_looks_at_open_addresses_only),
        WORLD_TEST(service_of_the_mail_port_is_not_saved_by_another_port),
        WORLD_TEST(service_of_a_server_asked_by_name_is_judged_too),
        WORLD_TEST(a_close_without_a_word_needs_two_tries),
        WORLD_TEST(the_second_try_may_save_the_greeting),
        WORLD_TEST(a_close_amid_the_greeting_is_a_drop_and_no_fault),
        WORLD_TEST(a_reset_before_the_first_word_turns_us_away),
        WORLD_TEST(a_greeting_without_end_is_a_limit_of_ours),
        WORLD_TEST(thirty_seconds_are_in_time_and_a_millisecond_more_is_late),
        WORLD_TEST(a_greeting_after_35_s_is_late_but_a_greeting),
        WORLD_TEST(silence_for_60_s_is_late_and_the_greeting_unknown),
        WORLD_TEST(silence_shorter_than_60_s_proves_nothing),
        WORLD_TEST(half_a_greeting_and_then_silence_is_no_silence),
        WORLD_TEST(a_late_refusal_of_us_says_nothing_about_the_delay),
        WORLD_TEST(behind_tls_the_delay_begins_with_the_end_of_the_handshake),
        WORLD_TEST(the_list_for_a_client_who_is_turned_away_is_not_that_of_others),
        WORLD_TEST(ehlo_that_is_unknown_to_the_server_is_a_fault),
        WORLD_TEST(ehlo_is_a_fault_from_500_to_504_only),
        WORLD_TEST(helo_may_be_what_turns_us_away),
        WORLD_TEST(ehlo_answered_451_is_about_now),
        WORLD_TEST(ehlo_that_is_not_answered_is_unknown),
        WORLD_TEST(ehlo_answered_with_what_is_no_smtp_is_a_fault),
        WORLD_TEST(a_second_connection_may_save_ehlo),
        WORLD_TEST(ehlo_refused_inside_tls_is_a_fault),
        WORLD_TEST(ehlo_answered_inside_tls_with_what_is_no_smtp_is_a_fault),
        WORLD_TEST(ehlo_put_off_inside_tls_is_about_now),
        WORLD_TEST(a_close_after_the_handshake_needs_two_tries),
        WORLD_TEST(a_close_after_the_handshake_in_one_of_two_tries_is_no_fault),
        WORLD_TEST(with_tls_from_the_first_octet_there_is_no_second_ehlo),
        WORLD_TEST(behind_tls_a_failed_handshake_leaves_no_greeting_to_judge),
        WORLD_TEST(what_a_dead_network_hides_is_unknown_everywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

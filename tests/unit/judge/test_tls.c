/* SPDX-License-Identifier: Apache-2.0 */
/* test_tls - rows of the area tls: from STARTTLS in the EHLO reply to what the handshake agreed on. */
#include "world.h"

static const char mx1[] = "mx1/v4:25"; /* the endpoint most tests break */

static void put_in_place_of_starttls(struct world *w, const char *keyword)
{
    without_starttls(w, w->sessions[MX1_V4]);
    set_ehlo(w, &w->sessions[MX1_V4]->ehlo, "mx1.example.org\nPIPELINING\nDSN");
    add_capability(w, &w->sessions[MX1_V4]->ehlo, keyword);
}

/* STARTTLS of mx1 over IPv4 is answered so, and the dialogue goes on in clear or ends. */
static void answer_starttls(struct world *w, int code, const char *text, enum session_end end)
{
    cut_at(w->sessions[MX1_V4], STEP_STARTTLS, end);
    set_reply(w, &w->sessions[MX1_V4]->starttls, code, text);
}

/* The first connection's handshake ended so, and that of the second, with the legacy hello, so. */
static struct session_facts *both_hellos_end(struct world *w, enum tls_result first, enum tls_result second)
{
    fail_handshake(w->sessions[MX1_V4], first, first == TLS_ALERT ? 40 : -1);
    struct session_facts *s = add_session(w->endpoints[MX1_V4], CONNECTION_LEGACY_TLS);
    fail_handshake(s, second, second == TLS_ALERT ? 40 : -1);
    return s;
}

static struct tls_facts *tls_of(struct world *w)
{
    return &w->sessions[MX1_V4]->tls;
}

/* tls.starttls-stripped */

static void what_firewalls_write_over_starttls_is_known(void **state)
{
    struct world *w = *state;
    static const char *const substitutes[] = {"XXXXXXXA", "XXXXXXXZ", "********", "XXXXXX", "XXXXXXXX", "*******A", "XSTARTTLS", "starttlsx"};
    for (size_t i = 0; i < sizeof substitutes / sizeof *substitutes; i++) {
        put_in_place_of_starttls(w, substitutes[i]);
        expect_verdict(w, "tls.starttls-stripped", mx1, VERDICT_FAIL);
        expect_detail(w, "tls.starttls-stripped", mx1, substitutes[i]);
        expect_via(w, "tls.starttls-offered", mx1, VERDICT_NA, "tls.starttls-stripped");
        expect_via(w, "tls.handshake", mx1, VERDICT_NA, "tls.starttls-accepted");
        expect_via(w, "cert.present", mx1, VERDICT_NA, "tls.handshake");
    }
}

static void extensions_with_an_x_are_no_sign_of_a_firewall(void **state)
{
    struct world *w = *state;
    static const char *const honest[] = {"XXXX",    "XXXXX",          "XXXXXA",   "XCLIENT NAME ADDR", "XFORWARD NAME", "X-EXPS GSSAPI NTLM",
                                         "XEXCH50", "X-ANONYMOUSTLS", "XXXXXXXa", "XXXXXXAB",          "XXXXXX1"};
    for (size_t i = 0; i < sizeof honest / sizeof *honest; i++) {
        put_in_place_of_starttls(w, honest[i]);
        expect_verdict(w, "tls.starttls-stripped", mx1, VERDICT_PASS);
        expect_verdict(w, "tls.starttls-offered", mx1, VERDICT_FAIL);
    }
}

static void beside_starttls_an_odd_keyword_does_no_harm(void **state)
{
    struct world *w = *state;
    add_capability(w, &w->sessions[MX1_V4]->ehlo, "XXXXXXXA");
    expect_verdict(w, "tls.starttls-stripped", mx1, VERDICT_PASS);
    expect_verdict(w, "tls.handshake", mx1, VERDICT_PASS);
}

static void hidden_once_and_shown_once_is_unstable_not_stripped(void **state)
{
    struct world *w = *state;
    cut_at(w->sessions[MX1_V4], STEP_RCPT, END_CLOSED);
    struct session_facts *s = add_session(w->endpoints[MX1_V4], CONNECTION_RETRY);
    without_starttls(w, s);
    add_capability(w, &s->ehlo, "XXXXXXXA");
    expect_verdict(w, "tls.starttls-stripped", mx1, VERDICT_PASS);
    expect_verdict(w, "tls.starttls-stable", mx1, VERDICT_FAIL);
}

/* tls.starttls-offered */

static void no_starttls_is_told_with_what_is_offered(void **state)
{
    struct world *w = *state;
    without_starttls(w, w->sessions[MX1_V4]);
    expect_verdict(w, "tls.starttls-offered", mx1, VERDICT_FAIL);
    expect_detail(w, "tls.starttls-offered", mx1, "offers PIPELINING, SIZE, 8BITMIME,");
    expect_via(w, "tls.starttls-accepted", mx1, VERDICT_NA, "tls.starttls-offered");
    set_ehlo(w, &w->sessions[MX1_V4]->ehlo, "mx1.example.org");
    expect_detail(w, "tls.starttls-offered", mx1, "no extension at all");
    set_ehlo(w, &w->sessions[MX1_V4]->ehlo, "mx1.example.org\nA1\nA2\nA3\nA4\nA5\nA6\nA7\nA8\nA9\nA10\nA11\nA12\nA13\nA14");
    expect_detail(w, "tls.starttls-offered", mx1, "A11, A12, but not STARTTLS");
}

static void no_starttls_anywhere_is_one_finding(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < WORLD_ADDRESSES; i++)
        without_starttls(w, w->sessions[i]);
    expect_findings(w, "tls.starttls-offered");
}

static void starttls_is_found_in_any_case_of_letters(void **state)
{
    struct world *w = *state;
    drop_capability(w, &w->sessions[MX1_V4]->ehlo, "STARTTLS");
    add_capability(w, &w->sessions[MX1_V4]->ehlo, "StartTLS");
    expect_findings(w, "");
}

static void half_an_ehlo_reply_tells_nothing_of_starttls(void **state)
{
    struct world *w = *state;
    cut_at(w->sessions[MX1_V4], STEP_EHLO, END_LIMIT);
    set_reply(w, &w->sessions[MX1_V4]->ehlo.reply, 250, "mx1.example.org\nPIPELINING");
    w->sessions[MX1_V4]->ehlo.reply.complete = false;
    w->sessions[MX1_V4]->ehlo.reply.flaws = REPLY_OVER_LIMIT;
    expect_findings(w, "smtp.ehlo:limit");
    expect_unknown(w, "tls.starttls-offered", mx1, REASON_LIMIT);
    expect_unknown(w, "tls.handshake", mx1, REASON_LIMIT);
}

static void who_puts_us_off_is_not_accused_of_having_no_tls(void **state)
{
    struct world *w = *state;
    cut_at(w->sessions[MX1_V4], STEP_GREETING, END_QUIT);
    set_reply(w, &w->sessions[MX1_V4]->greeting, 421, "too many connections");
    expect_findings(w, "smtp.probe-accepted smtp.greeting:throttled");
    expect_unknown(w, "tls.handshake", mx1, REASON_THROTTLED);
    expect_unknown(w, "cert.present", mx1, REASON_THROTTLED);
}

static void a_server_without_ehlo_is_not_asked_for_tls(void **state)
{
    struct world *w = *state;
    struct smtp_ehlo *ehlo = &w->sessions[MX1_V4]->ehlo;
    cut_at(w->sessions[MX1_V4], STEP_EHLO, END_QUIT);
    set_reply(w, &ehlo->reply, 502, "command not implemented");
    ehlo->helo = true;
    set_reply(w, &ehlo->helo_reply, 250, "mx1.example.org");
    expect_verdict(w, "smtp.ehlo", mx1, VERDICT_FAIL);
    expect_via(w, "tls.starttls-offered", mx1, VERDICT_NA, "smtp.ehlo");
    expect_verdict(w, "tls.handshake", mx1, VERDICT_NA);
}

static void on_587_no_starttls_is_the_submission_rows_finding(void **state)
{
    struct world *w = *state;
    struct session_facts *s = add_port(w, MX1_V4, 587)->sessions;
    expect_verdict(w, "tls.handshake", "mx1/v4:587", VERDICT_PASS);
    expect_verdict(w, "tls.starttls-stripped", "mx1/v4:587", VERDICT_NA);
    without_starttls(w, s);
    expect_via(w, "tls.starttls-offered", "mx1/v4:587", VERDICT_NA, "smtp.submission-cleartext");
    expect_verdict(w, "smtp.submission-cleartext", "mx1/v4:587", VERDICT_FAIL);
}

/* tls.starttls-stable */

static void one_ehlo_reply_is_no_comparison(void **state)
{
    expect_verdict(*state, "tls.starttls-stable", mx1, VERDICT_NA);
}

static void an_offer_that_comes_and_goes_is_told(void **state)
{
    struct world *w = *state;
    cut_at(w->sessions[MX1_V4], STEP_RCPT, END_CLOSED);
    without_starttls(w, add_session(w->endpoints[MX1_V4], CONNECTION_RETRY));
    expect_verdict(w, "tls.starttls-stable", mx1, VERDICT_FAIL);
    expect_detail(w, "tls.starttls-stable", mx1, "Of 2 EHLO replies 1 offered STARTTLS.");
    expect_verdict(w, "tls.starttls-offered", mx1, VERDICT_PASS);
    expect_verdict(w, "tls.handshake", mx1, VERDICT_PASS);
}

static void the_same_offer_twice_is_stable(void **state)
{
    struct world *w = *state;
    add_session(w->endpoints[MX1_V4], CONNECTION_RETRY);
    expect_verdict(w, "tls.starttls-stable", mx1, VERDICT_PASS);
    without_starttls(w, &w->endpoints[MX1_V4]->sessions[0]);
    without_starttls(w, &w->endpoints[MX1_V4]->sessions[1]);
    expect_verdict(w, "tls.starttls-stable", mx1, VERDICT_PASS);
    expect_verdict(w, "tls.starttls-offered", mx1, VERDICT_FAIL);
}

static void a_connection_that_was_put_off_does_not_count_for_stability(void **state)
{
    struct world *w = *state;
    struct session_facts *s = add_session(w->endpoints[MX1_V4], CONNECTION_RETRY);
    cut_at(s, STEP_GREETING, END_QUIT);
    set_reply(w, &s->greeting, 421, "later");
    expect_verdict(w, "tls.starttls-stable", mx1, VERDICT_NA);
}

/* tls.starttls-accepted */

static void starttls_refused_after_the_offer_is_a_fault(void **state)
{
    struct world *w = *state;
    static const int codes[] = {454, 500, 502, 554, 250, 399};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        answer_starttls(w, codes[i], "TLS not available", END_QUIT);
        expect_verdict(w, "tls.starttls-accepted", mx1, VERDICT_FAIL);
        expect_detail(w, "tls.starttls-accepted", mx1, "TLS not available");
        expect_via(w, "tls.handshake", mx1, VERDICT_NA, "tls.starttls-accepted");
    }
}

static void another_4xx_to_starttls_is_no_fault(void **state)
{
    struct world *w = *state;
    static const int codes[] = {421, 450, 451, 400, 499};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        answer_starttls(w, codes[i], "try again later", END_QUIT);
        expect_findings(w, "smtp.probe-accepted tls.starttls-accepted:throttled");
        expect_unknown(w, "tls.handshake", mx1, REASON_THROTTLED);
    }
}

static void a_connection_dropped_at_starttls_is_no_fault(void **state)
{
    struct world *w = *state;
    cut_at(w->sessions[MX1_V4], STEP_STARTTLS, END_CLOSED);
    expect_unknown(w, "tls.starttls-accepted", mx1, REASON_THROTTLED);
    cut_at(add_session(w->endpoints[MX1_V4], CONNECTION_RETRY), STEP_STARTTLS, END_RESET);
    expect_unknown(w, "tls.starttls-accepted", mx1, REASON_THROTTLED);
    expect_findings(w, "smtp.probe-accepted tls.starttls-accepted:throttled");
}

static void silence_after_starttls_is_unknown(void **state)
{
    struct world *w = *state;
    cut_at(w->sessions[MX1_V4], STEP_STARTTLS, END_TIMEOUT);
    expect_findings(w, "tls.starttls-accepted:timeout");
}

static void dropped_once_and_refused_then_is_refused(void **state)
{
    struct world *w = *state;
    cut_at(w->sessions[MX1_V4], STEP_STARTTLS, END_CLOSED);
    struct session_facts *s = add_session(w->endpoints[MX1_V4], CONNECTION_RETRY);
    s->end = END_QUIT;
    set_reply(w, &s->starttls, 454, "TLS not available");
    expect_verdict(w, "tls.starttls-accepted", mx1, VERDICT_FAIL);
}

static void dropped_once_and_accepted_then_is_accepted(void **state)
{
    struct world *w = *state;
    const struct session_facts good = *w->sessions[MX1_V4];
    cut_at(w->sessions[MX1_V4], STEP_STARTTLS, END_CLOSED);
    *add_session(w->endpoints[MX1_V4], CONNECTION_RETRY) = good;
    expect_verdict(w, "tls.starttls-accepted", mx1, VERDICT_PASS);
    expect_verdict(w, "tls.handshake", mx1, VERDICT_PASS);
}

static void an_answer_to_starttls_that_is_no_smtp_is_a_fault(void **state)
{
    struct world *w = *state;
    answer_starttls(w, 0, "<html>", END_NOT_SMTP);
    w->sessions[MX1_V4]->starttls.complete = false;
    w->sessions[MX1_V4]->starttls.flaws = REPLY_NOT_SMTP;
    expect_verdict(w, "tls.starttls-accepted", mx1, VERDICT_FAIL);
    expect_detail(w, "tls.starttls-accepted", mx1, "<html>");
}

/* tls.handshake */

static void two_alerts_are_a_fault(void **state)
{
    struct world *w = *state;
    both_hellos_end(w, TLS_ALERT, TLS_ALERT);
    expect_verdict(w, "tls.handshake", mx1, VERDICT_FAIL);
    expect_detail(w, "tls.handshake", mx1, "TLS 1.2 to 1.3: the server sent alert 40; TLS 1.0 to 1.3: the server sent alert 40.");
    expect_via(w, "tls.version-floor", mx1, VERDICT_NA, "tls.handshake");
}

static void clear_text_where_tls_should_be_is_a_fault(void **state)
{
    struct world *w = *state;
    both_hellos_end(w, TLS_GARBAGE, TLS_ALERT);
    tls_of(w)->octets_before_record = true;
    tls_of(w)->octets_before = STR("500 what\r\n");
    expect_verdict(w, "tls.handshake", mx1, VERDICT_FAIL);
    expect_detail(w, "tls.handshake", mx1, "clear text, \"500 what");
}

static void anything_but_two_refusals_is_unknown(void **state)
{
    struct world *w = *state;
    static const struct {
        enum tls_result second;
        enum session_end end;
        enum reason reason;
    } ends[] = {
        {TLS_CLOSED, END_CLOSED, REASON_THROTTLED},           {TLS_RESET, END_RESET, REASON_THROTTLED},    {TLS_TIMEOUT, END_TIMEOUT, REASON_TIMEOUT},
        {TLS_REFUSED_BY_US, END_TLS_FAILED, REASON_INTERNAL}, {TLS_TROUBLE, END_TROUBLE, REASON_INTERNAL}, {TLS_CLOSED, END_TLS_FAILED, REASON_THROTTLED},
    };
    struct session_facts *second = both_hellos_end(w, TLS_ALERT, TLS_ALERT);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        second->tls.result = ends[i].second;
        second->end = ends[i].end;
        expect_unknown(w, "tls.handshake", mx1, ends[i].reason);
    }
}

static void one_alert_alone_is_unknown(void **state)
{
    struct world *w = *state;
    fail_handshake(w->sessions[MX1_V4], TLS_ALERT, 70);
    expect_findings(w, "tls.handshake:limit");
    expect_detail(w, "tls.handshake", mx1, "alert 70; older versions were not tried");
}

static void closed_or_reset_without_alert_is_unknown(void **state)
{
    struct world *w = *state;
    cut_at(w->sessions[MX1_V4], STEP_HANDSHAKE, END_CLOSED);
    cut_at(add_session(w->endpoints[MX1_V4], CONNECTION_RETRY), STEP_HANDSHAKE, END_RESET);
    expect_findings(w, "smtp.probe-accepted tls.handshake:throttled");
    expect_detail(w, "tls.handshake", mx1, "the server closed the connection; TLS 1.2 to 1.3: the server reset the connection.");
}

static void silence_in_the_handshake_is_unknown(void **state)
{
    struct world *w = *state;
    cut_at(w->sessions[MX1_V4], STEP_HANDSHAKE, END_TIMEOUT);
    expect_findings(w, "tls.handshake:timeout");
}

static void our_own_refusal_is_told_as_ours(void **state)
{
    struct world *w = *state;
    struct session_facts *second = both_hellos_end(w, TLS_REFUSED_BY_US, TLS_REFUSED_BY_US);
    tls_of(w)->version = second->tls.version = "SSLv3";
    tls_of(w)->error = second->tls.error = "unsupported protocol";
    expect_findings(w, "tls.handshake:internal");
    expect_detail(w, "tls.handshake", mx1, "our TLS library ended it (SSLv3: unsupported protocol)");
}

static void a_second_try_that_is_put_off_proves_nothing(void **state)
{
    struct world *w = *state;
    struct session_facts *second = both_hellos_end(w, TLS_ALERT, TLS_ALERT);
    cut_at(second, STEP_GREETING, END_QUIT);
    set_reply(w, &second->greeting, 421, "too many connections");
    expect_findings(w, "smtp.probe-accepted tls.handshake:throttled");
    expect_detail(w, "tls.handshake", mx1, "it did not come to TLS (\"421 too many connections\")");
    static const struct {
        int code;
        enum reason reason;
    } greetings[] = {{399, REASON_NOT_PROBED}, {400, REASON_THROTTLED}, {499, REASON_THROTTLED}, {500, REASON_REFUSED_US}};
    for (size_t i = 0; i < sizeof greetings / sizeof *greetings; i++) {
        set_reply(w, &second->greeting, greetings[i].code, "no");
        expect_unknown(w, "tls.handshake", mx1, greetings[i].reason);
    }
    cut_at(second, STEP_CONNECT, END_TIMEOUT);
    second->connect = CONNECT_TIMEOUT;
    expect_unknown(w, "tls.handshake", mx1, REASON_TIMEOUT);
}

static void on_465_the_kind_of_failure_is_told(void **state)
{
    struct world *w = *state;
    struct session_facts *s = add_port(w, MX1_V4, 465)->sessions;
    fail_handshake(s, TLS_GARBAGE, -1);
    s->tls.error = NULL;
    expect_detail(w, "smtp.submission-implicit-tls", "mx1/v4:465", "The TLS handshake failed: the server sent what is no TLS.");
    s->tls.result = TLS_ALERT;
    expect_detail(w, "smtp.submission-implicit-tls", "mx1/v4:465", "The TLS handshake failed: the server sent an alert.");
}

static void of_equal_handshakes_the_one_that_is_shown_counts(void **state)
{
    struct world *w = *state;
    struct endpoint_facts *e = w->endpoints[MX1_V4];
    add_session(e, CONNECTION_RETRY);
    e->shown = &e->sessions[0];
    e->sessions[0].tls.path_not_after.s = w->now.s - DAY_S;
    expect_verdict(w, "cert.dates", mx1, VERDICT_FAIL);
}

static void on_465_a_failed_handshake_is_the_submission_rows_finding(void **state)
{
    struct world *w = *state;
    struct session_facts *s = add_port(w, MX1_V4, 465)->sessions;
    expect_verdict(w, "tls.handshake", "mx1/v4:465", VERDICT_PASS);
    fail_handshake(s, TLS_GARBAGE, -1);
    s->greeting = (struct smtp_reply){0};
    expect_via(w, "tls.handshake", "mx1/v4:465", VERDICT_NA, "smtp.submission-implicit-tls");
    expect_findings(w, "smtp.submission-implicit-tls");
    s->tls.result = TLS_TIMEOUT;
    s->end = END_TIMEOUT;
    expect_findings(w, "tls.handshake:timeout");
}

static void on_587_one_refusal_is_all_there_is(void **state)
{
    struct world *w = *state;
    fail_handshake(add_port(w, MX1_V4, 587)->sessions, TLS_ALERT, 40);
    expect_unknown(w, "tls.handshake", "mx1/v4:587", REASON_NOT_PROBED);
}

static void a_closed_465_is_no_finding(void **state)
{
    struct world *w = *state;
    not_connected(add_port(w, MX1_V4, 465), CONNECT_REFUSED);
    expect_findings(w, "");
}

static void a_server_asked_for_tls_from_the_first_octet(void **state)
{
    struct world *w = *state;
    make_server(w, 2465, TLS_MODE_IMPLICIT);
    expect_findings(w, "");
    expect_verdict(w, "tls.starttls-offered", "mx1/v4:2465", VERDICT_NA);
    expect_verdict(w, "tls.handshake", "mx1/v4:2465", VERDICT_PASS);
    both_hellos_end(w, TLS_ALERT, TLS_ALERT);
    expect_verdict(w, "tls.handshake", "mx1/v4:2465", VERDICT_FAIL);
}

static void without_tls_wanted_nothing_is_said_of_it(void **state)
{
    struct world *w = *state;
    make_server(w, 25, TLS_MODE_NONE);
    static const char *const ids[] = {"tls.starttls-stripped", "tls.starttls-offered", "tls.starttls-stable", "tls.starttls-accepted", "tls.handshake",
                                      "tls.version-floor",     "tls.key-exchange",     "cert.present",        "cert.trusted"};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        expect_verdict(w, ids[i], mx1, VERDICT_NA);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(what_firewalls_write_over_starttls_is_known),
        WORLD_TEST(extensions_with_an_x_are_no_sign_of_a_firewall),
        WORLD_TEST(beside_starttls_an_odd_keyword_does_no_harm),
        WORLD_TEST(hidden_once_and_shown_once_is_unstable_not_stripped),
        WORLD_TEST(no_starttls_is_told_with_what_is_offered),
        WORLD_TEST(no_starttls_anywhere_is_one_finding),
        WORLD_TEST(starttls_is_found_in_any_case_of_letters),
        WORLD_TEST(half_an_ehlo_reply_tells_nothing_of_starttls),
        WORLD_TEST(who_puts_us_off_is_not_accused_of_having_no_tls),
        WORLD_TEST(a_server_without_ehlo_is_not_asked_for_tls),
        WORLD_TEST(on_587_no_starttls_is_the_submission_rows_finding),
        WORLD_TEST(one_ehlo_reply_is_no_comparison),
        WORLD_TEST(an_offer_that_comes_and_goes_is_told),
        WORLD_TEST(the_same_offer_twice_is_stable),
        WORLD_TEST(a_connection_that_was_put_off_does_not_count_for_stability),
        WORLD_TEST(starttls_refused_after_the_offer_is_a_fault),
        WORLD_TEST(another_4xx_to_starttls_is_no_fault),
        WORLD_TEST(a_connection_dropped_at_starttls_is_no_fault),
        WORLD_TEST(silence_after_starttls_is_unknown),
        WORLD_TEST(dropped_once_and_refused_then_is_refused),
        WORLD_TEST(dropped_once_and_accepted_then_is_accepted),
        WORLD_TEST(an_answer_to_starttls_that_is_no_smtp_is_a_fault),
        WORLD_TEST(two_alerts_are_a_fault),
        WORLD_TEST(clear_text_where_tls_should_be_is_a_fault),
        WORLD_TEST(anything_but_two_refusals_is_unknown),
        WORLD_TEST(one_alert_alone_is_unknown),
        WORLD_TEST(closed_or_reset_without_alert_is_unknown),
        WORLD_TEST(silence_in_the_handshake_is_unknown),
        WORLD_TEST(our_own_refusal_is_told_as_ours),
        WORLD_TEST(a_second_try_that_is_put_off_proves_nothing),
        WORLD_TEST(on_465_the_kind_of_failure_is_told),
        WORLD_TEST(of_equal_handshakes_the_one_that_is_shown_counts),
        WORLD_TEST(on_465_a_failed_handshake_is_the_submission_rows_finding),
        WORLD_TEST(on_587_one_refusal_is_all_there_is),
        WORLD_TEST(a_closed_465_is_no_finding),
        WORLD_TEST(a_server_asked_for_tls_from_the_first_octet),
        WORLD_TEST(without_tls_wanted_nothing_is_said_of_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* test_deep - what single further connections show: without server name, another key, clear text behind STARTTLS, mail in clear. */
#include "deep_world.h"

#define SNI "tls.without-sni"
#define PARITY "cert.algorithm-parity"
#define INJECTION "smtp.command-injection"
#define AGAIN "smtp.starttls-again"
#define PLAIN "smtp.plaintext-refused"
#define MX1 "mx1/v4:25"

static void a_healthy_server_passes_close_looks(void **state)
{
    struct world *w = *state;
    with_deep(w);
    expect_findings(w, "");
    static const char *const ids[] = {SNI, PARITY, INJECTION, AGAIN, PLAIN, "relay.other-senders", "relay.address-forms", "tls.starttls-stable"};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        expect_verdict(w, ids[i], MX1, VERDICT_PASS);
}

static void what_was_not_asked_for_is_not_judged(void **state)
{
    struct world *w = *state;
    expect_findings(w, "");
    expect_verdict(w, SNI, MX1, VERDICT_NA);
    expect_verdict(w, INJECTION, MX1, VERDICT_NA);
    expect_verdict(w, PLAIN, MX1, VERDICT_NA);
}

static void what_was_left_out_says_why(void **state)
{
    struct world *w = *state;
    static const struct {
        enum deep_left_out why;
        enum reason reason;
    } reasons[] = {{DEEP_STOPPED, REASON_THROTTLED}, {DEEP_NO_TIME, REASON_LIMIT}, {DEEP_TROUBLE, REASON_INTERNAL}};
    static const char *const ids[] = {SNI, PARITY, INJECTION, AGAIN, PLAIN, "relay.other-senders", "relay.address-forms"};
    with_deep(w);
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        leave_all_out(w, reasons[i].why);
        for (size_t k = 0; k < sizeof ids / sizeof *ids; k++)
            expect_unknown(w, ids[k], MX1, reasons[i].reason);
    }
    w->endpoints[MX1_V4]->deep->stopped_by = "the server greeted with 421";
    leave_all_out(w, DEEP_STOPPED);
    expect_detail(w, SNI, MX1, "the server greeted with 421");
    leave_all_out(w, DEEP_NOT_NEEDED);
    expect_verdict(w, SNI, MX1, VERDICT_NA);
    w->endpoints[MX1_V4]->deep = NULL;
    expect_unknown(w, SNI, MX1, REASON_INTERNAL);
}

/* Without server name. */

static void a_stranger_s_certificate_without_name_is_found(void **state)
{
    struct world *w = *state;
    with_deep(w);
    struct tls_facts *tls = &deep_of(w, MX1_V4, DEEP_NO_SNI)->tls;
    tls->name_matches = TRI_NO;
    expect_findings(w, SNI);
    expect_detail(w, SNI, MX1, "not made out to this host");
    w->sessions[MX1_V4]->tls.name_matches = TRI_NO; /* with name it is wrong, too */
    expect_verdict(w, SNI, MX1, VERDICT_PASS);
}

static void an_expired_certificate_without_name_is_found(void **state)
{
    struct world *w = *state;
    with_deep(w);
    struct cert_facts *leaf = &deep_of(w, MX1_V4, DEEP_NO_SNI)->tls.certificates[0];
    leaf->not_after.s = w->now.s - 300;
    expect_findings(w, "");
    leaf->not_after.s = w->now.s - 301;
    expect_findings(w, SNI);
    expect_detail(w, SNI, MX1, "it expired on 2026-11-25");
    leaf->not_after.s = w->now.s + 40 * DAY_S;
    leaf->not_before.s = w->now.s + 300;
    expect_findings(w, "");
    leaf->not_before.s = w->now.s + 301;
    expect_findings(w, SNI);
    expect_detail(w, SNI, MX1, "it is valid only from");
    deep_of(w, MX1_V4, DEEP_NO_SNI)->tls.certificate_count = 0; /* an anonymous suite: they get on */
    expect_findings(w, "");
}

static void a_handshake_that_needs_the_name_is_found(void **state)
{
    struct world *w = *state;
    with_deep(w);
    fail_handshake(deep_of(w, MX1_V4, DEEP_NO_SNI), TLS_ALERT, 112);
    expect_findings(w, SNI);
    expect_detail(w, SNI, MX1, "works with the server name mx1.example.org");
}

static void a_dropped_handshake_accuses_nobody(void **state)
{
    struct world *w = *state;
    with_deep(w);
    fail_handshake(deep_of(w, MX1_V4, DEEP_NO_SNI), TLS_CLOSED, -1);
    expect_unknown(w, SNI, MX1, REASON_THROTTLED);
    with_deep(w);
    cut_at(deep_of(w, MX1_V4, DEEP_NO_SNI), STEP_HANDSHAKE, END_TIMEOUT);
    expect_unknown(w, SNI, MX1, REASON_TIMEOUT);
    with_deep(w);
    cut_at(deep_of(w, MX1_V4, DEEP_NO_SNI), STEP_EHLO, END_CLOSED);
    expect_unknown(w, SNI, MX1, REASON_THROTTLED);
    with_deep(w);
    struct session_facts *s = deep_of(w, MX1_V4, DEEP_NO_SNI);
    cut_at(s, STEP_EHLO, END_QUIT);
    set_reply(w, &s->greeting, 421, "4.7.0 later");
    expect_unknown(w, SNI, MX1, REASON_THROTTLED);
    set_reply(w, &s->greeting, 554, "5.7.1 go away");
    expect_unknown(w, SNI, MX1, REASON_REFUSED_US);
    set_reply(w, &s->greeting, 354, "go on");
    expect_unknown(w, SNI, MX1, REASON_REFUSED_US);
    expect_detail(w, SNI, MX1, "354 go on");
    s->connect = CONNECT_REFUSED;
    expect_unknown(w, SNI, MX1, REASON_THROTTLED);
    with_deep(w);
    fail_handshake(deep_of(w, MX1_V4, DEEP_NO_SNI), TLS_TROUBLE, -1);
    expect_unknown(w, SNI, MX1, REASON_INTERNAL);
}

static void without_a_handshake_by_a_modern_hello_there_is_nothing_to_compare_with(void **state)
{
    struct world *w = *state;
    with_deep(w);
    add_session(w->endpoints[MX1_V4], CONNECTION_LEGACY_TLS);
    fail_handshake(w->sessions[MX1_V4], TLS_ALERT, 70);
    expect_verdict(w, SNI, MX1, VERDICT_NA);
    expect_verdict(w, PARITY, MX1, VERDICT_NA);
}

/* The other kind of key. */

static void a_forgotten_second_certificate_is_found(void **state)
{
    struct world *w = *state;
    with_deep(w);
    struct tls_facts *tls = &deep_of(w, MX1_V4, DEEP_OTHER_KEY)->tls;
    tls->certificates[0].not_after.s = w->now.s - 5 * DAY_S;
    expect_findings(w, PARITY);
    expect_detail(w, PARITY, MX1, "only RSA keys");
    expect_detail(w, PARITY, MX1, "it expired on 2026-11-20");
    tls->certificates[0].not_after.s = w->now.s + 5 * DAY_S;
    tls->trust = TRUST_SELF_SIGNED;
    expect_findings(w, PARITY);
    tls->trust = TRUST_UNKNOWN;
    expect_findings(w, "");
    tls->name_matches = TRI_NO;
    expect_findings(w, PARITY);
}

static void what_is_wrong_with_the_usual_one_is_told_there(void **state)
{
    struct world *w = *state;
    with_deep(w);
    struct tls_facts *usual = &w->sessions[MX1_V4]->tls;
    usual->trust = TRUST_SELF_SIGNED;
    expect_verdict(w, PARITY, MX1, VERDICT_PASS);
    deep_of(w, MX1_V4, DEEP_OTHER_KEY)->tls.trust = TRUST_SELF_SIGNED;
    expect_verdict(w, PARITY, MX1, VERDICT_PASS);
}

static void one_certificate_has_no_second(void **state)
{
    struct world *w = *state;
    with_deep(w);
    fail_handshake(deep_of(w, MX1_V4, DEEP_OTHER_KEY), TLS_ALERT, 40);
    expect_findings(w, "");
    expect_verdict(w, PARITY, MX1, VERDICT_NA);
    with_deep(w);
    struct tls_facts *tls = &deep_of(w, MX1_V4, DEEP_OTHER_KEY)->tls;
    tls->certificates[0] = w->sessions[MX1_V4]->tls.certificates[0]; /* it gives what it has */
    tls->certificates[0].not_after.s = 0;
    expect_verdict(w, PARITY, MX1, VERDICT_NA);
}

static void to_hang_up_on_a_hello_refuses_it_where_others_go_well_behind_it(void **state)
{
    struct world *w = *state;
    with_deep(w);
    struct session_facts *s = deep_of(w, MX1_V4, DEEP_OTHER_KEY);
    cut_at(s, STEP_HANDSHAKE, END_CLOSED);
    s->tls.result = TLS_CLOSED;
    expect_findings(w, "");
    expect_verdict(w, PARITY, MX1, VERDICT_NA);
    leave_out(w, MX1_V4, DEEP_NO_SNI, DEEP_NOT_NEEDED);
    leave_out(w, MX1_V4, DEEP_INJECTION, DEEP_NOT_NEEDED);
    cut_at(deep_of(w, MX1_V4, DEEP_TLS12), STEP_HANDSHAKE, END_CLOSED);
    expect_unknown(w, PARITY, MX1, REASON_THROTTLED);
    expect_verdict(w, "smtp.probe-accepted", MX1, VERDICT_PASS);
    w->endpoints[MX1_V4]->deep->stopped_by = "the server closed the connection";
    expect_verdict(w, "smtp.probe-accepted", MX1, VERDICT_FAIL);
}

/* Clear text behind STARTTLS. */

static void an_answer_inside_tls_is_an_injection(void **state)
{
    struct world *w = *state;
    with_deep(w);
    set_reply(w, &deep_of(w, MX1_V4, DEEP_INJECTION)->deep.unasked, 250, "2.0.0 Ok");
    expect_findings(w, INJECTION);
    expect_detail(w, INJECTION, MX1, "250 2.0.0 Ok");
}

static void each_way_to_refuse_the_command_is_sound(void **state)
{
    struct world *w = *state;
    static const int codes[] = {501, 503, 554, 454};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        with_deep(w);
        struct session_facts *s = deep_of(w, MX1_V4, DEEP_INJECTION);
        cut_at(s, STEP_STARTTLS, END_CLOSED);
        set_reply(w, &s->starttls, codes[i], "5.5.0 protocol synchronization");
        expect_findings(w, "");
        expect_verdict(w, INJECTION, MX1, VERDICT_PASS);
    }
    static const struct {
        enum smtp_step step;
        enum session_end end;
    } ends[] = {{STEP_STARTTLS, END_CLOSED}, {STEP_STARTTLS, END_RESET},    {STEP_HANDSHAKE, END_CLOSED},
                {STEP_SILENCE, END_CLOSED},  {STEP_QUIT_IN_TLS, END_CLOSED}, {STEP_QUIT_ANSWERED, END_CLOSED}};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        with_deep(w);
        cut_at(deep_of(w, MX1_V4, DEEP_INJECTION), ends[i].step, ends[i].end);
        expect_findings(w, "");
        expect_verdict(w, INJECTION, MX1, VERDICT_PASS);
    }
    with_deep(w);
    fail_handshake(deep_of(w, MX1_V4, DEEP_INJECTION), TLS_ALERT, 10); /* the command was read as TLS */
    expect_findings(w, "");
}

static void another_word_inside_tls_is_no_answer_to_the_command(void **state)
{
    struct world *w = *state;
    with_deep(w);
    struct smtp_reply *unasked = &deep_of(w, MX1_V4, DEEP_INJECTION)->deep.unasked;
    set_reply(w, unasked, 220, "mx1.example.org ESMTP");
    expect_findings(w, "");
    set_reply(w, unasked, 554, "5.5.0 protocol synchronization");
    expect_findings(w, "");
    set_reply(w, unasked, 421, "4.7.0 later");
    expect_unknown(w, INJECTION, MX1, REASON_THROTTLED);
}

static void an_injection_that_was_not_finished_shows_nothing(void **state)
{
    struct world *w = *state;
    with_deep(w);
    struct session_facts *s = deep_of(w, MX1_V4, DEEP_INJECTION);
    cut_at(s, STEP_STARTTLS, END_TIMEOUT);
    expect_unknown(w, INJECTION, MX1, REASON_TIMEOUT);
    s->end = END_LIMIT;
    expect_unknown(w, INJECTION, MX1, REASON_LIMIT);
    s->end = END_NONE;
    expect_unknown(w, INJECTION, MX1, REASON_LIMIT);
    s->end = END_TROUBLE;
    expect_unknown(w, INJECTION, MX1, REASON_INTERNAL);
    s->end = END_QUIT;
    set_reply(w, &s->starttls, 421, "4.7.0 later");
    expect_unknown(w, INJECTION, MX1, REASON_THROTTLED);
    with_deep(w);
    s = deep_of(w, MX1_V4, DEEP_INJECTION);
    s->deep.injected = false;
    cut_at(s, STEP_EHLO, END_CLOSED);
    expect_unknown(w, INJECTION, MX1, REASON_THROTTLED);
}

/* STARTTLS inside TLS. */

static void a_second_starttls_that_is_taken_is_noticed(void **state)
{
    struct world *w = *state;
    with_deep(w);
    struct smtp_reply *answer = &deep_of(w, MX1_V4, DEEP_NO_SNI)->deep.starttls_again;
    set_reply(w, answer, 220, "2.0.0 Ready to start TLS");
    expect_findings(w, AGAIN);
    expect_detail(w, AGAIN, MX1, "220 2.0.0 Ready");
}

static void each_way_to_refuse_a_second_starttls_is_sound(void **state)
{
    struct world *w = *state;
    static const int codes[] = {250, 454, 500, 502, 503, 530, 554};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        with_deep(w);
        set_reply(w, &deep_of(w, MX1_V4, DEEP_NO_SNI)->deep.starttls_again, codes[i], "5.5.1 no");
        expect_verdict(w, AGAIN, MX1, VERDICT_PASS);
    }
    static const enum session_end ends[] = {END_CLOSED, END_RESET};
    for (size_t i = 0; i < 2; i++) {
        with_deep(w);
        deep_of(w, MX1_V4, DEEP_NO_SNI)->deep.starttls_again = (struct smtp_reply){0};
        cut_at(deep_of(w, MX1_V4, DEEP_NO_SNI), STEP_STARTTLS_AGAIN, ends[i]);
        expect_verdict(w, AGAIN, MX1, VERDICT_PASS);
    }
}

static void a_second_starttls_that_was_not_answered_shows_nothing(void **state)
{
    struct world *w = *state;
    with_deep(w);
    struct session_facts *s = deep_of(w, MX1_V4, DEEP_NO_SNI);
    set_reply(w, &s->deep.starttls_again, 421, "4.7.0 later");
    expect_unknown(w, AGAIN, MX1, REASON_THROTTLED);
    s->deep.starttls_again = (struct smtp_reply){0};
    cut_at(s, STEP_STARTTLS_AGAIN, END_TIMEOUT);
    expect_unknown(w, AGAIN, MX1, REASON_TIMEOUT);
    cut_at(s, STEP_EHLO_TLS, END_CLOSED);
    expect_unknown(w, AGAIN, MX1, REASON_THROTTLED);
    fail_handshake(s, TLS_CLOSED, -1);
    expect_verdict(w, AGAIN, MX1, VERDICT_UNKNOWN);
}

/* Mail in clear. */

static void who_wants_tls_for_mail_says_so(void **state)
{
    struct world *w = *state;
    with_deep(w);
    struct smtp_reply *r = &deep_of(w, MX1_V4, DEEP_PLAIN_MAIL)->deep.plain_mail;
    set_reply(w, r, 530, "5.7.0 Must issue a STARTTLS command first");
    expect_findings(w, PLAIN);
    set_reply(w, r, 554, "5.7.3 encryption needed");
    expect_findings(w, PLAIN);
    set_reply(w, r, 550, "5.7.1 no TLS, no mail");
    expect_findings(w, PLAIN);
    set_reply(w, r, 500, "5.7.1 SSL first");
    expect_findings(w, PLAIN);
}

static void mail_in_clear_that_is_not_refused_is_taken(void **state)
{
    struct world *w = *state;
    static const int codes[] = {250, 399}; /* the last code below a refusal */
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        with_deep(w);
        set_reply(w, &deep_of(w, MX1_V4, DEEP_PLAIN_MAIL)->deep.plain_mail, codes[i], "2.1.0 Ok");
        expect_verdict(w, PLAIN, MX1, VERDICT_PASS);
    }
}

/* RFC 4954 6 has the same code for it. */
static void who_wants_authentication_does_not_want_tls(void **state)
{
    struct world *w = *state;
    with_deep(w);
    set_reply(w, &deep_of(w, MX1_V4, DEEP_PLAIN_MAIL)->deep.plain_mail, 530, "5.7.0 Authentication required");
    expect_unknown(w, PLAIN, MX1, REASON_REFUSED_US);
}

static void another_refusal_of_mail_is_one_of_us(void **state)
{
    struct world *w = *state;
    with_deep(w);
    struct session_facts *s = deep_of(w, MX1_V4, DEEP_PLAIN_MAIL);
    set_reply(w, &s->deep.plain_mail, 553, "5.7.1 your address is blocked");
    expect_unknown(w, PLAIN, MX1, REASON_REFUSED_US);
    static const int later[] = {400, 451, 499};
    for (size_t i = 0; i < sizeof later / sizeof *later; i++) {
        set_reply(w, &s->deep.plain_mail, later[i], "4.3.0 try TLS later");
        expect_unknown(w, PLAIN, MX1, REASON_THROTTLED);
    }
    s->deep.plain_mail = (struct smtp_reply){0};
    s->end = END_TIMEOUT;
    expect_unknown(w, PLAIN, MX1, REASON_TIMEOUT);
    s->ehlo.reply = (struct smtp_reply){0};
    s->end = END_CLOSED;
    expect_unknown(w, PLAIN, MX1, REASON_THROTTLED);
}

/* Rows of the base run that further connections say something of. */

static void starttls_that_comes_and_goes_is_seen_in_further_connections(void **state)
{
    struct world *w = *state;
    with_deep(w);
    drop_capability(w, &deep_of(w, MX1_V4, DEEP_TLS12)->ehlo, "STARTTLS");
    expect_findings(w, "tls.starttls-stable");
    expect_detail(w, "tls.starttls-stable", MX1, "Of 6 EHLO replies 5 offered STARTTLS");
}

static void starttls_that_works_unlisted_was_taken_out_on_the_way(void **state)
{
    struct world *w = *state;
    with_deep(w);
    for (size_t i = 0; i < WORLD_ADDRESSES; i++) {
        leave_all_out(w, DEEP_NOT_NEEDED);
        without_starttls(w, w->sessions[i]);
    }
    for (size_t i = 0; i < WORLD_ADDRESSES; i++) {
        struct session_facts *s = ARENA_NEW(&w->arena, struct session_facts);
        *s = *w->sessions[i];
        w->endpoints[i]->deep->sessions[DEEP_UNLISTED_STARTTLS] = s;
        w->endpoints[i]->deep->left_out[DEEP_UNLISTED_STARTTLS] = DEEP_MADE;
        set_reply(w, &s->starttls, 502, "5.5.1 not implemented");
    }
    expect_verdict(w, "tls.starttls-offered", MX1, VERDICT_FAIL);
    struct session_facts *s = deep_of(w, MX1_V4, DEEP_UNLISTED_STARTTLS);
    set_reply(w, &s->starttls, 220, "2.0.0 go");
    expect_verdict(w, "tls.starttls-stripped", MX1, VERDICT_FAIL);
    expect_via(w, "tls.starttls-offered", MX1, VERDICT_NA, "tls.starttls-stripped");
    add_capability(w, &s->ehlo, "STARTTLS"); /* this time it was listed */
    expect_verdict(w, "tls.starttls-stripped", MX1, VERDICT_PASS);
}

static void further_connections_that_are_turned_away_are_told_once(void **state)
{
    struct world *w = *state;
    with_deep(w);
    struct session_facts *s = deep_of(w, MX1_V4, DEEP_PLAIN_MAIL);
    cut_at(s, STEP_EHLO, END_QUIT);
    set_reply(w, &s->greeting, 421, "4.7.0 Too many connections");
    expect_verdict(w, "smtp.probe-accepted", MX1, VERDICT_FAIL);
    expect_detail(w, "smtp.probe-accepted", MX1, "Too many connections");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_healthy_server_passes_close_looks),
        WORLD_TEST(what_was_not_asked_for_is_not_judged),
        WORLD_TEST(what_was_left_out_says_why),
        WORLD_TEST(a_stranger_s_certificate_without_name_is_found),
        WORLD_TEST(an_expired_certificate_without_name_is_found),
        WORLD_TEST(a_handshake_that_needs_the_name_is_found),
        WORLD_TEST(a_dropped_handshake_accuses_nobody),
        WORLD_TEST(without_a_handshake_by_a_modern_hello_there_is_nothing_to_compare_with),
        WORLD_TEST(a_forgotten_second_certificate_is_found),
        WORLD_TEST(what_is_wrong_with_the_usual_one_is_told_there),
        WORLD_TEST(one_certificate_has_no_second),
        WORLD_TEST(to_hang_up_on_a_hello_refuses_it_where_others_go_well_behind_it),
        WORLD_TEST(an_answer_inside_tls_is_an_injection),
        WORLD_TEST(each_way_to_refuse_the_command_is_sound),
        WORLD_TEST(another_word_inside_tls_is_no_answer_to_the_command),
        WORLD_TEST(an_injection_that_was_not_finished_shows_nothing),
        WORLD_TEST(a_second_starttls_that_is_taken_is_noticed),
        WORLD_TEST(each_way_to_refuse_a_second_starttls_is_sound),
        WORLD_TEST(a_second_starttls_that_was_not_answered_shows_nothing),
        WORLD_TEST(who_wants_tls_for_mail_says_so),
        WORLD_TEST(mail_in_clear_that_is_not_refused_is_taken),
        WORLD_TEST(who_wants_authentication_does_not_want_tls),
        WORLD_TEST(another_refusal_of_mail_is_one_of_us),
        WORLD_TEST(starttls_that_comes_and_goes_is_seen_in_further_connections),
        WORLD_TEST(starttls_that_works_unlisted_was_taken_out_on_the_way),
        WORLD_TEST(further_connections_that_are_turned_away_are_told_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

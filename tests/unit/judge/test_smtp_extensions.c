/* SPDX-License-Identifier: Apache-2.0 */
/* test_smtp_extensions - what EHLO offers in clear and inside TLS, on the mail port and on those of submission. */
#include "world.h"

#define MX1 "mx1/v4:25"

/* In both lists of every server, so that no two of them differ. */
static void offer_everywhere(struct world *w, const char *line)
{
    for (size_t i = 0; i < WORLD_ADDRESSES; i++) {
        add_capability(w, &w->sessions[i]->ehlo, line);
        add_capability(w, &w->sessions[i]->ehlo_tls, line);
    }
}

static void offer_in_place(struct world *w, const char *keyword, const char *line)
{
    for (size_t i = 0; i < WORLD_ADDRESSES; i++)
        drop_capability_everywhere(w, w->sessions[i], keyword);
    offer_everywhere(w, line);
}

static void each_everyday_extension_is_missed(void **state)
{
    struct world *w = *state;
    static const char *const keywords[] = {"8BITMIME", "PIPELINING", "SIZE 52428800", "ENHANCEDSTATUSCODES"};
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++) {
        struct str rest = str_of(keywords[i]);
        const char *keyword = arena_cstr(&w->arena, str_cut(&rest, ' '));
        for (size_t k = 0; k < WORLD_ADDRESSES; k++)
            drop_capability_everywhere(w, w->sessions[k], keyword);
        expect_findings(w, "smtp.baseline-extensions");
        expect_detail(w, "smtp.baseline-extensions", MX1, keyword);
        offer_everywhere(w, keywords[i]);
        expect_findings(w, "");
    }
}

static void each_modern_extension_is_missed(void **state)
{
    struct world *w = *state;
    static const char *const keywords[] = {"SMTPUTF8", "CHUNKING", "DSN"};
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++) {
        for (size_t k = 0; k < WORLD_ADDRESSES; k++)
            drop_capability_everywhere(w, w->sessions[k], keywords[i]);
        expect_findings(w, "smtp.modern-extensions");
        offer_everywhere(w, keywords[i]);
        expect_findings(w, "");
    }
}

static void a_size_of_10_mib_is_enough_and_an_octet_less_is_not(void **state)
{
    struct world *w = *state;
    offer_in_place(w, "SIZE", "SIZE 10485760");
    expect_findings(w, "");
    offer_in_place(w, "SIZE", "SIZE 10485759");
    expect_findings(w, "smtp.baseline-extensions");
    expect_verdict(w, "smtp.baseline-extensions", MX1, VERDICT_FAIL);
    assert_string_equal(verdict_about(w, "smtp.baseline-extensions", MX1)->detail, "The largest message allowed has 10485759 octets.");
    offer_in_place(w, "SIZE", "SIZE 1");
    expect_findings(w, "smtp.baseline-extensions");
}

static void no_limit_and_no_value_are_no_small_size(void **state)
{
    struct world *w = *state;
    offer_in_place(w, "SIZE", "SIZE 0");
    expect_findings(w, "");
    offer_in_place(w, "SIZE", "SIZE");
    expect_findings(w, "");
    offer_in_place(w, "SIZE", "SIZE 99999999999999999999");
    expect_findings(w, "");
}

static void keywords_are_read_without_case(void **state)
{
    struct world *w = *state;
    offer_in_place(w, "PIPELINING", "pipelining");
    offer_in_place(w, "SIZE", "Size 52428800");
    offer_in_place(w, "SMTPUTF8", "smtpUTF8");
    expect_findings(w, "");
}

static void the_list_inside_tls_counts(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < WORLD_ADDRESSES; i++)
        set_ehlo(w, &w->sessions[i]->ehlo, i < MX2_V4 ? "mx1.example.org\nSTARTTLS" : "mx2.example.org\nSTARTTLS");
    expect_findings(w, "");
}

static void a_short_list_before_tls_that_we_lost_proves_nothing(void **state)
{
    struct world *w = *state;
    set_ehlo(w, &w->sessions[MX1_V4]->ehlo, "mx1.example.org\nSTARTTLS");
    cut_at(w->sessions[MX1_V4], STEP_STARTTLS, END_CLOSED);
    expect_findings(w, "smtp.probe-accepted tls.starttls-accepted:throttled");
    expect_verdict(w, "smtp.baseline-extensions", MX1, VERDICT_UNKNOWN);
    expect_verdict(w, "smtp.modern-extensions", MX1, VERDICT_UNKNOWN);
    expect_verdict(w, "smtp.auth-on-mx", MX1, VERDICT_UNKNOWN);
}

static void without_tls_the_list_in_clear_counts(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < WORLD_ADDRESSES; i++) {
        without_starttls(w, w->sessions[i]);
        drop_capability(w, &w->sessions[i]->ehlo, "PIPELINING");
    }
    expect_findings(w, "smtp.baseline-extensions tls.starttls-offered");
}

/* Misuse. */

static void starttls_inside_tls_is_misuse(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < WORLD_ADDRESSES; i++)
        add_capability(w, &w->sessions[i]->ehlo_tls, "STARTTLS");
    expect_findings(w, "smtp.extension-misuse");
}

static void requiretls_belongs_inside_tls(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < WORLD_ADDRESSES; i++)
        add_capability(w, &w->sessions[i]->ehlo_tls, "REQUIRETLS");
    expect_findings(w, "");
    for (size_t i = 0; i < WORLD_ADDRESSES; i++)
        add_capability(w, &w->sessions[i]->ehlo, "REQUIRETLS");
    expect_findings(w, "smtp.extension-misuse");
}

static void with_tls_from_the_first_octet_the_one_list_is_inside(void **state)
{
    struct world *w = *state;
    make_server(w, 465, TLS_MODE_IMPLICIT);
    add_capability(w, &w->sessions[MX1_V4]->ehlo, "REQUIRETLS");
    expect_findings(w, "");
    add_capability(w, &w->sessions[MX1_V4]->ehlo, "STARTTLS");
    expect_findings(w, "smtp.extension-misuse");
}

static void a_size_that_is_no_number_is_misuse(void **state)
{
    struct world *w = *state;
    offer_in_place(w, "SIZE", "SIZE 50MB");
    expect_findings(w, "smtp.extension-misuse");
    expect_detail(w, "smtp.extension-misuse", MX1, "50MB");
}

static void limits_are_names_with_numbers(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *line;
        bool good;
    } cases[] = {
        {"LIMITS RCPTMAX=100", true},
        {"LIMITS MAILMAX=1 RCPTMAX=999999 RCPTDOMAINMAX=5", true},
        {"LIMITS", true},
        {"LIMITS A=5", true},
        {"LIMITS RCPTMAX=1000000", false},
        {"LIMITS RCPTMAX=010", false},
        {"LIMITS RCPTMAX=0", false},
        {"LIMITS RCPTMAX=", false},
        {"LIMITS RCPTMAX", false},
        {"LIMITS =5", false},
        {"LIMITS RCPTMAX=5 MAILMAX=x", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        offer_in_place(w, "LIMITS", cases[i].line);
        expect_verdict(w, "smtp.extension-misuse", MX1, cases[i].good ? VERDICT_PASS : VERDICT_FAIL);
    }
}

static void a_keyword_twice_is_misuse_only_with_different_values(void **state)
{
    struct world *w = *state;
    offer_everywhere(w, "size 52428800");
    offer_everywhere(w, "DSN");
    expect_findings(w, "");
    offer_everywhere(w, "SIZE 1000000000");
    expect_verdict(w, "smtp.extension-misuse", MX1, VERDICT_FAIL);
    expect_detail(w, "smtp.extension-misuse", MX1, "\"52428800\" and with \"1000000000\"");
}

static void masked_keywords_are_no_keyword_twice(void **state)
{
    struct world *w = *state;
    static const char *const masks[] = {"XXXXXXXA", "XXXXXXA", "XXXXXX", "******A"};
    for (size_t i = 0; i < sizeof masks / sizeof *masks; i++) {
        offer_everywhere(w, arena_printf(&w->arena, "%s one", masks[i]));
        offer_everywhere(w, arena_printf(&w->arena, "%s two", masks[i]));
        expect_verdict(w, "smtp.extension-misuse", MX1, VERDICT_PASS);
    }
    offer_everywhere(w, "DELIVERBY 100");
    offer_everywhere(w, "DELIVERBY 200");
    expect_detail(w, "smtp.extension-misuse", MX1, "DELIVERBY");
    offer_in_place(w, "DELIVERBY", "DELIVERBY 100");
    expect_verdict(w, "smtp.extension-misuse", MX1, VERDICT_PASS);
    offer_everywhere(w, "XXXXX one");
    offer_everywhere(w, "XXXXX two");
    expect_verdict(w, "smtp.extension-misuse", MX1, VERDICT_FAIL);
}

static void both_forms_of_auth_are_no_keyword_twice(void **state)
{
    struct world *w = *state;
    struct smtp_ehlo *e = &w->sessions[MX1_V4]->ehlo_tls;
    add_capability(w, e, "AUTH PLAIN LOGIN");
    add_capability(w, e, "AUTH= LOGIN"); /* as the parser parts "AUTH=LOGIN" */
    expect_verdict(w, "smtp.extension-misuse", MX1, VERDICT_PASS);
}

/* Both sides of STARTTLS. */

static void a_keyword_lost_inside_tls_is_a_difference(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < WORLD_ADDRESSES; i++)
        add_capability(w, &w->sessions[i]->ehlo, "VRFY");
    expect_findings(w, "smtp.ehlo-diff");
    expect_detail(w, "smtp.ehlo-diff", MX1, "VRFY");
}

static void only_a_connection_with_both_lists_shows_a_difference(void **state)
{
    struct world *w = *state;
    struct endpoint_facts *e = w->endpoints[MX1_V4];
    add_session(e, CONNECTION_RETRY);
    cut_at(&e->sessions[0], STEP_STARTTLS, END_CLOSED);
    e->shown = &e->sessions[0];
    expect_verdict(w, "smtp.ehlo-diff", MX1, VERDICT_PASS);
    add_capability(w, &e->sessions[1].ehlo, "VRFY");
    expect_detail(w, "smtp.ehlo-diff", MX1, "VRFY");
}

static void a_keyword_gained_inside_tls_is_none(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < WORLD_ADDRESSES; i++)
        add_capability(w, &w->sessions[i]->ehlo_tls, "VRFY");
    expect_findings(w, "");
}

static void another_size_inside_tls_is_a_difference(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < WORLD_ADDRESSES; i++) {
        drop_capability(w, &w->sessions[i]->ehlo_tls, "SIZE");
        add_capability(w, &w->sessions[i]->ehlo_tls, "SIZE 26214400");
    }
    expect_findings(w, "smtp.ehlo-diff");
    expect_detail(w, "smtp.ehlo-diff", MX1, "\"52428800\" in clear and \"26214400\" inside TLS");
}

static void what_belongs_to_the_clear_side_may_go(void **state)
{
    struct world *w = *state;
    static const char *const lines[] = {"AUTH GSSAPI NTLM", "X-EXPS GSSAPI NTLM", "X-ANONYMOUSTLS"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        add_capability(w, &w->sessions[MX1_V4]->ehlo, lines[i]);
    expect_verdict(w, "smtp.ehlo-diff", MX1, VERDICT_PASS);
}

/* AUTH on the mail port. */

static void passwords_in_clear_on_the_mail_port_are_one_finding(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < WORLD_ADDRESSES; i++)
        add_capability(w, &w->sessions[i]->ehlo, "AUTH PLAIN LOGIN");
    expect_findings(w, "smtp.auth-cleartext");
    expect_via(w, "smtp.auth-on-mx", MX1, VERDICT_NA, "smtp.auth-cleartext");
}

static void the_old_form_of_auth_counts(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < WORLD_ADDRESSES; i++)
        add_capability(w, &w->sessions[i]->ehlo, "AUTH= CRAM-MD5 login"); /* as the parser parts "AUTH=CRAM-MD5 login" */
    expect_findings(w, "smtp.auth-cleartext");
    expect_detail(w, "smtp.auth-cleartext", MX1, "AUTH login");
}

static void auth_inside_tls_or_without_a_clear_password_is_a_notice(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < WORLD_ADDRESSES; i++)
        add_capability(w, &w->sessions[i]->ehlo_tls, "AUTH PLAIN");
    expect_findings(w, "smtp.auth-on-mx");
    for (size_t i = 0; i < WORLD_ADDRESSES; i++)
        add_capability(w, &w->sessions[i]->ehlo, "AUTH CRAM-MD5 PLAIN-CLIENTTOKEN");
    expect_findings(w, "smtp.auth-on-mx");
}

static void auth_without_a_mechanism_offers_nothing(void **state)
{
    struct world *w = *state;
    offer_everywhere(w, "AUTH");
    expect_findings(w, "");
}

static void auth_in_clear_is_known_though_tls_was_lost(void **state)
{
    struct world *w = *state;
    add_capability(w, &w->sessions[MX1_V4]->ehlo, "AUTH PLAIN");
    cut_at(w->sessions[MX1_V4], STEP_HANDSHAKE, END_TIMEOUT);
    expect_verdict(w, "smtp.auth-cleartext", MX1, VERDICT_FAIL);
}

/* Submission. */

static void healthy_submission_ports_add_no_finding(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < WORLD_ADDRESSES; i++) {
        add_port(w, i, 465);
        add_port(w, i, 587);
    }
    expect_findings(w, "");
    expect_verdict(w, "smtp.submission-cleartext", "mx1/v4:587", VERDICT_PASS);
    expect_verdict(w, "smtp.submission-implicit-tls", "mx1/v4:465", VERDICT_PASS);
    expect_verdict(w, "smtp.auth-on-mx", "mx1/v4:587", VERDICT_NA);
}

static void closed_submission_ports_are_no_finding(void **state)
{
    struct world *w = *state;
    not_connected(add_port(w, MX1_V4, 465), CONNECT_REFUSED);
    not_connected(add_port(w, MX1_V4, 587), CONNECT_TIMEOUT);
    expect_findings(w, "");
    expect_verdict(w, "smtp.submission-implicit-tls", "mx1/v4:465", VERDICT_NA);
    expect_verdict(w, "smtp.submission-cleartext", "mx1/v4:587", VERDICT_NA);
}

static void auth_before_starttls_on_587_is_an_error(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < WORLD_ADDRESSES; i++)
        add_capability(w, &add_port(w, i, 587)->sessions[0].ehlo, "AUTH PLAIN LOGIN");
    expect_findings(w, "smtp.submission-cleartext");
}

static void no_starttls_on_587_is_one_finding(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < WORLD_ADDRESSES; i++)
        without_starttls(w, &add_port(w, i, 587)->sessions[0]);
    expect_findings(w, "smtp.submission-cleartext");
    expect_detail(w, "smtp.submission-cleartext", "mx1/v4:587", "STARTTLS is not offered");
}

static void mechanisms_that_hide_the_password_may_stand_before_starttls(void **state)
{
    struct world *w = *state;
    struct smtp_ehlo *e = &add_port(w, MX1_V4, 587)->sessions[0].ehlo;
    add_capability(w, e, "AUTH GSSAPI NTLM CRAM-MD5 DIGEST-MD5 SCRAM-SHA-256 EXTERNAL");
    expect_verdict(w, "smtp.submission-cleartext", "mx1/v4:587", VERDICT_PASS);
    add_capability(w, e, "AUTH= XOAUTH2");
    expect_verdict(w, "smtp.submission-cleartext", "mx1/v4:587", VERDICT_FAIL);
}

static void a_587_that_put_us_off_is_unknown(void **state)
{
    struct world *w = *state;
    struct session_facts *s = &add_port(w, MX1_V4, 587)->sessions[0];
    cut_at(s, STEP_EHLO, END_QUIT);
    set_reply(w, &s->ehlo.reply, 421, "busy");
    expect_findings(w, "smtp.ehlo:throttled smtp.probe-accepted");
    expect_unknown(w, "smtp.submission-cleartext", "mx1/v4:587", REASON_THROTTLED);
}

static void a_465_that_speaks_in_clear_is_one_finding(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < WORLD_ADDRESSES; i++) {
        struct session_facts *s = &add_port(w, i, 465)->sessions[0];
        cut_at(s, STEP_HANDSHAKE, END_TLS_FAILED);
        s->tls.result = TLS_GARBAGE;
        s->tls.octets_before_record = true;
        s->tls.octets_before = STR("220 mx1.example.org ESMTP");
    }
    expect_findings(w, "smtp.submission-implicit-tls");
    expect_detail(w, "smtp.submission-implicit-tls", "mx1/v4:465", "220 mx1.example.org");
}

static void a_465_that_sends_an_alert_is_one_finding(void **state)
{
    struct world *w = *state;
    struct session_facts *s = &add_port(w, MX1_V4, 465)->sessions[0];
    cut_at(s, STEP_HANDSHAKE, END_TLS_FAILED);
    s->tls.result = TLS_ALERT;
    s->tls.alert = 40;
    s->tls.error = "alert 40, handshake failure";
    expect_findings(w, "smtp.submission-implicit-tls");
    expect_detail(w, "smtp.submission-implicit-tls", "mx1/v4:465", "alert 40");
}

static void a_465_without_a_certificate_is_found(void **state)
{
    struct world *w = *state;
    struct session_facts *s = &add_port(w, MX1_V4, 465)->sessions[0];
    s->tls.anonymous = true;
    s->tls.certificate_count = 0;
    expect_verdict(w, "smtp.submission-implicit-tls", "mx1/v4:465", VERDICT_FAIL);
}

static void a_465_that_is_silent_or_drops_us_is_unknown(void **state)
{
    struct world *w = *state;
    struct session_facts *s = &add_port(w, MX1_V4, 465)->sessions[0];
    cut_at(s, STEP_HANDSHAKE, END_TIMEOUT);
    expect_findings(w, "tls.handshake:timeout");
    expect_unknown(w, "smtp.submission-implicit-tls", "mx1/v4:465", REASON_TIMEOUT);
    cut_at(s, STEP_HANDSHAKE, END_CLOSED);
    expect_unknown(w, "smtp.submission-implicit-tls", "mx1/v4:465", REASON_THROTTLED);
}

static void old_tls_on_465_of_a_server_is_no_missing_tls(void **state)
{
    struct world *w = *state;
    make_server(w, 465, TLS_MODE_IMPLICIT);
    struct endpoint_facts *e = w->endpoints[MX1_V4];
    e->shown = add_session(e, CONNECTION_LEGACY_TLS);
    e->sessions[1].tls.version = "TLSv1";
    fail_handshake(&e->sessions[0], TLS_ALERT, 70);
    expect_verdict(w, "smtp.submission-implicit-tls", "mx1/v4:465", VERDICT_PASS);
}

static void a_465_where_only_the_old_hello_was_refused_is_unknown(void **state)
{
    struct world *w = *state;
    make_server(w, 465, TLS_MODE_IMPLICIT);
    struct endpoint_facts *e = w->endpoints[MX1_V4];
    fail_handshake(&e->sessions[0], TLS_REFUSED_BY_US, -1);
    fail_handshake(add_session(e, CONNECTION_LEGACY_TLS), TLS_ALERT, 40);
    expect_via(w, "smtp.submission-implicit-tls", "mx1/v4:465", VERDICT_UNKNOWN, "tls.handshake");
}

static void other_ports_with_tls_from_the_first_octet_are_no_465(void **state)
{
    struct world *w = *state;
    make_server(w, 2465, TLS_MODE_IMPLICIT);
    expect_findings(w, "");
    expect_verdict(w, "smtp.submission-implicit-tls", "mx1/v4:2465", VERDICT_NA);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(each_everyday_extension_is_missed),
        WORLD_TEST(each_modern_extension_is_missed),
        WORLD_TEST(a_size_of_10_mib_is_enough_and_an_octet_less_is_not),
        WORLD_TEST(no_limit_and_no_value_are_no_small_size),
        WORLD_TEST(keywords_are_read_without_case),
        WORLD_TEST(the_list_inside_tls_counts),
        WORLD_TEST(a_short_list_before_tls_that_we_lost_proves_nothing),
        WORLD_TEST(without_tls_the_list_in_clear_counts),
        WORLD_TEST(starttls_inside_tls_is_misuse),
        WORLD_TEST(requiretls_belongs_inside_tls),
        WORLD_TEST(with_tls_from_the_first_octet_the_one_list_is_inside),
        WORLD_TEST(a_size_that_is_no_number_is_misuse),
        WORLD_TEST(limits_are_names_with_numbers),
        WORLD_TEST(a_keyword_twice_is_misuse_only_with_different_values),
        WORLD_TEST(masked_keywords_are_no_keyword_twice),
        WORLD_TEST(both_forms_of_auth_are_no_keyword_twice),
        WORLD_TEST(a_keyword_lost_inside_tls_is_a_difference),
        WORLD_TEST(only_a_connection_with_both_lists_shows_a_difference),
        WORLD_TEST(a_keyword_gained_inside_tls_is_none),
        WORLD_TEST(another_size_inside_tls_is_a_difference),
        WORLD_TEST(what_belongs_to_the_clear_side_may_go),
        WORLD_TEST(passwords_in_clear_on_the_mail_port_are_one_finding),
        WORLD_TEST(the_old_form_of_auth_counts),
        WORLD_TEST(auth_inside_tls_or_without_a_clear_password_is_a_notice),
        WORLD_TEST(auth_without_a_mechanism_offers_nothing),
        WORLD_TEST(auth_in_clear_is_known_though_tls_was_lost),
        WORLD_TEST(healthy_submission_ports_add_no_finding),
        WORLD_TEST(closed_submission_ports_are_no_finding),
        WORLD_TEST(auth_before_starttls_on_587_is_an_error),
        WORLD_TEST(no_starttls_on_587_is_one_finding),
        WORLD_TEST(mechanisms_that_hide_the_password_may_stand_before_starttls),
        WORLD_TEST(a_587_that_put_us_off_is_unknown),
        WORLD_TEST(a_465_that_speaks_in_clear_is_one_finding),
        WORLD_TEST(a_465_that_sends_an_alert_is_one_finding),
        WORLD_TEST(a_465_without_a_certificate_is_found),
        WORLD_TEST(a_465_that_is_silent_or_drops_us_is_unknown),
        WORLD_TEST(old_tls_on_465_of_a_server_is_no_missing_tls),
        WORLD_TEST(a_465_where_only_the_old_hello_was_refused_is_unknown),
        WORLD_TEST(other_ports_with_tls_from_the_first_octet_are_no_465),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

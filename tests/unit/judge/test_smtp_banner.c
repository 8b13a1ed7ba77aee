/* SPDX-License-Identifier: Apache-2.0 */
/* test_smtp_banner - the name a server gives, and what its banner tells of its software. */
#include "world.h"

#define MX1 "mx1/v4:25"

static const char *lines_of(struct world *w, const char *first_line, const struct smtp_ehlo *e)
{
    for (size_t i = 0; i < e->capability_count; i++)
        first_line = arena_printf(&w->arena, "%s\n%.*s", first_line, (int)e->reply.lines[i + 1].n, e->reply.lines[i + 1].p);
    return first_line;
}

static void greet_with(struct world *w, const char *text)
{
    set_reply(w, &w->sessions[MX1_V4]->greeting, 220, text);
}

static void answer_ehlo_with(struct world *w, const char *first_line)
{
    set_ehlo(w, &w->sessions[MX1_V4]->ehlo, lines_of(w, first_line, &w->sessions[MX1_V4]->ehlo));
}

/* The name. */

static void full_names_and_address_literals_are_names(void **state)
{
    struct world *w = *state;
    static const char *const names[] = {"mx1.example.org",    "mx1.example.org.",       "a.b",           "MX1.EXAMPLE.ORG", "mx_1.example.org",
                                        "mx\200.example.org", "xn--mx-fka.example.org", "1.example.org", "[192.0.2.1]",     "[IPv6:2001:db8::1]",
                                        "[2001:db8::1]"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        greet_with(w, arena_printf(&w->arena, "%s ESMTP", names[i]));
        answer_ehlo_with(w, names[i]);
        expect_verdict(w, "smtp.server-name", MX1, VERDICT_PASS);
    }
}

static void what_is_no_full_name_is_found_in_greeting_and_ehlo_reply(void **state)
{
    struct world *w = *state;
    static const char *const names[] = {"mail",
                                        "[192.0.2.1",
                                        "192.0.2.1]",
                                        "a]",
                                        "mail.",
                                        "localhost",
                                        "localhost.localdomain",
                                        "localhost.example.org",
                                        "box.localdomain",
                                        "192.0.2.1",
                                        "2001:db8::1",
                                        "[mail]",
                                        "[]",
                                        "ESMTP",
                                        "1.2.3",
                                        "mx..example",
                                        ".org",
                                        "***",
                                        "mx1.localhost",
                                        "localhost4.localdomain4",
                                        ""};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        greet_with(w, names[i]);
        answer_ehlo_with(w, "mx1.example.org Hello");
        expect_verdict(w, "smtp.server-name", MX1, VERDICT_FAIL);
        greet_with(w, "mx1.example.org ESMTP");
        answer_ehlo_with(w, names[i]);
        expect_verdict(w, "smtp.server-name", MX1, VERDICT_FAIL);
    }
}

static void a_short_name_is_one_finding(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < WORLD_ADDRESSES; i++) {
        struct session_facts *s = w->sessions[i];
        set_reply(w, &s->greeting, 220, "mail ESMTP ready");
        set_ehlo(w, &s->ehlo, lines_of(w, "mail", &s->ehlo));
        set_ehlo(w, &s->ehlo_tls, lines_of(w, "mail", &s->ehlo_tls));
    }
    expect_findings(w, "smtp.server-name");
    expect_detail(w, "smtp.server-name", MX1, "The greeting begins with \"mail\"");
}

static void the_name_may_stand_behind_a_teaser(void **state)
{
    struct world *w = *state;
    greet_with(w, "Please wait\nmx1.example.org ESMTP");
    expect_verdict(w, "smtp.server-name", MX1, VERDICT_PASS);
    greet_with(w, "Please wait\nWelcome");
    expect_verdict(w, "smtp.server-name", MX1, VERDICT_FAIL);
    expect_detail(w, "smtp.server-name", MX1, "\"Please\"");
}

static void of_two_connections_the_one_that_is_shown_gives_the_name(void **state)
{
    struct world *w = *state;
    struct endpoint_facts *e = w->endpoints[MX1_V4];
    e->shown = add_session(e, CONNECTION_RETRY);
    greet_with(w, "mail ESMTP");
    expect_verdict(w, "smtp.server-name", MX1, VERDICT_PASS);
    e->shown = &e->sessions[0];
    expect_verdict(w, "smtp.server-name", MX1, VERDICT_FAIL);
}

static void a_connection_that_was_turned_away_gives_no_name(void **state)
{
    struct world *w = *state;
    struct endpoint_facts *e = w->endpoints[MX1_V4];
    add_session(e, CONNECTION_RETRY);
    cut_at(&e->sessions[0], STEP_EHLO, END_CLOSED);
    set_reply(w, &e->sessions[0].greeting, 421, "later");
    e->shown = &e->sessions[0];
    expect_verdict(w, "smtp.server-name", MX1, VERDICT_PASS);
}

static void without_an_ehlo_reply_a_good_greeting_is_not_enough(void **state)
{
    struct world *w = *state;
    cut_at(w->sessions[MX1_V4], STEP_EHLO, END_TIMEOUT);
    expect_via(w, "smtp.server-name", MX1, VERDICT_UNKNOWN, "smtp.ehlo");
    expect_via(w, "smtp.software-disclosed", MX1, VERDICT_UNKNOWN, "smtp.ehlo");
    greet_with(w, "mail Exim 4.94");
    expect_verdict(w, "smtp.server-name", MX1, VERDICT_FAIL);
    expect_verdict(w, "smtp.software-disclosed", MX1, VERDICT_FAIL);
}

static void a_server_without_ehlo_is_judged_by_its_greeting(void **state)
{
    struct world *w = *state;
    cut_at(w->sessions[MX1_V4], STEP_EHLO, END_QUIT);
    set_reply(w, &w->sessions[MX1_V4]->ehlo.reply, 502, "no");
    expect_verdict(w, "smtp.server-name", MX1, VERDICT_PASS);
}

static void names_are_judged_on_the_mail_port_only(void **state)
{
    struct world *w = *state;
    struct endpoint_facts *e = add_port(w, MX1_V4, 587);
    set_reply(w, &e->sessions[0].greeting, 220, "mail Exim 4.94");
    expect_verdict(w, "smtp.server-name", "mx1/v4:587", VERDICT_NA);
    expect_verdict(w, "smtp.software-disclosed", "mx1/v4:587", VERDICT_NA);
}

/* The software. */

static void versions_are_found(void **state)
{
    struct world *w = *state;
    static const char *const texts[] = {
        "ESMTP Exim 4.94",
        "ESMTP Exim 4.94rc2 Tue, 24 Nov 2026 14:05:00 +0100",
        "ESMTP Postfix/3.5.1",
        "ESMTP Postfix (3.5.1)",
        "ESMTP Sendmail 8.15.2/8.15.2; Tue, 24 Nov 2026",
        "Microsoft ESMTP MAIL Service, Version: 15.1.2507.39 ready at Tue, 24 Nov 2026 14:05:00 +0100",
        "ESMTP hMailServer v5.6",
        "ESMTP Exim-4.94",
        "ESMTP OpenSMTPD_6.8",
        "MailEnable Service, Version: 10.30",
        "ESMTP Haraka/2.8.27 ready",
        "Kerio Connect 9.2.1234",
        "SMTPSVC Build 2600.5.12",
        "ESMTP Exim - 4.94",
        "MDA 1.2",           /* three letters */
        "ESMTP Exim 2025.1", /* a year, and no date */
        "ESMTP Exim 31.12",
        "ESMTP Exim 24.13.2026", /* there is no month 13 */
        "ESMTP Exim 2026.13.24",
        "ESMTP Exim 1969.12.31", /* older than the clocks of mail servers */
        "ESMTP Exim 31.12.1969",
        "ESMTP Exim 2100.1.1",
        "ESMTP Exim 1.1.2100",
        "ESMTP Exim 2026.11.32",
        "ESMTP Exim 32.11.2026",
        "ESMTP Exim 26.11.24.300", /* more than three numbers */
        "ESMTP Exim 24.11.2026.1",
        "ESMTP Exim 4.11.26", /* two digits each, or it is a version */
        "ESMTP Exim 24.1.126",
        "ESMTP Exim 241.1.26",
        "ESMTP Exim 1234.5", /* four digits */
        "ESMTP Foo-Mail 1.03",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        greet_with(w, arena_printf(&w->arena, "mx1.example.org %s", texts[i]));
        if (verdict_about(w, "smtp.software-disclosed", MX1)->value != VERDICT_FAIL)
            fail_msg("\"%s\" tells a version", texts[i]);
    }
    expect_detail(w, "smtp.software-disclosed", MX1, "Mail 1.03");
}

static void a_version_in_the_ehlo_line_is_found(void **state)
{
    struct world *w = *state;
    answer_ehlo_with(w, "mx1.example.org Exim 4.94 Hello probe.example.net");
    expect_findings(w, "smtp.software-disclosed");
    expect_detail(w, "smtp.software-disclosed", MX1, "The EHLO reply tells \"Exim 4.94\"");
}

static void what_looks_like_a_version_and_is_none_passes(void **state)
{
    struct world *w = *state;
    static const char *const texts[] = {
        "ESMTP Postfix (Debian/GNU)",
        "ESMTP Postfix (Ubuntu)",
        "ESMTP ready at Tue, 24 Nov 2026 14:05:00 +0100",
        "ESMTP Dienstag 24.11.2026 14:05",
        "ESMTP date 2026.11.24",
        "ESMTP date 24.11.26",
        "ESMTP date 31.12.2026",
        "ESMTP date 2026.12.31",
        "ESMTP date 31.12.1970",
        "ESMTP date 1970.12.31",
        "ESMTP date 31.12.2099",
        "ESMTP date 2099.12.31",
        "ESMTP date 32.12.26",
        "ESMTP Exim 12345.6",
        "ESMTP Exim 4.",
        "4mail 4.94",
        "ESMTP MX 4.94",
        "ESMTP d9443c01a7336-2a9f5c8b3e5si1234567a12.345 - gsmtp",
        "ESMTP abc12.345 - gsmtp",
        "ESMTP q12.345",
        "ESMTP id 4f1-abc-12.345",
        "ESMTP (id 1764079500.1234)",
        "ESMTP 1764079500.1234",
        "ESMTP Exim -- 4.94",
        "ESMTP served by mail-4.7.example.com",
        "ESMTP for mx.1.2.example.net, welcome",
        "at your service, [192.0.2.1]",
        "Hello client 192.0.2.1",
        "Hello 2001:db8::192.0.2.1",
        "Hello 1.2.0.192.in-addr.arpa [192.0.2.1]",
        "ESMTP, TLS 1.3 spoken here",
        "ESMTP Exim 4",
        "ESMTP Exim",
        "ESMTP",
        "",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        greet_with(w, arena_printf(&w->arena, "mx1.example.org %s", texts[i]));
        answer_ehlo_with(w, arena_printf(&w->arena, "mx1.example.org %s", texts[i]));
        const struct verdict *v = verdict_about(w, "smtp.software-disclosed", MX1);
        if (v->value != VERDICT_PASS)
            fail_msg("\"%s\": %s", texts[i], v->detail);
    }
}

static void what_begins_the_line_with_a_digit_is_an_id(void **state)
{
    struct world *w = *state;
    greet_with(w, "4mail 4.94");
    expect_verdict(w, "smtp.software-disclosed", MX1, VERDICT_PASS);
    greet_with(w, "mail 4.94");
    expect_verdict(w, "smtp.software-disclosed", MX1, VERDICT_FAIL);
}

static void capability_lines_are_no_banner(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < WORLD_ADDRESSES; i++) {
        add_capability(w, &w->sessions[i]->ehlo, "XPROTO 1.0");
        add_capability(w, &w->sessions[i]->ehlo_tls, "XPROTO 1.0");
    }
    expect_findings(w, "");
}

static void long_lines_with_any_octet_are_read_safely(void **state)
{
    struct world *w = *state;
    static char line[513];
    memset(line, 'x', sizeof line);
    struct str whole = {line, 512};
    w->sessions[MX1_V4]->greeting.lines[0] = whole;
    expect_verdict(w, "smtp.software-disclosed", MX1, VERDICT_PASS);
    memcpy(line + 512 - 9, "\0Exim 4.9", 9);
    expect_verdict(w, "smtp.software-disclosed", MX1, VERDICT_FAIL);
    memcpy(line + 513 - 9, "\0Exim 4.9", 9);
    w->sessions[MX1_V4]->greeting.lines[0].n = 513; /* longer than a line may be: the rest is not read */
    expect_verdict(w, "smtp.software-disclosed", MX1, VERDICT_PASS);
    w->sessions[MX1_V4]->greeting.lines[0].n = 512;
    memcpy(line + 512 - 8, "\0Exim\0\377.", 8);
    expect_verdict(w, "smtp.software-disclosed", MX1, VERDICT_PASS);
    w->sessions[MX1_V4]->greeting.lines[0] = (struct str){NULL, 0};
    expect_verdict(w, "smtp.software-disclosed", MX1, VERDICT_PASS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(full_names_and_address_literals_are_names),
        WORLD_TEST(what_is_no_full_name_is_found_in_greeting_and_ehlo_reply),
        WORLD_TEST(a_short_name_is_one_finding),
        WORLD_TEST(the_name_may_stand_behind_a_teaser),
        WORLD_TEST(of_two_connections_the_one_that_is_shown_gives_the_name),
        WORLD_TEST(a_connection_that_was_turned_away_gives_no_name),
        WORLD_TEST(without_an_ehlo_reply_a_good_greeting_is_not_enough),
        WORLD_TEST(a_server_without_ehlo_is_judged_by_its_greeting),
        WORLD_TEST(names_are_judged_on_the_mail_port_only),
        WORLD_TEST(versions_are_found),
        WORLD_TEST(a_version_in_the_ehlo_line_is_found),
        WORLD_TEST(what_looks_like_a_version_and_is_none_passes),
        WORLD_TEST(what_begins_the_line_with_a_digit_is_an_id),
        WORLD_TEST(capability_lines_are_no_banner),
        WORLD_TEST(long_lines_with_any_octet_are_read_safely),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

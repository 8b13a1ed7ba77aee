/* SPDX-License-Identifier: Apache-2.0 */
/* test_view - what the reports say about replies, names and commands. An answer that is none must not become a statement. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "report/view.h"

static struct smtp_reply reply(int code)
{
    return (struct smtp_reply){.code = (int16_t)code, .complete = code != 0};
}

static void relay_is_told_from_the_answers_to_recipients_only(void **state)
{
    (void)state;
    static const struct {
        int mail, first, second;
        const char *word;
        int deciding;
    } cases[] = {
        {250, 554, 0, "denied", 554},  {250, 250, 550, "denied", 550}, {250, 250, 251, "accepted", 251}, {250, 450, 0, "deferred", 450}, /* greylisting */
        {250, 454, 0, "denied", 454}, /* Postfix */
        {250, 421, 0, "unknown", 421},                                                                                                   /* it hangs up on us */
        {250, 0, 0, "unknown", 250},                                  /* the connection broke */
        {250, 250, 0, "unknown", 250},                                /* one is not enough */
        {250, 354, 0, "unknown", 354}, {550, 503, 0, "unknown", 550}, /* we were refused, and RCPT had been sent already */
        {451, 0, 0, "unknown", 451},   {0, 0, 0, "unknown", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct smtp_relay r = {.test = RELAY_ASKED, .mail = reply(cases[i].mail), .rcpt = {reply(cases[i].first), reply(cases[i].second)}};
        const struct smtp_reply *deciding;
        const char *word = view_relay(&r, &deciding);
        if (strcmp(word, cases[i].word) != 0 || (deciding ? deciding->code : 0) != cases[i].deciding)
            fail_msg("MAIL %d, RCPT %d, RCPT %d: %s by %d", cases[i].mail, cases[i].first, cases[i].second, word, deciding ? deciding->code : 0);
    }
    const struct smtp_relay not_asked = {0};
    const struct smtp_reply *deciding;
    assert_string_equal(view_relay(&not_asked, &deciding), "untested");
    assert_null(deciding);
}

static void starttls_is_absent_only_from_a_complete_list(void **state)
{
    (void)state;
    struct smtp_capability starttls = {STR("StartTLS"), STR("")}, size = {STR("SIZE"), STR("1000")};
    struct session_facts s = {.ehlo = {.reply = reply(250), .capabilities = &starttls, .capability_count = 1}};
    assert_int_equal(view_starttls_offered(&s), TRI_YES);
    s.ehlo.capabilities = &size;
    assert_int_equal(view_starttls_offered(&s), TRI_NO);
    s.ehlo.reply.complete = false;
    assert_int_equal(view_starttls_offered(&s), TRI_UNKNOWN);
    s.ehlo.reply = reply(421);
    assert_int_equal(view_starttls_offered(&s), TRI_UNKNOWN);
    s.ehlo.reply = reply(250);
    s.tls.implicit = true;
    assert_int_equal(view_starttls_offered(&s), TRI_UNKNOWN);

    static const struct {
        int code;
        enum tri accepted;
    } answers[] = {{220, TRI_YES}, {454, TRI_NO}, {502, TRI_NO}, {421, TRI_UNKNOWN}, {451, TRI_UNKNOWN}, {0, TRI_UNKNOWN}};
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        s.starttls = reply(answers[i].code);
        assert_int_equal(view_starttls_accepted(&s), answers[i].accepted);
    }
}

static void a_reverse_name_is_denied_only_when_the_dns_said_so(void **state)
{
    (void)state;
    struct ptr_name names[2] = {{.name = "a.example", .forward = {.status = DNS_FOUND}}, {.name = "b.example", .forward = {.status = DNS_TIMEOUT}}};
    struct address_facts a = {.ptr = {.status = DNS_FOUND}, .ptr_names = names, .ptr_name_count = 1};
    assert_int_equal(view_fcrdns(&a), TRI_NO);
    a.ptr_name_count = 2;
    assert_int_equal(view_fcrdns(&a), TRI_UNKNOWN);
    names[0].has_address = true;
    assert_int_equal(view_fcrdns(&a), TRI_YES);
    a = (struct address_facts){.ptr = {.status = DNS_NXDOMAIN}};
    assert_int_equal(view_fcrdns(&a), TRI_NO);
    a.ptr.status = DNS_FAILED;
    assert_int_equal(view_fcrdns(&a), TRI_UNKNOWN);
}

static void a_host_is_as_secure_as_the_weaker_answer(void **state)
{
    (void)state;
    struct host_facts h = {0};
    assert_null(view_dnssec_of_host(&h));
    h.a = (struct dns_lookup){.status = DNS_FOUND, .dnssec = DNSSEC_SECURE};
    assert_string_equal(view_dnssec_of_host(&h), "secure");
    h.aaaa = (struct dns_lookup){.status = DNS_NODATA, .dnssec = DNSSEC_INSECURE};
    assert_string_equal(view_dnssec_of_host(&h), "insecure");
    h.aaaa = (struct dns_lookup){.status = DNS_TIMEOUT};
    assert_string_equal(view_dnssec_of_host(&h), "secure");
    h.aaaa = (struct dns_lookup){.status = DNS_BOGUS};
    assert_string_equal(view_dnssec_of_host(&h), "bogus");
}

static void expect_command(const char *template, const char *host, bool usable, const char *command)
{
    const struct facts f = {.target = {.name = "example.org"}};
    const struct endpoint_facts endpoint = {.port = 587};
    const struct host_facts h = {.name = host};
    struct address_facts a = {0};
    assert_true(ip_parse(STR("2001:db8::1"), &a.ip));
    const struct check c = {.verify = template};
    const struct verdict v = {.check = &c, .subject = {SCOPE_ENDPOINT, &h, &a, &endpoint}};
    struct buf out;
    buf_init(&out, 1000);
    bool got = view_write_verify(&out, &f, &v);
    buf_add_char(&out, '\0');
    if (got != usable || (usable && strcmp(out.bytes, command) != 0))
        fail_msg("%s: %s: %s", host, got ? "usable" : "none", out.bytes);
    buf_done(&out);
}

/* People paste these into a shell; host names are whatever somebody put into the DNS. */
static void commands_are_safe_to_paste(void **state)
{
    (void)state;
    expect_command("dig %d MX", "mx.example", true, "dig example.org MX");
    expect_command("nc -vz %a %p && x 100%", "mx.example", true, "nc -vz 2001:db8::1 587 && x 100%");
    expect_command("openssl -connect %h:%p", "mx.example", true, "openssl -connect mx.example:587");
    expect_command("openssl -connect '[%a]:%p'", "mx.example", true, "openssl -connect '[2001:db8::1]:587'");
    static const char *const bad[] = {"a;reboot", "$(id)", "a'b", "a b", "`id`", "a\\b", "a\nb", "a|b", "*", "m\xc3\xbcn"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        expect_command("dig %h", bad[i], false, NULL);
    expect_command("dig %h", "-f/etc/passwd", false, NULL);
    expect_command("dig %h", "", false, NULL);
    expect_command(NULL, "mx.example", false, NULL);
}

static void of_the_domain_the_command_names_what_was_asked_for(void **state)
{
    (void)state;
    const struct facts f = {.target = {.name = "example.org", .port = 0}};
    const struct check c = {.verify = "x %h %a %p %d"};
    const struct verdict v = {.check = &c};
    struct buf out;
    buf_init(&out, 1000);
    assert_true(view_write_verify(&out, &f, &v));
    buf_add_char(&out, '\0');
    assert_string_equal(out.bytes, "x example.org example.org 25 example.org");
    buf_done(&out);
}

static void an_unknown_accuses_nobody(void **state)
{
    (void)state;
    const struct check c = {.title = "The server is broken", .question = "Does the server work?"};
    struct verdict v = {.check = &c, .value = VERDICT_UNKNOWN, .reason = REASON_TIMEOUT};
    assert_string_equal(view_title(&v), "Does the server work?");
    assert_string_equal(view_detail(&v), reason_explained(REASON_TIMEOUT));
    v.value = VERDICT_FAIL;
    assert_string_equal(view_title(&v), "The server is broken");
    assert_null(view_detail(&v));
}

static void software_is_named_by_its_greeting_not_by_its_host(void **state)
{
    (void)state;
    struct str line = STR("postfix.example.org ESMTP Exim 4.96");
    const struct smtp_reply greeting = {.code = 220, .complete = true, .lines = &line, .line_count = 1};
    assert_string_equal(view_software(&greeting), "Exim");
    assert_true(str_is(view_greeting_name(&greeting), "postfix.example.org"));
    line = STR("postfix.example.org ESMTP");
    assert_null(view_software(&greeting));
}

static void every_word_of_the_enumerations_is_there(void **state)
{
    (void)state;
    for (unsigned i = DNS_FOUND; i <= DNS_TROUBLE; i++)
        assert_non_null(view_dns_status((enum dns_status)i));
    assert_null(view_dns_status(DNS_NOT_ASKED));
    for (unsigned i = 0; i < STEP_COUNT; i++)
        assert_non_null(view_step((enum smtp_step)i));
    for (unsigned i = 0; i <= EGRESS_UNKNOWN; i++)
        assert_non_null(view_egress((enum egress_state)i));
}

static void a_chain_is_told_from_the_records_that_count(void **state)
{
    (void)state;
    static const struct dns_lookup secure = {.status = DNS_FOUND, .dnssec = DNSSEC_SECURE}, denied = {.status = DNS_NODATA, .dnssec = DNSSEC_SECURE};
    struct tlsa_record record = {.usage = 3, .selector = 1, .matching_type = 1};
    struct tlsa_facts tlsa = {.port = 25, .bases = {{.name = "mx.example", .lookup = secure, .records = &record, .record_count = 1}}, .base_count = 1};
    struct host_facts h = {.name = "mx.example", .a = secure, .aaaa = denied, .tlsa = &tlsa, .tlsa_count = 1};
    const struct facts f = {.vantage = {.resolver = "recursive"}, .mx = {.status = MX_PRESENT, .lookup = secure}, .hosts = &h, .host_count = 1};
    const struct endpoint_facts e = {.port = 25};
    enum tlsa_match match = TLSA_MATCHES;
    struct cert_facts leaf = {0};
    struct tls_facts t = {.result = TLS_DONE, .certificates = &leaf, .certificate_count = 1, .tlsa = {&match}};
    assert_int_equal(view_dane(&f, &h, &e, &t), VIEW_DANE_MATCH);
    match = TLSA_NO_DIGEST;
    assert_int_equal(view_dane(&f, &h, &e, &t), VIEW_DANE_MISMATCH);
    t.result = TLS_TIMEOUT;
    assert_int_equal(view_dane(&f, &h, &e, &t), VIEW_DANE_UNKNOWN);
    record.usage = 1;
    assert_int_equal(view_dane(&f, &h, &e, &t), VIEW_DANE_UNUSABLE);
    tlsa.bases[0].lookup = (struct dns_lookup){.status = DNS_FAILED};
    assert_int_equal(view_dane(&f, &h, &e, &t), VIEW_DANE_TEMPFAIL);
    tlsa.bases[0].lookup = denied;
    assert_int_equal(view_dane(&f, &h, &e, &t), VIEW_DANE_NONE);
    h.tlsa_count = 0;
    assert_int_equal(view_dane(&f, &h, &e, &t), VIEW_DANE_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(relay_is_told_from_the_answers_to_recipients_only),
        cmocka_unit_test(starttls_is_absent_only_from_a_complete_list),
        cmocka_unit_test(a_reverse_name_is_denied_only_when_the_dns_said_so),
        cmocka_unit_test(a_host_is_as_secure_as_the_weaker_answer),
        cmocka_unit_test(commands_are_safe_to_paste),
        cmocka_unit_test(of_the_domain_the_command_names_what_was_asked_for),
        cmocka_unit_test(an_unknown_accuses_nobody),
        cmocka_unit_test(a_chain_is_told_from_the_records_that_count),
        cmocka_unit_test(software_is_named_by_its_greeting_not_by_its_host),
        cmocka_unit_test(every_word_of_the_enumerations_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

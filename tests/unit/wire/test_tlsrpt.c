/* SPDX-License-Identifier: Apache-2.0 */
/* test_tlsrpt - records of TLS-RPT as people write them, and the hosts in their URIs. */
#include "wire/tlsrpt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../base/arena_fixture.h"

static struct tls_rpt_facts facts_of(const char *txt)
{
    struct tls_rpt_facts facts = {.wanted = true};
    tls_rpt_parse_record(str_of(txt), &arena, &facts);
    return facts;
}

static void test_what_is_a_record(void **state)
{
    (void)state;
    assert_true(tls_rpt_is_record(STR("v=TLSRPTv1;rua=mailto:a@b.example")));
    assert_true(tls_rpt_is_record(STR("v=TLSRPTv1")));
    assert_true(tls_rpt_is_record(STR("v=TLSRPTv1 ; rua=mailto:a@b.example")));
    assert_false(tls_rpt_is_record(STR("v=tlsrptv1;rua=mailto:a@b.example")));
    assert_false(tls_rpt_is_record(STR("v=TLSRPTv11;rua=mailto:a@b.example")));
    assert_false(tls_rpt_is_record(STR("v=STSv1; id=1")));
    assert_false(tls_rpt_is_record(STR("")));
}

static const char no_rua[] = "it has no `rua`", no_host[] = "an address of `rua` names no host", no_uri[] = "an address of `rua` is neither a mailto: nor an https: URI",
                  mark[] = "a `!` in an address of `rua` is not written as %21", octet[] = "an address of `rua` holds a blank or another octet that no URI has",
                  comma[] = "a `,` in `rua` has no address on both of its sides, or is not written as %2C", no_pair[] = "a part of it is no `name=value`",
                  no_value[] = "a name in it has no value", delimiter[] = "there must be a `;` right after the version";

static void test_flaws(void **state)
{
    (void)state;
    static const struct {
        const char *txt;
        size_t destinations;
        const char *flaw;
    } cases[] = {
        {"v=TLSRPTv1;rua=mailto:reports@example.com", 1, NULL},
        {"v=TLSRPTv1; rua=https://reporting.example.com/v1/tlsrpt;", 1, NULL},
        {"v=TLSRPTv1; rua = mailto:a@b.example , HTTPS://c.example:8443/x?y=z ; x-new=1; ", 2, NULL},
        {"v=TLSRPTv1; rua=mailto:a@b.example; rua=ftp://c.example", 1, NULL},
        {"v=TLSRPTv1; rua=mailto:a%21b@c.example?subject=TLS%2C%3B", 1, NULL},
        {"v=TLSRPTv1; rua=https://192.0.2.1/x,https://[2001:db8::1]:443/,mailto:a@[192.0.2.1]", 3, NULL},
        {"v=TLSRPTv1;", 0, no_rua},
        {"v=TLSRPTv1; ruf=mailto:a@b.example", 0, no_rua},
        {"v=TLSRPTv1; rua=", 0, no_value},
        {"v=TLSRPTv1; rua=reports@example.com", 1, no_uri},
        {"v=TLSRPTv1; rua=ftp://x.example", 1, no_uri},
        {"v=TLSRPTv1; rua=http://x.example", 1, no_uri},
        {"v=TLSRPTv1; rua=https:/x.example", 1, no_uri},
        {"v=TLSRPTv1; rua=mailto", 1, no_uri},
        {"v=TLSRPTv1; rua=mailto:", 1, no_host},
        {"v=TLSRPTv1; rua=mailto:reports", 1, no_host},
        {"v=TLSRPTv1; rua=mailto:@example.com", 1, no_host},
        {"v=TLSRPTv1; rua=mailto:a@b..example", 1, no_host},
        {"v=TLSRPTv1; rua=mailto:a@b.example..", 1, no_host},
        {"v=TLSRPTv1; rua=mailto:a@a23456789a123456789b123456789c123456789d123456789e123456789f1234.example", 1, no_host},
        {"v=TLSRPTv1; rua=mailto:a@b%00.example", 1, no_host},
        {"v=TLSRPTv1; rua=https:///x", 1, no_host},
        {"v=TLSRPTv1; rua=mailto:a@b.example!10m", 1, mark},
        {"v=TLSRPTv1; rua=mailto:a@b.example mailto:c@d.example", 1, octet},
        {"v=TLSRPTv1; rua=mailto:a@b\xc3\xa4.example", 1, octet},
        {"v=TLSRPTv1; rua=mailto:a@b.example,", 1, comma},
        {"v=TLSRPTv1; rua=,mailto:a@b.example", 1, comma},
        {"v=TLSRPTv1; rua=mailto:a@b.example; c", 1, no_pair},
        {"v=TLSRPTv1 rua=mailto:a@b.example", 0, delimiter},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct tls_rpt_facts f = facts_of(cases[i].txt);
        bool same = f.record.flaw && cases[i].flaw ? strcmp(f.record.flaw, cases[i].flaw) == 0 : f.record.flaw == cases[i].flaw;
        if (!same || f.destination_count != cases[i].destinations)
            fail_msg("`%s`: %zu destinations, flaw: %s; expected %zu, flaw: %s", cases[i].txt, f.destination_count, f.record.flaw ? f.record.flaw : "none",
                     cases[i].destinations, cases[i].flaw ? cases[i].flaw : "none");
    }
}

static void test_hosts(void **state)
{
    (void)state;
    static const struct {
        const char *txt;
        unsigned kind;
        const char *host; /* NULL: none */
    } cases[] = {
        {"v=TLSRPTv1;rua=mailto:Reports@Example.COM", TLS_RPT_MAILTO, "example.com"},
        {"v=TLSRPTv1;rua=MAILTO:a@b@example.com.?x=y", TLS_RPT_MAILTO, "example.com"},
        {"v=TLSRPTv1;rua=mailto:a%40example.com", TLS_RPT_MAILTO, "example.com"},
        {"v=TLSRPTv1;rua=mailto:a@example.com%2Cb@example.net", TLS_RPT_MAILTO, "example.com"},
        {"v=TLSRPTv1;rua=mailto:a@[192.0.2.1]", TLS_RPT_MAILTO, NULL},
        {"v=TLSRPTv1;rua=https://R.example.com:8443/v1@x", TLS_RPT_HTTPS, "r.example.com"},
        {"v=TLSRPTv1;rua=https://user:word@r.example.com#x", TLS_RPT_HTTPS, "r.example.com"},
        {"v=TLSRPTv1;rua=https://192.0.2.1", TLS_RPT_HTTPS, NULL},
        {"v=TLSRPTv1;rua=https://[2001:db8::1]/", TLS_RPT_HTTPS, NULL},
        {"v=TLSRPTv1;rua=ftp://example.com", TLS_RPT_OTHER, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct tls_rpt_facts f = facts_of(cases[i].txt);
        const char *host = f.destinations[0].host;
        bool same = host && cases[i].host ? strcmp(host, cases[i].host) == 0 : host == cases[i].host;
        if (!same || f.destinations[0].kind != cases[i].kind)
            fail_msg("`%s`: host %s of kind %u", cases[i].txt, host ? host : "none", f.destinations[0].kind);
    }
}

static void test_more_destinations_than_are_kept(void **state)
{
    (void)state;
    char text[4096];
    int n = snprintf(text, sizeof text, "v=TLSRPTv1;rua=mailto:a@mail0.example");
    for (int i = 1; i < TLS_RPT_DESTINATIONS_MAX + 3; i++)
        n += snprintf(text + n, sizeof text - (size_t)n, ",mailto:a@mail%d.example", i);
    const struct tls_rpt_facts f = facts_of(text);
    assert_null(f.record.flaw);
    assert_int_equal(f.destination_count, TLS_RPT_DESTINATIONS_MAX);
    assert_string_equal(f.destinations[TLS_RPT_DESTINATIONS_MAX - 1].host, "mail15.example");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_a_record),
        cmocka_unit_test(test_flaws),
        cmocka_unit_test(test_hosts),
        cmocka_unit_test(test_more_destinations_than_are_kept),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

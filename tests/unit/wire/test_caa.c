/* SPDX-License-Identifier: Apache-2.0 */
/* test_caa - CAA records as they may come: sound ones, and each thing that can be wrong with them. */
#include "wire/caa.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define OCTETS(literal) ((struct str){"" literal, sizeof(literal) - 1})

static void flags_tag_and_value(void **state)
{
    (void)state;
    struct caa_record r = caa_read(OCTETS("\x00\x05issueca.example; account=1"));
    assert_false(r.critical);
    assert_true(str_is(r.tag, "issue"));
    assert_true(str_is(r.value, "ca.example; account=1"));
    assert_true(str_is(r.issuer, "ca.example"));
    r = caa_read(OCTETS("\x80\x05iodefmailto:security@example.org"));
    assert_true(r.critical);
    assert_true(str_is(r.tag, "iodef"));
    assert_int_equal(r.issuer.n, 0);
    assert_true(caa_read(OCTETS("\xff\x03tbsx")).critical);
    assert_false(caa_read(OCTETS("\x7f\x03tbsx")).critical);
    assert_int_equal(caa_read(OCTETS("\x00\x05issue")).value.n, 0);
}

static void who_is_meant_by_a_value(void **state)
{
    (void)state;
    static const struct {
        struct str rdata;
        const char *issuer; /* "": nobody */
    } cases[] = {
        {OCTETS("\x00\x05issueca.example"), "ca.example"},
        {OCTETS("\x00\x09issuewildca.example"), "ca.example"},
        {OCTETS("\x00\x05ISSUECA.Example"), "CA.Example"},
        {OCTETS("\x00\x05issue \tca.example \t;"), "ca.example"},
        {OCTETS("\x00\x05issueexample"), "example"},
        {OCTETS("\x00\x05issueca-1.2.example"), "ca-1.2.example"},
        {OCTETS("\x00\x05issue;"), ""},
        {OCTETS("\x00\x05issue"), ""},
        {OCTETS("\x00\x05issue ; a=b"), ""},
        {OCTETS("\x00\x05issue%%%%%"), ""},
        {OCTETS("\x00\x05issueca.example."), ""},
        {OCTETS("\x00\x05issue.ca.example"), ""},
        {OCTETS("\x00\x05issueca..example"), ""},
        {OCTETS("\x00\x05issue-ca.example"), ""},
        {OCTETS("\x00\x05issueca-.example"), ""},
        {OCTETS("\x00\x05issueca_1.example"), ""},
        {OCTETS("\x00\x05issueca.example x=1"), ""},
        {OCTETS("\x00\x09issuemailca.example"), ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct caa_record r = caa_read(cases[i].rdata);
        if (!str_is(r.issuer, cases[i].issuer))
            fail_msg("case %zu: `%.*s` means \"%.*s\" and not \"%s\"", i, (int)r.value.n, r.value.p, (int)r.issuer.n, r.issuer.p, cases[i].issuer);
    }
}

static void malformed_records_have_no_tag(void **state)
{
    (void)state;
    static const struct str cases[] = {
        OCTETS(""),
        OCTETS("\x80"),
        OCTETS("\x80\x00"),
        OCTETS("\x80\x00issue"),
        OCTETS("\x80\x05issu"),
        OCTETS("\x80\xffissueca.example"),
        OCTETS("\x80\x05is ueca.example"),
        OCTETS("\x80\x05i-sueca.example"),
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct caa_record r = caa_read(cases[i]);
        if (r.tag.n || r.value.n || r.issuer.n || r.critical != (cases[i].n > 0))
            fail_msg("case %zu: tag \"%.*s\", critical %d", i, (int)r.tag.n, r.tag.p, r.critical);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flags_tag_and_value),
        cmocka_unit_test(who_is_meant_by_a_value),
        cmocka_unit_test(malformed_records_have_no_tag),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* test_mtasts - TXT records, policy files and patterns of MTA-STS as people write them. */
#include "wire/mtasts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../base/arena_fixture.h"

static bool same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static const char *or_none(const char *text)
{
    return text ? text : "none";
}

static void test_what_is_a_record(void **state)
{
    (void)state;
    static const struct {
        const char *txt;
        bool is_record;
    } cases[] = {
        {"v=STSv1; id=1;", true}, {"v=STSv1;id=1", true},  {"v=STSv1 ; id=1", true}, {"v=STSv1", true},
        {"v=STSv12; id=1", false}, {"v=stsv1; id=1", false}, {" v=STSv1; id=1", false}, {"v=STSv", false},
        {"v = STSv1; id=1", false}, {"", false},             {"v=TLSRPTv1;", false},    {"id=1; v=STSv1", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (mta_sts_is_record(str_of(cases[i].txt)) != cases[i].is_record)
            fail_msg("`%s` is%s a record of MTA-STS", cases[i].txt, cases[i].is_record ? "" : " not");
}

static void test_records(void **state)
{
    (void)state;
    static const char no_id[] = "it has no `id`", bad_id[] = "its `id` is not 1 to 32 letters and digits", delimiter[] = "there must be a `;` right after the version",
                      empty[] = "there is nothing between two `;`", no_pair[] = "a part of it is no `name=value`", no_value[] = "a name in it has no value";
    static const struct {
        const char *txt, *id, *flaw;
    } cases[] = {
        {"v=STSv1; id=20160831085700Z;", "20160831085700Z", NULL},
        {"v=STSv1;id=a", "a", NULL},
        {"v=STSv1;\t id\t= a \t; ", "a", NULL},
        {"v=STSv1; id=12345678901234567890123456789012", "12345678901234567890123456789012", NULL},
        {"v=STSv1; id=123456789012345678901234567890123", NULL, bad_id},
        {"v=STSv1; id=2026-11-25", NULL, bad_id},
        {"v=STSv1; id=a=b", NULL, bad_id},
        {"v=STSv1; id=\xc3\xa4", NULL, bad_id},
        {"v=STSv1; id=", NULL, no_value},
        {"v=STSv1; id=a; id=b;", "a", NULL},
        {"v=STSv1; x-new.one_2=what; id=a", "a", NULL},
        {"v=STSv1; ID=a", NULL, no_id},
        {"v=STSv1", NULL, no_id},
        {"v=STSv1;", NULL, no_id},
        {"v=STSv1 ; id=a", "a", delimiter},
        {"v=STSv1 id=a", NULL, delimiter},
        {"v=STSv1;; id=a", "a", empty},
        {"v=STSv1; id=a;;", "a", empty},
        {"v=STSv1; id:a", NULL, no_pair},
        {"v=STSv1; -x=1; id=a", "a", no_pair},
        {"v=STSv1; id=a; a name=1", "a", no_pair},
        {"v=STSv1; a23456789012345678901234567890123=1; id=a", "a", no_pair},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *id, *flaw;
        mta_sts_parse_record(str_of(cases[i].txt), &arena, &id, &flaw);
        if (!same(id, cases[i].id) || !same(flaw, cases[i].flaw))
            fail_msg("`%s`: id %s, flaw: %s; expected id %s, flaw: %s", cases[i].txt, or_none(id), or_none(flaw), or_none(cases[i].id), or_none(cases[i].flaw));
    }
}

static struct mta_sts_policy policy_of(const char *text)
{
    struct mta_sts_policy policy;
    mta_sts_parse_policy(str_of(text), &arena, &policy);
    return policy;
}

static void test_a_policy(void **state)
{
    (void)state;
    const struct mta_sts_policy p = policy_of("version: STSv1\r\nmode: enforce\r\nmx: mail.example.org\r\nmx: *.example.net\r\nmax_age: 604800\r\n");
    assert_null(p.flaw);
    assert_true(p.version_good && p.max_age_good);
    assert_int_equal(p.mode, MTA_STS_MODE_ENFORCE);
    assert_int_equal(p.max_age_s, 604800);
    assert_int_equal(p.mx_count, 2);
    assert_true(str_is(p.mx[0].text, "mail.example.org") && str_is(p.mx[1].text, "*.example.net"));
}

/* Erratum 6253 of RFC 8461; mixed, without an end, with blanks at the ends. */
static void test_line_ends(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "version: STSv1\nmode: testing\nmx: a.example\nmax_age: 1\n",
        "version: STSv1\r\nmode: testing\nmx: a.example\r\nmax_age: 1",
        "version:STSv1  \nmode:\ttesting \t\r\nmx:a.example\nmax_age:1\r\n\r\n\n",
        "max_age: 1\nmx: a.example\nmode: testing\nversion: STSv1\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const struct mta_sts_policy p = policy_of(texts[i]);
        if (p.flaw)
            fail_msg("text %zu: line %u: %s", i, p.flaw_line, p.flaw);
        assert_int_equal(p.mode, MTA_STS_MODE_TESTING);
        assert_true(p.mx_count == 1 && str_is(p.mx[0].text, "a.example"));
    }
}

static void test_the_first_of_doubled_fields_counts(void **state)
{
    (void)state;
    const struct mta_sts_policy p = policy_of("version: STSv1\nversion: STSv2\nmode: none\nmode: enforced\nmax_age: 7\nmax_age: never\nmax_age: 8\nx-new: 1\n");
    assert_null(p.flaw);
    assert_int_equal(p.mode, MTA_STS_MODE_NONE);
    assert_int_equal(p.max_age_s, 7);
    assert_int_equal(p.mx_count, 0);
}

static const char no_version[] = "there is no `version`", bad_version[] = "the version is not `STSv1`", no_mode[] = "there is no `mode`",
                  bad_mode[] = "the mode is none of `enforce`, `testing` and `none`", no_max_age[] = "there is no `max_age`",
                  bad_max_age[] = "`max_age` is not a number of seconds from 0 to 31557600", no_mx[] = "there is no `mx`",
                  bad_mx[] = "`mx` is neither a host name nor `*.` before one", no_field[] = "this is no `name: value`", bom[] = "the file begins with a byte order mark";

#define V "version: STSv1\n"
#define M "mode: enforce\n"
#define A "max_age: 86400\n"
#define X "mx: a.example\n"

static void test_flawed_policies(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned line;
        const char *flaw;
    } cases[] = {
        {"", 0, no_version},
        {M A X, 0, no_version},
        {"Version: STSv1\n" M A X, 0, no_version},
        {"version: STSv2\n" M A X, 1, bad_version},
        {"version: stsv1\n" M A X, 1, bad_version},
        {V A X, 0, no_mode},
        {V "mode: enforced\n" A X, 2, bad_mode},
        {V "mode: Enforce\n" A X, 2, bad_mode},
        {V "mode:\n" A X, 2, bad_mode},
        {V M X, 0, no_max_age},
        {V M "max_age: 31557601\n" X, 3, bad_max_age},
        {V M "max_age: -1\n" X, 3, bad_max_age},
        {V M "max_age: 1 week\n" X, 3, bad_max_age},
        {V M "max_age: 00000086400\n" X, 3, bad_max_age},
        {V M A, 0, no_mx},
        {V M A "mx:\n", 4, bad_mx},
        {V M A X "mx: *\n", 5, bad_mx},
        {V M A X "mx: *.\n", 5, bad_mx},
        {V M A X "mx: mail.*.example\n", 5, bad_mx},
        {V M A X "mx: .example.org\n", 5, bad_mx},
        {V M A X "mx: mail.example.org.\n", 5, bad_mx},
        {V M A X "mx: -a.example\n", 5, bad_mx},
        {V M A X "mx: a-.example\n", 5, bad_mx},
        {V M A X "mx: a_b.example\n", 5, bad_mx},
        {V M A X "mx: a.example, b.example\n", 5, bad_mx},
        {V M A X "mx: m\xc3\xa4il.example\n", 5, bad_mx},
        {"\xef\xbb\xbf" V M A X, 1, bom},
        {V M "\n\nthis is it\n" A X, 5, no_field},
        {V M "a name: 1\n" A X, 3, no_field},
        {V M "mode : enforce\n" A X, 3, no_field},
        {"<!DOCTYPE html>\n<html>\n", 1, no_field},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct mta_sts_policy p = policy_of(cases[i].text);
        if (!same(p.flaw, cases[i].flaw) || p.flaw_line != cases[i].line)
            fail_msg("%s: line %u: %s; expected line %u: %s", cases[i].text, p.flaw_line, or_none(p.flaw), cases[i].line, cases[i].flaw);
    }
}

static void test_limits_are_still_good(void **state)
{
    (void)state;
    const struct mta_sts_policy p = policy_of(V M "max_age: 31557600\nmx: *.a\nmx: A-1.EXAMPLE\n");
    assert_null(p.flaw);
    assert_int_equal(p.max_age_s, 31557600);
    assert_int_equal(policy_of(V M "max_age: 0\n" X).max_age_s, 0);
    assert_null(policy_of(V M "max_age: 0\n" X).flaw);
}

static void test_more_patterns_than_are_kept(void **state)
{
    (void)state;
    char text[8192];
    int n = snprintf(text, sizeof text, V M A);
    for (unsigned i = 0; i < MTA_STS_MX_MAX + 3u; i++)
        n += snprintf(text + n, sizeof text - (size_t)n, "mx: mx%u.example\n", i);
    const struct mta_sts_policy p = policy_of(text);
    assert_null(p.flaw);
    assert_int_equal(p.mx_count, MTA_STS_MX_MAX);
    assert_int_equal(p.mx_left_out, 3);
}

/* RFC 8461 4.1: the wildcard is the whole left-most label and stands for exactly one. */
static void test_patterns(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *host;
        bool matches;
    } cases[] = {
        {"mail.example.org", "mail.example.org", true},       {"MAIL.Example.ORG", "mail.example.org", true},  {"mail.example.org", "mail.example.net", false},
        {"*.example.org", "mail.example.org", true},          {"*.EXAMPLE.org", "mail.example.org", true},     {"*.example.org", "example.org", false},
        {"*.example.org", "a.mail.example.org", false},       {"*.example.org", ".example.org", false},        {"example.org", "mail.example.org", false},
        {"*.org", "example.org", true},                       {"*", "example", false},                         {"", "", false},
        {"*.", "example.", false},                            {"m*.example.org", "mail.example.org", false},   {"*.example.org", "", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (mta_sts_pattern_matches(str_of(cases[i].pattern), str_of(cases[i].host)) != cases[i].matches)
            fail_msg("`%s` and `%s`: expected %s", cases[i].pattern, cases[i].host, cases[i].matches ? "a match" : "no match");
}

static void test_without_memory(void **state)
{
    (void)state;
    struct arena none;
    struct mta_sts_policy policy;
    arena_init(&none, 8);
    mta_sts_parse_policy(str_of(V M A X), &none, &policy);
    assert_int_equal(policy.mx_count, 0);
    assert_true(none.exhausted);
    arena_done(&none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_a_record),
        cmocka_unit_test(test_records),
        cmocka_unit_test(test_a_policy),
        cmocka_unit_test(test_line_ends),
        cmocka_unit_test(test_the_first_of_doubled_fields_counts),
        cmocka_unit_test(test_flawed_policies),
        cmocka_unit_test(test_limits_are_still_good),
        cmocka_unit_test(test_more_patterns_than_are_kept),
        cmocka_unit_test(test_patterns),
        cmocka_unit_test(test_without_memory),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

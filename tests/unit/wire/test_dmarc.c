/* SPDX-License-Identifier: Apache-2.0 */
/* test_dmarc - policy records as people write them, and the walk up the tree of RFC 9989. */
#include "wire/dmarc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../base/arena_fixture.h"

/* ---- records ---- */

static void test_what_is_a_record(void **state)
{
    (void)state;
    static const struct {
        const char *txt;
        bool is_record;
    } cases[] = {
        {"v=DMARC1; p=none", true},   {"v=DMARC1", true},          {"v = DMARC1 ;p=none", true}, {" v=DMARC1;p=none", true}, {"V=DMARC1; p=none", true},
        {"v=dmarc1; p=none", false},  {"p=none; v=DMARC1", false}, {"v=DMARC1 p=none", false},   {"v=DMARC2; p=none", false}, {"", false},
        {"v=spf1 -all", false},       {";v=DMARC1", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (dmarc_is_record(str_of(cases[i].txt)) != cases[i].is_record)
            fail_msg("`%s` is%s a record of DMARC", cases[i].txt, cases[i].is_record ? "" : " not");
}

static const struct {
    const char *txt;
    enum dmarc_policy p, sp, np;
    size_t rua, ruf;
    const char *flaw; /* part of it; NULL: none */
} records[] = {
    {"v=DMARC1; p=reject; rua=mailto:d@example.org", DMARC_REJECT, 0, 0, 1, 0, NULL},
    {"v=DMARC1;p=QUARANTINE;sp=None;np=reject;adkim=s;aspf=r;fo=1:d:s;t=y;psd=u", DMARC_QUARANTINE, DMARC_NONE, DMARC_REJECT, 0, 0, NULL},
    {"v=DMARC1; p=none; rua=mailto:a@b.example,mailto:c@d.example!10m , https://e.example/r; ruf=mailto:f@g.example", DMARC_NONE, 0, 0, 3, 1, NULL},
    {"v=DMARC1; p=none;", DMARC_NONE, 0, 0, 0, 0, NULL},
    {"v=DMARC1; p=none; xnew=unknown tags are ignored", DMARC_NONE, 0, 0, 0, 0, NULL},
    {"v=DMARC1; rua=mailto:a@b.example; p=reject", DMARC_REJECT, 0, 0, 1, 0, NULL},
    {"v=DMARC1; psd=y", DMARC_MISSING, 0, 0, 0, 0, NULL},
    {"v=DMARC1", DMARC_MISSING, 0, 0, 0, 0, "`p` is missing"},
    {"v=DMARC1; rua=mailto:a@b.example", DMARC_MISSING, 0, 0, 1, 0, "`p` is missing"},
    {"v=DMARC1; p=block", DMARC_INVALID, 0, 0, 0, 0, "`p` is not"},
    {"v=DMARC1; p=none; sp=off", DMARC_NONE, DMARC_INVALID, 0, 0, 0, "`sp` is not"},
    {"v=DMARC1; p=none; np=", DMARC_NONE, 0, DMARC_INVALID, 0, 0, "`np` is not"},
    {"v=DMARC1; p=none; t=yes", DMARC_NONE, 0, 0, 0, 0, "`t` is not"},
    {"v=DMARC1; p=none; psd=maybe", DMARC_NONE, 0, 0, 0, 0, "`psd` is not"},
    {"v=DMARC1; p=none; adkim=x", DMARC_NONE, 0, 0, 0, 0, "`adkim` is not"},
    {"v=DMARC1; p=none; aspf=", DMARC_NONE, 0, 0, 0, 0, "`aspf` is not"},
    {"v=DMARC1; p=none; fo=2", DMARC_NONE, 0, 0, 0, 0, "`fo` is not"},
    {"v=DMARC1; p=none; fo=1:", DMARC_NONE, 0, 0, 0, 0, NULL},
    {"v=DMARC1; p=none; rua=d@example.org", DMARC_NONE, 0, 0, 0, 0, "`rua` holds"},
    {"v=DMARC1; p=none; rua=mailto:d", DMARC_NONE, 0, 0, 0, 0, "`rua` holds"},
    {"v=DMARC1; p=none; rua=", DMARC_NONE, 0, 0, 0, 0, "`rua` holds"},
    {"v=DMARC1; p=none; rua=mailto:a@b.example mailto:c@d.example", DMARC_NONE, 0, 0, 0, 0, "`rua` holds"},
    {"v=DMARC1; p=none; ruf=mailto:a@b.example,,", DMARC_NONE, 0, 0, 0, 1, "`ruf` holds"},
    {"v=DMARC1; p=none; p=reject", DMARC_NONE, 0, 0, 0, 0, "stands twice"},
    {"v=DMARC1; none", DMARC_MISSING, 0, 0, 0, 0, "`tag=value`"},
};

static void test_records(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
        struct dmarc_record r;
        dmarc_parse(str_of(records[i].txt), &arena, &r);
        bool flaw_right = records[i].flaw ? r.flaw && strstr(r.flaw, records[i].flaw) : !r.flaw;
        if (r.p != records[i].p || r.sp != records[i].sp || r.np != records[i].np || r.rua_count != records[i].rua || r.ruf_count != records[i].ruf || !flaw_right)
            fail_msg("`%s`: p %d sp %d np %d rua %zu ruf %zu, flaw: %s", records[i].txt, r.p, r.sp, r.np, r.rua_count, r.ruf_count, r.flaw ? r.flaw : "none");
    }
}

static void test_withdrawn_tags_and_size_limits_are_kept_apart(void **state)
{
    (void)state;
    struct dmarc_record r;
    dmarc_parse(STR("v=DMARC1; p=none; pct=50; ri=86400; rf=afrf; rua=mailto:a@b.example!5m"), &arena, &r);
    assert_true(r.has_pct && r.has_ri && r.has_rf && r.has_size_limit);
    assert_null(r.flaw);
    assert_true(str_is(r.rua[0], "mailto:a@b.example"));
}

/* ---- the walk ---- */

struct published {
    const char *name; /* without `_dmarc.` */
    const char *txt[3];
};

/* Walks over a little DNS. Returns the questions asked, in order, in one line. */
static const char *walk(const char *domain, const struct published *zone, struct dmarc_facts *f)
{
    static char asked[1024];
    asked[0] = '\0';
    assert_int_equal(dmarc_walk_begin(f, domain, &arena), 0);
    for (const char *name; (name = dmarc_walk_next(f));) {
        struct str txt[3];
        size_t count = 0;
        enum dns_status status = DNS_NXDOMAIN;
        snprintf(asked + strlen(asked), sizeof asked - strlen(asked), "%s%s", *asked ? " " : "", name);
        for (const struct published *p = zone; p->name; p++)
            for (size_t i = 0; i < 3 && strcmp(p->name, name) == 0 && p->txt[i]; i++) {
                status = strcmp(p->txt[i], "SERVFAIL") == 0 ? DNS_FAILED : DNS_FOUND;
                if (status == DNS_FOUND)
                    txt[count++] = str_of(p->txt[i]);
            }
        dmarc_walk_answer(f, &(struct dns_lookup){.status = status}, txt, count, &arena);
    }
    return asked;
}

#define ZONE(...) ((const struct published[]){__VA_ARGS__, {NULL, {NULL}}})

static void expect_walk(const char *domain, const struct published *zone, const char *asked, const char *organisation, const char *policy)
{
    struct dmarc_facts f;
    const char *did = walk(domain, zone, &f);
    const char *org = f.organisational_domain ? f.organisational_domain : "not known", *found = f.policy ? f.policy->domain : "none";
    if (strcmp(did, asked) != 0 || strcmp(org, organisation) != 0 || strcmp(found, policy) != 0)
        fail_msg("%s: asked %s; organisation %s; policy of %s", domain, did, org, found);
}

static void test_every_name_up_to_the_top_is_asked(void **state)
{
    (void)state;
    expect_walk("mail.example.org", ZONE({"example.org", {"v=DMARC1; p=reject"}}), "mail.example.org example.org org", "example.org", "example.org");
}

static void test_the_own_record_applies_and_the_shortest_name_with_one_is_the_organisation(void **state)
{
    (void)state;
    expect_walk("a.mail.example.org", ZONE({"a.mail.example.org", {"v=DMARC1; p=none"}}, {"mail.example.org", {"v=DMARC1; p=none"}}, {"example.org", {"v=DMARC1; p=none"}}),
                "a.mail.example.org mail.example.org example.org org", "example.org", "a.mail.example.org");
}

static void test_no_record_at_all(void **state)
{
    (void)state;
    expect_walk("example.org", ZONE({"elsewhere.example", {"v=DMARC1; p=none"}}), "example.org org", "example.org", "none");
}

static void test_psd_n_ends_the_walk(void **state)
{
    (void)state;
    expect_walk("mail.unit.example.org", ZONE({"unit.example.org", {"v=DMARC1; p=none; psd=n"}}, {"example.org", {"v=DMARC1; p=reject"}}), "mail.unit.example.org unit.example.org",
                "unit.example.org", "unit.example.org");
}

static void test_below_a_public_suffix_that_speaks(void **state)
{
    (void)state;
    expect_walk("mail.shop.bank", ZONE({"bank", {"v=DMARC1; p=reject; psd=y"}}), "mail.shop.bank shop.bank bank", "shop.bank", "bank");
    expect_walk("mail.shop.bank", ZONE({"shop.bank", {"v=DMARC1; p=none"}}, {"bank", {"v=DMARC1; p=reject; psd=y"}}), "mail.shop.bank shop.bank bank", "shop.bank", "shop.bank");
    expect_walk("bank", ZONE({"bank", {"v=DMARC1; p=reject; psd=y"}}), "bank", "bank", "bank");
}

static void test_two_records_count_as_none(void **state)
{
    (void)state;
    expect_walk("mail.example.org", ZONE({"mail.example.org", {"v=DMARC1; p=none", "v=DMARC1; p=reject"}}, {"example.org", {"v=DMARC1; p=none", "v=spf1 -all"}}),
                "mail.example.org example.org org", "example.org", "example.org");
}

static void test_eight_questions_at_most(void **state)
{
    (void)state;
    expect_walk("a.b.c.d.e.f.g.h.mail.example.org", ZONE({"example.org", {"v=DMARC1; p=reject"}}),
                "a.b.c.d.e.f.g.h.mail.example.org e.f.g.h.mail.example.org f.g.h.mail.example.org g.h.mail.example.org "
                "h.mail.example.org mail.example.org example.org org",
                "example.org", "example.org");
    expect_walk("a.b.c.d.e.f.example.org", ZONE({"example.org", {"v=DMARC1; p=reject"}}),
                "a.b.c.d.e.f.example.org b.c.d.e.f.example.org c.d.e.f.example.org d.e.f.example.org e.f.example.org f.example.org example.org org", "example.org", "example.org");
}

static void test_a_failed_question_leaves_only_the_domains_own_record(void **state)
{
    (void)state;
    expect_walk("mail.example.org", ZONE({"mail.example.org", {"v=DMARC1; p=none"}}, {"org", {"SERVFAIL"}}), "mail.example.org example.org org", "not known", "mail.example.org");
    expect_walk("mail.example.org", ZONE({"mail.example.org", {"SERVFAIL"}}, {"example.org", {"v=DMARC1; p=none"}}), "mail.example.org example.org org", "not known", "none");
}

static void test_a_near_miss_is_remembered(void **state)
{
    (void)state;
    struct dmarc_facts f;
    walk("example.org", ZONE({"example.org", {"v=spf1 -all", "p=reject; v=DMARC1"}}), &f);
    assert_null(f.policy);
    assert_true(str_is(f.steps[0].near_miss, "p=reject; v=DMARC1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_a_record),
        cmocka_unit_test(test_records),
        cmocka_unit_test(test_withdrawn_tags_and_size_limits_are_kept_apart),
        cmocka_unit_test(test_every_name_up_to_the_top_is_asked),
        cmocka_unit_test(test_the_own_record_applies_and_the_shortest_name_with_one_is_the_organisation),
        cmocka_unit_test(test_no_record_at_all),
        cmocka_unit_test(test_psd_n_ends_the_walk),
        cmocka_unit_test(test_below_a_public_suffix_that_speaks),
        cmocka_unit_test(test_two_records_count_as_none),
        cmocka_unit_test(test_eight_questions_at_most),
        cmocka_unit_test(test_a_failed_question_leaves_only_the_domains_own_record),
        cmocka_unit_test(test_a_near_miss_is_remembered),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

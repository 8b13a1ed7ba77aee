/* SPDX-License-Identifier: Apache-2.0 */
/* test_dnsbl - listed addresses and names, and lists that are not to be believed. */
#include "mail_names_world.h"

static void list_it(struct dnsbl_answer *a, unsigned classes)
{
    a->lookup.status = DNS_FOUND;
    a->codes[0] = 0x7f000002;
    a->code_count = 1;
    a->classes = classes;
}

static void nobody_answers_about_addresses(struct world *w, enum dnsbl_health health)
{
    with_dnsbl(w);
    w->facts.dnsbl.lists[0].health[DNSBL_V4] = w->facts.dnsbl.lists[0].health[DNSBL_V6] = health;
    for (size_t i = 0; i < WORLD_ADDRESSES; i++)
        w->addresses[i]->dnsbl_count = 0;
}

static void test_nobody_is_listed(void **state)
{
    struct world *w = *state;
    with_dnsbl(w);
    expect_findings(w, "");
    expect_verdict(w, "dnsbl.spam", "mx1/v4", VERDICT_PASS);
    expect_verdict(w, "dnsbl.domain", "", VERDICT_PASS);
    expect_verdict(w, "dnsbl.list-health", "", VERDICT_PASS);
}

static void test_no_lists_wanted(void **state)
{
    struct world *w = *state;
    expect_findings(w, "");
    expect_verdict(w, "dnsbl.spam", "mx1/v4", VERDICT_NA);
    expect_verdict(w, "dnsbl.list-health", "", VERDICT_NA);
}

static void test_each_class_has_its_row(void **state)
{
    struct world *w = *state;
    static const struct {
        unsigned classes;
        const char *found;
    } cases[] = {{DNSBL_SPAM, "dnsbl.spam"}, {DNSBL_EXPLOIT, "dnsbl.exploit"}, {DNSBL_POLICY, "dnsbl.policy"}, {DNSBL_SPAM | DNSBL_EXPLOIT, "dnsbl.spam dnsbl.exploit"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        with_dnsbl(w);
        list_it(w->addresses[MX1_V4]->dnsbl, cases[i].classes);
        expect_findings(w, cases[i].found);
    }
    expect_verdict(w, "dnsbl.spam", "mx1/v6", VERDICT_PASS);
    expect_detail(w, "dnsbl.spam", "mx1/v4", "bl.example (127.0.0.2)");
}

/* 127.0.0.1, and codes that the list does not describe. */
static void test_an_answer_without_a_meaning_lists_nobody(void **state)
{
    struct world *w = *state;
    with_dnsbl(w);
    list_it(w->addresses[MX1_V4]->dnsbl, 0);
    expect_findings(w, "");
}

static void test_a_list_that_is_not_sound_is_our_side_s_trouble(void **state)
{
    struct world *w = *state;
    static const struct {
        enum dnsbl_health health;
        const char *found;
    } cases[] = {
        {DNSBL_REFUSED, "dnsbl.list-health dnsbl.spam:refused_us dnsbl.exploit:refused_us dnsbl.policy:refused_us"},
        {DNSBL_DEAD, "dnsbl.list-health dnsbl.spam:dns_failure dnsbl.exploit:dns_failure dnsbl.policy:dns_failure"},
        {DNSBL_LISTS_ALL, "dnsbl.list-health dnsbl.spam:dns_failure dnsbl.exploit:dns_failure dnsbl.policy:dns_failure"},
        {DNSBL_REWRITTEN, "dnsbl.list-health dnsbl.spam:resolver_untrusted dnsbl.exploit:resolver_untrusted dnsbl.policy:resolver_untrusted"},
        {DNSBL_NOT_TESTED, "dnsbl.spam:limit dnsbl.exploit:limit dnsbl.policy:limit"},
        {DNSBL_NO_SUCH_KIND, "dnsbl.list-health"}, /* it has no kind at all: it is none */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        nobody_answers_about_addresses(w, cases[i].health);
        expect_findings(w, cases[i].found);
    }
}

static void test_each_kind_of_a_list_has_its_own_health(void **state)
{
    struct world *w = *state;
    nobody_answers_about_addresses(w, DNSBL_REFUSED);
    w->facts.dnsbl.lists[0].health[DNSBL_V6] = DNSBL_DEAD;
    expect_unknown(w, "dnsbl.spam", "mx1/v4", REASON_REFUSED_US);
    expect_unknown(w, "dnsbl.spam", "mx1/v6", REASON_DNS_FAILURE);
    with_dnsbl(w);
    w->facts.dnsbl.lists[1].health[DNSBL_NAMES] = DNSBL_DEAD;
    expect_findings(w, "dnsbl.list-health");
}

static void test_one_sound_list_is_enough_to_pass(void **state)
{
    struct world *w = *state;
    with_dnsbl(w);
    struct dnsbl_list_facts *lists = ARENA_ARRAY(&w->arena, struct dnsbl_list_facts, 3);
    memcpy(lists, w->facts.dnsbl.lists, 2 * sizeof *lists);
    lists[2] = (struct dnsbl_list_facts){.list = &list_of_addresses, .health = {DNSBL_REFUSED, DNSBL_REFUSED, DNSBL_NO_SUCH_KIND}};
    w->facts.dnsbl.lists = lists;
    w->facts.dnsbl.list_count = 3;
    expect_findings(w, "dnsbl.list-health");
}

static void test_a_refusal_in_the_middle_is_no_answer(void **state)
{
    struct world *w = *state;
    with_dnsbl(w);
    for (size_t i = 0; i < WORLD_ADDRESSES; i++)
        w->addresses[i]->dnsbl->refused = true;
    w->addresses[MX1_V4]->dnsbl->refused = false;
    w->addresses[MX1_V4]->dnsbl->lookup.status = DNS_TIMEOUT;
    expect_findings(w, "dnsbl.spam:dns_failure dnsbl.exploit:dns_failure dnsbl.policy:dns_failure");
}

static void test_a_listed_name(void **state)
{
    struct world *w = *state;
    with_dnsbl(w);
    list_it(w->facts.dnsbl.names->answers, DNSBL_NAME);
    expect_findings(w, "dnsbl.domain");
    expect_detail(w, "dnsbl.domain", "", "example.org by dl.example");
}

static void test_no_list_of_names(void **state)
{
    struct world *w = *state;
    with_dnsbl(w);
    w->facts.dnsbl.list_count = 1;
    w->facts.dnsbl.names->answer_count = 0;
    expect_findings(w, "");
    expect_verdict(w, "dnsbl.domain", "", VERDICT_NA);
}

static void test_the_lists_words_are_shown_escaped(void **state)
{
    struct world *w = *state;
    with_dnsbl(w);
    list_it(w->addresses[MX1_V4]->dnsbl, DNSBL_SPAM);
    w->addresses[MX1_V4]->dnsbl->text = STR("see\033[2J http://bl.example/");
    expect_detail(w, "dnsbl.spam", "mx1/v4", "see\\x1b[2J http://bl.example/");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(test_nobody_is_listed),
        WORLD_TEST(test_no_lists_wanted),
        WORLD_TEST(test_each_class_has_its_row),
        WORLD_TEST(test_an_answer_without_a_meaning_lists_nobody),
        WORLD_TEST(test_a_list_that_is_not_sound_is_our_side_s_trouble),
        WORLD_TEST(test_each_kind_of_a_list_has_its_own_health),
        WORLD_TEST(test_one_sound_list_is_enough_to_pass),
        WORLD_TEST(test_a_refusal_in_the_middle_is_no_answer),
        WORLD_TEST(test_a_listed_name),
        WORLD_TEST(test_no_list_of_names),
        WORLD_TEST(test_the_lists_words_are_shown_escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

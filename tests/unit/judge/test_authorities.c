/* SPDX-License-Identifier: Apache-2.0 */
/* test_authorities - name servers that fail, disagree, or cannot be asked from here. */
#include "mail_names_world.h"

static struct authority_server *server(struct world *w, size_t i)
{
    return &w->facts.authorities.servers[i];
}

static void set_all(struct world *w, enum authority_status status)
{
    for (size_t i = 0; i < 4; i++)
        server(w, i)->answers[0].status = server(w, i)->answers[1].status = status;
}

/* Two samples, in which the third server has other records for this question. */
static void disagree(struct world *w, size_t question)
{
    for (size_t i = 0; i < 4; i++) {
        server(w, i)->again = ARENA_ARRAY(&w->arena, struct authority_answer, 2);
        server(w, i)->again[question] = server(w, i)->answers[question];
    }
    server(w, 2)->answers[question].set = server(w, 2)->again[question].set = STR("another\n");
}

static void test_all_agree(void **state)
{
    struct world *w = *state;
    with_authorities(w);
    expect_findings(w, "");
    expect_verdict(w, "dns.ns-health", "", VERDICT_PASS);
    expect_verdict(w, "dns.mx-propagation", "", VERDICT_PASS);
    expect_verdict(w, "dns.policy-propagation", "", VERDICT_PASS);
}

static void test_not_asked_for(void **state)
{
    struct world *w = *state;
    expect_findings(w, "");
    expect_verdict(w, "dns.ns-health", "", VERDICT_NA);
}

static void test_one_does_not_answer(void **state)
{
    struct world *w = *state;
    static const enum authority_status failing[] = {AUTHORITY_LAME, AUTHORITY_REFUSES, AUTHORITY_SILENT, AUTHORITY_UNREACHABLE};
    for (size_t i = 0; i < sizeof failing / sizeof *failing; i++) {
        with_authorities(w);
        server(w, 2)->answers[0].status = failing[i];
        expect_findings(w, "dns.ns-health");
        expect_detail(w, "dns.ns-health", "", "ns2.example.org [198.51.100.53]");
    }
    with_authorities(w);
    server(w, 2)->answers[0].status = AUTHORITY_TROUBLE; /* our own side */
    expect_findings(w, "");
}

static void test_an_address_that_nobody_can_reach(void **state)
{
    struct world *w = *state;
    with_authorities(w);
    server(w, 2)->answers = NULL;
    server(w, 2)->special = "private";
    expect_findings(w, "dns.ns-health");
}

static void test_one_name_server(void **state)
{
    struct world *w = *state;
    with_authorities(w);
    w->facts.authorities.names[1].address_count = 0;
    expect_findings(w, "dns.ns-health");
    expect_detail(w, "dns.ns-health", "", "has 1 name server with an address.");
    w->facts.authorities.names[1].a.status = DNS_TIMEOUT; /* it may have one */
    expect_findings(w, "dns.ns-health:dns_failure");
}

static void test_no_name_server_has_an_address(void **state)
{
    struct world *w = *state;
    with_authorities(w);
    w->facts.authorities.names[0].address_count = w->facts.authorities.names[1].address_count = 0;
    w->facts.authorities.server_count = 0;
    expect_detail(w, "dns.ns-health", "", "has 0 name servers with an address.");
}

/* RFC 1034 4.1 wants two servers, not two families. */
static void test_two_name_servers_with_an_address_each(void **state)
{
    struct world *w = *state;
    with_authorities(w);
    *server(w, 1) = *server(w, 2);
    w->facts.authorities.names[0].address_count = w->facts.authorities.names[1].address_count = 1;
    w->facts.authorities.server_count = 2;
    expect_findings(w, "");
    expect_verdict(w, "dns.ns-health", "", VERDICT_PASS);
    expect_verdict(w, "dns.mx-propagation", "", VERDICT_PASS);
    expect_verdict(w, "dns.policy-propagation", "", VERDICT_PASS);
}

/* Our network has no IPv6: each name server was seen over IPv4, and nobody is accused. */
static void test_a_family_that_our_network_lacks(void **state)
{
    struct world *w = *state;
    with_authorities(w);
    server(w, 1)->answers[0].status = server(w, 3)->answers[0].status = AUTHORITY_SILENT;
    expect_findings(w, "");
}

/* Behind a firewall that lets questions go to its own resolver only. */
static void test_nothing_gets_out(void **state)
{
    struct world *w = *state;
    with_authorities(w);
    w->facts.vantage.resolver = "192.0.2.1@53";
    set_all(w, AUTHORITY_SILENT);
    expect_findings(w, "dns.ns-health:blocked_egress");
}

/* Any answer shows that questions get out; what is silent then is silent to others, too. */
static void test_a_poor_answer_shows_that_questions_get_out(void **state)
{
    struct world *w = *state;
    static const enum authority_status poor[] = {AUTHORITY_LAME, AUTHORITY_REFUSES};
    w->facts.vantage.resolver = "192.0.2.1@53";
    for (size_t i = 0; i < 2; i++) {
        with_authorities(w);
        set_all(w, AUTHORITY_SILENT);
        server(w, 0)->answers[0].status = poor[i];
        expect_detail(w, "dns.ns-health", "", "ns2.example.org [198.51.100.53] is silent");
    }
}

static void test_each_name_server_has_to_be_heard(void **state)
{
    struct world *w = *state;
    with_authorities(w);
    struct authority_name *names = ARENA_ARRAY(&w->arena, struct authority_name, 3);
    memcpy(names, w->facts.authorities.names, 2 * sizeof *names);
    names[2] = names[1];
    names[2].name = server(w, 3)->name = "ns3.example.org";
    w->facts.authorities.names = names;
    w->facts.authorities.name_count = 3;
    expect_findings(w, "");
    server(w, 3)->answers[0].status = AUTHORITY_TROUBLE;
    expect_findings(w, "dns.ns-health:blocked_egress");
}

static void test_the_name_servers_are_not_known(void **state)
{
    struct world *w = *state;
    with_authorities(w);
    w->facts.authorities.zone = NULL;
    w->facts.authorities.ns.status = DNS_TIMEOUT;
    expect_findings(w, "dns.ns-health:dns_failure");
}

static void test_no_name_server_answers_for_the_domain(void **state)
{
    struct world *w = *state;
    with_authorities(w);
    w->facts.vantage.resolver = "recursive";
    w->facts.mx.lookup.status = DNS_FAILED;
    w->facts.mx.status = MX_DNS_FAILURE;
    expect_unknown(w, "dns.domain-answers", "", REASON_DNS_FAILURE); /* they do, though our resolver says otherwise */
    set_all(w, AUTHORITY_REFUSES);
    expect_verdict(w, "dns.domain-answers", "", VERDICT_FAIL);
    w->facts.authorities.server_count = 1;
    expect_verdict(w, "dns.domain-answers", "", VERDICT_FAIL);
    w->facts.authorities.server_count = 4;
    server(w, 1)->answers[0].status = AUTHORITY_SILENT; /* over IPv6, which may be our own side */
    server(w, 3)->answers[0].status = AUTHORITY_SILENT;
    expect_unknown(w, "dns.domain-answers", "", REASON_DNS_FAILURE);
    set_all(w, AUTHORITY_SILENT);
    w->facts.vantage.resolver = "192.0.2.1@53";
    expect_unknown(w, "dns.domain-answers", "", REASON_DNS_FAILURE);
}

static void test_different_mx_records(void **state)
{
    struct world *w = *state;
    with_authorities(w);
    disagree(w, 0);
    expect_findings(w, "dns.mx-propagation");
    expect_detail(w, "dns.mx-propagation", "",
                  "MX records of example.org: ns1.example.org [192.0.2.53] says the same, ns2.example.org [198.51.100.53] says another");
    server(w, 2)->again[0].set = STR("this\nthat\n");
    expect_detail(w, "dns.mx-propagation", "", "says this,that");
    server(w, 2)->again[0].set = STR("");
    expect_detail(w, "dns.mx-propagation", "", "says nothing");
    server(w, 0)->again = server(w, 3)->again = NULL; /* those were not asked again */
    expect_detail(w, "dns.mx-propagation", "", "[2001:db8::53] says the same");
    server(w, 0)->answers = server(w, 3)->answers = NULL;
    server(w, 0)->again = server(w, 3)->again = server(w, 1)->again;
    expect_detail(w, "dns.mx-propagation", "", "[2001:db8::53] says the same");
    server(w, 2)->again[0].set = STR("the same\n"); /* a moment later the zone had arrived */
    expect_findings(w, "");
}

static void test_different_policies(void **state)
{
    struct world *w = *state;
    with_authorities(w);
    disagree(w, 1);
    expect_findings(w, "dns.policy-propagation");
    expect_detail(w, "dns.policy-propagation", "", "SPF record of example.org");
}

static void test_one_that_answers_has_nobody_to_disagree_with(void **state)
{
    struct world *w = *state;
    with_authorities(w);
    w->facts.authorities.server_count = 1;
    expect_verdict(w, "dns.mx-propagation", "", VERDICT_NA);
    expect_verdict(w, "dns.policy-propagation", "", VERDICT_NA);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(test_all_agree),
        WORLD_TEST(test_not_asked_for),
        WORLD_TEST(test_one_does_not_answer),
        WORLD_TEST(test_an_address_that_nobody_can_reach),
        WORLD_TEST(test_one_name_server),
        WORLD_TEST(test_no_name_server_has_an_address),
        WORLD_TEST(test_two_name_servers_with_an_address_each),
        WORLD_TEST(test_a_family_that_our_network_lacks),
        WORLD_TEST(test_nothing_gets_out),
        WORLD_TEST(test_a_poor_answer_shows_that_questions_get_out),
        WORLD_TEST(test_each_name_server_has_to_be_heard),
        WORLD_TEST(test_the_name_servers_are_not_known),
        WORLD_TEST(test_no_name_server_answers_for_the_domain),
        WORLD_TEST(test_different_mx_records),
        WORLD_TEST(test_different_policies),
        WORLD_TEST(test_one_that_answers_has_nobody_to_disagree_with),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

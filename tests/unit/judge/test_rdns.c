/* SPDX-License-Identifier: Apache-2.0 */
/* test_rdns - reverse names: there, true, those of the mail host, and not those of an access line. */
#include "world.h"

static void set_ptr(struct address_facts *a, const char *name)
{
    a->ptr_names[0].name = name;
    a->ptr_names[0].raw = str_of(name);
}

static void set_ip(struct address_facts *a, const char *ip)
{
    assert_true(ip_parse(str_of(ip), &a->ip));
}

static void an_address_without_name(void **state)
{
    static const enum dns_status denials[] = {DNS_NXDOMAIN, DNS_NODATA};
    struct world *w = *state;
    w->addresses[MX1_V4]->ptr_name_count = 0;
    for (size_t i = 0; i < 2; i++) {
        w->addresses[MX1_V4]->ptr.status = denials[i];
        expect_findings(w, "rdns.ptr-exists");
        expect_via(w, "rdns.fcrdns", "mx1/v4", VERDICT_NA, "rdns.ptr-exists");
        expect_via(w, "rdns.generic", "mx1/v4", VERDICT_NA, "rdns.ptr-exists");
        expect_via(w, "rdns.name-agreement", "mx1/v4:25", VERDICT_NA, "rdns.ptr-exists");
    }
    expect_detail(w, "rdns.ptr-exists", "mx1/v4", "198.51.100.10 has no PTR record");
}

static void a_reverse_zone_without_answer_is_unknown(void **state)
{
    static const struct {
        enum dns_status status;
        const char *found;
    } cases[] = {
        {DNS_TIMEOUT, "rdns.ptr-exists:dns_failure"},
        {DNS_FAILED, "rdns.ptr-exists:dns_failure"},
        {DNS_BOGUS, "rdns.ptr-exists:dns_failure"},
        {DNS_TROUBLE, "rdns.ptr-exists:internal"},
        {DNS_NOT_ASKED, ""},
    };
    struct world *w = *state;
    w->addresses[MX1_V4]->ptr_name_count = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        w->addresses[MX1_V4]->ptr.status = cases[i].status;
        expect_findings(w, cases[i].found);
    }
}

static void names_that_are_no_host_names_do_not_count(void **state)
{
    struct world *w = *state;
    w->addresses[MX1_V4]->ptr_names[0] = (struct ptr_name){.raw = STR("no name\x1b[1m")};
    expect_findings(w, "rdns.ptr-exists");
    expect_detail(w, "rdns.ptr-exists", "mx1/v4", "no name\\x1b[1m");
}

static void the_name_leads_back_to_the_address(void **state)
{
    struct world *w = *state;
    struct ptr_name *p = w->addresses[MX1_V4]->ptr_names;
    p->has_address = false;
    expect_findings(w, "rdns.fcrdns");
    expect_detail(w, "rdns.fcrdns", "mx1/v4", "The PTR record of 198.51.100.10 gives mx1.example.org, which does not have that address.");
    expect_via(w, "rdns.ptr-matches-mx", "mx1/v4", VERDICT_NA, "rdns.fcrdns");
    p->forward.status = DNS_NXDOMAIN;
    expect_findings(w, "rdns.fcrdns");
    p->forward.status = DNS_TIMEOUT;
    expect_findings(w, "rdns.fcrdns:dns_failure");
}

static void one_name_of_several_is_enough(void **state)
{
    struct world *w = *state;
    struct address_facts *a = w->addresses[MX1_V4];
    const struct ptr_name good = a->ptr_names[0];
    a->ptr_names = ARENA_ARRAY(&w->arena, struct ptr_name, 3);
    a->ptr_name_count = 3;
    a->ptr_names[0] = (struct ptr_name){.raw = STR("*")};
    a->ptr_names[1] = (struct ptr_name){.name = "old.example.org", .raw = STR("old.example.org"), .forward = {.status = DNS_TIMEOUT}};
    a->ptr_names[2] = good;
    expect_findings(w, "");
    a->ptr_names[2].has_address = false;
    expect_findings(w, "rdns.fcrdns:dns_failure");
}

static void another_name_is_a_notice(void **state)
{
    struct world *w = *state;
    set_ptr(w->addresses[MX1_V4], "out.example.org");
    expect_findings(w, "rdns.ptr-matches-mx");
    expect_detail(w, "rdns.ptr-matches-mx", "mx1/v4", "named out.example.org, not mx1.example.org");
    set_ptr(w->addresses[MX1_V4], "MX1.Example.ORG");
    expect_findings(w, "");
}

/* Two MX hosts on one machine have one reverse name. */
static void the_name_of_another_mail_host_with_the_address_will_do(void **state)
{
    struct world *w = *state;
    w->addresses[MX2_V4]->ip = w->addresses[MX1_V4]->ip;
    set_ptr(w->addresses[MX2_V4], "mx1.example.org");
    expect_findings(w, "");
    set_ptr(w->addresses[MX2_V6], "mx1.example.org"); /* which does not have that address */
    expect_findings(w, "rdns.ptr-matches-mx");
}

static void greet_as(struct world *w, size_t address, const char *name)
{
    struct session_facts *s = w->sessions[address];
    set_reply(w, &s->greeting, 220, arena_printf(&w->arena, "%s ESMTP ready", name));
    s->ehlo.hostname = s->ehlo_tls.hostname = str_of(name);
    w->addresses[address]->greeting_name_has_address = false;
    w->addresses[address]->greeting_name_lookup = (struct dns_lookup){.status = DNS_FOUND};
}

static void the_server_calls_itself_by_a_name_of_its_own(void **state)
{
    struct world *w = *state;
    greet_as(w, MX1_V4, "lb7.inner.example");
    expect_findings(w, "rdns.name-agreement");
    expect_detail(w, "rdns.name-agreement", "mx1/v4:25", "calls itself lb7.inner.example");
    w->addresses[MX1_V4]->greeting_name_lookup.status = DNS_NXDOMAIN;
    expect_findings(w, "rdns.name-agreement");
    w->addresses[MX1_V4]->greeting_name_lookup.status = DNS_TIMEOUT;
    expect_findings(w, "rdns.name-agreement:dns_failure");
    w->addresses[MX1_V4]->greeting_name_lookup.status = DNS_NOT_ASKED;
    expect_findings(w, "");
    w->addresses[MX1_V4]->greeting_name_lookup.status = DNS_FOUND;
    w->addresses[MX1_V4]->greeting_name_has_address = true;
    expect_findings(w, "");
}

static void a_reverse_name_in_greeting_or_ehlo_will_do(void **state)
{
    struct world *w = *state;
    greet_as(w, MX1_V4, "lb7.inner.example");
    w->sessions[MX1_V4]->ehlo.hostname = STR("mx1.example.org");
    expect_findings(w, "");
    greet_as(w, MX1_V4, "MX1.example.org.");
    w->sessions[MX1_V4]->ehlo.hostname = w->sessions[MX1_V4]->ehlo_tls.hostname = STR("lb7.inner.example");
    expect_findings(w, "");
}

/* With --ports 587,25 the name that was looked up is that of the submission service. */
static void only_the_name_that_was_looked_up_is_judged(void **state)
{
    struct world *w = *state;
    struct address_facts *a = w->addresses[MX1_V4];
    greet_as(w, MX1_V4, "lb7.inner.example");
    add_port(w, MX1_V4, 587);
    expect_verdict(w, "rdns.name-agreement", "mx1/v4:25", VERDICT_FAIL);
    const struct endpoint_facts first = a->endpoints[0];
    a->endpoints[0] = a->endpoints[1];
    a->endpoints[1] = first;
    expect_verdict(w, "rdns.name-agreement", "mx1/v4:25", VERDICT_NA);
}

/* The name in the EHLO reply, never heard, might have been the right one. */
static void a_dialogue_cut_before_ehlo_tells_nothing_of_names(void **state)
{
    struct world *w = *state;
    greet_as(w, MX1_V4, "lb7.inner.example");
    w->addresses[MX1_V4]->greeting_name_lookup.status = DNS_NOT_ASKED;
    cut_at(w->sessions[MX1_V4], STEP_EHLO, END_TIMEOUT);
    expect_via(w, "rdns.name-agreement", "mx1/v4:25", VERDICT_UNKNOWN, "smtp.server-name");
}

static void names_of_access_lines(void **state)
{
    static const struct {
        const char *ip, *name;
    } cases[] = {
        {"198.51.100.10", "198-51-100-10.isp.example"},
        {"198.51.100.10", "198-51-100-10.dsl.isp.example"},
        {"198.51.100.10", "ip198-51-100-10.isp.example"},
        {"198.51.100.10", "10.100.51.198.isp.example"},
        {"198.51.100.10", "host-51.100.10.isp.example"},
        {"198.51.100.10", "100-10-198.isp.example"},
        {"198.51.100.10", "h198-051-100-010.isp.example"},
        {"203.0.113.7", "mx1-203-0-113.isp.example"},
        {"198.51.100.10", "c6-33-64-0a.isp.example"},
        {"198.51.100.10", "C6.33.64.0A.isp.example"},
        {"2001:db8:a:b:c::10", "2001-db8-a-b-c.isp.example"},
        {"2001:db8:a:b:c::10", "2001.0db8.000a.000b.isp.example"},
        {"198.51.100.10", "dyn.isp.example"},
        {"198.51.100.10", "a12.dynamic.isp.example"},
        {"198.51.100.10", "dhcp7.isp.example"},
        {"198.51.100.10", "pool-3.isp.example"},
        {"198.51.100.10", "pool3.isp.example"},
        {"198.51.100.10", "x.dial.isp.example"},
        {"198.51.100.10", "adsl-x.isp.example"},
        {"198.51.100.10", "x.cable.isp.example"},
        {"198.51.100.10", "ppp-x.isp.example"},
        {"198.51.100.10", "x.client.isp.example"},
        {"198.51.100.10", "x.customer.isp.example"},
        {"198.51.100.10", "static-ip-77.isp.example"},
        {"198.51.100.10", "x.dsl.isp.example"},
        {"198.51.255.10", "c6-33-ff-0a.isp.example"},
        {"198.51.100.10", "x-c6-33-64-0a.isp.example"},
        {"198.51.100.10", "x.c6-33-64-0a.isp.example"},
        {"198.51.100.10", "c6-33-64"},
        {"198.51.100.10", "x.c6-33-64.isp.example"},
        {"198.51.100.1", "198-51-1"},
        {"10.20.30.40", "040-30-20.isp.example"},
    };
    struct world *w = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        set_ip(w->addresses[MX1_V4], cases[i].ip);
        set_ptr(w->addresses[MX1_V4], cases[i].name);
        if (verdict_about(w, "rdns.generic", w->addresses[MX1_V4]->ip.family == IP_V6 ? "mx1/v6" : "mx1/v4")->value != VERDICT_FAIL)
            fail_msg("%s of %s was not taken for that of an access line", cases[i].name, cases[i].ip);
    }
}

static void names_of_mail_servers(void **state)
{
    static const struct {
        const char *ip, *name;
    } cases[] = {
        {"198.51.100.10", "mail2.example.net"},
        {"198.51.100.10", "mx1.example.org"},
        {"198.51.100.10", "mx-10.example.org"},
        {"198.51.100.10", "mx-100-10.example.org"},         /* two octets */
        {"198.51.100.10", "mx198.51.example.org"},          /* two octets */
        {"198.51.100.10", "mail-198x51x100x10.example.org"},
        {"198.51.100.10", "mail-1198-51-1002.example.org"}, /* other numbers */
        {"198.51.100.10", "mail-1198-51-100.example.org"},
        {"198.51.100.10", "mx-10-10-10-10.example.org"},    /* one octet, four times */
        {"10.0.0.1", "mx-0-1.example.org"},
        {"64.233.184.27", "wa-in-f27.1e100.net"},
        {"17.57.8.136", "mx-in-ma.apple.com"},
        {"104.47.17.74", "mail-am0pr05cu00100.inbound.protection.outlook.com"},
        {"198.51.100.10", "srv10.de.example.org"},
        {"190.222.236.10", "be.de.ec.mail.example.org"},    /* words and countries, though in hex they are two octets */
        {"198.51.100.10", "liverpool.example.org"},
        {"198.51.100.10", "mail.liverpool.example.org"},
        {"198.51.100.10", "dynamics.example.org"},
        {"198.51.100.10", "dialog.example.org"},
        {"198.51.100.10", "clientele.example.org"},
        {"198.51.100.10", "static.example.org"},
        {"198.51.100.10", "mail.pool.example"},             /* somebody's own name */
        {"198.51.100.10", "customer.example"},
        {"2001:db8:a:b:c::10", "2001-db8-a.example.org"},   /* three groups */
        {"2001:db8:a:b:c::10", "mx-a-b-c.example.org"},
        {"2001:db8:a:b:c::10", "mx1.example.org"},
        {"198.51.100.10", "mx-198-51-0-0.example.org"},     /* two octets */
        {"198.51.11.12", "mx198-51-b.example.org"},         /* a letter is no decimal number */
        {"198.51.100.10", "mydsl.mail.example.org"},
        {"198.51.100.10", "mxc6-33-64.example.org"},        /* a word that ends in c6, and two octets */
    };
    struct world *w = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        set_ip(w->addresses[MX1_V4], cases[i].ip);
        set_ptr(w->addresses[MX1_V4], cases[i].name);
        if (verdict_about(w, "rdns.generic", w->addresses[MX1_V4]->ip.family == IP_V6 ? "mx1/v6" : "mx1/v4")->value != VERDICT_PASS)
            fail_msg("%s of %s was taken for that of an access line", cases[i].name, cases[i].ip);
    }
}

static void every_name_must_look_so(void **state)
{
    struct world *w = *state;
    struct address_facts *a = w->addresses[MX1_V4];
    const struct ptr_name good = a->ptr_names[0];
    a->ptr_names = ARENA_ARRAY(&w->arena, struct ptr_name, 2);
    a->ptr_names[0] = a->ptr_names[1] = good;
    a->ptr_name_count = 2;
    set_ptr(a, "198-51-100-10.dsl.isp.example");
    expect_findings(w, "");
    a->ptr_name_count = 1;
    expect_findings(w, "rdns.ptr-matches-mx rdns.generic");
}

static void of_a_server_only_port_25_makes_it_a_matter(void **state)
{
    struct world *w = *state;
    make_server(w, 587, TLS_MODE_STARTTLS);
    w->addresses[MX1_V4]->ptr = (struct dns_lookup){.status = DNS_NXDOMAIN};
    w->addresses[MX1_V4]->ptr_name_count = 0;
    expect_verdict(w, "rdns.ptr-exists", "mx1/v4", VERDICT_NA);
    make_server(w, 25, TLS_MODE_STARTTLS);
    expect_verdict(w, "rdns.ptr-exists", "mx1/v4", VERDICT_FAIL);
    w->addresses[MX1_V4]->treated_as_public = true; /* a private server that was named by hand */
    expect_verdict(w, "rdns.ptr-exists", "mx1/v4", VERDICT_NA);
}

static void a_server_by_name_has_one(void **state)
{
    struct world *w = *state;
    make_server(w, 25, TLS_MODE_STARTTLS);
    set_ptr(w->addresses[MX1_V4], "out.example.org");
    expect_verdict(w, "rdns.ptr-matches-mx", "mx1/v4", VERDICT_FAIL);
}

static void a_server_by_address_has_no_name_to_match(void **state)
{
    struct world *w = *state;
    make_server(w, 25, TLS_MODE_STARTTLS);
    w->mx1->name = "198.51.100.10";
    w->mx1->name_kind = HOST_NAME_IP_LITERAL;
    expect_verdict(w, "rdns.ptr-exists", "198.51.100.10/v4", VERDICT_PASS);
    expect_verdict(w, "rdns.ptr-matches-mx", "198.51.100.10/v4", VERDICT_NA);
}

static void private_addresses_have_their_own_finding(void **state)
{
    struct world *w = *state;
    w->addresses[MX1_V4]->special = "private, RFC 1918";
    w->addresses[MX1_V4]->ptr = (struct dns_lookup){.status = DNS_NOT_ASKED};
    w->addresses[MX1_V4]->ptr_name_count = 0;
    expect_via(w, "rdns.ptr-exists", "mx1/v4", VERDICT_NA, "mx.address-public");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(an_address_without_name),
        WORLD_TEST(a_reverse_zone_without_answer_is_unknown),
        WORLD_TEST(names_that_are_no_host_names_do_not_count),
        WORLD_TEST(the_name_leads_back_to_the_address),
        WORLD_TEST(one_name_of_several_is_enough),
        WORLD_TEST(another_name_is_a_notice),
        WORLD_TEST(the_name_of_another_mail_host_with_the_address_will_do),
        WORLD_TEST(the_server_calls_itself_by_a_name_of_its_own),
        WORLD_TEST(a_reverse_name_in_greeting_or_ehlo_will_do),
        WORLD_TEST(only_the_name_that_was_looked_up_is_judged),
        WORLD_TEST(a_dialogue_cut_before_ehlo_tells_nothing_of_names),
        WORLD_TEST(names_of_access_lines),
        WORLD_TEST(names_of_mail_servers),
        WORLD_TEST(every_name_must_look_so),
        WORLD_TEST(of_a_server_only_port_25_makes_it_a_matter),
        WORLD_TEST(a_server_by_name_has_one),
        WORLD_TEST(a_server_by_address_has_no_name_to_match),
        WORLD_TEST(private_addresses_have_their_own_finding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

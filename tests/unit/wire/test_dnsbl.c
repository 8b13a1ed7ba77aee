/* SPDX-License-Identifier: Apache-2.0 */
/* test_dnsbl - names that lists are asked, what their codes mean, and lists that are none. */
#include "wire/dnsbl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct ip ip(const char *text)
{
    struct ip out;
    assert_true(ip_parse(str_of(text), &out));
    return out;
}

static void test_queries(void **state)
{
    char query[DNSBL_QUERY_BYTES];
    (void)state;
    assert_true(dnsbl_address_query(ip("192.0.2.99"), "bl.example", query));
    assert_string_equal(query, "99.2.0.192.bl.example");
    assert_true(dnsbl_address_query(ip("2001:db8:1:2:3:4:567:89ab"), "bl.example", query)); /* RFC 5782 2.4 */
    assert_string_equal(query, "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2.bl.example");
    assert_true(dnsbl_name_query("mail.example.org", "dl.example", query));
    assert_string_equal(query, "mail.example.org.dl.example");
}

static void test_test_entries(void **state)
{
    static const struct {
        enum dnsbl_kind kind;
        bool listed;
        const char *query;
    } cases[] = {
        {DNSBL_V4, true, "2.0.0.127.bl.example"},
        {DNSBL_V4, false, "1.0.0.127.bl.example"},
        {DNSBL_V6, true, "2.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.bl.example"},
        {DNSBL_V6, false, "1.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.bl.example"},
        {DNSBL_NAMES, true, "test.bl.example"},
        {DNSBL_NAMES, false, "invalid.bl.example"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char query[DNSBL_QUERY_BYTES];
        assert_true(dnsbl_test_query(cases[i].kind, cases[i].listed, "bl.example", query));
        assert_string_equal(query, cases[i].query);
    }
}

static void test_a_name_that_is_too_long_is_not_asked(void **state)
{
    char query[DNSBL_QUERY_BYTES], name[240];
    (void)state;
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_false(dnsbl_name_query(name, "dl.some-longer-zone.example", query));
}

static struct dnsbl_answer read(const struct dnsbl_list *list, enum dnsbl_kind kind, const char *codes)
{
    struct dnsbl_answer a = {.list = list, .lookup = {.status = *codes ? DNS_FOUND : DNS_NXDOMAIN}};
    struct ip addresses[16];
    size_t count = 0;
    for (struct str rest = str_of(codes); rest.n;) {
        struct str one = str_word(&rest);
        assert_true(ip_parse(one, &addresses[count++]));
    }
    dnsbl_read_answer(&a, kind, addresses, count);
    return a;
}

static void test_what_codes_mean(void **state)
{
    static const struct {
        const char *zone;
        enum dnsbl_kind kind;
        const char *codes;
        unsigned classes;
        bool refused, rewritten;
    } cases[] = {
        {"zen.spamhaus.org", DNSBL_V4, "", 0, false, false},
        {"zen.spamhaus.org", DNSBL_V4, "127.0.0.2", DNSBL_SPAM, false, false},
        {"zen.spamhaus.org", DNSBL_V4, "127.0.0.4 127.0.0.10", DNSBL_EXPLOIT | DNSBL_POLICY, false, false},
        {"zen.spamhaus.org", DNSBL_V4, "127.0.0.8", 0, false, false}, /* nothing that the list describes */
        {"zen.spamhaus.org", DNSBL_V4, "127.255.255.254", 0, true, false},
        {"zen.spamhaus.org", DNSBL_V4, "127.255.255.252", 0, true, false},
        {"zen.spamhaus.org", DNSBL_V4, "127.255.255.255", 0, true, false},
        {"bl.spamcop.net", DNSBL_V4, "127.0.0.1", 0, false, false},
        {"bl.spamcop.net", DNSBL_V4, "198.51.100.7", 0, false, true},
        {"dnsbl.dronebl.org", DNSBL_V4, "127.0.0.2", 0, false, false}, /* its test entry */
        {"dbl.spamhaus.org", DNSBL_NAMES, "127.0.1.2", DNSBL_NAME, false, false},
        {"dbl.spamhaus.org", DNSBL_NAMES, "127.0.1.255", 0, true, false},
        {"multi.surbl.org", DNSBL_NAMES, "127.0.0.1", 0, true, false},
        {"multi.surbl.org", DNSBL_NAMES, "127.0.0.72", DNSBL_NAME, false, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct dnsbl_answer a = read(dnsbl_known(cases[i].zone), cases[i].kind, cases[i].codes);
        if (a.classes != cases[i].classes || a.refused != cases[i].refused || a.rewritten != cases[i].rewritten)
            fail_msg("%s says `%s`: classes %u, refused %d, rewritten %d", cases[i].zone, cases[i].codes, a.classes, a.refused, a.rewritten);
    }
}

static void test_an_own_list(void **state)
{
    static const struct dnsbl_list own = {.zone = "bl.example", .takes_unknown = true};
    (void)state;
    assert_int_equal(read(&own, DNSBL_V4, "127.0.0.2").classes, DNSBL_SPAM);
    assert_int_equal(read(&own, DNSBL_V6, "127.0.0.77").classes, DNSBL_SPAM);
    assert_int_equal(read(&own, DNSBL_NAMES, "127.0.0.2").classes, DNSBL_NAME);
    assert_int_equal(read(&own, DNSBL_V4, "127.0.0.1").classes, 0);
}

static enum dnsbl_health health(const char *zone, enum dnsbl_kind kind, const char *on, const char *off)
{
    static const struct dnsbl_list own = {.zone = "bl.example", .takes_unknown = true};
    struct dnsbl_list_facts l = {.list = zone ? dnsbl_known(zone) : &own};
    l.on[kind] = read(l.list, kind, on);
    l.off[kind] = read(l.list, kind, off);
    return dnsbl_judge_health(&l, kind);
}

static void test_health(void **state)
{
    (void)state;
    assert_int_equal(health("zen.spamhaus.org", DNSBL_V4, "127.0.0.2 127.0.0.4 127.0.0.10", ""), DNSBL_HEALTHY);
    assert_int_equal(health("dnsbl.dronebl.org", DNSBL_V4, "127.0.0.2", ""), DNSBL_HEALTHY); /* a test entry lists nothing */
    assert_int_equal(health("zen.spamhaus.org", DNSBL_V4, "127.255.255.254", "127.255.255.254"), DNSBL_REFUSED);
    assert_int_equal(health("zen.spamhaus.org", DNSBL_V4, "127.0.0.2", "127.0.0.2"), DNSBL_LISTS_ALL);
    assert_int_equal(health("zen.spamhaus.org", DNSBL_V4, "203.0.113.1", "203.0.113.1"), DNSBL_REWRITTEN);
    assert_int_equal(health("zen.spamhaus.org", DNSBL_V4, "", ""), DNSBL_DEAD);
    assert_int_equal(health("psbl.surriel.com", DNSBL_V6, "", ""), DNSBL_NO_SUCH_KIND);
    assert_int_equal(health("bl.spamcop.net", DNSBL_V6, "127.0.0.2", ""), DNSBL_NO_SUCH_KIND);
    assert_int_equal(health("bl.spamcop.net", DNSBL_NAMES, "127.0.0.2", ""), DNSBL_NO_SUCH_KIND);
    assert_int_equal(health(NULL, DNSBL_NAMES, "127.0.0.2", ""), DNSBL_HEALTHY);
    assert_int_equal(health(NULL, DNSBL_V4, "", ""), DNSBL_NO_SUCH_KIND);
}

static void test_a_list_that_does_not_answer_is_dead(void **state)
{
    struct dnsbl_list_facts l = {.list = dnsbl_known("bl.spamcop.net")};
    (void)state;
    assert_int_equal(dnsbl_judge_health(&l, DNSBL_V4), DNSBL_NOT_TESTED);
    l.on[DNSBL_V4].lookup.status = DNS_TIMEOUT;
    l.off[DNSBL_V4].lookup.status = DNS_NXDOMAIN;
    assert_int_equal(dnsbl_judge_health(&l, DNSBL_V4), DNSBL_DEAD);
}

static void test_ended_lists_are_known(void **state)
{
    (void)state;
    assert_true(dnsbl_has_ended("dnsbl.sorbs.net"));
    assert_true(dnsbl_has_ended("safe.dnsbl.sorbs.net"));
    assert_false(dnsbl_has_ended("notdnsbl.sorbs.net"));
    for (size_t i = 0; i < dnsbl_known_count(); i++)
        assert_false(dnsbl_has_ended(dnsbl_known_at(i)->zone));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_queries),
        cmocka_unit_test(test_test_entries),
        cmocka_unit_test(test_a_name_that_is_too_long_is_not_asked),
        cmocka_unit_test(test_what_codes_mean),
        cmocka_unit_test(test_an_own_list),
        cmocka_unit_test(test_health),
        cmocka_unit_test(test_a_list_that_does_not_answer_is_dead),
        cmocka_unit_test(test_ended_lists_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* test_resolver_unbound - the resolver before real name servers: what is answered, what is not, and in which order. */
#include "dns_lab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "net/resolver_answer.h"
#include "wire/dns.h"

static bool has_mx(const struct dns_reply *reply, unsigned preference, const char *host)
{
    for (size_t i = 0; i < reply->record_count; i++)
        if (reply->records[i].preference == preference && strcmp(reply->records[i].name, host) == 0)
            return true;
    return false;
}

static void test_secure_answer_and_cache(void **state)
{
    for (int i = 0; i < 2; i++) {
        struct dns_reply reply = expect(*state, "good.test", DNS_MX, DNS_FOUND, DNSSEC_SECURE);
        assert_int_equal(reply.record_count, 2);
        assert_true(has_mx(&reply, 10, "mx1.good.test"));
        assert_true(has_mx(&reply, 20, "mx2.good.test"));
        assert_in_range(reply.lookup.ttl_s, 1, 600);
        assert_int_equal(reply.lookup.rcode, 0);
        assert_null(reply.lookup.alias_of);
        assert_null(reply.lookup.reason);
    }
    assert_string_equal(resolver_describe(*state), "recursive");
}

static void test_record_types(void **state)
{
    char text[IP_TEXT_BYTES];
    struct dns_reply reply = expect(*state, "mx1.good.test", DNS_A, DNS_FOUND, DNSSEC_SECURE);
    ip_write(reply.records[0].ip, text);
    assert_string_equal(text, "192.0.2.1");
    reply = expect(*state, "mx1.good.test", DNS_AAAA, DNS_FOUND, DNSSEC_SECURE);
    ip_write(reply.records[0].ip, text);
    assert_string_equal(text, "2001:db8::1");
    reply = expect(*state, "good.test", DNS_TXT, DNS_FOUND, DNSSEC_SECURE);
    assert_true(str_is(reply.records[0].data, "v=spf1 -all"));
    reply = expect(*state, "odd.good.test", DNS_MX, DNS_FOUND, DNSSEC_SECURE);
    assert_string_equal(reply.records[0].name, "a\\046b\\032c.good.test");
    reply = expect(*state, "null.good.test", DNS_MX, DNS_FOUND, DNSSEC_SECURE);
    assert_string_equal(reply.records[0].name, ".");
    expect(*state, "good.test", DNS_SOA, DNS_FOUND, DNSSEC_SECURE);
    reply = expect(*state, ".", DNS_NS, DNS_FOUND, DNSSEC_SECURE);
    assert_string_equal(reply.records[0].name, "a.root");
}

static void test_name_from_an_answer_can_be_asked(void **state)
{
    struct dns_reply reply = expect(*state, "odd.good.test", DNS_MX, DNS_FOUND, DNSSEC_SECURE);
    expect(*state, reply.records[0].name, DNS_A, DNS_NXDOMAIN, DNSSEC_SECURE);
}

static void test_more_records_than_are_kept(void **state)
{
    struct dns_reply reply = expect(*state, "many.good.test", DNS_A, DNS_FOUND, DNSSEC_SECURE);
    assert_int_equal(reply.record_count, RESOLVER_RECORDS_MAX);
    assert_int_equal(reply.records_left_out, 300 - RESOLVER_RECORDS_MAX);
}

static void test_denials(void **state)
{
    struct dns_reply reply = expect(*state, "nowhere.good.test", DNS_MX, DNS_NXDOMAIN, DNSSEC_SECURE);
    assert_int_equal(reply.lookup.rcode, DNS_RCODE_NXDOMAIN);
    assert_int_equal(reply.record_count, 0);
    reply = expect(*state, "mx2.good.test", DNS_AAAA, DNS_NODATA, DNSSEC_SECURE);
    assert_int_equal(reply.lookup.rcode, DNS_RCODE_NOERROR);
    expect(*state, "nowhere.test", DNS_MX, DNS_NXDOMAIN, DNSSEC_SECURE);
    expect(*state, "nowhere", DNS_MX, DNS_NXDOMAIN, DNSSEC_SECURE);
    expect(*state, "nowhere.insecure.test", DNS_MX, DNS_NXDOMAIN, DNSSEC_INSECURE);
    expect(*state, "mx.insecure.test", DNS_AAAA, DNS_NODATA, DNSSEC_INSECURE);
}

static void test_aliases(void **state)
{
    struct dns_reply reply = expect(*state, "alias1.good.test", DNS_MX, DNS_FOUND, DNSSEC_SECURE);
    assert_string_equal(reply.lookup.alias_of, "good.test");
    assert_int_equal(reply.record_count, 2);
    assert_in_range(reply.lookup.ttl_s, 1, 200);
    reply = expect(*state, "leaving.good.test", DNS_A, DNS_FOUND, DNSSEC_INSECURE);
    assert_string_equal(reply.lookup.alias_of, "www.insecure.test");
    reply = expect(*state, "dangling.good.test", DNS_A, DNS_NXDOMAIN, DNSSEC_SECURE);
    assert_string_equal(reply.lookup.alias_of, "nowhere.good.test");
    reply = expect(*state, "alias1.good.test", DNS_CNAME, DNS_FOUND, DNSSEC_SECURE);
    assert_string_equal(reply.records[0].name, "alias2.good.test");
    assert_null(reply.lookup.alias_of);
    reply = ask(*state, "loop1.good.test", DNS_A);
    assert_int_equal(reply.record_count, 0);
    assert_int_not_equal(reply.lookup.status, DNS_FOUND);
}

static void test_insecure_answer(void **state)
{
    struct dns_reply reply = expect(*state, "insecure.test", DNS_MX, DNS_FOUND, DNSSEC_INSECURE);
    assert_true(has_mx(&reply, 10, "mx.insecure.test"));
}

/* A key that nobody was there to give proves nothing; one that a server denies does. */
static void test_keys_that_were_not_answered(void **state)
{
    (void)state;
    assert_true(resolver_answer_lacks_keys("validation failure <a.test. MX IN>: No DNSKEY record for key test. while building chain of trust"));
    assert_true(resolver_answer_lacks_keys("validation failure <a.test. MX IN>: SERVFAIL no DS for DS a.test. while building chain of trust"));
    assert_true(resolver_answer_lacks_keys("validation failure <. NS IN>: no DNSKEY rrset for trust anchor . while building chain of trust"));
    assert_true(resolver_answer_lacks_keys("validation failure <b.test. A IN>: key for validation . is marked as invalid because of a previous "
                                           "validation failure <. NS IN>: no DNSKEY rrset for trust anchor . while building chain of trust"));
    assert_false(resolver_answer_lacks_keys("validation failure <a.test. MX IN>: No DNSKEY record from 192.0.2.1 for key a.test. while building chain of trust"));
    assert_false(resolver_answer_lacks_keys("validation failure <a.test. MX IN>: signature expired from 192.0.2.1"));
    assert_false(resolver_answer_lacks_keys(NULL));
}

static void test_bogus_answer(void **state)
{
    for (int i = 0; i < 2; i++) { /* the second comes from the cache */
        struct dns_reply reply = expect(*state, "bogus.test", DNS_MX, DNS_BOGUS, DNSSEC_BOGUS);
        assert_int_equal(reply.record_count, 0);
        assert_non_null(strstr(reply.lookup.reason, "bogus.test"));
    }
    expect(*state, "nowhere.bogus.test", DNS_MX, DNS_BOGUS, DNSSEC_BOGUS);
}

static void test_reverse_names(void **state)
{
    struct ip ip;
    char name[REVERSE_NAME_BYTES];
    assert_true(ip_parse(STR("127.0.2.7"), &ip));
    ip_write_reverse_name(ip, name);
    struct dns_reply reply = expect(*state, name, DNS_PTR, DNS_FOUND, DNSSEC_SECURE);
    assert_string_equal(reply.records[0].name, "mail.good.test");
    assert_true(ip_parse(STR("10.0.2.8"), &ip));
    ip_write_reverse_name(ip, name);
    expect(*state, name, DNS_PTR, DNS_FOUND, DNSSEC_SECURE);
    assert_true(ip_parse(STR("2001:db8::12"), &ip));
    ip_write_reverse_name(ip, name);
    assert_string_equal(name, "2.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
    expect(*state, name, DNS_PTR, DNS_NXDOMAIN, DNSSEC_SECURE);
}

static void test_localhost_stays_here(void **state)
{
    expect(*state, "localhost", DNS_A, DNS_FOUND, DNSSEC_INSECURE);
}

static void test_failing_servers(void **state)
{
    static const char *const names[] = {"refused.test", "servfail.test", "lame.test", "dead.test", "glueless.test"};
    for (size_t i = 0; i < 2 * sizeof names / sizeof *names; i++) { /* each a second time, from the cache */
        struct dns_reply reply = expect(*state, names[i / 2], DNS_MX, DNS_FAILED, DNSSEC_INDETERMINATE);
        assert_int_equal(reply.lookup.rcode, DNS_RCODE_SERVFAIL);
        assert_non_null(reply.lookup.reason);
    }
}

static void test_silent_server(void **state)
{
    struct asking a;
    start(*state, &a, "silent.test", DNS_MX, 300);
    wait_for(&a);
    assert_int_equal(a.reply.lookup.status, DNS_TIMEOUT);
    assert_true(a.reply.lookup.took_ms >= 300);
    expect(*state, "good.test", DNS_MX, DNS_FOUND, DNSSEC_SECURE);
}

static void test_bad_name(void **state)
{
    char name[80];
    memset(name, 'a', 64);
    strcpy(name + 64, ".test");
    struct dns_reply reply = ask(*state, name, DNS_A);
    assert_int_equal(reply.lookup.status, DNS_TROUBLE);
    assert_non_null(reply.lookup.reason);
}

static void test_no_room_for_the_answer(void **state)
{
    struct arena small;
    struct asking a = {.answers = 0};
    arena_init(&small, 8);
    resolver_ask(*state, &a.query, "good.test", DNS_MX, &small, LIMIT_MS, keep, &a);
    wait_for(&a);
    assert_int_equal(a.reply.lookup.status, DNS_TROUBLE);
    assert_int_equal(a.reply.record_count, 0);
    arena_done(&small);
}

static void test_many_at_once(void **state)
{
    enum { COUNT = 300 };
    static struct asking a[COUNT];
    static char names[COUNT][32];
    for (int i = 0; i < COUNT; i++) {
        snprintf(names[i], sizeof names[i], "n%d.insecure.test", i / 2); /* each twice: joined by libunbound */
        start(*state, &a[i], names[i], DNS_A, LIMIT_MS);
    }
    for (int i = 0; i < COUNT; i++) {
        wait_for(&a[i]);
        assert_int_equal(a[i].reply.lookup.status, DNS_NXDOMAIN);
    }
}

static void test_cancel(void **state)
{
    struct asking cached, fresh, silent, after;
    expect(*state, "good.test", DNS_MX, DNS_FOUND, DNSSEC_SECURE);
    start(*state, &cached, "good.test", DNS_MX, LIMIT_MS);
    start(*state, &fresh, "mx1.good.test", DNS_TXT, LIMIT_MS);
    start(*state, &silent, "silent.test", DNS_MX, 200);
    query_cancel(&cached.query);
    query_cancel(&cached.query); /* idle by now */
    query_cancel(&fresh.query);
    query_cancel(&silent.query);
    start(*state, &after, "silent.test", DNS_A, 500); /* the others' time passes too */
    wait_for(&after);
    assert_int_equal(cached.answers, 0);
    assert_int_equal(fresh.answers, 0);
    assert_int_equal(silent.answers, 0);
    expect(*state, "mx1.good.test", DNS_TXT, DNS_NODATA, DNSSEC_SECURE); /* the query itself ran on */
}

static void test_free_with_open_questions(void **state)
{
    struct asking cached, fresh, silent;
    expect(*state, "good.test", DNS_MX, DNS_FOUND, DNSSEC_SECURE);
    start(*state, &cached, "good.test", DNS_MX, LIMIT_MS);
    start(*state, &fresh, "mx1.good.test", DNS_TXT, LIMIT_MS);
    start(*state, &silent, "silent.test", DNS_MX, LIMIT_MS);
    resolver_free(*state);
    struct resolver_params params = params_of(RESOLVER_RECURSIVE);
    *state = open_resolver(&params);
    expect(*state, "mx1.good.test", DNS_A, DNS_FOUND, DNSSEC_SECURE);
    assert_int_equal(cached.answers + fresh.answers + silent.answers, 0);
}

/* Who has to wait for a turn has all of his time from then on. */
static void test_questions_wait_for_their_turn(void **state)
{
    struct resolver_params params = params_of(RESOLVER_RECURSIVE);
    struct asking silent, waits, cancelled, later, never;
    (void)state;
    params.at_once = 1;
    struct resolver *r = open_resolver(&params);
    start(r, &silent, "silent.test", DNS_MX, 600);
    start(r, &cancelled, "mx1.good.test", DNS_A, LIMIT_MS);
    start(r, &waits, "good.test", DNS_MX, 500);
    start(r, &later, "mx1.good.test", DNS_A, LIMIT_MS);
    query_cancel(&cancelled.query);
    wait_for(&silent);
    assert_int_equal(silent.reply.lookup.status, DNS_TIMEOUT);
    assert_int_equal(waits.answers, 0);
    wait_for(&waits);
    assert_int_equal(waits.reply.lookup.status, DNS_FOUND);
    assert_true(waits.reply.lookup.took_ms < 500);
    wait_for(&later);
    assert_int_equal(later.reply.lookup.status, DNS_FOUND);
    start(r, &silent, "silent.test", DNS_MX, LIMIT_MS);
    start(r, &never, "good.test", DNS_MX, LIMIT_MS);
    resolver_free(r);
    assert_int_equal(cancelled.answers + silent.answers + never.answers, 0);
}

struct chain {
    struct resolver *resolver;
    struct asking asking;
    int left;
    bool free_at_end;
};

static void ask_next(void *arg, const struct dns_reply *reply)
{
    struct chain *c = arg;
    assert_int_equal(reply->lookup.status, DNS_FOUND);
    if (--c->left) {
        resolver_ask(c->resolver, &c->asking.query, "good.test", DNS_MX, &arena, LIMIT_MS, ask_next, c);
        return;
    }
    resolver_free(c->resolver);
    loop_stop(loop);
}

static void test_calls_from_a_callback(void **state)
{
    struct chain c = {.resolver = *state, .left = 2000}; /* cached answers: the stack must not grow */
    resolver_ask(c.resolver, &c.asking.query, "good.test", DNS_MX, &arena, LIMIT_MS, ask_next, &c);
    while (c.left)
        assert_int_equal(loop_run(loop), 0);
    struct resolver_params params = params_of(RESOLVER_RECURSIVE);
    *state = open_resolver(&params);
}

#define WITH_RESOLVER(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WITH_RESOLVER(test_secure_answer_and_cache),
        WITH_RESOLVER(test_record_types),
        WITH_RESOLVER(test_name_from_an_answer_can_be_asked),
        WITH_RESOLVER(test_more_records_than_are_kept),
        WITH_RESOLVER(test_denials),
        WITH_RESOLVER(test_aliases),
        WITH_RESOLVER(test_insecure_answer),
        cmocka_unit_test(test_keys_that_were_not_answered),
        WITH_RESOLVER(test_bogus_answer),
        WITH_RESOLVER(test_reverse_names),
        WITH_RESOLVER(test_localhost_stays_here),
        WITH_RESOLVER(test_failing_servers),
        WITH_RESOLVER(test_silent_server),
        WITH_RESOLVER(test_bad_name),
        WITH_RESOLVER(test_no_room_for_the_answer),
        WITH_RESOLVER(test_many_at_once),
        WITH_RESOLVER(test_cancel),
        WITH_RESOLVER(test_questions_wait_for_their_turn),
        WITH_RESOLVER(test_free_with_open_questions),
        WITH_RESOLVER(test_calls_from_a_callback),
    };
    return find_lab() ? cmocka_run_group_tests(tests, NULL, NULL) : 2;
}

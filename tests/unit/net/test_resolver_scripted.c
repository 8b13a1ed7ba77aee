/* SPDX-License-Identifier: Apache-2.0 */
/* test_resolver_scripted - answers from a table: records, aliases, zones and how each zone answers. */
#include "net/resolver_scripted.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { LIMIT_MS = 5000 };

static struct loop *loop;
static struct resolver *resolver;
static struct arena arena;
static struct dns_reply answer;
static unsigned answers;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, 1 << 20);
    loop = loop_new_virtual((struct wall){0});
    resolver = scripted_resolver_new(loop);
    return loop && resolver ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    resolver_free(resolver);
    loop_free(loop);
    arena_done(&arena);
    return 0;
}

static void on_answer(void *arg, const struct dns_reply *reply)
{
    (void)arg;
    answer = *reply;
    answers++;
}

static const struct dns_lookup *ask(const char *name, enum dns_type type)
{
    struct query q = {.resolver = NULL};
    answers = 0;
    resolver_ask(resolver, &q, name, type, &arena, LIMIT_MS, on_answer, NULL);
    assert_int_equal(answers, 0);
    assert_int_equal(scripted_dns_open(resolver), 1);
    assert_int_equal(loop_run(loop), 0);
    assert_int_equal(answers, 1);
    assert_int_equal(scripted_dns_open(resolver), 0);
    return &answer.lookup;
}

static void expect(const char *name, enum dns_type type, enum dns_status status, enum dnssec_state dnssec)
{
    const struct dns_lookup *lookup = ask(name, type);
    if (lookup->status != status || lookup->dnssec != dnssec)
        fail_msg("%s: status %d instead of %d, DNSSEC %d instead of %d", name, lookup->status, status, lookup->dnssec, dnssec);
}

static void zone(const char *name, enum dns_status status, enum dnssec_state dnssec)
{
    assert_int_equal(scripted_dns_zone(resolver, name, status, dnssec, NULL), 0);
}

static void record(const char *name, enum dns_type type, enum dnssec_state dnssec, const char *data)
{
    assert_int_equal(scripted_dns_add(resolver, name, type, dnssec, data), 0);
}

static void tlsa_records_are_given_as_they_come(void **state)
{
    (void)state;
    record("_25._tcp.mx.good.test", DNS_TLSA, DNSSEC_SECURE, "3 1 1 00fF 10");
    record("_25._tcp.mx.good.test", DNS_TLSA, DNSSEC_SECURE, "2 0 255");
    expect("_25._tcp.mx.good.test", DNS_TLSA, DNS_FOUND, DNSSEC_SECURE);
    assert_int_equal(answer.record_count, 2);
    assert_int_equal(answer.records[0].data.n, 6);
    assert_memory_equal(answer.records[0].data.p, "\x03\x01\x01\x00\xff\x10", 6);
    assert_int_equal(answer.records[1].data.n, 3);
    assert_memory_equal(answer.records[1].data.p, "\x02\x00\xff", 3);
}

static void names_without_a_row_are_denied(void **state)
{
    (void)state;
    record("mx.good.test.", DNS_A, DNSSEC_SECURE, "192.0.2.1");
    expect("mx.good.test", DNS_A, DNS_FOUND, DNSSEC_SECURE);
    assert_int_equal(answer.record_count, 1);
    expect("mx.good.test", DNS_AAAA, DNS_NODATA, DNSSEC_SECURE);
    expect("good.test", DNS_A, DNS_NODATA, DNSSEC_SECURE); /* RFC 8020: a name is below it */
    expect("bad.test", DNS_A, DNS_NXDOMAIN, DNSSEC_SECURE);
}

static void a_denial_has_the_state_of_the_zone_it_comes_from(void **state)
{
    (void)state;
    zone(".", DNS_FOUND, DNSSEC_SECURE);
    zone("plain.test.", DNS_FOUND, DNSSEC_INSECURE);
    zone("signed.plain.test", DNS_FOUND, DNSSEC_SECURE);
    expect("gone.test", DNS_A, DNS_NXDOMAIN, DNSSEC_SECURE);
    expect("plain.test", DNS_A, DNS_NODATA, DNSSEC_INSECURE); /* a zone's name exists */
    expect("gone.plain.test", DNS_A, DNS_NXDOMAIN, DNSSEC_INSECURE);
    expect("gone.signed.plain.test", DNS_A, DNS_NXDOMAIN, DNSSEC_SECURE);
    expect("notplain.test", DNS_A, DNS_NXDOMAIN, DNSSEC_SECURE);
}

static void a_zone_that_does_not_answer_hides_its_records(void **state)
{
    (void)state;
    assert_int_equal(scripted_dns_zone(resolver, "bogus.test", DNS_BOGUS, DNSSEC_BOGUS, "signatures have expired"), 0);
    zone("dead.test", DNS_TIMEOUT, DNSSEC_INDETERMINATE);
    zone("alive.dead.test", DNS_FOUND, DNSSEC_INSECURE);
    record("bogus.test", DNS_A, DNSSEC_BOGUS, "192.0.2.1");
    record("dead.test", DNS_A, DNSSEC_INSECURE, "192.0.2.1");
    record("alive.dead.test", DNS_A, DNSSEC_INSECURE, "192.0.2.1");
    expect("bogus.test", DNS_A, DNS_BOGUS, DNSSEC_BOGUS);
    assert_string_equal(answer.lookup.reason, "signatures have expired");
    assert_int_equal(answer.record_count, 0);
    expect("gone.bogus.test", DNS_A, DNS_BOGUS, DNSSEC_BOGUS);
    expect("dead.test", DNS_A, DNS_TIMEOUT, DNSSEC_INDETERMINATE);
    assert_int_equal(answer.lookup.took_ms, LIMIT_MS);
    expect("alive.dead.test", DNS_A, DNS_FOUND, DNSSEC_INSECURE);
}

static void an_alias_is_as_good_as_the_worst_zone_on_its_way(void **state)
{
    (void)state;
    zone("bogus.test", DNS_BOGUS, DNSSEC_BOGUS);
    zone("plain.test", DNS_FOUND, DNSSEC_INSECURE);
    zone("good.test", DNS_FOUND, DNSSEC_SECURE);
    record("mx.good.test", DNS_A, DNSSEC_SECURE, "192.0.2.1");
    assert_int_equal(scripted_dns_alias(resolver, "a.good.test", DNSSEC_SECURE, "mx.good.test"), 0);
    assert_int_equal(scripted_dns_alias(resolver, "b.plain.test", DNSSEC_INSECURE, "a.good.test"), 0);
    assert_int_equal(scripted_dns_alias(resolver, "c.good.test", DNSSEC_SECURE, "Gone.plain.test."), 0);
    assert_int_equal(scripted_dns_alias(resolver, "d.good.test", DNSSEC_SECURE, "mx.bogus.test"), 0);
    expect("a.good.test", DNS_A, DNS_FOUND, DNSSEC_SECURE);
    assert_string_equal(answer.lookup.alias_of, "mx.good.test");
    expect("b.plain.test", DNS_A, DNS_FOUND, DNSSEC_INSECURE);
    assert_string_equal(answer.lookup.alias_of, "mx.good.test");
    expect("c.good.test", DNS_A, DNS_NXDOMAIN, DNSSEC_INSECURE);
    assert_string_equal(answer.lookup.alias_of, "gone.plain.test");
    expect("d.good.test", DNS_A, DNS_BOGUS, DNSSEC_BOGUS);
    expect("c.good.test", DNS_CNAME, DNS_FOUND, DNSSEC_SECURE); /* the alias itself, wherever it leads */
    assert_string_equal(answer.records[0].name, "gone.plain.test");
    assert_null(answer.lookup.alias_of);
    expect("mx.good.test", DNS_CNAME, DNS_NODATA, DNSSEC_SECURE);
}

static void aliases_without_end_are_a_failure(void **state)
{
    (void)state;
    zone("loop.test", DNS_FOUND, DNSSEC_SECURE);
    assert_int_equal(scripted_dns_alias(resolver, "a.loop.test", DNSSEC_SECURE, "b.loop.test"), 0);
    assert_int_equal(scripted_dns_alias(resolver, "b.loop.test", DNSSEC_SECURE, "a.loop.test"), 0);
    expect("a.loop.test", DNS_A, DNS_FAILED, DNSSEC_INDETERMINATE);
    assert_int_equal(answer.lookup.rcode, 2);
    assert_null(answer.lookup.alias_of);
}

static void data_that_is_none_of_its_type_is_refused(void **state)
{
    (void)state;
    assert_int_equal(scripted_dns_add(resolver, "a.test", DNS_A, DNSSEC_SECURE, "2001:db8::1"), -1);
    assert_int_equal(scripted_dns_add(resolver, "a.test", DNS_MX, DNSSEC_SECURE, "mx.test"), -1);
    assert_int_equal(scripted_dns_add(resolver, "a.test", DNS_TLSA, DNSSEC_SECURE, "3 1 256 00"), -1);
    assert_int_equal(scripted_dns_add(resolver, "a.test", DNS_TLSA, DNSSEC_SECURE, "3 1 1 abc"), -1);
    assert_int_equal(scripted_dns_add(resolver, "a.test", DNS_TLSA, DNSSEC_SECURE, "3 1 1 zz"), -1);
    expect("a.test", DNS_A, DNS_NXDOMAIN, DNSSEC_SECURE);
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T(tlsa_records_are_given_as_they_come),
        T(names_without_a_row_are_denied),
        T(a_denial_has_the_state_of_the_zone_it_comes_from),
        T(a_zone_that_does_not_answer_hides_its_records),
        T(an_alias_is_as_good_as_the_worst_zone_on_its_way),
        T(aliases_without_end_are_a_failure),
        T(data_that_is_none_of_its_type_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

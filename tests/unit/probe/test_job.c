/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_job - whole jobs without a kernel, a clock or a network: scripted DNS, scripted servers, virtual time.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "world.h"

static void hosts_come_in_order_each_once(void **state)
{
    struct world *w = *state;
    dns(w, "good.test", DNS_MX, "20 mx2.good.test");
    dns(w, "good.test", DNS_MX, "10 mx1.good.test");
    dns(w, "good.test", DNS_MX, "30 mx1.good.test");
    dns(w, "mx1.good.test", DNS_A, "192.0.2.1");
    dns(w, "mx1.good.test", DNS_AAAA, "2001:db8::1");
    dns(w, "mx2.good.test", DNS_A, "192.0.2.2");
    serve(w, "192.0.2.1", 25, &healthy);
    serve(w, "2001:db8::1", 25, &healthy);
    serve(w, "192.0.2.2", 25, &healthy);
    const struct facts *f = check(w, "good.test");
    assert_int_equal(f->mx.status, MX_PRESENT);
    assert_int_equal(f->mx.record_count, 3);
    assert_int_equal(f->host_count, 2);
    assert_string_equal(f->hosts[0].name, "mx1.good.test");
    assert_int_equal(f->hosts[0].address_count, 2);
    assert_int_equal(session(f, 0, 0, 0)->end, END_QUIT);
    assert_int_equal(session(f, 0, 1, 0)->relay.rcpt[0].code, 554);
    assert_int_equal(f->vantage.egress_v4.state, EGRESS_OPEN);
    assert_int_equal(dials(w, "192.0.2.251", 25), 0);
    assert_int_equal(dials(w, "192.0.2.1", 25), 1);
}

static void a_null_mx_connects_to_nobody(void **state)
{
    struct world *w = *state;
    dns(w, "good.test", DNS_MX, "0 .");
    const struct facts *f = check(w, "good.test");
    assert_int_equal(f->mx.status, MX_NULL);
    assert_int_equal(f->host_count, 0);
}

static void a_domain_without_mx_is_its_own_host(void **state)
{
    struct world *w = *state;
    dns(w, "good.test", DNS_A, "192.0.2.1");
    dns(w, "good.test", DNS_TXT, "v=spf1 a -all");
    serve(w, "192.0.2.1", 25, &healthy);
    const struct facts *f = check(w, "good.test");
    assert_int_equal(f->mx.status, MX_IMPLICIT);
    assert_string_equal(f->hosts[0].name, "good.test");
}

static void a_domain_that_says_it_sends_nothing_takes_nothing(void **state)
{
    struct world *w = *state;
    dns(w, "good.test", DNS_A, "192.0.2.1");
    dns(w, "good.test", DNS_TXT, "v=spf1 -all");
    const struct facts *f = check(w, "good.test");
    assert_int_equal(f->mx.status, MX_NONE);
    assert_true(f->mx.spf_denies_all);
    assert_int_equal(dials(w, "192.0.2.1", 25), 0);
}

static void a_failed_look_up_is_no_missing_domain(void **state)
{
    struct world *w = *state;
    scripted_dns_fail(w->prober.resolver, "good.test", DNS_MX, DNS_FAILED, DNSSEC_INDETERMINATE, "servers failed");
    assert_int_equal(check(w, "good.test")->mx.status, MX_DNS_FAILURE);
    world_tear_down(state), world_set_up(state);
    assert_int_equal(check(w, "gone.test")->mx.status, MX_NXDOMAIN);
}

static void a_refused_connection_is_tried_twice_and_controls_are_asked(void **state)
{
    struct world *w = *state;
    one_mx(w, "192.0.2.1");
    refuse(w, "192.0.2.1");
    serve(w, "192.0.2.251", 25, &healthy);
    const struct facts *f = check(w, "good.test");
    assert_int_equal(dials(w, "192.0.2.1", 25), 2);
    assert_int_equal(session(f, 0, 0, 1)->purpose, CONNECTION_RETRY);
    assert_int_equal(session(f, 0, 0, 1)->connect, CONNECT_REFUSED);
    assert_int_equal(f->vantage.egress_v4.controls_open, 1);
    assert_int_equal(f->vantage.egress_v4.state, EGRESS_OPEN);
    assert_false(f->vantage.egress_v6.needed);
}

static void silence_everywhere_means_our_own_network(void **state)
{
    struct world *w = *state;
    one_mx(w, "192.0.2.1");
    const struct facts *f = check(w, "good.test");
    assert_int_equal(session(f, 0, 0, 0)->connect, CONNECT_TIMEOUT);
    assert_int_equal(f->vantage.egress_v4.state, EGRESS_BLOCKED);
    world_tear_down(state), world_set_up(state);
    w->prober.options.control_count = 0;
    one_mx(w, "192.0.2.1");
    assert_int_equal(check(w, "good.test")->vantage.egress_v4.state, EGRESS_UNKNOWN);
}

static void our_own_trouble_is_no_blocked_port(void **state)
{
    struct world *w = *state;
    const struct scripted_peer trouble = {.connect = TRANSPORT_TROUBLE};
    one_mx(w, "192.0.2.1");
    refuse(w, "192.0.2.251");
    assert_int_equal(scripted_serve(w->prober.net.dialer, ip_of("192.0.2.252"), 25, &trouble), 0);
    const struct facts *f = check(w, "good.test");
    assert_int_equal(f->vantage.egress_v4.controls_tried, 1);
    assert_int_equal(f->vantage.egress_v4.state, EGRESS_UNKNOWN);
}

static void without_a_route_there_is_no_way_out(void **state)
{
    struct world *w = *state;
    const struct scripted_peer no_route = {.connect = TRANSPORT_TROUBLE, .error = ENETUNREACH};
    one_mx(w, "192.0.2.1");
    static const char *const places[] = {"192.0.2.1", "192.0.2.251", "192.0.2.252"};
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(scripted_serve(w->prober.net.dialer, ip_of(places[i]), 25, &no_route), 0);
    const struct facts *f = check(w, "good.test");
    assert_int_equal(session(f, 0, 0, 0)->connect, CONNECT_TROUBLE);
    assert_int_equal(f->vantage.egress_v4.controls_tried, 2);
    assert_int_equal(f->vantage.egress_v4.state, EGRESS_BLOCKED);
}

static void a_slow_greeting_is_waited_for_without_a_word(void **state)
{
    struct world *w = *state;
    struct server slow = healthy;
    slow.delay_ms = 35000;
    one_mx(w, "192.0.2.1");
    serve(w, "192.0.2.1", 25, &slow);
    const struct facts *f = check(w, "good.test");
    assert_int_equal(session(f, 0, 0, 0)->end, END_QUIT);
    assert_in_range(session(f, 0, 0, 0)->greeting.last_ms, 35000, 35100);
    assert_int_equal(dials(w, "192.0.2.1", 25), 1);
}

static void a_tarpit_ends_in_time(void **state)
{
    struct world *w = *state;
    struct server silent = {.greeting = NULL};
    one_mx(w, "192.0.2.1");
    serve(w, "192.0.2.1", 25, &silent);
    const struct facts *f = check(w, "good.test");
    assert_int_equal(session(f, 0, 0, 0)->end, END_TIMEOUT);
    assert_int_equal(session(f, 0, 0, 0)->end_step, STEP_GREETING);
    assert_in_range(f->duration_ms, 60000, 61000);
}

static void a_private_address_is_never_dialled(void **state)
{
    struct world *w = *state;
    one_mx(w, "10.0.0.5");
    const struct facts *f = check(w, "good.test");
    const struct address_facts *a = &f->hosts[0].addresses[0];
    assert_non_null(a->special);
    assert_int_equal(a->endpoints[0].not_probed, NOT_PROBED_PRIVATE_ADDRESS);
    assert_int_equal(dials(w, "10.0.0.5", 25), 0);
}

static void hosts_and_addresses_have_limits(void **state)
{
    struct world *w = *state;
    char text[80], host[32];
    for (int i = 0; i < 14; i++) {
        snprintf(host, sizeof host, "mx%02d.good.test", i);
        snprintf(text, sizeof text, "%d %s", i, host);
        dns(w, "good.test", DNS_MX, text);
        for (int k = 0; k < 6; k++) {
            snprintf(text, sizeof text, "192.0.2.%d", i * 6 + k);
            dns(w, host, DNS_A, text);
            serve(w, text, 25, &healthy);
        }
    }
    const struct facts *f = check(w, "good.test");
    size_t probed = 0;
    for (size_t h = 0; h < f->host_count; h++) {
        assert_int_equal(f->hosts[h].address_count, LIMIT_ADDRESSES_PER_FAMILY);
        assert_int_equal(f->hosts[h].addresses_left_out, 2);
        for (size_t a = 0; a < f->hosts[h].address_count; a++)
            probed += f->hosts[h].addresses[a].endpoints[0].session_count;
    }
    assert_int_equal(f->hosts_left_out, 4);
    assert_int_equal(probed, LIMIT_ADDRESSES_PROBED);
}

static void reverse_names_are_confirmed_forward(void **state)
{
    struct world *w = *state;
    one_mx(w, "192.0.2.1");
    serve(w, "192.0.2.1", 25, &healthy);
    dns(w, "1.2.0.192.in-addr.arpa", DNS_PTR, "mx1.good.test");
    dns(w, "1.2.0.192.in-addr.arpa", DNS_PTR, "other.isp.test");
    dns(w, "other.isp.test", DNS_A, "192.0.2.9");
    const struct facts *f = check(w, "good.test");
    const struct address_facts *a = &f->hosts[0].addresses[0];
    assert_int_equal(a->ptr_name_count, 2);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(a->ptr_names[i].has_address, strcmp(a->ptr_names[i].name, "mx1.good.test") == 0);
    assert_true(a->greeting_name_has_address);
    assert_int_equal(a->greeting_name_lookup.status, DNS_NOT_ASKED);
}

/* 640 addresses, each with 200 reverse names of 1000 octets. */
static void a_domain_that_fills_our_memory_has_a_report(void **state)
{
    struct world *w = *state;
    char text[1100], host[32], label[900];
    memset(label, 'x', sizeof label - 1);
    label[sizeof label - 1] = '\0';
    for (int i = 0; i < RESOLVER_RECORDS_MAX; i++) {
        snprintf(text, sizeof text, "%s.n%d.many.test", label, i);
        dns(w, "many.test", DNS_PTR, text);
    }
    for (int i = 0; i < 80; i++) {
        snprintf(host, sizeof host, "mx%02d.good.test", i);
        snprintf(text, sizeof text, "%d %s", i, host);
        dns(w, "good.test", DNS_MX, text);
        for (int k = 0; k < 2 * LIMIT_ADDRESSES_PER_FAMILY; k++) {
            char reverse[REVERSE_NAME_BYTES];
            snprintf(text, sizeof text, k < LIMIT_ADDRESSES_PER_FAMILY ? "192.0.2.%d" : "2001:db8::%d", i * 3 + k % 4);
            dns(w, host, k < LIMIT_ADDRESSES_PER_FAMILY ? DNS_A : DNS_AAAA, text);
            ip_write_reverse_name(ip_of(text), reverse);
            assert_int_equal(scripted_dns_alias(w->prober.resolver, reverse, DNSSEC_SECURE, "many.test"), 0);
        }
    }
    const struct facts *f = check(w, "good.test");
    assert_true(f->incomplete);
    assert_int_equal(f->mx.record_count, 80);
    assert_false(job_arena(w->job)->exhausted); /* there is room to judge what is known */
    assert_non_null(arena_alloc(job_arena(w->job), 1 << 20));
}

static void the_run_has_a_limit(void **state)
{
    struct world *w = *state;
    struct server silent = {.greeting = NULL};
    one_mx(w, "192.0.2.1");
    serve(w, "192.0.2.1", 25, &silent);
    w->prober.options.run_timeout_ms = 20000;
    const struct facts *f = check(w, "good.test");
    assert_true(f->incomplete);
    assert_int_equal(f->duration_ms, 20000);
    assert_int_equal(session(f, 0, 0, 0)->end, END_LIMIT);
}

static void a_server_by_address_needs_no_mx(void **state)
{
    struct world *w = *state;
    serve(w, "192.0.2.1", 25, &healthy);
    const struct facts *f = probe(w, "192.0.2.1", 25);
    assert_int_equal(f->target.kind, TARGET_SERVER);
    assert_int_equal(session(f, 0, 0, 0)->end, END_QUIT);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)
    const struct CMUnitTest tests[] = {
        T(hosts_come_in_order_each_once),
        T(a_null_mx_connects_to_nobody),
        T(a_domain_without_mx_is_its_own_host),
        T(a_domain_that_says_it_sends_nothing_takes_nothing),
        T(a_failed_look_up_is_no_missing_domain),
        T(a_refused_connection_is_tried_twice_and_controls_are_asked),
        T(silence_everywhere_means_our_own_network),
        T(our_own_trouble_is_no_blocked_port),
        T(without_a_route_there_is_no_way_out),
        T(a_slow_greeting_is_waited_for_without_a_word),
        T(a_tarpit_ends_in_time),
        T(a_private_address_is_never_dialled),
        T(hosts_and_addresses_have_limits),
        T(reverse_names_are_confirmed_forward),
        T(a_domain_that_fills_our_memory_has_a_report),
        T(the_run_has_a_limit),
        T(a_server_by_address_needs_no_mx),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* test_public - who takes orders from strangers connects to no address inside anybody's network, whichever way it is written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "net/authority_scripted.h"
#include "world.h"

static const char *const inside[] = {
    "127.0.0.1",
    "127.1.2.3",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",      /* shared address space */
    "169.254.169.254", /* link local; metadata of clouds */
    "::",
    "::1",
    "::ffff:127.0.0.1",          /* mapped */
    "::127.0.0.1",               /* IPv4-compatible */
    "64:ff9b::7f00:1",           /* NAT64 */
    "64:ff9b:1::7f00:1",         /* local NAT64 */
    "2002:7f00:1::",             /* 6to4 */
    "2001:0:102:304::80ff:fffe", /* Teredo: the inner address is inverted */
    "fe80::1",
    "fec0::1",
    "fd00::1",
};
enum { INSIDE_COUNT = sizeof inside / sizeof *inside };

static struct world *fresh(void)
{
    void *state;
    assert_int_equal(world_set_up(&state), 0);
    struct world *w = state;
    w->prober.options.public_only = true;
    return w;
}

static void over(struct world *w)
{
    void *state = w;
    world_tear_down(&state);
}

static void dns_address(struct world *w, const char *name, const char *ip)
{
    dns(w, name, ip_of(ip).family == IP_V6 ? DNS_AAAA : DNS_A, ip);
}

static void expect_left_alone(struct world *w, const struct facts *f, const char *ip)
{
    if (dials(w, ip, 25))
        fail_msg("%s was connected to", ip);
    assert_int_equal(f->hosts[0].address_count, 1);
    const struct address_facts *a = &f->hosts[0].addresses[0];
    assert_non_null(a->special);
    assert_false(a->treated_as_public);
    assert_int_equal(a->endpoints[0].not_probed, NOT_PROBED_PRIVATE_ADDRESS);
    assert_int_equal(a->endpoints[0].session_count, 0);
}

static void no_server_inside_is_connected_to_by_its_address(void **state)
{
    (void)state;
    for (size_t i = 0; i < INSIDE_COUNT; i++) {
        struct world *w = fresh();
        serve(w, inside[i], 25, &healthy);
        expect_left_alone(w, probe(w, inside[i], 25), inside[i]);
        over(w);
    }
}

static void no_server_inside_is_connected_to_by_a_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < INSIDE_COUNT; i++) {
        struct world *w = fresh();
        dns_address(w, "inside.test", inside[i]);
        serve(w, inside[i], 25, &healthy);
        expect_left_alone(w, probe(w, "inside.test", 25), inside[i]);
        over(w);
    }
}

/* Programs that read it as inet_aton does would connect to 127.0.0.1. */
static void a_short_form_is_a_name(void **state)
{
    (void)state;
    static const char *const forms[] = {"127.1", "2130706433", "0x7f.1", "0177.0.0.1"};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct world *w = fresh();
        serve(w, "127.0.0.1", 25, &healthy);
        const struct facts *f = probe(w, forms[i], 25);
        assert_int_equal(f->hosts[0].address_count, 0);
        assert_int_equal(dials(w, "127.0.0.1", 25), 0);
        over(w);
    }
}

static void a_server_with_a_public_address_too_is_met_there(void **state)
{
    struct world *w = fresh();
    (void)state;
    dns(w, "both.test", DNS_A, "192.0.2.1");
    dns(w, "both.test", DNS_A, "127.0.0.1");
    serve(w, "192.0.2.1", 25, &healthy);
    serve(w, "127.0.0.1", 25, &healthy);
    const struct facts *f = probe(w, "both.test", 25);
    assert_int_equal(f->hosts[0].address_count, 2);
    assert_int_equal(dials(w, "127.0.0.1", 25), 0);
    assert_int_equal(dials(w, "192.0.2.1", 25), 1);
    over(w);
}

static void what_is_treated_as_public_is_connected_to(void **state)
{
    struct world *w = fresh();
    (void)state;
    assert_true(ip_network_parse(STR("10.0.0.0/24"), &w->public_network[0]));
    serve(w, "10.0.0.1", 25, &healthy);
    assert_int_equal(session(probe(w, "10.0.0.1", 25), 0, 0, 0)->end, END_QUIT);
    over(w);
}

static void no_mail_host_of_a_domain_is_inside(void **state)
{
    (void)state;
    for (size_t i = 0; i < INSIDE_COUNT; i++) {
        struct world *w = fresh();
        dns(w, "good.test", DNS_MX, "10 mx1.good.test");
        dns_address(w, "mx1.good.test", inside[i]);
        serve(w, inside[i], 25, &healthy);
        expect_left_alone(w, check(w, "good.test"), inside[i]);
        over(w);
    }
}

static void no_policy_is_fetched_from_inside(void **state)
{
    (void)state;
    for (size_t i = 0; i < INSIDE_COUNT; i++) {
        struct world *w = fresh();
        dns(w, "good.test", DNS_MX, "0 .");
        dns(w, "_mta-sts.good.test", DNS_TXT, "v=STSv1; id=1;");
        dns_address(w, "mta-sts.good.test", inside[i]);
        const struct facts *f = check(w, "good.test");
        assert_int_equal(f->mta_sts.fetch.result, FETCH_NOT_ALLOWED);
        assert_int_equal(scripted_fetch_count(w->prober.fetcher, "mta-sts.good.test"), 0);
        over(w);
    }
}

static void count_question(void *arg, struct ip server, bool over_tcp, const char *name, enum dns_type type, struct buf *answer)
{
    (void)server, (void)over_tcp, (void)name, (void)type, (void)answer;
    *(size_t *)arg += 1;
}

static void no_name_server_inside_is_asked(void **state)
{
    (void)state;
    for (size_t i = 0; i < INSIDE_COUNT; i++) {
        struct world *w = fresh();
        size_t questions = 0;
        struct authority_asker *asker = scripted_authority_asker_new(w->loop, count_question, &questions);
        assert_non_null(asker);
        w->prober.authorities = asker;
        w->prober.options.authorities = true;
        dns(w, "good.test", DNS_MX, "0 .");
        dns(w, "good.test", DNS_NS, "ns1.good.test");
        dns_address(w, "ns1.good.test", inside[i]);
        const struct facts *f = check(w, "good.test");
        assert_int_equal(f->authorities.server_count, 1);
        assert_non_null(f->authorities.servers[0].special);
        assert_int_equal(questions, 0);
        over(w);
        authority_asker_free(asker);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_server_inside_is_connected_to_by_its_address),
        cmocka_unit_test(no_server_inside_is_connected_to_by_a_name),
        cmocka_unit_test(a_short_form_is_a_name),
        cmocka_unit_test(a_server_with_a_public_address_too_is_met_there),
        cmocka_unit_test(what_is_treated_as_public_is_connected_to),
        cmocka_unit_test(no_mail_host_of_a_domain_is_inside),
        cmocka_unit_test(no_policy_is_fetched_from_inside),
        cmocka_unit_test(no_name_server_inside_is_asked),
    };
    return cmocka_run_group_tests_name("probe public", tests, NULL, NULL);
}

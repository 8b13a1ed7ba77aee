/* SPDX-License-Identifier: Apache-2.0 */
/* test_opt_out - who is on the list of those who are left alone is not connected to, however a job comes upon him. */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define POLICY "version: STSv1\nmode: enforce\nmx: *.good.test\nmax_age: 604800\n"

static struct opt_out *list;

static int tear_down(void **state)
{
    int rc = world_tear_down(state);
    opt_out_free(list);
    list = NULL;
    return rc;
}

static void opt_out(struct world *w, const char *lines)
{
    char error[200] = "";
    opt_out_free(list);
    list = opt_out_parse(str_of(lines), error, sizeof error);
    assert_string_equal(error, "");
    w->prober.opt_out = list;
}

/* mx1 has an address of each family, mail.other.test one. */
static void two_mx(struct world *w)
{
    static const char *const ips[] = {"192.0.2.1", "2001:db8::1", "192.0.2.9"};
    dns(w, "good.test", DNS_MX, "10 mx1.good.test");
    dns(w, "good.test", DNS_MX, "20 mail.other.test");
    dns(w, "mx1.good.test", DNS_A, ips[0]);
    dns(w, "mx1.good.test", DNS_AAAA, ips[1]);
    dns(w, "mail.other.test", DNS_A, ips[2]);
    for (size_t i = 0; i < 3; i++)
        serve(w, ips[i], 25, &healthy);
}

static void expect_connected(const struct facts *f, size_t host, size_t address, struct world *w, const char *ip)
{
    const struct endpoint_facts *e = &f->hosts[host].addresses[address].endpoints[0];
    assert_int_equal(e->not_probed, PROBED);
    assert_int_equal(dials(w, ip, 25), 1);
}

static void expect_left_alone(const struct facts *f, size_t host, size_t address, struct world *w, const char *ip)
{
    const struct endpoint_facts *e = &f->hosts[host].addresses[address].endpoints[0];
    assert_int_equal(e->not_probed, NOT_PROBED_OPT_OUT);
    assert_int_equal(e->session_count, 0);
    assert_null(e->shown);
    assert_null(f->hosts[host].addresses[address].special);
    if (dials(w, ip, 25))
        fail_msg("%s was connected to", ip);
}

static void a_host_is_left_alone_beside_another(void **state)
{
    struct world *w = *state;
    two_mx(w);
    opt_out(w, "mail.other.test\n");
    const struct facts *f = check(w, "good.test");
    expect_connected(f, 0, 0, w, "192.0.2.1");
    expect_connected(f, 0, 1, w, "2001:db8::1");
    expect_left_alone(f, 1, 0, w, "192.0.2.9");
}

static void a_host_is_left_alone_by_a_name_above_its_own(void **state)
{
    struct world *w = *state;
    two_mx(w);
    opt_out(w, "OTHER.test\n");
    const struct facts *f = check(w, "good.test");
    expect_connected(f, 0, 0, w, "192.0.2.1");
    expect_left_alone(f, 1, 0, w, "192.0.2.9");
}

static void one_address_of_a_host_is_left_alone(void **state)
{
    struct world *w = *state;
    two_mx(w);
    opt_out(w, "2001:db8::/32\n");
    const struct facts *f = check(w, "good.test");
    expect_connected(f, 0, 0, w, "192.0.2.1");
    expect_left_alone(f, 0, 1, w, "2001:db8::1");
    expect_connected(f, 1, 0, w, "192.0.2.9");
}

static void all_hosts_of_a_target_are_left_alone(void **state)
{
    struct world *w = *state;
    two_mx(w);
    opt_out(w, "good.test\n");
    const struct facts *f = check(w, "good.test");
    expect_left_alone(f, 0, 0, w, "192.0.2.1");
    expect_left_alone(f, 0, 1, w, "2001:db8::1");
    expect_left_alone(f, 1, 0, w, "192.0.2.9");
}

static void every_port_of_a_host_is_left_alone(void **state)
{
    static const uint16_t ports[] = {25, 587};
    struct world *w = *state;
    one_mx(w, "192.0.2.1");
    w->prober.options.ports = ports;
    w->prober.options.port_count = 2;
    opt_out(w, "192.0.2.1\n");
    const struct facts *f = check(w, "good.test");
    expect_left_alone(f, 0, 0, w, "192.0.2.1");
    assert_int_equal(f->hosts[0].addresses[0].endpoints[1].not_probed, NOT_PROBED_OPT_OUT);
    assert_int_equal(dials(w, "192.0.2.1", 587), 0);
}

/* By SRV records, that is. */
static void a_host_for_submission_is_left_alone(void **state)
{
    struct world *w = *state;
    one_mx(w, "192.0.2.1");
    serve(w, "192.0.2.1", 25, &healthy);
    dns(w, "_submission._tcp.good.test", DNS_SRV, "0 1 587 send.other.test");
    dns(w, "send.other.test", DNS_A, "192.0.2.9");
    opt_out(w, "other.test\n");
    const uint16_t ports[] = {25, 587};
    w->prober.options.ports = ports;
    w->prober.options.port_count = 2;
    const struct facts *f = check(w, "good.test");
    assert_int_equal(f->submission_host_count, 1);
    assert_int_equal(f->hosts[1].addresses[0].endpoints[0].not_probed, NOT_PROBED_OPT_OUT);
    assert_int_equal(dials(w, "192.0.2.9", 587), 0);
}

static void a_server_is_left_alone(void **state)
{
    static const char *const lines[] = {"mx.other.test\n", "192.0.2.9\n"};
    for (size_t i = 0; i < 2; i++) {
        struct world *w = *state;
        dns(w, "mx.other.test", DNS_A, "192.0.2.9");
        serve(w, "192.0.2.9", 25, &healthy);
        opt_out(w, lines[i]);
        expect_left_alone(probe(w, "mx.other.test", 25), 0, 0, w, "192.0.2.9");
        tear_down(state);
        assert_int_equal(world_set_up(state), 0);
    }
}

/* What an opted-out host cannot show, no control host is asked for; opted-out control hosts prove nothing. */
static void control_hosts_are_left_alone(void **state)
{
    static const struct control_host controls[] = {{"control.other.test", 25}, {"192.0.2.252", 25}, {"control3.test", 25}, {"192.0.2.254", 25}};
    struct world *w = *state;
    one_mx(w, "192.0.2.1");
    dns(w, "control.other.test", DNS_A, "192.0.2.251");
    dns(w, "control3.test", DNS_A, "192.0.2.253");
    w->prober.options.controls = controls;
    w->prober.options.control_count = 4;
    opt_out(w, "other.test\n192.0.2.252/31\n");
    const struct facts *f = check(w, "good.test");
    assert_true(f->vantage.egress_v4.needed);
    assert_int_equal(f->vantage.egress_v4.controls_tried, 1);
    assert_int_equal(f->vantage.egress_v4.state, EGRESS_UNKNOWN);
    for (unsigned last = 251; last <= 254; last++) {
        char ip[20];
        snprintf(ip, sizeof ip, "192.0.2.%u", last);
        assert_int_equal(dials(w, ip, 25), last == 254);
    }
}

static void no_control_host_is_asked_about_who_is_left_alone(void **state)
{
    static const struct control_host controls[] = {{"192.0.2.251", 25}, {"192.0.2.252", 25}};
    struct world *w = *state;
    one_mx(w, "192.0.2.1");
    w->prober.options.controls = controls;
    w->prober.options.control_count = 2;
    opt_out(w, "192.0.2.1\n");
    const struct facts *f = check(w, "good.test");
    assert_false(f->vantage.egress_v4.needed);
    assert_int_equal(dials(w, "192.0.2.251", 25), 0);
}

static void a_policy(struct world *w)
{
    one_mx(w, "192.0.2.1");
    serve(w, "192.0.2.1", 25, &healthy);
    dns(w, "_mta-sts.good.test", DNS_TXT, "v=STSv1; id=1;");
    dns(w, "mta-sts.good.test", DNS_A, "192.0.2.80");
    scripted_fetch_serve(w->prober.fetcher, "mta-sts.good.test", &(struct scripted_page){.result = FETCH_DONE, .status = 200, .body = STR(POLICY)});
}

static void a_policy_host_is_left_alone(void **state)
{
    static const char *const lines[] = {"mta-sts.good.test\n", "192.0.2.80\n"};
    for (size_t i = 0; i < 2; i++) {
        struct world *w = *state;
        a_policy(w);
        opt_out(w, lines[i]);
        const struct facts *f = check(w, "good.test");
        assert_int_equal(f->mta_sts.fetch.result, FETCH_OPTED_OUT);
        assert_null(f->mta_sts.fetch.error);
        assert_int_equal(scripted_fetch_count(w->prober.fetcher, "mta-sts.good.test"), 0);
        expect_connected(f, 0, 0, w, "192.0.2.1");
        tear_down(state);
        assert_int_equal(world_set_up(state), 0);
    }
}

static void a_policy_is_fetched_from_the_address_that_is_left(void **state)
{
    struct world *w = *state;
    a_policy(w);
    dns(w, "mta-sts.good.test", DNS_A, "192.0.2.81");
    opt_out(w, "192.0.2.80\n");
    const struct facts *f = check(w, "good.test");
    assert_int_equal(f->mta_sts.fetch.result, FETCH_DONE);
    assert_int_equal(scripted_fetch_count(w->prober.fetcher, "mta-sts.good.test"), 1);
}

static void a_logo_host_is_left_alone(void **state)
{
    struct world *w = *state;
    one_mx(w, "192.0.2.1");
    dns(w, "_dmarc.good.test", DNS_TXT, "v=DMARC1; p=reject");
    dns(w, "default._bimi.good.test", DNS_TXT, "v=BIMI1; l=https://logo.other.test/logo.svg;");
    dns(w, "logo.other.test", DNS_A, "192.0.2.82");
    w->prober.options.bimi = w->prober.options.dmarc = true;
    scripted_fetch_serve(w->prober.fetcher, "logo.other.test", &(struct scripted_page){.result = FETCH_DONE, .status = 200, .body = STR("<svg/>")});
    opt_out(w, "other.test\n");
    const struct facts *f = check(w, "good.test");
    assert_int_equal(f->bimi.logo_file.fetch.result, FETCH_OPTED_OUT);
    assert_int_equal(scripted_fetch_count(w->prober.fetcher, "logo.other.test"), 0);
}

static void the_list_of_the_moment_counts(void **state)
{
    struct world *w = *state;
    two_mx(w);
    opt_out(w, "other.test\n");
    expect_left_alone(check(w, "good.test"), 1, 0, w, "192.0.2.9");
    job_free(w->job);
    w->facts = NULL;
    opt_out(w, "nobody.test\n");
    expect_connected(check(w, "good.test"), 1, 0, w, "192.0.2.9");
}

#define T(f) cmocka_unit_test_setup_teardown(f, world_set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_host_is_left_alone_beside_another),
        T(a_host_is_left_alone_by_a_name_above_its_own),
        T(one_address_of_a_host_is_left_alone),
        T(all_hosts_of_a_target_are_left_alone),
        T(every_port_of_a_host_is_left_alone),
        T(a_host_for_submission_is_left_alone),
        T(a_server_is_left_alone),
        T(control_hosts_are_left_alone),
        T(no_control_host_is_asked_about_who_is_left_alone),
        T(a_policy_host_is_left_alone),
        T(a_policy_is_fetched_from_the_address_that_is_left),
        T(a_logo_host_is_left_alone),
        T(the_list_of_the_moment_counts),
    };
    return cmocka_run_group_tests_name("probe opt_out", tests, NULL, NULL);
}

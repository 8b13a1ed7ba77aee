/* SPDX-License-Identifier: Apache-2.0 */
/* test_policy - what is asked and fetched for MTA-STS and TLS-RPT, when, and what stands in the facts afterwards. */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define POLICY "version: STSv1\nmode: enforce\nmx: *.good.test\nmx: mail.other.test\nmax_age: 604800\n"
#define HOST "mta-sts.good.test"
#define WEB "192.0.2.80"

static size_t asked(struct world *w, const char *name, enum dns_type type)
{
    return scripted_dns_asked(w->prober.resolver, name, type);
}

static size_t fetched(struct world *w)
{
    return scripted_fetch_count(w->prober.fetcher, HOST);
}

static void page(struct world *w, struct scripted_page p)
{
    assert_int_equal(scripted_fetch_serve(w->prober.fetcher, HOST, &p), 0);
}

static void announced(struct world *w)
{
    dns(w, "_mta-sts.good.test", DNS_TXT, "v=STSv1; id=1;");
    dns(w, HOST, DNS_A, WEB);
}

static void a_mail_host(struct world *w)
{
    one_mx(w, "192.0.2.10");
    serve(w, "192.0.2.10", 25, &healthy);
}

static void without_a_record_nothing_else_is_asked(void **state)
{
    struct world *w = *state;
    a_mail_host(w);
    dns(w, "_mta-sts.good.test", DNS_TXT, "some other text");
    const struct facts *f = check(w, "good.test");
    assert_true(f->mta_sts.wanted && f->tls_rpt.wanted);
    assert_int_equal(f->mta_sts.record.count, 0);
    assert_int_equal(f->mta_sts.record.txt.status, DNS_FOUND);
    assert_int_equal(f->tls_rpt.record.txt.status, DNS_NXDOMAIN);
    assert_int_equal(asked(w, HOST, DNS_A), 0);
    assert_int_equal(f->mta_sts.fetch.result, FETCH_NOT_TRIED);
    assert_int_equal(fetched(w), 0);
}

static void a_policy_is_fetched_and_compared_with_the_hosts(void **state)
{
    struct world *w = *state;
    a_mail_host(w);
    dns(w, "good.test", DNS_MX, "20 mail.elsewhere.test");
    announced(w);
    page(w, (struct scripted_page){.result = FETCH_DONE, .content_type = "text/plain", .body = STR(POLICY), .delay_ms = 50});
    const struct facts *f = check(w, "good.test");
    assert_string_equal(f->mta_sts.id, "1");
    assert_int_equal(f->mta_sts.fetch.result, FETCH_DONE);
    assert_true(ip_eq(f->mta_sts.fetch.ip, ip_of(WEB)));
    assert_non_null(f->mta_sts.policy);
    assert_int_equal(f->mta_sts.policy->mode, MTA_STS_MODE_ENFORCE);
    assert_int_equal(f->mta_sts.policy->mx[0].hosts, 1);
    assert_int_equal(f->mta_sts.policy->mx[1].hosts, 0);
    assert_true(f->hosts[0].in_mta_sts_policy);
    assert_false(f->hosts[1].in_mta_sts_policy);
    assert_false(f->mta_sts.policy->mx[0].too_wide);
    assert_int_equal(asked(w, HOST, DNS_A), 1);
    assert_int_equal(asked(w, HOST, DNS_AAAA), 1);
    assert_int_equal(fetched(w), 1);
}

static void records_that_senders_ignore_fetch_nothing(void **state)
{
    struct world *w = *state;
    a_mail_host(w);
    announced(w);
    dns(w, "_mta-sts.good.test", DNS_TXT, "v=STSv1; id=2;");
    const struct facts *f = check(w, "good.test");
    assert_int_equal(f->mta_sts.record.count, 2);
    assert_true(str_is(f->mta_sts.record.text, "v=STSv1; id=1;"));
    assert_int_equal(asked(w, HOST, DNS_A), 0);
    assert_int_equal(fetched(w), 0);
}

static void a_flawed_record_fetches_nothing(void **state)
{
    struct world *w = *state;
    a_mail_host(w);
    dns(w, "_mta-sts.good.test", DNS_TXT, "v=STSv1; id=2026-11-25");
    const struct facts *f = check(w, "good.test");
    assert_int_equal(f->mta_sts.record.count, 1);
    assert_non_null(f->mta_sts.record.flaw);
    assert_null(f->mta_sts.id);
    assert_int_equal(asked(w, HOST, DNS_A), 0);
}

static void a_policy_host_without_address(void **state)
{
    struct world *w = *state;
    a_mail_host(w);
    dns(w, "_mta-sts.good.test", DNS_TXT, "v=STSv1; id=1");
    const struct facts *f = check(w, "good.test");
    assert_int_equal(f->mta_sts.fetch.result, FETCH_NO_ADDRESS);
    assert_int_equal(f->mta_sts.a.status, DNS_NXDOMAIN);
    assert_int_equal(fetched(w), 0);
}

static void nothing_is_connected_to_at_a_private_address(void **state)
{
    struct world *w = *state;
    a_mail_host(w);
    dns(w, "_mta-sts.good.test", DNS_TXT, "v=STSv1; id=1");
    dns(w, HOST, DNS_A, "10.0.0.1");
    dns(w, HOST, DNS_AAAA, "::1");
    const struct facts *f = check(w, "good.test");
    assert_int_equal(f->mta_sts.fetch.result, FETCH_NOT_ALLOWED);
    assert_non_null(f->mta_sts.fetch.error);
    assert_int_equal(fetched(w), 0);
}

static void only_the_families_that_are_asked_for(void **state)
{
    struct world *w = *state;
    a_mail_host(w);
    dns(w, "_mta-sts.good.test", DNS_TXT, "v=STSv1; id=1");
    dns(w, HOST, DNS_AAAA, "2001:db8::80");
    w->prober.options.use_v6 = false;
    const struct facts *f = check(w, "good.test");
    assert_int_equal(f->mta_sts.fetch.result, FETCH_NOT_TRIED);
    assert_int_equal(f->mta_sts.aaaa.status, DNS_FOUND);
    assert_int_equal(fetched(w), 0);
}

static void each_family_has_half_of_the_room(void **state)
{
    struct world *w = *state;
    static const char *const v4[] = {"192.0.2.81", "192.0.2.82", "192.0.2.83", "192.0.2.84"};
    a_mail_host(w);
    dns(w, "_mta-sts.good.test", DNS_TXT, "v=STSv1; id=1");
    for (size_t i = 0; i < 4; i++)
        dns(w, HOST, DNS_A, v4[i]);
    dns(w, HOST, DNS_AAAA, "2001:db8::81");
    page(w, (struct scripted_page){.result = FETCH_REFUSED}); /* that of the last address */
    const struct facts *f = check(w, "good.test");
    assert_true(ip_eq(f->mta_sts.fetch.ip, ip_of("2001:db8::81")));
    assert_int_equal(f->mta_sts.fetch.result, FETCH_REFUSED);
}

/* The records are asked for together with the MX: where the policy is quick, nobody waits for it. */
static void it_costs_no_time(void **state)
{
    struct world *w = *state;
    a_mail_host(w);
    announced(w);
    dns(w, "_smtp._tls.good.test", DNS_TXT, "v=TLSRPTv1; rua=mailto:a@good.test");
    page(w, (struct scripted_page){.result = FETCH_DONE, .body = STR(POLICY)});
    scripted_dns_delay(w->prober.resolver, 100);
    const struct facts *f = check(w, "good.test");
    uint32_t with_ms = f->duration_ms;
    job_free(w->job);
    w->facts = NULL;
    w->prober.options.mta_sts = w->prober.options.tls_rpt = false;
    f = check(w, "good.test");
    assert_int_equal(with_ms, f->duration_ms);
    assert_false(f->mta_sts.wanted || f->tls_rpt.wanted);
    assert_int_equal(asked(w, "_mta-sts.good.test", DNS_TXT), 1);
    assert_int_equal(asked(w, "_smtp._tls.good.test", DNS_TXT), 1);
}

static void a_server_target_has_no_policies(void **state)
{
    struct world *w = *state;
    dns(w, "mx1.good.test", DNS_A, "192.0.2.10");
    serve(w, "192.0.2.10", 25, &healthy);
    const struct facts *f = probe(w, "mx1.good.test", 25);
    assert_false(f->mta_sts.wanted || f->tls_rpt.wanted);
}

/* ---- is it them or our own network? ---- */

static const struct control_host controls[] = {{"192.0.2.251", 25}, {"192.0.2.252", 25}, {"192.0.2.253", 443}, {"192.0.2.254", 443}};

static const struct facts *check_dead_policy_host(struct world *w, enum transport_event controls_answer)
{
    a_mail_host(w);
    announced(w);
    page(w, (struct scripted_page){.result = FETCH_TIMEOUT});
    w->prober.options.controls = controls;
    w->prober.options.control_count = 4;
    const struct scripted_peer peer = {.connect = controls_answer};
    assert_int_equal(scripted_serve(w->prober.net.dialer, ip_of("192.0.2.253"), 443, &peer), 0);
    return check(w, "good.test");
}

static void a_control_host_that_answers_is_proof(void **state)
{
    struct world *w = *state;
    const struct facts *f = check_dead_policy_host(w, TRANSPORT_OPEN);
    assert_int_equal(f->mta_sts.fetch.result, FETCH_TIMEOUT);
    assert_false(f->mta_sts.fetch.connected);
    assert_true(f->vantage.https_v4.needed);
    assert_int_equal(f->vantage.https_v4.state, EGRESS_OPEN);
    assert_int_equal(f->vantage.https_v6.state, EGRESS_UNTESTED);
    assert_int_equal(dials(w, "192.0.2.251", 25), 0);
    assert_int_equal(f->vantage.egress_v4.controls_set, 2);
}

static void no_control_host_that_answers_is_a_closed_way_out(void **state)
{
    struct world *w = *state;
    const struct facts *f = check_dead_policy_host(w, TRANSPORT_REFUSED);
    assert_int_equal(f->vantage.https_v4.controls_tried, 2);
    assert_int_equal(f->vantage.https_v4.state, EGRESS_BLOCKED);
}

static void without_control_hosts_nothing_is_known(void **state)
{
    struct world *w = *state;
    a_mail_host(w);
    announced(w);
    page(w, (struct scripted_page){.result = FETCH_REFUSED});
    const struct facts *f = check(w, "good.test");
    assert_true(f->vantage.https_v4.needed);
    assert_int_equal(f->vantage.https_v4.state, EGRESS_UNKNOWN);
    assert_int_equal(dials(w, "192.0.2.251", 25), 0);
}

static void a_policy_host_that_answers_proves_it_for_others(void **state)
{
    struct world *w = *state;
    a_mail_host(w);
    announced(w);
    page(w, (struct scripted_page){.result = FETCH_CERT_NAME});
    check(w, "good.test");
    job_free(w->job);
    w->facts = NULL;
    page(w, (struct scripted_page){.result = FETCH_TIMEOUT});
    const struct facts *f = check(w, "good.test");
    assert_int_equal(f->vantage.https_v4.state, EGRESS_OPEN);
    assert_int_equal(f->vantage.https_v4.controls_tried, 0);
}

/* ---- ends before the end ---- */

static void the_time_of_the_run_is_used_up_by_a_policy(void **state)
{
    struct world *w = *state;
    a_mail_host(w);
    announced(w);
    page(w, (struct scripted_page){.result = FETCH_DONE, .body = STR(POLICY), .delay_ms = 20000});
    w->prober.options.run_timeout_ms = 10000;
    const struct facts *f = check(w, "good.test");
    assert_true(f->incomplete);
    assert_int_equal(f->mta_sts.fetch.result, FETCH_NOT_TRIED);
    assert_null(f->mta_sts.policy);
    assert_int_equal(scripted_fetch_open(w->prober.fetcher), 0);
}

/* ---- TLS-RPT ---- */

static void the_domain_itself_is_not_asked_for_twice(void **state)
{
    struct world *w = *state;
    a_mail_host(w);
    dns(w, "_smtp._tls.good.test", DNS_TXT, "v=TLSRPTv1; rua=mailto:tls@good.test,mailto:second@good.test");
    const struct facts *f = check(w, "good.test");
    assert_int_equal(f->tls_rpt.destination_count, 2);
    assert_int_equal(f->tls_rpt.destinations[0].mail.mx.status, DNS_FOUND);
    assert_int_equal(f->tls_rpt.destinations[1].mail.mx.status, DNS_FOUND);
    assert_false(f->tls_rpt.destinations[0].mail.null_mx);
    assert_int_equal(asked(w, "good.test", DNS_MX), 1);
}

static void destinations_elsewhere_are_looked_up_once_each(void **state)
{
    struct world *w = *state;
    a_mail_host(w);
    dns(w, "_smtp._tls.good.test", DNS_TXT,
        "v=TLSRPTv1; rua=mailto:a@null.test,mailto:a@bare.test,mailto:b@bare.test,https://r.web.test/x,mailto:a@gone.test,https://192.0.2.1/");
    dns(w, "null.test", DNS_MX, "0 .");
    dns(w, "bare.test", DNS_A, "192.0.2.90");
    dns(w, "r.web.test", DNS_AAAA, "2001:db8::90");
    const struct facts *f = check(w, "good.test");
    const struct tls_rpt_destination *d = f->tls_rpt.destinations;
    assert_int_equal(f->tls_rpt.destination_count, 6);
    assert_true(d[0].mail.null_mx && d[0].mail.mx.status == DNS_FOUND);
    assert_true(d[1].mail.mx.status == DNS_NODATA && d[1].mail.a.status == DNS_FOUND && d[1].mail.aaaa.status == DNS_NODATA);
    assert_true(d[2].mail.mx.status == DNS_NODATA && d[2].mail.a.status == DNS_FOUND);
    assert_int_equal(asked(w, "bare.test", DNS_MX), 1);
    assert_int_equal(asked(w, "bare.test", DNS_A), 1);
    assert_true(d[3].mail.mx.status == DNS_NOT_ASKED && d[3].mail.a.status == DNS_NODATA && d[3].mail.aaaa.status == DNS_FOUND);
    assert_true(d[4].mail.mx.status == DNS_NXDOMAIN && d[4].mail.a.status == DNS_NOT_ASKED);
    assert_true(!d[5].host && d[5].mail.a.status == DNS_NOT_ASKED);
}

static void a_flawed_tls_rpt_record_asks_for_nothing(void **state)
{
    struct world *w = *state;
    a_mail_host(w);
    dns(w, "_smtp._tls.good.test", DNS_TXT, "v=TLSRPTv1; rua=mailto:a@other.test,ftp://x.test");
    const struct facts *f = check(w, "good.test");
    assert_non_null(f->tls_rpt.record.flaw);
    assert_int_equal(asked(w, "other.test", DNS_MX), 0);
}

/* ---- what is assumed ---- */

static void an_assumed_mx_takes_the_place_of_the_real_ones(void **state)
{
    struct world *w = *state;
    static const struct assumed_mx assumed[] = {{20, "old.good.test"}, {10, "new.good.test"}};
    a_mail_host(w);
    dns(w, "new.good.test", DNS_A, "192.0.2.20");
    serve(w, "192.0.2.20", 25, &healthy);
    w->prober.options.assume_mx = assumed;
    w->prober.options.assume_mx_count = 2;
    const struct facts *f = check(w, "good.test");
    assert_true(f->mx.assumed);
    assert_int_equal(f->mx.status, MX_PRESENT);
    assert_int_equal(f->mx.lookup.dnssec, DNSSEC_SECURE);
    assert_int_equal(f->mx.record_count, 2);
    assert_string_equal(f->mx.records[0].host, "new.good.test");
    assert_string_equal(f->hosts[0].name, "new.good.test");
    assert_int_equal(dials(w, "192.0.2.20", 25), 1);
    assert_int_equal(dials(w, "192.0.2.10", 25), 0);
    assert_int_equal(asked(w, "mx1.good.test", DNS_AAAA), 0);
}

static void an_assumed_mx_of_a_domain_without_any(void **state)
{
    struct world *w = *state;
    static const struct assumed_mx assumed[] = {{0, "."}};
    dns(w, "good.test", DNS_A, "192.0.2.20");
    w->prober.options.assume_mx = assumed;
    w->prober.options.assume_mx_count = 1;
    const struct facts *f = check(w, "good.test");
    assert_true(f->mx.assumed);
    assert_int_equal(f->mx.lookup.status, DNS_NODATA);
    assert_int_equal(f->mx.status, MX_NULL);
    assert_int_equal(f->host_count, 0);
}

static void what_is_assumed_makes_no_domain_exist(void **state)
{
    struct world *w = *state;
    static const struct assumed_mx assumed[] = {{10, "new.other.test"}};
    w->prober.options.assume_mx = assumed;
    w->prober.options.assume_mx_count = 1;
    const struct facts *f = check(w, "good.test");
    assert_false(f->mx.assumed);
    assert_int_equal(f->mx.status, MX_NXDOMAIN);
}

static void an_assumed_policy_is_not_fetched(void **state)
{
    struct world *w = *state;
    a_mail_host(w);
    announced(w);
    w->prober.options.assume_policy_file = "policy.txt";
    w->prober.options.assume_policy = STR("version: STSv1\nmode: testing\nmx: *.test\nmax_age: 1\n");
    const struct facts *f = check(w, "good.test");
    assert_string_equal(f->mta_sts.assumed, "policy.txt");
    assert_int_equal(f->mta_sts.policy->mode, MTA_STS_MODE_TESTING);
    assert_true(f->mta_sts.policy->mx[0].too_wide);
    assert_false(f->hosts[0].in_mta_sts_policy);
    assert_int_equal(f->mta_sts.record.count, 1);
    assert_int_equal(asked(w, HOST, DNS_A), 0);
    assert_int_equal(fetched(w), 0);
}

static void an_older_policy_is_compared_with_the_hosts_as_well(void **state)
{
    struct world *w = *state;
    w->prober.options.cached_policy_file = "old.txt";
    w->prober.options.cached_policy = STR("version: STSv1\nmode: enforce\nmx: mx1.good.test\nmax_age: 604800\n");
    w->prober.options.cached_policy_id = "20250101";
    a_mail_host(w);
    const struct facts *f = check(w, "good.test");
    assert_string_equal(f->mta_sts.cached_from, "old.txt");
    assert_string_equal(f->mta_sts.cached_id, "20250101");
    assert_int_equal(f->mta_sts.cached->mode, MTA_STS_MODE_ENFORCE);
    assert_int_equal(f->mta_sts.cached->mx[0].hosts, strcmp(f->hosts[0].name, "mx1.good.test") == 0);
    assert_true(f->hosts[0].in_cached_policy == (f->mta_sts.cached->mx[0].hosts == 1));
    assert_false(f->hosts[0].in_mta_sts_policy);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_a_record_nothing_else_is_asked),
        TEST(a_policy_is_fetched_and_compared_with_the_hosts),
        TEST(records_that_senders_ignore_fetch_nothing),
        TEST(a_flawed_record_fetches_nothing),
        TEST(a_policy_host_without_address),
        TEST(nothing_is_connected_to_at_a_private_address),
        TEST(only_the_families_that_are_asked_for),
        TEST(each_family_has_half_of_the_room),
        TEST(it_costs_no_time),
        TEST(a_server_target_has_no_policies),
        TEST(a_control_host_that_answers_is_proof),
        TEST(no_control_host_that_answers_is_a_closed_way_out),
        TEST(without_control_hosts_nothing_is_known),
        TEST(a_policy_host_that_answers_proves_it_for_others),
        TEST(the_time_of_the_run_is_used_up_by_a_policy),
        TEST(the_domain_itself_is_not_asked_for_twice),
        TEST(destinations_elsewhere_are_looked_up_once_each),
        TEST(a_flawed_tls_rpt_record_asks_for_nothing),
        TEST(an_assumed_mx_takes_the_place_of_the_real_ones),
        TEST(an_assumed_mx_of_a_domain_without_any),
        TEST(what_is_assumed_makes_no_domain_exist),
        TEST(an_assumed_policy_is_not_fetched),
        TEST(an_older_policy_is_compared_with_the_hosts_as_well),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

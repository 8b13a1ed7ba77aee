/* SPDX-License-Identifier: Apache-2.0 */
/* test_job_spf - the SPF record of a domain, and what its mail hosts get by it, as a job finds them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "world.h"

static const struct facts *check_spf(struct world *w)
{
    w->prober.options.spf = true;
    return check(w, "good.test");
}

static void a_host_that_the_record_permits(void **state)
{
    struct world *w = *state;
    one_mx(w, "192.0.2.1");
    refuse(w, "192.0.2.1");
    dns(w, "good.test", DNS_TXT, "v=spf1 mx -all");
    const struct facts *f = check_spf(w);
    assert_int_equal(f->spf.walk.record->count, 1);
    assert_int_equal(f->spf.walk.lookups, 1);
    assert_int_equal(f->spf.walk.all_qualifier, '-');
    assert_int_equal(f->spf.check_count, 1);
    assert_int_equal(f->spf.checks[0].result, SPF_PASS);
    assert_int_equal(f->apex_txt.status, DNS_FOUND);
    assert_false(f->mx.spf_denies_all);
}

/* Walk, evaluation and the job itself need the same records. */
static void nothing_is_asked_twice(void **state)
{
    struct world *w = *state;
    one_mx(w, "192.0.2.1");
    refuse(w, "192.0.2.1");
    dns(w, "good.test", DNS_TXT, "v=spf1 include:other.test mx a:mx1.good.test -all");
    dns(w, "other.test", DNS_TXT, "v=spf1 -all");
    w->prober.options.dkim = w->prober.options.dmarc = true;
    check_spf(w);
    assert_int_equal(scripted_dns_asked(w->prober.resolver, "good.test", DNS_TXT), 1);
    assert_int_equal(scripted_dns_asked(w->prober.resolver, "good.test", DNS_MX), 1);
    assert_int_equal(scripted_dns_asked(w->prober.resolver, "other.test", DNS_TXT), 1);
    assert_int_equal(scripted_dns_asked(w->prober.resolver, "mx1.good.test", DNS_A), 1);
}

static void a_domain_that_takes_no_mail(void **state)
{
    struct world *w = *state;
    dns(w, "good.test", DNS_MX, "0 .");
    dns(w, "good.test", DNS_TXT, "v=spf1 -all");
    const struct facts *f = check_spf(w);
    assert_true(f->mx.spf_denies_all);
    assert_int_equal(f->spf.check_count, 0);
    assert_false(f->spf.walk.incomplete);
}

static void at_most_eight_addresses_each_once(void **state)
{
    struct world *w = *state;
    static const char *const hosts[] = {"mx1.good.test", "mx2.good.test", "mx3.good.test", "mx4.good.test", "mx5.good.test",
                                        "mx6.good.test", "mx7.good.test", "mx8.good.test", "mx9.good.test"};
    static const char *const ips[] = {"192.0.2.1", "192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5", "192.0.2.6", "192.0.2.7", "192.0.2.8"};
    static const char *const records[] = {"10 mx1.good.test", "20 mx2.good.test", "30 mx3.good.test", "40 mx4.good.test", "50 mx5.good.test",
                                          "60 mx6.good.test", "70 mx7.good.test", "80 mx8.good.test", "90 mx9.good.test"};
    w->prober.options.smtp = false;
    dns(w, "good.test", DNS_TXT, "v=spf1 -all");
    for (size_t i = 0; i < 9; i++) {
        dns(w, "good.test", DNS_MX, records[i]);
        dns(w, hosts[i], DNS_A, ips[i]);
    }
    assert_int_equal(check_spf(w)->spf.check_count, 8);
    world_tear_down(state), world_set_up(state);
    w->prober.options.smtp = false;
    dns(w, "good.test", DNS_TXT, "v=spf1 -all");
    for (size_t i = 0; i < 2; i++) {
        dns(w, "good.test", DNS_MX, records[i]);
        dns(w, hosts[i], DNS_A, ips[i]);
    }
    const struct facts *f = check_spf(w);
    assert_int_equal(f->spf.check_count, 1);
    assert_int_equal(f->spf.checks[0].result, SPF_FAIL);
}

/* The time for the run is over: what is open then is an answer that never came. */
static void an_answer_that_does_not_come(void **state)
{
    struct world *w = *state;
    one_mx(w, "192.0.2.1");
    refuse(w, "192.0.2.1");
    dns(w, "good.test", DNS_TXT, "v=spf1 a:slow.test -all");
    assert_int_equal(scripted_dns_fail(w->prober.resolver, "slow.test", DNS_A, DNS_TIMEOUT, DNSSEC_INDETERMINATE, NULL), 0);
    w->prober.options.run_timeout_ms = 1;
    const struct facts *f = check_spf(w);
    assert_true(f->incomplete);
    assert_true(f->spf.walk.incomplete);
    assert_false(f->spf.walk.hit_limit);
    world_tear_down(state), world_set_up(state);
    one_mx(w, "192.0.2.1");
    refuse(w, "192.0.2.1");
    dns(w, "good.test", DNS_TXT, "v=spf1 a:slow.test -all");
    assert_int_equal(scripted_dns_fail(w->prober.resolver, "slow.test", DNS_A, DNS_TIMEOUT, DNSSEC_INDETERMINATE, NULL), 0);
    f = check_spf(w);
    assert_false(f->incomplete);
    assert_true(f->spf.walk.incomplete);
    assert_int_equal(f->spf.checks[0].result, SPF_TEMPERROR);
}

static void nobody_asks_for_what_is_not_wanted(void **state)
{
    struct world *w = *state;
    dns(w, "good.test", DNS_MX, "0 .");
    const struct facts *f = check(w, "good.test");
    assert_false(f->spf.wanted);
    assert_int_equal(scripted_dns_asked(w->prober.resolver, "good.test", DNS_TXT), 0);
}

/* Name servers give the records of a set in any order; who is better preferred is looked at first all the same. */
static void the_order_of_an_answer_has_no_part_in_the_result(void **state)
{
    struct world *w = *state;
    w->prober.options.smtp = false;
    dns(w, "good.test", DNS_TXT, "v=spf1 mx -all");
    dns(w, "good.test", DNS_MX, "20 mx2.good.test");
    dns(w, "good.test", DNS_MX, "10 mx1.good.test");
    dns(w, "mx1.good.test", DNS_A, "192.0.2.1");
    assert_int_equal(scripted_dns_fail(w->prober.resolver, "mx2.good.test", DNS_A, DNS_FAILED, DNSSEC_INDETERMINATE, NULL), 0);
    const struct facts *f = check_spf(w);
    assert_int_equal(f->spf.check_count, 1);
    assert_int_equal(f->spf.checks[0].result, SPF_PASS);
}

#define JOB_TEST(function) cmocka_unit_test_setup_teardown(function, world_set_up, world_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        JOB_TEST(a_host_that_the_record_permits),
        JOB_TEST(nothing_is_asked_twice),
        JOB_TEST(a_domain_that_takes_no_mail),
        JOB_TEST(at_most_eight_addresses_each_once),
        JOB_TEST(the_order_of_an_answer_has_no_part_in_the_result),
        JOB_TEST(an_answer_that_does_not_come),
        JOB_TEST(nobody_asks_for_what_is_not_wanted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

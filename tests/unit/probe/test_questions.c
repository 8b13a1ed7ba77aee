/* SPDX-License-Identifier: Apache-2.0 */
/* test_questions - when a job asks the DNS what it wants to know. */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "probe/limits.h"

enum { ANSWERED_AFTER_MS = 400 };

static void on_pause(void *arg)
{
    loop_stop(arg);
}

static void on_done(void *arg, struct job *job)
{
    (void)job;
    loop_stop(arg);
}

static void run_for(struct world *w, int64_t ms)
{
    struct timer pause = {0};
    timer_start(w->loop, &pause, ms, on_pause, w->loop);
    assert_int_equal(loop_run(w->loop), 0);
    timer_cancel(&pause);
}

static size_t asked(const struct world *w, const char *name, enum dns_type type)
{
    return scripted_dns_asked(w->prober.resolver, name, type);
}

static struct job *begin(struct world *w)
{
    static const struct domain_name name = {"good.test", "good.test"};
    w->prober.options.tls_rpt = true;
    scripted_dns_delay(w->prober.resolver, ANSWERED_AFTER_MS);
    struct job *job = job_start_domain(&w->prober, "good.test", &name, on_done, w->loop);
    assert_non_null(job);
    return job;
}

/* Ten questions at once to a resolver that does not know the zone yet would be ten referrals from the zone above. */
static void questions_about_the_domain_wait_for_the_first_answer(void **state)
{
    struct world *w = *state;
    one_mx(w, "192.0.2.1");
    serve(w, "192.0.2.1", 25, &healthy);
    struct job *job = begin(w);
    run_for(w, ANSWERED_AFTER_MS / 2);
    assert_int_equal(asked(w, "good.test", DNS_MX), 1);
    assert_int_equal(asked(w, "_smtp._tls.good.test", DNS_TXT), 0);
    assert_int_equal(asked(w, ".", DNS_NS), 1); /* lies elsewhere */
    run_for(w, ANSWERED_AFTER_MS);
    assert_int_equal(asked(w, "_smtp._tls.good.test", DNS_TXT), 1);
    assert_int_equal(asked(w, "mx1.good.test", DNS_A), 1);
    assert_int_equal(loop_run(w->loop), 0);
    assert_int_equal(job_facts(job)->host_count, 1);
    assert_int_equal(job_facts(job)->tls_rpt.record.txt.status, DNS_NXDOMAIN);
    assert_null(scripted_dns_asked_twice(w->prober.resolver));
    job_free(job);
}

static void they_do_not_wait_for_ever(void **state)
{
    struct world *w = *state;
    scripted_dns_fail(w->prober.resolver, "good.test", DNS_MX, DNS_TIMEOUT, DNSSEC_INDETERMINATE, NULL);
    dns(w, "_smtp._tls.good.test", DNS_TXT, "v=TLSRPTv1; rua=mailto:tls@good.test");
    struct job *job = begin(w);
    run_for(w, LIMIT_HELD_MS - 1);
    assert_int_equal(asked(w, "_smtp._tls.good.test", DNS_TXT), 0);
    run_for(w, 1);
    assert_int_equal(asked(w, "_smtp._tls.good.test", DNS_TXT), 1);
    assert_int_equal(loop_run(w->loop), 0);
    assert_int_equal(job_facts(job)->mx.status, MX_DNS_FAILURE);
    assert_int_equal(job_facts(job)->tls_rpt.record.txt.status, DNS_FOUND);
    job_free(job);
}

static void a_job_that_ends_early_asks_nothing_more(void **state)
{
    struct world *w = *state;
    one_mx(w, "192.0.2.1");
    struct job *job = begin(w);
    run_for(w, ANSWERED_AFTER_MS / 2);
    job_free(job);
    run_for(w, 2 * ANSWERED_AFTER_MS);
    assert_int_equal(asked(w, "_smtp._tls.good.test", DNS_TXT), 0);
    assert_int_equal(scripted_dns_open(w->prober.resolver), 0);
}

/* The random name is another one in each process. */
static const char *random_name(const struct world *w)
{
    return w->prober.random_name;
}

static size_t run_whole(struct world *w)
{
    struct job *job = begin(w);
    assert_int_equal(loop_run(w->loop), 0);
    assert_int_equal(job_facts(job)->vantage.root_lookup.dnssec, DNSSEC_SECURE);
    assert_int_equal(job_facts(job)->vantage.random_lookup.status, DNS_NXDOMAIN);
    size_t questions = job_facts(job)->questions;
    job_free(job);
    return questions;
}

static void a_resolver_that_passed_its_test_is_tested_again_after_a_while(void **state)
{
    struct world *w = *state;
    one_mx(w, "192.0.2.1");
    serve(w, "192.0.2.1", 25, &healthy);
    dns(w, ".", DNS_NS, "a.root.");
    size_t questions = run_whole(w);
    assert_int_equal(run_whole(w), questions); /* of the report, whoever asked them */
    assert_int_equal(asked(w, ".", DNS_NS), 1);
    assert_int_equal(asked(w, random_name(w), DNS_A), 1);
    run_for(w, LIMIT_SELF_TEST_MS);
    run_whole(w);
    assert_int_equal(asked(w, ".", DNS_NS), 2);
}

static void one_that_did_not_is_tested_each_time(void **state)
{
    struct world *w = *state;
    one_mx(w, "192.0.2.1");
    serve(w, "192.0.2.1", 25, &healthy);
    scripted_dns_fail(w->prober.resolver, ".", DNS_NS, DNS_BOGUS, DNSSEC_BOGUS, "no signatures");
    for (size_t i = 1; i <= 2; i++) {
        struct job *job = begin(w);
        assert_int_equal(loop_run(w->loop), 0);
        assert_int_equal(job_facts(job)->vantage.root_lookup.status, DNS_BOGUS);
        job_free(job);
        assert_int_equal(asked(w, ".", DNS_NS), i);
    }
}

#define T(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(questions_about_the_domain_wait_for_the_first_answer),
        T(they_do_not_wait_for_ever),
        T(a_job_that_ends_early_asks_nothing_more),
        T(a_resolver_that_passed_its_test_is_tested_again_after_a_while),
        T(one_that_did_not_is_tested_each_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

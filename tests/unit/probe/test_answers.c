/* SPDX-License-Identifier: Apache-2.0 */
/* test_answers - what the DNS said, kept for all jobs: for how long, how much, and who asks again. */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { TTL_S = 300, BIG = 8 * 1024 * 1024 };

static struct answers *answers;
static struct arena arena;

static int set_up(void **state)
{
    int rc = world_set_up(state);
    struct world *w = *state;
    answers = answers_new(w->loop);
    assert_non_null(answers);
    arena_init(&arena, 4 * BIG);
    w->prober.answers = answers;
    return rc;
}

static int tear_down(void **state)
{
    answers_free(answers);
    arena_done(&arena);
    return world_tear_down(state);
}

static void on_time(void *arg)
{
    loop_stop(arg);
}

static void after_s(struct world *w, int64_t seconds)
{
    struct timer t = {0};
    timer_start(w->loop, &t, seconds * 1000, on_time, w->loop);
    assert_int_equal(loop_run(w->loop), 0);
}

static const struct dns_record MAIL[] = {
    {.type = DNS_MX, .ttl_s = TTL_S, .preference = 10, .name = "mx1.test"},
    {.type = DNS_MX, .ttl_s = TTL_S + 100, .preference = 20, .name = "mx2.test"},
};

static void keep_mail(void)
{
    answers_keep(answers, "a.test", DNS_MX,
                 &(struct dns_reply){.lookup = {.status = DNS_FOUND, .dnssec = DNSSEC_SECURE, .ttl_s = TTL_S, .took_ms = 40, .alias_of = "b.test"},
                                     .records = MAIL,
                                     .record_count = 2,
                                     .keep_s = TTL_S});
}

static void an_answer_is_known_while_it_may_be_kept(void **state)
{
    struct world *w = *state;
    struct dns_reply reply;
    assert_false(answers_find(answers, "a.test", DNS_MX, &arena, &reply));
    keep_mail();
    assert_false(answers_find(answers, "a.test", DNS_A, &arena, &reply));
    assert_false(answers_find(answers, "aa.test", DNS_MX, &arena, &reply));
    after_s(w, TTL_S - 1);
    assert_true(answers_find(answers, "a.test", DNS_MX, &arena, &reply));
    assert_int_equal(reply.lookup.status, DNS_FOUND);
    assert_int_equal(reply.lookup.dnssec, DNSSEC_SECURE);
    assert_int_equal(reply.lookup.took_ms, 0);
    assert_int_equal(reply.lookup.ttl_s, 1);
    assert_string_equal(reply.lookup.alias_of, "b.test");
    assert_int_equal(reply.record_count, 2);
    assert_int_equal(reply.records[1].preference, 20);
    assert_int_equal(reply.records[1].ttl_s, 101);
    after_s(w, 1);
    struct dns_reply late;
    assert_false(answers_find(answers, "a.test", DNS_MX, &arena, &late));
    assert_string_equal(reply.records[0].name, "mx1.test"); /* a copy */
    keep_mail();
    assert_true(answers_find(answers, "a.test", DNS_MX, &arena, &late));
    assert_int_equal(late.lookup.ttl_s, TTL_S);
}

static void a_denial_is_known_too_and_a_failure_is_not(void **state)
{
    struct dns_reply reply;
    (void)state;
    answers_keep(answers, "none.test", DNS_A, &(struct dns_reply){.lookup = {.status = DNS_NXDOMAIN, .rcode = 3}, .keep_s = TTL_S});
    answers_keep(answers, "fails.test", DNS_A, &(struct dns_reply){.lookup = {.status = DNS_FAILED, .reason = "SERVFAIL"}});
    assert_true(answers_find(answers, "none.test", DNS_A, &arena, &reply));
    assert_int_equal(reply.lookup.status, DNS_NXDOMAIN);
    assert_int_equal(reply.lookup.rcode, 3);
    assert_int_equal(reply.record_count, 0);
    assert_false(answers_find(answers, "fails.test", DNS_A, &arena, &reply));
}

static void keep_big(const char *name)
{
    static char text[BIG];
    const struct dns_record record = {.type = DNS_TXT, .ttl_s = TTL_S, .data = {text, sizeof text}};
    answers_keep(answers, name, DNS_TXT, &(struct dns_reply){.lookup = {.status = DNS_FOUND}, .records = &record, .record_count = 1, .keep_s = TTL_S});
}

static void the_longest_unused_goes_first(void **state)
{
    static const char *const names[] = {"a.test", "b.test", "c.test", "d.test", "e.test"};
    struct dns_reply reply;
    (void)state;
    for (size_t i = 0; i < 3; i++)
        keep_big(names[i]);
    assert_true(answers_find(answers, "a.test", DNS_TXT, &arena, &reply));
    keep_big("d.test");
    assert_false(answers_find(answers, "b.test", DNS_TXT, &arena, &reply));
    assert_true(answers_find(answers, "a.test", DNS_TXT, &arena, &reply));
    assert_int_equal(reply.records[0].data.n, BIG);
    keep_big("e.test");
    assert_false(answers_find(answers, "c.test", DNS_TXT, &arena, &reply));
}

static void on_job(void *arg, struct job *job)
{
    (void)job;
    loop_stop(arg);
}

static void look_at(struct world *w, const char *domain)
{
    struct domain_name name = {domain, domain};
    struct job *job = job_start_domain(&w->prober, domain, &name, on_job, w->loop);
    assert_non_null(job);
    assert_int_equal(loop_run(w->loop), 0);
    const struct facts *f = job_facts(job);
    assert_int_equal(f->host_count, 1);
    assert_int_equal(f->hosts[0].address_count, 1);
    assert_int_equal(f->hosts[0].a.status, DNS_FOUND);
    assert_int_equal(f->hosts[0].aaaa.status, DNS_NODATA);
    job_free(job);
}

/* A mail host that is a domain's own is its own affair. */
static void what_others_need_is_asked_for_once(void **state)
{
    struct world *w = *state;
    serve(w, "192.0.2.1", 25, &healthy);
    dns(w, "mx.hoster.test", DNS_A, "192.0.2.1");
    dns(w, "mx.own.test", DNS_A, "192.0.2.1");
    dns(w, "one.test", DNS_MX, "10 mx.hoster.test");
    dns(w, "two.test", DNS_MX, "10 mx.hoster.test");
    dns(w, "own.test", DNS_MX, "10 mx.own.test");
    look_at(w, "one.test");
    look_at(w, "two.test");
    look_at(w, "own.test");
    look_at(w, "own.test");
    assert_int_equal(scripted_dns_asked(w->prober.resolver, "mx.hoster.test", DNS_A), 1);
    assert_int_equal(scripted_dns_asked(w->prober.resolver, "mx.hoster.test", DNS_AAAA), 1);
    assert_int_equal(scripted_dns_asked(w->prober.resolver, "mx.own.test", DNS_A), 2);
    assert_int_equal(scripted_dns_asked(w->prober.resolver, "own.test", DNS_MX), 2);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(an_answer_is_known_while_it_may_be_kept),
        T(a_denial_is_known_too_and_a_failure_is_not),
        T(the_longest_unused_goes_first),
        T(what_others_need_is_asked_for_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

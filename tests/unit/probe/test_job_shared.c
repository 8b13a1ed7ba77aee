/* SPDX-License-Identifier: Apache-2.0 */
/* test_job_shared - many domains at once whose mail goes to the same servers: who connects, and what each one is told. */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { DOMAINS = 12 };

struct crowd {
    struct world *world;
    struct job *jobs[DOMAINS];
    size_t count, done;
};

static int set_up(void **state)
{
    int rc = world_set_up(state);
    struct world *w = *state;
    w->prober.sharing = sharing_new(w->loop);
    w->prober.pace = pace_new(w->loop, &(struct pace_limits){4, 2, 1000, 60 * 1000});
    assert_non_null(w->prober.sharing);
    assert_non_null(w->prober.pace);
    return rc;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    sharing_free(w->prober.sharing);
    pace_free(w->prober.pace);
    return world_tear_down(state);
}

static void on_done(void *arg, struct job *job)
{
    (void)job;
    ((struct crowd *)arg)->done++;
}

static void begin(struct crowd *c, const char *domain)
{
    struct domain_name name = {domain, domain};
    c->jobs[c->count] = job_start_domain(&c->world->prober, domain, &name, on_done, c);
    assert_non_null(c->jobs[c->count++]);
}

static void on_pause(void *arg)
{
    loop_stop(arg);
}

static void run(struct crowd *c)
{
    assert_int_equal(loop_run(c->world->loop), 0);
    assert_int_equal(c->done, c->count);
}

static void end(struct crowd *c)
{
    for (size_t i = 0; i < c->count; i++)
        job_free(c->jobs[i]);
}

/* a.test, b.test, ... with one MX host each, all at one address. */
static void domains_at(struct world *w, struct crowd *c, size_t count, bool same_host, const char *ip)
{
    static char domains[DOMAINS][16], mx[DOMAINS][32];
    *c = (struct crowd){.world = w};
    for (size_t i = 0; i < count; i++) {
        snprintf(domains[i], sizeof domains[i], "%c.test", (char)('a' + i));
        snprintf(mx[i], sizeof mx[i], "10 mx.%c.test", (char)(same_host ? 'a' : 'a' + i));
        dns(w, domains[i], DNS_MX, mx[i]);
        if (!same_host || i == 0)
            dns(w, mx[i] + 3, DNS_A, ip);
        begin(c, domains[i]);
    }
}

static const struct endpoint_facts *endpoint_of(const struct crowd *c, size_t i)
{
    const struct facts *f = job_facts(c->jobs[i]);
    assert_int_equal(f->host_count, 1);
    assert_int_equal(f->hosts[0].address_count, 1);
    return &f->hosts[0].addresses[0].endpoints[0];
}

static void domains_of_one_host_are_told_the_same(void **state)
{
    struct world *w = *state;
    struct crowd c;
    serve(w, "192.0.2.1", 25, &healthy);
    domains_at(w, &c, DOMAINS, true, "192.0.2.1");
    run(&c);
    assert_int_equal(dials(w, "192.0.2.1", 25), 1);
    for (size_t i = 0; i < DOMAINS; i++) {
        assert_int_equal(endpoint_of(&c, i)->session_count, 1);
        assert_int_equal(endpoint_of(&c, i)->shown->greeting.code, 220);
        assert_int_equal(endpoint_of(&c, i)->shown->end, END_QUIT);
        assert_non_null(job_facts(c.jobs[i])->vantage.ehlo);
    }
    end(&c);
}

static void facts_outlive_the_job_that_found_them(void **state)
{
    struct world *w = *state;
    struct crowd c;
    serve(w, "192.0.2.1", 25, &healthy);
    domains_at(w, &c, 2, true, "192.0.2.1");
    run(&c);
    job_free(c.jobs[0]);
    c.jobs[0] = NULL;
    assert_int_equal(endpoint_of(&c, 1)->shown->greeting.line_count, 1);
    begin(&c, "a.test");
    run(&c);
    assert_int_equal(dials(w, "192.0.2.1", 25), 1);
    end(&c);
}

/* Where no TLS was begun, nobody has told the server a name. */
static void names_that_were_not_told_make_no_difference(void **state)
{
    struct world *w = *state;
    struct crowd c;
    serve(w, "192.0.2.1", 25, &healthy);
    domains_at(w, &c, 5, false, "192.0.2.1");
    run(&c);
    assert_int_equal(dials(w, "192.0.2.1", 25), 1);
    end(&c);
}

static void a_dead_server_is_tried_twice_for_all(void **state)
{
    struct world *w = *state;
    struct crowd c;
    refuse(w, "192.0.2.1");
    domains_at(w, &c, 5, false, "192.0.2.1");
    run(&c);
    assert_int_equal(dials(w, "192.0.2.1", 25), 2);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(endpoint_of(&c, i)->session_count, 2);
        assert_int_equal(endpoint_of(&c, i)->sessions[1].connect, CONNECT_REFUSED);
    }
    end(&c);
}

static void each_name_is_told_to_a_server_that_hears_names(void **state)
{
    static const uint8_t alert[] = {0x15, 3, 3, 0, 2, 2, 40};
    const struct tls_server refuses = {.answer = alert, .answer_n = sizeof alert, .then = CLOSE};
    struct world *w = *state;
    struct crowd c;
    serve_tls(w, "192.0.2.1", &refuses);
    domains_at(w, &c, 3, false, "192.0.2.1");
    run(&c);
    assert_int_equal(dials(w, "192.0.2.1", 25), 3 * 2); /* the second of each is the wider hello */
    end(&c);
}

static void a_job_that_gives_up_leaves_the_server_to_the_next(void **state)
{
    struct world *w = *state;
    struct crowd c;
    const struct server slow = {
        .greeting = "220 mx.a.test ESMTP\r\n", .delay_ms = 20 * 1000, .rows = {{"EHLO", "250 mx.a.test\r\n", STAY}, {"QUIT", "221 bye\r\n", CLOSE}}};
    serve(w, "192.0.2.1", 25, &slow);
    domains_at(w, &c, 1, true, "192.0.2.1");
    struct timer stop = {0};
    timer_start(w->loop, &stop, 5 * 1000, on_pause, w->loop);
    begin(&c, "a.test");
    assert_int_equal(loop_run(w->loop), 0);
    job_free(c.jobs[0]);
    c.jobs[0] = NULL;
    c.done++;
    run(&c);
    assert_int_equal(endpoint_of(&c, 1)->shown->greeting.code, 220);
    assert_int_equal(dials(w, "192.0.2.1", 25), 2);
    end(&c);
}

/* Another name each: one connection at a time, and the last one's turn comes late. */
static void time_in_the_queue_is_not_the_jobs_own(void **state)
{
    static const uint8_t alert[] = {0x15, 3, 3, 0, 2, 2, 40};
    const struct tls_server refuses = {.answer = alert, .answer_n = sizeof alert, .then = CLOSE};
    struct world *w = *state;
    struct crowd c;
    w->prober.options.run_timeout_ms = 10 * 1000;
    serve_tls(w, "192.0.2.1", &refuses);
    domains_at(w, &c, DOMAINS, false, "192.0.2.1");
    run(&c);
    for (size_t i = 0; i < DOMAINS; i++) {
        if (job_facts(c.jobs[i])->incomplete)
            fail_msg("domain %zu is incomplete: %s", i, job_facts(c.jobs[i])->incomplete_reason);
        assert_int_equal(endpoint_of(&c, i)->not_probed, PROBED);
    }
    assert_true(job_facts(c.jobs[DOMAINS - 1])->duration_ms > 10 * 1000);
    end(&c);
}

static void what_was_said_for_now_is_asked_anew_later(void **state)
{
    struct world *w = *state;
    struct crowd c;
    const struct server busy = {.greeting = "421 busy\r\n", .then = CLOSE};
    struct timer later = {0};
    serve(w, "192.0.2.1", 25, &busy);
    domains_at(w, &c, 2, true, "192.0.2.1");
    run(&c);
    assert_int_equal(dials(w, "192.0.2.1", 25), 1);
    timer_start(w->loop, &later, 5 * 60 * 1000, on_pause, w->loop);
    assert_int_equal(loop_run(w->loop), 0);
    begin(&c, "a.test");
    run(&c);
    assert_int_equal(dials(w, "192.0.2.1", 25), 2);
    end(&c);
}

static void control_hosts_are_asked_once_in_a_while(void **state)
{
    struct world *w = *state;
    struct crowd c;
    refuse(w, "192.0.2.1");
    domains_at(w, &c, 1, true, "192.0.2.1");
    run(&c);
    begin(&c, "a.test");
    run(&c);
    assert_int_equal(dials(w, "192.0.2.251", 25), 1);
    assert_int_equal(job_facts(c.jobs[1])->vantage.egress_v4.state, job_facts(c.jobs[0])->vantage.egress_v4.state);
    end(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(domains_of_one_host_are_told_the_same, set_up, tear_down),
        cmocka_unit_test_setup_teardown(facts_outlive_the_job_that_found_them, set_up, tear_down),
        cmocka_unit_test_setup_teardown(names_that_were_not_told_make_no_difference, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_dead_server_is_tried_twice_for_all, set_up, tear_down),
        cmocka_unit_test_setup_teardown(each_name_is_told_to_a_server_that_hears_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_job_that_gives_up_leaves_the_server_to_the_next, set_up, tear_down),
        cmocka_unit_test_setup_teardown(time_in_the_queue_is_not_the_jobs_own, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_said_for_now_is_asked_anew_later, set_up, tear_down),
        cmocka_unit_test_setup_teardown(control_hosts_are_asked_once_in_a_while, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* test_deep - the connections of --deep: which, how far apart, and when a server has had enough. In virtual time. */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "probe/deep_plan.h"

#define OWN "192.0.2.1"
#define STRANGER "8.8.4.1"

static struct server without_tls(void)
{
    return server_with(healthy, "STARTTLS", "502 what\r\n", STAY);
}

static const struct endpoint_facts *endpoint(const struct facts *f, size_t host, size_t n)
{
    assert_true(host < f->host_count && f->hosts[host].address_count && n < f->hosts[host].addresses[0].endpoint_count);
    return &f->hosts[host].addresses[0].endpoints[n];
}

static const struct deep_facts *deep(const struct facts *f, size_t host)
{
    assert_non_null(endpoint(f, host, 0)->deep);
    return endpoint(f, host, 0)->deep;
}

/* good.test with mx1 at `ip`, which has no STARTTLS: there is mail in clear to try, and STARTTLS that is not listed. */
static const struct facts *look_closely(struct world *w, const char *ip, struct server *s, struct server_log *log)
{
    *log = (struct server_log){.loop = w->loop};
    s->log = log;
    w->prober.options.deep = true;
    one_mx(w, ip);
    serve(w, ip, 25, s);
    return check(w, "good.test");
}

static int64_t opened_ms(const struct server_log *log, size_t n)
{
    assert_true(n < log->connections);
    return mono_ms_between(log->opened[0], log->opened[n]);
}

static void assert_left_out(const struct deep_facts *d, enum deep_connection place, enum deep_left_out why)
{
    if (d->left_out[place] != why)
        fail_msg("place %d is left out for %d, not %d", place, d->left_out[place], why);
    assert_true((d->sessions[place] != NULL) == (why == DEEP_MADE));
}

static void nothing_more_is_asked_unless_it_was_wanted(void **state)
{
    struct world *w = *state;
    struct server s = without_tls();
    one_mx(w, OWN);
    serve(w, OWN, 25, &s);
    const struct facts *f = check(w, "good.test");
    assert_false(f->deep_wanted);
    assert_null(endpoint(f, 0, 0)->deep);
    assert_int_equal(dials(w, OWN, 25), 1);
}

static void a_server_of_one_s_own_is_asked_quickly(void **state)
{
    struct server s = without_tls();
    struct server_log log;
    const struct facts *f = look_closely(*state, OWN, &s, &log);
    assert_true(f->deep_wanted);
    assert_int_equal(log.connections, 3);
    assert_int_equal(deep(f, 0)->connections, 2);
    assert_left_out(deep(f, 0), DEEP_PLAIN_MAIL, DEEP_MADE);
    assert_left_out(deep(f, 0), DEEP_UNLISTED_STARTTLS, DEEP_MADE);
    assert_left_out(deep(f, 0), DEEP_NO_SNI, DEEP_NOT_NEEDED);
    assert_left_out(deep(f, 0), DEEP_OTHER_KEY, DEEP_NOT_NEEDED);
    assert_left_out(deep(f, 0), DEEP_TLS12, DEEP_NOT_NEEDED);
    assert_left_out(deep(f, 0), DEEP_SURVEY, DEEP_NOT_NEEDED);
    assert_left_out(deep(f, 0), DEEP_INJECTION, DEEP_NOT_NEEDED);
    assert_null(deep(f, 0)->stopped_by);
    assert_in_range(opened_ms(&log, 2), 2 * LIMIT_DEEP_OWN_APART_MS, 1000);
    assert_int_equal(endpoint(f, 0, 0)->session_count, 1); /* the base run does not see them */
    assert_int_equal(deep(f, 0)->sessions[DEEP_PLAIN_MAIL]->purpose, CONNECTION_DEEP);
    assert_int_equal(log.open_peak, 1);
}

static void a_server_that_was_named_is_one_s_own(void **state)
{
    struct world *w = *state;
    struct server_log log = {.loop = w->loop};
    struct server s = without_tls();
    s.log = &log;
    w->prober.options.deep = true;
    serve(w, STRANGER, 25, &s);
    const struct facts *f = probe(w, STRANGER, 25);
    assert_int_equal(log.connections, 3);
    assert_in_range(opened_ms(&log, 2), 0, 1000);
    assert_non_null(strstr(log.heard, "MAIL FROM:<postmaster@[8.8.4.1]>|"));
    assert_non_null(strstr(log.heard, "RCPT TO:<relay-test%example.net@[8.8.4.1]>|"));
    assert_non_null(deep(f, 0)->sessions[DEEP_PLAIN_MAIL]);
}

static void a_stranger_is_given_time(void **state)
{
    struct server s = without_tls();
    struct server_log log;
    look_closely(*state, STRANGER, &s, &log);
    assert_int_equal(log.connections, 3);
    assert_in_range(opened_ms(&log, 1), LIMIT_DEEP_APART_MS, 2 * LIMIT_DEEP_APART_MS);
    assert_in_range(opened_ms(&log, 2) - opened_ms(&log, 1), LIMIT_DEEP_APART_MS, 2 * LIMIT_DEEP_APART_MS);
}

/* Two hosts at one address: four connections, of which the third waits until a minute is over. */
static const struct facts *two_names_of_one_address(struct world *w, struct server *s, struct server_log *log, int64_t run_ms)
{
    dns(w, "good.test", DNS_MX, "20 mx2.good.test");
    dns(w, "mx2.good.test", DNS_A, STRANGER);
    w->prober.options.run_timeout_ms = run_ms;
    return look_closely(w, STRANGER, s, log);
}

static void at_most_two_begin_in_a_minute(void **state)
{
    struct world *w = *state;
    struct server s = without_tls();
    struct server_log log;
    const struct facts *f = two_names_of_one_address(w, &s, &log, LIMIT_RUN_MS);
    assert_int_equal(log.connections, 6);
    assert_int_equal(log.open_peak, 1);
    for (size_t i = 2; i + LIMIT_DEEP_IN_WINDOW < log.connections; i++)
        assert_in_range(mono_ms_between(log.opened[i], log.opened[i + LIMIT_DEEP_IN_WINDOW]), LIMIT_DEEP_WINDOW_MS, LIMIT_RUN_MS);
    assert_in_range(f->duration_ms, LIMIT_DEEP_WINDOW_MS, LIMIT_DEEP_WINDOW_MS + 10000);
    assert_false(f->incomplete);
}

static void what_cannot_end_within_the_run_is_not_begun(void **state)
{
    struct world *w = *state;
    struct server s = without_tls();
    struct server_log log;
    const struct facts *f = two_names_of_one_address(w, &s, &log, 60 * 1000);
    assert_int_equal(log.connections, 4);
    assert_true(f->duration_ms < 10 * 1000); /* nobody waits for what will not come */
    assert_false(f->incomplete);
    size_t late = 0;
    for (size_t host = 0; host < 2; host++)
        for (size_t place = 0; place < DEEP_CONNECTION_COUNT; place++)
            late += deep(f, host)->left_out[place] == DEEP_NO_TIME;
    assert_int_equal(late, 2);
}

static void the_pace_is_the_caller_s(void **state)
{
    struct world *w = *state;
    struct server s = without_tls();
    struct server_log log;
    w->prober.options.deep_apart_ms = 7000;
    w->prober.options.deep_window_ms = 30 * 1000;
    two_names_of_one_address(w, &s, &log, LIMIT_RUN_MS);
    assert_int_equal(log.connections, 6);
    assert_in_range(mono_ms_between(log.opened[2], log.opened[3]), 7000, 8000);
    assert_in_range(mono_ms_between(log.opened[2], log.opened[4]), 30000, 31000);
}

static void a_server_that_falls_silent_is_left_in_time(void **state)
{
    struct world *w = *state;
    struct server s = server_with(without_tls(), "STARTTLS", NULL, STAY);
    struct server_log log;
    w->prober.options.run_timeout_ms = 20 * 1000;
    const struct facts *f = look_closely(w, OWN, &s, &log);
    const struct session_facts *x = deep(f, 0)->sessions[DEEP_UNLISTED_STARTTLS];
    assert_non_null(x);
    assert_int_equal(x->end, END_LIMIT);
    assert_false(f->incomplete);
    assert_true(f->duration_ms < 20 * 1000);
}

static void a_server_that_puts_us_off_is_left_alone(void **state)
{
    static const struct {
        const char *greeting, *event;
    } rows[] = {
        {"421 4.7.0 too many\r\n", "the server greeted with 421"},
        {"450 later\r\n", "the server greeted with 450"},
        {"554 no\r\n", "the server greeted with 554"},
        {"", "the server closed the connection"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct server s = without_tls();
        struct server_log log;
        s.later_greeting = rows[i].greeting;
        const struct facts *f = look_closely(*state, OWN, &s, &log);
        assert_int_equal(log.connections, 2);
        assert_string_equal(deep(f, 0)->stopped_by, rows[i].event);
        assert_left_out(deep(f, 0), DEEP_PLAIN_MAIL, DEEP_MADE);
        assert_left_out(deep(f, 0), DEEP_UNLISTED_STARTTLS, DEEP_STOPPED);
        world_tear_down(state);
        world_set_up(state);
    }
}

static void what_put_us_off_before_does_so_still(void **state)
{
    struct server s = server_with(healthy, "RCPT", "421 4.7.0 enough\r\n", CLOSE);
    struct server_log log;
    const struct facts *f = look_closely(*state, OWN, &s, &log);
    assert_int_equal(deep(f, 0)->connections, 0);
    assert_string_equal(deep(f, 0)->stopped_by, "the server answered 421");
    assert_left_out(deep(f, 0), DEEP_UNLISTED_STARTTLS, DEEP_STOPPED);
}

/* Three hosts; the first two turn away all connections but the first, the last begins when these have spoken. */
static const struct deep_facts *third_of(struct world *w, const char *const names[3], const char *const addresses[3])
{
    static struct server servers[3];
    static struct server_log logs[3];
    w->prober.options.deep = true;
    for (size_t i = 0; i < 3; i++) {
        char mx[64];
        snprintf(mx, sizeof mx, "%zu %s", 10 * (i + 1), names[i]);
        dns(w, "good.test", DNS_MX, mx);
        dns(w, names[i], DNS_A, addresses[i]);
        logs[i] = (struct server_log){0};
        servers[i] = without_tls();
        servers[i].log = &logs[i];
        servers[i].later_greeting = i < 2 ? "421 too many\r\n" : NULL;
        servers[i].delay_ms = i < 2 ? 0 : 500;
        serve(w, addresses[i], 25, &servers[i]);
    }
    return deep(check(w, "good.test"), 2);
}

static const char *const one_operator[] = {"mx1.good.test", "mx2.good.test", "mx3.good.test"};
static const char *const operators[] = {"mx.one.test", "mx.two.test", "mx.three.test"};
static const char *const one_network[] = {"192.0.2.1", "192.0.2.2", "192.0.2.3"};
static const char *const networks[] = {"8.8.4.1", "8.8.8.1", "9.9.9.9"};

static void two_servers_speak_for_their_network(void **state)
{
    const struct deep_facts *third = third_of(*state, operators, one_network);
    assert_int_equal(third->connections, 0);
    assert_string_equal(third->stopped_by, "other servers of this network or operator put us off");
    assert_left_out(third, DEEP_PLAIN_MAIL, DEEP_STOPPED);
}

static void two_servers_speak_for_their_operator(void **state)
{
    const struct deep_facts *third = third_of(*state, one_operator, networks);
    assert_int_equal(third->connections, 0);
    assert_string_equal(third->stopped_by, "other servers of this network or operator put us off");
    assert_left_out(third, DEEP_PLAIN_MAIL, DEEP_STOPPED);
}

static void two_servers_do_not_speak_for_strangers(void **state)
{
    const struct deep_facts *third = third_of(*state, operators, networks);
    assert_null(third->stopped_by);
    assert_left_out(third, DEEP_PLAIN_MAIL, DEEP_MADE);
}

static void there_is_nothing_to_go_on_with_without_ehlo(void **state)
{
    struct server s = server_with(healthy, "EHLO", "502 what\r\n", STAY);
    struct server_log log;
    const struct facts *f = look_closely(*state, OWN, &s, &log);
    assert_null(endpoint(f, 0, 0)->deep);
    assert_int_equal(log.connections, 1);
}

static void all_ports_come_before_closer_looks(void **state)
{
    static const uint16_t ports[] = {25, 587};
    struct world *w = *state;
    struct server s = without_tls(), submission = without_tls();
    struct server_log log, submission_log = {.loop = w->loop};
    submission.log = &submission_log;
    serve(w, OWN, 587, &submission);
    w->prober.options.ports = ports;
    w->prober.options.port_count = 2;
    const struct facts *f = look_closely(w, OWN, &s, &log);
    assert_int_equal(log.connections, 3);
    assert_true(submission_log.opened[0].us < log.opened[1].us);
    assert_int_equal(submission_log.connections, 2);
    assert_true(submission_log.opened[1].us > log.opened[2].us); /* one port after the other */
    assert_non_null(endpoint(f, 0, 1)->deep);
    assert_left_out(endpoint(f, 0, 1)->deep, DEEP_PLAIN_MAIL, DEEP_NOT_NEEDED); /* strangers send nothing there */
    assert_left_out(endpoint(f, 0, 1)->deep, DEEP_UNLISTED_STARTTLS, DEEP_MADE);
}

static void other_ways_to_relay_are_asked_for(void **state)
{
    struct world *w = *state;
    struct server s = without_tls();
    struct server_log log;
    w->prober.options.mail_from = "probe@own.test";
    look_closely(w, OWN, &s, &log);
    assert_non_null(strstr(log.heard, "MAIL FROM:<probe@own.test>|RSET|MAIL FROM:<>|RCPT TO:<relay-test@example.net>|RSET|"
                                      "MAIL FROM:<postmaster@good.test>|RCPT TO:<relay-test@example.net>|RSET|"
                                      "MAIL FROM:<probe@own.test>|RCPT TO:<relay-test%example.net@mx1.good.test>|"
                                      "RCPT TO:<example.net!relay-test@mx1.good.test>|RCPT TO:<\"relay-test@example.net\"@mx1.good.test>|"
                                      "RCPT TO:<@mx1.good.test:relay-test@example.net>|QUIT|"));
    assert_null(strstr(log.heard, "DATA"));
}

static void no_relaying_is_asked_for_where_the_caller_wants_none(void **state)
{
    struct world *w = *state;
    struct server s = without_tls();
    struct server_log log;
    w->prober.options.relay = false;
    const struct facts *f = look_closely(w, OWN, &s, &log);
    assert_null(strstr(log.heard, "RCPT"));
    assert_left_out(deep(f, 0), DEEP_PLAIN_MAIL, DEEP_NOT_NEEDED);
}

static void postmaster_is_asked_for_on_no_further_connection(void **state)
{
    static const struct smtp_try postmaster = {.kind = TRY_POSTMASTER, .mail_from = "", .rcpt_to = "postmaster@good.test"};
    static const struct endpoint_facts endpoint;
    static const struct host_facts host = {.name = "mx1.good.test"};
    static const struct facts facts;
    (void)state;
    for (size_t row = 0; row < deep_row_count; row++) {
        struct smtp_plan plan = {.tries = &postmaster, .try_count = 1};
        assert_int_equal(deep_set_plan(&deep_rows[row], &endpoint, &facts, &host, NULL, &plan), 0);
        assert_int_equal(plan.try_count, 0);
    }
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)
    const struct CMUnitTest tests[] = {
        T(nothing_more_is_asked_unless_it_was_wanted),
        T(a_server_of_one_s_own_is_asked_quickly),
        T(a_server_that_was_named_is_one_s_own),
        T(a_stranger_is_given_time),
        T(at_most_two_begin_in_a_minute),
        T(what_cannot_end_within_the_run_is_not_begun),
        T(the_pace_is_the_caller_s),
        T(a_server_that_falls_silent_is_left_in_time),
        T(a_server_that_puts_us_off_is_left_alone),
        T(what_put_us_off_before_does_so_still),
        T(two_servers_speak_for_their_network),
        T(two_servers_speak_for_their_operator),
        T(two_servers_do_not_speak_for_strangers),
        T(there_is_nothing_to_go_on_with_without_ehlo),
        T(all_ports_come_before_closer_looks),
        T(other_ways_to_relay_are_asked_for),
        T(no_relaying_is_asked_for_where_the_caller_wants_none),
        T(postmaster_is_asked_for_on_no_further_connection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

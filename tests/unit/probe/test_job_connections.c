/* SPDX-License-Identifier: Apache-2.0 */
/* test_job_connections - which connections a job makes, when it makes a second one, and where its limits are. */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct endpoint_facts *endpoint(const struct facts *f, size_t host, size_t address, size_t n)
{
    assert_true(host < f->host_count && address < f->hosts[host].address_count && n < f->hosts[host].addresses[address].endpoint_count);
    return &f->hosts[host].addresses[address].endpoints[n];
}

static void new_world(void **state)
{
    world_tear_down(state);
    world_set_up(state);
}

/* Checks good.test, whose one server is `s`; returns how often it was dialled. */
static size_t dials_of(struct world *w, const struct server *s)
{
    one_mx(w, "192.0.2.1");
    serve(w, "192.0.2.1", 25, s);
    check(w, "good.test");
    return dials(w, "192.0.2.1", 25);
}

static void a_peer_that_drops_in_mid_dialogue_is_asked_once_more(void **state)
{
    const struct server drops[] = {
        {.greeting = NULL, .then = CLOSE}, /* without a byte */
        {.greeting = NULL, .then = RESET},
        {.greeting = "220-mx1.good.test\r\n", .then = CLOSE},
        server_with(healthy, "EHLO", NULL, CLOSE),
        server_with(healthy, "EHLO", "250-mx1", RESET),
        server_with(healthy, "MAIL", NULL, CLOSE),
        server_with(healthy, "RCPT", NULL, RESET),
    };
    for (size_t i = 0; i < sizeof drops / sizeof *drops; i++) {
        struct world *w = *state;
        if (dials_of(w, &drops[i]) != 2)
            fail_msg("row %zu was dialled %zu times", i, dials(w, "192.0.2.1", 25));
        const struct session_facts *first = session(w->facts, 0, 0, 0), *second = session(w->facts, 0, 0, 1);
        assert_int_equal(first->end, drops[i].then == RESET || drops[i].rows[0].then == RESET || drops[i].rows[3].then == RESET ? END_RESET : END_CLOSED);
        assert_int_equal(second->purpose, CONNECTION_RETRY);
        assert_int_equal(second->end, first->end);
        new_world(state);
    }
}

static void a_server_that_has_spoken_its_mind_is_left_alone(void **state)
{
    const struct server clear[] = {
        {.greeting = "421 busy\r\n", .then = CLOSE},
        {.greeting = "450 later\r\n", .then = CLOSE},
        {.greeting = "554 no service\r\n", .then = CLOSE},
        {.greeting = "SSH-2.0-OpenSSH_9.2\r\n", .then = CLOSE},
        server_with(healthy, "EHLO", "421 enough\r\n", CLOSE),
        server_with(healthy, "EHLO", "550 go away\r\n", CLOSE),
        server_with(healthy, "MAIL", "421 enough\r\n", CLOSE),
        server_with(healthy, "RCPT", "421 enough\r\n", CLOSE),
        server_with(healthy, "QUIT", NULL, RESET),
    };
    for (size_t i = 0; i < sizeof clear / sizeof *clear; i++) {
        if (dials_of(*state, &clear[i]) != 1)
            fail_msg("row %zu was dialled again", i);
        new_world(state);
    }
}

static void a_second_try_waits_a_second(void **state)
{
    struct world *w = *state;
    struct server_log log = {0};
    struct server blank = {.greeting = NULL, .then = CLOSE, .log = &log};
    one_mx(w, "192.0.2.1");
    serve(w, "192.0.2.1", 25, &blank);
    check(w, "good.test");
    assert_int_equal(log.connections, 2);
    assert_int_equal(log.open_peak, 1);
    assert_in_range(w->facts->duration_ms, LIMIT_RETRY_AFTER_MS, LIMIT_RETRY_AFTER_MS + 100);
    assert_ptr_equal(endpoint(w->facts, 0, 0, 0)->shown, session(w->facts, 0, 0, 0));
}

static void a_greeting_may_be_waited_for_longer_than_a_connection_lasts(void **state)
{
    struct world *w = *state;
    struct server mute = {.greeting = NULL, .then = STAY};
    w->prober.options.greeting_timeout_ms = 300 * 1000;
    w->prober.options.run_timeout_ms = 900 * 1000;
    one_mx(w, "192.0.2.1");
    serve(w, "192.0.2.1", 25, &mute);
    check(w, "good.test");
    assert_int_equal(session(w->facts, 0, 0, 0)->end, END_TIMEOUT);
    assert_in_range(session(w->facts, 0, 0, 0)->duration_ms, 300 * 1000, 300 * 1000 + 100);
}

/* Drops the first connection at EHLO, then is healthy and another name. */
static const struct server second_time = {
    .greeting = "220 cluster.good.test ESMTP\r\n",
    .rows = {{"EHLO", "250 cluster.good.test\r\n", STAY}, {"MAIL", "250 ok\r\n", STAY}, {"RCPT", "554 no\r\n", STAY}, {"RSET", "250 ok\r\n", STAY}, {"QUIT", NULL, CLOSE}},
};

static void serve_second_time(struct scripted_connection *c, void *arg)
{
    scripted_end(c, 1, TRANSPORT_EOF);
    serve(arg, "192.0.2.1", 25, &second_time);
}

static void what_shows_more_is_shown(void **state)
{
    struct world *w = *state;
    const struct scripted_peer drops = {.on_open = serve_second_time, .arg = w};
    one_mx(w, "192.0.2.1");
    dns(w, "cluster.good.test", DNS_A, "192.0.2.1");
    assert_int_equal(scripted_serve(w->prober.net.dialer, ip_of("192.0.2.1"), 25, &drops), 0);
    const struct facts *f = check(w, "good.test");
    assert_int_equal(session(f, 0, 0, 0)->end, END_CLOSED);
    assert_int_equal(session(f, 0, 0, 1)->end, END_QUIT);
    assert_ptr_equal(endpoint(f, 0, 0, 0)->shown, session(f, 0, 0, 1));
    assert_true(f->hosts[0].addresses[0].greeting_name_has_address); /* its name counts too */
}

static void a_refused_hello_is_followed_by_the_old_one(void **state)
{
    static const uint8_t alert[] = {0x15, 3, 3, 0, 2, 2, 40}, close_notify[] = {0x15, 3, 3, 0, 2, 1, 0}, text[] = "554 no TLS today\r\n";
    static const struct {
        struct tls_server server;
        enum connection_purpose second;
        size_t count;
    } rows[] = {
        {{alert, sizeof alert, STAY, false}, CONNECTION_LEGACY_TLS, 2},
        {{text, sizeof text - 1, CLOSE, false}, CONNECTION_LEGACY_TLS, 2},
        {{close_notify, sizeof close_notify, CLOSE, false}, CONNECTION_RETRY, 2},
        {{NULL, 0, RESET, false}, CONNECTION_RETRY, 2},
        {{NULL, 0, STAY, false}, CONNECTION_BASE, 1}, /* a silent one has had its time */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world *w = *state;
        one_mx(w, "192.0.2.1");
        serve_tls(w, "192.0.2.1", &rows[i].server);
        const struct facts *f = check(w, "good.test");
        if (dials(w, "192.0.2.1", 25) != rows[i].count)
            fail_msg("row %zu was dialled %zu times", i, dials(w, "192.0.2.1", 25));
        assert_int_equal(session(f, 0, 0, rows[i].count - 1)->purpose, rows[i].second);
        new_world(state);
    }
}

static void other_ports_of_a_domain_get_one_connection_each(void **state)
{
    struct world *w = *state;
    static const uint16_t ports[] = {25, 465, 587};
    struct server_log log = {0};
    struct server mail = healthy, submission = healthy;
    mail.log = submission.log = &log;
    w->prober.options.ports = ports;
    w->prober.options.port_count = 3;
    one_mx(w, "192.0.2.1");
    serve(w, "192.0.2.1", 25, &mail);
    serve(w, "192.0.2.1", 587, &submission);
    const struct scripted_peer closed = {.connect = TRANSPORT_REFUSED};
    assert_int_equal(scripted_serve(w->prober.net.dialer, ip_of("192.0.2.1"), 465, &closed), 0);
    const struct facts *f = check(w, "good.test");
    assert_int_equal(dials(w, "192.0.2.1", 465), 1);
    assert_int_equal(endpoint(f, 0, 0, 1)->tls_mode, TLS_MODE_IMPLICIT);
    assert_int_equal(endpoint(f, 0, 0, 1)->sessions[0].connect, CONNECT_REFUSED);
    assert_int_equal(endpoint(f, 0, 0, 2)->sessions[0].end, END_QUIT);
    assert_int_equal(endpoint(f, 0, 0, 2)->sessions[0].relay.test, RELAY_NOT_ASKED);
    assert_int_equal(log.open_peak, 1); /* one after the other */
}

static void a_probed_port_is_tried_twice(void **state)
{
    struct world *w = *state;
    const struct scripted_peer closed = {.connect = TRANSPORT_REFUSED};
    assert_int_equal(scripted_serve(w->prober.net.dialer, ip_of("192.0.2.1"), 587, &closed), 0);
    const struct facts *f = probe(w, "192.0.2.1", 587);
    assert_int_equal(dials(w, "192.0.2.1", 587), 2);
    assert_false(f->vantage.egress_v4.needed); /* that is about port 25 */
}

static void one_address_has_one_connection_at_a_time_and_a_domain_sixteen(void **state)
{
    struct world *w = *state;
    struct server_log log[2] = {{0}};
    struct server same = healthy, many = healthy;
    char text[80], host[32];
    same.log = &log[0];
    many.log = &log[1];
    same.delay_ms = many.delay_ms = 3000;
    for (int i = 0; i < 10; i++) {
        snprintf(host, sizeof host, "mx%d.good.test", i);
        snprintf(text, sizeof text, "10 %s", host);
        dns(w, "good.test", DNS_MX, text);
        dns(w, host, DNS_A, "192.0.2.1");
        for (int k = 0; k < 2; k++) {
            snprintf(text, sizeof text, "192.0.2.%d", 100 + 2 * i + k);
            dns(w, host, DNS_A, text);
            serve(w, text, 25, &many);
        }
    }
    serve(w, "192.0.2.1", 25, &same);
    check(w, "good.test");
    assert_int_equal(log[0].connections, 10);
    assert_int_equal(log[0].open_peak, 1);
    assert_int_equal(log[1].connections, 20);
    assert_in_range(log[1].open_peak, 15, LIMIT_CONNECTIONS_AT_ONCE);
}

static void one_host_of_every_preference_comes_first(void **state)
{
    struct world *w = *state;
    static const char *const mx[] = {"10 a.good.test", "10 b.good.test", "10 c.good.test", "20 d.good.test", "20 e.good.test", "30 f.good.test"};
    static const bool within[] = {true, true, false, true, false, true};
    w->prober.options.max_hosts = 4;
    for (size_t i = 0; i < 6; i++)
        dns(w, "good.test", DNS_MX, mx[i]);
    const struct facts *f = check(w, "good.test");
    assert_int_equal(f->hosts_left_out, 2);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(f->hosts[i].within_limit, within[i]);
}

/* Ten hosts of four addresses, thirty-two of which are probed. */
static void forty_addresses(struct world *w)
{
    char text[80], host[32];
    for (int i = 0; i < 10; i++) {
        snprintf(host, sizeof host, "mx%d.good.test", i);
        snprintf(text, sizeof text, "%d %s", i, host);
        dns(w, "good.test", DNS_MX, text);
        for (int k = 0; k < 4; k++) {
            snprintf(text, sizeof text, "192.0.2.%d", 10 * i + k);
            dns(w, host, DNS_A, text);
            serve(w, text, 25, &healthy);
        }
    }
}

static void a_host_whose_name_server_is_slow_keeps_its_place(void **state)
{
    struct world *w = *state;
    forty_addresses(w);
    assert_int_equal(scripted_dns_fail(w->prober.resolver, "mx0.good.test", DNS_AAAA, DNS_TIMEOUT, DNSSEC_INDETERMINATE, NULL), 0);
    const struct facts *f = check(w, "good.test");
    for (size_t h = 0; h < 10; h++)
        for (size_t a = 0; a < 4; a++)
            assert_int_equal(endpoint(f, h, a, 0)->not_probed, h < 8 ? PROBED : NOT_PROBED_LIMIT);
    assert_true(session(f, 1, 0, 0)->end == END_QUIT);
}

static void what_is_known_when_time_is_up_is_in_the_facts(void **state)
{
    struct world *w = *state;
    forty_addresses(w);
    assert_int_equal(scripted_dns_fail(w->prober.resolver, "mx0.good.test", DNS_AAAA, DNS_TIMEOUT, DNSSEC_INDETERMINATE, NULL), 0);
    w->prober.options.run_timeout_ms = 5000;
    const struct facts *f = check(w, "good.test");
    assert_true(f->incomplete);
    assert_int_equal(f->hosts[0].aaaa.status, DNS_TIMEOUT);
    for (size_t h = 0; h < 10; h++)
        for (size_t a = 0; a < 4; a++)
            assert_true(endpoint(f, h, a, 0)->session_count == 1 || endpoint(f, h, a, 0)->not_probed == NOT_PROBED_LIMIT);
    new_world(state);
    w = *state;
    assert_int_equal(scripted_dns_fail(w->prober.resolver, "good.test", DNS_MX, DNS_TIMEOUT, DNSSEC_INDETERMINATE, NULL), 0);
    w->prober.options.run_timeout_ms = 5000;
    assert_int_equal(check(w, "good.test")->mx.status, MX_DNS_FAILURE);
}

static void a_probe_goes_where_its_command_line_says(void **state)
{
    struct world *w = *state;
    dns(w, "inside.good.test", DNS_A, "10.0.0.5");
    serve(w, "10.0.0.5", 2525, &healthy);
    const struct facts *f = probe(w, "inside.good.test", 2525);
    assert_int_equal(session(f, 0, 0, 0)->end, END_QUIT);
    assert_true(f->hosts[0].addresses[0].treated_as_public);
    new_world(state);
    w = *state;
    serve(w, "127.0.0.1", 25, &healthy);
    assert_int_equal(session(probe(w, "127.0.0.1", 0), 0, 0, 0)->end, END_QUIT);
}

static void special_addresses_are_dialled_only_where_treated_as_public(void **state)
{
    static const char *const special[] = {"10.0.0.5", "127.0.0.1", "169.254.1.1", "::1", "::ffff:192.0.2.1", "fd00::1", "64:ff9b::a00:5"};
    for (size_t i = 0; i < sizeof special / sizeof *special; i++) {
        struct world *w = *state;
        struct ip ip = ip_of(special[i]);
        dns(w, "good.test", DNS_MX, "10 mx1.good.test");
        dns(w, "mx1.good.test", ip.family == IP_V6 ? DNS_AAAA : DNS_A, special[i]);
        serve(w, special[i], 25, &healthy);
        const struct facts *f = check(w, "good.test");
        assert_int_equal(endpoint(f, 0, 0, 0)->not_probed, NOT_PROBED_PRIVATE_ADDRESS);
        assert_int_equal(dials(w, special[i], 25), 0);
        assert_false(f->vantage.egress_v4.needed || f->vantage.egress_v6.needed);
        new_world(state);
    }
    struct world *w = *state;
    assert_true(ip_network_parse(STR("10.0.0.0/24"), &w->public_network[0]));
    one_mx(w, "10.0.0.5");
    serve(w, "10.0.0.5", 25, &healthy);
    const struct facts *f = check(w, "good.test");
    assert_true(f->hosts[0].addresses[0].treated_as_public);
    assert_int_equal(session(f, 0, 0, 0)->end, END_QUIT);
}

static void options_leave_connections_out(void **state)
{
    struct world *w = *state;
    w->prober.options.use_v6 = false;
    one_mx(w, "192.0.2.1");
    dns(w, "mx1.good.test", DNS_AAAA, "2001:db8::1");
    serve(w, "192.0.2.1", 25, &healthy);
    const struct facts *f = check(w, "good.test");
    assert_int_equal(endpoint(f, 0, 1, 0)->not_probed, NOT_PROBED_OPTION);
    assert_int_equal(dials(w, "2001:db8::1", 25), 0);
    new_world(state);
    w = *state;
    w->prober.options.smtp = false;
    assert_int_equal(dials_of(w, &healthy), 0);
    assert_int_equal(w->facts->vantage.egress_v4.state, EGRESS_UNTESTED);
}

static void a_control_host_that_cannot_be_found_proves_nothing(void **state)
{
    static const struct control_host controls[] = {{"control1.test", 25}, {"control2.test", 25}};
    struct world *w = *state;
    w->prober.options.controls = controls;
    one_mx(w, "192.0.2.1");
    dns(w, "control1.test", DNS_A, "192.0.2.251");
    const struct facts *f = check(w, "good.test");
    assert_int_equal(f->vantage.egress_v4.controls_tried, 1);
    assert_int_equal(f->vantage.egress_v4.state, EGRESS_UNKNOWN);
    new_world(state);
    w = *state;
    w->prober.options.controls = controls;
    one_mx(w, "192.0.2.1");
    dns(w, "control1.test", DNS_A, "192.0.2.251");
    dns(w, "control2.test", DNS_A, "192.0.2.252");
    assert_int_equal(check(w, "good.test")->vantage.egress_v4.state, EGRESS_BLOCKED);
}

static void each_family_has_its_own_way_out(void **state)
{
    struct world *w = *state;
    static const struct control_host controls[] = {{"2001:db8::251", 25}, {"2001:db8::252", 25}, {"192.0.2.251", 25}};
    w->prober.options.controls = controls;
    w->prober.options.control_count = 3;
    one_mx(w, "192.0.2.1");
    dns(w, "mx1.good.test", DNS_AAAA, "2001:db8::1");
    serve(w, "192.0.2.1", 25, &healthy);
    const struct facts *f = check(w, "good.test");
    assert_int_equal(f->vantage.egress_v4.state, EGRESS_OPEN);
    assert_int_equal(f->vantage.egress_v6.state, EGRESS_BLOCKED);
    assert_int_equal(f->vantage.egress_v6.controls_tried, 2);
    assert_int_equal(dials(w, "192.0.2.251", 25), 0); /* nobody is asked where a target answered */
    assert_int_equal(dials(w, "2001:db8::251", 25), 1);
}

static void a_control_host_is_left_with_a_quit(void **state)
{
    struct world *w = *state;
    struct server_log log = {0};
    struct server control = healthy;
    control.log = &log;
    control.delay_ms = 100;
    one_mx(w, "192.0.2.1");
    refuse(w, "192.0.2.1");
    serve(w, "192.0.2.251", 25, &control);
    check(w, "good.test");
    assert_string_equal(log.heard, "QUIT|");
}

static void the_name_greeted_with_is_looked_up_once(void **state)
{
    struct world *w = *state;
    struct server s = server_with(healthy, "EHLO", "250 cluster.good.test\r\n", STAY);
    s.greeting = "220 cluster.good.test ESMTP\r\n";
    dns(w, "cluster.good.test", DNS_A, "192.0.2.1");
    dials_of(w, &s);
    assert_true(w->facts->hosts[0].addresses[0].greeting_name_has_address);
    assert_int_equal(scripted_dns_asked(w->prober.resolver, "cluster.good.test", DNS_A), 1);
}

struct canceller {
    struct timer timer;
    struct job *job;
};

static void cancel(void *arg)
{
    struct canceller *c = arg;
    job_free(c->job);
    c->job = NULL;
}

static void on_cancelled_done(void *arg, struct job *job)
{
    const struct canceller *c = arg;
    assert_ptr_equal(job, c->job); /* before the cancel or never */
}

static void a_job_can_be_cancelled_at_any_time(void **state)
{
    static const struct control_host controls[] = {{"control.test", 25}, {"192.0.2.252", 25}};
    struct domain_name name = {"good.test", "good.test"};
    for (int at_ms = -1; at_ms < 1100; at_ms = at_ms < 60 ? at_ms + 1 : at_ms + 13) {
        struct world *w = *state;
        struct canceller c = {.job = NULL};
        w->prober.options.controls = controls;
        scripted_dns_delay(w->prober.resolver, 4);
        dns(w, "good.test", DNS_MX, "20 mx2.good.test");
        dns(w, "mx2.good.test", DNS_AAAA, "2001:db8::2");
        dns(w, "control.test", DNS_AAAA, "2001:db8::3");
        serve(w, "2001:db8::3", 25, &healthy);
        refuse(w, "2001:db8::2");
        one_mx(w, "192.0.2.1");
        serve(w, "192.0.2.1", 25, &healthy);
        dns(w, "1.2.0.192.in-addr.arpa", DNS_PTR, "mx1.good.test");
        c.job = job_start_domain(&w->prober, "good.test", &name, on_cancelled_done, &c);
        assert_non_null(c.job);
        if (at_ms < 0)
            cancel(&c);
        else
            timer_start(w->loop, &c.timer, at_ms, cancel, &c);
        assert_int_equal(loop_run(w->loop), 0);
        assert_int_equal(scripted_dns_open(w->prober.resolver), 0);
        assert_null(c.job);
        new_world(state);
    }
}

#define T(test) cmocka_unit_test_setup_teardown(test, world_set_up, world_tear_down)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T(a_peer_that_drops_in_mid_dialogue_is_asked_once_more),
        T(a_server_that_has_spoken_its_mind_is_left_alone),
        T(a_second_try_waits_a_second),
        T(a_greeting_may_be_waited_for_longer_than_a_connection_lasts),
        T(what_shows_more_is_shown),
        T(a_refused_hello_is_followed_by_the_old_one),
        T(other_ports_of_a_domain_get_one_connection_each),
        T(a_probed_port_is_tried_twice),
        T(one_address_has_one_connection_at_a_time_and_a_domain_sixteen),
        T(one_host_of_every_preference_comes_first),
        T(a_host_whose_name_server_is_slow_keeps_its_place),
        T(what_is_known_when_time_is_up_is_in_the_facts),
        T(a_probe_goes_where_its_command_line_says),
        T(special_addresses_are_dialled_only_where_treated_as_public),
        T(options_leave_connections_out),
        T(a_control_host_that_cannot_be_found_proves_nothing),
        T(each_family_has_its_own_way_out),
        T(a_control_host_is_left_with_a_quit),
        T(the_name_greeted_with_is_looked_up_once),
        T(a_job_can_be_cancelled_at_any_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

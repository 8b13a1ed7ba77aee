/* SPDX-License-Identifier: Apache-2.0 */
/* world - see world.h. */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

const struct server healthy = {
    .greeting = "220 mx1.good.test ESMTP\r\n",
    .rows = {{"EHLO", "250-mx1.good.test\r\n250 SIZE 1000\r\n", STAY},
             {"HELO", "250 mx1.good.test\r\n", STAY},
             {"MAIL", "250 ok\r\n", STAY},
             {"RCPT", "554 no\r\n", STAY},
             {"RSET", "250 ok\r\n", STAY},
             {"QUIT", "221 bye\r\n", CLOSE}},
};

struct server server_with(struct server s, const char *heard, const char *answer, enum server_then then)
{
    size_t i = 0;
    while (s.rows[i].heard && strcmp(s.rows[i].heard, heard) != 0)
        i++;
    assert_true(i < sizeof s.rows / sizeof *s.rows - 1);
    s.rows[i].heard = heard;
    s.rows[i].answer = answer;
    s.rows[i].then = then;
    return s;
}

static void act(struct scripted_connection *c, int64_t delay_ms, const char *answer, enum server_then then)
{
    if (answer)
        scripted_say(c, delay_ms, answer, strlen(answer));
    if (then != STAY)
        scripted_end(c, delay_ms + 1, then == CLOSE ? TRANSPORT_EOF : TRANSPORT_RESET);
}

static void on_open(struct scripted_connection *c, void *arg)
{
    const struct server *s = arg;
    if (s->log) {
        if (s->log->loop && s->log->connections < sizeof s->log->opened / sizeof *s->log->opened)
            s->log->opened[s->log->connections] = loop_now(s->log->loop);
        s->log->connections++;
        if (++s->log->open > s->log->open_peak)
            s->log->open_peak = s->log->open;
    }
    if (s->later_greeting && s->log->connections > 1)
        act(c, s->delay_ms, s->later_greeting, CLOSE);
    else
        act(c, s->delay_ms, s->greeting, s->then);
}

static void on_data(struct scripted_connection *c, const uint8_t *bytes, size_t n, void *arg)
{
    const struct server *s = arg;
    struct str rest = {(const char *)bytes, n};
    if (s->log)
        s->log->round_trips++;
    while (rest.n) {
        struct str line = str_cut(&rest, '\n');
        line.n -= line.n && line.p[line.n - 1] == '\r';
        if (s->log) {
            size_t used = strlen(s->log->heard);
            snprintf(s->log->heard + used, sizeof s->log->heard - used, "%.*s|", (int)line.n, line.p);
        }
        for (size_t i = 0; i < sizeof s->rows / sizeof *s->rows && s->rows[i].heard; i++)
            if (str_starts_nocase(line, s->rows[i].heard)) {
                act(c, 1, s->rows[i].answer, s->rows[i].then);
                break;
            }
    }
}

static void on_close(struct scripted_connection *c, void *arg)
{
    const struct server *s = arg;
    (void)c;
    if (s->log)
        s->log->open--;
}

struct ip ip_of(const char *text)
{
    struct ip ip;
    assert_true(ip_parse(str_of(text), &ip));
    return ip;
}

void serve(struct world *w, const char *ip, uint16_t port, const struct server *s)
{
    struct scripted_peer peer = {.connect = TRANSPORT_OPEN, .connect_delay_ms = 5, .on_open = on_open, .on_data = on_data,
                                 .on_close = on_close, .arg = (void *)(uintptr_t)s};
    assert_int_equal(scripted_serve(w->prober.net.dialer, ip_of(ip), port, &peer), 0);
}

static void open_tls_server(struct scripted_connection *c, void *arg)
{
    if (!((const struct tls_server *)arg)->implicit)
        scripted_say(c, 0, "220 mx1.good.test\r\n", 19);
}

static void hear_tls_server(struct scripted_connection *c, const uint8_t *bytes, size_t n, void *arg)
{
    const struct tls_server *s = arg;
    if (bytes[0] == 'E')
        scripted_say(c, 1, WITH_STARTTLS, sizeof WITH_STARTTLS - 1);
    else if (bytes[0] == 'S')
        scripted_say(c, 1, "220 go\r\n", 8);
    else if (bytes[0] == 0x16 && n > 5) {
        if (s->answer_n)
            scripted_say(c, 1, s->answer, s->answer_n);
        if (s->then != STAY)
            scripted_end(c, 2, s->then == CLOSE ? TRANSPORT_EOF : TRANSPORT_RESET);
    }
}

void serve_tls(struct world *w, const char *ip, const struct tls_server *s)
{
    const struct scripted_peer peer = {.on_open = open_tls_server, .on_data = hear_tls_server, .arg = (void *)(uintptr_t)s};
    assert_int_equal(scripted_serve(w->prober.net.dialer, ip_of(ip), 25, &peer), 0);
}

void refuse(struct world *w, const char *ip)
{
    struct scripted_peer peer = {.connect = TRANSPORT_REFUSED, .connect_delay_ms = 5};
    assert_int_equal(scripted_serve(w->prober.net.dialer, ip_of(ip), 25, &peer), 0);
}

void dns(struct world *w, const char *name, enum dns_type type, const char *data)
{
    assert_int_equal(scripted_dns_add(w->prober.resolver, name, type, DNSSEC_SECURE, data), 0);
}

void one_mx(struct world *w, const char *ip)
{
    dns(w, "good.test", DNS_MX, "10 mx1.good.test");
    dns(w, "mx1.good.test", DNS_A, ip);
}

size_t dials(struct world *w, const char *ip, uint16_t port)
{
    return scripted_dial_count(w->prober.net.dialer, ip_of(ip), port);
}

int world_set_up(void **state)
{
    static struct world w;
    static const struct control_host controls[] = {{"192.0.2.251", 25}, {"192.0.2.252", 25}};
    char error[256];
    memset(&w, 0, sizeof w);
    w.loop = loop_new_virtual((struct wall){1795529100});
    w.prober.net = (struct session_net){w.loop, scripted_dialer_new(w.loop), tls_context_new(NULL, error, sizeof error)};
    w.prober.resolver = scripted_resolver_new(w.loop);
    w.prober.fetcher = scripted_fetcher_new(w.loop);
    assert_non_null(w.prober.fetcher);
    if (!w.prober.net.tls)
        fail_msg("%s", error);
    probe_options_init(&w.prober.options);
    w.prober.options.ehlo = "probe.test";
    w.prober.options.controls = controls;
    w.prober.options.control_count = 2;
    assert_true(ip_network_parse(STR("192.0.2.0/24"), &w.public_network[0]));
    assert_true(ip_network_parse(STR("2001:db8::/32"), &w.public_network[1]));
    w.prober.options.public_networks = w.public_network;
    w.prober.options.public_network_count = 2;
    dns(&w, ".", DNS_NS, "a.root.test");
    *state = &w;
    return 0;
}

int world_tear_down(void **state)
{
    struct world *w = *state;
    job_free(w->job);
    fetcher_free(w->prober.fetcher);
    resolver_free(w->prober.resolver);
    tls_context_free(w->prober.net.tls);
    dialer_free(w->prober.net.dialer);
    loop_free(w->loop);
    return 0;
}

static void on_done(void *arg, struct job *job)
{
    struct world *w = arg;
    assert_null(w->facts); /* once */
    w->facts = job_facts(job);
}

static const struct facts *run(struct world *w)
{
    assert_non_null(w->job);
    assert_null(w->facts); /* never inside the call that started it */
    assert_int_equal(loop_run(w->loop), 0);
    assert_non_null(w->facts);
    assert_int_equal(scripted_dns_open(w->prober.resolver), 0);
    return w->facts;
}

const struct facts *check(struct world *w, const char *domain)
{
    struct domain_name name = {domain, domain};
    w->job = job_start_domain(&w->prober, domain, &name, on_done, w);
    return run(w);
}

const struct facts *probe(struct world *w, const char *name, uint16_t port)
{
    struct server_name server = {.name = {name, name}, .port = port};
    if (!ip_parse(str_of(name), &server.ip))
        server.ip = (struct ip){.family = IP_NONE};
    w->job = job_start_server(&w->prober, name, &server, on_done, w);
    return run(w);
}

const struct session_facts *session(const struct facts *f, size_t host, size_t address, size_t n)
{
    assert_true(host < f->host_count && address < f->hosts[host].address_count);
    assert_true(n < f->hosts[host].addresses[address].endpoints[0].session_count);
    return &f->hosts[host].addresses[address].endpoints[0].sessions[n];
}

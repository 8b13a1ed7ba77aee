/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_gates - which rows look no further when one thing is broken: for each gate a world in which it is shut, and the
 * rows that say that it was this gate which decided them.
 */
#include "dane_world.h"

static bool was_decided_by(const struct world *w, struct str id, const char *gate)
{
    for (size_t i = 0; i < w->out.count; i++) {
        const struct verdict *v = &w->out.verdicts[i];
        if (str_is(id, v->check->id) && v->via && strcmp(v->via->id, gate) == 0)
            return true;
    }
    return false;
}

/* Each of these rows has a verdict that `gate` decided. */
static void expect_behind(struct world *w, const char *gate, const char *words)
{
    struct str rest = str_of(words);
    assert_int_equal(judge(&w->facts, &w->options, w->now, &w->arena, &w->out), 0);
    for (struct str id; (id = str_word(&rest)).n;)
        if (!was_decided_by(w, id, gate))
            fail_msg("%.*s looks further than %s", (int)id.n, id.p, gate);
}

static void every_session(struct world *w, void (*change)(struct session_facts *s))
{
    for (size_t i = 0; i < WORLD_ADDRESSES; i++)
        for (size_t port = 0; port < w->addresses[i]->endpoint_count; port++)
            change(&w->addresses[i]->endpoints[port].sessions[0]);
}

static void add_submission(struct world *w)
{
    add_port(w, MX1_V4, 587);
    add_port(w, MX1_V4, 465);
}

static void the_domain_does_not_exist(void **state)
{
    struct world *w = *state;
    w->facts.mx = (struct mx_facts){.status = MX_NXDOMAIN, .lookup = {.status = DNS_NXDOMAIN, .dnssec = DNSSEC_SECURE}};
    expect_behind(w, "dns.domain-exists",
                  "dns.dnssec-signed dns.ns-health dns.mx-propagation dns.policy-propagation mx.exists "
                  "mx.null-exclusive mx.null-proper mx.expected-set mx.null-locked dnsbl.domain "
                  "spf.published dkim.discovered dkim.selector dkim.key-record dmarc.published "
                  "dmarc.record-valid bimi.record");
}

static void the_domain_does_not_answer(void **state)
{
    struct world *w = *state;
    w->facts.mx = (struct mx_facts){.status = MX_DNS_FAILURE, .lookup = {.status = DNS_TIMEOUT}};
    expect_behind(w, "dns.domain-answers", "dns.domain-exists dns.dnssec-valid dns.ns-health dns.mx-propagation dns.policy-propagation");
}

static void there_is_no_mail_host(void **state)
{
    struct world *w = *state;
    static const struct dns_lookup no_data = {.status = DNS_NODATA, .dnssec = DNSSEC_SECURE};
    with_dane(w);
    w->facts.mx = (struct mx_facts){.status = MX_NONE, .lookup = no_data, .a = no_data, .aaaa = no_data, .txt = no_data};
    expect_behind(w, "mx.exists",
                  "mx.implicit mx.reachable mx.primary-reachable mx.failover-distinct mx.redundancy mx.ipv4 "
                  "mx.ipv6 smtp.service dane.lookup dane.secure dane.mx-secure dane.all-mx pool.starttls "
                  "pool.tls-level pool.backup-weaker pool.network-diversity pool.operators mtasts.published "
                  "mtasts.policy-syntax tlsrpt.published");
}

static void a_host_has_no_address(void **state)
{
    struct world *w = *state;
    with_dane(w);
    w->mx2->a = w->mx2->aaaa = (struct dns_lookup){.status = DNS_TIMEOUT};
    w->mx2->address_count = 0;
    expect_behind(w, "mx.target-resolves",
                  "dns.host-dnssec-valid mx.target-dangling mx.target-cname mx.host-reachable mx.failover-distinct "
                  "mx.redundancy dane.lookup dane.secure");
}

static void no_host_is_reachable(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < WORLD_ADDRESSES; i++)
        not_connected(w->endpoints[i], CONNECT_REFUSED);
    expect_behind(w, "mx.reachable", "mx.primary-reachable smtp.service");
    expect_behind(w, "net.port25-open", "smtp.greeting smtp.greeting-delay smtp.probe-accepted");
}

static void a_server_for_submission_is_closed(void **state)
{
    struct world *w = *state;
    make_server(w, 465, TLS_MODE_IMPLICIT);
    for (size_t i = 0; i < 2; i++)
        not_connected(&w->mx1->addresses[i].endpoints[0], CONNECT_REFUSED);
    expect_behind(w, "net.port25-open",
                  "smtp.greeting smtp.greeting-delay smtp.probe-accepted smtp.submission-implicit-tls "
                  "tls.handshake");
}

static void refuse_greeting(struct session_facts *s)
{
    cut_at(s, STEP_GREETING, END_QUIT);
    s->greeting.code = 554;
    s->greeting.complete = true;
}

static void the_greeting_is_a_refusal(void **state)
{
    struct world *w = *state;
    every_session(w, refuse_greeting);
    expect_behind(w, "smtp.greeting",
                  "smtp.service smtp.greeting-delay smtp.server-name smtp.software-disclosed smtp.ehlo "
                  "smtp.reply-syntax");
}

static void lose_ehlo(struct session_facts *s)
{
    cut_at(s, STEP_EHLO, END_TIMEOUT);
}

static void ehlo_is_not_answered(void **state)
{
    struct world *w = *state;
    add_submission(w);
    every_session(w, lose_ehlo);
    expect_behind(w, "smtp.ehlo",
                  "smtp.service smtp.server-name smtp.software-disclosed smtp.baseline-extensions "
                  "smtp.modern-extensions smtp.extension-misuse smtp.auth-cleartext smtp.auth-on-mx "
                  "smtp.submission-cleartext relay.rcpt-refused tls.starttls-stripped tls.starttls-offered "
                  "tls.starttls-stable");
}

static void starttls_is_not_offered(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < WORLD_ADDRESSES; i++)
        without_starttls(w, w->sessions[i]);
    expect_behind(w, "tls.starttls-offered", "smtp.plaintext-refused tls.starttls-accepted");
}

static void refuse_starttls(struct session_facts *s)
{
    cut_at(s, STEP_STARTTLS, END_TIMEOUT);
}

static void starttls_is_not_answered(void **state)
{
    struct world *w = *state;
    every_session(w, refuse_starttls);
    expect_behind(w, "tls.starttls-accepted", "smtp.reply-injection relay.rcpt-refused tls.handshake");
}

static void break_handshake(struct session_facts *s)
{
    fail_handshake(s, TLS_ALERT, 40);
}

static void the_handshake_fails(void **state)
{
    struct world *w = *state;
    with_dane(w);
    add_submission(w);
    every_session(w, break_handshake);
    expect_behind(w, "tls.handshake",
                  "smtp.ehlo-after-tls smtp.reply-injection relay.rcpt-refused tls.version-floor "
                  "tls.cipher-negotiated tls.key-exchange cert.present dane.starttls dane.match "
                  "dane.submission-match smtp.command-injection smtp.starttls-again tls.broken-versions "
                  "tls.cipher-bad tls.cipher-weak tls.without-sni tls.large-hello");
}

static void tlsa_records_are_not_answered(void **state)
{
    struct world *w = *state;
    with_dane(w);
    for (size_t h = 0; h < 2; h++)
        set_lookup(&w->facts.hosts[h].tlsa[0].bases[0].lookup, DNS_TIMEOUT, DNSSEC_INDETERMINATE);
    expect_behind(w, "dane.lookup",
                  "dane.published dane.secure dane.records-usable dane.starttls dane.match dane.stale-record "
                  "dane.renewal-safe");
}

static void no_tlsa_record_matches(void **state)
{
    struct world *w = *state;
    with_dane(w);
    for (size_t i = 0; i < 2; i++)
        set_match(w->mx1, i, TLSA_NO_DIGEST);
    expect_behind(w, "dane.match", "dane.match-each-key dane.renewal-safe");
}

static void a_port_of_submission_is_judged_whatever_port_25_does(void **state)
{
    struct world *w = *state;
    add_port(w, MX1_V4, 587);
    not_connected(w->endpoints[MX1_V4], CONNECT_REFUSED);
    expect_verdict(w, "smtp.greeting", "mx1/v4:25", VERDICT_NA);
    expect_verdict(w, "smtp.greeting", "mx1/v4:587", VERDICT_PASS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_port_of_submission_is_judged_whatever_port_25_does),
        WORLD_TEST(the_domain_does_not_exist),
        WORLD_TEST(the_domain_does_not_answer),
        WORLD_TEST(there_is_no_mail_host),
        WORLD_TEST(a_host_has_no_address),
        WORLD_TEST(no_host_is_reachable),
        WORLD_TEST(a_server_for_submission_is_closed),
        WORLD_TEST(the_greeting_is_a_refusal),
        WORLD_TEST(ehlo_is_not_answered),
        WORLD_TEST(starttls_is_not_offered),
        WORLD_TEST(starttls_is_not_answered),
        WORLD_TEST(the_handshake_fails),
        WORLD_TEST(tlsa_records_are_not_answered),
        WORLD_TEST(no_tlsa_record_matches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

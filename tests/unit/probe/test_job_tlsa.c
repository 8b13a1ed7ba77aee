/* SPDX-License-Identifier: Apache-2.0 */
/* test_job_tlsa - which TLSA records a job asks for, when, and which name it then asks for in TLS. */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define DIGEST "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define EE_KEY "3 1 1 " DIGEST

static const uint8_t alert[] = {0x15, 3, 3, 0, 2, 2, 40};
static const struct tls_server refuses_tls = {alert, sizeof alert, CLOSE, false};

static size_t asked(const struct world *w, const char *name)
{
    return scripted_dns_asked(w->prober.resolver, name, DNS_TLSA);
}

static const struct tlsa_facts *tlsa(const struct facts *f)
{
    assert_true(f->host_count > 0 && f->hosts[0].tlsa_count > 0);
    return &f->hosts[0].tlsa[0];
}

static void insecure(struct world *w, const char *name, enum dns_type type, const char *data)
{
    assert_int_equal(scripted_dns_add(w->prober.resolver, name, type, DNSSEC_INSECURE, data), 0);
}

static void fails(struct world *w, const char *name, enum dns_type type, enum dns_status status)
{
    assert_int_equal(scripted_dns_fail(w->prober.resolver, name, type, status, DNSSEC_INDETERMINATE, NULL), 0);
}

static void records_of_a_host(void **state)
{
    struct world *w = *state;
    one_mx(w, "192.0.2.1");
    dns(w, "_25._tcp.mx1.good.test", DNS_TLSA, "3 1 1 ff" DIGEST);
    dns(w, "_25._tcp.mx1.good.test", DNS_TLSA, EE_KEY);
    dns(w, "_25._tcp.mx1.good.test", DNS_TLSA, "2 0 0 308200");
    serve(w, "192.0.2.1", 25, &healthy);
    const struct tlsa_facts *t = tlsa(check(w, "good.test"));
    assert_int_equal(t->port, 25);
    assert_int_equal(t->base_count, 1);
    const struct tlsa_base *base = &t->bases[0];
    assert_string_equal(base->name, "mx1.good.test");
    assert_int_equal(base->lookup.status, DNS_FOUND);
    assert_int_equal(base->lookup.dnssec, DNSSEC_SECURE);
    assert_int_equal(base->record_count, 3);
    assert_int_equal(base->records_left_out, 0);
    assert_int_equal(base->records[0].usage, 2);
    assert_int_equal(base->records[0].flaw, TLSA_NOT_DER);
    assert_int_equal(base->records[1].data.n, 32);
    assert_int_equal(base->records[1].flaw, TLSA_SOUND);
    assert_int_equal(base->records[2].flaw, TLSA_WRONG_LENGTH);
    assert_int_equal(asked(w, "_25._tcp.mx1.good.test"), 1);
}

static void every_port_has_its_own(void **state)
{
    struct world *w = *state;
    static const uint16_t ports[] = {25, 465, 587};
    w->prober.options.ports = ports;
    w->prober.options.port_count = 3;
    one_mx(w, "192.0.2.1");
    dns(w, "_465._tcp.mx1.good.test", DNS_TLSA, EE_KEY);
    refuse(w, "192.0.2.1");
    const struct facts *f = check(w, "good.test");
    assert_int_equal(f->hosts[0].tlsa_count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(f->hosts[0].tlsa[i].port, ports[i]);
    assert_int_equal(f->hosts[0].tlsa[0].bases[0].lookup.status, DNS_NXDOMAIN);
    assert_int_equal(f->hosts[0].tlsa[1].bases[0].record_count, 1);
    assert_int_equal(asked(w, "_587._tcp.mx1.good.test"), 1);
}

static void more_records_than_are_kept(void **state)
{
    struct world *w = *state;
    one_mx(w, "192.0.2.1");
    for (int i = 0; i < TLSA_RECORDS_MAX + 5; i++) {
        char data[80];
        snprintf(data, sizeof data, "3 1 1 %02x%.62s", 0xff - i, DIGEST);
        dns(w, "_25._tcp.mx1.good.test", DNS_TLSA, data);
    }
    refuse(w, "192.0.2.1");
    const struct tlsa_base *base = &tlsa(check(w, "good.test"))->bases[0];
    assert_int_equal(base->record_count, TLSA_RECORDS_MAX);
    assert_int_equal(base->records_left_out, 5);
    assert_int_equal((uint8_t)base->records[0].data.p[0], 0xff - (TLSA_RECORDS_MAX + 4));
}

static void the_connection_does_not_wait(void **state)
{
    struct world *w = *state;
    one_mx(w, "192.0.2.1");
    fails(w, "_25._tcp.mx1.good.test", DNS_TLSA, DNS_TIMEOUT);
    serve(w, "192.0.2.1", 25, &healthy);
    const struct facts *f = check(w, "good.test");
    assert_int_equal(tlsa(f)->bases[0].lookup.status, DNS_TIMEOUT);
    assert_int_equal(session(f, 0, 0, 0)->end, END_QUIT);
    assert_in_range(f->duration_ms, LIMIT_DNS_MS, LIMIT_DNS_MS + 50);
}

static void servers_that_fail_at_the_type(void **state)
{
    struct world *w = *state;
    one_mx(w, "192.0.2.1");
    fails(w, "_25._tcp.mx1.good.test", DNS_TLSA, DNS_FAILED);
    refuse(w, "192.0.2.1");
    assert_int_equal(tlsa(check(w, "good.test"))->bases[0].lookup.status, DNS_FAILED);
}

static void an_unsigned_host_holds_up_nothing(void **state)
{
    struct world *w = *state;
    dns(w, "good.test", DNS_MX, "10 mx1.good.test");
    insecure(w, "mx1.good.test", DNS_A, "192.0.2.1");
    fails(w, "_25._tcp.mx1.good.test", DNS_TLSA, DNS_TIMEOUT);
    serve(w, "192.0.2.1", 25, &healthy);
    const struct facts *f = check(w, "good.test");
    assert_int_equal(tlsa(f)->bases[0].lookup.status, DNS_TIMEOUT);
    assert_int_equal(asked(w, "_25._tcp.mx1.good.test"), 1);
    assert_in_range(f->duration_ms, 1, LIMIT_IDLE_TLSA_MS + 50);
}

static void an_unsigned_host_with_records(void **state)
{
    struct world *w = *state;
    dns(w, "good.test", DNS_MX, "10 mx1.good.test");
    insecure(w, "mx1.good.test", DNS_A, "192.0.2.1");
    insecure(w, "_25._tcp.mx1.good.test", DNS_TLSA, EE_KEY);
    refuse(w, "192.0.2.1");
    const struct tlsa_base *base = &tlsa(check(w, "good.test"))->bases[0];
    assert_int_equal(base->lookup.status, DNS_FOUND);
    assert_int_equal(base->lookup.dnssec, DNSSEC_INSECURE);
    assert_int_equal(base->record_count, 1);
}

static void alias_world(struct world *w, enum dnssec_state alias, enum dnssec_state address)
{
    dns(w, "good.test", DNS_MX, "10 mx1.good.test");
    assert_int_equal(scripted_dns_alias(w->prober.resolver, "mx1.good.test", alias, "mail.far.test"), 0);
    assert_int_equal(scripted_dns_add(w->prober.resolver, "mail.far.test", DNS_A, address, "192.0.2.1"), 0);
    serve_tls(w, "192.0.2.1", &refuses_tls);
}

static void assert_sni(const struct facts *f, const char *sni)
{
    const struct tls_facts *tls = &session(f, 0, 0, 0)->tls;
    assert_int_equal(tls->result, TLS_ALERT);
    assert_string_equal(tls->sni, sni);
    assert_string_equal(tls->name_wanted, "mx1.good.test");
}

static void an_alias_with_records_at_its_last_name(void **state)
{
    struct world *w = *state;
    alias_world(w, DNSSEC_SECURE, DNSSEC_SECURE);
    dns(w, "_25._tcp.mail.far.test", DNS_TLSA, EE_KEY);
    const struct facts *f = check(w, "good.test");
    assert_int_equal(tlsa(f)->base_count, 2);
    assert_string_equal(tlsa(f)->bases[0].name, "mail.far.test");
    assert_string_equal(tlsa(f)->bases[1].name, "mx1.good.test");
    assert_int_equal(tlsa(f)->bases[0].record_count, 1);
    assert_sni(f, "mail.far.test");
    assert_int_equal(f->hosts[0].alias.status, DNS_NOT_ASKED);
}

static void an_alias_with_records_of_its_own(void **state)
{
    struct world *w = *state;
    alias_world(w, DNSSEC_SECURE, DNSSEC_SECURE);
    dns(w, "_25._tcp.mx1.good.test", DNS_TLSA, EE_KEY);
    const struct facts *f = check(w, "good.test");
    assert_int_equal(tlsa(f)->bases[1].record_count, 1);
    assert_sni(f, "mx1.good.test");
}

static void an_alias_without_records(void **state)
{
    struct world *w = *state;
    alias_world(w, DNSSEC_SECURE, DNSSEC_SECURE);
    const struct facts *f = check(w, "good.test");
    assert_sni(f, "mx1.good.test");
    assert_int_equal(asked(w, "_25._tcp.mail.far.test"), 1);
    assert_int_equal(asked(w, "_25._tcp.mx1.good.test"), 1);
}

static void an_alias_whose_records_cannot_be_had(void **state)
{
    struct world *w = *state;
    alias_world(w, DNSSEC_SECURE, DNSSEC_SECURE);
    fails(w, "_25._tcp.mail.far.test", DNS_TLSA, DNS_TIMEOUT);
    const struct facts *f = check(w, "good.test");
    assert_sni(f, "mx1.good.test");
    assert_true(f->duration_ms >= LIMIT_DNS_MS); /* it had waited for them */
}

static void a_proven_alias_to_unsigned_addresses(void **state)
{
    struct world *w = *state;
    alias_world(w, DNSSEC_SECURE, DNSSEC_INSECURE);
    dns(w, "_25._tcp.mx1.good.test", DNS_TLSA, EE_KEY);
    const struct facts *f = check(w, "good.test");
    assert_int_equal(f->hosts[0].alias.status, DNS_FOUND);
    assert_int_equal(f->hosts[0].alias.dnssec, DNSSEC_SECURE);
    assert_int_equal(tlsa(f)->base_count, 1);
    assert_string_equal(tlsa(f)->bases[0].name, "mx1.good.test");
    assert_int_equal(tlsa(f)->bases[0].record_count, 1);
    assert_int_equal(asked(w, "_25._tcp.mail.far.test"), 0);
    assert_sni(f, "mx1.good.test");
}

static void an_unsigned_alias(void **state)
{
    struct world *w = *state;
    alias_world(w, DNSSEC_INSECURE, DNSSEC_SECURE);
    fails(w, "_25._tcp.mx1.good.test", DNS_TLSA, DNS_TIMEOUT);
    const struct facts *f = check(w, "good.test");
    assert_int_equal(f->hosts[0].alias.dnssec, DNSSEC_INSECURE);
    assert_in_range(f->duration_ms, 1, LIMIT_IDLE_TLSA_MS + 50);
}

static void nobody_asks_for_what_is_not_wanted(void **state)
{
    struct world *w = *state;
    w->prober.options.tlsa = false;
    one_mx(w, "192.0.2.1");
    refuse(w, "192.0.2.1");
    const struct facts *f = check(w, "good.test");
    assert_int_equal(f->hosts[0].tlsa_count, 0);
    assert_int_equal(asked(w, "_25._tcp.mx1.good.test"), 0);
}

static void hosts_past_the_limit_are_not_asked_about(void **state)
{
    struct world *w = *state;
    w->prober.options.max_hosts = 1;
    one_mx(w, "192.0.2.1");
    dns(w, "good.test", DNS_MX, "20 mx2.good.test");
    dns(w, "mx2.good.test", DNS_A, "192.0.2.2");
    refuse(w, "192.0.2.1");
    const struct facts *f = check(w, "good.test");
    assert_int_equal(f->hosts[0].tlsa_count, 1);
    assert_int_equal(f->hosts[1].tlsa_count, 0);
}

static void a_server_is_asked_about_at_its_port(void **state)
{
    struct world *w = *state;
    dns(w, "mx1.good.test", DNS_A, "192.0.2.1");
    dns(w, "_587._tcp.mx1.good.test", DNS_TLSA, EE_KEY);
    serve(w, "192.0.2.1", 587, &healthy);
    const struct facts *f = probe(w, "mx1.good.test", 587);
    assert_int_equal(f->hosts[0].tlsa_count, 1);
    assert_int_equal(tlsa(f)->port, 587);
    assert_int_equal(tlsa(f)->bases[0].record_count, 1);
}

static void an_address_has_no_records(void **state)
{
    struct world *w = *state;
    serve(w, "192.0.2.1", 25, &healthy);
    assert_int_equal(probe(w, "192.0.2.1", 25)->hosts[0].tlsa_count, 0);
}

static void a_host_without_address_is_not_asked_about(void **state)
{
    struct world *w = *state;
    dns(w, "good.test", DNS_MX, "10 mx1.good.test");
    assert_int_equal(check(w, "good.test")->hosts[0].tlsa_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, world_set_up, world_tear_down)
        TEST(records_of_a_host),
        TEST(every_port_has_its_own),
        TEST(more_records_than_are_kept),
        TEST(the_connection_does_not_wait),
        TEST(servers_that_fail_at_the_type),
        TEST(an_unsigned_host_holds_up_nothing),
        TEST(an_unsigned_host_with_records),
        TEST(an_alias_with_records_at_its_last_name),
        TEST(an_alias_with_records_of_its_own),
        TEST(an_alias_without_records),
        TEST(an_alias_whose_records_cannot_be_had),
        TEST(a_proven_alias_to_unsigned_addresses),
        TEST(an_unsigned_alias),
        TEST(nobody_asks_for_what_is_not_wanted),
        TEST(hosts_past_the_limit_are_not_asked_about),
        TEST(a_server_is_asked_about_at_its_port),
        TEST(an_address_has_no_records),
        TEST(a_host_without_address_is_not_asked_about),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

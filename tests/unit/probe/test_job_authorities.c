/* SPDX-License-Identifier: Apache-2.0 */
/* test_job_authorities - which name servers a job asks directly, for what, and when once more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "net/authority_scripted.h"
#include "wire/dns.h"
#include "world.h"

enum { AUTHORITATIVE = 0x84, LAME = 0x80, REFUSED = 5, ASKED_MAX = 64, AGAIN_MS = 3000 };

/* What the servers do, by address; and who was asked for what. */
static struct {
    bool over_tcp_only, refers, changes;
    const char *silent; /* this one says nothing */
    const char *other;  /* this one gives another preference, `changes`: at first only */
    char asked[ASKED_MAX][80];
    size_t count;
} servers;

static size_t asked(const char *ip, const char *question)
{
    char line[80];
    size_t count = 0;
    snprintf(line, sizeof line, "%s %s", ip, question);
    for (size_t i = 0; i < servers.count; i++)
        count += strcmp(servers.asked[i], line) == 0;
    return count;
}

static void put_u16(struct buf *out, unsigned value)
{
    buf_add_char(out, (char)(value >> 8));
    buf_add_char(out, (char)value);
}

static void put_name(struct buf *out, const char *name)
{
    for (struct str rest = str_of(name); rest.n;) {
        struct str label = str_cut(&rest, '.');
        buf_add_char(out, (char)label.n);
        buf_add(out, label.p, label.n);
    }
    buf_add_char(out, 0);
}

/* Serial 2026112501. */
static void put_soa(struct buf *out)
{
    put_name(out, "good.test");
    put_u16(out, DNS_SOA);
    put_u16(out, DNS_CLASS_IN);
    put_u16(out, 0);
    put_u16(out, 300);
    put_u16(out, 15 + 1 + 5 * 4);
    put_name(out, "ns1.good.test");
    put_name(out, "");
    put_u16(out, 2026112501u >> 16);
    put_u16(out, 2026112501u & 0xffff);
    for (int i = 0; i < 8; i++)
        put_u16(out, 0);
}

static void put_question(struct buf *out, const char *name, enum dns_type type)
{
    bool is_here = type == DNS_MX || type == DNS_SOA;
    put_u16(out, 0);
    put_u16(out, (unsigned)(servers.refers ? LAME : AUTHORITATIVE) << 8);
    put_u16(out, 1);
    put_u16(out, is_here && !servers.refers);
    put_u16(out, servers.refers);
    put_u16(out, 0);
    put_name(out, name);
    put_u16(out, type);
    put_u16(out, DNS_CLASS_IN);
}

/* MX and SOA records of good.test with authority, nothing else; from the zone above a referral to ns1.good.test. */
static void answer(void *arg, struct ip ip, bool over_tcp, const char *name, enum dns_type type, struct buf *out)
{
    char text[IP_TEXT_BYTES];
    (void)arg;
    ip_write(ip, text);
    if (!over_tcp && servers.count < ASKED_MAX)
        snprintf(servers.asked[servers.count++], sizeof servers.asked[0], "%s %s/%d", text, name, (int)type);
    if ((servers.silent && strcmp(text, servers.silent) == 0) || (servers.over_tcp_only && !over_tcp))
        return;
    bool is_mx = type == DNS_MX, differs = servers.other && strcmp(text, servers.other) == 0 && !(servers.changes && asked(text, "good.test/15") > 1);
    put_question(out, name, type);
    if (type == DNS_SOA && !servers.refers)
        put_soa(out);
    if (!is_mx && !servers.refers)
        return;
    put_name(out, "good.test");
    put_u16(out, servers.refers ? DNS_NS : DNS_MX);
    put_u16(out, DNS_CLASS_IN);
    put_u16(out, 0);
    put_u16(out, 300);
    put_u16(out, servers.refers ? 15 : 2 + 15);
    if (!servers.refers)
        put_u16(out, differs ? 20 : 10);
    put_name(out, servers.refers ? "ns1.good.test" : "mx1.good.test");
}

static int set_up(void **state)
{
    int failed = world_set_up(state);
    struct world *w = *state;
    memset(&servers, 0, sizeof servers);
    if (failed)
        return failed;
    w->prober.authorities = scripted_authority_asker_new(w->loop, answer, NULL);
    w->prober.options.authorities = true;
    w->prober.options.smtp = false;
    one_mx(w, "192.0.2.1");
    return w->prober.authorities ? 0 : -1;
}

static int tear_down(void **state)
{
    struct authority_asker *asker = ((struct world *)*state)->prober.authorities;
    int failed = world_tear_down(state);
    authority_asker_free(asker);
    return failed;
}

static void two_name_servers(struct world *w)
{
    dns(w, "good.test", DNS_NS, "ns1.good.test");
    dns(w, "good.test", DNS_NS, "ns2.good.test");
    dns(w, "ns1.good.test", DNS_A, "192.0.2.53");
    dns(w, "ns2.good.test", DNS_A, "192.0.2.54");
}

static void each_is_asked_for_each_record_once(void **state)
{
    struct world *w = *state;
    two_name_servers(w);
    const struct facts *f = check(w, "good.test");
    assert_int_equal(f->authorities.server_count, 2);
    assert_string_equal(f->authorities.zone, "good.test");
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(f->authorities.servers[i].answers[0].status, AUTHORITY_ANSWERS);
        assert_true(str_is(f->authorities.servers[i].answers[0].set, "10 mx1.good.test\n"));
        assert_true(str_is(f->authorities.servers[i].answers[1].set, "2026112501\n"));
        assert_null(f->authorities.servers[i].again);
    }
    for (size_t i = 0; i < servers.count; i++)
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(servers.asked[i], servers.asked[k]);
    assert_int_equal(asked("192.0.2.53", "good.test/15"), 1);
    assert_int_equal(asked("192.0.2.54", "_dmarc.good.test/16"), 1);
    assert_int_equal(asked("192.0.2.54", "mx1.good.test/1"), 1);
}

static void where_two_differ_both_are_asked_again_later(void **state)
{
    struct world *w = *state;
    two_name_servers(w);
    servers.other = "192.0.2.54";
    const struct facts *f = check(w, "good.test");
    assert_true(f->duration_ms >= AGAIN_MS);
    assert_int_equal(asked("192.0.2.53", "good.test/15"), 2);
    assert_int_equal(asked("192.0.2.53", "_dmarc.good.test/16"), 1); /* there they agreed */
    assert_false(str_eq(f->authorities.servers[0].again[0].set, f->authorities.servers[1].again[0].set));
}

static void a_zone_under_way_agrees_the_second_time(void **state)
{
    struct world *w = *state;
    two_name_servers(w);
    servers.other = "192.0.2.54";
    servers.changes = true;
    const struct facts *f = check(w, "good.test");
    assert_true(str_eq(f->authorities.servers[0].again[0].set, f->authorities.servers[1].again[0].set));
}

static void silence_and_answers_over_tcp_only(void **state)
{
    struct world *w = *state;
    two_name_servers(w);
    servers.silent = "192.0.2.54";
    servers.over_tcp_only = true;
    const struct facts *f = check(w, "good.test");
    assert_int_equal(f->authorities.servers[0].answers[0].status, AUTHORITY_ANSWERS);
    assert_true(f->authorities.servers[0].answers[0].over_tcp);
    assert_int_equal(f->authorities.servers[1].answers[0].status, AUTHORITY_SILENT);
}

static void a_private_address_is_not_asked(void **state)
{
    struct world *w = *state;
    two_name_servers(w);
    dns(w, "ns2.good.test", DNS_A, "10.0.0.53");
    const struct facts *f = check(w, "good.test");
    assert_int_equal(f->authorities.server_count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_true((f->authorities.servers[i].answers != NULL) || f->authorities.servers[i].special);
    for (size_t i = 0; i < servers.count; i++)
        assert_null(strstr(servers.asked[i], "10.0.0.53"));
}

/* The resolver fails; the zone above knows who should answer. */
static void fail_and_refer(struct world *w, const char *parent)
{
    servers.refers = true;
    scripted_dns_fail(w->prober.resolver, "good.test", DNS_NS, DNS_FAILED, DNSSEC_INDETERMINATE, "SERVFAIL");
    dns(w, "test", DNS_NS, "ns.test");
    dns(w, "ns.test", DNS_A, parent);
    dns(w, "ns1.good.test", DNS_A, "192.0.2.53");
}

static void the_zone_above_tells_when_the_resolver_cannot(void **state)
{
    struct world *w = *state;
    fail_and_refer(w, "192.0.2.99");
    const struct facts *f = check(w, "good.test");
    assert_true(f->authorities.by_referral);
    assert_int_equal(asked("192.0.2.99", "good.test/2"), 1);
    assert_int_equal(f->authorities.server_count, 1);
    assert_int_equal(f->authorities.servers[0].answers[0].status, AUTHORITY_LAME);
}

static void a_private_address_of_the_zone_above_is_not_asked(void **state)
{
    struct world *w = *state;
    fail_and_refer(w, "10.0.0.99");
    const struct facts *f = check(w, "good.test");
    assert_int_equal(servers.count, 0);
    assert_null(f->authorities.zone);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(each_is_asked_for_each_record_once),
        T(where_two_differ_both_are_asked_again_later),
        T(a_zone_under_way_agrees_the_second_time),
        T(silence_and_answers_over_tcp_only),
        T(a_private_address_is_not_asked),
        T(the_zone_above_tells_when_the_resolver_cannot),
        T(a_private_address_of_the_zone_above_is_not_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

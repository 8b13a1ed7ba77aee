/* SPDX-License-Identifier: Apache-2.0 */
/* test_virtual - what a run in virtual time makes of a scenario, and what it complains about. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "cmd/options.h"
#include "net/resolver_scripted.h"
#include "scn_random.h"
#include "virtual_names.h"
#include "virtual_run.h"

static struct arena arena;
static struct scn_pki *pki;
static char ca_file[64], error[SCN_ERROR_BYTES];
static struct scenario scenario;
static struct virtual_result result;

static int once(void **state)
{
    static const char *const settings[] = {SCN_CLIENT_SETTINGS};
    (void)state;
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        putenv((char *)settings[i]);
    snprintf(ca_file, sizeof ca_file, "/proc/self/fd/%d", memfd_create("trust store", MFD_CLOEXEC));
    if (scn_random_begin() < 0 || !(pki = scn_pki_new(VIRTUAL_NOW, error)))
        return -1;
    return scn_pki_trust_store(pki, ca_file, error);
}

static int at_last(void **state)
{
    (void)state;
    scn_pki_free(pki);
    return 0;
}

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, 1 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static void parse(const char *from, const char *lines)
{
    char *text = arena_printf(&arena, "# a test\nfrom %s\n%s\nexpect fail -\nexpect exit 0\n", from, lines);
    if (scn_parse(&arena, "one.scn", str_of(text), &scenario, error) < 0)
        fail_msg("%s", error);
}

static void run(const char *from, const char *lines)
{
    parse(from, lines);
    virtual_run(&scenario, pki, &(struct virtual_setting){.ca_file = ca_file, .round_trip_ms = VIRTUAL_ROUND_TRIP_MS}, &result);
    buf_add_char(&result.report, '\0');
}

static void expect_problem(const char *lines, const char *problem)
{
    run("plain", lines);
    if (result.problem_count != 1)
        fail_msg("%zu problems, the first: %s", result.problem_count, result.problem_count ? result.problems[0] : "none");
    assert_string_equal(result.problems[0], problem);
    virtual_run_done(&result);
}

/* No problems, and the text is in the report. */
static void expect_reported(const char *from, const char *lines, const char *text)
{
    run(from, lines);
    if (result.problem_count)
        fail_msg("%s", result.problems[0]);
    if (!strstr(result.report.bytes, text))
        fail_msg("\"%s\" is not in %.3000s", text, result.report.bytes);
    virtual_run_done(&result);
}

static void waiting_costs_virtual_time_only(void **state)
{
    (void)state;
    expect_reported("plain", "server mx1 v4\nconnection\nwait 85 s\nusual\noptions --greeting-timeout 88", "\"delay_ms\":85001,");
}

static void tls_is_spoken_by_both_sides(void **state)
{
    (void)state;
    expect_reported("plain", "", "\"version\":\"TLSv1.3\"");
    expect_reported("plain", "server *\ntls only 1.2", "\"version\":\"TLSv1.2\"");
    expect_reported("plain", "server mx1 v4\nconnection\ndrip 3 ms", "\"outcome\":\"completed\"");
}

static void a_server_without_end_is_left(void **state)
{
    (void)state;
    expect_reported("plain", "server mx1 v4\nhear EHLO\nendless 250-AGAIN", "\"id\":\"smtp.ehlo\",\"verdict\":\"unknown\"");
}

static void nobody_listens_where_no_server_is(void **state)
{
    (void)state;
    expect_reported("plain", "options --ports 25,587", "\"port\":587,\"tls_mode\":\"starttls\",\"outcome\":\"refused\"");
    expect_reported("plain", "server mx2\nsilent", "\"outcome\":\"timeout\"");
}

static void the_state_of_the_zone_is_the_state_of_the_answer(void **state)
{
    (void)state;
    expect_reported("base", "", "\"mx\":{\"status\":\"present\",\"dnssec\":\"secure\"");
    expect_reported("plain", "", "\"mx\":{\"status\":\"present\",\"dnssec\":\"insecure\"");
    expect_reported("base", "zone @ expired", "\"mx\":{\"status\":\"dns_failure\",\"dnssec\":\"bogus\"");
    expect_reported("base", "zone @ dead", "\"mx\":{\"status\":\"dns_failure\",\"dnssec\":null");
    expect_reported("base", "zone @ absent", "\"mx\":{\"status\":\"nxdomain\",\"dnssec\":\"secure\"");
    expect_reported("plain", "dns @ MX 10 localhost.", "\"ip\":\"127.0.0.1\"");
}

static void what_is_described_must_happen(void **state)
{
    (void)state;
    expect_problem("server *\nhear VRFY\nsay 252 ok", "one.scn:4: hear VRFY never took place");
    expect_problem("server mx1 v4\nconnection 7\nclose", "one.scn:4: connection never took place");
    expect_problem("server mx2\nrefuse\nserver *\nserver mx2 port 2525\nhear EHLO\nclose", "one.scn:7: hear EHLO never took place");
    /* Of a statement about several servers one is enough. */
    expect_reported("plain", "server mx2\nrefuse\nserver *\nhear MAIL\nsay 550 no", "\"outcome\":\"refused\"");
}

static void a_server_that_cannot_do_as_told_is_a_problem(void **state)
{
    (void)state;
    expect_problem("server mx1 v4\nhear EHLO in tls\ntls", "a server: a second handshake inside TLS");
}

static void options_are_those_of_the_command(void **state)
{
    (void)state;
    expect_reported("plain", "options --no-smtp", "\"outcome\":\"not_probed\"");
    run("plain", "options --no-such-thing");
    assert_int_equal(result.exit_status, EXIT_USAGE);
    assert_int_equal(result.problem_count, 1);
    assert_string_equal(result.report.bytes, "");
    virtual_run_done(&result);
}

static void a_run_repeats_to_the_octet(void **state)
{
    (void)state;
    struct buf first;
    buf_init(&first, 1 << 20);
    run("plain", "cert mx1 key rsa 1024");
    buf_add(&first, result.report.bytes, result.report.used);
    virtual_run_done(&result);
    run("plain", "server *\ntls only 1.2"); /* another one between them */
    virtual_run_done(&result);
    run("plain", "cert mx1 key rsa 1024");
    assert_string_equal(result.report.bytes, first.bytes);
    assert_non_null(strstr(first.bytes, "\"sha256\":"));
    virtual_run_done(&result);
    buf_done(&first);
}

struct asked {
    enum dns_status status;
    enum dnssec_state dnssec;
    size_t record_count;
    char data[64];
};

static void on_answer(void *arg, const struct dns_reply *reply)
{
    struct asked *a = arg;
    *a = (struct asked){reply->lookup.status, reply->lookup.dnssec, reply->record_count, ""};
    if (reply->record_count)
        snprintf(a->data, sizeof a->data, "%.*s", (int)reply->records[0].data.n, reply->records[0].data.p);
}

static struct asked ask(const char *lines, const char *name, enum dns_type type)
{
    struct scn_world world;
    struct query q = {.resolver = NULL};
    struct asked asked = {DNS_NOT_ASKED, DNSSEC_INDETERMINATE, 0, ""};
    struct loop *loop = loop_new_virtual(VIRTUAL_NOW);
    struct resolver *resolver = scripted_resolver_new(loop);
    parse("base", lines);
    if (scn_world_init(&world, error) < 0 || scn_world_add(&world, &scenario) < 0 || scn_pki_publish(pki, &world, error) < 0 ||
        virtual_names_fill(resolver, &world, SCN_RESOLVER_NONE, error) < 0)
        fail_msg("%s", error);
    resolver_ask(resolver, &q, name, type, &arena, 1000, on_answer, &asked);
    assert_int_equal(loop_run(loop), 0);
    resolver_free(resolver);
    loop_free(loop);
    scn_pki_forget(pki);
    scn_world_done(&world);
    return asked;
}

static void expect_answer(const char *lines, const char *name, enum dns_type type, enum dns_status status, enum dnssec_state dnssec)
{
    const struct asked asked = ask(lines, name, type);
    if (asked.status != status || asked.dnssec != dnssec)
        fail_msg("%s with %s: status %d instead of %d, DNSSEC %d instead of %d", name, lines, asked.status, status, asked.dnssec, dnssec);
}

static void zones_are_seen_through_those_above(void **state)
{
    (void)state;
    expect_answer("", "one.test", DNS_SOA, DNS_FOUND, DNSSEC_SECURE);
    expect_answer("", ".", DNS_NS, DNS_FOUND, DNSSEC_SECURE);
    expect_answer("", "gone.one.test", DNS_A, DNS_NXDOMAIN, DNSSEC_SECURE);
    expect_answer("zone sub insecure", "gone.sub.one.test", DNS_A, DNS_NXDOMAIN, DNSSEC_INSECURE);
    expect_answer("zone sub expired", "sub.one.test", DNS_A, DNS_BOGUS, DNSSEC_BOGUS);
    expect_answer("zone sub dead", "gone.sub.one.test", DNS_A, DNS_TIMEOUT, DNSSEC_INDETERMINATE);
    expect_answer("zone sub absent\ndns a.sub A 192.0.2.1", "a.sub.one.test", DNS_A, DNS_NXDOMAIN, DNSSEC_SECURE);
    expect_answer("zone @ insecure\nzone sub signed", "sub.one.test", DNS_SOA, DNS_FOUND, DNSSEC_INSECURE);
    expect_answer("zone @ insecure\nzone sub expired", "sub.one.test", DNS_SOA, DNS_FOUND, DNSSEC_INSECURE);
    expect_answer("zone @ expired\nzone sub insecure", "sub.one.test", DNS_SOA, DNS_BOGUS, DNSSEC_BOGUS);
    expect_answer("zone @ dead\nzone sub signed", "sub.one.test", DNS_SOA, DNS_TIMEOUT, DNSSEC_INDETERMINATE);
    expect_answer("dns a A {mx1.v4}", "a.one.test", DNS_A, DNS_FOUND, DNSSEC_SECURE);
    expect_answer("dns a CNAME mx1", "a.one.test", DNS_AAAA, DNS_FOUND, DNSSEC_SECURE);
}

static void strings_of_a_text_are_joined(void **state)
{
    (void)state;
    assert_string_equal(ask("dns @ TXT \"v=spf1 \" \"-all\"", "one.test", DNS_TXT).data, "v=spf1 -all");
}

static void a_record_said_twice_is_one(void **state)
{
    (void)state;
    assert_int_equal(ask("dns @ MX 10 mx1\ndns @ MX 10 mx1\ndns @ MX 20 mx1", "one.test", DNS_MX).record_count, 2);
}

enum { FAR_MS = 50 };

/* How long a check takes with everybody so far away. */
static uint32_t far_ms(const char *from, const char *lines, const char *options)
{
    parse(from, arena_printf(&arena, "%s\n%s", lines, options));
    virtual_run(&scenario, pki, &(struct virtual_setting){.ca_file = ca_file, .round_trip_ms = FAR_MS}, &result);
    if (result.problem_count)
        fail_msg("%s", result.problems[0]);
    if (result.asked_twice)
        fail_msg("asked twice: %s", result.asked_twice);
    uint32_t ms = result.duration_ms;
    virtual_run_done(&result);
    return ms;
}

static void expect_no_longer_than_smtp(const char *from, const char *lines)
{
    uint32_t all = far_ms(from, lines, ""), smtp = far_ms(from, lines, "options --checks net,smtp,relay,tls,cert");
    if (all > smtp + FAR_MS)
        fail_msg("the whole check takes %u ms, its SMTP alone %u ms, with round trips of %d ms:\n%s", all, smtp, FAR_MS, lines);
}

/* Policies, keys, block lists, name servers and reverse names are asked beside the conversations. */
static void all_else_waits_no_longer_than_smtp(void **state)
{
    (void)state;
    expect_no_longer_than_smtp("base", "");
    expect_no_longer_than_smtp("plain", "");
    expect_no_longer_than_smtp("base", "dns _domainkey TXT -\ndns default._domainkey TXT -\ndns other._domainkey TXT \"v=DKIM1; p=\"");
    expect_no_longer_than_smtp("base",
                               "dns _dmarc TXT \"v=DMARC1; p=reject; rua=mailto:a@{domain},mailto:b@rua.elsewhere.test\"\ndns rua.elsewhere.test. A {mx1.v4}");
    expect_no_longer_than_smtp("base", "dns mx1 CNAME real\ndns real A {mx1.v4}\ndns real AAAA {mx1.v6}");
}

/* Ten includes, three of them inside each other: they take as long as the longest chain, not as long as all. */
static void a_large_spf_record_waits_no_longer_than_smtp(void **state)
{
    (void)state;
    expect_no_longer_than_smtp("base", "dns @ TXT \"v=spf1 mx a:w1.{domain} a:w2.{domain} include:s1.{domain} include:s2.{domain} include:s3.{domain} -all\"\n"
                                       "dns w1 A {mx1.v4}\ndns w2 A {mx1.v4}\n"
                                       "dns s1 TXT \"v=spf1 include:t1.{domain} include:t2.{domain} ~all\"\n"
                                       "dns s2 TXT \"v=spf1 ip4:192.0.2.0/24 ~all\"\ndns s3 TXT \"v=spf1 ip4:198.51.100.0/24 ~all\"\n"
                                       "dns t1 TXT \"v=spf1 include:u1.{domain} ~all\"\ndns t2 TXT \"v=spf1 a:w3.{domain} ~all\"\n"
                                       "dns u1 TXT \"v=spf1 ip4:203.0.113.0/24 ~all\"\ndns w3 A {mx1.v4}");
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T(waiting_costs_virtual_time_only),
        T(tls_is_spoken_by_both_sides),
        T(a_server_without_end_is_left),
        T(nobody_listens_where_no_server_is),
        T(the_state_of_the_zone_is_the_state_of_the_answer),
        T(what_is_described_must_happen),
        T(a_server_that_cannot_do_as_told_is_a_problem),
        T(options_are_those_of_the_command),
        T(a_run_repeats_to_the_octet),
        T(zones_are_seen_through_those_above),
        T(strings_of_a_text_are_joined),
        T(a_record_said_twice_is_one),
        T(all_else_waits_no_longer_than_smtp),
        T(a_large_spf_record_waits_no_longer_than_smtp),
    };
    return cmocka_run_group_tests(tests, once, at_last);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_resolver_unbound - the resolver against real name servers.
 *
 * with_nsd.py starts them and describes them; DNS_LAB names its folder.
 */
#include "net/resolver.h"
#include "net/resolver_answer.h"

#include "wire/dns.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { LIMIT_MS = 20000, PATH_BYTES = 512 };

static char root_hints[PATH_BYTES], silent_hints[PATH_BYTES], root_key[PATH_BYTES], resolv_conf[PATH_BYTES];
static struct loop *loop;
static struct arena arena;

struct asking {
    struct query query;
    struct dns_reply reply;
    int answers;
};

static struct resolver_params params_of(enum resolver_mode mode)
{
    static const char *anchors[2];
    anchors[0] = root_key;
    return (struct resolver_params){.mode = mode, .root_hints_file = root_hints, .trust_anchor_files = anchors,
                                    .resolv_conf_file = resolv_conf, .use_v4 = true, .use_v6 = true};
}

static struct resolver *open_resolver(const struct resolver_params *params)
{
    char error[256];
    struct resolver *r = resolver_new_unbound(loop, params, error, sizeof error);
    if (!r)
        fail_msg("%s", error);
    return r;
}

static void keep(void *arg, const struct dns_reply *reply)
{
    struct asking *a = arg;
    a->reply = *reply;
    a->answers++;
    loop_stop(loop);
}

static void start(struct resolver *r, struct asking *a, const char *name, enum dns_type type, int64_t limit_ms)
{
    *a = (struct asking){.answers = 0};
    resolver_ask(r, &a->query, name, type, &arena, limit_ms, keep, a);
    assert_int_equal(a->answers, 0); /* never inside the call */
}

static void wait_for(struct asking *a)
{
    while (!a->answers)
        assert_int_equal(loop_run(loop), 0);
    assert_int_equal(a->answers, 1);
}

static struct dns_reply ask(struct resolver *r, const char *name, enum dns_type type)
{
    struct asking a;
    start(r, &a, name, type, LIMIT_MS);
    wait_for(&a);
    return a.reply;
}

static struct dns_reply expect(struct resolver *r, const char *name, enum dns_type type, enum dns_status status, enum dnssec_state dnssec)
{
    struct dns_reply reply = ask(r, name, type);
    if (reply.lookup.status != status || reply.lookup.dnssec != dnssec)
        fail_msg("%s %d: status %d not %d, dnssec %d not %d, rcode %d (%s)", name, type, reply.lookup.status, status, reply.lookup.dnssec, dnssec,
                 reply.lookup.rcode, reply.lookup.reason ? reply.lookup.reason : "");
    return reply;
}

static int setup(void **state)
{
    loop = loop_new_real();
    arena_init(&arena, 4 << 20);
    struct resolver_params params = params_of(RESOLVER_RECURSIVE);
    *state = open_resolver(&params);
    return 0;
}

static int teardown(void **state)
{
    resolver_free(*state);
    loop_free(loop);
    arena_done(&arena);
    return 0;
}

static bool has_mx(const struct dns_reply *reply, unsigned preference, const char *host)
{
    for (size_t i = 0; i < reply->record_count; i++)
        if (reply->records[i].preference == preference && strcmp(reply->records[i].name, host) == 0)
            return true;
    return false;
}

static void test_secure_answer_and_cache(void **state)
{
    for (int i = 0; i < 2; i++) {
        struct dns_reply reply = expect(*state, "good.test", DNS_MX, DNS_FOUND, DNSSEC_SECURE);
        assert_int_equal(reply.record_count, 2);
        assert_true(has_mx(&reply, 10, "mx1.good.test"));
        assert_true(has_mx(&reply, 20, "mx2.good.test"));
        assert_in_range(reply.lookup.ttl_s, 1, 600);
        assert_int_equal(reply.lookup.rcode, 0);
        assert_null(reply.lookup.alias_of);
        assert_null(reply.lookup.reason);
    }
    assert_string_equal(resolver_describe(*state), "recursive");
}

static void test_record_types(void **state)
{
    char text[IP_TEXT_BYTES];
    struct dns_reply reply = expect(*state, "mx1.good.test", DNS_A, DNS_FOUND, DNSSEC_SECURE);
    ip_write(reply.records[0].ip, text);
    assert_string_equal(text, "192.0.2.1");
    reply = expect(*state, "mx1.good.test", DNS_AAAA, DNS_FOUND, DNSSEC_SECURE);
    ip_write(reply.records[0].ip, text);
    assert_string_equal(text, "2001:db8::1");
    reply = expect(*state, "good.test", DNS_TXT, DNS_FOUND, DNSSEC_SECURE);
    assert_true(str_is(reply.records[0].data, "v=spf1 -all"));
    reply = expect(*state, "odd.good.test", DNS_MX, DNS_FOUND, DNSSEC_SECURE);
    assert_string_equal(reply.records[0].name, "a\\046b\\032c.good.test");
    reply = expect(*state, "null.good.test", DNS_MX, DNS_FOUND, DNSSEC_SECURE);
    assert_string_equal(reply.records[0].name, ".");
    expect(*state, "good.test", DNS_SOA, DNS_FOUND, DNSSEC_SECURE);
    reply = expect(*state, ".", DNS_NS, DNS_FOUND, DNSSEC_SECURE);
    assert_string_equal(reply.records[0].name, "a.root");
}

static void test_name_from_an_answer_can_be_asked(void **state)
{
    struct dns_reply reply = expect(*state, "odd.good.test", DNS_MX, DNS_FOUND, DNSSEC_SECURE);
    expect(*state, reply.records[0].name, DNS_A, DNS_NXDOMAIN, DNSSEC_SECURE);
}

static void test_more_records_than_are_kept(void **state)
{
    struct dns_reply reply = expect(*state, "many.good.test", DNS_A, DNS_FOUND, DNSSEC_SECURE);
    assert_int_equal(reply.record_count, RESOLVER_RECORDS_MAX);
    assert_int_equal(reply.records_left_out, 300 - RESOLVER_RECORDS_MAX);
}

static void test_denials(void **state)
{
    struct dns_reply reply = expect(*state, "nowhere.good.test", DNS_MX, DNS_NXDOMAIN, DNSSEC_SECURE);
    assert_int_equal(reply.lookup.rcode, DNS_RCODE_NXDOMAIN);
    assert_int_equal(reply.record_count, 0);
    reply = expect(*state, "mx2.good.test", DNS_AAAA, DNS_NODATA, DNSSEC_SECURE);
    assert_int_equal(reply.lookup.rcode, DNS_RCODE_NOERROR);
    expect(*state, "nowhere.test", DNS_MX, DNS_NXDOMAIN, DNSSEC_SECURE);
    expect(*state, "nowhere", DNS_MX, DNS_NXDOMAIN, DNSSEC_SECURE);
    expect(*state, "nowhere.insecure.test", DNS_MX, DNS_NXDOMAIN, DNSSEC_INSECURE);
    expect(*state, "mx.insecure.test", DNS_AAAA, DNS_NODATA, DNSSEC_INSECURE);
}

static void test_aliases(void **state)
{
    struct dns_reply reply = expect(*state, "alias1.good.test", DNS_MX, DNS_FOUND, DNSSEC_SECURE);
    assert_string_equal(reply.lookup.alias_of, "good.test");
    assert_int_equal(reply.record_count, 2);
    assert_in_range(reply.lookup.ttl_s, 1, 200);
    reply = expect(*state, "leaving.good.test", DNS_A, DNS_FOUND, DNSSEC_INSECURE);
    assert_string_equal(reply.lookup.alias_of, "www.insecure.test");
    reply = expect(*state, "dangling.good.test", DNS_A, DNS_NXDOMAIN, DNSSEC_SECURE);
    assert_string_equal(reply.lookup.alias_of, "nowhere.good.test");
    reply = expect(*state, "alias1.good.test", DNS_CNAME, DNS_FOUND, DNSSEC_SECURE);
    assert_string_equal(reply.records[0].name, "alias2.good.test");
    assert_null(reply.lookup.alias_of);
    reply = ask(*state, "loop1.good.test", DNS_A);
    assert_int_equal(reply.record_count, 0);
    assert_int_not_equal(reply.lookup.status, DNS_FOUND);
}

static void test_insecure_answer(void **state)
{
    struct dns_reply reply = expect(*state, "insecure.test", DNS_MX, DNS_FOUND, DNSSEC_INSECURE);
    assert_true(has_mx(&reply, 10, "mx.insecure.test"));
}

/* A key that nobody was there to give proves nothing; one that a server denies does. */
static void test_keys_that_were_not_answered(void **state)
{
    (void)state;
    assert_true(resolver_answer_lacks_keys("validation failure <a.test. MX IN>: No DNSKEY record for key test. while building chain of trust"));
    assert_true(resolver_answer_lacks_keys("validation failure <a.test. MX IN>: SERVFAIL no DS for DS a.test. while building chain of trust"));
    assert_true(resolver_answer_lacks_keys("validation failure <. NS IN>: no DNSKEY rrset for trust anchor . while building chain of trust"));
    assert_true(resolver_answer_lacks_keys("validation failure <b.test. A IN>: key for validation . is marked as invalid because of a previous "
                                           "validation failure <. NS IN>: no DNSKEY rrset for trust anchor . while building chain of trust"));
    assert_false(resolver_answer_lacks_keys("validation failure <a.test. MX IN>: No DNSKEY record from 192.0.2.1 for key a.test. while building chain of trust"));
    assert_false(resolver_answer_lacks_keys("validation failure <a.test. MX IN>: signature expired from 192.0.2.1"));
    assert_false(resolver_answer_lacks_keys(NULL));
}

static void test_bogus_answer(void **state)
{
    for (int i = 0; i < 2; i++) { /* the second comes from the cache */
        struct dns_reply reply = expect(*state, "bogus.test", DNS_MX, DNS_BOGUS, DNSSEC_BOGUS);
        assert_int_equal(reply.record_count, 0);
        assert_non_null(strstr(reply.lookup.reason, "bogus.test"));
    }
    expect(*state, "nowhere.bogus.test", DNS_MX, DNS_BOGUS, DNSSEC_BOGUS);
}

static void test_reverse_names(void **state)
{
    struct ip ip;
    char name[REVERSE_NAME_BYTES];
    assert_true(ip_parse(STR("127.0.2.7"), &ip));
    ip_write_reverse_name(ip, name);
    struct dns_reply reply = expect(*state, name, DNS_PTR, DNS_FOUND, DNSSEC_SECURE);
    assert_string_equal(reply.records[0].name, "mail.good.test");
    assert_true(ip_parse(STR("10.0.2.8"), &ip));
    ip_write_reverse_name(ip, name);
    expect(*state, name, DNS_PTR, DNS_FOUND, DNSSEC_SECURE);
    assert_true(ip_parse(STR("2001:db8::12"), &ip));
    ip_write_reverse_name(ip, name);
    assert_string_equal(name, "2.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
    expect(*state, name, DNS_PTR, DNS_NXDOMAIN, DNSSEC_SECURE);
}

static void test_localhost_stays_here(void **state)
{
    expect(*state, "localhost", DNS_A, DNS_FOUND, DNSSEC_INSECURE);
}

static void test_failing_servers(void **state)
{
    static const char *const names[] = {"refused.test", "servfail.test", "lame.test", "dead.test", "glueless.test"};
    for (size_t i = 0; i < 2 * sizeof names / sizeof *names; i++) { /* each a second time, from the cache */
        struct dns_reply reply = expect(*state, names[i / 2], DNS_MX, DNS_FAILED, DNSSEC_INDETERMINATE);
        assert_int_equal(reply.lookup.rcode, DNS_RCODE_SERVFAIL);
        assert_non_null(reply.lookup.reason);
    }
}

static void test_silent_server(void **state)
{
    struct asking a;
    start(*state, &a, "silent.test", DNS_MX, 300);
    wait_for(&a);
    assert_int_equal(a.reply.lookup.status, DNS_TIMEOUT);
    assert_true(a.reply.lookup.took_ms >= 300);
    expect(*state, "good.test", DNS_MX, DNS_FOUND, DNSSEC_SECURE);
}

static void test_bad_name(void **state)
{
    char name[80];
    memset(name, 'a', 64);
    strcpy(name + 64, ".test");
    struct dns_reply reply = ask(*state, name, DNS_A);
    assert_int_equal(reply.lookup.status, DNS_TROUBLE);
    assert_non_null(reply.lookup.reason);
}

static void test_no_room_for_the_answer(void **state)
{
    struct arena small;
    struct asking a = {.answers = 0};
    arena_init(&small, 8);
    resolver_ask(*state, &a.query, "good.test", DNS_MX, &small, LIMIT_MS, keep, &a);
    wait_for(&a);
    assert_int_equal(a.reply.lookup.status, DNS_TROUBLE);
    assert_int_equal(a.reply.record_count, 0);
    arena_done(&small);
}

static void test_many_at_once(void **state)
{
    enum { COUNT = 300 };
    static struct asking a[COUNT];
    static char names[COUNT][32];
    for (int i = 0; i < COUNT; i++) {
        snprintf(names[i], sizeof names[i], "n%d.insecure.test", i / 2); /* each twice: joined by libunbound */
        start(*state, &a[i], names[i], DNS_A, LIMIT_MS);
    }
    for (int i = 0; i < COUNT; i++) {
        wait_for(&a[i]);
        assert_int_equal(a[i].reply.lookup.status, DNS_NXDOMAIN);
    }
}

static void test_cancel(void **state)
{
    struct asking cached, fresh, silent, after;
    expect(*state, "good.test", DNS_MX, DNS_FOUND, DNSSEC_SECURE);
    start(*state, &cached, "good.test", DNS_MX, LIMIT_MS);
    start(*state, &fresh, "mx1.good.test", DNS_TXT, LIMIT_MS);
    start(*state, &silent, "silent.test", DNS_MX, 200);
    query_cancel(&cached.query);
    query_cancel(&cached.query); /* idle by now */
    query_cancel(&fresh.query);
    query_cancel(&silent.query);
    start(*state, &after, "silent.test", DNS_A, 500); /* the others' time passes too */
    wait_for(&after);
    assert_int_equal(cached.answers, 0);
    assert_int_equal(fresh.answers, 0);
    assert_int_equal(silent.answers, 0);
    expect(*state, "mx1.good.test", DNS_TXT, DNS_NODATA, DNSSEC_SECURE); /* the query itself ran on */
}

static void test_free_with_open_questions(void **state)
{
    struct asking cached, fresh, silent;
    expect(*state, "good.test", DNS_MX, DNS_FOUND, DNSSEC_SECURE);
    start(*state, &cached, "good.test", DNS_MX, LIMIT_MS);
    start(*state, &fresh, "mx1.good.test", DNS_TXT, LIMIT_MS);
    start(*state, &silent, "silent.test", DNS_MX, LIMIT_MS);
    resolver_free(*state);
    struct resolver_params params = params_of(RESOLVER_RECURSIVE);
    *state = open_resolver(&params);
    expect(*state, "mx1.good.test", DNS_A, DNS_FOUND, DNSSEC_SECURE);
    assert_int_equal(cached.answers + fresh.answers + silent.answers, 0);
}

/* Who has to wait for a turn has all of his time from then on. */
static void test_questions_wait_for_their_turn(void **state)
{
    struct resolver_params params = params_of(RESOLVER_RECURSIVE);
    struct asking silent, waits, cancelled, later, never;
    (void)state;
    params.at_once = 1;
    struct resolver *r = open_resolver(&params);
    start(r, &silent, "silent.test", DNS_MX, 600);
    start(r, &cancelled, "mx1.good.test", DNS_A, LIMIT_MS);
    start(r, &waits, "good.test", DNS_MX, 500);
    start(r, &later, "mx1.good.test", DNS_A, LIMIT_MS);
    query_cancel(&cancelled.query);
    wait_for(&silent);
    assert_int_equal(silent.reply.lookup.status, DNS_TIMEOUT);
    assert_int_equal(waits.answers, 0);
    wait_for(&waits);
    assert_int_equal(waits.reply.lookup.status, DNS_FOUND);
    assert_true(waits.reply.lookup.took_ms < 500);
    wait_for(&later);
    assert_int_equal(later.reply.lookup.status, DNS_FOUND);
    start(r, &silent, "silent.test", DNS_MX, LIMIT_MS);
    start(r, &never, "good.test", DNS_MX, LIMIT_MS);
    resolver_free(r);
    assert_int_equal(cancelled.answers + silent.answers + never.answers, 0);
}

struct chain {
    struct resolver *resolver;
    struct asking asking;
    int left;
    bool free_at_end;
};

static void ask_next(void *arg, const struct dns_reply *reply)
{
    struct chain *c = arg;
    assert_int_equal(reply->lookup.status, DNS_FOUND);
    if (--c->left) {
        resolver_ask(c->resolver, &c->asking.query, "good.test", DNS_MX, &arena, LIMIT_MS, ask_next, c);
        return;
    }
    resolver_free(c->resolver);
    loop_stop(loop);
}

static void test_calls_from_a_callback(void **state)
{
    struct chain c = {.resolver = *state, .left = 2000}; /* cached answers: the stack must not grow */
    resolver_ask(c.resolver, &c.asking.query, "good.test", DNS_MX, &arena, LIMIT_MS, ask_next, &c);
    while (c.left)
        assert_int_equal(loop_run(loop), 0);
    struct resolver_params params = params_of(RESOLVER_RECURSIVE);
    *state = open_resolver(&params);
}

static void test_wrong_trust_anchor(void **state)
{
    (void)state;
    static const char *const none[] = {NULL};
    struct resolver_params params = params_of(RESOLVER_RECURSIVE);
    params.trust_anchor_files = none; /* the Internet's keys, in front of another root */
    struct resolver *r = open_resolver(&params);
    expect(r, "good.test", DNS_MX, DNS_BOGUS, DNSSEC_BOGUS);
    resolver_free(r);
}

static void test_unvalidated(void **state)
{
    static const enum resolver_mode modes[] = {RESOLVER_RECURSIVE, RESOLVER_AUTO};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct resolver_params params = params_of(modes[i]);
        params.unvalidated = true;
        struct resolver *r = open_resolver(&params);
        expect(r, "bogus.test", DNS_MX, DNS_FOUND, DNSSEC_INSECURE);
        expect(r, "good.test", DNS_MX, DNS_FOUND, DNSSEC_INSECURE);
        assert_string_equal(resolver_describe(r), "recursive");
        resolver_free(r);
    }
}

static void test_forwarders(void **state)
{
    (void)state;
    static const char *const forwarders[] = {"127.53.0.7@53", "127.53.0.5@53", NULL};
    struct resolver_params params = params_of(RESOLVER_FORWARD);
    params.forwarders = forwarders;
    struct resolver *r = open_resolver(&params);
    expect(r, "good.test", DNS_MX, DNS_FOUND, DNSSEC_SECURE);
    assert_string_equal(resolver_describe(r), "127.53.0.7@53, 127.53.0.5@53");
    resolver_free(r);
    params.forwarders = forwarders + 1;
    r = open_resolver(&params);
    expect(r, "bogus.test", DNS_MX, DNS_BOGUS, DNSSEC_BOGUS);
    assert_string_equal(resolver_describe(r), "127.53.0.5@53");
    resolver_free(r);
}

static void test_system(void **state)
{
    (void)state;
    struct resolver_params params = params_of(RESOLVER_SYSTEM);
    struct resolver *r = open_resolver(&params);
    expect(r, "insecure.test", DNS_MX, DNS_FOUND, DNSSEC_INSECURE);
    assert_string_equal(resolver_describe(r), "127.53.0.5");
    resolver_free(r);
}

static void test_auto_recurses(void **state)
{
    (void)state;
    struct resolver_params params = params_of(RESOLVER_AUTO);
    struct resolver *r = open_resolver(&params);
    expect(r, "bogus.test", DNS_MX, DNS_BOGUS, DNSSEC_BOGUS); /* kept until the proof is in */
    expect(r, "good.test", DNS_MX, DNS_FOUND, DNSSEC_SECURE);
    assert_string_equal(resolver_describe(r), "recursive");
    resolver_free(r);
}

static void test_auto_changes_to_the_system(void **state)
{
    (void)state;
    struct resolver_params params = params_of(RESOLVER_AUTO);
    params.root_hints_file = silent_hints;
    struct resolver *r = open_resolver(&params);
    struct asking good, bogus, cancelled;
    start(r, &bogus, "bogus.test", DNS_MX, LIMIT_MS);
    start(r, &good, "good.test", DNS_MX, LIMIT_MS);
    start(r, &cancelled, "good.test", DNS_TXT, LIMIT_MS);
    query_cancel(&cancelled.query);
    wait_for(&good);
    wait_for(&bogus);
    assert_int_equal(good.reply.lookup.status, DNS_FOUND);
    assert_int_equal(good.reply.lookup.dnssec, DNSSEC_SECURE);
    assert_int_equal(bogus.reply.lookup.status, DNS_BOGUS);
    assert_int_equal(cancelled.answers, 0);
    assert_string_equal(resolver_describe(r), "127.53.0.5");
    resolver_free(r);
}

static void test_auto_without_any_way_out(void **state)
{
    (void)state;
    struct resolver_params params = params_of(RESOLVER_AUTO);
    params.root_hints_file = silent_hints;
    params.resolv_conf_file = "/nonexistent/resolv.conf";
    struct resolver *r = open_resolver(&params);
    struct asking a;
    start(r, &a, "good.test", DNS_MX, 4000);
    wait_for(&a);
    assert_true(a.reply.lookup.status == DNS_TIMEOUT || a.reply.lookup.status == DNS_FAILED);
    assert_string_equal(resolver_describe(r), "recursive");
    resolver_free(r);
}

/* A forwarder that this program plays itself; its socket is returned. */
static int forwarder_of_ours(struct resolver_params *params)
{
    static const char *const forwarders[] = {"127.53.0.9@53", NULL};
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(53)};
    *params = params_of(RESOLVER_FORWARD);
    params->forwarders = forwarders;
    assert_int_equal(inet_pton(AF_INET, "127.53.0.9", &at.sin_addr), 1);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&at, sizeof at), 0);
    return fd;
}

static void refuse_what_came(void *arg)
{
    struct sockaddr_in from;
    socklen_t from_n = sizeof from;
    uint8_t packet[512];
    for (ssize_t n; (n = recvfrom(*(const int *)arg, packet, sizeof packet, 0, (struct sockaddr *)&from, &from_n)) > 0;) {
        packet[2] |= 0x80; /* an answer */
        packet[3] = 5;     /* REFUSED */
        assert_int_equal(sendto(*(const int *)arg, packet, (size_t)n, 0, (struct sockaddr *)&from, from_n), n);
    }
}

static void test_time_taken(void **state)
{
    (void)state;
    struct resolver_params params;
    int fd = forwarder_of_ours(&params);
    struct resolver *r = open_resolver(&params);
    struct timer t[40] = {0};
    for (int i = 0; i < 40; i++)
        timer_start(loop, &t[i], 150 + 10 * i, refuse_what_came, &fd);
    struct dns_reply reply = ask(r, "good.test", DNS_MX);
    assert_int_equal(reply.lookup.status, DNS_FAILED);
    assert_in_range(reply.lookup.took_ms, 145, LIMIT_MS / 2);
    for (int i = 0; i < 40; i++)
        timer_cancel(&t[i]);
    close(fd);
    resolver_free(r);
}

static void test_equal_questions_are_joined(void **state)
{
    (void)state;
    struct resolver_params params;
    int fd = forwarder_of_ours(&params);
    struct resolver *r = open_resolver(&params);
    struct asking a[20];
    for (int i = 0; i < 20; i++)
        start(r, &a[i], "good.test", DNS_MX, 100);
    wait_for(&a[19]);
    uint8_t packet[512];
    int questions = 0;
    for (ssize_t n; (n = recv(fd, packet, sizeof packet, 0)) > 0;) {
        struct dns_message m;
        assert_int_equal(dns_message_parse(&m, packet, (size_t)n), 0);
        questions += m.question_type == DNS_MX;
    }
    assert_int_equal(questions, 1);
    close(fd);
    resolver_free(r);
}

static void fails_with(const struct resolver_params *params, const char *words)
{
    char error[256] = "";
    struct resolver *r = resolver_new_unbound(loop, params, error, sizeof error);
    if (r) {
        resolver_free(r);
        fail_msg("nothing was found wrong with \"%s\"", words);
    }
    if (!strstr(error, words))
        fail_msg("\"%s\" does not say \"%s\"", error, words);
}

static void test_bad_configuration(void **state)
{
    (void)state;
    static const char *bad_anchor[] = {NULL, NULL}, *bad_forwarder[] = {"good.test", NULL};
    struct resolver_params params = params_of(RESOLVER_RECURSIVE);
    params.root_hints_file = "/nonexistent/root.hints";
    fails_with(&params, "/nonexistent/root.hints: No such file");
    params.root_hints_file = resolv_conf;
    fails_with(&params, resolv_conf);
    params = params_of(RESOLVER_RECURSIVE);
    params.trust_anchor_files = bad_anchor;
    bad_anchor[0] = "/nonexistent/root.key";
    fails_with(&params, "/nonexistent/root.key: No such file");
    bad_anchor[0] = resolv_conf;
    fails_with(&params, resolv_conf);
    bad_anchor[0] = "/dev/null";
    fails_with(&params, "/dev/null: holds no trust anchor");
    bad_anchor[0] = root_hints; /* readable, records, but no anchor */
    fails_with(&params, root_hints);
    bad_anchor[0] = "/";
    fails_with(&params, "/: ");
    params = params_of(RESOLVER_FORWARD);
    params.forwarders = bad_forwarder;
    fails_with(&params, "good.test: is not the address of a resolver");
    params = params_of(RESOLVER_SYSTEM);
    params.resolv_conf_file = "/nonexistent/resolv.conf";
    fails_with(&params, "/nonexistent/resolv.conf: No such file");
}

#define WITH_RESOLVER(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WITH_RESOLVER(test_secure_answer_and_cache),
        WITH_RESOLVER(test_record_types),
        WITH_RESOLVER(test_name_from_an_answer_can_be_asked),
        WITH_RESOLVER(test_more_records_than_are_kept),
        WITH_RESOLVER(test_denials),
        WITH_RESOLVER(test_aliases),
        WITH_RESOLVER(test_insecure_answer),
        cmocka_unit_test(test_keys_that_were_not_answered),
        WITH_RESOLVER(test_bogus_answer),
        WITH_RESOLVER(test_reverse_names),
        WITH_RESOLVER(test_localhost_stays_here),
        WITH_RESOLVER(test_failing_servers),
        WITH_RESOLVER(test_silent_server),
        WITH_RESOLVER(test_bad_name),
        WITH_RESOLVER(test_no_room_for_the_answer),
        WITH_RESOLVER(test_many_at_once),
        WITH_RESOLVER(test_cancel),
        WITH_RESOLVER(test_questions_wait_for_their_turn),
        WITH_RESOLVER(test_free_with_open_questions),
        WITH_RESOLVER(test_calls_from_a_callback),
        WITH_RESOLVER(test_wrong_trust_anchor),
        WITH_RESOLVER(test_unvalidated),
        WITH_RESOLVER(test_forwarders),
        WITH_RESOLVER(test_system),
        WITH_RESOLVER(test_auto_recurses),
        WITH_RESOLVER(test_auto_changes_to_the_system),
        WITH_RESOLVER(test_auto_without_any_way_out),
        WITH_RESOLVER(test_time_taken),
        WITH_RESOLVER(test_equal_questions_are_joined),
        WITH_RESOLVER(test_bad_configuration),
    };
    const char *lab = getenv("DNS_LAB");
    if (!lab) {
        fputs("DNS_LAB is not set: run this through with_nsd.py\n", stderr);
        return 2;
    }
    snprintf(root_hints, sizeof root_hints, "%s/root.hints", lab);
    snprintf(silent_hints, sizeof silent_hints, "%s/silent.hints", lab);
    snprintf(root_key, sizeof root_key, "%s/root.key", lab);
    snprintf(resolv_conf, sizeof resolv_conf, "%s/resolv.conf", lab);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

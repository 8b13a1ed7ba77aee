/* SPDX-License-Identifier: Apache-2.0 */
/* test_resolver_ways - the ways to an answer: own recursion, the system's resolvers, others; with which keys; what is wrong with them. */
#include "dns_lab.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "wire/dns.h"

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
    return find_lab() ? cmocka_run_group_tests(tests, NULL, NULL) : 2;
}

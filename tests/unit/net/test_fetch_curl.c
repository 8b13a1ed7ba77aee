/* SPDX-License-Identifier: Apache-2.0 */
/* test_fetch_curl - the strict HTTPS GET against web servers of every kind, each a process of its own on loopback. */
#include "net/fetch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/tls.h"
#include "tls_pki.h"

enum web_kind {
    WEB_TLS,       /* says `answer` inside TLS, then closes */
    WEB_ENDLESS,   /* says `answer` inside TLS, then `again` for ever */
    WEB_CLEAR,     /* says `answer` without TLS */
    WEB_CLOSES,    /* hangs up at once */
    WEB_SILENT,
    WEB_OLD,       /* has TLS 1.0 and 1.1 only */
    WEB_NO_CERT,   /* has no certificate to show */
};

struct web {
    enum web_kind kind;
    const struct pki_cert *cert;
    struct str answer;
    const char *again;
};

enum { SERVERS_MAX = 8, PAGE_MAX = 65536 };

static const struct pki_cert *ca, *good_cert;
static struct loop *loop;
static struct tls_context *trust;
static struct fetcher *fetcher;
static struct arena arena;
static pid_t servers[SERVERS_MAX];
static size_t server_count;

#define PAGE(body) STR("HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n" body)

/* ---- the server's process ---- */

static SSL_CTX *server_context(const struct web *w)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_security_level(ctx, 0);
    if (w->kind == WEB_OLD) {
        SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION);
        SSL_CTX_set_max_proto_version(ctx, TLS1_1_VERSION);
        SSL_CTX_set_cipher_list(ctx, "ALL:@SECLEVEL=0");
    }
    if (w->cert) {
        SSL_CTX_use_certificate(ctx, w->cert->x509);
        SSL_CTX_use_PrivateKey(ctx, w->cert->key);
    }
    return ctx;
}

static void talk_tls(const struct web *w, int fd)
{
    SSL_CTX *ctx = server_context(w);
    SSL *ssl = SSL_new(ctx);
    char request[4096];
    SSL_set_fd(ssl, fd);
    if (SSL_accept(ssl) == 1 && SSL_read(ssl, request, sizeof request) > 0) {
        for (size_t sent = 0; sent < w->answer.n;) {
            int n = SSL_write(ssl, w->answer.p + sent, (int)(w->answer.n - sent > 16384 ? 16384 : w->answer.n - sent));
            if (n <= 0)
                break;
            sent += (size_t)n;
        }
        while (w->again && SSL_write(ssl, w->again, (int)strlen(w->again)) > 0)
            ;
        SSL_shutdown(ssl);
    }
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

static void talk(const struct web *w, int fd)
{
    char request[4096];
    switch (w->kind) {
    case WEB_CLOSES:
        break;
    case WEB_SILENT:
        pause();
        break;
    case WEB_CLEAR:
        if (read(fd, request, sizeof request) > 0 && write(fd, w->answer.p, w->answer.n) > 0)
            while (read(fd, request, sizeof request) > 0)
                ;
        break;
    case WEB_TLS:
    case WEB_ENDLESS:
    case WEB_OLD:
    case WEB_NO_CERT:
        talk_tls(w, fd);
        break;
    }
    close(fd);
}

static int listen_on(const char *ip, uint16_t *port, int backlog)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(*port)};
    socklen_t n = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    assert_true(inet_pton(AF_INET, ip, &a.sin_addr) == 1);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(fd, backlog), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &n), 0);
    *port = ntohs(a.sin_port);
    return fd;
}

/* Port 0: any that is free. */
static uint16_t serve_on(const char *ip, uint16_t port, const struct web *w)
{
    int fd = listen_on(ip, &port, 16);
    pid_t pid = fork();
    assert_true(pid >= 0 && server_count < SERVERS_MAX);
    if (pid == 0) {
        signal(SIGPIPE, SIG_IGN);
        for (int client; (client = accept(fd, NULL, NULL)) >= 0;)
            talk(w, client);
        _exit(0);
    }
    close(fd);
    servers[server_count++] = pid;
    return port;
}

static uint16_t serve(const struct web *w)
{
    return serve_on("127.0.0.1", 0, w);
}

/* ---- the client ---- */

static int set_up_all(void **state)
{
    static char path[64];
    const struct pki_cert *store[] = {NULL, NULL};
    char error[256];
    (void)state;
    ca = pki_make((struct pki_plan){.common_name = "Web CA", .ca = true});
    good_cert = pki_make((struct pki_plan){.common_name = "web", .names = {STR("mta-sts.good.test")}, .issuer = ca});
    store[0] = ca;
    pki_write_file(path, store);
    trust = tls_context_new(path, error, sizeof error);
    unlink(path);
    assert_non_null(trust);
    return 0;
}

static int tear_down_all(void **state)
{
    (void)state;
    tls_context_free(trust);
    pki_free_all();
    return 0;
}

/* Of a fetch; long enough for any machine but where silence itself is tested. */
static int64_t connect_limit_ms, limit_ms;

static void be_patient(void)
{
    connect_limit_ms = 60000;
    limit_ms = 120000;
}

static int set_up(void **state)
{
    be_patient();
    (void)state;
    arena_init(&arena, 4 << 20);
    loop = loop_new_real();
    fetcher = fetcher_new_curl(loop, trust);
    return fetcher ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    while (server_count) {
        kill(servers[--server_count], SIGKILL);
        waitpid(servers[server_count], NULL, 0);
    }
    fetcher_free(fetcher);
    loop_free(loop);
    arena_done(&arena);
    return 0;
}

static void on_fetched(void *arg)
{
    ++*(int *)arg;
}

static struct ip ip_of(const char *text)
{
    struct ip ip;
    assert_true(ip_parse(str_of(text), &ip));
    return ip;
}

static struct fetch_facts get_from(const char *const *ips, size_t count, uint16_t port)
{
    struct ip list[4];
    for (size_t i = 0; i < count; i++)
        list[i] = ip_of(ips[i]);
    const struct fetch_request request = {.host = "mta-sts.good.test", .path = "/.well-known/mta-sts.txt", .ips = list, .ip_count = count, .port = port,
                                          .body_max_bytes = PAGE_MAX, .connect_limit_ms = connect_limit_ms, .limit_ms = limit_ms};
    struct fetch_facts facts;
    struct fetch fetch = {0};
    int called = 0;
    fetch_start(fetcher, &fetch, &request, &facts, &arena, on_fetched, &called);
    assert_int_equal(called, 0); /* never inside the call */
    assert_int_equal(loop_run(loop), 0);
    assert_int_equal(called, 1);
    return facts;
}

static struct fetch_facts get(const struct web *w)
{
    static const char *const ips[] = {"127.0.0.1"};
    return get_from(ips, 1, serve(w));
}

static void expect_result(const struct web *w, enum fetch_result result)
{
    const struct fetch_facts f = get(w);
    if (f.result != result)
        fail_msg("result %d (%s), expected %d", (int)f.result, f.error ? f.error : "no error", (int)result);
    assert_true(f.connected);
}

static void a_page_arrives_whole(void **state)
{
    (void)state;
    const struct fetch_facts f = get(&(struct web){.kind = WEB_TLS, .cert = good_cert, .answer = PAGE("version: STSv1\n")});
    assert_int_equal(f.result, FETCH_DONE);
    assert_int_equal(f.status, 200);
    assert_string_equal(f.content_type, "text/plain; charset=utf-8");
    assert_null(f.location);
    assert_null(f.error);
    assert_true(str_is(f.body, "version: STSv1\n"));
    assert_true(f.connected && ip_eq(f.ip, ip_of("127.0.0.1")));
}

static void a_page_in_chunks(void **state)
{
    (void)state;
    const struct str answer = STR("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n");
    const struct fetch_facts f = get(&(struct web){.kind = WEB_TLS, .cert = good_cert, .answer = answer});
    assert_int_equal(f.result, FETCH_DONE);
    assert_true(str_is(f.body, "hello!"));
    assert_null(f.content_type);
}

static void a_redirect_is_told_not_followed(void **state)
{
    (void)state;
    const struct str answer = STR("HTTP/1.1 301 Moved\r\nLocation: https://www.good.test/x\r\nContent-Length: 3\r\n\r\nbye");
    const struct fetch_facts f = get(&(struct web){.kind = WEB_TLS, .cert = good_cert, .answer = answer});
    assert_int_equal(f.result, FETCH_DONE);
    assert_int_equal(f.status, 301);
    assert_string_equal(f.location, "https://www.good.test/x");
    assert_int_equal(f.body.n, 0);
}

static void an_endless_404_ends_at_its_first_octets(void **state)
{
    (void)state;
    const struct web w = {.kind = WEB_ENDLESS, .cert = good_cert, .answer = STR("HTTP/1.1 404 Not Found\r\n\r\n"), .again = "not here "};
    const struct fetch_facts f = get(&w);
    assert_int_equal(f.result, FETCH_DONE);
    assert_int_equal(f.status, 404);
}

static void certificates_that_must_not_be_accepted(void **state)
{
    (void)state;
    const struct pki_cert *expired = pki_make((struct pki_plan){.names = {STR("mta-sts.good.test")}, .issuer = ca, .from_day = -90, .to_day = -1});
    const struct pki_cert *to_come = pki_make((struct pki_plan){.names = {STR("mta-sts.good.test")}, .issuer = ca, .from_day = 1, .to_day = 90});
    const struct pki_cert *other = pki_make((struct pki_plan){.names = {STR("www.good.test"), STR("good.test")}, .issuer = ca});
    const struct pki_cert *cn_only = pki_make((struct pki_plan){.common_name = "mta-sts.good.test", .issuer = ca});
    const struct pki_cert *self_signed = pki_make((struct pki_plan){.names = {STR("mta-sts.good.test")}});
    const struct pki_cert *stranger = pki_make((struct pki_plan){.common_name = "Other CA", .ca = true});
    const struct pki_cert *strange = pki_make((struct pki_plan){.names = {STR("mta-sts.good.test")}, .issuer = stranger});
    const struct {
        const struct pki_cert *cert;
        enum fetch_result result;
    } cases[] = {
        {expired, FETCH_CERT_DATES}, {to_come, FETCH_CERT_DATES}, {other, FETCH_CERT_NAME}, {cn_only, FETCH_CERT_NAME}, {self_signed, FETCH_CERT_UNTRUSTED},
        {strange, FETCH_CERT_UNTRUSTED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_result(&(struct web){.kind = WEB_TLS, .cert = cases[i].cert, .answer = PAGE("x")}, cases[i].result);
}

static void a_wildcard_is_a_good_name(void **state)
{
    (void)state;
    const struct pki_cert *wildcard = pki_make((struct pki_plan){.names = {STR("*.good.test")}, .issuer = ca});
    expect_result(&(struct web){.kind = WEB_TLS, .cert = wildcard, .answer = PAGE("x")}, FETCH_DONE);
}

static void no_tls_session(void **state)
{
    (void)state;
    expect_result(&(struct web){.kind = WEB_OLD, .cert = good_cert}, FETCH_TLS_OLD);
    expect_result(&(struct web){.kind = WEB_NO_CERT}, FETCH_TLS_FAILED);
    expect_result(&(struct web){.kind = WEB_CLEAR, .answer = STR("HTTP/1.1 400 Bad Request\r\n\r\n")}, FETCH_TLS_FAILED);
    expect_result(&(struct web){.kind = WEB_CLEAR, .answer = STR("220 mail.good.test ESMTP\r\n")}, FETCH_TLS_FAILED);
}

static void who_hangs_up_is_no_proof_of_a_fault(void **state)
{
    (void)state;
    expect_result(&(struct web){.kind = WEB_CLOSES}, FETCH_CLOSED);
    expect_result(&(struct web){.kind = WEB_TLS, .cert = good_cert}, FETCH_CLOSED);
    expect_result(&(struct web){.kind = WEB_TLS, .cert = good_cert, .answer = STR("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nversion:")}, FETCH_CLOSED);
}

static void answers_that_are_no_http(void **state)
{
    (void)state;
    expect_result(&(struct web){.kind = WEB_TLS, .cert = good_cert, .answer = STR("SSH-2.0-OpenSSH\r\n")}, FETCH_BROKEN);
    expect_result(&(struct web){.kind = WEB_ENDLESS, .cert = good_cert, .answer = STR("HTTP/1.1 200 OK\r\n"), .again = "X-Header: 0123456789\r\n"}, FETCH_BROKEN);
}

static struct str page_of(size_t body_bytes)
{
    const struct str head = PAGE("");
    char *page = arena_alloc(&arena, head.n + body_bytes);
    memcpy(page, head.p, head.n);
    memset(page + head.n, 'x', body_bytes);
    return (struct str){page, head.n + body_bytes};
}

static void the_largest_page_and_one_octet_more(void **state)
{
    (void)state;
    struct fetch_facts f = get(&(struct web){.kind = WEB_TLS, .cert = good_cert, .answer = page_of(PAGE_MAX)});
    assert_int_equal(f.result, FETCH_DONE);
    assert_int_equal(f.body.n, PAGE_MAX);
    f = get(&(struct web){.kind = WEB_TLS, .cert = good_cert, .answer = page_of(PAGE_MAX + 1)});
    assert_int_equal(f.result, FETCH_TOO_LARGE);
    assert_int_equal(f.body.n, PAGE_MAX);
    assert_int_equal(f.status, 200);
}

static void a_silent_host_costs_the_whole_limit(void **state)
{
    (void)state;
    limit_ms = 3000;
    const struct fetch_facts f = get(&(struct web){.kind = WEB_SILENT});
    assert_int_equal(f.result, FETCH_TIMEOUT);
    assert_true(f.connected && f.took_ms >= 3000);
}

static void the_next_address_is_tried(void **state)
{
    (void)state;
    static const char *const ips[] = {"127.0.0.2", "127.0.0.3"};
    uint16_t port = serve_on("127.0.0.3", 0, &(struct web){.kind = WEB_TLS, .cert = good_cert, .answer = PAGE("x")});
    struct fetch_facts f = get_from(ips, 2, port);
    assert_int_equal(f.result, FETCH_DONE);
    assert_true(ip_eq(f.ip, ip_of("127.0.0.3")));
    f = get_from(ips, 1, port);
    assert_int_equal(f.result, FETCH_REFUSED);
    assert_true(!f.connected && ip_eq(f.ip, ip_of("127.0.0.2")));
}

/* Who answers with TLS at all has answered, whatever comes of it. */
static void an_address_that_answers_badly_is_the_last(void **state)
{
    (void)state;
    static const char *const ips[] = {"127.0.0.2", "127.0.0.3"};
    uint16_t port = serve_on("127.0.0.2", 0, &(struct web){.kind = WEB_CLEAR, .answer = STR("hello\r\n")});
    serve_on("127.0.0.3", port, &(struct web){.kind = WEB_TLS, .cert = good_cert, .answer = PAGE("x")});
    assert_int_equal(get_from(ips, 2, port).result, FETCH_TLS_FAILED);
}

/* Where the queue of connections is full the kernel drops what else comes. */
static void an_address_without_any_answer_costs_its_share(void **state)
{
    (void)state;
    static const char *const ips[] = {"127.0.0.2", "127.0.0.3"};
    uint16_t port = serve_on("127.0.0.3", 0, &(struct web){.kind = WEB_TLS, .cert = good_cert, .answer = PAGE("x")});
    int full = listen_on("127.0.0.2", &port, 0), fillers[3];
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
    inet_pton(AF_INET, ips[0], &a.sin_addr);
    for (size_t i = 0; i < 3; i++) {
        fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        (void)connect(fillers[i], (struct sockaddr *)&a, sizeof a);
    }
    connect_limit_ms = 2000;
    struct fetch_facts f = get_from(ips, 2, port);
    assert_int_equal(f.result, FETCH_DONE);
    assert_true(f.took_ms >= 2000);
    f = get_from(ips, 1, port);
    assert_int_equal(f.result, FETCH_TIMEOUT);
    assert_true(!f.connected && f.took_ms >= 2000 && f.took_ms < limit_ms);
    for (size_t i = 0; i < 3; i++)
        close(fillers[i]);
    close(full);
}

static void the_environment_has_no_part_in_it(void **state)
{
    (void)state;
    setenv("https_proxy", "http://127.0.0.1:1", 1);
    setenv("ALL_PROXY", "socks5://127.0.0.1:1", 1);
    setenv("SSL_CERT_FILE", "/dev/null", 1);
    expect_result(&(struct web){.kind = WEB_TLS, .cert = good_cert, .answer = PAGE("x")}, FETCH_DONE);
    unsetenv("https_proxy");
    unsetenv("ALL_PROXY");
    unsetenv("SSL_CERT_FILE");
}

static void several_at_once_and_one_cancelled(void **state)
{
    (void)state;
    const struct ip ip = ip_of("127.0.0.1");
    uint16_t port = serve(&(struct web){.kind = WEB_TLS, .cert = good_cert, .answer = PAGE("x")});
    const struct fetch_request request = {.host = "mta-sts.good.test", .path = "/", .ips = &ip, .ip_count = 1, .port = port,
                                          .body_max_bytes = PAGE_MAX, .connect_limit_ms = connect_limit_ms, .limit_ms = limit_ms};
    struct fetch fetches[3] = {0};
    struct fetch_facts facts[3];
    int called[3] = {0};
    for (size_t i = 0; i < 3; i++)
        fetch_start(fetcher, &fetches[i], &request, &facts[i], &arena, on_fetched, &called[i]);
    fetch_cancel(&fetches[1]);
    fetch_cancel(&fetches[1]); /* idle ones too */
    assert_int_equal(loop_run(loop), 0);
    assert_true(called[0] == 1 && called[1] == 0 && called[2] == 1);
    assert_int_equal(facts[0].result, FETCH_DONE);
    assert_int_equal(facts[2].result, FETCH_DONE);
}

static void without_memory_for_the_page(void **state)
{
    (void)state;
    struct arena full;
    const struct ip ip = ip_of("127.0.0.1");
    uint16_t port = serve(&(struct web){.kind = WEB_TLS, .cert = good_cert, .answer = page_of(1000)});
    const struct fetch_request request = {.host = "mta-sts.good.test", .path = "/", .ips = &ip, .ip_count = 1, .port = port,
                                          .body_max_bytes = PAGE_MAX, .connect_limit_ms = connect_limit_ms, .limit_ms = limit_ms};
    struct fetch fetch = {0};
    struct fetch_facts facts;
    int called = 0;
    arena_init(&full, 100);
    fetch_start(fetcher, &fetch, &request, &facts, &full, on_fetched, &called);
    assert_int_equal(loop_run(loop), 0);
    assert_int_equal(called, 1);
    assert_int_equal(facts.result, FETCH_TROUBLE);
    arena_done(&full);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_page_arrives_whole),
        TEST(a_page_in_chunks),
        TEST(a_redirect_is_told_not_followed),
        TEST(an_endless_404_ends_at_its_first_octets),
        TEST(certificates_that_must_not_be_accepted),
        TEST(a_wildcard_is_a_good_name),
        TEST(no_tls_session),
        TEST(who_hangs_up_is_no_proof_of_a_fault),
        TEST(answers_that_are_no_http),
        TEST(the_largest_page_and_one_octet_more),
        TEST(a_silent_host_costs_the_whole_limit),
        TEST(the_next_address_is_tried),
        TEST(an_address_that_answers_badly_is_the_last),
        TEST(an_address_without_any_answer_costs_its_share),
        TEST(the_environment_has_no_part_in_it),
        TEST(several_at_once_and_one_cancelled),
        TEST(without_memory_for_the_page),
    };
    return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}

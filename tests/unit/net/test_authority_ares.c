/* SPDX-License-Identifier: Apache-2.0 */
/* test_authority_ares - name servers asked directly, before real ones; with_nsd.py says who they are. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "dns_lab.h"
#include "net/authority.h"
#include "net/loop_real.h"

enum { QUESTIONS = 16, CROWD = 40, MANY_QUESTIONS = 1200, HEADER_BYTES = 12, DATAGRAM_BYTES = 1500 };

struct fixture {
    struct loop *loop;
    struct authority_asker *asker;
    struct arena arena;
    size_t open;
};

static int set_up(void **state)
{
    static struct fixture f;
    f = (struct fixture){.loop = loop_new_real()};
    f.asker = f.loop ? authority_asker_new_ares(f.loop) : NULL;
    arena_init(&f.arena, 1 << 20);
    *state = &f;
    return f.asker ? 0 : -1;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    arena_done(&f->arena);
    authority_asker_free(f->asker);
    loop_free(f->loop);
    return 0;
}

struct asked {
    struct fixture *f;
    struct authority_query query;
    struct authority_reply reply;
};

static void on_reply(void *arg, const struct authority_reply *reply)
{
    struct asked *a = arg;
    a->reply = *reply;
    if (--a->f->open == 0)
        loop_stop(a->f->loop);
}

static struct authority *open_at(struct fixture *f, const char *address)
{
    struct ip ip;
    assert_true(ip_parse(str_of(address), &ip));
    struct authority *server = authority_open(f->asker, ip);
    assert_non_null(server);
    return server;
}

static void ask_of(struct fixture *f, struct authority *server, struct asked *a, const char *name, enum dns_type type)
{
    *a = (struct asked){.f = f};
    f->open++;
    authority_ask(server, &a->query, name, type, &f->arena, on_reply, a);
}

static struct authority_reply answer_of(struct fixture *f, const char *address, const char *name)
{
    struct asked a;
    struct authority *server = open_at(f, address);
    ask_of(f, server, &a, name, DNS_MX);
    assert_int_equal(loop_run(f->loop), 0);
    authority_close(server);
    return a.reply;
}

static void what_a_server_does_is_told(void **state)
{
    struct fixture *f = *state;
    const struct authority_reply good = answer_of(f, "127.53.0.2", "good.test");
    assert_int_equal(good.status, AUTHORITY_ANSWERS);
    assert_int_equal(good.reply.lookup.status, DNS_FOUND);
    assert_false(good.over_tcp);
    assert_int_equal(answer_of(f, "127.53.0.3", "good.test").status, AUTHORITY_REFUSES);
    assert_int_equal(answer_of(f, "127.53.0.7", "good.test").status, AUTHORITY_UNREACHABLE);
    assert_int_equal(answer_of(f, "127.53.0.6", "good.test").status, AUTHORITY_UNREACHABLE); /* over UDP silent, over TCP closed */
}

/* A server that notes the number of each question, and refuses it. */
struct noter {
    struct watch watch;
    int fd;
    uint16_t ids[MANY_QUESTIONS], ports[MANY_QUESTIONS];
    size_t count;
};

static void note(void *arg, unsigned ready)
{
    struct noter *n = arg;
    uint8_t message[DATAGRAM_BYTES];
    struct sockaddr_in from;
    socklen_t from_n = sizeof from;
    (void)ready;
    ssize_t size = recvfrom(n->fd, message, sizeof message, MSG_DONTWAIT, (struct sockaddr *)&from, &from_n);
    if (size < HEADER_BYTES || n->count == MANY_QUESTIONS)
        return;
    n->ports[n->count] = ntohs(from.sin_port);
    n->ids[n->count++] = (uint16_t)(message[0] << 8 | message[1]);
    message[2] |= 0x80;     /* QR */
    message[3] = 5;         /* REFUSED */
    memset(message + 10, 0, 2); /* without EDNS */
    ssize_t end = HEADER_BYTES;
    while (end < size && message[end])
        end += message[end] + 1;
    assert_int_equal(sendto(n->fd, message, (size_t)end + 5, 0, (struct sockaddr *)&from, from_n), end + 5);
}

static struct noter n;

static void start_noting(struct fixture *f)
{
    const struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(DNS_PORT), .sin_addr.s_addr = inet_addr("127.53.0.9")};
    n = (struct noter){.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    assert_true(n.fd >= 0);
    assert_int_equal(bind(n.fd, (const struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(watch_start(f->loop, &n.watch, n.fd, WATCH_READ, note, &n), 0);
}

static void stop_noting(void)
{
    watch_cancel(&n.watch);
    close(n.fd);
}

static void nobody_can_guess_the_number_of_a_question(void **state)
{
    struct fixture *f = *state;
    static char names[QUESTIONS][16];
    static struct asked asked[QUESTIONS];
    start_noting(f);
    struct authority *server = open_at(f, "127.53.0.9");
    for (size_t i = 0; i < QUESTIONS; i++) {
        snprintf(names[i], sizeof names[i], "n%zu.test", i);
        ask_of(f, server, &asked[i], names[i], DNS_MX);
    }
    assert_int_equal(loop_run(f->loop), 0);
    stop_noting();
    authority_close(server);
    size_t alike = 0;
    for (size_t i = 0; i < QUESTIONS; i++)
        for (size_t k = i + 1; k < QUESTIONS; k++)
            alike += n.ids[i] == n.ids[k];
    assert_int_equal(n.count, QUESTIONS);
    assert_in_range(alike, 0, 3); /* of 120 pairs; by chance one in 65,536 */
    for (size_t i = 0; i < QUESTIONS; i++)
        assert_int_equal(asked[i].reply.status, AUTHORITY_REFUSES);
}

/* There is always somebody who asks, so that the way to the server is never closed for want of use. */
static void no_port_is_used_for_ever(void **state)
{
    struct fixture *f = *state;
    struct authority *before = NULL;
    size_t changes = 0;
    start_noting(f);
    for (size_t i = 0; i < MANY_QUESTIONS; i++) {
        struct authority *server = open_at(f, "127.53.0.9");
        struct asked a;
        authority_close(before);
        ask_of(f, server, &a, "n.test", DNS_MX);
        assert_int_equal(loop_run(f->loop), 0);
        before = server;
    }
    authority_close(before);
    stop_noting();
    assert_int_equal(n.count, MANY_QUESTIONS);
    for (size_t i = 1; i < n.count; i++)
        changes += n.ports[i] != n.ports[i - 1];
    assert_in_range(changes, 2, 10);
}

/* So many that their answers fit into what the kernel keeps for one socket. */
static void few_use_one_port_at_the_same_time(void **state)
{
    struct fixture *f = *state;
    static struct asked asked[CROWD];
    struct authority *servers[CROWD];
    size_t ports = 0;
    start_noting(f);
    for (size_t i = 0; i < CROWD; i++)
        servers[i] = open_at(f, "127.53.0.9");
    for (size_t i = 0; i < CROWD; i++)
        ask_of(f, servers[i], &asked[i], "n.test", DNS_MX);
    assert_int_equal(loop_run(f->loop), 0);
    stop_noting();
    for (size_t i = 0; i < CROWD; i++)
        authority_close(servers[i]);
    for (size_t i = 0, k; i < n.count; i++) {
        for (k = 0; n.ports[k] != n.ports[i]; k++) {}
        ports += k == i;
    }
    assert_int_equal(n.count, CROWD);
    assert_int_equal(ports, 3);
}

static void who_leaves_takes_nobody_along(void **state)
{
    struct fixture *f = *state;
    struct authority *first = open_at(f, "127.53.0.2"), *second = open_at(f, "127.53.0.2");
    struct asked of_first, of_second, late;
    ask_of(f, first, &of_first, "good.test", DNS_MX);
    ask_of(f, second, &of_second, "good.test", DNS_MX);
    authority_close(first);
    f->open--;
    memset(&of_first, 0xff, sizeof of_first); /* whoever touched it would see to it */
    assert_int_equal(loop_run(f->loop), 0);
    assert_int_equal(of_second.reply.status, AUTHORITY_ANSWERS);
    ask_of(f, second, &late, "insecure.test", DNS_MX);
    assert_int_equal(loop_run(f->loop), 0);
    assert_int_equal(late.reply.status, AUTHORITY_ANSWERS);
    ask_of(f, second, &late, "good.test", DNS_MX);
    authority_close(second);
    f->open = 0;
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(what_a_server_does_is_told),
        T(nobody_can_guess_the_number_of_a_question),
        T(no_port_is_used_for_ever),
        T(few_use_one_port_at_the_same_time),
        T(who_leaves_takes_nobody_along),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

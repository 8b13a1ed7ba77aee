/* SPDX-License-Identifier: Apache-2.0 */
/* test_transport_tcp - connections over loopback; the peer is a plain socket in the same process. */
#include "net/transport.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATIENCE_MS = 5000 };

struct world {
    struct loop *loop;
    struct dialer *dialer;
    int listener;
    uint16_t port;
    struct timer patience;
};

struct client {
    struct world *w;
    struct transport *transport;
    char events[64]; /* a letter each: Open Data Eof reseT reFused Unreachable trouBle */
    int error;
    size_t heard_bytes;
    char heard[64]; /* the first of them */
    bool close_at_once;
};

static struct ip loopback(void)
{
    struct ip ip;
    assert_true(ip_parse(STR("127.0.0.1"), &ip));
    return ip;
}

static int set_up(void **state)
{
    static struct world w;
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    w = (struct world){.loop = loop_new_real()};
    w.dialer = dialer_new_tcp(w.loop);
    w.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(w.listener, (struct sockaddr *)&a, n), 0);
    assert_int_equal(listen(w.listener, 8), 0);
    assert_int_equal(getsockname(w.listener, (struct sockaddr *)&a, &n), 0);
    w.port = ntohs(a.sin_port);
    *state = &w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    dialer_free(w->dialer);
    loop_free(w->loop);
    if (w->listener >= 0)
        close(w->listener);
    return 0;
}

static void on_event(void *arg, enum transport_event event, const struct transport_data *data)
{
    static const char letters[] = {[TRANSPORT_OPEN] = 'O',    [TRANSPORT_DATA] = 'D',        [TRANSPORT_EOF] = 'E',    [TRANSPORT_RESET] = 'T',
                                   [TRANSPORT_REFUSED] = 'F', [TRANSPORT_UNREACHABLE] = 'U', [TRANSPORT_TROUBLE] = 'B'};
    struct client *c = arg;
    size_t used = strlen(c->events);
    bool repeated = event == TRANSPORT_DATA && used && c->events[used - 1] == 'D';
    if (!repeated && used < sizeof c->events - 1)
        c->events[used] = letters[event];
    if (c->heard_bytes < sizeof c->heard - 1 && data->n) {
        size_t room = sizeof c->heard - 1 - c->heard_bytes;
        memcpy(c->heard + c->heard_bytes, data->bytes, data->n < room ? data->n : room);
    }
    c->heard_bytes += data->n;
    c->error = data->error;
    if (c->close_at_once) {
        transport_close(c->transport);
        c->transport = NULL;
    }
    loop_stop(c->w->loop);
}

static void dial(struct client *c, struct world *w, struct ip ip, uint16_t port)
{
    c->w = w;
    c->transport = dialer_dial(w->dialer, ip, port, on_event, c);
    assert_non_null(c->transport);
    assert_string_equal(c->events, ""); /* never inside the call */
}

static void lose_patience(void *arg)
{
    fail_msg("nothing came; so far \"%s\"", ((const struct client *)arg)->events);
}

static void wait_for(struct client *c, const char *events)
{
    timer_start(c->w->loop, &c->w->patience, PATIENCE_MS, lose_patience, c);
    while (strlen(c->events) < strlen(events))
        assert_int_equal(loop_run(c->w->loop), 0);
    timer_cancel(&c->w->patience);
    assert_string_equal(c->events, events);
}

static void stop(void *arg)
{
    loop_stop(arg);
}

static void run_for(struct world *w, int64_t ms)
{
    struct timer t = {0};
    timer_start(w->loop, &t, ms, stop, w->loop);
    while (timer_is_started(&t))
        assert_int_equal(loop_run(w->loop), 0);
}

static int accepted(const struct world *w)
{
    int fd = accept(w->listener, NULL, NULL);
    assert_true(fd >= 0);
    return fd;
}

/* An open connection; the peer's end is returned. */
static int open_client(struct client *c, struct world *w)
{
    dial(c, w, loopback(), w->port);
    wait_for(c, "O");
    return accepted(w);
}

static void reset(int fd)
{
    const struct linger at_once = {.l_onoff = 1};
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
    close(fd);
}

static void hear(int fd, const char *text)
{
    char bytes[64] = "";
    assert_int_equal(recv(fd, bytes, strlen(text), MSG_WAITALL), strlen(text));
    assert_string_equal(bytes, text);
}

static void data_goes_both_ways(void **state)
{
    struct client c = {.w = NULL};
    int peer = open_client(&c, *state);
    assert_int_equal(transport_send(c.transport, "EHLO a\r\n", 8), 0);
    hear(peer, "EHLO a\r\n");
    assert_int_equal(send(peer, "250 b\r\n", 7, 0), 7);
    wait_for(&c, "OD");
    assert_string_equal(c.heard, "250 b\r\n");
    transport_close(c.transport);
    assert_int_equal(recv(peer, c.heard, 1, 0), 0); /* FIN, as nothing was unread */
    close(peer);
}

static void what_is_sent_early_goes_out_once_open(void **state)
{
    struct client c = {.w = NULL};
    dial(&c, *state, loopback(), ((struct world *)*state)->port);
    assert_int_equal(transport_send(c.transport, "x", 1), 0);
    wait_for(&c, "O");
    int peer = accepted(*state);
    run_for(*state, 20);
    hear(peer, "x");
    transport_close(c.transport);
    close(peer);
}

static void a_closed_port_refuses(void **state)
{
    struct world *w = *state;
    struct client c = {.w = NULL};
    close(w->listener);
    w->listener = -1;
    dial(&c, w, loopback(), w->port);
    wait_for(&c, "F");
    assert_int_equal(c.error, ECONNREFUSED);
    transport_close(c.transport);
}

static void no_route_is_our_trouble(void **state)
{
    struct client c = {.w = NULL};
    struct ip broadcast;
    assert_true(ip_parse(STR("255.255.255.255"), &broadcast)); /* no kernel routes TCP there */
    dial(&c, *state, broadcast, 25);
    wait_for(&c, "B");
    assert_true(c.error != 0);
    transport_close(c.transport);
}

static void no_descriptor_is_our_trouble(void **state)
{
    struct client c = {.w = NULL};
    struct rlimit old, none;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    none = (struct rlimit){0, old.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    dial(&c, *state, loopback(), 25);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
    wait_for(&c, "B");
    assert_int_equal(c.error, EMFILE);
    transport_close(c.transport);
}

static void the_end_comes_after_the_data(void **state)
{
    struct client c = {.w = NULL};
    int peer = open_client(&c, *state);
    assert_int_equal(send(peer, "221 bye\r\n", 9, 0), 9);
    close(peer);
    wait_for(&c, "ODE");
    assert_string_equal(c.heard, "221 bye\r\n");
    run_for(*state, 30);
    assert_string_equal(c.events, "ODE"); /* nothing after it */
    transport_close(c.transport);
}

static void a_reset_is_no_end(void **state)
{
    struct client c = {.w = NULL};
    reset(open_client(&c, *state));
    wait_for(&c, "OT");
    assert_int_equal(c.error, ECONNRESET);
    transport_close(c.transport);
}

/* The peer accepts and resets before we have looked: the port was open. */
static void a_reset_before_we_looked_is_no_refusal(void **state)
{
    struct world *w = *state;
    struct client c = {.w = NULL}, quick = {.close_at_once = true};
    dial(&c, w, loopback(), w->port);
    reset(accepted(w));
    wait_for(&c, "OT");
    assert_int_equal(c.error, ECONNRESET);
    transport_close(c.transport);
    dial(&quick, w, loopback(), w->port);
    reset(accepted(w));
    wait_for(&quick, "O");
    run_for(w, 20);
    assert_string_equal(quick.events, "O"); /* closed, it hears nothing more */
}

static void a_reset_is_known_even_if_sending_met_it_first(void **state)
{
    struct client c = {.w = NULL};
    reset(open_client(&c, *state));
    usleep(20 * 1000);
    assert_int_equal(transport_send(c.transport, "QUIT\r\n", 6), 0);
    assert_int_equal(transport_send(c.transport, "QUIT\r\n", 6), 0);
    assert_string_equal(c.events, "O");
    wait_for(&c, "OT");
    transport_close(c.transport);
}

static void close_ends_all_events(void **state)
{
    struct client opening = {.w = NULL}, open = {.w = NULL}, refused = {.w = NULL}, at_once = {.close_at_once = true};
    struct world *w = *state;
    int peer = open_client(&open, w);
    assert_int_equal(send(peer, "220 \r\n", 6, 0), 6);
    transport_close(open.transport);
    dial(&opening, w, loopback(), w->port);
    transport_close(opening.transport);
    dial(&refused, w, loopback(), 1);
    transport_close(refused.transport);
    dial(&at_once, w, loopback(), w->port);
    wait_for(&at_once, "O"); /* closes inside its own event */
    run_for(w, 50);
    assert_string_equal(open.events, "O");
    assert_string_equal(opening.events, "");
    assert_string_equal(refused.events, "");
    assert_string_equal(at_once.events, "O");
    close(peer);
}

static void unsent_bytes_have_a_limit_and_go_out_later(void **state)
{
    struct client c = {.w = NULL};
    static char block[TRANSPORT_SEND_MAX_BYTES];
    int peer = open_client(&c, *state);
    size_t queued = 0, heard = 0;
    while (transport_send(c.transport, block, sizeof block / 4) == 0)
        queued += sizeof block / 4; /* until kernel and transport are both full */
    assert_in_range(queued, sizeof block / 2, 64 * sizeof block);
    while (heard < queued) {
        ssize_t n = recv(peer, block, sizeof block, MSG_DONTWAIT);
        assert_true(n > 0 || errno == EAGAIN);
        heard += n > 0 ? (size_t)n : 0;
        run_for(*state, 1);
    }
    transport_close(c.transport);
    close(peer);
}

static void a_flood_arrives_whole(void **state)
{
    struct client c = {.w = NULL};
    static char block[300 * 1024];
    int peer = open_client(&c, *state);
    size_t sent = 0;
    timer_start(c.w->loop, &c.w->patience, PATIENCE_MS, lose_patience, &c);
    while (c.heard_bytes < sizeof block) {
        ssize_t n = send(peer, block + sent, sizeof block - sent, MSG_DONTWAIT);
        sent += n > 0 ? (size_t)n : 0;
        assert_int_equal(loop_run(c.w->loop), 0);
    }
    timer_cancel(&c.w->patience);
    assert_int_equal(c.heard_bytes, sizeof block);
    transport_close(c.transport);
    close(peer);
}

static void lingering_sends_and_drops_until_the_peer_closes(void **state)
{
    struct world *w = *state;
    struct client c = {.w = NULL};
    int peer = open_client(&c, w);
    transport_send(c.transport, "QUIT\r\n", 6);
    transport_linger(c.transport, PATIENCE_MS);
    assert_int_equal(dialer_lingering(w->dialer), 1);
    hear(peer, "QUIT\r\n");
    assert_int_equal(send(peer, "221 bye\r\n", 9, 0), 9);
    run_for(w, 20);
    assert_int_equal(dialer_lingering(w->dialer), 1);
    close(peer);
    assert_int_equal(loop_run(w->loop), 0); /* ends when nothing is left to wait for */
    assert_int_equal(dialer_lingering(w->dialer), 0);
    assert_string_equal(c.events, "O");
}

static void lingering_has_a_limit(void **state)
{
    struct world *w = *state;
    struct client c = {.w = NULL};
    int peer = open_client(&c, w);
    struct mono before = loop_now(w->loop);
    transport_linger(c.transport, 50);
    assert_int_equal(loop_run(w->loop), 0);
    assert_in_range(mono_ms_between(before, loop_now(w->loop)), 50, PATIENCE_MS);
    assert_int_equal(dialer_lingering(w->dialer), 0);
    assert_int_equal(recv(peer, c.heard, 1, 0), 0);
    close(peer);
}

static void nothing_is_waited_for_after_an_end_or_before_the_beginning(void **state)
{
    struct world *w = *state;
    struct client ended = {.w = NULL}, opening = {.w = NULL};
    close(open_client(&ended, w));
    wait_for(&ended, "OE");
    transport_linger(ended.transport, PATIENCE_MS);
    dial(&opening, w, loopback(), w->port);
    transport_linger(opening.transport, PATIENCE_MS);
    assert_int_equal(dialer_lingering(w->dialer), 0);
    assert_int_equal(loop_run(w->loop), 0);
    assert_string_equal(opening.events, "");
}

static void the_dialer_takes_what_lingers_with_it(void **state)
{
    struct world *w = *state;
    struct client c[3] = {{.w = NULL}};
    struct pollfd peers[3];
    for (int i = 0; i < 3; i++) {
        peers[i] = (struct pollfd){.fd = open_client(&c[i], w), .events = POLLIN};
        transport_linger(c[i].transport, PATIENCE_MS);
    }
    assert_int_equal(dialer_lingering(w->dialer), 3);
    dialer_free(w->dialer);
    assert_int_equal(poll(peers, 3, PATIENCE_MS), 3); /* all are closed */
    assert_int_equal(loop_run(w->loop), 0);
    for (int i = 0; i < 3; i++)
        close(peers[i].fd);
    w->dialer = dialer_new_tcp(w->loop);
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T(data_goes_both_ways),
        T(what_is_sent_early_goes_out_once_open),
        T(a_closed_port_refuses),
        T(no_route_is_our_trouble),
        T(no_descriptor_is_our_trouble),
        T(the_end_comes_after_the_data),
        T(a_reset_is_no_end),
        T(a_reset_before_we_looked_is_no_refusal),
        T(a_reset_is_known_even_if_sending_met_it_first),
        T(close_ends_all_events),
        T(unsent_bytes_have_a_limit_and_go_out_later),
        T(a_flood_arrives_whole),
        T(lingering_sends_and_drops_until_the_peer_closes),
        T(lingering_has_a_limit),
        T(nothing_is_waited_for_after_an_end_or_before_the_beginning),
        T(the_dialer_takes_what_lingers_with_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

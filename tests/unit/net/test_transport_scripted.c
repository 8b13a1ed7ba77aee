/* SPDX-License-Identifier: Apache-2.0 */
/* test_transport_scripted - the scripted peer keeps the promises of transport.h, in virtual time. */
#include "net/transport_scripted.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* What happened and when, both sides in one line: capitals are the events, lower case is the peer. */
static char happened[256];
static struct loop *loop;
static struct dialer *dialer;
static struct transport *transport;
static bool close_on_data;

static void note(const char *what, const void *bytes, size_t n)
{
    size_t used = strlen(happened);
    snprintf(happened + used, sizeof happened - used, "%lld%s%.*s ", (long long)(loop_now(loop).us / 1000), what, (int)n, n ? (const char *)bytes : "");
}

static struct ip address(void)
{
    struct ip ip;
    assert_true(ip_parse(STR("192.0.2.1"), &ip));
    return ip;
}

static int set_up(void **state)
{
    (void)state;
    happened[0] = '\0';
    close_on_data = false;
    transport = NULL;
    loop = loop_new_virtual((struct wall){0});
    dialer = scripted_dialer_new(loop);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    dialer_free(dialer);
    loop_free(loop);
    return 0;
}

static void on_event(void *arg, enum transport_event event, const struct transport_data *data)
{
    static const char *const names[] = {":OPEN", ":DATA=", ":EOF", ":RESET", ":REFUSED", ":UNREACHABLE", ":TROUBLE"};
    (void)arg;
    note(names[event], data->bytes, data->n);
    if (event == TRANSPORT_OPEN)
        assert_int_equal(transport_send(transport, "hello", 5), 0);
    if (event == TRANSPORT_DATA && close_on_data) {
        transport_close(transport);
        transport = NULL;
    }
}

static void on_open(struct scripted_connection *c, void *arg)
{
    note(":opened", NULL, 0);
    scripted_set_state(c, arg);
    scripted_say(c, 30, "220", 3);
}

static void on_data(struct scripted_connection *c, const uint8_t *bytes, size_t n, void *arg)
{
    assert_ptr_equal(scripted_state(c), arg);
    note(":heard=", bytes, n);
    scripted_say(c, 1, "250", 3); /* in order: not before the 220 */
    scripted_end(c, 50, *(const enum transport_event *)arg);
    scripted_say(c, 60, "late", 4);
}

static void on_close(struct scripted_connection *c, void *arg)
{
    assert_ptr_equal(scripted_state(c), arg);
    note(":closed", NULL, 0);
    scripted_say(c, 0, "deaf", 4);
}

static void serve_and_dial(struct scripted_peer peer)
{
    assert_int_equal(scripted_serve(dialer, address(), 25, &peer), 0);
    transport = dialer_dial(dialer, address(), 25, on_event, NULL);
    assert_string_equal(happened, "");
}

static struct scripted_peer talker(enum transport_event *end)
{
    return (struct scripted_peer){.connect_delay_ms = 5, .on_open = on_open, .on_data = on_data, .on_close = on_close, .arg = end};
}

static void stop(void *arg)
{
    loop_stop(arg);
}

static void run(void)
{
    assert_int_equal(loop_run(loop), 0);
}

static void bytes_come_in_order_and_then_the_end(void **state)
{
    (void)state;
    enum transport_event end = TRANSPORT_EOF;
    serve_and_dial(talker(&end));
    run();
    assert_string_equal(happened, "5:opened 5:OPEN 5:heard=hello 35:DATA=220 35:DATA=250 55:EOF ");
    transport_close(transport);
    run();
    assert_non_null(strstr(happened, "55:EOF 55:closed "));
    assert_int_equal(scripted_dial_count(dialer, address(), 25), 1);
}

static void a_close_is_heard_after_what_was_sent_before_it(void **state)
{
    (void)state;
    enum transport_event end = TRANSPORT_RESET;
    close_on_data = true;
    serve_and_dial(talker(&end));
    run();
    assert_string_equal(happened, "5:opened 5:OPEN 5:heard=hello 35:DATA=220 35:closed ");
}

static void lingering_ends_with_the_peer(void **state)
{
    (void)state;
    enum transport_event end = TRANSPORT_RESET;
    struct timer t = {0};
    serve_and_dial(talker(&end));
    timer_start(loop, &t, 10, stop, loop);
    run();
    transport_send(transport, "QUIT", 4);
    transport_linger(transport, 5000);
    assert_int_equal(dialer_lingering(dialer), 1);
    run();
    assert_string_equal(happened, "5:opened 5:OPEN 5:heard=hello 10:heard=QUIT 55:closed ");
    assert_int_equal(dialer_lingering(dialer), 0);
}

static void lingering_has_a_limit(void **state)
{
    (void)state;
    serve_and_dial((struct scripted_peer){.on_close = on_close});
    run();
    transport_linger(transport, 700);
    run();
    assert_string_equal(happened, "0:OPEN 700:closed ");
}

static void a_dial_is_answered_as_told_or_never(void **state)
{
    (void)state;
    serve_and_dial((struct scripted_peer){.connect = TRANSPORT_REFUSED, .connect_delay_ms = 3, .on_close = on_close});
    run();
    transport_close(transport);
    assert_string_equal(happened, "3:REFUSED ");
    struct transport *other = dialer_dial(dialer, address(), 587, on_event, NULL);
    run();
    transport_close(other);
    run();
    assert_string_equal(happened, "3:REFUSED "); /* nobody is there, and nobody hears the close */
    assert_int_equal(scripted_dial_count(dialer, address(), 587), 1);
    assert_int_equal(scripted_dial_count(dialer, address(), 465), 0);
}

static void all_other_places_can_have_a_peer(void **state)
{
    (void)state;
    const struct scripted_peer closed = {.connect = TRANSPORT_REFUSED, .connect_delay_ms = 2};
    scripted_serve_others(dialer, &closed);
    serve_and_dial((struct scripted_peer){.connect_delay_ms = 1, .on_close = on_close});
    struct transport *other = dialer_dial(dialer, address(), 587, on_event, NULL);
    run();
    assert_string_equal(happened, "1:OPEN 2:REFUSED ");
    transport_close(transport);
    transport_close(other);
    run();
    assert_int_equal(scripted_dial_count(dialer, address(), 587), 1);
}

static void connections_count_until_they_are_gone(void **state)
{
    (void)state;
    serve_and_dial((struct scripted_peer){.on_close = on_close});
    run();
    assert_int_equal(scripted_connection_count(dialer), 1);
    transport_linger(transport, 700);
    assert_int_equal(scripted_connection_count(dialer), 1);
    run();
    assert_int_equal(scripted_connection_count(dialer), 0);
}

static void unsent_bytes_have_a_limit(void **state)
{
    (void)state;
    static char block[TRANSPORT_SEND_MAX_BYTES];
    serve_and_dial((struct scripted_peer){.never = true});
    assert_int_equal(transport_send(transport, block, sizeof block), 0);
    assert_int_equal(transport_send(transport, block, 1), -1);
    transport_close(transport);
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T(bytes_come_in_order_and_then_the_end),
        T(a_close_is_heard_after_what_was_sent_before_it),
        T(lingering_ends_with_the_peer),
        T(lingering_has_a_limit),
        T(a_dial_is_answered_as_told_or_never),
        T(all_other_places_can_have_a_peer),
        T(connections_count_until_they_are_gone),
        T(unsent_bytes_have_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* test_play - conversations with the servers of a scenario, in memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "scn_pki.h"
#include "scn_play.h"

static struct arena arena;
static struct scenario scenario;
static struct scn_world world;
static struct scn_pki *pki;
static SSL_CTX *server_tls;
static struct play *play;
static struct buf heard; /* by the client, NUL-terminated */
static int64_t waited_ms;
static char error[SCN_ERROR_BYTES];

static void begin(const char *lines, unsigned port)
{
    const struct scn_service *service;
    arena_init(&arena, 1 << 20);
    char *text = arena_printf(&arena, "# a test\nfrom plain\n%s\nexpect fail -\nexpect exit 0\n", lines);
    if (scn_parse(&arena, "one.scn", str_of(text), &scenario, error) < 0 || scn_world_init(&world, error) < 0 || scn_world_add(&world, &scenario) < 0)
        fail_msg("%s", error);
    for (service = world.services; service->host->scenario != &scenario || service->port != port; service = service->next)
        assert_non_null(service->next);
    pki = scn_pki_new((struct wall){1800000000}, error);
    server_tls = scn_pki_context(pki, service, error);
    assert_non_null(server_tls);
    play = play_new(service, 1, server_tls);
    buf_init(&heard, 1 << 20);
    waited_ms = 0;
}

static int end(void **state)
{
    (void)state;
    play_free(play);
    buf_done(&heard);
    SSL_CTX_free(server_tls);
    scn_pki_free(pki);
    scn_world_done(&world);
    arena_done(&arena);
    return 0;
}

/* Lets the server do what it wants, in no time, until it waits for the client or is gone. */
static enum play_wish listen_to_it(void)
{
    for (;;) {
        const struct play_want want = play_want(play);
        if (want.wish == PLAY_SEND) {
            buf_add_str(&heard, play_take(play));
        } else if (want.wish == PLAY_WAIT) {
            waited_ms += want.wait_ms;
            play_woken(play);
        } else {
            buf_add_char(&heard, '\0');
            heard.used--;
            return want.wish;
        }
    }
}

/* The client says something; what the server answers is all that is in `heard` then. */
static enum play_wish say(const char *text)
{
    buf_clear(&heard);
    play_feed(play, text, strlen(text));
    return listen_to_it();
}

static void a_healthy_server_is_polite(void **state)
{
    (void)state;
    begin("", 25);
    assert_int_equal(listen_to_it(), PLAY_READ);
    assert_string_equal(heard.bytes, "220 mx1.one.test ESMTP ready\r\n");
    say("EHLO me\r\n");
    assert_string_equal(heard.bytes, "250-mx1.one.test\r\n250-PIPELINING\r\n250-SIZE 52428800\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n"
                                     "250-SMTPUTF8\r\n250-CHUNKING\r\n250-DSN\r\n250 STARTTLS\r\n");
    say("MAIL FROM:<>\r\nRCPT TO:<a@b>\r\nRSET\r\n");
    assert_string_equal(heard.bytes, "250 2.1.0 Ok\r\n554 5.7.1 Relay access denied\r\n250 2.0.0 Ok\r\n");
    assert_int_equal(say("QUIT\r\n"), PLAY_CLOSE);
    assert_string_equal(heard.bytes, "221 2.0.0 Bye\r\n");
}

static void it_is_strict_with_rude_clients(void **state)
{
    (void)state;
    begin("server mx1\nlack PIPELINING", 25);
    listen_to_it();
    say("EHLO me\r\n");
    assert_int_equal(say("MAIL FROM:<>\r\nRCPT TO:<a@b>\r\n"), PLAY_CLOSE);
    assert_string_equal(heard.bytes, "500 5.5.0 Pipelining was not offered\r\n");
    end(NULL);
    begin("", 25);
    listen_to_it();
    assert_int_equal(say("EHLO me\n"), PLAY_CLOSE);
    assert_string_equal(heard.bytes, "500 5.5.2 A line ends in CR LF\r\n");
    end(NULL);
    begin("server mx1\nconnection\nwait 3 s\nusual", 25);
    play_feed(play, "EHLO me\r\n", 9);
    assert_int_equal(listen_to_it(), PLAY_CLOSE);
    assert_string_equal(heard.bytes, "220 mx1.one.test ESMTP ready\r\n554 5.5.1 You spoke before the greeting\r\n");
    assert_int_equal(waited_ms, 3000);
}

static void an_ehlo_reply_of_its_own_counts(void **state)
{
    (void)state;
    begin("server mx1\nhear EHLO\nsay 250-{name}\nsay 251-PIPELINING\nsay 250 DSN", 25);
    listen_to_it();
    say("EHLO me\r\n");
    assert_string_equal(heard.bytes, "250-mx1.one.test\r\n251-PIPELINING\r\n250 DSN\r\n");
    say("MAIL FROM:<>\r\nRSET\r\n");
    assert_string_equal(heard.bytes, "250 2.1.0 Ok\r\n250 2.0.0 Ok\r\n");
}

static void slow_octets_take_their_time(void **state)
{
    (void)state;
    begin("server mx1\nconnection\ndrip 100 ms 220 slow\nhear NOOP\nwait 7 s\nsay 250 at last", 25);
    listen_to_it();
    assert_string_equal(heard.bytes, "220 slow\r\n");
    assert_in_range(waited_ms, 900, 1000);
    waited_ms = 0;
    say("NOOP\r\n");
    assert_string_equal(heard.bytes, "250 at last\r\n");
    assert_int_equal(waited_ms, 7000);
}

static void silence_and_ends(void **state)
{
    (void)state;
    begin("server mx1\nhear EHLO\nsilent\nhear HELO\nreset", 25);
    listen_to_it();
    assert_int_equal(say("HELO me\r\n"), PLAY_RESET);
    end(NULL);
    begin("server mx1\nhear EHLO\nsilent", 25);
    listen_to_it();
    assert_int_equal(say("EHLO me\r\n"), PLAY_READ);
    assert_int_equal(say("NOOP\r\n"), PLAY_READ);
    assert_string_equal(heard.bytes, "");
}

/* The client's end of TLS, through memory. */

struct client {
    SSL_CTX *context;
    SSL *ssl;
};

static void client_begin(struct client *c)
{
    c->context = SSL_CTX_new(TLS_client_method());
    c->ssl = SSL_new(c->context);
    SSL_set_bio(c->ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(c->ssl);
}

static void client_end(struct client *c)
{
    SSL_free(c->ssl);
    SSL_CTX_free(c->context);
}

static void to_client(struct client *c)
{
    if (heard.used)
        BIO_write(SSL_get_rbio(c->ssl), heard.bytes, (int)heard.used);
    buf_clear(&heard);
}

static enum play_wish from_client(struct client *c)
{
    char bytes[16384];
    int n = BIO_read(SSL_get_wbio(c->ssl), bytes, sizeof bytes);
    if (n > 0)
        play_feed(play, bytes, (size_t)n);
    enum play_wish wish = listen_to_it();
    to_client(c);
    return wish;
}

/* Finishes the handshake but keeps the client's last flight back. */
static void client_shakes(struct client *c)
{
    for (int rounds = 0; SSL_do_handshake(c->ssl) != 1; rounds++) {
        assert_in_range(rounds, 0, 5);
        from_client(c);
    }
}

static void client_hears(struct client *c, const char *text)
{
    char bytes[4096];
    int n = SSL_read(c->ssl, bytes, sizeof bytes - 1);
    bytes[n > 0 ? n : 0] = '\0';
    assert_string_equal(bytes, text);
}

static void a_command_that_comes_with_the_end_of_the_handshake_is_heard(void **state)
{
    (void)state;
    struct client c;
    begin("", 25);
    listen_to_it();
    say("EHLO me\r\n");
    say("STARTTLS\r\n");
    assert_string_equal(heard.bytes, "220 2.0.0 Ready to start TLS\r\n");
    buf_clear(&heard);
    client_begin(&c);
    client_shakes(&c);
    SSL_write(c.ssl, "HELO me\r\n", 9);
    assert_int_equal(from_client(&c), PLAY_READ);
    client_hears(&c, "250 mx1.one.test\r\n");
    SSL_write(c.ssl, "QUIT\r\n", 6);
    SSL_shutdown(c.ssl);
    assert_int_equal(from_client(&c), PLAY_CLOSE);
    client_hears(&c, "221 2.0.0 Bye\r\n");
    client_end(&c);
}

static void tls_comes_first_on_465_even_after_a_pause(void **state)
{
    (void)state;
    struct client c;
    begin("server mx1 port 465\nconnection\nwait 1 s\ntls\nusual", 465);
    client_begin(&c);
    assert_int_equal(SSL_do_handshake(c.ssl), -1);
    from_client(&c);
    assert_int_equal(waited_ms, 1000);
    client_shakes(&c);
    from_client(&c);
    client_hears(&c, "220 mx1.one.test ESMTP ready\r\n");
    client_end(&c);
}

static void an_alert_is_one(void **state)
{
    (void)state;
    struct client c;
    begin("server mx1\nhear STARTTLS\nsay 220 go\ntls alert 40", 25);
    listen_to_it();
    say("EHLO me\r\n");
    say("STARTTLS\r\n");
    buf_clear(&heard);
    client_begin(&c);
    SSL_do_handshake(c.ssl);
    char hello[4096];
    int n = BIO_read(SSL_get_wbio(c.ssl), hello, sizeof hello);
    play_feed(play, hello, (size_t)n);
    assert_int_equal(listen_to_it(), PLAY_CLOSE);
    assert_int_equal(heard.used, 7);
    assert_memory_equal(heard.bytes, "\x15\x03\x03\x00\x02\x02\x28", 7);
    client_end(&c);
}

static void octets_before_tls_go_out_with_the_reply(void **state)
{
    (void)state;
    begin("server mx1\nhear STARTTLS\nsay 220 go\nsend \"extra\"\ntls", 25);
    listen_to_it();
    say("EHLO me\r\n");
    assert_int_equal(say("STARTTLS\r\n"), PLAY_READ);
    assert_string_equal(heard.bytes, "220 go\r\nextra");
}

static void what_came_in_clear_is_forgotten_unless_the_server_is_careless(void **state)
{
    (void)state;
    struct client c;
    for (int careless = 0; careless < 2; careless++) {
        begin(careless ? "server mx1\ntls keeps-clear" : "", 25);
        listen_to_it();
        say("EHLO me\r\n");
        say("STARTTLS\r\nHELO injected\r\n");
        assert_string_equal(heard.bytes, "220 2.0.0 Ready to start TLS\r\n");
        buf_clear(&heard);
        client_begin(&c);
        client_shakes(&c);
        from_client(&c);
        client_hears(&c, careless ? "250 mx1.one.test\r\n" : "");
        client_end(&c);
        if (!careless)
            end(NULL);
    }
}

/* A ClientHello of this version with one suite. */
static enum play_wish say_old_hello(unsigned char version, const char *suite)
{
    char hello[50] = {22, 3, 0, 0, 45, 1, 0, 0, 41, 3, (char)version};
    memcpy(hello + 43, (const char[]){0, 0, 2, suite[0], suite[1], 1, 0}, 7);
    buf_clear(&heard);
    play_feed(play, hello, sizeof hello);
    return listen_to_it();
}

static void begin_old_tls(const char *lines)
{
    begin(lines, 25);
    listen_to_it();
    say("EHLO me\r\n");
    say("STARTTLS\r\n");
}

static void a_museum_answers_hellos_that_the_library_refuses(void **state)
{
    (void)state;
    begin_old_tls("server mx1\ntls museum\ntls from 1.0");
    assert_int_equal(say_old_hello(0, "\x00\x2f"), PLAY_READ); /* SSLv3 */
    assert_int_equal(heard.used, 51);
    assert_memory_equal(heard.bytes, "\x16\x03\x00\x00\x2e\x02\x00\x00\x26\x03\x00", 11);
    assert_memory_equal(heard.bytes + 43, "\x00\x00\x2f\x00\x0e\x00\x00\x00", 8);
    end(NULL);
    begin_old_tls("server mx1\ntls museum\ntls from 1.0");
    say_old_hello(3, "\x00\x05"); /* RC4 */
    assert_memory_equal(heard.bytes + 43, "\x00\x00\x05\x00\x0e\x00\x00\x00", 8);
    end(NULL);
    begin_old_tls("server mx1\ntls museum\ntls from 1.0");
    assert_int_equal(say_old_hello(3, "\x00\x01"), PLAY_CLOSE); /* no cipher at all */
    assert_int_equal(heard.bytes[0], 21);
    end(NULL);
    begin_old_tls("");
    assert_int_equal(say_old_hello(0, "\x00\x2f"), PLAY_CLOSE);
    assert_int_equal(heard.bytes[0], 21);
}

/* A ClientHello of TLS 1.3 with one group and no key share. */
static enum play_wish say_hello_with_group(unsigned group)
{
    char hello[60] = {22, 3, 1, 0, 55, 1, 0, 0, 51, 3, 3};
    const char rest[] = {0, 0, 2, 0x13, 0x02, 1, 0, 0, 8, 0, 10, 0, 4, 0, 2, (char)(group >> 8), (char)group};
    memcpy(hello + 43, rest, sizeof rest);
    buf_clear(&heard);
    play_feed(play, hello, sizeof hello);
    return listen_to_it();
}

static void a_hybrid_group_is_asked_for_where_the_library_has_none(void **state)
{
    (void)state;
    begin_old_tls("server mx1\ntls hybrid");
    assert_int_equal(say_hello_with_group(0x11ec), PLAY_READ);
    assert_int_equal(heard.used, 5 + 4 + 2 + 32 + 1 + 2 + 1 + 2 + 6 + 6);
    assert_memory_equal(heard.bytes + heard.used - 14, "\x00\x0c\x00\x2b\x00\x02\x03\x04\x00\x33\x00\x02\x11\xec", 14);
    end(NULL);
    begin_old_tls("server mx1\ntls hybrid");
    assert_int_equal(say_hello_with_group(0x11eb), PLAY_CLOSE);
    assert_int_equal(heard.bytes[0], 21);
}

static void a_large_hello_does_not_get_through(void **state)
{
    (void)state;
    begin_old_tls("server mx1\ntls small-hellos");
    buf_clear(&heard);
    play_feed(play, "\x16\x03\x01\x06\x37", 5);
    assert_int_equal(listen_to_it(), PLAY_CLOSE);
    assert_int_equal(heard.used, 0);
    end(NULL);
    begin_old_tls("server mx1\ntls small-hellos");
    buf_clear(&heard);
    play_feed(play, "\x16\x03\x01\x06\x36", 5);
    assert_int_equal(listen_to_it(), PLAY_READ);
}

static void a_web_server_waits_for_its_request(void **state)
{
    (void)state;
    struct client c;
    begin("server mx1 port 443\npolicy mode: none\nhear GET\nwait 2 s\nusual", 443);
    assert_int_equal(listen_to_it(), PLAY_READ);
    assert_string_equal(heard.bytes, "");
    client_begin(&c);
    client_shakes(&c);
    SSL_write(c.ssl, "GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost:", 44);
    assert_int_equal(from_client(&c), PLAY_READ);
    client_hears(&c, "");
    SSL_write(c.ssl, " mta-sts.one.test\r\n\r\n", 21);
    assert_int_equal(from_client(&c), PLAY_CLOSE);
    assert_int_equal(waited_ms, 2000);
    client_hears(&c, "HTTP/1.1 200 Status\r\nServer: lab\r\nContent-Type: text/plain\r\nContent-Length: 12\r\nConnection: close\r\n\r\nmode: none\r\n");
    client_end(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_healthy_server_is_polite, end),
        cmocka_unit_test_teardown(it_is_strict_with_rude_clients, end),
        cmocka_unit_test_teardown(an_ehlo_reply_of_its_own_counts, end),
        cmocka_unit_test_teardown(slow_octets_take_their_time, end),
        cmocka_unit_test_teardown(silence_and_ends, end),
        cmocka_unit_test_teardown(a_command_that_comes_with_the_end_of_the_handshake_is_heard, end),
        cmocka_unit_test_teardown(tls_comes_first_on_465_even_after_a_pause, end),
        cmocka_unit_test_teardown(an_alert_is_one, end),
        cmocka_unit_test_teardown(octets_before_tls_go_out_with_the_reply, end),
        cmocka_unit_test_teardown(what_came_in_clear_is_forgotten_unless_the_server_is_careless, end),
        cmocka_unit_test_teardown(a_museum_answers_hellos_that_the_library_refuses, end),
        cmocka_unit_test_teardown(a_hybrid_group_is_asked_for_where_the_library_has_none, end),
        cmocka_unit_test_teardown(a_large_hello_does_not_get_through, end),
        cmocka_unit_test_teardown(a_web_server_waits_for_its_request, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* test_tls_wire - what is said of a server that speaks no TLS, or bad TLS, or too much of it. */
#include "net/tls.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/ssl.h>

#include "tls_fixture.h"

/* The server's first flight behind `stray`, in chunks of the given size. */
static void shake_behind(const char *stray, size_t chunk_bytes)
{
    peer = peer_new(&(struct peer_plan){.chain = {leaf}});
    greet(TLS_PROFILE_MODERN, "mx.good.test");
    struct str flight = peer_answer(peer, tls_take(client));
    size_t n = strlen(stray), all = n + flight.n;
    char *bytes = malloc(all);
    assert_non_null(bytes);
    memcpy(bytes, stray, n);
    memcpy(bytes + n, flight.p, flight.n);
    for (size_t at = 0; at < all; at += chunk_bytes)
        hear(bytes + at, all - at < chunk_bytes ? all - at : chunk_bytes);
    free(bytes);
    peer_run(peer, client, 1 << 20);
    copy_facts();
}

static void the_handshake_goes_on_behind_stray_octets(void **state)
{
    static const char *const strays[] = {"250 x\r\n", "\x16", "\x15\x16", "0123456789012345678901234567890123456789012345678901234567890123"};
    static const size_t chunks[] = {1, 3, 7, 65, 1 << 20};
    (void)state;
    for (size_t i = 0; i < sizeof strays / sizeof strays[0]; i++)
        for (size_t j = 0; j < sizeof chunks / sizeof chunks[0]; j++) {
            shake_behind(strays[i], chunks[j]);
            assert_int_equal(facts.result, TLS_DONE);
            assert_true(facts.octets_before_record);
            assert_true(str_is(facts.octets_before, strays[i]));
            assert_clear_text_goes_both_ways();
            tear_down(NULL);
            set_up(NULL);
        }
}

static void too_many_stray_octets_are_garbage(void **state)
{
    (void)state;
    shake_behind("01234567890123456789012345678901234567890123456789012345678901234", 1 << 20);
    assert_int_equal(tls_state(client), TLS_STATE_FAILED);
    assert_int_equal(facts.result, TLS_GARBAGE);
    assert_int_equal(facts.octets_before.n, 64);
}

static void plain_text_instead_of_tls(void **state)
{
    (void)state;
    greet(TLS_PROFILE_MODERN, "mx.good.test");
    HEAR("500 5.5.1 Command unrecognized: \"\\026\\003\\001\\002\"; this server would rather not\r\n");
    copy_facts();
    assert_int_equal(tls_state(client), TLS_STATE_FAILED);
    assert_int_equal(facts.result, TLS_GARBAGE);
    assert_true(facts.octets_before_record);
    assert_int_equal(facts.octets_before.n, 64);
    assert_memory_equal(facts.octets_before.p, "500 5.5.1 Command", 17);
    assert_string_equal(facts.error, "clear text where TLS should begin");
    assert_null(facts.version);
}

static void a_short_line_and_nothing_more(void **state)
{
    (void)state;
    greet(TLS_PROFILE_MODERN, "mx.good.test");
    HEAR("500 what?\r\n");
    assert_int_equal(tls_state(client), TLS_STATE_HANDSHAKE);
    copy_facts();
    assert_int_equal(facts.result, TLS_GARBAGE);
    assert_true(str_is(facts.octets_before, "500 what?\r\n"));
}

static void an_alert_has_its_number(void **state)
{
    (void)state;
    greet(TLS_PROFILE_MODERN, "mx.good.test");
    HEAR("\x15\x03\x03\x00\x02\x02\x28");
    copy_facts();
    assert_int_equal(facts.result, TLS_ALERT);
    assert_int_equal(facts.alert, 40);
    assert_string_equal(facts.error, "alert 40, handshake failure");
    assert_null(facts.version);
    assert_int_equal(facts.extended_master_secret, TRI_UNKNOWN);
    assert_int_equal(facts.compression, TRI_UNKNOWN);
}

static void an_alert_behind_stray_octets(void **state)
{
    (void)state;
    greet(TLS_PROFILE_MODERN, "mx.good.test");
    HEAR("\r\n\x15\x03\x01\x00\x02\x02\x46");
    copy_facts();
    assert_int_equal(facts.result, TLS_ALERT);
    assert_int_equal(facts.alert, 70);
    assert_true(str_is(facts.octets_before, "\r\n"));
}

static void a_warning_is_no_end(void **state)
{
    (void)state;
    greet(TLS_PROFILE_MODERN, "mx.good.test");
    HEAR("\x15\x03\x01\x00\x02\x01\x70"); /* unrecognized_name */
    copy_facts();
    assert_int_equal(tls_state(client), TLS_STATE_HANDSHAKE);
    assert_int_equal(facts.result, TLS_NOT_TRIED);
    assert_int_equal(facts.alert, -1);
}

static void close_notify_in_the_handshake(void **state)
{
    (void)state;
    greet(TLS_PROFILE_MODERN, "mx.good.test");
    HEAR("\x15\x03\x03\x00\x02\x01\x00");
    copy_facts();
    assert_int_equal(tls_state(client), TLS_STATE_FAILED);
    assert_int_equal(facts.result, TLS_CLOSED);
    assert_int_equal(facts.alert, -1);
}

static void a_fatal_close_notify_is_one_too(void **state)
{
    (void)state;
    greet(TLS_PROFILE_MODERN, "mx.good.test");
    HEAR("\x15\x03\x03\x00\x02\x02\x00");
    copy_facts();
    assert_int_equal(tls_state(client), TLS_STATE_FAILED);
    assert_int_equal(facts.result, TLS_CLOSED);
    assert_int_equal(facts.alert, -1);
}

static void malformed_records_are_garbage(void **state)
{
    static const struct str rows[] = {
        STR("\x16\x03\x03\xff\xff\x02\x00\x00\x00"),             /* longer than a record may be */
        STR("\x16\x03\x03\x00\x05\x02\x00\x00\x01\x03"),         /* ServerHello of one octet */
        STR("\x17\x03\x03\x00\x02\x41\x42"),                     /* data before the handshake */
        STR("\x16\x03\x03\x00\x04\x63\x00\x00\x00"),             /* a message of no known kind */
        STR("\x16\x03\x03\x00\x00\x16\x03\x03\x00\x00\x18\x99\x00\x00\x01"), /* empty ones, then none */
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        greet(TLS_PROFILE_MODERN, "mx.good.test");
        hear(rows[i].p, rows[i].n);
        copy_facts();
        if (tls_state(client) != TLS_STATE_FAILED || facts.result != TLS_GARBAGE || !facts.error)
            fail_msg("row %zu: state %d, result %d, error %s", i, (int)tls_state(client), (int)facts.result, facts.error ? facts.error : "none");
        assert_false(facts.octets_before_record);
        tear_down(NULL);
        set_up(NULL);
    }
}

/* A ServerHello with an empty session, without extensions. */
static void hear_server_hello(const char version[2], const char suite[2], char compression)
{
    char bytes[5 + 4 + 38] = "\x16\x03\x03\x00\x2a\x02\x00\x00\x26";
    memcpy(bytes + 9, version, 2);
    memset(bytes + 11, 'R', 32);
    memcpy(bytes + 44, suite, 2);
    bytes[46] = compression;
    hear(bytes, sizeof bytes);
}

static void we_refuse_a_version_that_we_did_not_offer(void **state)
{
    (void)state;
    greet(TLS_PROFILE_MODERN, "mx.good.test");
    hear_server_hello("\x03\x01", "\x00\x2f", 0);
    copy_facts();
    assert_int_equal(facts.result, TLS_REFUSED_BY_US);
    assert_string_equal(facts.version, "TLSv1");
    assert_string_equal(facts.cipher, "TLS_RSA_WITH_AES_128_CBC_SHA");
    assert_string_equal(facts.error, "unsupported protocol");
    assert_int_equal(facts.alert, -1);
    assert_int_equal(facts.compression, TRI_NO);
    assert_true(tls_take(client).n > 0); /* the alert that says so */
}

static void we_refuse_compression(void **state)
{
    (void)state;
    greet(TLS_PROFILE_MODERN, "mx.good.test");
    hear_server_hello("\x03\x03", "\xc0\x2f", 1);
    copy_facts();
    assert_int_equal(facts.result, TLS_REFUSED_BY_US);
    assert_int_equal(facts.compression, TRI_YES);
}

static void a_suite_of_no_name(void **state)
{
    (void)state;
    greet(TLS_PROFILE_MODERN, "mx.good.test");
    hear_server_hello("\x03\x03", "\x7a\x7b", 0);
    copy_facts();
    assert_int_equal(facts.result, TLS_REFUSED_BY_US);
    assert_null(facts.cipher);
    assert_int_equal(facts.cipher_id, 0x7a7b);
}

/* Takes the extension out of a ServerHello that stands in a record of its own. */
static size_t without_renegotiation_info(char *flight, size_t n)
{
    static const char extension[] = {(char)0xff, 1, 0, 1, 0};
    char *at = memmem(flight, n, extension, sizeof extension);
    assert_non_null(at);
    memmove(at, at + sizeof extension, (size_t)(flight + n - at) - sizeof extension);
    size_t extensions = 5 + 4 + 2 + 32 + 1 + (unsigned char)flight[43] + 2 + 1;
    const size_t lengths[] = {4, 8, extensions + 1}; /* last octets of: record, message, extensions */
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++)
        flight[lengths[i]] = (char)(flight[lengths[i]] - (char)sizeof extension);
    return n - sizeof extension;
}

static void no_renegotiation_info_is_no_reason_to_refuse(void **state)
{
    (void)state;
    peer = peer_new(&(struct peer_plan){.version = TLS1_2_VERSION, .chain = {leaf}});
    greet(TLS_PROFILE_MODERN, "mx.good.test");
    struct str flight = peer_answer(peer, tls_take(client));
    char bytes[4096];
    assert_true(flight.n <= sizeof bytes);
    memcpy(bytes, flight.p, flight.n);
    hear(bytes, without_renegotiation_info(bytes, flight.n));
    assert_int_equal(tls_state(client), TLS_STATE_HANDSHAKE); /* the server would find another Finished */
    assert_true(tls_take(client).n > 0);
    copy_facts();
    assert_null(facts.error);
    assert_int_equal(facts.certificates_sent, 1);
}

static void the_connection_ends_in_the_handshake(void **state)
{
    (void)state;
    peer = peer_new(&(struct peer_plan){.version = TLS1_2_VERSION, .chain = {leaf}});
    greet(TLS_PROFILE_MODERN, "mx.good.test");
    hear(peer_answer(peer, tls_take(client)).p, 100);
    copy_facts();
    assert_int_equal(tls_state(client), TLS_STATE_HANDSHAKE);
    assert_int_equal(facts.result, TLS_NOT_TRIED);
    assert_string_equal(facts.version, "TLSv1.2");
    assert_int_equal(facts.extended_master_secret, TRI_UNKNOWN);
}

static void garbage_after_the_handshake(void **state)
{
    char clear[16];
    (void)state;
    shake(TLS_PROFILE_MODERN, &(struct peer_plan){.chain = {leaf}});
    HEAR("250 in clear\r\n");
    assert_int_equal(tls_read(client, clear, sizeof clear), -1);
    assert_int_equal(tls_state(client), TLS_STATE_FAILED);
    copy_facts();
    assert_int_equal(facts.result, TLS_DONE);
    assert_false(facts.octets_before_record);
}

static void there_is_a_limit_to_what_waits(void **state)
{
    static char many[TLS_BUFFER_MAX_BYTES + 1];
    (void)state;
    shake(TLS_PROFILE_MODERN, &(struct peer_plan){.version = TLS1_2_VERSION, .chain = {leaf}});
    assert_int_equal(tls_feed(client, many, TLS_BUFFER_MAX_BYTES + 1), -1);
    assert_int_equal(tls_feed(client, many, TLS_BUFFER_MAX_BYTES), 0);
    assert_int_equal(tls_feed(client, many, 1), -1);
    assert_int_equal(tls_write(client, many, TLS_BUFFER_MAX_BYTES), 0);
    assert_int_equal(tls_write(client, many, 1), -1);
}

static void an_endless_message_comes_to_an_end(void **state)
{
    char record[5 + 16384] = "\x16\x03\x03\x40\x00\x02\xff\xff\xff";
    size_t fed = 0;
    (void)state;
    greet(TLS_PROFILE_MODERN, "mx.good.test");
    for (; tls_state(client) == TLS_STATE_HANDSHAKE && fed < (1 << 24); fed += sizeof record)
        hear(record, sizeof record);
    copy_facts();
    assert_int_equal(facts.result, TLS_REFUSED_BY_US);
    assert_true(fed <= 1 << 20);
}

static void chain_of_100(void **state)
{
    struct peer_plan plan = {.version = 0};
    (void)state;
    const struct pki_cert *issuer = NULL;
    for (size_t i = 100; i-- > 0;)
        plan.chain[i] = issuer = pki_make((struct pki_plan){.common_name = "link", .ca = i > 0, .issuer = issuer, .names = {STR("mx.good.test")}});
    shake(TLS_PROFILE_MODERN, &plan);
    assert_int_equal(facts.result, TLS_DONE);
    assert_int_equal(facts.certificates_sent, 100);
    assert_int_equal(facts.certificate_count, TLS_CERTIFICATES_MAX);
    assert_int_not_equal(facts.trust, TRUST_YES);
}

/* Whatever single octet is wrong in the server's flight, the client comes to an end or waits. */
static void a_wrong_octet_is_harmless(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 400; i++) {
        peer = peer_new(&(struct peer_plan){.version = i % 2 ? TLS1_2_VERSION : 0, .chain = {leaf}});
        greet(TLS_PROFILE_MODERN, "mx.good.test");
        struct str flight = peer_answer(peer, tls_take(client));
        size_t at = i * 2654435761u % flight.n;
        char *bytes = malloc(flight.n);
        assert_non_null(bytes);
        memcpy(bytes, flight.p, flight.n);
        bytes[at] = (char)(bytes[at] ^ (1 << i % 8));
        hear(bytes, flight.n);
        free(bytes);
        copy_facts();
        assert_true(facts.result != TLS_TROUBLE);
        tear_down(NULL);
        set_up(NULL);
    }
}



#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_handshake_goes_on_behind_stray_octets),
        TEST(too_many_stray_octets_are_garbage),
        TEST(plain_text_instead_of_tls),
        TEST(a_short_line_and_nothing_more),
        TEST(an_alert_has_its_number),
        TEST(an_alert_behind_stray_octets),
        TEST(a_warning_is_no_end),
        TEST(close_notify_in_the_handshake),
        TEST(a_fatal_close_notify_is_one_too),
        TEST(malformed_records_are_garbage),
        TEST(we_refuse_a_version_that_we_did_not_offer),
        TEST(we_refuse_compression),
        TEST(a_suite_of_no_name),
        TEST(no_renegotiation_info_is_no_reason_to_refuse),
        TEST(the_connection_ends_in_the_handshake),
        TEST(garbage_after_the_handshake),
        TEST(there_is_a_limit_to_what_waits),
        TEST(an_endless_message_comes_to_an_end),
        TEST(chain_of_100),
        TEST(a_wrong_octet_is_harmless),
    };
    return cmocka_run_group_tests_name("tls wire", tests, set_up_all, tear_down_all);
}

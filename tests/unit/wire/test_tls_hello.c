/* SPDX-License-Identifier: Apache-2.0 */
/* test_tls_hello - hand-made ClientHellos octet by octet, and what servers say to them. */
#include "wire/tls_hello.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t random_octets[32] = {[0] = 0xaa, [31] = 0xbb};
static uint8_t out[TLS_HELLO_MAX_BYTES];
static struct tls_hello_reader reader;

#define LIST(...) {(const uint16_t[]){__VA_ARGS__}, sizeof((const uint16_t[]){__VA_ARGS__}) / 2}

/* Hex digits to octets; blanks are for the eye, and "R" stands for the 32 random octets. */
static size_t octets(const char *text, uint8_t *bytes)
{
    size_t n = 0;
    for (; *text; text++) {
        unsigned value;
        if (*text == ' ')
            continue;
        if (*text == 'R') {
            memcpy(bytes + n, random_octets, sizeof random_octets);
            n += sizeof random_octets;
            continue;
        }
        char pair[3] = {text[0], text[1], '\0'};
        value = 0;
        for (const char *c = pair; *c; c++)
            value = value << 4 | (unsigned)(*c <= '9' ? *c - '0' : *c - 'a' + 10);
        bytes[n++] = (uint8_t)value;
        text++;
    }
    return n;
}

static void assert_written(const struct tls_hello *hello, const char *expected)
{
    static uint8_t bytes[TLS_HELLO_MAX_BYTES];
    size_t n = octets(expected, bytes);
    assert_int_equal(tls_hello_write(hello, out), n);
    assert_memory_equal(out, bytes, n);
}

static void test_ssl3_has_no_extensions(void **state)
{
    (void)state;
    const struct tls_hello hello = {.newest = TLS_HELLO_SSL3, .suites = LIST(0x0005, 0x000a), .groups = LIST(0x17), .sni = "mx.example", .random = random_octets,
                                    .renegotiation_info = true, .deflate = true};
    assert_written(&hello, "16 0300 0032 01 00002e 0300 R 00 0006 0005 000a 00ff 02 01 00");
}

static void test_tls12_with_name_groups_and_signatures(void **state)
{
    (void)state;
    const struct tls_hello hello = {.newest = TLS_HELLO_TLS12, .suites = LIST(0xc02f), .groups = LIST(0x1d, 0x17), .signatures = LIST(0x0401), .sni = "mx.example",
                                    .extended_master_secret = true, .random = random_octets};
    assert_written(&hello, "16 0301 005e 01 00005a 0303 R 00 0002 c02f 01 00 002f "
                           "0000 000f 000d 00 000a 6d782e6578616d706c65 0017 0000 000a 0006 0004 001d 0017 000b 0002 01 00 000d 0004 0002 0401");
}

static void test_tls13_with_empty_key_share(void **state)
{
    (void)state;
    const struct tls_hello hello = {.newest = TLS_HELLO_TLS13, .oldest = TLS_HELLO_TLS13, .suites = LIST(0x1301), .groups = LIST(0x11ec), .signatures = LIST(0x0403),
                                    .random = random_octets};
    assert_written(&hello, "16 0301 0072 01 00006e 0303 R 20 R 0002 1301 01 00 0023 "
                           "000a 0004 0002 11ec 000b 0002 01 00 000d 0004 0002 0403 002b 0003 02 0304 0033 0002 0000");
}

static void test_grease_stands_in_every_list(void **state)
{
    (void)state;
    const struct tls_hello hello = {.newest = TLS_HELLO_TLS13, .oldest = TLS_HELLO_TLS12, .suites = LIST(0x1301), .groups = LIST(0x1d), .shares = LIST(0x1d),
                                    .random = random_octets, .grease = true};
    assert_written(&hello, "16 0301 009f 01 00009b 0303 R 20 R 0004 1a1a 1301 01 00 004e "
                           "1a1a 0000 000a 0006 0004 4a4a 001d 000b 0002 01 00 002b 0007 06 1a1a 0304 0303 0033 002b 0029 4a4a 0001 00 001d 0020 R");
}

static void test_a_large_hello_has_the_size_asked_for(void **state)
{
    (void)state;
    const struct tls_hello hello = {.newest = TLS_HELLO_TLS13, .oldest = TLS_HELLO_TLS10, .suites = LIST(0x1301, 0xc02f), .groups = LIST(0x11ec, 0x1d),
                                    .shares = LIST(0x11ec, 0x1d), .random = random_octets, .sni = "mx.example", .grease = true, .padded_to = 1600};
    assert_int_equal(tls_hello_write(&hello, out), 1600);
    assert_int_equal(out[3] << 8 | out[4], 1595);
    assert_int_equal(out[7] << 8 | out[8], 1591);
}

static void test_ssl2(void **state)
{
    (void)state;
    const struct tls_hello hello = {.newest = TLS_HELLO_SSL2, .random = random_octets};
    assert_written(&hello, "803e 01 0002 0015 0000 0020 0700c0 050080 030080 010080 060040 040080 020080 R");
}

/* Fed at once, octet by octet and in two parts of every size, an answer is the same. */
static const struct tls_answer *answer_of(const char *text)
{
    static uint8_t bytes[4096];
    size_t n = octets(text, bytes);
    tls_hello_reader_init(&reader);
    tls_hello_reader_feed(&reader, bytes, n);
    tls_hello_reader_end(&reader, TLS_ANSWER_DROPPED);
    struct tls_answer first = reader.answer;
    for (size_t cut = 0; cut <= n; cut++) {
        tls_hello_reader_init(&reader);
        for (size_t i = 0; cut == 0 && i < n; i++)
            tls_hello_reader_feed(&reader, bytes + i, 1);
        if (cut > 0) {
            tls_hello_reader_feed(&reader, bytes, cut);
            tls_hello_reader_feed(&reader, bytes + cut, n - cut);
        }
        tls_hello_reader_end(&reader, TLS_ANSWER_DROPPED);
        assert_memory_equal(&reader.answer, &first, sizeof first);
    }
    return &reader.answer;
}

static void test_hello_retry_request(void **state)
{
    (void)state;
    const struct tls_answer *a =
        answer_of("16 0303 0058 02 000054 0303 cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c 20 R 1302 00 000c 002b 0002 0304 0033 0002 11ec 14 0303 0001 01");
    assert_int_equal(a->kind, TLS_ANSWER_RETRY);
    assert_int_equal(a->version, TLS_HELLO_TLS13);
    assert_int_equal(a->suite, 0x1302);
    assert_int_equal(a->group, 0x11ec);
    assert_true(tls_answer_agrees(a));
}

static void test_server_hello_of_tls13(void **state)
{
    (void)state;
    const struct tls_answer *a = answer_of("16 0303 0058 02 000054 0303 R 20 R 1301 00 000c 002b 0002 0304 0033 0002 001d");
    assert_int_equal(a->kind, TLS_ANSWER_HELLO);
    assert_int_equal(a->version, TLS_HELLO_TLS13);
    assert_int_equal(a->group, 0x1d);
}

static void test_flight_of_tls12_in_parts_of_records(void **state)
{
    (void)state;
    /* ServerHello and a Certificate of two in one record; the key exchange lies across two. */
    const struct tls_answer *a = answer_of("16 0303 0045 02 000031 0303 R 00 c02f 00 0009 0017 0000 ff01 0001 00"
                                           " 0b 00000c 000009 000002 3000 000001 30"
                                           " 16 0303 0007 0c 000010 03 0017"
                                           " 16 0303 0011 04 04010203 0804 0004 deadbeef 0e 000000");
    assert_int_equal(a->kind, TLS_ANSWER_HELLO);
    assert_int_equal(a->version, TLS_HELLO_TLS12);
    assert_int_equal(a->suite, 0xc02f);
    assert_true(a->extended_master_secret && a->renegotiation_info);
    assert_int_equal(a->certificate_count, 2);
    assert_int_equal(a->certificates[0].n, 2);
    assert_int_equal(a->certificates[1].n, 1);
    assert_int_equal(a->group, 0x17);
    assert_int_equal(a->signature, 0x0804);
    assert_true(a->complete);
    assert_int_equal(a->certificates_sent, 2);
    assert_false(a->tls13_announced);
}

/* RFC 8446 4.1.3: the last octets of the random ones. */
static void test_tls13_is_announced_by_tls12_alone(void **state)
{
    (void)state;
#define ANSWER(version, last) "16 0303 002a 02 000026 " version " 000102030405060708090a0b0c0d0e0f1011121314151617 " last " 00 c02f 00"
    assert_true(answer_of(ANSWER("0303", "444f574e47524401"))->tls13_announced);
    assert_false(answer_of(ANSWER("0303", "444f574e47524400"))->tls13_announced); /* of TLS 1.1 and below */
    assert_false(answer_of(ANSWER("0302", "444f574e47524401"))->tls13_announced);
    assert_false(answer_of(ANSWER("0303", "444f574e47524401"))->complete);
#undef ANSWER
}

static void test_a_malformed_list_of_certificates_is_none(void **state)
{
    (void)state;
#define HELLO "16 0303 002a 02 000026 0303 R 00 c02f 00 "
    const struct tls_answer *a = answer_of(HELLO "16 0303 000b 0b 000007 000004 000001 30 16 0303 000c 0b 000008 000005 000003 30 00 16 0303 0004 0e 000000");
    assert_int_equal(a->certificate_count, 0);
    assert_int_equal(a->certificates_sent, 0);
    assert_int_equal(answer_of(HELLO "16 0303 000c 0b 000008 000004 000001 30 00")->certificate_count, 0); /* octets behind the list */
    static const char one[] = " 000001 30";
    char many[1024] = HELLO "16 0303 003f 0b 00003b 000038";
    for (size_t i = 0; i < 14; i++)
        strcat(many, one);
    a = answer_of(many);
    assert_int_equal(a->certificate_count, TLS_ANSWER_CERTIFICATES_MAX);
    assert_int_equal(a->certificates_sent, 14);
#undef HELLO
}

static void test_primes_of_dhe(void **state)
{
    (void)state;
    char text[2048] = "16 0301 002a 02 000026 0301 R 00 0033 01 16 0301 ", *end = text + strlen(text);
    /* 2048 bits: ffdhe2048's beginning and end around zeros. */
    end += snprintf(end, 64, "0110 0c 00010c 0100 ffffffffffffffff adf85458a2bb4a9a ");
    for (size_t i = 0; i < 256 - 32; i++)
        end += snprintf(end, 3, "00");
    snprintf(end, 128, "886b423861285c97 ffffffffffffffff 0001 02 0001 04 0002 aabb");
    const struct tls_answer *a = answer_of(text);
    assert_int_equal(a->kind, TLS_ANSWER_HELLO);
    assert_int_equal(a->dh_bits, 2048);
    assert_string_equal(a->dh_group, "ffdhe2048");
    assert_int_equal(a->compression, 1);
    assert_int_equal(a->signature, 0); /* TLS 1.0 names none */

    a = answer_of("16 0303 002a 02 000026 0303 R 00 009e 00 16 0303 0015 0c 000011 0002 03ff 0001 02 0001 04 0201 0003 aabbcc");
    assert_int_equal(a->dh_bits, 10);
    assert_null(a->dh_group);
    assert_int_equal(a->signature, 0x0201);
}

static void test_curve_given_by_its_parameters(void **state)
{
    (void)state;
    const struct tls_answer *a = answer_of("16 0301 002a 02 000026 0301 R 00 c013 00 16 0301 0007 0c 000003 01 0000");
    assert_int_equal(a->group, 0xff01);
}

static void test_alerts(void **state)
{
    (void)state;
    const struct tls_answer *a = answer_of("15 0303 0002 02 28");
    assert_int_equal(a->kind, TLS_ANSWER_ALERT);
    assert_int_equal(a->alert, 40);
    assert_false(tls_answer_agrees(a));
    a = answer_of("15 0301 0002 01 00"); /* close_notify */
    assert_int_equal(a->kind, TLS_ANSWER_ALERT);
    assert_int_equal(a->alert, 0);
    /* unrecognized_name is a warning; what counts stands behind it */
    a = answer_of("15 0303 0002 01 70 16 0303 002a 02 000026 0303 R 00 c02f 00 15 0303 0002 02 50");
    assert_int_equal(a->kind, TLS_ANSWER_HELLO);
    assert_int_equal(a->alert, 80);
}

static void test_server_hello_of_ssl2(void **state)
{
    (void)state;
    const struct tls_answer *a = answer_of("8015 04 00 01 0002 0000 0006 0000 010080 0700c0");
    assert_int_equal(a->kind, TLS_ANSWER_SSL2);
    assert_int_equal(a->version, TLS_HELLO_SSL2);
    assert_int_equal(a->ssl2_suite_count, 2);
}

static void test_what_is_no_tls(void **state)
{
    (void)state;
    assert_int_equal(answer_of("343534 20 6e6f")->kind, TLS_ANSWER_CLEAR); /* "454 no" */
    assert_int_equal(answer_of("c3a9 c3a9")->kind, TLS_ANSWER_CLEAR);
    assert_int_equal(answer_of("16 0d0a")->kind, TLS_ANSWER_CLEAR);
    assert_int_equal(answer_of("15 0303 0002 01 70 48")->kind, TLS_ANSWER_BROKEN);
    assert_int_equal(answer_of("16 0303 0004 0e 000000")->kind, TLS_ANSWER_BROKEN);
    assert_int_equal(answer_of("16 0303 ffff")->kind, TLS_ANSWER_BROKEN);
    assert_int_equal(answer_of("17 0303 0001 00")->kind, TLS_ANSWER_BROKEN);
    assert_int_equal(answer_of("16 0303 0004 02 ffffff")->kind, TLS_ANSWER_BROKEN);
    assert_int_equal(answer_of("16 0303 002a 02 000026 0303 R 01 c02f 00")->kind, TLS_ANSWER_BROKEN); /* its session is cut */
    assert_int_equal(answer_of("16 0303 0010 02")->kind, TLS_ANSWER_BROKEN);                           /* and then nothing */
    assert_int_equal(answer_of("")->kind, TLS_ANSWER_DROPPED);
}

static void test_an_endless_answer_ends(void **state)
{
    (void)state;
    static uint8_t record[5 + 16384] = {22, 3, 3, 0x40, 0};
    size_t n = octets("02 000026 0303 R 00 c02f 00 0b 00f000", record + 5);
    tls_hello_reader_init(&reader);
    bool over = false;
    size_t records = 0;
    for (; !over && records < 100; records++) {
        over = tls_hello_reader_feed(&reader, record, sizeof record);
        memset(record + 5, 0, n);
    }
    assert_true(over);
    assert_int_equal(records, 5);
    assert_int_equal(reader.answer.kind, TLS_ANSWER_HELLO); /* what was agreed on is known all the same */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ssl3_has_no_extensions),
        cmocka_unit_test(test_tls12_with_name_groups_and_signatures),
        cmocka_unit_test(test_tls13_with_empty_key_share),
        cmocka_unit_test(test_grease_stands_in_every_list),
        cmocka_unit_test(test_a_large_hello_has_the_size_asked_for),
        cmocka_unit_test(test_ssl2),
        cmocka_unit_test(test_hello_retry_request),
        cmocka_unit_test(test_server_hello_of_tls13),
        cmocka_unit_test(test_flight_of_tls12_in_parts_of_records),
        cmocka_unit_test(test_tls13_is_announced_by_tls12_alone),
        cmocka_unit_test(test_a_malformed_list_of_certificates_is_none),
        cmocka_unit_test(test_primes_of_dhe),
        cmocka_unit_test(test_curve_given_by_its_parameters),
        cmocka_unit_test(test_alerts),
        cmocka_unit_test(test_server_hello_of_ssl2),
        cmocka_unit_test(test_what_is_no_tls),
        cmocka_unit_test(test_an_endless_answer_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

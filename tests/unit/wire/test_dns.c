/* SPDX-License-Identifier: Apache-2.0 */
/* test_dns - the reader of DNS messages, on good ones, cut ones, twisted ones and lying ones. */
#include "wire/dns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { A = 1, NS = 2, CNAME = 5, SOA = 6, PTR = 12, MX = 15, TXT = 16, AAAA = 28, SRV = 33 };
enum { RESPONSE = 0x8180, NXDOMAIN = 0x8183, AUTHORITATIVE = 0x8500, TRUNCATED = 0x8380 };
enum { QUESTION_AT = 12 }; /* a pointer to the question's name is c00c */

struct message {
    uint8_t bytes[65535];
    size_t n;
};

static void put(struct message *m, const void *bytes, size_t n)
{
    memcpy(m->bytes + m->n, bytes, n);
    m->n += n;
}

static void put_u16(struct message *m, unsigned value)
{
    put(m, (uint8_t[]){(uint8_t)(value >> 8), (uint8_t)value}, 2);
}

static void put_name(struct message *m, const char *name)
{
    while (*name) {
        size_t n = strcspn(name, ".");
        put(m, (uint8_t[]){(uint8_t)n}, 1);
        put(m, name, n);
        name += n + (name[n] == '.');
    }
    put(m, "", 1);
}

static void begin(struct message *m, unsigned flags, const char *name, unsigned type)
{
    m->n = 0;
    put_u16(m, 4711);
    put_u16(m, flags);
    put_u16(m, 1);
    for (int i = 0; i < 3; i++)
        put_u16(m, 0);
    put_name(m, name);
    put_u16(m, type);
    put_u16(m, 1);
}

static void count(struct message *m, enum dns_section section, unsigned n)
{
    m->bytes[6 + 2 * section] = (uint8_t)(n >> 8);
    m->bytes[7 + 2 * section] = (uint8_t)n;
}

/* Everything of a record after its owner. */
static void put_fixed(struct message *m, unsigned type, uint32_t ttl, size_t data_n)
{
    put_u16(m, type);
    put_u16(m, 1);
    put_u16(m, ttl >> 16);
    put_u16(m, ttl & 0xffff);
    put_u16(m, (unsigned)data_n);
}

static void put_record(struct message *m, const char *owner, unsigned type, uint32_t ttl, const void *data, size_t data_n)
{
    put_name(m, owner);
    put_fixed(m, type, ttl, data_n);
    put(m, data, data_n);
}

static void put_alias(struct message *m, const char *owner, const char *target, uint32_t ttl)
{
    put_name(m, owner);
    put_fixed(m, CNAME, ttl, strlen(target) + 2);
    put_name(m, target);
}

/* Reads all there is to read; the copy ends where the message ends, so that ASan sees a step beyond. */
static int read_all(const uint8_t *bytes, size_t n)
{
    struct dns_message m;
    struct dns_answer a;
    struct dns_cursor c = {0};
    struct dns_rr rr;
    uint8_t *copy = malloc(n ? n : 1);
    char text[DNS_NAME_TEXT_BYTES];
    memcpy(copy, bytes, n);
    int parsed = dns_message_parse(&m, copy, n);
    while (dns_message_next(&m, &c, &rr)) {
        struct ip ip;
        uint16_t preference;
        size_t used = 0;
        char *out = malloc(rr.data_n ? rr.data_n : 1);
        dns_read_name(&m, rr.owner_at, text);
        dns_read_address(&m, &rr, &ip);
        dns_read_target(&m, &rr, text);
        dns_read_mx(&m, &rr, &preference, text);
        if (dns_read_txt(&m, &rr, out, &used))
            assert_true(used < rr.data_n);
        free(out);
    }
    if (dns_answer_follow(&m, &a) == 0) {
        struct dns_cursor again = {0};
        size_t seen = 0;
        while (dns_answer_next(&m, &a, &again, &rr))
            seen++;
        assert_int_equal(seen, a.record_count);
    }
    free(copy);
    return parsed;
}

/* MX of good.test with compression everywhere it may be. */
static void make_mx_answer(struct message *m)
{
    begin(m, RESPONSE, "Good.TEST", MX);
    count(m, DNS_SECTION_ANSWER, 2);
    count(m, DNS_SECTION_ADDITIONAL, 1);
    put(m, "\xc0\x0c", 2);
    put_fixed(m, MX, 300, 8);
    put(m, "\0\x0a\x03mx1\xc0\x0c", 8);
    put(m, "\xc0\x0c", 2);
    put_fixed(m, MX, 200, 8);
    put(m, "\0\x14\x03MX2\xc0\x0c", 8);
    put_record(m, "mx1.good.test", A, 300, "\xc0\0\2\1", 4);
}

static void test_compressed_answer(void **state)
{
    (void)state;
    static struct message m;
    struct dns_message parsed;
    struct dns_answer a;
    struct dns_cursor c = {0};
    struct dns_rr rr;
    uint16_t preference;
    char text[DNS_NAME_TEXT_BYTES];
    make_mx_answer(&m);
    assert_int_equal(dns_message_parse(&parsed, m.bytes, m.n), 0);
    assert_int_equal(parsed.id, 4711);
    assert_true(parsed.is_response);
    assert_false(parsed.is_authoritative);
    assert_int_equal(parsed.question_type, MX);
    assert_int_equal(dns_answer_follow(&parsed, &a), 0);
    assert_string_equal(a.name, "good.test");
    assert_int_equal(a.alias_count, 0);
    assert_int_equal(a.record_count, 2);
    assert_int_equal(a.ttl_s, 200);
    assert_true(dns_answer_next(&parsed, &a, &c, &rr));
    assert_true(dns_read_mx(&parsed, &rr, &preference, text));
    assert_int_equal(preference, 10);
    assert_string_equal(text, "mx1.good.test");
    assert_true(dns_answer_next(&parsed, &a, &c, &rr));
    assert_true(dns_read_mx(&parsed, &rr, &preference, text));
    assert_int_equal(preference, 20);
    assert_string_equal(text, "mx2.good.test");
    assert_false(dns_answer_next(&parsed, &a, &c, &rr));
    assert_false(dns_message_next(&parsed, &c, &rr));
}

static void test_sections(void **state)
{
    (void)state;
    static struct message m;
    struct dns_message parsed;
    struct dns_cursor c = {0};
    struct dns_rr rr;
    struct ip ip;
    begin(&m, AUTHORITATIVE, "good.test", AAAA);
    count(&m, DNS_SECTION_AUTHORITY, 1);
    count(&m, DNS_SECTION_ADDITIONAL, 1);
    put_record(&m, "good.test", NS, 60, "\2ns\xc0\x0c", 5);
    put_record(&m, "ns.good.test", AAAA, 60, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16);
    assert_int_equal(dns_message_parse(&parsed, m.bytes, m.n), 0);
    assert_true(parsed.is_authoritative);
    assert_true(dns_message_next(&parsed, &c, &rr));
    assert_int_equal(rr.section, DNS_SECTION_AUTHORITY);
    assert_true(dns_message_next(&parsed, &c, &rr));
    assert_int_equal(rr.section, DNS_SECTION_ADDITIONAL);
    assert_true(dns_read_address(&parsed, &rr, &ip));
    char text[IP_TEXT_BYTES];
    ip_write(ip, text);
    assert_string_equal(text, "2001:db8::1");
    assert_false(dns_message_next(&parsed, &c, &rr));
}

static void test_alias_chain(void **state)
{
    (void)state;
    static struct message m;
    struct dns_message parsed;
    struct dns_answer a;
    begin(&m, RESPONSE, "a.test", A);
    count(&m, DNS_SECTION_ANSWER, 4);
    put_alias(&m, "b.test", "C.test", 50); /* the order of records means nothing */
    put_record(&m, "c.test", A, 300, "\xc0\0\2\1", 4);
    put_alias(&m, "A.test", "b.test", 300);
    put_record(&m, "other.test", A, 1, "\xc0\0\2\2", 4);
    assert_int_equal(dns_message_parse(&parsed, m.bytes, m.n), 0);
    assert_int_equal(dns_answer_follow(&parsed, &a), 0);
    assert_string_equal(a.name, "c.test");
    assert_int_equal(a.alias_count, 2);
    assert_int_equal(a.record_count, 1);
    assert_int_equal(a.ttl_s, 50);

    begin(&m, NXDOMAIN, "a.test", A); /* an alias to a name that does not exist */
    count(&m, DNS_SECTION_ANSWER, 1);
    put_alias(&m, "a.test", "gone.test", 30);
    assert_int_equal(dns_message_parse(&parsed, m.bytes, m.n), 0);
    assert_int_equal(dns_answer_follow(&parsed, &a), 0);
    assert_int_equal(parsed.rcode, DNS_RCODE_NXDOMAIN);
    assert_string_equal(a.name, "gone.test");
    assert_int_equal(a.ttl_s, 30);

    begin(&m, RESPONSE, "a.test", CNAME); /* asked for the alias itself: not followed */
    count(&m, DNS_SECTION_ANSWER, 1);
    put_alias(&m, "a.test", "b.test", 30);
    assert_int_equal(dns_message_parse(&parsed, m.bytes, m.n), 0);
    assert_int_equal(dns_answer_follow(&parsed, &a), 0);
    assert_string_equal(a.name, "a.test");
    assert_int_equal(a.record_count, 1);
}

static int follow_chain(struct message *m, unsigned length, bool closed)
{
    struct dns_message parsed;
    static struct dns_answer a;
    char owner[24], target[24];
    begin(m, RESPONSE, "n0.test", A);
    count(m, DNS_SECTION_ANSWER, length);
    for (unsigned i = 0; i < length; i++) {
        snprintf(owner, sizeof owner, "n%u.test", i);
        snprintf(target, sizeof target, "n%u.test", closed && i == length - 1 ? 0 : i + 1);
        put_alias(m, owner, target, 60);
    }
    assert_int_equal(dns_message_parse(&parsed, m->bytes, m->n), 0);
    return dns_answer_follow(&parsed, &a);
}

static uint32_t keep_s(const struct message *m)
{
    struct dns_message parsed;
    struct dns_answer a;
    assert_int_equal(dns_message_parse(&parsed, m->bytes, m->n), 0);
    assert_int_equal(dns_answer_follow(&parsed, &a), 0);
    return dns_answer_keep_s(&parsed, &a);
}

/* A denial's SOA record: mname and rname are the root, the numbers 1, 2, 3, 4, and how long the denial is true. */
static void deny(struct message *m, uint32_t ttl, uint8_t minimum)
{
    const uint8_t soa[22] = {[5] = 1, [9] = 2, [13] = 3, [17] = 4, [21] = minimum};
    count(m, DNS_SECTION_AUTHORITY, 1);
    put_record(m, "test", SOA, ttl, soa, sizeof soa);
}

static void test_how_long_it_is_kept(void **state)
{
    (void)state;
    static struct message m;
    make_mx_answer(&m);
    assert_int_equal(keep_s(&m), 200);
    begin(&m, NXDOMAIN, "gone.test", A);
    assert_int_equal(keep_s(&m), 0);
    deny(&m, 300, 60);
    assert_int_equal(keep_s(&m), 60);
    begin(&m, RESPONSE, "nothing.test", A);
    deny(&m, 30, 60);
    assert_int_equal(keep_s(&m), 30);
    for (unsigned ttl = 20; ttl <= 100; ttl += 80) { /* an alias to nothing is kept as long as both */
        begin(&m, NXDOMAIN, "a.test", A);
        count(&m, DNS_SECTION_ANSWER, 1);
        put_alias(&m, "a.test", "gone.test", ttl);
        deny(&m, 300, 60);
        assert_int_equal(keep_s(&m), ttl < 60 ? ttl : 60);
    }
    begin(&m, NXDOMAIN, "gone.test", A);
    count(&m, DNS_SECTION_AUTHORITY, 1);
    put_record(&m, "test", SOA, 300, "\0\0\0\0\0", 5); /* cut short */
    assert_int_equal(keep_s(&m), 0);
}

static void test_alias_limits(void **state)
{
    (void)state;
    static struct message m;
    assert_int_equal(follow_chain(&m, DNS_ALIASES_MAX, false), 0);
    assert_int_equal(follow_chain(&m, DNS_ALIASES_MAX + 1, false), -1);
    assert_int_equal(follow_chain(&m, 1, true), -1);
    assert_int_equal(follow_chain(&m, 3, true), -1);
}

/* The one record's owner is `bytes`; how many octets dns_read_name takes of it. */
static size_t read_owner(const void *bytes, size_t n, char text[static DNS_NAME_TEXT_BYTES])
{
    static struct message m;
    struct dns_message parsed;
    begin(&m, RESPONSE, "good.test", A);
    count(&m, DNS_SECTION_ANSWER, 1);
    size_t at = m.n;
    put(&m, bytes, n);
    put_fixed(&m, A, 60, 4);
    put(&m, "\xc0\0\2\1", 4);
    int e = dns_message_parse(&parsed, m.bytes, m.n);
    size_t taken = dns_read_name(&parsed, at, text);
    assert_int_equal(e, taken ? 0 : -1);
    read_all(m.bytes, m.n);
    return taken;
}

static void test_pointers(void **state)
{
    (void)state;
    char text[DNS_NAME_TEXT_BYTES];
    /* the owner stands at offset 12 + 11 + 4 = 27 = 0x1b */
    assert_int_equal(read_owner("\xc0\x0c", 2, text), 2);
    assert_string_equal(text, "good.test");
    assert_int_equal(read_owner("\xc0\x11", 2, text), 2);
    assert_string_equal(text, "test");
    assert_int_equal(read_owner("\3www\xc0\x0c", 6, text), 6);
    assert_string_equal(text, "www.good.test");
    assert_int_equal(read_owner("\xc0\x1b", 2, text), 0);    /* itself */
    assert_int_equal(read_owner("\1a\xc0\x1b", 4, text), 0); /* its own beginning */
    assert_int_equal(read_owner("\xc0\x1d", 2, text), 0);    /* forward */
    assert_int_equal(read_owner("\xff\xff", 2, text), 0);    /* beyond the message */
    assert_int_equal(read_owner("\xc0\x00", 2, text), 0);    /* into the header */
    assert_int_equal(read_owner("\x40xx", 3, text), 0);      /* label types of no use any more */
    assert_int_equal(read_owner("\x80xx", 3, text), 0);
}

static void test_pointer_to_pointer(void **state)
{
    (void)state;
    static struct message m;
    struct dns_message parsed;
    char text[DNS_NAME_TEXT_BYTES];
    /* a ladder of pointers, each to the one before, longer than any name can need */
    begin(&m, RESPONSE, "x", A);
    count(&m, DNS_SECTION_ANSWER, 1);
    put_name(&m, "");
    size_t data_n = 400;
    put_fixed(&m, TXT, 60, data_n);
    size_t first = m.n, previous = QUESTION_AT;
    for (size_t i = 0; i < data_n; i += 2) {
        size_t here = m.n;
        put_u16(&m, 0xc000u | (unsigned)previous);
        previous = here;
    }
    assert_int_equal(dns_message_parse(&parsed, m.bytes, m.n), 0);
    assert_int_equal(dns_read_name(&parsed, first + 2 * 126, text), 2);
    assert_string_equal(text, "x");
    assert_int_equal(dns_read_name(&parsed, first + 2 * 127, text), 0);
}

static void test_name_text(void **state)
{
    (void)state;
    char text[DNS_NAME_TEXT_BYTES];
    assert_int_equal(read_owner("\0", 1, text), 1);
    assert_string_equal(text, ".");
    assert_int_equal(read_owner("\7a.b\\c\0\xff\2_X\0", 12, text), 12);
    assert_string_equal(text, "a\\046b\\092c\\000\\255._x");
}

static void test_name_length(void **state)
{
    (void)state;
    uint8_t name[300];
    char text[DNS_NAME_TEXT_BYTES];
    size_t n = 0;
    for (int i = 0; i < 3; i++) {
        name[n] = 63;
        memset(name + n + 1, 0xff, 63);
        n += 64;
    }
    name[n] = 61;
    memset(name + n + 1, 0xff, 62);
    name[n + 62] = 0;
    assert_int_equal(read_owner(name, n + 63, text), DNS_NAME_OCTETS_MAX);
    assert_int_equal(strlen(text), 4 * 250 + 3);
    name[n] = 62;
    name[n + 63] = 0;
    assert_int_equal(read_owner(name, n + 64, text), 0);
}

static void test_every_cut(void **state)
{
    (void)state;
    static struct message m;
    make_mx_answer(&m);
    for (size_t n = 0; n < m.n; n++)
        assert_int_equal(read_all(m.bytes, n), -1);
    assert_int_equal(read_all(m.bytes, m.n), 0);
}

static void test_truncated_flag(void **state)
{
    (void)state;
    static struct message m;
    struct dns_message parsed;
    struct dns_answer a;
    make_mx_answer(&m);
    m.bytes[2] = TRUNCATED >> 8;
    assert_int_equal(dns_message_parse(&parsed, m.bytes, m.n - 1), 0);
    assert_true(parsed.is_truncated);
    assert_int_equal(dns_answer_follow(&parsed, &a), 0);
    assert_int_equal(a.record_count, 2);
    assert_int_equal(dns_message_parse(&parsed, m.bytes, QUESTION_AT + 3), -1);
}

static void test_every_octet_changed(void **state)
{
    (void)state;
    static struct message m;
    static const uint8_t values[] = {0x00, 0x01, 0x3f, 0x40, 0x7f, 0x80, 0xc0, 0xff};
    make_mx_answer(&m);
    put_record(&m, "good.test", TXT, 60, "\5hello\0\1!", 9);
    count(&m, DNS_SECTION_ADDITIONAL, 2);
    assert_int_equal(read_all(m.bytes, m.n), 0);
    for (size_t i = 0; i < m.n; i++) {
        uint8_t kept = m.bytes[i];
        for (size_t v = 0; v < sizeof values; v++) {
            m.bytes[i] = values[v];
            read_all(m.bytes, m.n);
        }
        m.bytes[i] = kept;
    }
}

static void test_lying_counts(void **state)
{
    (void)state;
    static struct message m;
    make_mx_answer(&m);
    count(&m, DNS_SECTION_ANSWER, 3);
    assert_int_equal(read_all(m.bytes, m.n), -1);
    count(&m, DNS_SECTION_ANSWER, 65535);
    assert_int_equal(read_all(m.bytes, m.n), -1);
    make_mx_answer(&m);
    m.bytes[5] = 2; /* two questions */
    assert_int_equal(read_all(m.bytes, m.n), -1);
    m.bytes[5] = 0; /* none, as some answers to refused questions */
    m.bytes[7] = m.bytes[11] = 0;
    assert_int_equal(read_all(m.bytes, QUESTION_AT), 0);
}

static void test_record_data(void **state)
{
    (void)state;
    static struct message m;
    struct dns_message parsed;
    struct dns_cursor c = {0};
    struct dns_rr rr;
    struct ip ip;
    uint16_t preference;
    char text[DNS_NAME_TEXT_BYTES], joined[64];
    size_t n = 0;
    begin(&m, RESPONSE, "x", TXT);
    count(&m, DNS_SECTION_ANSWER, 9);
    put_record(&m, "x", TXT, 0x80000000u, "\6v=spf1\0\5 -all", 14);
    put_record(&m, "x", TXT, 60, "\6short", 6);
    put_record(&m, "x", TXT, 60, "", 0);
    put_record(&m, "x", A, 60, "\1\2\3", 3);
    put_record(&m, "x", AAAA, 60, "\1\2\3\4", 4);
    put_record(&m, "x", MX, 60, "\0\1", 2);
    put_record(&m, "x", MX, 60, "\0\1\1a\0more", 9);
    put_record(&m, "x", MX, 60, "\0\0\0", 3); /* RFC 7505 */
    put_record(&m, "x", PTR, 60, "\1a\0\0", 4);
    assert_int_equal(dns_message_parse(&parsed, m.bytes, m.n), 0);
    assert_true(dns_message_next(&parsed, &c, &rr));
    assert_int_equal(rr.ttl_s, 0);
    assert_true(dns_read_txt(&parsed, &rr, joined, &n));
    assert_int_equal(n, 11);
    assert_memory_equal(joined, "v=spf1 -all", 11);
    assert_false(dns_read_mx(&parsed, &rr, &preference, text));
    for (int i = 0; i < 2; i++) {
        assert_true(dns_message_next(&parsed, &c, &rr));
        assert_false(dns_read_txt(&parsed, &rr, joined, &n));
    }
    for (int i = 0; i < 2; i++) {
        assert_true(dns_message_next(&parsed, &c, &rr));
        assert_false(dns_read_address(&parsed, &rr, &ip));
    }
    for (int i = 0; i < 2; i++) {
        assert_true(dns_message_next(&parsed, &c, &rr));
        assert_false(dns_read_mx(&parsed, &rr, &preference, text));
    }
    assert_true(dns_message_next(&parsed, &c, &rr));
    assert_true(dns_read_mx(&parsed, &rr, &preference, text));
    assert_string_equal(text, ".");
    assert_true(dns_message_next(&parsed, &c, &rr));
    assert_false(dns_read_target(&parsed, &rr, text));
}

static void test_name_relations(void **state)
{
    (void)state;
    assert_true(dns_name_is_within("mx.good.test", "good.test"));
    assert_true(dns_name_is_within("good.test", "good.test"));
    assert_true(dns_name_is_within("good.test", "."));
    assert_false(dns_name_is_within("notgood.test", "good.test"));
    assert_false(dns_name_is_within("test", "good.test"));
    assert_string_equal(dns_name_parent("mx.good.test"), "good.test");
    assert_string_equal(dns_name_parent("test"), ".");
    assert_null(dns_name_parent("."));
}

/* RFC 2782: priority, weight, port, target; `.` is no service. */
static void test_srv(void **state)
{
    (void)state;
    static struct message m;
    struct dns_message parsed;
    struct dns_answer a;
    struct dns_cursor c = {0};
    struct dns_rr rr;
    uint16_t priority, port;
    char text[DNS_NAME_TEXT_BYTES];
    begin(&m, RESPONSE, "_submissions._tcp.good.test", SRV);
    count(&m, DNS_SECTION_ANSWER, 4);
    put_record(&m, "_submissions._tcp.good.test", SRV, 300, "\0\x0a\0\1\1\xd1\4Mail\4good\4test", 22);
    put_record(&m, "_submissions._tcp.good.test", SRV, 300, "\0\0\0\0\0\0", 7);
    put_record(&m, "_submissions._tcp.good.test", SRV, 300, "\0\0\0\0\0\0", 6);
    put_record(&m, "_submissions._tcp.good.test", SRV, 300, "\0\0\0\0\0\0\0\0", 8);
    assert_int_equal(dns_message_parse(&parsed, m.bytes, m.n), 0);
    assert_int_equal(dns_answer_follow(&parsed, &a), 0);
    assert_true(dns_answer_next(&parsed, &a, &c, &rr));
    assert_true(dns_read_srv(&parsed, &rr, &priority, &port, text));
    assert_int_equal(priority, 10);
    assert_int_equal(port, 465);
    assert_string_equal(text, "mail.good.test");
    assert_true(dns_answer_next(&parsed, &a, &c, &rr));
    assert_true(dns_read_srv(&parsed, &rr, &priority, &port, text));
    assert_string_equal(text, ".");
    while (dns_answer_next(&parsed, &a, &c, &rr))
        assert_false(dns_read_srv(&parsed, &rr, &priority, &port, text));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_compressed_answer),  cmocka_unit_test(test_srv),
        cmocka_unit_test(test_sections),           cmocka_unit_test(test_alias_chain),
        cmocka_unit_test(test_alias_limits),       cmocka_unit_test(test_pointers),
        cmocka_unit_test(test_pointer_to_pointer), cmocka_unit_test(test_name_text),
        cmocka_unit_test(test_name_length),        cmocka_unit_test(test_every_cut),
        cmocka_unit_test(test_truncated_flag),     cmocka_unit_test(test_every_octet_changed),
        cmocka_unit_test(test_lying_counts),       cmocka_unit_test(test_record_data),
        cmocka_unit_test(test_name_relations),     cmocka_unit_test(test_how_long_it_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

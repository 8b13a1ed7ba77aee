/* SPDX-License-Identifier: Apache-2.0 */
/* test_ip - written forms, networks, and which addresses the Internet can route to. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/ip.h"

static struct ip ip_of(const char *text)
{
    struct ip ip;
    if (!ip_parse(str_of(text), &ip))
        fail_msg("'%s' is no address", text);
    return ip;
}

static void written_as_rfc_5952_says(void **state)
{
    (void)state;
    static const char *const same[] = {"192.0.2.1", "::", "::1", "2001:db8::1", "fe80::1:0:0:1"};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        char text[IP_TEXT_BYTES];
        ip_write(ip_of(same[i]), text);
        assert_string_equal(text, same[i]);
    }
}

/* Every pattern of zeros, with the groups that decide about a dotted end. */
static void written_as_the_system_writes(void **state)
{
    (void)state;
    static const unsigned values[] = {0, 1, 0x20, 0x300, 0x4000, 0xffff};
    enum { VALUES = sizeof values / sizeof *values, PATTERNS = 256 };
    for (size_t pattern = 0; pattern < PATTERNS * VALUES; pattern++) {
        struct ip ip = {.family = IP_V6};
        char text[IP_TEXT_BYTES], theirs[IP_TEXT_BYTES];
        for (size_t i = 0; i < 8; i++) {
            unsigned value = pattern % PATTERNS >> i & 1 ? values[(pattern / PATTERNS + (i == 5 ? 0 : i)) % VALUES] : 0;
            ip.bytes[2 * i] = (uint8_t)(value >> 8);
            ip.bytes[2 * i + 1] = (uint8_t)value;
        }
        ip_write(ip, text);
        assert_string_equal(text, inet_ntop(AF_INET6, ip.bytes, theirs, sizeof theirs));
        ip.family = IP_V4;
        ip.bytes[0] = (uint8_t)pattern;
        ip.bytes[3] = (uint8_t)(pattern / 7);
        ip_write(ip, text);
        assert_string_equal(text, inet_ntop(AF_INET, ip.bytes, theirs, sizeof theirs));
    }
    char text[IP_TEXT_BYTES] = "as before";
    ip_write((struct ip){.family = IP_NONE}, text);
    assert_string_equal(text, "");
}

static void what_is_no_address_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "1.2.3", "1.2.3.4.5", "256.1.1.1", "[::1]", "::1%lo", "mx.example", "1.2.3.4 ", "::g"};
    struct ip ip;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (ip_parse(str_of(bad[i]), &ip))
            fail_msg("'%s' was taken for an address", bad[i]);
    assert_false(ip_parse((struct str){"1.2.3.4\0x", 9}, &ip));
}

static void networks_hold_their_addresses(void **state)
{
    (void)state;
    struct ip_network net;
    assert_true(ip_network_parse(STR("192.0.2.0/25"), &net));
    assert_true(ip_network_has(net, ip_of("192.0.2.127")));
    assert_false(ip_network_has(net, ip_of("192.0.2.128")));
    assert_false(ip_network_has(net, ip_of("2001:db8::1")));
    assert_true(ip_network_parse(STR("0.0.0.0/0"), &net));
    assert_true(ip_network_has(net, ip_of("203.0.113.9")));
    assert_true(ip_network_parse(STR("2001:db8::1"), &net));
    assert_int_equal(net.prefix_bits, 128);
    assert_false(ip_network_parse(STR("192.0.2.0/33"), &net));
    assert_false(ip_network_parse(STR("192.0.2.0/"), &net));
    assert_false(ip_network_parse(STR("/8"), &net));
}

static void only_global_addresses_have_no_special_purpose(void **state)
{
    (void)state;
    static const char *const global[] = {"8.8.8.8",         "192.0.0.9",        "192.0.1.1",  "172.32.0.1",
                                         "100.128.0.1",     "198.17.255.255",   "2600::1",    "2001:4860:4860::8888",
                                         "2002:808:808::1", "64:ff9b::808:808", "2001:20::1", "2a00:1450::1"};
    static const char *const special[] = {"0.1.2.3",   "10.0.0.5",        "100.64.0.1",  "127.0.0.1",     "::127.0.0.1",    "169.254.1.1",    "172.31.255.255",
                                          "192.0.0.1", "192.0.2.1",       "192.88.99.1", "192.168.1.1",   "198.18.0.1",     "198.51.100.1",   "203.0.113.1",
                                          "224.0.0.1", "255.255.255.255", "::",          "::1",           "::ffff:8.8.8.8", "64:ff9b::a00:5", "64:ff9b:1::1",
                                          "100::1",    "2001:2::1",       "2001:db8::1", "2002:a00:5::1", "3fff::1",        "5f00::1",        "fd00::1",
                                          "fe80::1",   "fec0::1",         "ff02::1"};
    for (size_t i = 0; i < sizeof global / sizeof *global; i++)
        if (ip_special_purpose(ip_of(global[i])))
            fail_msg("%s is global, not '%s'", global[i], ip_special_purpose(ip_of(global[i])));
    for (size_t i = 0; i < sizeof special / sizeof *special; i++)
        if (!ip_special_purpose(ip_of(special[i])))
            fail_msg("%s is not global", special[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(written_as_rfc_5952_says),
        cmocka_unit_test(written_as_the_system_writes),
        cmocka_unit_test(what_is_no_address_is_refused),
        cmocka_unit_test(networks_hold_their_addresses),
        cmocka_unit_test(only_global_addresses_have_no_special_purpose),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* test_names - what people type, and what they are told when it is no name. */
#include "net/names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct arena arena;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, 1 << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static void is_domain(const char *input, const char *ascii, const char *unicode)
{
    struct domain_name name;
    const char *problem;
    if (name_parse_domain(str_of(input), &arena, &name, &problem))
        fail_msg("\"%s\": %s", input, problem);
    assert_string_equal(name.ascii, ascii);
    assert_string_equal(name.unicode, unicode);
}

static void is_no_domain(const char *input, const char *words)
{
    struct domain_name name;
    const char *problem = NULL;
    if (!name_parse_domain(str_of(input), &arena, &name, &problem))
        fail_msg("\"%s\" was taken for %s", input, name.ascii);
    assert_non_null(problem);
    if (!strstr(problem, words))
        fail_msg("\"%s\": \"%s\" does not say \"%s\"", input, problem, words);
}

static void test_domains(void **state)
{
    (void)state;
    is_domain("good.test", "good.test", "good.test");
    is_domain("  Good.TEST.\t ", "good.test", "good.test");
    is_domain("user@good.test", "good.test", "good.test");
    is_domain("\"odd@local\"@good.test", "good.test", "good.test");
    is_domain("mailto:user@good.test", "good.test", "good.test");
    is_domain("https://user:secret@Good.test:8443/path?query=a@b#part", "good.test", "good.test");
    is_domain("http://good.test?x", "good.test", "good.test");
    is_domain("test", "test", "test");
    is_domain("1.2.3.test", "1.2.3.test", "1.2.3.test");
    is_domain("a--b.test", "a--b.test", "a--b.test");
}

static void test_idn(void **state)
{
    (void)state;
    is_domain("b\xc3\xbc" "cher.test", "xn--bcher-kva.test", "b\xc3\xbc" "cher.test");
    is_domain("B\xc3\x9c" "CHER.TEST", "xn--bcher-kva.test", "b\xc3\xbc" "cher.test");
    is_domain("bu\xcc\x88" "cher.test", "xn--bcher-kva.test", "b\xc3\xbc" "cher.test"); /* not NFC */
    is_domain("XN--BCHER-KVA.test", "xn--bcher-kva.test", "b\xc3\xbc" "cher.test");
    is_domain("stra\xc3\x9f" "e.test", "xn--strae-oqa.test", "stra\xc3\x9f" "e.test"); /* RFC 5894 1.2: no "ss" */
    is_domain("\xe4\xbe\x8b\xe3\x80\x82\xe4\xbe\x8b", "xn--fsq.xn--fsq", "\xe4\xbe\x8b.\xe4\xbe\x8b"); /* ideographic full stop */
    is_domain("xn--99999999.test", "xn--99999999.test", "xn--99999999.test"); /* decodes to nothing allowed */
    is_domain("xn--i-7iq.ws", "xn--i-7iq.ws", "xn--i-7iq.ws"); /* a heart, which IDNA2008 leaves out */
    is_no_domain("i\xe2\x9d\xa4.ws", "xn--");
    is_no_domain("a.\xff\xfe.test", "label 2");
    is_no_domain("a.\xcc\x88" "b.test", "label 2"); /* begins with a combining mark */
    is_no_domain("x.\xe2\x80\xae" "evil.test", "label 2"); /* right-to-left override */
}

static void test_idn_length(void **state)
{
    (void)state;
    char input[200] = "a.";
    for (int i = 0; i < 60; i++)
        strcat(input, "\xc3\xbc");
    strcat(input, ".test");
    is_no_domain(input, "label 2 is longer than 63 octets");
}

static void test_bad_domains(void **state)
{
    (void)state;
    is_no_domain("", "no name");
    is_no_domain("   ", "no name");
    is_no_domain("user@", "no name");
    is_no_domain("https:///path", "no name");
    is_no_domain(".", "label 1 is empty");
    is_no_domain("good..test", "label 2 is empty");
    is_no_domain(".good.test", "label 1 is empty");
    is_no_domain("good.test..", "label 3 is empty");
    is_no_domain("go od.test", "label 1 holds the character U+0020");
    is_no_domain("a.go\x1b[31m.test", "label 2 holds the character U+001B");
    is_no_domain("a.b*c.test", "label 2 holds \"*\"");
    is_no_domain("_dmarc.good.test", "label 1 holds \"_\"");
    is_no_domain("-a.test", "label 1 begins with a hyphen");
    is_no_domain("a.b-.test", "label 2 ends with a hyphen");
    is_no_domain("good.test:25", "label 2 holds \":\"");
}

static void test_addresses_are_no_domains(void **state)
{
    (void)state;
    is_no_domain("192.0.2.1", "mxassay probe");
    is_no_domain("user@[192.0.2.1]", "mxassay probe");
    is_no_domain("user@[IPv6:2001:db8::1]", "mxassay probe");
    is_no_domain("2001:db8::1", "mxassay probe");
    is_no_domain("https://[2001:db8::1]:443/", "mxassay probe");
    is_no_domain("192.0.2", "mxassay probe");
    is_no_domain("192.0.2.1.", "mxassay probe");
}

static void test_domain_lengths(void **state)
{
    (void)state;
    char label[65], name[300] = "";
    memset(label, 'a', 63);
    label[63] = '\0';
    is_domain(label, label, label);
    strcpy(label + 63, "a");
    is_no_domain(label, "label 1 has 64 octets, 63 are allowed");
    label[63] = '\0';
    for (int i = 0; i < 3; i++) {
        strcat(name, label);
        strcat(name, ".");
    }
    strcat(name, label + 2);
    assert_int_equal(strlen(name), 253);
    is_domain(name, name, name);
    strcat(name, "b");
    is_no_domain(name, "longer than 253 octets");
}

static void test_nul_and_huge_input(void **state)
{
    (void)state;
    struct domain_name name;
    const char *problem;
    static char huge[100000];
    assert_int_equal(name_parse_domain((struct str){"go\0od.test", 10}, &arena, &name, &problem), -1);
    assert_non_null(strstr(problem, "U+0000"));
    memset(huge, 'a', sizeof huge);
    assert_int_equal(name_parse_domain((struct str){huge, sizeof huge}, &arena, &name, &problem), -1);
    memset(huge, '.', sizeof huge);
    assert_int_equal(name_parse_domain((struct str){huge, 1000}, &arena, &name, &problem), -1);
}

static void test_no_memory(void **state)
{
    (void)state;
    static const char *const inputs[] = {"b\303\274cher.test", "good.test", "a..b", "xn--bcher-kva.test"};
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++)
        for (size_t cap = 0; cap < 64; cap++) {
            struct arena small;
            struct domain_name name;
            const char *problem = NULL;
            arena_init(&small, cap);
            if (name_parse_domain(str_of(inputs[i]), &small, &name, &problem) == 0) {
                assert_non_null(name.ascii);
                assert_non_null(name.unicode);
            } else {
                assert_non_null(problem);
            }
            arena_done(&small);
        }
}

static void is_server(const char *input, const char *text, enum ip_family family, unsigned port)
{
    struct server_name server;
    const char *problem;
    if (name_parse_server(str_of(input), &arena, &server, &problem))
        fail_msg("\"%s\": %s", input, problem);
    assert_string_equal(server.name.ascii, text);
    assert_int_equal(server.ip.family, family);
    assert_int_equal(server.port, port);
}

static void is_no_server(const char *input, const char *words)
{
    struct server_name server;
    const char *problem = NULL;
    assert_int_equal(name_parse_server(str_of(input), &arena, &server, &problem), -1);
    if (!strstr(problem, words))
        fail_msg("\"%s\": \"%s\" does not say \"%s\"", input, problem, words);
}

static void test_servers(void **state)
{
    (void)state;
    is_server("mx.good.test", "mx.good.test", IP_NONE, 0);
    is_server("MX.good.test.:587", "mx.good.test", IP_NONE, 587);
    is_server("mail_1.good.test:25", "mail_1.good.test", IP_NONE, 25);
    is_server("localhost:2525", "localhost", IP_NONE, 2525);
    is_server("192.0.2.1", "192.0.2.1", IP_V4, 0);
    is_server("192.0.2.1:465", "192.0.2.1", IP_V4, 465);
    is_server("[2001:DB8::1]:25", "2001:db8::1", IP_V6, 25);
    is_server("[2001:db8::1]", "2001:db8::1", IP_V6, 0);
    is_server("2001:db8::1", "2001:db8::1", IP_V6, 0);
    is_no_server("mx.good.test:0", "1 to 65535");
    is_no_server("mx.good.test:65536", "1 to 65535");
    is_no_server("mx.good.test:", "1 to 65535");
    is_no_server("mx.good.test:smtp", "1 to 65535");
    is_no_server(":25", "no name");
    is_no_server("", "no name");
    is_no_server("[2001:db8::1", "bracket");
    is_no_server("[mx.good.test]:25", "no IP address");
    is_no_server("[2001:db8::1]25", "bracket");
    is_no_server("user@mx.good.test", "\"@\"");
}

static void test_organisational_domain(void **state)
{
    (void)state;
    assert_string_equal(name_organisational_domain("mail.example.co.uk", &arena), "example.co.uk");
    assert_string_equal(name_organisational_domain("example.com", &arena), "example.com");
    assert_string_equal(name_organisational_domain("a.b.good.test", &arena), "good.test"); /* unlisted: the rule "*" */
    assert_string_equal(name_organisational_domain("a.xn--bcher-kva.de", &arena), "xn--bcher-kva.de");
    assert_null(name_organisational_domain("com", &arena));
    assert_null(name_organisational_domain("co.uk", &arena));
    assert_null(name_organisational_domain("test", &arena));
}

static void test_unicode_of_names_from_the_network(void **state)
{
    (void)state;
    assert_string_equal(name_to_unicode("mx.xn--bcher-kva.test", &arena), "mx.b\xc3\xbc" "cher.test");
    assert_string_equal(name_to_unicode("xn--\\255.test", &arena), "xn--\\255.test");
    assert_string_equal(name_to_unicode("xn--.test", &arena), "xn--.test");
    assert_string_equal(name_to_unicode(".", &arena), ".");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_domains, setup, teardown),
        cmocka_unit_test_setup_teardown(test_idn, setup, teardown),
        cmocka_unit_test_setup_teardown(test_idn_length, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_domains, setup, teardown),
        cmocka_unit_test_setup_teardown(test_addresses_are_no_domains, setup, teardown),
        cmocka_unit_test_setup_teardown(test_domain_lengths, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nul_and_huge_input, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(test_servers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_organisational_domain, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unicode_of_names_from_the_network, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* test_opt_out - who is on the list of those who are left alone, and what is wrong with a list. */
#include "net/opt_out.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char error[200];

static struct ip ip(const char *text)
{
    struct ip ip;
    assert_true(ip_parse(str_of(text), &ip));
    return ip;
}

static void names_hold_what_lies_below_them(void **state)
{
    struct opt_out *o = opt_out_parse(STR("Example.ORG\n\nexample.net # all of it\r\nbücher.example\n"), error, sizeof error);
    (void)state;
    assert_non_null(o);
    assert_true(opt_out_has_name(o, "example.org"));
    assert_true(opt_out_has_name(o, "MX.Example.net"));
    assert_true(opt_out_has_name(o, "mx.xn--bcher-kva.example"));
    assert_false(opt_out_has_name(o, "anexample.org"));
    assert_false(opt_out_has_name(o, "org"));
    assert_false(opt_out_has_name(o, "."));
    assert_false(opt_out_has_name(NULL, "example.org"));
    opt_out_free(o);
}

static void networks_hold_their_addresses(void **state)
{
    struct opt_out *o = opt_out_parse(STR("198.51.100.0/24\n2001:db8::1\n"), error, sizeof error);
    (void)state;
    assert_non_null(o);
    assert_true(opt_out_has_ip(o, ip("198.51.100.7")));
    assert_true(opt_out_has_ip(o, ip("2001:db8::1")));
    assert_false(opt_out_has_ip(o, ip("2001:db8::2")));
    assert_false(opt_out_has_ip(o, ip("198.51.101.7")));
    assert_false(opt_out_has_ip(o, (struct ip){0}));
    assert_false(opt_out_has_ip(NULL, ip("198.51.100.7")));
    opt_out_free(o);
}

/* Other ways to the same machine. */
static void an_address_inside_another_counts(void **state)
{
    struct opt_out *o = opt_out_parse(STR("198.51.100.7\n"), error, sizeof error);
    (void)state;
    assert_true(opt_out_has_ip(o, ip("64:ff9b::198.51.100.7")));
    assert_true(opt_out_has_ip(o, ip("2002:c633:6407::1")));
    assert_true(opt_out_has_ip(o, ip("2001:0:102:304::39cc:9bf8"))); /* Teredo: inverted */
    assert_false(opt_out_has_ip(o, ip("64:ff9b::198.51.100.8")));
    opt_out_free(o);
}

static void a_list_keeps_its_text(void **state)
{
    struct opt_out *o = opt_out_parse(STR("example.org # a comment\n"), error, sizeof error);
    (void)state;
    assert_true(str_is(opt_out_text(o), "example.org # a comment\n"));
    opt_out_free(o);
}

static void what_is_wrong_with_a_list(void **state)
{
    char *large = malloc(OPT_OUT_BYTES + 1);
    (void)state;
    assert_non_null(large);
    memset(large, '\n', OPT_OUT_BYTES + 1);
    assert_null(opt_out_parse(STR("example.org\nno domain\n"), error, sizeof error));
    assert_memory_equal(error, "line 2: ", 8);
    assert_null(opt_out_parse((struct str){large, OPT_OUT_BYTES + 1}, error, sizeof error));
    assert_string_equal(error, "the list is larger than 4 MiB");
    struct opt_out *o = opt_out_parse((struct str){large, OPT_OUT_BYTES}, error, sizeof error);
    assert_non_null(o);
    opt_out_free(o);
    free(large);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_hold_what_lies_below_them), cmocka_unit_test(networks_hold_their_addresses), cmocka_unit_test(an_address_inside_another_counts),
        cmocka_unit_test(a_list_keeps_its_text),           cmocka_unit_test(what_is_wrong_with_a_list),
    };
    return cmocka_run_group_tests_name("net opt_out", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* test_parse - the scenario language as it is written, and what it says about mistakes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "scn_world.h"

#define HEAD "# a test\nfrom plain\n"
#define TAIL "expect fail -\nexpect exit 0\n"

static struct arena arena;
static struct scenario scenario;
static char error[SCN_ERROR_BYTES];

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, 1 << 20);
    return 0;
}
static int tear_down(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static int parse(const char *text)
{
    return scn_parse(&arena, "x/one.scn", str_of(text), &scenario, error);
}

static void refused(const char *text, const char *why)
{
    assert_int_equal(parse(text), -1);
    assert_string_equal(error, why);
}

static void a_mistake_is_named_with_its_line(void **state)
{
    (void)state;
    refused(HEAD "sevrer mx1\n" TAIL, "x/one.scn:3: unknown verb \"sevrer\"");
    refused(HEAD "say hello\n" TAIL, "x/one.scn:3: say stands behind server");
    refused(HEAD "server mx1\nsay hello\n" TAIL, "x/one.scn:4: this stands behind connection or hear");
    refused(HEAD "server mx1\nhear ehlo\n" TAIL, "x/one.scn:4: \"ehlo\": commands are written in capitals");
    refused(HEAD "server mx1 port 70000\n" TAIL, "x/one.scn:3: \"70000\" is no number up to 65535");
    refused(HEAD "server mx1\nhear RCPT\nwait 3 minutes\n" TAIL, "x/one.scn:5: a time ends in ms or s, not \"minutes\"");
    refused(HEAD "dns @ mx 10 mx1\n" TAIL, "x/one.scn:3: \"mx\" is no record type; types are written in capitals");
    refused(HEAD "cert mx1 dates 5\n" TAIL, "x/one.scn:3: dates FROM TO, in days from now");
    refused(HEAD "options --ehlo \"a\n" TAIL, "x/one.scn:3: a quote is not closed");
    refused(HEAD "expect fail tls.handshake [mx1\n" TAIL, "x/one.scn:3: \"]\" is missing");
    refused(HEAD "expect senders lost plain\n" TAIL, "x/one.scn:3: expect senders unknown, bounce, defer, plaintext, delayed-plaintext, encrypted or "
                                                     "encrypted_authenticated PROFILE...");
    refused(HEAD "expect unknown tls.handshake\n" TAIL, "x/one.scn:3: a reason in parentheses is missing");
    refused(HEAD "policy mode: none\n" TAIL, "x/one.scn:3: policy stands behind server");
    refused(HEAD "server mta-sts\nhttp status ok\n" TAIL, "x/one.scn:4: \"ok\" is no number up to 999");
    refused(HEAD "server mta-sts\nhttp teapot 1\n" TAIL, "x/one.scn:4: http status, type, location, lf or padding, not \"teapot\"");
    refused("# a test\n" TAIL, "x/one.scn:3: from base, or from plain?");
    refused(HEAD "expect fail -\n", "x/one.scn:3: expect fail and expect exit say what must be found");
}

static void a_file_gives_the_domain_its_name(void **state)
{
    (void)state;
    assert_int_equal(parse(HEAD TAIL), 0);
    assert_string_equal(scenario.domain, "one.test");
    assert_string_equal(scenario.about, "a test");
    assert_int_equal(parse(HEAD "domain other.test\n" TAIL), 0);
    assert_string_equal(scenario.domain, "other.test");
}

static void brackets_are_about_the_ids_before_them(void **state)
{
    (void)state;
    assert_int_equal(parse(HEAD "expect fail +P mx.one mx.two [mx1 v6 mx2] mx.three\n" TAIL), 0);
    const struct scn_expectation *e = scenario.fail.list;
    assert_true(scenario.fail.with_base);
    for (size_t i = 0; i < 2; i++, e = e->next) {
        assert_int_equal(e->object_count, 2);
        assert_string_equal(e->objects[0].server, "mx1");
        assert_int_equal(e->objects[0].family, IP_V6);
        assert_string_equal(e->objects[1].server, "mx2");
        assert_int_equal(e->objects[1].family, IP_NONE);
    }
    assert_string_equal(e->id, "mx.three");
    assert_int_equal(e->object_count, 0);
    assert_null(e->next);
}

static void senders_have_outcomes(void **state)
{
    (void)state;
    assert_int_equal(parse(HEAD "expect senders encrypted plain verify [mx2]\nexpect senders delayed-plaintext postfix-may\n" TAIL), 0);
    const struct scn_expectation *e = scenario.senders.list;
    assert_string_equal(e->id, "plain");
    assert_string_equal(e->reason, "encrypted");
    assert_int_equal(e->object_count, 1);
    assert_string_equal(e->next->id, "verify");
    assert_string_equal(e->next->next->id, "postfix-may");
    assert_string_equal(e->next->next->reason, "delayed-plaintext");
    assert_int_equal(e->next->next->object_count, 0);
}

static void a_quoted_word_holds_any_octet(void **state)
{
    (void)state;
    assert_int_equal(parse(HEAD "server mx1\nconnection\nsend \"a\\0\\x1b\\\" b\\r\\n\"\n" TAIL), 0);
    const struct scn_action *a = scenario.blocks->reactions->actions;
    assert_int_equal(a->text.n, 8);
    assert_memory_equal(a->text.p, "a\0\x1b\" b\r\n", 8);
}

static void octets_may_be_many_and_stand_outside_tls(void **state)
{
    (void)state;
    assert_int_equal(parse(HEAD "server mx1\nconnection\nsend \"ab\" times 3\nsend \"c\" under tls\n" TAIL), 0);
    const struct scn_action *a = scenario.blocks->reactions->actions;
    assert_int_equal(a->kind, SCN_SEND);
    assert_int_equal(a->times, 3);
    assert_int_equal(a->next->kind, SCN_SEND_RAW);
    assert_int_equal(a->next->times, 1);
    assert_int_equal(parse(HEAD "server mx1\nconnection\nsend \"ab\" times 8000000\n" TAIL), -1);
}

static void a_certificate_may_have_no_subject_and_many_names(void **state)
{
    (void)state;
    assert_int_equal(parse(HEAD "cert mx1 dates -27900 2900000 cn - more 500 sends leaf issuer root leaf\n" TAIL), 0);
    assert_string_equal(scenario.certs->common_name, "");
    assert_int_equal(scenario.certs->more_names, 500);
    assert_int_equal(scenario.certs->not_after_days, 2900000);
    assert_int_equal(scenario.certs->sent[1], SCN_SENT_ISSUER);
    assert_int_equal(scenario.certs->sent[3], SCN_SENT_LEAF);
    assert_int_equal(scenario.certs->issuer, SCN_ISSUER_DEFAULT);
}

static void data_of_a_record_are_taken_as_they_are(void **state)
{
    (void)state;
    assert_int_equal(parse(HEAD "dns @ TXT \"\\027[2J\" \"b\"\n" TAIL), 0);
    assert_string_equal(scenario.records->data, "\"\\027[2J\" \"b\"");
    assert_int_equal(parse(HEAD "dns @ TXT\n" TAIL), -1);
    assert_int_equal(parse(HEAD "dns @ - more\n" TAIL), -1);
}

static void a_record_takes_the_place_of_the_healthy_one(void **state)
{
    (void)state;
    struct scn_world w;
    size_t found = 0;
    assert_int_equal(parse(HEAD "dns @ MX 5 mx2\ndns mx2 AAAA -\ndns {mx1.v4} PTR out\n" TAIL), 0);
    assert_int_equal(scn_world_init(&w, error), 0);
    assert_int_equal(scn_world_add(&w, &scenario), 0);
    const struct scn_host *mx1 = scn_world_host(&w, &scenario, "mx1");
    assert_non_null(mx1);
    assert_string_equal(mx1->name, "mx1.one.test");
    for (const struct scn_rr *rr = w.records; rr; rr = rr->next) {
        if (rr->scenario != &scenario)
            continue;
        found++;
        if (strcmp(rr->type, "MX") == 0)
            assert_string_equal(rr->data, "5 mx2.one.test.");
        assert_false(strcmp(rr->owner, "mx2.one.test.") == 0 && strcmp(rr->type, "AAAA") == 0);
        assert_false(strcmp(rr->type, "PTR") == 0 && strcmp(rr->data, "mx1.one.test.") == 0 && strstr(rr->owner, "in-addr"));
    }
    assert_int_equal(found, 15); /* SOA, two NS; MX; CAA; A, AAAA, A; PTR of four addresses; SPF, DMARC, DKIM */
    scn_world_done(&w);
}

static void servers_are_in_networks_of_their_own_unless_near(void **state)
{
    (void)state;
    struct scn_world w;
    assert_int_equal(parse(HEAD "server mx3 near mx1\n" TAIL), 0);
    assert_int_equal(scn_world_init(&w, error), 0);
    assert_int_equal(scn_world_add(&w, &scenario), 0);
    const struct scn_host *one = scn_world_host(&w, &scenario, "mx1"), *two = scn_world_host(&w, &scenario, "mx2"),
                          *three = scn_world_host(&w, &scenario, "mx3");
    assert_memory_not_equal(one->v4.bytes, two->v4.bytes, 3);
    assert_memory_not_equal(one->v6.bytes, two->v6.bytes, 6);
    assert_memory_equal(one->v4.bytes, three->v4.bytes, 3);
    assert_memory_equal(one->v6.bytes, three->v6.bytes, 6);
    scn_world_done(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_mistake_is_named_with_its_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_gives_the_domain_its_name, set_up, tear_down),
        cmocka_unit_test_setup_teardown(brackets_are_about_the_ids_before_them, set_up, tear_down),
        cmocka_unit_test_setup_teardown(senders_have_outcomes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_quoted_word_holds_any_octet, set_up, tear_down),
        cmocka_unit_test_setup_teardown(octets_may_be_many_and_stand_outside_tls, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_certificate_may_have_no_subject_and_many_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(data_of_a_record_are_taken_as_they_are, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_record_takes_the_place_of_the_healthy_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(servers_are_in_networks_of_their_own_unless_near, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

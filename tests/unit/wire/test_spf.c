/* SPDX-License-Identifier: Apache-2.0 */
/* test_spf - a record by itself, all that it pulls in, and the tree of an evaluation; results are tested by spf.cases. */
#include "wire/spf_walk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "spf_zone.h"

static struct arena arena;
static struct spf_zone zone;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, 8 << 20);
    zone.count = 0;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static void given(const char *line)
{
    assert_true(spf_zone_add(&zone, str_of(line), &arena));
}

static void assert_text(struct str text, const char *expected)
{
    if (!str_is(text, expected))
        fail_msg("`%.*s`, not `%s`", (int)text.n, text.p, expected);
}

/* ---- a record by itself ---- */

static struct spf_lint lint_of(const char *record)
{
    struct spf_lint lint;
    spf_lint(str_of(record), &lint);
    return lint;
}

static void test_a_flaw_has_a_place(void **state)
{
    (void)state;
    struct spf_lint lint = lint_of("v=spf1  mx ip4:192.0.2.999 -all");
    assert_string_equal(lint.flaw, "no IPv4 network");
    assert_text(lint.flaw_term, "ip4:192.0.2.999");
    assert_int_equal(lint.flaw_at, 11);
    lint = lint_of("v=spf1 redirect=a.example redirect=b.example");
    assert_string_equal(lint.flaw, "a second redirect");
    assert_text(lint.flaw_term, "redirect=b.example");
}

static void test_parts_that_do_nothing(void **state)
{
    (void)state;
    struct spf_lint lint = lint_of("v=spf1 mx ~all include:a.example ptr redirect=b.example x=y exists:%{p}.c.example");
    assert_null(lint.flaw);
    assert_text(lint.all, "~all");
    assert_int_equal(lint.all_qualifier, '~');
    assert_text(lint.after_all, "include:a.example");
    assert_text(lint.ptr, "ptr");
    assert_text(lint.redirect_beside_all, "redirect=b.example");
    assert_text(lint.other_modifier, "x=y");
    assert_text(lint.odd_macro, "%{p}");
    assert_int_equal(lint.octets, 81);
}

static void test_a_usual_record_is_clean(void **state)
{
    (void)state;
    struct spf_lint lint = lint_of("v=spf1 mx include:a.example exists:%{ir}.%{v}.%{l}.%{s}.%{o}.%{d}.%{h}%%%_%-.b.example exp=c.example redirect=d.example");
    assert_null(lint.flaw);
    assert_int_equal(lint.all.n + lint.after_all.n + lint.ptr.n + lint.redirect_beside_all.n + lint.other_modifier.n + lint.odd_macro.n, 0);
    assert_int_equal(lint.all_qualifier, 0);
}

/* ---- a walk ---- */

static struct spf_walk_facts walk(const char *domain)
{
    static struct spf_walk w;
    struct spf_walk_facts facts;
    struct spf_answer answer;
    spf_walk_begin(&w, str_of(domain), &facts, &arena);
    for (struct spf_question q; (q = spf_walk_want(&w)).name;) {
        spf_zone_ask(&zone, q, &answer, &arena);
        spf_walk_answer(&w, &answer);
    }
    return facts;
}

static void test_a_walk_goes_past_what_may_match(void **state)
{
    (void)state;
    given("example.org TXT v=spf1 ip4:0.0.0.0/1 a mx include:in.example -all");
    given("example.org A 192.0.2.1");
    given("example.org MX mx.example");
    given("in.example TXT v=spf1 exists:%{l}.users.example exists:%{o}.list.example ptr ?all");
    given("example.org.list.example A 127.0.0.2");
    struct spf_walk_facts f = walk("example.org");
    assert_int_equal(f.lookups, 6);
    assert_int_equal(f.voids, 0);
    assert_null(f.error);
    assert_false(f.incomplete);
    assert_int_equal(f.all_qualifier, '-');
    assert_int_equal(f.ip4_permitted, 1LL << 31);
    assert_int_equal(f.questions, 6);
    const struct spf_term_seen *t = f.record->terms->next->next->next;
    assert_text(t->text, "include:in.example");
    assert_true(t->record->terms->not_expanded);
    assert_string_equal(t->record->terms->next->questions->name, "example.org.list.example");
}

static void test_counts_go_beyond_the_limits(void **state)
{
    (void)state;
    given("example.org TXT v=spf1 include:a.example include:a.example include:a.example -all");
    given("a.example TXT v=spf1 a:n1.example mx:n2.example exists:n3.example -all");
    given("n1.example AAAA 2001:db8::1");
    struct spf_walk_facts f = walk("example.org");
    assert_int_equal(f.lookups, 12);
    assert_int_equal(f.voids, 6);
    assert_null(f.error);
}

static void test_a_redirect_beside_all_costs_nothing(void **state)
{
    (void)state;
    given("example.org TXT v=spf1 ~all redirect=a.example mx");
    struct spf_walk_facts f = walk("example.org");
    assert_int_equal(f.lookups, 0);
    assert_int_equal(f.questions, 1);
    assert_int_equal(f.all_qualifier, '~');
}

static void test_a_redirect_gives_the_end(void **state)
{
    (void)state;
    given("example.org TXT v=spf1 include:in.example redirect=a.example");
    given("in.example TXT v=spf1 ip4:192.0.2.1 -all");
    given("a.example TXT v=spf1 ?all");
    struct spf_walk_facts f = walk("example.org");
    assert_int_equal(f.lookups, 2);
    assert_int_equal(f.all_qualifier, '?');
}

static void test_who_permits_all(void **state)
{
    (void)state;
    given("own.example TXT v=spf1 mx +all");
    given("by-redirect.example TXT v=spf1 redirect=own.example");
    given("by-include.example TXT v=spf1 include:own.example -all");
    given("excluded.example TXT v=spf1 -include:own.example ?include:own.example -all");
    assert_text(walk("own.example").permits_all.term, "+all");
    assert_text(walk("by-redirect.example").permits_all.domain, "own.example");
    assert_text(walk("by-include.example").permits_all.domain, "own.example");
    assert_int_equal(walk("excluded.example").permits_all.domain.n, 0);
}

static void test_addresses_are_counted_once(void **state)
{
    (void)state;
    given("example.org TXT v=spf1 ip4:10.0.0.0/9 ip4:10.128.0.0/9 ip4:10.1.0.0/16 ip4:9.255.255.255 -ip4:0.0.0.0/0 ip4:8.0.0.0/8 ip4:10.0.0.0/8 "
          "include:a.example");
    given("a.example TXT v=spf1 ip4:10.0.0.7 ip4:192.0.2.0/24 ip6:::/0 -all");
    struct spf_walk_facts f = walk("example.org");
    assert_int_equal(f.ip4_permitted, (1 << 24) + (1 << 24) + 1 + 256);
    assert_true(f.ip6_permits_all);
}

static const struct {
    const char *domain, *error, *at, *term;
} errors[] = {
    {"two.example", "more than one SPF record", "two.example", ""},
    {"includes-nothing.example", "the target of an include or redirect has no SPF record", "nothing.example", ""},
    {"includes-two.example", "more than one SPF record", "two.example", ""},
    {"includes-bad.example", "no such mechanism", "bad.example", "foo"},
    {"loop.example", "a loop of includes or redirects", "LOOP.example", ""},
    {"one-label.example", "no domain name of two labels or more", "example", ""},
};

static void test_errors_have_a_place(void **state)
{
    (void)state;
    given("two.example TXT v=spf1 -all");
    given("two.example TXT v=spf1 +all");
    given("includes-nothing.example TXT v=spf1 include:nothing.example -all");
    given("includes-two.example TXT v=spf1 include:two.example -all");
    given("includes-bad.example TXT v=spf1 mx redirect=bad.example");
    given("bad.example TXT v=spf1 mx foo -all");
    given("loop.example TXT v=spf1 include:back.example -all");
    given("back.example TXT v=spf1 redirect=LOOP.example");
    given("one-label.example TXT v=spf1 include:%{d1} -all");
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        struct spf_walk_facts f = walk(errors[i].domain);
        if (!f.error || strcmp(f.error, errors[i].error) != 0)
            fail_msg("%s: %s", errors[i].domain, f.error ? f.error : "no error");
        assert_text(f.error_at.domain, errors[i].at);
        assert_text(f.error_at.term, errors[i].term);
    }
}

static void test_no_record_is_no_error(void **state)
{
    (void)state;
    given("example.org TXT other");
    struct spf_walk_facts f = walk("example.org");
    assert_null(f.error);
    assert_false(f.incomplete);
    assert_int_equal(f.record->count, 0);
    assert_int_equal(f.record->txt.status, DNS_FOUND);
}

static void test_no_answer_makes_it_incomplete(void **state)
{
    (void)state;
    given("example.org TXT v=spf1 a:slow.example include:slow.example mx -all");
    given("slow.example * !timeout");
    struct spf_walk_facts f = walk("example.org");
    assert_true(f.incomplete);
    assert_text(f.incomplete_at.term, "a:slow.example");
    assert_int_equal(f.lookups, 3);
    assert_int_equal(f.voids, 1);
    assert_null(f.error);
}

static void test_an_mx_with_eleven_names(void **state)
{
    (void)state;
    given("example.org TXT v=spf1 mx -all");
    for (int i = 0; i < 11; i++)
        given(arena_printf(&arena, "example.org MX mx%d.example", i));
    assert_text(walk("example.org").too_many_names.term, "mx");
    zone.count--;
    assert_int_equal(walk("example.org").too_many_names.domain.n, 0);
}

static void test_a_walk_is_bounded(void **state)
{
    (void)state;
    for (int i = 0; i < 30; i++)
        given(arena_printf(&arena, "d%d.example TXT v=spf1 include:d%d.example include:d%d.example -all", i, i + 1, i + 1));
    struct spf_walk_facts f = walk("d0.example");
    assert_true(f.incomplete);
    assert_int_equal(f.questions, SPF_WALK_QUESTIONS_MAX);
    assert_true(f.lookups > SPF_LOOKUPS_MAX);
}

/* ---- the tree of an evaluation ---- */

static void test_the_tree_tells_the_way(void **state)
{
    (void)state;
    static struct spf_check c;
    struct spf_check_facts f;
    struct spf_answer answer;
    struct spf_params params = {.sender = STR("joe@example.org"), .helo = STR("mail.example.org")};
    assert_true(ip_parse(STR("192.0.2.2"), &params.ip));
    given("example.org TXT v=spf1 ip4:192.0.2.1 include:in.example redirect=re.example");
    given("in.example TXT v=spf1 a:%{l}.in.example ~all");
    given("joe.in.example A 192.0.2.3");
    given("re.example TXT v=spf1 mx -all");
    given("re.example MX mx1.example");
    given("mx1.example A 192.0.2.2");
    spf_check_begin(&c, &params, &f, &arena);
    for (struct spf_question q; (q = spf_check_want(&c)).name;) {
        spf_zone_ask(&zone, q, &answer, &arena);
        spf_check_answer(&c, &answer);
    }
    assert_int_equal(f.result, SPF_PASS);
    assert_text(f.decided.domain, "re.example");
    assert_text(f.decided.term, "mx");
    assert_int_equal(f.lookups, 4);
    assert_int_equal(f.questions, 6);
    const struct spf_term_seen *ip4 = f.record->terms, *include = ip4->next, *redirect = include->next;
    assert_int_equal(ip4->outcome, SPF_TERM_NO_MATCH);
    assert_int_equal(include->record->result, SPF_SOFTFAIL);
    assert_text(include->record->terms->target, "joe.in.example");
    assert_int_equal(include->record->terms->questions->count, 1);
    assert_int_equal(include->record->terms->next->outcome, SPF_TERM_MATCH);
    assert_int_equal(include->outcome, SPF_TERM_NO_MATCH);
    assert_text(redirect->text, "redirect=re.example");
    const struct spf_question_seen *q = redirect->record->terms->questions;
    assert_int_equal(q->type, SPF_ASK_MX);
    assert_string_equal(q->next->name, "mx1.example");
    assert_null(redirect->next);
}

static void test_without_memory_nothing_is_decided(void **state)
{
    (void)state;
    given("example.org TXT v=spf1 a mx include:example.net -all");
    given("example.net TXT v=spf1 ptr exists:%{p}.x.example -all");
    for (size_t cap = 0; cap < 4096; cap += 16) {
        static struct spf_check c;
        struct spf_check_facts f;
        struct spf_answer answer;
        struct arena small;
        struct spf_params params = {.sender = STR("joe@example.org")};
        assert_true(ip_parse(STR("192.0.2.2"), &params.ip));
        arena_init(&small, cap);
        spf_check_begin(&c, &params, &f, &small);
        for (struct spf_question q; (q = spf_check_want(&c)).name;) {
            spf_zone_ask(&zone, q, &answer, &arena);
            spf_check_answer(&c, &answer);
        }
        if (small.exhausted ? f.result != SPF_TEMPERROR : f.result != SPF_FAIL && f.result != SPF_PERMERROR)
            fail_msg("%zu octets: %s", cap, spf_result_words[f.result]);
        arena_done(&small);
    }
}

static void expect_ahead(const char *record, const char *expected)
{
    const struct str txt = str_of(record);
    const struct spf_answer answer = {.lookup = {.status = DNS_FOUND}, .texts = &txt, .count = 1};
    struct spf_question next[8];
    size_t count = spf_walk_look_ahead(STR("example.org"), &answer, &arena, next, 8);
    const char *text = "";
    for (size_t i = 0; i < count; i++)
        text = arena_printf(&arena, "%s%s%s/%s", text, i ? " " : "", next[i].name, spf_type_words[next[i].type]);
    assert_string_equal(text, expected);
}

static void test_what_a_record_leads_to_is_known_at_once(void **state)
{
    (void)state;
    expect_ahead("v=spf1 mx a include:one.example exists:two.example -all", "example.org/MX example.org/A example.org/AAAA one.example/TXT two.example/A");
    expect_ahead("v=spf1 a:mail.example ip4:192.0.2.1 redirect=one.example", "mail.example/A mail.example/AAAA one.example/TXT");
    expect_ahead("v=spf1 include:spf.%{d} ~all", "spf.example.org/TXT");
    expect_ahead("v=spf1 a:1.example a:2.example a:3.example a:4.example a:5.example -all",
                 "1.example/A 1.example/AAAA 2.example/A 2.example/AAAA 3.example/A 3.example/AAAA 4.example/A 4.example/AAAA");
}

/* Not asked by a walk either, or not without what only a message has. */
static void test_nothing_is_asked_ahead_in_vain(void **state)
{
    (void)state;
    expect_ahead("v=spf1 ip4:192.0.2.1 -all include:behind.example", "");
    expect_ahead("v=spf1 redirect=beside.example -all", "");
    expect_ahead("v=spf1 exists:%{i}.one.example include:%{o} ptr -all", "");
    expect_ahead("v=spf1 include:nowhere a:one.example", "");
    expect_ahead("v=spf1 include:one.example ip4:999 -all", "");
    expect_ahead("something else", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_flaw_has_a_place),
        cmocka_unit_test(test_parts_that_do_nothing),
        cmocka_unit_test(test_a_usual_record_is_clean),
        cmocka_unit_test_setup_teardown(test_a_walk_goes_past_what_may_match, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_counts_go_beyond_the_limits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_redirect_beside_all_costs_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_redirect_gives_the_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_who_permits_all, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_addresses_are_counted_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_errors_have_a_place, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_record_is_no_error, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_answer_makes_it_incomplete, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_an_mx_with_eleven_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_walk_is_bounded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_tree_tells_the_way, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_a_record_leads_to_is_known_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nothing_is_asked_ahead_in_vain, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_without_memory_nothing_is_decided, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("spf", tests, NULL, NULL);
}

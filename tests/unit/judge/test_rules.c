/* SPDX-License-Identifier: Apache-2.0 */
/* test_rules - what rules share: words of a bounded length, the role of a port, the reason of many. */
#include "judge/rules.h"

#include "world.h"

enum { DETAIL_MAX = 1999, SHOWN_MAX = 160 };

static struct context context_of(struct world *w)
{
    return (struct context){.facts = &w->facts, .arena = &w->arena};
}

static const char *letters(struct world *w, size_t count)
{
    char *text = ARENA_ARRAY(&w->arena, char, count + 1);
    memset(text, 'a', count);
    return text;
}

static void a_detail_is_cut_at_its_bound(void **state)
{
    struct world *w = *state;
    struct context c = context_of(w);
    assert_int_equal(strlen((fail)(&c, "%s", letters(w, DETAIL_MAX)).detail), DETAIL_MAX);
    assert_int_equal(strlen((fail)(&c, "%s", letters(w, DETAIL_MAX + 50)).detail), DETAIL_MAX);
    assert_string_equal((fail)(&c, "%s", "").detail, "");
}

static void the_words_of_others_are_cut_with_dots(void **state)
{
    struct world *w = *state;
    struct context c = context_of(w);
    assert_string_equal(shown(&c, str_of(letters(w, SHOWN_MAX))), letters(w, SHOWN_MAX));
    assert_string_equal(shown(&c, str_of(letters(w, SHOWN_MAX + 1))), arena_printf(&w->arena, "%s...", letters(w, SHOWN_MAX)));
    w->arena.exhausted = true;
    shown(&c, STR("a"));
    assert_true(w->arena.exhausted); /* that is never forgotten */
}

static void what_begins_with_tls_is_for_submission(void **state)
{
    struct world *w = *state;
    const struct context c = context_of(w);
    make_server(w, 2465, TLS_MODE_IMPLICIT);
    assert_int_equal(port_role(&c, w->endpoints[MX1_V4]), PORT_SUBMISSIONS);
    w->endpoints[MX1_V4]->port = 465;
    w->endpoints[MX1_V4]->tls_mode = TLS_MODE_NONE;
    assert_int_equal(port_role(&c, w->endpoints[MX1_V4]), PORT_SUBMISSIONS);
    w->endpoints[MX1_V4]->port = 2525;
    assert_int_equal(port_role(&c, w->endpoints[MX1_V4]), PORT_MX);
}

static void tried_once(struct endpoint_facts *e)
{
    not_connected(e, CONNECT_REFUSED);
    e->session_count = 1;
}

static void of_many_reasons_the_most_frequent_is_told_and_of_equals_the_first(void **state)
{
    struct world *w = *state;
    not_connected(w->endpoints[MX1_V4], CONNECT_TROUBLE);
    not_connected(w->endpoints[MX1_V6], CONNECT_TROUBLE);
    tried_once(w->endpoints[MX2_V4]);
    tried_once(w->endpoints[MX2_V6]);
    expect_unknown(w, "mx.reachable", "", REASON_INTERNAL);
    tried_once(w->endpoints[MX1_V6]);
    expect_unknown(w, "mx.reachable", "", REASON_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_detail_is_cut_at_its_bound),
        WORLD_TEST(the_words_of_others_are_cut_with_dots),
        WORLD_TEST(what_begins_with_tls_is_for_submission),
        WORLD_TEST(of_many_reasons_the_most_frequent_is_told_and_of_equals_the_first),
    };
    return cmocka_run_group_tests_name("judge rules", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* test_tls_survey - servers of every kind, surveyed: what they take is found out, no more and no less, within the budget. */
#include "wire/tls_survey.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tls_server_model.h"

static struct arena arena;
static struct tls_survey survey;
static struct tls_survey_facts facts;
static const uint8_t random_octets[32] = {1, 2, 3};
static uint64_t dice = 1;

#define LIST(...) \
    { \
        {__VA_ARGS__}, sizeof((uint16_t[]){__VA_ARGS__}) / 2 \
    }

static const struct tls_server_model modern = {
    .versions = {[SURVEY_TLS12] = true, [SURVEY_TLS13] = true},
    .suites = {[SURVEY_TLS12] = LIST(0xc030, 0xc02f), [SURVEY_TLS13] = LIST(0x1302, 0x1303, 0x1301)},
    .groups13 = LIST(0x11ec, 0x1d, 0x17),
    .groups_below = LIST(0x1d, 0x17),
    .signatures = LIST(0x0804, 0x0401),
    .own_order = true,
    .refusal = TLS_ANSWER_ALERT,
    .alert = 40,
    .renegotiation_info = true,
    .extended_master_secret = true,
};

static const struct tls_server_model museum = {
    .versions = {true, true, true, true, false},
    .ssl2 = true,
    .suites = {LIST(0x0005, 0x000a),
               LIST(0xc013, 0x002f, 0x0033, 0x000a),
               LIST(0xc013, 0x002f, 0x0033, 0x000a),
               LIST(0xc02f, 0xc013, 0x009e, 0x0033, 0x002f, 0x000a, 0x0005),
               {{0}, 0}},
    .groups_below = LIST(0x17, 0x18),
    .signatures = LIST(0x0401, 0x0201),
    .dh_bits = 1024,
    .refusal = TLS_ANSWER_ALERT,
    .alert = 80,
    .deflate = true,
};

static int tear_down(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, 1 << 20);
    return 0;
}

static const struct tls_survey_facts *run(const struct tls_server_model *m, bool full)
{
    arena_done(&arena);
    arena_init(&arena, 1 << 20);
    tls_survey_init(&survey, &facts, &arena, "mx.example", full, random_octets);
    for (struct str hello; (hello = tls_survey_next(&survey)).n > 0;) {
        struct tls_answer a = tls_server_model_answer(m, hello);
        tls_survey_answer(&survey, &a);
    }
    assert_false(arena.exhausted);
    return &facts;
}

static void expect_list(const char *what, int version, const uint16_t *found, size_t n, const struct model_list *expected, const struct model_list *or_in)
{
    for (size_t i = 0; i < n; i++)
        if (!model_list_has(expected, found[i]) && (!or_in || !model_list_has(or_in, found[i])))
            fail_msg("%s of version %d: %04x is found, and the server takes it not", what, version, found[i]);
    for (size_t i = 0; i < expected->n; i++) {
        bool has = false;
        for (size_t k = 0; k < n; k++)
            has = has || found[k] == expected->items[i];
        if (!has)
            fail_msg("%s of version %d: %04x is not found", what, version, expected->items[i]);
    }
}

static void expect_exact(const struct tls_server_model *m)
{
    for (int v = 0; v < SURVEY_VERSION_COUNT; v++) {
        bool speaks = m->versions[v] && m->suites[v].n > 0;
        if (facts.versions[v] != (speaks ? TRI_YES : TRI_NO))
            fail_msg("version %d: %d", v, facts.versions[v]);
        if (!speaks)
            continue;
        expect_list("suites", v, facts.suites[v], facts.suite_count[v], &m->suites[v], NULL);
        assert_true(facts.suites_complete[v]);
    }
    assert_null(facts.ended_by);
}

static void a_modern_server_in_few_hellos(void **state)
{
    (void)state;
    run(&modern, false);
    assert_int_equal(facts.hellos, 8);
    assert_int_equal(facts.versions[SURVEY_TLS13], TRI_YES);
    assert_int_equal(facts.versions[SURVEY_TLS12], TRI_YES);
    for (int v = SURVEY_SSL3; v <= SURVEY_TLS11; v++)
        assert_int_equal(facts.versions[v], TRI_NO);
    assert_int_equal(facts.ssl2, TRI_NO);
    assert_int_equal(facts.hybrid, TRI_YES);
    assert_int_equal(facts.broken_suites, TRI_NO);
    assert_int_equal(facts.ageing_suites, TRI_NO);
    assert_int_equal(facts.dhe, TRI_NO);
    assert_int_equal(facts.large_hello, TRI_YES);
    assert_int_equal(facts.short_hello, TRI_UNKNOWN);
    assert_int_equal(facts.renegotiation_info, TRI_YES);
    assert_int_equal(facts.extended_master_secret, TRI_YES);
    assert_int_equal(facts.compression, TRI_NO);
    assert_null(facts.ended_by);
}

static void a_modern_server_in_full(void **state)
{
    (void)state;
    run(&modern, true);
    expect_exact(&modern);
    expect_list("groups", 4, facts.groups, facts.group_count, &modern.groups13, NULL);
    expect_list("signatures", 3, facts.signatures, facts.signature_count, &modern.signatures, NULL);
    assert_true(facts.groups_complete);
    assert_int_equal(facts.server_order, TRI_YES);
    assert_int_equal(facts.hellos, 20);
}

static void a_museum(void **state)
{
    (void)state;
    run(&museum, false);
    assert_int_equal(facts.ssl2, TRI_YES);
    assert_int_equal(facts.versions[SURVEY_TLS13], TRI_NO);
    for (int v = SURVEY_SSL3; v <= SURVEY_TLS12; v++)
        assert_int_equal(facts.versions[v], TRI_YES);
    assert_int_equal(facts.broken_suites, TRI_YES);
    assert_int_equal(facts.ageing_suites, TRI_YES);
    assert_int_equal(facts.dhe, TRI_YES);
    assert_int_equal(facts.dh_bits, 1024);
    assert_int_equal(facts.hybrid, TRI_NO);
    assert_int_equal(facts.renegotiation_info, TRI_NO);
    assert_int_equal(facts.extended_master_secret, TRI_NO);
    assert_true(facts.hellos <= SURVEY_HELLOS_DEFAULT);
    run(&museum, true);
    expect_exact(&museum);
    assert_int_equal(facts.compression, TRI_YES);
    assert_int_equal(facts.server_order, TRI_NO);
    expect_list("groups", 3, facts.groups, facts.group_count, &museum.groups_below, NULL);
    assert_true(facts.groups_complete);
    expect_list("signatures", 3, facts.signatures, facts.signature_count, &museum.signatures, NULL);
}

/* Where the alert says nothing, it says nothing of a version either: what counts is ServerHello or none. */
static void any_alert_is_a_refusal(void **state)
{
    static const int alerts[] = {40, 47, 70, 71, 80, 86, 255};
    (void)state;
    for (size_t i = 0; i < sizeof alerts / sizeof alerts[0]; i++) {
        struct tls_server_model m = modern;
        m.alert = alerts[i];
        run(&m, true);
        expect_exact(&m);
    }
}

static void a_server_that_refuses_by_dropping_is_understood(void **state)
{
    (void)state;
    struct tls_server_model m = modern;
    m.refusal = TLS_ANSWER_DROPPED;
    run(&m, true);
    expect_exact(&m);
    assert_int_equal(facts.hellos, 20 + 2); /* learned once */
    m.refusal = TLS_ANSWER_SILENT;
    run(&m, true);
    expect_exact(&m);
}

static void a_server_that_hangs_up_for_good_is_left_alone(void **state)
{
    (void)state;
    const struct tls_answer dropped = {.kind = TLS_ANSWER_DROPPED, .alert = -1};
    for (size_t answered = 0; answered < 7; answered++) {
        tls_survey_init(&survey, &facts, &arena, NULL, false, random_octets);
        for (struct str hello; (hello = tls_survey_next(&survey)).n > 0;) {
            struct tls_answer a = facts.hellos < answered ? tls_server_model_answer(&modern, hello) : dropped;
            tls_survey_answer(&survey, &a);
        }
        assert_non_null(facts.ended_by);
        assert_int_equal(facts.hellos, answered + 2); /* what was dropped, and the control */
        assert_int_equal(facts.ssl2, TRI_UNKNOWN);
        for (int v = SURVEY_SSL3; v < SURVEY_TLS12; v++)
            assert_int_not_equal(facts.versions[v], TRI_YES);
        assert_int_equal(facts.versions[SURVEY_SSL3], TRI_UNKNOWN);
    }
}

static void no_suite_hides_behind_one_that_the_server_breaks_off_at(void **state)
{
    (void)state;
    struct tls_server_model m = museum, sound = museum;
    m.no_group_for_dhe = true;
    for (int v = SURVEY_SSL3; v <= SURVEY_TLS12; v++) {
        sound.suites[v].n = 0;
        for (size_t i = 0; i < museum.suites[v].n; i++)
            if (museum.suites[v].items[i] != 0x0033 && museum.suites[v].items[i] != 0x009e)
                sound.suites[v].items[sound.suites[v].n++] = museum.suites[v].items[i];
    }
    run(&m, true);
    expect_exact(&sound);
    assert_int_equal(facts.dhe, TRI_NO);
}

static void two_different_failures_tell_nothing(void **state)
{
    (void)state;
    tls_survey_init(&survey, &facts, &arena, NULL, false, random_octets);
    struct tls_server_model classical = modern;
    classical.groups13 = (struct model_list)LIST(0x1d);
    const struct tls_answer dropped = {.kind = TLS_ANSWER_DROPPED, .alert = -1};
    for (struct str hello; (hello = tls_survey_next(&survey)).n > 0;) {
        struct tls_answer a = facts.hellos == 1 ? dropped : tls_server_model_answer(&classical, hello);
        tls_survey_answer(&survey, &a);
    }
    assert_int_equal(facts.hybrid, TRI_UNKNOWN); /* dropped, and then an alert */
    assert_int_equal(facts.versions[SURVEY_TLS11], TRI_NO);
}

static void a_device_that_drops_large_hellos_is_found(void **state)
{
    (void)state;
    struct tls_server_model m = modern;
    m.hello_bytes_max = 1400;
    run(&m, false);
    assert_int_equal(facts.large_hello, TRI_NO);
    assert_int_equal(facts.short_hello, TRI_YES);
    assert_int_equal(facts.versions[SURVEY_TLS13], TRI_YES);
    assert_int_equal(facts.hybrid, TRI_YES);
    run(&m, true);
    expect_exact(&m);
}

static void a_drop_by_chance_is_no_fault_of_size(void **state)
{
    (void)state;
    const struct tls_answer dropped = {.kind = TLS_ANSWER_DROPPED, .alert = -1}, silent = {.kind = TLS_ANSWER_SILENT, .alert = -1};
    for (int second = 0; second < 2; second++) {
        tls_survey_init(&survey, &facts, &arena, NULL, false, random_octets);
        for (struct str hello; (hello = tls_survey_next(&survey)).n > 0;) {
            struct tls_answer a = facts.hellos == 0 ? dropped : second && facts.hellos == 2 ? silent : tls_server_model_answer(&modern, hello);
            tls_survey_answer(&survey, &a);
        }
        assert_int_equal(facts.large_hello, second ? TRI_UNKNOWN : TRI_YES);
        assert_int_equal(facts.versions[SURVEY_TLS13], TRI_YES);
    }
}

static void a_server_without_tls_at_all_is_asked_twice(void **state)
{
    (void)state;
    struct tls_server_model m = {.refusal = TLS_ANSWER_ALERT, .alert = 40};
    run(&m, true);
    assert_int_equal(facts.hellos, 2);
    assert_non_null(facts.ended_by);
    for (int v = 0; v < SURVEY_VERSION_COUNT; v++)
        assert_int_equal(facts.versions[v], TRI_UNKNOWN);
}

static void what_was_not_offered_is_not_believed(void **state)
{
    (void)state;
    const struct tls_answer strange = {.kind = TLS_ANSWER_HELLO, .version = TLS_HELLO_TLS12, .suite = 0xdada, .alert = -1},
                            newer = {.kind = TLS_ANSWER_HELLO, .version = 0x0305, .suite = 0x1301, .group = 0x1d, .alert = -1};
    for (int which = 0; which < 2; which++) {
        tls_survey_init(&survey, &facts, &arena, NULL, true, random_octets);
        for (struct str hello; (hello = tls_survey_next(&survey)).n > 0;) {
            struct tls_answer a = facts.hellos % 3 == 1 ? (which ? newer : strange) : tls_server_model_answer(&modern, hello);
            tls_survey_answer(&survey, &a);
            assert_true(facts.hellos < 60);
        }
        for (int v = SURVEY_SSL3; v <= SURVEY_TLS11; v++)
            assert_int_not_equal(facts.versions[v], TRI_YES);
        for (size_t i = 0; i < facts.suite_count[SURVEY_TLS12]; i++)
            assert_true(model_list_has(&modern.suites[SURVEY_TLS12], facts.suites[SURVEY_TLS12][i]));
    }
}

static void the_caller_can_stop_it(void **state)
{
    (void)state;
    tls_survey_init(&survey, &facts, &arena, NULL, false, random_octets);
    struct str hello = tls_survey_next(&survey);
    struct tls_answer a = tls_server_model_answer(&modern, hello);
    tls_survey_answer(&survey, &a);
    tls_survey_next(&survey);
    tls_survey_stop(&survey, "421");
    assert_int_equal(tls_survey_next(&survey).n, 0);
    tls_survey_answer(&survey, &a);
    assert_string_equal(facts.ended_by, "421");
    assert_int_equal(facts.versions[SURVEY_TLS13], TRI_YES);
    assert_int_equal(facts.broken_suites, TRI_UNKNOWN);
}

static unsigned throw(unsigned sides)
{
    dice = dice * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(dice >> 33) % sides;
}

static void draw(struct model_list *list, const uint16_t *from, size_t n, unsigned one_in, bool at_least_one)
{
    for (size_t i = 0; i < n; i++)
        if (throw(one_in) == 0)
            list->items[list->n++] = from[i];
    if (at_least_one && list->n == 0)
        list->items[list->n++] = from[throw((unsigned)n)];
    for (size_t i = list->n; i > 1; i--) {
        size_t k = throw((unsigned)i);
        uint16_t swapped = list->items[i - 1];
        list->items[i - 1] = list->items[k];
        list->items[k] = swapped;
    }
}

static struct tls_server_model any_server(void)
{
    static const uint16_t suites13[] = {0x1301, 0x1302, 0x1303, 0x1304, 0x1305, 0xc0b4};
    static const uint16_t suites12[] = {0xc02f, 0xc030, 0xcca8, 0xc02b, 0x009e, 0x009f, 0x009c, 0x009d, 0x006d, 0x00a6, 0xc031, 0xc027};
    static const uint16_t suites_old[] = {0xc013, 0xc014, 0xc009, 0x0033, 0x0039, 0x002f, 0x0035, 0x000a, 0x0005,
                                          0x0004, 0xc012, 0xc011, 0x0016, 0x0084, 0x0003, 0x0001, 0x0034};
    static const uint16_t groups13[] = {0x11ec, 0x11eb, 0x11ed, 0x1d, 0x17, 0x18, 0x19, 0x1e, 0x100, 0x101, 0x104, 0x1f};
    static const uint16_t groups_below[] = {0x1d, 0x17, 0x18, 0x19, 0x16, 0x15, 0x1a, 0x0e, 0x01};
    static const uint16_t signatures[] = {0x0401, 0x0804, 0x0501, 0x0601, 0x0201, 0x0301, 0x0101};
    struct tls_server_model m = {.refusal = TLS_ANSWER_ALERT, .alert = 40, .dh_bits = 2048};
    m.versions[SURVEY_TLS12 + throw(2)] = true;
    for (int v = 0; v < SURVEY_VERSION_COUNT; v++)
        m.versions[v] = m.versions[v] || throw(2);
    draw(&m.suites[SURVEY_TLS13], suites13, sizeof suites13 / 2, 2, true);
    for (int v = SURVEY_SSL3; v <= SURVEY_TLS12; v++) {
        /* RSA with AES, so that every version has a suite that the first hellos offer */
        m.suites[v].items[m.suites[v].n++] = 0x002f;
        draw(&m.suites[v], suites_old, 5, 2, false);
        draw(&m.suites[v], suites_old + 6, sizeof suites_old / 2 - 6, 1 + throw(6), false);
        if (v == SURVEY_TLS12)
            draw(&m.suites[v], suites12, sizeof suites12 / 2, 2, false);
    }
    draw(&m.groups13, groups13, sizeof groups13 / 2, 2, true);
    draw(&m.groups_below, groups_below, sizeof groups_below / 2, 2, true);
    draw(&m.signatures, signatures, sizeof signatures / 2, 2, true);
    m.own_order = throw(2);
    m.refusal = throw(4) ? TLS_ANSWER_ALERT : TLS_ANSWER_DROPPED;
    m.ssl2 = throw(4) == 0;
    return m;
}

/* In its best version below TLS 1.3, or in any of them. */
static bool takes_kind(const struct tls_server_model *m, bool in_any, const uint16_t *kind, size_t n)
{
    for (int v = SURVEY_TLS12; v >= (in_any ? SURVEY_SSL3 : SURVEY_TLS10); v--) {
        for (size_t i = 0; m->versions[v] && i < n; i++)
            if (model_list_has(&m->suites[v], kind[i]))
                return true;
        if (m->versions[v] && !in_any)
            return false;
    }
    return false;
}

/* Those of TLS 1.3 and those below it make one list; the latter can only be told by suites of RSA over curves. */
static void expect_groups(const struct tls_server_model *m)
{
    static const uint16_t rsa_over_curves[] = {0xc013, 0xc014, 0xc02f, 0xc030, 0xc027, 0xcca8, 0xc012, 0xc011};
    if (m->versions[SURVEY_TLS13])
        expect_list("groups", SURVEY_TLS13, facts.groups, facts.group_count, &m->groups13, &m->groups_below);
    if (takes_kind(m, false, rsa_over_curves, sizeof rsa_over_curves / 2))
        expect_list("groups", SURVEY_TLS12, facts.groups, facts.group_count, &m->groups_below, m->versions[SURVEY_TLS13] ? &m->groups13 : NULL);
}

static void any_server_is_surveyed_exactly(void **state)
{
    static const uint16_t broken[] = {0x000a, 0x0005, 0x0004, 0xc012, 0xc011, 0x0016, 0x0084, 0x0003, 0x0001, 0xc031};
    static const uint16_t hybrids[] = {0x11ec, 0x11eb, 0x11ed};
    (void)state;
    for (int i = 0; i < 3000; i++) {
        dice = (uint64_t)i + 1;
        struct tls_server_model m = any_server();
        run(&m, true);
        expect_exact(&m);
        expect_groups(&m);
        size_t most = 40 + m.groups13.n + m.groups_below.n + m.signatures.n;
        for (int v = 0; v < SURVEY_VERSION_COUNT; v++)
            most += m.versions[v] ? m.suites[v].n + 2 : 0;
        if (facts.hellos > most)
            fail_msg("server %d took %zu hellos", i, facts.hellos);
        assert_int_equal(facts.ssl2, m.ssl2 ? TRI_YES : TRI_NO);
        bool hybrid = false;
        for (size_t k = 0; k < 3; k++)
            hybrid = hybrid || (m.versions[SURVEY_TLS13] && model_list_has(&m.groups13, hybrids[k]));
        assert_int_equal(facts.hybrid, hybrid ? TRI_YES : TRI_NO);

        run(&m, false);
        assert_true(facts.hellos <= SURVEY_HELLOS_DEFAULT);
        for (int v = SURVEY_TLS10; v < SURVEY_VERSION_COUNT; v++)
            assert_int_equal(facts.versions[v], m.versions[v] ? TRI_YES : TRI_NO);
        assert_int_equal(facts.hybrid, hybrid ? TRI_YES : TRI_NO);
        if (takes_kind(&m, false, broken, sizeof broken / 2) && facts.broken_suites != TRI_YES)
            fail_msg("server %d: broken suites %d", i, facts.broken_suites);
        if (!takes_kind(&m, true, broken, sizeof broken / 2) && facts.broken_suites != TRI_NO)
            fail_msg("server %d: broken suites %d, and there are none", i, facts.broken_suites);
    }
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_modern_server_in_few_hellos),
        T(a_modern_server_in_full),
        T(a_museum),
        T(any_alert_is_a_refusal),
        T(a_server_that_refuses_by_dropping_is_understood),
        T(a_server_that_hangs_up_for_good_is_left_alone),
        T(no_suite_hides_behind_one_that_the_server_breaks_off_at),
        T(two_different_failures_tell_nothing),
        T(a_device_that_drops_large_hellos_is_found),
        T(a_drop_by_chance_is_no_fault_of_size),
        T(a_server_without_tls_at_all_is_asked_twice),
        T(what_was_not_offered_is_not_believed),
        T(the_caller_can_stop_it),
        T(any_server_is_surveyed_exactly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* test_score - one number for each side, its caps, and what each repair adds. */
#include <stdio.h>

#include "judge/score.h"
#include "world.h"

enum { VERDICTS_MAX = 200, ARENA_BYTES_MAX = 1024 * 1024 };

/* Verdicts are written as "id owner letters": p pass, f fail, u unknown, n not applicable, an object each. */
struct tried {
    struct arena arena;
    struct verdict verdicts[VERDICTS_MAX];
    size_t count;
    struct score score;
};

static void add(struct tried *t, const char *id, enum owner owner, const char *letters)
{
    static const char order[] = "npfu";
    const struct check *check = check_find(id);
    assert_non_null(check);
    for (; *letters; letters++) {
        const char *at = strchr(order, *letters);
        assert_true(at && t->count < VERDICTS_MAX);
        t->verdicts[t->count++] = (struct verdict){.check = check, .owner = owner, .value = (enum verdict_value)(at - order)};
    }
}

static void judge_score(struct tried *t, enum owner owner)
{
    assert_int_equal(score_of(t->verdicts, t->count, owner, &t->arena, &t->score), 0);
}

static void expect_points(struct tried *t, enum owner owner, unsigned points)
{
    judge_score(t, owner);
    if (t->score.reason)
        fail_msg("no score (%s), not %u", t->score.reason, points);
    assert_int_equal(t->score.points, points);
}

static void expect_none(struct tried *t, enum owner owner, const char *reason)
{
    judge_score(t, owner);
    assert_string_equal(t->score.reason ? t->score.reason : "(a score)", reason);
    assert_int_equal(t->score.gain_count, 0);
}

/* "id +n" and so on, as they stand. */
static void expect_gains(const struct tried *t, const char *gains)
{
    char text[400] = "";
    for (size_t i = 0; i < t->score.gain_count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s +%u", i ? " " : "", t->score.gains[i].check->id, t->score.gains[i].gain);
    assert_string_equal(text, gains);
}

static int tried_setup(void **state)
{
    static struct tried t;
    t = (struct tried){.count = 0};
    arena_init(&t.arena, ARENA_BYTES_MAX);
    *state = &t;
    return 0;
}

static int tried_teardown(void **state)
{
    struct tried *t = *state;
    arena_done(&t->arena);
    return 0;
}

#define SCORE_TEST(function) cmocka_unit_test_setup_teardown(function, tried_setup, tried_teardown)

static void all_that_weighs_passes(void **state)
{
    struct tried *t = *state;
    add(t, "mx.exists", OWNER_YOURS, "p");
    add(t, "mx.failover-distinct", OWNER_YOURS, "p");
    add(t, "mx.redundancy", OWNER_YOURS, "f"); /* a notice weighs nothing */
    expect_points(t, OWNER_YOURS, 100);
    assert_int_equal(t->score.coverage_percent, 100);
    expect_gains(t, "");
}

/* 10 + 10 + 3 * 1/2 of 23 are 93 points; half of the warning is mended by +7, and the cap goes with it. */
static void of_several_objects_the_share_counts(void **state)
{
    struct tried *t = *state;
    add(t, "mx.exists", OWNER_YOURS, "p");
    add(t, "mx.reachable", OWNER_YOURS, "p");
    add(t, "net.port25-open", OWNER_YOURS, "pfun");
    expect_points(t, OWNER_YOURS, 93);
    assert_int_equal(t->score.coverage_percent, 80);
    expect_gains(t, "net.port25-open +7");
}

/* 66 of 69 are 96: held at 94. */
static void a_warning_holds_it_at_94(void **state)
{
    struct tried *t = *state;
    static const char *const errors[] = {"dns.domain-answers", "dns.domain-exists", "dns.dnssec-valid", "mx.exists", "mx.null-exclusive", "mx.reachable"};
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        add(t, errors[i], OWNER_YOURS, "p");
    add(t, "mx.failover-distinct", OWNER_YOURS, "p");
    add(t, "spf.published", OWNER_YOURS, "p");
    add(t, "dmarc.published", OWNER_YOURS, "f");
    expect_points(t, OWNER_YOURS, 94);
    expect_gains(t, "dmarc.published +6");
}

/* Mended one by one neither of two errors lifts the cap: they must go both. */
static void errors_hold_it_at_59_until_the_last_is_mended(void **state)
{
    struct tried *t = *state;
    add(t, "dns.domain-answers", OWNER_YOURS, "p");
    add(t, "dns.domain-exists", OWNER_YOURS, "p");
    add(t, "dns.dnssec-valid", OWNER_YOURS, "p");
    add(t, "mx.null-exclusive", OWNER_YOURS, "p");
    add(t, "smtp.service", OWNER_YOURS, "f");
    expect_points(t, OWNER_YOURS, 59);
    expect_gains(t, "smtp.service +41");
    add(t, "relay.rcpt-refused", OWNER_YOURS, "f");
    expect_points(t, OWNER_YOURS, 59);
    expect_gains(t, "smtp.service +0 relay.rcpt-refused +0");
    add(t, "tls.starttls-offered", OWNER_YOURS, "f");
    expect_points(t, OWNER_YOURS, 57);
    expect_gains(t, "smtp.service +2 relay.rcpt-refused +2 tls.starttls-offered +2");
}

static void nothing_good_is_zero(void **state)
{
    struct tried *t = *state;
    add(t, "mx.reachable", OWNER_YOURS, "f");
    expect_points(t, OWNER_YOURS, 0);
    expect_gains(t, "mx.reachable +100");
}

static void each_side_has_its_own(void **state)
{
    struct tried *t = *state;
    add(t, "mx.exists", OWNER_YOURS, "p");
    add(t, "net.port25-open", OWNER_YOURS, "p");
    add(t, "net.port25-open", OWNER_PROVIDER, "f");
    add(t, "net.egress", OWNER_PROBE, "f");
    expect_points(t, OWNER_YOURS, 100);
    expect_points(t, OWNER_PROVIDER, 0);
    expect_gains(t, "net.port25-open +100");
}

static void without_a_known_half_there_is_none(void **state)
{
    struct tried *t = *state;
    add(t, "mx.exists", OWNER_YOURS, "p");
    add(t, "net.port25-open", OWNER_YOURS, "u");
    expect_points(t, OWNER_YOURS, 100);
    assert_int_equal(t->score.coverage_percent, 50);
    add(t, "net.port25-open", OWNER_YOURS, "u");
    expect_none(t, OWNER_YOURS, "less than half could be judged");
    assert_int_equal(t->score.coverage_percent, 33);
}

static void a_hair_less_than_half_is_less(void **state)
{
    struct tried *t = *state;
    add(t, "net.port25-open", OWNER_YOURS, "ppppppppppppppppppppppppp");
    add(t, "net.port25-open", OWNER_YOURS, "uuuuuuuuuuuuuuuuuuuuuuuuuu");
    expect_none(t, OWNER_YOURS, "less than half could be judged");
    assert_int_equal(t->score.coverage_percent, 49);
}

static void nothing_of_a_side_is_none(void **state)
{
    struct tried *t = *state;
    expect_none(t, OWNER_YOURS, "there is nothing of this side");
    add(t, "mx.exists", OWNER_YOURS, "p");
    add(t, "net.port25-open", OWNER_PROVIDER, "n");
    expect_none(t, OWNER_PROVIDER, "there is nothing of this side");
}

static void notices_alone_are_none(void **state)
{
    struct tried *t = *state;
    add(t, "mx.redundancy", OWNER_YOURS, "f");
    expect_none(t, OWNER_YOURS, "nothing that weighs could be judged");
}

static void a_judgement_has_both(void **state)
{
    struct world *w = *state;
    assert_int_equal(judge(&w->facts, &w->options, w->now, &w->arena, &w->out), 0);
    assert_null(w->out.scores[OWNER_YOURS].reason);
    assert_int_equal(w->out.scores[OWNER_YOURS].points, 100);
    assert_string_equal(w->out.scores[OWNER_PROVIDER].reason, "there is nothing of this side");
    w->mx1->organisational_domain = "provider.net";
    not_connected(w->endpoints[MX1_V4], CONNECT_REFUSED);
    assert_int_equal(judge(&w->facts, &w->options, w->now, &w->arena, &w->out), 0);
    assert_int_equal(w->out.scores[OWNER_YOURS].points, 100);
    assert_int_equal(w->out.scores[OWNER_PROVIDER].points, 94);
    assert_string_equal(w->out.scores[OWNER_PROVIDER].gains[0].check->id, "net.port25-open");
    assert_int_equal(w->out.scores[OWNER_PROVIDER].gains[0].gain, 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCORE_TEST(all_that_weighs_passes),
        SCORE_TEST(of_several_objects_the_share_counts),
        SCORE_TEST(a_warning_holds_it_at_94),
        SCORE_TEST(errors_hold_it_at_59_until_the_last_is_mended),
        SCORE_TEST(nothing_good_is_zero),
        SCORE_TEST(each_side_has_its_own),
        SCORE_TEST(without_a_known_half_there_is_none),
        SCORE_TEST(a_hair_less_than_half_is_less),
        SCORE_TEST(nothing_of_a_side_is_none),
        SCORE_TEST(notices_alone_are_none),
        WORLD_TEST(a_judgement_has_both),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

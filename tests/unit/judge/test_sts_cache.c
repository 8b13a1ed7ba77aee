/* SPDX-License-Identifier: Apache-2.0 */
/* test_sts_cache - senders that keep an older policy of MTA-STS: whether they look again, and what becomes of their mail. */
#include "base/panic.h"
#include "sender_world.h"

static struct mta_sts_facts *sts;
static struct mta_sts_policy *policy;

static int set_up(void **state)
{
    int failed = world_setup(state);
    if (failed)
        return failed;
    struct world *w = *state;
    with_sts(w, MTA_STS_MODE_ENFORCE, 2);
    sts = &w->facts.mta_sts;
    policy = sts->policy;
    return 0;
}

/* The same policy, to be changed, as it was published with this id. */
static struct mta_sts_policy *keep_policy(struct world *w, const char *id)
{
    struct mta_sts_policy *kept = ARENA_NEW(&w->arena, struct mta_sts_policy);
    *kept = *policy;
    kept->mx = ARENA_ARRAY(&w->arena, struct mta_sts_pattern, 2);
    memcpy(kept->mx, policy->mx, 2 * sizeof *kept->mx);
    sts->cached_from = "old.txt";
    sts->cached_id = id;
    sts->cached = kept;
    return kept;
}

/* ---- the id ---- */

static void a_policy_that_changes_needs_another_id(void **state)
{
    struct world *w = *state;
    keep_policy(w, "1")->max_age_s = 604800;
    expect_findings(w, "mtasts.id-change");
    expect_detail(w, "mtasts.id-change", "", "max_age of the policy is not what it was, and the id still is `1`.");
    keep_policy(w, "1")->mode = MTA_STS_MODE_TESTING;
    expect_detail(w, "mtasts.id-change", "", "mode of the policy");
    keep_policy(w, "1")->mx_count = 1; /* a host was added */
    expect_detail(w, "mtasts.id-change", "", "mx of the policy");
    keep_policy(w, "1")->mx[1].text = STR("gone.example.org");
    expect_detail(w, "mtasts.id-change", "", "mx of the policy");
    struct mta_sts_policy *kept = keep_policy(w, "1");
    policy->mx_count = 1; /* a host was taken away */
    expect_verdict(w, "mtasts.id-change", "", VERDICT_FAIL);
    kept->mx_count = 1;
    expect_verdict(w, "mtasts.id-change", "", VERDICT_PASS);
}

static void a_policy_that_is_the_same_needs_none(void **state)
{
    struct world *w = *state;
    struct mta_sts_policy *kept = keep_policy(w, "1");
    expect_verdict(w, "mtasts.id-change", "", VERDICT_PASS);
    kept->mx[0].text = STR("MX2.example.org"); /* order and case mean nothing */
    kept->mx[1].text = STR("mx1.example.org");
    expect_findings(w, "");
    keep_policy(w, "0")->max_age_s = 604800;
    expect_verdict(w, "mtasts.id-change", "", VERDICT_PASS);
}

static void without_an_earlier_id_nothing_is_said_of_it(void **state)
{
    struct world *w = *state;
    expect_verdict(w, "mtasts.id-change", "", VERDICT_NA);
    keep_policy(w, NULL)->max_age_s = 604800;
    expect_verdict(w, "mtasts.id-change", "", VERDICT_NA);
    keep_policy(w, "1")->max_age_s = 604800;
    sts->assumed = "new.txt"; /* what is to come has no record yet */
    expect_verdict(w, "mtasts.id-change", "", VERDICT_NA);
}

/* ---- mail ---- */

static const struct sender *cached_sender(struct world *w)
{
    must(judge(&w->facts, &w->options, w->now, &w->arena, &w->out) == 0);
    for (size_t i = 0; i < w->out.sender_count; i++)
        if (strcmp(w->out.senders[i].profile, "sts-cached") == 0)
            return &w->out.senders[i];
    return NULL;
}

static void expect_at_backup(struct world *w, enum delivery delivery)
{
    const struct sender *s = cached_sender(w);
    assert_non_null(s);
    for (size_t i = 0; i < s->way_count; i++)
        if (strcmp(s->ways[i].subject.host->name, "mx2.example.org") == 0 && s->ways[i].delivery != delivery)
            fail_msg("mail of a sender that keeps an older policy: %s, not %s (%s)", delivery_text(s->ways[i].delivery), delivery_text(delivery), s->explanation);
}

/* What is kept holds until another can be fetched, and another is looked for only when the id is one. */
static void what_a_sender_keeps_in_its_cache(void **state)
{
    struct world *w = *state;
    assert_null(cached_sender(w)); /* none was named */
    struct mta_sts_policy *kept = keep_policy(w, "1");
    w->mx1->in_cached_policy = true; /* the backup is newer than that */
    expect_at_backup(w, DELIVERY_DEFER);
    assert_non_null(strstr(cached_sender(w)->explanation, "mx2.example.org (the MTA-STS policy in the sender's cache does not name the host)"));
    sts->cached_id = "0";
    expect_at_backup(w, DELIVERY_AUTHENTICATED);
    sts->cached_id = NULL;
    expect_at_backup(w, DELIVERY_AUTHENTICATED);
    sts->record.count = 0; /* taken away at once */
    set_lookup(&sts->record.txt, DNS_NXDOMAIN, DNSSEC_SECURE);
    expect_at_backup(w, DELIVERY_DEFER);
    kept->mode = MTA_STS_MODE_TESTING;
    expect_at_backup(w, DELIVERY_ENCRYPTED);
    set_lookup(&sts->record.txt, DNS_FAILED, DNSSEC_INDETERMINATE);
    expect_at_backup(w, DELIVERY_UNKNOWN);
}

/* A new policy that is only assumed has no id of its own yet: it is taken for published. */
static void an_assumed_policy_takes_the_place_of_what_is_kept(void **state)
{
    struct world *w = *state;
    keep_policy(w, "1");
    sts->assumed = "new.txt";
    expect_at_backup(w, DELIVERY_AUTHENTICATED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_policy_that_changes_needs_another_id),
        TEST(a_policy_that_is_the_same_needs_none),
        TEST(without_an_earlier_id_nothing_is_said_of_it),
        TEST(what_a_sender_keeps_in_its_cache),
        TEST(an_assumed_policy_takes_the_place_of_what_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

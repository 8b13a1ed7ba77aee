/* SPDX-License-Identifier: Apache-2.0 */
/* test_spf - records that protect, records that receivers stop at, and records that permit too many or too few. */
#include "mail_names_world.h"

static void test_a_good_record(void **state)
{
    struct world *w = *state;
    with_spf(w);
    expect_findings(w, "");
    expect_verdict(w, "spf.mx-covered", "", VERDICT_PASS);
}

static struct spf_record_seen *without_record(struct world *w)
{
    struct spf_record_seen *r = with_spf(w)->walk.record;
    *r = (struct spf_record_seen){.domain = STR("example.org"), .txt = {.status = DNS_NODATA}};
    w->facts.spf.walk = (struct spf_walk_facts){.wanted = true, .record = r};
    return r;
}

static void test_no_record(void **state)
{
    struct world *w = *state;
    without_record(w);
    expect_findings(w, "spf.published");
    expect_via(w, "spf.single", "", VERDICT_NA, "spf.published");
    w->facts.spf.type99.status = DNS_FOUND;
    expect_detail(w, "spf.published", "", "withdrawn type");
}

static void test_no_answer_is_no_missing_record(void **state)
{
    struct world *w = *state;
    without_record(w)->txt.status = DNS_TIMEOUT;
    expect_findings(w, "spf.published:dns_failure");
    without_record(w)->txt.status = DNS_NOT_ASKED; /* no memory was left */
    expect_findings(w, "spf.published:limit");
    w->facts.spf.walk.record = NULL;
    expect_findings(w, "spf.published:limit");
}

static void test_who_is_not_asked_for_it(void **state)
{
    struct world *w = *state;
    without_record(w)->txt.status = DNS_NOT_ASKED;
    w->facts.spf.walk.error = "no domain name of two labels or more";
    expect_findings(w, "");
    without_record(w);
    w->facts.mx.status = MX_NULL;
    expect_verdict(w, "spf.published", "", VERDICT_NA);
    w->facts.mx.status = MX_PRESENT;
    w->facts.spf.wanted = false;
    expect_findings(w, "");
}

static void test_two_records(void **state)
{
    struct world *w = *state;
    with_spf(w)->walk.record->count = 2;
    w->facts.spf.walk.error = "more than one SPF record";
    expect_findings(w, "spf.single");
    expect_detail(w, "spf.single", "", "2 SPF records");
    expect_via(w, "spf.syntax", "", VERDICT_NA, "spf.single");
    expect_via(w, "spf.lookups", "", VERDICT_NA, "spf.single");
}

static void test_an_error_in_an_included_record(void **state)
{
    struct world *w = *state;
    struct spf_walk_facts *walk = &with_spf(w)->walk;
    walk->error = "the target of an include or redirect has no SPF record";
    walk->error_at = (struct spf_place){.domain = STR("gone.example")};
    expect_findings(w, "spf.syntax");
    expect_detail(w, "spf.syntax", "", "the record of gone.example");
    walk->lookups = 11;
    expect_findings(w, "spf.syntax"); /* one cause, one finding */
    expect_via(w, "spf.lookups", "", VERDICT_NA, "spf.syntax");
}

static void test_what_could_not_be_seen(void **state)
{
    struct world *w = *state;
    struct spf_walk_facts *walk = &with_spf(w)->walk;
    walk->incomplete = true;
    walk->incomplete_because = "the DNS gives no answer";
    walk->incomplete_at = (struct spf_place){.domain = STR("slow.example"), .term = STR("a")};
    expect_findings(w, "spf.syntax:dns_failure");
    expect_detail(w, "spf.syntax", "", "`a` in the record of slow.example");
    expect_via(w, "spf.lookups", "", VERDICT_UNKNOWN, "spf.syntax");
    walk->hit_limit = true;
    expect_findings(w, "spf.syntax:limit");
    walk->lookups = 11; /* that is proven all the same */
    expect_findings(w, "spf.syntax:limit spf.lookups");
}

static void test_limits(void **state)
{
    struct world *w = *state;
    struct spf_walk_facts *walk = &with_spf(w)->walk;
    walk->lookups = 10;
    walk->voids = 2;
    expect_findings(w, "");
    walk->lookups = 11;
    expect_findings(w, "spf.lookups");
    expect_detail(w, "spf.lookups", "", "11 terms");
    walk->lookups = 10;
    walk->voids = 3;
    expect_findings(w, "spf.lookups");
    walk->voids = 0;
    walk->too_many_names = (struct spf_place){STR("example.org"), STR("mx:big.example")};
    expect_findings(w, "spf.lookups");
    expect_detail(w, "spf.lookups", "", "`mx:big.example`");
}

static void test_everybody_is_permitted(void **state)
{
    struct world *w = *state;
    with_spf(w)->walk.all_qualifier = '+';
    expect_findings(w, "spf.permits-all");
    with_spf(w)->walk.ip6_permits_all = true;
    expect_findings(w, "spf.permits-all");
    with_spf(w)->walk.ip4_permitted = (1 << 24) + 1;
    expect_findings(w, "spf.permits-all");
    with_spf(w)->walk.ip4_permitted = 1 << 24;
    expect_findings(w, "");
}

/* The author of the domain's record ends it himself. */
static void test_all_in_an_included_record(void **state)
{
    struct world *w = *state;
    with_spf(w)->walk.permits_all = (struct spf_place){STR("provider.example"), STR("+all")};
    expect_findings(w, "");
}

static void test_how_it_ends(void **state)
{
    struct world *w = *state;
    struct spf_walk_facts *walk = &with_spf(w)->walk;
    walk->all_qualifier = '~';
    expect_findings(w, "");
    walk->all_qualifier = '?';
    expect_findings(w, "spf.all-qualifier");
    walk->all_qualifier = 0;
    expect_findings(w, "spf.all-qualifier");
    expect_detail(w, "spf.all-qualifier", "", "without `all`");
}

static void test_an_end_behind_redirects(void **state)
{
    struct world *w = *state;
    struct spf_walk_facts *walk = &with_spf(w)->walk;
    struct spf_record_seen other = {.domain = STR("other.example"), .count = 1};
    struct spf_term_seen *redirect = walk->record->terms->next;
    *redirect = (struct spf_term_seen){.text = STR("redirect=other.example"), .kind = SPF_REDIRECT, .record = &other};
    walk->all_qualifier = 0;
    expect_findings(w, "spf.all-qualifier");
    redirect->record = NULL; /* its name depends on the message */
    expect_findings(w, "");
    walk->record->terms->next = NULL;
    walk->trace_left_out = 1;
    expect_findings(w, "");
}

static void test_useless_parts(void **state)
{
    struct world *w = *state;
    struct spf_lint *l = &with_spf(w)->walk.record->lint;
    const struct spf_lint good = *l;
    struct str *parts[] = {&l->ptr, &l->after_all, &l->redirect_beside_all, &l->odd_macro};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        *l = good;
        *parts[i] = STR("the-part");
        expect_findings(w, "spf.hygiene");
        expect_detail(w, "spf.hygiene", "", "`the-part`");
    }
    *l = good;
    l->octets = 450;
    expect_findings(w, "");
    l->octets = 451;
    expect_findings(w, "spf.hygiene");
    *l = good;
    w->facts.spf.type99.status = DNS_FOUND;
    expect_findings(w, "spf.hygiene");
    w->facts.spf.type99.status = DNS_FAILED;
    expect_findings(w, "");
}

static void set_results(struct world *w, enum spf_result result)
{
    for (size_t i = 0; i < w->facts.spf.check_count; i++)
        w->facts.spf.checks[i].result = result;
}

static void test_own_hosts_may_not_send(void **state)
{
    struct world *w = *state;
    with_spf(w);
    set_results(w, SPF_FAIL);
    expect_findings(w, "spf.mx-covered");
    expect_detail(w, "spf.mx-covered", "", "fail for");
    w->facts.spf.checks[MX2_V6].result = SPF_PASS; /* one is enough */
    expect_findings(w, "");
}

static void test_hosts_of_a_provider_need_not_send(void **state)
{
    struct world *w = *state;
    with_spf(w);
    set_results(w, SPF_FAIL);
    w->mx1->organisational_domain = w->mx2->organisational_domain = "provider.example";
    expect_verdict(w, "spf.mx-covered", "", VERDICT_NA);
    w->mx2->organisational_domain = "example.org";
    expect_verdict(w, "spf.mx-covered", "", VERDICT_FAIL);
}

static void test_results_that_are_none(void **state)
{
    struct world *w = *state;
    with_spf(w);
    set_results(w, SPF_FAIL);
    w->facts.spf.checks[MX1_V4].result = SPF_TEMPERROR;
    expect_findings(w, "spf.mx-covered:dns_failure");
    w->facts.spf.checks[MX1_V4].result = SPF_FAIL;
    w->facts.spf.check_count--; /* past the limit */
    expect_findings(w, "spf.mx-covered:limit");
}

/* That is the finding of another row already. */
static void test_a_host_without_known_addresses(void **state)
{
    struct world *w = *state;
    with_spf(w);
    set_results(w, SPF_TEMPERROR);
    w->mx1->a.status = DNS_FAILED;
    expect_verdict(w, "spf.mx-covered", "", VERDICT_UNKNOWN);
    assert_true(verdict_about(w, "spf.mx-covered", "")->derived);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(test_a_good_record),
        WORLD_TEST(test_no_record),
        WORLD_TEST(test_no_answer_is_no_missing_record),
        WORLD_TEST(test_who_is_not_asked_for_it),
        WORLD_TEST(test_two_records),
        WORLD_TEST(test_an_error_in_an_included_record),
        WORLD_TEST(test_what_could_not_be_seen),
        WORLD_TEST(test_limits),
        WORLD_TEST(test_everybody_is_permitted),
        WORLD_TEST(test_all_in_an_included_record),
        WORLD_TEST(test_how_it_ends),
        WORLD_TEST(test_an_end_behind_redirects),
        WORLD_TEST(test_useless_parts),
        WORLD_TEST(test_own_hosts_may_not_send),
        WORLD_TEST(test_hosts_of_a_provider_need_not_send),
        WORLD_TEST(test_results_that_are_none),
        WORLD_TEST(test_a_host_without_known_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

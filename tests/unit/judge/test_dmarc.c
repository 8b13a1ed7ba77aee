/* SPDX-License-Identifier: Apache-2.0 */
/* test_dmarc - policies that protect and policies that do not, and where their reports go. */
#include "mail_names_world.h"

static void withdraw(struct world *w)
{
    with_dmarc(w);
    w->facts.dmarc.policy = NULL;
    w->facts.dmarc.steps[0] = (struct dmarc_step){.domain = "example.org", .txt = {.status = DNS_NXDOMAIN}};
}

static void test_a_strict_policy_with_reports(void **state)
{
    struct world *w = *state;
    with_dmarc(w);
    expect_findings(w, "");
    expect_verdict(w, "dmarc.report-destination", "", VERDICT_PASS);
}

static void test_no_record_up_to_the_top(void **state)
{
    struct world *w = *state;
    withdraw(w);
    expect_findings(w, "dmarc.published");
    expect_detail(w, "dmarc.published", "", "nor at any name above it");
    expect_via(w, "dmarc.policy", "", VERDICT_NA, "dmarc.published");
    w->facts.dmarc.step_count = 1;
    expect_detail(w, "dmarc.published", "", "There is no record at _dmarc.example.org.");
}

static void test_what_was_published_instead_is_named(void **state)
{
    struct world *w = *state;
    withdraw(w);
    w->facts.dmarc.misplaced = STR("v=DMARC1; p=none");
    expect_detail(w, "dmarc.published", "", "at example.org itself");
    w->facts.dmarc.steps[0].near_miss = STR("p=none; v=DMARC1");
    expect_detail(w, "dmarc.published", "", "does not begin with");
}

static void test_a_null_mx_domain_is_not_asked_for_it_here(void **state)
{
    struct world *w = *state;
    withdraw(w);
    w->facts.mx.status = MX_NULL;
    expect_verdict(w, "dmarc.published", "", VERDICT_NA);
    expect_verdict(w, "dmarc.record-valid", "", VERDICT_NA);
}

static void test_not_asked_for(void **state)
{
    struct world *w = *state;
    withdraw(w);
    w->facts.dmarc.wanted = false;
    expect_findings(w, "");
}

static void test_a_failed_look_up_is_no_missing_policy(void **state)
{
    struct world *w = *state;
    withdraw(w);
    w->facts.dmarc.steps[0].txt.status = DNS_FAILED;
    w->facts.dmarc.complete = false;
    w->facts.dmarc.organisational_domain = NULL;
    expect_findings(w, "dmarc.published:dns_failure");
    expect_detail(w, "dmarc.published", "", "_dmarc.example.org could not be looked up");
    w->facts.dmarc.steps[0].txt.status = DNS_NXDOMAIN; /* our own limit ended it */
    expect_findings(w, "dmarc.published:limit");
}

/* The own record stands whatever happened above it; only what needs the organisation is open. */
static void test_a_failed_look_up_above_the_own_record(void **state)
{
    struct world *w = *state;
    with_dmarc(w);
    w->facts.dmarc.steps[1].txt.status = DNS_TIMEOUT;
    w->facts.dmarc.complete = false;
    w->facts.dmarc.organisational_domain = NULL;
    expect_findings(w, "dmarc.subdomains:dns_failure");
}

static void test_two_records(void **state)
{
    struct world *w = *state;
    withdraw(w);
    w->facts.dmarc.steps[0].txt.status = DNS_FOUND;
    w->facts.dmarc.steps[0].count = 2;
    expect_findings(w, "dmarc.published dmarc.record-valid");
    expect_detail(w, "dmarc.published", "", "2 records");
}

static void test_two_records_above_are_a_flaw_though_a_policy_applies(void **state)
{
    struct world *w = *state;
    with_dmarc(w);
    w->facts.dmarc.steps[1].txt.status = DNS_FOUND;
    w->facts.dmarc.steps[1].count = 2;
    expect_findings(w, "dmarc.record-valid");
}

static void test_p_none(void **state)
{
    struct world *w = *state;
    struct dmarc_record *r = with_dmarc(w);
    r->p = DMARC_NONE;
    expect_findings(w, "dmarc.policy");
    r->testing = true; /* lowers nothing */
    expect_detail(w, "dmarc.policy", "", "The policy of _dmarc.example.org is none.");
}

static void test_t_lowers_by_one_step(void **state)
{
    struct world *w = *state;
    with_dmarc(w)->testing = true;
    expect_findings(w, ""); /* reject counts as quarantine */
    with_dmarc(w)->p = DMARC_QUARANTINE;
    expect_findings(w, "");
    w->facts.dmarc.steps[0].record.testing = true;
    expect_findings(w, "dmarc.policy");
    expect_detail(w, "dmarc.policy", "", "t=y");
}

static void test_a_record_without_p(void **state)
{
    struct world *w = *state;
    struct dmarc_record *r = with_dmarc(w);
    r->p = DMARC_MISSING;
    r->flaw = "`p` is missing";
    expect_findings(w, "dmarc.record-valid dmarc.policy");
    expect_detail(w, "dmarc.policy", "", "As `p` is missing");
}

static void test_an_invalid_sp_makes_the_policy_none(void **state)
{
    struct world *w = *state;
    struct dmarc_record *r = with_dmarc(w);
    r->sp = DMARC_INVALID;
    r->flaw = "`sp` is not none, quarantine or reject";
    expect_findings(w, "dmarc.record-valid dmarc.policy");
}

static void test_sp_and_np_weaker_than_p(void **state)
{
    struct world *w = *state;
    with_dmarc(w)->sp = DMARC_NONE;
    expect_findings(w, "dmarc.subdomains");
    with_dmarc(w)->np = DMARC_QUARANTINE;
    expect_findings(w, "dmarc.subdomains");
    with_dmarc(w)->sp = DMARC_REJECT;
    expect_findings(w, "");
}

static void test_names_below_are_the_organisation_s(void **state)
{
    struct world *w = *state;
    with_dmarc(w)->sp = DMARC_NONE;
    w->facts.dmarc.steps[0].record.p = DMARC_INVALID;
    expect_verdict(w, "dmarc.subdomains", "", VERDICT_NA); /* nothing to compare with */
    with_dmarc(w)->sp = DMARC_NONE;
    w->facts.dmarc.steps[0].domain = "mail.example.org";
    expect_verdict(w, "dmarc.subdomains", "", VERDICT_NA); /* the organisation's sp counts below it */
}

/* sp is what applies to a name that has no record of its own; that the record is not the organisation's own is not its fault. */
static void test_an_inherited_policy(void **state)
{
    struct world *w = *state;
    with_dmarc(w);
    struct dmarc_facts *f = &w->facts.dmarc;
    f->steps[2] = f->steps[1];
    f->steps[1] = f->steps[0];
    f->steps[0] = (struct dmarc_step){.domain = "mail.example.org", .txt = {.status = DNS_NXDOMAIN}};
    f->step_count = 3;
    f->policy = &f->steps[1];
    expect_findings(w, "");
    f->steps[1].record.sp = DMARC_NONE;
    expect_findings(w, "dmarc.policy dmarc.subdomains");
}

static void test_psd_y_is_for_public_suffixes(void **state)
{
    struct world *w = *state;
    with_dmarc(w)->psd = DMARC_PSD_YES;
    expect_findings(w, "dmarc.record-valid");
    w->facts.dmarc.steps[0].is_public_suffix = true;
    expect_findings(w, "");
}

static void test_nobody_gets_reports(void **state)
{
    struct world *w = *state;
    with_dmarc(w)->rua_count = 0;
    w->facts.dmarc.destination_count = 0;
    expect_findings(w, "dmarc.reports");
}

static void test_a_foreign_destination_must_agree(void **state)
{
    struct world *w = *state;
    with_dmarc(w);
    struct dmarc_destination *d = &w->facts.dmarc.destinations[0];
    d->host = "reports.example";
    d->external = true;
    d->agreement.status = DNS_FOUND;
    d->agreement_count = 1;
    expect_findings(w, "");
    d->agreement_count = 2;
    expect_findings(w, "dmarc.report-destination");
    d->agreement_count = 0;
    expect_findings(w, "dmarc.report-destination");
    expect_detail(w, "dmarc.report-destination", "", "example.org._report._dmarc.reports.example");
    d->agreement.status = DNS_TIMEOUT;
    expect_findings(w, "dmarc.report-destination:dns_failure");
    w->facts.dmarc.destinations[1] = *d;
    w->facts.dmarc.destinations[1].host = "other.example";
    w->facts.dmarc.destination_count = 2;
    expect_detail(w, "dmarc.report-destination", "", "Whether reports.example takes");
}

static void test_a_destination_must_take_mail(void **state)
{
    struct world *w = *state;
    with_dmarc(w);
    struct dmarc_destination *d = &w->facts.dmarc.destinations[0];
    d->mail.null_mx = true;
    expect_findings(w, ""); /* example.org itself: of it the rows of its mail hosts speak */
    d->host = "mail.example.org";
    expect_findings(w, "dmarc.report-destination");
    d->mail.null_mx = false;
    d->mail.mx.status = DNS_NXDOMAIN;
    expect_findings(w, "dmarc.report-destination");
    d->mail.mx.status = DNS_NODATA;
    d->mail.a.status = DNS_NODATA;
    d->mail.aaaa.status = DNS_FOUND; /* an implicit MX */
    expect_findings(w, "");
    d->mail.aaaa.status = DNS_NODATA;
    expect_findings(w, "dmarc.report-destination");
    d->mail.a.status = DNS_FAILED;
    expect_findings(w, "dmarc.report-destination:dns_failure");
    d->host = NULL; /* https: nobody says it must not */
    expect_findings(w, "");
}

static void test_withdrawn_tags(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < 4; i++) {
        struct dmarc_record *r = with_dmarc(w);
        bool *const flags[] = {&r->has_pct, &r->has_rf, &r->has_ri, &r->has_size_limit};
        *flags[i] = true;
        expect_findings(w, "dmarc.legacy-tags");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(test_a_strict_policy_with_reports),
        WORLD_TEST(test_no_record_up_to_the_top),
        WORLD_TEST(test_what_was_published_instead_is_named),
        WORLD_TEST(test_a_null_mx_domain_is_not_asked_for_it_here),
        WORLD_TEST(test_not_asked_for),
        WORLD_TEST(test_a_failed_look_up_is_no_missing_policy),
        WORLD_TEST(test_a_failed_look_up_above_the_own_record),
        WORLD_TEST(test_two_records),
        WORLD_TEST(test_two_records_above_are_a_flaw_though_a_policy_applies),
        WORLD_TEST(test_p_none),
        WORLD_TEST(test_t_lowers_by_one_step),
        WORLD_TEST(test_a_record_without_p),
        WORLD_TEST(test_an_invalid_sp_makes_the_policy_none),
        WORLD_TEST(test_sp_and_np_weaker_than_p),
        WORLD_TEST(test_names_below_are_the_organisation_s),
        WORLD_TEST(test_an_inherited_policy),
        WORLD_TEST(test_psd_y_is_for_public_suffixes),
        WORLD_TEST(test_nobody_gets_reports),
        WORLD_TEST(test_a_foreign_destination_must_agree),
        WORLD_TEST(test_a_destination_must_take_mail),
        WORLD_TEST(test_withdrawn_tags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

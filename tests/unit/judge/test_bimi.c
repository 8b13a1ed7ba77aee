/* SPDX-License-Identifier: Apache-2.0 */
/* test_bimi - rows of the area bimi: the record, how strict DMARC is, and the two files. */
#include "mail_names_world.h"

static struct bimi_facts *bimi;

static int set_up(void **state)
{
    int failed = world_setup(state);
    if (failed)
        return failed;
    struct world *w = *state;
    with_dmarc(w);
    bimi = with_bimi(w);
    return 0;
}

static void decline(void)
{
    bimi->declined = true;
    bimi->logo_file.url = bimi->evidence_file.url = (struct str){NULL, 0};
    bimi->logo = NULL;
    bimi->evidence = NULL;
}

static void nothing_is_wrong_with_a_good_logo(void **state)
{
    expect_findings(*state, "");
    expect_verdict(*state, "bimi.record", "", VERDICT_PASS);
    expect_verdict(*state, "bimi.dmarc-ready", "", VERDICT_PASS);
    expect_verdict(*state, "bimi.assets", "", VERDICT_PASS);
}

static void nobody_asked_or_nothing_is_there(void **state)
{
    struct world *w = *state;
    bimi->record.count = 0;
    expect_verdict(w, "bimi.record", "", VERDICT_NA);
    expect_via(w, "bimi.assets", "", VERDICT_NA, "bimi.record");
    bimi->record.count = 2;
    bimi->wanted = false;
    expect_verdict(w, "bimi.record", "", VERDICT_NA);
}

static void a_domain_that_takes_no_mail_is_not_judged(void **state)
{
    struct world *w = *state;
    bimi->record.count = 2;
    w->facts.mx.status = MX_NULL;
    expect_verdict(w, "bimi.record", "", VERDICT_NA);
}

static void bogus_names_have_their_own_row(void **state)
{
    struct world *w = *state;
    bimi->record.count = 2;
    w->facts.mx.status = MX_DNS_FAILURE;
    w->facts.mx.lookup.status = DNS_BOGUS;
    w->facts.mx.lookup.dnssec = DNSSEC_BOGUS;
    expect_verdict(w, "dns.dnssec-valid", "", VERDICT_FAIL);
    expect_via(w, "bimi.record", "", VERDICT_NA, "dns.domain-exists");
}

static void records_that_receivers_do_not_use(void **state)
{
    struct world *w = *state;
    bimi->record.count = 2;
    expect_findings(w, "bimi.record");
    expect_detail(w, "bimi.record", "", "default._bimi.example.org has 2 records");
    bimi->record.count = 1;
    bimi->record.flaw = "`l` is no https URL";
    expect_findings(w, "bimi.record");
    expect_detail(w, "bimi.record", "", "In the record of default._bimi.example.org `l` is no https URL: `v=BIMI1; l=https://");
    expect_via(w, "bimi.assets", "", VERDICT_NA, "bimi.record");
    expect_via(w, "bimi.dmarc-ready", "", VERDICT_NA, "bimi.record");
}

static void a_record_that_cannot_be_looked_up(void **state)
{
    bimi->record.count = 0;
    bimi->record.txt.status = DNS_TIMEOUT;
    expect_findings(*state, "bimi.record:dns_failure");
    expect_via(*state, "bimi.assets", "", VERDICT_UNKNOWN, "bimi.record");
}

static void who_declines_needs_nothing_more(void **state)
{
    struct world *w = *state;
    decline();
    w->facts.dmarc.steps[0].record.p = DMARC_NONE;
    expect_findings(w, "dmarc.policy");
    expect_verdict(w, "bimi.record", "", VERDICT_PASS);
    expect_verdict(w, "bimi.dmarc-ready", "", VERDICT_NA);
    expect_verdict(w, "bimi.assets", "", VERDICT_NA);
}

static void dmarc_must_be_strict(void **state)
{
    struct world *w = *state;
    struct dmarc_record *r = &w->facts.dmarc.steps[0].record;
    r->p = DMARC_QUARANTINE;
    expect_verdict(w, "bimi.dmarc-ready", "", VERDICT_PASS);
    r->testing = true;
    expect_verdict(w, "bimi.dmarc-ready", "", VERDICT_FAIL);
    r->testing = false;
    r->p = DMARC_NONE;
    expect_findings(w, "dmarc.policy bimi.dmarc-ready");
    expect_detail(w, "bimi.dmarc-ready", "", "The DMARC policy of _dmarc.example.org comes to none.");
    r->p = DMARC_REJECT;
    r->sp = DMARC_NONE;
    expect_findings(w, "dmarc.subdomains bimi.dmarc-ready");
    expect_detail(w, "bimi.dmarc-ready", "", "sp=none");
    r->sp = DMARC_QUARANTINE;
    expect_verdict(w, "bimi.dmarc-ready", "", VERDICT_PASS);
}

static void without_dmarc(void **state)
{
    struct world *w = *state;
    struct dmarc_facts *d = &w->facts.dmarc;
    d->steps[0].count = 0;
    d->policy = NULL;
    expect_findings(w, "dmarc.published bimi.dmarc-ready");
    d->complete = false;
    d->steps[0].txt.status = DNS_FAILED;
    expect_via(w, "bimi.dmarc-ready", "", VERDICT_UNKNOWN, "dmarc.published");
}

static void the_organisation_must_be_strict_as_well(void **state)
{
    struct world *w = *state;
    struct dmarc_facts *d = &w->facts.dmarc;
    d->steps[1] = (struct dmarc_step){.domain = "org", .txt = {.status = DNS_FOUND}, .count = 1};
    d->steps[1].record = (struct dmarc_record){.p = DMARC_QUARANTINE};
    d->organisational_domain = "org";
    expect_verdict(w, "bimi.dmarc-ready", "", VERDICT_PASS);
    d->steps[1].record.sp = DMARC_NONE;
    expect_detail(w, "bimi.dmarc-ready", "", "The DMARC record of _dmarc.org says sp=none.");
    d->steps[1].record = (struct dmarc_record){.p = DMARC_NONE};
    expect_detail(w, "bimi.dmarc-ready", "", "The DMARC policy of _dmarc.org, the domain of the organisation, is none.");
    d->steps[1].count = 2; /* receivers use neither */
    expect_verdict(w, "bimi.dmarc-ready", "", VERDICT_PASS);
    d->organisational_domain = NULL;
    expect_unknown(w, "bimi.dmarc-ready", "", REASON_DNS_FAILURE);
}

static void files_that_cannot_be_fetched(void **state)
{
    static const struct {
        enum fetch_result result;
        int status;
        const char *found;
    } cases[] = {
        {FETCH_DONE, 404, "bimi.assets"},           {FETCH_DONE, 301, "bimi.assets"},           {FETCH_DONE, 429, "bimi.assets:throttled"},
        {FETCH_TOO_LARGE, 200, "bimi.assets"},      {FETCH_CERT_NAME, 0, "bimi.assets"},        {FETCH_CERT_DATES, 0, "bimi.assets"},
        {FETCH_CERT_UNTRUSTED, 0, "bimi.assets"},   {FETCH_TLS_OLD, 0, "bimi.assets"},          {FETCH_TLS_FAILED, 0, "bimi.assets"},
        {FETCH_NO_ADDRESS, 0, "bimi.assets"},       {FETCH_NOT_ALLOWED, 0, "bimi.assets"},      {FETCH_BROKEN, 0, "bimi.assets"},
        {FETCH_CLOSED, 0, "bimi.assets:throttled"}, {FETCH_TROUBLE, 0, "bimi.assets:internal"}, {FETCH_NOT_TRIED, 0, "bimi.assets:not_probed"},
    };
    struct world *w = *state;
    struct svg_facts *logo = bimi->logo;
    for (size_t i = 0; i < 2 * (sizeof cases / sizeof *cases); i++) {
        struct bimi_file *file = i % 2 ? &bimi->evidence_file : &bimi->logo_file;
        const struct fetch_facts good = file->fetch;
        file->fetch.result = cases[i / 2].result;
        file->fetch.status = cases[i / 2].status;
        bimi->logo = i % 2 ? logo : NULL;
        expect_findings(w, cases[i / 2].found);
        file->fetch = good;
        bimi->logo = logo;
    }
    bimi->logo_file.fetch.result = FETCH_TOO_LARGE;
    expect_detail(w, "bimi.assets", "", "www.example.org answers with a file of more than 32768 octets.");
}

static void silence_is_theirs_when_our_own_way_out_is_proven(void **state)
{
    struct world *w = *state;
    bimi->logo_file.fetch = (struct fetch_facts){.result = FETCH_TIMEOUT};
    w->facts.vantage.https_v4 = (struct egress_facts){.needed = true, .state = EGRESS_UNKNOWN};
    expect_findings(w, "bimi.assets:blocked_egress");
    w->facts.vantage.https_v4.state = EGRESS_OPEN;
    expect_findings(w, "bimi.assets");
    bimi->logo_file.port = 8443; /* which no control host stands for */
    expect_findings(w, "bimi.assets:blocked_egress");
    bimi->logo_file.fetch = (struct fetch_facts){.result = FETCH_TIMEOUT, .connected = true};
    expect_findings(w, "bimi.assets");
    expect_detail(w, "bimi.assets", "", "accepts connections on port 8443");
}

static void what_a_host_does_instead_is_told(void **state)
{
    static const struct {
        struct fetch_facts fetch;
        const char *words;
    } cases[] = {
        {{.result = FETCH_REFUSED}, "www.example.org refuses connections on port 443"},
        {{.result = FETCH_UNREACHABLE}, "www.example.org is unreachable on port 443"},
        {{.result = FETCH_TIMEOUT}, "www.example.org does not answer on port 443"},
        {{.result = FETCH_DONE, .status = 299}, "status 299 instead of 200."},
        {{.result = FETCH_DONE, .status = 300}, "status 300, a redirect; it is not followed."},
        {{.result = FETCH_DONE, .status = 399, .location = "https://cdn.test/"}, "status 399, a redirect to https://cdn.test/; it is not followed."},
        {{.result = FETCH_DONE, .status = 400}, "status 400 instead of 200."},
    };
    struct world *w = *state;
    w->facts.vantage.https_v4 = (struct egress_facts){.needed = true, .state = EGRESS_OPEN};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bimi->logo_file.fetch = cases[i].fetch;
        expect_detail(w, "bimi.assets", "", cases[i].words);
    }
}

static void addresses_that_cannot_be_looked_up(void **state)
{
    struct world *w = *state;
    bimi->logo_file.fetch = (struct fetch_facts){.result = FETCH_NO_ADDRESS};
    bimi->logo_file.a.status = DNS_FAILED;
    expect_findings(w, "bimi.assets:dns_failure");
    expect_detail(w, "bimi.assets", "", "The A records of www.example.org could not be looked up");
    bimi->logo_file.a.status = DNS_NODATA;
    bimi->logo_file.aaaa.status = DNS_FAILED;
    expect_detail(w, "bimi.assets", "", "The AAAA records of www.example.org could not be looked up");
}

static void hosts_that_the_dns_is_not_asked_for(void **state)
{
    bimi->logo_file.host = NULL;
    expect_findings(*state, "bimi.assets:not_probed");
}

static void logos_with_flaws(void **state)
{
    struct world *w = *state;
    bimi->logo->flaw = "it has a script";
    bimi->logo->flaw_at = STR("script");
    expect_findings(w, "bimi.assets");
    expect_detail(w, "bimi.assets", "", "The logo is not what SVG Tiny PS wants: it has a script (`script`).");
    *bimi->logo = (struct svg_facts){.flaw = "it has no title"};
    expect_detail(w, "bimi.assets", "", "it has no title.");
    *bimi->logo = (struct svg_facts){.compressed = true};
    expect_unknown(w, "bimi.assets", "", REASON_NOT_PROBED);
    bimi->evidence->for_bimi = false; /* what is known to be wrong comes first */
    expect_verdict(w, "bimi.assets", "", VERDICT_FAIL);
    bimi->evidence->for_bimi = true;
    bimi->logo = NULL;
    expect_unknown(w, "bimi.assets", "", REASON_INTERNAL);
}

static void either_file_may_be_alone(void **state)
{
    struct world *w = *state;
    struct bimi_evidence *evidence = bimi->evidence;
    bimi->evidence_file = (struct bimi_file){0};
    bimi->evidence = NULL;
    expect_verdict(w, "bimi.assets", "", VERDICT_PASS);
    bimi->evidence_file.url = bimi->logo_file.url;
    bimi->evidence_file = bimi->logo_file;
    bimi->evidence = evidence;
    bimi->logo_file = (struct bimi_file){0};
    bimi->logo = NULL;
    expect_verdict(w, "bimi.assets", "", VERDICT_PASS);
}

static void evidence_with_flaws(void **state)
{
    struct world *w = *state;
    const struct bimi_evidence good = *bimi->evidence;
    bimi->evidence->leaf.not_after.s = w->now.s - 300; /* the clocks may differ a little */
    expect_findings(w, "");
    bimi->evidence->leaf.not_after.s--;
    expect_findings(w, "bimi.assets");
    expect_detail(w, "bimi.assets", "", "The certificate of the evidence expired on 2026-11-25.");
    *bimi->evidence = good;
    bimi->evidence->leaf.not_before.s = w->now.s + 300;
    expect_findings(w, "");
    bimi->evidence->leaf.not_before.s++;
    expect_detail(w, "bimi.assets", "", "valid only from 2026-11-25 on");
    *bimi->evidence = good;
    bimi->evidence->for_bimi = false;
    expect_detail(w, "bimi.assets", "", "\"CN=A brand\", is not meant for BIMI");
    *bimi->evidence = good;
    bimi->evidence->names_domain = false;
    expect_detail(w, "bimi.assets", "", "\"CN=A brand\", is not for example.org.");
    bimi->evidence->is_certificate = false;
    expect_detail(w, "bimi.assets", "", "does not begin with a certificate in PEM form");
    bimi->evidence = NULL;
    expect_unknown(w, "bimi.assets", "", REASON_INTERNAL);
}

int main(void)
{
#define T(function) cmocka_unit_test_setup_teardown(function, set_up, world_teardown)
    const struct CMUnitTest tests[] = {
        T(nothing_is_wrong_with_a_good_logo),
        T(nobody_asked_or_nothing_is_there),
        T(a_domain_that_takes_no_mail_is_not_judged),
        T(bogus_names_have_their_own_row),
        T(records_that_receivers_do_not_use),
        T(a_record_that_cannot_be_looked_up),
        T(who_declines_needs_nothing_more),
        T(dmarc_must_be_strict),
        T(without_dmarc),
        T(the_organisation_must_be_strict_as_well),
        T(files_that_cannot_be_fetched),
        T(silence_is_theirs_when_our_own_way_out_is_proven),
        T(what_a_host_does_instead_is_told),
        T(addresses_that_cannot_be_looked_up),
        T(hosts_that_the_dns_is_not_asked_for),
        T(logos_with_flaws),
        T(either_file_may_be_alone),
        T(evidence_with_flaws),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

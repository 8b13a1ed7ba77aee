/* SPDX-License-Identifier: Apache-2.0 */
/* test_tlsrpt - the record of TLS-RPT, and where its reports go. */
#include "sender_world.h"

static struct tls_rpt_facts *rpt;

static int set_up(void **state)
{
    int failed = world_setup(state);
    if (failed)
        return failed;
    struct world *w = *state;
    with_tls_rpt(w);
    rpt = &w->facts.tls_rpt;
    return 0;
}

static void the_record(void **state)
{
    struct world *w = *state;
    expect_findings(w, "");
    expect_verdict(w, "tlsrpt.destination", "", VERDICT_PASS);
    rpt->record.flaw = "it has no `rua`";
    expect_findings(w, "tlsrpt.record");
    expect_detail(w, "tlsrpt.record", "", "it has no `rua`");
    expect_via(w, "tlsrpt.destination", "", VERDICT_NA, "tlsrpt.record");
    rpt->record.flaw = NULL;
    rpt->record.count = 2;
    expect_findings(w, "tlsrpt.record");
    rpt->record.count = 0;
    expect_findings(w, "tlsrpt.published");
    expect_detail(w, "tlsrpt.published", "", "none that begins with `v=TLSRPTv1;`");
    set_lookup(&rpt->record.txt, DNS_NXDOMAIN, DNSSEC_SECURE);
    expect_findings(w, "tlsrpt.published");
    expect_via(w, "tlsrpt.record", "", VERDICT_NA, "tlsrpt.published");
    set_lookup(&rpt->record.txt, DNS_TIMEOUT, DNSSEC_INDETERMINATE);
    expect_findings(w, "tlsrpt.published:dns_failure");
    rpt->wanted = false;
    expect_findings(w, "");
}

static void destinations(void **state)
{
    static const struct {
        unsigned kind;
        const char *host;
        enum dns_status mx, a, aaaa;
        bool null_mx;
        const char *found, *detail;
    } cases[] = {
        {TLS_RPT_MAILTO, "r.test", DNS_FOUND, DNS_NOT_ASKED, DNS_NOT_ASKED, false, "", NULL},
        {TLS_RPT_MAILTO, "r.test", DNS_NODATA, DNS_FOUND, DNS_NODATA, false, "", NULL},
        {TLS_RPT_MAILTO, "r.test", DNS_NODATA, DNS_TIMEOUT, DNS_FOUND, false, "", NULL},
        {TLS_RPT_MAILTO, "r.test", DNS_FOUND, DNS_NOT_ASKED, DNS_NOT_ASKED, true, "tlsrpt.destination", "r.test takes no mail"},
        {TLS_RPT_MAILTO, "r.test", DNS_NXDOMAIN, DNS_NOT_ASKED, DNS_NOT_ASKED, false, "tlsrpt.destination", "r.test does not exist"},
        {TLS_RPT_MAILTO, "r.test", DNS_NODATA, DNS_NODATA, DNS_NODATA, false, "tlsrpt.destination", "has no MX record and no address"},
        {TLS_RPT_MAILTO, "r.test", DNS_NODATA, DNS_NODATA, DNS_FAILED, false, "tlsrpt.destination:dns_failure", "reports to r.test"},
        {TLS_RPT_MAILTO, "r.test", DNS_BOGUS, DNS_NOT_ASKED, DNS_NOT_ASKED, false, "tlsrpt.destination:dns_failure", NULL},
        {TLS_RPT_MAILTO, "r.test", DNS_TROUBLE, DNS_NOT_ASKED, DNS_NOT_ASKED, false, "tlsrpt.destination:internal", NULL},
        {TLS_RPT_HTTPS, "r.test", DNS_NOT_ASKED, DNS_NODATA, DNS_FOUND, false, "", NULL},
        {TLS_RPT_HTTPS, "r.test", DNS_NOT_ASKED, DNS_NXDOMAIN, DNS_NXDOMAIN, false, "tlsrpt.destination", "r.test has no address"},
        {TLS_RPT_HTTPS, "r.test", DNS_NOT_ASKED, DNS_TIMEOUT, DNS_NODATA, false, "tlsrpt.destination:dns_failure", NULL},
        {TLS_RPT_HTTPS, NULL, DNS_NOT_ASKED, DNS_NOT_ASKED, DNS_NOT_ASKED, false, "", NULL}, /* an address */
    };
    struct world *w = *state;
    struct tls_rpt_destination *d = &rpt->destinations[1];
    rpt->destination_count = 2;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        *d = (struct tls_rpt_destination){.uri = STR("x:"), .kind = cases[i].kind, .host = cases[i].host, .mail.null_mx = cases[i].null_mx};
        set_lookup(&d->mail.mx, cases[i].mx, DNSSEC_INSECURE);
        set_lookup(&d->mail.a, cases[i].a, DNSSEC_INSECURE);
        set_lookup(&d->mail.aaaa, cases[i].aaaa, DNSSEC_INSECURE);
        expect_findings(w, cases[i].found);
        if (cases[i].detail)
            expect_detail(w, "tlsrpt.destination", "", cases[i].detail);
    }
}

/* One that is lost is lost, whatever is known of the other. */
static void two_destinations(void **state)
{
    struct world *w = *state;
    rpt->destination_count = 2;
    rpt->destinations[1] = (struct tls_rpt_destination){.kind = TLS_RPT_MAILTO, .host = "gone.test"};
    set_lookup(&rpt->destinations[1].mail.mx, DNS_NXDOMAIN, DNSSEC_INSECURE);
    set_lookup(&rpt->destinations[0].mail.mx, DNS_TIMEOUT, DNSSEC_INDETERMINATE);
    expect_findings(w, "tlsrpt.destination");
    set_lookup(&rpt->destinations[1].mail.mx, DNS_FOUND, DNSSEC_INSECURE);
    expect_findings(w, "tlsrpt.destination:dns_failure");
}

static void a_domain_with_an_assumed_mx_is_not_judged_by_its_present_one(void **state)
{
    struct world *w = *state;
    w->facts.mx.assumed = true;
    set_lookup(&rpt->destinations[0].mail.mx, DNS_NODATA, DNSSEC_SECURE);
    expect_findings(w, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_record),
        TEST(destinations),
        TEST(two_destinations),
        TEST(a_domain_with_an_assumed_mx_is_not_judged_by_its_present_one),
    };
    return cmocka_run_group_tests_name("judge tlsrpt", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* test_job_bimi - which record of BIMI a job asks for, what it fetches, and what stands in the facts afterwards. */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define SVG "<svg version='1.2' baseProfile='tiny-ps'><title>Good</title></svg>"
#define RECORD "v=BIMI1; l=https://www.good.test/logo.svg; a=https://www.good.test:8443/e.pem"
#define WEB "192.0.2.80"

static size_t asked(const struct world *w, const char *name)
{
    return scripted_dns_asked(w->prober.resolver, name, DNS_TXT);
}

static size_t fetched(const struct world *w, const char *place)
{
    return scripted_fetch_count(w->prober.fetcher, place);
}

static struct world *with_a_mail_host(void **state)
{
    struct world *w = *state;
    w->prober.options.bimi = true;
    one_mx(w, "192.0.2.1");
    serve(w, "192.0.2.1", 25, &healthy);
    return w;
}

static void page(struct world *w, const char *place, struct str body)
{
    assert_int_equal(scripted_fetch_serve(w->prober.fetcher, place, &(struct scripted_page){.result = FETCH_DONE, .body = body}), 0);
}

static void both_files_are_fetched(void **state)
{
    struct world *w = with_a_mail_host(state);
    dns(w, "default._bimi.good.test", DNS_TXT, RECORD);
    dns(w, "www.good.test", DNS_A, WEB);
    page(w, "www.good.test/logo.svg", STR(SVG));
    page(w, "www.good.test/e.pem", STR("no certificate"));
    const struct bimi_facts *f = &check(w, "good.test")->bimi;
    assert_string_equal(f->domain, "good.test");
    assert_int_equal(f->record.count, 1);
    assert_string_equal(f->logo_file.host, "www.good.test");
    assert_int_equal(f->logo_file.port, 443);
    assert_int_equal(f->evidence_file.port, 8443);
    assert_true(ip_eq(f->logo_file.fetch.ip, ip_of(WEB)));
    assert_non_null(f->logo);
    assert_null(f->logo->flaw);
    assert_non_null(f->evidence);
    assert_false(f->evidence->is_certificate);
    assert_int_equal(fetched(w, "www.good.test/logo.svg"), 1);
    assert_int_equal(fetched(w, "www.good.test/e.pem"), 1);
    assert_true(w->prober.https_open[0]);
}

static void a_path_may_be_missing_and_a_fragment_is_not_sent(void **state)
{
    struct world *w = with_a_mail_host(state);
    dns(w, "default._bimi.good.test", DNS_TXT, "v=BIMI1; l=https://WWW.good.test?logo=1#here");
    dns(w, "www.good.test", DNS_A, WEB);
    page(w, "www.good.test/?logo=1", STR(SVG));
    assert_non_null(check(w, "good.test")->bimi.logo);
}

static void without_a_record_the_organisation_is_asked(void **state)
{
    struct world *w = with_a_mail_host(state);
    dns(w, "mail.good.test", DNS_MX, "10 mx1.good.test");
    dns(w, "default._bimi.mail.good.test", DNS_TXT, "something else");
    dns(w, "default._bimi.good.test", DNS_TXT, "v=BIMI1; l=; a=;");
    const struct bimi_facts *f = &check(w, "mail.good.test")->bimi;
    assert_string_equal(f->domain, "good.test");
    assert_int_equal(f->record.count, 1);
    assert_true(f->declined);
}

static void a_record_of_its_own_is_enough(void **state)
{
    struct world *w = with_a_mail_host(state);
    dns(w, "mail.good.test", DNS_MX, "10 mx1.good.test");
    dns(w, "default._bimi.mail.good.test", DNS_TXT, "v=BIMI1; l=http://x.test/");
    const struct bimi_facts *f = &check(w, "mail.good.test")->bimi;
    assert_string_equal(f->domain, "mail.good.test");
    assert_non_null(f->record.flaw);
    assert_int_equal(asked(w, "default._bimi.good.test"), 0);
    assert_int_equal(fetched(w, "x.test"), 0);
}

static void an_answer_that_fails_says_nothing_of_the_organisation(void **state)
{
    struct world *w = with_a_mail_host(state);
    dns(w, "mail.good.test", DNS_MX, "10 mx1.good.test");
    assert_int_equal(scripted_dns_fail(w->prober.resolver, "default._bimi.mail.good.test", DNS_TXT, DNS_FAILED, DNSSEC_INDETERMINATE, NULL), 0);
    const struct bimi_facts *f = &check(w, "mail.good.test")->bimi;
    assert_string_equal(f->domain, "mail.good.test");
    assert_int_equal(f->record.txt.status, DNS_FAILED);
    assert_int_equal(asked(w, "default._bimi.good.test"), 0);
}

static void records_that_are_not_used_fetch_nothing(void **state)
{
    struct world *w = with_a_mail_host(state);
    dns(w, "default._bimi.good.test", DNS_TXT, RECORD);
    dns(w, "default._bimi.good.test", DNS_TXT, "v=BIMI1; l=;");
    dns(w, "www.good.test", DNS_A, WEB);
    const struct bimi_facts *f = &check(w, "good.test")->bimi;
    assert_int_equal(f->record.count, 2);
    assert_int_equal(f->logo_file.fetch.result, FETCH_NOT_TRIED);
    assert_int_equal(fetched(w, "www.good.test"), 0);
}

static void nothing_is_fetched_from_inside_a_network_or_from_an_address(void **state)
{
    struct world *w = with_a_mail_host(state);
    dns(w, "default._bimi.good.test", DNS_TXT, "v=BIMI1; l=https://www.good.test/logo.svg; a=https://[2001:db8::1]/e.pem");
    dns(w, "www.good.test", DNS_A, "127.0.0.1");
    dns(w, "www.good.test", DNS_AAAA, "fd00::1");
    const struct bimi_facts *f = &check(w, "good.test")->bimi;
    assert_int_equal(f->logo_file.fetch.result, FETCH_NOT_ALLOWED);
    assert_null(f->evidence_file.host);
    assert_int_equal(fetched(w, "www.good.test"), 0);
    assert_null(f->logo);
    assert_null(f->evidence);
}

static void an_answer_that_is_not_200_is_not_looked_at(void **state)
{
    struct world *w = with_a_mail_host(state);
    dns(w, "default._bimi.good.test", DNS_TXT, RECORD);
    dns(w, "www.good.test", DNS_A, WEB);
    assert_int_equal(scripted_fetch_serve(w->prober.fetcher, "www.good.test", &(struct scripted_page){.result = FETCH_DONE, .status = 404, .body = STR(SVG)}),
                     0);
    const struct bimi_facts *f = &check(w, "good.test")->bimi;
    assert_int_equal(f->logo_file.fetch.status, 404);
    assert_null(f->logo);
}

static void slow_hosts_do_not_outlast_the_run(void **state)
{
    struct world *w = with_a_mail_host(state);
    w->prober.options.run_timeout_ms = 5000;
    dns(w, "default._bimi.good.test", DNS_TXT, RECORD);
    dns(w, "www.good.test", DNS_A, WEB);
    assert_int_equal(scripted_fetch_serve(w->prober.fetcher, "www.good.test", &(struct scripted_page){.result = FETCH_DONE, .delay_ms = 20 * 1000}), 0);
    const struct facts *f = check(w, "good.test");
    assert_true(f->incomplete);
    assert_int_equal(f->bimi.logo_file.fetch.result, FETCH_NOT_TRIED);
    assert_int_equal(scripted_fetch_open(w->prober.fetcher), 0);
}

static void nobody_wants_to_know(void **state)
{
    struct world *w = with_a_mail_host(state);
    w->prober.options.bimi = false;
    assert_false(check(w, "good.test")->bimi.wanted);
    assert_int_equal(asked(w, "default._bimi.good.test"), 0);
}

int main(void)
{
#define T(function) cmocka_unit_test_setup_teardown(function, world_set_up, world_tear_down)
    const struct CMUnitTest tests[] = {
        T(both_files_are_fetched),
        T(a_path_may_be_missing_and_a_fragment_is_not_sent),
        T(without_a_record_the_organisation_is_asked),
        T(a_record_of_its_own_is_enough),
        T(an_answer_that_fails_says_nothing_of_the_organisation),
        T(records_that_are_not_used_fetch_nothing),
        T(nothing_is_fetched_from_inside_a_network_or_from_an_address),
        T(an_answer_that_is_not_200_is_not_looked_at),
        T(slow_hosts_do_not_outlast_the_run),
        T(nobody_wants_to_know),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

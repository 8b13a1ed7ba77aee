/* SPDX-License-Identifier: Apache-2.0 */
/* test_job_caa - which CAA records a job asks for, and which of them hold. */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static size_t asked(const struct world *w, const char *name)
{
    return scripted_dns_asked(w->prober.resolver, name, DNS_CAA);
}

static struct world *with_one_host(void **state)
{
    struct world *w = *state;
    w->prober.options.caa = true;
    one_mx(w, "192.0.2.1");
    serve(w, "192.0.2.1", 25, &healthy);
    return w;
}

static void the_nearest_set_holds(void **state)
{
    struct world *w = with_one_host(state);
    dns(w, "good.test", DNS_CAA, "0 issue \"ca.example; x=1\"");
    dns(w, "good.test", DNS_CAA, "128 iodef \"mailto:a@good.test\"");
    dns(w, "test", DNS_CAA, "0 issue \"other.example\"");
    const struct caa_facts *f = check(w, "good.test")->hosts[0].caa;
    assert_string_equal(f->domain, "good.test");
    assert_int_equal(f->lookup.status, DNS_FOUND);
    assert_int_equal(f->record_count, 2);
    assert_true(str_is(f->records[0].issuer, "ca.example"));
    assert_true(f->records[1].critical);
    assert_int_equal(asked(w, "mx1.good.test"), 1);
    assert_int_equal(asked(w, "good.test"), 1);
    assert_int_equal(asked(w, "test"), 0);
}

static void without_any_the_search_ends_below_the_root(void **state)
{
    struct world *w = with_one_host(state);
    dns(w, "good.test", DNS_MX, "20 mx2.good.test");
    dns(w, "mx2.good.test", DNS_A, "192.0.2.2");
    refuse(w, "192.0.2.2");
    const struct facts *f = check(w, "good.test");
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(f->hosts[i].caa->domain, "test");
        assert_int_equal(f->hosts[i].caa->record_count, 0);
    }
    assert_int_equal(asked(w, "good.test"), 1); /* once for both hosts */
    assert_int_equal(asked(w, "test"), 1);
    assert_int_equal(asked(w, "."), 0);
}

static void a_question_that_fails_ends_the_search(void **state)
{
    struct world *w = with_one_host(state);
    assert_int_equal(scripted_dns_fail(w->prober.resolver, "mx1.good.test", DNS_CAA, DNS_FAILED, DNSSEC_INDETERMINATE, NULL), 0);
    dns(w, "good.test", DNS_CAA, "0 issue \"ca.example\"");
    const struct caa_facts *f = check(w, "good.test")->hosts[0].caa;
    assert_string_equal(f->domain, "mx1.good.test");
    assert_int_equal(f->lookup.status, DNS_FAILED);
    assert_int_equal(f->record_count, 0);
    assert_int_equal(asked(w, "good.test"), 0);
}

static void names_with_very_many_labels_are_not_asked_for(void **state)
{
    struct world *w = with_one_host(state);
    dns(w, "good.test", DNS_MX, "20 a.b.c.d.e.f.g.h.good.test");
    dns(w, "good.test", DNS_MX, "30 z.a.b.c.d.e.f.g.h.good.test");
    const struct facts *f = check(w, "good.test");
    assert_string_equal(f->hosts[1].caa->domain, "test");
    assert_int_equal(f->hosts[2].caa->lookup.status, DNS_NOT_ASKED);
    assert_int_equal(asked(w, f->hosts[2].name), 0);
}

static void who_is_not_connected_to_is_not_asked_for(void **state)
{
    struct world *w = with_one_host(state);
    w->prober.options.max_hosts = 1;
    dns(w, "good.test", DNS_MX, "20 mx2.good.test");
    assert_null(check(w, "good.test")->hosts[1].caa);
    assert_int_equal(asked(w, "mx2.good.test"), 0);
}

static void nobody_wants_to_know(void **state)
{
    struct world *w = with_one_host(state);
    w->prober.options.caa = false;
    assert_null(check(w, "good.test")->hosts[0].caa);
    assert_int_equal(asked(w, "mx1.good.test"), 0);
}

int main(void)
{
#define T(function) cmocka_unit_test_setup_teardown(function, world_set_up, world_tear_down)
    const struct CMUnitTest tests[] = {
        T(the_nearest_set_holds),
        T(without_any_the_search_ends_below_the_root),
        T(a_question_that_fails_ends_the_search),
        T(names_with_very_many_labels_are_not_asked_for),
        T(who_is_not_connected_to_is_not_asked_for),
        T(nobody_wants_to_know),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

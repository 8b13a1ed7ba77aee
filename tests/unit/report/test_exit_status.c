/* SPDX-License-Identifier: Apache-2.0 */
/* test_exit_status - a judgement as a number for scripts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "report/report.h"

static const struct check error = {.severity = SEVERITY_ERROR}, warning = {.severity = SEVERITY_WARNING}, notice = {.severity = SEVERITY_NOTICE};
static const struct check decisive = {.severity = SEVERITY_ERROR, .decisive = true}, ours = {.severity = SEVERITY_NOTICE, .about_probe = true};

static int status_of(const struct check *failed, const struct check *unknown, enum fail_on fail_on)
{
    struct verdict v[3] = {{.check = &error, .value = VERDICT_PASS}};
    struct judgement j = {.verdicts = v, .count = 1};
    if (failed)
        v[j.count++] = (struct verdict){.check = failed, .value = VERDICT_FAIL};
    if (unknown)
        v[j.count++] = (struct verdict){.check = unknown, .value = VERDICT_UNKNOWN, .reason = REASON_TIMEOUT};
    return report_exit_status(&j, fail_on);
}

static void a_failure_counts_from_the_level_asked_for(void **state)
{
    (void)state;
    const struct check *const checks[] = {[SEVERITY_NOTICE] = &notice, [SEVERITY_WARNING] = &warning, [SEVERITY_ERROR] = &error};
    static const int least[] = {
        [FAIL_ON_ERROR] = SEVERITY_ERROR, [FAIL_ON_WARNING] = SEVERITY_WARNING, [FAIL_ON_NOTICE] = SEVERITY_NOTICE, [FAIL_ON_NEVER] = 99};
    for (int s = SEVERITY_NOTICE; s <= SEVERITY_ERROR; s++)
        for (int level = FAIL_ON_ERROR; level <= FAIL_ON_NEVER; level++)
            assert_int_equal(status_of(checks[s], NULL, (enum fail_on)level), s >= least[level]);
}

static void what_is_decisive_and_unknown_is_inconclusive(void **state)
{
    (void)state;
    assert_int_equal(status_of(NULL, &decisive, FAIL_ON_ERROR), 2);
    assert_int_equal(status_of(NULL, &decisive, FAIL_ON_NEVER), 2);
    assert_int_equal(status_of(NULL, &error, FAIL_ON_ERROR), 0);
    assert_int_equal(status_of(&warning, &decisive, FAIL_ON_ERROR), 2);
    assert_int_equal(status_of(&error, &decisive, FAIL_ON_ERROR), 1);
    assert_int_equal(status_of(NULL, NULL, FAIL_ON_NOTICE), 0);
}

static void our_own_side_is_nobodys_failure(void **state)
{
    (void)state;
    assert_int_equal(status_of(&ours, NULL, FAIL_ON_NOTICE), 0);
    assert_int_equal(status_of(&ours, &decisive, FAIL_ON_NOTICE), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failure_counts_from_the_level_asked_for),
        cmocka_unit_test(what_is_decisive_and_unknown_is_inconclusive),
        cmocka_unit_test(our_own_side_is_nobodys_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

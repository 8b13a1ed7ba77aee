/* SPDX-License-Identifier: Apache-2.0 */
/* exit_status - a judgement as the program's exit status. */
#include "report/report.h"

int report_exit_status(const struct judgement *j, enum fail_on fail_on)
{
    static const int least[] = {
        [FAIL_ON_ERROR] = SEVERITY_ERROR, [FAIL_ON_WARNING] = SEVERITY_WARNING, [FAIL_ON_NOTICE] = SEVERITY_NOTICE, [FAIL_ON_NEVER] = SEVERITY_ERROR + 1};
    bool failed = false, undecided = j->summary.status == STATUS_INCONCLUSIVE;
    for (size_t i = 0; i < j->count; i++) {
        const struct verdict *v = &j->verdicts[i];
        failed = failed || (v->value == VERDICT_FAIL && !v->check->about_probe && (int)v->check->severity >= least[fail_on]);
        undecided = undecided || (v->value == VERDICT_UNKNOWN && v->check->decisive);
    }
    return failed ? 1 : undecided ? 2 : 0;
}

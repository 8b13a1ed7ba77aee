/* SPDX-License-Identifier: Apache-2.0 */
/* api_health - GET /v1/dns/mx-health: one small object that says whether mail arrives. */
#include "serve/documents.h"
#include "serve/problem.h"
#include "serve/routes.h"
#include "serve/targets.h"

static void answer_health(struct request *q, struct run *r, struct answer *a)
{
    (void)q;
    document_answer(r, WORK_MX_HEALTH, "application/json", PROBLEM_TIMEOUT, a);
}

void api_health_get(struct request *q, struct answer *a)
{
    struct work_order order = {0};
    struct str smtp = request_arg(q, "smtp_probe");
    if (smtp.n && !str_is(smtp, "true") && !str_is(smtp, "false")) {
        problem_write(a, PROBLEM_PARAMETER, "smtp_probe is neither true nor false");
        return;
    }
    order.no_smtp = str_is(smtp, "false");
    if (target_domain(q, request_arg(q, "domain"), &order, a) < 0)
        return;
    struct run *r = target_run(q, &order, CHECKS_MAX_AGE_S, a);
    if (r)
        request_wait(q, r, DOCUMENT_WAIT_MS, answer_health);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* api_servers - GET /v1/servers/{host}:{port}: the report of one server. */
#include "serve/documents.h"
#include "serve/problem.h"
#include "serve/routes.h"
#include "serve/targets.h"

static void answer_server(struct request *q, struct run *r, struct answer *a)
{
    (void)q;
    document_answer(r, WORK_JSON, "application/json", PROBLEM_TIMEOUT, a);
}

void api_servers_get(struct request *q, struct answer *a)
{
    struct work_order order = {0};
    struct str host = request_part(q, "host"), port = request_part(q, "port"), tls = request_arg(q, "tls");
    if (tls.n && !target_tls(tls, &order.tls)) {
        problem_write(a, PROBLEM_PARAMETER, "tls is not one of auto, starttls, implicit, none");
        return;
    }
    const char *server = arena_printf(q->arena, "%.*s:%.*s", (int)host.n, host.p, (int)port.n, port.p);
    if (target_server(q, str_of(server), &order, a) < 0)
        return;
    struct run *r = target_run(q, &order, CHECKS_MAX_AGE_S, a);
    if (r)
        request_wait(q, r, DOCUMENT_WAIT_MS, answer_server);
}

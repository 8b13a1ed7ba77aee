/* SPDX-License-Identifier: Apache-2.0 */
/* documents - see documents.h. */
#include "serve/documents.h"

#include "serve/problem.h"

enum { RETRY_S = 2 };

void document_answer(const struct run *r, enum work_document which, const char *type, unsigned not_over, struct answer *a)
{
    if (r->state == RUN_FAILED) {
        problem_write(a, PROBLEM_RUN_FAILED, "%s", r->problem);
    } else if (r->state == RUN_CANCELLED) {
        problem_write(a, PROBLEM_CANCELLED, "%s", r->problem);
    } else if (r->state != RUN_DONE) {
        problem_retry(a, (enum problem)not_over, RETRY_S, "%s", r->waits_for[0] ? r->waits_for : "it has not begun");
        answer_header(a, "Location", "/v1/checks/%s", r->id);
    } else {
        a->status = 200;
        a->type = type;
        buf_add_str(&a->body, r->documents[which]);
        answer_header(a, "Content-Location", "/v1/checks/%s", r->id);
    }
}

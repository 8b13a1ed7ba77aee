/* SPDX-License-Identifier: Apache-2.0 */
/* documents - answers that are one document of a run, or the problem why it is not to be had. Memory: a copy. Fails: never. */
#ifndef SERVE_DOCUMENTS_H
#define SERVE_DOCUMENTS_H

#include "serve/request.h"

enum { DOCUMENT_WAIT_MS = 150000 };

/* `not_over`: what to say of a run that is still under way; enum problem of serve/problem.h. */
void document_answer(const struct run *r, enum work_document which, const char *type, unsigned not_over, struct answer *a);

#endif

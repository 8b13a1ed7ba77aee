/* SPDX-License-Identifier: Apache-2.0 */
/*
 * targets - from what a client wrote to a run: the name is parsed, the owner may have opted out, the limits are asked.
 *
 * Memory: the request's arena. Fails: NULL, and the answer is a problem.
 */
#ifndef SERVE_TARGETS_H
#define SERVE_TARGETS_H

#include "serve/request.h"

/* Sets order->target; 0, or -1 with a problem. */
int target_domain(struct request *q, struct str input, struct work_order *order, struct answer *a);
int target_server(struct request *q, struct str input, struct work_order *order, struct answer *a);
bool target_tls(struct str word, enum probe_tls *tls); /* "auto", "starttls", "implicit", "none" */

/* Deep checks make many connections: who may ask for them. */
bool target_may_go_deep(const struct request *q);

/* A run for this order: joined, or started when the limits allow it. */
struct run *target_run(struct request *q, const struct work_order *order, uint32_t max_age_s, struct answer *a);

#endif

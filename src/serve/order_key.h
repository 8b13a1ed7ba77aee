/* SPDX-License-Identifier: Apache-2.0 */
/* order_key - what two orders must have in common to be one. Memory: malloc, the caller's. Fails: NULL without memory. */
#ifndef SERVE_ORDER_KEY_H
#define SERVE_ORDER_KEY_H

#include "worker/pool.h"

/* The order in which ports and words are listed, and what is listed twice, makes no difference. */
char *order_key(const struct work_order *order);

#endif

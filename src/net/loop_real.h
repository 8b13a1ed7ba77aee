/* SPDX-License-Identifier: Apache-2.0 */
/* loop_real - the libevent base under the real loop, for libraries inside net/ that speak to it themselves. */
#ifndef NET_LOOP_REAL_H
#define NET_LOOP_REAL_H

#include "net/loop.h"

struct event_base;

/* NULL for a virtual loop. */
struct event_base *loop_event_base(struct loop *l);

#endif

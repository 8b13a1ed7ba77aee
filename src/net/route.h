/* SPDX-License-Identifier: Apache-2.0 */
/*
 * route - which of our own addresses the kernel would use. No packet is sent.
 *
 * Memory: the caller's. Fails: -1 when there is no route of that family.
 */
#ifndef NET_ROUTE_H
#define NET_ROUTE_H

#include "base/ip.h"

int route_own_address(struct ip toward, struct ip *own);

#endif

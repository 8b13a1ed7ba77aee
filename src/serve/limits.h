/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limits - how often something may happen: token buckets, each known by the instant at which it is full again.
 *
 * Memory: LIMITS_BUCKETS of them, fixed; when they run out, the one that is nearest to full is given away.
 * Fails: limits_new NULL without memory or randomness.
 */
#ifndef SERVE_LIMITS_H
#define SERVE_LIMITS_H

#include "base/clock.h"
#include "base/ip.h"

enum { LIMITS_BUCKETS = 8192 };

/* What is limited, and for whom: one client, one target, or all together. */
enum limit { LIMIT_REQUESTS = 0, LIMIT_STARTS, LIMIT_TARGET, LIMIT_ALL, LIMIT_COUNT };

struct limit_rate {
    uint32_t burst, period_ms; /* tokens at first; one more in each period */
};
extern const struct limit_rate limit_rates[LIMIT_COUNT];

struct limits;
struct limits *limits_new(void);
void limits_free(struct limits *l);

/* Takes a token of the bucket of `who`. 0, or without one the seconds until there is one. */
uint32_t limits_take(struct limits *l, enum limit limit, struct str who, struct mono now);

/* Who a client is: an IPv4 address, an IPv6 network of 64 bits. */
struct str limits_client(const struct ip *ip);

#endif

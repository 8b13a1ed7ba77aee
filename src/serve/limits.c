/* SPDX-License-Identifier: Apache-2.0 */
/* limits - see limits.h. */
#include "serve/limits.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/rng.h"

enum { WAYS = 8, SETS = LIMITS_BUCKETS / WAYS, US_PER_MS = 1000, US_PER_S = 1000000 };

struct bucket {
    uint64_t who;
    int64_t full_us; /* not after now: full, and as good as free */
};

struct limits {
    uint64_t seed;
    struct bucket sets[SETS][WAYS];
};

const struct limit_rate limit_rates[LIMIT_COUNT] = {
    [LIMIT_REQUESTS] = {600, 20},
    [LIMIT_STARTS] = {60, 1000},
    [LIMIT_TARGET] = {6, 30000},
    [LIMIT_ALL] = {300, 50},
};

struct limits *limits_new(void)
{
    struct limits *l = calloc(1, sizeof *l);
    if (l && rng_fill(&l->seed, sizeof l->seed) == 0)
        return l;
    free(l);
    return NULL;
}

void limits_free(struct limits *l)
{
    free(l);
}

struct str limits_client(const struct ip *ip)
{
    return (struct str){(const char *)ip->bytes, ip->family == IP_V6 ? 8 : 4};
}

static uint64_t hash_of(const struct limits *l, enum limit limit, struct str who)
{
    return hash_fold(hash_str(l->seed + (uint64_t)limit, who));
}

static struct bucket *bucket_of(struct limits *l, uint64_t who)
{
    struct bucket *set = l->sets[(who >> 17) % SETS], *fullest = set;
    for (struct bucket *b = set; b < set + WAYS; b++) {
        if (b->who == who)
            return b;
        if (b->full_us < fullest->full_us)
            fullest = b;
    }
    *fullest = (struct bucket){.who = who};
    return fullest;
}

uint32_t limits_take(struct limits *l, enum limit limit, struct str who, struct mono now)
{
    const struct limit_rate *rate = &limit_rates[limit];
    const int64_t period_us = (int64_t)rate->period_ms * US_PER_MS;
    struct bucket *b = bucket_of(l, hash_of(l, limit, who));
    int64_t full_us = (b->full_us > now.us ? b->full_us : now.us) + period_us;
    int64_t wait_us = full_us - now.us - (int64_t)rate->burst * period_us;
    if (wait_us > 0)
        return (uint32_t)((wait_us + US_PER_S - 1) / US_PER_S);
    b->full_us = full_us;
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hash - octets into a number, for tables and seeds: FNV-1a, 64 bits. Not for what an attacker must not be able to
 * find a second text for.
 *
 * `seed` 0 gives the published function; another one, drawn from base/rng.h, keeps strangers from choosing a bucket.
 * The low bits are as good as the high ones only when `hash_fold` has mixed them.
 * Memory: none. Fails: never.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/str.h"

uint64_t hash_str(uint64_t seed, struct str s);
static inline uint64_t hash_fold(uint64_t h)
{
    return h ^ (h >> 32);
}

#endif

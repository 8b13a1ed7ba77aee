/* SPDX-License-Identifier: Apache-2.0 */
/* hash - see hash.h. */
#include "base/hash.h"

uint64_t hash_str(uint64_t seed, struct str s)
{
    uint64_t h = 0xcbf29ce484222325u ^ seed;
    for (size_t i = 0; i < s.n; i++)
        h = (h ^ (uint8_t)s.p[i]) * 0x100000001b3u;
    return h;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* rng - see rng.h. */
#include "base/rng.h"

#include <sys/random.h>

#include "base/panic.h"

int rng_fill(void *bytes, size_t n)
{
    must(n <= 256);
    return getrandom(bytes, n, 0) == (ssize_t)n ? 0 : -1;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* rng - random octets from the kernel. Memory: the caller's. Fails: -1 when the kernel has none to give. */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stddef.h>

int rng_fill(void *bytes, size_t n); /* at most 256 octets a call */

#endif

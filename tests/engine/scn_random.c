/* SPDX-License-Identifier: Apache-2.0 */
/* scn_random - see scn_random.h. The old way of OpenSSL to plug in a source, as the new one needs a provider. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "scn_random.h"

#include <openssl/rand.h>
#include <stdint.h>

#include "base/hash.h"

static uint64_t state;

void scn_random_seed(const char *text)
{
    state = hash_str(0, str_of(text));
}

/* SplitMix64. */
static int fill(unsigned char *bytes, int n)
{
    for (int i = 0; i < n; i++) {
        uint64_t z = state += 0x9e3779b97f4a7c15u;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        bytes[i] = (unsigned char)((z ^ (z >> 31)) >> 24);
    }
    return 1;
}

static int take_seed(const void *bytes, int n)
{
    (void)bytes, (void)n;
    return 1;
}

static int add_seed(const void *bytes, int n, double entropy)
{
    (void)entropy;
    return take_seed(bytes, n);
}

static int is_ready(void)
{
    return 1;
}

int scn_random_begin(void)
{
    static const RAND_METHOD method = {.seed = take_seed, .bytes = fill, .add = add_seed, .pseudorand = fill, .status = is_ready};
    return RAND_set_rand_method(&method) == 1 ? 0 : -1;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_random - see fuzz_random.h. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "fuzz_random.h"

#include <openssl/rand.h>

#include "base/panic.h"

static unsigned long long state;

static int make_octets(unsigned char *octets, int n)
{
    for (int i = 0; i < n; i++) {
        state = state * 6364136223846793005ULL + 1442695040888963407ULL;
        octets[i] = (unsigned char)(state >> 56);
    }
    return 1;
}

static int is_ready(void)
{
    return 1;
}

void fuzz_random_init(void)
{
    static const RAND_METHOD method = {.bytes = make_octets, .pseudorand = make_octets, .status = is_ready};
    must(RAND_set_rand_method(&method) == 1);
}

void fuzz_random_again(void)
{
    state = 1;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* test_far - a room's tests see what the room sees. */
#include "judge/judge.h"
#include "wire/uses.h" /* want: layers.include */
#include <stdlib.h>

int test_far(void)
{
    return malloc(1) != NULL; /* tests may */
}

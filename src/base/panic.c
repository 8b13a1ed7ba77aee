/* SPDX-License-Identifier: Apache-2.0 */
/* panic - see panic.h. */
#include "base/panic.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void panic_at(const char *file, int line, const char *function, const char *condition)
{
    fprintf(stderr, "mxassay: bug: %s:%d: %s: must hold: %s\n", file, line, function, condition);
    abort();
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reports in JSON that somebody else made, as --elsewhere and --earlier read them.
 * Oracle: a problem in words, or sightings that name a target, an address and a port; read again behind them, as many more.
 */
#include <stdlib.h>

#include "base/panic.h"
#include "fuzz.h"
#include "serve/sightings.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    char *exact = fuzz_exact((struct str){(const char *)bytes, n}), problem[SIGHTINGS_PROBLEM_BYTES] = "";
    struct arena arena;
    arena_init(&arena, 4 * 1024 * 1024);
    struct sightings seen = {.arena = &arena};
    int rc = sightings_read(&seen, (struct str){exact, n}, true, problem);
    must(rc == 0 || problem[0]);
    for (size_t i = 0; i < seen.count; i++)
        must(seen.list[i].target && seen.list[i].from && seen.list[i].elsewhere && seen.list[i].port > 0 && seen.list[i].ip.family != IP_NONE);
    size_t once = seen.count;
    if (rc == 0 && sightings_read(&seen, (struct str){exact, n}, true, problem) == 0)
        must(seen.count == 2 * once);
    free(exact);
    arena_done(&arena);
    return 0;
}

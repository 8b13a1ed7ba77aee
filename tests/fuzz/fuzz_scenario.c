/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scenario files. The input is one.
 * Oracle: it is read, or refused with a message that begins with the file and the line; what is in it does not depend on
 * when it is read; nothing in it points outside the arena.
 */
#include <stdlib.h>
#include <string.h>

#include "../engine/scn_parse.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    char error[2][SCN_ERROR_BYTES] = {{0}};
    int rc[2];
    for (size_t i = 0; i < 2; i++) {
        struct arena arena;
        struct scenario scenario;
        char *exact = fuzz_exact((struct str){(const char *)bytes, n});
        arena_init(&arena, 64 << 20);
        rc[i] = scn_parse(&arena, "fuzz.scn", (struct str){exact, n}, &scenario, error[i]);
        free(exact);
        must(rc[i] == 0 || rc[i] == -1);
        must(rc[i] == 0 ? !arena.exhausted : strncmp(error[i], "fuzz.scn:", 9) == 0 && ascii_is_digit(error[i][9]));
        arena_done(&arena);
    }
    must(rc[0] == rc[1] && strcmp(error[0], error[1]) == 0);
    return 0;
}

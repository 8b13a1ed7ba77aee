/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lines of an earlier bulk run, as --resume and --summary read them.
 * Oracle: it does not matter in which pieces they come; each line is counted or told to be unreadable; the summary is JSON that can be
 * shown. The first octet says how long a piece is.
 */
#include <stdlib.h>
#include <string.h>

#include "bulk/answered.h"
#include "bulk/tally.h"
#include "fuzz.h"

enum { SUMMARY_BYTES = 16 * 1024 * 1024, NAMES = 4 };

static void read_all(struct str lines, size_t step, struct answered *a, struct tally *t)
{
    answered_init(a);
    must(tally_init(t, NAMES) == 0);
    bool good = true;
    for (size_t n; lines.n; lines = (struct str){lines.p + n, lines.n - n}) {
        n = lines.n < step ? lines.n : step;
        char *exact = fuzz_exact((struct str){lines.p, n});
        good = good && answered_feed(a, (struct str){exact, n}) == 0;
        must(tally_feed(t, (struct str){exact, n}) == 0);
        free(exact);
    }
    if (good)
        answered_end(a);
    tally_drop(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct fuzz f = {bytes, n};
    size_t step = fuzz_number(&f, 255) + 1, count = 0;
    struct str lines = fuzz_rest(&f);
    struct answered whole, pieces;
    struct tally t, again;
    struct buf one, two;
    buf_init(&one, SUMMARY_BYTES);
    buf_init(&two, SUMMARY_BYTES);
    read_all(lines, lines.n + 1, &whole, &t);
    read_all(lines, step, &pieces, &again);
    must(whole.count == pieces.count && whole.line == pieces.line && whole.whole_bytes == pieces.whole_bytes && !whole.problem == !pieces.problem);
    for (size_t i = 0; i < lines.n; i++)
        count += lines.p[i] == '\n';
    must(t.domains + t.unread == count);
    tally_write(&one, &t, true, 0);
    tally_write(&two, &again, true, 0);
    must(!one.failed && one.used == two.used && memcmp(one.bytes, two.bytes, one.used) == 0);
    must(fuzz_is_json((struct str){one.bytes, one.used}));
    must(fuzz_is_clean((struct str){one.bytes, one.used}, false));
    buf_done(&one);
    buf_done(&two);
    tally_done(&t);
    tally_done(&again);
    answered_done(&whole);
    answered_done(&pieces);
    return 0;
}

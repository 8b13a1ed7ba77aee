/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The names of a bulk run, a line each or in a column of CSV.
 * Oracle: it does not matter in which pieces they come; numbers rise; a name is trimmed, not empty, without NUL, and no longer than a
 * line may be. The first octet says how long a piece is, the text behind it which column.
 */
#include <stdlib.h>
#include <string.h>

#include "bulk/input.h"
#include "fuzz.h"

enum { OUT_BYTES = 16 * 1024 * 1024 };

static void add(struct buf *out, const struct input_line *line, uint64_t *last)
{
    must(line->number > *last);
    *last = line->number;
    must(line->problem || (line->text.n > 0 && line->text.n <= INPUT_LINE_BYTES && !memchr(line->text.p, '\0', line->text.n)));
    must(line->problem || str_eq(str_trim(line->text), line->text));
    buf_printf(out, "%llu %s ", (unsigned long long)line->number, line->problem ? line->problem : "");
    buf_add_str(out, line->text);
    buf_add_char(out, '\n');
}

static void read_all(struct buf *out, const char *column, struct str text, size_t step)
{
    struct input in;
    struct input_line line;
    enum input_result result = INPUT_MORE;
    uint64_t last = 0;
    buf_init(out, OUT_BYTES);
    input_init(&in, column);
    while (text.n && result != INPUT_NO_COLUMN) {
        size_t n = text.n < step ? text.n : step;
        char *exact = fuzz_exact((struct str){text.p, n});
        struct str piece = {exact, n};
        while ((result = input_next(&in, &piece, &line)) == INPUT_LINE)
            add(out, &line, &last);
        must(result == INPUT_NO_COLUMN || piece.n == 0);
        free(exact);
        text = (struct str){text.p + n, text.n - n};
    }
    if (result != INPUT_NO_COLUMN && (result = input_last(&in, &line)) == INPUT_LINE)
        add(out, &line, &last);
    buf_add_cstr(out, result == INPUT_NO_COLUMN ? "no column" : "end");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct fuzz f = {bytes, n};
    struct arena arena;
    struct buf one, two;
    arena_init(&arena, 1024 * 1024);
    size_t step = fuzz_number(&f, 255) + 1;
    const char *column = fuzz_cstr(&f, &arena);
    struct str text = fuzz_rest(&f);
    column = column && *column ? column : NULL;
    read_all(&one, column, text, text.n + 1);
    read_all(&two, column, text, step);
    must(one.used == two.used && memcmp(one.bytes, two.bytes, one.used) == 0);
    buf_done(&one);
    buf_done(&two);
    arena_done(&arena);
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON. The input says what is written: objects, arrays, numbers, and texts of any octets.
 * Oracle: what comes out is JSON, in one line or indented, whatever the texts are.
 */
#include "fuzz.h"
#include "report/json_writer.h"

enum { NAMES_MAX = 40, DEPTH_MAX = JSON_DEPTH_MAX - 1 };

struct writing {
    struct fuzz input;
    struct json json;
    unsigned names[DEPTH_MAX + 1]; /* written in the object of each level */
    unsigned depth;
    bool is_object[DEPTH_MAX + 1];
};

static void open_value(struct writing *w, bool object)
{
    w->depth++;
    w->names[w->depth] = 0;
    w->is_object[w->depth] = object;
    if (object)
        json_open_object(&w->json);
    else
        json_open_array(&w->json);
}

static void close_value(struct writing *w)
{
    if (w->is_object[w->depth])
        json_close_object(&w->json);
    else
        json_close_array(&w->json);
    w->depth--;
}

static void write_value(struct writing *w)
{
    static const char *const names[NAMES_MAX] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n"};
    unsigned what = fuzz_number(&w->input, 7);
    if (what == 0) {
        close_value(w);
        return;
    }
    if (w->is_object[w->depth]) {
        if (!names[w->names[w->depth]]) {
            close_value(w);
            return;
        }
        json_key(&w->json, names[w->names[w->depth]++]);
    }
    if (what == 1 && w->depth < DEPTH_MAX)
        open_value(w, fuzz_flip(&w->input));
    else if (what == 2)
        json_number(&w->json, (int64_t)((uint64_t)fuzz_number(&w->input, 255) << 56 | fuzz_number(&w->input, 255)));
    else if (what == 3)
        json_bool(&w->json, fuzz_flip(&w->input));
    else if (what == 4)
        json_cstr(&w->json, NULL);
    else
        json_str(&w->json, fuzz_text(&w->input));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct buf out;
    struct writing w = {.input = {bytes, n}};
    buf_init(&out, 1 << 24);
    json_init(&w.json, &out, fuzz_number(&w.input, 4));
    open_value(&w, fuzz_flip(&w.input));
    while (w.depth && !fuzz_is_over(&w.input))
        write_value(&w);
    while (w.depth)
        close_value(&w);
    must(!out.failed && fuzz_is_json((struct str){out.bytes, out.used}));
    buf_done(&out);
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames between a parent and its workers. The first octet says who is heard, the rest is what came.
 * Oracle: what is taken off is there, in order; what is read lies within its frame, texts with their ends; what is read and
 * written again is the same frame.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "worker/frames.h"

static void lies_within(struct str fields, const char *p, size_t n)
{
    must(n == 0 || (p >= fields.p && p + n <= fields.p + fields.n));
}

static void text_within(struct str fields, const char *text)
{
    if (text)
        lies_within(fields, text, strlen(text) + 1);
}

static void list_within(struct str fields, const char *const *list)
{
    size_t count = 0;
    for (; list && *list; list++, count++)
        text_within(fields, *list);
    must(count <= FRAME_LIST_MAX);
}

static bool again_order(struct buf *out, struct str fields)
{
    struct arena arena;
    struct work_order o;
    uint64_t number;
    arena_init(&arena, WORK_ORDER_BYTES);
    bool good = frame_read_order(fields, &arena, &number, &o);
    if (good) {
        must(o.port_count <= LIMIT_PORTS);
        text_within(fields, o.target);
        text_within(fields, o.auth_user);
        text_within(fields, o.auth_password);
        list_within(fields, o.only);
        list_within(fields, o.skip);
        frame_write_order(out, number, &o);
    }
    arena_done(&arena);
    return good;
}

static bool again_result(struct buf *out, struct str fields)
{
    struct work_result r;
    uint64_t number;
    if (!frame_read_result(fields, &number, &r))
        return false;
    must(r.end == WORK_DONE ? r.status && r.headline : r.problem && r.end != WORK_LOST);
    text_within(fields, r.status);
    text_within(fields, r.headline);
    text_within(fields, r.problem);
    for (size_t i = 0; i < WORK_DOCUMENTS; i++)
        lies_within(fields, r.documents[i].p, r.documents[i].n);
    frame_write_result(out, number, &r);
    return true;
}

static bool again_rest(struct buf *out, const struct frame *f)
{
    uint64_t number;
    struct work_step step;
    struct str text;
    const char *why;
    bool good = true;
    if (f->type == FRAME_CANCEL && (good = frame_read_cancel(f->fields, &number))) {
        frame_write_cancel(out, number);
    } else if (f->type == FRAME_FAILED && (good = frame_read_failed(f->fields, &why))) {
        text_within(f->fields, why);
        frame_write_failed(out, why);
    } else if (f->type == FRAME_STEP && (good = frame_read_step(f->fields, &number, &step))) {
        text_within(f->fields, step.waits_for);
        frame_write_step(out, number, &step);
    } else if (f->type == FRAME_OPT_OUT && (good = frame_read_opt_out(f->fields, &text))) {
        lies_within(f->fields, text.p, text.n);
        frame_write_opt_out(out, text);
    } else if (f->type == FRAME_READY) {
        frame_write_ready(out);
    } else if (f->type == FRAME_ALIVE) {
        frame_write_alive(out);
    }
    return good;
}

static void check_frame(const struct frame *f)
{
    struct buf out;
    buf_init(&out, FRAME_HEAD_BYTES + (size_t)FRAME_RESULT_BYTES);
    bool good = f->type == FRAME_ORDER ? again_order(&out, f->fields) : f->type == FRAME_RESULT ? again_result(&out, f->fields) : again_rest(&out, f);
    if (good && f->fields.n < FRAME_TEXT_BYTES - 32) /* a longer text is cut */
        must(out.used == FRAME_HEAD_BYTES + f->fields.n && memcmp(out.bytes + FRAME_HEAD_BYTES, f->fields.p, f->fields.n) == 0);
    buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct fuzz f = {bytes, n};
    bool from_worker = fuzz_flip(&f);
    char *exact = fuzz_exact((struct str){(const char *)f.p, f.n});
    struct str rest = {exact, f.n};
    struct frame frame;
    const char *at = rest.p;
    while (frame_next(&rest, from_worker, &frame) > 0) {
        must(frame.fields.p == at + FRAME_HEAD_BYTES && frame.fields.p + frame.fields.n == rest.p);
        at = rest.p;
        check_frame(&frame);
    }
    must(rest.p == at && rest.p + rest.n == exact + f.n);
    free(exact);
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * frames - what a parent and its workers say to each other: bytes to messages and back.
 *
 * A frame is a length of four octets, one octet for the type, and that many octets of fields. Each type has a sender and
 * a limit (frames.c, the table): what the other side may not say, or not at that length, is broken, and so is a frame
 * whose fields do not fill it exactly. A parent that hears a broken frame ends the worker.
 * Order of calls: frame_write_* into a buf that is sent; frame_next on what has come, until it is 0, then frame_read_*
 *   of the frame's type.
 * Memory: what is read points into the bytes, or lists of it into the given arena.
 * Limits: WORK_ORDER_BYTES, WORK_RESULT_BYTES, FRAME_LIST_MAX. Fails: frame_next -1, frame_read_* false; writing sets the
 *   buf's `failed`.
 */
#ifndef WORKER_FRAMES_H
#define WORKER_FRAMES_H

#include "base/arena.h"
#include "base/buf.h"
#include "worker/pool.h"

enum {
    FRAME_HEAD_BYTES = 5,
    FRAME_TEXT_BYTES = 4096,
    FRAME_LIST_MAX = 64,
    FRAME_ORDER_BYTES = WORK_ORDER_BYTES,
    FRAME_OPT_OUT_BYTES = OPT_OUT_BYTES + 4,
    FRAME_RESULT_BYTES = WORK_RESULT_BYTES + 64 * 1024
};

enum frame_type {
    FRAME_ORDER = 1, /* to the worker */
    FRAME_CANCEL,
    FRAME_READY, /* from it */
    FRAME_FAILED,
    FRAME_ALIVE,
    FRAME_STEP,
    FRAME_RESULT,
    FRAME_OPT_OUT, /* to the worker */
};

struct frame {
    enum frame_type type;
    struct str fields;
};

/* Takes the next frame off *bytes. 1: it is in *f; 0: more octets are needed; -1: broken, and nothing after it is told apart. */
int frame_next(struct str *bytes, bool from_worker, struct frame *f);

void frame_write_order(struct buf *out, uint64_t number, const struct work_order *order);
void frame_write_cancel(struct buf *out, uint64_t number);
void frame_write_opt_out(struct buf *out, struct str text);
void frame_write_ready(struct buf *out);
void frame_write_failed(struct buf *out, const char *why);
void frame_write_alive(struct buf *out);
void frame_write_step(struct buf *out, uint64_t number, const struct work_step *step);
void frame_write_result(struct buf *out, uint64_t number, const struct work_result *result);

bool frame_read_order(struct str fields, struct arena *arena, uint64_t *number, struct work_order *order);
bool frame_read_cancel(struct str fields, uint64_t *number);
bool frame_read_opt_out(struct str fields, struct str *text);
bool frame_read_failed(struct str fields, const char **why);
bool frame_read_step(struct str fields, uint64_t *number, struct work_step *step);
bool frame_read_result(struct str fields, uint64_t *number, struct work_result *result);

#endif

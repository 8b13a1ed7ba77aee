/* SPDX-License-Identifier: Apache-2.0 */
/* frames - see frames.h. Numbers stand with their least octet first; a text with its NUL, behind its length. */
#include "worker/frames.h"

#include <string.h>

static const struct {
    bool from_worker;
    uint32_t max_bytes;
} types[] = {
    [FRAME_ORDER] = {false, FRAME_ORDER_BYTES},
    [FRAME_CANCEL] = {false, 8},
    [FRAME_READY] = {true, 0},
    [FRAME_FAILED] = {true, FRAME_TEXT_BYTES},
    [FRAME_ALIVE] = {true, 0},
    [FRAME_STEP] = {true, FRAME_TEXT_BYTES},
    [FRAME_RESULT] = {true, FRAME_RESULT_BYTES},
    [FRAME_OPT_OUT] = {false, FRAME_OPT_OUT_BYTES},
};

/* ---- fields ---- */

static void put_number(struct buf *out, uint64_t value, size_t octets)
{
    for (size_t i = 0; i < octets; i++)
        buf_add_char(out, (char)(value >> (8 * i)));
}

static void put_bytes(struct buf *out, struct str s)
{
    put_number(out, s.n, 4);
    buf_add_str(out, s);
}

/* NULL is no octet, "" is one. */
static void put_text(struct buf *out, const char *text)
{
    put_bytes(out, (struct str){text, text ? strlen(text) + 1 : 0});
}

static void put_list(struct buf *out, const char *const *list)
{
    size_t count = 0;
    while (list && list[count])
        count++;
    put_number(out, list != NULL, 1);
    put_number(out, count, 4);
    for (size_t i = 0; i < count; i++)
        put_text(out, list[i]);
}

struct reader {
    struct str rest;
    bool broken;
};

static struct str take(struct reader *r, size_t n)
{
    struct str taken = {r->rest.p, n};
    r->broken = r->broken || n > r->rest.n;
    if (r->broken)
        return (struct str){0};
    r->rest.p += n;
    r->rest.n -= n;
    return taken;
}

static uint64_t take_number(struct reader *r, size_t octets, uint64_t max)
{
    struct str s = take(r, octets);
    uint64_t value = 0;
    for (size_t i = 0; i < s.n; i++)
        value |= (uint64_t)(unsigned char)s.p[i] << (8 * i);
    r->broken = r->broken || value > max;
    return r->broken ? 0 : value;
}

static struct str take_bytes(struct reader *r)
{
    return take(r, take_number(r, 4, UINT32_MAX));
}

static const char *take_text(struct reader *r)
{
    struct str s = take_bytes(r);
    if (s.n == 0)
        return NULL;
    r->broken = r->broken || memchr(s.p, '\0', s.n) != s.p + s.n - 1;
    return r->broken ? NULL : s.p;
}

static const char *take_needed(struct reader *r)
{
    const char *text = take_text(r);
    r->broken = r->broken || !text;
    return r->broken ? "" : text;
}

static const char *const *take_list(struct reader *r, struct arena *arena)
{
    bool given = take_number(r, 1, 1);
    size_t count = take_number(r, 4, given ? FRAME_LIST_MAX : 0);
    const char **list = given && !r->broken ? ARENA_ARRAY(arena, const char *, count + 1) : NULL;
    for (size_t i = 0; list && i < count; i++)
        list[i] = take_needed(r);
    r->broken = r->broken || (given && !list);
    return list;
}

static bool is_whole(const struct reader *r)
{
    return !r->broken && r->rest.n == 0;
}

/* ---- frames ---- */

/* The length is written when the fields are there. */
static size_t begin(struct buf *out, enum frame_type type)
{
    size_t at = out->used;
    put_number(out, 0, 4);
    put_number(out, type, 1);
    return at;
}

static void end(struct buf *out, size_t at)
{
    if (out->failed)
        return;
    size_t n = out->used - at - FRAME_HEAD_BYTES;
    for (size_t i = 0; i < 4; i++)
        out->bytes[at + i] = (char)(n >> (8 * i));
}

int frame_next(struct str *bytes, bool from_worker, struct frame *f)
{
    struct reader r = {.rest = *bytes};
    if (bytes->n < FRAME_HEAD_BYTES)
        return 0;
    size_t n = take_number(&r, 4, UINT32_MAX);
    unsigned type = (unsigned)take_number(&r, 1, UINT8_MAX);
    if (type == 0 || type >= sizeof types / sizeof *types || types[type].from_worker != from_worker || n > types[type].max_bytes)
        return -1;
    if (r.rest.n < n)
        return 0;
    *f = (struct frame){(enum frame_type)type, take(&r, n)};
    *bytes = r.rest;
    return 1;
}

void frame_write_order(struct buf *out, uint64_t number, const struct work_order *o)
{
    size_t at = begin(out, FRAME_ORDER);
    put_number(out, number, 8);
    put_number(out, o->server, 1);
    put_text(out, o->target);
    put_number(out, o->port_count, 4);
    for (size_t i = 0; i < o->port_count; i++)
        put_number(out, o->ports[i], 2);
    put_number(out, o->deep, 1);
    put_number(out, o->no_smtp, 1);
    put_list(out, o->only);
    put_list(out, o->skip);
    put_number(out, o->tls, 1);
    put_text(out, o->auth_user);
    put_text(out, o->auth_password);
    end(out, at);
}

bool frame_read_order(struct str fields, struct arena *arena, uint64_t *number, struct work_order *o)
{
    struct reader r = {.rest = fields};
    *o = (struct work_order){0};
    *number = take_number(&r, 8, UINT64_MAX);
    o->server = take_number(&r, 1, 1);
    o->target = take_needed(&r);
    o->port_count = take_number(&r, 4, LIMIT_PORTS);
    uint16_t *ports = o->port_count ? ARENA_ARRAY(arena, uint16_t, o->port_count) : NULL;
    for (size_t i = 0; ports && i < o->port_count; i++)
        ports[i] = (uint16_t)take_number(&r, 2, UINT16_MAX);
    r.broken = r.broken || (o->port_count && !ports);
    o->ports = ports;
    o->deep = take_number(&r, 1, 1);
    o->no_smtp = take_number(&r, 1, 1);
    o->only = take_list(&r, arena);
    o->skip = take_list(&r, arena);
    o->tls = (enum probe_tls)take_number(&r, 1, PROBE_TLS_NONE);
    o->auth_user = take_text(&r);
    o->auth_password = take_text(&r);
    return is_whole(&r);
}

void frame_write_cancel(struct buf *out, uint64_t number)
{
    size_t at = begin(out, FRAME_CANCEL);
    put_number(out, number, 8);
    end(out, at);
}

bool frame_read_cancel(struct str fields, uint64_t *number)
{
    struct reader r = {.rest = fields};
    *number = take_number(&r, 8, UINT64_MAX);
    return is_whole(&r);
}

void frame_write_opt_out(struct buf *out, struct str text)
{
    size_t at = begin(out, FRAME_OPT_OUT);
    put_bytes(out, text);
    end(out, at);
}

bool frame_read_opt_out(struct str fields, struct str *text)
{
    struct reader r = {.rest = fields};
    *text = take_bytes(&r);
    return is_whole(&r);
}

void frame_write_ready(struct buf *out)
{
    end(out, begin(out, FRAME_READY));
}

void frame_write_alive(struct buf *out)
{
    end(out, begin(out, FRAME_ALIVE));
}

/* As much of the text as its frame has room for, beside `others` octets. */
static void put_short_text(struct buf *out, const char *text, size_t others)
{
    size_t room = FRAME_TEXT_BYTES - 4 - 1 - others, n = strlen(text);
    if (n > room)
        n = room;
    put_number(out, n + 1, 4);
    buf_add(out, text, n);
    buf_add_char(out, '\0');
}

void frame_write_failed(struct buf *out, const char *why)
{
    size_t at = begin(out, FRAME_FAILED);
    put_short_text(out, why, 0);
    end(out, at);
}

bool frame_read_failed(struct str fields, const char **why)
{
    struct reader r = {.rest = fields};
    *why = take_needed(&r);
    return is_whole(&r);
}

void frame_write_step(struct buf *out, uint64_t number, const struct work_step *step)
{
    size_t at = begin(out, FRAME_STEP);
    put_number(out, number, 8);
    put_number(out, step->done, 4);
    put_number(out, step->total, 4);
    put_short_text(out, step->waits_for, 16);
    end(out, at);
}

bool frame_read_step(struct str fields, uint64_t *number, struct work_step *step)
{
    struct reader r = {.rest = fields};
    *number = take_number(&r, 8, UINT64_MAX);
    step->done = take_number(&r, 4, UINT32_MAX);
    step->total = take_number(&r, 4, UINT32_MAX);
    step->waits_for = take_needed(&r);
    return is_whole(&r) && step->done <= step->total;
}

void frame_write_result(struct buf *out, uint64_t number, const struct work_result *result)
{
    size_t at = begin(out, FRAME_RESULT);
    put_number(out, number, 8);
    put_number(out, result->end, 1);
    if (result->end == WORK_DONE) {
        put_text(out, result->status);
        put_text(out, result->headline);
        put_number(out, result->note, 4);
        for (size_t i = 0; i < WORK_DOCUMENTS; i++)
            put_bytes(out, result->documents[i]);
    } else {
        put_text(out, result->problem);
    }
    end(out, at);
}

/* That a worker died, its parent knows best. */
bool frame_read_result(struct str fields, uint64_t *number, struct work_result *result)
{
    struct reader r = {.rest = fields};
    *result = (struct work_result){0};
    *number = take_number(&r, 8, UINT64_MAX);
    result->end = (enum work_end)take_number(&r, 1, WORK_REFUSED);
    if (result->end == WORK_DONE) {
        result->status = take_needed(&r);
        result->headline = take_needed(&r);
        result->note = (uint32_t)take_number(&r, 4, UINT32_MAX);
        for (size_t i = 0; i < WORK_DOCUMENTS; i++)
            result->documents[i] = take_bytes(&r);
    } else {
        result->problem = take_needed(&r);
    }
    return is_whole(&r) && result->end != WORK_LOST;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replies of a mail server. The input: how many octets come at a time, then what the server says.
 * Oracle: what is heard does not depend on how it was cut into pieces; all octets are taken until the reply ends;
 * lines, their number and the time keep their limits; a reply is complete exactly when it is done.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "wire/smtp_reply.h"

struct heard {
    struct arena arena;
    struct smtp_reply reply;
    enum smtp_reply_status status;
    size_t taken;
    bool garbage; /* smtp_reply_end's answer */
};

static void hear(struct heard *h, struct str text, size_t piece)
{
    struct smtp_reply_reader reader;
    char line[SMTP_LINE_KEPT_BYTES];
    memset(h, 0, sizeof *h);
    arena_init(&h->arena, 1 << 20);
    smtp_reply_begin(&reader, &h->reply, &h->arena);
    reader.line = line;
    while (h->taken < text.n && h->status == REPLY_MORE) {
        size_t used = 0, n = text.n - h->taken < piece ? text.n - h->taken : piece;
        void *octets = fuzz_exact((struct str){text.p + h->taken, n});
        h->status = smtp_reply_feed_line(&reader, octets, n, (uint32_t)h->taken, &used);
        free(octets);
        must(used > 0 && used <= n);
        h->taken += used;
        must(!reader.last_line.p || reader.last_line.n <= SMTP_LINE_KEPT_BYTES);
    }
    if (h->status == REPLY_MORE)
        h->garbage = smtp_reply_end(&reader, (uint32_t)h->taken);
}

static void check(const struct heard *h)
{
    const struct smtp_reply *r = &h->reply;
    must(!h->arena.exhausted);
    must(r->line_count <= SMTP_LINES_MAX && r->code >= 0 && r->code <= 999);
    must(r->complete == (h->status == REPLY_DONE));
    must(!r->complete || r->line_count > 0);
    must((h->status == REPLY_LIMIT) == !!(r->flaws & REPLY_OVER_LIMIT));
    must(!(h->garbage || h->status == REPLY_NO_REPLY) || (r->line_count > 0 && r->flaws & REPLY_NOT_SMTP));
    for (size_t i = 0; i < r->line_count; i++)
        must(r->lines[i].n <= SMTP_LINE_KEPT_BYTES);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct fuzz f = {bytes, n};
    size_t piece = 1 + fuzz_number(&f, 40);
    struct str text = fuzz_rest(&f);
    struct heard whole, cut;
    hear(&whole, text, SIZE_MAX);
    hear(&cut, text, piece);
    check(&whole);
    check(&cut);
    must(whole.status == cut.status && whole.taken == cut.taken && whole.garbage == cut.garbage);
    must(whole.reply.code == cut.reply.code && whole.reply.flaws == cut.reply.flaws && whole.reply.line_count == cut.reply.line_count);
    for (size_t i = 0; i < whole.reply.line_count; i++)
        must(str_eq(whole.reply.lines[i], cut.reply.lines[i]));
    arena_done(&whole.arena);
    arena_done(&cut.arena);
    return 0;
}

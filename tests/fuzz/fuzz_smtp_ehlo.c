/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The meaning of EHLO replies. The input is what the server answers.
 * Oracle: of a reply that is no complete 250 nothing is read; of one that is, the host name and every keyword and
 * parameter lie within its lines, and each keyword is found again, without regard to case.
 */
#include "fuzz.h"
#include "wire/smtp_ehlo.h"
#include "wire/smtp_reply.h"

static bool lies_in(struct str part, const struct smtp_reply *r)
{
    for (size_t i = 0; i < r->line_count; i++)
        if (part.p >= r->lines[i].p && part.p + part.n <= r->lines[i].p + r->lines[i].n)
            return true;
    return part.n == 0;
}

static void check(const struct smtp_ehlo *ehlo, struct arena *arena)
{
    must(ehlo->capability_count < ehlo->reply.line_count || ehlo->capability_count == 0);
    must(lies_in(ehlo->hostname, &ehlo->reply));
    for (size_t i = 0; i < ehlo->capability_count; i++) {
        const struct smtp_capability *c = &ehlo->capabilities[i];
        must(c->keyword.n > 0 && lies_in(c->keyword, &ehlo->reply) && lies_in(c->parameters, &ehlo->reply));
        char *keyword = arena_cstr(arena, c->keyword);
        must(keyword);
        for (char *p = keyword; *p; p++)
            *p = ascii_lower(*p);
        const struct smtp_capability *found = smtp_ehlo_find(ehlo, keyword);
        must(!str_is_nocase(c->keyword, keyword) || (found && found <= c && str_eq_nocase(found->keyword, c->keyword)));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct arena arena;
    struct smtp_reply_reader reader;
    struct smtp_ehlo ehlo = {.helo = false};
    enum smtp_reply_status status = REPLY_MORE;
    arena_init(&arena, 1 << 20);
    char line[SMTP_LINE_KEPT_BYTES];
    smtp_reply_begin(&reader, &ehlo.reply, &arena);
    reader.line = line;
    for (size_t at = 0, used; at < n && status == REPLY_MORE; at += used)
        status = smtp_reply_feed_line(&reader, bytes + at, n - at, 0, &used);
    smtp_ehlo_parse(&ehlo, &arena);
    if (!ehlo.reply.complete || ehlo.reply.code != 250)
        must(ehlo.hostname.n == 0 && ehlo.capability_count == 0);
    check(&ehlo, &arena);
    must(!arena.exhausted);
    arena_done(&arena);
    return 0;
}

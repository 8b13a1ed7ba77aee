/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MTA-STS: a TXT record, a host name, and as the rest a policy file.
 * Oracle: an id is 1 to 32 letters and digits; patterns lie in the file, and each matches what it stands for; a policy
 * without a flaw has all that it must have; its lines may as well end in CRLF.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "wire/mtasts.h"

static void check_record(struct str txt, struct arena *arena)
{
    const char *id, *flaw;
    if (!mta_sts_is_record(txt))
        return;
    mta_sts_parse_record(txt, arena, &id, &flaw);
    must(id || flaw);
    size_t n = id ? strlen(id) : 1;
    must(n >= 1 && n <= 32);
    for (size_t i = 0; id && i < n; i++)
        must(ascii_is_alpha(id[i]) || ascii_is_digit(id[i]));
}

static void check_policy(const struct mta_sts_policy *p, struct str body, unsigned lines)
{
    must(p->flaw_line <= lines && (p->flaw || p->flaw_line == 0));
    must(p->mx_count <= MTA_STS_MX_MAX && (p->mx_left_out == 0 || p->mx_count == MTA_STS_MX_MAX));
    for (size_t i = 0; i < p->mx_count; i++) {
        struct str pattern = p->mx[i].text, below = {pattern.p + 1, pattern.n - 1};
        must(pattern.n > 0 && pattern.p >= body.p && pattern.p + pattern.n <= body.p + body.n);
        must(pattern.p[0] == '*' || mta_sts_pattern_matches(pattern, pattern));
        must(!mta_sts_pattern_matches(pattern, below));
    }
    if (p->flaw)
        return;
    must(p->version_good && p->max_age_good && p->max_age_s <= 31557600);
    must(p->mode == MTA_STS_MODE_NONE || p->mode == MTA_STS_MODE_TESTING || p->mode == MTA_STS_MODE_ENFORCE);
    must(p->mx_count > 0 || p->mode == MTA_STS_MODE_NONE);
}

/* Each LF as CRLF. */
static struct str with_crlf(struct str body, struct arena *arena)
{
    struct buf out;
    buf_init(&out, 1 << 20);
    for (size_t i = 0; i < body.n; i++) {
        if (body.p[i] == '\n')
            buf_add_char(&out, '\r');
        buf_add_char(&out, body.p[i]);
    }
    struct str copy = arena_copy(arena, (struct str){out.bytes, out.used});
    must(!out.failed);
    buf_done(&out);
    return copy;
}

static void check_line_ends(const struct mta_sts_policy *p, struct str body, struct arena *arena)
{
    struct mta_sts_policy same;
    if (memchr(body.p, '\r', body.n))
        return;
    mta_sts_parse_policy(with_crlf(body, arena), arena, &same);
    must(same.flaw == p->flaw && same.flaw_line == p->flaw_line && same.mode == p->mode && same.max_age_s == p->max_age_s && same.mx_count == p->mx_count);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct fuzz f = {bytes, n};
    struct arena arena;
    struct mta_sts_policy policy;
    arena_init(&arena, 4 << 20);
    check_record(fuzz_text(&f), &arena);
    struct str host = fuzz_text(&f), rest = fuzz_rest(&f);
    if (rest.n > MTA_STS_BODY_MAX)
        rest.n = MTA_STS_BODY_MAX;
    struct str body = {fuzz_exact(rest), rest.n};
    unsigned lines = 1;
    for (size_t i = 0; i < body.n; i++)
        lines += body.p[i] == '\n';
    mta_sts_parse_policy(body, &arena, &policy);
    check_policy(&policy, body, lines);
    for (size_t i = 0; i < policy.mx_count; i++)
        must(!mta_sts_pattern_matches(policy.mx[i].text, host) || memchr(host.p, '.', host.n) || policy.mx[i].text.p[0] != '*');
    if (body.n)
        check_line_ends(&policy, body, &arena);
    must(!arena.exhausted);
    free((void *)(uintptr_t)body.p);
    arena_done(&arena);
    return 0;
}

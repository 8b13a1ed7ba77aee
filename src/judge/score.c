/* SPDX-License-Identifier: Apache-2.0 */
/* score - see score.h. */
#include "judge/score.h"

#include <stdlib.h>

enum { SCORE_MAX = 100, CAP_BELOW_ERROR = 59, CAP_BELOW_WARNING = 94, COVERAGE_NEEDED_PERCENT = 50 };

static const unsigned weights[] = {[SEVERITY_NOTICE] = 0, [SEVERITY_WARNING] = 3, [SEVERITY_ERROR] = 10};

/* One check and the objects of one owner. */
struct share {
    const struct check *check;
    size_t pass, fail, unknown;
};

struct sum {
    double got, possible;
    size_t failed[SEVERITY_ERROR + 1]; /* checks */
    size_t known, unknown;             /* verdicts */
};

static struct share share_at(const struct verdict *verdicts, size_t count, size_t *at, enum owner owner)
{
    struct share s = {.check = verdicts[*at].check};
    for (; *at < count && verdicts[*at].check == s.check; ++*at) {
        const struct verdict *v = &verdicts[*at];
        if (v->owner != owner)
            continue;
        s.pass += v->value == VERDICT_PASS;
        s.fail += v->value == VERDICT_FAIL;
        s.unknown += v->value == VERDICT_UNKNOWN;
    }
    return s;
}

static void add(struct sum *sum, const struct share *s)
{
    size_t known = s->pass + s->fail;
    sum->known += known;
    sum->unknown += s->unknown;
    if (!known)
        return;
    sum->possible += weights[s->check->severity];
    sum->got += weights[s->check->severity] * (double)s->pass / (double)known;
    sum->failed[s->check->severity] += s->fail > 0;
}

static unsigned points(const struct sum *s)
{
    unsigned n = (unsigned)(SCORE_MAX * s->got / s->possible + 0.5);
    if (s->failed[SEVERITY_ERROR] && n > CAP_BELOW_ERROR)
        n = CAP_BELOW_ERROR;
    if (s->failed[SEVERITY_WARNING] && n > CAP_BELOW_WARNING)
        n = CAP_BELOW_WARNING;
    return n;
}

/* As if every object of this check passed; what lies behind it stays untold. */
static unsigned points_mended(struct sum sum, const struct share *s)
{
    sum.got += weights[s->check->severity] * (double)s->fail / (double)(s->pass + s->fail);
    sum.failed[s->check->severity]--;
    return points(&sum);
}

static int more_first(const void *a, const void *b)
{
    const struct score_gain *x = a, *y = b;
    if (x->gain != y->gain)
        return x->gain > y->gain ? -1 : 1;
    return x->check < y->check ? -1 : 1; /* the order of the table */
}

static int collect_gains(const struct verdict *verdicts, size_t count, enum owner owner, const struct sum *sum, struct arena *arena, struct score *out)
{
    size_t room = sum->failed[SEVERITY_ERROR] + sum->failed[SEVERITY_WARNING];
    if (!room)
        return 0;
    out->gains = ARENA_ARRAY(arena, struct score_gain, room);
    if (!out->gains)
        return -1;
    for (size_t at = 0; at < count;) {
        struct share s = share_at(verdicts, count, &at, owner);
        if (s.fail && weights[s.check->severity])
            out->gains[out->gain_count++] = (struct score_gain){s.check, points_mended(*sum, &s) - out->points};
    }
    qsort(out->gains, out->gain_count, sizeof *out->gains, more_first);
    return 0;
}

int score_of(const struct verdict *verdicts, size_t count, enum owner owner, struct arena *arena, struct score *out)
{
    struct sum sum = {0};
    *out = (struct score){0};
    for (size_t at = 0; at < count;) {
        struct share s = share_at(verdicts, count, &at, owner);
        add(&sum, &s);
    }
    size_t judged = sum.known + sum.unknown;
    out->coverage_percent = judged ? (unsigned)(100 * sum.known / judged) : 0;
    if (!judged)
        out->reason = "there is nothing of this side";
    else if (out->coverage_percent < COVERAGE_NEEDED_PERCENT)
        out->reason = "less than half could be judged";
    else if (sum.possible == 0)
        out->reason = "nothing that weighs could be judged";
    if (out->reason)
        return 0;
    out->points = points(&sum);
    return collect_gains(verdicts, count, owner, &sum, arena, out);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* again - see again.h. */
#include "bulk/again.h"

#include <stdlib.h>
#include <string.h>

#include "base/rng.h"

enum { MS_PER_S = 1000, US_PER_MS = 1000 };

const struct again_times again_usual_times = {.after_s = {5 * 60, 15 * 60, 60 * 60}, .count = 3};

int64_t again_delay_ms(const struct again_times *times, unsigned asked, uint64_t chance)
{
    if (asked == 0 || asked > times->count)
        return -1;
    int64_t ms = times->after_s[asked - 1] * MS_PER_S;
    return ms - ms / 10 + (int64_t)(chance % (uint64_t)(ms / 5 + 1));
}

/* ---- whether ---- */

bool again_is_wanted(const struct judgement *j)
{
    static const char *const steps[] = {"smtp.greeting",      "smtp.ehlo", "tls.starttls-accepted", "tls.handshake", "smtp.ehlo-after-tls",
                                        "relay.rcpt-refused", NULL};
    for (size_t i = 0; i < j->count; i++) {
        const struct verdict *v = &j->verdicts[i];
        size_t k = 0;
        if (v->value != VERDICT_UNKNOWN || (v->reason != REASON_THROTTLED && v->reason != REASON_GREYLISTED))
            continue;
        while (steps[k] && strcmp(steps[k], v->check->id) != 0)
            k++;
        if (steps[k])
            return true;
    }
    return false;
}

/* ---- when ---- */

void again_init(struct again *a, struct loop *loop, const struct again_times *times, size_t max, void (*on_due)(void *arg), void *arg)
{
    *a = (struct again){.loop = loop, .times = *times, .max = max, .on_due = on_due, .arg = arg};
}

static void free_all(struct bulk_name *name)
{
    while (name) {
        struct bulk_name *next = name->next;
        timer_cancel(&name->timer);
        free(name);
        name = next;
    }
}

void again_done(struct again *a)
{
    free_all(a->waiting);
    free_all(a->due);
    a->waiting = a->due = a->last_due = NULL;
    a->count = 0;
}

static void on_time(void *arg)
{
    struct bulk_name *name = arg;
    struct again *a = name->waits_in;
    if (name->previous)
        name->previous->next = name->next;
    else
        a->waiting = name->next;
    if (name->next)
        name->next->previous = name->previous;
    name->previous = name->next = NULL;
    if (a->due)
        a->last_due->next = name;
    else
        a->due = name;
    a->last_due = name;
    a->on_due(a->arg);
}

bool again_add(struct again *a, struct bulk_name *name)
{
    uint64_t chance = 0;
    rng_fill(&chance, sizeof chance); /* without any it comes a tenth early */
    int64_t delay_ms = again_delay_ms(&a->times, name->asked, chance);
    if (delay_ms < 0 || a->count >= a->max)
        return false;
    name->waits_in = a;
    name->previous = NULL;
    name->next = a->waiting;
    if (a->waiting)
        a->waiting->previous = name;
    a->waiting = name;
    a->count++;
    timer_start(a->loop, &name->timer, delay_ms, on_time, name);
    return true;
}

struct bulk_name *again_take(struct again *a)
{
    struct bulk_name *name = a->due;
    if (!name)
        return NULL;
    a->due = name->next;
    name->next = NULL;
    a->count--;
    return name;
}

int64_t again_next_ms(const struct again *a)
{
    int64_t first_us = INT64_MAX, now_us = loop_now(a->loop).us;
    if (a->due)
        return 0;
    if (!a->waiting)
        return -1;
    for (const struct bulk_name *name = a->waiting; name; name = name->next)
        first_us = name->timer.due.us < first_us ? name->timer.due.us : first_us;
    return first_us > now_us ? (first_us - now_us) / US_PER_MS : 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* sightings - what other reports of a target saw of its endpoints; see judge.h. */
#include "judge/rules.h"

static bool counts(const struct sighting *seen, struct wall now)
{
    int64_t age_s = now.s - seen->at.s;
    return age_s >= 0 && age_s <= (seen->elsewhere ? SIGHTING_ELSEWHERE_S : SIGHTING_EARLIER_S);
}

const struct sighting *sighting_of(const struct context *c, struct ip ip, uint16_t port, bool elsewhere)
{
    const struct sighting *last = NULL;
    for (size_t i = 0; i < c->options->sighting_count; i++) {
        const struct sighting *seen = &c->options->sightings[i];
        bool is_same = seen->elsewhere == elsewhere && seen->port == port && ip_eq(seen->ip, ip) && str_is_nocase(str_of(seen->target), c->facts->target.name);
        if (is_same && counts(seen, c->now) && (!last || seen->at.s > last->at.s))
            last = seen;
    }
    return last;
}

const char *shown_time(struct context *c, struct wall at)
{
    char text[CLOCK_TEXT_BYTES];
    wall_write(at, text);
    return arena_strdup(c->arena, text);
}

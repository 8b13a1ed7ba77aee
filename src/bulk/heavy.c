/* SPDX-License-Identifier: Apache-2.0 */
/* heavy - see heavy.h. */
#include "bulk/heavy.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/panic.h"
#include "base/rng.h"

enum { FIRST_SLOTS = 256 };

static struct str name_of(const struct heavy_entry *e)
{
    return (struct str){e->name, e->name_bytes};
}

/* Where it stands, or the free slot where it would. There is always a free one. */
static struct heavy_entry *slot_of(const struct heavy *h, struct str name)
{
    size_t i = (size_t)hash_fold(hash_str(h->seed, name)) & (h->slot_count - 1);
    while (h->slots[i].name && !str_eq(name_of(&h->slots[i]), name))
        i = (i + 1) & (h->slot_count - 1);
    return &h->slots[i];
}

/* Into a new table of that many slots; entries not heavier than `threshold` are given up. */
static int move(struct heavy *h, size_t slot_count, uint64_t threshold)
{
    struct heavy old = *h;
    must(slot_count > 0);
    struct heavy_entry *slots = calloc(slot_count, sizeof *slots);
    if (!slots)
        return -1;
    h->slots = slots;
    h->slot_count = slot_count;
    h->count = 0;
    for (size_t i = 0; i < old.slot_count; i++) {
        struct heavy_entry *e = &old.slots[i];
        if (!e->name)
            continue;
        if (e->domains + e->missed <= threshold) {
            free(e->name);
            continue;
        }
        *slot_of(h, name_of(e)) = *e;
        h->count++;
    }
    free(old.slots);
    return 0;
}

static int compare_weights(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static int give_up_half(struct heavy *h)
{
    uint64_t *weights = calloc(h->count, sizeof *weights);
    size_t n = 0;
    if (!weights)
        return -1;
    for (size_t i = 0; i < h->slot_count; i++)
        if (h->slots[i].name)
            weights[n++] = h->slots[i].domains + h->slots[i].missed;
    qsort(weights, n, sizeof *weights, compare_weights);
    uint64_t threshold = weights[n / 2];
    free(weights);
    if (move(h, h->slot_count, threshold) < 0)
        return -1;
    if (threshold > h->given_up)
        h->given_up = threshold;
    return 0;
}

static int make_room(struct heavy *h)
{
    if (h->count >= h->max)
        return give_up_half(h);
    return h->count * 2 >= h->slot_count ? move(h, h->slot_count * 2, 0) : 0;
}

int heavy_count(struct heavy *h, struct str name, bool sole, bool with_errors)
{
    name.n = name.n < HEAVY_NAME_BYTES ? name.n : HEAVY_NAME_BYTES;
    struct heavy_entry *e = slot_of(h, name);
    if (!e->name) {
        char *text = malloc(name.n + 1);
        if (!text || make_room(h) < 0) {
            free(text);
            return -1;
        }
        memcpy(text, name.p, name.n);
        text[name.n] = '\0';
        e = slot_of(h, name);
        *e = (struct heavy_entry){.name = text, .name_bytes = name.n, .missed = h->given_up};
        h->count++;
    }
    e->domains++;
    e->sole += sole;
    e->with_errors += with_errors;
    return 0;
}

static int compare_entries(const void *a, const void *b)
{
    const struct heavy_entry *x = *(const struct heavy_entry *const *)a, *y = *(const struct heavy_entry *const *)b;
    if (x->domains != y->domains)
        return x->domains > y->domains ? -1 : 1;
    return strcmp(x->name, y->name);
}

size_t heavy_list(const struct heavy *h, const struct heavy_entry **list, size_t max)
{
    const struct heavy_entry **all = calloc(h->count + 1, sizeof *all);
    size_t n = 0;
    if (!all)
        return 0;
    for (size_t i = 0; i < h->slot_count; i++)
        if (h->slots[i].name)
            all[n++] = &h->slots[i];
    qsort(all, n, sizeof *all, compare_entries);
    n = n < max ? n : max;
    memcpy(list, all, n * sizeof *all);
    free(all);
    return n;
}

int heavy_init(struct heavy *h, size_t max)
{
    *h = (struct heavy){.max = max, .slot_count = FIRST_SLOTS};
    if (rng_fill(&h->seed, sizeof h->seed) < 0) /* strangers choose the names */
        return -1;
    h->slots = calloc(h->slot_count, sizeof *h->slots);
    return h->slots ? 0 : -1;
}

void heavy_done(struct heavy *h)
{
    for (size_t i = 0; h->slots && i < h->slot_count; i++)
        free(h->slots[i].name);
    free(h->slots);
    *h = (struct heavy){0};
}

/* SPDX-License-Identifier: Apache-2.0 */
/* window - see window.h. */
#include "bulk/window.h"

#include <stdlib.h>
#include <string.h>

#include "base/rng.h"

int window_init(struct window *w, size_t max)
{
    *w = (struct window){.max = max, .names = calloc(max, sizeof(struct bulk_name *))};
    return w->names ? 0 : -1;
}

void window_done(struct window *w)
{
    while (w->count)
        free(w->names[--w->count]);
    free(w->names);
    *w = (struct window){0};
}

bool window_is_full(const struct window *w)
{
    return w->count >= w->max;
}

int window_add(struct window *w, uint64_t number, struct str text)
{
    struct bulk_name *name = calloc(1, sizeof *name + text.n + 1);
    if (!name)
        return -1;
    name->number = number;
    name->n = text.n;
    memcpy(name->text, text.p, text.n);
    w->names[w->count++] = name;
    w->octets += text.n + 1;
    return 0;
}

struct bulk_name *window_take(struct window *w)
{
    uint64_t chance = 0;
    if (w->count == 0)
        return NULL;
    rng_fill(&chance, sizeof chance); /* without any the first one is as good */
    size_t i = (size_t)(chance % w->count);
    struct bulk_name *name = w->names[i];
    w->names[i] = w->names[--w->count];
    w->octets -= name->n + 1;
    return name;
}

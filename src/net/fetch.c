/* SPDX-License-Identifier: Apache-2.0 */
/* fetch - what both kinds of fetcher share. */
#include "net/fetch.h"

#include "base/panic.h"

void fetch_start(struct fetcher *f, struct fetch *fetch, const struct fetch_request *request, struct fetch_facts *facts, struct arena *arena, fetch_fn *fn,
                 void *arg)
{
    must(!fetch->fetcher && request->ip_count > 0);
    *fetch = (struct fetch){.fetcher = f, .request = request, .facts = facts, .arena = arena, .fn = fn, .arg = arg};
    *facts = (struct fetch_facts){.result = FETCH_NOT_TRIED};
    f->ops->start(f, fetch);
}

void fetch_cancel(struct fetch *fetch)
{
    if (fetch->fetcher)
        fetch->fetcher->ops->cancel(fetch);
}

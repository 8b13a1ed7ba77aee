/* SPDX-License-Identifier: Apache-2.0 */
/* resolver - what both implementations share: the calls themselves and the reverse names. */
#include "net/resolver.h"

#include "base/panic.h"

void resolver_ask(struct resolver *r, struct query *q, const char *name, enum dns_type type, struct arena *arena, int64_t limit_ms, query_fn *fn, void *arg)
{
    must(!q->resolver);
    *q = (struct query){.resolver = r, .name = name, .type = type, .arena = arena, .fn = fn, .arg = arg};
    r->ops->ask(r, q, limit_ms);
}

void query_cancel(struct query *q)
{
    if (!q->resolver)
        return;
    q->resolver->ops->cancel(q);
    must(!q->resolver);
}

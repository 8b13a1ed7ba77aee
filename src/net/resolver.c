/* SPDX-License-Identifier: Apache-2.0 */
/* resolver - what both implementations share: the calls themselves and the reverse names. */
#include "net/resolver.h"

#include "base/panic.h"

#include <stdio.h>

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

void ip_write_reverse_name(struct ip ip, char text[static REVERSE_NAME_BYTES])
{
    if (ip.family == IP_V4) {
        snprintf(text, REVERSE_NAME_BYTES, "%u.%u.%u.%u.in-addr.arpa", ip.bytes[3], ip.bytes[2], ip.bytes[1], ip.bytes[0]);
        return;
    }
    must(ip.family == IP_V6);
    char *p = text;
    for (int i = 15; i >= 0; i--)
        p += snprintf(p, 5, "%x.%x.", ip.bytes[i] & 0xfu, ip.bytes[i] >> 4u);
    snprintf(p, sizeof "ip6.arpa", "ip6.arpa");
}

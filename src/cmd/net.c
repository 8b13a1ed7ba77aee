/* SPDX-License-Identifier: Apache-2.0 */
/* net - see net.h. */
#include "cmd/net.h"

#include <stdio.h>

#include "net/listen.h"

int net_open(struct prober *p, void *options, char *error, size_t error_bytes)
{
    const struct options *o = options;
    listen_raise_descriptors();
    snprintf(error, error_bytes, "out of memory");
    *p = (struct prober){.options = o->probe, .opt_out = o->opt_out};
    p->net.loop = loop_new_real();
    p->net.dialer = p->net.loop ? dialer_new_tcp(p->net.loop) : NULL;
    p->net.tls = p->net.dialer ? tls_context_new(o->ca_file, error, error_bytes) : NULL;
    p->resolver = p->net.tls ? resolver_new_unbound(p->net.loop, &o->resolver, error, error_bytes) : NULL;
    if (!p->resolver)
        return -1;
    snprintf(error, error_bytes, "out of memory");
    p->authorities = authority_asker_new_ares(p->net.loop);
    p->fetcher = p->authorities ? fetcher_new_curl(p->net.loop, p->net.tls) : NULL;
    return p->fetcher ? 0 : -1;
}

int net_share(struct prober *p)
{
    const struct pace_limits limits = {LIMIT_PACED_NETWORK, LIMIT_PACED_OPERATOR, LIMIT_PACED_APART_MS, LIMIT_PACED_APART_MS_MAX};
    p->sharing = sharing_new(p->net.loop);
    p->answers = answers_new(p->net.loop);
    p->pace = pace_new(p->net.loop, &limits);
    return p->sharing && p->answers && p->pace ? 0 : -1;
}

int net_exit_status(const struct prober *p, const struct options *o)
{
    bool from_files = p->net.tls ? !p->resolver && (o->resolver.root_hints_file || o->resolver.trust_anchor_files) : p->net.dialer && o->ca_file;
    return from_files ? EXIT_DATA : EXIT_UNAVAILABLE;
}

void net_close(struct prober *p)
{
    if (p->fetcher)
        fetcher_free(p->fetcher);
    if (p->authorities)
        authority_asker_free(p->authorities);
    if (p->resolver)
        resolver_free(p->resolver);
    sharing_free(p->sharing);
    answers_free(p->answers);
    pace_free(p->pace);
    tls_context_free(p->net.tls);
    if (p->net.dialer)
        dialer_free(p->net.dialer);
    loop_free(p->net.loop);
}

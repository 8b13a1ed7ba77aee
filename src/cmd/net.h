/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net - the net as the options want it: loop, sockets, TLS, resolver, name servers, policies.
 *
 * Order of calls: net_open, whatever uses the prober, net_close; net_close also after a failure.
 * Memory: what the options point to must outlive the net. Fails: -1 with a message.
 */
#ifndef CMD_NET_H
#define CMD_NET_H

#include "cmd/options.h"

/* `options` is a struct options; as struct pool_params wants it. Raises our limit of descriptors first. */
int net_open(struct prober *p, void *options, char *error, size_t error_bytes);
/* For many domains: each server once, and none too often. */
int net_share(struct prober *p);
/* After a failure: files that the user named are his input, all else is our trouble. */
int net_exit_status(const struct prober *p, const struct options *o);
void net_close(struct prober *p);

#endif

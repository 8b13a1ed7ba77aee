/* SPDX-License-Identifier: Apache-2.0 */
/*
 * virtual_servers - the mail servers of a world behind a scripted dialer: for each connection one scn_play.
 *
 * What a server says arrives a round trip later; where nobody listens, connections are refused.
 * Order of calls: virtual_servers_new, then clients may dial while the loop runs; virtual_servers_free before the
 *   dialer and the loop go.
 * Memory: its own. Fails: NULL without memory; what goes wrong later is in virtual_servers_error.
 */
#ifndef ENGINE_VIRTUAL_SERVERS_H
#define ENGINE_VIRTUAL_SERVERS_H

#include "net/transport.h"
#include "scn_pki.h"

struct virtual_servers;

struct virtual_servers *virtual_servers_new(struct loop *l, struct dialer *d, const struct scn_world *w, struct scn_pki *pki, int64_t round_trip_ms);
void virtual_servers_free(struct virtual_servers *v);

const char *virtual_servers_error(const struct virtual_servers *v); /* the first; NULL: none */

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * virtual_pages - what a fetcher makes of a policy host, and of hosts with other pages, derived from what their web servers
 * are told to do.
 *
 * The server behind the name's first address that listens counts, as that of its first client. Its own words in answer
 * to GET are no HTTP; of TLS only versions and the certificate matter.
 * Order of calls: virtual_pages_fill, the run, then virtual_pages_happened.
 * Memory: the fetcher's. Fails: -1 without memory.
 */
#ifndef ENGINE_VIRTUAL_PAGES_H
#define ENGINE_VIRTUAL_PAGES_H

#include "net/fetch.h"
#include "scn_world.h"

int virtual_pages_fill(struct fetcher *f, struct scn_world *w, const struct scenario *s, int64_t round_trip_ms);
/* Marks what has taken place, if anybody has fetched the policy, or another page. */
void virtual_pages_happened(const struct fetcher *f, struct scn_world *w, const struct scenario *s);

#endif

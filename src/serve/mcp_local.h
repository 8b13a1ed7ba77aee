/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mcp_local - MCP for one client on this machine: a line in, lines out, without HTTP.
 *
 * Order of calls: mcp_local_new, mcp_local_feed for each line; mcp_local_stop says to each call under way that it ends;
 *   mcp_local_free.
 * Memory: its own; the loop and the pool are the caller's and outlive it. What `say` is given lives until it
 *   returns.
 * Limits: MCP_LOCAL_CALLS under way, MCP_MESSAGE_BYTES a line; and limits.h, as for a client over HTTP.
 * Fails: mcp_local_new NULL without memory.
 */
#ifndef SERVE_MCP_LOCAL_H
#define SERVE_MCP_LOCAL_H

#include "serve/mcp.h"
#include "serve/serve.h"

enum { MCP_LOCAL_CALLS = 64 };

struct mcp_local_params {
    struct loop *loop;
    struct pool *pool;
    bool public_only; /* as in the pool */
    const struct ip_network *public_networks;
    size_t public_network_count;
    void (*say)(void *arg, struct str message); /* a line without its end */
    void *arg;
};

struct mcp_local;
struct mcp_local *mcp_local_new(const struct mcp_local_params *params);
void mcp_local_feed(struct mcp_local *m, struct str line);
void mcp_local_feed_too_long(struct mcp_local *m); /* a line that was longer than may be */
size_t mcp_local_calls(const struct mcp_local *m); /* under way */
void mcp_local_stop(struct mcp_local *m);
void mcp_local_free(struct mcp_local *m);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mcp_http - MCP over HTTP: one message a request, its answer as JSON or as a stream of events; no sessions.
 *
 * Memory: as of the request. Fails: never; the answer is an error of JSON-RPC or a problem.
 * Spec: Model Context Protocol 2026-07-28, "Streamable HTTP".
 */
#ifndef SERVE_MCP_HTTP_H
#define SERVE_MCP_HTTP_H

#include "serve/mcp.h"

/* Adds the next event of the stream of a call. False: there is none now; after call->answered none ever. */
bool mcp_stream_next(struct request *q, struct run *r, struct buf *out);

#endif

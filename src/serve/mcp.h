/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mcp - the Model Context Protocol: one message in, its answer out, without a word about how either travels.
 *
 * Both eras are spoken, each message for itself: the handshake revisions 2025-03-26, 2025-06-18 and 2025-11-25, and
 * 2026-07-28, where every request says in its _meta what it speaks.
 * Order of calls: mcp_handle answers, or the request waits for a run (request_wait): then mcp_progress after each step,
 *   and at its end, or when the wait is over, `then` as for any request; mcp_withdraw when nobody wants the answer any more.
 *   Status 202 with an empty body: nothing is to be said.
 * Memory: what is to be known until the answer lives in the request's arena. Limits: MCP_DEPTH levels; the transports limit
 *   the size. Batches, which only 2025-03-26 knows, are refused.
 * Fails: never; the answer is an error of JSON-RPC.
 * Spec: JSON-RPC 2.0; Model Context Protocol, revisions as above.
 */
#ifndef SERVE_MCP_H
#define SERVE_MCP_H

#include "serve/json_read.h"
#include "serve/request.h"

enum { MCP_DEPTH = 24, MCP_MESSAGE_BYTES = 64 * 1024, MCP_WAIT_MS = 150000 };

enum mcp_error {
    MCP_PARSE_ERROR = -32700,
    MCP_INVALID_REQUEST = -32600,
    MCP_METHOD_NOT_FOUND = -32601,
    MCP_INVALID_PARAMS = -32602,
    MCP_INTERNAL_ERROR = -32603,
    MCP_RESOURCE_NOT_FOUND = -32002, /* before 2026-07-28 */
    MCP_HEADER_MISMATCH = -32020,
    MCP_UNSUPPORTED_VERSION = -32022,
};

/* A request under way. */
struct mcp_call {
    struct str id, progress_token; /* JSON; empty: none */
    struct str cancels;            /* JSON: the id of the request that this notification takes back */
    const char *method;
    bool modern;
    bool full;     /* the whole report is wanted */
    bool answered; /* on a stream */
    uint64_t told; /* the step that was told last */
};

/* What a transport knows beside the message: whether the two agree. False: the answer is an error. */
typedef bool mcp_check(struct request *q, json_t *message, struct answer *a);
void mcp_handle(struct request *q, mcp_check *check, struct answer *a);

/* A notification of how far the run is, if one is wanted and there is news. */
bool mcp_progress(struct request *q, const struct run *r, struct buf *out);
void mcp_withdraw(struct request *q, struct run *r);

/* Replaces the answer by an error. */
void mcp_fail(struct request *q, struct answer *a, unsigned status, enum mcp_error error, const char *format, ...) __attribute__((format(printf, 5, 6)));
/* The same, with JSON that says more. */
void mcp_fail_about(struct request *q, struct answer *a, unsigned status, enum mcp_error error, const char *message, struct str data);
bool mcp_speaks(struct str version); /* a revision of the handshake */

#define MCP_REVISION "2026-07-28"
#define MCP_META "io.modelcontextprotocol/"

#endif

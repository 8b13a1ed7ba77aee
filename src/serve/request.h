/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request - what was asked and what is answered, without a word about how it came or goes.
 *
 * A handler fills the answer, or it waits: request_wait names a run and what is to be done when that is over.
 * Memory: of a request all strings live as long as it does; an answer owns its body.
 * Limits: REQUEST_ARGS of each kind, ANSWER_HEADERS. Fails: never; an answer whose body has failed becomes a problem.
 */
#ifndef SERVE_REQUEST_H
#define SERVE_REQUEST_H

#include "base/arena.h"
#include "base/buf.h"
#include "net/listen.h"
#include "serve/checks.h"
#include "serve/keys.h"

enum { REQUEST_ARGS = 8, ANSWER_HEADERS = 8, ANSWER_HEADER_BYTES = 96, REQUEST_BODY_BYTES = 16 * 1024, ANSWER_BYTES_MAX = 80 * 1024 * 1024 };

enum method { METHOD_GET = 0, METHOD_POST, METHOD_DELETE, METHOD_OTHER };

struct argument {
    struct str name, value;
};

struct answer {
    unsigned status;
    const char *type; /* of the content */
    struct buf body;
    struct str constant; /* instead of body: lives as long as the program */
    const char *caching; /* Cache-Control; NULL: no-store */
    struct {
        const char *name;
        char value[ANSWER_HEADER_BYTES]; /* never of what somebody sent */
    } headers[ANSWER_HEADERS];
    size_t header_count;
    struct run *events; /* the answer is the stream of this run's events */
    bool several;       /* of MCP: the body is several messages, a line each */
};

struct serve;
struct route;
struct mcp_call;
struct request {
    struct serve *serve;
    enum method method;
    struct str path, body;
    struct argument query[REQUEST_ARGS], parts[REQUEST_ARGS]; /* parts: of the path, as its pattern names them */
    size_t query_count, part_count;
    bool query_too_long;
    /* NULL: the header is not there. */
    const char *host, *content_type, *authorization, *expect, *fetch_site, *origin, *last_event_id, *accept_encoding, *if_none_match, *forwarded_for,
        *scrape_timeout, *accept, *mcp_version, *mcp_method, *mcp_name;
    struct listen_address client;
    uint64_t who;          /* of the client, for checks.h */
    const struct key *key; /* NULL: none was given */
    const struct route *route;
    struct arena *arena;
    struct mcp_call *call; /* of MCP; NULL: another kind of request */
    /* While it waits: */
    struct run *run;
    int64_t wait_ms;
    void (*then)(struct request *q, struct run *r, struct answer *a);
};

/* A part of the path, an argument of the query; empty when it is not there. */
struct str request_part(const struct request *q, const char *name);
struct str request_arg(const struct request *q, const char *name);

/* `then` is called when the run is over, or not over after wait_ms. */
void request_wait(struct request *q, struct run *r, int64_t wait_ms, void (*then)(struct request *q, struct run *r, struct answer *a));

void answer_header(struct answer *a, const char *name, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif

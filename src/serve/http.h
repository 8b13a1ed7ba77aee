/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http - the library's connections as requests and answers, run from our loop.
 *
 * Order of calls: http_new; http_close_door when nothing new is to come; http_free.
 * Memory: its own; answers are handed to the library.
 * Limits: HTTP_CONNECTIONS in all, or as many as leave HTTP_DESCRIPTORS_SPARED to the workers; HTTP_CONNECTIONS_OF_ONE of
 *   one client that is not this machine; HTTP_CONNECTION_BYTES of request line, headers and what is made of them, of which
 *   HTTP_URI_BYTES and HTTP_ARGUMENTS of what is asked for, and HTTP_ANSWER_HEAD_BYTES of the answer's headers;
 *   HTTP_REQUEST_MS until a request is complete, HTTP_IDLE_MS until the next one, HTTP_ANSWER_MS until an answer has been
 *   taken, HTTP_STREAM_MS of a stream.
 * Fails: http_new NULL with a message. A client's faults end as problems or as the end of its connection; a head that does not
 *   fit into HTTP_CONNECTION_BYTES, and what is no HTTP, the library answers itself, with a status and a short page.
 */
#ifndef SERVE_HTTP_H
#define SERVE_HTTP_H

#include "serve/state.h"

enum {
    HTTP_CONNECTIONS = 12000,
    HTTP_DESCRIPTORS_SPARED = 128,
    HTTP_CONNECTIONS_OF_ONE = 64,
    HTTP_CONNECTION_BYTES = 16 * 1024,
    HTTP_ANSWER_HEAD_BYTES = 2 * 1024,
    HTTP_URI_BYTES = 8 * 1024,
    HTTP_ARGUMENTS = 32,
    HTTP_REQUEST_MS = 15000,
    HTTP_IDLE_MS = 30000,
    HTTP_ANSWER_MS = 120000,
    HTTP_STREAM_MS = 600000,
    HTTP_HEARTBEAT_MS = 15000,
};

struct http *http_new(struct serve *s, char *error, size_t error_bytes);
void http_close_door(struct http *h);
size_t http_open_requests(const struct http *h);
void http_free(struct http *h);

#endif

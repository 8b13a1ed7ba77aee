/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange - one request and its answer on their way through libmicrohttpd.
 *
 * Memory: malloc, from the first callback for a request to the one that says it is complete. Fails: exchange_new NULL.
 */
#ifndef SERVE_EXCHANGE_H
#define SERVE_EXCHANGE_H

#include <microhttpd.h>

#include "serve/events.h"
#include "serve/http.h"

enum { REFUSED_PENDING = 8 };
enum exchange_state { EXCHANGE_READING = 0, EXCHANGE_REFUSED, EXCHANGE_WAITING, EXCHANGE_ANSWERED };

struct http_connection {
    struct http *http;
    int fd;
    struct ip client;
    struct timer deadline;
    bool answered;     /* past the library: nothing more is said */
    bool asked;        /* a first line has come, since the last request was over */
    char *path;        /* of it; NULL: none, or more of the request is known, or there is no log */
    struct mono began; /* that request */
    uint64_t heard;    /* octets, until the last request was over */
};

struct exchange {
    struct http *http;
    struct http_connection *connection;
    struct MHD_Connection *mhd;
    enum exchange_state state;
    bool suspended, has_body, body_too_long, heartbeat_due, in_event, memory_given_back;
    struct arena arena;
    struct buf body, chunk; /* chunk: of a stream, what is still to be taken */
    struct request request;
    struct answer answer;
    struct run_watcher watcher;
    struct timer timer; /* the end of the wait, or the next heartbeat */
    struct events events;
    struct mono began;
    size_t answer_bytes;
    struct exchange *previous, *next;
};

struct http {
    struct serve *serve;
    struct MHD_Daemon *daemon;
    struct watch watch;
    struct timer run;
    struct exchange *exchanges;
    size_t open;
    struct { /* see refused.h */
        unsigned statuses[REFUSED_PENDING];
        size_t count;
        struct timer limit;
    } refused;
    uint16_t connections_of[HTTP_CONNECTIONS];
};

struct exchange *exchange_new(struct http *h, struct MHD_Connection *mhd, const char *method, const char *path);
void exchange_free(struct exchange *e);
/* A part of the body; false when the client sends without end. */
bool exchange_feed(struct exchange *e, const char *bytes, size_t n);
/* The request is complete: it is answered, or it waits. MHD_NO ends the connection. */
enum MHD_Result exchange_complete(struct exchange *e);
enum MHD_Result exchange_send(struct exchange *e);
/* Lets the library go on with a connection that waits. */
void exchange_resume(struct exchange *e);

/* http.c: the library has something to do though no descriptor says so. */
void http_run_soon(struct http *h);

/* request_from.c: what the library knows, as a request. */
void exchange_fill_request(struct exchange *e, const char *method, const char *path);
/* stream.c: the answer is the events of a run. */
struct MHD_Response *exchange_stream(struct exchange *e);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serve - the daemon: HTTP in front of the runs.
 *
 * Order of calls: serve_new, loop_run with serve_reload as often as wanted; serve_stop, after which `stopped` is called
 *   once; serve_free.
 * Memory: the loop, the pool, the listening descriptor and all strings of the parameters are the caller's and outlive it;
 *   so is the list of opt-outs, until the next one is given. Keys become its own.
 * Limits: http.c for connections, limits.c for how often, checks.h for runs.
 * Fails: serve_new NULL with a message.
 * Spec: RFC 9110, RFC 9112 (by libmicrohttpd).
 */
#ifndef SERVE_SERVE_H
#define SERVE_SERVE_H

#include "net/listen.h"
#include "net/opt_out.h"
#include "serve/checks.h"
#include "serve/keys.h"

enum { SERVE_STOP_MS = 10000 };

struct serve_params {
    struct loop *loop;
    struct pool *pool;
    int listen_fd;
    const char *const *public_names; /* under which it is reached from outside */
    size_t public_name_count;
    bool behind_proxy;                        /* clients are those that X-Forwarded-For of a local peer names */
    bool public_only;                         /* as in the pool: only addresses that anybody could reach */
    const struct ip_network *public_networks; /* judged as if they were global */
    size_t public_network_count;
    const char *contact;                      /* a URI for security.txt and the identity page; NULL: none */
    bool relay;                               /* the relay test is run, says the page */
    void (*log)(void *arg, const char *line); /* one line per request; NULL: none */
    void (*stopped)(void *arg);
    void *arg;
};

struct serve;
struct serve *serve_new(const struct serve_params *params, struct keys *keys, const struct opt_out *opt_out, char *error, size_t error_bytes);
void serve_free(struct serve *s);
void serve_reload(struct serve *s, struct keys *keys, const struct opt_out *opt_out);
/* Takes no more connections, lets what is under way end, and cancels it after SERVE_STOP_MS. */
void serve_stop(struct serve *s);

/* True when the instance is for this machine only: bound to loopback and reached under no public name. */
bool serve_is_private(const struct listen_address *bound, size_t public_name_count);

#endif

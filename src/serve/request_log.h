/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request_log - one line for each request: no query, no header, no body, nothing secret; `-` is what is not known.
 *
 * Memory: none kept. Fails: silently.
 */
#ifndef SERVE_REQUEST_LOG_H
#define SERVE_REQUEST_LOG_H

#include "base/clock.h"
#include "base/ip.h"

struct exchange;
struct serve;
void request_log(const struct exchange *e);

/* One that was answered before it became an exchange. The client is who connected, if need be a proxy. */
struct refused_request {
    struct ip client;
    const char *path; /* NULL: not known */
    unsigned status;
    size_t bytes;      /* of the answer's body */
    struct mono began; /* 0: not known */
};
void request_log_refused(const struct serve *s, const struct refused_request *r);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* state - what the files of this room share. Memory: of the daemon. Fails: never. */
#ifndef SERVE_STATE_H
#define SERVE_STATE_H

#include "serve/limits.h"
#include "serve/request.h"
#include "serve/serve.h"

enum { STATUS_CLASSES = 6 };

struct counters {
    uint64_t requests[STATUS_CLASSES]; /* by first digit of the status */
    uint64_t started, joined, refused; /* runs asked for: new, of others or kept, limited */
    size_t connections, streams;
};

struct http;
struct bulks;
struct serve {
    struct serve_params params;
    struct listen_address bound;
    bool is_private;
    struct keys *keys;             /* NULL: none are needed */
    const struct opt_out *opt_out; /* NULL: nobody */
    struct limits *limits;
    struct checks *checks;
    struct bulks *bulks;
    struct http *http;
    struct counters counters;
    struct wall since;
    bool stopping;
    struct timer stop_timer;
    struct mono stop_since;
};

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* stream - events of a run as an answer without an end of its own: between two events the connection is suspended. */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "serve/exchange.h"
#include "serve/mcp_http.h"

enum { CHUNK_BYTES_MAX = 1024 * 1024, BLOCK_BYTES = 256 /* only clients without chunks (HTTP/1.0) have their answer from it */ };

static void on_change(void *arg)
{
    exchange_resume(arg);
}

static void on_heartbeat(void *arg)
{
    struct exchange *e = arg;
    e->heartbeat_due = true;
    timer_start(e->http->serve->params.loop, &e->timer, HTTP_HEARTBEAT_MS, on_heartbeat, e);
    exchange_resume(e);
}

static bool next(struct exchange *e)
{
    return e->request.call ? mcp_stream_next(&e->request, e->answer.events, &e->chunk) : events_next(&e->events, &e->chunk);
}

static bool is_over(const struct exchange *e)
{
    return e->request.call ? e->request.call->answered : events_are_over(&e->events);
}

static ssize_t give(struct exchange *e, char *to, size_t max)
{
    size_t n = e->chunk.used < max ? e->chunk.used : max;
    memcpy(to, e->chunk.bytes, n);
    buf_take(&e->chunk, n);
    return (ssize_t)n;
}

/* The library has wiped what it had set aside for the request, and thereby used it. Long as a stream may wait, it goes back:
 * nothing is in there, and what is needed of it comes anew. */
static void give_back(char *unused, size_t n)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), from = ((uintptr_t)unused + page - 1) & ~(page - 1), to = ((uintptr_t)unused + n) & ~(page - 1);
    if (to > from)
        /* NOLINTNEXTLINE(performance-no-int-to-ptr): whole pages within it */
        madvise((void *)from, to - from, MADV_DONTNEED);
}

static ssize_t on_read(void *arg, uint64_t at, char *to, size_t max)
{
    struct exchange *e = arg;
    (void)at;
    while (e->chunk.used == 0 && next(e))
        if (e->chunk.failed) /* too large an event is left out */
            buf_clear(&e->chunk);
    if (e->heartbeat_due && !e->in_event) /* never within an event */
        buf_add_cstr(&e->chunk, ":\n\n");
    e->heartbeat_due = e->heartbeat_due && e->in_event;
    if (e->chunk.used > 0) {
        e->in_event = e->chunk.used > max;
        e->answer_bytes += e->in_event ? max : e->chunk.used;
        return give(e, to, max);
    }
    if (is_over(e))
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (!e->memory_given_back)
        give_back(to, max);
    e->memory_given_back = true;
    e->suspended = true;
    MHD_suspend_connection(e->mhd);
    return 0;
}

struct MHD_Response *exchange_stream(struct exchange *e)
{
    buf_init(&e->chunk, e->request.call ? ANSWER_BYTES_MAX : CHUNK_BYTES_MAX);
    events_begin(&e->events, e->answer.events, e->request.last_event_id);
    run_watch(e->answer.events, &e->watcher, on_change, e);
    timer_start(e->http->serve->params.loop, &e->timer, HTTP_HEARTBEAT_MS, on_heartbeat, e);
    e->answer.type = "text/event-stream";
    return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES, on_read, e, NULL);
}

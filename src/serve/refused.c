/* SPDX-License-Identifier: Apache-2.0 */
/* refused - see refused.h. */
#include "serve/refused.h"

#include <string.h>

enum { PENDING_MS = 1000 };

void refused_note(struct http *h, const struct refused_request *r)
{
    h->serve->counters.requests[r->status / 100 < STATUS_CLASSES ? r->status / 100 : 0]++;
    request_log_refused(h->serve, r);
}

static void take_out(struct http *h, size_t at)
{
    h->refused.count--;
    memmove(&h->refused.statuses[at], &h->refused.statuses[at + 1], (h->refused.count - at) * sizeof h->refused.statuses[0]);
}

static void give_up(void *arg)
{
    struct http *h = arg;
    for (; h->refused.count; take_out(h, 0))
        refused_note(h, &(struct refused_request){.status = h->refused.statuses[0]});
}

void refused_on_message(void *http, const char *format, va_list args)
{
    static const char refusal[] = "Error processing request (HTTP response code is %u";
    struct http *h = http;
    if (strncmp(format, refusal, sizeof refusal - 1) != 0)
        return;
    if (h->refused.count == REFUSED_PENDING)
        give_up(h);
    h->refused.statuses[h->refused.count++] = va_arg(args, unsigned);
    timer_start(h->serve->params.loop, &h->refused.limit, PENDING_MS, give_up, h);
}

void refused_head(struct http *h, struct MHD_Connection *mhd)
{
    const struct http_connection *c = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_HTTP_STATUS);
    if (!c || c->answered || !info)
        return;
    refused_note(h, &(struct refused_request){.client = c->client, .path = c->path, .status = info->http_status, .began = c->began});
    for (size_t i = 0; i < h->refused.count; i++)
        if (h->refused.statuses[i] == info->http_status) {
            take_out(h, i);
            return;
        }
}

void refused_claim(struct http *h, const struct http_connection *c)
{
    if (!h->refused.count || c->asked || listen_heard(c->fd) <= c->heard)
        return;
    refused_note(h, &(struct refused_request){.client = c->client, .status = h->refused.statuses[0]});
    take_out(h, 0);
}

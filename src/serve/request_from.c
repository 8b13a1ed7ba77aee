/* SPDX-License-Identifier: Apache-2.0 */
/* request_from - a request out of what libmicrohttpd has read. */
#include <string.h>

#include "serve/exchange.h"

enum { BODY_BYTES_DISCARDED = 1024 * 1024 };

static const char *header(struct exchange *e, const char *name)
{
    const char *value = MHD_lookup_connection_value(e->mhd, MHD_HEADER_KIND, name);
    return value ? arena_cstr(&e->arena, str_trim(str_of(value))) : NULL; /* RFC 9110 5.5: blanks around are none of it */
}

static enum MHD_Result on_argument(void *arg, enum MHD_ValueKind kind, const char *name, size_t name_n, const char *value, size_t value_n)
{
    struct exchange *e = arg;
    struct request *q = &e->request;
    (void)kind;
    if (q->query_count == REQUEST_ARGS) {
        q->query_too_long = true;
        return MHD_NO;
    }
    q->query[q->query_count++] =
        (struct argument){arena_copy(&e->arena, (struct str){name, name_n}), arena_copy(&e->arena, (struct str){value ? value : "", value ? value_n : 0})};
    return MHD_YES;
}

static enum method method_of(const char *word)
{
    if (strcmp(word, "GET") == 0 || strcmp(word, "HEAD") == 0)
        return METHOD_GET;
    return strcmp(word, "POST") == 0 ? METHOD_POST : strcmp(word, "DELETE") == 0 ? METHOD_DELETE : METHOD_OTHER;
}

/* A proxy on this machine says who asked it; the last name in its list is what it has seen itself. */
static void find_client(struct exchange *e)
{
    struct request *q = &e->request;
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(e->mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const char *forwarded_for = header(e, "X-Forwarded-For");
    struct ip ip;
    q->client = listen_address_of(info ? info->client_addr : NULL);
    if (!e->http->serve->params.behind_proxy || !forwarded_for || !listen_is_loopback(&q->client))
        return;
    struct str list = str_of(forwarded_for), last = list;
    while (list.n)
        last = str_cut(&list, ',');
    if (ip_parse(str_trim(last), &ip))
        q->client = (struct listen_address){ip, 0};
}

void exchange_fill_request(struct exchange *e, const char *method, const char *path)
{
    struct request *q = &e->request;
    *q = (struct request){.serve = e->http->serve, .method = method_of(method), .arena = &e->arena};
    q->path = arena_copy(&e->arena, str_of(path));
    q->host = header(e, "Host");
    q->content_type = header(e, "Content-Type");
    q->authorization = header(e, "Authorization");
    q->expect = header(e, "Expect");
    q->fetch_site = header(e, "Sec-Fetch-Site");
    q->origin = header(e, "Origin");
    q->last_event_id = header(e, "Last-Event-ID");
    q->accept_encoding = header(e, "Accept-Encoding");
    q->if_none_match = header(e, "If-None-Match");
    q->scrape_timeout = header(e, "X-Prometheus-Scrape-Timeout-Seconds");
    q->accept = header(e, "Accept");
    q->mcp_version = header(e, "MCP-Protocol-Version");
    q->mcp_method = header(e, "Mcp-Method");
    q->mcp_name = header(e, "Mcp-Name");
    find_client(e);
    MHD_get_connection_values_n(e->mhd, MHD_GET_ARGUMENT_KIND, on_argument, e);
    const char *length = header(e, "Content-Length");
    uint64_t n = 0;
    e->has_body = header(e, "Transfer-Encoding") || (length && !str_is(str_of(length), "0"));
    e->body_too_long = length && !str_number(str_of(length), REQUEST_BODY_BYTES, &n);
}

bool exchange_feed(struct exchange *e, const char *bytes, size_t n)
{
    if (!e->body_too_long) {
        buf_add(&e->body, bytes, n);
        e->body_too_long = e->body.failed;
        e->answer_bytes = 0;
        return true;
    }
    e->answer_bytes += n;
    return e->answer_bytes <= BODY_BYTES_DISCARDED;
}

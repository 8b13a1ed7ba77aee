/* SPDX-License-Identifier: Apache-2.0 */
/* scn_web - see scn_web.h. */
#include "scn_web.h"

static bool is_policy_host(const struct scn_service *service, struct str name)
{
    struct str domain = name;
    return str_is_nocase(str_cut(&domain, '.'), SCN_POLICY_SERVER) && str_is_nocase(domain, service->host->scenario->domain);
}

static bool names_host(const struct scn_service *service, struct str headers)
{
    while (headers.n) {
        struct str value = str_cut(&headers, '\n'), name = str_cut(&value, ':');
        if (str_is_nocase(name, "Host"))
            return is_policy_host(service, str_trim(str_cut(&value, '\r')));
    }
    return false;
}

/* The status, if there is no page for this. */
static int refuse(const struct scn_service *service, struct str request)
{
    struct str line = str_cut(&request, '\n');
    struct str method = str_word(&line), target = str_word(&line), version = str_trim(line);
    if (!str_is(version, "HTTP/1.1\r") || !names_host(service, request))
        return 400;
    if (!str_is(method, "GET"))
        return 405;
    return str_is(target, "/.well-known/mta-sts.txt") && service->body.p ? 0 : 404;
}

const char *scn_web_content_type(const struct scn_service *service)
{
    return service->page.content_type ? service->page.content_type : "text/plain";
}

void scn_web_answer(const struct scn_service *service, struct str request, struct buf *out)
{
    const struct scn_page *page = &service->page;
    int refused = refuse(service, request), status = refused ? refused : page->status ? page->status : 200;
    struct str body = refused ? STR("No such page here.\r\n") : service->body;
    const char *type = refused ? "text/plain" : scn_web_content_type(service);
    buf_printf(out, "HTTP/1.1 %d Status\r\nServer: lab\r\n", status);
    if (type[0])
        buf_printf(out, "Content-Type: %s\r\n", type);
    if (!refused && page->location)
        buf_printf(out, "Location: %s\r\n", page->location);
    buf_printf(out, "Content-Length: %zu\r\nConnection: close\r\n\r\n", body.n);
    buf_add_str(out, body);
}

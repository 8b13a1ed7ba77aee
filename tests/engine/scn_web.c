/* SPDX-License-Identifier: Apache-2.0 */
/* scn_web - see scn_web.h. */
#include "scn_web.h"

static bool is_policy_host(const struct scn_service *service, struct str name)
{
    struct str domain = name;
    return str_is_nocase(str_cut(&domain, '.'), SCN_POLICY_SERVER) && str_is_nocase(domain, service->host->scenario->domain);
}

/* A page but the policy file is there whatever the host is called. */
static bool names_host(const struct scn_service *service, const struct scn_page *page, struct str headers)
{
    while (headers.n) {
        struct str value = str_cut(&headers, '\n'), name = str_cut(&value, ':');
        if (str_is_nocase(name, "Host"))
            return (page && page->path) || is_policy_host(service, str_trim(str_cut(&value, '\r')));
    }
    return false;
}

static const struct scn_page *find_page(const struct scn_service *service, struct str target)
{
    const struct scn_page *page = service->pages;
    while (page && !str_is(target, page->path))
        page = page->next;
    return page ? page : str_is(target, "/.well-known/mta-sts.txt") && service->page.body.p ? &service->page : NULL;
}

/* The status, if there is no page for this. */
static int refuse(const struct scn_service *service, struct str request, const struct scn_page **page)
{
    struct str line = str_cut(&request, '\n');
    struct str method = str_word(&line), target = str_word(&line), version = str_trim(line);
    *page = find_page(service, target);
    if (!str_is(version, "HTTP/1.1\r") || !names_host(service, *page, request))
        return 400;
    if (!str_is(method, "GET"))
        return 405;
    return *page ? 0 : 404;
}

const char *scn_web_content_type(const struct scn_page *page)
{
    return page->content_type ? page->content_type : "text/plain";
}

void scn_web_answer(const struct scn_service *service, struct str request, struct buf *out)
{
    const struct scn_page *page = NULL;
    int refused = refuse(service, request, &page), status = refused ? refused : page->status ? page->status : 200;
    struct str body = refused ? STR("No such page here.\r\n") : page->body;
    const char *type = refused ? "text/plain" : scn_web_content_type(page);
    buf_printf(out, "HTTP/1.1 %d Status\r\nServer: lab\r\n", status);
    if (type[0])
        buf_printf(out, "Content-Type: %s\r\n", type);
    if (!refused && page->location)
        buf_printf(out, "Location: %s\r\n", page->location);
    buf_printf(out, "Content-Length: %zu\r\nConnection: close\r\n\r\n", body.n);
    buf_add_str(out, body);
}

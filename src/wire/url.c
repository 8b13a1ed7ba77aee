/* SPDX-License-Identifier: Apache-2.0 */
/* url - see url.h. */
#include "wire/url.h"

#include <string.h>

static const char SCHEME[] = "https://";
enum { DEFAULT_PORT = 443 };

/* Blanks, controls and what is not ASCII have no place in a URL. */
static bool has_good_octets(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] <= ' ' || (unsigned char)s.p[i] >= 127)
            return false;
    return true;
}

/* Takes the part before the first of these characters off *rest, which then begins with it. */
static struct str take_before(struct str *rest, const char *ends)
{
    size_t n = 0;
    while (n < rest->n && !strchr(ends, rest->p[n]))
        n++;
    struct str part = {rest->p, n};
    *rest = (struct str){rest->p + n, rest->n - n};
    return part;
}

bool url_parse_https(struct str text, struct https_url *url)
{
    uint64_t port = DEFAULT_PORT;
    if (text.n > HTTPS_URL_MAX || !has_good_octets(text) || !str_starts_nocase(text, SCHEME))
        return false;
    struct str rest = {text.p + strlen(SCHEME), text.n - strlen(SCHEME)};
    struct str authority = take_before(&rest, "/?#");
    url->host = authority.n && authority.p[0] == '[' ? take_before(&authority, "]") : take_before(&authority, ":");
    if (authority.n && authority.p[0] == ']') {
        url->host.n++;
        authority = (struct str){authority.p + 1, authority.n - 1};
    }
    if (authority.n && authority.p[0] != ':')
        return false;
    if (authority.n > 1 && (!str_number((struct str){authority.p + 1, authority.n - 1}, UINT16_MAX, &port) || port == 0))
        return false;
    url->port = (uint16_t)port;
    url->path = take_before(&rest, "#");
    return url->host.n > 0 && !memchr(url->host.p, '@', url->host.n);
}

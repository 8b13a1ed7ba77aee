/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch_scripted - the fetcher for tests: pages from a table, in virtual time.
 *
 * Order of calls: scripted_fetcher_new, scripted_fetch_serve for each host with a page, then as net/fetch.h says. A
 *   host without a page never answers: FETCH_TIMEOUT of every address, none of which ever was open.
 * The first address of a request is the one that answers.
 * Memory: strings of a page are copied. Fails: NULL or -1 without memory.
 */
#ifndef NET_FETCH_SCRIPTED_H
#define NET_FETCH_SCRIPTED_H

#include "net/fetch.h"

struct scripted_page {
    enum fetch_result result; /* FETCH_DONE: the page; another: so the fetch ends */
    int status;               /* 0 with FETCH_DONE: 200 */
    const char *content_type, *location, *error; /* NULL: none */
    struct str body;          /* cut at the request's limit, which makes it FETCH_TOO_LARGE */
    int64_t delay_ms;         /* past the request's limit: FETCH_TIMEOUT with the connection open */
};

struct fetcher *scripted_fetcher_new(struct loop *l);
/* `host`: a host, and perhaps a path behind it, else for all that it has no other page for. A second page of one place
 * replaces the first one. */
int scripted_fetch_serve(struct fetcher *f, const char *host, const struct scripted_page *page);
size_t scripted_fetch_count(const struct fetcher *f, const char *host); /* how often it was asked */
size_t scripted_fetch_open(const struct fetcher *f);                    /* fetches not answered yet */

#endif

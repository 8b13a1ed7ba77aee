/* SPDX-License-Identifier: Apache-2.0 */
/* fetch_scripted - see fetch_scripted.h. */
#include "net/fetch_scripted.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/panic.h"

enum { STRINGS_BYTES_MAX = 16 * 1024 * 1024 };

struct site {
    struct site *next;
    const char *host;
    bool serves;
    struct scripted_page page;
    size_t count;
};

struct scripted_fetcher {
    struct fetcher base;
    struct loop *loop;
    struct arena arena; /* of the table */
    struct site *sites;
    size_t open;
};

static struct scripted_fetcher *scripted_of(const struct fetcher *f)
{
    return (struct scripted_fetcher *)f;
}

static struct site *find_site(const struct scripted_fetcher *s, const char *host)
{
    struct site *site = s->sites;
    while (site && !str_is_nocase(str_of(host), site->host))
        site = site->next;
    return site;
}

/* The page of this very place, or else that of its host. */
static struct site *site_of_request(const struct scripted_fetcher *s, const struct fetch_request *r)
{
    char place[FETCH_URL_BYTES];
    snprintf(place, sizeof place, "%s%s", r->host, r->path);
    struct site *site = find_site(s, place);
    return site ? site : find_site(s, r->host);
}

static struct site *need_site(struct scripted_fetcher *s, const char *host)
{
    struct site *site = find_site(s, host);
    if (site)
        return site;
    site = ARENA_NEW(&s->arena, struct site);
    if (!site || !(site->host = arena_strdup(&s->arena, host)))
        return NULL;
    site->next = s->sites;
    s->sites = site;
    return site;
}

int scripted_fetch_serve(struct fetcher *f, const char *host, const struct scripted_page *page)
{
    struct scripted_fetcher *s = scripted_of(f);
    struct site *site = need_site(s, host);
    if (!site)
        return -1;
    site->serves = true;
    site->page = *page;
    site->page.content_type = arena_strdup(&s->arena, page->content_type);
    site->page.location = arena_strdup(&s->arena, page->location);
    site->page.error = arena_strdup(&s->arena, page->error);
    site->page.body = arena_copy(&s->arena, page->body);
    return s->arena.exhausted ? -1 : 0;
}

size_t scripted_fetch_count(const struct fetcher *f, const char *host)
{
    const struct site *site = find_site(scripted_of(f), host);
    return site ? site->count : 0;
}

size_t scripted_fetch_open(const struct fetcher *f)
{
    return scripted_of(f)->open;
}

static bool was_connected(enum fetch_result result)
{
    return result != FETCH_REFUSED && result != FETCH_UNREACHABLE && result != FETCH_TIMEOUT && result != FETCH_TROUBLE;
}

static void fill(struct fetch *fetch, const struct scripted_page *page)
{
    struct fetch_facts *facts = fetch->facts;
    facts->result = page->result;
    facts->connected = was_connected(page->result);
    facts->error = arena_strdup(fetch->arena, page->error);
    facts->ip = facts->connected ? fetch->request->ips[0] : fetch->request->ips[fetch->request->ip_count - 1];
    if (page->result != FETCH_DONE)
        return;
    bool fits = page->body.n <= fetch->request->body_max_bytes;
    facts->result = fits ? FETCH_DONE : FETCH_TOO_LARGE;
    facts->status = page->status ? page->status : 200;
    facts->content_type = arena_strdup(fetch->arena, page->content_type);
    facts->location = arena_strdup(fetch->arena, page->location);
    facts->body = arena_copy(fetch->arena, (struct str){page->body.p, fits ? page->body.n : fetch->request->body_max_bytes});
}

static void close_fetch(struct fetch *fetch)
{
    timer_cancel(&fetch->timer);
    scripted_of(fetch->fetcher)->open--;
    fetch->fetcher = NULL;
}

static void deliver(void *arg)
{
    struct fetch *fetch = arg;
    struct scripted_fetcher *s = scripted_of(fetch->fetcher);
    const struct site *site = site_of_request(s, fetch->request);
    static const struct scripted_page silence = {.result = FETCH_TIMEOUT};
    fill(fetch, site && site->serves ? &site->page : &silence);
    if (site && site->serves && site->page.delay_ms >= fetch->request->limit_ms)
        *fetch->facts = (struct fetch_facts){.result = FETCH_TIMEOUT, .connected = true, .ip = fetch->request->ips[0]};
    if (fetch->arena->exhausted)
        fetch->facts->result = FETCH_TROUBLE;
    fetch->facts->took_ms = mono_ms_between(fetch->started, loop_now(s->loop));
    close_fetch(fetch);
    fetch->fn(fetch->arg);
}

static void scripted_start(struct fetcher *f, struct fetch *fetch)
{
    struct scripted_fetcher *s = scripted_of(f);
    const struct fetch_request *r = fetch->request;
    struct site *site = site_of_request(s, r);
    if (!site)
        site = need_site(s, r->host);
    must(site);
    site->count++;
    s->open++;
    fetch->started = loop_now(s->loop);
    int64_t silent_ms = r->connect_limit_ms * (int64_t)r->ip_count, delay_ms = site->serves ? site->page.delay_ms : silent_ms;
    if (site->serves && site->page.result == FETCH_TIMEOUT)
        delay_ms = silent_ms;
    timer_start(s->loop, &fetch->timer, delay_ms < r->limit_ms ? delay_ms : r->limit_ms, deliver, fetch);
}

static void scripted_free(struct fetcher *f)
{
    struct scripted_fetcher *s = scripted_of(f);
    must(s->open == 0);
    arena_done(&s->arena);
    free(s);
}

static const struct fetcher_ops OPS = {scripted_start, close_fetch, scripted_free};

struct fetcher *scripted_fetcher_new(struct loop *l)
{
    struct scripted_fetcher *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->base.ops = &OPS;
    s->loop = l;
    arena_init(&s->arena, STRINGS_BYTES_MAX);
    return &s->base;
}

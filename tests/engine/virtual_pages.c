/* SPDX-License-Identifier: Apache-2.0 */
/* virtual_pages - see virtual_pages.h. */
#include "virtual_pages.h"

#include <string.h>
#include <strings.h>

#include "net/fetch_scripted.h"
#include "scn_web.h"

enum { ALERT_PROTOCOL_VERSION = 70, NEVER_MS = 24 * 3600 * 1000, ALIASES_MAX = 8, FETCH_ROUND_TRIPS = 3 /* TCP, TLS, HTTP */ };

static const char *policy_host(struct scn_world *w, const struct scenario *s)
{
    return scn_world_name(w, s, SCN_POLICY_SERVER);
}

static bool is_owner(const struct scn_rr *rr, const char *name, const char *type)
{
    size_t n = strlen(name);
    n -= n && name[n - 1] == '.';
    return strcmp(rr->type, type) == 0 && strncasecmp(rr->owner, name, n) == 0 && strcmp(rr->owner + n, ".") == 0;
}

static const char *behind_aliases(const struct scn_world *w, const char *name)
{
    for (int i = 0; i < ALIASES_MAX; i++)
        for (const struct scn_rr *rr = w->records; rr; rr = rr->next)
            if (is_owner(rr, name, "CNAME")) {
                name = rr->data;
                break;
            }
    return name;
}

static struct scn_service *service_at(const struct scn_world *w, const char *address)
{
    struct ip ip;
    if (!ip_parse(str_of(address), &ip))
        return NULL;
    for (struct scn_service *service = w->services; service; service = service->next)
        if (service->port == SCN_HTTPS_PORT && ip_eq(service->ip, ip))
            return service;
    return NULL;
}

/* The first address that listens, or the last that does not; NULL: nobody is there. */
static struct scn_service *find_service(const struct scn_world *w, const char *name)
{
    static const char *const types[] = {"A", "AAAA"};
    struct scn_service *last = NULL;
    name = behind_aliases(w, name);
    for (size_t i = 0; i < 2; i++)
        for (const struct scn_rr *rr = w->records; rr; rr = rr->next) {
            if (!is_owner(rr, name, types[i]))
                continue;
            last = service_at(w, rr->data);
            if (last && last->presence == SCN_LISTENS)
                return last;
        }
    return last;
}

static struct scn_reaction *find_reaction(const struct scn_service *service, const char *word)
{
    struct scn_reaction *found = NULL;
    for (struct scn_reaction *r = service->reactions; r; r = r->next)
        if (r->connections.first == 1 && r->actions && (r->word && word ? strcmp(r->word, word) == 0 : !r->word && !word))
            found = r;
    return found;
}

/* What comes of these actions before the server does what is usual; FETCH_DONE: that. */
static enum fetch_result result_of_actions(const struct scn_action *a, enum fetch_result of_words, int64_t *delay_ms)
{
    for (; a; a = a->next)
        switch (a->kind) {
        case SCN_WAIT:
            *delay_ms += a->ms;
            break;
        case SCN_TLS:
        case SCN_USUAL:
            return FETCH_DONE;
        case SCN_TLS_ALERT:
            return a->ms == ALERT_PROTOCOL_VERSION ? FETCH_TLS_OLD : FETCH_TLS_FAILED;
        case SCN_SILENT:
            *delay_ms = NEVER_MS;
            return FETCH_DONE;
        case SCN_CLOSE:
        case SCN_RESET:
            return FETCH_CLOSED;
        case SCN_SAY:
        case SCN_SEND:
        case SCN_SEND_RAW:
        case SCN_DRIP:
        case SCN_ENDLESS:
            return of_words;
        case SCN_DRIP_ON:
            break;
        }
    *delay_ms = NEVER_MS;
    return FETCH_DONE;
}

static bool is_named(const struct scn_cert *cert, const char *host)
{
    const char *parent = strchr(host, '.');
    for (size_t i = 0; i < cert->name_count; i++) {
        struct str name = cert->names[i];
        bool wildcard = name.n > 2 && memcmp(name.p, "*.", 2) == 0;
        if (wildcard ? parent && str_is_nocase((struct str){name.p + 1, name.n - 1}, parent) : str_is_nocase(name, host))
            return true;
    }
    return false;
}

static bool sends_issuer(const struct scn_cert *cert)
{
    for (size_t i = 0; i < SCN_CERT_SENT_MAX && cert->sent[i]; i++)
        if (cert->sent[i] == SCN_SENT_ISSUER)
            return true;
    return false;
}

/* In the order in which OpenSSL looks. */
static enum fetch_result result_of_tls(const struct scn_service *service, const char *host)
{
    const struct scn_cert *cert = &service->certs[SCN_CERT_MAIN];
    const char *only = service->tls.only;
    if (only && (strcmp(only, "1.0") == 0 || strcmp(only, "1.1") == 0))
        return FETCH_TLS_OLD;
    if (cert->issuer == SCN_ISSUER_SELF || cert->issuer == SCN_ISSUER_STRANGER || (cert->issuer == SCN_ISSUER_HIDDEN && !sends_issuer(cert)))
        return FETCH_CERT_UNTRUSTED;
    if (!is_named(cert, host))
        return FETCH_CERT_NAME;
    return cert->not_before_days > 0 || cert->not_after_days < 0 ? FETCH_CERT_DATES : FETCH_DONE;
}

/* `served`: NULL for a path where nothing is. */
static struct scripted_page page_of(const struct scn_service *service, const char *host, const struct scn_page *served)
{
    struct scripted_page page = {.result = FETCH_DONE};
    const struct scn_reaction *connection = find_reaction(service, NULL), *get = find_reaction(service, "GET");
    if (service->presence != SCN_LISTENS)
        return (struct scripted_page){.result = service->presence == SCN_DROPS ? FETCH_TIMEOUT : FETCH_REFUSED};
    if (connection)
        page.result = result_of_actions(connection->actions, FETCH_TLS_FAILED, &page.delay_ms);
    if (page.result == FETCH_DONE)
        page.result = result_of_tls(service, host);
    if (page.result == FETCH_DONE && get)
        page.result = result_of_actions(get->actions, FETCH_BROKEN, &page.delay_ms);
    if (page.result != FETCH_DONE)
        return page;
    page.status = !served || !served->body.p ? 404 : served->status ? served->status : 200;
    if (page.status == 404)
        return page;
    page.content_type = scn_web_content_type(served)[0] ? scn_web_content_type(served) : NULL;
    page.location = served->location;
    if (page.status == 200)
        page.body = served->body;
    return page;
}

static int serve(struct fetcher *f, const char *place, struct scripted_page page, int64_t round_trip_ms)
{
    page.delay_ms += FETCH_ROUND_TRIPS * round_trip_ms;
    return place ? scripted_fetch_serve(f, place, &page) : -1;
}

static int fill_policy(struct fetcher *f, struct scn_world *w, const struct scenario *s, int64_t round_trip_ms)
{
    const char *host = policy_host(w, s);
    const struct scn_service *service = host ? find_service(w, host) : NULL;
    const struct scripted_page nobody = {.result = FETCH_REFUSED};
    return serve(f, host, service ? page_of(service, host, &service->page) : nobody, round_trip_ms);
}

/* Other pages are found under the host's own name. */
static int fill_pages(struct fetcher *f, struct scn_world *w, const struct scn_host *h, int64_t round_trip_ms)
{
    const struct scn_service *service = find_service(w, h->name);
    if (!service || !service->pages)
        return 0;
    int rc = serve(f, h->name, page_of(service, h->name, NULL), round_trip_ms);
    for (const struct scn_page *p = service->pages; p && rc == 0; p = p->next)
        rc = serve(f, arena_printf(&w->arena, "%s%s", h->name, p->path), page_of(service, h->name, p), round_trip_ms);
    return rc;
}

int virtual_pages_fill(struct fetcher *f, struct scn_world *w, const struct scenario *s, int64_t round_trip_ms)
{
    int rc = fill_policy(f, w, s, round_trip_ms);
    for (const struct scn_host *h = w->hosts; h && rc == 0; h = h->next)
        if (h->scenario == s)
            rc = fill_pages(f, w, h, round_trip_ms);
    return rc;
}

/* What the first client of this host meets. */
static void host_was_asked(const struct scn_world *w, const char *host)
{
    const struct scn_service *service = find_service(w, host);
    struct scn_reaction *connection = service ? find_reaction(service, NULL) : NULL, *get = service ? find_reaction(service, "GET") : NULL;
    int64_t delay_ms = 0;
    if (connection)
        connection->happened = true;
    if (get && (!connection || result_of_actions(connection->actions, FETCH_TLS_FAILED, &delay_ms) == FETCH_DONE))
        get->happened = result_of_tls(service, host) == FETCH_DONE;
}

void virtual_pages_happened(const struct fetcher *f, struct scn_world *w, const struct scenario *s)
{
    const char *policy = policy_host(w, s);
    if (policy && scripted_fetch_count(f, policy))
        host_was_asked(w, policy);
    for (const struct scn_host *h = w->hosts; h; h = h->next) {
        const struct scn_service *service = h->scenario == s ? find_service(w, h->name) : NULL;
        for (const struct scn_page *p = service ? service->pages : NULL; p; p = p->next) {
            const char *place = arena_printf(&w->arena, "%s%s", h->name, p->path);
            if (place && scripted_fetch_count(f, place))
                host_was_asked(w, h->name);
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scn_world_services - who listens where and what is done there; see scn_world.h.
 *
 * What is healthy is written down here once: healthy_capabilities, healthy_cert, the policy in write_policy.
 */
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "scn_world_parts.h"

static const struct scn_capability healthy_capabilities[] = {
    {.keyword = "PIPELINING"}, {.keyword = "SIZE", .parameters = "52428800"},
    {.keyword = "8BITMIME"},   {.keyword = "ENHANCEDSTATUSCODES"},
    {.keyword = "SMTPUTF8"},   {.keyword = "CHUNKING"},
    {.keyword = "DSN"},        {.keyword = "STARTTLS", .side = SCN_SIDE_CLEAR},
};

static const struct scn_cert healthy_cert = {
    .has_dates = true,
    .not_before_days = -5,
    .not_after_days = 40,
    .key = SCN_KEY_P256,
    .issuer = SCN_ISSUER_INTERMEDIATE,
    .sent = {SCN_SENT_LEAF, SCN_SENT_ISSUER},
};

enum { ALSO_KEY_BITS = 2048 };

static bool is_about(const struct scn_where *where, const struct scn_service *service)
{
    return (strcmp(where->server, "*") == 0 || strcmp(where->server, service->host->label) == 0) && (!where->family || where->family == service->ip.family) &&
           where->port == service->port;
}

static void apply_tls(struct scn_tls *tls, const struct scn_tls *more)
{
    if (more->only)
        tls->only = more->only;
    if (more->from)
        tls->from = more->from;
    if (more->ciphers)
        tls->ciphers = more->ciphers;
    if (more->groups)
        tls->groups = more->groups;
    if (more->dh_bits)
        tls->dh_bits = more->dh_bits;
    tls->no_extended_master_secret |= more->no_extended_master_secret;
    tls->keeps_clear |= more->keeps_clear;
    tls->museum |= more->museum;
    tls->hybrid |= more->hybrid;
    tls->small_hellos |= more->small_hellos;
}

static void apply_page(struct scn_page *page, const struct scn_page *more)
{
    if (more->status)
        page->status = more->status;
    if (more->content_type)
        page->content_type = more->content_type;
    if (more->location)
        page->location = more->location;
    if (more->lines)
        page->lines = more->lines;
    if (more->padding)
        page->padding = more->padding;
    page->bare_lf |= more->bare_lf;
}

static int apply_pages(struct scn_world *w, struct scn_service *service, const struct scn_page *pages)
{
    for (; pages; pages = pages->next) {
        struct scn_page *copy = ARENA_NEW(&w->arena, struct scn_page);
        if (!copy)
            return world_wrong(w, service->host->scenario->file, 0, "out of memory");
        *copy = *pages;
        copy->next = service->pages;
        service->pages = copy;
    }
    return 0;
}

static void apply_cert(struct scn_cert *cert, const struct scn_cert *more)
{
    if (more->has_dates) {
        cert->not_before_days = more->not_before_days;
        cert->not_after_days = more->not_after_days;
    }
    if (more->has_names) {
        cert->has_names = true;
        memcpy(cert->names, more->names, sizeof cert->names);
        cert->name_count = more->name_count;
    }
    if (more->more_names)
        cert->more_names = more->more_names;
    if (more->common_name)
        cert->common_name = more->common_name;
    if (more->key) {
        cert->key = more->key;
        cert->key_bits = more->key_bits;
    }
    if (more->hash)
        cert->hash = more->hash;
    if (more->issuer) {
        cert->issuer = more->issuer;
        if (more->issuer == SCN_ISSUER_ROOT || more->issuer == SCN_ISSUER_SELF)
            cert->sent[1] = SCN_SENT_NONE;
    }
    if (more->sent[0])
        memcpy(cert->sent, more->sent, sizeof cert->sent);
    cert->line = more->line;
}

/* Each side has its own entry, so that one of them can change or go. */
static int add_capability(struct scn_world *w, struct scn_service *service, const struct scn_capability *c, enum scn_side side)
{
    struct scn_capability **at = &service->capabilities;
    while (*at && !((*at)->side == side && strcasecmp((*at)->keyword, c->keyword) == 0))
        at = &(*at)->next;
    if (c->lacking) {
        if (*at)
            *at = (*at)->next;
        return 0;
    }
    if (!*at)
        *at = ARENA_NEW(&w->arena, struct scn_capability);
    if (!*at)
        return world_wrong(w, service->host->scenario->file, 0, "out of memory");
    (*at)->keyword = c->keyword;
    (*at)->parameters = c->parameters;
    (*at)->side = side;
    return 0;
}

static int apply_capability(struct scn_world *w, struct scn_service *service, const struct scn_capability *c)
{
    int rc = 0;
    if (c->side != SCN_SIDE_TLS)
        rc = add_capability(w, service, c, SCN_SIDE_CLEAR);
    if (c->side != SCN_SIDE_CLEAR && rc == 0)
        rc = add_capability(w, service, c, SCN_SIDE_TLS);
    return rc;
}

static int expand_path(struct scn_world *w, const struct scn_service *service, unsigned line, const char **path)
{
    struct str text;
    if (!*path)
        return 0;
    if (world_expand(w, service->host->scenario, line, service, str_of(*path), &text) < 0)
        return -1;
    *path = text.p;
    return 0;
}

static int apply_reactions(struct scn_world *w, struct scn_service *service, const struct scn_reaction *reactions)
{
    const struct scenario *s = service->host->scenario;
    for (; reactions; reactions = reactions->next) {
        struct scn_reaction *r = ARENA_NEW(&w->arena, struct scn_reaction);
        if (!r)
            return world_wrong(w, s->file, reactions->line, "out of memory");
        *r = *reactions;
        r->next = NULL;
        r->actions = NULL;
        if (expand_path(w, service, reactions->line, &r->sender) < 0 || expand_path(w, service, reactions->line, &r->recipient) < 0)
            return -1;
        for (const struct scn_action *a = reactions->actions; a; a = a->next) {
            struct scn_action *copy = ARENA_NEW(&w->arena, struct scn_action);
            if (!copy)
                return world_wrong(w, s->file, a->line, "out of memory");
            *copy = *a;
            copy->next = NULL;
            if (a->kind != SCN_SEND && a->text.n && world_expand(w, s, a->line, service, a->text, &copy->text) < 0)
                return -1;
            APPEND(r->actions, copy);
        }
        APPEND(service->reactions, r);
    }
    return 0;
}

static int apply_blocks(struct scn_world *w, struct scn_service *service)
{
    const struct scenario *s = service->host->scenario;
    for (const struct scn_block *b = s->blocks; b; b = b->next) {
        if (!is_about(&b->where, service))
            continue;
        if (b->presence)
            service->presence = b->presence;
        if (b->name && !(service->name = world_expand_cstr(w, s, b->line, service, b->name)))
            return -1;
        apply_tls(&service->tls, &b->tls);
        apply_page(&service->page, &b->page);
        if (apply_pages(w, service, b->pages) < 0)
            return -1;
        for (const struct scn_capability *c = b->capabilities; c; c = c->next)
            if (apply_capability(w, service, c) < 0)
                return -1;
    }
    /* Texts may hold the name, which a later block can set. */
    for (const struct scn_block *b = s->blocks; b; b = b->next)
        if (is_about(&b->where, service) && apply_reactions(w, service, b->reactions) < 0)
            return -1;
    return 0;
}

static int apply_certs(struct scn_world *w, struct scn_service *service, enum scn_cert_role role)
{
    const struct scenario *s = service->host->scenario;
    struct scn_cert *cert = &service->certs[role];
    service->has_cert[role] = role == SCN_CERT_MAIN;
    *cert = healthy_cert;
    cert->key = role == SCN_CERT_ALSO ? SCN_KEY_RSA : healthy_cert.key;
    cert->key_bits = ALSO_KEY_BITS;
    for (const struct scn_cert *c = s->certs; c; c = c->next)
        if (c->role == role && is_about(&c->where, service)) {
            service->has_cert[role] = true;
            apply_cert(cert, c);
        }
    if (!cert->has_names)
        cert->names[cert->name_count++] = str_of(service->host->name);
    for (size_t i = 0; i < cert->name_count; i++)
        if (world_expand(w, s, cert->line, service, cert->names[i], &cert->names[i]) < 0)
            return -1;
    if (!cert->common_name)
        cert->common_name = service->host->name;
    cert->common_name = world_expand_cstr(w, s, cert->line, service, cert->common_name);
    return cert->common_name ? 0 : -1;
}

/* Both hosts, whichever they are. */
static void write_policy(const struct scn_world *w, const struct scenario *s, const char *end, struct buf *out)
{
    size_t domain_n = strlen(s->domain), hosts = 0;
    buf_printf(out, "version: STSv1%smode: enforce%s", end, end);
    for (const struct scn_rr *rr = w->records; rr; rr = rr->next) {
        const char *target = strrchr(rr->data, ' ');
        if (strcmp(rr->type, "MX") != 0 || strncasecmp(rr->owner, s->domain, domain_n) != 0 || strcmp(rr->owner + domain_n, ".") != 0 || !target)
            continue;
        hosts++;
        if (strcmp(target, " .") != 0)
            buf_printf(out, "mx:%.*s%s", (int)strlen(target) - 1, target, end);
    }
    if (!hosts)
        buf_printf(out, "mx: %s%s", s->domain, end);
    buf_printf(out, "max_age: 2592000%s", end);
}

static int write_page(struct scn_world *w, const struct scn_service *service, struct scn_page *page)
{
    const struct scenario *s = service->host->scenario;
    const char *end = page->bare_lf ? "\n" : "\r\n";
    struct buf out;
    if (page->location && !(page->location = world_expand_cstr(w, s, 0, service, page->location)))
        return -1;
    buf_init(&out, 2 * SCN_PADDING_MAX);
    if (!page->lines && !page->path)
        write_policy(w, s, end, &out);
    for (const struct scn_line *line = page->lines; line; line = line->next) {
        struct str text;
        if (!line->text.p)
            continue;
        if (world_expand(w, s, 0, service, line->text, &text) < 0) {
            buf_done(&out);
            return -1;
        }
        buf_add_str(&out, text);
        buf_add_cstr(&out, end);
    }
    for (unsigned i = 0; i < page->padding; i++)
        buf_add_char(&out, '#');
    page->body = arena_copy(&w->arena, (struct str){out.bytes, out.used});
    bool failed = out.failed || !page->body.p;
    buf_done(&out);
    return failed ? world_wrong(w, s->file, 0, "out of memory") : 0;
}

/* A certificate is made out to the domain, unless it names others. */
static int name_evidence(struct scn_world *w, const struct scn_service *service, struct scn_page *page)
{
    const struct scenario *s = service->host->scenario;
    struct scn_evidence *copy = ARENA_NEW(&w->arena, struct scn_evidence);
    if (!copy)
        return world_wrong(w, s->file, 0, "out of memory");
    *copy = *page->evidence;
    page->evidence = copy;
    if (copy->name_count == 0)
        copy->names[copy->name_count++] = str_of(s->domain);
    for (size_t i = 0; i < copy->name_count; i++)
        if (world_expand(w, s, 0, service, copy->names[i], &copy->names[i]) < 0)
            return -1;
    return 0;
}

static int write_pages(struct scn_world *w, struct scn_service *service)
{
    if ((world_is_web(service->host) || service->page.lines) && write_page(w, service, &service->page) < 0)
        return -1;
    for (struct scn_page *page = service->pages; page; page = page->next)
        if (write_page(w, service, page) < 0 || (page->evidence && name_evidence(w, service, page) < 0))
            return -1;
    return 0;
}

static int add_service(struct scn_world *w, const struct scn_host *h, struct ip ip, unsigned port)
{
    for (const struct scn_service *other = w->services; other; other = other->next)
        if (other->host == h && other->port == port && ip_eq(other->ip, ip))
            return 0;
    struct scn_service *service = ARENA_NEW(&w->arena, struct scn_service);
    if (!service)
        return world_wrong(w, h->scenario->file, 0, "out of memory");
    *service = (struct scn_service){.host = h, .ip = ip, .port = port, .presence = SCN_LISTENS, .name = h->name};
    for (size_t i = 0; i < sizeof healthy_capabilities / sizeof healthy_capabilities[0]; i++)
        if (apply_capability(w, service, &healthy_capabilities[i]) < 0)
            return -1;
    if (apply_blocks(w, service) < 0)
        return -1;
    for (enum scn_cert_role role = SCN_CERT_MAIN; role < SCN_CERT_ROLES; role++)
        if (apply_certs(w, service, role) < 0)
            return -1;
    if (port == SCN_HTTPS_PORT && write_pages(w, service) < 0)
        return -1;
    APPEND(w->services, service);
    return 0;
}

int world_add_services(struct scn_world *w, const struct scenario *s)
{
    for (const struct scn_host *h = w->hosts; h; h = h->next) {
        if (h->scenario != s)
            continue;
        unsigned port = world_is_web(h) ? SCN_HTTPS_PORT : 25;
        if (add_service(w, h, h->v4, port) < 0 || add_service(w, h, h->v6, port) < 0)
            return -1;
        for (const struct scn_block *b = s->blocks; b; b = b->next) {
            if (strcmp(b->where.server, "*") != 0 && strcmp(b->where.server, h->label) != 0)
                continue;
            if (b->where.family != IP_V6 && add_service(w, h, h->v4, b->where.port) < 0)
                return -1;
            if (b->where.family != IP_V4 && add_service(w, h, h->v6, b->where.port) < 0)
                return -1;
        }
    }
    return 0;
}

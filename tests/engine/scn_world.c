/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scn_world - see scn_world.h.
 *
 * The healthy world is written down here once: the records in healthy_records, the capabilities in
 * healthy_capabilities, the certificate in healthy_cert.
 */
#include "scn_world.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"

enum { WORLD_BYTES = 256 * 1024 * 1024, POOL_SIZE = 249, POOL_BLOCKS = 4 };

static const char lab_text[] = "# The lab's own servers\n"
                               "from base\n"
                               "domain lab.test\n"
                               "dns @ MX -\n"
                               "dns mx1 -\n"
                               "dns mx2 -\n"
                               "dns client A " SCN_CLIENT_V4 "\n"
                               "dns client AAAA " SCN_CLIENT_V6 "\n"
                               "dns " SCN_CLIENT_V4 " PTR client\n"
                               "dns " SCN_CLIENT_V6 " PTR client\n"
                               "dns ns1 A " SCN_NS1_V4 "\n"
                               "dns ns1 AAAA " SCN_NS1_V6 "\n"
                               "dns ns2 A " SCN_NS2_V4 "\n"
                               "dns ns2 AAAA " SCN_NS2_V6 "\n"
                               "dns dead A " SCN_DEAD_NS_V4 "\n"
                               "server control-a\n"
                               "server control-b\n"
                               "expect fail -\n"
                               "expect unknown -\n"
                               "expect exit 0\n";

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

__attribute__((format(printf, 4, 5))) static int wrong(struct scn_world *w, const char *file, unsigned line, const char *format, ...)
{
    va_list args;
    int n = snprintf(w->error, SCN_ERROR_BYTES, "%s:%u: ", file, line);
    size_t used = n < 0 || n >= SCN_ERROR_BYTES ? 0 : (size_t)n;
    va_start(args, format);
    vsnprintf(w->error + used, SCN_ERROR_BYTES - used, format, args);
    va_end(args);
    return -1;
}

#define APPEND(list, node) \
    do { \
        __typeof__(list) *end_ = &(list); \
        while (*end_) \
            end_ = &(*end_)->next; \
        *end_ = (node); \
    } while (0)

/* Names */

static const char *absolute(struct scn_world *w, const struct scenario *s, const char *name)
{
    size_t n = strlen(name);
    if (strcmp(name, "@") == 0)
        return arena_printf(&w->arena, "%s.", s->domain);
    if (n && name[n - 1] == '.')
        return name;
    return arena_printf(&w->arena, "%s.%s.", name, s->domain);
}

static const char *reverse_name(struct scn_world *w, struct ip ip)
{
    char text[80];
    size_t used = 0;
    if (ip.family == IP_V4)
        return arena_printf(&w->arena, "%u.%u.%u.%u.in-addr.arpa.", ip.bytes[3], ip.bytes[2], ip.bytes[1], ip.bytes[0]);
    for (size_t i = 16; i-- > 0;)
        used += (size_t)snprintf(text + used, sizeof text - used, "%x.%x.", ip.bytes[i] & 15u, ip.bytes[i] >> 4);
    return arena_printf(&w->arena, "%sip6.arpa.", text);
}

static bool is_below(const char *name, const char *zone)
{
    size_t n = strlen(name), z = strlen(zone);
    if (strcmp(zone, ".") == 0)
        return true;
    return n >= z && strcasecmp(name + n - z, zone) == 0 && (n == z || name[n - z - 1] == '.');
}

const struct scn_zone_data *scn_world_zone_of(const struct scn_world *w, const char *owner, bool above)
{
    const struct scn_zone_data *best = NULL;
    for (const struct scn_zone_data *z = w->zones; z; z = z->next)
        if (is_below(owner, z->name) && !(above && strcasecmp(owner, z->name) == 0) && (!best || strlen(z->name) > strlen(best->name)))
            best = z;
    return best;
}

const struct scn_host *scn_world_host(const struct scn_world *w, const struct scenario *s, const char *label)
{
    for (const struct scn_host *h = w->hosts; h; h = h->next)
        if (h->scenario == s && strcmp(h->label, label) == 0)
            return h;
    return NULL;
}

/* Text in braces: {domain}, {host}, {name}, {mx1}, {mx1.v4}, {mx1.v6}, {mx1.v4-dashed}. */

static const char *lookup(struct scn_world *w, const struct scenario *s, const struct scn_service *service, struct str name)
{
    char label[256], text[IP_TEXT_BYTES];
    if (str_is(name, "domain"))
        return s->domain;
    if (service && str_is(name, "host"))
        return service->host->name;
    if (service && str_is(name, "name"))
        return service->name;
    if (name.n >= sizeof label)
        return NULL;
    memcpy(label, name.p, name.n);
    label[name.n] = '\0';
    const struct scn_host *h = scn_world_host(w, s, label);
    if (h)
        return h->name;
    char *dot = strrchr(label, '.');
    if (!dot)
        return NULL;
    *dot++ = '\0';
    h = scn_world_host(w, s, label);
    bool v4 = strncmp(dot, "v4", 2) == 0;
    if (!h || (strcmp(dot, "v4") != 0 && strcmp(dot, "v6") != 0 && strcmp(dot, "v4-dashed") != 0))
        return NULL;
    ip_write(v4 ? h->v4 : h->v6, text);
    for (char *c = text; dot[2] && *c; c++)
        *c = *c == '.' ? '-' : *c;
    return arena_strdup(&w->arena, text);
}

static int expand(struct scn_world *w, const struct scenario *s, unsigned line, const struct scn_service *service, struct str text, struct str *out)
{
    struct buf b;
    buf_init(&b, 1024 * 1024);
    while (text.n) {
        const char *open = memchr(text.p, '{', text.n);
        const char *close = open ? memchr(open, '}', text.n - (size_t)(open - text.p)) : NULL;
        size_t plain = close ? (size_t)(open - text.p) : text.n;
        buf_add(&b, text.p, plain);
        if (close) {
            struct str name = {open + 1, (size_t)(close - open) - 1};
            const char *value = lookup(w, s, service, name);
            if (!value) {
                buf_done(&b);
                return wrong(w, s->file, line, "there is no {%.*s}", (int)name.n, name.p);
            }
            buf_add_cstr(&b, value);
            plain = (size_t)(close - text.p) + 1;
        }
        text = (struct str){text.p + plain, text.n - plain};
    }
    *out = arena_copy(&w->arena, (struct str){b.bytes, b.used});
    bool failed = b.failed || !out->p;
    buf_done(&b);
    return failed ? wrong(w, s->file, line, "out of memory") : 0;
}

static const char *expand_cstr(struct scn_world *w, const struct scenario *s, unsigned line, const struct scn_service *service, const char *text)
{
    struct str out;
    return expand(w, s, line, service, str_of(text), &out) < 0 ? NULL : out.p;
}

const char *scn_world_expand(struct scn_world *w, const struct scenario *s, const char *text)
{
    return expand_cstr(w, s, 0, NULL, text);
}

const char *scn_world_name(struct scn_world *w, const struct scenario *s, const char *label)
{
    const struct scn_host *h = scn_world_host(w, s, label);
    struct str name = str_of(h ? h->name : absolute(w, s, label));
    if (name.n && name.p[name.n - 1] == '.')
        name.n--;
    return arena_cstr(&w->arena, name);
}

/* Hosts and their addresses. The k-th server of a scenario lies in the k-th pool, so that servers of one
 * scenario are in different networks; the first three pools are the documentation networks. */

static int allocate(struct scn_world *w, struct scn_host *h)
{
    unsigned pool = h->pool;
    static const uint8_t documentation[3][3] = {{198, 51, 100}, {203, 0, 113}, {192, 0, 2}};
    if (pool >= SCN_POOLS || w->pool_used[pool] >= POOL_SIZE * POOL_BLOCKS)
        return wrong(w, h->scenario->file, 0, "no address is left for %s", h->label);
    unsigned n = w->pool_used[pool]++, block = n / POOL_SIZE;
    h->v4 = (struct ip){.family = IP_V4, .bytes = {198, (uint8_t)(18 + pool / 60), (uint8_t)(pool % 60 * POOL_BLOCKS + block), (uint8_t)(1 + n % POOL_SIZE)}};
    if (pool < 3 && block == 0)
        memcpy(h->v4.bytes, documentation[pool], 3);
    unsigned number = n + 1;
    h->v6 = (struct ip){.family = IP_V6, .bytes = {0x20, 0x01, 0x0d, 0xb8, 0, (uint8_t)(pool + 1), (uint8_t)(number >> 8), (uint8_t)number}};
    h->v6.bytes[15] = 0x25;
    return 0;
}

static const struct scn_host *neighbour(const struct scn_world *w, const struct scenario *s, const char *label)
{
    for (const struct scn_block *b = s->blocks; b; b = b->next)
        if (b->near_server && strcmp(b->where.server, label) == 0)
            return scn_world_host(w, s, b->near_server);
    return NULL;
}

static int add_host(struct scn_world *w, const struct scenario *s, const char *label, unsigned *pool)
{
    if (strcmp(label, "*") == 0 || scn_world_host(w, s, label))
        return 0;
    struct scn_host *h = ARENA_NEW(&w->arena, struct scn_host);
    if (!h)
        return wrong(w, s->file, 0, "out of memory");
    char *name = arena_strdup(&w->arena, absolute(w, s, label));
    name[strlen(name) - 1] = '\0';
    *h = (struct scn_host){.scenario = s, .label = label, .name = name};
    const struct scn_host *near_host = neighbour(w, s, label);
    h->pool = near_host ? near_host->pool : (*pool)++;
    APPEND(w->hosts, h);
    return allocate(w, h);
}

static int add_hosts(struct scn_world *w, const struct scenario *s)
{
    unsigned pool = 0;
    int rc = add_host(w, s, "mx1", &pool) < 0 || add_host(w, s, "mx2", &pool) < 0 ? -1 : 0;
    for (const struct scn_block *b = s->blocks; b && rc == 0; b = b->next)
        rc = add_host(w, s, b->where.server, &pool);
    for (const struct scn_cert *c = s->certs; c && rc == 0; c = c->next)
        rc = scn_world_host(w, s, c->where.server) || strcmp(c->where.server, "*") == 0 ? 0
                                                                                        : wrong(w, s->file, c->line, "there is no server %s", c->where.server);
    return rc;
}

/* Zones and records */

/* A record that is there already is there once (RFC 2181 5). */
static int add_rr(struct scn_world *w, const struct scenario *s, unsigned line, const char *owner, const char *type, const char *data)
{
    for (const struct scn_rr *other = w->records; other && owner && data; other = other->next)
        if (strcasecmp(other->owner, owner) == 0 && strcmp(other->type, type) == 0 && strcmp(other->data, data) == 0)
            return 0;
    struct scn_rr *rr = ARENA_NEW(&w->arena, struct scn_rr);
    if (!rr || !owner || !data)
        return wrong(w, s->file, line, "out of memory");
    *rr = (struct scn_rr){.owner = owner, .type = type, .data = data, .scenario = s, .line = line};
    APPEND(w->records, rr);
    return 0;
}

static int add_zone(struct scn_world *w, const struct scenario *s, const char *name, enum scn_zone_state state, unsigned line)
{
    for (struct scn_zone_data *z = w->zones; z; z = z->next)
        if (strcasecmp(z->name, name) == 0)
            return wrong(w, s->file, line, "zone %s is there already", name);
    struct scn_zone_data *z = ARENA_NEW(&w->arena, struct scn_zone_data);
    if (!z)
        return wrong(w, s->file, line, "out of memory");
    *z = (struct scn_zone_data){.name = name, .state = state};
    APPEND(w->zones, z);
    if (state == SCN_ZONE_DEAD || state == SCN_ZONE_ABSENT)
        return 0;
    return add_rr(w, s, line, name, "SOA", "ns1.lab.test. hostmaster.lab.test. 1 3600 600 86400 300") < 0 ||
                   add_rr(w, s, line, name, "NS", "ns1.lab.test.") < 0 || add_rr(w, s, line, name, "NS", "ns2.lab.test.") < 0
               ? -1
               : 0;
}

static int add_zones(struct scn_world *w, const struct scenario *s)
{
    enum scn_zone_state own = s->from == SCN_FROM_BASE ? SCN_ZONE_SIGNED : SCN_ZONE_INSECURE;
    for (const struct scn_zone *z = s->zones; z; z = z->next) {
        if (strcmp(z->name, "@") == 0)
            own = z->state;
        else if (add_zone(w, s, absolute(w, s, z->name), z->state, z->line) < 0)
            return -1;
    }
    return add_zone(w, s, absolute(w, s, "@"), own, 0);
}

static const char *owner_of(struct scn_world *w, const struct scenario *s, const struct scn_record *r)
{
    struct ip ip;
    const char *name = expand_cstr(w, s, r->line, NULL, r->name);
    if (!name)
        return NULL;
    return ip_parse(str_of(name), &ip) ? reverse_name(w, ip) : absolute(w, s, name);
}

/* Does the file itself say what is at this name and type? A CNAME takes the place of everything. */
static bool is_replaced(struct scn_world *w, const struct scenario *s, const char *owner, const char *type)
{
    for (const struct scn_record *r = s->records; r; r = r->next) {
        const char *own = owner_of(w, s, r);
        if (own && strcasecmp(own, owner) == 0 && (!r->type || strcmp(r->type, type) == 0 || strcmp(r->type, "CNAME") == 0))
            return true;
    }
    return false;
}

static int add_healthy(struct scn_world *w, const struct scenario *s, const char *owner, const char *type, const char *data)
{
    return is_replaced(w, s, owner, type) ? 0 : add_rr(w, s, 0, owner, type, data);
}

static int healthy_records(struct scn_world *w, const struct scenario *s)
{
    const char *apex = absolute(w, s, "@");
    int rc = 0;
    if (!is_replaced(w, s, apex, "MX"))
        rc = add_rr(w, s, 0, apex, "MX", arena_printf(&w->arena, "10 mx1.%s", apex)) < 0 ||
                     add_rr(w, s, 0, apex, "MX", arena_printf(&w->arena, "20 mx2.%s", apex)) < 0
                 ? -1
                 : 0;
    for (const struct scn_host *h = w->hosts; h && rc == 0; h = h->next) {
        char v4[IP_TEXT_BYTES], v6[IP_TEXT_BYTES];
        if (h->scenario != s)
            continue;
        const char *owner = arena_printf(&w->arena, "%s.", h->name);
        ip_write(h->v4, v4);
        ip_write(h->v6, v6);
        if (add_healthy(w, s, owner, "A", arena_strdup(&w->arena, v4)) < 0 || add_healthy(w, s, owner, "AAAA", arena_strdup(&w->arena, v6)) < 0 ||
            add_healthy(w, s, reverse_name(w, h->v4), "PTR", owner) < 0 || add_healthy(w, s, reverse_name(w, h->v6), "PTR", owner) < 0)
            rc = -1;
    }
    return rc;
}

/* The last word of the data is a name for these types. */
static const char *absolute_data(struct scn_world *w, const struct scenario *s, const char *type, const char *data)
{
    static const char *const types[] = {"MX", "CNAME", "NS", "PTR", "SRV", "DNAME"};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        const char *blank = strrchr(data, ' ');
        if (strcmp(type, types[i]) != 0)
            continue;
        if (!blank)
            return absolute(w, s, data);
        return arena_printf(&w->arena, "%.*s%s", (int)(blank + 1 - data), data, absolute(w, s, blank + 1));
    }
    return data;
}

static int own_records(struct scn_world *w, const struct scenario *s)
{
    for (const struct scn_record *r = s->records; r; r = r->next) {
        const char *owner = owner_of(w, s, r);
        const char *data = r->data ? expand_cstr(w, s, r->line, NULL, r->data) : "";
        if (!owner || !data)
            return -1;
        if (r->data && add_rr(w, s, r->line, owner, r->type, absolute_data(w, s, r->type, data)) < 0)
            return -1;
    }
    return 0;
}

/* Services */

static bool is_about(const struct scn_where *where, const struct scn_service *service)
{
    return (strcmp(where->server, "*") == 0 || strcmp(where->server, service->host->label) == 0) && (!where->family || where->family == service->ip.family) &&
           where->port == service->port;
}

static void apply_tls(struct scn_tls *tls, const struct scn_tls *more)
{
    if (more->only)
        tls->only = more->only;
    if (more->ciphers)
        tls->ciphers = more->ciphers;
    if (more->groups)
        tls->groups = more->groups;
    if (more->dh_bits)
        tls->dh_bits = more->dh_bits;
    tls->no_extended_master_secret |= more->no_extended_master_secret;
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
        return wrong(w, service->host->scenario->file, 0, "out of memory");
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

static int apply_reactions(struct scn_world *w, struct scn_service *service, const struct scn_reaction *reactions)
{
    const struct scenario *s = service->host->scenario;
    for (; reactions; reactions = reactions->next) {
        struct scn_reaction *r = ARENA_NEW(&w->arena, struct scn_reaction);
        if (!r)
            return wrong(w, s->file, reactions->line, "out of memory");
        *r = *reactions;
        r->next = NULL;
        r->actions = NULL;
        for (const struct scn_action *a = reactions->actions; a; a = a->next) {
            struct scn_action *copy = ARENA_NEW(&w->arena, struct scn_action);
            if (!copy)
                return wrong(w, s->file, a->line, "out of memory");
            *copy = *a;
            copy->next = NULL;
            if (a->kind != SCN_SEND && a->text.n && expand(w, s, a->line, service, a->text, &copy->text) < 0)
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
        if (b->name && !(service->name = expand_cstr(w, s, b->line, service, b->name)))
            return -1;
        apply_tls(&service->tls, &b->tls);
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

static int apply_certs(struct scn_world *w, struct scn_service *service)
{
    const struct scenario *s = service->host->scenario;
    service->cert = healthy_cert;
    for (const struct scn_cert *c = s->certs; c; c = c->next)
        if (is_about(&c->where, service))
            apply_cert(&service->cert, c);
    struct scn_cert *cert = &service->cert;
    if (!cert->has_names)
        cert->names[cert->name_count++] = str_of(service->host->name);
    for (size_t i = 0; i < cert->name_count; i++)
        if (expand(w, s, cert->line, service, cert->names[i], &cert->names[i]) < 0)
            return -1;
    if (cert->common_name && !(cert->common_name = expand_cstr(w, s, cert->line, service, cert->common_name)))
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
        return wrong(w, h->scenario->file, 0, "out of memory");
    *service = (struct scn_service){.host = h, .ip = ip, .port = port, .presence = SCN_LISTENS, .name = h->name};
    for (size_t i = 0; i < sizeof healthy_capabilities / sizeof healthy_capabilities[0]; i++)
        if (apply_capability(w, service, &healthy_capabilities[i]) < 0)
            return -1;
    if (apply_blocks(w, service) < 0 || apply_certs(w, service) < 0)
        return -1;
    APPEND(w->services, service);
    return 0;
}

static int add_services(struct scn_world *w, const struct scenario *s)
{
    for (const struct scn_host *h = w->hosts; h; h = h->next) {
        if (h->scenario != s)
            continue;
        if (add_service(w, h, h->v4, 25) < 0 || add_service(w, h, h->v6, 25) < 0)
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

int scn_world_add(struct scn_world *w, const struct scenario *s)
{
    if (add_hosts(w, s) < 0 || add_zones(w, s) < 0 || healthy_records(w, s) < 0 || own_records(w, s) < 0 || add_services(w, s) < 0)
        return -1;
    w->scenario_count++;
    return w->arena.exhausted ? wrong(w, s->file, 0, "out of memory") : 0;
}

int scn_world_init(struct scn_world *w, char error[static SCN_ERROR_BYTES])
{
    *w = (struct scn_world){.error = error};
    error[0] = '\0';
    arena_init(&w->arena, WORLD_BYTES);
    if (scn_parse(&w->arena, "lab", str_of(lab_text), &w->lab, error) < 0)
        return -1;
    static const char *const above[] = {".", "test.", "arpa."};
    for (size_t i = 0; i < sizeof above / sizeof above[0]; i++)
        if (add_zone(w, &w->lab, above[i], SCN_ZONE_SIGNED, 0) < 0)
            return -1;
    return scn_world_add(w, &w->lab);
}

void scn_world_done(struct scn_world *w)
{
    arena_done(&w->arena);
}

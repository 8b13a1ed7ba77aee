/* SPDX-License-Identifier: Apache-2.0 */
/* scn_world - see scn_world.h. Names, hosts and addresses; records and services have files of their own. */
#include "scn_world.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "scn_world_parts.h"

enum { WORLD_BYTES = 256 * 1024 * 1024, POOL_SIZE = 229, POOL_BLOCKS = 4 };

static const char lab_text[] = "# The lab's own servers\n"
                               "from plain\n"
                               "domain lab.test\n"
                               "zone signed\n"
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
                               "dns 2.0.0.127.bl A 127.0.0.2\n"
                               "dns 2.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.bl A 127.0.0.2\n"
                               "dns test.dl A 127.0.0.2\n"
                               "zone zen.spamhaus.org. insecure\n"
                               "dns 2.0.0.127.zen.spamhaus.org. A 127.0.0.2\n"
                               "server control-a\n"
                               "server control-b\n"
                               "server control-a port 443\n"
                               "server control-b port 443\n"
                               "expect fail -\n"
                               "expect unknown -\n"
                               "expect exit 0\n";

int world_wrong(struct scn_world *w, const char *file, unsigned line, const char *format, ...)
{
    va_list args;
    int n = snprintf(w->error, SCN_ERROR_BYTES, "%s:%u: ", file, line);
    size_t used = n < 0 || n >= SCN_ERROR_BYTES ? 0 : (size_t)n;
    va_start(args, format);
    vsnprintf(w->error + used, SCN_ERROR_BYTES - used, format, args);
    va_end(args);
    return -1;
}

/* Names */

const char *world_absolute(struct scn_world *w, const struct scenario *s, const char *name)
{
    size_t n = strlen(name);
    if (strcmp(name, "@") == 0)
        return arena_printf(&w->arena, "%s.", s->domain);
    if (n && name[n - 1] == '.')
        return name;
    return arena_printf(&w->arena, "%s.%s.", name, s->domain);
}

const char *world_reverse_name(struct scn_world *w, struct ip ip)
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

bool world_is_web(const struct scn_host *h)
{
    return strcmp(h->label, SCN_POLICY_SERVER) == 0;
}

const struct scn_host *scn_world_host(const struct scn_world *w, const struct scenario *s, const char *label)
{
    for (const struct scn_host *h = w->hosts; h; h = h->next)
        if (h->scenario == s && strcmp(h->label, label) == 0)
            return h;
    return NULL;
}

/* Text in braces: {domain}, {file-dir}, {host}, {name}, {mx1}, {mx1.v4}, {mx1.v6}, {mx1.v4-dashed}, {mx1.v4-reversed}, {mx1.v6-reversed}. */

/* As a block list is asked: the reverse name without its suffix. */
static const char *reversed(struct scn_world *w, struct ip ip)
{
    const char *name = world_reverse_name(w, ip);
    const char *suffix = name ? strstr(name, ip.family == IP_V6 ? ".ip6.arpa" : ".in-addr.arpa") : NULL;
    return suffix ? arena_cstr(&w->arena, (struct str){name, (size_t)(suffix - name)}) : NULL;
}

static const char *address_of(struct scn_world *w, const struct scn_host *h, const char *form)
{
    char text[IP_TEXT_BYTES];
    bool v4 = strncmp(form, "v4", 2) == 0;
    struct ip ip = v4 ? h->v4 : h->v6;
    if (!v4 && strncmp(form, "v6", 2) != 0)
        return NULL;
    ip_write(ip, text);
    if (strcmp(form + 2, "-reversed") == 0)
        return reversed(w, ip);
    if (form[2] && strcmp(form, "v4-dashed") != 0)
        return NULL;
    for (char *c = text; form[2] && *c; c++)
        *c = *c == '.' ? '-' : *c;
    return arena_strdup(&w->arena, text);
}

/* For files that stand beside the scenario. */
static const char *directory_of(struct scn_world *w, const char *file)
{
    const char *end = strrchr(file, '/');
    return end ? arena_cstr(&w->arena, (struct str){file, (size_t)(end - file)}) : ".";
}

static const char *lookup(struct scn_world *w, const struct scenario *s, const struct scn_service *service, struct str name)
{
    char label[256];
    if (str_is(name, "domain"))
        return s->domain;
    if (str_is(name, "file-dir"))
        return directory_of(w, s->file);
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
    return h ? address_of(w, h, dot) : NULL;
}

int world_expand(struct scn_world *w, const struct scenario *s, unsigned line, const struct scn_service *service, struct str text, struct str *out)
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
                return world_wrong(w, s->file, line, "there is no {%.*s}", (int)name.n, name.p);
            }
            buf_add_cstr(&b, value);
            plain = (size_t)(close - text.p) + 1;
        }
        text = (struct str){text.p + plain, text.n - plain};
    }
    *out = arena_copy(&w->arena, (struct str){b.bytes, b.used});
    bool failed = b.failed || !out->p;
    buf_done(&b);
    return failed ? world_wrong(w, s->file, line, "out of memory") : 0;
}

const char *world_expand_cstr(struct scn_world *w, const struct scenario *s, unsigned line, const struct scn_service *service, const char *text)
{
    struct str out;
    return world_expand(w, s, line, service, str_of(text), &out) < 0 ? NULL : out.p;
}

const char *scn_world_expand(struct scn_world *w, const struct scenario *s, const char *text)
{
    return world_expand_cstr(w, s, 0, NULL, text);
}

const char *scn_world_name(struct scn_world *w, const struct scenario *s, const char *label)
{
    const struct scn_host *h = scn_world_host(w, s, label);
    struct str name = str_of(h ? h->name : world_absolute(w, s, label));
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
        return world_wrong(w, h->scenario->file, 0, "no address is left for %s", h->label);
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
        return world_wrong(w, s->file, 0, "out of memory");
    char *name = arena_strdup(&w->arena, world_absolute(w, s, label));
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
    if (rc == 0 && s->from == SCN_FROM_BASE)
        rc = add_host(w, s, SCN_POLICY_SERVER, &pool);
    for (const struct scn_block *b = s->blocks; b && rc == 0; b = b->next)
        rc = add_host(w, s, b->where.server, &pool);
    for (const struct scn_cert *c = s->certs; c && rc == 0; c = c->next)
        rc = scn_world_host(w, s, c->where.server) || strcmp(c->where.server, "*") == 0
                 ? 0
                 : world_wrong(w, s->file, c->line, "there is no server %s", c->where.server);
    return rc;
}

int scn_world_add(struct scn_world *w, const struct scenario *s)
{
    if (add_hosts(w, s) < 0 || world_add_names(w, s) < 0 || world_add_services(w, s) < 0)
        return -1;
    w->scenario_count++;
    return w->arena.exhausted ? world_wrong(w, s->file, 0, "out of memory") : 0;
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
        if (world_add_zone(w, &w->lab, above[i], SCN_ZONE_SIGNED, 0) < 0)
            return -1;
    return scn_world_add(w, &w->lab);
}

void scn_world_done(struct scn_world *w)
{
    arena_done(&w->arena);
}

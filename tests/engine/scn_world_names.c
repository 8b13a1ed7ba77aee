/* SPDX-License-Identifier: Apache-2.0 */
/* scn_world_names - zones and records of a world; the healthy ones are in healthy_records. See scn_world.h. */
#include <string.h>
#include <strings.h>

#include "scn_world_parts.h"

/* A record that is there already is there once (RFC 2181 5). */
static int add_rr(struct scn_world *w, const struct scenario *s, unsigned line, const char *owner, const char *type, const char *data)
{
    for (const struct scn_rr *other = w->records; other && owner && data; other = other->next)
        if (strcasecmp(other->owner, owner) == 0 && strcmp(other->type, type) == 0 && strcmp(other->data, data) == 0)
            return 0;
    struct scn_rr *rr = ARENA_NEW(&w->arena, struct scn_rr);
    if (!rr || !owner || !data)
        return world_wrong(w, s->file, line, "out of memory");
    *rr = (struct scn_rr){.owner = owner, .type = type, .data = data, .scenario = s, .line = line};
    APPEND(w->records, rr);
    return 0;
}

static int add_name_servers(struct scn_world *w, const struct scenario *s, const char *zone, unsigned line)
{
    static const char *const names[] = {"ns1.lab.test.", "ns2.lab.test."};
    bool is_own = strcasecmp(zone, world_absolute(w, s, "@")) == 0;
    for (unsigned i = 0; i < 2; i++) {
        bool absent = false;
        for (const struct scn_nameserver *n = s->nameservers; n && is_own; n = n->next)
            absent = absent || (n->number == i + 1 && n->fault == SCN_NS_ABSENT);
        if (!absent && add_rr(w, s, line, zone, "NS", names[i]) < 0)
            return -1;
    }
    return 0;
}

int world_add_zone(struct scn_world *w, const struct scenario *s, const char *name, enum scn_zone_state state, unsigned line)
{
    for (struct scn_zone_data *z = w->zones; z; z = z->next)
        if (strcasecmp(z->name, name) == 0)
            return world_wrong(w, s->file, line, "zone %s is there already", name);
    struct scn_zone_data *z = ARENA_NEW(&w->arena, struct scn_zone_data);
    if (!z)
        return world_wrong(w, s->file, line, "out of memory");
    *z = (struct scn_zone_data){.name = name, .state = state};
    APPEND(w->zones, z);
    if (state == SCN_ZONE_DEAD || state == SCN_ZONE_ABSENT)
        return 0;
    if (add_rr(w, s, line, name, "SOA", "ns1.lab.test. hostmaster.lab.test. 1 3600 600 86400 300") < 0)
        return -1;
    return add_name_servers(w, s, name, line);
}

static int add_zones(struct scn_world *w, const struct scenario *s)
{
    enum scn_zone_state own = s->from == SCN_FROM_BASE ? SCN_ZONE_SIGNED : SCN_ZONE_INSECURE;
    for (const struct scn_zone *z = s->zones; z; z = z->next) {
        if (strcmp(z->name, "@") == 0)
            own = z->state;
        else if (world_add_zone(w, s, world_absolute(w, s, z->name), z->state, z->line) < 0)
            return -1;
    }
    return world_add_zone(w, s, world_absolute(w, s, "@"), own, 0);
}

static const char *owner_of(struct scn_world *w, const struct scenario *s, const struct scn_record *r)
{
    struct ip ip;
    const char *name = world_expand_cstr(w, s, r->line, NULL, r->name);
    if (!name)
        return NULL;
    return ip_parse(str_of(name), &ip) ? world_reverse_name(w, ip) : world_absolute(w, s, name);
}

/* Does the file itself say what is at this name and type? A CNAME takes the place of everything. */
static bool is_replaced(struct scn_world *w, const struct scenario *s, const char *owner, const char *type)
{
    for (const struct scn_record *r = s->records; r; r = r->next) {
        const char *own = owner_of(w, s, r);
        if (own && !r->fault && strcasecmp(own, owner) == 0 && (!r->type || strcmp(r->type, type) == 0 || strcmp(r->type, "CNAME") == 0))
            return true;
    }
    return false;
}

static int add_healthy(struct scn_world *w, const struct scenario *s, const char *owner, const char *type, const char *data)
{
    return is_replaced(w, s, owner, type) ? 0 : add_rr(w, s, 0, owner, type, data);
}

static int healthy_mx(struct scn_world *w, const struct scenario *s)
{
    const char *apex = world_absolute(w, s, "@");
    if (is_replaced(w, s, apex, "MX"))
        return 0;
    return add_rr(w, s, 0, apex, "MX", arena_printf(&w->arena, "10 mx1.%s", apex)) < 0 ||
                   add_rr(w, s, 0, apex, "MX", arena_printf(&w->arena, "20 mx2.%s", apex)) < 0
               ? -1
               : 0;
}

/* The key that is served, and the intermediate that is sent. */
static int healthy_tlsa(struct scn_world *w, const struct scenario *s, const struct scn_host *h)
{
    const char *owner = arena_printf(&w->arena, "_25._tcp.%s.", h->name);
    if (is_replaced(w, s, owner, "TLSA"))
        return 0;
    return add_rr(w, s, 0, owner, "TLSA", arena_printf(&w->arena, "3 1 1 {%s.key-sha256}", h->label)) < 0 ||
                   add_rr(w, s, 0, owner, "TLSA", arena_printf(&w->arena, "2 1 1 {%s.issuer-key-sha256}", h->label)) < 0
               ? -1
               : 0;
}

static int healthy_host(struct scn_world *w, const struct scenario *s, const struct scn_host *h)
{
    char v4[IP_TEXT_BYTES], v6[IP_TEXT_BYTES];
    const char *owner = arena_printf(&w->arena, "%s.", h->name);
    ip_write(h->v4, v4);
    ip_write(h->v6, v6);
    if (add_healthy(w, s, owner, "A", arena_strdup(&w->arena, v4)) < 0 || add_healthy(w, s, owner, "AAAA", arena_strdup(&w->arena, v6)) < 0)
        return -1;
    if (world_is_web(h))
        return 0;
    if (add_healthy(w, s, world_reverse_name(w, h->v4), "PTR", owner) < 0 || add_healthy(w, s, world_reverse_name(w, h->v6), "PTR", owner) < 0)
        return -1;
    return s->from == SCN_FROM_BASE ? healthy_tlsa(w, s, h) : 0;
}

/* What a domain says of the mail that it sends. The key is nobody's. */
static int healthy_sender(struct scn_world *w, const struct scenario *s)
{
    static const char key[] = "\"v=DKIM1; k=ed25519; p=dWC8Pp7kq4BKpxtjGO3LmPIbjssuPsdx3pq+ClFkSuI=\"";
    const char *dmarc = arena_printf(&w->arena, "\"v=DMARC1; p=reject; rua=mailto:dmarc-reports@%s\"", s->domain);
    return add_healthy(w, s, world_absolute(w, s, "@"), "TXT", "\"v=spf1 mx -all\"") < 0 || add_healthy(w, s, world_absolute(w, s, "_dmarc"), "TXT", dmarc) < 0 ||
                   add_healthy(w, s, world_absolute(w, s, "default._domainkey"), "TXT", key) < 0
               ? -1
               : 0;
}

static int healthy_records(struct scn_world *w, const struct scenario *s)
{
    int rc = healthy_mx(w, s);
    for (const struct scn_host *h = w->hosts; h && rc == 0; h = h->next)
        if (h->scenario == s)
            rc = healthy_host(w, s, h);
    if (rc == 0)
        rc = add_healthy(w, s, world_absolute(w, s, "@"), "CAA", "0 issue \"" SCN_CA_IDENTIFIER "\"");
    if (rc == 0)
        rc = healthy_sender(w, s);
    if (rc < 0 || s->from != SCN_FROM_BASE)
        return rc;
    const char *rua = arena_printf(&w->arena, "\"v=TLSRPTv1; rua=mailto:tls-reports@%s\"", s->domain);
    return add_healthy(w, s, world_absolute(w, s, "_mta-sts"), "TXT", "\"v=STSv1; id=20261101T000000;\"") < 0 ||
                   add_healthy(w, s, world_absolute(w, s, "_smtp._tls"), "TXT", rua) < 0
               ? -1
               : 0;
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
            return world_absolute(w, s, data);
        return arena_printf(&w->arena, "%.*s%s", (int)(blank + 1 - data), data, world_absolute(w, s, blank + 1));
    }
    return data;
}

static int add_fault(struct scn_world *w, const struct scn_record *r, const char *owner)
{
    struct scn_fault_at *fault = ARENA_NEW(&w->arena, struct scn_fault_at);
    if (!fault)
        return -1;
    *fault = (struct scn_fault_at){.owner = owner, .type = r->type, .fault = r->fault};
    APPEND(w->faults, fault);
    return 0;
}

/* What stands in braces in TLSA records is known to scn_pki. */
static const char *data_of(struct scn_world *w, const struct scenario *s, const struct scn_record *r)
{
    if (strcmp(r->type, "TLSA") == 0)
        return r->data;
    const char *data = world_expand_cstr(w, s, r->line, NULL, r->data);
    return data ? absolute_data(w, s, r->type, data) : NULL;
}

static int own_records(struct scn_world *w, const struct scenario *s)
{
    for (const struct scn_record *r = s->records; r; r = r->next) {
        const char *owner = owner_of(w, s, r);
        if (!owner)
            return -1;
        if (r->fault && add_fault(w, r, owner) < 0)
            return world_wrong(w, s->file, r->line, "out of memory");
        if (!r->data || r->fault)
            continue;
        const char *data = data_of(w, s, r);
        if (!data || add_rr(w, s, r->line, owner, r->type, data) < 0)
            return -1;
    }
    return 0;
}

static int ns_differences(struct scn_world *w, const struct scenario *s)
{
    for (const struct scn_nameserver *n = s->nameservers; n; n = n->next) {
        struct scn_ns_difference *d = ARENA_NEW(&w->arena, struct scn_ns_difference);
        if (!d)
            return world_wrong(w, s->file, n->line, "out of memory");
        *d = (struct scn_ns_difference){.number = n->number, .zone = world_absolute(w, s, "@"), .fault = n->fault, .type = n->type};
        if (!n->fault) {
            const struct scn_record r = {.name = n->name, .type = n->type, .data = n->data, .line = n->line};
            d->owner = owner_of(w, s, &r);
            d->data = n->data ? data_of(w, s, &r) : NULL;
            if (!d->owner || (n->data && !d->data))
                return -1;
        }
        APPEND(w->ns_differences, d);
    }
    return 0;
}

int world_add_names(struct scn_world *w, const struct scenario *s)
{
    return add_zones(w, s) < 0 || healthy_records(w, s) < 0 || own_records(w, s) < 0 || ns_differences(w, s) < 0 ? -1 : 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* scn_nameservers - see scn_nameservers.h. */
#include "scn_nameservers.h"

#include <ldns/ldns.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { TTL_S = 300 };

struct exchange {
    ldns_pkt *query, *reply;
    char *name, *type; /* of the question, as text */
    const struct scn_zone_data *zone;
};

static bool begin(const struct scn_world *w, struct exchange *e, const void *message, size_t n)
{
    *e = (struct exchange){0};
    if (ldns_wire2pkt(&e->query, message, n) != LDNS_STATUS_OK || ldns_rr_list_rr_count(ldns_pkt_question(e->query)) != 1)
        return false;
    const ldns_rr *question = ldns_rr_list_rr(ldns_pkt_question(e->query), 0);
    e->name = ldns_rdf2str(ldns_rr_owner(question));
    e->type = ldns_rr_type2str(ldns_rr_get_type(question));
    e->reply = ldns_pkt_new();
    if (!e->name || !e->type || !e->reply)
        return false;
    e->zone = scn_world_zone_of(w, e->name, false);
    ldns_pkt_set_id(e->reply, ldns_pkt_id(e->query));
    ldns_pkt_set_qr(e->reply, true);
    ldns_pkt_set_rd(e->reply, ldns_pkt_rd(e->query));
    ldns_pkt_push_rr(e->reply, LDNS_SECTION_QUESTION, ldns_rr_clone(question));
    return e->zone;
}

static void end(struct exchange *e)
{
    ldns_pkt_free(e->query);
    ldns_pkt_free(e->reply);
    free(e->name);
    free(e->type);
}

static void push(struct exchange *e, const char *owner, const char *type, const char *data)
{
    struct buf line;
    ldns_rr *rr = NULL;
    buf_init(&line, 128 * 1024);
    buf_printf(&line, "%s %d IN %s %s", owner, TTL_S, type, data);
    buf_add_char(&line, '\0');
    if (!line.failed && ldns_rr_new_frm_str(&rr, line.bytes, TTL_S, NULL, NULL) == LDNS_STATUS_OK)
        ldns_pkt_push_rr(e->reply, LDNS_SECTION_ANSWER, rr);
    buf_done(&line);
}

static void write_reply(const struct exchange *e, struct buf *answer)
{
    uint8_t *bytes = NULL;
    size_t n = 0;
    if (ldns_pkt2wire(&bytes, e->reply, &n) == LDNS_STATUS_OK)
        buf_add(answer, bytes, n);
    free(bytes);
}

static unsigned number_of(struct ip server)
{
    static const struct {
        const char *address;
        unsigned number;
    } servers[] = {{SCN_NS1_V4, 1}, {SCN_NS1_V6, 1}, {SCN_NS2_V4, 2}, {SCN_NS2_V6, 2}};
    for (size_t i = 0; i < sizeof servers / sizeof *servers; i++) {
        struct ip ip;
        if (ip_parse(str_of(servers[i].address), &ip) && ip_eq(ip, server))
            return servers[i].number;
    }
    return 0;
}

/* True: the whole of what this server does to the question. */
static bool is_faulty(struct exchange *e, enum scn_ns_fault fault, bool over_udp, struct buf *answer)
{
    switch (fault) {
    case SCN_NS_REFUSES:
        ldns_pkt_set_rcode(e->reply, LDNS_RCODE_REFUSED);
        write_reply(e, answer);
        return true;
    case SCN_NS_LAME:
        write_reply(e, answer);
        return true;
    case SCN_NS_SILENT:
        return true;
    case SCN_NS_TCP:
        return over_udp;
    case SCN_NS_NONE:
    case SCN_NS_ABSENT:
        break;
    }
    return false;
}

bool scn_nameserver_answers(const struct scn_world *w, struct ip server, const void *message, size_t n, bool over_udp, struct buf *answer)
{
    struct exchange e;
    unsigned number = number_of(server);
    bool own = false, done = false;
    if (!w->ns_differences || !begin(w, &e, message, n)) {
        if (w->ns_differences)
            end(&e);
        return false;
    }
    for (const struct scn_ns_difference *d = w->ns_differences; d && !done; d = d->next) {
        if (d->number != number || strcasecmp(d->zone, e.zone->name) != 0)
            continue;
        done = d->fault && is_faulty(&e, d->fault, over_udp, answer);
        if (d->fault || strcasecmp(d->owner, e.name) != 0 || strcmp(d->type, e.type) != 0)
            continue;
        own = true;
        if (d->data)
            push(&e, d->owner, d->type, d->data);
    }
    if (own && !done) {
        ldns_pkt_set_aa(e.reply, true);
        write_reply(&e, answer);
    }
    end(&e);
    return own || done;
}

void scn_nameserver_plain(const struct scn_world *w, const void *message, size_t n, struct buf *answer)
{
    struct exchange e;
    bool exists = false;
    bool found = begin(w, &e, message, n);
    if (found && e.zone->state == SCN_ZONE_DEAD) { /* the zone above knows who should answer */
        ldns_rr *ns = NULL;
        if (ldns_rr_new_frm_str(&ns, "x. 300 IN NS dead.lab.test.", TTL_S, NULL, NULL) == LDNS_STATUS_OK)
            ldns_pkt_push_rr(e.reply, LDNS_SECTION_AUTHORITY, ns);
        write_reply(&e, answer);
    } else if (found && e.zone->state != SCN_ZONE_ABSENT) {
        for (const struct scn_rr *rr = w->records; rr; rr = rr->next) {
            size_t owner = strlen(rr->owner), name = strlen(e.name);
            bool below = owner > name && strcasecmp(rr->owner + owner - name, e.name) == 0 && rr->owner[owner - name - 1] == '.';
            bool same = strcasecmp(rr->owner, e.name) == 0;
            exists = exists || same || below;
            if (same && (strcmp(rr->type, e.type) == 0 || strcmp(rr->type, "CNAME") == 0))
                push(&e, rr->owner, rr->type, rr->data);
        }
        ldns_pkt_set_aa(e.reply, true);
        if (!exists)
            ldns_pkt_set_rcode(e.reply, LDNS_RCODE_NXDOMAIN);
        write_reply(&e, answer);
    }
    end(&e);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* lab_dns - see lab_dns.h. Zones first, then answers. */
#include "lab_dns.h"

#include <ldns/ldns.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/panic.h"

enum { TTL_S = 300, DAY_S = 24 * 3600, UDP_BYTES_MAX = 1232 };

struct zone {
    const struct scn_zone_data *data;
    ldns_dnssec_zone *records;
    ldns_key_list *keys; /* NULL: not signed */
    ldns_rr *dnskey;     /* part of records */
};

struct fault {
    ldns_rdf *name;
    ldns_rr_type type;
    enum scn_fault kind;
};

struct lab_dns {
    struct zone *zones; /* those that are served */
    size_t count;
    struct fault *faults;
    size_t fault_count;
    char *error;
};

static int failed(struct lab_dns *d, const char *what, const char *why)
{
    snprintf(d->error, SCN_ERROR_BYTES, "%s: %s", what, why);
    return -1;
}

/* Zones */

static bool is_signed(const struct scn_zone_data *z)
{
    return z->state == SCN_ZONE_SIGNED || z->state == SCN_ZONE_EXPIRED;
}

static struct zone *find_zone(const struct lab_dns *d, const struct scn_zone_data *data)
{
    for (size_t i = 0; i < d->count; i++)
        if (d->zones[i].data == data)
            return &d->zones[i];
    return NULL;
}

static int add_text(struct lab_dns *d, struct zone *z, const char *owner, const char *type, const char *data)
{
    ldns_rr *rr = NULL;
    struct buf line;
    buf_init(&line, 128 * 1024);
    buf_printf(&line, "%s %d IN %s %s", owner, TTL_S, type, data);
    buf_add_char(&line, '\0');
    ldns_status status = line.failed ? LDNS_STATUS_MEM_ERR : ldns_rr_new_frm_str(&rr, line.bytes, TTL_S, NULL, NULL);
    if (status == LDNS_STATUS_OK)
        status = ldns_dnssec_zone_add_rr(z->records, rr);
    int rc = status == LDNS_STATUS_OK ? 0 : failed(d, line.failed ? owner : line.bytes, ldns_get_errorstr_by_id(status));
    buf_done(&line);
    return rc;
}

static int add_key(struct lab_dns *d, struct zone *z, struct wall now)
{
    bool expired = z->data->state == SCN_ZONE_EXPIRED;
    ldns_key *key = ldns_key_new_frm_algorithm(LDNS_SIGN_ECDSAP256SHA256, 256);
    z->keys = ldns_key_list_new();
    if (!key || !z->keys)
        return failed(d, z->data->name, "no key");
    ldns_key_set_flags(key, LDNS_KEY_ZONE_KEY | LDNS_KEY_SEP_KEY);
    ldns_key_set_pubkey_owner(key, ldns_dname_new_frm_str(z->data->name));
    ldns_key_set_inception(key, (uint32_t)(now.s - (expired ? 30 : 1) * DAY_S));
    ldns_key_set_expiration(key, (uint32_t)(now.s + (expired ? -2 : 30) * DAY_S));
    z->dnskey = ldns_key2rr(key);
    ldns_rr_set_ttl(z->dnskey, TTL_S);
    ldns_key_set_keytag(key, ldns_calc_keytag(z->dnskey));
    ldns_key_list_push_key(z->keys, key);
    return ldns_dnssec_zone_add_rr(z->records, z->dnskey) == LDNS_STATUS_OK ? 0 : failed(d, z->data->name, "the key is no record");
}

static int open_zone(struct lab_dns *d, const struct scn_zone_data *data, struct wall now)
{
    struct zone *z = &d->zones[d->count++];
    *z = (struct zone){.data = data, .records = ldns_dnssec_zone_new()};
    if (!z->records)
        return failed(d, data->name, "out of memory");
    return is_signed(data) ? add_key(d, z, now) : 0;
}

static int delegate(struct lab_dns *d, const struct scn_world *w, const struct scn_zone_data *data)
{
    struct zone *parent = find_zone(d, scn_world_zone_of(w, data->name, true)), *z = find_zone(d, data);
    if (data->state == SCN_ZONE_ABSENT || strcmp(data->name, ".") == 0)
        return 0;
    if (!parent)
        return failed(d, data->name, "the zone above is not served");
    if (data->state == SCN_ZONE_DEAD)
        return add_text(d, parent, data->name, "NS", "dead.lab.test.");
    for (const struct scn_rr *rr = w->records; rr; rr = rr->next)
        if (strcmp(rr->type, "NS") == 0 && strcasecmp(rr->owner, data->name) == 0 && add_text(d, parent, data->name, "NS", rr->data) < 0)
            return -1;
    ldns_rr *ds = z->dnskey ? ldns_key_rr2ds(z->dnskey, LDNS_SHA256) : NULL;
    return !ds || ldns_dnssec_zone_add_rr(parent->records, ds) == LDNS_STATUS_OK ? 0 : failed(d, data->name, "no DS");
}

static int add_record(struct lab_dns *d, const struct scn_world *w, const struct scn_rr *rr)
{
    struct zone *z = find_zone(d, scn_world_zone_of(w, rr->owner, false));
    char why[SCN_ERROR_BYTES];
    if (!z || add_text(d, z, rr->owner, rr->type, rr->data) == 0)
        return 0;
    snprintf(why, sizeof why, "%s", d->error);
    snprintf(d->error, SCN_ERROR_BYTES, "%s:%u: %.400s", rr->scenario->file, rr->line, why);
    return -1;
}

static int sign(struct lab_dns *d, struct zone *z)
{
    ldns_rr_list *made = ldns_rr_list_new();
    if (!z->keys)
        return ldns_rr_list_free(made), 0;
    ldns_status status = ldns_dnssec_zone_sign_flg(z->records, made, z->keys, ldns_dnssec_default_replace_signatures, NULL, 0);
    ldns_rr_list_free(made);
    return status == LDNS_STATUS_OK ? 0 : failed(d, z->data->name, ldns_get_errorstr_by_id(status));
}

static int make_zones(struct lab_dns *d, const struct scn_world *w, struct wall now)
{
    for (const struct scn_zone_data *z = w->zones; z; z = z->next)
        if (z->state != SCN_ZONE_DEAD && z->state != SCN_ZONE_ABSENT && open_zone(d, z, now) < 0)
            return -1;
    for (const struct scn_zone_data *z = w->zones; z; z = z->next)
        if (delegate(d, w, z) < 0)
            return -1;
    for (const struct scn_rr *rr = w->records; rr; rr = rr->next)
        if (add_record(d, w, rr) < 0)
            return -1;
    for (size_t i = 0; i < d->count; i++)
        if (sign(d, &d->zones[i]) < 0)
            return -1;
    return 0;
}

static int add_faults(struct lab_dns *d, const struct scn_world *w)
{
    size_t count = 0;
    for (const struct scn_fault_at *f = w->faults; f; f = f->next)
        count++;
    d->faults = calloc(count + 1, sizeof *d->faults);
    if (!d->faults)
        return failed(d, "faults", "out of memory");
    for (const struct scn_fault_at *f = w->faults; f; f = f->next) {
        struct fault *fault = &d->faults[d->fault_count++];
        *fault = (struct fault){.name = ldns_dname_new_frm_str(f->owner), .type = ldns_get_rr_type_by_name(f->type), .kind = f->fault};
        if (!fault->name || !fault->type)
            return failed(d, f->owner, "no name, or no type");
    }
    return 0;
}

struct lab_dns *lab_dns_new(const struct scn_world *w, struct wall now, char error[static SCN_ERROR_BYTES])
{
    struct lab_dns *d = calloc(1, sizeof *d);
    size_t count = 0;
    for (const struct scn_zone_data *z = w->zones; z; z = z->next)
        count++;
    must(count); /* there is a root in every world */
    if (d)
        *d = (struct lab_dns){.zones = calloc(count, sizeof *d->zones), .error = error};
    if (!d || !d->zones) {
        snprintf(error, SCN_ERROR_BYTES, "out of memory");
        free(d);
        return NULL;
    }
    if (make_zones(d, w, now) == 0 && add_faults(d, w) == 0)
        return d;
    lab_dns_free(d);
    return NULL;
}

void lab_dns_free(struct lab_dns *d)
{
    if (!d)
        return;
    for (size_t i = 0; i < d->count; i++) {
        ldns_dnssec_zone_deep_free(d->zones[i].records);
        if (d->zones[i].keys)
            ldns_key_list_free(d->zones[i].keys);
    }
    for (size_t i = 0; i < d->fault_count; i++)
        ldns_rdf_deep_free(d->faults[i].name);
    free(d->faults);
    free(d->zones);
    free(d);
}

int lab_dns_write_root(const struct lab_dns *d, const char *hints_path, const char *anchor_path, char error[static SCN_ERROR_BYTES])
{
    static const char hints[] = ". 3600000 NS ns1.lab.test.\n. 3600000 NS ns2.lab.test.\n"
                                "ns1.lab.test. 3600000 A " SCN_NS1_V4 "\nns1.lab.test. 3600000 AAAA " SCN_NS1_V6 "\n"
                                "ns2.lab.test. 3600000 A " SCN_NS2_V4 "\nns2.lab.test. 3600000 AAAA " SCN_NS2_V6 "\n";
    FILE *f = fopen(hints_path, "we"), *anchor = fopen(anchor_path, "we");
    bool done = f && anchor && fputs(hints, f) >= 0;
    for (size_t i = 0; i < d->count && done; i++)
        if (strcmp(d->zones[i].data->name, ".") == 0)
            ldns_rr_print(anchor, d->zones[i].dnskey);
    done = (!f || fclose(f) == 0) && done;
    done = (!anchor || fclose(anchor) == 0) && done;
    if (!done)
        snprintf(error, SCN_ERROR_BYTES, "%s or %s cannot be written: %m", hints_path, anchor_path);
    return done ? 0 : -1;
}

/* Answers */

struct reply {
    ldns_pkt *packet;
    const struct zone *zone;
    const ldns_rdf *name;
    ldns_rr_type type;
    bool with_signatures;
};

static const struct zone *zone_for(const struct lab_dns *d, const ldns_rdf *name, bool above)
{
    const struct zone *best = NULL;
    for (size_t i = 0; i < d->count; i++) {
        const ldns_rdf *apex = d->zones[i].records->soa->name;
        bool same = ldns_dname_compare(name, apex) == 0;
        if ((same ? !above : ldns_dname_is_subdomain(name, apex)) &&
            (!best || ldns_dname_label_count(apex) >= ldns_dname_label_count(best->records->soa->name)))
            best = &d->zones[i];
    }
    return best;
}

static void push(const struct reply *r, ldns_pkt_section section, const ldns_rr *rr)
{
    ldns_pkt_push_rr(r->packet, section, ldns_rr_clone(rr));
}

static void push_set(const struct reply *r, ldns_pkt_section section, const ldns_dnssec_rrsets *set)
{
    for (const ldns_dnssec_rrs *rr = set->rrs; rr; rr = rr->next)
        push(r, section, rr->rr);
    for (const ldns_dnssec_rrs *rr = set->signatures; rr && r->with_signatures; rr = rr->next)
        push(r, section, rr->rr);
}

static const ldns_dnssec_rrsets *set_of(const ldns_dnssec_name *name, ldns_rr_type type)
{
    const ldns_dnssec_rrsets *set = name ? name->rrsets : NULL;
    while (set && set->type != type)
        set = set->next;
    return set;
}

static const ldns_dnssec_name *exact(const struct reply *r, const ldns_rdf *name)
{
    ldns_rbnode_t *node = ldns_rbtree_search(r->zone->records->names, name);
    return node ? node->data : NULL;
}

/* The last name of the zone that is not behind this one, or the first that is. */
static const ldns_dnssec_name *neighbour(const struct reply *r, const ldns_rdf *name, bool behind)
{
    ldns_rbnode_t *node = NULL;
    ldns_rbtree_find_less_equal(r->zone->records->names, name, &node);
    if (behind)
        node = node ? ldns_rbtree_next(node) : ldns_rbtree_first(r->zone->records->names);
    return node && node != LDNS_RBTREE_NULL ? node->data : NULL;
}

static bool exists(const struct reply *r, const ldns_rdf *name)
{
    const ldns_dnssec_name *next = neighbour(r, name, true);
    return exact(r, name) || (next && ldns_dname_is_subdomain(next->name, name));
}

/* The NSEC that is at the name, or that covers it; each only once. */
static void push_nsec(const struct reply *r, const ldns_rdf *name)
{
    const ldns_dnssec_name *at = neighbour(r, name, false);
    const ldns_rr_list *there = ldns_pkt_authority(r->packet);
    if (!r->with_signatures || !at || !at->nsec)
        return;
    for (size_t i = 0; i < ldns_rr_list_rr_count(there); i++)
        if (ldns_rr_get_type(ldns_rr_list_rr(there, i)) == LDNS_RR_TYPE_NSEC && ldns_rr_compare(ldns_rr_list_rr(there, i), at->nsec) == 0)
            return;
    push(r, LDNS_SECTION_AUTHORITY, at->nsec);
    for (const ldns_dnssec_rrs *rr = at->nsec_signatures; rr; rr = rr->next)
        push(r, LDNS_SECTION_AUTHORITY, rr->rr);
}

static void deny(const struct reply *r)
{
    push_set(r, LDNS_SECTION_AUTHORITY, set_of(r->zone->records->soa, LDNS_RR_TYPE_SOA));
    push_nsec(r, r->name);
    if (exists(r, r->name))
        return;
    ldns_pkt_set_rcode(r->packet, LDNS_RCODE_NXDOMAIN);
    ldns_rdf *encloser = ldns_dname_left_chop(r->name);
    while (encloser && !exists(r, encloser)) {
        ldns_rdf *above = ldns_dname_left_chop(encloser);
        ldns_rdf_deep_free(encloser);
        encloser = above;
    }
    ldns_rdf *wildcard = ldns_dname_new_frm_str("*");
    if (encloser && ldns_dname_cat(wildcard, encloser) == LDNS_STATUS_OK)
        push_nsec(r, wildcard);
    ldns_rdf_deep_free(encloser);
    ldns_rdf_deep_free(wildcard);
}

/* The delegation that the name lies at or below. */
static const ldns_dnssec_name *delegation(const struct reply *r)
{
    const ldns_dnssec_name *found = NULL;
    ldns_rdf *name = ldns_rdf_clone(r->name);
    while (name && ldns_dname_compare(name, r->zone->records->soa->name) != 0) {
        const ldns_dnssec_name *at = exact(r, name);
        ldns_rdf *above = ldns_dname_left_chop(name);
        if (set_of(at, LDNS_RR_TYPE_NS) && !(r->type == LDNS_RR_TYPE_DS && ldns_dname_compare(name, r->name) == 0))
            found = at;
        ldns_rdf_deep_free(name);
        name = above;
    }
    ldns_rdf_deep_free(name);
    return found;
}

static void refer(const struct reply *r, const ldns_dnssec_name *at)
{
    const ldns_dnssec_rrsets *ds = set_of(at, LDNS_RR_TYPE_DS);
    ldns_pkt_set_aa(r->packet, false);
    push_set(r, LDNS_SECTION_AUTHORITY, set_of(at, LDNS_RR_TYPE_NS));
    if (ds)
        push_set(r, LDNS_SECTION_AUTHORITY, ds);
    else
        push_nsec(r, at->name);
}

static enum scn_fault fault_at(const struct lab_dns *d, const ldns_rdf *name, ldns_rr_type type)
{
    for (size_t i = 0; i < d->fault_count; i++)
        if (d->faults[i].type == type && ldns_dname_compare(d->faults[i].name, name) == 0)
            return d->faults[i].kind;
    return SCN_FAULT_NONE;
}

/* The last octet of a signature is another one. */
static void spoil_signatures(ldns_rr_list *list)
{
    for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++) {
        const ldns_rr *rr = ldns_rr_list_rr(list, i);
        ldns_rdf *signature = ldns_rr_get_type(rr) == LDNS_RR_TYPE_RRSIG ? ldns_rr_rdf(rr, ldns_rr_rd_count(rr) - 1) : NULL;
        if (signature)
            ldns_rdf_data(signature)[ldns_rdf_size(signature) - 1] ^= 1;
    }
}

static void fill(const struct lab_dns *d, struct reply *r)
{
    ldns_pkt_set_aa(r->packet, true);
    r->zone = zone_for(d, r->name, r->type == LDNS_RR_TYPE_DS && ldns_dname_label_count(r->name) > 0);
    const ldns_dnssec_name *referral = delegation(r), *at = exact(r, r->name);
    const ldns_dnssec_rrsets *set = set_of(at, r->type), *alias = set_of(at, LDNS_RR_TYPE_CNAME);
    if (referral)
        refer(r, referral);
    else if (set || alias)
        push_set(r, LDNS_SECTION_ANSWER, set ? set : alias);
    else
        deny(r);
}

void lab_dns_write(struct ldns_struct_pkt *packet, size_t limit, struct buf *answer)
{
    uint8_t *bytes = NULL;
    size_t n = 0;
    if (ldns_pkt2wire(&bytes, packet, &n) == LDNS_STATUS_OK && n > limit) {
        static const ldns_pkt_section sections[] = {LDNS_SECTION_ANSWER, LDNS_SECTION_AUTHORITY};
        free(bytes);
        bytes = NULL;
        ldns_pkt_set_tc(packet, true);
        for (size_t i = 0; i < 2; i++) {
            ldns_rr_list *list = i ? ldns_pkt_authority(packet) : ldns_pkt_answer(packet);
            while (ldns_rr_list_rr_count(list))
                ldns_rr_free(ldns_rr_list_pop_rr(list));
            ldns_pkt_set_section_count(packet, sections[i], 0);
        }
        ldns_pkt2wire(&bytes, packet, &n);
    }
    if (bytes)
        buf_add(answer, bytes, n);
    free(bytes);
}

void lab_dns_answer(const struct lab_dns *d, const void *message, size_t n, bool over_udp, struct buf *answer)
{
    ldns_pkt *query = NULL;
    struct reply r = {.packet = NULL};
    if (ldns_wire2pkt(&query, message, n) != LDNS_STATUS_OK || ldns_pkt_qr(query) || ldns_rr_list_rr_count(ldns_pkt_question(query)) != 1) {
        ldns_pkt_free(query);
        return;
    }
    const ldns_rr *question = ldns_rr_list_rr(ldns_pkt_question(query), 0);
    size_t limit = ldns_pkt_edns_udp_size(query) > 512 ? ldns_pkt_edns_udp_size(query) : 512;
    r = (struct reply){
        .packet = ldns_pkt_new(), .name = ldns_rr_owner(question), .type = ldns_rr_get_type(question), .with_signatures = ldns_pkt_edns_do(query)};
    if (r.packet) {
        ldns_pkt_set_id(r.packet, ldns_pkt_id(query));
        ldns_pkt_set_qr(r.packet, true);
        ldns_pkt_set_rd(r.packet, ldns_pkt_rd(query));
        ldns_pkt_push_rr(r.packet, LDNS_SECTION_QUESTION, ldns_rr_clone(question));
        if (ldns_pkt_edns(query)) {
            ldns_pkt_set_edns_udp_size(r.packet, UDP_BYTES_MAX);
            ldns_pkt_set_edns_do(r.packet, ldns_pkt_edns_do(query));
        }
        enum scn_fault fault = fault_at(d, r.name, r.type);
        if (fault == SCN_FAULT_SERVFAIL)
            ldns_pkt_set_rcode(r.packet, LDNS_RCODE_SERVFAIL);
        else
            fill(d, &r);
        if (fault == SCN_FAULT_BOGUS) {
            spoil_signatures(ldns_pkt_answer(r.packet));
            spoil_signatures(ldns_pkt_authority(r.packet));
        }
        if (fault != SCN_FAULT_SILENT)
            lab_dns_write(r.packet, !over_udp ? 65535 : limit < UDP_BYTES_MAX ? limit : UDP_BYTES_MAX, answer);
    }
    ldns_pkt_free(r.packet);
    ldns_pkt_free(query);
}

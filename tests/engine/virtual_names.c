/* SPDX-License-Identifier: Apache-2.0 */
/* virtual_names - see virtual_names.h. Records are read by ldns, as the lab's are. */
#include "virtual_names.h"

#include <ldns/ldns.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "net/resolver_scripted.h"

enum { TTL_S = 300, DATA_BYTES_MAX = 128 * 1024 };

/* What the zones above leave of a zone's own state: nothing below an unsigned one is signed, and nothing is to be had
 * below one that cannot be reached or believed. */
static enum scn_zone_state state_of(const struct scn_world *w, const struct scn_zone_data *z)
{
    const struct scn_zone_data *parent = scn_world_zone_of(w, z->name, true);
    enum scn_zone_state above = parent ? state_of(w, parent) : SCN_ZONE_SIGNED;
    if (above == SCN_ZONE_EXPIRED || above == SCN_ZONE_DEAD || above == SCN_ZONE_ABSENT)
        return above;
    return above == SCN_ZONE_INSECURE && z->state == SCN_ZONE_EXPIRED ? SCN_ZONE_INSECURE : z->state > above ? z->state : above;
}

static bool all_silent(const struct scn_world *w, const struct scn_zone_data *z)
{
    bool silent[2] = {false, false};
    for (const struct scn_ns_difference *d = w->ns_differences; d; d = d->next)
        if (d->fault == SCN_NS_SILENT && strcasecmp(d->zone, z->name) == 0)
            silent[d->number - 1] = true;
    return silent[0] && silent[1];
}

/* An absent zone is not there: the one above denies it. */
static int add_zone(struct resolver *r, const struct scn_world *w, const struct scn_zone_data *z, enum scn_resolver asked)
{
    if (asked == SCN_RESOLVER_SILENT)
        return scripted_dns_zone(r, z->name, DNS_TIMEOUT, DNSSEC_INDETERMINATE, NULL);
    if (asked == SCN_RESOLVER_STRIPS) /* that a zone is not signed would have to be proven, too */
        return scripted_dns_zone(r, z->name, DNS_BOGUS, DNSSEC_BOGUS, "validation failure: signatures are missing");
    if (all_silent(w, z))
        return scripted_dns_zone(r, z->name, DNS_FAILED, DNSSEC_INDETERMINATE, "SERVFAIL: no name server answers");
    switch (state_of(w, z)) {
    case SCN_ZONE_SIGNED:
        return scripted_dns_zone(r, z->name, DNS_FOUND, DNSSEC_SECURE, NULL);
    case SCN_ZONE_INSECURE:
        return scripted_dns_zone(r, z->name, DNS_FOUND, DNSSEC_INSECURE, NULL);
    case SCN_ZONE_EXPIRED:
        return scripted_dns_zone(r, z->name, DNS_BOGUS, DNSSEC_BOGUS, "validation failure: the signatures have expired");
    case SCN_ZONE_DEAD:
        return scripted_dns_zone(r, z->name, DNS_TIMEOUT, DNSSEC_INDETERMINATE, NULL);
    case SCN_ZONE_ABSENT:
        break;
    }
    return 0;
}

static int failed(const struct scn_rr *rr, const char *why, char *error)
{
    snprintf(error, SCN_ERROR_BYTES, "%s:%u: %s %s %.200s: %s", rr->scenario->file, rr->line, rr->owner, rr->type, rr->data, why);
    return -1;
}

/* The strings of a TXT record, joined (RFC 7208 3.3). */
static void join_strings(const ldns_rr *parsed, struct buf *out)
{
    for (size_t i = 0; i < ldns_rr_rd_count(parsed); i++) {
        const ldns_rdf *string = ldns_rr_rdf(parsed, i);
        buf_add(out, ldns_rdf_data(string) + 1, ldns_rdf_size(string) - 1);
    }
}

static int add_record(struct resolver *r, const struct scn_world *w, const struct scn_rr *rr, char *error)
{
    const struct scn_zone_data *z = scn_world_zone_of(w, rr->owner, false);
    enum scn_zone_state state = z ? state_of(w, z) : SCN_ZONE_ABSENT;
    enum dnssec_state dnssec = state == SCN_ZONE_INSECURE ? DNSSEC_INSECURE : DNSSEC_SECURE;
    if (state != SCN_ZONE_SIGNED && state != SCN_ZONE_INSECURE)
        return 0;
    ldns_rr *parsed = NULL;
    struct buf text;
    buf_init(&text, DATA_BYTES_MAX);
    buf_printf(&text, "%s %d IN %s %s", rr->owner, TTL_S, rr->type, rr->data);
    buf_add_char(&text, '\0');
    ldns_status status = text.failed ? LDNS_STATUS_MEM_ERR : ldns_rr_new_frm_str(&parsed, text.bytes, TTL_S, NULL, NULL);
    buf_clear(&text);
    int rc = status == LDNS_STATUS_OK ? 0 : failed(rr, ldns_get_errorstr_by_id(status), error);
    if (rc == 0 && ldns_rr_get_type(parsed) == LDNS_RR_TYPE_TXT)
        join_strings(parsed, &text);
    else if (rc == 0)
        buf_add_cstr(&text, rr->data);
    buf_add_char(&text, '\0');
    if (rc == 0 && (text.failed || scripted_dns_add(r, rr->owner, (enum dns_type)ldns_rr_get_type(parsed), dnssec, text.bytes) < 0))
        rc = failed(rr, "is refused", error);
    if (rc == 0 && ldns_rr_get_type(parsed) == LDNS_RR_TYPE_CNAME)
        rc = scripted_dns_alias(r, rr->owner, dnssec, rr->data);
    ldns_rr_free(parsed);
    buf_done(&text);
    return rc;
}

/* Every resolver knows this name by itself (RFC 6761 6.3). */
static int add_localhost(struct resolver *r)
{
    return scripted_dns_zone(r, "localhost.", DNS_FOUND, DNSSEC_INSECURE, NULL) < 0 ||
                   scripted_dns_add(r, "localhost.", DNS_A, DNSSEC_INSECURE, "127.0.0.1") < 0 ||
                   scripted_dns_add(r, "localhost.", DNS_AAAA, DNSSEC_INSECURE, "::1") < 0
               ? -1
               : 0;
}

/* As the resolver of a client tells it: servers that answer everything else are given up within seconds, long before a
 * question's limit. In an unsigned zone there are no signatures to spoil. */
static int add_fault(struct resolver *r, const struct scn_world *w, const struct scn_fault_at *f)
{
    const struct scn_zone_data *z = scn_world_zone_of(w, f->owner, false);
    enum dns_type type = (enum dns_type)ldns_get_rr_type_by_name(f->type);
    switch (f->fault) {
    case SCN_FAULT_SERVFAIL:
    case SCN_FAULT_SILENT:
        return scripted_dns_fail(r, f->owner, type, DNS_FAILED, DNSSEC_INDETERMINATE, "SERVFAIL: no name server gave a usable answer");
    case SCN_FAULT_BOGUS:
        if (z && state_of(w, z) == SCN_ZONE_SIGNED)
            return scripted_dns_fail(r, f->owner, type, DNS_BOGUS, DNSSEC_BOGUS, "validation failure: a signature is wrong");
        break;
    case SCN_FAULT_NONE:
        break;
    }
    return 0;
}

int virtual_names_fill(struct resolver *r, const struct scn_world *w, enum scn_resolver asked, char error[static SCN_ERROR_BYTES])
{
    int rc = add_localhost(r);
    if (asked == SCN_RESOLVER_REWRITES)
        scripted_dns_rewrite(r, SCN_REWRITTEN_V4);
    for (const struct scn_zone_data *z = w->zones; z && rc == 0; z = z->next)
        rc = add_zone(r, w, z, asked);
    for (const struct scn_fault_at *f = w->faults; f && rc == 0; f = f->next)
        rc = add_fault(r, w, f);
    if (rc < 0)
        snprintf(error, SCN_ERROR_BYTES, "out of memory");
    for (const struct scn_rr *rr = w->records; rr && rc == 0; rr = rr->next)
        rc = add_record(r, w, rr, error);
    return rc;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* lab_forwarder - see lab_forwarder.h. */
#include "lab_forwarder.h"

#include <ldns/ldns.h>
#include <stdlib.h>

#include "base/panic.h"
#include "scn_nameservers.h"

enum { MESSAGE_BYTES = 65535, TTL_S = 300 };

/* The first name server that says something is believed. */
static ldns_pkt *ask_name_servers(const struct scn_world *w, const struct lab_dns *dns, const void *message, size_t n)
{
    static const char *const servers[] = {SCN_NS1_V4, SCN_NS2_V4};
    ldns_pkt *reply = NULL;
    for (size_t i = 0; i < sizeof servers / sizeof servers[0] && !reply; i++) {
        struct ip ip;
        struct buf answer;
        must(ip_parse(str_of(servers[i]), &ip));
        buf_init(&answer, MESSAGE_BYTES);
        if (!scn_nameserver_answers(w, ip, message, n, false, &answer))
            lab_dns_answer(dns, message, n, false, &answer);
        if (answer.used && ldns_wire2pkt(&reply, (const uint8_t *)answer.bytes, answer.used) != LDNS_STATUS_OK)
            reply = NULL;
        buf_done(&answer);
    }
    return reply;
}

/* What a name server that knows none better leaves a resolver with: neither an answer nor a denial. */
static bool leads_nowhere(const ldns_pkt *reply)
{
    return ldns_pkt_get_rcode(reply) == LDNS_RCODE_REFUSED || (!ldns_pkt_aa(reply) && ldns_pkt_ancount(reply) == 0);
}

static ldns_pkt *server_failure(const ldns_pkt *query)
{
    ldns_pkt *reply = ldns_pkt_new();
    must(reply);
    ldns_pkt_set_id(reply, ldns_pkt_id(query));
    ldns_pkt_set_qr(reply, true);
    ldns_pkt_set_rd(reply, ldns_pkt_rd(query));
    ldns_pkt_set_rcode(reply, LDNS_RCODE_SERVFAIL);
    ldns_pkt_push_rr(reply, LDNS_SECTION_QUESTION, ldns_rr_clone(ldns_rr_list_rr(ldns_pkt_question(query), 0)));
    return reply;
}

static void rewrite_denial(const ldns_rr *question, ldns_pkt *reply)
{
    ldns_rr *rr = NULL;
    if (ldns_pkt_get_rcode(reply) != LDNS_RCODE_NXDOMAIN || ldns_rr_get_type(question) != LDNS_RR_TYPE_A)
        return;
    must(ldns_rr_new_frm_str(&rr, "x. 300 IN A " SCN_REWRITTEN_V4, TTL_S, NULL, NULL) == LDNS_STATUS_OK);
    ldns_rdf_deep_free(ldns_rr_owner(rr));
    ldns_rr_set_owner(rr, ldns_rdf_clone(ldns_rr_owner(question)));
    ldns_rr_list_deep_free(ldns_pkt_authority(reply));
    ldns_pkt_set_authority(reply, ldns_rr_list_new());
    ldns_pkt_set_nscount(reply, 0);
    ldns_pkt_set_rcode(reply, LDNS_RCODE_NOERROR);
    ldns_pkt_push_rr(reply, LDNS_SECTION_ANSWER, rr);
}

/* The question as it goes on to the name servers: without DO, nobody sends signatures (RFC 3225 3). */
static ldns_pkt *forward(const struct scn_world *w, const struct lab_dns *dns, enum scn_resolver how, ldns_pkt *query)
{
    uint8_t *bytes = NULL;
    size_t n = 0;
    if (how == SCN_RESOLVER_STRIPS)
        ldns_pkt_set_edns_do(query, false);
    must(ldns_pkt2wire(&bytes, query, &n) == LDNS_STATUS_OK);
    ldns_pkt *reply = ask_name_servers(w, dns, bytes, n);
    free(bytes);
    return reply;
}

void lab_forward(const struct scn_world *w, const struct lab_dns *dns, enum scn_resolver how, const void *message, size_t n, bool over_udp, struct buf *answer)
{
    ldns_pkt *query = NULL;
    if (ldns_wire2pkt(&query, message, n) != LDNS_STATUS_OK || ldns_pkt_qr(query) || ldns_rr_list_rr_count(ldns_pkt_question(query)) != 1) {
        ldns_pkt_free(query);
        return;
    }
    size_t limit = !over_udp ? MESSAGE_BYTES : ldns_pkt_edns_udp_size(query) > 512 ? ldns_pkt_edns_udp_size(query) : 512;
    ldns_pkt *reply = forward(w, dns, how, query);
    if (!reply || leads_nowhere(reply)) {
        ldns_pkt_free(reply);
        reply = server_failure(query);
    }
    if (how == SCN_RESOLVER_REWRITES)
        rewrite_denial(ldns_rr_list_rr(ldns_pkt_question(query), 0), reply);
    ldns_pkt_set_ra(reply, true);
    ldns_pkt_set_aa(reply, false);
    lab_dns_write(reply, limit, answer);
    ldns_pkt_free(reply);
    ldns_pkt_free(query);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* resolver_answer - see resolver_answer.h. */
#include "net/resolver_answer.h"

#include <string.h>

#include "wire/dns.h"

void resolver_answer_trouble(struct dns_reply *reply, const char *reason)
{
    *reply = (struct dns_reply){.lookup = {.status = DNS_TROUBLE, .reason = reason, .took_ms = reply->lookup.took_ms}};
}

void resolver_answer_failed(struct dns_reply *reply, int rcode)
{
    static const char *const reasons[] = {
        [DNS_RCODE_FORMERR] = "the question was answered with FORMERR",
        [DNS_RCODE_SERVFAIL] = "SERVFAIL: no name server gave a usable answer",
        [DNS_RCODE_NOTIMP] = "the question was answered with NOTIMP",
        [DNS_RCODE_REFUSED] = "the question was REFUSED",
    };
    bool known = rcode > 0 && (size_t)rcode < sizeof reasons / sizeof *reasons && reasons[rcode];
    reply->lookup.status = DNS_FAILED;
    reply->lookup.rcode = (int16_t)rcode;
    reply->lookup.reason = known ? reasons[rcode] : "the question was answered with an rcode that is no answer";
}

bool resolver_answer_lacks_keys(const char *why)
{
    static const char *const words[] = {"No DNSKEY record for key ", "no DNSKEY rrset for trust anchor ", "no DS for DS "};
    for (size_t i = 0; why && i < sizeof words / sizeof *words; i++)
        if (strstr(why, words[i]))
            return true;
    return false;
}

static bool read_name(const char *text, struct dns_record *record, struct arena *arena)
{
    record->name = arena_strdup(arena, text);
    return record->name;
}

/* False when the data is malformed, or without memory: the arena knows which. */
static bool read_record(const struct dns_message *m, const struct dns_rr *rr, struct dns_record *record, struct arena *arena)
{
    char text[DNS_NAME_TEXT_BYTES];
    *record = (struct dns_record){.type = (enum dns_type)rr->type, .ttl_s = rr->ttl_s};
    switch (rr->type) {
    case DNS_A:
    case DNS_AAAA:
        return dns_read_address(m, rr, &record->ip);
    case DNS_MX:
        return dns_read_mx(m, rr, &record->preference, text) && read_name(text, record, arena);
    case DNS_SRV:
        return dns_read_srv(m, rr, &record->preference, &record->port, text) && read_name(text, record, arena);
    case DNS_NS:
    case DNS_CNAME:
    case DNS_PTR:
        return dns_read_target(m, rr, text) && read_name(text, record, arena);
    case DNS_TXT: {
        char *joined = arena_alloc(arena, rr->data_n + 1);
        record->data.p = joined;
        return joined && dns_read_txt(m, rr, joined, &record->data.n);
    }
    default:
        record->data = arena_copy(arena, (struct str){(const char *)m->bytes + rr->data_at, rr->data_n});
        return !arena->exhausted;
    }
}

static void read_records(struct dns_reply *reply, const struct dns_message *m, const struct dns_answer *a, struct arena *arena)
{
    size_t room = a->record_count < RESOLVER_RECORDS_MAX ? a->record_count : RESOLVER_RECORDS_MAX;
    struct dns_record *records = ARENA_ARRAY(arena, struct dns_record, room);
    struct dns_cursor c = {0};
    struct dns_rr rr;
    reply->records = records;
    while (records && dns_answer_next(m, a, &c, &rr)) {
        if (reply->record_count == room)
            reply->records_left_out++;
        else if (read_record(m, &rr, &records[reply->record_count], arena))
            reply->record_count++;
    }
}

void resolver_answer_read(struct dns_reply *reply, const void *bytes, size_t n, struct arena *arena)
{
    struct dns_message m;
    struct dns_answer a;
    if (dns_message_parse(&m, bytes, n) || dns_answer_follow(&m, &a)) {
        resolver_answer_trouble(reply, "the answer is no DNS message that can be read");
        return;
    }
    struct dns_lookup *lookup = &reply->lookup;
    lookup->rcode = (int16_t)m.rcode;
    lookup->ttl_s = a.ttl_s;
    if (a.alias_count)
        lookup->alias_of = arena_strdup(arena, a.name);
    if (m.rcode == DNS_RCODE_NXDOMAIN) {
        lookup->status = DNS_NXDOMAIN;
    } else if (m.rcode != DNS_RCODE_NOERROR) {
        resolver_answer_failed(reply, m.rcode);
    } else {
        read_records(reply, &m, &a, arena);
        lookup->status = reply->record_count ? DNS_FOUND : DNS_NODATA;
        if (a.record_count && !reply->record_count) {
            lookup->status = DNS_FAILED;
            lookup->reason = "the records of the answer are malformed";
        }
    }
    if (lookup->status == DNS_FOUND || lookup->status == DNS_NODATA || lookup->status == DNS_NXDOMAIN)
        reply->keep_s = dns_answer_keep_s(&m, &a);
    if (arena->exhausted)
        resolver_answer_trouble(reply, "no memory left for the answer");
}

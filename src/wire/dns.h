/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dns - reading DNS messages that anybody may have sent: header, question, records, names.
 *
 * Order of calls: dns_message_parse; then dns_message_next over the records as often as wanted, or
 *   dns_answer_follow and dns_answer_next for the records that answer the question; the dns_read_*
 *   functions for the data of one record.
 * Memory: nothing is allocated; everything points into the message, names go into the caller's text.
 * Limits: a name has 255 octets at most; a compression pointer must point to before the name it is
 *   found in, each further one to before the last, so no name can loop; alias chains end after
 *   DNS_ALIASES_MAX.
 * Fails: -1 or false when the message is not one; what was read before stays valid.
 * Spec: RFC 1035 4.1, 4.1.4 (compression), 5.1 (written form), RFC 2181 8 (TTL), RFC 4343 (case).
 */
#ifndef WIRE_DNS_H
#define WIRE_DNS_H

#include "base/ip.h"
#include "base/str.h"

enum {
    DNS_NAME_OCTETS_MAX = 255,
    DNS_NAME_TEXT_BYTES = 4 * DNS_NAME_OCTETS_MAX + 1, /* each octet as \DDD, and the NUL */
    DNS_LABEL_OCTETS_MAX = 63,
    DNS_ALIASES_MAX = 12,
    DNS_CLASS_IN = 1,
    DNS_TYPE_CNAME = 5,
    DNS_TYPE_SOA = 6,
};

enum dns_rcode { DNS_RCODE_NOERROR = 0, DNS_RCODE_FORMERR = 1, DNS_RCODE_SERVFAIL = 2, DNS_RCODE_NXDOMAIN = 3, DNS_RCODE_NOTIMP = 4, DNS_RCODE_REFUSED = 5 };

enum dns_section { DNS_SECTION_ANSWER = 0, DNS_SECTION_AUTHORITY, DNS_SECTION_ADDITIONAL, DNS_SECTION_END };

struct dns_message {
    const uint8_t *bytes;
    size_t n;
    uint16_t id;
    bool is_response, is_authoritative, is_truncated;
    unsigned opcode;
    int rcode; /* of the header, without the extension of RFC 6891 */
    uint16_t counts[DNS_SECTION_END]; /* as the header claims */
    size_t question_at;   /* offset of the question's name; 0: no question */
    uint16_t question_type;
    size_t records_at;    /* offset of the first record */
};

struct dns_rr {
    enum dns_section section;
    size_t owner_at; /* offset of the owner's name */
    uint16_t type, klass;
    uint32_t ttl_s;  /* over 2^31 - 1 counts as 0 (RFC 2181 8) */
    size_t data_at, data_n;
};

/* A place among the records; zeroed memory is the place before the first. */
struct dns_cursor {
    size_t at;
    enum dns_section section;
    uint16_t taken; /* of this section */
};

/* Header and question. Every record is walked once, so that a message cut short is found here: 0, or -1
 * when the octets are no whole DNS message (with TC set, a cut is allowed: what is whole can be read). */
int dns_message_parse(struct dns_message *m, const void *bytes, size_t n);
/* False after the last whole record. */
bool dns_message_next(const struct dns_message *m, struct dns_cursor *c, struct dns_rr *rr);

/* The name at an offset of the message: lower case, no final dot, "." for the root; octets that are not
 * letters, digits, '-' or '_' as \DDD. Two names are the same when their texts are. Returns the octets
 * it takes at that place, 0 when it is malformed. */
size_t dns_read_name(const struct dns_message *m, size_t at, char text[static DNS_NAME_TEXT_BYTES]);

/* The answer to the question: aliases followed from the question's name on. */
struct dns_answer {
    char name[DNS_NAME_TEXT_BYTES]; /* last name of the chain; the question's own without aliases */
    unsigned alias_count;
    uint32_t ttl_s;      /* lowest of aliases and records; 0 without any */
    size_t record_count; /* of the type asked for */
};

/* -1: no question, a malformed name, or a chain that loops or is longer than DNS_ALIASES_MAX. */
int dns_answer_follow(const struct dns_message *m, struct dns_answer *a);
/* The records counted in record_count, in the order of the message. */
bool dns_answer_next(const struct dns_message *m, const struct dns_answer *a, struct dns_cursor *c, struct dns_rr *rr);

/* For how many seconds the answer, or that there is none, may be kept: RFC 1035 3.2.1, RFC 2308 5. 0: a denial without an SOA record. */
uint32_t dns_answer_keep_s(const struct dns_message *m, const struct dns_answer *a);

/* The data of one record; false when it is malformed or of another type. */
bool dns_read_address(const struct dns_message *m, const struct dns_rr *rr, struct ip *ip);                 /* A, AAAA */
bool dns_read_target(const struct dns_message *m, const struct dns_rr *rr, char text[static DNS_NAME_TEXT_BYTES]); /* NS, CNAME, PTR */
bool dns_read_mx(const struct dns_message *m, const struct dns_rr *rr, uint16_t *preference, char text[static DNS_NAME_TEXT_BYTES]);
bool dns_read_srv(const struct dns_message *m, const struct dns_rr *rr, uint16_t *priority, uint16_t *port, char text[static DNS_NAME_TEXT_BYTES]); /* RFC 2782 */
/* The strings joined (RFC 7208 3.3) into out, which has room for data_n octets. */
bool dns_read_txt(const struct dns_message *m, const struct dns_rr *rr, char *out, size_t *n);

/* True when `name` (in the form of dns_read_name) is `zone` or below it. */
bool dns_name_is_within(const char *name, const char *zone);
/* The name without its first label, or NULL for the root. */
const char *dns_name_parent(const char *name);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dane facts - the TLSA records of one port of one host, and how each of them compares with a chain that was sent.
 *
 * Every base that the procedure of RFC 7672 could use has its own look-up; which one counts is judged later, and so
 * is which usages count for SMTP (0 and 1 do not: RFC 7672 3.1.3).
 * Spec: RFC 6698 2.1 (the record), RFC 7671 5, RFC 7672 2.2.
 */
#ifndef FACTS_DANE_H
#define FACTS_DANE_H

#include "facts/dns.h"

/* Why nobody can use a record, whatever its usage is allowed to be. */
enum tlsa_flaw {
    TLSA_SOUND = 0,
    TLSA_TOO_SHORT,            /* less than its three numbers */
    TLSA_UNKNOWN_USAGE,        /* over 3 */
    TLSA_UNKNOWN_SELECTOR,     /* over 1 */
    TLSA_UNKNOWN_MATCHING_TYPE, /* over 2 */
    TLSA_WRONG_LENGTH,         /* not the octets of its digest */
    TLSA_NOT_DER,              /* matching type 0, and the data is neither a certificate nor a key */
};

struct tlsa_record {
    uint8_t usage, selector, matching_type;
    struct str data;
    enum tlsa_flaw flaw;
};

/* One question: `_<port>._tcp.<name>`. */
struct tlsa_base {
    const char *name; /* the TLSA base domain, and so the SNI */
    struct dns_lookup lookup;
    struct tlsa_record *records; /* sorted by their numbers, then data; at most TLSA_RECORDS_MAX */
    size_t record_count;
    size_t records_left_out;     /* past that limit */
};

enum {
    TLSA_BASES_MAX = 2, /* the last name of an alias, then the name itself */
    TLSA_RECORDS_MAX = 32,
};

struct tlsa_facts {
    uint16_t port;
    struct tlsa_base bases[TLSA_BASES_MAX]; /* in the order of RFC 7672 2.2.2 */
    size_t base_count;
};

/* One record against one chain that was sent. */
enum tlsa_match {
    TLSA_NOT_COMPARED = 0, /* no chain, or a flaw */
    TLSA_MATCHES,          /* authenticates; of usages 0 and 1: the digest is right (PKIX is judged elsewhere) */
    TLSA_NO_DIGEST,        /* usages 1, 3: the leaf is another one */
    TLSA_TA_NOT_SENT,      /* usages 0, 2: no certificate of the chain is this one */
    TLSA_TA_SIGNATURE,     /* it was sent, but no good path leads from the leaf to it: signatures, constraints, purpose; the leaf itself is none */
    TLSA_TA_NAME,          /* the path is good, but the leaf does not name the server: RFC 7672 3.2.3 */
    TLSA_TA_DATES,         /* a certificate of the path is out of its dates */
};

#endif

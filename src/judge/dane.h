/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dane - what a sender that knows DANE must do with one host: the procedure of RFC 7672, step by step, from facts.
 *
 * dane_decide says whether DANE holds for a host and which records count; dane_prove then says whether the chain of
 * one connection satisfies them. A question that only our own side could not ask leaves the state not known; what
 * every sender would run into is a temporary failure.
 * Memory: values and pointers into the facts. Fails: never.
 * Spec: RFC 7672 2.1 (DNS answers), 2.2 (which records), 3.1 (usages), 3.2 (names); RFC 7671 9 (digest agility).
 */
#ifndef JUDGE_DANE_H
#define JUDGE_DANE_H

#include "facts/facts.h"

enum dane_state {
    DANE_NOT_KNOWN = 0, /* `failed` says what is missing; NULL: it was not asked */
    DANE_NONE,          /* the host has none: `none` says why; senders go on without */
    DANE_UNUSABLE,      /* secure records, none of them usable: TLS must be had, nobody is authenticated */
    DANE_USABLE,        /* TLS must be had, and a record must authenticate the server */
    DANE_TEMPFAIL,      /* the host cannot be used for now: `failed` */
};

enum dane_none {
    DANE_NULL_MX = 0,
    DANE_NO_ADDRESS,         /* nothing to connect to */
    DANE_ADDRESSES_INSECURE, /* no use to ask for TLSA */
    DANE_TLSA_DENIED,        /* there is no record, as far as secure or insecure denials tell */
    DANE_TLSA_INSECURE,      /* there are records, but not under DNSSEC */
};

/* Usages 0 and 1 are of no use to mail servers (RFC 7672 3.1.3); to submission they are (RFC 7673 4). */
enum dane_service { DANE_MX, DANE_SUBMISSION };

struct dane {
    enum dane_state state;
    enum dane_none none;
    enum dane_service service;
    bool mx_insecure;              /* the host is proven, the way to it is not: RFC 7672 2.2.1 */
    const struct tlsa_base *base;  /* whose records count, for USABLE and UNUSABLE; its name is the SNI; NULL: none */
    size_t base_index;             /* of it in the host's facts, and in tls_facts.tlsa */
    size_t usable_count;           /* of its records */
    const struct dns_lookup *failed;
    const char *failed_type;       /* "A", "AAAA", "CNAME", "TLSA", "MX" */
};

struct dane dane_decide(const struct facts *f, const struct host_facts *h, uint16_t port, enum dane_service service);

/* The TLSA facts of one port; NULL: not asked. */
const struct tlsa_facts *dane_tlsa_of(const struct host_facts *h, uint16_t port);
/* Some client could use the record, whatever it is compared with. */
bool dane_is_usable(const struct tlsa_record *r, enum dane_service service);
/* Usable, and no stronger digest of the same usage and selector stands beside it. */
bool dane_counts(const struct tlsa_base *base, size_t record, enum dane_service service);

struct dane_proof {
    enum tri authenticated;
    enum tlsa_match nearest; /* of the records that count: a match, else what came nearest to one */
    size_t record;           /* the record that says so */
};
/* Of a host in state USABLE and the chain of one finished handshake. */
struct dane_proof dane_prove(const struct dane *d, const struct tls_facts *tls);

#endif

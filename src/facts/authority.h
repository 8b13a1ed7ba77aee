/* SPDX-License-Identifier: Apache-2.0 */
/*
 * authority facts - the name servers of the domain's zone, each asked directly, and what each of them says.
 *
 * Spec: RFC 1034 4.2 (zones and their servers), RFC 2182, RFC 1912 2.8 (lame delegation).
 */
#ifndef FACTS_AUTHORITY_H
#define FACTS_AUTHORITY_H

#include "base/ip.h"
#include "facts/dns.h"

enum authority_status {
    AUTHORITY_NOT_ASKED = 0,
    AUTHORITY_ANSWERS,  /* with authority: records, or a denial */
    AUTHORITY_LAME,     /* an answer without authority, or a referral */
    AUTHORITY_REFUSES,  /* REFUSED, SERVFAIL, or another rcode that is no answer */
    AUTHORITY_SILENT,   /* no answer in all tries, over UDP and over TCP */
    AUTHORITY_UNREACHABLE, /* the network says that nobody is there */
    AUTHORITY_TROUBLE,  /* our own side */
};

struct authority_answer {
    enum authority_status status;
    enum dns_status found; /* ANSWERS: FOUND, NODATA or NXDOMAIN */
    int rcode;
    bool over_tcp;         /* UDP had no answer */
    struct str set;        /* ANSWERS: the records in one order and form, a line each; n 0: none */
};

enum authority_about { ABOUT_MX = 0, ABOUT_SERIAL, ABOUT_SPF, ABOUT_DMARC, ABOUT_MTA_STS, ABOUT_TLS_RPT, ABOUT_ADDRESS, ABOUT_TLSA };

struct authority_question {
    enum authority_about about;
    const char *name;
    unsigned type; /* of DNS */
};

struct authority_server {
    const char *name;
    struct ip ip;
    const char *special; /* not globally reachable, so not asked; NULL: asked */
    struct authority_answer *answers; /* in the order of the questions; NULL: not asked */
    struct authority_answer *again;   /* where servers differ, a second sample, later; NULL: not taken */
};

enum { AUTHORITY_NAMES_MAX = 13, AUTHORITY_SERVERS_MAX = 26, AUTHORITY_QUESTIONS_MAX = 24, AUTHORITY_HOSTS_MAX = 4 };

struct authority_name {
    const char *name;
    struct dns_lookup a, aaaa;
    size_t address_count;
};

struct authority_facts {
    bool wanted;
    const char *zone;       /* that holds the domain; NULL: not found */
    struct dns_lookup ns;   /* of the zone */
    bool by_referral;       /* nobody told them but the zone above, asked directly */
    struct authority_name *names;
    size_t name_count;
    struct authority_server *servers;
    size_t server_count;
    struct authority_question *questions;
    size_t question_count;  /* AUTHORITY_QUESTIONS_MAX at most */
};

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dnsbl facts - block lists: what kind each is, whether it answers as a list should, and what it says of an address
 * or a name.
 *
 * Spec: RFC 5782 2.1 (queries), 2.4 (IPv6), 3 (names), 5 (test entries); RFC 6471 3.3 (lists that end).
 */
#ifndef FACTS_DNSBL_H
#define FACTS_DNSBL_H

#include "facts/dns.h"

/* What an entry says; a set of bits. */
enum dnsbl_class {
    DNSBL_SPAM = 1 << 0,    /* it sends spam */
    DNSBL_EXPLOIT = 1 << 1, /* it is open to strangers, or taken over */
    DNSBL_POLICY = 1 << 2,  /* its range is not meant for mail servers */
    DNSBL_NAME = 1 << 3,    /* the name is listed */
};

struct dnsbl_code { /* 127.x.y.z from..to, as the number 0xXXYYZZ */
    uint32_t from, to;
    unsigned classes;
};

enum { DNSBL_CODES_MAX = 8, DNSBL_LISTS_MAX = 32 };

struct dnsbl_list {
    const char *zone;
    bool takes_v4, takes_v6, takes_names;
    bool takes_unknown; /* what it is, is not known: its test entries tell */
    bool is_default;
    bool one_refuses;   /* 127.0.0.1 (or bit 1 of a mask) refuses us */
    bool is_mask;       /* the last octet is a set of bits: any but bit 1 lists */
    const struct dnsbl_code *codes; /* end in a row of zeros; none: every code from 127.0.0.2 on is spam, or lists a name */
};

/* The kinds of question a list is asked. */
enum dnsbl_kind { DNSBL_V4 = 0, DNSBL_V6, DNSBL_NAMES, DNSBL_KINDS };

enum dnsbl_health {
    DNSBL_NOT_TESTED = 0,
    DNSBL_HEALTHY,
    DNSBL_REFUSED,   /* it says that it does not answer us */
    DNSBL_DEAD,      /* its test entry is not there */
    DNSBL_LISTS_ALL, /* what must not be listed is */
    DNSBL_REWRITTEN, /* answers outside 127.0.0.0/8: somebody on the way invents them */
    DNSBL_NO_SUCH_KIND, /* the list has nothing of this kind */
};

struct dnsbl_answer { /* to one question */
    const struct dnsbl_list *list;
    struct dns_lookup lookup;
    uint32_t codes[DNSBL_CODES_MAX]; /* whole addresses, host order */
    size_t code_count;
    bool refused;         /* one of them says so */
    bool rewritten;       /* one of them is outside 127.0.0.0/8 */
    unsigned classes;     /* enum dnsbl_class; 0: not listed */
    struct dns_lookup txt_lookup;
    struct str text;      /* why, by the list: untrusted; n 0: none */
};

struct dnsbl_list_facts {
    const struct dnsbl_list *list;
    struct dnsbl_answer on[DNSBL_KINDS], off[DNSBL_KINDS]; /* the test entries */
    enum dnsbl_health health[DNSBL_KINDS];
};

struct dnsbl_name_facts {
    const char *name;
    struct dnsbl_answer *answers;
    size_t answer_count;
};

struct dnsbl_facts {
    bool wanted;
    struct dnsbl_list_facts *lists;
    size_t list_count;
    struct dnsbl_name_facts *names; /* the domain, and mail hosts below its organisational domain */
    size_t name_count;
};

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dns facts - one question and how it was answered.
 *
 * Spec: RFC 1035 4.1.1 (rcode), RFC 2308 2 (no data), RFC 4035 4.3 (security states).
 */
#ifndef FACTS_DNS_H
#define FACTS_DNS_H

#include "base/str.h"

enum dns_status {
    DNS_NOT_ASKED = 0,
    DNS_FOUND,    /* records of the type asked for, possibly behind aliases */
    DNS_NODATA,   /* the name exists, the type does not */
    DNS_NXDOMAIN, /* the name does not exist */
    DNS_BOGUS,    /* validation failed; `reason` says why */
    DNS_FAILED,   /* SERVFAIL, REFUSED or another rcode that is no answer */
    DNS_TIMEOUT,  /* no answer within our limit */
    DNS_TROUBLE,  /* our own side could not ask; `reason` says why */
};

enum dnssec_state { DNSSEC_INDETERMINATE = 0, DNSSEC_SECURE, DNSSEC_INSECURE, DNSSEC_BOGUS };

struct dns_lookup {
    enum dns_status status : 8; /* many of them are kept while a job waits */
    enum dnssec_state dnssec : 8; /* of the answer or the denial, aliases included */
    int16_t rcode;                /* from the message header */
    uint32_t ttl_s;           /* lowest of the answer; 0 when there is none */
    uint32_t took_ms;
    const char *alias_of; /* last name of the CNAME chain, lower case, no final dot; NULL: no alias */
    const char *reason;   /* for BOGUS, FAILED, TROUBLE; else NULL */
};

/* Where mail to a domain that is not the target would go. */
struct mail_domain {
    struct dns_lookup mx, a, aaaa; /* addresses only where there is no MX record */
    bool null_mx;
};

#endif

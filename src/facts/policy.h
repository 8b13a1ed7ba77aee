/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy facts - what a domain publishes about its mail beside the MX: MTA-STS and TLS-RPT.
 *
 * Spec: RFC 8461 3 (MTA-STS), RFC 8460 3 (TLS-RPT).
 */
#ifndef FACTS_POLICY_H
#define FACTS_POLICY_H

#include "base/ip.h"
#include "facts/dns.h"
#include "facts/tls.h"

/* TXT records of one kind at one name. */
struct policy_record {
    struct dns_lookup txt;
    size_t count;     /* records of this kind (by their first words) among the TXT */
    struct str text;  /* the first of them; n 0: none */
    const char *flaw; /* of it, in our words; NULL: well formed */
};

enum fetch_result {
    FETCH_NOT_TRIED = 0,
    FETCH_DONE,        /* an HTTP answer was read to its end, whatever its status */
    FETCH_NO_ADDRESS,  /* see the lookups */
    FETCH_NOT_ALLOWED, /* no address of the host is globally reachable: `error` says which */
    FETCH_OPTED_OUT,   /* whose it is does not want to be tested from here */
    FETCH_REFUSED,
    FETCH_UNREACHABLE,
    FETCH_TIMEOUT,
    FETCH_TLS_FAILED, /* no TLS session: an alert, or no TLS at all */
    FETCH_TLS_OLD,    /* no TLS session: the host has no TLS 1.2 */
    FETCH_CERT_DATES, /* a TLS session, but its certificate must not be accepted */
    FETCH_CERT_NAME,
    FETCH_CERT_UNTRUSTED,
    FETCH_TOO_LARGE, /* more octets than such a file may have */
    FETCH_CLOSED,    /* the host hung up before its answer was whole */
    FETCH_BROKEN,    /* the answer is no HTTP */
    FETCH_TROUBLE,   /* our own side */
};

enum { MTA_STS_BODY_MAX = 65536, MTA_STS_MX_MAX = 100 };

struct fetch_facts { /* one HTTPS GET; redirects are not followed */
    enum fetch_result result;
    struct ip ip;             /* that answered, or was tried last; IP_NONE: none */
    bool connected;           /* it was open: TCP port 443 */
    int status;               /* 0: none */
    const char *content_type; /* as sent; NULL: none */
    const char *location;     /* of a redirect; NULL: none */
    const char *error;        /* the library's words; NULL: none */
    struct str body;          /* as many octets as such a file may have */
    uint32_t took_ms;
};

enum mta_sts_mode { MTA_STS_MODE_MISSING = 0, MTA_STS_MODE_NONE, MTA_STS_MODE_TESTING, MTA_STS_MODE_ENFORCE, MTA_STS_MODE_BAD };

struct mta_sts_pattern {
    struct str text; /* as written */
    bool too_wide;   /* a wildcard right under a public suffix: it names hosts of strangers */
    size_t hosts;    /* MX hosts it matches */
};

struct mta_sts_policy {
    bool version_good;
    enum mta_sts_mode mode;
    struct str mode_text;
    bool max_age_good;
    uint32_t max_age_s;
    struct mta_sts_pattern *mx; /* MTA_STS_MX_MAX at most */
    size_t mx_count, mx_left_out;
    const char *flaw;   /* the first that makes the policy invalid, in our words; NULL: valid */
    unsigned flaw_line; /* counted from 1; 0: of the whole file */
};

struct mta_sts_facts {
    bool wanted;                 /* false: not asked for */
    struct policy_record record; /* _mta-sts.<domain> */
    const char *id;              /* NULL: none, or not well formed */
    const char *host;            /* mta-sts.<domain> */
    struct dns_lookup a, aaaa;   /* of it */
    struct fetch_facts fetch;
    const char *assumed;           /* the caller's file from which the policy is (--assume-policy), instead of the host; NULL: none */
    struct mta_sts_policy *policy; /* NULL: none could be read */
    const char *cached_from;       /* the caller's file with the policy that senders may still keep (--cached-policy); NULL: none */
    const char *cached_id;         /* of the record that was published with it; NULL: not told */
    struct mta_sts_policy *cached; /* NULL: none */
};

struct tls_rpt_destination {
    struct str uri; /* as written */
    enum { TLS_RPT_OTHER = 0, TLS_RPT_MAILTO, TLS_RPT_HTTPS } kind;
    const char *host;        /* the mail domain, or the web host; NULL: none in the URI, or an address */
    struct mail_domain mail; /* of a web host only its addresses */
};

enum { TLS_RPT_DESTINATIONS_MAX = 16 };

struct tls_rpt_facts {
    bool wanted;
    struct policy_record record; /* _smtp._tls.<domain> */
    struct tls_rpt_destination *destinations;
    size_t destination_count;
};

#endif

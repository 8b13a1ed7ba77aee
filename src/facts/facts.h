/* SPDX-License-Identifier: Apache-2.0 */
/*
 * facts - everything observed about one target: a domain's mail path, or one server.
 *
 * The prober fills it, judge and report read it. It says what happened, never whether that is good.
 * Memory: all of it lives in one arena, owned by the job that filled it; pointers are valid until
 *   that arena is done. Host names are lower-case A-labels without the final dot; the root is ".".
 * Limits: see probe/limits.h; a limit that was hit is itself a fact.
 */
#ifndef FACTS_FACTS_H
#define FACTS_FACTS_H

#include "base/clock.h"
#include "base/ip.h"
#include "facts/authority.h"
#include "facts/bimi.h"
#include "facts/caa.h"
#include "facts/dane.h"
#include "facts/dkim.h"
#include "facts/dmarc.h"
#include "facts/dns.h"
#include "facts/dnsbl.h"
#include "facts/endpoint.h"
#include "facts/policy.h"
#include "facts/spf.h"
#include "facts/submission.h"

enum target_kind { TARGET_DOMAIN = 0, TARGET_SERVER };

struct target_facts {
    enum target_kind kind;
    const char *input;        /* as given */
    const char *name;         /* A-labels, lower case */
    const char *name_unicode; /* U-labels */
    uint16_t port;            /* TARGET_SERVER; 0 for a domain */
};

enum egress_state { EGRESS_UNTESTED = 0, EGRESS_OPEN, EGRESS_BLOCKED, EGRESS_UNKNOWN };

struct egress_facts {      /* outbound TCP to one port, 25 or 443, of one address family */
    bool needed;           /* a target has an address of this family on that port */
    enum egress_state state;
    size_t controls_set, controls_tried, controls_open;
};

struct vantage_facts {
    const char *ehlo;     /* the name we gave */
    const char *resolver; /* "recursive", "192.0.2.1@53, ..." */
    struct egress_facts egress_v4, egress_v6; /* port 25 */
    struct egress_facts https_v4, https_v6;   /* port 443; needed where no policy host answered there */
    struct dns_lookup root_lookup;   /* self-test: NS of the root, which must be secure */
    struct dns_lookup random_lookup; /* self-test: a random top-level name, which must not exist */
};

enum mx_status { MX_UNKNOWN = 0, MX_PRESENT, MX_IMPLICIT, MX_NULL, MX_NONE, MX_NXDOMAIN, MX_DNS_FAILURE };

struct mx_record {
    uint16_t preference;
    const char *host; /* "." is the root (RFC 7505) */
};

struct mx_facts {
    enum mx_status status;
    bool assumed; /* the records are the caller's (--assume), the look-up is that of the real ones */
    struct dns_lookup lookup;
    struct mx_record *records; /* as answered, sorted by preference, then name; duplicates kept */
    size_t record_count;
    struct dns_lookup a, aaaa; /* of the domain itself; asked when there is no MX record */
    struct dns_lookup txt;     /* TXT of the domain; asked when there is no MX record */
    bool spf_denies_all;       /* the domain's one SPF record is exactly `v=spf1 -all` */
};

enum host_name_kind { HOST_NAME_GOOD = 0, HOST_NAME_IP_LITERAL, HOST_NAME_SINGLE_LABEL, HOST_NAME_BAD_SYNTAX };

struct ptr_name {
    const char *name;          /* a host name, or NULL when the target is none */
    struct str raw;            /* as answered */
    struct dns_lookup forward; /* A or AAAA of it, after the family of the address */
    bool has_address;          /* the forward answer holds the address */
};

enum { PTR_NAMES_MAX = 10 };

struct address_facts {
    struct ip ip;
    const char *special;    /* why not globally reachable; NULL: it is, or is treated as public */
    bool treated_as_public; /* special, but --treat-as-public names it */
    struct dns_lookup ptr;
    struct ptr_name *ptr_names; /* the first PTR_NAMES_MAX */
    size_t ptr_name_count;
    struct dns_lookup greeting_name_lookup; /* forward look-up of the name in greeting or EHLO */
    bool greeting_name_has_address;
    struct dnsbl_answer *dnsbl; /* of each healthy list of its family */
    size_t dnsbl_count;
    struct endpoint_facts *endpoints; /* in the order of --ports */
    size_t endpoint_count;
};

struct host_facts {
    const char *name;
    uint16_t preference;      /* lowest of its records */
    enum host_name_kind name_kind;
    bool is_submission;       /* no mail host: only an SRV record names it */
    bool within_limit;        /* one of the --max-hosts that were probed */
    const char *organisational_domain; /* by the public suffix list; NULL: unknown */
    bool in_mta_sts_policy;   /* a pattern of the domain's policy matches the name */
    bool in_cached_policy;    /* one of the policy that senders may still keep does */
    struct dns_lookup a, aaaa;
    struct dns_lookup alias;       /* CNAME of the name itself; asked when it is an alias that leads to insecure addresses */
    struct tlsa_facts *tlsa;       /* one of each port of --ports, in that order; NULL: not asked */
    size_t tlsa_count;
    struct caa_facts *caa;         /* NULL: not asked */
    struct dns_lookup registrable; /* SOA of the organisational domain; asked when the host is NXDOMAIN */
    struct address_facts *addresses; /* IPv4 first, sorted */
    size_t address_count;
    size_t addresses_left_out; /* past the limit per family */
};

struct facts {
    struct target_facts target;
    struct wall checked_at;
    uint32_t duration_ms;
    size_t questions;         /* that the DNS was asked, each once */
    struct vantage_facts vantage;
    const char *organisational_domain; /* of the target; NULL: unknown */
    struct mx_facts mx;
    struct host_facts *hosts; /* preference, then name; for a server: the one host */
    size_t host_count;
    size_t submission_host_count; /* behind them in `hosts` */
    size_t hosts_left_out;    /* past --max-hosts */
    struct dns_lookup apex_txt; /* TXT of the domain itself: SPF, and what is misplaced there */
    struct mta_sts_facts mta_sts;
    struct tls_rpt_facts tls_rpt;
    struct submission_facts submission;
    struct spf_facts spf;
    struct dkim_facts dkim;
    struct dmarc_facts dmarc;
    struct bimi_facts bimi;
    struct dnsbl_facts dnsbl;
    struct authority_facts authorities;
    bool smtp_wanted;         /* false with --no-smtp */
    bool relay_wanted;        /* false with --no-relay */
    bool deep_wanted;         /* --deep */
    bool postmaster_wanted;   /* --postmaster */
    bool incomplete;          /* the whole run hit its time limit, or our memory */
    const char *incomplete_reason;
};

#endif

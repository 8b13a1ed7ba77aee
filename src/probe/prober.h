/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prober - what all jobs of a process share: the net, the options, and what we know of ourselves.
 *
 * Memory: the caller's; everything in it must outlive the jobs, and what the options point to the jobs that started with them.
 * Fails: never.
 */
#ifndef PROBE_PROBER_H
#define PROBE_PROBER_H

#include "facts/facts.h"
#include "net/authority.h"
#include "net/fetch.h"
#include "net/names.h"
#include "net/opt_out.h"
#include "net/resolver.h"
#include "probe/answers.h"
#include "probe/limits.h"
#include "probe/pace.h"
#include "probe/session.h"
#include "probe/sharing.h"

struct control_host {
    const char *name; /* a host name or an address */
    uint16_t port;
};

struct assumed_mx {
    uint16_t preference;
    const char *host; /* "." is the root */
};

enum probe_tls { PROBE_TLS_AUTO = 0, PROBE_TLS_STARTTLS, PROBE_TLS_IMPLICIT, PROBE_TLS_NONE };

struct probe_options {
    const uint16_t *ports; /* on every MX address */
    size_t port_count;
    bool use_v4, use_v6;
    bool smtp;  /* connect at all */
    bool relay; /* run the relay test */
    bool ptr;   /* ask for reverse names */
    bool caa;   /* ask which CAs may make certificates for mail hosts */
    bool spf, dkim, dmarc, bimi, authorities;
    const char *const *dkim_selectors;           /* ends in NULL; NULL: none named */
    const struct dnsbl_list *const *dnsbl_lists; /* that are asked */
    size_t dnsbl_list_count;
    bool tlsa;                          /* ask for the TLSA records of hosts */
    bool mta_sts, tls_rpt;              /* ask for these policies of a domain */
    const struct assumed_mx *assume_mx; /* instead of the MX records that a domain has */
    size_t assume_mx_count;
    const char *assume_policy_file; /* NULL: the policy is fetched */
    struct str assume_policy;       /* its text */
    const char *cached_policy_file; /* a policy that senders may still keep; NULL: none */
    struct str cached_policy;       /* its text */
    const char *cached_policy_id;   /* of the record it was published with; NULL: not told */
    bool observe;                   /* on port 25 of a domain's hosts: see what TLS shows in clear, finish a handshake only for proof */
    bool postmaster;                /* ask whether the postmaster of a domain is a recipient */
    bool deep;                      /* make the connections of --deep, too */
    bool deep_keys_only;            /* of these only those that ask for the other sort of key */
    int64_t deep_apart_ms;          /* between two of them to one address of a stranger */
    int64_t deep_window_ms;         /* at most LIMIT_DEEP_IN_WINDOW of them begin in this time */
    const char *ehlo;               /* NULL: the confirmed name of our own address, else its literal */
    const char *mail_from;
    const char *relay_to[2];
    size_t max_hosts;
    const struct ip_network *public_networks; /* judged and connected to as if they were global */
    size_t public_network_count;
    bool public_only;                    /* a server target too is connected to only at addresses that anybody could reach */
    const struct control_host *controls; /* for port 443 those of that port, for port 25 the others */
    size_t control_count;
    int64_t run_timeout_ms, connect_timeout_ms, greeting_timeout_ms;
    enum probe_tls tls;                    /* of a server target */
    const char *auth_user, *auth_password; /* of a server target; NULL: no AUTH */
    bool auth_in_clear;
};

void probe_options_init(struct probe_options *o); /* the defaults */

struct known_egress { /* of port 25 */
    struct mono at; /* 0: never tried */
    struct egress_facts facts;
};

/* Of the resolver, which passed it. */
struct known_self_test {
    struct mono at; /* 0: never passed */
    struct dns_lookup root, random;
};

struct prober {
    struct session_net net;
    struct resolver *resolver;
    struct authority_asker *authorities; /* NULL: name servers are not asked directly */
    struct fetcher *fetcher;             /* of policies */
    struct sharing *sharing;             /* NULL: each job connects for itself; not with options.deep */
    struct answers *answers;             /* NULL: the resolver's cache is enough */
    struct pace *pace;                   /* NULL: as soon as it can */
    struct probe_options options;        /* of the jobs that start from now on */
    bool options_vary;                   /* they change while jobs run: each has a copy */
    const struct opt_out *opt_out;       /* who is not connected to, from now on; NULL: nobody is left out */
    /* Learned once: */
    char own_name[256]; /* confirmed reverse name of our address; "" until known or without one */
    bool own_name_known;
    struct known_self_test self_test;
    struct known_egress smtp_egress[2];     /* IPv4, IPv6 */
    bool https_open[2];                          /* a connection to port 443 of anybody was open; IPv4, IPv6 */
    char own_literal_v4[80], own_literal_v6[80]; /* "[192.0.2.1]"; "" until known */
    char random_name[32];                        /* of the resolver's self-test */
};

#endif

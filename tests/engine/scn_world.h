/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scn_world - scenarios made concrete: every server with its addresses, every listener with all that
 * it does, every zone and record. Drivers serve what stands here.
 *
 * Order of calls: scn_world_init, scn_world_add for each scenario, then read; scn_world_done.
 * The lab itself is a scenario too (domain lab.test): the name servers, two control hosts that
 *   answer on port 25, and the client.
 * Memory: one arena; scenarios must outlive the world.
 * Limits: 229 scenarios with their servers in documentation addresses, some thousands beyond them.
 * Fails: -1 and "file:line: what" in `error`.
 */
#ifndef ENGINE_SCN_WORLD_H
#define ENGINE_SCN_WORLD_H

#include "scn_parse.h"

/* All addresses of a world are in here. */
#define SCN_NETWORKS "192.0.2.0/24,198.51.100.0/24,203.0.113.0/24,198.18.0.0/15,2001:db8::/32"
/* Who the CA of all worlds is, and how CAA records name it. */
#define SCN_CA_ORGANISATION "mxassay-lab"
#define SCN_CA_IDENTIFIER "ca.lab.test"
/* What a client must be told, beside how to resolve names and whom to trust: its environment. */
#define SCN_CLIENT_SETTINGS \
    "MXASSAY_EHLO=client.lab.test", "MXASSAY_CAA_ISSUER=" SCN_CA_ORGANISATION "=" SCN_CA_IDENTIFIER, "MXASSAY_TREAT_AS_PUBLIC=" SCN_NETWORKS, \
        "MXASSAY_DNSBL=bl.lab.test,dl.lab.test", "MXASSAY_CONTROL=control-a.lab.test,control-b.lab.test,control-a.lab.test:443,control-b.lab.test:443"
#define SCN_CLIENT_V4 "192.0.2.250"
#define SCN_CLIENT_V6 "2001:db8::250"
#define SCN_NS1_V4 "192.0.2.251"
#define SCN_NS1_V6 "2001:db8::53:1"
#define SCN_NS2_V4 "203.0.113.252"
#define SCN_NS2_V6 "2001:db8::53:2"
#define SCN_DEAD_NS_V4 "192.0.2.252"
/* In 192.0.2.0/24 servers of scenarios have .1 to .229, those that tests start themselves .230 to .239, the lab's own the rest. */
/* The resolvers that a client can be told to ask, and where the one that rewrites sends whom. */
#define SCN_FORWARDS_V4 "192.0.2.246"
#define SCN_STRIPS_V4 "192.0.2.247"
#define SCN_REWRITES_V4 "192.0.2.248"
#define SCN_SILENT_V4 "192.0.2.249"
#define SCN_REWRITTEN_V4 "198.51.100.99"

struct scn_host {
    struct scn_host *next;
    const struct scenario *scenario;
    const char *label; /* as written in the file */
    const char *name;  /* fully qualified, without the final dot */
    struct ip v4, v6;
    unsigned pool; /* of networks, that the addresses are from */
};

/* One address and port of a host, all blocks of the file applied. */
struct scn_service {
    struct scn_service *next;
    const struct scn_host *host;
    struct ip ip;
    unsigned port;
    enum scn_presence presence;
    const char *name;
    struct scn_tls tls;
    struct scn_cert certs[SCN_CERT_ROLES]; /* by role: has_cert */
    bool has_cert[SCN_CERT_ROLES];
    struct scn_page page;   /* of a web server: the policy file */
    struct scn_page *pages; /* others; the last of a path counts */
    struct scn_capability *capabilities; /* in the order of the reply, each for its side */
    struct scn_reaction *reactions;      /* later ones win */
};

struct scn_zone_data {
    struct scn_zone_data *next;
    const char *name; /* "good.test.", "." */
    enum scn_zone_state state;
};

struct scn_rr {
    struct scn_rr *next;
    const char *owner; /* absolute, with the final dot */
    const char *type;
    const char *data; /* of TLSA: what is in braces is for scn_pki_publish */
    const struct scenario *scenario;
    unsigned line;
};

/* Name servers fail at this name and type. */
struct scn_ns_difference { /* of one of the two name servers */
    struct scn_ns_difference *next;
    unsigned number;
    const char *zone;
    enum scn_ns_fault fault;
    const char *owner, *type, *data; /* without a fault; data NULL: nothing */
};

struct scn_fault_at {
    struct scn_fault_at *next;
    const char *owner, *type;
    enum scn_fault fault;
};

enum { SCN_POOLS = 100 };

struct scn_world {
    struct arena arena;
    struct scenario lab;
    struct scn_host *hosts;
    struct scn_service *services;
    struct scn_zone_data *zones;
    struct scn_rr *records;
    struct scn_fault_at *faults;
    struct scn_ns_difference *ns_differences;
    unsigned pool_used[SCN_POOLS];
    unsigned scenario_count;
    char *error;
};

int scn_world_init(struct scn_world *w, char error[static SCN_ERROR_BYTES]);
int scn_world_add(struct scn_world *w, const struct scenario *s);
void scn_world_done(struct scn_world *w);

/* Text with what stands in braces resolved; NULL with `error` set. */
const char *scn_world_expand(struct scn_world *w, const struct scenario *s, const char *text);
/* The name of a server, or of what no server of the scenario is called: fully qualified, without the final dot. */
const char *scn_world_name(struct scn_world *w, const struct scenario *s, const char *label);

const struct scn_host *scn_world_host(const struct scn_world *w, const struct scenario *s, const char *label);
/* The zone a name lies in: the longest one that encloses it. */
const struct scn_zone_data *scn_world_zone_of(const struct scn_world *w, const char *owner, bool above);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scn - what a scenario file says: one domain, how it differs from a healthy world, and what a check
 * of it must find. A driver (the lab, or one in memory) turns it into name servers and mail servers.
 *
 * Text is kept as written: names, addresses in braces ("{mx1.v4}") and relative names are resolved
 * by scn_world, as only a driver's world has addresses.
 * Memory: all of it lives in the arena given to scn_parse.
 */
#ifndef ENGINE_SCN_H
#define ENGINE_SCN_H

#include "base/arena.h"
#include "base/ip.h"

enum scn_base { SCN_FROM_NONE = 0, SCN_FROM_BASE, SCN_FROM_PLAIN };

enum scn_zone_state {
    SCN_ZONE_SIGNED,
    SCN_ZONE_INSECURE, /* delegated without DS */
    SCN_ZONE_EXPIRED,  /* signed, but the signatures are past their time: bogus */
    SCN_ZONE_DEAD,     /* delegated to a name server that does not answer */
    SCN_ZONE_ABSENT,   /* neither delegated nor served: NXDOMAIN */
};

struct scn_zone {
    struct scn_zone *next;
    const char *name; /* "@": the domain's own */
    enum scn_zone_state state;
    unsigned line;
};

/* How name servers fail at one name and type. */
enum scn_fault { SCN_FAULT_NONE = 0, SCN_FAULT_SERVFAIL, SCN_FAULT_SILENT, SCN_FAULT_BOGUS /* signatures that are wrong */ };

struct scn_record {
    struct scn_record *next;
    const char *name, *type; /* type NULL: every type of the name */
    const char *data;        /* NULL: there is none */
    enum scn_fault fault;    /* what is there stays, but cannot be had */
    unsigned line;
};

/* What one of the two name servers of the domain's zone does otherwise than the other. */
enum scn_ns_fault {
    SCN_NS_NONE = 0,
    SCN_NS_REFUSES,
    SCN_NS_SILENT,
    SCN_NS_LAME,   /* answers without authority */
    SCN_NS_TCP,    /* answers over TCP only */
    SCN_NS_ABSENT, /* no NS record names it */
};

struct scn_nameserver {
    struct scn_nameserver *next;
    unsigned number; /* 1 or 2 */
    enum scn_ns_fault fault;
    const char *name, *type, *data; /* without a fault: what stands there instead; data NULL: nothing */
    unsigned line;
};

/* A resolver that the client asks, instead of resolving by itself. None of them validates. */
enum scn_resolver {
    SCN_RESOLVER_NONE = 0,
    SCN_RESOLVER_FORWARDS, /* gives all that name servers say */
    SCN_RESOLVER_STRIPS,   /* gives no signatures */
    SCN_RESOLVER_REWRITES, /* knows an IPv4 address for every name that does not exist */
    SCN_RESOLVER_SILENT,
};

/* Which listeners a block is about. */
struct scn_where {
    const char *server;    /* as written; "*": all of the scenario */
    enum ip_family family; /* IP_NONE: both */
    unsigned port;
};

enum scn_key { SCN_KEY_DEFAULT = 0, SCN_KEY_P256, SCN_KEY_P384, SCN_KEY_ED25519, SCN_KEY_RSA };
enum scn_issuer {
    SCN_ISSUER_DEFAULT = 0,
    SCN_ISSUER_INTERMEDIATE, /* of the lab's CA; in the trust store, so that it is known even when not sent */
    SCN_ISSUER_ROOT,         /* the lab's CA itself */
    SCN_ISSUER_HIDDEN,       /* an intermediate of the lab's CA that only its users know */
    SCN_ISSUER_STRANGER,     /* a CA that nobody trusts */
    SCN_ISSUER_SELF,
};
enum scn_sent { SCN_SENT_NONE = 0, SCN_SENT_LEAF, SCN_SENT_ISSUER, SCN_SENT_ROOT, SCN_SENT_UNRELATED };
enum { SCN_CERT_NAMES_MAX = 8, SCN_CERT_SENT_MAX = 32 };

/* A server can have several certificates. */
enum scn_cert_role {
    SCN_CERT_MAIN,
    SCN_CERT_ALSO,   /* of another kind of key, for clients that want that one */
    SCN_CERT_NO_SNI, /* for clients that name no server */
    SCN_CERT_ROLES,
};

/* One `cert` line: what it does not say stays as it was. */
struct scn_cert {
    struct scn_cert *next;
    struct scn_where where;
    enum scn_cert_role role;
    unsigned line;
    bool has_dates, has_names;
    int64_t not_before_days, not_after_days; /* from now */
    struct str names[SCN_CERT_NAMES_MAX];    /* SAN; any octets */
    size_t name_count;
    unsigned more_names; /* made up, behind the others */
    const char *common_name; /* empty: the subject is empty */
    enum scn_key key;
    unsigned key_bits; /* RSA */
    const char *hash;  /* "SHA1"; NULL: SHA-256, or the key's own */
    enum scn_issuer issuer;
    enum scn_sent sent[SCN_CERT_SENT_MAX];
};

enum scn_side { SCN_SIDE_ANY = 0, SCN_SIDE_CLEAR, SCN_SIDE_TLS };

enum scn_action_kind {
    SCN_SAY,     /* text and CRLF */
    SCN_SEND,    /* octets as they are */
    SCN_SEND_RAW, /* and outside TLS, when it has begun */
    SCN_DRIP,    /* text and CRLF, one octet every ms */
    SCN_DRIP_ON, /* from now on all that is said */
    SCN_ENDLESS, /* the line again and again */
    SCN_WAIT,
    SCN_TLS,       /* the server's side of a handshake */
    SCN_TLS_ALERT, /* a fatal alert in answer to the ClientHello */
    SCN_SILENT,    /* hears and says nothing more */
    SCN_CLOSE,
    SCN_RESET,
    SCN_USUAL, /* what the healthy server does here */
};

struct scn_action {
    struct scn_action *next;
    enum scn_action_kind kind;
    struct str text;
    int64_t ms;
    uint64_t times; /* octets to send are said so often */
    unsigned alert;
    unsigned line;
};

/* Which of the connections to a listener, counted from 1. */
struct scn_connections {
    unsigned first, last; /* last 0: and all later ones */
    unsigned step;        /* 2: every second one */
};

/* What the server does when it hears `word`. */
struct scn_reaction {
    struct scn_reaction *next;
    const char *word; /* upper case; "*": any that has no reaction of its own; NULL: the connection itself */
    const char *sender;    /* of the last MAIL, with brackets; NULL: any */
    const char *recipient; /* of this RCPT, with brackets; NULL: any */
    enum scn_side side;
    struct scn_connections connections;
    struct scn_action *actions; /* NULL: as usual */
    unsigned line;
    bool happened; /* set by scn_play */
};

struct scn_capability {
    struct scn_capability *next;
    const char *keyword, *parameters; /* parameters NULL: none */
    bool lacking;
    enum scn_side side;
};

enum scn_presence { SCN_PRESENCE_DEFAULT = 0, SCN_LISTENS, SCN_REFUSES, SCN_DROPS };

struct scn_tls {
    const char *from, *only; /* "1.2"; NULL: 1.2 and 1.3 */
    const char *ciphers; /* OpenSSL's list, TLS 1.2 and below */
    const char *groups;
    unsigned dh_bits; /* of DHE suites; 0: none of our own */
    bool no_extended_master_secret;
    bool keeps_clear; /* what came in clear behind STARTTLS is heard inside TLS */
    bool museum;      /* SSLv3 and RC4, too */
    bool hybrid;      /* a hybrid group, too, where the library has none */
    bool small_hellos; /* a ClientHello of over 1.6 kB cannot get through */
};

struct scn_line {
    struct scn_line *next;
    struct str text;
};

/* The certificate that says whose a logo is, as the text of a page. */
struct scn_evidence {
    int64_t not_before_days, not_after_days; /* from now */
    struct str names[SCN_CERT_NAMES_MAX];
    size_t name_count;
    bool for_servers; /* and not for BIMI */
};

/* The answer of a web server to who asks for the policy file, or another; what a block does not say of the policy file
 * stays as it was. */
struct scn_page {
    struct scn_page *next;
    const char *path;         /* NULL: the policy file */
    struct scn_evidence *evidence; /* NULL: the lines are the text */
    int status;               /* 0: 200 */
    const char *content_type; /* empty: none; NULL: text/plain */
    const char *location;     /* NULL: none */
    struct scn_line *lines;   /* NULL: the healthy policy */
    bool bare_lf;             /* at the ends of lines */
    unsigned padding;         /* octets behind the lines */
    struct str body;          /* of a world: the whole text; p NULL: there is no such page */
};

struct scn_block {
    struct scn_block *next;
    struct scn_where where;
    unsigned line;
    enum scn_presence presence;
    const char *near_server; /* its addresses are in the networks of that one */
    const char *name;        /* what the server calls itself */
    struct scn_tls tls;
    struct scn_page page;   /* the policy file */
    struct scn_page *pages; /* others */
    struct scn_capability *capabilities;
    struct scn_reaction *reactions;
};

/* The server of a domain's policy; ports of web servers. */
#define SCN_POLICY_SERVER "mta-sts"
enum { SCN_HTTPS_PORT = 443, SCN_PADDING_MAX = 1024 * 1024 };

enum { SCN_OBJECTS_MAX = 16 };

struct scn_object {
    const char *server;    /* as written */
    enum ip_family family; /* IP_NONE: any address */
};

struct scn_expectation {
    struct scn_expectation *next;
    const char *id;     /* of a check, or of a sort of sender */
    const char *reason; /* of an unknown; what becomes of a sender's mail; NULL for a fail */
    struct scn_object objects[SCN_OBJECTS_MAX];
    size_t object_count; /* 0: every object of the check's scope */
    unsigned line;
};

/* What another report of the domain saw of a server. */
struct scn_sighting {
    struct scn_sighting *next;
    bool elsewhere; /* and connected there; otherwise from here, an hour ago, and STARTTLS was offered */
    struct scn_where where;
    unsigned line;
};

struct scn_expect {
    bool stated;
    bool with_base; /* "+P": and what the world it starts from fails */
    struct scn_expectation *list;
};

enum { SCN_OPTIONS_MAX = 16 };

struct scenario {
    const char *file;
    const char *about; /* first comment line */
    struct str text;   /* the whole file */
    const char *domain;
    enum scn_base from;
    struct scn_zone *zones;
    struct scn_record *records;
    struct scn_nameserver *nameservers;
    enum scn_resolver resolver;
    struct scn_cert *certs;
    struct scn_block *blocks;
    struct scn_sighting *sightings;
    struct scn_expect fail, unknown, senders;
    int exit_status; /* -1: not stated */
    const char *options[SCN_OPTIONS_MAX];
    size_t option_count;
};

#endif

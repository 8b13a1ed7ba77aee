/* SPDX-License-Identifier: Apache-2.0 */
/*
 * endpoint facts - one port of one address of one host, and every connection made to it.
 *
 * The first session is the base connection; further ones exist only where connections.def says
 * why. `shown` is the one that got furthest: reports show it, rules start from it.
 */
#ifndef FACTS_ENDPOINT_H
#define FACTS_ENDPOINT_H

#include "base/ip.h"
#include "facts/deep.h"
#include "facts/smtp.h"
#include "facts/tls.h"

/* Registered at IANA; RFC 6409 3.1, RFC 8314 7.3. */
enum { SMTP_PORT = 25, SUBMISSION_PORT = 587, SUBMISSIONS_PORT = 465 };

enum tls_mode { TLS_MODE_NONE = 0, TLS_MODE_STARTTLS, TLS_MODE_IMPLICIT };

enum connect_result {
    CONNECT_NOT_TRIED = 0,
    CONNECT_OPEN,
    CONNECT_REFUSED, /* RST */
    CONNECT_TIMEOUT,
    CONNECT_UNREACHABLE, /* ICMP, or no route behind the first hop */
    CONNECT_TROUBLE,     /* our own side: descriptors, no route of ours */
};

/* Why this connection was made: a row of probe/connections.def. Of a deep one its place in deep_facts says the rest. */
enum connection_purpose { CONNECTION_BASE = 0, CONNECTION_PROOF, CONNECTION_RETRY, CONNECTION_LEGACY_TLS, CONNECTION_DEEP };

struct session_facts {
    enum connection_purpose purpose;
    enum connect_result connect;
    uint32_t connect_ms;
    const char *connect_error; /* the kernel's words; NULL: none */
    bool observes;             /* the ClientHello was one made by hand: no answer to it is an answer to senders */

    struct smtp_reply greeting;
    struct smtp_ehlo ehlo;     /* in clear, or the first one inside implicit TLS */
    struct smtp_ehlo ehlo_tls; /* after STARTTLS */
    struct smtp_reply starttls;
    struct tls_facts tls;
    struct smtp_relay relay;
    struct smtp_auth auth;
    struct smtp_deep deep; /* asked on deep connections only, but for the postmaster among the tries */

    bool octets_after_starttls_reply; /* clear text came in the same read as the 220 to STARTTLS */
    struct str octets_after;          /* the first of it, 64 octets at most */

    enum session_end end;
    enum smtp_step end_step; /* the step that was under way */
    const char *end_reason;  /* for LIMIT and TROUBLE: which; else NULL */
    uint32_t duration_ms;
    struct transcript_line *transcript;
};

enum not_probed {
    PROBED = 0,
    NOT_PROBED_LIMIT,           /* budget of hosts, addresses or time */
    NOT_PROBED_PRIVATE_ADDRESS, /* not globally reachable, and not treated as public */
    NOT_PROBED_OPTION,          /* the caller left it out */
    NOT_PROBED_OPT_OUT,         /* whose it is does not want to be tested from here */
    NOT_PROBED_TROUBLE,         /* our own side */
};

enum { ENDPOINT_SESSIONS_MAX = CONNECTION_DEEP }; /* one of each purpose */

struct endpoint_facts {
    uint16_t port;
    enum tls_mode tls_mode;
    bool is_submission; /* an SRV record names it as such, whatever its port */
    enum not_probed not_probed;
    struct session_facts *sessions;
    size_t session_count;
    const struct session_facts *shown; /* NULL until one was begun */
    struct deep_facts *deep;           /* NULL: no --deep, or the endpoint showed nothing to go on with */
};

#endif

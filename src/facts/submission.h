/* SPDX-License-Identifier: Apache-2.0 */
/*
 * submission facts - where the domain's own users hand in mail, as its SRV records say. Its hosts stand behind the mail
 * hosts in struct facts; one that is a mail host too, on a port of --ports, stands there only.
 *
 * Spec: RFC 6186 3.1, RFC 8314 5.1, RFC 2782.
 */
#ifndef FACTS_SUBMISSION_H
#define FACTS_SUBMISSION_H

#include "facts/dns.h"

enum { SUBMISSION_HOSTS_MAX = 4, SUBMISSION_PORTS_MAX = 4 };

struct submission_target {
    uint16_t priority, port;
    const char *host; /* "." says that there is no such service */
};

struct submission_service {
    bool wanted;
    struct dns_lookup lookup;
    struct submission_target *targets; /* by priority, then name */
    size_t target_count;
};

struct submission_facts {
    struct submission_service submissions; /* _submissions._tcp: TLS from the first octet; asked with port 465 */
    struct submission_service submission;  /* _submission._tcp: STARTTLS; asked with port 587 */
    size_t targets_left_out;               /* past our limits of hosts and ports */
};

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * names - what people type as a domain, and where a domain ends: IDNA2008 and the public suffix
 * list, by the libraries that know them (libidn2, libpsl).
 *
 * A mail domain has letters, digits and hyphens (RFC 5321 4.1.2); the host name of a server may hold
 * underscores too, as such hosts exist and can be looked up. A-labels are taken as they are, even when
 * IDNA2008 would not make them: names that exist can be tested.
 * Memory: results and *problem live in the arena. Fails: -1, and *problem says in words what is wrong
 *   with the input ("label 2 is empty"), without repeating text of it.
 * Spec: RFC 5891, RFC 5892, RFC 1035 2.3.4, RFC 5321 4.1.2.
 */
#ifndef NET_NAMES_H
#define NET_NAMES_H

#include "base/arena.h"
#include "base/ip.h"

struct domain_name {
    const char *ascii;   /* A-labels, lower case, no final dot */
    const char *unicode; /* U-labels, NFC */
};

/* A domain, an e-mail address, a URL; upper case, a final dot and blanks around are accepted. */
int name_parse_domain(struct str input, struct arena *arena, struct domain_name *out, const char **problem);

/* HOST[:PORT] with a name, an IPv4 address or a bracketed IPv6 address. port 0 when none is given. */
struct server_name {
    struct domain_name name; /* for an address: its text */
    struct ip ip;            /* family IP_NONE for a name */
    uint16_t port;
};
int name_parse_server(struct str input, struct arena *arena, struct server_name *out, const char **problem);

/* U-labels of an A-label name, or the name itself when it has none that decode. */
const char *name_to_unicode(const char *ascii, struct arena *arena);
/* One label below the public suffix; NULL when the name is itself a suffix. A name under an unlisted top-level
 * name counts by the list's default rule. */
const char *name_organisational_domain(const char *ascii, struct arena *arena);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ip - addresses of both families, networks, and which of them the Internet can route to.
 *
 * Memory: values, no allocation. Fails: the parsers, false; nothing else can.
 * Spec: RFC 5952 (written form), RFC 6890 and the IANA special-purpose registries, RFC 4291 2.5.5,
 *   RFC 1035 3.5, RFC 3596 2.5 (reverse names), RFC 3056, RFC 4380, RFC 6052 (transition forms, judged by the IPv4 address inside).
 */
#ifndef BASE_IP_H
#define BASE_IP_H

#include "base/str.h"

enum ip_family { IP_NONE = 0, IP_V4 = 4, IP_V6 = 6 };

struct ip {
    enum ip_family family;
    uint8_t bytes[16]; /* network order; 4 or 16 of them count */
};
struct ip_network {
    struct ip base;
    unsigned prefix_bits;
};

enum { IP_TEXT_BYTES = 64 };

bool ip_parse(struct str s, struct ip *ip); /* dotted quad or RFC 4291 2.2, no brackets, no zone */
void ip_write(struct ip ip, char text[static IP_TEXT_BYTES]);
/* The name that an address has in the DNS: "1.2.0.192.in-addr.arpa". */
enum { REVERSE_NAME_BYTES = 80 };
void ip_write_reverse_name(struct ip ip, char text[static REVERSE_NAME_BYTES]);
bool ip_eq(struct ip a, struct ip b);
int ip_compare(struct ip a, struct ip b); /* IPv4 before IPv6, then by octets */

bool ip_network_parse(struct str s, struct ip_network *net); /* "ADDRESS/BITS" or "ADDRESS" */
bool ip_network_has(struct ip_network net, struct ip ip);

/* The IPv4 address inside one that leads there: NAT64, 6to4, Teredo. */
bool ip_unwrap(struct ip ip, struct ip *inner);

/* Why the Internet cannot route to this address ("private, RFC 1918"), or NULL when it can. */
const char *ip_special_purpose(struct ip ip);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* ip - see ip.h. The table of special blocks stands first. */
#include "base/ip.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/panic.h"

/* The first row that holds the address decides; a row without a reason is an exception that is
 * globally reachable inside a larger block that is not. */
static const struct {
    const char *network, *reason;
} special_blocks[] = {
    {"0.0.0.0/8", "this network, RFC 791"},
    {"10.0.0.0/8", "private use, RFC 1918"},
    {"100.64.0.0/10", "shared address space, RFC 6598"},
    {"127.0.0.0/8", "loopback, RFC 1122"},
    {"169.254.0.0/16", "link local, RFC 3927"},
    {"172.16.0.0/12", "private use, RFC 1918"},
    {"192.0.0.9/32", NULL},
    {"192.0.0.10/32", NULL},
    {"192.0.0.0/24", "IETF protocol assignments, RFC 6890"},
    {"192.0.2.0/24", "documentation, RFC 5737"},
    {"192.88.99.0/24", "deprecated 6to4 relay anycast, RFC 7526"},
    {"192.168.0.0/16", "private use, RFC 1918"},
    {"198.18.0.0/15", "benchmarking, RFC 2544"},
    {"198.51.100.0/24", "documentation, RFC 5737"},
    {"203.0.113.0/24", "documentation, RFC 5737"},
    {"224.0.0.0/4", "multicast, RFC 5771"},
    {"240.0.0.0/4", "reserved, RFC 1112"},
    {"::/128", "unspecified, RFC 4291"},
    {"::1/128", "loopback, RFC 4291"},
    {"::/96", "IPv4-compatible, RFC 4291"},
    {"64:ff9b:1::/48", "local-use IPv4/IPv6 translation, RFC 8215"},
    {"100::/64", "discard only, RFC 6666"},
    {"2001:1::1/128", NULL},
    {"2001:1::2/128", NULL},
    {"2001:1::3/128", NULL},
    {"2001:3::/32", NULL},
    {"2001:4:112::/48", NULL},
    {"2001:20::/28", NULL},
    {"2001:30::/28", NULL},
    {"2001::/23", "IETF protocol assignments, RFC 2928"},
    {"2001:db8::/32", "documentation, RFC 3849"},
    {"3fff::/20", "documentation, RFC 9637"},
    {"5f00::/16", "segment routing, RFC 9602"},
    {"fc00::/7", "unique local, RFC 4193"},
    {"fe80::/10", "link local, RFC 4291"},
    {"fec0::/10", "deprecated site local, RFC 3879"},
    {"ff00::/8", "multicast, RFC 4291"},
};

static size_t ip_octets(struct ip ip)
{
    return ip.family == IP_V4 ? 4 : ip.family == IP_V6 ? 16 : 0;
}

bool ip_parse(struct str s, struct ip *ip)
{
    char text[IP_TEXT_BYTES];
    if (s.n == 0 || s.n >= sizeof text || memchr(s.p, '\0', s.n))
        return false;
    memcpy(text, s.p, s.n);
    text[s.n] = '\0';
    *ip = (struct ip){0};
    ip->family = memchr(s.p, ':', s.n) ? IP_V6 : IP_V4;
    return inet_pton(ip->family == IP_V6 ? AF_INET6 : AF_INET, text, ip->bytes) == 1;
}

static const char digits[] = "0123456789abcdef";

static char *write_quad(char *at, const uint8_t octets[static 4])
{
    for (size_t i = 0; i < 4; i++) {
        unsigned n = octets[i];
        if (n >= 100)
            *at++ = digits[n / 100];
        if (n >= 10)
            *at++ = digits[n / 10 % 10];
        *at++ = digits[n % 10];
        *at++ = '.';
    }
    return at - 1;
}

static char *write_group(char *at, unsigned n)
{
    for (unsigned shift = 12; shift; shift -= 4)
        if (n >> shift)
            *at++ = digits[n >> shift & 0xf];
    *at++ = digits[n & 0xf];
    return at;
}

enum { GROUPS = 8 };

/* The longest run of at least two groups of zeros, the first of equals (RFC 5952 4.2). */
static size_t zeros_to_shorten(const unsigned groups[static GROUPS], size_t *count)
{
    size_t longest = 0;
    *count = 0;
    for (size_t from = 0, to; from < GROUPS; from = to + 1) {
        for (to = from; to < GROUPS && groups[to] == 0; to++)
            continue;
        if (to - from >= 2 && to - from > *count) {
            longest = from;
            *count = to - from;
        }
    }
    return longest;
}

/* "::ffff:192.0.2.1", "::192.0.2.1": the first 96 bits say that an IPv4 address follows (RFC 5952 5). */
static const char *before_v4(const unsigned groups[static GROUPS])
{
    for (size_t i = 0; i < 5; i++)
        if (groups[i])
            return NULL;
    return groups[5] == 0xffff ? "::ffff:" : groups[5] == 0 && groups[6] ? "::" : NULL;
}

static char *write_groups(char *at, const uint8_t octets[static 16])
{
    unsigned groups[GROUPS];
    size_t count;
    for (size_t i = 0; i < GROUPS; i++)
        groups[i] = (unsigned)octets[2 * i] << 8 | octets[2 * i + 1];
    const char *prefix = before_v4(groups);
    if (prefix)
        return write_quad(stpcpy(at, prefix), octets + 12);
    size_t zeros = zeros_to_shorten(groups, &count);
    for (size_t i = 0; i < GROUPS;) {
        if (count && i == zeros) {
            at = stpcpy(at, "::");
            i += count;
            continue;
        }
        if (i > 0 && i != zeros + count)
            *at++ = ':';
        at = write_group(at, groups[i++]);
    }
    return at;
}

/* A report holds hundreds: inet_ntop prints each of their numbers with sprintf. */
void ip_write(struct ip ip, char text[static IP_TEXT_BYTES])
{
    char *end = ip.family == IP_V4 ? write_quad(text, ip.bytes) : ip.family == IP_V6 ? write_groups(text, ip.bytes) : text;
    *end = '\0';
}

int ip_compare(struct ip a, struct ip b)
{
    if (a.family != b.family)
        return a.family < b.family ? -1 : 1;
    return memcmp(a.bytes, b.bytes, ip_octets(a));
}

void ip_write_reverse_name(struct ip ip, char text[static REVERSE_NAME_BYTES])
{
    if (ip.family == IP_V4) {
        snprintf(text, REVERSE_NAME_BYTES, "%u.%u.%u.%u.in-addr.arpa", ip.bytes[3], ip.bytes[2], ip.bytes[1], ip.bytes[0]);
        return;
    }
    must(ip.family == IP_V6);
    char *p = text;
    for (int i = 15; i >= 0; i--)
        p += snprintf(p, 5, "%x.%x.", ip.bytes[i] & 0xfu, ip.bytes[i] >> 4u);
    snprintf(p, sizeof "ip6.arpa", "ip6.arpa");
}

bool ip_eq(struct ip a, struct ip b)
{
    return ip_compare(a, b) == 0;
}

bool ip_network_parse(struct str s, struct ip_network *net)
{
    struct str rest = s, address = str_cut(&rest, '/');
    uint64_t bits;
    if (!ip_parse(address, &net->base))
        return false;
    net->prefix_bits = (unsigned)ip_octets(net->base) * 8;
    if (address.n == s.n)
        return true;
    if (!str_number(rest, net->prefix_bits, &bits))
        return false;
    net->prefix_bits = (unsigned)bits;
    return true;
}

bool ip_network_has(struct ip_network net, struct ip ip)
{
    if (net.base.family != ip.family)
        return false;
    for (unsigned bit = 0; bit < net.prefix_bits; bit++) {
        unsigned mask = 0x80u >> (bit % 8);
        if ((net.base.bytes[bit / 8] ^ ip.bytes[bit / 8]) & mask)
            return false;
    }
    return true;
}

static bool in_network(struct ip ip, const char *network)
{
    struct ip_network net;
    return ip_network_parse(str_of(network), &net) && ip_network_has(net, ip);
}

static struct ip inner_v4(struct ip ip, size_t at, uint8_t flip)
{
    struct ip inner = {.family = IP_V4};
    for (size_t i = 0; i < 4; i++)
        inner.bytes[i] = ip.bytes[at + i] ^ flip;
    return inner;
}

bool ip_unwrap(struct ip ip, struct ip *inner)
{
    if (in_network(ip, "64:ff9b::/96"))
        *inner = inner_v4(ip, 12, 0);
    else if (in_network(ip, "2002::/16"))
        *inner = inner_v4(ip, 2, 0);
    else if (in_network(ip, "2001::/32"))
        *inner = inner_v4(ip, 12, 0xff);
    else
        return false;
    return true;
}

const char *ip_special_purpose(struct ip ip)
{
    struct ip inner;
    if (ip.family == IP_NONE)
        return "no address";
    if (in_network(ip, "::ffff:0:0/96"))
        return "IPv4-mapped, RFC 4291";
    if (ip_unwrap(ip, &inner))
        return ip_special_purpose(inner);
    for (size_t i = 0; i < sizeof special_blocks / sizeof *special_blocks; i++)
        if (in_network(ip, special_blocks[i].network))
            return special_blocks[i].reason;
    return NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* dnsbl - see dnsbl.h. */
#include "wire/dnsbl.h"

#include <stdio.h>
#include <string.h>

enum { V4 = 1 << 0, V6 = 1 << 1, NAMES = 1 << 2 };
enum { NOTHING = 0, ONE_REFUSES = 1 << 0, MASK = 1 << 1 };
#define C(a, b, c, classes) {(a) << 16 | (b) << 8 | (c), (a) << 16 | (b) << 8 | (c), classes}
#define R(from, to, classes) {from, to, classes}

static const struct dnsbl_list lists[] = {
#define LIST(zone, kinds, by_default, special, ...) \
    {zone, ((kinds)&V4) != 0, ((kinds)&V6) != 0, ((kinds)&NAMES) != 0, false, by_default, ((special)&ONE_REFUSES) != 0, ((special)&MASK) != 0, \
     (const struct dnsbl_code[]){__VA_ARGS__, {0}}},
#include "wire/dnsbl_lists.def"
#undef LIST
};

size_t dnsbl_known_count(void)
{
    return sizeof lists / sizeof *lists;
}

const struct dnsbl_list *dnsbl_known_at(size_t index)
{
    return &lists[index];
}

const struct dnsbl_list *dnsbl_known(const char *zone)
{
    for (size_t i = 0; i < dnsbl_known_count(); i++)
        if (strcmp(lists[i].zone, zone) == 0)
            return &lists[i];
    return NULL;
}

bool dnsbl_has_ended(const char *zone)
{
    static const char *const ended[] = {
        "dnsbl.sorbs.net", "ix.dnsbl.manitu.net",  "cbl.abuseat.org",      "dnsbl.njabl.org", "dnsbl.ahbl.org",      "relays.ordb.org",
        "list.dsbl.org",   "bl.spamcannibal.org", "ubl.unsubscore.com", "dnsbl.inps.de",   "all.rbl.webiron.net", "bsb.spamlookup.net",
    };
    struct str name = str_of(zone);
    for (size_t i = 0; i < sizeof ended / sizeof *ended; i++) {
        struct str end = str_of(ended[i]);
        bool below = name.n > end.n && name.p[name.n - end.n - 1] == '.';
        if ((name.n == end.n || below) && str_eq_nocase((struct str){name.p + name.n - end.n, end.n}, end))
            return true;
    }
    return false;
}

bool dnsbl_name_query(const char *name, const char *zone, char query[static DNSBL_QUERY_BYTES])
{
    int n = snprintf(query, DNSBL_QUERY_BYTES, "%s.%s", name, zone);
    return n > 0 && n < DNSBL_QUERY_BYTES - 2;
}

bool dnsbl_address_query(struct ip ip, const char *zone, char query[static DNSBL_QUERY_BYTES])
{
    static const char hex[] = "0123456789abcdef";
    char reversed[72];
    size_t n = 0;
    if (ip.family == IP_V4) {
        snprintf(reversed, sizeof reversed, "%u.%u.%u.%u", ip.bytes[3], ip.bytes[2], ip.bytes[1], ip.bytes[0]);
        return dnsbl_name_query(reversed, zone, query);
    }
    for (size_t i = 16; i-- > 0;) {
        reversed[n++] = hex[ip.bytes[i] & 15];
        reversed[n++] = '.';
        reversed[n++] = hex[ip.bytes[i] >> 4];
        reversed[n++] = i ? '.' : '\0';
    }
    return dnsbl_name_query(reversed, zone, query);
}

/* RFC 5782 5: 127.0.0.2 and ::FFFF:7F00:2 are listed, 127.0.0.1 and ::FFFF:7F00:1 are not; TEST and INVALID likewise. */
bool dnsbl_test_query(enum dnsbl_kind kind, bool listed, const char *zone, char query[static DNSBL_QUERY_BYTES])
{
    struct ip v4 = {.family = IP_V4, .bytes = {127, 0, 0, listed ? 2 : 1}};
    struct ip v6 = {.family = IP_V6, .bytes = {[10] = 0xff, [11] = 0xff, [12] = 0x7f, [15] = listed ? 2 : 1}};
    if (kind == DNSBL_NAMES)
        return dnsbl_name_query(listed ? "test" : "invalid", zone, query);
    return dnsbl_address_query(kind == DNSBL_V6 ? v6 : v4, zone, query);
}

static uint32_t number_of(struct ip ip)
{
    return (uint32_t)ip.bytes[0] << 24 | (uint32_t)ip.bytes[1] << 16 | (uint32_t)ip.bytes[2] << 8 | ip.bytes[3];
}

static bool is_refusal(const struct dnsbl_list *l, uint32_t code)
{
    if (code == 0x7ffffffc || code == 0x7ffffffe || code == 0x7fffffff)
        return true;
    /* The name list of Spamhaus says so to whoever asks for an address. */
    return (l->one_refuses && code == 0x7f000001) || (l->takes_names && code == 0x7f0001ff);
}

static unsigned classes_of(const struct dnsbl_list *l, enum dnsbl_kind kind, uint32_t code)
{
    uint32_t low = code & 0xffffff;
    if (low < 2)
        return 0;
    if (l->is_mask)
        return (low & 0xfe) ? DNSBL_NAME : 0;
    if (!l->codes || l->codes[0].to == 0)
        return kind == DNSBL_NAMES ? DNSBL_NAME : DNSBL_SPAM;
    for (const struct dnsbl_code *c = l->codes; c->to; c++)
        if (low >= c->from && low <= c->to)
            return c->classes;
    return 0;
}

void dnsbl_read_answer(struct dnsbl_answer *a, enum dnsbl_kind kind, const struct ip *addresses, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t code = number_of(addresses[i]);
        if (addresses[i].family != IP_V4)
            continue;
        if (a->code_count < DNSBL_CODES_MAX)
            a->codes[a->code_count++] = code;
        if (code >> 24 != 127)
            a->rewritten = true;
        else if (is_refusal(a->list, code))
            a->refused = true;
        else
            a->classes |= classes_of(a->list, kind, code);
    }
}

static bool takes(const struct dnsbl_list *l, enum dnsbl_kind kind)
{
    return l->takes_unknown || (kind == DNSBL_V4 ? l->takes_v4 : kind == DNSBL_V6 ? l->takes_v6 : l->takes_names);
}

static bool is_there(const struct dnsbl_answer *a)
{
    return a->lookup.status == DNS_FOUND && a->code_count > 0;
}

static bool is_denied(const struct dns_lookup *l)
{
    return l->status == DNS_NXDOMAIN || l->status == DNS_NODATA;
}

enum dnsbl_health dnsbl_judge_health(const struct dnsbl_list_facts *l, enum dnsbl_kind kind)
{
    const struct dnsbl_answer *on = &l->on[kind], *off = &l->off[kind];
    if (!takes(l->list, kind))
        return DNSBL_NO_SUCH_KIND;
    if (on->lookup.status == DNS_NOT_ASKED || off->lookup.status == DNS_NOT_ASKED)
        return DNSBL_NOT_TESTED;
    if (on->rewritten || off->rewritten)
        return DNSBL_REWRITTEN;
    if (on->refused || off->refused)
        return DNSBL_REFUSED;
    if (is_there(off))
        return DNSBL_LISTS_ALL;
    if (is_there(on) && is_denied(&off->lookup))
        return DNSBL_HEALTHY;
    /* Many lists of IPv6 have no test entries of it (RFC 5782 5 came later than they did), and an unknown list has one kind only. */
    if (is_denied(&on->lookup) && (kind == DNSBL_V6 || l->list->takes_unknown))
        return DNSBL_NO_SUCH_KIND;
    return DNSBL_DEAD;
}

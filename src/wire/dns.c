/* SPDX-License-Identifier: Apache-2.0 */
/* dns - see dns.h. Every read goes through the bounds of the message. */
#include "wire/dns.h"

#include <string.h>

enum { JUMPS_MAX = 127 }; /* as many as a name can have labels */
enum { HEADER_OCTETS = 12, TYPE_A = 1, TYPE_NS = 2, TYPE_PTR = 12, TYPE_MX = 15, TYPE_TXT = 16, TYPE_AAAA = 28, TYPE_SRV = 33 };

static uint16_t read_u16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t read_u32(const uint8_t *p)
{
    return (uint32_t)read_u16(p) << 16 | read_u16(p + 2);
}

/* RFC 1035 5.1: what is no letter, digit, hyphen or underscore is written \DDD. */
static size_t write_octet(char *text, uint8_t octet)
{
    char c = (char)octet;
    if (ascii_is_alpha(c) || ascii_is_digit(c) || c == '-' || c == '_') {
        text[0] = ascii_lower(c);
        return 1;
    }
    text[0] = '\\';
    text[1] = (char)('0' + octet / 100);
    text[2] = (char)('0' + octet / 10 % 10);
    text[3] = (char)('0' + octet % 10);
    return 4;
}

/* Walks the labels of a name (RFC 1035 4.1.4). text NULL: only its size is wanted. */
static size_t walk_name(const struct dns_message *m, size_t at, char *text)
{
    size_t start = at, limit = at, taken = 0, octets = 1, used = 0, jumps = 0;
    for (;;) {
        if (at >= m->n)
            return 0;
        uint8_t length = m->bytes[at];
        if (length >= 0xc0) {
            if (m->n - at < 2)
                return 0;
            size_t target = read_u16(m->bytes + at) & 0x3fffu;
            if (target >= limit || target < HEADER_OCTETS || ++jumps > JUMPS_MAX)
                return 0;
            if (!taken)
                taken = at + 2 - start;
            at = limit = target;
            continue;
        }
        if (length > DNS_LABEL_OCTETS_MAX || m->n - at <= length)
            return 0;
        if (length == 0)
            break;
        octets += 1u + length;
        if (octets > DNS_NAME_OCTETS_MAX)
            return 0;
        if (text) {
            if (used)
                text[used++] = '.';
            for (size_t i = 1; i <= length; i++)
                used += write_octet(text + used, m->bytes[at + i]);
        }
        at += 1u + length;
    }
    if (text) {
        if (!used)
            text[used++] = '.';
        text[used] = '\0';
    }
    return taken ? taken : at + 1 - start;
}

size_t dns_read_name(const struct dns_message *m, size_t at, char text[static DNS_NAME_TEXT_BYTES])
{
    return walk_name(m, at, text);
}

/* Fixed part of a record, RFC 1035 4.1.3. Returns the offset after it, 0 when it is not whole. */
static size_t read_record(const struct dns_message *m, size_t at, struct dns_rr *rr)
{
    size_t name_n = walk_name(m, at, NULL);
    if (!name_n || m->n - at - name_n < 10)
        return 0;
    const uint8_t *p = m->bytes + at + name_n;
    uint32_t ttl_s = read_u32(p + 4);
    rr->owner_at = at;
    rr->type = read_u16(p);
    rr->klass = read_u16(p + 2);
    rr->ttl_s = ttl_s > INT32_MAX ? 0 : ttl_s;
    rr->data_at = at + name_n + 10;
    rr->data_n = read_u16(p + 8);
    if (m->n - rr->data_at < rr->data_n)
        return 0;
    return rr->data_at + rr->data_n;
}

bool dns_message_next(const struct dns_message *m, struct dns_cursor *c, struct dns_rr *rr)
{
    if (!c->at)
        *c = (struct dns_cursor){.at = m->records_at};
    while (c->section < DNS_SECTION_END && c->taken == m->counts[c->section]) {
        c->section++;
        c->taken = 0;
    }
    if (c->section == DNS_SECTION_END)
        return false;
    size_t next = read_record(m, c->at, rr);
    if (!next)
        return false;
    rr->section = c->section;
    c->at = next;
    c->taken++;
    return true;
}

int dns_message_parse(struct dns_message *m, const void *bytes, size_t n)
{
    *m = (struct dns_message){.bytes = bytes, .n = n, .records_at = HEADER_OCTETS};
    if (n < HEADER_OCTETS)
        return -1;
    const uint8_t *p = m->bytes;
    uint16_t flags = read_u16(p + 2);
    m->id = read_u16(p);
    m->is_response = flags & 0x8000;
    m->opcode = flags >> 11 & 0xf;
    m->is_authoritative = flags & 0x0400;
    m->is_truncated = flags & 0x0200;
    m->rcode = flags & 0xf;
    uint16_t questions = read_u16(p + 4);
    for (int s = 0; s < DNS_SECTION_END; s++)
        m->counts[s] = read_u16(p + 6 + 2 * s);
    if (questions > 1) /* RFC 9619 */
        return -1;
    if (questions == 1) {
        size_t name_n = walk_name(m, HEADER_OCTETS, NULL);
        if (!name_n || n - HEADER_OCTETS - name_n < 4)
            return -1;
        m->question_at = HEADER_OCTETS;
        m->question_type = read_u16(p + HEADER_OCTETS + name_n);
        m->records_at = HEADER_OCTETS + name_n + 4;
    }
    struct dns_cursor c = {0};
    struct dns_rr rr;
    while (dns_message_next(m, &c, &rr)) {
    }
    return c.section == DNS_SECTION_END || m->is_truncated ? 0 : -1;
}

static bool is_answer(const struct dns_message *m, const struct dns_rr *rr, uint16_t type, const char *name)
{
    char owner[DNS_NAME_TEXT_BYTES];
    return rr->section == DNS_SECTION_ANSWER && rr->klass == DNS_CLASS_IN && rr->type == type &&
           walk_name(m, rr->owner_at, owner) && strcmp(owner, name) == 0;
}

static void lower_ttl(struct dns_answer *a, uint32_t ttl_s)
{
    if ((a->alias_count == 0 && a->record_count == 0) || ttl_s < a->ttl_s)
        a->ttl_s = ttl_s;
}

/* One alias further: 1, 0 at the end of the chain, -1 when the alias is malformed. */
static int follow_alias(const struct dns_message *m, struct dns_answer *a)
{
    struct dns_cursor c = {0};
    struct dns_rr rr;
    while (dns_message_next(m, &c, &rr)) {
        if (!is_answer(m, &rr, DNS_TYPE_CNAME, a->name))
            continue;
        if (!dns_read_target(m, &rr, a->name))
            return -1;
        lower_ttl(a, rr.ttl_s);
        a->alias_count++;
        return 1;
    }
    return 0;
}

int dns_answer_follow(const struct dns_message *m, struct dns_answer *a)
{
    *a = (struct dns_answer){.name = ""};
    if (!m->question_at || !walk_name(m, m->question_at, a->name))
        return -1;
    int more = m->question_type == DNS_TYPE_CNAME ? 0 : 1;
    while (more) {
        more = follow_alias(m, a);
        if (more < 0 || a->alias_count > DNS_ALIASES_MAX)
            return -1;
    }
    struct dns_cursor c = {0};
    struct dns_rr rr;
    while (dns_answer_next(m, a, &c, &rr)) {
        lower_ttl(a, rr.ttl_s);
        a->record_count++;
    }
    return 0;
}

uint32_t dns_answer_keep_s(const struct dns_message *m, const struct dns_answer *a)
{
    enum { NUMBERS_BYTES = 20 }; /* the last of five is the TTL of a denial */
    struct dns_cursor c = {0};
    struct dns_rr rr;
    if (a->record_count)
        return a->ttl_s;
    while (dns_message_next(m, &c, &rr)) {
        if (rr.section != DNS_SECTION_AUTHORITY || rr.type != DNS_TYPE_SOA || rr.data_n < NUMBERS_BYTES)
            continue;
        uint32_t minimum_s = read_u32(m->bytes + rr.data_at + rr.data_n - 4), denial_s = rr.ttl_s < minimum_s ? rr.ttl_s : minimum_s;
        return a->alias_count && a->ttl_s < denial_s ? a->ttl_s : denial_s;
    }
    return 0;
}

bool dns_answer_next(const struct dns_message *m, const struct dns_answer *a, struct dns_cursor *c, struct dns_rr *rr)
{
    while (dns_message_next(m, c, rr))
        if (is_answer(m, rr, m->question_type, a->name))
            return true;
    return false;
}

bool dns_read_address(const struct dns_message *m, const struct dns_rr *rr, struct ip *ip)
{
    if (rr->type == TYPE_A && rr->data_n == 4)
        *ip = (struct ip){.family = IP_V4};
    else if (rr->type == TYPE_AAAA && rr->data_n == 16)
        *ip = (struct ip){.family = IP_V6};
    else
        return false;
    memcpy(ip->bytes, m->bytes + rr->data_at, rr->data_n);
    return true;
}

bool dns_read_target(const struct dns_message *m, const struct dns_rr *rr, char text[static DNS_NAME_TEXT_BYTES])
{
    if (rr->type != TYPE_NS && rr->type != DNS_TYPE_CNAME && rr->type != TYPE_PTR)
        return false;
    return walk_name(m, rr->data_at, text) == rr->data_n && rr->data_n > 0;
}

bool dns_read_mx(const struct dns_message *m, const struct dns_rr *rr, uint16_t *preference, char text[static DNS_NAME_TEXT_BYTES])
{
    if (rr->type != TYPE_MX || rr->data_n < 3)
        return false;
    *preference = read_u16(m->bytes + rr->data_at);
    return walk_name(m, rr->data_at + 2, text) == rr->data_n - 2;
}

bool dns_read_srv(const struct dns_message *m, const struct dns_rr *rr, uint16_t *priority, uint16_t *port, char text[static DNS_NAME_TEXT_BYTES])
{
    if (rr->type != TYPE_SRV || rr->data_n < 7)
        return false;
    *priority = read_u16(m->bytes + rr->data_at);
    *port = read_u16(m->bytes + rr->data_at + 4);
    return walk_name(m, rr->data_at + 6, text) == rr->data_n - 6;
}

bool dns_read_txt(const struct dns_message *m, const struct dns_rr *rr, char *out, size_t *n)
{
    if (rr->type != TYPE_TXT || rr->data_n == 0)
        return false;
    const uint8_t *p = m->bytes + rr->data_at;
    size_t left = rr->data_n;
    *n = 0;
    while (left) {
        size_t length = *p;
        if (length >= left)
            return false;
        memcpy(out + *n, p + 1, length);
        *n += length;
        p += 1 + length;
        left -= 1 + length;
    }
    return true;
}

bool dns_name_is_within(const char *name, const char *zone)
{
    if (strcmp(zone, ".") == 0)
        return true;
    size_t name_n = strlen(name), zone_n = strlen(zone);
    if (name_n < zone_n || strcmp(name + name_n - zone_n, zone) != 0)
        return false;
    return name_n == zone_n || name[name_n - zone_n - 1] == '.';
}

const char *dns_name_parent(const char *name)
{
    if (strcmp(name, ".") == 0)
        return NULL;
    const char *dot = strchr(name, '.');
    return dot ? dot + 1 : ".";
}

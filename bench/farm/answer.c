/* SPDX-License-Identifier: Apache-2.0 */
/* answer - see answer.h. */
#include "answer.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "sign.h"

enum { HEADER_BYTES = 12, CLASS_IN = 1, TYPE_OPT = 41, TTL_S = 3600, NEGATIVE_TTL_S = 300, UDP_BYTES = 1232, MAP_BYTES = 32 };
enum section { ANSWERS = 6, AUTHORITY = 8, ADDITIONAL = 10 }; /* where the header counts its records */
enum { RCODE_NXDOMAIN = 3, RCODE_REFUSED = 5, BIT_QR = 0x80, BIT_AA = 0x04, DO_BIT = 0x80 };

struct message {
    uint8_t *bytes;
    size_t n;
    const struct question *question;
};

struct link { /* of an NSEC3 chain */
    uint8_t hash[HASH_BYTES];
    const struct zone *child; /* NULL: the zone itself */
};

static struct rrset set; /* the one that is being made */
static const struct zone *opt_out_zone;
static struct link *links;
static size_t link_count, links_room;

/* ---- records out ---- */

static void put16(struct message *m, unsigned value)
{
    m->bytes[m->n++] = (uint8_t)(value >> 8);
    m->bytes[m->n++] = (uint8_t)value;
}

static size_t name_length(const uint8_t *name)
{
    const uint8_t *p = name;
    while (*p)
        p += *p + 1;
    return (size_t)(p - name) + 1;
}

static void put_record(struct message *m, enum section section, const uint8_t *owner, uint16_t type, uint32_t ttl_s, const uint8_t *data, size_t n)
{
    size_t owner_n = name_length(owner);
    if (m->n + owner_n + 12 + n > ANSWER_BYTES)
        return;
    const struct name *asked = &m->question->name;
    if (owner_n > 1 && owner_n <= asked->n && memcmp(asked->bytes + asked->n - owner_n, owner, owner_n) == 0) {
        put16(m, (unsigned)(0xc000 + HEADER_BYTES + asked->n - owner_n));
    } else {
        memcpy(m->bytes + m->n, owner, owner_n);
        m->n += owner_n;
    }
    put16(m, type);
    put16(m, CLASS_IN);
    put16(m, ttl_s >> 16);
    put16(m, ttl_s & 0xffff);
    put16(m, (unsigned)n);
    memcpy(m->bytes + m->n, data, n);
    m->n += n;
    m->bytes[section + 1]++;
}

/* The set that is being made, with its signature where that is wanted. */
static void put_set(struct message *m, enum section section, const struct zone *z)
{
    uint8_t signature[NAME_BYTES + 128];
    size_t n = 0;
    if (z->is_signed && m->question->wants_signatures && section != ADDITIONAL)
        n = sign_rrsig(&set, z, signature);
    for (unsigned i = 0; i < set.count; i++)
        put_record(m, section, set.owner, set.type, set.ttl_s, set.records[i].bytes, set.records[i].n);
    if (n)
        put_record(m, section, set.owner, TYPE_RRSIG, set.ttl_s, signature, n);
}

static void begin_set(const uint8_t *owner, uint16_t type, uint32_t ttl_s)
{
    set.owner = owner;
    set.type = type;
    set.ttl_s = ttl_s;
    set.count = 0;
}

static void begin_one(const uint8_t *owner, uint16_t type, uint32_t ttl_s)
{
    begin_set(owner, type, ttl_s);
    set.count = 1;
    set.records[0].n = 0;
}

static void add_bytes(const void *bytes, size_t n)
{
    memcpy(set.records[0].bytes + set.records[0].n, bytes, n);
    set.records[0].n = (uint16_t)(set.records[0].n + n);
}

static bool add_records(const struct node *node, const struct zone *z, uint16_t type)
{
    for (const struct record *r = node ? node->records : NULL; r; r = r->next)
        if (r->type == type && set.count < RECORDS_MAX) {
            set.records[set.count].n = (uint16_t)record_data(r, z, set.records[set.count].bytes);
            set.count++;
        }
    return set.count > 0;
}

/* ---- what a zone has by itself ---- */

static void make_soa(const struct zone *z)
{
    static const uint8_t numbers[20] = {0, 0, 0, 1, 0, 0, 14, 16, 0, 0, 2, 88, 0, 1, 81, 128, 0, 0, NEGATIVE_TTL_S >> 8, NEGATIVE_TTL_S & 0xff};
    begin_set(z->name, TYPE_SOA, NEGATIVE_TTL_S);
    const struct node *apex = zones_node(z->shape, z->name, 0);
    struct name server = {.n = 1};
    if (add_records(apex, z, TYPE_NS)) {
        server.n = (uint8_t)set.records[0].n;
        memcpy(server.bytes, set.records[0].bytes, server.n);
    }
    begin_one(z->name, TYPE_SOA, NEGATIVE_TTL_S);
    add_bytes(server.bytes, server.n);
    add_bytes("\12hostmaster", 11);
    add_bytes(z->name, z->n);
    add_bytes(numbers, sizeof numbers);
}

static bool make_set(const struct zone *z, const struct node *node, const uint8_t *owner, uint16_t type)
{
    bool is_apex = node->n == 0;
    if (is_apex && type == TYPE_SOA) {
        make_soa(z);
        return true;
    }
    if (is_apex && type == TYPE_DNSKEY && z->is_signed) {
        begin_one(owner, type, TTL_S);
        set.records[0].n = (uint16_t)sign_dnskey(set.records[0].bytes);
        return true;
    }
    begin_set(owner, type, TTL_S);
    return add_records(node, z, type);
}

/* ---- denial ---- */

static void add_type(uint8_t *map, unsigned type)
{
    map[type / 8] |= (uint8_t)(0x80 >> type % 8);
}

static void add_map(const uint8_t *map)
{
    uint8_t head[2] = {0, MAP_BYTES};
    while (head[1] && map[head[1] - 1] == 0)
        head[1]--;
    if (head[1]) {
        add_bytes(head, sizeof head);
        add_bytes(map, head[1]);
    }
}

static void name_of(const struct zone *z, const uint8_t *prefix, size_t n, struct name *name)
{
    memcpy(name->bytes, prefix, n);
    memcpy(name->bytes + n, z->name, z->n);
    name->n = (uint8_t)(n + z->n);
}

static void put_nsec(struct message *m, const struct zone *z, const struct node *node)
{
    uint8_t map[MAP_BYTES] = {0};
    struct name owner, next;
    const struct node *after = zones_node_after(z->shape, node);
    const struct zone *child;
    name_of(z, node->prefix, node->n, &owner);
    name_of(z, after->prefix, after->n, &next);
    child = node->n ? zones_find(owner.bytes, owner.n) : NULL;
    for (const struct record *r = node->records; r; r = r->next)
        add_type(map, r->type);
    add_type(map, TYPE_RRSIG), add_type(map, TYPE_NSEC);
    if (!node->n)
        add_type(map, TYPE_SOA), add_type(map, TYPE_DNSKEY);
    if (child && child->is_signed)
        add_type(map, TYPE_DS);
    begin_one(owner.bytes, TYPE_NSEC, NEGATIVE_TTL_S);
    add_bytes(next.bytes, next.n);
    add_map(map);
    put_set(m, AUTHORITY, z);
}

static void deny_with_nsec(struct message *m, const struct zone *z, const uint8_t *prefix, size_t n, bool exists)
{
    const struct node *at = zones_node_before(z->shape, prefix, n), *wildcard;
    put_nsec(m, z, at);
    if (exists)
        return;
    while (n && !zones_node(z->shape, prefix, n)) { /* to the closest encloser */
        n -= *prefix + 1u;
        prefix += *prefix + 1u;
    }
    uint8_t star[NAME_BYTES] = {1, '*'};
    memcpy(star + 2, prefix, n);
    wildcard = zones_node_before(z->shape, star, n + 2);
    if (wildcard != at)
        put_nsec(m, z, wildcard);
}

static int compare_links(const void *a, const void *b)
{
    return memcmp(a, b, HASH_BYTES);
}

static void add_link(void *arg, const struct zone *z)
{
    if (link_count == links_room) {
        links_room = links_room ? 2 * links_room : 1024;
        links = realloc(links, links_room * sizeof *links);
        if (!links)
            abort();
    }
    sign_hash(z->name, z->n, links[link_count].hash);
    links[link_count++].child = z == arg ? NULL : z;
}

void answer_init(void)
{
    static const uint8_t test[] = "\4test";
    const struct zone *z = zones_find(test, sizeof test);
    if (!z || !z->is_opt_out)
        return;
    opt_out_zone = z;
    add_link((void *)z, z);
    zones_each_signed_below(z, add_link, (void *)z);
    qsort(links, link_count, sizeof *links, compare_links);
}

/* The link with this hash, or the one that the hash lies behind. */
static size_t find_link(const uint8_t *name, size_t n)
{
    uint8_t hash[HASH_BYTES];
    size_t low = 0, high = link_count;
    sign_hash(name, n, hash);
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (memcmp(links[middle].hash, hash, HASH_BYTES) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return (low + link_count - 1) % link_count;
}

static void put_link(struct message *m, size_t i)
{
    static const char digits[] = "0123456789abcdefghijklmnopqrstuv";
    static const uint8_t head[] = {1, 1, 0, 0, 0, HASH_BYTES}; /* SHA-1, opt-out, no iterations, no salt */
    const struct link *l = &links[i];
    uint8_t owner[NAME_BYTES] = {32}, map[MAP_BYTES] = {0};
    for (size_t k = 0; k < 32; k++) {
        size_t bit = 5 * k;
        unsigned two = (unsigned)l->hash[bit / 8] << 8 | (bit / 8 + 1 < HASH_BYTES ? l->hash[bit / 8 + 1] : 0);
        owner[1 + k] = (uint8_t)digits[two >> (11 - bit % 8) & 31];
    }
    memcpy(owner + 33, opt_out_zone->name, opt_out_zone->n);
    add_type(map, TYPE_NS);
    add_type(map, TYPE_RRSIG);
    if (l->child)
        add_type(map, TYPE_DS);
    else
        add_type(map, TYPE_SOA), add_type(map, TYPE_DNSKEY);
    begin_one(owner, TYPE_NSEC3, NEGATIVE_TTL_S);
    add_bytes(head, sizeof head);
    add_bytes(links[(i + 1) % link_count].hash, HASH_BYTES);
    add_map(map);
    put_set(m, AUTHORITY, opt_out_zone);
}

/* The zone itself, what would be right below it, and for a name that does not exist the wildcard: each once. */
static void deny_with_nsec3(struct message *m, const struct zone *z, const struct name *name, bool exists)
{
    size_t chosen[3], count = 0;
    uint8_t star[NAME_BYTES] = {1, '*'};
    const uint8_t *next_closer = name->bytes;
    memcpy(star + 2, z->name, z->n);
    chosen[count++] = find_link(z->name, z->n);
    while (name->n - (next_closer - name->bytes) > z->n && name_labels(next_closer) > z->labels + 1u)
        next_closer += *next_closer + 1;
    if (name->n > z->n)
        chosen[count++] = find_link(next_closer, name->n - (size_t)(next_closer - name->bytes));
    if (!exists)
        chosen[count++] = find_link(star, z->n + 2u);
    for (size_t i = 0; i < count; i++)
        if ((i < 1 || chosen[i] != chosen[0]) && (i < 2 || chosen[i] != chosen[1]))
            put_link(m, chosen[i]);
}

static void deny(struct message *m, const struct zone *z, const struct name *name, bool exists)
{
    make_soa(z);
    put_set(m, AUTHORITY, z);
    if (!z->is_signed || !m->question->wants_signatures)
        return;
    if (z == opt_out_zone)
        deny_with_nsec3(m, z, name, exists);
    else
        deny_with_nsec(m, z, name->bytes, (size_t)name->n - z->n, exists);
}

/* ---- the answer ---- */

static const struct zone *closest_zone(const uint8_t *name, size_t n, unsigned labels, unsigned labels_max)
{
    const struct zone *z = NULL;
    for (;; n -= *name + 1u, name += *name + 1, labels--) {
        if (labels <= labels_max && (z = zones_find(name, n)))
            return z;
        if (labels == 0)
            return NULL;
    }
}

/* The zone that `z` gives the name away to; NULL: it keeps it. */
static const struct zone *zone_cut(const struct question *q, const struct zone *z)
{
    const struct zone *cut = NULL;
    const uint8_t *name = q->name.bytes;
    size_t n = q->name.n;
    for (unsigned labels = name_labels(name); labels > z->labels; labels--) {
        const struct zone *found = zones_find(name, n);
        cut = found ? found : cut;
        n -= *name + 1u;
        name += *name + 1;
    }
    return cut;
}

static void make_ds(const struct zone *child)
{
    begin_one(child->name, TYPE_DS, TTL_S);
    set.records[0].n = (uint16_t)sign_ds(child->name, child->n, set.records[0].bytes);
}

static void refer(struct message *m, const struct zone *z, const struct zone *child)
{
    struct name servers[RECORDS_MAX], name;
    unsigned count;
    begin_set(child->name, TYPE_NS, TTL_S);
    add_records(zones_node(child->shape, child->name, 0), child, TYPE_NS);
    count = set.count;
    for (unsigned i = 0; i < count; i++) {
        servers[i].n = (uint8_t)set.records[i].n;
        memcpy(servers[i].bytes, set.records[i].bytes, servers[i].n);
        put_record(m, AUTHORITY, child->name, TYPE_NS, TTL_S, servers[i].bytes, servers[i].n);
    }
    name_of(child, child->name, 0, &name);
    if (m->question->wants_signatures && child->is_signed) {
        make_ds(child);
        put_set(m, AUTHORITY, z);
    } else if (m->question->wants_signatures && z == opt_out_zone) {
        deny_with_nsec3(m, z, &name, true);
    } else if (m->question->wants_signatures && z->is_signed) {
        deny_with_nsec(m, z, name.bytes, (size_t)name.n - z->n, true);
    }
    for (unsigned i = 0; i < count; i++) {
        const struct zone *home = closest_zone(servers[i].bytes, servers[i].n, name_labels(servers[i].bytes), ALL_LABELS);
        const struct node *node = home ? zones_node(home->shape, servers[i].bytes, (size_t)servers[i].n - home->n) : NULL;
        begin_set(servers[i].bytes, TYPE_A, TTL_S);
        if (node && add_records(node, home, TYPE_A))
            put_set(m, ADDITIONAL, home);
    }
}

static unsigned answer_from(struct message *m, const struct zone *z)
{
    const struct question *q = m->question;
    const struct zone *cut = zone_cut(q, z);
    if (cut && (q->type != TYPE_DS || q->name.n != cut->n)) {
        refer(m, z, cut);
        return 0;
    }
    m->bytes[2] |= BIT_AA;
    if (cut && cut->is_signed) {
        make_ds(cut);
        put_set(m, ANSWERS, z);
        return 0;
    }
    const struct node *node = cut ? NULL : zones_node(z->shape, q->name.bytes, (size_t)q->name.n - z->n);
    if (node && make_set(z, node, q->name.bytes, q->type)) {
        put_set(m, ANSWERS, z);
        return 0;
    }
    deny(m, z, &q->name, node || cut);
    return node || cut ? 0 : RCODE_NXDOMAIN;
}

bool question_read(const uint8_t *message, size_t n, struct question *q)
{
    const uint8_t *p = message + HEADER_BYTES, *end = message + n;
    if (n < HEADER_BYTES + 5 || message[2] & BIT_QR || message[4] || message[5] != 1)
        return false;
    for (; p < end && *p; p += *p + 1)
        if (*p > 63)
            return false;
    size_t name_n = (size_t)(p - message) - HEADER_BYTES + 1;
    if (p + 5 > end || name_n > NAME_BYTES - 1)
        return false;
    q->name.n = (uint8_t)name_n;
    for (size_t i = 0; i < name_n; i++)
        q->name.bytes[i] = (uint8_t)tolower(message[HEADER_BYTES + i]);
    q->type = (uint16_t)(p[1] << 8 | p[2]);
    p += 5;
    q->wants_signatures = message[11] == 1 && p + 11 <= end && p[2] == TYPE_OPT && p[7] & DO_BIT;
    return true;
}

size_t answer_write(const struct question *q, const uint8_t *message, unsigned labels_max, uint8_t *out)
{
    struct message m = {.bytes = out, .question = q, .n = HEADER_BYTES + q->name.n + 4u};
    memcpy(out, message, m.n);
    out[2] = (uint8_t)(BIT_QR | (message[2] & 1));
    memset(out + 6, 0, 6);
    const struct zone *z = closest_zone(q->name.bytes, q->name.n, name_labels(q->name.bytes), labels_max);
    out[3] = (uint8_t)(z ? answer_from(&m, z) : RCODE_REFUSED);
    if (message[11]) {
        const uint8_t opt[] = {0, 0, TYPE_OPT, UDP_BYTES >> 8, UDP_BYTES & 0xff, 0, 0, q->wants_signatures ? DO_BIT : 0, 0, 0, 0};
        memcpy(out + m.n, opt, sizeof opt);
        m.n += sizeof opt;
        out[ADDITIONAL + 1]++;
    }
    return m.n;
}

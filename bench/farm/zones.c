/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zones - see zones.h. The file has lines of words:
 *
 *   template NAME                               records follow, one a line: OWNER TYPE DATA
 *   zone NAME TEMPLATE [signed|opt-out] [IPV4]  opt-out: signed, and denies with NSEC3 for its signed delegations only
 *
 * OWNER and names in DATA are relative to the zone unless they end in a dot; @ is the zone itself, and % in the place of an
 * address the zone's own IPV4.
 */
#include "zones.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ZONE_BUCKETS = 1 << 20, NODE_BUCKETS = 1 << 16, TEMPLATE_BUCKETS = 1 << 10, LABELS_MAX = 128 };

static struct zone *zone_buckets[ZONE_BUCKETS];
static struct node *node_buckets[NODE_BUCKETS];
static struct template *template_buckets[TEMPLATE_BUCKETS];
static const char *reading;
static unsigned long reading_line;

static _Noreturn void give_up(const char *problem)
{
    fprintf(stderr, "names: %s:%lu: %s\n", reading, reading_line, problem);
    exit(1);
}

static void *must_alloc(size_t n)
{
    void *p = calloc(1, n);
    if (!p)
        give_up("out of memory");
    return p;
}

uint64_t bytes_hash(uint64_t seed, const void *bytes, size_t n)
{
    uint64_t h = seed ^ 0xcbf29ce484222325u;
    for (const uint8_t *p = bytes, *end = p + n; p < end; p++)
        h = (h ^ *p) * 0x100000001b3u;
    return h ^ h >> 29;
}

unsigned name_labels(const uint8_t *name)
{
    unsigned n = 0;
    for (; *name; name += *name + 1)
        n++;
    return n;
}

/* ---- look-ups ---- */

const struct zone *zones_find(const uint8_t *name, size_t n)
{
    struct zone *z = zone_buckets[bytes_hash(0, name, n) % ZONE_BUCKETS];
    while (z && (z->n != n || memcmp(z->name, name, n) != 0))
        z = z->next_in_bucket;
    return z;
}

static struct node **node_bucket(const struct template *t, const uint8_t *prefix, size_t n)
{
    return &node_buckets[bytes_hash((uintptr_t)t, prefix, n) % NODE_BUCKETS];
}

const struct node *zones_node(const struct template *t, const uint8_t *prefix, size_t n)
{
    const struct node *node = *node_bucket(t, prefix, n);
    while (node && (node->of != t || node->n != n || (n && memcmp(node->prefix, prefix, n) != 0)))
        node = node->next_in_bucket;
    return node;
}

static unsigned split(const uint8_t *prefix, size_t n, const uint8_t **labels)
{
    unsigned count = 0;
    for (const uint8_t *end = prefix + n; prefix < end; prefix += *prefix + 1)
        labels[count++] = prefix;
    return count;
}

static int compare_prefixes(const uint8_t *a, size_t a_n, const uint8_t *b, size_t b_n)
{
    const uint8_t *x[LABELS_MAX], *y[LABELS_MAX];
    unsigned i = split(a, a_n, x), k = split(b, b_n, y);
    while (i > 0 && k > 0) {
        const uint8_t *p = x[--i], *q = y[--k];
        int rc = memcmp(p + 1, q + 1, *p < *q ? *p : *q);
        if (rc || *p != *q)
            return rc ? rc : *p - *q;
    }
    return (int)i - (int)k;
}

const struct node *zones_node_before(const struct template *t, const uint8_t *prefix, size_t n)
{
    size_t low = 0, high = t->node_count;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (compare_prefixes(t->nodes[middle]->prefix, t->nodes[middle]->n, prefix, n) <= 0)
            low = middle;
        else
            high = middle;
    }
    return t->nodes[low];
}

const struct node *zones_node_after(const struct template *t, const struct node *node)
{
    for (size_t i = 0; i + 1 < t->node_count; i++)
        if (t->nodes[i] == node)
            return t->nodes[i + 1];
    return t->nodes[0];
}

void zones_each_signed_below(const struct zone *parent, void (*fn)(void *arg, const struct zone *z), void *arg)
{
    for (size_t i = 0; i < ZONE_BUCKETS; i++)
        for (const struct zone *z = zone_buckets[i]; z; z = z->next_in_bucket)
            if (z->is_signed && z->labels == parent->labels + 1 && memcmp(z->name + z->n - parent->n, parent->name, parent->n) == 0)
                fn(arg, z);
}

size_t record_data(const struct record *r, const struct zone *z, uint8_t *data)
{
    if (r->is_argument) {
        memcpy(data, &z->argument, sizeof z->argument);
        return sizeof z->argument;
    }
    memcpy(data, r->data, r->n);
    if (!r->is_relative)
        return r->n;
    memcpy(data + r->n, z->name, z->n);
    return (size_t)r->n + z->n;
}

/* ---- the file ---- */

/* The labels of a name, in lower case, without the root. */
static size_t read_labels(const char *text, uint8_t *out)
{
    size_t n = 0;
    while (*text && strcmp(text, "@") != 0) {
        size_t length = strcspn(text, ".");
        if (length == 0 || length > 63 || n + length + 2 > NAME_BYTES)
            give_up("bad name");
        out[n++] = (uint8_t)length;
        for (size_t i = 0; i < length; i++)
            out[n++] = (uint8_t)tolower((unsigned char)text[i]);
        text += length + (text[length] == '.');
    }
    return n;
}

static struct node *node_of(struct template *t, const uint8_t *prefix, size_t n)
{
    struct node *node = (struct node *)zones_node(t, prefix, n);
    if (node)
        return node;
    struct node **bucket = node_bucket(t, prefix, n);
    node = must_alloc(sizeof *node + n + 1);
    *node = (struct node){.next_in_bucket = *bucket, .next_in_template = t->all, .of = t, .n = (uint8_t)n};
    memcpy(node->prefix, prefix, n);
    *bucket = t->all = node;
    if (n)
        node_of(t, prefix + prefix[0] + 1, n - prefix[0] - 1);
    return node;
}

static size_t read_text(const char *text, uint8_t *data)
{
    size_t n = 0, left = strlen(text);
    do {
        size_t part = left < 255 ? left : 255;
        data[n++] = (uint8_t)part;
        memcpy(data + n, text, part);
        n += part, text += part, left -= part;
    } while (left && n + 256 < RDATA_BYTES);
    return n;
}

static size_t read_hex(const char *text, uint8_t *data)
{
    size_t n = 0;
    for (unsigned octet; n < RDATA_BYTES && sscanf(text, "%2x", &octet) == 1; text += 2)
        data[n++] = (uint8_t)octet;
    return n;
}

static size_t read_name_data(const char *text, uint8_t *data, bool *is_relative)
{
    size_t n = read_labels(text, data), length = strlen(text);
    *is_relative = length == 0 || text[length - 1] != '.';
    if (!*is_relative)
        data[n++] = 0;
    return n;
}

static uint16_t read_data(const char *type, const char *text, struct record *r, size_t *n)
{
    unsigned number = 0, b = 0, c = 0;
    int skip = 0;
    if (strcmp(type, "A") == 0) {
        r->is_argument = strcmp(text, "%") == 0;
        *n = 4;
        if (!r->is_argument && inet_pton(AF_INET, text, r->data) != 1)
            give_up("bad address");
        return TYPE_A;
    }
    if (strcmp(type, "NS") == 0 || strcmp(type, "PTR") == 0) {
        *n = read_name_data(text, r->data, &r->is_relative);
        return *type == 'N' ? TYPE_NS : TYPE_PTR;
    }
    if (strcmp(type, "MX") == 0 && sscanf(text, "%u %n", &number, &skip) == 1) {
        r->data[0] = (uint8_t)(number >> 8), r->data[1] = (uint8_t)number;
        *n = 2 + read_name_data(text + skip, r->data + 2, &r->is_relative);
        return TYPE_MX;
    }
    if (strcmp(type, "TXT") == 0) {
        *n = read_text(text, r->data);
        return TYPE_TXT;
    }
    if (strcmp(type, "TLSA") != 0 || sscanf(text, "%u %u %u %n", &number, &b, &c, &skip) != 3)
        give_up("unknown type");
    r->data[0] = (uint8_t)number, r->data[1] = (uint8_t)b, r->data[2] = (uint8_t)c;
    *n = 3 + read_hex(text + skip, r->data + 3);
    return TYPE_TLSA;
}

static void read_record(struct template *t, const char *line)
{
    char owner[NAME_BYTES], type[16];
    uint8_t prefix[NAME_BYTES];
    int skip = 0;
    size_t n = 0;
    if (!t || sscanf(line, "%255s %15s %n", owner, type, &skip) != 2)
        give_up("no template, zone or record");
    struct record *r = must_alloc(sizeof *r + RDATA_BYTES);
    r->type = read_data(type, line + skip, r, &n);
    r->n = (uint16_t)n;
    r = realloc(r, sizeof *r + n);
    struct node *node = node_of(t, prefix, read_labels(owner, prefix));
    struct record **last = &node->records;
    while (r && *last)
        last = &(*last)->next;
    *last = r;
}

static struct template **template_bucket(const char *name)
{
    return &template_buckets[bytes_hash(0, name, strlen(name)) % TEMPLATE_BUCKETS];
}

static struct template *template_named(const char *name)
{
    struct template *t = *template_bucket(name);
    while (t && strcmp(t->name, name) != 0)
        t = t->next_in_bucket;
    return t;
}

static struct template *read_template(const char *name)
{
    struct template *t = must_alloc(sizeof *t), **bucket = template_bucket(name);
    t->next_in_bucket = *bucket;
    snprintf(t->name, sizeof t->name, "%s", name);
    *bucket = t;
    return t;
}

static void read_zone(const char *line)
{
    char name[NAME_BYTES], shape[64], word[2][32] = {"", ""};
    uint8_t wire[NAME_BYTES + 1];
    if (sscanf(line, "zone %255s %63s %31s %31s", name, shape, word[0], word[1]) < 2)
        give_up("bad zone");
    size_t n = strcmp(name, ".") == 0 ? 0 : read_labels(name, wire);
    wire[n++] = 0;
    struct zone *z = must_alloc(sizeof *z + n), **bucket = &zone_buckets[bytes_hash(0, wire, n) % ZONE_BUCKETS];
    bool opt_out = strcmp(word[0], "opt-out") == 0, is_signed = opt_out || strcmp(word[0], "signed") == 0;
    *z = (struct zone){.next_in_bucket = *bucket, .shape = template_named(shape), .is_signed = is_signed, .is_opt_out = opt_out};
    z->n = (uint8_t)n;
    z->labels = (uint8_t)name_labels(wire);
    memcpy(z->name, wire, n);
    const char *address = word[is_signed];
    if (!z->shape || (*address && inet_pton(AF_INET, address, &z->argument) != 1))
        give_up("bad template or address of a zone");
    *bucket = z;
}

static int compare_nodes(const void *a, const void *b)
{
    const struct node *x = *(struct node *const *)a, *y = *(struct node *const *)b;
    return compare_prefixes(x->prefix, x->n, y->prefix, y->n);
}

static void sort_nodes(struct template *t)
{
    size_t count = 0;
    for (const struct node *node = t->all; node; node = node->next_in_template)
        count += node->records != NULL;
    t->nodes = must_alloc((count + 1) * sizeof(struct node *));
    for (struct node *node = t->all; node; node = node->next_in_template)
        if (node->records)
            t->nodes[t->node_count++] = node;
    qsort(t->nodes, count, sizeof(struct node *), compare_nodes);
}

void zones_read(const char *file)
{
    FILE *in = fopen(file, "r");
    char *line = NULL;
    size_t size = 0;
    struct template *current = NULL;
    reading = file;
    if (!in)
        give_up("cannot read it");
    for (ssize_t n; (n = getline(&line, &size, in)) > 0;) {
        reading_line++;
        if (line[n - 1] == '\n')
            line[n - 1] = '\0';
        if (strncmp(line, "zone ", 5) == 0) {
            read_zone(line);
        } else if (strncmp(line, "template ", 9) == 0) {
            current = read_template(line + 9);
        } else {
            read_record(current, line);
        }
    }
    free(line);
    fclose(in);
    for (size_t i = 0; i < TEMPLATE_BUCKETS; i++)
        for (struct template *t = template_buckets[i]; t; t = t->next_in_bucket)
            sort_nodes(t);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zones - the zones of the farm's name server. A zone is a name, a template that many share, and one address, so that a
 * million of them take little room.
 *
 * Order of calls: zones_read, then any of the others.
 * Memory: everything read stays until the process ends.
 * Fails: what is wrong in the file ends the process with its line.
 */
#ifndef FARM_ZONES_H
#define FARM_ZONES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum dns_type {
    TYPE_A = 1,
    TYPE_NS = 2,
    TYPE_SOA = 6,
    TYPE_PTR = 12,
    TYPE_MX = 15,
    TYPE_TXT = 16,
    TYPE_DS = 43,
    TYPE_RRSIG = 46,
    TYPE_NSEC = 47,
    TYPE_DNSKEY = 48,
    TYPE_NSEC3 = 50,
    TYPE_TLSA = 52
};
enum { NAME_BYTES = 256, RECORDS_MAX = 16, RDATA_BYTES = 1024 };

/* Names are in wire form and lower case. */
struct name {
    uint8_t n;
    uint8_t bytes[NAME_BYTES];
};

struct record {
    struct record *next;
    uint16_t type, n;
    bool is_argument; /* the data is the zone's address */
    bool is_relative; /* the data ends in a name that the zone's is still to be added to */
    uint8_t data[];
};

struct node { /* a name of a template, without that of the zone: whole labels and no end */
    struct node *next_in_bucket, *next_in_template;
    const struct template *of;
    struct record *records; /* NULL: only names below it have some */
    uint8_t n;
    uint8_t prefix[];
};

struct template
{
    struct template *next_in_bucket;
    char name[64];
    struct node *all;
    struct node **nodes; /* those with records, in the order of RFC 4034 6.1 */
    size_t node_count;
};

struct zone {
    struct zone *next_in_bucket;
    const struct template *shape;
    uint32_t argument; /* in network order */
    bool is_signed, is_opt_out;
    uint8_t labels, n;
    uint8_t name[];
};

void zones_read(const char *file);
const struct zone *zones_find(const uint8_t *name, size_t n); /* NULL: none has exactly this name */
const struct node *zones_node(const struct template *t, const uint8_t *prefix, size_t n);
const struct node *zones_node_before(const struct template *t, const uint8_t *prefix, size_t n); /* itself or the one before it */
const struct node *zones_node_after(const struct template *t, const struct node *node);          /* the first one after the last */

/* The signed zones right below `parent`; each is given once. */
void zones_each_signed_below(const struct zone *parent, void (*fn)(void *arg, const struct zone *z), void *arg);

/* The data of one record in zone z. Returns its length. */
size_t record_data(const struct record *r, const struct zone *z, uint8_t *data);

unsigned name_labels(const uint8_t *name); /* of a whole name, without the root */
uint64_t bytes_hash(uint64_t seed, const void *bytes, size_t n);

#endif

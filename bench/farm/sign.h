/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sign - signatures of the farm's zones, made when they are asked for. All zones have one key.
 *
 * Order of calls: sign_init, then any of the others.
 * Fails: what OpenSSL refuses ends the process.
 * Spec: RFC 4034, RFC 5155, RFC 6605.
 */
#ifndef FARM_SIGN_H
#define FARM_SIGN_H

#include "zones.h"

enum { HASH_BYTES = 20 };

struct rrset {
    const uint8_t *owner; /* a whole name */
    uint16_t type;
    uint32_t ttl_s;
    unsigned count;
    struct {
        uint16_t n;
        uint8_t bytes[RDATA_BYTES];
    } records[RECORDS_MAX];
};

void sign_init(void);
size_t sign_dnskey(uint8_t *data); /* the data of the key's record */
size_t sign_ds(const uint8_t *zone, size_t n, uint8_t *data);
size_t sign_rrsig(struct rrset *set, const struct zone *signer, uint8_t *data); /* also sorts the set */
void sign_hash(const uint8_t *name, size_t n, uint8_t hash[HASH_BYTES]);        /* of NSEC3, without salt or iterations */

#endif

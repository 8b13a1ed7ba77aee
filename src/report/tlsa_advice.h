/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tlsa_advice - which TLSA records belong to the keys that a server was seen with, which of them are published, and how to
 * renew a key without losing mail: `mxassay tlsa`.
 *
 * Order of calls: tlsa_advice_collect; the caller sets `issuer_proves` of each key; then the writers.
 * Memory: the caller's, pointing into the facts. Limits: TLSA_KEYS_MAX keys, TLSA_KEY_IPS_MAX addresses of each.
 * Fails: by the buf's `failed` alone.
 * Spec: RFC 7671 5.1, 5.2, 8.1, 8.4; RFC 6698 2.2 (written form).
 */
#ifndef REPORT_TLSA_ADVICE_H
#define REPORT_TLSA_ADVICE_H

#include "base/buf.h"
#include "judge/dane.h"

enum { TLSA_KEYS_MAX = 8, TLSA_KEY_IPS_MAX = 8 };

struct tlsa_key { /* one key that was served */
    const struct tls_facts *tls;
    const struct cert_facts *leaf;
    const struct cert_facts *issuer; /* sent behind the leaf; NULL: none */
    bool issuer_proves;              /* a record 2 1 1 of that issuer would authenticate the server now */
    struct ip ips[TLSA_KEY_IPS_MAX];
    size_t ip_count;
};

struct tlsa_advice {
    const struct facts *facts;
    const struct host_facts *host;
    uint16_t port;
    struct dane dane;             /* what senders make of it */
    const char *name;             /* the base below which records belong */
    const struct tlsa_base *base; /* of that name; NULL: it could not be asked */
    size_t base_index;
    struct tlsa_key keys[TLSA_KEYS_MAX];
    size_t key_count;
    size_t endpoints, endpoints_seen; /* addresses that were tried, and those that showed a certificate */
};

/* `f` is of one server, given by name. */
void tlsa_advice_collect(const struct facts *f, struct tlsa_advice *a);

/* Lines for a zone file; all else stands in its comments. */
void tlsa_advice_write_text(struct buf *out, const struct tlsa_advice *a);
void tlsa_advice_write_json(struct buf *out, const struct tlsa_advice *a, unsigned indent);
/* 0: every key is published under DNSSEC and nothing else is; 1: something is to do; 2: no certificate was seen, or it
 * could not be learned what is published. */
int tlsa_advice_exit_status(const struct tlsa_advice *a);

#endif

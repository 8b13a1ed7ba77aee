/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dkim facts - the selectors that were asked for, and the keys found there.
 *
 * Which selectors a domain uses is known to its signers only: beside those that the caller names, common ones are
 * guessed, so that nothing found is no proof that there is nothing.
 * Spec: RFC 6376 3.6.1, RFC 8301 3, RFC 8463 4.
 */
#ifndef FACTS_DKIM_H
#define FACTS_DKIM_H

#include "facts/dns.h"

enum dkim_key_type { DKIM_KEY_OTHER = 0, DKIM_KEY_RSA, DKIM_KEY_ED25519 };

struct dkim_key {
    struct str text;      /* the record */
    enum dkim_key_type type;
    unsigned bits;        /* of an RSA modulus; 0: unknown */
    bool revoked;         /* p is empty */
    bool testing;         /* t=y */
    const char *flaw;     /* what makes it useless, in our words; NULL: none */
};

struct dkim_selector {
    const char *name;
    bool given;           /* by the caller; else guessed */
    struct dns_lookup txt;
    size_t count;         /* TXT records */
    struct dkim_key key;  /* of the first */
};

struct dkim_facts {
    bool wanted;
    struct dns_lookup node;     /* _domainkey.<domain>: when that does not exist, nothing below it does (RFC 8020) */
    struct dns_lookup random;   /* a selector that nobody has */
    bool wildcard;              /* it has a record: guesses tell nothing */
    struct dkim_selector *selectors; /* all given ones; of the guessed ones those with a record */
    size_t selector_count;
    size_t guesses;             /* asked */
    size_t guesses_failed;      /* of them, without an answer */
};

#endif

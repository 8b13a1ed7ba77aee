/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certificate - where the parts of an X.509 certificate lie, and its shape: all that it has in common with the others that its
 * issuer makes in the same way. Of a server's certificate the shape is everything but serial number, dates, subject, key,
 * host names, the key's identifier and timestamps of logs.
 *
 * One call. Memory: parts point into what was cut.
 * Limits: CERTIFICATE_SHAPE_MAX parts of a shape; 16 MB.
 * Fails: false for all that is not strictly DER, not of version 3, or unusual. That says nothing about a certificate but that
 *   it has to be read by a whole library. Values that are not cut further (serial number, dates, subject) may still be wrong.
 * Spec: RFC 5280 4.1, RFC 8017 A.1.1, X.690 10.1.
 */
#ifndef WIRE_CERTIFICATE_H
#define WIRE_CERTIFICATE_H

#include "base/str.h"

enum { CERTIFICATE_SHAPE_MAX = 40 };

struct certificate_parts {
    /* Whole, with tag and length. */
    struct str tbs; /* what is signed */
    struct str serial, issuer, not_before, not_after, subject, spki;
    /* Contents. */
    struct str key, signature; /* of bit strings of whole octets */
    struct str names;          /* for certificate_next_name; empty: no host names */
    /* One after the other they can be told apart. */
    struct str shape[CERTIFICATE_SHAPE_MAX];
    size_t shape_count;
};

bool certificate_cut(struct str der, struct certificate_parts *parts);

/* Takes the next host name off *names. False: there is none. */
bool certificate_next_name(struct str *names, struct str *name);

/* The size of the modulus of a key that stands in a certificate; 0: it is no RSA key, or an unusual one. */
unsigned certificate_rsa_bits(struct str key);

#endif

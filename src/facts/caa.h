/* SPDX-License-Identifier: Apache-2.0 */
/*
 * caa facts - which CAs may make certificates for a mail host, as its DNS says.
 *
 * Spec: RFC 8659 3 (climbing), 4.1 (record), 4.2 (issue), 4.3 (issuewild).
 */
#ifndef FACTS_CAA_H
#define FACTS_CAA_H

#include "facts/dns.h"

struct caa_record {
    bool critical;
    struct str tag;    /* letters and digits, in any case; n 0: the record is malformed */
    struct str value;  /* as published */
    struct str issuer; /* of issue and issuewild: the CA's identifier without parameters; n 0: none, which lets nobody issue */
};

struct caa_facts {
    const char *domain;         /* where the set was found, or was asked for last */
    struct dns_lookup lookup;   /* there; of a host whose name has too many labels not asked */
    struct caa_record *records; /* the set that holds; none: anybody may issue */
    size_t record_count;
};

#endif

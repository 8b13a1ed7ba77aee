/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bimi facts - the brand indicator of a domain: its record, the logo, and the evidence that the logo is the domain's.
 *
 * Spec: draft-brand-indicators-for-message-identification 4, draft-svg-tiny-ps-abrotman 2.
 */
#ifndef FACTS_BIMI_H
#define FACTS_BIMI_H

#include "facts/policy.h"

enum { BIMI_LOGO_MAX = 32 * 1024, BIMI_EVIDENCE_MAX = 256 * 1024 };

struct bimi_file {
    struct str url;          /* as written; n 0: none */
    const char *host, *path; /* host NULL: none that the DNS could be asked for */
    uint16_t port;
    struct dns_lookup a, aaaa; /* of the host */
    struct fetch_facts fetch;
};

struct svg_facts {
    bool compressed;    /* not looked into */
    const char *flaw;   /* the first thing that a logo may not have, or lacks, in our words; NULL: none */
    struct str flaw_at; /* the name or text in question; n 0: the file as a whole */
};

struct bimi_evidence {
    bool is_certificate; /* a certificate stands first in the file, in PEM form */
    struct cert_facts leaf;
    bool for_bimi;     /* its extended key usage has id-kp-BrandIndicatorforMessageIdentification */
    bool names_domain; /* its SAN has the domain of the record or of the target, or the organisation's, or a record's name below one */
};

struct bimi_facts {
    bool wanted;
    const char *domain;          /* whose record stands here, or was asked for last: the target's or the organisational domain */
    struct policy_record record; /* default._bimi.<domain> */
    bool declined;               /* it says that there is no logo */
    struct bimi_file logo_file, evidence_file;
    struct svg_facts *logo;         /* NULL: it could not be fetched */
    struct bimi_evidence *evidence; /* likewise */
};

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dmarc facts - the walk up the tree for policy records, what each of them says, and where reports go.
 *
 * Spec: RFC 9989 4.7 (tags), 4.10 (tree walk); RFC 9990 4 (external destinations).
 */
#ifndef FACTS_DMARC_H
#define FACTS_DMARC_H

#include "facts/dns.h"

enum dmarc_policy { DMARC_MISSING = 0, DMARC_NONE, DMARC_QUARANTINE, DMARC_REJECT, DMARC_INVALID };
enum dmarc_psd { DMARC_PSD_UNSAID = 0, DMARC_PSD_NO, DMARC_PSD_YES };

enum { DMARC_URIS_MAX = 16, DMARC_STEPS_MAX = 8 };

struct dmarc_record {
    struct str text;                /* as published; n 0: none */
    enum dmarc_policy p, sp, np;
    bool testing;                   /* t=y */
    enum dmarc_psd psd;
    bool strict_dkim, strict_spf;   /* adkim=s, aspf=s */
    struct str *rua, *ruf;          /* URIs as written, without a size limit behind `!` */
    size_t rua_count, ruf_count;
    bool has_pct, has_rf, has_ri, has_size_limit; /* withdrawn: RFC 9989 C */
    const char *flaw;               /* the first one, in our words; NULL: none */
};

struct dmarc_step { /* one question: `_dmarc.<domain>` */
    const char *domain;
    struct dns_lookup txt;
    size_t count;               /* records of DMARC there; only a single one is used */
    struct dmarc_record record; /* the first of them */
    bool is_public_suffix;      /* in the public suffix list */
    struct str near_miss;       /* a record that means DMARC but is none, as its v is not `DMARC1`; n 0: none */
};

struct dmarc_destination {
    struct str uri;
    const char *host;           /* of a mailto; NULL: another scheme */
    bool external;              /* its organisation is not the domain's: it must agree (RFC 9990 4) */
    struct dns_lookup agreement; /* TXT at <policy domain>._report._dmarc.<host> */
    size_t agreement_count;     /* records of DMARC there */
    struct mail_domain mail;
};

struct dmarc_facts {
    bool wanted;
    struct dmarc_step *steps;         /* DMARC_STEPS_MAX of them, from the domain up */
    size_t step_count;
    bool complete;                    /* every question of the walk was answered */
    const struct dmarc_step *policy;  /* whose record applies; NULL: none */
    const char *organisational_domain; /* by the walk; NULL: not known */
    struct str misplaced;             /* a record of DMARC at the domain itself; n 0: none */
    struct dmarc_destination *destinations; /* of rua, then ruf */
    size_t destination_count;
};

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spf_record - the grammar of SPF records and macro strings, and macros expanded.
 *
 * Order of calls: spf_is_record, spf_lint; of a record without a flaw, spf_terms_begin and spf_term_next until it gives
 *   false, which is at its end or at a flaw.
 * Memory: slices of the record. Limits: none but those of RFC 7208. Fails: never; a breach of the grammar is a flaw.
 * Spec: RFC 7208 4.5, 4.6.1, 5, 6, 7, 12.
 */
#ifndef WIRE_SPF_RECORD_H
#define WIRE_SPF_RECORD_H

#include "facts/spf.h"

enum { SPF_DOMAIN_MAX = 253, SPF_LABEL_MAX = 63, SPF_SENDER_MAX = 1024, SPF_EXPLANATION_MAX = 2048 };

struct spf_term {
    enum spf_kind kind;
    char qualifier;        /* + - ~ ? */
    struct str text;       /* as written */
    struct str target;     /* domain-spec, macros as written; n 0: none */
    unsigned prefix4_bits, prefix6_bits; /* of a and mx */
    struct ip_network network;           /* of ip4 and ip6 */
};

struct spf_terms {
    struct str rest;
    const char *start;
    const char *flaw; /* static; of `text` */
    struct str text;  /* the last term taken */
};

/* `v=spf1`, then a blank or nothing: RFC 7208 4.5. */
bool spf_is_record(struct str txt);
void spf_lint(struct str record, struct spf_lint *lint);
void spf_terms_begin(struct spf_terms *t, struct str record);
bool spf_term_next(struct spf_terms *t, struct spf_term *term);
bool spf_kind_asks(enum spf_kind kind); /* counts towards SPF_LOOKUPS_MAX */

/* What macros stand for; all are as RFC 7208 7.2 has them, before URL escaping. */
struct spf_macro_values {
    struct ip ip;
    struct str local_part, sender_domain, helo;
    struct str domain;    /* whose record is being read */
    struct str validated; /* %{p} */
    struct str receiver;
    int64_t now_s;        /* since 1970 */
};

/* NULL when it is a macro-string, or in an explanation an explain-string; else what is wrong, a constant. */
const char *spf_macro_flaw(struct str spec, bool in_explanation);
/* The first macro that is one of these letters, in lower case; n 0: none. */
struct str spf_macro_find(struct str spec, const char *letters);
/* The domain that a domain-spec stands for, without a final dot, labels cut off at its left until it is short enough.
 * Octets written; 0 when it is no name that can be asked for: an empty label, or one too long. */
size_t spf_macro_domain(struct str spec, const struct spf_macro_values *v, char domain[static SPF_DOMAIN_MAX + 1]);
/* An explanation; octets written, 0 when it is longer than SPF_EXPLANATION_MAX. */
size_t spf_macro_explanation(struct str spec, const struct spf_macro_values *v, char text[static SPF_EXPLANATION_MAX + 1]);

/* Labels of 1 to 63 octets, SPF_DOMAIN_MAX in all; no final dot. */
bool spf_domain_is_good(struct str domain);

#endif

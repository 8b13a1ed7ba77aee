/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_policy - tables that say how good parts of TLS are: three that the program carries along, and what a user writes.
 *
 * A table is text, one row a line: kind, name, class and, for people, where it says so, parted by tabs; empty lines and
 * lines that begin with `#` say nothing. In names `*` stands for anything. A row of bits is about keys of that many and
 * more. The first row that fits decides; a row that never can is a mistake, as is a whole name that nobody has heard of.
 * Memory: the caller's; rows point into the text, which must live as long as the table. Limits: TLS_POLICY_BYTES_MAX,
 *   TLS_POLICY_ROWS_MAX. Fails: tls_policy_parse, -1, with the line and what is wrong there.
 * Spec: data/tls-policy/ cites what each of its tables follows.
 */
#ifndef JUDGE_TLS_POLICY_H
#define JUDGE_TLS_POLICY_H

#include "base/str.h"

enum { TLS_POLICY_BYTES_MAX = 64 * 1024, TLS_POLICY_ROWS_MAX = 256 };

enum tls_class {
    TLS_CLASS_UNKNOWN = 0,
    TLS_CLASS_GOOD,
    TLS_CLASS_ACCEPTABLE,
    TLS_CLASS_WEAK,    /* to be phased out */
    TLS_CLASS_BAD,     /* broken, or never meant for secrets */
    TLS_CLASS_NO_AUTH, /* suites without a certificate: cert.present speaks of them */
};

enum tls_policy_kind {
    TLS_POLICY_VERSION = 0,
    TLS_POLICY_SUITE,
    TLS_POLICY_GROUP,   /* of the key exchange; "DHE": one over a finite field that has no name */
    TLS_POLICY_DH_BITS, /* the size of such a field; the worse of both counts */
    TLS_POLICY_RSA_BITS,
    TLS_POLICY_CURVE, /* of keys in certificates */
    TLS_POLICY_KEY,   /* keys of one size only, and DSA */
    TLS_POLICY_HASH,  /* of signatures in certificates */
    TLS_POLICY_SIGNATURE,
    TLS_POLICY_KIND_COUNT,
};

struct tls_policy_row {
    enum tls_policy_kind kind;
    enum tls_class is;
    struct str name; /* of bits: the number as it is written */
    unsigned bits;
    unsigned line; /* where it stands */
};

struct tls_policy {
    const char *name; /* "ncsc2025", "file:NAME" */
    struct tls_policy_row rows[TLS_POLICY_ROWS_MAX];
    size_t row_count;
};

struct tls_policy_problem {
    unsigned line;       /* 0: of the whole text */
    unsigned other_line; /* the one it is at odds with; 0: none */
    const char *what;    /* "is not a class: ..." */
    struct str word;     /* the word that it is about, in the text; empty: none */
};

int tls_policy_parse(struct str text, const char *name, struct tls_policy *out, struct tls_policy_problem *problem);
/* "default", "ncsc2025", "rfc9325"; NULL: it is none of these. */
const struct tls_policy *tls_policy_built_in(const char *name);
/* NULL stands for the default, here and below. */
bool tls_policy_is_default(const struct tls_policy *p);
const char *tls_policy_name(const struct tls_policy *p);

/* UNKNOWN: no row fits, or there is no name. */
enum tls_class tls_policy_class_of(const struct tls_policy *p, enum tls_policy_kind kind, const char *name);
/* UNKNOWN: the table has no row of this kind; BAD: fewer than in every row. */
enum tls_class tls_policy_class_of_bits(const struct tls_policy *p, enum tls_policy_kind kind, unsigned bits);

#endif

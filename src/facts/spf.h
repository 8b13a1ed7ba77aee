/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spf facts - an SPF record by itself, what one client address gets by it, and what the record costs at worst. How it
 * came about is a tree: a record has terms, a term has questions, and an include or redirect has a record.
 *
 * Spec: RFC 7208 2.6 (results), 4.6 (terms), 4.6.4 (limits), 7 (macros).
 */
#ifndef FACTS_SPF_H
#define FACTS_SPF_H

#include "base/ip.h"
#include "facts/dns.h"

enum spf_result { SPF_UNCHECKED = 0, SPF_NONE, SPF_NEUTRAL, SPF_PASS, SPF_FAIL, SPF_SOFTFAIL, SPF_TEMPERROR, SPF_PERMERROR };

static const char *const spf_result_words[] = {"unchecked", "none", "neutral", "pass", "fail", "softfail", "temperror", "permerror"};

enum spf_kind { SPF_ALL, SPF_INCLUDE, SPF_A, SPF_MX, SPF_PTR, SPF_IP4, SPF_IP6, SPF_EXISTS, SPF_REDIRECT, SPF_EXP, SPF_OTHER_MODIFIER };

enum spf_type { SPF_ASK_TXT, SPF_ASK_A, SPF_ASK_AAAA, SPF_ASK_MX, SPF_ASK_PTR };
static const char *const spf_type_words[] = {"TXT", "A", "AAAA", "MX", "PTR"};

enum {
    SPF_LOOKUPS_MAX = 10, /* terms that ask the DNS: RFC 7208 4.6.4 */
    SPF_VOIDS_MAX = 2,    /* terms whose question has no answer */
    SPF_NAMES_MAX = 10,   /* names of one mx, and of ptr */
    SPF_TRACE_MAX = 400,  /* terms in the tree; the rest is counted */
    SPF_SIZE_ADVISED = 450, /* octets: RFC 7208 3.4 */
};

/* One record by itself. */
struct spf_lint {
    const char *flaw;        /* the first breach of the grammar, in our words; NULL: none */
    struct str flaw_term;    /* where; n 0: of the whole record */
    size_t flaw_at;          /* offset of that term, in octets */
    struct str all;          /* the first `all`; n 0: none */
    char all_qualifier;      /* + - ~ ?; 0: no `all` */
    struct str after_all;    /* the first mechanism behind it: never looked at */
    struct str redirect_beside_all; /* ignored */
    struct str ptr;          /* the first term ptr: RFC 7208 5.5 */
    struct str odd_macro;    /* the first of %{p}, %{c}, %{r}, %{t} */
    struct str other_modifier; /* the first that RFC 7208 does not know */
    size_t octets;
};

struct spf_question_seen {
    const char *name; /* as asked */
    enum spf_type type;
    struct dns_lookup lookup;
    size_t count; /* records */
    struct spf_question_seen *next;
};

enum spf_outcome { SPF_TERM_NO_MATCH = 0, SPF_TERM_MATCH, SPF_TERM_ERROR, SPF_TERM_WALKED /* a walk does not compare */ };

struct spf_record_seen;

struct spf_term_seen {
    struct str text;   /* as written */
    struct str target; /* its domain, macros expanded; n 0: none, or the record's own */
    enum spf_kind kind;
    enum spf_outcome outcome;
    bool not_expanded; /* a walk has no message: its macros stand for nothing */
    struct spf_question_seen *questions;
    struct spf_record_seen *record; /* include, redirect; NULL: not reached */
    struct spf_term_seen *next;
};

struct spf_record_seen {
    struct str domain;
    struct dns_lookup txt;
    size_t count;    /* SPF records among the TXT */
    struct str text; /* the first of them; n 0: none */
    struct spf_lint lint;
    enum spf_result result; /* UNCHECKED in a walk */
    struct spf_term_seen *terms; /* those that were looked at */
};

/* Where an evaluation or a walk broke off, or what decided. */
struct spf_place {
    struct str domain; /* whose record */
    struct str term;   /* n 0: the record as a whole */
};

/* One client address: check_host() of RFC 7208 4. */
struct spf_check_facts {
    struct ip ip;
    struct str local_part, domain, helo; /* of the sender, as checked */
    enum spf_result result;
    const char *reason;       /* of none, temperror, permerror, or neutral by default, in our words; else NULL */
    struct spf_place decided; /* by which term */
    struct str explanation;   /* of a fail, macros expanded; n 0: none */
    unsigned lookups, voids;  /* terms, up to where it ended */
    unsigned questions;       /* to the DNS */
    struct spf_record_seen *record;
    struct spf_question_seen *other_questions; /* for the explanation */
    size_t trace_left_out;
};

/* All that a record pulls in, whoever the client is. */
struct spf_walk_facts {
    bool wanted;
    struct spf_record_seen *record;
    unsigned lookups, voids; /* worst case, beyond the limit too */
    unsigned questions;
    bool incomplete;         /* a question has no answer, or there were too many */
    bool hit_limit;          /* that was one of our own, not the DNS */
    const char *incomplete_because;
    struct spf_place incomplete_at;
    const char *error;       /* the first permanent error other than a limit, in our words; NULL: none */
    struct spf_place error_at;
    struct spf_place too_many_names; /* an mx with more than SPF_NAMES_MAX; domain n 0: none */
    struct spf_place permits_all;    /* a `+all` that is reached; domain n 0: none */
    char all_qualifier;      /* of the `all` that ends it, behind redirects; 0: none */
    uint64_t ip4_permitted;  /* IPv4 addresses in its ip4 terms */
    bool ip6_permits_all;    /* ip6 terms cover ::/0 */
    size_t trace_left_out;
};

/* What stands at a domain. */
struct spf_facts {
    bool wanted;
    struct spf_walk_facts walk;
    struct dns_lookup type99; /* the withdrawn record type: RFC 7208 3.1 */
    struct spf_check_facts *checks; /* an address of the domain's MX hosts each, as postmaster@domain */
    size_t check_count;
};

#endif

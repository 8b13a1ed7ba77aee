/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spf - check_host(): may this address send for that domain? A machine that says which question to the DNS it needs
 * answered next, and ends in a result; no resolver, no clock, no malloc.
 *
 * Order of calls: spf_check_begin; then spf_check_want and spf_check_answer, until want gives a question without a name:
 *   the result stands in the facts.
 * Memory: the facts and what they point to live in the arena; so must, as long as the facts are used, the texts and
 *   names of the parameters and answers, as they are pointed to.
 * Limits: those of RFC 7208 4.6.4; SPF_TRACE_MAX terms are remembered; at most SPF_QUESTIONS_MAX questions.
 * Fails: never; without memory the result is temperror, and the arena knows.
 * Spec: RFC 7208.
 */
#ifndef WIRE_SPF_H
#define WIRE_SPF_H

#include "base/arena.h"
#include "wire/spf_record.h"

enum {
    SPF_FRAMES_MAX = SPF_LOOKUPS_MAX + 1,
    /* The record; SPF_LOOKUPS_MAX terms with SPF_NAMES_MAX names each; the names of the address; the explanation. */
    SPF_QUESTIONS_MAX = 1 + SPF_LOOKUPS_MAX * (1 + SPF_NAMES_MAX) + 1 + SPF_NAMES_MAX + 1,
};

struct spf_question {
    const char *name; /* lower case, no final dot, octets as in dns_read_name; NULL: no question is left */
    enum spf_type type;
};

/* Of the type asked for; an answer that is none has a status that says so, and no records. */
struct spf_answer {
    struct dns_lookup lookup;
    size_t count;             /* of records; of one type only one of these is set: */
    const struct str *texts;  /* TXT, strings joined */
    const struct ip *ips;     /* A, AAAA */
    const char *const *names; /* MX, PTR; as in dns_read_name */
};

struct spf_params {
    struct ip ip;        /* an IPv4-mapped IPv6 address counts as the IPv4 address */
    struct str sender;   /* of MAIL FROM, A-labels; without an `@`, a domain; n 0: the null sender, so that helo is checked */
    struct str helo;
    struct str receiver; /* %{r}; n 0: "unknown" */
    int64_t now_s;       /* %{t} */
};

enum spf_step {
    SPF_STEP_RECORD,
    SPF_STEP_TERM,
    SPF_STEP_TARGET,
    SPF_STEP_ADDRESS,
    SPF_STEP_MX,
    SPF_STEP_MX_HOST,
    SPF_STEP_PTR,
    SPF_STEP_PTR_HOST,
    SPF_STEP_EXP,
    SPF_STEP_EXP_RECORD,
    SPF_STEP_EXP_TEXT,
    SPF_STEP_DONE,
};

struct spf_frame { /* a record under evaluation: the domain's own, or an include's */
    struct str domain;
    struct spf_terms terms;
    struct spf_term redirect;      /* text n 0: none */
    struct str exp;                /* its domain-spec; n 0: none */
    struct spf_term term;          /* that is being looked at; text n 0: none */
    struct spf_term_seen *seen;    /* the same in the tree; NULL: not remembered */
    struct spf_record_seen *first, *record; /* in the tree; they differ behind a redirect */
    struct spf_term_seen **next_term;
    bool redirected;
};

struct spf_check {
    struct spf_check_facts *facts;
    struct arena *arena;
    struct spf_macro_values values;
    enum spf_step step;
    struct spf_question question;
    struct spf_question_seen **next_question; /* where the next is remembered; NULL: nowhere */
    struct spf_frame frames[SPF_FRAMES_MAX];
    size_t depth;
    size_t trace_used;
    struct str target;
    const char *const *names; /* of an mx */
    size_t name_count, name_at;
    bool ptr_known;
    enum spf_step after_ptr;
    bool ptr_is_void;
    const char *ptr_names[SPF_NAMES_MAX];
    bool ptr_valid[SPF_NAMES_MAX];
    size_t ptr_count, ptr_at;
    struct str explanation; /* macros as written */
};

void spf_check_begin(struct spf_check *c, const struct spf_params *params, struct spf_check_facts *facts, struct arena *arena);
struct spf_question spf_check_want(const struct spf_check *c);
void spf_check_answer(struct spf_check *c, const struct spf_answer *answer);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spf_walk - all that an SPF record pulls in, whoever the client may be: what it costs at worst, what is wrong in it or
 * in what it includes, and whom it permits.
 *
 * Order of calls: spf_walk_begin; then spf_walk_want and spf_walk_answer, until want gives a question without a name.
 * Memory: as spf.h. Limits: SPF_WALK_DEPTH_MAX records inside each other, SPF_WALK_QUESTIONS_MAX questions,
 *   SPF_RANGES_MAX ranges of IPv4 addresses (more are not counted), SPF_TRACE_MAX terms in the tree.
 * Fails: never; what could not be seen makes it incomplete.
 * Spec: RFC 7208 4.6.4, 11.1.
 */
#ifndef WIRE_SPF_WALK_H
#define WIRE_SPF_WALK_H

#include "wire/spf.h"

enum { SPF_WALK_DEPTH_MAX = 20, SPF_WALK_QUESTIONS_MAX = 100, SPF_RANGES_MAX = 1024 };

enum spf_walk_step { WALK_RECORD, WALK_TERM, WALK_A, WALK_AAAA, WALK_EXISTS, WALK_MX, WALK_DONE };

struct spf_walk_frame {
    struct str domain;
    struct spf_terms terms;
    struct spf_term term, redirect; /* text n 0: none */
    struct spf_term_seen *seen;
    struct spf_record_seen *record;
    struct spf_term_seen **next_term;
    bool permits; /* a pass here is one of the whole record */
    bool is_end;  /* the domain's own record, or behind its redirects */
};

struct spf_walk {
    struct spf_walk_facts *facts;
    struct arena *arena;
    struct str domain;
    enum spf_walk_step step;
    struct spf_question question;
    struct spf_question_seen **next_question; /* where the next is remembered; NULL: nowhere */
    struct spf_walk_frame frames[SPF_WALK_DEPTH_MAX];
    size_t depth; /* frames in use */
    size_t trace_used;
    struct str target;
    bool void_so_far;  /* no A */
    struct spf_range { /* of IPv4 addresses, sorted, apart */
        uint32_t first, last;
    } ranges[SPF_RANGES_MAX];
    size_t range_count;
};

/* `domain`: A-labels. */
void spf_walk_begin(struct spf_walk *w, struct str domain, struct spf_walk_facts *facts, struct arena *arena);
struct spf_question spf_walk_want(const struct spf_walk *w);
void spf_walk_answer(struct spf_walk *w, const struct spf_answer *answer);

/* The questions that a walk will have when it reads this answer about `domain`, one each in `next`, but for macros that
 * only it can expand; for those who would rather ask them at once. Their number; 0 of what is no single good record. */
size_t spf_walk_look_ahead(struct str domain, const struct spf_answer *txt, struct arena *arena, struct spf_question *next, size_t next_max);

#endif

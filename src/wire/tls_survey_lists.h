/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_survey_lists - what a survey can ask for, what it knows of each, and the hellos made of it. For tls_survey.c only.
 *
 * Memory: nothing is allocated but the lists of the facts, in the survey's arena.
 */
#ifndef WIRE_TLS_SURVEY_LISTS_H
#define WIRE_TLS_SURVEY_LISTS_H

#include "wire/tls_survey.h"

enum survey_mark { MARK_OPEN = 0, MARK_REFUSED, MARK_TAKEN };

/* Of the tables in facts/, as bits. */
enum { SUITES_MODERN = 1, SUITES_DHE = 2, SUITES_ECDHE_OLD = 4, SUITES_STATIC_RSA = 8, SUITES_BROKEN = 16, SUITES_ANONYMOUS = 32, SUITES_TLS13 = 64 };
enum { WITHOUT_DH = 128, WITH_DH = 256 }; /* only those whose keys are exchanged so, over finite fields */
enum { GROUPS_HYBRID = 1, GROUPS_PLAIN = 2, GROUPS_FFDHE = 4, GROUPS_TLS13 = 8, GROUPS_OLD = 16 };
enum {
    SUITES_AGEING = SUITES_ECDHE_OLD | SUITES_STATIC_RSA,
    SUITES_CERTIFIED = SUITES_MODERN | SUITES_DHE | SUITES_AGEING | SUITES_BROKEN,
    SUITES_ANY = SUITES_CERTIFIED | SUITES_ANONYMOUS | SUITES_TLS13,
    GROUPS_BELOW_TLS13 = GROUPS_PLAIN | GROUPS_OLD,
    GROUPS_IN_TLS13 = GROUPS_HYBRID | GROUPS_PLAIN | GROUPS_FFDHE | GROUPS_TLS13,
};

/* Marks as bits of `marks`: 1 << MARK_OPEN and so on. */
enum { ANY_MARK = 7, OPEN = 1 << MARK_OPEN, TAKEN = 1 << MARK_TAKEN };

/* Adds at most `max` suites that `version` can carry and whose mark there is among `marks`. */
void survey_add_suites(const struct tls_survey *s, struct survey_ask *ask, enum survey_version version, unsigned kinds, unsigned marks, size_t max);
/* marks: as known in TLS 1.3. */
void survey_add_groups(const struct tls_survey *s, struct survey_ask *ask, unsigned kinds, unsigned marks);
void survey_add_signatures(const struct tls_survey *s, struct survey_ask *ask, unsigned marks);
bool survey_has_suite(const struct tls_survey *s, enum survey_version version, unsigned kinds, unsigned marks);
bool survey_has_group(const struct tls_survey *s, unsigned kinds, unsigned marks);

void survey_take_suite(struct tls_survey *s, enum survey_version version, uint16_t number);
void survey_take_group(struct tls_survey *s, uint16_t number);
void survey_take_signature(struct tls_survey *s, uint16_t number);
/* Whatever was asked for and is still open. */
void survey_refuse_suites(struct tls_survey *s, enum survey_version version);
void survey_refuse_groups(struct tls_survey *s);
void survey_refuse_signatures(struct tls_survey *s);

unsigned survey_suite_kind(uint16_t number); /* 0: none of the table */
bool survey_is_hybrid(uint16_t group);
bool survey_suite_signs_with_rsa_over_curves(uint16_t number); /* ECDHE_RSA */
bool survey_list_has(const uint16_t *list, size_t count, uint16_t number);

size_t survey_write(const struct tls_survey *s, const struct survey_ask *ask, uint8_t out[TLS_HELLO_MAX_BYTES]);

#endif

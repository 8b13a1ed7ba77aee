/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_survey - which ClientHello to send next, to learn which versions, suites, groups and signatures a server takes, in
 * as few connections as it can be done: what the server chose is not offered again, until it refuses the rest.
 *
 * Order of calls: tls_survey_init; then send what tls_survey_next gives, on a connection of its own, and tell
 *   tls_survey_answer what came; until it gives nothing. tls_survey_stop where the caller ends it: the server asked to be
 *   left alone before TLS began, or time ran out. An answer of kind NONE tells that our side did not get to ask.
 * A refusal is an alert. A connection that is dropped or stays silent behind a hello is one only where the control hello
 *   is answered right after it, and then the same happens again: else nothing is told, or the survey ends.
 * Memory: a fixed struct of the caller's; lists of the facts lie in the arena. `sni` must outlive the survey.
 * Limits: SURVEY_HELLOS_DEFAULT or SURVEY_HELLOS_FULL hellos. Fails: without memory it ends, and the facts say so.
 * Spec: RFC 8446 4.1.1, RFC 5246 7.4.1, RFC 8996, RFC 7568, RFC 10024.
 */
#ifndef WIRE_TLS_SURVEY_H
#define WIRE_TLS_SURVEY_H

#include "base/arena.h"
#include "facts/hello.h"
#include "wire/tls_hello.h"

enum { SURVEY_HELLOS_DEFAULT = 15, SURVEY_HELLOS_FULL = 300, SURVEY_LARGE_HELLO_BYTES = 1600 };
enum { SURVEY_SUITES_PER_HELLO = 128, SURVEY_GROUPS = 48, SURVEY_SIGNATURES = 32 };

struct survey_ask {
    bool large, ssl2;
    enum survey_version newest, oldest;
    uint16_t suites[SURVEY_SUITES_PER_HELLO], groups[SURVEY_GROUPS], signatures[SURVEY_SIGNATURES];
    size_t suite_count, group_count, signature_count;
};

struct tls_survey {
    struct tls_survey_facts *facts;
    struct arena *arena;
    const char *sni;
    bool full, over;
    size_t hellos_max;
    uint8_t random[32];
    size_t at;                       /* the question that is asked, or asked next */
    struct survey_ask asked, control; /* control: a hello that was answered well */
    enum { SURVEY_SURE, SURVEY_ASKS_CONTROL, SURVEY_ASKS_AGAIN } doubt;
    enum tls_answer_kind doubted;    /* how the hello failed that is asked again */
    struct tls_answer first_large;   /* the failure of the first large hello */
    bool dropping_refuses, silence_refuses; /* learned */
    enum { PAIR_BOTH, PAIR_GROUPS, PAIR_SUITES } pair; /* what is open in the hello that asks for TLS 1.3 */
    bool pair_refused;               /* no open group with any open suite */
    bool curves_refused;             /* what is left of them below TLS 1.3 */
    uint8_t suites[SURVEY_VERSION_COUNT][SURVEY_ITEMS_MAX]; /* what is known of each, by its place in the table */
    uint8_t groups[SURVEY_GROUPS];   /* in TLS 1.3 */
    uint8_t signatures[SURVEY_SIGNATURES];
    uint8_t out[TLS_HELLO_MAX_BYTES];
};

/* `sni` NULL: no server name is sent. full: enumerate; else yes or no of each class and version. */
void tls_survey_init(struct tls_survey *s, struct tls_survey_facts *facts, struct arena *arena, const char *sni, bool full, const uint8_t random[32]);
/* The next hello, valid until the next call; n 0: the survey is over. */
struct str tls_survey_next(struct tls_survey *s);
void tls_survey_answer(struct tls_survey *s, const struct tls_answer *answer);
void tls_survey_stop(struct tls_survey *s, const char *why); /* `why` must live as long as the facts */

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hello facts - what hand-made ClientHellos and the server's first answers showed: which versions, suites, groups and
 * signature algorithms a server takes. Nothing was decrypted for it.
 *
 * Spec: RFC 8446 4.1, RFC 5246 7.4, RFC 6101 (SSLv3), RFC 7919 (groups for DHE).
 */
#ifndef FACTS_HELLO_H
#define FACTS_HELLO_H

#include "facts/tls.h"

enum { SURVEY_ITEMS_MAX = 256 };

enum survey_version { SURVEY_SSL3 = 0, SURVEY_TLS10, SURVEY_TLS11, SURVEY_TLS12, SURVEY_TLS13, SURVEY_VERSION_COUNT };

struct tls_survey_facts {
    bool begun;                                 /* the control hello went out */
    enum tri ssl2;
    enum tri versions[SURVEY_VERSION_COUNT];    /* UNKNOWN: not asked, or the answer told nothing */
    uint16_t *suites[SURVEY_VERSION_COUNT];     /* IANA numbers, as they were found; the first is the server's
                                                   choice of all; NULL: none */
    size_t suite_count[SURVEY_VERSION_COUNT];
    bool suites_complete[SURVEY_VERSION_COUNT]; /* asked until the server refused the rest */
    enum tri broken_suites, ageing_suites, dhe; /* taken where nothing else was offered */
    enum tri hybrid;                            /* a group with ML-KEM */
    uint16_t *groups;                           /* IANA numbers */
    size_t group_count;
    bool groups_complete;
    uint16_t *signatures;                       /* SignatureScheme numbers the server signed with, or took */
    size_t signature_count;
    unsigned dh_bits;                           /* of the modulus in a DHE exchange; 0: none seen */
    const char *dh_group;                       /* "ffdhe2048" and so on; NULL: another one */
    enum tri compression, renegotiation_info, extended_master_secret; /* TLS 1.2 and below */
    enum tri large_hello, short_hello;          /* of over 1600 octets with GREASE; a classic one, asked for when the other failed */
    enum tri server_order;                      /* the server picks by its own preference */
    size_t hellos;                              /* sent */
    const char *ended_by;                       /* why it ended early; NULL: complete */
};

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_server_model - a TLS server as a pure function: what it is set up to take, and a ClientHello, give its answer.
 * Memory: the caller's. Fails: a hello that is none fails the test.
 */
#ifndef TESTS_UNIT_WIRE_TLS_SERVER_MODEL_H
#define TESTS_UNIT_WIRE_TLS_SERVER_MODEL_H

#include "facts/hello.h"
#include "wire/tls_hello.h"

struct model_list {
    uint16_t items[SURVEY_ITEMS_MAX];
    size_t n;
};

struct tls_server_model {
    bool versions[SURVEY_VERSION_COUNT], ssl2;
    struct model_list suites[SURVEY_VERSION_COUNT]; /* in its order of preference */
    struct model_list groups13, groups_below, signatures;
    bool own_order;
    unsigned dh_bits;
    bool no_group_for_dhe;        /* breaks off when it has chosen such a suite */
    size_t hello_bytes_max;       /* larger ones are dropped; 0: any */
    enum tls_answer_kind refusal; /* ALERT, DROPPED, SILENT */
    int alert;
    bool deflate, renegotiation_info, extended_master_secret;
};

bool model_list_has(const struct model_list *list, uint16_t item);
struct tls_answer tls_server_model_answer(const struct tls_server_model *m, struct str hello);

#endif

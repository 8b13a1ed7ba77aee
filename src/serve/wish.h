/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wish - the body of POST /v1/checks.
 *
 * Memory: strings live in the request's arena; a password is there until wish_wipe. Limits: WISH_DEPTH levels of nesting,
 * REQUEST_BODY_BYTES. Fails: -1, and the answer is a problem; members that nobody knows are one.
 * Spec: RFC 8259.
 */
#ifndef SERVE_WISH_H
#define SERVE_WISH_H

#include "serve/request.h"

enum { WISH_DEPTH = 4, WISH_WORDS = 64, WISH_WAIT_S_MAX = 60, WISH_AGE_S_MAX = 3600 };

struct wish {
    struct work_order order;
    uint32_t max_age_s, wait_s;
    char *password;
    size_t password_bytes;
};

int wish_parse(struct request *q, struct wish *w, struct answer *a);
void wish_wipe(struct wish *w);

#endif

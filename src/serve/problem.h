/* SPDX-License-Identifier: Apache-2.0 */
/*
 * problem - answers that say no, each with a code that does not change.
 *
 * Memory: as of struct answer. Fails: never.
 * Spec: RFC 9457.
 */
#ifndef SERVE_PROBLEM_H
#define SERVE_PROBLEM_H

#include "serve/request.h"

enum problem {
    PROBLEM_NOT_FOUND = 0,
    PROBLEM_NO_SUCH_CHECK,
    PROBLEM_NO_SUCH_RUN,
    PROBLEM_METHOD,
    PROBLEM_PARAMETER,
    PROBLEM_JSON,
    PROBLEM_TARGET,
    PROBLEM_NOT_PUBLIC,
    PROBLEM_OPTED_OUT,
    PROBLEM_MEDIA_TYPE,
    PROBLEM_TOO_LARGE,
    PROBLEM_URI,
    PROBLEM_HEADERS,
    PROBLEM_EXPECTATION,
    PROBLEM_HOST,
    PROBLEM_CROSS_SITE,
    PROBLEM_KEY_REQUIRED,
    PROBLEM_KEY_UNKNOWN,
    PROBLEM_SCOPE,
    PROBLEM_AUTH_OFF,
    PROBLEM_DEEP_OFF,
    PROBLEM_CLIENT_LIMIT,
    PROBLEM_TARGET_LIMIT,
    PROBLEM_BUSY,
    PROBLEM_STOPPING,
    PROBLEM_NOT_OVER,
    PROBLEM_CANCELLED,
    PROBLEM_RUN_FAILED,
    PROBLEM_TIMEOUT,
    PROBLEM_INTERNAL,
    PROBLEM_COUNT,
};

const char *problem_code(enum problem p); /* "rate-limited-client" */
unsigned problem_status(enum problem p);  /* of HTTP */

/* Replaces the answer. The detail may hold text of the client; it is written safely. */
void problem_write(struct answer *a, enum problem p, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* The same, and when to come back. */
void problem_retry(struct answer *a, enum problem p, uint32_t after_s, const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif

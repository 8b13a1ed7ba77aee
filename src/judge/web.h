/* SPDX-License-Identifier: Apache-2.0 */
/*
 * web - what is said of the way to a file that was fetched over HTTPS: the TLS of its host, and its answer.
 *
 * Memory: details in the context's arena. Fails: never.
 * Spec: RFC 9110 15, RFC 9525 6, RFC 8461 3.3 (no redirects).
 */
#ifndef JUDGE_WEB_H
#define JUDGE_WEB_H

#include "judge/rules.h"

enum { WEB_HTTPS_PORT = 443 };

struct web_file {
    const char *what; /* "The policy" */
    const char *host;
    uint16_t port;
    const struct dns_lookup *a, *aaaa;
    const struct fetch_facts *fetch;
    size_t max_bytes;
};

/* Not applicable: there was no TLS, and web_answer says why. */
struct outcome web_tls(struct context *c, const struct web_file *file);
/* Behind web_tls. Pass: status 200, and the whole file. */
struct outcome web_answer(struct context *c, const struct web_file *file);

#endif

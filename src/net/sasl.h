/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sasl - the client's side of SMTP AUTH, by GNU SASL: PLAIN, LOGIN, CRAM-MD5, SCRAM-SHA-256.
 *
 * Order of calls: sasl_choose among what the server offers, sasl_new, sasl_step for each challenge, sasl_free.
 * Memory: the response is malloc'd inside and valid until the next call; secrets are wiped on free.
 * Fails: NULL without memory; SASL_BAD when the server's challenge or signature is wrong.
 * Spec: RFC 4954, RFC 4616, RFC 2195, RFC 7677; LOGIN as servers implement it.
 */
#ifndef NET_SASL_H
#define NET_SASL_H

#include "base/str.h"

struct sasl;
enum sasl_result { SASL_MORE, SASL_DONE, SASL_BAD };

/* The strongest mechanism we speak among the words of `offered` (the parameters of the AUTH keyword);
 * NULL: none. Without TLS only those that do not send the password are chosen, unless clear_allowed. */
const char *sasl_choose(struct str offered, bool in_tls, bool clear_allowed);

struct sasl *sasl_new(const char *mechanism, const char *user, const char *password, const char *host);
void sasl_free(struct sasl *s);
/* True when the mechanism speaks first, so that AUTH carries an initial response (RFC 4954 4). */
bool sasl_has_initial_response(const struct sasl *s);
/* `challenge`: base64 as it came; the response: base64 as it goes out ("=" for an empty initial one is the
 * dialogue's part). */
enum sasl_result sasl_step(struct sasl *s, struct str challenge, struct str *response);

#endif

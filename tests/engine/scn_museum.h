/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scn_museum - answers of servers older or newer than the TLS library: with SSLv3 and RC4, or with a hybrid group.
 *
 * The answer goes as far as a client can see without keys: ServerHello, ServerHelloDone; or a HelloRetryRequest.
 * Memory: none. Fails: never. Spec: RFC 6101 5.6, RFC 5246 7.4, RFC 8446 4.1.4, RFC 10024.
 */
#ifndef ENGINE_SCN_MUSEUM_H
#define ENGINE_SCN_MUSEUM_H

#include "base/buf.h"

/* `hello`: what the client has sent. False: it offers nothing as old as that. */
bool scn_museum_answer(struct str hello, struct buf *out);
/* False: it offers no X25519MLKEM768. */
bool scn_museum_retry(struct str hello, struct buf *out);
/* A ClientHello that says of itself that it is too large for what stands before some servers. */
bool scn_museum_is_large(struct str hello);

#endif

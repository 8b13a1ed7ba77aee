/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scn_museum - answers of servers that still speak SSLv3 and RC4, which the TLS library does not.
 *
 * The answer goes as far as a client can see without keys: ServerHello, ServerHelloDone.
 * Memory: none. Fails: never. Spec: RFC 6101 5.6, RFC 5246 7.4.
 */
#ifndef ENGINE_SCN_MUSEUM_H
#define ENGINE_SCN_MUSEUM_H

#include "base/buf.h"

/* `hello`: what the client has sent. False: it offers nothing as old as that. */
bool scn_museum_answer(struct str hello, struct buf *out);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scn_play - the server's side of one connection of a scenario, as a machine without socket and clock:
 * bytes and events in, bytes and wishes out. TLS is OpenSSL's, through memory.
 *
 * Order of calls: play_new; then, in a loop, look at play_want and do it:
 *   SEND   send what play_take gives
 *   WAIT   after wait_ms, call play_woken; bytes may be fed meanwhile
 *   READ   wait for bytes and feed them
 *   CLOSE  close in an orderly way (FIN)      RESET  reset (RST)
 * play_feed at any time but after CLOSE and RESET. play_free at any time.
 * The healthy server is polite and strict: it closes when the client speaks before the greeting,
 * pipelines where that was not offered, or ends a line without CR.
 * Each reaction of the service that begins is marked as having happened.
 * Memory: its own, by malloc. Limits: PLAY_IN_MAX_BYTES unread.
 * Fails: play_new gives NULL without memory; a TLS that cannot be set up ends the connection, and
 * play_error says why.
 * Spec: RFC 5321, RFC 2920, RFC 3207, RFC 8446 6.2.
 */
#ifndef ENGINE_SCN_PLAY_H
#define ENGINE_SCN_PLAY_H

#include <openssl/ssl.h>

#include "scn_world.h"

enum { PLAY_IN_MAX_BYTES = 256 * 1024 };

enum play_wish { PLAY_SEND, PLAY_WAIT, PLAY_READ, PLAY_CLOSE, PLAY_RESET };

struct play_want {
    enum play_wish wish;
    int64_t wait_ms;
};

struct play;

/* `number`: this is the n-th connection to the service. `tls` is used when a handshake begins. */
struct play *play_new(const struct scn_service *service, unsigned number, SSL_CTX *tls);
void play_free(struct play *p);

struct play_want play_want(const struct play *p);
struct str play_take(struct play *p); /* valid until the next call */
void play_woken(struct play *p);
void play_feed(struct play *p, const void *bytes, size_t n);

const char *play_error(const struct play *p); /* our own trouble; NULL: none */

#endif

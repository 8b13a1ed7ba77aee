/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session - one connection to a mail server, from SYN to QUIT: the only place where the dialogue,
 * the transport and TLS meet.
 *
 * Order of calls: session_start; exactly one callback when the facts are complete, after which the
 *   session is gone; or session_cancel, after which none comes.
 * Memory: the session is malloc'd and frees itself after the callback; facts live in the arena.
 * Limits: see limits.h; the steps' own are in wire/smtp_dialogue.c.
 * Fails: NULL without memory. Everything else is a fact.
 */
#ifndef PROBE_SESSION_H
#define PROBE_SESSION_H

#include "net/loop.h"
#include "net/tls.h"
#include "net/transport.h"
#include "wire/smtp_dialogue.h"
#include "wire/tls_hello.h"

struct session;

/* Instead of a handshake: `bytes` go out where TLS begins, the reader hears what comes back, and the connection is closed
 * behind it. Answer NONE: it did not come to that, and the facts say why; else they end in END_TLS_FAILED, and in
 * CLOSED, RESET or TIMEOUT where nothing was said (DROPPED, SILENT). tls_facts stay empty.
 * With `observe` it is the same, but where the server shows all that TLS 1.2 shows in clear: then the tls_facts say so,
 * and the end is END_OBSERVED. */
struct session_hello {
    struct str bytes;
    struct tls_hello_reader reader;
};

struct session_net {
    struct loop *loop;
    struct dialer *dialer;
    struct tls_context *tls;
};

struct session_params {
    struct ip ip;
    uint16_t port;
    const char *name;        /* SNI, and what the certificate is compared with */
    const char *sni;         /* another name for SNI; NULL: `name` */
    enum tls_profile tls_profile;
    struct smtp_plan smtp;
    int64_t connect_timeout_ms;
    int64_t total_timeout_ms; /* 0: LIMIT_CONNECTION_MS */
    const char *auth_user, *auth_password; /* with smtp.auth */
    bool auth_in_clear;      /* --allow-cleartext-auth */
    struct session_hello *hello; /* NULL: a handshake */
    bool observe;            /* no handshake, but a hello of our own making whose answer gives the tls_facts */
};

struct session_callbacks {
    void (*heard_ehlo)(void *arg); /* the first complete EHLO is in the facts; NULL: nobody asks */
    void (*done)(void *arg);
    void *arg;
};

/* `params` is copied; what it points to must outlive the session. */
struct session *session_start(const struct session_net *net, const struct session_params *params, struct session_facts *facts, struct arena *arena,
                              const struct session_callbacks *callbacks);
void session_cancel(struct session *s); /* says nothing more, closes at once */
const char *session_waits_for(const struct session *s); /* "greeting"; for the progress line */
struct mono session_waits_since(const struct session *s);

#endif

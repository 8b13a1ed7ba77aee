/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transport_scripted - the transport for tests: a peer written in C instead of a kernel.
 *
 * Order of calls: scripted_dialer_new; scripted_serve for each address and port with a peer; run
 *   the code under test on the same (virtual) loop; dialer_free. An address without a peer never
 *   answers, unless scripted_serve_others gives them one.
 * The peer's callbacks run from the loop, never inside a call of the code under test. on_close is the last one
 *   of a connection that was open; after it the peer must not use the connection.
 * Memory: what is said is copied; connections go after on_close or with the dialer, and by then the code under
 *   test must have closed. Fails: NULL or -1 without memory.
 */
#ifndef NET_TRANSPORT_SCRIPTED_H
#define NET_TRANSPORT_SCRIPTED_H

#include "net/transport.h"

struct scripted_connection; /* the peer's end of one connection */

struct scripted_peer {
    /* How a dial is answered: OPEN, REFUSED, UNREACHABLE or TROUBLE; with `never`, not at all. */
    enum transport_event connect;
    bool never;
    int error; /* of a dial that fails; 0: the usual one of its event */
    int64_t connect_delay_ms;
    void (*on_open)(struct scripted_connection *c, void *arg); /* NULL: none */
    void (*on_data)(struct scripted_connection *c, const uint8_t *bytes, size_t n, void *arg);
    void (*on_close)(struct scripted_connection *c, void *arg); /* the code under test closed */
    void *arg;
};

struct dialer *scripted_dialer_new(struct loop *l);
int scripted_serve(struct dialer *d, struct ip ip, uint16_t port, const struct scripted_peer *peer);
void scripted_serve_others(struct dialer *d, const struct scripted_peer *peer); /* wherever none is served when it is dialled */
size_t scripted_dial_count(const struct dialer *d, struct ip ip, uint16_t port);
size_t scripted_connection_count(const struct dialer *d); /* dialled and not gone yet, lingering ones too */

/* The peer speaks: each arrives at the code under test as one event, delay_ms from now but never before what was
 * said earlier. Nothing arrives after an end. */
void scripted_say(struct scripted_connection *c, int64_t delay_ms, const void *bytes, size_t n);
void scripted_end(struct scripted_connection *c, int64_t delay_ms, enum transport_event how); /* EOF or RESET */
/* Room for the peer's own state; NULL at first. */
void scripted_set_state(struct scripted_connection *c, void *state);
void *scripted_state(struct scripted_connection *c);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sharing - what one server showed, for all jobs of a process: a server that many domains use is connected to once.
 *
 * A server is one port of one address, asked for by one name. Who asks first leads: he makes the connections, and the others
 * wait for him. The name alone makes no other server of it where it was not used (nobody opened the connection, or it ended
 * before TLS), or where two names were sent the same certificates: then further names that these are made out to are taken to
 * be sent them, too.
 * Facts are kept for a while that hangs on what they are; what is our own trouble is kept for nobody.
 * Order of calls: sharing_new; for each endpoint sharing_ask, until it is not told to WAIT; who leads fills `server` and calls
 *   sharing_tell, or sharing_fail when he cannot; sharing_leave when the facts are not used any more; sharing_free when nobody uses any.
 * Memory: the place is the caller's and stays put until sharing_leave; facts live in the server's own arena as long as somebody uses
 *   them, then until room is needed.
 * Limits: LIMIT_SHARED_BYTES of facts that nobody uses, the longest unused go first; LIMIT_SHARED_SERVER_BYTES of one server.
 * Fails: sharing_new NULL. Without memory everybody leads a server of his own, or fails with `server` NULL.
 */
#ifndef PROBE_SHARING_H
#define PROBE_SHARING_H

#include "base/arena.h"
#include "facts/endpoint.h"
#include "net/loop.h"

struct shared_address;

struct shared_server {
    struct arena arena;
    const char *name;               /* that was asked for */
    struct session_facts *sessions; /* the leader's, in this arena */
    size_t session_count;
    /* sharing's own: */
    struct shared_address *address; /* NULL: nobody new will get it */
    struct shared_server *next;     /* of the address, the newest first */
    struct shared_server *longer_unused, *shorter_unused;
    struct mono expires;
    size_t users;
    bool is_known, for_any_name;
};

struct sharing_key {
    struct ip ip;
    uint16_t port;
    enum tls_mode tls_mode;
    bool is_submission; /* who submits is not tested for relaying */
    bool proven;        /* what was only observed of TLS is not enough */
    const char *name;   /* sent as SNI */
};

struct sharing;
struct sharing_place {
    struct shared_server *server; /* that is used or led; NULL: none */
    struct shared_address *waits_for;
    struct sharing_place *next, **previous; /* of those that wait for the same */
    void (*again)(void *arg);
    void *arg;
};

enum sharing_answer {
    SHARING_KNOWN, /* `server` holds the facts */
    SHARING_WAIT,  /* `again` comes, from within a call of another one: it must not call back at once */
    SHARING_LEAD,  /* `server` waits for facts; NULL without memory */
};

struct sharing *sharing_new(struct loop *l);
void sharing_free(struct sharing *s);
enum sharing_answer sharing_ask(struct sharing *s, struct sharing_place *place, const struct sharing_key *key, void (*again)(void *arg), void *arg);
void sharing_tell(struct sharing *s, struct sharing_place *place);  /* the leader's facts are complete */
void sharing_fail(struct sharing *s, struct sharing_place *place);  /* they will never be; another one leads */
void sharing_leave(struct sharing *s, struct sharing_place *place); /* idle ones too; of a leader it is a fail */

#endif

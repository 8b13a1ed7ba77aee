/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pace - when a connection may begin, where one process tests servers of many domains: nobody is asked more at once, or more
 * often, than he would take it well.
 *
 * A connection belongs to its address, to the address's network (/24 of IPv4, /48 of IPv6) and to an operator, which may not
 * be known; each of these takes so many at once, and some time between them. One that puts us off is given twice the time
 * after each such answer, and half of it after each other one. That nobody listens at an address says nothing of its neighbours.
 * Order of calls: pace_new; pace_wait; `begin` once, from the loop, when it may begin; pace_end when it is over; pace_free when
 *   no turn is left. pace_cancel at any time instead, then no `begin` comes.
 * Memory: the turn is the caller's and stays put until its end. A group is kept until its time is over.
 * Limits: those given. Fails: pace_new NULL; without memory a turn is as if its group had no limits.
 */
#ifndef PROBE_PACE_H
#define PROBE_PACE_H

#include "base/ip.h"
#include "net/loop.h"

struct pace_limits {
    unsigned per_network, per_operator; /* connections at once; to an address it is one; 0: any number */
    int64_t apart_ms;                   /* from the end of one connection to an address to the beginning of the next, give or take a quarter */
    int64_t apart_ms_max;               /* of a group that puts us off */
};

enum { PACE_GROUPS = 3, PACE_APART_FIRST_MS = 1000 /* of a group that puts us off for the first time */ };

enum pace_answer {
    PACE_SERVED = 0,
    PACE_CLOSED,  /* the connection was refused */
    PACE_PUT_OFF, /* the server wants fewer connections */
};

struct pace;
struct pace_group;

struct pace_turn {
    struct pace *pace;                                 /* NULL: idle */
    struct pace_group *groups[PACE_GROUPS], *waits_in; /* waits_in: in this one's queue; NULL: in none */
    struct pace_turn *next, **previous;                /* of the queue */
    bool has_begun;
    struct timer timer;
    void (*begin)(void *arg);
    void *arg;
};

struct pace *pace_new(struct loop *l, const struct pace_limits *limits);
void pace_free(struct pace *p);
/* `operator` NULL: not known. */
void pace_wait(struct pace *p, struct pace_turn *t, struct ip ip, const char *operator, void (*begin)(void *arg), void *arg);
void pace_end(struct pace_turn *t, enum pace_answer answer);
void pace_cancel(struct pace_turn *t); /* idle ones too; one that has begun counts as over */

#endif

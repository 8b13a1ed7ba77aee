/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deal - which worker a name goes to: names whose mail goes to the same servers, or to servers that must not be asked too often
 * together, have one key.
 *
 * The key is the operator of the best mail host (its organisational domain, as probe/pace.h counts). A host that lies in the
 * organisation of the name itself, or none, tells nothing of who runs it: then the key is the network (/24 of IPv4, /48 of IPv6)
 * of the host's lowest address, of IPv6 where it has no other. Where that is not found out, the key is the name's own.
 * Order of calls: deal_start; one callback, or none after deal_cancel. No callback runs inside deal_start.
 * Memory: the caller's struct, which stays put until callback or cancel. Limits: DEAL_MS for each of three questions.
 * Fails: never; without memory the key is the name's own.
 */
#ifndef BULK_DEAL_H
#define BULK_DEAL_H

#include "net/resolver.h"

enum { DEAL_MS = 5000 };

struct deal {
    struct resolver *resolver;
    struct query query;
    struct arena arena;
    const char *name, *host; /* whose mail it is; where it goes */
    struct timer no_memory;
    void (*done)(void *arg, uint64_t key);
    void *arg;
};

/* text: a domain that net/names.h reads. */
void deal_start(struct deal *d, struct loop *l, struct resolver *r, const char *text, void (*done)(void *arg, uint64_t key), void *arg);
void deal_cancel(struct deal *d); /* idle ones too */

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_world - the world that a prober sees, as an input describes it: scripted DNS, scripted servers, virtual time.
 *
 * The input: options; rows of the DNS; how each address answers a connection; then, for each time that a server hears
 * something or accepts a connection, what it does. Behind the end of the input all is healthy: good.test has two hosts.
 * Order of calls: world_init once; world_open, the job, world_close.
 * Memory: the caller's struct. Fails: never; without memory the process ends.
 */
#ifndef TESTS_FUZZ_FUZZ_WORLD_H
#define TESTS_FUZZ_FUZZ_WORLD_H

#include "fuzz.h"
#include "net/fetch_scripted.h"
#include "net/resolver_scripted.h"
#include "net/transport_scripted.h"
#include "probe/prober.h"

enum { WORLD_ADDRESSES = 5, WORLD_CONTROLS = 2 };

struct world_address {
    struct world *world;
    struct ip ip;
    bool busy;     /* a connection is open and no QUIT was heard on it */
    bool real_tls; /* a handshake is answered by OpenSSL; without it, by the input */
};

struct world {
    struct fuzz input;
    struct loop *loop;
    struct prober prober;
    struct ip_network public_networks[2];
    uint16_t ports[3];
    struct world_address addresses[WORLD_ADDRESSES];
    unsigned open, busy; /* connections now; those without the ones that part */
};

void world_init(void);
/* Returns the first octet of the input: what kind of job is wanted. */
unsigned world_open(struct world *w, const uint8_t *bytes, size_t n);
void world_close(struct world *w);

#endif

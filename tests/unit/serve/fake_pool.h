/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_pool - worker/pool.h as far as the registry of runs uses it: orders end when the test says so, the first one first.
 *
 * Memory: the works are the callers'. Limits: FAKE_POOL_WORKS. Fails: when the test says so.
 */
#ifndef TESTS_FAKE_POOL_H
#define TESTS_FAKE_POOL_H

#include "worker/pool.h"

enum { FAKE_POOL_WORKS = 64 };

extern struct fake_pool {
    struct work *works[FAKE_POOL_WORKS];
    size_t count, starts, cancelled;
    bool fails;
    struct str brief; /* of every order that is done */
} fake_pool;

void fake_pool_reset(void);
void fake_pool_step(const char *waits_for);
void fake_pool_done(const char *status, const char *json);
void fake_pool_lost(void);

#endif

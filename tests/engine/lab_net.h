/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lab_net - a network namespace of our own in which every address of a world is this machine's.
 *
 * Whole networks are routed to lo, so no address needs to be added but the client's; connections from
 * here to the world come from the client's address.
 * Fails: -1, and why in `error`.
 */
#ifndef ENGINE_LAB_NET_H
#define ENGINE_LAB_NET_H

#include <stdbool.h>
#include <stddef.h>

/* This process moves into the namespace; *in_user_namespace tells whether one was needed. */
int lab_net_enter(bool *in_user_namespace, char *error, size_t error_bytes);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resolver_config - a libunbound context set up for our use.
 *
 * Memory: the context is the caller's; ub_ctx_delete, but never from inside a callback of libunbound.
 * Limits: RESOLVER_FORWARDERS_MAX addresses; caches grow on demand up to their caps; as many sockets
 *   at once as half of the process's descriptors.
 * Fails: NULL or -1 with a message in `error`.
 * Spec: RFC 4033 to 4035; RFC 6303, RFC 6761 (names kept local); resolv.conf(5).
 */
#ifndef NET_RESOLVER_CONFIG_H
#define NET_RESOLVER_CONFIG_H

#include "net/resolver.h"

enum { RESOLVER_FORWARDERS_MAX = 8, RESOLVER_FORWARDER_BYTES = 80 };

struct forwarder_list {
    char addresses[RESOLVER_FORWARDERS_MAX][RESOLVER_FORWARDER_BYTES]; /* "192.0.2.1" or "192.0.2.1@53" */
    size_t count; /* 0: own recursion */
};

struct event_base;
struct ub_ctx;

struct ub_ctx *resolver_context_new(struct event_base *base, const struct resolver_params *params, const struct forwarder_list *forwarders, char *error, size_t error_bytes);

size_t resolver_questions_at_once(void); /* that there are descriptors for */

/* The nameserver lines of a file in the form of /etc/resolv.conf; without one, this machine. */
int resolver_read_resolv_conf(const char *file, struct forwarder_list *forwarders, char *error, size_t error_bytes);
/* False when the list is full or the text too long. */
bool forwarder_list_add(struct forwarder_list *forwarders, struct str address);

#endif

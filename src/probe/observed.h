/* SPDX-License-Identifier: Apache-2.0 */
/*
 * observed - whether what was seen of a handshake in clear is enough, or must be proven by a handshake of our own.
 *
 * One call. Memory: none. Fails: never.
 * It never says that something is wrong: it asks for proof of all that somebody could be accused of, and of what is not
 * what most servers have.
 */
#ifndef PROBE_OBSERVED_H
#define PROBE_OBSERVED_H

#include "facts/tls.h"

bool observed_is_enough(const struct tls_facts *tls, struct wall now);

#endif

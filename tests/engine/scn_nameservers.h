/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scn_nameservers - where one of the two name servers of a zone does not do what the other does.
 *
 * Memory: none. Fails: a message that is no question is nobody's difference.
 */
#ifndef ENGINE_SCN_NAMESERVERS_H
#define ENGINE_SCN_NAMESERVERS_H

#include "base/buf.h"
#include "scn_world.h"

/* True when this server answers (or says nothing) in its own way; false: as every other does. */
bool scn_nameserver_answers(const struct scn_world *w, struct ip server, const void *message, size_t n, bool over_udp, struct buf *answer);
/* What all servers say when they are asked directly, without signatures. Nothing: there is no such zone, or it is dead. */
void scn_nameserver_plain(const struct scn_world *w, const void *message, size_t n, struct buf *answer);

#endif

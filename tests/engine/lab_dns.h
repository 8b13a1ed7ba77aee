/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lab_dns - the name servers of a world, as a machine without sockets: a question in, an answer out.
 * Zones are made and signed by ldns when it starts.
 *
 * Every zone is in every server, as if root and domains had the same two servers. A zone that is dead
 * is only delegated, one that is absent is nowhere.
 * Memory: its own. Fails: NULL or -1, and why in `error`.
 * Spec: RFC 1034 4.3.2, RFC 4035 3.1, RFC 6891. No wildcards.
 */
#ifndef ENGINE_LAB_DNS_H
#define ENGINE_LAB_DNS_H

#include "base/buf.h"
#include "base/clock.h"
#include "scn_world.h"

struct lab_dns;

struct lab_dns *lab_dns_new(const struct scn_world *w, struct wall now, char error[static SCN_ERROR_BYTES]);
void lab_dns_free(struct lab_dns *d);

/* What a resolver needs to start: hints and the root's key. */
int lab_dns_write_root(const struct lab_dns *d, const char *hints_path, const char *anchor_path, char error[static SCN_ERROR_BYTES]);
/* Appends the answer; nothing when the message is no question. Over UDP it is cut to what the client takes. */
void lab_dns_answer(const struct lab_dns *d, const void *message, size_t n, bool over_udp, struct buf *answer);
/* Appends the packet of libldns; one that is longer than the limit is emptied and marked as cut (RFC 2181 9). */
struct ldns_struct_pkt;
void lab_dns_write(struct ldns_struct_pkt *packet, size_t limit, struct buf *answer);

#endif

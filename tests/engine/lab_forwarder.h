/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lab_forwarder - the resolvers of the lab that clients can be told to ask. They hold nothing back for later and
 * validate nothing; what they do to the answers of name servers is what each is there for.
 *
 * Order: any; each call stands alone.
 * Memory: the answer is appended to the caller's buffer.
 * Limits: over UDP an answer is cut to what the client takes.
 * Fails: a message that is no question gets no answer.
 * Spec: RFC 1034 5.3.1, RFC 5625.
 */
#ifndef ENGINE_LAB_FORWARDER_H
#define ENGINE_LAB_FORWARDER_H

#include "lab_dns.h"

void lab_forward(const struct scn_world *w, const struct lab_dns *dns, enum scn_resolver how, const void *message, size_t n, bool over_udp, struct buf *answer);

#endif

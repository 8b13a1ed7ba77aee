/* SPDX-License-Identifier: Apache-2.0 */
/*
 * authority_scripted - the asker for tests: name servers are a function, in virtual time.
 *
 * Order of calls: as net/authority.h says. Memory: the answer is copied. Fails: NULL without memory.
 */
#ifndef NET_AUTHORITY_SCRIPTED_H
#define NET_AUTHORITY_SCRIPTED_H

#include "base/buf.h"
#include "net/authority.h"

/* Appends the server's answer; none: it is silent. */
typedef void authority_script(void *arg, struct ip server, bool over_tcp, const char *name, enum dns_type type, struct buf *answer);

struct authority_asker *scripted_authority_asker_new(struct loop *l, authority_script *script, void *arg);
void scripted_authority_delay(struct authority_asker *a, int64_t delay_ms); /* of every answer from now on */

#endif

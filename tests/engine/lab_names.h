/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lab_names - the name servers of a world on real sockets, UDP and TCP.
 *
 * Order of calls: as lab_mail. Memory: its own. Fails: NULL, and why in `error`.
 */
#ifndef ENGINE_LAB_NAMES_H
#define ENGINE_LAB_NAMES_H

#include <event2/event.h>

#include "lab_dns.h"

struct lab_names;

struct lab_names *lab_names_new(struct event_base *base, const struct scn_world *w, const struct lab_dns *dns, char error[static SCN_ERROR_BYTES]);
void lab_names_free(struct lab_names *names);

#endif

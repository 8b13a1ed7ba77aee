/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lab_mail - the mail servers of a world on real sockets: for each connection one scn_play.
 *
 * Order of calls: lab_mail_new binds everything, so that clients may connect from then on and are
 * served while the event_base runs; lab_mail_free closes all.
 * Memory: its own. Limits: descriptors, one for each open port and connection.
 * Fails: NULL, and why in `error`. A connection that fails is closed.
 */
#ifndef ENGINE_LAB_MAIL_H
#define ENGINE_LAB_MAIL_H

#include <event2/event.h>

#include "scn_pki.h"

struct lab_mail;

struct lab_mail *lab_mail_new(struct event_base *base, const struct scn_world *w, struct scn_pki *pki, char error[static SCN_ERROR_BYTES]);
void lab_mail_free(struct lab_mail *lab);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smtp_ehlo - the meaning of an EHLO reply: host name and capabilities.
 *
 * Memory: slices point into the reply; the list lives in the arena. Limits: as many capabilities as
 *   the reply has lines. Fails: never; with a full arena nothing
 *   was heard, as an empty list would say that nothing is offered.
 * Spec: RFC 5321 4.1.1.1; keywords are compared without case.
 */
#ifndef WIRE_SMTP_EHLO_H
#define WIRE_SMTP_EHLO_H

#include "base/arena.h"
#include "facts/smtp.h"

/* Fills hostname and capabilities of a complete 250 reply; of any other, nothing. */
void smtp_ehlo_parse(struct smtp_ehlo *ehlo, struct arena *arena);

/* The capability with this keyword, or NULL. */
const struct smtp_capability *smtp_ehlo_find(const struct smtp_ehlo *ehlo, const char *keyword);

#endif

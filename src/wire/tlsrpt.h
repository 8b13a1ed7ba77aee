/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tlsrpt - the TXT record that says where reports about TLS go.
 *
 * Memory: in the arena or static; URIs point into the text. Limits: TLS_RPT_DESTINATIONS_MAX destinations.
 * Fails: without memory there are no destinations; the arena knows.
 * Spec: RFC 8460 3, RFC 3986 3, RFC 6068 2.
 */
#ifndef WIRE_TLSRPT_H
#define WIRE_TLSRPT_H

#include "base/arena.h"
#include "facts/policy.h"

bool tls_rpt_is_record(struct str txt);
/* Fills record.flaw, destinations and their count: uri, kind, host. */
void tls_rpt_parse_record(struct str txt, struct arena *arena, struct tls_rpt_facts *facts);

#endif

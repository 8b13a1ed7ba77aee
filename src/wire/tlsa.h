/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tlsa - the data of one TLSA record.
 *
 * Memory: nothing is allocated; `data` points into the rdata. Limits: those of the rdata.
 * Fails: never; what is wrong is the record's flaw. Whether data of matching type 0 is DER is not looked at here.
 * Spec: RFC 6698 2.1, RFC 7671 5.
 */
#ifndef WIRE_TLSA_H
#define WIRE_TLSA_H

#include "facts/dane.h"

struct tlsa_record tlsa_read(struct str rdata);

#endif

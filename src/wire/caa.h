/* SPDX-License-Identifier: Apache-2.0 */
/*
 * caa - the data of one CAA record.
 *
 * Memory: nothing is allocated; texts point into the rdata. Limits: those of the rdata.
 * Fails: never; a malformed record has no tag, and an issuer that breaks the grammar is none (RFC 8659 4.2).
 * Spec: RFC 8659 4.1, 4.2.
 */
#ifndef WIRE_CAA_H
#define WIRE_CAA_H

#include "facts/caa.h"

struct caa_record caa_read(struct str rdata);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bimi - the assertion record of BIMI.
 *
 * Memory: slices of the text. Limits: HTTPS_URL_MAX for a URL. Fails: never; what is wrong is the record's flaw.
 * Spec: draft-brand-indicators-for-message-identification 4.2.
 */
#ifndef WIRE_BIMI_H
#define WIRE_BIMI_H

#include "facts/bimi.h"

/* The first tag is `v`, its value BIMI1. */
bool bimi_is_record(struct str txt);
/* Fills `declined`, the URLs of both files and the record's flaw. */
void bimi_parse(struct str txt, struct bimi_facts *facts);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mtasts - the TXT record and the policy file of MTA-STS.
 *
 * Memory: everything in the arena or static; texts point into what was given. Limits: MTA_STS_MX_MAX patterns are
 *   kept, the rest is counted. Fails: without memory there are no patterns; the arena knows.
 * Spec: RFC 8461 3.1 (record), 3.2 (policy; its erratum 6253: lines end in LF or CRLF), 4.1 (patterns).
 */
#ifndef WIRE_MTASTS_H
#define WIRE_MTASTS_H

#include "base/arena.h"
#include "facts/policy.h"

bool mta_sts_is_record(struct str txt);
/* *flaw: what makes the record invalid, in our words; NULL: valid. *id: NULL when there is none that is good. */
void mta_sts_parse_record(struct str txt, struct arena *arena, const char **id, const char **flaw);

bool mta_sts_is_id(struct str id);

/* Of doubled fields the first counts, except for `mx`; fields without meaning to us are left aside. */
void mta_sts_parse_policy(struct str body, struct arena *arena, struct mta_sts_policy *policy);

/* `*.` stands for exactly one label; without regard to case. */
bool mta_sts_pattern_matches(struct str pattern, struct str host);

#endif

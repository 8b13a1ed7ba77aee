/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sts - which policy of MTA-STS holds for the domain: for a sender that has none in its cache, and for one that has; from facts.
 *
 * Memory: none. Fails: never.
 * Spec: RFC 8461 3.1 to 3.3 (record, file, fetch), 5.1 (what is cached).
 */
#ifndef JUDGE_STS_H
#define JUDGE_STS_H

#include "facts/facts.h"

enum sts_state {
    STS_NOT_KNOWN = 0, /* it was not asked for, or we could not get it */
    STS_NONE,          /* no valid record, or no valid policy behind it */
    STS_MODE_NONE,
    STS_TESTING,
    STS_ENFORCE,
};

enum sts_state sts_state(const struct facts *f);
/* True when a sender that keeps mta_sts.cached still goes by it. */
bool sts_cache_holds(const struct facts *f);
enum sts_state sts_state_cached(const struct facts *f); /* of such a sender */

#endif

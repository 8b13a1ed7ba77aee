/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sts - which policy of MTA-STS holds for the domain, for a sender that has none in its cache; from facts.
 *
 * Memory: none. Fails: never.
 * Spec: RFC 8461 3.1 to 3.3 (record, file, fetch).
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

#endif

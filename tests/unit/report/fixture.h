/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fixture - reports made by hand, one for each kind of domain a report must be able to show. Facts and judgement are
 * both written here, so that what is tested is the writing alone.
 *
 * Memory: the caller's arena. Fails: never; out of memory ends the process.
 */
#ifndef TESTS_REPORT_FIXTURE_H
#define TESTS_REPORT_FIXTURE_H

#include "report/report.h"

struct fixture {
    const char *name;
    void (*make)(struct arena *a, struct report *out);
};

extern const struct fixture fixtures[];
extern const size_t fixture_count;

struct report fixture_make(struct arena *a, const char *name);

#endif

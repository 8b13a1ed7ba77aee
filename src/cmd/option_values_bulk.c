/* SPDX-License-Identifier: Apache-2.0 */
/* option_values_bulk - the setters of what is of `bulk` alone; see option_values.h. */
#include <stdio.h>
#include <string.h>

#include "cmd/option_values.h"

enum { SHARDS_MAX = 100000, RATE_MAX = 1000000, IN_FLIGHT_MAX = 100000, DEADLINE_S_MAX = 365 * 24 * 3600, RETRY_S_MAX = 7 * 24 * 3600, MS_PER_S = 1000 };

static int number(const char *value, uint64_t max, uint64_t *n, struct option_problem *problem)
{
    if (str_number(str_of(value), max, n) && *n > 0)
        return 0;
    snprintf(problem->text, sizeof problem->text, "'%.40s' is not a number from 1 to %llu", value, (unsigned long long)max);
    return -1;
}

int set_resume(struct options *o, const char *value, struct option_problem *problem)
{
    (void)value, (void)problem;
    o->bulk.resume = true;
    return 0;
}

int set_column(struct options *o, const char *value, struct option_problem *problem)
{
    if (!*value) {
        snprintf(problem->text, sizeof problem->text, "no column is named");
        return -1;
    }
    o->bulk.column = value;
    return 0;
}

int set_rejects(struct options *o, const char *value, struct option_problem *problem)
{
    (void)problem;
    o->bulk.rejects_file = value;
    return 0;
}

int set_summary(struct options *o, const char *value, struct option_problem *problem)
{
    (void)problem;
    o->bulk.summary_file = value;
    return 0;
}

int set_shard(struct options *o, const char *value, struct option_problem *problem)
{
    struct str rest = str_of(value), shard = str_cut(&rest, '/');
    if (str_number(shard, SHARDS_MAX, &o->bulk.shard) && str_number(rest, SHARDS_MAX, &o->bulk.shards) && o->bulk.shard > 0 && o->bulk.shard <= o->bulk.shards)
        return 0;
    snprintf(problem->text, sizeof problem->text, "'%.40s' is not I/N, such as 1/4, with I from 1 to N", value);
    return -1;
}

int set_rate(struct options *o, const char *value, struct option_problem *problem)
{
    return number(value, RATE_MAX, &o->bulk.rate, problem);
}

int set_max_inflight(struct options *o, const char *value, struct option_problem *problem)
{
    uint64_t n = 0;
    int rc = number(value, IN_FLIGHT_MAX, &n, problem);
    o->bulk.max_inflight = (size_t)n;
    return rc;
}

int set_deadline(struct options *o, const char *value, struct option_problem *problem)
{
    uint64_t n = 0;
    int rc = number(value, DEADLINE_S_MAX, &n, problem);
    o->bulk.deadline_ms = (int64_t)n * MS_PER_S;
    return rc;
}

int set_retry_after(struct options *o, const char *value, struct option_problem *problem)
{
    struct str rest = str_of(value);
    struct again_times *times = &o->bulk.again;
    *times = (struct again_times){0};
    o->bulk.again_told = true;
    if (strcmp(value, "0") == 0)
        return 0;
    do {
        uint64_t n;
        if (times->count == AGAIN_TIMES_MAX || !str_number(str_cut(&rest, ','), RETRY_S_MAX, &n) || n == 0) {
            snprintf(problem->text, sizeof problem->text, "'%.40s' is not 0, and not up to %d numbers of seconds such as 300,900,3600", value, AGAIN_TIMES_MAX);
            return -1;
        }
        times->after_s[times->count++] = (int64_t)n;
    } while (rest.n);
    return 0;
}

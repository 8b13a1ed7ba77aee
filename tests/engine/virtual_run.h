/* SPDX-License-Identifier: Apache-2.0 */
/*
 * virtual_run - `mxassay check` of one scenario without kernel, clock or network: its own world, resolver and loop; real
 * judge, report and TLS on both ends.
 *
 * A problem is what a report cannot show: a look-up without an answer, a connection that stays open, a timer left over,
 * a server that could not do as told, something the scenario describes that never took place.
 * Order of calls: virtual_run, read, virtual_run_done.
 * Memory: its own. Limits: VIRTUAL_PROBLEMS_MAX problems. Fails: as problems, without a report.
 */
#ifndef ENGINE_VIRTUAL_RUN_H
#define ENGINE_VIRTUAL_RUN_H

#include "base/buf.h"
#include "scn_pki.h"

enum { VIRTUAL_PROBLEMS_MAX = 16 };

/* The report in the formats that are told apart by more than their look. */
#define VIRTUAL_FORMATS(X) X(brief) X(html) X(markdown) X(csv) X(junit) X(nagios) X(prometheus)
#define VIRTUAL_FORMAT(name) VIRTUAL_##name,
enum virtual_format { VIRTUAL_FORMATS(VIRTUAL_FORMAT) VIRTUAL_FORMAT_COUNT };

struct virtual_result {
    int exit_status;
    struct buf report; /* JSON in one line; empty: there is none */
    struct buf text;   /* the same for people, with all that is known */
    struct buf formats[VIRTUAL_FORMAT_COUNT]; /* empty unless asked for */
    const char *problems[VIRTUAL_PROBLEMS_MAX];
    size_t problem_count;
    uint32_t duration_ms; /* of the check, in virtual time */
    size_t dns_questions;
    const char *asked_twice; /* a name that the resolver, or one name server, was asked for twice; NULL: none. Second samples do not count */
    struct arena arena;
};

/* All virtual time begins here: 2026-11-25T12:00:00Z. */
#define VIRTUAL_NOW ((struct wall){1795608000})

enum { VIRTUAL_ROUND_TRIP_MS = 1 };

struct virtual_setting {
    const char *ca_file;   /* the trust store of the world's authorities */
    int64_t round_trip_ms; /* how far everybody is away: the resolver, name servers, mail and web servers */
    bool formats;          /* write result.formats, too */
};

/* The environment holds SCN_CLIENT_SETTINGS. */
void virtual_run(const struct scenario *s, struct scn_pki *pki, const struct virtual_setting *setting, struct virtual_result *result);
void virtual_run_done(struct virtual_result *result);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* fixture_parts - what the fixtures are built of: hosts, sessions, certificates, verdicts. Memory: the caller's arena. Fails: never. */
#ifndef TESTS_REPORT_FIXTURE_PARTS_H
#define TESTS_REPORT_FIXTURE_PARTS_H

#include "fixture.h"

enum { NOW_S = 1795500000, DAY_S = 24 * 3600, VERDICTS_MAX = 400 }; /* 2026-11-24T06:00:00Z */

struct world { /* what a report points to */
    struct facts facts;
    struct judgement judgement;
    struct arena *arena;
};

enum fixture_check {
    PORT25_OPEN = 0,
    NAME_RESOLVES,
    GREETING,
    STARTTLS_OFFERED,
    CERT_NOT_EXPIRED,
    CERT_NAME,
    RELAY_REFUSED,
    REVERSE_NAME,
    EGRESS,
    DOMAIN_EXISTS,
    CHECK_COUNT
};
extern const struct check fixture_checks[CHECK_COUNT];

void *need(void *memory);
struct world *world_new(struct arena *a, const char *domain);
struct host_facts *world_host(struct world *w, uint16_t preference, const char *name);
struct address_facts *world_address(struct world *w, struct host_facts *h, const char *ip);
/* DKIM, DMARC, block lists and name servers; the first address of the first host is listed. */
void world_mail_names(struct world *w);
/* A mail server as it should be, behind a port of an address. */
struct session_facts *world_endpoint(struct world *w, const struct host_facts *h, struct address_facts *a, uint16_t port);
struct str *lines_of(struct arena *a, const char *text, uint32_t *count); /* split at '|' */
void say(struct world *w, struct session_facts *s, uint32_t t_ms, enum transcript_from from, struct str text);
struct smtp_reply reply_of(struct arena *a, int code, const char *text, uint32_t t_ms);

/* The verdicts of one check must be added together, and findings worst first. */
struct verdict *world_judge(struct world *w, enum fixture_check check, enum verdict_value value, struct subject subject, const char *detail);
void world_pass_all(struct world *w, enum fixture_check check);
/* DANE and an enforced policy of MTA-STS for all hosts; after the endpoints. */
void world_protect(struct world *w);
void world_conclude(struct world *w, enum summary_status status, const char *headline, struct report *out);
struct subject about(const struct host_facts *h, const struct address_facts *a, const struct endpoint_facts *e);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * routes - the table of what can be asked, which is also what /openapi.json says, and the way from a request to its
 * handler: host, site, method, key and limits are looked at before.
 *
 * Memory: constants. Fails: never; the answer is a problem.
 */
#ifndef SERVE_ROUTES_H
#define SERVE_ROUTES_H

#include "serve/request.h"

enum { ROUTE_PARAMETERS = 6, ROUTE_REPLIES = 4 };

struct parameter {
    const char *name, *says;
    const char *schema; /* JSON */
    bool in_path, required;
};
struct reply {
    unsigned status;
    const char *type;   /* NULL: no content */
    const char *schema; /* name among the components; NULL: text */
};

struct route {
    enum method method;
    const char *pattern; /* "/v1/checks/{id}/events" */
    void (*handle)(struct request *q, struct answer *a);
    unsigned scope; /* that a key must have where keys are configured; 0: open to all */
    bool starts;    /* may start a run, so that pages of other sites may not ask for it */
    const char *id, *summary;
    const char *body; /* schema of the body; NULL: none is taken */
    struct parameter parameters[ROUTE_PARAMETERS];
    struct reply replies[ROUTE_REPLIES];
};

size_t route_count(void);
const struct route *route_at(size_t i);

/* Matches a path; the parts are written to parts[REQUEST_ARGS]. */
bool route_matches(const char *pattern, struct str path, struct argument *parts, size_t *part_count);

/* What can be said before the body is there: true when the answer is a problem. */
bool routes_refuse(struct request *q, struct answer *a);
/* Answers or waits. */
void routes_handle(struct request *q, struct answer *a);

const char *method_text(enum method m);

/* The handlers, by file. */
void api_checks_post(struct request *q, struct answer *a);
void api_checks_get(struct request *q, struct answer *a);
void api_checks_delete(struct request *q, struct answer *a);
void api_checks_events(struct request *q, struct answer *a);
void api_catalog_list(struct request *q, struct answer *a);
void api_catalog_get(struct request *q, struct answer *a);
void api_health_get(struct request *q, struct answer *a);
void api_servers_get(struct request *q, struct answer *a);
void pages_index(struct request *q, struct answer *a);
void pages_check(struct request *q, struct answer *a);
void pages_report(struct request *q, struct answer *a);
void pages_report_json(struct request *q, struct answer *a);
void pages_report_text(struct request *q, struct answer *a);
void pages_asset(struct request *q, struct answer *a);
void metrics_get(struct request *q, struct answer *a);
void metrics_probe(struct request *q, struct answer *a);
void wellknown_alive(struct request *q, struct answer *a);
void wellknown_ready(struct request *q, struct answer *a);
void wellknown_security(struct request *q, struct answer *a);
void wellknown_identity(struct request *q, struct answer *a);
void badge_get(struct request *q, struct answer *a);
void mcp_post(struct request *q, struct answer *a);
void openapi_get(struct request *q, struct answer *a);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* sightings - see sightings.h. */
#include "serve/sightings.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "serve/json_read.h"

enum { REPORT_DEPTH_MAX = 64 };

/* A text under way. */
struct reading {
    struct sightings *out;
    size_t report, reports; /* which of them, from 1 */
    struct sighting common; /* what all endpoints of the report share */
    char *problem;
};

__attribute__((format(printf, 2, 3))) static int wrong(const struct reading *r, const char *format, ...)
{
    char what[SIGHTINGS_PROBLEM_BYTES - 50], which[40] = "";
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    if (r->reports > 1)
        snprintf(which, sizeof which, "report %zu", r->report);
    snprintf(r->problem, SIGHTINGS_PROBLEM_BYTES, "%s%s%s", which, which[0] ? ": " : "", what);
    return -1;
}

static int add(struct reading *r, struct sighting seen)
{
    struct sightings *out = r->out;
    size_t n = out->count;
    if (n == SIGHTINGS_MAX)
        return wrong(r, "more than %d endpoints", SIGHTINGS_MAX);
    if ((n & (n - 1)) == 0) { /* full at each power of two */
        struct sighting *more = ARENA_ARRAY(out->arena, struct sighting, n ? 2 * n : 1);
        if (!more)
            return wrong(r, "out of memory");
        if (n)
            memcpy(more, out->list, n * sizeof *more);
        out->list = more;
    }
    out->list[out->count++] = seen;
    return 0;
}

static int read_address(struct reading *r, const json_t *address)
{
    const char *ip = json_string_value(json_object_get(address, "ip"));
    const json_t *endpoints = json_object_get(address, "endpoints"), *endpoint;
    struct sighting seen = r->common;
    size_t i;
    if (!ip || !ip_parse(str_of(ip), &seen.ip))
        return wrong(r, "a member `ip` of `hosts` is no address");
    json_array_foreach(endpoints, i, endpoint) {
        json_int_t port = json_integer_value(json_object_get(endpoint, "port"));
        if (port < 1 || port > UINT16_MAX)
            return wrong(r, "an endpoint of %s has no port", ip);
        seen.port = (uint16_t)port;
        seen.connected = json_is_integer(json_object_get(endpoint, "connect_ms"));
        seen.starttls_offered = json_is_true(json_object_get(json_object_get(endpoint, "starttls"), "offered"));
        if (add(r, seen) < 0)
            return -1;
    }
    return 0;
}

static int read_host(struct reading *r, const json_t *host)
{
    const json_t *addresses = json_object_get(host, "addresses"), *address;
    size_t i;
    json_array_foreach(addresses, i, address) {
        if (read_address(r, address) < 0)
            return -1;
    }
    return 0;
}

static int read_report(struct reading *r, const json_t *report)
{
    const char *target = json_string_value(json_object_get(json_object_get(report, "target"), "name"));
    const char *at = json_string_value(json_object_get(report, "checked_at"));
    const char *ehlo = json_string_value(json_object_get(json_object_get(report, "vantage"), "ehlo"));
    const json_t *hosts = json_object_get(report, "hosts"), *host;
    size_t i;
    if (!target || !at || !json_is_array(hosts))
        return wrong(r, "no report of `mxassay check --format json`: `target`, `checked_at` or `hosts` is missing");
    if (!wall_parse(str_of(at), &r->common.at))
        return wrong(r, "`checked_at` is no time");
    r->common.target = arena_strdup(r->out->arena, target);
    r->common.from = arena_strdup(r->out->arena, ehlo ? ehlo : "another place");
    if (!r->common.target || !r->common.from)
        return wrong(r, "out of memory");
    json_array_foreach(hosts, i, host) {
        if (read_host(r, host) < 0)
            return -1;
    }
    return 0;
}

int sightings_read(struct sightings *out, struct str text, bool elsewhere, char problem[static SIGHTINGS_PROBLEM_BYTES])
{
    struct reading r = {.out = out, .report = 1, .common.elsewhere = elsewhere, .problem = problem};
    char what[JSON_PROBLEM_BYTES];
    json_t *value = json_read(text, REPORT_DEPTH_MAX, what);
    int rc = 0;
    if (!value)
        return wrong(&r, "no JSON: %s", what);
    r.reports = json_is_array(value) ? json_array_size(value) : 1;
    for (; r.report <= r.reports && rc == 0; r.report++)
        rc = read_report(&r, json_is_array(value) ? json_array_get(value, r.report - 1) : value);
    json_decref(value);
    return rc;
}

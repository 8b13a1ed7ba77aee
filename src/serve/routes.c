/* SPDX-License-Identifier: Apache-2.0 */
/* routes - see routes.h. */
#include "serve/routes.h"

#include <string.h>

#include "base/text.h"
#include "serve/limits.h"
#include "serve/problem.h"
#include "serve/route_table.h"
#include "serve/state.h"

enum { ROUTE_COUNT = sizeof routes / sizeof *routes, ALLOW_BYTES = 256 };

size_t route_count(void)
{
    return ROUTE_COUNT;
}

const struct route *route_at(size_t i)
{
    return &routes[i];
}

const char *method_text(enum method m)
{
    static const char *const texts[] = {"GET", "POST", "DELETE", "?"};
    return texts[m];
}

/* A part is as long as can be, so that the last colon parts host and port; it never holds a slash. */
bool route_matches(const char *pattern, struct str path, struct argument *parts, size_t *part_count)
{
    for (; *pattern != '{'; pattern++, path = (struct str){path.p + 1, path.n - 1}) {
        if (!*pattern)
            return path.n == 0;
        if (!path.n || *path.p != *pattern)
            return false;
    }
    const char *end = strchr(pattern, '}');
    const char *slash = path.n ? memchr(path.p, '/', path.n) : NULL;
    size_t at = *part_count;
    for (size_t n = slash ? (size_t)(slash - path.p) : path.n; n > 0; n--) {
        *part_count = at + 1;
        if (route_matches(end + 1, (struct str){path.p + n, path.n - n}, parts, part_count)) {
            parts[at] = (struct argument){{pattern + 1, (size_t)(end - pattern - 1)}, {path.p, n}};
            return true;
        }
    }
    *part_count = at;
    return false;
}

static void list_methods(struct request *q, struct answer *a)
{
    struct buf allow;
    unsigned listed = 0;
    buf_init(&allow, ALLOW_BYTES);
    for (size_t i = 0; i < ROUTE_COUNT; i++) {
        size_t count = 0;
        const unsigned method = 1u << routes[i].method;
        if ((listed & method) || !route_matches(routes[i].pattern, q->path, q->parts, &count))
            continue;
        buf_printf(&allow, "%s%s", listed ? ", " : "", routes[i].method == METHOD_GET ? "GET, HEAD" : method_text(routes[i].method));
        listed |= method;
    }
    if (listed) {
        problem_write(a, PROBLEM_METHOD, "allowed: %.*s", (int)allow.used, allow.bytes);
        answer_header(a, "Allow", "%.*s", (int)allow.used, allow.bytes);
    } else {
        problem_write(a, PROBLEM_NOT_FOUND, "/openapi.json lists what there is");
    }
    buf_done(&allow);
}

static bool find_route(struct request *q, struct answer *a)
{
    for (size_t i = 0; i < ROUTE_COUNT && !q->route; i++) {
        q->part_count = 0;
        if (routes[i].method == q->method && route_matches(routes[i].pattern, q->path, q->parts, &q->part_count))
            q->route = &routes[i];
    }
    if (!q->route)
        list_methods(q, a);
    return q->route;
}

static struct str without_port(struct str host)
{
    size_t n = host.n;
    while (n && ascii_is_digit(host.p[n - 1]))
        n--;
    return n && host.p[n - 1] == ':' && (host.p[0] != '[' || (n > 1 && host.p[n - 2] == ']')) ? (struct str){host.p, n - 1} : host;
}

/* Names of strangers that lead here come from a page that wants to read what only this machine may. */
static bool is_our_host(const struct serve *s, const char *header)
{
    struct ip ip;
    struct str host = without_port(str_of(header));
    if (!s->is_private && s->params.public_name_count == 0)
        return true;
    if (host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
        host = (struct str){host.p + 1, host.n - 2};
    if (str_is_nocase(host, "localhost") || ip_parse(host, &ip))
        return true;
    for (size_t i = 0; i < s->params.public_name_count; i++)
        if (str_is_nocase(host, s->params.public_names[i]))
            return true;
    return false;
}

static bool is_of_another_site(const struct request *q)
{
    if (q->fetch_site)
        return strcmp(q->fetch_site, "cross-site") == 0 || strcmp(q->fetch_site, "same-site") == 0;
    struct str origin = str_of(q->origin);
    const char *scheme_end = q->origin ? strstr(q->origin, "://") : NULL;
    return q->origin && !(scheme_end && str_eq_nocase((struct str){scheme_end + 3, origin.n - (size_t)(scheme_end + 3 - origin.p)}, str_of(q->host)));
}

static bool refuse_key(struct request *q, struct answer *a)
{
    const struct keys *keys = q->serve->keys;
    struct str rest = str_of(q->authorization), scheme = str_word(&rest), token = str_word(&rest);
    if (!keys || q->route->scope == 0)
        return false;
    if (!q->authorization || !str_is_nocase(scheme, "bearer")) {
        problem_write(a, PROBLEM_KEY_REQUIRED, "send it as Authorization: Bearer KEY");
        return true;
    }
    const struct key *found = keys_find(keys, token);
    struct key *key = found ? ARENA_NEW(q->arena, struct key) : NULL;
    if (!key) {
        problem_write(a, PROBLEM_KEY_UNKNOWN, "it may have been taken back");
        return true;
    }
    *key = *found; /* the list may change while the request waits */
    q->key = key;
    if (!(key->scopes & q->route->scope))
        problem_write(a, PROBLEM_SCOPE, "the key %s lacks the scope %s", key->name, scope_of_key_text(q->route->scope));
    return !(key->scopes & q->route->scope);
}

static bool is_text(struct str s)
{
    uint32_t code_point;
    while (s.n)
        if (!text_take(&s, &code_point) || code_point == 0)
            return false;
    return true;
}

static const char *argument_problem(const struct request *q, size_t at)
{
    const struct argument *arg = &q->query[at];
    const struct parameter *p = q->route->parameters;
    if (!is_text(arg->name) || !is_text(arg->value))
        return "is not UTF-8";
    for (size_t i = 0; i < at; i++)
        if (str_eq(q->query[i].name, arg->name))
            return "is given twice";
    for (; p < q->route->parameters + ROUTE_PARAMETERS && p->name; p++)
        if (!p->in_path && str_is(arg->name, p->name))
            return NULL;
    return "is unknown";
}

static bool refuse_query(struct request *q, struct answer *a)
{
    if (q->query_too_long)
        problem_write(a, PROBLEM_PARAMETER, "there are more than %d", REQUEST_ARGS);
    for (size_t i = 0; i < q->query_count && !a->status; i++) {
        const char *problem = argument_problem(q, i);
        struct str name = q->query[i].name;
        if (problem)
            problem_write(a, PROBLEM_PARAMETER, "the parameter %.*s %s", (int)(name.n > 60 ? 60 : name.n), name.p, problem);
    }
    return a->status;
}

static bool refuse_body(struct request *q, struct answer *a)
{
    struct str type = str_of(q->content_type), media = str_trim(str_cut(&type, ';'));
    if (q->expect && !str_is_nocase(str_of(q->expect), "100-continue"))
        problem_write(a, PROBLEM_EXPECTATION, "100-continue is the only one");
    else if (q->route->body && !str_is_nocase(media, "application/json"))
        problem_write(a, PROBLEM_MEDIA_TYPE, "send Content-Type: application/json");
    return a->status;
}

static bool refuse_often(struct request *q, struct answer *a)
{
    struct serve *s = q->serve;
    uint32_t wait_s = limits_take(s->limits, LIMIT_REQUESTS, limits_client(&q->client.ip), loop_now(s->params.loop));
    if (wait_s)
        problem_retry(a, PROBLEM_CLIENT_LIMIT, wait_s, "more requests than a client may send");
    return wait_s;
}

bool routes_refuse(struct request *q, struct answer *a)
{
    if (!is_our_host(q->serve, q->host)) {
        problem_write(a, PROBLEM_HOST, "it answers as localhost, under its addresses, and under the names of --public-name");
        return true;
    }
    if (refuse_often(q, a) || !find_route(q, a))
        return true;
    if (q->route->starts && q->serve->is_private && is_of_another_site(q)) {
        problem_write(a, PROBLEM_CROSS_SITE, "only pages of this service may start runs");
        return true;
    }
    return refuse_key(q, a) || refuse_query(q, a) || refuse_body(q, a);
}

void routes_handle(struct request *q, struct answer *a)
{
    q->route->handle(q, a);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* wish - see wish.h. One row of the table for each member of the body. */
#include "serve/wish.h"

#include <string.h>

#include "judge/judge.h"
#include "net/digest.h"
#include "serve/json_read.h"
#include "serve/problem.h"
#include "serve/targets.h"

enum { CREDENTIAL_BYTES = 1024 };

struct reading {
    struct request *q;
    struct wish *wish;
    struct answer *answer;
    const char *domain, *host;
    uint16_t port;
};

/* NULL, or what is wrong with the value. */
typedef const char *member_reader(struct reading *r, json_t *value);

static const char *copy_text(struct reading *r, json_t *value, const char **text)
{
    if (!json_is_string(value))
        return "is not a string";
    if (strlen(json_string_value(value)) != json_string_length(value))
        return "holds a NUL";
    *text = arena_strdup(r->q->arena, json_string_value(value));
    return *text ? NULL : "is too long";
}

static const char *read_number(json_t *value, uint64_t least, uint64_t most, uint64_t *number)
{
    if (!json_is_integer(value) || json_integer_value(value) < (json_int_t)least || json_integer_value(value) > (json_int_t)most)
        return "is not an integer within its limits";
    *number = (uint64_t)json_integer_value(value);
    return NULL;
}

static const char *read_domain(struct reading *r, json_t *value)
{
    return copy_text(r, value, &r->domain);
}

static const char *read_host(struct reading *r, json_t *value)
{
    return copy_text(r, value, &r->host);
}

static const char *read_port(struct reading *r, json_t *value)
{
    uint64_t n = 0;
    const char *problem = read_number(value, 1, UINT16_MAX, &n);
    r->port = (uint16_t)n;
    return problem;
}

static const char *read_tls(struct reading *r, json_t *value)
{
    bool known = json_is_string(value) && target_tls((struct str){json_string_value(value), json_string_length(value)}, &r->wish->order.tls);
    return known ? NULL : "is not one of auto, starttls, implicit, none";
}

static const char *read_ports(struct reading *r, json_t *value)
{
    size_t count = json_array_size(value);
    uint16_t *ports = ARENA_ARRAY(r->q->arena, uint16_t, count ? count : 1);
    if (count == 0 || count > LIMIT_PORTS || !ports)
        return "is not a list of some ports";
    for (size_t i = 0; i < count; i++) {
        uint64_t n = 0;
        const char *problem = read_number(json_array_get(value, i), 1, UINT16_MAX, &n);
        if (problem)
            return problem;
        ports[i] = (uint16_t)n;
    }
    r->wish->order.ports = ports;
    r->wish->order.port_count = count;
    return NULL;
}

static const char *read_flag(json_t *value, bool *flag)
{
    *flag = json_is_true(value);
    return json_is_boolean(value) ? NULL : "is neither true nor false";
}

static const char *read_deep(struct reading *r, json_t *value)
{
    return read_flag(value, &r->wish->order.deep);
}

static const char *read_smtp(struct reading *r, json_t *value)
{
    bool smtp;
    const char *problem = read_flag(value, &smtp);
    r->wish->order.no_smtp = !smtp;
    return problem;
}

static const char *read_words(struct reading *r, json_t *value, const char *const **words)
{
    size_t count = json_array_size(value);
    const char **list = ARENA_ARRAY(r->q->arena, const char *, WISH_WORDS + 1);
    if (count == 0 || count > WISH_WORDS || !list)
        return "is not a list of some areas or ids";
    for (size_t i = 0; i < count; i++) {
        const char *problem = copy_text(r, json_array_get(value, i), &list[i]);
        if (problem || !check_is_area_or_id(list[i]))
            return problem ? problem : "holds a word that is no area and no id of a check";
    }
    *words = list;
    return NULL;
}

static const char *read_checks(struct reading *r, json_t *value)
{
    return read_words(r, value, &r->wish->order.only);
}

static const char *read_skip(struct reading *r, json_t *value)
{
    return read_words(r, value, &r->wish->order.skip);
}

static const char *read_age(struct reading *r, json_t *value)
{
    uint64_t n = 0;
    const char *problem = read_number(value, 0, WISH_AGE_S_MAX, &n);
    r->wish->max_age_s = (uint32_t)n;
    return problem;
}

static const char *read_wait(struct reading *r, json_t *value)
{
    uint64_t n = 0;
    const char *problem = read_number(value, 0, WISH_WAIT_S_MAX, &n);
    r->wish->wait_s = (uint32_t)n;
    return problem;
}

static const char *read_auth(struct reading *r, json_t *value)
{
    json_t *user = json_object_get(value, "user"), *password = json_object_get(value, "password");
    if (json_object_size(value) != 2 || !json_is_string(user) || !json_is_string(password))
        return "is not an object of the strings user and password";
    if (json_string_length(user) > CREDENTIAL_BYTES || json_string_length(password) > CREDENTIAL_BYTES)
        return "is too long";
    const char *problem = copy_text(r, user, &r->wish->order.auth_user);
    if (!problem)
        problem = copy_text(r, password, &r->wish->order.auth_password);
    r->wish->password = (char *)r->wish->order.auth_password;
    r->wish->password_bytes = problem ? 0 : json_string_length(password);
    digest_wipe((char *)json_string_value(password), json_string_length(password));
    return problem;
}

static const struct {
    const char *name;
    member_reader *read;
    bool of_domain, of_server;
} members[] = {
    {"domain", read_domain, true, false}, {"host", read_host, false, true},   {"port", read_port, false, true},    {"tls", read_tls, false, true},
    {"auth", read_auth, false, true},     {"ports", read_ports, true, false}, {"smtp", read_smtp, true, false},    {"deep", read_deep, true, true},
    {"checks", read_checks, true, true},  {"skip", read_skip, true, true},    {"max_age_s", read_age, true, true}, {"wait_s", read_wait, true, true},
};
enum { MEMBER_COUNT = sizeof members / sizeof *members };

static int wrong_member(struct reading *r, const char *name, const char *problem)
{
    problem_write(r->answer, PROBLEM_JSON, "the member %.60s %s", name, problem);
    return -1;
}

static int read_members(struct reading *r, json_t *body)
{
    const char *name;
    json_t *value;
    bool is_server = json_object_get(body, "host");
    json_object_foreach(body, name, value)
    {
        size_t i = 0;
        while (i < MEMBER_COUNT && strcmp(members[i].name, name) != 0)
            i++;
        if (i == MEMBER_COUNT)
            return wrong_member(r, name, "is unknown");
        if (!(is_server ? members[i].of_server : members[i].of_domain))
            return wrong_member(r, name, is_server ? "does not go with host" : "goes with host only");
        const char *problem = members[i].read(r, value);
        if (problem)
            return wrong_member(r, name, problem);
    }
    return 0;
}

static int read_target(struct reading *r)
{
    struct request *q = r->q;
    struct work_order *order = &r->wish->order;
    if (!r->host)
        return target_domain(q, str_of(r->domain), order, r->answer);
    const char *with_port = r->port ? arena_printf(q->arena, strchr(r->host, ':') && r->host[0] != '[' ? "[%s]:%u" : "%s:%u", r->host, r->port) : r->host;
    return target_server(q, str_of(with_port), order, r->answer);
}

int wish_parse(struct request *q, struct wish *w, struct answer *a)
{
    struct reading r = {.q = q, .wish = w, .answer = a};
    char problem[JSON_PROBLEM_BYTES];
    *w = (struct wish){.max_age_s = CHECKS_MAX_AGE_S};
    json_t *body = json_read(q->body, WISH_DEPTH, problem);
    if (!json_is_object(body)) {
        problem_write(a, PROBLEM_JSON, "%s", body ? "the body is not an object" : problem);
        json_decref(body);
        return -1;
    }
    int rc = read_members(&r, body);
    if (rc == 0)
        rc = read_target(&r);
    json_decref(body);
    if (rc < 0)
        wish_wipe(w);
    return rc;
}

void wish_wipe(struct wish *w)
{
    if (w->password)
        digest_wipe(w->password, w->password_bytes);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* option_values_serve - the setters of what is of `serve` alone; see option_values.h. */
#include <stdio.h>
#include <string.h>

#include "cmd/option_values.h"
#include "net/names.h"

enum { WORKERS_MAX = 256, CONTACT_BYTES = 200 };

static int wrong(struct option_problem *problem, const char *value, const char *what)
{
    snprintf(problem->text, sizeof problem->text, "'%.80s' %s", value, what);
    return -1;
}

int set_listen(struct options *o, const char *value, struct option_problem *problem)
{
    return listen_address_parse(str_of(value), &o->serve.listen) ? 0 : wrong(problem, value, "is not ADDRESS:PORT, an IPv6 address in brackets");
}

int set_workers(struct options *o, const char *value, struct option_problem *problem)
{
    uint64_t n;
    if (!str_number(str_of(value), WORKERS_MAX, &n) || n == 0)
        return wrong(problem, value, "is not a number from 1 to 256");
    o->workers = (size_t)n;
    return 0;
}

int set_api_keys(struct options *o, const char *value, struct option_problem *problem)
{
    (void)problem;
    o->serve.api_keys_file = value;
    return 0;
}

int add_public_name(struct options *o, const char *value, struct option_problem *problem)
{
    struct domain_name name;
    const char *what = "is given when there are too many";
    if (o->serve.public_name_count == OPTIONS_LIST_MAX || name_parse_domain(str_of(value), o->arena, &name, &what) < 0) {
        snprintf(problem->text, sizeof problem->text, "'%.80s': %s", value, what);
        return -1;
    }
    o->serve.public_names[o->serve.public_name_count++] = name.ascii;
    return 0;
}

int set_contact(struct options *o, const char *value, struct option_problem *problem)
{
    for (const char *c = value; *c; c++)
        if (*c <= ' ' || *c > '~')
            return wrong(problem, value, "is not a URI");
    if (!strchr(value, ':') || strlen(value) > CONTACT_BYTES)
        return wrong(problem, value, "is not a URI such as mailto:postmaster@example.org");
    o->serve.contact = value;
    return 0;
}

#define FLAG(setter, member) \
    int setter(struct options *o, const char *value, struct option_problem *problem) \
    { \
        (void)value, (void)problem; \
        o->serve.member = true; \
        return 0; \
    }
FLAG(set_behind_proxy, behind_proxy)
FLAG(set_allow_private, allow_private)
FLAG(set_relay, relay)
FLAG(set_request_log, request_log)

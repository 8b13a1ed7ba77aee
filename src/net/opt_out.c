/* SPDX-License-Identifier: Apache-2.0 */
/* opt_out - see opt_out.h. */
#include "net/opt_out.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "net/names.h"

enum { ARENA_BYTES = 64 * 1024 * 1024 };

struct opt_out {
    struct arena arena;
    struct str text;
    const char **names; /* sorted */
    struct ip_network *networks;
    size_t name_count, network_count;
};

static int by_text(const void *a, const void *b)
{
    return strcasecmp(*(const char *const *)a, *(const char *const *)b);
}

static const char *add_line(struct opt_out *o, struct str line)
{
    struct domain_name name;
    const char *problem = "out of memory";
    if (o->name_count + o->network_count == OPT_OUT_MAX)
        return "there are too many lines";
    if (ip_network_parse(line, &o->networks[o->network_count])) {
        o->network_count++;
        return NULL;
    }
    if (name_parse_domain(line, &o->arena, &name, &problem) < 0)
        return problem;
    o->names[o->name_count++] = name.ascii;
    return NULL;
}

struct opt_out *opt_out_parse(struct str text, char *error, size_t error_bytes)
{
    struct opt_out *o = calloc(1, sizeof *o);
    const char *problem = "out of memory";
    unsigned number = 0;
    if (o) {
        arena_init(&o->arena, ARENA_BYTES);
        o->text = arena_copy(&o->arena, text);
        o->names = ARENA_ARRAY(&o->arena, const char *, OPT_OUT_MAX);
        o->networks = ARENA_ARRAY(&o->arena, struct ip_network, OPT_OUT_MAX);
        problem = o->arena.exhausted ? problem : text.n > OPT_OUT_BYTES ? "the list is larger than 4 MiB" : NULL;
    }
    while (!problem && text.n) {
        struct str whole = str_cut(&text, '\n'), line = str_trim(str_cut(&whole, '#'));
        number++;
        if (line.n && line.p[line.n - 1] == '\r')
            line.n--;
        if (line.n)
            problem = add_line(o, line);
    }
    if (problem) {
        if (number)
            snprintf(error, error_bytes, "line %u: %s", number, problem);
        else
            snprintf(error, error_bytes, "%s", problem);
        opt_out_free(o);
        return NULL;
    }
    qsort(o->names, o->name_count, sizeof *o->names, by_text);
    return o;
}

void opt_out_free(struct opt_out *o)
{
    if (o)
        arena_done(&o->arena);
    free(o);
}

struct str opt_out_text(const struct opt_out *o)
{
    return o->text;
}

bool opt_out_has_name(const struct opt_out *o, const char *name)
{
    for (const char *rest = o ? name : NULL; rest; rest = strchr(rest, '.') ? strchr(rest, '.') + 1 : NULL)
        if (o->name_count && bsearch(&rest, o->names, o->name_count, sizeof *o->names, by_text))
            return true;
    return false;
}

bool opt_out_has_ip(const struct opt_out *o, struct ip ip)
{
    struct ip inner = {0};
    bool wraps = ip_unwrap(ip, &inner);
    for (size_t i = 0; o && i < o->network_count; i++)
        if (ip_network_has(o->networks[i], ip) || (wraps && ip_network_has(o->networks[i], inner)))
            return true;
    return false;
}

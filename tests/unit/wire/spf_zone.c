/* SPDX-License-Identifier: Apache-2.0 */
/* spf_zone - see spf_zone.h. */
#include "spf_zone.h"

#include "base/panic.h"
#include "wire/spf_parts.h"

static unsigned hex(char c)
{
    return ascii_is_digit(c) ? (unsigned)(c - '0') : (unsigned)(ascii_lower(c) - 'a' + 10);
}

struct str spf_zone_unescape(struct str s, struct arena *arena)
{
    char *p = arena_alloc(arena, s.n + 1);
    size_t n = 0;
    must(p);
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\\' && i + 3 < s.n && s.p[i + 1] == 'x') {
            p[n++] = (char)(hex(s.p[i + 2]) << 4 | hex(s.p[i + 3]));
            i += 3;
        } else {
            p[n++] = s.p[i];
        }
    }
    return (struct str){p, n};
}

bool spf_zone_add(struct spf_zone *z, struct str line, struct arena *arena)
{
    struct spf_zone_line *l = &z->lines[z->count];
    struct str name = str_cut(&line, ' ');
    if (z->count == SPF_ZONE_LINES_MAX)
        return false;
    l->name = str_of(spf_name_write(spf_zone_unescape(name, arena), arena));
    l->type = str_cut(&line, ' ');
    l->data = spf_zone_unescape(line, arena);
    z->count++;
    return l->name.n > 0 && l->type.n > 0;
}

static bool is_below(struct str name, struct str domain)
{
    return name.n > domain.n && name.p[name.n - domain.n - 1] == '.' && str_eq((struct str){name.p + name.n - domain.n, domain.n}, domain);
}

static enum dns_status failure(struct str data)
{
    return str_is(data, "!timeout") ? DNS_TIMEOUT : str_is(data, "!servfail") ? DNS_FAILED : DNS_NOT_ASKED;
}

static void add_record(struct spf_answer *a, enum spf_type type, struct str data, struct arena *arena)
{
    struct ip *ips = (struct ip *)(uintptr_t)a->ips;
    struct str *texts = (struct str *)(uintptr_t)a->texts;
    const char **names = (const char **)(uintptr_t)a->names;
    must(a->count < SPF_ZONE_ANSWER_MAX);
    if (type == SPF_ASK_A || type == SPF_ASK_AAAA)
        must(ip_parse(data, &ips[a->count]));
    else if (type == SPF_ASK_TXT)
        texts[a->count] = data;
    else
        names[a->count] = data.n ? spf_name_write(data, arena) : ".";
    a->count++;
}

void spf_zone_ask(struct spf_zone *z, struct spf_question q, struct spf_answer *a, struct arena *arena)
{
    struct str name = str_of(q.name);
    enum dns_status rest = DNS_NXDOMAIN;
    *a = (struct spf_answer){.count = 0};
    a->texts = ARENA_ARRAY(arena, struct str, SPF_ZONE_ANSWER_MAX);
    a->ips = ARENA_ARRAY(arena, struct ip, SPF_ZONE_ANSWER_MAX);
    a->names = ARENA_ARRAY(arena, const char *, SPF_ZONE_ANSWER_MAX);
    must(a->texts && a->ips && a->names);
    z->asked++;
    for (unsigned hops = 0; hops < 12; hops++) {
        struct str alias = {0};
        for (size_t i = 0; i < z->count; i++) {
            const struct spf_zone_line *l = &z->lines[i];
            if (rest == DNS_NXDOMAIN && is_below(l->name, name))
                rest = DNS_NODATA;
            if (!str_eq(l->name, name))
                continue;
            if (rest == DNS_NXDOMAIN)
                rest = DNS_NODATA;
            if (str_is(l->type, "*"))
                rest = failure(l->data);
            if (str_is(l->type, "CNAME"))
                alias = l->data;
            if (!str_is(l->type, spf_type_words[q.type]))
                continue;
            if (failure(l->data)) {
                a->lookup.status = failure(l->data);
                a->count = 0;
                return;
            }
            add_record(a, q.type, l->data, arena);
        }
        if (alias.n == 0)
            break;
        name = str_of(spf_name_write(alias, arena));
        rest = DNS_NXDOMAIN;
    }
    a->lookup.status = rest;
    if (a->count)
        a->lookup.status = DNS_FOUND;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* authorities - see authorities.h. */
#include "judge/authorities.h"

static const struct authority_facts *authorities(const struct context *c)
{
    return &c->facts->authorities;
}

/* About the MX records: the first question. */
static enum authority_status status_of(const struct authority_server *s)
{
    return s->answers ? s->answers[0].status : AUTHORITY_NOT_ASKED;
}

static bool has_spoken(const struct authority_server *s)
{
    enum authority_status status = status_of(s);
    return status == AUTHORITY_ANSWERS || status == AUTHORITY_LAME || status == AUTHORITY_REFUSES;
}

/* Questions of this family leave our network: another server answered, or our own recursion lives on them. */
static bool family_is_open(const struct context *c, enum ip_family family)
{
    for (size_t i = 0; i < authorities(c)->server_count; i++)
        if (authorities(c)->servers[i].ip.family == family && has_spoken(&authorities(c)->servers[i]))
            return true;
    return family == IP_V4 && resolves_by_itself(c->facts);
}

/* NULL: it answers, or what it does is not known. */
static const char *what_is_wrong(const struct context *c, const struct authority_server *s)
{
    switch (status_of(s)) {
    case AUTHORITY_LAME:
        return "answers without authority";
    case AUTHORITY_REFUSES:
        return "refuses or fails to answer";
    case AUTHORITY_SILENT:
        return family_is_open(c, s->ip.family) ? "is silent" : NULL;
    case AUTHORITY_UNREACHABLE:
        return family_is_open(c, s->ip.family) ? "refuses connections" : NULL;
    case AUTHORITY_NOT_ASKED:
        return s->special ? "has an address that nobody else can reach" : NULL;
    case AUTHORITY_ANSWERS:
    case AUTHORITY_TROUBLE:
        break;
    }
    return NULL;
}

bool authorities_all_fail(struct context *c)
{
    for (size_t i = 0; i < authorities(c)->server_count; i++)
        if (!what_is_wrong(c, &authorities(c)->servers[i]))
            return false;
    return authorities(c)->server_count > 0;
}

const char *authorities_failing(struct context *c)
{
    const char *list = NULL;
    for (size_t i = 0; i < authorities(c)->server_count; i++) {
        const struct authority_server *s = &authorities(c)->servers[i];
        const char *wrong = what_is_wrong(c, s);
        if (wrong)
            list = listed(c, list, arena_printf(c->arena, "%s [%s] %s", s->name, shown_ip(c, s->ip), wrong));
    }
    return list;
}

bool authorities_can_be_told(const struct context *c)
{
    const struct authority_facts *f = authorities(c);
    for (size_t n = 0; n < f->name_count; n++) {
        bool spoken = false, any = false;
        for (size_t i = 0; i < f->server_count; i++) {
            if (f->servers[i].name != f->names[n].name)
                continue;
            any = true;
            spoken = spoken || has_spoken(&f->servers[i]);
        }
        if (any && !spoken)
            return false;
    }
    return true;
}

bool authorities_addresses_known(const struct context *c)
{
    const struct authority_facts *f = authorities(c);
    for (size_t n = 0; n < f->name_count; n++)
        if (f->names[n].address_count == 0 && (!is_answered(&f->names[n].a) || !is_answered(&f->names[n].aaaa)))
            return false;
    return true;
}

size_t authorities_answering(const struct context *c)
{
    size_t count = 0;
    for (size_t i = 0; i < authorities(c)->server_count; i++)
        count += status_of(&authorities(c)->servers[i]) == AUTHORITY_ANSWERS;
    return count;
}

/* Two answers with authority that differ, in the samples at hand. */
static bool differ(const struct authority_answer *a, const struct authority_answer *b)
{
    return a->status == AUTHORITY_ANSWERS && b->status == AUTHORITY_ANSWERS && !str_eq(a->set, b->set);
}

static const char *about_text(enum authority_about about)
{
    static const char *const texts[] = {
        [ABOUT_MX] = "MX records",       [ABOUT_SERIAL] = "serial number", [ABOUT_SPF] = "SPF record",  [ABOUT_DMARC] = "DMARC record",
        [ABOUT_MTA_STS] = "MTA-STS record", [ABOUT_TLS_RPT] = "TLS-RPT record", [ABOUT_ADDRESS] = "addresses", [ABOUT_TLSA] = "TLSA records",
    };
    return texts[about];
}

static const char *shown_set(struct context *c, const struct authority_answer *a)
{
    struct str set = a->set;
    if (set.n == 0)
        return "nothing";
    if (set.p[set.n - 1] == '\n')
        set.n--;
    char *text = arena_cstr(c->arena, set);
    for (char *p = text; p && *p; p++)
        *p = *p == '\n' ? ',' : *p;
    return text ? shown(c, str_of(text)) : "";
}

const char *authorities_disagree(struct context *c, size_t question)
{
    const struct authority_facts *f = authorities(c);
    for (size_t i = 0; i < f->server_count; i++)
        for (size_t k = i + 1; k < f->server_count; k++) {
            const struct authority_server *x = &f->servers[i], *y = &f->servers[k];
            if (!x->answers || !y->answers || !x->again || !y->again)
                continue;
            if (!differ(&x->answers[question], &y->answers[question]) || !differ(&x->again[question], &y->again[question]))
                continue;
            return arena_printf(c->arena, "%s of %s: %s [%s] says %s, %s [%s] says %s", about_text(f->questions[question].about), f->questions[question].name, x->name,
                                shown_ip(c, x->ip), shown_set(c, &x->again[question]), y->name, shown_ip(c, y->ip), shown_set(c, &y->again[question]));
        }
    return NULL;
}

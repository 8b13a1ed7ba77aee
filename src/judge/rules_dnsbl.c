/* SPDX-License-Identifier: Apache-2.0 */
/* rules_dnsbl - what block lists say of addresses and names; a list that is not sound says nothing. */
#include "judge/rules.h"

static const struct dnsbl_facts *dnsbl(const struct context *c)
{
    return &c->facts->dnsbl;
}

static bool is_heard(const struct dnsbl_answer *a)
{
    return is_answered(&a->lookup) && !a->refused && !a->rewritten;
}

/* "bl.example (127.0.0.2: see https://...)" */
static const char *shown_listing(struct context *c, const struct dnsbl_answer *a)
{
    const char *code = shown_ip(c, (struct ip){.family = IP_V4,
                                               .bytes = {(uint8_t)(a->codes[0] >> 24), (uint8_t)(a->codes[0] >> 16), (uint8_t)(a->codes[0] >> 8), (uint8_t)a->codes[0]}});
    const char *text = a->text.n ? arena_printf(c->arena, "%s (%s: %s)", a->list->zone, code, shown(c, a->text)) : arena_printf(c->arena, "%s (%s)", a->list->zone, code);
    return text ? text : a->list->zone;
}

static const char *health_text(enum dnsbl_health health)
{
    static const char *const texts[DNSBL_NO_SUCH_KIND + 1] = {
        [DNSBL_REFUSED] = "it refuses to answer us",
        [DNSBL_DEAD] = "its test entry does not answer",
        [DNSBL_LISTS_ALL] = "it lists everything",
        [DNSBL_REWRITTEN] = "answers outside 127.0.0.0/8 come for it: somebody on the way invents them",
    };
    return texts[health];
}

static enum reason reason_of_health(enum dnsbl_health health)
{
    switch (health) {
    case DNSBL_REFUSED:
        return REASON_REFUSED_US;
    case DNSBL_REWRITTEN:
        return REASON_RESOLVER_UNTRUSTED;
    case DNSBL_NOT_TESTED:
        return REASON_LIMIT;
    case DNSBL_HEALTHY:
    case DNSBL_NO_SUCH_KIND:
    case DNSBL_DEAD:
    case DNSBL_LISTS_ALL:
        break;
    }
    return REASON_DNS_FAILURE;
}

/* No list of this kind could say anything: why not. Not applicable without any list of the kind. */
static struct outcome nobody_said(struct context *c, const struct subject *s, enum dnsbl_kind kind)
{
    bool is_trusted = passes(c, ROW_net_resolver_trust, s);
    const struct dnsbl_list_facts *first = NULL;
    for (size_t i = 0; i < dnsbl(c)->list_count; i++) {
        const struct dnsbl_list_facts *l = &dnsbl(c)->lists[i];
        if (l->health[kind] == DNSBL_HEALTHY && is_trusted)
            return unknown(c, REASON_DNS_FAILURE, "No block list gave an answer.");
        if (!first && l->health[kind] != DNSBL_NO_SUCH_KIND)
            first = l;
    }
    if (!first)
        return not_applicable();
    if (!is_trusted)
        return as_parent(ROW_net_resolver_trust, verdict_of(c, ROW_net_resolver_trust, s));
    const char *why = health_text(first->health[kind]);
    return unknown(c, reason_of_health(first->health[kind]), "No block list could be asked; of %s: %s.", first->list->zone, why ? why : "it was not tested");
}

static struct outcome listed_as(struct context *c, const struct subject *s, unsigned class)
{
    const struct address_facts *a = s->address;
    const char *list = NULL;
    size_t heard = 0, listings = 0;
    if (!dnsbl(c)->wanted)
        return not_applicable();
    for (size_t i = 0; i < a->dnsbl_count; i++) {
        const struct dnsbl_answer *answer = &a->dnsbl[i];
        heard += is_heard(answer);
        if (is_heard(answer) && (answer->classes & class)) {
            list = listed(c, list, shown_listing(c, answer));
            listings++;
        }
    }
    if (list)
        return fail(c, "%s is on %zu of %zu lists: %s.", shown_ip(c, a->ip), listings, heard, list);
    return heard ? pass() : nobody_said(c, s, a->ip.family == IP_V6 ? DNSBL_V6 : DNSBL_V4);
}

struct outcome rule_dnsbl_spam(struct context *c, const struct subject *s)
{
    return listed_as(c, s, DNSBL_SPAM);
}

struct outcome rule_dnsbl_exploit(struct context *c, const struct subject *s)
{
    return listed_as(c, s, DNSBL_EXPLOIT);
}

struct outcome rule_dnsbl_policy(struct context *c, const struct subject *s)
{
    return listed_as(c, s, DNSBL_POLICY);
}

struct outcome rule_dnsbl_domain(struct context *c, const struct subject *s)
{
    const char *list = NULL;
    size_t heard = 0;
    if (!dnsbl(c)->wanted)
        return not_applicable();
    for (size_t n = 0; n < dnsbl(c)->name_count; n++) {
        const struct dnsbl_name_facts *name = &dnsbl(c)->names[n];
        for (size_t i = 0; i < name->answer_count; i++) {
            heard += is_heard(&name->answers[i]);
            if (is_heard(&name->answers[i]) && (name->answers[i].classes & DNSBL_NAME))
                list = listed(c, list, arena_printf(c->arena, "%s by %s", name->name, shown_listing(c, &name->answers[i])));
        }
    }
    if (list)
        return fail(c, "Listed: %s.", list);
    return heard ? pass() : nobody_said(c, s, DNSBL_NAMES);
}

/* A list that has none of the kinds is no list. */
static bool has_no_kind(const struct dnsbl_list_facts *l)
{
    bool none = true;
    for (size_t kind = 0; kind <= DNSBL_NAMES; kind++)
        none = none && l->health[kind] == DNSBL_NO_SUCH_KIND;
    return none;
}

/* That a list does not answer is its own fault only where our resolver can be believed. */
struct outcome rule_dnsbl_list_health(struct context *c, const struct subject *s)
{
    const char *list = NULL;
    bool tested = false, unheard = false, is_trusted = passes(c, ROW_net_resolver_trust, s);
    for (size_t i = 0; dnsbl(c)->wanted && i < dnsbl(c)->list_count; i++) {
        const struct dnsbl_list_facts *l = &dnsbl(c)->lists[i];
        const char *wrong = has_no_kind(l) ? health_text(DNSBL_DEAD) : NULL;
        for (size_t kind = 0; kind <= DNSBL_NAMES; kind++) {
            if (l->health[kind] == DNSBL_DEAD && !is_trusted)
                unheard = true;
            else if (!wrong)
                wrong = health_text(l->health[kind]);
            tested = tested || l->health[kind] != DNSBL_NOT_TESTED;
        }
        if (wrong)
            list = listed(c, list, arena_printf(c->arena, "%s: %s", l->list->zone, wrong));
    }
    if (list)
        return fail(c, "%s.", list);
    if (unheard)
        return as_parent(ROW_net_resolver_trust, verdict_of(c, ROW_net_resolver_trust, s));
    return tested ? pass() : not_applicable();
}

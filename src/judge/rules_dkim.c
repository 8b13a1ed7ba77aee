/* SPDX-License-Identifier: Apache-2.0 */
/* rules_dkim - keys at the selectors that were named, and at those that were guessed. */
#include "judge/rules.h"

enum { KEY_BITS_MIN = 1024, KEY_BITS_GOOD = 2048 };

static const struct dkim_facts *dkim(const struct context *c)
{
    return &c->facts->dkim;
}

/* A domain that takes and sends no mail needs no keys: rows about null MX speak. */
static bool is_asked(const struct context *c)
{
    return dkim(c)->wanted && c->facts->mx.status != MX_NULL;
}

static bool has_key(const struct dkim_selector *d)
{
    return d->count > 0;
}

static const struct dkim_selector *first_unanswered(const struct context *c)
{
    for (size_t i = 0; i < dkim(c)->selector_count; i++)
        if (!is_answered(&dkim(c)->selectors[i].txt))
            return &dkim(c)->selectors[i];
    return NULL;
}

static struct outcome not_looked_up(struct context *c, const struct dkim_selector *d)
{
    return unknown(c, reason_of_lookup(&d->txt), "%s._domainkey.%s could not be looked up: %s.", d->name, c->facts->target.name, dns_problem(c, &d->txt));
}

struct outcome rule_dkim_discovered(struct context *c, const struct subject *s)
{
    const struct dkim_facts *f = dkim(c);
    if (!is_asked(c) || sends_no_mail(c, s))
        return not_applicable();
    for (size_t i = 0; i < f->selector_count; i++)
        if (has_key(&f->selectors[i]))
            return f->selectors[i].given ? not_applicable() : pass();
    if (f->wildcard) /* whatever is asked for is there: who answers so for everything has perhaps no key at all */
        return unknown(c, REASON_NOT_PROBED, "Every name below _domainkey.%s has a record, so guesses tell nothing; name a selector with --dkim-selector.", c->facts->target.name);
    if (f->node.status == DNS_NXDOMAIN)
        return fail(c, "There is no name _domainkey.%s, so there is no key at all.", c->facts->target.name);
    if (!is_answered(&f->node))
        return unknown(c, reason_of_lookup(&f->node), "_domainkey.%s could not be looked up: %s.", c->facts->target.name, dns_problem(c, &f->node));
    if (f->guesses_failed)
        return unknown(c, REASON_DNS_FAILURE, "%zu of %zu usual selectors could not be looked up.", f->guesses_failed, f->guesses);
    return fail(c, "None of %zu usual selectors of %s has a key. That is no proof: a key under another name is not seen.", f->guesses, c->facts->target.name);
}

struct outcome rule_dkim_selector(struct context *c, const struct subject *s)
{
    const struct dkim_facts *f = dkim(c);
    const char *missing = NULL;
    bool given = false;
    (void)s;
    if (!is_asked(c))
        return not_applicable();
    for (size_t i = 0; i < f->selector_count; i++) {
        const struct dkim_selector *d = &f->selectors[i];
        given = given || d->given;
        if (d->given && (is_denied(&d->txt) || (d->txt.status == DNS_FOUND && !has_key(d))))
            missing = listed(c, missing, d->name);
    }
    if (missing)
        return fail(c, "There is no key below _domainkey.%s for: %s.", c->facts->target.name, missing);
    if (given && first_unanswered(c))
        return not_looked_up(c, first_unanswered(c));
    return given ? pass() : not_applicable();
}

struct outcome rule_dkim_key_record(struct context *c, const struct subject *s)
{
    const struct dkim_facts *f = dkim(c);
    size_t keys = 0;
    (void)s;
    if (!is_asked(c))
        return not_applicable();
    for (size_t i = 0; i < f->selector_count; i++) {
        const struct dkim_selector *d = &f->selectors[i];
        if (d->count > 1)
            return fail(c, "%s._domainkey.%s has %zu TXT records; which of them is the key is anybody's guess.", d->name, c->facts->target.name, d->count);
        if (has_key(d) && d->key.flaw && !d->key.revoked)
            return fail(c, "In the record of %s._domainkey.%s %s.", d->name, c->facts->target.name, d->key.flaw);
        keys += has_key(d) && !d->key.revoked;
    }
    if (first_unanswered(c))
        return not_looked_up(c, first_unanswered(c));
    return keys ? pass() : not_applicable();
}

static bool is_rsa_below(const struct dkim_selector *d, unsigned bits)
{
    return has_key(d) && d->key.type == DKIM_KEY_RSA && d->key.bits && d->key.bits < bits;
}

struct outcome rule_dkim_key_strength(struct context *c, const struct subject *s)
{
    (void)s;
    for (size_t i = 0; i < dkim(c)->selector_count; i++) {
        const struct dkim_selector *d = &dkim(c)->selectors[i];
        if (is_rsa_below(d, KEY_BITS_MIN))
            return fail(c, "The key of %s._domainkey.%s has %u bits.", d->name, c->facts->target.name, d->key.bits);
    }
    return pass();
}

struct outcome rule_dkim_key_hygiene(struct context *c, const struct subject *s)
{
    const struct outcome *strength = verdict_of(c, ROW_dkim_key_strength, s);
    const char *list = NULL;
    if (strength->value != VERDICT_PASS && strength->value != VERDICT_NA)
        return as_parent(ROW_dkim_key_strength, strength);
    if (!is_asked(c) || fails(c, ROW_dkim_key_record, s))
        return not_applicable();
    bool any = false;
    for (size_t i = 0; i < dkim(c)->selector_count; i++) {
        const struct dkim_selector *d = &dkim(c)->selectors[i];
        any = any || has_key(d);
        if (has_key(d) && d->given && d->key.revoked)
            list = listed(c, list, arena_printf(c->arena, "%s is revoked", d->name));
        else if (is_rsa_below(d, KEY_BITS_GOOD))
            list = listed(c, list, arena_printf(c->arena, "%s has an RSA key of %u bits", d->name, d->key.bits));
        else if (has_key(d) && d->key.testing)
            list = listed(c, list, arena_printf(c->arena, "%s is marked as a test", d->name));
    }
    return list ? fail(c, "Selectors: %s.", list) : any ? pass() : not_applicable();
}

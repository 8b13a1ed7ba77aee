/* SPDX-License-Identifier: Apache-2.0 */
/* spf_record - see spf_record.h. The macros are in spf_macro.c. */
#include "wire/spf_record.h"

#include <string.h>

enum argument { ARGUMENT_NONE, ARGUMENT_DOMAIN, ARGUMENT_DOMAIN_OPTIONAL, ARGUMENT_DOMAIN_AND_PREFIX, ARGUMENT_NETWORK4, ARGUMENT_NETWORK6 };

/* The mechanisms of RFC 7208 5, then the modifiers of RFC 7208 6. */
struct word {
    const char *name;
    enum spf_kind kind;
    enum argument argument;
    bool asks;
};

/* clang-format off */
static const struct word mechanisms[] = {
    {"all",      SPF_ALL,      ARGUMENT_NONE,              false},
    {"include",  SPF_INCLUDE,  ARGUMENT_DOMAIN,            true},
    {"a",        SPF_A,        ARGUMENT_DOMAIN_AND_PREFIX, true},
    {"mx",       SPF_MX,       ARGUMENT_DOMAIN_AND_PREFIX, true},
    {"ptr",      SPF_PTR,      ARGUMENT_DOMAIN_OPTIONAL,   true},
    {"ip4",      SPF_IP4,      ARGUMENT_NETWORK4,          false},
    {"ip6",      SPF_IP6,      ARGUMENT_NETWORK6,          false},
    {"exists",   SPF_EXISTS,   ARGUMENT_DOMAIN,            true},
};
static const struct word modifiers[] = {
    {"redirect", SPF_REDIRECT, ARGUMENT_DOMAIN,            true},
    {"exp",      SPF_EXP,      ARGUMENT_DOMAIN,            false},
};
/* clang-format on */

enum { MECHANISM_COUNT = sizeof mechanisms / sizeof *mechanisms, MODIFIER_COUNT = sizeof modifiers / sizeof *modifiers };

static const struct str version = STR("v=spf1");

static struct str skip(struct str s, size_t n)
{
    return (struct str){s.p + n, s.n - n};
}

bool spf_is_record(struct str txt)
{
    return str_starts_nocase(txt, version.p) && (txt.n == version.n || txt.p[version.n] == ' ');
}

bool spf_kind_asks(enum spf_kind kind)
{
    for (size_t i = 0; i < MECHANISM_COUNT; i++)
        if (mechanisms[i].kind == kind)
            return mechanisms[i].asks;
    return kind == SPF_REDIRECT;
}

/* ---- domain-spec ---- */

/* toplabel of RFC 7208 7.1: letters, digits and hyphens, no hyphen at its ends, not digits alone. */
static bool is_top_label(struct str s)
{
    bool only_digits = true;
    for (size_t i = 0; i < s.n; i++) {
        if (!ascii_is_alpha(s.p[i]) && !ascii_is_digit(s.p[i]) && s.p[i] != '-')
            return false;
        only_digits = only_digits && ascii_is_digit(s.p[i]);
    }
    return s.n > 0 && !only_digits && s.p[0] != '-' && s.p[s.n - 1] != '-';
}

/* True when the text ends in a whole macro in braces; what precedes is known to be well formed. */
static bool ends_in_macro(struct str s)
{
    bool ends = false;
    for (size_t i = 0; i < s.n;) {
        ends = false;
        if (s.p[i] != '%') {
            i++;
        } else if (s.p[i + 1] != '{') {
            i += 2;
            ends = true; /* macro-expand has these forms too: RFC 7208 7.1 */
        } else {
            while (s.p[i] != '}')
                i++;
            i++;
            ends = true;
        }
    }
    return ends;
}

static const char *domain_spec_flaw(struct str spec)
{
    if (spec.n == 0)
        return "a domain is missing";
    const char *flaw = spf_macro_flaw(spec, false);
    if (flaw || ends_in_macro(spec))
        return flaw;
    struct str top = spec;
    if (top.p[top.n - 1] == '.')
        top.n--;
    size_t dot = top.n;
    while (dot > 0 && top.p[dot - 1] != '.')
        dot--;
    if (dot == 0)
        return "a domain of one label";
    return is_top_label(skip(top, dot)) ? NULL : "a domain whose last label is none";
}

/* ---- arguments ---- */

/* Takes "/BITS" off the end of *s when it is there: a number without leading zeros, 0 to max. */
static bool take_prefix(struct str *s, unsigned max, size_t slashes, unsigned *bits, const char **flaw)
{
    size_t at = s->n;
    uint64_t number;
    while (at > 0 && ascii_is_digit(s->p[at - 1]))
        at--;
    struct str digits = skip(*s, at);
    if (digits.n == 0 || at < slashes || memcmp(s->p + at - slashes, "//", slashes) != 0)
        return false;
    s->n = at - slashes;
    if ((digits.n > 1 && digits.p[0] == '0') || !str_number(digits, max, &number))
        *flaw = "a prefix length that is none";
    else
        *bits = (unsigned)number;
    return true;
}

/* dual-cidr-length of RFC 7208 5.6: "/24", "//64", "/24//64". A "/" elsewhere is left to the domain. */
static const char *take_prefixes(struct str *s, struct spf_term *term)
{
    const char *flaw = NULL;
    term->prefix4_bits = 32;
    term->prefix6_bits = 128;
    take_prefix(s, 128, 2, &term->prefix6_bits, &flaw);
    take_prefix(s, 32, 1, &term->prefix4_bits, &flaw);
    return flaw;
}

static const char *read_network(struct str s, enum ip_family family, struct spf_term *term)
{
    unsigned bits = family == IP_V4 ? 32 : 128;
    const char *flaw = NULL;
    take_prefix(&s, bits, 1, &bits, &flaw);
    if (flaw)
        return flaw;
    if (!ip_parse(s, &term->network.base) || term->network.base.family != family)
        return family == IP_V4 ? "no IPv4 network" : "no IPv6 network";
    term->network.prefix_bits = bits;
    return NULL;
}

/* `s`: what follows the name. */
static const char *read_argument(enum argument argument, struct str s, struct spf_term *term)
{
    const char *flaw = NULL;
    if (argument == ARGUMENT_NONE)
        return s.n ? "an argument where none belongs" : NULL;
    if (argument == ARGUMENT_DOMAIN_AND_PREFIX)
        flaw = take_prefixes(&s, term);
    if (flaw)
        return flaw;
    if (s.n == 0 && (argument == ARGUMENT_DOMAIN_AND_PREFIX || argument == ARGUMENT_DOMAIN_OPTIONAL))
        return NULL;
    if (s.n == 0 || s.p[0] != ':')
        return argument == ARGUMENT_NETWORK4 || argument == ARGUMENT_NETWORK6 ? "a network is missing"
               : s.n == 0                                                     ? "a domain is missing"
                                                                              : "no `:` before the argument";
    s = skip(s, 1);
    if (argument == ARGUMENT_NETWORK4 || argument == ARGUMENT_NETWORK6)
        return read_network(s, argument == ARGUMENT_NETWORK4 ? IP_V4 : IP_V6, term);
    term->target = s;
    return domain_spec_flaw(s);
}

/* ---- terms ---- */

static size_t name_length(struct str s)
{
    size_t n = 0;
    while (n < s.n && (ascii_is_alpha(s.p[n]) || (n > 0 && (ascii_is_digit(s.p[n]) || strchr("-_.", s.p[n])))))
        n++;
    return n;
}

static const char *read_modifier(struct str name, struct str value, struct spf_term *term)
{
    for (size_t i = 0; i < MODIFIER_COUNT; i++) {
        if (!str_is_nocase(name, modifiers[i].name))
            continue;
        term->kind = modifiers[i].kind;
        term->target = value;
        return domain_spec_flaw(value);
    }
    term->kind = SPF_OTHER_MODIFIER;
    return spf_macro_flaw(value, false);
}

static const char *read_term(struct str text, struct spf_term *term)
{
    *term = (struct spf_term){.text = text, .qualifier = '+', .kind = SPF_OTHER_MODIFIER};
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < '!' || text.p[i] > '~')
            return "an octet that is no visible ASCII";
    size_t n = name_length(text);
    if (n > 0 && n < text.n && text.p[n] == '=')
        return read_modifier((struct str){text.p, n}, skip(text, n + 1), term);
    struct str rest = text;
    if (strchr("+-~?", text.p[0])) {
        term->qualifier = text.p[0];
        rest = skip(rest, 1);
    }
    n = name_length(rest);
    for (size_t i = 0; i < MECHANISM_COUNT; i++) {
        if (!str_is_nocase((struct str){rest.p, n}, mechanisms[i].name))
            continue;
        term->kind = mechanisms[i].kind;
        return read_argument(mechanisms[i].argument, skip(rest, n), term);
    }
    return "no such mechanism";
}

void spf_terms_begin(struct spf_terms *t, struct str record)
{
    *t = (struct spf_terms){.rest = skip(record, version.n), .start = record.p};
}

bool spf_term_next(struct spf_terms *t, struct spf_term *term)
{
    t->text = (struct str){0};
    while (t->rest.n && t->text.n == 0)
        t->text = str_cut(&t->rest, ' ');
    if (t->text.n == 0)
        return false;
    t->flaw = read_term(t->text, term);
    return !t->flaw;
}

/* ---- lint ---- */

static void first(struct str *kept, struct str seen)
{
    if (kept->n == 0)
        *kept = seen;
}

/* A flaw of the record as a whole, or NULL. */
static const char *note(struct spf_lint *lint, const struct spf_term *term, unsigned count[static SPF_OTHER_MODIFIER + 1])
{
    count[term->kind]++;
    if (term->kind < SPF_REDIRECT && lint->all.n)
        first(&lint->after_all, term->text);
    if (term->kind == SPF_ALL && !lint->all.n) {
        lint->all = term->text;
        lint->all_qualifier = term->qualifier;
    }
    if (term->kind == SPF_PTR)
        first(&lint->ptr, term->text);
    if (term->kind == SPF_OTHER_MODIFIER)
        first(&lint->other_modifier, term->text);
    first(&lint->odd_macro, spf_macro_find(term->target, "pcrt"));
    if (term->kind == SPF_REDIRECT && count[SPF_REDIRECT] > 1)
        return "a second redirect";
    if (term->kind == SPF_EXP && count[SPF_EXP] > 1)
        return "a second exp";
    return NULL;
}

void spf_lint(struct str record, struct spf_lint *lint)
{
    struct spf_terms t;
    struct spf_term term;
    struct str redirect = {0};
    unsigned count[SPF_OTHER_MODIFIER + 1] = {0};
    *lint = (struct spf_lint){.octets = record.n};
    spf_terms_begin(&t, record);
    while (!lint->flaw && spf_term_next(&t, &term)) {
        lint->flaw = note(lint, &term, count);
        if (term.kind == SPF_REDIRECT)
            redirect = term.text;
    }
    if (t.flaw)
        lint->flaw = t.flaw;
    if (lint->flaw) {
        lint->flaw_term = t.text;
        lint->flaw_at = (size_t)(t.text.p - record.p);
    }
    if (lint->all.n)
        lint->redirect_beside_all = redirect;
}

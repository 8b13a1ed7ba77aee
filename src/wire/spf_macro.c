/* SPDX-License-Identifier: Apache-2.0 */
/* spf_macro - macro strings: their grammar and what they stand for; see spf_record.h. */
#include "wire/spf_record.h"

#include <stdio.h>
#include <string.h>

/* The end of what was written; when it overflows its front is dropped, as a domain is cut at its left. */
struct tail {
    char bytes[4096];
    size_t n;
    bool cut;
};

struct macro {
    char letter; /* lower case */
    bool escape; /* it was written in upper case */
    bool reverse;
    size_t keep; /* parts from the right; 0: all */
    struct str delimiters;
};

static bool is_delimiter(char c)
{
    return c != '\0' && strchr(".-+,/_=", c) != NULL;
}

/* Takes "{" letter transformers delimiters "}" off *s; NULL or what is wrong. */
static const char *take_macro(struct str *s, struct macro *m)
{
    size_t i = 1, digits = 0, keep = 0;
    if (s->n < 3 || s->p[0] != '{' || !ascii_is_alpha(s->p[1]))
        return "`%` is not followed by `%`, `_`, `-` or a macro in braces";
    *m = (struct macro){.letter = ascii_lower(s->p[1]), .escape = s->p[1] != ascii_lower(s->p[1])};
    if (!strchr("slodiphcrtv", m->letter))
        return "no macro has this letter";
    for (i = 2; i < s->n && ascii_is_digit(s->p[i]); i++, digits++)
        if (keep < 100000)
            keep = keep * 10 + (size_t)(s->p[i] - '0');
    if (digits > 0 && keep == 0)
        return "a macro that keeps no part";
    m->keep = keep;
    if (i < s->n && ascii_lower(s->p[i]) == 'r') {
        m->reverse = true;
        i++;
    }
    size_t from = i;
    while (i < s->n && is_delimiter(s->p[i]))
        i++;
    m->delimiters = i > from ? (struct str){s->p + from, i - from} : STR(".");
    if (i >= s->n || s->p[i] != '}')
        return "a macro does not end in `}`";
    *s = (struct str){s->p + i + 1, s->n - i - 1};
    return NULL;
}

const char *spf_macro_flaw(struct str spec, bool in_explanation)
{
    struct macro m;
    while (spec.n) {
        char c = spec.p[0];
        spec = (struct str){spec.p + 1, spec.n - 1};
        if (c == '%' && spec.n && (spec.p[0] == '%' || spec.p[0] == '_' || spec.p[0] == '-')) {
            spec = (struct str){spec.p + 1, spec.n - 1};
        } else if (c == '%') {
            const char *flaw = take_macro(&spec, &m);
            if (flaw)
                return flaw;
            if (!in_explanation && strchr("crt", m.letter))
                return "%{c}, %{r} and %{t} are for explanations only";
        } else if (c < ' ' || c > '~' || (c == ' ' && !in_explanation)) { /* octets over 127 are negative or large */
            return "an octet that is no visible ASCII";
        }
    }
    return NULL;
}

struct str spf_macro_find(struct str spec, const char *letters)
{
    for (size_t i = 0; i + 2 < spec.n; i++) {
        if (spec.p[i] != '%')
            continue;
        if (spec.p[i + 1] == '{' && strchr(letters, ascii_lower(spec.p[i + 2]))) {
            size_t end = i;
            while (end < spec.n && spec.p[end] != '}')
                end++;
            return (struct str){spec.p + i, (end < spec.n ? end + 1 : end) - i};
        }
        i++; /* "%%" */
    }
    return (struct str){0};
}

static void add(struct tail *t, const char *p, size_t n)
{
    enum { KEEP = sizeof t->bytes / 2 };
    for (size_t i = 0; i < n; i++) {
        if (t->n == sizeof t->bytes) {
            memmove(t->bytes, t->bytes + KEEP, KEEP);
            t->n = KEEP;
            t->cut = true;
        }
        t->bytes[t->n++] = p[i];
    }
}

static void add_escaped(struct tail *t, struct str s, bool escape)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i], hex[4];
        if (!escape || ascii_is_alpha(c) || ascii_is_digit(c) || (c != '\0' && strchr("-._~", c))) {
            add(t, &c, 1);
        } else {
            snprintf(hex, sizeof hex, "%%%02X", (unsigned)(unsigned char)c);
            add(t, hex, 3);
        }
    }
}

static bool splits(const struct macro *m, char c)
{
    return memchr(m->delimiters.p, c, m->delimiters.n) != NULL;
}

/* Offset behind the n-th part, 0: behind the last. */
static size_t end_of_part(const struct macro *m, struct str value, size_t n)
{
    size_t i = 0;
    for (; i < value.n; i++)
        if (splits(m, value.p[i]) && n > 0 && --n == 0)
            break;
    return i;
}

/* The parts of a value between delimiters, reversed and from the right, with dots between them: RFC 7208 7.3. */
static void add_value(struct tail *t, const struct macro *m, struct str value)
{
    if (m->reverse) {
        size_t end = end_of_part(m, value, m->keep);
        for (size_t i = end;; i--) {
            if (i > 0 && !splits(m, value.p[i - 1]))
                continue;
            add_escaped(t, (struct str){value.p + i, end - i}, m->escape);
            if (i == 0)
                return;
            add(t, ".", 1);
            end = i - 1;
        }
    }
    size_t from = 0, parts = 1;
    for (size_t i = value.n; m->keep && i > 0; i--) {
        if (!splits(m, value.p[i - 1]))
            continue;
        if (parts++ == m->keep) {
            from = i;
            break;
        }
    }
    for (size_t i = from; i < value.n; i++) {
        if (splits(m, value.p[i]))
            add(t, ".", 1);
        else
            add_escaped(t, (struct str){value.p + i, 1}, m->escape);
    }
}

/* %{i}: dotted, IPv6 by nibbles. */
static struct str write_nibbles(struct ip ip, char text[static IP_TEXT_BYTES])
{
    size_t n = 0;
    if (ip.family != IP_V6) {
        ip_write(ip, text);
        return str_of(text);
    }
    for (size_t i = 0; i < 32; i++) {
        unsigned octet = ip.bytes[i / 2];
        text[n++] = "0123456789ABCDEF"[i % 2 ? octet & 15U : octet >> 4];
        text[n++] = '.';
    }
    return (struct str){text, n - 1};
}

static void add_macro(struct tail *t, const struct macro *m, const struct spf_macro_values *v)
{
    char room[SPF_SENDER_MAX + 1];
    struct str value = {0};
    switch (m->letter) {
    case 's':
        value = (struct str){room, v->local_part.n + 1 + v->sender_domain.n};
        if (value.n > sizeof room)
            return;
        memcpy(room, v->local_part.p, v->local_part.n);
        room[v->local_part.n] = '@';
        memcpy(room + v->local_part.n + 1, v->sender_domain.p, v->sender_domain.n);
        break;
    case 'l':
        value = v->local_part;
        break;
    case 'o':
        value = v->sender_domain;
        break;
    case 'd':
        value = v->domain;
        break;
    case 'i':
        value = write_nibbles(v->ip, room);
        break;
    case 'p':
        value = v->validated;
        break;
    case 'h':
        value = v->helo;
        break;
    case 'c':
        ip_write(v->ip, room);
        value = str_of(room);
        break;
    case 'r':
        value = v->receiver;
        break;
    case 't':
        snprintf(room, sizeof room, "%lld", (long long)v->now_s);
        value = str_of(room);
        break;
    case 'v':
        value = v->ip.family == IP_V6 ? STR("ip6") : STR("in-addr");
        break;
    default:
        break;
    }
    add_value(t, m, value);
}

static void expand(struct tail *t, struct str spec, const struct spf_macro_values *v)
{
    struct macro m;
    *t = (struct tail){.n = 0};
    while (spec.n) {
        char c = spec.p[0];
        spec = (struct str){spec.p + 1, spec.n - 1};
        if (c != '%' || !spec.n) {
            add(t, &c, 1);
        } else if (spec.p[0] == '{') {
            if (take_macro(&spec, &m))
                return;
            add_macro(t, &m, v);
        } else {
            add_escaped(t, spec.p[0] == '%' ? STR("%") : spec.p[0] == '_' ? STR(" ") : STR("%20"), false);
            spec = (struct str){spec.p + 1, spec.n - 1};
        }
    }
}

bool spf_domain_is_good(struct str domain)
{
    if (domain.n == 0 || domain.n > SPF_DOMAIN_MAX || domain.p[domain.n - 1] == '.')
        return false;
    while (domain.n) {
        struct str label = str_cut(&domain, '.');
        if (label.n == 0 || label.n > SPF_LABEL_MAX)
            return false;
    }
    return true;
}

size_t spf_macro_domain(struct str spec, const struct spf_macro_values *v, char domain[static SPF_DOMAIN_MAX + 1])
{
    struct tail t;
    expand(&t, spec, v);
    struct str s = {t.bytes, t.n};
    if (s.n && s.p[s.n - 1] == '.')
        s.n--;
    if (t.cut)
        str_cut(&s, '.'); /* what is left of a label */
    while (s.n > SPF_DOMAIN_MAX)
        str_cut(&s, '.');
    if (!spf_domain_is_good(s))
        return 0;
    memcpy(domain, s.p, s.n);
    domain[s.n] = '\0';
    return s.n;
}

size_t spf_macro_explanation(struct str spec, const struct spf_macro_values *v, char text[static SPF_EXPLANATION_MAX + 1])
{
    struct tail t;
    expand(&t, spec, v);
    if (t.cut || t.n > SPF_EXPLANATION_MAX)
        return 0;
    memcpy(text, t.bytes, t.n);
    text[t.n] = '\0';
    return t.n;
}

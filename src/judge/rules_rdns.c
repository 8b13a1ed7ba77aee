/* SPDX-License-Identifier: Apache-2.0 */
/* rules_rdns - names of the addresses. */
#include <string.h>

#include "judge/rules.h"

/* Senders' reverse names are looked at when they send; of a server that was named by hand only port 25 makes it one. */
static bool is_about_mail(const struct context *c, const struct address_facts *a)
{
    const struct endpoint_facts *e = mail_endpoint(c, a);
    return !is_server(c) || (e && port_role(c, e) == PORT_MX && !a->treated_as_public);
}

struct outcome rule_rdns_ptr_exists(struct context *c, const struct subject *s)
{
    const struct address_facts *a = s->address;
    const char *names = NULL;
    if (a->special)
        return not_applicable_via(ROW_mx_address_public);
    if (!is_about_mail(c, a) || a->ptr.status == DNS_NOT_ASKED)
        return not_applicable();
    if (is_denied(&a->ptr))
        return fail(c, "%s has no PTR record.", shown_ip(c, a->ip));
    if (a->ptr.status != DNS_FOUND)
        return unknown(c, reason_of_lookup(&a->ptr), "The PTR record of %s could not be looked up: %s.",
                       shown_ip(c, a->ip), dns_problem(c, &a->ptr));
    for (size_t i = 0; i < a->ptr_name_count; i++) {
        if (a->ptr_names[i].name)
            return pass();
        names = listed(c, names, shown(c, a->ptr_names[i].raw));
    }
    return fail(c, "The PTR record of %s gives no host name: %s.", shown_ip(c, a->ip), names ? names : "");
}

struct outcome rule_rdns_fcrdns(struct context *c, const struct subject *s)
{
    const struct address_facts *a = s->address;
    const struct ptr_name *unanswered = NULL;
    const char *names = NULL;
    for (size_t i = 0; i < a->ptr_name_count; i++) {
        const struct ptr_name *p = &a->ptr_names[i];
        if (p->has_address)
            return pass();
        if (p->name && !is_answered(&p->forward))
            unanswered = p;
        if (p->name)
            names = listed(c, names, shown(c, p->raw));
    }
    if (unanswered)
        return unknown(c, reason_of_lookup(&unanswered->forward), "The address of %s could not be looked up: %s.",
                       shown(c, unanswered->raw), dns_problem(c, &unanswered->forward));
    return fail(c, "The PTR record of %s gives %s, which does not have that address.", shown_ip(c, a->ip), names);
}

static bool is_mail_host_at(const struct context *c, const char *name, struct ip ip)
{
    for (size_t h = 0; h < c->facts->host_count; h++) {
        const struct host_facts *host = &c->facts->hosts[h];
        for (size_t i = 0; i < host->address_count; i++)
            if (ip_eq(host->addresses[i].ip, ip) && str_eq_nocase(str_of(host->name), str_of(name)))
                return true;
    }
    return false;
}

/* Behind rdns.fcrdns. */
struct outcome rule_rdns_ptr_matches_mx(struct context *c, const struct subject *s)
{
    const struct address_facts *a = s->address;
    const char *names = NULL;
    if (is_server(c) && s->host->name_kind == HOST_NAME_IP_LITERAL)
        return not_applicable();
    for (size_t i = 0; i < a->ptr_name_count; i++) {
        if (!a->ptr_names[i].has_address)
            continue;
        if (is_mail_host_at(c, a->ptr_names[i].name, a->ip))
            return pass();
        names = listed(c, names, shown(c, a->ptr_names[i].raw));
    }
    return fail(c, "%s is named %s, not %s.", shown_ip(c, a->ip), names, shown(c, str_of(s->host->name)));
}

static bool is_ptr_name(const struct address_facts *a, struct str name)
{
    if (name.n && name.p[name.n - 1] == '.')
        name.n--;
    for (size_t i = 0; name.n && i < a->ptr_name_count; i++)
        if (a->ptr_names[i].name && str_eq_nocase(name, str_of(a->ptr_names[i].name)))
            return true;
    return false;
}

static struct str greeted_name(const struct session_facts *s)
{
    struct str line = s->greeting.line_count ? s->greeting.lines[0] : STR("");
    return str_word(&line);
}

/* Behind rdns.ptr-exists and smtp.server-name. The name said is looked up once per address, for its first port. */
struct outcome rule_rdns_name_agreement(struct context *c, const struct subject *s)
{
    const struct address_facts *a = s->address;
    const struct endpoint_facts *e = s->endpoint;
    if (a->greeting_name_has_address)
        return pass();
    for (size_t i = 0; i < e->session_count; i++)
        if (is_ptr_name(a, greeted_name(&e->sessions[i])) || is_ptr_name(a, e->sessions[i].ehlo.hostname))
            return pass();
    if (e != a->endpoints || a->greeting_name_lookup.status == DNS_NOT_ASKED)
        return not_applicable();
    const char *greeted = shown(c, greeted_name(e->shown));
    if (!is_answered(&a->greeting_name_lookup))
        return unknown(c, reason_of_lookup(&a->greeting_name_lookup), "The address of %s could not be looked up: %s.",
                       greeted, dns_problem(c, &a->greeting_name_lookup));
    return fail(c, "The server calls itself %s, which is neither the reverse name of %s nor has that address.", greeted, shown_ip(c, a->ip));
}

enum { PARTS_MAX = 8 };

/* What of the address is still to be found in one run of numbers. */
struct address_parts {
    unsigned values[PARTS_MAX];
    size_t count;
};

static struct address_parts parts_of(struct ip ip)
{
    struct address_parts p = {.count = ip.family == IP_V4 ? 4 : 8};
    for (size_t i = 0; i < p.count; i++)
        p.values[i] = ip.family == IP_V4 ? ip.bytes[i] : (unsigned)ip.bytes[2 * i] << 8 | ip.bytes[2 * i + 1];
    return p;
}

/* Each part counts once: 10.0.0.1 is not found in "0-0-0". */
static bool take_part(struct address_parts *p, unsigned value)
{
    for (size_t i = 0; i < p->count; i++)
        if (p->values[i] == value) {
            p->values[i] = p->values[--p->count];
            return true;
        }
    return false;
}

static int digit_of(char ch, unsigned base)
{
    char low = ascii_lower(ch);
    if (ascii_is_digit(low))
        return low - '0';
    return base == 16 && low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

/* How a kind of number is written in names: "198-51-100-10", "c6.33.64.0a", "2001-db8-0-1". */
struct notation {
    unsigned base;
    size_t digits_min, digits_max;
    bool whole_words; /* letters beside it make it part of a word; decimal numbers may follow one: "ip198-51-100-10" */
};

/* Takes a number off *rest when it begins with one. */
static bool take_number(struct str *rest, const struct notation *n, unsigned *value)
{
    size_t digits = 0;
    *value = 0;
    while (digits < rest->n && digit_of(rest->p[digits], n->base) >= 0) {
        if (digits < n->digits_max)
            *value = *value * n->base + (unsigned)digit_of(rest->p[digits], n->base);
        digits++;
    }
    bool word_goes_on = n->whole_words && digits < rest->n && rest->p[digits] != '-' && rest->p[digits] != '.';
    *rest = (struct str){rest->p + digits, rest->n - digits};
    return digits >= n->digits_min && digits <= n->digits_max && !word_goes_on;
}

static bool begins_number(struct str name, size_t at, const struct notation *n)
{
    if (digit_of(name.p[at], n->base) < 0)
        return false;
    if (at == 0)
        return true;
    char before = name.p[at - 1];
    return n->whole_words ? before == '-' || before == '.' : !ascii_is_digit(before);
}

static bool has_digit(const char *from, const char *to)
{
    while (from < to && !ascii_is_digit(*from))
        from++;
    return from < to;
}

/* True when numbers parted by one hyphen or dot each hold at least `wanted` parts of the address. Without any digit
 * they are words: "be.de.ec" is no 190.222.236. */
static bool holds_parts(struct str name, const struct notation *n, struct ip ip, size_t wanted)
{
    for (size_t at = 0; at < name.n; at++) {
        if (!begins_number(name, at, n))
            continue;
        struct str rest = {name.p + at, name.n - at};
        struct address_parts left = parts_of(ip);
        size_t found = 0;
        unsigned value;
        while (rest.n && take_number(&rest, n, &value)) {
            found += take_part(&left, value);
            if (rest.n < 2 || (*rest.p != '-' && *rest.p != '.'))
                break;
            rest = (struct str){rest.p + 1, rest.n - 1};
        }
        if (found >= wanted && has_digit(name.p + at, rest.p))
            return true;
    }
    return false;
}

static bool holds_address(struct str name, struct ip ip)
{
    static const struct notation decimal = {10, 1, 3, false}, hex = {16, 2, 2, true}, groups = {16, 1, 4, true};
    if (ip.family == IP_V6)
        return holds_parts(name, &groups, ip, 4);
    return holds_parts(name, &decimal, ip, 3) || holds_parts(name, &hex, ip, 3);
}

/* "dsl" also stands for its kinds, adsl and vdsl. */
static bool is_line_word(struct str word, struct str next)
{
    static const char *const words[] = {"dyn", "dynamic", "dhcp", "pool", "dial", "cable", "ppp", "client", "customer"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_is_nocase(word, words[i]))
            return true;
    if (word.n >= 3 && word.n <= 4 && str_is_nocase((struct str){word.p + word.n - 3, 3}, "dsl"))
        return true;
    return str_is_nocase(word, "static") && str_is_nocase(next, "ip");
}

/* Letters in a row: "pool" in "pool-12" and "pool3", not in "liverpool". */
static struct str take_letters(struct str *label)
{
    while (label->n && !ascii_is_alpha(*label->p))
        *label = (struct str){label->p + 1, label->n - 1};
    struct str word = {label->p, 0};
    while (word.n < label->n && ascii_is_alpha(word.p[word.n]))
        word.n++;
    *label = (struct str){label->p + word.n, label->n - word.n};
    return word;
}

static bool names_a_line(struct str label)
{
    for (struct str word = take_letters(&label); word.n;) {
        struct str next = take_letters(&label);
        if (is_line_word(word, next))
            return true;
        word = next;
    }
    return false;
}

/* The last two labels are somebody's name, whatever it means: "mail.pool.example". */
static bool has_line_label(struct str name)
{
    size_t dots = 0;
    for (size_t i = 0; i < name.n; i++)
        dots += name.p[i] == '.';
    for (; dots >= 2; dots--)
        if (names_a_line(str_cut(&name, '.')))
            return true;
    return false;
}

/* Behind rdns.ptr-exists. */
struct outcome rule_rdns_generic(struct context *c, const struct subject *s)
{
    const struct address_facts *a = s->address;
    const char *names = NULL;
    for (size_t i = 0; i < a->ptr_name_count; i++) {
        struct str name = str_of(a->ptr_names[i].name);
        if (!name.n)
            continue;
        if (!holds_address(name, a->ip) && !has_line_label(name))
            return pass();
        names = listed(c, names, shown(c, name));
    }
    return fail(c, "%s is named %s, as access lines are.", shown_ip(c, a->ip), names);
}

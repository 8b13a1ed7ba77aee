/* SPDX-License-Identifier: Apache-2.0 */
/* rules_smtp_banner - what a server says of itself in its greeting and in the first line of its EHLO reply. */
#include <string.h>

#include "base/ip.h"
#include "judge/rules.h"
#include "judge/sessions.h"

enum { LINE_OCTETS_MAX = 512, WORD_LETTERS_MIN = 3, GAP_MAX = 3, MAJOR_DIGITS_MAX = 4 };

static const struct session_facts *greeted_session(const struct endpoint_facts *e)
{
    if (e->shown && is_greeted(e->shown))
        return e->shown;
    for (size_t i = 0; i < e->session_count; i++)
        if (is_greeted(&e->sessions[i]))
            return &e->sessions[i];
    return NULL;
}

static bool is_label(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!ascii_is_alpha(s.p[i]) && !ascii_is_digit(s.p[i]) && s.p[i] != '-' && s.p[i] != '_' && (unsigned char)s.p[i] < 0x80)
            return false;
    return s.n > 0;
}

static bool is_number(struct str s)
{
    uint64_t value;
    return str_number(s, UINT64_MAX, &value);
}

/* Two labels or more, the last one no number; a final dot is fine. */
static bool is_host_name(struct str word)
{
    size_t labels = 0;
    struct str last = {NULL, 0};
    if (word.p && word.n && word.p[word.n - 1] == '.')
        word.n--;
    for (; word.n; labels++) {
        last = str_cut(&word, '.');
        if (!is_label(last))
            return false;
    }
    return labels >= 2 && !is_number(last);
}

/* localhost.localdomain and its like, whose owner was never told a name. */
static bool is_localhost(struct str word)
{
    if (word.p && word.n && word.p[word.n - 1] == '.')
        word.n--;
    struct str last = word;
    for (struct str rest = word; rest.n;)
        last = str_cut(&rest, '.');
    return str_starts_nocase(word, "localhost.") || str_is_nocase(last, "localhost") || str_starts_nocase(last, "localdomain");
}

static bool is_address_literal(struct str word)
{
    struct ip ip;
    if (!word.n || word.p[0] != '[' || word.p[word.n - 1] != ']')
        return false;
    struct str inner = {word.p + 1, word.n - 2};
    const size_t tag = sizeof "IPv6:" - 1;
    if (str_starts_nocase(inner, "IPv6:"))
        inner = (struct str){inner.p + tag, inner.n - tag};
    return ip_parse(inner, &ip);
}

static bool is_full_name(struct str word)
{
    return is_address_literal(word) || (is_host_name(word) && !is_localhost(word));
}

static struct str first_word(struct str line)
{
    return str_word(&line);
}

static struct outcome name_fault(struct context *c, const char *where, struct str word)
{
    if (word.n == 0)
        return fail(c, "%s begins without a name.", where);
    return fail(c, "%s begins with \"%s\", which is no full host name.", where, shown(c, word));
}

/* Of a greeting of several lines one with the name is enough: what comes before it may be there to tease robots. */
struct outcome rule_smtp_server_name(struct context *c, const struct subject *s)
{
    const struct session_facts *x = greeted_session(s->endpoint);
    const struct smtp_ehlo *ehlo = ehlo_in_clear(s->endpoint);
    const struct outcome *ehlo_verdict = verdict_of(c, ROW_smtp_ehlo, s);
    bool named = false;
    for (size_t i = 0; x && i < x->greeting.line_count; i++)
        named = named || is_full_name(first_word(x->greeting.lines[i]));
    if (x && !named)
        return name_fault(c, "The greeting", x->greeting.line_count ? first_word(x->greeting.lines[0]) : STR(""));
    if (ehlo && !is_full_name(ehlo->hostname))
        return name_fault(c, "The EHLO reply", ehlo->hostname);
    return ehlo_verdict->value == VERDICT_UNKNOWN ? as_parent(ROW_smtp_ehlo, ehlo_verdict) : pass();
}

/* 24.11.2026, 2026.11.24, 24.11.26 */
static bool is_date(struct str word)
{
    uint64_t value[3];
    bool two_digits_each = word.n == sizeof "24.11.26" - 1 && word.p[2] == '.' && word.p[5] == '.';
    for (size_t i = 0; i < 3; i++)
        if (!str_number(str_cut(&word, '.'), 9999, &value[i]))
            return false;
    if (word.n)
        return false;
    bool year_first = value[0] >= 1970 && value[0] < 2100 && value[2] <= 31;
    bool year_last = value[2] >= 1970 && value[2] < 2100 && value[0] <= 31;
    return value[1] <= 12 && (year_first || year_last || two_digits_each);
}

/* A name as the Internet has them: its last label begins with a letter, which that of "4.94rc2" does not. */
static bool is_internet_name(struct str word)
{
    struct str last = {NULL, 0};
    if (!is_host_name(word))
        return false;
    while (word.n)
        last = str_cut(&word, '.');
    return last.n && ascii_is_alpha(last.p[0]);
}

/* A copy of the line in which host names, addresses and dates are NUL octets: no product stands beside those. */
static size_t without_names(struct str line, char copy[static LINE_OCTETS_MAX])
{
    static const char delimiters[] = " \t()[]<>{},;\"'=|";
    size_t n = line.n < LINE_OCTETS_MAX ? line.n : LINE_OCTETS_MAX;
    memcpy(copy, line.p ? line.p : "", n);
    for (size_t begin = 0, end; begin < n; begin = end + 1) {
        for (end = begin; end < n && copy[end] && !strchr(delimiters, copy[end]);)
            end++;
        struct ip ip;
        struct str word = {line.p + begin, end - begin};
        if (is_internet_name(word) || ip_parse(word, &ip) || is_date(word))
            memset(copy + begin, 0, word.n);
    }
    return n;
}

static size_t digits_at(const char *p, size_t n)
{
    size_t count = 0;
    while (count < n && ascii_is_digit(p[count]))
        count++;
    return count;
}

/* "digits.digits": the length of the first two numbers, 0: no version. A long first number is an id. */
static size_t version_at(const char *p, size_t n)
{
    size_t major = digits_at(p, n);
    if (major == 0 || major > MAJOR_DIGITS_MAX || major == n || p[major] != '.')
        return 0;
    size_t minor = digits_at(p + major + 1, n - major - 1);
    return minor ? major + 1 + minor : 0;
}

/* What may stand between product and version: "Exim 4.94", "Postfix/3.5", "hMail v5.6", "Version: 15.1". */
static bool is_gap(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] == '\0' || ascii_is_digit(p[i]) || (ascii_is_alpha(p[i]) && ascii_lower(p[i]) != 'v'))
            return false;
    return true;
}

/* Letters behind a digit are part of an id. */
static bool is_part_of_id(const char *copy, size_t begin)
{
    for (size_t i = begin; i > 0 && copy[i - 1] && copy[i - 1] != ' ' && copy[i - 1] != '\t'; i--)
        if (ascii_is_digit(copy[i - 1]))
            return true;
    return false;
}

static bool is_protocol(struct str word)
{
    return str_is_nocase(word, "TLS") || str_is_nocase(word, "SSL");
}

/* The first word of a line that is followed by a version, and that version; empty when there is none. */
static struct str disclosed(struct str line)
{
    char copy[LINE_OCTETS_MAX];
    size_t n = without_names(line, copy);
    for (size_t begin = 0, end; begin < n; begin = end + (end == begin)) {
        for (end = begin; end < n && ascii_is_alpha(copy[end]);)
            end++;
        if (end - begin < WORD_LETTERS_MIN || is_part_of_id(copy, begin) || is_protocol((struct str){copy + begin, end - begin}))
            continue;
        for (size_t gap = 1; gap <= GAP_MAX && end + gap < n; gap++) {
            size_t version = is_gap(copy + end, gap) ? version_at(copy + end + gap, n - end - gap) : 0;
            if (version)
                return (struct str){line.p + begin, end + gap + version - begin};
        }
    }
    return (struct str){NULL, 0};
}

struct outcome rule_smtp_software_disclosed(struct context *c, const struct subject *s)
{
    const struct session_facts *x = greeted_session(s->endpoint);
    const struct smtp_ehlo *ehlo = ehlo_in_clear(s->endpoint);
    const struct outcome *ehlo_verdict = verdict_of(c, ROW_smtp_ehlo, s);
    for (size_t i = 0; x && i < x->greeting.line_count; i++) {
        struct str found = disclosed(x->greeting.lines[i]);
        if (found.n)
            return fail(c, "The greeting tells \"%s\".", shown(c, found));
    }
    if (ehlo && ehlo->reply.line_count) {
        struct str found = disclosed(ehlo->reply.lines[0]);
        if (found.n)
            return fail(c, "The EHLO reply tells \"%s\".", shown(c, found));
    }
    return ehlo_verdict->value == VERDICT_UNKNOWN ? as_parent(ROW_smtp_ehlo, ehlo_verdict) : pass();
}

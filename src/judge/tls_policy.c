/* SPDX-License-Identifier: Apache-2.0 */
/* tls_policy - see tls_policy.h. */
#include "judge/tls_policy.h"

#include <string.h>

#include "base/panic.h"

enum { BITS_MAX = 65536 };

extern const struct str tls_policy_default_tsv, tls_policy_ncsc2025_tsv, tls_policy_rfc9325_tsv; /* data/tls-policy/ */

static const struct {
    const char *name;
    const struct str *text;
} built_in[] = {{"default", &tls_policy_default_tsv}, {"ncsc2025", &tls_policy_ncsc2025_tsv}, {"rfc9325", &tls_policy_rfc9325_tsv}};

static const char *const kinds[TLS_POLICY_KIND_COUNT + 1] = {
    [TLS_POLICY_VERSION] = "version", [TLS_POLICY_SUITE] = "suite",       [TLS_POLICY_GROUP] = "group",
    [TLS_POLICY_DH_BITS] = "dh-bits", [TLS_POLICY_RSA_BITS] = "rsa-bits", [TLS_POLICY_CURVE] = "curve",
    [TLS_POLICY_KEY] = "key",         [TLS_POLICY_HASH] = "hash",         [TLS_POLICY_SIGNATURE] = "signature",
};
static const char *const classes[] = {"good", "acceptable", "weak", "bad", "no_auth", NULL}; /* from TLS_CLASS_GOOD on */

/* What a row may be about without `*`. */
static const char *const versions[] = {"SSLv2", "SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3", NULL};
static const char *const suites[] = {
#define SUITE(number, since, kind, name) name,
#include "facts/tls_suites.def"
#undef SUITE
    NULL,
};
static const char *const curves[] = {
#define GROUP(number, kind, bits, name) name,
#include "facts/tls_groups.def"
#undef GROUP
    NULL,
};
static const char *const fields[] = {"DHE", "modp1536", "modp2048", "modp3072", "modp4096", "modp6144", "modp8192", NULL};
static const char *const keys[] = {"Ed25519", "Ed448", "DSA", NULL};
static const char *const hashes[] = {"MD2", "MD4", "MD5", "SHA1", "SHA224", "SHA256", "SHA384", "SHA512", NULL};
static const char *const signatures[] = {
#define SIGNATURE(number, name) name,
#include "facts/tls_signatures.def"
#undef SIGNATURE
    NULL,
};

static int one_of(struct str word, const char *const *words)
{
    for (int i = 0; words[i]; i++)
        if (str_is(word, words[i]))
            return i;
    return -1;
}

static bool is_of_bits(enum tls_policy_kind kind)
{
    return kind == TLS_POLICY_DH_BITS || kind == TLS_POLICY_RSA_BITS;
}

static bool is_known(enum tls_policy_kind kind, struct str name)
{
    static const char *const *const lists[] = {
        [TLS_POLICY_VERSION] = versions, [TLS_POLICY_SUITE] = suites, [TLS_POLICY_GROUP] = curves,         [TLS_POLICY_CURVE] = curves,
        [TLS_POLICY_KEY] = keys,         [TLS_POLICY_HASH] = hashes,  [TLS_POLICY_SIGNATURE] = signatures,
    };
    bool is_pattern = name.n && memchr(name.p, '*', name.n);
    return is_pattern || one_of(name, lists[kind]) >= 0 || (kind == TLS_POLICY_GROUP && one_of(name, fields) >= 0);
}

/* After a star that led nowhere, the same again one octet further on. */
static bool fits(struct str pattern, struct str name)
{
    size_t p = 0, n = 0, after_star = 0, from = 0;
    while (n < name.n) {
        if (p < pattern.n && pattern.p[p] == '*') {
            after_star = ++p;
            from = n;
        } else if (p < pattern.n && pattern.p[p] == name.p[n]) {
            p++;
            n++;
        } else if (after_star) {
            p = after_star;
            n = ++from;
        } else {
            return false;
        }
    }
    while (p < pattern.n && pattern.p[p] == '*')
        p++;
    return p == pattern.n;
}

/* Whether the earlier row leaves nothing for the later one. A star is an octet like others to what fits it. */
static bool hides(const struct tls_policy_row *earlier, const struct tls_policy_row *later)
{
    if (earlier->kind != later->kind)
        return false;
    return is_of_bits(later->kind) ? earlier->bits <= later->bits : fits(earlier->name, later->name);
}

static const char *take_class(struct str word, struct tls_policy_row *row)
{
    int class = one_of(word, classes);
    row->is = (enum tls_class)(class + 1);
    if (class < 0)
        return "is not a class: good, acceptable, weak, bad, no_auth";
    return row->is == TLS_CLASS_NO_AUTH && row->kind != TLS_POLICY_SUITE ? "is a class of suites alone" : NULL;
}

static const char *take_name(struct str word, struct tls_policy_row *row)
{
    uint64_t bits;
    row->name = word;
    if (!is_of_bits(row->kind))
        return is_known(row->kind, word) ? NULL : "is no name of this kind that the program knows";
    if (!str_number(word, BITS_MAX, &bits) || bits == 0)
        return "is not a number of bits from 1 to 65536";
    row->bits = (unsigned)bits;
    return NULL;
}

/* NULL: it is a row. */
static const char *take_row(struct str line, struct tls_policy_row *row, struct str *word)
{
    struct str kind = str_cut(&line, '\t'), name = str_cut(&line, '\t'), class = str_cut(&line, '\t');
    int k = one_of(kind, kinds);
    *word = kind;
    row->kind = (enum tls_policy_kind)k;
    if (k < 0)
        return "is not a kind: version, suite, group, dh-bits, rsa-bits, curve, key, hash, signature";
    *word = name;
    const char *wrong = take_name(name, row);
    if (!wrong) {
        *word = class;
        wrong = take_class(class, row);
    }
    return wrong;
}

static bool has_control(struct str line)
{
    for (size_t i = 0; i < line.n; i++)
        if (((unsigned char)line.p[i] < ' ' && line.p[i] != '\t') || line.p[i] == 0x7f)
            return true;
    return false;
}

static const char *take_line(struct str line, unsigned number, struct tls_policy *p, struct tls_policy_problem *problem)
{
    problem->word = (struct str){0};
    if (line.n && line.p[line.n - 1] == '\r')
        line.n--;
    if (has_control(line))
        return "there is a control character";
    if (str_trim(line).n == 0 || line.p[0] == '#')
        return NULL;
    if (p->row_count == TLS_POLICY_ROWS_MAX)
        return "there are more than 256 rows";
    struct tls_policy_row *row = &p->rows[p->row_count];
    const char *wrong = take_row(line, row, &problem->word);
    for (size_t i = 0; !wrong && i < p->row_count; i++)
        if (hides(&p->rows[i], row)) {
            problem->word = row->name;
            problem->other_line = p->rows[i].line;
            wrong = "is never looked at: an earlier row decides about it";
        }
    row->line = number;
    p->row_count++;
    return wrong;
}

int tls_policy_parse(struct str text, const char *name, struct tls_policy *out, struct tls_policy_problem *problem)
{
    *problem = (struct tls_policy_problem){0};
    *out = (struct tls_policy){.name = name};
    if (text.n > TLS_POLICY_BYTES_MAX)
        problem->what = "there are more than 65536 octets";
    for (unsigned line = 1; !problem->what && text.n; line++) {
        problem->what = take_line(str_cut(&text, '\n'), line, out, problem);
        problem->line = problem->what ? line : 0;
    }
    if (!problem->what && out->row_count == 0)
        problem->what = "there is no row";
    if (!problem->what)
        problem->word = (struct str){0};
    return problem->what ? -1 : 0;
}

const struct tls_policy *tls_policy_built_in(const char *name)
{
    static struct tls_policy parsed[sizeof built_in / sizeof *built_in];
    struct tls_policy_problem problem;
    for (size_t i = 0; i < sizeof built_in / sizeof *built_in; i++) {
        if (strcmp(name, built_in[i].name) != 0)
            continue;
        if (!parsed[i].name)
            must(tls_policy_parse(*built_in[i].text, built_in[i].name, &parsed[i], &problem) == 0);
        return &parsed[i];
    }
    return NULL;
}

static const struct tls_policy *or_default(const struct tls_policy *p)
{
    return p ? p : tls_policy_built_in(built_in[0].name);
}

bool tls_policy_is_default(const struct tls_policy *p)
{
    return !p || p == tls_policy_built_in(built_in[0].name);
}

const char *tls_policy_name(const struct tls_policy *p)
{
    return or_default(p)->name;
}

enum tls_class tls_policy_class_of(const struct tls_policy *p, enum tls_policy_kind kind, const char *name)
{
    struct str asked = str_of(name);
    p = or_default(p);
    for (size_t i = 0; name && i < p->row_count; i++)
        if (p->rows[i].kind == kind && fits(p->rows[i].name, asked))
            return p->rows[i].is;
    return TLS_CLASS_UNKNOWN;
}

enum tls_class tls_policy_class_of_bits(const struct tls_policy *p, enum tls_policy_kind kind, unsigned bits)
{
    bool any = false;
    p = or_default(p);
    for (size_t i = 0; i < p->row_count; i++) {
        if (p->rows[i].kind != kind)
            continue;
        any = true;
        if (bits >= p->rows[i].bits)
            return p->rows[i].is;
    }
    return any ? TLS_CLASS_BAD : TLS_CLASS_UNKNOWN;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules_smtp_extensions - what the EHLO replies offer, in clear and inside TLS.
 *
 * RFC 3207 4.2 discards the first list when TLS begins, so the list inside TLS counts where there is one. Where it was
 * not heard for want of knowledge, what it would have held is not known, and neither are the verdicts on it.
 */
#include "judge/rules.h"
#include "judge/sessions.h"

enum { SMALL_SIZE_OCTETS = 10 * 1024 * 1024, LIMIT_DIGITS_MAX = 6, MASK_MIN = 6 };

/* The verdict where nothing wrong was heard, or where it rests on the list inside TLS. */
static const struct outcome *unheard_list(struct context *c, const struct subject *s)
{
    const struct outcome *in_tls = verdict_of(c, ROW_smtp_ehlo_after_tls, s);
    return in_tls->value == VERDICT_UNKNOWN ? in_tls : NULL;
}

static struct outcome pass_if_heard(struct context *c, const struct subject *s)
{
    const struct outcome *unheard = unheard_list(c, s);
    return unheard ? as_parent(ROW_smtp_ehlo_after_tls, unheard) : pass();
}

static const struct smtp_ehlo *best_ehlo(const struct endpoint_facts *e)
{
    const struct smtp_ehlo *in_tls = ehlo_in_tls(e);
    return in_tls ? in_tls : ehlo_in_clear(e);
}

static const char *missing(struct context *c, const struct smtp_ehlo *ehlo, const char *const keywords[], size_t count)
{
    const char *list = NULL;
    for (size_t i = 0; i < count; i++)
        if (!capability_of(ehlo, str_of(keywords[i])))
            list = listed(c, list, keywords[i]);
    return list;
}

struct outcome rule_smtp_baseline_extensions(struct context *c, const struct subject *s)
{
    static const char *const keywords[] = {"8BITMIME", "PIPELINING", "SIZE", "ENHANCEDSTATUSCODES"};
    const struct smtp_ehlo *ehlo = best_ehlo(s->endpoint);
    uint64_t octets;
    if (unheard_list(c, s))
        return pass_if_heard(c, s);
    const char *list = missing(c, ehlo, keywords, sizeof keywords / sizeof *keywords);
    const struct smtp_capability *size = capability_of(ehlo, STR("SIZE"));
    /* RFC 1870 3: zero, and no value, mean that no limit is told. */
    bool small = size && str_number(size->parameters, UINT64_MAX, &octets) && octets > 0 && octets < SMALL_SIZE_OCTETS;
    if (!list && !small)
        return pass();
    const char *limit = small ? arena_printf(c->arena, "The largest message allowed has %llu octets.", (unsigned long long)octets) : NULL;
    return fail(c, "%s%s%s%s%s", list ? "Not offered: " : "", list ? list : "", list ? "." : "", list && limit ? " " : "", limit ? limit : "");
}

struct outcome rule_smtp_modern_extensions(struct context *c, const struct subject *s)
{
    static const char *const keywords[] = {"SMTPUTF8", "CHUNKING", "DSN"};
    if (unheard_list(c, s))
        return pass_if_heard(c, s);
    const char *list = missing(c, best_ehlo(s->endpoint), keywords, sizeof keywords / sizeof *keywords);
    return list ? fail(c, "Not offered: %s.", list) : pass();
}

/* "NAME=" and a number of 1 to 6 digits that does not begin with zero. */
static bool is_limit(struct str item)
{
    uint64_t value;
    struct str name = str_cut(&item, '=');
    return name.n > 0 && item.n > 0 && item.n <= LIMIT_DIGITS_MAX && item.p[0] != '0' && str_number(item, UINT64_MAX, &value);
}

static bool are_digits(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!ascii_is_digit(s.p[i]))
            return false;
    return true;
}

/* What a device in the path writes over keywords: several of them look alike then. */
static bool is_mask(struct str keyword)
{
    size_t n = 0;
    while (n < keyword.n && (keyword.p[n] == 'X' || keyword.p[n] == '*'))
        n++;
    return n >= MASK_MIN && n + 1 >= keyword.n;
}

static const char *value_misuse(struct context *c, const struct smtp_capability *one)
{
    if (str_is_nocase(one->keyword, "SIZE") && !are_digits(one->parameters))
        return arena_printf(c->arena, "SIZE is \"%s\", no number", shown(c, one->parameters));
    if (!str_is_nocase(one->keyword, "LIMITS"))
        return NULL;
    struct str rest = one->parameters;
    for (struct str item; (item = str_word(&rest)).n;)
        if (!is_limit(item))
            return arena_printf(c->arena, "LIMITS has \"%s\"", shown(c, item));
    return NULL;
}

static const char *list_misuse(struct context *c, const struct smtp_ehlo *ehlo, bool in_tls)
{
    if (in_tls && capability_of(ehlo, STR("STARTTLS")))
        return "STARTTLS is offered inside TLS";
    if (!in_tls && capability_of(ehlo, STR("REQUIRETLS")))
        return "REQUIRETLS is offered before TLS";
    for (size_t i = 0; i < ehlo->capability_count; i++) {
        const struct smtp_capability *one = &ehlo->capabilities[i];
        const char *words = value_misuse(c, one);
        if (words)
            return words;
        for (size_t k = 0; k < i && !is_mask(one->keyword); k++) {
            const struct smtp_capability *other = &ehlo->capabilities[k];
            if (str_eq_nocase(one->keyword, other->keyword) && !str_eq_nocase(one->parameters, other->parameters))
                return arena_printf(c->arena, "%s is listed with \"%s\" and with \"%s\"", shown(c, one->keyword), shown(c, other->parameters),
                                    shown(c, one->parameters));
        }
    }
    return NULL;
}

struct outcome rule_smtp_extension_misuse(struct context *c, const struct subject *s)
{
    const struct endpoint_facts *e = s->endpoint;
    for (size_t i = 0; i < e->session_count; i++) {
        const struct session_facts *x = &e->sessions[i];
        const char *words = is_accepted(&x->ehlo) ? list_misuse(c, &x->ehlo, e->tls_mode == TLS_MODE_IMPLICIT) : NULL;
        if (!words && is_accepted(&x->ehlo_tls))
            words = list_misuse(c, &x->ehlo_tls, true);
        if (words)
            return fail(c, "%s.", words);
    }
    return pass_if_heard(c, s);
}

/* What belongs to one side of STARTTLS only; the X words are those of Exchange for the same things. */
static bool is_of_one_side(struct str keyword)
{
    static const char *const keywords[] = {"STARTTLS", "AUTH", "AUTH=", "REQUIRETLS", "X-ANONYMOUSTLS"};
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
        if (str_is_nocase(keyword, keywords[i]))
            return true;
    return str_starts_nocase(keyword, "X-EXPS");
}

static const struct session_facts *session_with_both(const struct endpoint_facts *e)
{
    if (e->shown && is_accepted(&e->shown->ehlo) && is_accepted(&e->shown->ehlo_tls))
        return e->shown;
    for (size_t i = 0; i < e->session_count; i++)
        if (is_accepted(&e->sessions[i].ehlo) && is_accepted(&e->sessions[i].ehlo_tls))
            return &e->sessions[i];
    return NULL;
}

struct outcome rule_smtp_ehlo_diff(struct context *c, const struct subject *s)
{
    const struct session_facts *x = session_with_both(s->endpoint);
    const char *lost = NULL;
    if (!x)
        return not_applicable();
    for (size_t i = 0; i < x->ehlo.capability_count; i++) {
        struct str keyword = x->ehlo.capabilities[i].keyword;
        if (!is_of_one_side(keyword) && !capability_of(&x->ehlo_tls, keyword))
            lost = listed(c, lost, shown(c, keyword));
    }
    if (lost)
        return fail(c, "Offered in clear, but not inside TLS: %s.", lost);
    const struct smtp_capability *clear = capability_of(&x->ehlo, STR("SIZE")), *tls = capability_of(&x->ehlo_tls, STR("SIZE"));
    if (clear && tls && !str_eq(clear->parameters, tls->parameters))
        return fail(c, "SIZE is \"%s\" in clear and \"%s\" inside TLS.", shown(c, clear->parameters), shown(c, tls->parameters));
    return pass();
}

/* Mechanisms that do not show the password, or a token in its place, to who listens. */
static bool hides_the_secret(struct str mechanism)
{
    static const char *const names[] = {"CRAM-MD5", "DIGEST-MD5", "GSSAPI", "GSS-SPNEGO", "NTLM", "EXTERNAL", "KERBEROS_V4"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_is_nocase(mechanism, names[i]))
            return true;
    return str_starts_nocase(mechanism, "SCRAM-");
}

static bool is_plain_or_login(struct str mechanism)
{
    return str_is_nocase(mechanism, "PLAIN") || str_is_nocase(mechanism, "LOGIN");
}

/* With TLS from the first octet nothing is offered in clear. */
struct outcome rule_smtp_auth_cleartext(struct context *c, const struct subject *s)
{
    const struct endpoint_facts *e = s->endpoint;
    for (size_t i = 0; i < e->session_count; i++) {
        struct str mechanism;
        for (struct auth_walk w = {0}; is_accepted(&e->sessions[i].ehlo) && next_mechanism(&e->sessions[i].ehlo, &w, &mechanism);)
            if (is_plain_or_login(mechanism))
                return fail(c, "AUTH %s is offered before TLS.", shown(c, mechanism));
    }
    return pass();
}

struct outcome rule_smtp_auth_on_mx(struct context *c, const struct subject *s)
{
    const struct endpoint_facts *e = s->endpoint;
    if (fails(c, ROW_smtp_auth_cleartext, s))
        return not_applicable_via(ROW_smtp_auth_cleartext);
    for (size_t i = 0; i < e->session_count; i++) {
        const struct smtp_ehlo *ehlos[] = {&e->sessions[i].ehlo, &e->sessions[i].ehlo_tls};
        for (size_t k = 0; k < 2; k++) {
            struct str mechanism;
            struct auth_walk w = {0};
            if (is_accepted(ehlos[k]) && next_mechanism(ehlos[k], &w, &mechanism))
                return fail(c, "AUTH %s is offered%s.", shown(c, mechanism), k ? " inside TLS" : "");
        }
    }
    return pass_if_heard(c, s);
}

/* A mechanism that hides the password lets none leave in clear (RFC 8314 4.1). */
struct outcome rule_smtp_submission_cleartext(struct context *c, const struct subject *s)
{
    const struct endpoint_facts *e = s->endpoint;
    const struct smtp_ehlo *ehlo = ehlo_in_clear(e);
    struct str mechanism;
    if (e->tls_mode == TLS_MODE_IMPLICIT)
        return not_applicable();
    for (struct auth_walk w = {0}; next_mechanism(ehlo, &w, &mechanism);)
        if (!hides_the_secret(mechanism))
            return fail(c, "AUTH %s is offered before TLS.", shown(c, mechanism));
    return capability_of(ehlo, STR("STARTTLS")) ? pass() : fail(c, "STARTTLS is not offered.");
}

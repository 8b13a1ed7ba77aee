/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules_tls_deep - what a server takes beside the best it can do: old versions, broken and ageing ciphers; from hand-made
 * ClientHellos.
 *
 * Only a ServerHello proves that something is taken, and only a refusal that it is not. All else tells nothing.
 */
#include "judge/rules.h"

#include "judge/tls_classes.h"

enum { SUITES_SHOWN_MAX = 6 };

/* NULL: there was no survey of this endpoint. */
static const struct tls_survey_facts *survey_of(const struct subject *s)
{
    return s->endpoint->deep && s->endpoint->deep->survey.begun ? &s->endpoint->deep->survey : NULL;
}

/* Why something is not known. */
static struct outcome not_told(struct context *c, const struct subject *s, const char *what)
{
    const struct deep_facts *deep = s->endpoint->deep;
    if (!c->facts->deep_wanted)
        return not_applicable();
    if (!deep)
        return unknown(c, REASON_INTERNAL, "%s was not tested: our own side failed.", what);
    const char *ended = deep->survey.ended_by ? deep->survey.ended_by : "no answer told it";
    switch (deep->left_out[DEEP_SURVEY]) {
    case DEEP_NOT_NEEDED:
        return not_applicable();
    case DEEP_STOPPED:
        return unknown(c, REASON_THROTTLED, "%s was not tested: %s.", what, deep->stopped_by ? deep->stopped_by : "the server put us off");
    case DEEP_NO_TIME:
        return unknown(c, REASON_LIMIT, "%s was not tested: the time of this run was used up.", what);
    case DEEP_TROUBLE:
        return unknown(c, REASON_INTERNAL, "%s could not be tested: our own side failed.", what);
    case DEEP_MADE:
        break;
    }
    return unknown(c, REASON_THROTTLED, "%s is not known: %s.", what, ended);
}

struct outcome rule_tls_legacy_versions(struct context *c, const struct subject *s)
{
    const struct tls_survey_facts *f = survey_of(s);
    static const enum survey_version old[] = {SURVEY_TLS10, SURVEY_TLS11};
    const char *taken = NULL;
    bool all_refused = true;
    for (size_t i = 0; f && i < 2; i++) {
        enum tls_class class = tls_version_class(c->options->tls_policy, tls_survey_version_name(old[i]));
        bool permitted = class == TLS_CLASS_GOOD || class == TLS_CLASS_ACCEPTABLE;
        if (f->versions[old[i]] == TRI_YES && !permitted)
            taken = listed(c, taken, tls_survey_version_name(old[i]));
        all_refused = all_refused && (permitted || f->versions[old[i]] == TRI_NO);
    }
    if (taken)
        return fail(c, "The server still agrees to %s when nothing newer is offered.", taken);
    return f && all_refused ? pass() : not_told(c, s, "Whether TLS 1.0 and 1.1 are off");
}

struct outcome rule_tls_broken_versions(struct context *c, const struct subject *s)
{
    const struct tls_survey_facts *f = survey_of(s);
    const char *taken = NULL;
    if (f && f->versions[SURVEY_SSL3] == TRI_YES)
        taken = listed(c, taken, "SSLv3");
    if (f && f->ssl2 == TRI_YES)
        taken = listed(c, taken, "SSLv2");
    if (taken)
        return fail(c, "The server still agrees to %s.", taken);
    bool refused = f && f->versions[SURVEY_SSL3] == TRI_NO && f->ssl2 == TRI_NO;
    return refused ? pass() : not_told(c, s, "Whether SSL 2 and SSL 3 are off");
}

/* Suites of one class that were taken in any version, each once, in words. NULL: none. */
static const char *suites_taken(struct context *c, const struct tls_survey_facts *f, enum tls_class class)
{
    const char *list = NULL;
    size_t count = 0;
    for (int v = SURVEY_VERSION_COUNT - 1; v >= 0; v--)
        for (size_t i = 0; i < f->suite_count[v]; i++) {
            const char *name = tls_suite_name(f->suites[v][i]);
            bool seen = false;
            for (int newer = v + 1; newer < SURVEY_VERSION_COUNT; newer++)
                for (size_t k = 0; k < f->suite_count[newer]; k++)
                    seen = seen || f->suites[newer][k] == f->suites[v][i];
            if (seen || tls_suite_class(c->options->tls_policy, name) != class)
                continue;
            if (count++ < SUITES_SHOWN_MAX)
                list = listed(c, list, name);
        }
    return count > SUITES_SHOWN_MAX ? arena_printf(c->arena, "%s and %zu more", list, count - SUITES_SHOWN_MAX) : list;
}

/* Every version that is spoken was asked until it refused the rest. */
static bool all_suites_known(const struct tls_survey_facts *f)
{
    for (int v = 0; v < SURVEY_VERSION_COUNT; v++)
        if (f->versions[v] != TRI_NO && !f->suites_complete[v])
            return false;
    return true;
}

/* Of suites that a survey asks for as broken or as ageing: whether a policy has any of this class among them. */
static bool class_is_among(const struct context *c, enum tls_class class, bool broken)
{
    enum kind { KIND_TLS13, KIND_MODERN, KIND_ANONYMOUS, KIND_BROKEN, KIND_DHE, KIND_ECDHE_OLD, KIND_STATIC_RSA };
    static const struct {
        enum kind kind;
        const char *name;
    } suites[] = {
#define SUITE(number, since, kind, name) {KIND_##kind, name},
#include "facts/tls_suites.def"
#undef SUITE
    };
    for (size_t i = 0; i < sizeof suites / sizeof *suites; i++)
        if (suites[i].kind >= KIND_BROKEN && (suites[i].kind == KIND_BROKEN) == broken && tls_suite_class(c->options->tls_policy, suites[i].name) == class)
            return true;
    return false;
}

/* None of this class is taken: what has any was refused as a whole, or is known suite by suite. */
static bool class_is_refused(const struct context *c, const struct tls_survey_facts *f, enum tls_class class)
{
    for (int broken = 0; broken < 2; broken++) {
        enum tri taken = broken ? f->broken_suites : f->ageing_suites;
        if (taken != TRI_NO && class_is_among(c, class, broken) && !(taken == TRI_YES && all_suites_known(f)))
            return false;
    }
    return true;
}

struct outcome rule_tls_cipher_bad(struct context *c, const struct subject *s)
{
    const struct tls_survey_facts *f = survey_of(s);
    const char *taken = f ? suites_taken(c, f, TLS_CLASS_BAD) : NULL;
    if (taken)
        return fail(c, "The server agrees to %s%s.", taken, by_policy(c, TLS_CLASS_BAD, ""));
    return f && class_is_refused(c, f, TLS_CLASS_BAD) ? pass() : not_told(c, s, "Whether broken ciphers are refused");
}

struct outcome rule_tls_cipher_weak(struct context *c, const struct subject *s)
{
    const struct tls_survey_facts *f = survey_of(s);
    const char *taken = f ? suites_taken(c, f, TLS_CLASS_WEAK) : NULL;
    if (taken)
        return fail(c, "The server agrees to %s%s.", taken, by_policy(c, TLS_CLASS_WEAK, ""));
    return f && class_is_refused(c, f, TLS_CLASS_WEAK) ? pass() : not_told(c, s, "Whether ageing ciphers are refused");
}

struct outcome rule_tls_large_hello(struct context *c, const struct subject *s)
{
    const struct tls_survey_facts *f = survey_of(s);
    if (f && f->large_hello == TRI_YES)
        return pass();
    if (f && f->large_hello == TRI_NO && f->short_hello == TRI_YES)
        return fail(c, "A ClientHello of over 1.6 kB failed twice in the same way, and a short one was answered in between.");
    return not_told(c, s, "Whether a large ClientHello is taken");
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_survey - see tls_survey.h. The table below says what is asked, in which order; the functions follow in its order.
 *
 * Where time or the server's patience ends early, the first questions are answered: whether a hybrid group is taken, broken
 * and ageing suites, old versions. Enumeration comes behind them.
 */
#include "wire/tls_survey_lists.h"

#include <string.h>

#include "base/panic.h"

enum answer { AGREED, REFUSED, UNDECIDED };

typedef bool needed_fn(const struct tls_survey *s);
typedef void ask_fn(struct tls_survey *s, struct survey_ask *ask);
typedef void hear_fn(struct tls_survey *s, enum answer answer, const struct tls_answer *a);

static needed_fn always, large_failed, large_is_in_doubt, tls13_is_unknown, hybrid_is_unknown, version_is_unknown, speaks_below_tls13, no_dhe_seen, more_broken,
    pairs_left, suites_left, curves_left, signatures_left, order_is_unknown;
static ask_fn ask_large, ask_short, ask_hybrid, ask_class, ask_version, ask_ssl2, ask_pair, ask_suites, ask_curves, ask_signatures, ask_order;
static hear_fn hear_large, hear_short, hear_large_again, hear_version, hear_hybrid, hear_broken, hear_dhe, hear_ageing, hear_ssl2, hear_pair, hear_suites,
    hear_curves, hear_signatures, hear_order;

enum { ONCE = 0, REPEATED = 1, FULL = 2 };

static const struct {
    enum survey_version version;
    unsigned kinds; /* of suites */
    unsigned how;
    needed_fn *needed;
    ask_fn *ask;
    hear_fn *hear;
} questions[] = {
    {SURVEY_TLS13, SUITES_CERTIFIED, ONCE, always, ask_large, hear_large},
    {SURVEY_TLS12, SUITES_CERTIFIED, ONCE, large_failed, ask_short, hear_short},
    {SURVEY_TLS13, SUITES_CERTIFIED, ONCE, large_is_in_doubt, ask_large, hear_large_again},
    {SURVEY_TLS13, SUITES_TLS13, ONCE, tls13_is_unknown, ask_version, hear_version},
    {SURVEY_TLS13, SUITES_TLS13, ONCE, hybrid_is_unknown, ask_hybrid, hear_hybrid},
    {SURVEY_TLS12, SUITES_CERTIFIED, ONCE, version_is_unknown, ask_version, hear_version},
    {SURVEY_TLS12, SUITES_BROKEN, ONCE, speaks_below_tls13, ask_class, hear_broken},
    {SURVEY_TLS12, SUITES_DHE, ONCE, no_dhe_seen, ask_class, hear_dhe},
    {SURVEY_TLS12, SUITES_AGEING, ONCE, speaks_below_tls13, ask_class, hear_ageing},
    {SURVEY_TLS11, SUITES_CERTIFIED, ONCE, version_is_unknown, ask_version, hear_version},
    {SURVEY_TLS10, SUITES_CERTIFIED, ONCE, version_is_unknown, ask_version, hear_version},
    {SURVEY_SSL3, SUITES_CERTIFIED, ONCE, version_is_unknown, ask_version, hear_version},
    {SURVEY_SSL3, 0, ONCE, always, ask_ssl2, hear_ssl2},
    {SURVEY_TLS12, SUITES_BROKEN, REPEATED, more_broken, ask_class, hear_suites},
    {SURVEY_TLS13, SUITES_TLS13, REPEATED | FULL, pairs_left, ask_pair, hear_pair},
    {SURVEY_TLS12, SUITES_ANY | WITHOUT_DH, REPEATED | FULL, suites_left, ask_suites, hear_suites},
    {SURVEY_TLS12, SUITES_ANY | WITH_DH, REPEATED | FULL, suites_left, ask_suites, hear_suites},
    {SURVEY_TLS11, SUITES_ANY | WITHOUT_DH, REPEATED | FULL, suites_left, ask_suites, hear_suites},
    {SURVEY_TLS11, SUITES_ANY | WITH_DH, REPEATED | FULL, suites_left, ask_suites, hear_suites},
    {SURVEY_TLS10, SUITES_ANY | WITHOUT_DH, REPEATED | FULL, suites_left, ask_suites, hear_suites},
    {SURVEY_TLS10, SUITES_ANY | WITH_DH, REPEATED | FULL, suites_left, ask_suites, hear_suites},
    {SURVEY_SSL3, SUITES_ANY | WITHOUT_DH, REPEATED | FULL, suites_left, ask_suites, hear_suites},
    {SURVEY_SSL3, SUITES_ANY | WITH_DH, REPEATED | FULL, suites_left, ask_suites, hear_suites},
    {SURVEY_TLS12, 0, REPEATED | FULL, curves_left, ask_curves, hear_curves},
    {SURVEY_TLS12, 0, REPEATED | FULL, signatures_left, ask_signatures, hear_signatures},
    {SURVEY_TLS12, 0, ONCE | FULL, order_is_unknown, ask_order, hear_order},
};

enum { QUESTION_COUNT = sizeof questions / sizeof questions[0] };

static enum survey_version version_asked(const struct tls_survey *s)
{
    return questions[s->at].version;
}

/* What a hello for TLS 1.2 and below is answered in; -1: none, as far as is known. */
static int best_below_tls13(const struct tls_survey *s)
{
    for (int v = SURVEY_TLS12; v >= SURVEY_SSL3; v--)
        if (s->facts->versions[v] == TRI_YES)
            return v;
    return -1;
}

static bool agreed_as_asked(const struct tls_survey *s, const struct tls_answer *a)
{
    const struct survey_ask *ask = &s->asked;
    if (a->version < TLS_HELLO_SSL3 || a->version > TLS_HELLO_SSL3 + ask->newest)
        return false;
    if (a->version == TLS_HELLO_TLS13 && !survey_list_has(ask->groups, ask->group_count, a->group))
        return false;
    return survey_list_has(ask->suites, ask->suite_count, a->suite);
}

static void set_if_unknown(enum tri *t, enum tri value)
{
    if (*t == TRI_UNKNOWN)
        *t = value;
}

/* What any answer tells, whatever it was asked for. */
static void hear_agreement(struct tls_survey *s, const struct tls_answer *a)
{
    struct tls_survey_facts *f = s->facts;
    enum survey_version version = (enum survey_version)(a->version - TLS_HELLO_SSL3);
    f->versions[version] = TRI_YES;
    survey_take_suite(s, version, a->suite);
    survey_take_group(s, a->group);
    survey_take_signature(s, a->signature);
    unsigned kind = survey_suite_kind(a->suite);
    if (kind == SUITES_BROKEN)
        f->broken_suites = TRI_YES;
    if (kind & (SUITES_AGEING | SUITES_DHE))
        f->ageing_suites = TRI_YES;
    if (kind == SUITES_DHE)
        f->dhe = TRI_YES;
    if (version == SURVEY_TLS13) {
        if (survey_is_hybrid(a->group))
            f->hybrid = TRI_YES;
        return;
    }
    set_if_unknown(&f->renegotiation_info, a->renegotiation_info ? TRI_YES : TRI_NO);
    if (version > SURVEY_SSL3) /* which has no extensions */
        set_if_unknown(&f->extended_master_secret, a->extended_master_secret ? TRI_YES : TRI_NO);
    if (s->asked.newest < SURVEY_TLS13) /* offered */
        set_if_unknown(&f->compression, a->compression ? TRI_YES : TRI_NO);
    if (a->dh_bits && (!f->dh_bits || a->dh_bits < f->dh_bits)) {
        f->dh_bits = a->dh_bits;
        f->dh_group = a->dh_group;
    }
}

static void add_groups(const struct tls_survey *s, struct survey_ask *ask)
{
    survey_add_groups(s, ask, ask->newest == SURVEY_TLS13 ? GROUPS_IN_TLS13 : 0, ANY_MARK);
    survey_add_groups(s, ask, ask->oldest == SURVEY_TLS13 ? 0 : ask->newest == SURVEY_TLS13 ? GROUPS_OLD : GROUPS_BELOW_TLS13, ANY_MARK);
    survey_add_signatures(s, ask, ANY_MARK);
}

static bool always(const struct tls_survey *s)
{
    (void)s;
    return true;
}

static void ask_large(struct tls_survey *s, struct survey_ask *ask)
{
    ask->large = true;
    ask->oldest = SURVEY_TLS10;
    survey_add_suites(s, ask, SURVEY_TLS13, SUITES_TLS13, ANY_MARK, SURVEY_SUITES_PER_HELLO);
    survey_add_suites(s, ask, SURVEY_TLS12, questions[s->at].kinds, ANY_MARK, SURVEY_SUITES_PER_HELLO);
    add_groups(s, ask);
}

/* A hello that offers all of its versions is answered in the best of them. */
static void hear_version(struct tls_survey *s, enum answer answer, const struct tls_answer *a)
{
    int best = answer == AGREED ? (int)(a->version - TLS_HELLO_SSL3) : (int)s->asked.oldest - 1;
    for (int v = (int)s->asked.newest; answer != UNDECIDED && v > best; v--)
        set_if_unknown(&s->facts->versions[v], TRI_NO);
}

static void hear_large(struct tls_survey *s, enum answer answer, const struct tls_answer *a)
{
    s->first_large = *a;
    if (answer != AGREED)
        return;
    s->facts->large_hello = TRI_YES;
    s->control = s->asked;
    hear_version(s, answer, a);
}

static bool large_failed(const struct tls_survey *s)
{
    return s->facts->large_hello == TRI_UNKNOWN;
}

static void ask_short(struct tls_survey *s, struct survey_ask *ask)
{
    static const struct {
        unsigned kind;
        size_t max;
    } parts[] = {{SUITES_MODERN, 8}, {SUITES_ECDHE_OLD, 8}, {SUITES_STATIC_RSA, 10}, {SUITES_DHE, 11}, {SUITES_BROKEN, 6}};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        survey_add_suites(s, ask, SURVEY_TLS12, parts[i].kind, ANY_MARK, parts[i].max);
    survey_add_groups(s, ask, GROUPS_PLAIN, ANY_MARK);
    survey_add_signatures(s, ask, ANY_MARK);
}

static void hear_short(struct tls_survey *s, enum answer answer, const struct tls_answer *a)
{
    if (answer != AGREED) {
        s->facts->short_hello = answer == REFUSED ? TRI_NO : TRI_UNKNOWN;
        tls_survey_stop(s, "no ClientHello was answered by a ServerHello");
        return;
    }
    s->facts->short_hello = TRI_YES;
    s->control = s->asked;
    hear_version(s, answer, a);
}

static bool large_is_in_doubt(const struct tls_survey *s)
{
    return s->facts->large_hello == TRI_UNKNOWN && s->facts->short_hello == TRI_YES;
}

static void hear_large_again(struct tls_survey *s, enum answer answer, const struct tls_answer *a)
{
    if (answer == AGREED)
        hear_large(s, answer, a);
    else if (a->kind == s->first_large.kind && a->alert == s->first_large.alert)
        s->facts->large_hello = TRI_NO;
}

static bool tls13_is_unknown(const struct tls_survey *s)
{
    return s->facts->versions[SURVEY_TLS13] == TRI_UNKNOWN;
}

static void ask_version(struct tls_survey *s, struct survey_ask *ask)
{
    enum survey_version version = version_asked(s);
    if (version < SURVEY_TLS13)
        ask->oldest = version == SURVEY_SSL3 ? SURVEY_SSL3 : SURVEY_TLS10;
    survey_add_suites(s, ask, version, questions[s->at].kinds, ANY_MARK, SURVEY_SUITES_PER_HELLO);
    add_groups(s, ask);
}

static bool hybrid_is_unknown(const struct tls_survey *s)
{
    return s->facts->versions[SURVEY_TLS13] == TRI_YES && s->facts->hybrid == TRI_UNKNOWN;
}

static void ask_hybrid(struct tls_survey *s, struct survey_ask *ask)
{
    survey_add_suites(s, ask, SURVEY_TLS13, SUITES_TLS13, ANY_MARK, SURVEY_SUITES_PER_HELLO);
    survey_add_groups(s, ask, GROUPS_HYBRID, ANY_MARK);
    survey_add_signatures(s, ask, ANY_MARK);
}

static void hear_hybrid(struct tls_survey *s, enum answer answer, const struct tls_answer *a)
{
    (void)a;
    if (answer != REFUSED)
        return;
    s->facts->hybrid = TRI_NO;
    survey_refuse_groups(s);
}

static bool version_is_unknown(const struct tls_survey *s)
{
    return s->facts->versions[version_asked(s)] == TRI_UNKNOWN;
}

static bool speaks_below_tls13(const struct tls_survey *s)
{
    return best_below_tls13(s) > SURVEY_SSL3;
}

static void ask_class(struct tls_survey *s, struct survey_ask *ask)
{
    ask->newest = (enum survey_version)best_below_tls13(s);
    ask->oldest = SURVEY_TLS10;
    survey_add_suites(s, ask, ask->newest, questions[s->at].kinds, OPEN, SURVEY_SUITES_PER_HELLO);
    add_groups(s, ask);
}

static void hear_suites(struct tls_survey *s, enum answer answer, const struct tls_answer *a)
{
    (void)a;
    if (answer == REFUSED)
        survey_refuse_suites(s, s->asked.newest);
}

static void hear_broken(struct tls_survey *s, enum answer answer, const struct tls_answer *a)
{
    hear_suites(s, answer, a);
    if (answer == REFUSED)
        set_if_unknown(&s->facts->broken_suites, TRI_NO);
}

static bool no_dhe_seen(const struct tls_survey *s)
{
    return speaks_below_tls13(s) && !s->facts->dh_bits;
}

static void hear_dhe(struct tls_survey *s, enum answer answer, const struct tls_answer *a)
{
    hear_suites(s, answer, a);
    if (answer == REFUSED)
        set_if_unknown(&s->facts->dhe, TRI_NO);
}

static void hear_ageing(struct tls_survey *s, enum answer answer, const struct tls_answer *a)
{
    hear_suites(s, answer, a);
    if (answer == REFUSED && s->facts->dhe == TRI_NO)
        set_if_unknown(&s->facts->ageing_suites, TRI_NO);
}

static void ask_ssl2(struct tls_survey *s, struct survey_ask *ask)
{
    (void)s;
    ask->ssl2 = true;
}

static void hear_ssl2(struct tls_survey *s, enum answer answer, const struct tls_answer *a)
{
    if (a->kind == TLS_ANSWER_SSL2)
        s->facts->ssl2 = TRI_YES;
    else if (answer == REFUSED)
        s->facts->ssl2 = TRI_NO;
}

static bool more_broken(const struct tls_survey *s)
{
    int best = best_below_tls13(s);
    return s->facts->broken_suites == TRI_YES && best > SURVEY_SSL3 && survey_has_suite(s, (enum survey_version)best, SUITES_BROKEN, OPEN);
}

static bool group_is_open(const struct tls_survey *s)
{
    return survey_has_group(s, GROUPS_IN_TLS13, OPEN);
}

static bool suite13_is_open(const struct tls_survey *s)
{
    return survey_has_suite(s, SURVEY_TLS13, SUITES_TLS13, OPEN);
}

static bool pairs_left(const struct tls_survey *s)
{
    return s->facts->versions[SURVEY_TLS13] == TRI_YES && (group_is_open(s) || suite13_is_open(s));
}

/* Groups and suites are eliminated together as long as both are open. Where no open pair is taken, the open groups with
 * known suites tell whether it was for want of a group or of a suite. */
static void ask_pair(struct tls_survey *s, struct survey_ask *ask)
{
    s->pair = !group_is_open(s) ? PAIR_SUITES : s->pair_refused || !suite13_is_open(s) ? PAIR_GROUPS : PAIR_BOTH;
    survey_add_suites(s, ask, SURVEY_TLS13, SUITES_TLS13, s->pair == PAIR_GROUPS ? TAKEN : OPEN, SURVEY_SUITES_PER_HELLO);
    survey_add_groups(s, ask, GROUPS_IN_TLS13, s->pair == PAIR_SUITES ? TAKEN : OPEN);
    survey_add_signatures(s, ask, ANY_MARK);
}

static void refuse_open_suites13(struct tls_survey *s)
{
    s->asked.suite_count = 0;
    survey_add_suites(s, &s->asked, SURVEY_TLS13, SUITES_TLS13, OPEN, SURVEY_SUITES_PER_HELLO);
    survey_refuse_suites(s, SURVEY_TLS13);
}

static void hear_pair(struct tls_survey *s, enum answer answer, const struct tls_answer *a)
{
    (void)a;
    if (s->pair == PAIR_BOTH) {
        s->pair_refused = answer == REFUSED;
    } else if (s->pair == PAIR_SUITES && answer == REFUSED) {
        survey_refuse_suites(s, SURVEY_TLS13);
    } else if (s->pair == PAIR_GROUPS) {
        if (answer == REFUSED)
            survey_refuse_groups(s);
        else if (s->pair_refused && answer == AGREED)
            refuse_open_suites13(s);
        s->pair_refused = false;
    }
}

static bool suites_left(const struct tls_survey *s)
{
    enum survey_version version = version_asked(s);
    return s->facts->versions[version] == TRI_YES && survey_has_suite(s, version, questions[s->at].kinds, OPEN);
}

/* Servers that have no group for finite fields, though suites for them, break off where they choose one: those are asked for
 * apart, so that no other hides behind them. */
static void ask_suites(struct tls_survey *s, struct survey_ask *ask)
{
    survey_add_suites(s, ask, version_asked(s), questions[s->at].kinds, OPEN, SURVEY_SUITES_PER_HELLO);
    ask->oldest = version_asked(s);
    add_groups(s, ask);
}

/* A key on a curve could not sign where that curve is not offered: only RSA tells of curves. */
static void add_rsa_over_curves(const struct tls_survey *s, struct survey_ask *ask, int version)
{
    const struct tls_survey_facts *f = s->facts;
    if (version < SURVEY_TLS10 || version > SURVEY_TLS12)
        return;
    for (size_t i = 0; i < f->suite_count[version] && ask->suite_count < SURVEY_SUITES_PER_HELLO; i++)
        if (survey_suite_signs_with_rsa_over_curves(f->suites[version][i]))
            ask->suites[ask->suite_count++] = f->suites[version][i];
}

static bool curves_left(const struct tls_survey *s)
{
    struct survey_ask ask = {0};
    add_rsa_over_curves(s, &ask, best_below_tls13(s));
    return ask.suite_count > 0 && !s->curves_refused && survey_has_group(s, GROUPS_BELOW_TLS13, ANY_MARK & ~TAKEN);
}

static void ask_curves(struct tls_survey *s, struct survey_ask *ask)
{
    ask->newest = ask->oldest = (enum survey_version)best_below_tls13(s);
    add_rsa_over_curves(s, ask, (int)ask->newest);
    survey_add_groups(s, ask, GROUPS_BELOW_TLS13, ANY_MARK & ~TAKEN);
    survey_add_signatures(s, ask, ANY_MARK);
}

static void hear_curves(struct tls_survey *s, enum answer answer, const struct tls_answer *a)
{
    bool told = answer == AGREED && survey_list_has(s->asked.groups, s->asked.group_count, a->group);
    if (answer == REFUSED)
        s->curves_refused = true;
    else if (!told)
        s->at++;
}

static bool signatures_left(const struct tls_survey *s)
{
    struct survey_ask open = {0};
    survey_add_signatures(s, &open, OPEN);
    return s->facts->versions[SURVEY_TLS12] == TRI_YES && open.signature_count > 0 &&
           survey_has_suite(s, SURVEY_TLS12, SUITES_MODERN | SUITES_ECDHE_OLD | SUITES_DHE, TAKEN);
}

static void ask_signatures(struct tls_survey *s, struct survey_ask *ask)
{
    ask->oldest = SURVEY_TLS12;
    survey_add_suites(s, ask, SURVEY_TLS12, SUITES_MODERN | SUITES_ECDHE_OLD | SUITES_DHE, TAKEN, SURVEY_SUITES_PER_HELLO);
    survey_add_groups(s, ask, GROUPS_BELOW_TLS13, ANY_MARK);
    survey_add_signatures(s, ask, OPEN);
}

static void hear_signatures(struct tls_survey *s, enum answer answer, const struct tls_answer *a)
{
    bool told = answer == AGREED && survey_list_has(s->asked.signatures, s->asked.signature_count, a->signature);
    if (answer == REFUSED)
        survey_refuse_signatures(s);
    else if (!told)
        s->at++;
}

static bool order_is_unknown(const struct tls_survey *s)
{
    int best = best_below_tls13(s);
    return best >= 0 && s->facts->suite_count[best] >= 2;
}

/* What the server takes, the other way round. */
static void ask_order(struct tls_survey *s, struct survey_ask *ask)
{
    ask->newest = ask->oldest = (enum survey_version)best_below_tls13(s);
    size_t count = s->facts->suite_count[ask->newest];
    ask->suite_count = count < SURVEY_SUITES_PER_HELLO ? count : SURVEY_SUITES_PER_HELLO;
    for (size_t i = 0; i < ask->suite_count; i++)
        ask->suites[i] = s->facts->suites[ask->newest][ask->suite_count - 1 - i];
    add_groups(s, ask);
}

static void hear_order(struct tls_survey *s, enum answer answer, const struct tls_answer *a)
{
    if (answer == AGREED && a->suite == s->facts->suites[s->asked.newest][0])
        s->facts->server_order = TRI_YES;
    else if (answer == AGREED && a->suite == s->asked.suites[0])
        s->facts->server_order = TRI_NO;
}

void tls_survey_init(struct tls_survey *s, struct tls_survey_facts *facts, struct arena *arena, const char *sni, bool full, const uint8_t random[32])
{
    *s = (struct tls_survey){.facts = facts, .arena = arena, .sni = sni, .full = full, .hellos_max = full ? SURVEY_HELLOS_FULL : SURVEY_HELLOS_DEFAULT};
    memcpy(s->random, random, sizeof s->random);
    *facts = (struct tls_survey_facts){0};
}

/* All groups are known: in TLS 1.3, and below it where that was to be told. */
static bool groups_are_complete(const struct tls_survey *s)
{
    const struct tls_survey_facts *f = s->facts;
    int best = best_below_tls13(s);
    struct survey_ask over_curves = {0};
    add_rsa_over_curves(s, &over_curves, best);
    bool tls13 = f->versions[SURVEY_TLS13] == TRI_YES, below = best >= SURVEY_TLS10;
    if (f->versions[SURVEY_TLS13] == TRI_UNKNOWN || (tls13 && group_is_open(s)))
        return false;
    if (below && over_curves.suite_count > 0)
        return s->curves_refused || !survey_has_group(s, GROUPS_BELOW_TLS13, ANY_MARK & ~TAKEN);
    return !below || tls13 || (f->suites_complete[best] && f->group_count == 0);
}

static void conclude(struct tls_survey *s)
{
    struct tls_survey_facts *f = s->facts;
    s->over = true;
    for (int v = 0; v < SURVEY_VERSION_COUNT; v++)
        f->suites_complete[v] = f->versions[v] == TRI_YES && !survey_has_suite(s, (enum survey_version)v, SUITES_ANY, OPEN);
    f->groups_complete = f->begun && groups_are_complete(s);
    bool none_below = f->versions[SURVEY_TLS12] == TRI_NO && f->versions[SURVEY_TLS11] == TRI_NO && f->versions[SURVEY_TLS10] == TRI_NO;
    if (none_below) { /* whose suites the classes are about */
        set_if_unknown(&f->broken_suites, TRI_NO);
        set_if_unknown(&f->ageing_suites, TRI_NO);
        set_if_unknown(&f->dhe, TRI_NO);
    }
    if (f->versions[SURVEY_TLS13] == TRI_NO)
        f->hybrid = TRI_NO;
}

void tls_survey_stop(struct tls_survey *s, const char *why)
{
    if (s->over)
        return;
    s->facts->ended_by = why;
    conclude(s);
}

/* The next question that is to be asked, made into `asked`. */
static bool choose(struct tls_survey *s)
{
    for (; s->at < QUESTION_COUNT; s->at++) {
        if ((questions[s->at].how & FULL && !s->full) || !questions[s->at].needed(s))
            continue;
        s->asked = (struct survey_ask){.newest = questions[s->at].version, .oldest = questions[s->at].version};
        questions[s->at].ask(s, &s->asked);
        return true;
    }
    return false;
}

struct str tls_survey_next(struct tls_survey *s)
{
    const struct str none = {NULL, 0};
    if (s->over)
        return none;
    if (s->doubt == SURVEY_SURE && !choose(s)) {
        conclude(s);
        return none;
    }
    if (s->facts->hellos >= s->hellos_max) {
        tls_survey_stop(s, "the number of connections set aside for it was used up");
        return none;
    }
    s->facts->begun = true;
    s->random[0]++; /* no two alike */
    size_t n = survey_write(s, s->doubt == SURVEY_ASKS_CONTROL ? &s->control : &s->asked, s->out);
    return (struct str){(const char *)s->out, n};
}

static enum tls_answer_kind kind_of(const struct tls_answer *a)
{
    bool goodbye = a->kind == TLS_ANSWER_ALERT && a->alert == 0; /* close_notify: a connection that ended, politely */
    return goodbye ? TLS_ANSWER_DROPPED : a->kind;
}

static bool *learned_of(struct tls_survey *s, enum tls_answer_kind kind)
{
    return kind == TLS_ANSWER_DROPPED ? &s->dropping_refuses : kind == TLS_ANSWER_SILENT ? &s->silence_refuses : NULL;
}

/* True when a doubt begins: what was asked is not answered yet. Large hellos are asked for again in any case, and what
 * becomes of them teaches nothing of the others. */
static bool doubts(struct tls_survey *s, enum tls_answer_kind kind)
{
    bool *learned = learned_of(s, kind);
    if (s->doubt == SURVEY_ASKS_AGAIN && learned && kind == s->doubted)
        *learned = true;
    if (s->doubt != SURVEY_SURE || !learned || *learned || s->asked.large || s->control.suite_count == 0)
        return false;
    s->doubt = SURVEY_ASKS_CONTROL;
    s->doubted = kind;
    return true;
}

static enum answer answer_of(struct tls_survey *s, const struct tls_answer *a, enum tls_answer_kind kind)
{
    bool *learned = learned_of(s, kind);
    if (tls_answer_agrees(a))
        return agreed_as_asked(s, a) ? AGREED : UNDECIDED;
    if (kind == TLS_ANSWER_ALERT)
        return s->doubt == SURVEY_ASKS_AGAIN ? UNDECIDED : REFUSED; /* two different failures tell nothing */
    return learned && *learned ? REFUSED : UNDECIDED;
}

void tls_survey_answer(struct tls_survey *s, const struct tls_answer *a)
{
    enum tls_answer_kind kind = kind_of(a);
    if (s->over)
        return;
    if (kind == TLS_ANSWER_NONE) {
        tls_survey_stop(s, "it did not come to a ClientHello");
        return;
    }
    s->facts->hellos++;
    if (s->doubt == SURVEY_ASKS_CONTROL) {
        s->doubt = SURVEY_ASKS_AGAIN;
        if (!tls_answer_agrees(a))
            tls_survey_stop(s, "the server answered no ClientHello any more");
        return;
    }
    if (doubts(s, kind))
        return;
    size_t at = s->at;
    enum answer answer = answer_of(s, a, kind);
    s->doubt = SURVEY_SURE;
    if (answer == AGREED)
        hear_agreement(s, a);
    questions[at].hear(s, answer, a);
    bool elsewhere = answer == AGREED && a->version != TLS_HELLO_SSL3 + s->asked.newest;
    bool next = !(questions[at].how & REPEATED) || answer == UNDECIDED || elsewhere;
    if (next && s->at == at)
        s->at++;
}

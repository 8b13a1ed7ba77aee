/* SPDX-License-Identifier: Apache-2.0 */
/* tls_survey_lists - see tls_survey_lists.h. */
#include "wire/tls_survey_lists.h"

#include <string.h>

#include "base/panic.h"

enum { SINCE_SSL3 = SURVEY_SSL3, SINCE_TLS12 = SURVEY_TLS12, SINCE_TLS13 = SURVEY_TLS13 };

static const struct {
    uint16_t number;
    uint8_t since, kind;
    const char *name;
} suites[] = {
#define SUITE(number, since, kind, name) {number, SINCE_##since, SUITES_##kind, name},
#include "facts/tls_suites.def"
#undef SUITE
};

static const struct {
    uint16_t number;
    uint8_t kind;
} groups[] = {
#define GROUP(number, kind, bits, name) {number, GROUPS_##kind},
#include "facts/tls_groups.def"
#undef GROUP
};

static const uint16_t signatures[] = {
#define SIGNATURE(number, name) number,
#include "facts/tls_signatures.def"
#undef SIGNATURE
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
_Static_assert(COUNT(suites) <= SURVEY_ITEMS_MAX, "room for a mark of each suite");
_Static_assert(COUNT(groups) <= SURVEY_GROUPS, "room for a mark of each group");
_Static_assert(COUNT(signatures) <= SURVEY_SIGNATURES, "room for a mark of each signature");

static const uint16_t version_numbers[SURVEY_VERSION_COUNT] = {
    [SURVEY_SSL3] = TLS_HELLO_SSL3,   [SURVEY_TLS10] = TLS_HELLO_TLS10, [SURVEY_TLS11] = TLS_HELLO_TLS11,
    [SURVEY_TLS12] = TLS_HELLO_TLS12, [SURVEY_TLS13] = TLS_HELLO_TLS13,
};

static bool is_marked(uint8_t mark, unsigned marks)
{
    return (1u << mark & marks) != 0;
}

static bool suite_fits(const struct tls_survey *s, size_t i, enum survey_version version, unsigned kinds, unsigned marks)
{
    bool version_fits = suites[i].since <= version && (version == SURVEY_TLS13) == (suites[i].kind == SUITES_TLS13);
    unsigned other_side = strncmp(suites[i].name, "TLS_DH", 6) == 0 ? WITHOUT_DH : WITH_DH;
    return version_fits && !(kinds & other_side) && (suites[i].kind & kinds) && is_marked(s->suites[version][i], marks);
}

void survey_add_suites(const struct tls_survey *s, struct survey_ask *ask, enum survey_version version, unsigned kinds, unsigned marks, size_t max)
{
    for (size_t i = 0; i < COUNT(suites) && max > 0 && ask->suite_count < SURVEY_SUITES_PER_HELLO; i++)
        if (suite_fits(s, i, version, kinds, marks)) {
            ask->suites[ask->suite_count++] = suites[i].number;
            max--;
        }
}

void survey_add_groups(const struct tls_survey *s, struct survey_ask *ask, unsigned kinds, unsigned marks)
{
    for (size_t i = 0; i < COUNT(groups); i++)
        if ((groups[i].kind & kinds) && is_marked(s->groups[i], marks))
            ask->groups[ask->group_count++] = groups[i].number;
}

void survey_add_signatures(const struct tls_survey *s, struct survey_ask *ask, unsigned marks)
{
    for (size_t i = 0; i < COUNT(signatures); i++)
        if (is_marked(s->signatures[i], marks))
            ask->signatures[ask->signature_count++] = signatures[i];
}

bool survey_has_suite(const struct tls_survey *s, enum survey_version version, unsigned kinds, unsigned marks)
{
    for (size_t i = 0; i < COUNT(suites); i++)
        if (suite_fits(s, i, version, kinds, marks))
            return true;
    return false;
}

bool survey_has_group(const struct tls_survey *s, unsigned kinds, unsigned marks)
{
    for (size_t i = 0; i < COUNT(groups); i++)
        if ((groups[i].kind & kinds) && is_marked(s->groups[i], marks))
            return true;
    return false;
}

bool survey_list_has(const uint16_t *list, size_t count, uint16_t number)
{
    for (size_t i = 0; i < count; i++)
        if (list[i] == number)
            return true;
    return false;
}

static void keep(struct tls_survey *s, uint16_t **list, size_t *count, size_t max, uint16_t number)
{
    if (survey_list_has(*list, *count, number))
        return;
    if (!*list)
        *list = ARENA_ARRAY(s->arena, uint16_t, max);
    if (!*list) {
        tls_survey_stop(s, "no memory");
        return;
    }
    must(*count < max);
    (*list)[(*count)++] = number;
}

void survey_take_suite(struct tls_survey *s, enum survey_version version, uint16_t number)
{
    for (size_t i = 0; i < COUNT(suites); i++)
        if (suites[i].number == number) {
            s->suites[version][i] = MARK_TAKEN;
            keep(s, &s->facts->suites[version], &s->facts->suite_count[version], COUNT(suites), number);
        }
}

void survey_take_group(struct tls_survey *s, uint16_t number)
{
    for (size_t i = 0; i < COUNT(groups); i++)
        if (groups[i].number == number) {
            s->groups[i] = MARK_TAKEN;
            keep(s, &s->facts->groups, &s->facts->group_count, COUNT(groups), number);
        }
}

void survey_take_signature(struct tls_survey *s, uint16_t number)
{
    for (size_t i = 0; i < COUNT(signatures); i++)
        if (signatures[i] == number) {
            s->signatures[i] = MARK_TAKEN;
            keep(s, &s->facts->signatures, &s->facts->signature_count, COUNT(signatures), number);
        }
}

void survey_refuse_suites(struct tls_survey *s, enum survey_version version)
{
    for (size_t i = 0; i < COUNT(suites); i++)
        if (s->suites[version][i] == MARK_OPEN && survey_list_has(s->asked.suites, s->asked.suite_count, suites[i].number))
            s->suites[version][i] = MARK_REFUSED;
}

void survey_refuse_groups(struct tls_survey *s)
{
    for (size_t i = 0; i < COUNT(groups); i++)
        if (s->groups[i] == MARK_OPEN && survey_list_has(s->asked.groups, s->asked.group_count, groups[i].number))
            s->groups[i] = MARK_REFUSED;
}

void survey_refuse_signatures(struct tls_survey *s)
{
    for (size_t i = 0; i < COUNT(signatures); i++)
        if (s->signatures[i] == MARK_OPEN && survey_list_has(s->asked.signatures, s->asked.signature_count, signatures[i]))
            s->signatures[i] = MARK_REFUSED;
}

unsigned survey_suite_kind(uint16_t number)
{
    for (size_t i = 0; i < COUNT(suites); i++)
        if (suites[i].number == number)
            return suites[i].kind;
    return 0;
}

bool survey_is_hybrid(uint16_t group)
{
    for (size_t i = 0; i < COUNT(groups); i++)
        if (groups[i].number == group)
            return groups[i].kind == GROUPS_HYBRID;
    return false;
}

bool survey_suite_signs_with_rsa_over_curves(uint16_t number)
{
    for (size_t i = 0; i < COUNT(suites); i++)
        if (suites[i].number == number)
            return strncmp(suites[i].name, "TLS_ECDHE_RSA_", 14) == 0;
    return false;
}

size_t survey_write(const struct tls_survey *s, const struct survey_ask *ask, uint8_t out[TLS_HELLO_MAX_BYTES])
{
    static const uint16_t shares[] = {0x11ec, 0x001d};
    bool tls13 = ask->newest == SURVEY_TLS13;
    const struct tls_hello hello = {
        .newest = ask->ssl2 ? TLS_HELLO_SSL2 : version_numbers[ask->newest],
        .oldest = version_numbers[ask->oldest],
        .suites = {ask->suites, ask->suite_count},
        .groups = {ask->groups, ask->group_count},
        .shares = {shares, ask->large ? COUNT(shares) : 0},
        .signatures = {ask->signatures, ask->newest >= SURVEY_TLS12 ? ask->signature_count : 0},
        .sni = s->sni,
        .extended_master_secret = true,
        .renegotiation_info = ask->oldest < SURVEY_TLS13,
        .deflate = !tls13,
        .grease = ask->large,
        .padded_to = ask->large ? SURVEY_LARGE_HELLO_BYTES : 0,
        .random = s->random,
    };
    return tls_hello_write(&hello, out);
}

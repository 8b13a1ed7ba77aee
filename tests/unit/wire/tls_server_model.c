/* SPDX-License-Identifier: Apache-2.0 */
/* tls_server_model - see tls_server_model.h. */
#include "tls_server_model.h"

#include <string.h>

#include "base/panic.h"

struct offer {
    unsigned version;
    struct model_list versions, suites, groups, signatures;
    bool signatures_named, groups_named, deflate, renegotiation_info, extended_master_secret;
};

static unsigned number(const uint8_t *p, size_t octets)
{
    unsigned value = 0;
    for (size_t i = 0; i < octets; i++)
        value = value << 8 | p[i];
    return value;
}

static void read_list(struct model_list *list, const uint8_t *p, size_t n)
{
    for (size_t i = 0; i + 1 < n; i += 2)
        list->items[list->n++] = (uint16_t)number(p + i, 2);
}

static void read_extension(struct offer *o, unsigned type, const uint8_t *p, size_t n)
{
    if (type == 10) {
        o->groups_named = true;
        read_list(&o->groups, p + 2, n - 2);
    } else if (type == 13) {
        o->signatures_named = true;
        read_list(&o->signatures, p + 2, n - 2);
    } else if (type == 23) {
        o->extended_master_secret = true;
    } else if (type == 43) {
        read_list(&o->versions, p + 1, n - 1);
    }
}

static struct offer read_hello(struct str hello)
{
    const uint8_t *p = (const uint8_t *)hello.p, *end = p + hello.n;
    struct offer o = {0};
    must(hello.n > 5 && p[0] == 22 && number(p + 3, 2) == hello.n - 5 && p[5] == 1 && number(p + 6, 3) == hello.n - 9);
    p += 9;
    o.version = number(p, 2);
    p += 2 + 32;
    p += 1 + *p;
    read_list(&o.suites, p + 2, number(p, 2));
    p += 2 + number(p, 2);
    for (unsigned i = 0; i < p[0]; i++)
        o.deflate = o.deflate || p[1 + i] == 1;
    p += 1 + *p;
    if (p < end)
        p += 2;
    for (; p < end; p += 4 + number(p + 2, 2))
        read_extension(&o, number(p, 2), p + 4, number(p + 2, 2));
    must(p == end);
    o.renegotiation_info = model_list_has(&o.suites, 0x00ff);
    return o;
}

bool model_list_has(const struct model_list *list, uint16_t item)
{
    for (size_t i = 0; i < list->n; i++)
        if (list->items[i] == item)
            return true;
    return false;
}

static int version_of(const struct tls_server_model *m, const struct offer *o)
{
    for (int v = SURVEY_TLS13; v >= SURVEY_SSL3; v--) {
        bool offered = o->versions.n > 0 ? model_list_has(&o->versions, (uint16_t)(TLS_HELLO_SSL3 + v)) : TLS_HELLO_SSL3 + (unsigned)v <= o->version;
        if (offered && m->versions[v])
            return v;
    }
    return -1;
}

/* The first of `first` that is in `second`; 0: none. */
static uint16_t common(const struct model_list *first, const struct model_list *second)
{
    for (size_t i = 0; i < first->n; i++)
        if (model_list_has(second, first->items[i]))
            return first->items[i];
    return 0;
}

static bool is_over_curves(uint16_t suite)
{
    return (suite >= 0xc006 && suite <= 0xc014) || (suite >= 0xc023 && suite <= 0xc030) || suite == 0xcca8 || suite == 0xcca9;
}

static bool is_dhe(uint16_t suite)
{
    return suite == 0x0033 || suite == 0x0039 || suite == 0x009e || suite == 0x009f || suite == 0x0016;
}

static void choose_suite(const struct tls_server_model *m, const struct offer *o, int version, struct tls_answer *a)
{
    const struct model_list *own = &m->suites[version];
    const struct model_list *first = m->own_order ? own : &o->suites, *second = m->own_order ? &o->suites : own;
    uint16_t curve = common(&m->groups_below, &o->groups), signature = common(&m->signatures, &o->signatures);
    for (size_t i = 0; i < first->n; i++) {
        uint16_t suite = first->items[i];
        bool curves = is_over_curves(suite), signs = curves || is_dhe(suite);
        if (!model_list_has(second, suite) || (curves && o->groups_named && !curve) || (signs && o->signatures_named && !signature))
            continue;
        a->suite = suite;
        a->group = curves ? curve : 0;
        a->signature = signs && version == SURVEY_TLS12 ? signature : 0;
        a->dh_bits = is_dhe(suite) ? m->dh_bits : 0;
        return;
    }
}

struct tls_answer tls_server_model_answer(const struct tls_server_model *m, struct str hello)
{
    struct tls_answer refusal = {.kind = m->refusal, .alert = m->refusal == TLS_ANSWER_ALERT ? m->alert : -1};
    if (m->hello_bytes_max && hello.n > m->hello_bytes_max)
        return (struct tls_answer){.kind = TLS_ANSWER_DROPPED, .alert = -1};
    if ((uint8_t)hello.p[0] & 0x80)
        return m->ssl2 ? (struct tls_answer){.kind = TLS_ANSWER_SSL2, .version = TLS_HELLO_SSL2, .alert = -1} : refusal;
    const struct offer o = read_hello(hello);
    int version = version_of(m, &o);
    struct tls_answer a = {.kind = TLS_ANSWER_HELLO, .alert = -1, .version = (uint16_t)(TLS_HELLO_SSL3 + version)};
    if (version < 0)
        return refusal;
    if (version == SURVEY_TLS13) {
        a.kind = TLS_ANSWER_RETRY;
        a.group = common(m->own_order ? &m->groups13 : &o.groups, m->own_order ? &o.groups : &m->groups13);
        a.suite = common(m->own_order ? &m->suites[version] : &o.suites, m->own_order ? &o.suites : &m->suites[version]);
        return a.group && a.suite ? a : refusal;
    }
    choose_suite(m, &o, version, &a);
    a.compression = m->deflate && o.deflate;
    a.renegotiation_info = m->renegotiation_info && o.renegotiation_info;
    a.extended_master_secret = m->extended_master_secret && o.extended_master_secret;
    if (m->no_group_for_dhe && is_dhe(a.suite))
        return (struct tls_answer){.kind = TLS_ANSWER_DROPPED, .alert = -1};
    return a.suite ? a : refusal;
}

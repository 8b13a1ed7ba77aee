/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules_caa - cert.caa: whether the CA of the certificate that is served may make the next one.
 *
 * Only a certificate that bears the host's name was made under the host's CAA records; one that came through a wildcard
 * was made under those of the name above the host.
 */
#include <string.h>

#include "judge/rules.h"

static const struct caa_issuer issuers[] = {
#define CAA_ISSUER(...) {__VA_ARGS__},
#include "judge/caa_issuers.def"
#undef CAA_ISSUER
};

/* The identifiers of a CA, parted by blanks; NULL: not known. */
static const char *identifiers_of(const struct context *c, const char *organisation)
{
    for (size_t i = 0; organisation && i < c->options->caa_issuer_count; i++)
        if (str_is_nocase(str_of(organisation), c->options->caa_issuers[i].organisation))
            return c->options->caa_issuers[i].identifiers;
    for (size_t i = 0; organisation && i < sizeof issuers / sizeof *issuers; i++)
        if (str_is_nocase(str_of(organisation), issuers[i].organisation))
            return issuers[i].identifiers;
    return NULL;
}

static bool bears(const struct cert_facts *leaf, const char *name, bool as_wildcard)
{
    for (size_t i = 0; i < leaf->san_dns_count; i++) {
        struct str san = leaf->san_dns[i];
        bool is_wildcard = str_starts_nocase(san, "*.");
        if (is_wildcard)
            san = (struct str){san.p + 2, san.n - 2};
        if (is_wildcard == as_wildcard && str_is_nocase(san, name))
            return true;
    }
    return false;
}

static const struct caa_record *unknown_critical(const struct caa_facts *caa)
{
    static const char *const known[] = {"issue", "issuewild", "iodef", "issuemail", "issuevmc", "contactemail", "contactphone"};
    for (size_t i = 0; i < caa->record_count; i++) {
        bool understood = !caa->records[i].critical;
        for (size_t k = 0; k < sizeof known / sizeof *known; k++)
            understood = understood || str_is_nocase(caa->records[i].tag, known[k]);
        if (!understood)
            return &caa->records[i];
    }
    return NULL;
}

static bool has(const struct caa_facts *caa, const char *tag)
{
    for (size_t i = 0; i < caa->record_count; i++)
        if (str_is_nocase(caa->records[i].tag, tag))
            return true;
    return false;
}

static bool is_one_of(struct str issuer, const char *identifiers)
{
    struct str rest = str_of(identifiers);
    while (rest.n)
        if (str_eq_nocase(str_word(&rest), issuer))
            return true;
    return false;
}

static struct outcome judge_issuers(struct context *c, const struct caa_facts *caa, const char *tag, const struct cert_facts *leaf)
{
    const char *identifiers = identifiers_of(c, leaf->issuer_organisation), *permitted = NULL;
    if (!identifiers)
        return not_applicable();
    for (size_t i = 0; i < caa->record_count; i++) {
        const struct caa_record *r = &caa->records[i];
        if (!str_is_nocase(r->tag, tag))
            continue;
        if (r->issuer.n && is_one_of(r->issuer, identifiers))
            return pass();
        permitted = r->issuer.n ? listed(c, permitted, shown(c, r->issuer)) : permitted;
    }
    return fail(c, "The CAA records (%s) of %s let %s make certificates, not %s, which goes by %s.", tag, caa->domain, permitted ? permitted : "nobody",
                shown(c, str_of(leaf->issuer_organisation)), identifiers);
}

struct outcome rule_cert_caa(struct context *c, const struct subject *s)
{
    const struct caa_facts *caa = s->host->caa;
    const struct cert_facts *leaf = &best_handshake(s->endpoint)->certificates[0];
    const char *dot = strchr(s->host->name, '.');
    bool by_name = bears(leaf, s->host->name, false), by_wildcard = dot && bears(leaf, dot + 1, true);
    if (!caa)
        return not_applicable();
    if (!by_name && !by_wildcard)
        return not_applicable_via(ROW_cert_name_match);
    if (caa->lookup.status == DNS_NOT_ASKED)
        return unknown(c, REASON_LIMIT, "%s has more labels than we ask CAA records for.", s->host->name);
    if (!is_answered(&caa->lookup))
        return unknown(c, reason_of_lookup(&caa->lookup), "The CAA records of %s could not be looked up: %s.", caa->domain, dns_problem(c, &caa->lookup));
    if (!by_name && strcmp(caa->domain, s->host->name) == 0) /* those that count for the wildcard are not known */
        return not_applicable();
    const struct caa_record *strange = unknown_critical(caa);
    if (strange)
        return fail(c, "A CAA record of %s is marked critical, and no CA knows its tag \"%s\": so none may make a certificate.", caa->domain,
                    shown(c, strange->tag));
    const char *tag = !by_name && has(caa, "issuewild") ? "issuewild" : "issue";
    return has(caa, tag) ? judge_issuers(c, caa, tag, leaf) : caa->record_count ? pass() : not_applicable();
}

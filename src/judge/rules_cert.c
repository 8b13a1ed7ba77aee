/* SPDX-License-Identifier: Apache-2.0 */
/* rules_cert - the certificate and its chain. */
#include "judge/rules.h"

struct outcome rule_cert_present(struct context *c, const struct subject *s)
{
    (void)c, (void)s;
    return not_applicable();
}

struct outcome rule_cert_dates(struct context *c, const struct subject *s)
{
    (void)c, (void)s;
    return not_applicable();
}

struct outcome rule_cert_expiry_soon(struct context *c, const struct subject *s)
{
    (void)c, (void)s;
    return not_applicable();
}

struct outcome rule_cert_renewal_late(struct context *c, const struct subject *s)
{
    (void)c, (void)s;
    return not_applicable();
}

struct outcome rule_cert_name_match(struct context *c, const struct subject *s)
{
    (void)c, (void)s;
    return not_applicable();
}

struct outcome rule_cert_trusted(struct context *c, const struct subject *s)
{
    (void)c, (void)s;
    return not_applicable();
}

struct outcome rule_cert_chain_complete(struct context *c, const struct subject *s)
{
    (void)c, (void)s;
    return not_applicable();
}

struct outcome rule_cert_key_strength(struct context *c, const struct subject *s)
{
    (void)c, (void)s;
    return not_applicable();
}

struct outcome rule_cert_signature_hash(struct context *c, const struct subject *s)
{
    (void)c, (void)s;
    return not_applicable();
}

struct outcome rule_cert_lifetime_ready(struct context *c, const struct subject *s)
{
    (void)c, (void)s;
    return not_applicable();
}

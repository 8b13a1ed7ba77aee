/* SPDX-License-Identifier: Apache-2.0 */
/* rules_pool - servers compared with each other. */
#include "judge/rules.h"

struct outcome rule_pool_starttls(struct context *c, const struct subject *s)
{
    (void)c, (void)s;
    return not_applicable();
}

struct outcome rule_pool_tls_level(struct context *c, const struct subject *s)
{
    (void)c, (void)s;
    return not_applicable();
}

struct outcome rule_pool_capabilities(struct context *c, const struct subject *s)
{
    (void)c, (void)s;
    return not_applicable();
}

struct outcome rule_pool_certificate(struct context *c, const struct subject *s)
{
    (void)c, (void)s;
    return not_applicable();
}

struct outcome rule_pool_backup_weaker(struct context *c, const struct subject *s)
{
    (void)c, (void)s;
    return not_applicable();
}

struct outcome rule_pool_network_diversity(struct context *c, const struct subject *s)
{
    (void)c, (void)s;
    return not_applicable();
}

struct outcome rule_pool_operators(struct context *c, const struct subject *s)
{
    (void)c, (void)s;
    return not_applicable();
}

/* SPDX-License-Identifier: Apache-2.0 */
/* rules_mx - where mail for the domain goes. */
#include "judge/rules.h"

struct outcome rule_mx_exists(struct context *c, const struct subject *s)
{
    (void)c, (void)s;
    return not_applicable();
}

struct outcome rule_mx_implicit(struct context *c, const struct subject *s)
{
    (void)c, (void)s;
    return not_applicable();
}

struct outcome rule_mx_null_exclusive(struct context *c, const struct subject *s)
{
    (void)c, (void)s;
    return not_applicable();
}

struct outcome rule_mx_null_proper(struct context *c, const struct subject *s)
{
    (void)c, (void)s;
    return not_applicable();
}

struct outcome rule_mx_expected_set(struct context *c, const struct subject *s)
{
    (void)c, (void)s;
    return not_applicable();
}

struct outcome rule_mx_target_resolves(struct context *c, const struct subject *s)
{
    (void)c, (void)s;
    return not_applicable();
}

struct outcome rule_mx_target_dangling(struct context *c, const struct subject *s)
{
    (void)c, (void)s;
    return not_applicable();
}

struct outcome rule_mx_target_cname(struct context *c, const struct subject *s)
{
    (void)c, (void)s;
    return not_applicable();
}

struct outcome rule_mx_address_public(struct context *c, const struct subject *s)
{
    (void)c, (void)s;
    return not_applicable();
}

struct outcome rule_mx_reachable(struct context *c, const struct subject *s)
{
    (void)c, (void)s;
    return not_applicable();
}

struct outcome rule_mx_host_reachable(struct context *c, const struct subject *s)
{
    (void)c, (void)s;
    return not_applicable();
}

struct outcome rule_mx_primary_reachable(struct context *c, const struct subject *s)
{
    (void)c, (void)s;
    return not_applicable();
}

struct outcome rule_mx_failover_distinct(struct context *c, const struct subject *s)
{
    (void)c, (void)s;
    return not_applicable();
}

struct outcome rule_mx_redundancy(struct context *c, const struct subject *s)
{
    (void)c, (void)s;
    return not_applicable();
}

struct outcome rule_mx_ipv4(struct context *c, const struct subject *s)
{
    (void)c, (void)s;
    return not_applicable();
}

struct outcome rule_mx_ipv6(struct context *c, const struct subject *s)
{
    (void)c, (void)s;
    return not_applicable();
}

/* SPDX-License-Identifier: Apache-2.0 */
/* rules_rdns - names of the addresses. */
#include "judge/rules.h"

struct outcome rule_rdns_ptr_exists(struct context *c, const struct subject *s)
{
    (void)c, (void)s;
    return not_applicable();
}

struct outcome rule_rdns_fcrdns(struct context *c, const struct subject *s)
{
    (void)c, (void)s;
    return not_applicable();
}

struct outcome rule_rdns_ptr_matches_mx(struct context *c, const struct subject *s)
{
    (void)c, (void)s;
    return not_applicable();
}

struct outcome rule_rdns_name_agreement(struct context *c, const struct subject *s)
{
    (void)c, (void)s;
    return not_applicable();
}

struct outcome rule_rdns_generic(struct context *c, const struct subject *s)
{
    (void)c, (void)s;
    return not_applicable();
}

/* SPDX-License-Identifier: Apache-2.0 */
/* rules_tls - encryption on the way in. */
#include "judge/rules.h"

struct outcome rule_tls_starttls_stripped(struct context *c, const struct subject *s)
{
    (void)c, (void)s;
    return not_applicable();
}

struct outcome rule_tls_starttls_offered(struct context *c, const struct subject *s)
{
    (void)c, (void)s;
    return not_applicable();
}

struct outcome rule_tls_starttls_stable(struct context *c, const struct subject *s)
{
    (void)c, (void)s;
    return not_applicable();
}

struct outcome rule_tls_starttls_accepted(struct context *c, const struct subject *s)
{
    (void)c, (void)s;
    return not_applicable();
}

struct outcome rule_tls_handshake(struct context *c, const struct subject *s)
{
    (void)c, (void)s;
    return not_applicable();
}

struct outcome rule_tls_version_floor(struct context *c, const struct subject *s)
{
    (void)c, (void)s;
    return not_applicable();
}

struct outcome rule_tls_version_13(struct context *c, const struct subject *s)
{
    (void)c, (void)s;
    return not_applicable();
}

struct outcome rule_tls_cipher_negotiated(struct context *c, const struct subject *s)
{
    (void)c, (void)s;
    return not_applicable();
}

struct outcome rule_tls_key_exchange(struct context *c, const struct subject *s)
{
    (void)c, (void)s;
    return not_applicable();
}

struct outcome rule_tls_pq_hybrid(struct context *c, const struct subject *s)
{
    (void)c, (void)s;
    return not_applicable();
}

struct outcome rule_tls_legacy_features(struct context *c, const struct subject *s)
{
    (void)c, (void)s;
    return not_applicable();
}

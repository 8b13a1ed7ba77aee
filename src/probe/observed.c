/* SPDX-License-Identifier: Apache-2.0 */
/* observed - see observed.h. */
#include "probe/observed.h"

#include <string.h>

enum { DAY_S = 24 * 60 * 60, END_NEAR_DAYS_MIN = 2, END_NEAR_DAYS_MAX = 30, END_NEAR_PERCENT = 30, RSA_BITS_MIN = 2048, CURVE_BITS_MIN = 256 };

/* TLS 1.3 and, below it, a suite of ephemeral keys and authenticated encryption. */
static bool is_modern(const struct tls_facts *t)
{
    const char *cipher = t->cipher ? t->cipher : "";
    bool suite = strncmp(cipher, "TLS_ECDHE_", 10) == 0 && (strstr(cipher, "_GCM_") || strstr(cipher, "_CHACHA20_"));
    return suite && t->group && t->tls13_announced && t->compression == TRI_NO && t->renegotiation_info == TRI_YES;
}

/* Soon enough for somebody to be told. */
static bool ends_soon(const struct tls_facts *t, struct wall now)
{
    const struct cert_facts *leaf = &t->certificates[0];
    int64_t near = (leaf->not_after.s - leaf->not_before.s) * END_NEAR_PERCENT / 100 + 1;
    if (near < (int64_t)END_NEAR_DAYS_MIN * DAY_S)
        near = (int64_t)END_NEAR_DAYS_MIN * DAY_S;
    if (near > (int64_t)END_NEAR_DAYS_MAX * DAY_S)
        near = (int64_t)END_NEAR_DAYS_MAX * DAY_S;
    return t->path_not_after.s - now.s < near;
}

static bool has_strong_key(const struct cert_facts *c)
{
    switch (c->key_type) {
    case KEY_RSA:
        return c->key_bits >= RSA_BITS_MIN;
    case KEY_EC:
        return c->key_bits >= CURVE_BITS_MIN && c->curve && strncmp(c->curve, "P-", 2) == 0;
    case KEY_ED25519:
    case KEY_ED448:
        return true;
    case KEY_OTHER:
    case KEY_DSA:
        break;
    }
    return false;
}

static bool has_strong_hash(const struct cert_facts *c)
{
    const char *hash = c->signature_hash;
    return c->self_signed || !hash || strcmp(hash, "SHA256") == 0 || strcmp(hash, "SHA384") == 0 || strcmp(hash, "SHA512") == 0;
}

static bool is_good_chain(const struct tls_facts *t, struct wall now)
{
    if (t->certificate_count == 0 || t->chain_in_order != TRI_YES || t->path_has_unsent || t->name_matches == TRI_NO)
        return false;
    for (size_t i = 0; i < t->certificate_count; i++)
        if (!has_strong_key(&t->certificates[i]) || !has_strong_hash(&t->certificates[i]))
            return false;
    bool trusted = t->trust == TRUST_YES || t->trust == TRUST_UNKNOWN;
    return trusted && now.s >= t->path_not_before.s && !ends_soon(t, now);
}

bool observed_is_enough(const struct tls_facts *tls, struct wall now)
{
    return tls->result == TLS_OBSERVED && is_modern(tls) && is_good_chain(tls, now);
}

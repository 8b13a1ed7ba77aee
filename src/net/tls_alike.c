/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_alike - certificates that an issuer makes all in the same way: when one of them was judged with its chain and found good,
 * of another of the same shape behind the same chain only the signature is left to verify. Nothing else that the path to the
 * store is built and judged by differs: dates are left aside, and names only count where a certificate constrains them.
 *
 * What is not surely so is left to the library: chains that are not trusted or not in order, constrained names, issuers who
 * certify themselves, keys other than RSA and named curves, certificates that the store knows itself, and wrong signatures.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "net/tls_impl.h"
#include "net/tls_observe.h"
#include "wire/certificate.h"

struct alike {
    bool used;
    uint8_t key[TLS_SEEN_KEY_BYTES];
    struct arena arena;
    struct tls_facts facts; /* of the chain; of the leaf what all have */
    struct wall issuers_not_before, issuers_not_after;
    X509_NAME *issuer;
    EVP_PKEY_CTX *verifier; /* with the issuer's key */
    EVP_MD *hash;           /* of the signature */
    EC_GROUP *group;        /* NULL: RSA */
};

struct tls_alike {
    EVP_MD *sha256;
    struct alike places[TLS_ALIKE_MAX];
};

static struct tls_alike *table_of(struct tls_context *c)
{
    if (!c->alike)
        c->alike = calloc(1, sizeof *c->alike);
    if (c->alike && !c->alike->sha256)
        c->alike->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    return c->alike && c->alike->sha256 ? c->alike : NULL;
}

/* Of the shape and of all that was sent behind it. */
static bool key_of(const struct tls_alike *t, const struct tls_answer *a, const struct certificate_parts *leaf, uint8_t key[TLS_SEEN_KEY_BYTES])
{
    uint8_t digest[TLS_SEEN_KEY_BYTES];
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool fine = ctx && EVP_DigestInit_ex(ctx, t->sha256, NULL) == 1;
    for (size_t i = 1; fine && i < a->certificate_count; i++)
        fine = EVP_Digest(a->certificates[i].p, a->certificates[i].n, digest, NULL, t->sha256, NULL) == 1 &&
               EVP_DigestUpdate(ctx, digest, sizeof digest) == 1;
    const uint8_t count = (uint8_t)a->certificate_count;
    fine = fine && EVP_DigestUpdate(ctx, &count, 1) == 1;
    for (size_t i = 0; fine && i < leaf->shape_count; i++)
        fine = EVP_DigestUpdate(ctx, leaf->shape[i].p, leaf->shape[i].n) == 1;
    fine = fine && EVP_DigestFinal_ex(ctx, key, NULL) == 1;
    EVP_MD_CTX_free(ctx);
    return fine;
}

static struct alike *place_of(struct tls_alike *t, const uint8_t *key)
{
    return &t->places[((unsigned)key[0] << 8 | key[1]) % TLS_ALIKE_MAX];
}

static void clear(struct alike *s)
{
    if (s->used)
        arena_done(&s->arena);
    X509_NAME_free(s->issuer);
    EVP_PKEY_CTX_free(s->verifier);
    EVP_MD_free(s->hash);
    EC_GROUP_free(s->group);
    *s = (struct alike){0};
}

/* ---- another one ---- */

static bool is_signed(const struct alike *s, const struct certificate_parts *leaf)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    return EVP_Digest(leaf->tbs.p, leaf->tbs.n, digest, &n, s->hash, NULL) == 1 &&
           EVP_PKEY_verify(s->verifier, (const uint8_t *)leaf->signature.p, leaf->signature.n, digest, n) == 1;
}

/* As the library does before it takes a point for a key: it lies on the curve. */
static bool is_point(const EC_GROUP *group, struct str key)
{
    EC_POINT *point = key.p[0] == POINT_CONVERSION_UNCOMPRESSED ? EC_POINT_new(group) : NULL;
    bool is = point && EC_POINT_oct2point(group, point, (const uint8_t *)key.p, key.n, NULL) == 1;
    EC_POINT_free(point);
    return is;
}

static bool write_key(const struct alike *s, const struct certificate_parts *leaf, struct cert_facts *facts)
{
    if (!s->group)
        facts->key_bits = certificate_rsa_bits(leaf->key);
    return s->group ? is_point(s->group, leaf->key) : facts->key_bits > 0;
}

static bool read_time(struct str der, struct wall *wall)
{
    const uint8_t *p = (const uint8_t *)der.p;
    ASN1_TIME *time = d2i_ASN1_TIME(NULL, &p, (long)der.n);
    *wall = tls_wall_of(time);
    ASN1_TIME_free(time);
    return time;
}

static bool write_serial(struct str der, struct cert_facts *facts, struct arena *arena)
{
    const uint8_t *p = (const uint8_t *)der.p;
    ASN1_INTEGER *serial = d2i_ASN1_INTEGER(NULL, &p, (long)der.n);
    facts->serial = serial ? tls_serial_text(serial, arena) : NULL;
    ASN1_INTEGER_free(serial);
    return facts->serial;
}

/* Also asks the store, which may hold the certificate itself and trust or distrust it. */
static bool write_subject(const struct alike *s, X509_STORE *store, struct str der, struct cert_facts *facts, struct arena *arena)
{
    const uint8_t *p = (const uint8_t *)der.p;
    X509_NAME *subject = d2i_X509_NAME(NULL, &p, (long)der.n);
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    X509_OBJECT *known = NULL;
    bool fine = subject && ctx && X509_NAME_cmp(subject, s->issuer) != 0 && X509_STORE_CTX_init(ctx, store, NULL, NULL) == 1;
    fine = fine && !(known = X509_STORE_CTX_get_obj_by_subject(ctx, X509_LU_X509, subject));
    if (fine) {
        facts->subject = tls_name_text(subject, arena);
        facts->common_name_text = tls_name_part(subject, NID_commonName, arena);
    }
    X509_OBJECT_free(known);
    X509_STORE_CTX_free(ctx);
    X509_NAME_free(subject);
    return fine;
}

static bool write_names(struct str names, struct cert_facts *facts, struct arena *arena)
{
    size_t count = 0;
    struct str name;
    for (struct str rest = names; certificate_next_name(&rest, &name);)
        count++;
    if (count > TLS_SAN_MAX)
        return false;
    facts->san_dns = count ? ARENA_ARRAY(arena, struct str, count) : NULL;
    while (facts->san_dns && certificate_next_name(&names, &name))
        facts->san_dns[facts->san_dns_count++] = arena_copy(arena, name);
    return true;
}

static bool write_leaf(const struct tls_alike *t, const struct alike *s, X509_STORE *store, struct str der, const struct certificate_parts *leaf,
                       struct cert_facts *facts, struct arena *arena)
{
    facts->der = arena_copy(arena, der);
    return write_key(s, leaf, facts) && write_subject(s, store, leaf->subject, facts, arena) && write_serial(leaf->serial, facts, arena) &&
           read_time(leaf->not_before, &facts->not_before) && read_time(leaf->not_after, &facts->not_after) && write_names(leaf->names, facts, arena) &&
           EVP_Digest(der.p, der.n, facts->sha256, NULL, t->sha256, NULL) == 1 &&
           EVP_Digest(leaf->spki.p, leaf->spki.n, facts->spki_sha256, NULL, t->sha256, NULL) == 1;
}

/* A certificate may not stand in its own chain twice. */
static bool is_sent_again(const struct tls_answer *a)
{
    for (size_t i = 1; i < a->certificate_count; i++)
        if (str_eq(a->certificates[i], a->certificates[0]))
            return true;
    return false;
}

static bool write_all(struct tls_context *c, const struct alike *s, const struct tls_answer *a, const struct certificate_parts *leaf, struct tls_facts *facts,
                      struct arena *arena)
{
    struct tls_facts found = *facts;
    if (!is_signed(s, leaf) || !tls_seen_copy(&s->facts, &found, arena) ||
        !write_leaf(c->alike, s, tls_context_store(c), a->certificates[0], leaf, &found.certificates[0], arena) || arena->exhausted)
        return false;
    const struct cert_facts *first = &found.certificates[0];
    found.path_not_before = first->not_before.s > s->issuers_not_before.s ? first->not_before : s->issuers_not_before;
    found.path_not_after = first->not_after.s < s->issuers_not_after.s ? first->not_after : s->issuers_not_after;
    *facts = found;
    return true;
}

bool tls_alike_find(struct tls_context *c, const struct tls_answer *a, struct tls_facts *facts, struct arena *arena)
{
    struct certificate_parts leaf;
    uint8_t key[TLS_SEEN_KEY_BYTES];
    struct tls_alike *t = table_of(c);
    const struct alike *s = t && certificate_cut(a->certificates[0], &leaf) && !is_sent_again(a) && key_of(t, a, &leaf, key) ? place_of(t, key) : NULL;
    bool found = s && s->used && memcmp(s->key, key, sizeof key) == 0 && write_all(c, s, a, &leaf, facts, arena);
    ERR_clear_error();
    return found;
}

/* ---- the first one ---- */

static bool learn_signature(struct alike *s, X509 *cert, EVP_PKEY *issuer)
{
    int hash = NID_undef, kind = NID_undef;
    if (!issuer || !OBJ_find_sigid_algs(X509_get_signature_nid(cert), &hash, &kind) || hash == NID_undef)
        return false;
    bool is_usual = (kind == NID_rsaEncryption && EVP_PKEY_is_a(issuer, "RSA")) || (kind == NID_X9_62_id_ecPublicKey && EVP_PKEY_is_a(issuer, "EC"));
    s->hash = is_usual ? EVP_MD_fetch(NULL, OBJ_nid2sn(hash), NULL) : NULL;
    s->verifier = s->hash ? EVP_PKEY_CTX_new(issuer, NULL) : NULL;
    return s->verifier && EVP_PKEY_verify_init(s->verifier) == 1 && EVP_PKEY_CTX_set_signature_md(s->verifier, s->hash) == 1;
}

static bool learn_key(struct alike *s, X509 *cert, const struct cert_facts *facts)
{
    char name[80];
    EVP_PKEY *key = X509_get0_pubkey(cert);
    if (facts->key_type == KEY_RSA)
        return key;
    if (facts->key_type != KEY_EC || !facts->curve || strncmp(facts->curve, "P-", 2) != 0 || EVP_PKEY_get_group_name(key, name, sizeof name, NULL) != 1)
        return false;
    s->group = EC_GROUP_new_by_curve_name(OBJ_sn2nid(name));
    return s->group;
}

/* That the parts are where the library found them. */
static bool is_read_alike(const struct tls_alike *t, const struct alike *s, const struct certificate_parts *leaf, struct str der, const struct cert_facts *facts)
{
    uint8_t digest[TLS_SEEN_KEY_BYTES];
    bool spki = EVP_Digest(leaf->spki.p, leaf->spki.n, digest, NULL, t->sha256, NULL) == 1 && memcmp(digest, facts->spki_sha256, sizeof digest) == 0;
    struct cert_facts key = *facts;
    return spki && str_eq(der, facts->der) && write_key(s, leaf, &key) && key.key_bits == facts->key_bits && is_signed(s, leaf);
}

/* What is written of each one anew is not kept. */
static bool copy_facts(const struct tls_facts *facts, struct alike *s)
{
    struct tls_facts from = *facts;
    struct cert_facts certificates[TLS_CERTIFICATES_MAX], *leaf = &certificates[0];
    memcpy(certificates, facts->certificates, facts->certificate_count * sizeof *certificates);
    from.certificates = certificates;
    leaf->subject = leaf->der = STR("");
    leaf->common_name_text = leaf->serial = NULL;
    leaf->san_dns = NULL;
    leaf->san_dns_count = 0;
    arena_init(&s->arena, TLS_SEEN_CHAIN_BYTES);
    s->used = true;
    return tls_seen_copy(&from, &s->facts, &s->arena);
}

static bool is_good(const struct tls_facts *facts, const struct tls_chain *chain)
{
    return facts->trust == TRUST_YES && !facts->trust_error && facts->chain_in_order == TRI_YES && facts->certificate_count > 0 &&
           facts->certificate_count == facts->certificates_sent && !chain->names_constrained && chain->issuer_key && !facts->certificates[0].is_ca;
}

void tls_alike_keep(struct tls_context *c, const struct tls_answer *a, X509 *cert, const struct tls_chain *chain, const struct tls_facts *facts)
{
    struct certificate_parts leaf;
    uint8_t key[TLS_SEEN_KEY_BYTES];
    const X509_NAME *issuer = X509_get_issuer_name(cert);
    struct tls_alike *t = is_good(facts, chain) && X509_NAME_cmp(X509_get_subject_name(cert), issuer) != 0 ? table_of(c) : NULL;
    if (!t || !certificate_cut(a->certificates[0], &leaf) || is_sent_again(a) || !key_of(t, a, &leaf, key))
        return;
    struct alike *s = place_of(t, key);
    clear(s);
    memcpy(s->key, key, sizeof key);
    s->issuers_not_before = chain->issuers_not_before;
    s->issuers_not_after = chain->issuers_not_after;
    s->issuer = X509_NAME_dup(issuer);
    if (!s->issuer || !learn_signature(s, cert, chain->issuer_key) || !learn_key(s, cert, &facts->certificates[0]) ||
        !is_read_alike(t, s, &leaf, a->certificates[0], &facts->certificates[0]) || !copy_facts(facts, s))
        clear(s);
    ERR_clear_error();
}

void tls_alike_free(struct tls_alike *t)
{
    for (size_t i = 0; t && i < TLS_ALIKE_MAX; i++)
        clear(&t->places[i]);
    if (t)
        EVP_MD_free(t->sha256);
    free(t);
}

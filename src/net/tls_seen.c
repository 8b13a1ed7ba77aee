/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_seen - chains that were judged, known again by the digest of all that was sent: most mail servers have the
 * certificate of a few large providers. Each digest has one place, and the last chain that belongs there holds it. So it is
 * with CA certificates, which stand in many chains and are dear to read.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "net/tls_impl.h"
#include "net/tls_observe.h"

struct tls_seen {
    struct seen_chain {
        bool used;
        uint8_t key[TLS_SEEN_KEY_BYTES];
        struct arena arena;
        struct tls_facts facts; /* of the chain only */
    } chains[TLS_SEEN_MAX];
    struct seen_issuer {
        uint8_t key[TLS_SEEN_KEY_BYTES];
        X509 *cert; /* NULL: none */
    } issuers[TLS_SEEN_ISSUERS_MAX];
};

static bool make_room(struct tls_context *c)
{
    if (!c->seen)
        c->seen = calloc(1, sizeof *c->seen);
    return c->seen;
}

X509 *tls_seen_read(struct str der)
{
    const unsigned char *p = (const unsigned char *)der.p;
    X509 *cert = d2i_X509(NULL, &p, (long)der.n);
    if (cert && (const char *)p == der.p + der.n)
        return cert;
    X509_free(cert);
    return NULL;
}

X509 *tls_seen_issuer(struct tls_context *c, struct str der)
{
    uint8_t key[TLS_SEEN_KEY_BYTES];
    if (!make_room(c) || EVP_Digest(der.p, der.n, key, NULL, EVP_sha256(), NULL) != 1)
        return NULL;
    struct seen_issuer *s = &c->seen->issuers[key[0] % TLS_SEEN_ISSUERS_MAX];
    if (!s->cert || memcmp(s->key, key, sizeof key) != 0) {
        X509 *cert = tls_seen_read(der);
        if (!cert)
            return NULL;
        X509_free(s->cert);
        s->cert = cert;
        memcpy(s->key, key, sizeof key);
    }
    return X509_up_ref(s->cert) == 1 ? s->cert : NULL;
}

static struct seen_chain *place_of(const struct tls_context *c, const uint8_t *key)
{
    return &c->seen->chains[((unsigned)key[0] << 8 | key[1]) % TLS_SEEN_MAX];
}

/* The digest of the digests, so that no other cut of the same octets is taken for this chain. */
static int key_of(size_t count, int digest_at(const void *chain, size_t i, uint8_t digest[TLS_SEEN_KEY_BYTES]), const void *chain, uint8_t key[TLS_SEEN_KEY_BYTES])
{
    uint8_t digest[TLS_SEEN_KEY_BYTES];
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool fine = ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1;
    for (size_t i = 0; fine && i < count; i++)
        fine = digest_at(chain, i, digest) == 1 && EVP_DigestUpdate(ctx, digest, sizeof digest) == 1;
    fine = fine && EVP_DigestFinal_ex(ctx, key, NULL) == 1;
    EVP_MD_CTX_free(ctx);
    return fine ? 0 : -1;
}

static int digest_of_answer(const void *chain, size_t i, uint8_t digest[TLS_SEEN_KEY_BYTES])
{
    const struct tls_answer *a = chain;
    return EVP_Digest(a->certificates[i].p, a->certificates[i].n, digest, NULL, EVP_sha256(), NULL);
}

static int digest_of_sent(const void *chain, size_t i, uint8_t digest[TLS_SEEN_KEY_BYTES])
{
    return X509_digest(sk_X509_value((const STACK_OF(X509) *)chain, (int)i), EVP_sha256(), digest, NULL);
}

int tls_seen_key(const struct tls_answer *a, uint8_t key[TLS_SEEN_KEY_BYTES])
{
    return key_of(a->certificate_count, digest_of_answer, a, key);
}

int tls_seen_key_of_sent(const STACK_OF(X509) *sent, uint8_t key[TLS_SEEN_KEY_BYTES])
{
    return key_of((size_t)sk_X509_num(sent), digest_of_sent, sent, key);
}

static const char *copy_text(const char *text, struct arena *arena)
{
    return text ? arena_strdup(arena, text) : NULL;
}

static void copy_certificate(const struct cert_facts *from, struct cert_facts *to, struct arena *arena)
{
    *to = *from;
    to->subject = arena_copy(arena, from->subject);
    to->issuer = arena_copy(arena, from->issuer);
    to->common_name_text = copy_text(from->common_name_text, arena);
    to->issuer_organisation = copy_text(from->issuer_organisation, arena);
    to->serial = copy_text(from->serial, arena);
    to->key_type_text = copy_text(from->key_type_text, arena);
    to->curve = copy_text(from->curve, arena);
    to->signature = copy_text(from->signature, arena);
    to->der = arena_copy(arena, from->der);
    to->san_dns = from->san_dns_count ? ARENA_ARRAY(arena, struct str, from->san_dns_count) : NULL;
    for (size_t i = 0; to->san_dns && i < from->san_dns_count; i++)
        to->san_dns[i] = arena_copy(arena, from->san_dns[i]);
}

bool tls_seen_copy(const struct tls_facts *from, struct tls_facts *to, struct arena *arena)
{
    to->trust = from->trust;
    to->trust_error = from->trust_error;
    to->chain_in_order = from->chain_in_order;
    to->path_has_unsent = from->path_has_unsent;
    to->path_not_before = from->path_not_before;
    to->path_not_after = from->path_not_after;
    to->certificates_sent = from->certificates_sent;
    to->certificates = ARENA_ARRAY(arena, struct cert_facts, from->certificate_count);
    for (size_t i = 0; to->certificates && i < from->certificate_count; i++)
        copy_certificate(&from->certificates[i], &to->certificates[i], arena);
    to->certificate_count = to->certificates ? from->certificate_count : 0;
    return !arena->exhausted;
}

bool tls_seen_find(const struct tls_context *c, const uint8_t key[TLS_SEEN_KEY_BYTES], struct tls_facts *facts, struct arena *arena)
{
    const struct seen_chain *s = c->seen ? place_of(c, key) : NULL;
    if (!s || !s->used || memcmp(s->key, key, TLS_SEEN_KEY_BYTES) != 0)
        return false;
    tls_seen_copy(&s->facts, facts, arena); /* an exhausted arena is its owner's trouble */
    return true;
}

void tls_seen_keep(struct tls_context *c, const uint8_t key[TLS_SEEN_KEY_BYTES], const struct tls_facts *facts)
{
    if (facts->certificate_count == 0 || !make_room(c))
        return;
    struct seen_chain *s = place_of(c, key);
    if (s->used)
        arena_done(&s->arena);
    arena_init(&s->arena, TLS_SEEN_CHAIN_BYTES);
    memcpy(s->key, key, TLS_SEEN_KEY_BYTES);
    s->facts = (struct tls_facts){0};
    s->used = tls_seen_copy(facts, &s->facts, &s->arena);
    if (!s->used)
        arena_done(&s->arena);
}

void tls_seen_free(struct tls_seen *seen)
{
    for (size_t i = 0; seen && i < TLS_SEEN_MAX; i++)
        if (seen->chains[i].used)
            arena_done(&seen->chains[i].arena);
    for (size_t i = 0; seen && i < TLS_SEEN_ISSUERS_MAX; i++)
        X509_free(seen->issuers[i].cert);
    free(seen);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* tls_observe - see tls_observe.h. */
#include "net/tls_observe.h"

#include <string.h>

#include <openssl/err.h>

#include "base/rng.h"
#include "net/tls_impl.h"

/* As the modern hello has them, in its order: what a server picks must not depend on who asks. */
static const uint16_t groups[] = {0x001d, 0x0017, 0x0018, 0x0019, 0x001e, 0x001a, 0x001b, 0x001c,
                                  0x0100, 0x0101, 0x0102, 0x0103, 0x0104, 0x0016, 0x0015, 0x0013};
static const uint16_t signatures[] = {0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0809, 0x080a, 0x080b, 0x0804, 0x0805, 0x0806, 0x0401,
                                      0x0501, 0x0601, 0x0303, 0x0203, 0x0301, 0x0201, 0x0302, 0x0202, 0x0402, 0x0502, 0x0602};

/* RFC 5246 7.2.1: user_canceled is a warning; the end of the session is close_notify. */
static const char farewell[] = "\x15\x03\x03\x00\x02\x01\x5a\x15\x03\x03\x00\x02\x01";

struct str tls_observe_farewell(void)
{
    return (struct str){farewell, sizeof farewell}; /* its last octet is the alert's number, 0 */
}

/* Those of the modern profile that are of TLS 1.2 and below. */
static bool find_suites(struct tls_context *c)
{
    SSL_CTX *ctx = c->suite_count ? NULL : tls_context_profile(c, TLS_PROFILE_TLS12);
    STACK_OF(SSL_CIPHER) *list = ctx ? SSL_CTX_get_ciphers(ctx) : NULL;
    for (int i = 0; i < sk_SSL_CIPHER_num(list) && c->suite_count < TLS_SUITES_MAX; i++) {
        uint16_t number = SSL_CIPHER_get_protocol_id(sk_SSL_CIPHER_value(list, i));
        if (number >> 8 != 0x13)
            c->suites[c->suite_count++] = number;
    }
    return c->suite_count > 0;
}

size_t tls_observe_hello(struct tls_context *c, const char *sni, uint8_t out[TLS_HELLO_MAX_BYTES])
{
    uint8_t random[32];
    if (!find_suites(c) || rng_fill(random, sizeof random) < 0)
        return 0;
    const struct tls_hello hello = {
        .newest = TLS_HELLO_TLS12,
        .suites = {c->suites, c->suite_count},
        .groups = {groups, sizeof groups / sizeof *groups},
        .signatures = {signatures, sizeof signatures / sizeof *signatures},
        .sni = tls_name_is_sent(sni) ? sni : NULL,
        .extended_master_secret = true,
        .renegotiation_info = true,
        .random = random,
    };
    return tls_hello_write(&hello, out);
}

static const char *suite_name(uint16_t number)
{
    switch (number) {
#define SUITE(number, since, kind, name) \
    case number: \
        return name;
#include "facts/tls_suites.def"
#undef SUITE
    default:
        return NULL;
    }
}

static const char *group_name(uint16_t number)
{
    switch (number) {
#define GROUP(number, kind, bits, name) \
    case number: \
        return name;
#include "facts/tls_groups.def"
#undef GROUP
    default:
        return NULL;
    }
}

static const char *version_name(uint16_t version)
{
    static const char *const names[] = {"SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2"};
    return version >= TLS_HELLO_SSL3 && version <= TLS_HELLO_TLS12 ? names[version - TLS_HELLO_SSL3] : NULL;
}

/* RFC 5246 7.4.1.4.1 puts the hash first; RFC 8446 4.2.3 gives the schemes of RSA-PSS one each. */
static const char *hash_name(uint16_t scheme)
{
    static const char *const of_pairs[] = {NULL, "MD5", "SHA1", "SHA224", "SHA256", "SHA384", "SHA512"};
    static const char *const of_pss[] = {"SHA256", "SHA384", "SHA512", NULL, NULL, "SHA256", "SHA384", "SHA512"};
    if (scheme >= 0x0804 && scheme < 0x0804 + 8)
        return of_pss[scheme - 0x0804];
    return scheme >> 8 < 7 ? of_pairs[scheme >> 8] : NULL;
}

static void write_hello(const struct tls_answer *a, struct tls_facts *facts)
{
    facts->version = version_name(a->version);
    facts->cipher_id = a->suite;
    facts->cipher = suite_name(a->suite);
    facts->anonymous = facts->cipher && strstr(facts->cipher, "_anon_");
    facts->tls13_announced = a->tls13_announced;
    facts->compression = a->compression ? TRI_YES : TRI_NO;
    facts->extended_master_secret = a->extended_master_secret ? TRI_YES : TRI_NO;
    facts->renegotiation_info = a->renegotiation_info ? TRI_YES : TRI_NO;
    facts->dh_bits = a->dh_bits;
    if (a->dh_bits)
        facts->group = a->dh_group && strncmp(a->dh_group, "ffdhe", 5) == 0 ? a->dh_group : "DHE";
    else
        facts->group = group_name(a->group);
    facts->exchange_hash = hash_name(a->signature);
}

static STACK_OF(X509) * read_chain(struct tls_context *c, const struct tls_answer *a)
{
    STACK_OF(X509) *sent = sk_X509_new_null();
    for (size_t i = 0; sent && i < a->certificate_count; i++) {
        X509 *cert = i == 0 ? tls_seen_read(a->certificates[i]) : tls_seen_issuer(c, a->certificates[i]);
        if (!cert || sk_X509_push(sent, cert) <= 0) {
            X509_free(cert);
            sk_X509_pop_free(sent, X509_free);
            return NULL;
        }
    }
    return sent;
}

static int judge_chain(struct tls_context *c, const struct tls_answer *a, struct tls_facts *facts, struct arena *arena)
{
    STACK_OF(X509) *sent = read_chain(c, a);
    struct tls_chain chain;
    int rc = sent ? tls_write_chain(tls_context_store(c), sent, &chain, facts, arena) : 0;
    if (tls_memory_was_short())
        rc = -1;
    if (sent && rc == 0)
        tls_alike_keep(c, a, sk_X509_value(sent, 0), &chain, facts);
    sk_X509_pop_free(sent, X509_free);
    return rc;
}

/* Names past TLS_SAN_MAX were not kept: then the answer may be no where it is yes, and that is looked at again. */
static bool is_named(const struct cert_facts *leaf, struct str host)
{
    for (size_t i = 0; i < leaf->san_dns_count; i++)
        if (tls_name_matches(leaf->san_dns[i], host))
            return true;
    return false;
}

static int write_chain(struct tls_context *c, const char *name, const struct tls_answer *a, struct tls_facts *facts, struct arena *arena)
{
    uint8_t key[TLS_SEEN_KEY_BYTES];
    if (a->certificate_count == 0 || a->certificate_count < a->certificates_sent)
        return 0;
    if (tls_seen_key(a, key) < 0)
        return -1;
    if (!tls_seen_find(c, key, facts, arena)) {
        if (!tls_alike_find(c, a, facts, arena) && judge_chain(c, a, facts, arena) < 0)
            return -1;
        tls_seen_keep(c, key, facts);
    }
    if (name && !tls_name_is_address(name) && facts->certificate_count)
        facts->name_matches = is_named(&facts->certificates[0], str_of(name)) ? TRI_YES : TRI_NO;
    return 0;
}

int tls_observe(struct tls_context *c, const char *name, const char *sni, const struct tls_answer *a, struct tls_facts *facts, struct arena *arena)
{
    ERR_clear_error();
    *facts = (struct tls_facts){.alert = -1};
    if (a->kind != TLS_ANSWER_HELLO || !a->complete)
        return 0;
    facts->result = TLS_OBSERVED;
    facts->name_wanted = name ? arena_strdup(arena, name) : NULL;
    facts->sni = tls_name_is_sent(sni) ? arena_strdup(arena, sni) : NULL;
    write_hello(a, facts);
    return write_chain(c, name, a, facts, arena) < 0 || arena->exhausted ? -1 : 0;
}

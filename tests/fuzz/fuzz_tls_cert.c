/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificates that a peer sends, before OpenSSL or we have judged them. The input: a host name, then certificates in
 * DER, two octets of length before each.
 * Oracle: what is written down has its limits and the form that the facts promise; an empty store trusts nobody, and says
 * why; a name without an asterisk matches itself only.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "fuzz.h"
#include "fuzz_random.h"
#include "net/tls_impl.h"

enum { CHAIN_MAX = 14 };

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
    fuzz_random_init();
    return 0;
}

static void check_facts(const struct cert_facts *f)
{
    must(f->serial && f->key_type_text && f->signature);
    must(f->san_dns_count <= TLS_SAN_MAX);
    for (const char *p = f->serial; *p; p++)
        must(ascii_is_digit(*p) || (*p >= 'a' && *p <= 'f') || *p == '-');
    for (size_t i = 0; i < f->san_dns_count; i++)
        must(f->san_dns[i].n == 0 || f->san_dns[i].p);
    must(!f->common_name_text || fuzz_is_clean(str_of(f->common_name_text), false));
    must(!f->issuer_organisation || fuzz_is_clean(str_of(f->issuer_organisation), false));
}

static void check_names(X509 *leaf, const struct cert_facts *f, struct str host)
{
    bool matches = tls_cert_names(leaf, host), some = false;
    for (size_t i = 0; i < f->san_dns_count; i++) {
        struct str pattern = f->san_dns[i];
        bool one = tls_name_matches(pattern, host);
        some = some || one;
        pattern.n -= pattern.n && pattern.p[pattern.n - 1] == '.';
        must(!one || memchr(pattern.p, '*', pattern.n) || str_eq_nocase(pattern, host));
    }
    must(f->san_dns_count == TLS_SAN_MAX || matches == some);
}

static void check_chain(STACK_OF(X509) * sent)
{
    X509_STORE *store = X509_STORE_new();
    struct tls_chain chain = {.trust = TRUST_YES}, again = {.trust = TRUST_YES};
    must(store);
    must(tls_chain_judge(store, sent, &chain) == 0 && tls_chain_judge(store, sent, &again) == 0);
    must(chain.trust != TRUST_YES && chain.trust == again.trust);
    (void)tls_chain_in_order(sent);
    X509_STORE_free(store);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct fuzz f = {bytes, n};
    struct arena arena;
    struct str host = fuzz_text(&f);
    STACK_OF(X509) *sent = sk_X509_new_null();
    fuzz_random_again();
    arena_init(&arena, 16 << 20);
    while (!fuzz_is_over(&f) && sk_X509_num(sent) < CHAIN_MAX) {
        size_t length = (size_t)fuzz_number(&f, 255) << 8 | fuzz_number(&f, 255);
        struct str der = fuzz_octets(&f, length);
        const unsigned char *p = (const unsigned char *)der.p;
        X509 *cert = der.n ? d2i_X509(NULL, &p, (long)der.n) : NULL;
        struct cert_facts facts = {.key_bits = 0};
        if (!cert)
            break;
        if (tls_cert_facts(cert, &facts, &arena) == 0) {
            check_facts(&facts);
            check_names(cert, &facts, host);
        } else {
            must(arena.exhausted);
        }
        sk_X509_push(sent, cert);
    }
    if (sk_X509_num(sent) > 0)
        check_chain(sent);
    sk_X509_pop_free(sent, X509_free);
    ERR_clear_error();
    arena_done(&arena);
    return 0;
}

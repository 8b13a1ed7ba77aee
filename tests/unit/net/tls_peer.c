/* SPDX-License-Identifier: Apache-2.0 */
/* tls_peer - see tls_peer.h. */
#include "tls_peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/ssl.h>

struct peer {
    SSL_CTX *ctx;
    SSL *ssl;
    BIO *in, *out;
    char heard[4096];
    size_t heard_n;
    char said[1024 * 1024];
};

static int allow_everything(const SSL *ssl, const SSL_CTX *ctx, int operation, int bits, int nid, void *other, void *arg)
{
    (void)ssl, (void)ctx, (void)operation, (void)bits, (void)nid, (void)other, (void)arg;
    return 1;
}

static void use_dh(SSL_CTX *ctx, unsigned bits)
{
    BIGNUM *prime = bits == 768 ? BN_get_rfc2409_prime_768(NULL) : BN_get_rfc2409_prime_1024(NULL), *generator = BN_new();
    BN_set_word(generator, 2);
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    assert_true(OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_FFC_P, prime) && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_FFC_G, generator));
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
    EVP_PKEY_CTX *maker = EVP_PKEY_CTX_new_from_name(NULL, "DH", NULL);
    EVP_PKEY *key = NULL;
    assert_true(EVP_PKEY_fromdata_init(maker) == 1 && EVP_PKEY_fromdata(maker, &key, EVP_PKEY_KEY_PARAMETERS, params) == 1);
    assert_true(SSL_CTX_set0_tmp_dh_pkey(ctx, key));
    EVP_PKEY_CTX_free(maker);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    BN_free(prime);
    BN_free(generator);
}

static void use_chain(SSL_CTX *ctx, const struct pki_cert *const *chain)
{
    if (!chain[0])
        return;
    assert_true(SSL_CTX_use_certificate(ctx, chain[0]->x509) && SSL_CTX_use_PrivateKey(ctx, chain[0]->key));
    for (size_t i = 1; i < PEER_CHAIN_MAX && chain[i]; i++)
        assert_true(SSL_CTX_add1_chain_cert(ctx, chain[i]->x509));
}

struct peer *peer_new(const struct peer_plan *plan)
{
    struct peer *p = calloc(1, sizeof *p);
    assert_non_null(p);
    p->ctx = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_security_level(p->ctx, 0);
    SSL_CTX_set_security_callback(p->ctx, allow_everything);
    SSL_CTX_set_mode(p->ctx, SSL_MODE_NO_AUTO_CHAIN);
    SSL_CTX_set_min_proto_version(p->ctx, plan->version ? plan->version : TLS1_VERSION);
    SSL_CTX_set_max_proto_version(p->ctx, plan->version);
    assert_true(SSL_CTX_set_cipher_list(p->ctx, plan->suites ? plan->suites : "ALL:@SECLEVEL=0"));
    assert_true(!plan->groups || SSL_CTX_set1_groups_list(p->ctx, plan->groups));
    if (plan->no_extended_master_secret)
        SSL_CTX_set_options(p->ctx, SSL_OP_NO_EXTENDED_MASTER_SECRET);
    if (plan->dh_bits)
        use_dh(p->ctx, plan->dh_bits);
    else
        SSL_CTX_set_dh_auto(p->ctx, 1);
    use_chain(p->ctx, plan->chain);
    p->ssl = SSL_new(p->ctx);
    p->in = BIO_new(BIO_s_mem());
    p->out = BIO_new(BIO_s_mem());
    SSL_set_bio(p->ssl, p->in, p->out);
    SSL_set_accept_state(p->ssl);
    return p;
}

void peer_free(struct peer *p)
{
    SSL_free(p->ssl);
    SSL_CTX_free(p->ctx);
    free(p);
}

struct str peer_answer(struct peer *p, struct str from_client)
{
    if (from_client.n > 0)
        assert_int_equal(BIO_write(p->in, from_client.p, (int)from_client.n), from_client.n);
    int n = SSL_read(p->ssl, p->heard + p->heard_n, (int)(sizeof p->heard - p->heard_n));
    p->heard_n += n > 0 ? (size_t)n : 0;
    ERR_clear_error();
    n = BIO_read(p->out, p->said, (int)sizeof p->said);
    return (struct str){p->said, n > 0 ? (size_t)n : 0};
}

void peer_run(struct peer *p, struct tls_client *client, size_t chunk_bytes)
{
    for (struct str said = peer_answer(p, tls_take(client)); said.n > 0; said = peer_answer(p, tls_take(client)))
        for (size_t n; said.n > 0; said.p += n, said.n -= n) {
            n = said.n < chunk_bytes ? said.n : chunk_bytes;
            struct str early = tls_take(client);
            if (early.n > 0) /* an alert, say, in the middle of what is fed */
                assert_int_equal(BIO_write(p->in, early.p, (int)early.n), early.n);
            assert_int_equal(tls_feed(client, said.p, n), 0);
        }
}

void peer_write(struct peer *p, const char *clear)
{
    assert_int_equal(SSL_write(p->ssl, clear, (int)strlen(clear)), strlen(clear));
}

struct str peer_read(struct peer *p)
{
    return (struct str){p->heard, p->heard_n};
}

void peer_close(struct peer *p)
{
    assert_true(SSL_shutdown(p->ssl) >= 0);
}

void peer_renegotiate(struct peer *p)
{
    assert_true(SSL_renegotiate(p->ssl) == 1 && SSL_do_handshake(p->ssl) == 1);
}

const char *peer_sni(const struct peer *p)
{
    return SSL_get_servername(p->ssl, TLSEXT_NAMETYPE_host_name);
}

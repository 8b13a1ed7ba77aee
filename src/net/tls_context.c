/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_context - the ways we say hello, and the trust store.
 *
 * Everything that a configuration file of OpenSSL could set is set here, and such a file is not read: what we
 * offer must not depend on the machine we run on.
 */
#include "net/tls_impl.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/panic.h"

static const char trust_directory[] = "/etc/ssl/certs";

/* Weak things are reported, not refused: so weak suites are offered, last. Suites without encryption are not,
 * as a password may follow. Some old servers read 64 suites only, hence no exotic ones in the modern hello. */
#define SUITES "ALL:!eNULL:!PSK:!SRP:!aDSS:!ARIA:!CAMELLIA:!AESCCM"
#define LEGACY_SUITES "ALL:!eNULL:!PSK:!SRP"
#define WITH_ANONYMOUS ":+aNULL:@SECLEVEL=0"
#define RSA_SIGNATURES \
    "rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:rsa_pss_pss_sha256:rsa_pss_pss_sha384:rsa_pss_pss_sha512:" \
    "RSA+SHA256:RSA+SHA384:RSA+SHA512:RSA+SHA1"
#define ECDSA_SIGNATURES "ecdsa_secp256r1_sha256:ecdsa_secp384r1_sha384:ecdsa_secp521r1_sha512:ed25519:ed448:ECDSA+SHA1"

static const struct {
    int oldest, newest;
    const char *suites;     /* TLS 1.2 and below */
    const char *signatures; /* NULL: all */
} hellos[TLS_PROFILE_COUNT] = {
    [TLS_PROFILE_MODERN] = {TLS1_2_VERSION, TLS1_3_VERSION, SUITES WITH_ANONYMOUS, NULL},
    [TLS_PROFILE_LEGACY] = {TLS1_VERSION, TLS1_3_VERSION, LEGACY_SUITES WITH_ANONYMOUS, NULL},
    [TLS_PROFILE_NO_SNI] = {TLS1_2_VERSION, TLS1_3_VERSION, SUITES WITH_ANONYMOUS, NULL},
    [TLS_PROFILE_RSA] = {TLS1_2_VERSION, TLS1_3_VERSION, SUITES ":!aECDSA:!aNULL:@SECLEVEL=0", RSA_SIGNATURES},
    [TLS_PROFILE_ECDSA] = {TLS1_2_VERSION, TLS1_3_VERSION, SUITES ":!aRSA:!aNULL:@SECLEVEL=0", ECDSA_SIGNATURES},
    [TLS_PROFILE_TLS12] = {TLS1_2_VERSION, TLS1_2_VERSION, SUITES WITH_ANONYMOUS, NULL},
};
static const char suites_tls13[] = "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256:"
                                   "TLS_AES_128_CCM_SHA256:TLS_AES_128_CCM_8_SHA256";

/* The legacy hello names no finite-field group: a server that follows RFC 7919 4 may not choose DHE with
 * parameters of its own when one is named. */
#define CURVES "X25519:P-256:P-384:P-521:X448:brainpoolP256r1:brainpoolP384r1:brainpoolP512r1"
#define OLD_CURVES "secp256k1:P-224:P-192"
static const char groups_hybrid[] = "*X25519MLKEM768:*" CURVES ":ffdhe2048:ffdhe3072:ffdhe4096:ffdhe6144:ffdhe8192:" OLD_CURVES;
static const char groups[] = CURVES ":ffdhe2048:ffdhe3072:ffdhe4096:ffdhe6144:ffdhe8192:" OLD_CURVES;
static const char legacy_groups[] = CURVES ":" OLD_CURVES;

/* Even level 0 turns away DH groups under 1024 bits. */
static int allow_everything(const SSL *ssl, const SSL_CTX *ctx, int operation, int bits, int nid, void *other, void *arg)
{
    (void)ssl;
    (void)ctx;
    (void)operation;
    (void)bits;
    (void)nid;
    (void)other;
    (void)arg;
    return 1;
}

/* The chain is judged once, in tls_copy_facts; without this OpenSSL builds it a second time. */
static int verify_nothing(X509_STORE_CTX *store, void *arg)
{
    (void)arg;
    X509_STORE_CTX_set_error(store, X509_V_OK);
    return 1;
}

static int set_groups(SSL_CTX *ctx, enum tls_profile profile, bool *hybrid)
{
    bool legacy = profile == TLS_PROFILE_LEGACY;
    *hybrid = !legacy && hellos[profile].newest == TLS1_3_VERSION && SSL_CTX_set1_groups_list(ctx, groups_hybrid) == 1;
    ERR_clear_error();
    return *hybrid || SSL_CTX_set1_groups_list(ctx, legacy ? legacy_groups : groups) == 1 ? 0 : -1;
}

SSL_CTX *tls_context_profile(struct tls_context *c, enum tls_profile profile)
{
    if (c->profiles[profile])
        return c->profiles[profile];
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    if (!ctx)
        return NULL;
    SSL_CTX_set_security_level(ctx, 0);
    SSL_CTX_set_security_callback(ctx, allow_everything);
    SSL_CTX_set_options(ctx, SSL_OP_ALL | SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_LEGACY_SERVER_CONNECT);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_max_cert_list(ctx, TLS_CHAIN_MAX_BYTES);
    SSL_CTX_set_cert_verify_callback(ctx, verify_nothing, NULL);
    if (!SSL_CTX_set_min_proto_version(ctx, hellos[profile].oldest) || !SSL_CTX_set_max_proto_version(ctx, hellos[profile].newest) ||
        !SSL_CTX_set_cipher_list(ctx, hellos[profile].suites) || !SSL_CTX_set_ciphersuites(ctx, suites_tls13) ||
        (hellos[profile].signatures && !SSL_CTX_set1_sigalgs_list(ctx, hellos[profile].signatures)) ||
        set_groups(ctx, profile, &c->hybrid[profile]) < 0) {
        SSL_CTX_free(ctx);
        return NULL;
    }
    c->profiles[profile] = ctx;
    return ctx;
}

static bool is_hashed_name(const char *name)
{
    for (int i = 0; i < 8; i++)
        if (!isxdigit((unsigned char)name[i]))
            return false;
    return name[8] == '.' && ascii_is_digit(name[9]);
}

static bool directory_has_certificates(const char *path)
{
    DIR *dir = opendir(path);
    bool found = false;
    /* cppcheck-suppress readdirCalled ; one thread */
    for (const struct dirent *entry; dir && !found && (entry = readdir(dir));)
        found = is_hashed_name(entry->d_name);
    if (dir)
        closedir(dir);
    return found;
}

static void open_system_store(struct tls_context *c)
{
    X509_LOOKUP *lookup = c->store ? X509_STORE_add_lookup(c->store, X509_LOOKUP_hash_dir()) : NULL;
    if (!lookup || X509_LOOKUP_add_dir(lookup, trust_directory, X509_FILETYPE_PEM) != 1) {
        X509_STORE_free(c->store);
        c->store = NULL;
    }
}

static void parse_ca_file(struct tls_context *c)
{
    for (X509 *cert; c->store && (cert = PEM_read_bio_X509_AUX(c->ca_pem, NULL, NULL, NULL));) {
        X509_STORE_add_cert(c->store, cert);
        X509_free(cert);
    }
    BIO_free(c->ca_pem);
    c->ca_pem = NULL;
}

X509_STORE *tls_context_store(struct tls_context *c)
{
    if (c->store_opened)
        return c->store;
    c->store_opened = true;
    if (c->ca_pem || directory_has_certificates(trust_directory))
        c->store = X509_STORE_new();
    if (c->ca_pem)
        parse_ca_file(c);
    else if (c->store)
        open_system_store(c);
    ERR_clear_error();
    return c->store;
}

void tls_context_load(struct tls_context *c)
{
    bool own = c->ca_pem;
    if (!tls_context_store(c) || own)
        return;
    DIR *dir = opendir(trust_directory);
    /* cppcheck-suppress readdirCalled ; one thread */
    for (const struct dirent *entry; dir && (entry = readdir(dir));) {
        char path[sizeof trust_directory + sizeof entry->d_name];
        snprintf(path, sizeof path, "%s/%s", trust_directory, entry->d_name);
        if (is_hashed_name(entry->d_name))
            X509_STORE_load_file(c->store, path);
    }
    if (dir)
        closedir(dir);
    ERR_clear_error();
}

/* Copies the file, which may be a pipe: certificates are dear to parse, octets are not. */
static BIO *read_whole(const char *path)
{
    BIO *file = BIO_new_file(path, "re"), *copy = file ? BIO_new(BIO_s_mem()) : NULL;
    char bytes[16 * 1024];
    for (int n; copy && (n = BIO_read(file, bytes, sizeof bytes)) > 0;)
        if (BIO_write(copy, bytes, n) != n) {
            BIO_free(copy);
            copy = NULL;
        }
    BIO_free(file);
    return copy;
}

static bool begins_with_certificate(BIO *pem)
{
    char *bytes;
    long n = BIO_get_mem_data(pem, &bytes);
    BIO *look = BIO_new_mem_buf(bytes, (int)n);
    X509 *first = look ? PEM_read_bio_X509_AUX(look, NULL, NULL, NULL) : NULL;
    bool found = first;
    X509_free(first);
    BIO_free(look);
    return found;
}

static int open_ca_file(struct tls_context *c, const char *path, char *error, size_t error_bytes)
{
    errno = 0;
    c->ca_pem = read_whole(path);
    if (!c->ca_pem) {
        snprintf(error, error_bytes, "%s: %s", path, strerror(errno ? errno : ENOMEM));
        return -1;
    }
    if (begins_with_certificate(c->ca_pem))
        return 0;
    snprintf(error, error_bytes, "%s: no certificates in PEM form", path);
    return -1;
}

struct tls_context *tls_context_new(const char *ca_file, char *error, size_t error_bytes)
{
    must(error_bytes > 0);
    snprintf(error, error_bytes, "no memory for TLS");
    OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
    ERR_clear_error();
    struct tls_context *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    int rc = ca_file ? open_ca_file(c, ca_file, error, error_bytes) : 0;
    ERR_clear_error();
    if (rc < 0) {
        tls_context_free(c);
        return NULL;
    }
    error[0] = '\0';
    return c;
}

void tls_context_free(struct tls_context *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < sizeof c->profiles / sizeof c->profiles[0]; i++)
        SSL_CTX_free(c->profiles[i]);
    X509_STORE_free(c->store);
    BIO_free(c->ca_pem);
    tls_seen_free(c->seen);
    tls_alike_free(c->alike);
    free(c);
}

const char *tls_library_version(void)
{
    static char text[64];
    snprintf(text, sizeof text, "OpenSSL %s", OpenSSL_version(OPENSSL_VERSION_STRING));
    return text;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_impl - what the files of the TLS client share: the client in tls.c, the profiles in tls_context.c, the
 * judgement of a chain in tls_chain.c, the written facts in tls_facts.c, and what is observed in tls_observe.c,
 * tls_seen.c and tls_alike.c.
 */
#ifndef NET_TLS_IMPL_H
#define NET_TLS_IMPL_H

#include <openssl/ssl.h>

#include "net/tls.h"
#include "wire/tls_hello.h"

enum {
    TLS_STRAY_MAX = 64,        /* octets before the first record that are looked through */
    TLS_RECORD_START = 3,      /* octets that tell a record: type and version */
    TLS_ERROR_BYTES = 160,
    TLS_CHAIN_MAX_BYTES = 256 * 1024, /* of one Certificate message */
    TLS_PATH_MAX = 20,         /* certificates between leaf and root */
    TLS_SUITES_MAX = 256,
    TLS_SEEN_KEY_BYTES = 32,
};

struct tls_context {
    SSL_CTX *profiles[TLS_PROFILE_COUNT]; /* made when first asked for */
    bool hybrid[TLS_PROFILE_COUNT];
    BIO *ca_pem;       /* the file that was named, as read; NULL: the system's store */
    X509_STORE *store; /* opened for the first chain; NULL before, and where the machine has none */
    bool store_opened;
    uint16_t suites[TLS_SUITES_MAX]; /* of a hello made by hand; none before the first */
    size_t suite_count;
    struct tls_seen *seen; /* NULL before the first chain */
    struct tls_alike *alike; /* the same */
};

/* As far as the octets of the last ServerHello go. */
struct tls_hello_heard {
    bool heard;
    unsigned version, cipher_id, compression;
};

struct tls_client {
    struct tls_context *context;
    SSL *ssl;
    BIO *in, *out; /* the SSL's */
    enum tls_profile profile;
    enum tls_state state;
    bool shaken; /* the handshake was finished, whatever came later */
    bool taken;  /* what lies in `out` was given to the caller */
    char *name;  /* NULL: none */
    char *sni;   /* NULL: none is sent */
    bool name_is_address;
    uint8_t head[TLS_STRAY_MAX + TLS_RECORD_START]; /* what came until a record began */
    size_t head_n, stray_n;
    bool record_seen;
    struct tls_hello_heard hello;
    int alert;      /* of the peer; -1: none */
    enum tls_result failure;
    char error[TLS_ERROR_BYTES]; /* empty: none */
};

/* True when the library's queue of errors, which is emptied, tells of memory, anywhere: what it says first may be a
 * consequence. */
bool tls_memory_was_short(void);

/* NULL without memory. */
SSL_CTX *tls_context_profile(struct tls_context *c, enum tls_profile profile);

/* The trust store, or NULL: there is none. It is opened for the first chain, not before. */
X509_STORE *tls_context_store(struct tls_context *c);

struct tls_chain {
    enum chain_trust trust;
    const char *error; /* static; NULL: none */
    bool path_has_unsent;
    struct wall not_before, not_after;
    struct wall issuers_not_before, issuers_not_after; /* the same without the leaf; far away where no issuer was sent */
    bool names_constrained;                            /* by a certificate of the path */
    EVP_PKEY *issuer_key; /* of who signed the leaf, as long as the sent ones and the store live; NULL: not in the path */
};

/* A verification of sent[0] that is ready for X509_verify_cert; the caller frees it. NULL without memory. */
X509_STORE_CTX *tls_chain_verification(X509_STORE *store, STACK_OF(X509) *sent);
/* Builds the path from sent[0] to the store. -1 without memory. */
int tls_chain_judge(X509_STORE *store, STACK_OF(X509) *sent, struct tls_chain *chain);
bool tls_chain_in_order(STACK_OF(X509) *sent);
/* The part of tls_facts that is about the chain, but for the name. -1 without memory. */
int tls_write_chain(X509_STORE *store, STACK_OF(X509) *sent, struct tls_chain *chain, struct tls_facts *facts, struct arena *arena);

/* NULL: no certificate, or no memory. The caller frees it. */
X509 *tls_seen_read(struct str der);
X509 *tls_seen_issuer(struct tls_context *c, struct str der);
/* Chains that were judged before, known by what was sent. key: -1 without memory; find: false when this one was not judged; keep: as
 * far as there is room. */
int tls_seen_key(const struct tls_answer *answer, uint8_t key[TLS_SEEN_KEY_BYTES]);
int tls_seen_key_of_sent(const STACK_OF(X509) *sent, uint8_t key[TLS_SEEN_KEY_BYTES]);
bool tls_seen_find(const struct tls_context *c, const uint8_t key[TLS_SEEN_KEY_BYTES], struct tls_facts *facts, struct arena *arena);
void tls_seen_keep(struct tls_context *c, const uint8_t key[TLS_SEEN_KEY_BYTES], const struct tls_facts *facts);
bool tls_seen_copy(const struct tls_facts *from, struct tls_facts *to, struct arena *arena); /* what tls_write_chain writes */
void tls_seen_free(struct tls_seen *seen);

/* Writes what tls_write_chain writes, where the chain is that of a good one but for a leaf of the same shape. False: judge it.
 * keep: `cert` is the leaf of the answer, facts and chain are what it was found to be. */
bool tls_alike_find(struct tls_context *c, const struct tls_answer *answer, struct tls_facts *facts, struct arena *arena);
void tls_alike_keep(struct tls_context *c, const struct tls_answer *answer, X509 *cert, const struct tls_chain *chain, const struct tls_facts *facts);
void tls_alike_free(struct tls_alike *t);

/* RFC 9525 6.3: `pattern` is a dNSName as it stands in a certificate. */
bool tls_name_matches(struct str pattern, struct str host);
bool tls_cert_names(X509 *leaf, struct str host);

bool tls_name_is_address(const char *name);
bool tls_name_is_sent(const char *sni); /* as SNI: no address, of a length that fits */
struct wall tls_wall_of(const ASN1_TIME *time);
bool tls_cert_is_self_signed(X509 *cert); /* the signature verifies with its own key */
struct str tls_name_text(const X509_NAME *name, struct arena *arena); /* RFC 2253 */
/* The last of its kind in the name, made safe to show; NULL: none. */
const char *tls_name_part(const X509_NAME *name, int nid, struct arena *arena);
const char *tls_serial_text(const ASN1_INTEGER *serial, struct arena *arena);
int tls_cert_facts(X509 *cert, struct cert_facts *facts, struct arena *arena);
const char *tls_curve_name(const char *group); /* "P-256" for "prime256v1"; others as they are */

#endif

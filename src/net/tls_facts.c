/* SPDX-License-Identifier: Apache-2.0 */
/* tls_facts - a handshake written down: tls_copy_facts, for everything but the certificates. */
#include "net/tls_impl.h"

#include <string.h>

#include <openssl/err.h>

static const char *version_name(unsigned version)
{
    switch (version) {
    case TLS1_3_VERSION:
        return "TLSv1.3";
    case TLS1_2_VERSION:
        return "TLSv1.2";
    case TLS1_1_VERSION:
        return "TLSv1.1";
    case TLS1_VERSION:
        return "TLSv1";
    case SSL3_VERSION:
        return "SSLv3";
    default:
        return "unknown";
    }
}

/* Code points that this library may have no name for. */
static const char *hybrid_name(int id)
{
    switch (id) {
    case 0x11eb:
        return "SecP256r1MLKEM768";
    case 0x11ec:
        return "X25519MLKEM768";
    case 0x11ed:
        return "SecP384r1MLKEM1024";
    default:
        return "unknown";
    }
}

static const char *group_name(int nid)
{
    if (nid & TLSEXT_nid_unknown)
        return hybrid_name(nid & 0xffff);
    return tls_curve_name(OBJ_nid2sn(nid));
}

static void write_group(SSL *ssl, struct tls_facts *facts, struct arena *arena)
{
    EVP_PKEY *peer = NULL;
    int nid = (int)SSL_get_negotiated_group(ssl);
    if (SSL_get_peer_tmp_key(ssl, &peer) == 1 && (EVP_PKEY_is_a(peer, "DH") || EVP_PKEY_is_a(peer, "DHX"))) {
        char name[64];
        facts->dh_bits = (unsigned)EVP_PKEY_get_bits(peer);
        bool named = EVP_PKEY_get_group_name(peer, name, sizeof name, NULL) == 1 && strncmp(name, "ffdhe", 5) == 0;
        facts->group = arena_strdup(arena, named ? name : "DHE");
    } else if (nid > 0) {
        facts->group = arena_strdup(arena, group_name(nid)); /* a hybrid group has no key of the peer's */
    }
    EVP_PKEY_free(peer);
}

/* What the ServerHello said, also where the handshake failed behind it. */
static void write_hello(const struct tls_client *t, struct tls_facts *facts)
{
    if (!t->hello.heard)
        return;
    const unsigned char id[2] = {(unsigned char)(t->hello.cipher_id >> 8), (unsigned char)t->hello.cipher_id};
    const SSL_CIPHER *cipher = SSL_CIPHER_find(t->ssl, id);
    facts->version = version_name(t->hello.version);
    facts->cipher_id = t->hello.cipher_id;
    facts->cipher = cipher ? SSL_CIPHER_standard_name(cipher) : NULL;
    facts->anonymous = cipher && SSL_CIPHER_get_auth_nid(cipher) == NID_auth_null;
    facts->compression = t->hello.compression ? TRI_YES : TRI_NO;
}

/* Known once the handshake is over. */
static void write_session(const struct tls_client *t, struct tls_facts *facts, struct arena *arena)
{
    if (!t->shaken)
        return;
    write_group(t->ssl, facts, arena);
    int hash;
    if (SSL_get_peer_signature_nid(t->ssl, &hash) == 1 && hash != NID_undef)
        facts->exchange_hash = OBJ_nid2sn(hash); /* the library's table, which outlives us */
    bool tls13 = t->hello.version >= TLS1_3_VERSION;
    facts->extended_master_secret = tls13 || SSL_get_extms_support(t->ssl) == 1 ? TRI_YES : TRI_NO;
    facts->renegotiation_info = tls13 || SSL_get_secure_renegotiation_support(t->ssl) ? TRI_YES : TRI_NO;
}

int tls_write_chain(X509_STORE *store, STACK_OF(X509) *sent, struct tls_chain *chain, struct tls_facts *facts, struct arena *arena)
{
    int count = sk_X509_num(sent);
    size_t kept = count < TLS_CERTIFICATES_MAX ? (size_t)count : TLS_CERTIFICATES_MAX;
    facts->certificates_sent = (size_t)count;
    facts->certificates = ARENA_ARRAY(arena, struct cert_facts, kept);
    if (!facts->certificates)
        return -1;
    for (; facts->certificate_count < kept; facts->certificate_count++)
        if (tls_cert_facts(sk_X509_value(sent, (int)facts->certificate_count), &facts->certificates[facts->certificate_count], arena) < 0)
            return -1;
    if (tls_chain_judge(store, sent, chain) < 0)
        return -1;
    facts->trust = chain->trust;
    facts->trust_error = chain->error;
    facts->path_has_unsent = chain->path_has_unsent;
    facts->path_not_before = chain->not_before;
    facts->path_not_after = chain->not_after;
    facts->chain_in_order = tls_chain_in_order(sent) ? TRI_YES : TRI_NO;
    return 0;
}

static int write_chain(const struct tls_client *t, struct tls_facts *facts, struct arena *arena)
{
    STACK_OF(X509) *sent = SSL_get_peer_cert_chain(t->ssl);
    uint8_t key[TLS_SEEN_KEY_BYTES];
    if (sk_X509_num(sent) <= 0)
        return 0;
    if (tls_seen_key_of_sent(sent, key) < 0)
        return -1;
    if (!tls_seen_find(t->context, key, facts, arena)) {
        struct tls_chain chain;
        if (tls_write_chain(tls_context_store(t->context), sent, &chain, facts, arena) < 0)
            return -1;
        tls_seen_keep(t->context, key, facts);
    }
    if (t->name && !t->name_is_address)
        facts->name_matches = tls_cert_names(sk_X509_value(sent, 0), str_of(t->name)) ? TRI_YES : TRI_NO;
    return 0;
}

int tls_copy_facts(struct tls_client *t, struct tls_facts *facts, struct arena *arena)
{
    ERR_clear_error();
    *facts = (struct tls_facts){.alert = t->alert, .hybrid_offered = t->context->hybrid[t->profile]};
    facts->octets_before_record = t->stray_n > 0;
    if (t->stray_n > 0)
        facts->octets_before = arena_copy(arena, (struct str){(const char *)t->head, t->stray_n});
    if (t->shaken)
        facts->result = TLS_DONE;
    else if (t->state == TLS_STATE_FAILED)
        facts->result = t->failure;
    else if (t->stray_n > 0 && !t->record_seen)
        facts->result = TLS_GARBAGE;
    facts->error = t->error[0] ? arena_strdup(arena, t->error) : NULL;
    facts->name_wanted = t->name ? arena_strdup(arena, t->name) : NULL;
    facts->sni = t->sni ? arena_strdup(arena, t->sni) : NULL;
    write_hello(t, facts);
    write_session(t, facts, arena);
    int rc = write_chain(t, facts, arena);
    return tls_memory_was_short() || rc < 0 || arena->exhausted ? -1 : 0;
}

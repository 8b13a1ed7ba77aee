/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls facts - one TLS handshake as it happened, and the certificates that were sent in it.
 *
 * A handshake may also be observed: a ClientHello of TLS 1.2 made by hand is answered in clear with version, suite and
 * chain, and there it is left. Of these no one has proven that he holds the key of the certificate.
 *
 * Nothing here is a verdict: an untrusted chain is a fact about a trust store and a day. Path
 * building runs at OpenSSL security level 0 with dates left aside, so that weak keys, hashes and
 * expired certificates each show in their own place only.
 * Spec: RFC 8446, RFC 5246, RFC 5280, RFC 9525 (names), RFC 7627 (extended master secret),
 *   RFC 5746 (renegotiation_info), RFC 8446 4.1.3 (what a ServerHello of TLS 1.2 tells of TLS 1.3).
 */
#ifndef FACTS_TLS_H
#define FACTS_TLS_H

#include "base/clock.h"
#include "base/str.h"
#include "facts/dane.h"

enum tri { TRI_UNKNOWN = 0, TRI_NO, TRI_YES };

enum tls_result {
    TLS_NOT_TRIED = 0,
    TLS_DONE,
    TLS_OBSERVED, /* not finished, by our own will: all that the server shows in clear was seen */
    TLS_ALERT,    /* fatal alert from the peer: `alert` */
    TLS_GARBAGE,  /* what came is no TLS record, or a malformed one */
    TLS_REFUSED_BY_US, /* our own library ended it (version, parameters); `error` says why */
    TLS_CLOSED,   /* FIN in the middle of the handshake */
    TLS_RESET,
    TLS_TIMEOUT,
    TLS_TROUBLE,  /* our own side failed */
};

enum key_type { KEY_OTHER = 0, KEY_RSA, KEY_EC, KEY_ED25519, KEY_ED448, KEY_DSA };

struct cert_facts {
    struct str subject, issuer; /* RFC 2253 form, UTF-8 */
    const char *common_name_text; /* NULL: none */
    const char *issuer_organisation; /* O of the issuer; NULL: none */
    const char *serial;   /* hex, lower case, no separators */
    struct wall not_before, not_after;
    struct str *san_dns; /* as in the certificate, any octet; at most TLS_SAN_MAX */
    size_t san_dns_count;
    enum key_type key_type;
    const char *key_type_text; /* "RSA", "EC", "Ed25519", ... */
    const char *curve;         /* EC: "P-256"; else NULL */
    unsigned key_bits;         /* RSA, DSA modulus; EC field */
    const char *signature;     /* "ecdsa-with-SHA256" */
    const char *signature_hash; /* "SHA256"; NULL where the scheme has none of its own (EdDSA) */
    uint8_t sha256[32], spki_sha256[32];
    bool self_signed; /* subject equals issuer and the signature verifies with its own key */
    bool is_ca;
    struct str der;   /* the whole certificate */
};

enum chain_trust {
    TRUST_UNKNOWN = 0, /* no trust store, or no certificate */
    TRUST_YES,
    TRUST_SELF_SIGNED, /* the leaf itself */
    TRUST_PRIVATE_CA,  /* a path ends in a root that is not in the store */
    TRUST_INCOMPLETE,  /* an issuer was neither sent nor known */
    TRUST_DISTRUSTED,
    TRUST_WRONG_USAGE, /* the purpose does not allow a TLS server */
    TRUST_BAD_CHAIN,   /* a signature or a constraint in the path is wrong; trust_error says which */
};

struct tls_facts {
    enum tls_result result;
    bool implicit;
    const char *sni;           /* name sent; NULL: none */
    const char *name_wanted;   /* the certificate was compared with this */
    uint32_t started_ms, took_ms;
    int alert;                 /* description, RFC 8446 6; -1: none */
    const char *error;         /* our library's or kernel's words; NULL: none */
    const char *version;       /* "TLSv1.3"; NULL before ServerHello */
    const char *cipher;        /* IANA name, "TLS_AES_256_GCM_SHA384" */
    unsigned cipher_id;        /* IANA code point */
    const char *group;         /* "X25519", "P-256", "ffdhe2048", "DHE"; NULL: none (static RSA) */
    unsigned dh_bits;          /* size of a finite-field group; 0: not DHE */
    bool hybrid_offered;       /* we sent a key share for X25519MLKEM768 */
    bool tls13_announced;      /* an observed ServerHello of TLS 1.2 says that its server speaks TLS 1.3 */
    bool anonymous;            /* a suite without certificate */
    const char *exchange_hash; /* of the signature over the key exchange, "SHA256"; NULL: none, or none of its own */
    enum tri extended_master_secret, renegotiation_info; /* TLS 1.2 and below; YES in TLS 1.3 */
    enum tri compression;      /* YES: a method other than null was chosen */
    bool octets_before_record; /* clear text stood where the TLS answer should begin */
    struct str octets_before;  /* the first of them, 64 at most */
    struct cert_facts *certificates; /* as sent, leaf first */
    size_t certificate_count;  /* kept; at most TLS_CERTIFICATES_MAX */
    size_t certificates_sent;
    enum chain_trust trust;
    const char *trust_error;   /* OpenSSL's words; NULL when trusted */
    enum tri name_matches;     /* RFC 9525: SAN only, left-most whole-label wildcard */
    enum tri chain_in_order;   /* each certificate sent is issued by the next; no stranger, no double */
    bool path_has_unsent;      /* an intermediate of the built path was known to us, not sent */
    enum tlsa_match *tlsa[TLSA_BASES_MAX]; /* of each record of each base of this port, as in the host's facts; NULL: not compared */
    struct wall path_not_before, path_not_after; /* narrowest window over the built path's sent part */
};

enum { TLS_CERTIFICATES_MAX = 12, TLS_SAN_MAX = 512 /* names kept of one certificate */ };

#endif

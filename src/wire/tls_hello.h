/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_hello - ClientHellos made by hand, and the server's first answer to one, read without a key: what a server would
 * agree to is known before anything is encrypted.
 *
 * Order of calls: tls_hello_write, send it; tls_hello_reader_init, tls_hello_reader_feed what comes until it says true,
 *   or tls_hello_reader_end where nothing more comes. Then look at `answer`.
 * Memory: the caller's. Slices of the answer point into its reader.
 * Limits: a hello has at most TLS_HELLO_MAX_BYTES; of an answer TLS_ANSWER_MAX_BYTES of messages are read.
 * Fails: never. A hello that does not fit is our own bug; what the server does wrong is a kind of answer.
 * Spec: RFC 8446 4.1 (4.1.3: what a ServerHello of TLS 1.2 tells of TLS 1.3) and 4.2, RFC 5246 7.4, RFC 6101 5.6 (SSLv3), RFC 6176 (SSLv2), RFC 8422 5, RFC 7919, RFC 5746 3,
 *   RFC 7627 5.1, RFC 7685 (padding), RFC 8701 (GREASE), RFC 10024 (hybrid groups).
 */
#ifndef WIRE_TLS_HELLO_H
#define WIRE_TLS_HELLO_H

#include "base/str.h"

enum {
    TLS_HELLO_SSL2 = 0x0002,
    TLS_HELLO_SSL3 = 0x0300,
    TLS_HELLO_TLS10 = 0x0301,
    TLS_HELLO_TLS11 = 0x0302,
    TLS_HELLO_TLS12 = 0x0303,
    TLS_HELLO_TLS13 = 0x0304,
};

enum { TLS_HELLO_MAX_BYTES = 4096, TLS_ANSWER_MAX_BYTES = 64 * 1024, TLS_ANSWER_CERTIFICATES_MAX = 12 };

struct tls_hello_list {
    const uint16_t *items;
    size_t n;
};

/* SSLv2 takes nothing from it but the version and the random octets; SSLv3 has no extensions. */
struct tls_hello {
    uint16_t newest, oldest;           /* versions offered; `oldest` counts where `newest` is TLS 1.3 */
    struct tls_hello_list suites;
    struct tls_hello_list groups;      /* n 0: no extension */
    struct tls_hello_list shares;      /* key shares sent with TLS 1.3: X25519, X25519MLKEM768; none: an empty list, which asks for
                                          a HelloRetryRequest */
    struct tls_hello_list signatures;  /* n 0: no extension */
    const char *sni;                   /* NULL: none */
    bool extended_master_secret;
    bool renegotiation_info;           /* as the suite that stands for it, which every version can carry (RFC 5746 3.3) */
    bool deflate;                      /* compression offered beside none */
    bool grease;
    size_t padded_to;                  /* octets of the whole record; 0: as short as it is */
    const uint8_t *random;             /* 32 octets */
};

/* Returns how many octets of `out` were written. */
size_t tls_hello_write(const struct tls_hello *hello, uint8_t out[TLS_HELLO_MAX_BYTES]);

enum tls_answer_kind {
    TLS_ANSWER_NONE = 0, /* not over yet, or nobody was asked */
    TLS_ANSWER_HELLO,    /* ServerHello */
    TLS_ANSWER_RETRY,    /* HelloRetryRequest: agreed but for a key share */
    TLS_ANSWER_SSL2,     /* SERVER-HELLO */
    TLS_ANSWER_ALERT,    /* fatal, or a polite end */
    TLS_ANSWER_CLEAR,    /* no TLS at all */
    TLS_ANSWER_BROKEN,   /* records or messages that contradict themselves, or too many of them */
    TLS_ANSWER_DROPPED,  /* the connection ended with no answer */
    TLS_ANSWER_SILENT,   /* time ended with no answer */
};

struct tls_answer {
    enum tls_answer_kind kind;
    int alert;           /* -1: none; also one behind a ServerHello */
    uint16_t version, suite;
    uint16_t group;      /* of the HelloRetryRequest, the key share or the ServerKeyExchange; 0: none heard; 0xff01,
                            0xff02: a curve given by its parameters */
    uint16_t signature;  /* scheme of the ServerKeyExchange in TLS 1.2; 0: none heard */
    uint8_t compression;
    bool extended_master_secret, renegotiation_info;
    unsigned dh_bits;     /* of the prime of a DHE exchange; 0: none heard */
    const char *dh_group; /* "ffdhe2048" of RFC 7919, "modp2048" of RFC 3526; NULL: another prime */
    struct str certificates[TLS_ANSWER_CERTIFICATES_MAX]; /* DER, leaf first; TLS 1.2 and below */
    size_t certificate_count, certificates_sent; /* kept, and all; none where the list is malformed */
    bool complete;        /* up to the ServerHelloDone */
    bool tls13_announced; /* a ServerHello of TLS 1.2 whose server speaks TLS 1.3 */
    size_t ssl2_suite_count;
};

struct tls_hello_reader {
    struct tls_answer answer;
    bool over, any_record;
    uint8_t header[11]; /* of the record, or of an SSLv2 SERVER-HELLO as far as it is read */
    size_t header_n, record_left;
    uint8_t alert[2];
    size_t alert_n;
    size_t read_n, n; /* of `messages`: understood, heard */
    uint8_t messages[TLS_ANSWER_MAX_BYTES];
};

void tls_hello_reader_init(struct tls_hello_reader *r);
/* True: the answer is complete; what comes later is of no interest. */
bool tls_hello_reader_feed(struct tls_hello_reader *r, const void *bytes, size_t n);
/* Nothing more comes. without_answer: DROPPED or SILENT, for the case that nothing was said. */
void tls_hello_reader_end(struct tls_hello_reader *r, enum tls_answer_kind without_answer);

/* True of ServerHello, HelloRetryRequest and SERVER-HELLO. */
bool tls_answer_agrees(const struct tls_answer *a);

#endif

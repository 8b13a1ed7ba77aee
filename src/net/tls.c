/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls - see tls.h. Two memory BIOs stand where the socket would be.
 *
 * What the peer sends is held back until a record begins in it (feed_head): stray clear text is a fact, and
 * the handshake shall go on behind it, where OpenSSL would give up.
 */
#include "net/tls_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "base/ip.h"
#include "base/panic.h"

static unsigned number16(const uint8_t *p)
{
    return (unsigned)p[0] << 8 | p[1];
}

/* RFC 8446 4.1.3. In TLS 1.3 the version stands in the extension supported_versions. */
static void hear_server_hello(struct tls_hello_heard *hello, struct str message)
{
    const uint8_t *p = (const uint8_t *)message.p;
    size_t at = 4 + 2 + 32; /* message header, version, random */
    if (message.n <= at || message.n < at + 1 + p[at] + 3)
        return;
    hello->heard = true;
    hello->version = number16(p + 4);
    at += 1u + p[at];
    hello->cipher_id = number16(p + at);
    hello->compression = p[at + 2];
    for (at += 5; at + 4 <= message.n; at += 4u + number16(p + at + 2))
        if (number16(p + at) == TLSEXT_TYPE_supported_versions && at + 6 <= message.n)
            hello->version = number16(p + at + 4);
}

static void note_error(struct tls_client *t, enum tls_result result, const char *words)
{
    t->state = TLS_STATE_FAILED;
    t->failure = result;
    snprintf(t->error, sizeof t->error, "%s", words);
}

static void hear_alert(struct tls_client *t, unsigned level, int description)
{
    bool warning = level == SSL3_AL_WARNING && t->hello.version < TLS1_3_VERSION;
    if (!warning && description != SSL_AD_CLOSE_NOTIFY && description != SSL_AD_USER_CANCELLED)
        t->alert = description;
    if (description == SSL_AD_CLOSE_NOTIFY) /* fatal, too: then the library has no word for it */
        t->failure = TLS_CLOSED;
}

/* The alerts by which our library says that it could not read what came; the others say that it did not like it. */
static bool says_malformed(int description)
{
    return description == SSL_AD_DECODE_ERROR || description == SSL_AD_UNEXPECTED_MESSAGE || description == SSL_AD_BAD_RECORD_MAC ||
           description == SSL_AD_RECORD_OVERFLOW || description == SSL_AD_DECOMPRESSION_FAILURE;
}

static void on_message(int written, int version, int type, const void *bytes, size_t n, SSL *ssl, void *arg)
{
    struct tls_client *t = arg;
    const uint8_t *p = bytes;
    (void)version;
    (void)ssl;
    if (type == SSL3_RT_HANDSHAKE && !written && n > 0 && p[0] == SSL3_MT_SERVER_HELLO)
        hear_server_hello(&t->hello, (struct str){bytes, n});
    else if (type == SSL3_RT_ALERT && !written && n == 2)
        hear_alert(t, p[0], p[1]);
    else if (type == SSL3_RT_ALERT && written && n == 2 && says_malformed(p[1]))
        t->failure = TLS_GARBAGE;
}

bool tls_name_is_address(const char *name)
{
    struct ip ip;
    struct str s = str_of(name);
    if (s.n > 2 && s.p[0] == '[' && s.p[s.n - 1] == ']')
        return true;
    return ip_parse(s, &ip);
}

bool tls_name_is_sent(const char *sni)
{
    return sni && sni[0] && strlen(sni) <= TLSEXT_MAXLEN_host_name && !tls_name_is_address(sni);
}

static int set_name(struct tls_client *t, const char *name)
{
    t->name = strdup(name);
    if (!t->name)
        return -1;
    t->name_is_address = tls_name_is_address(name);
    size_t n = strlen(name);
    if (n > 0 && name[n - 1] == '.')
        t->name[n - 1] = '\0';
    return t->name_is_address ? 0 : tls_client_set_sni(t, t->name);
}

int tls_client_set_sni(struct tls_client *t, const char *sni)
{
    bool fits = t->profile != TLS_PROFILE_NO_SNI && sni[0] && strlen(sni) <= TLSEXT_MAXLEN_host_name;
    free(t->sni);
    t->sni = fits ? strdup(sni) : NULL;
    int rc = fits && (!t->sni || SSL_set_tlsext_host_name(t->ssl, t->sni) != 1) ? -1 : 0;
    ERR_clear_error();
    return rc;
}

struct tls_client *tls_client_new(struct tls_context *c, enum tls_profile profile, const char *name)
{
    SSL_CTX *ctx = tls_context_profile(c, profile);
    struct tls_client *t = ctx ? calloc(1, sizeof *t) : NULL;
    if (!t)
        return NULL;
    t->context = c;
    t->profile = profile;
    t->alert = -1;
    t->failure = TLS_REFUSED_BY_US;
    t->ssl = SSL_new(ctx);
    t->in = BIO_new(BIO_s_mem());
    t->out = BIO_new(BIO_s_mem());
    if (!t->ssl || !t->in || !t->out || (name && set_name(t, name) < 0)) {
        BIO_free(t->in);
        BIO_free(t->out);
        SSL_free(t->ssl);
        free(t->name);
        free(t->sni);
        free(t);
        return NULL;
    }
    SSL_set_bio(t->ssl, t->in, t->out);
    SSL_set_msg_callback(t->ssl, on_message);
    SSL_set_msg_callback_arg(t->ssl, t);
    SSL_set_connect_state(t->ssl);
    return t;
}

void tls_client_free(struct tls_client *t)
{
    if (!t)
        return;
    SSL_free(t->ssl);
    free(t->name);
    free(t->sni);
    free(t);
}

static void forget_taken(struct tls_client *t)
{
    if (t->taken)
        (void)BIO_reset(t->out);
    t->taken = false;
}

bool tls_memory_was_short(void)
{
    bool is_short = false;
    for (unsigned long error; (error = ERR_get_error());)
        is_short = is_short || ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE;
    return is_short;
}

/* The library ended it: whose fault it was, and in what words. */
static void note_failure(struct tls_client *t, int ssl_error)
{
    unsigned long error = ERR_peek_error();
    const char *words = ERR_reason_error_string(error);
    bool is_short = tls_memory_was_short();
    char alert[64];
    if (t->alert >= 0) {
        snprintf(alert, sizeof alert, "alert %d, %s", t->alert, SSL_alert_desc_string_long(t->alert));
        note_error(t, TLS_ALERT, alert);
    } else if (is_short || ssl_error != SSL_ERROR_SSL) {
        note_error(t, TLS_TROUBLE, is_short ? "no memory for TLS" : words ? words : "the TLS library failed");
    } else if (ERR_GET_LIB(error) == ERR_LIB_SSL && ERR_GET_REASON(error) == SSL_R_WRONG_VERSION_NUMBER) {
        note_error(t, TLS_GARBAGE, words);
    } else {
        note_error(t, t->failure, words ? words : "the TLS library gave no reason");
    }
    ERR_clear_error();
}

static void shake(struct tls_client *t)
{
    ERR_clear_error();
    int rc = SSL_do_handshake(t->ssl);
    if (rc == 1) {
        t->state = TLS_STATE_DONE;
        t->shaken = true;
        return;
    }
    int error = SSL_get_error(t->ssl, rc);
    if (error == SSL_ERROR_ZERO_RETURN)
        note_error(t, TLS_CLOSED, "close_notify in the handshake");
    else if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
        note_failure(t, error);
}

void tls_start(struct tls_client *t)
{
    forget_taken(t);
    shake(t);
    if (t->state == TLS_STATE_FAILED) /* nobody else has said anything yet */
        t->failure = TLS_TROUBLE;
}

/* -1: no record starts here; 1: one does; 0: too few octets to tell. Behind stray octets only what a server
 * says first counts as a start. */
static int record_starts(const uint8_t *p, size_t n, bool behind_stray)
{
    if (n > 0 && (behind_stray ? p[0] != SSL3_RT_HANDSHAKE && p[0] != SSL3_RT_ALERT : p[0] < SSL3_RT_CHANGE_CIPHER_SPEC || p[0] > SSL3_RT_APPLICATION_DATA))
        return -1;
    if (n > 1 && p[1] != SSL3_VERSION_MAJOR)
        return -1;
    if (n > 2 && p[2] > 4)
        return -1;
    return n >= TLS_RECORD_START;
}

/* Keeps the first octets until a record begins among them, then gives them on. Returns how many it took. */
static size_t feed_head(struct tls_client *t, const uint8_t *bytes, size_t n)
{
    size_t taken = sizeof t->head - t->head_n;
    if (taken > n)
        taken = n;
    memcpy(t->head + t->head_n, bytes, taken);
    t->head_n += taken;
    for (t->stray_n = 0; t->stray_n < t->head_n && t->stray_n <= TLS_STRAY_MAX; t->stray_n++) {
        int starts = record_starts(t->head + t->stray_n, t->head_n - t->stray_n, t->stray_n > 0);
        if (starts == 0)
            return taken;
        if (starts == 1) {
            t->record_seen = true;
            if (BIO_write(t->in, t->head + t->stray_n, (int)(t->head_n - t->stray_n)) <= 0)
                note_error(t, TLS_TROUBLE, "no memory for TLS");
            return taken;
        }
    }
    if (t->stray_n > TLS_STRAY_MAX) {
        t->stray_n = TLS_STRAY_MAX;
        note_error(t, TLS_GARBAGE, "clear text where TLS should begin");
    }
    return taken;
}

int tls_feed(struct tls_client *t, const void *bytes, size_t n)
{
    forget_taken(t);
    if (n > TLS_BUFFER_MAX_BYTES || BIO_ctrl_pending(t->in) > TLS_BUFFER_MAX_BYTES - n)
        return -1;
    const uint8_t *p = bytes;
    if (n > 0 && !t->record_seen && t->state == TLS_STATE_HANDSHAKE) {
        size_t taken = feed_head(t, p, n);
        p += taken;
        n -= taken;
    }
    if (!t->record_seen || t->state == TLS_STATE_FAILED || t->state == TLS_STATE_CLOSED)
        return 0;
    if (n > 0 && BIO_write(t->in, p, (int)n) <= 0) {
        note_error(t, TLS_TROUBLE, "no memory for TLS");
        return 0;
    }
    if (t->state == TLS_STATE_HANDSHAKE)
        shake(t);
    return 0;
}

enum tls_state tls_state(const struct tls_client *t)
{
    return t->state;
}

struct str tls_take(struct tls_client *t)
{
    forget_taken(t);
    char *p = NULL;
    long n = BIO_get_mem_data(t->out, &p);
    t->taken = true;
    return (struct str){p, n > 0 ? (size_t)n : 0};
}

int tls_write(struct tls_client *t, const void *bytes, size_t n)
{
    forget_taken(t);
    if (t->state != TLS_STATE_DONE || n > TLS_BUFFER_MAX_BYTES || BIO_ctrl_pending(t->out) > TLS_BUFFER_MAX_BYTES - n)
        return -1;
    if (n == 0)
        return 0;
    ERR_clear_error();
    int rc = SSL_write(t->ssl, bytes, (int)n);
    ERR_clear_error();
    return rc == (int)n ? 0 : -1;
}

long tls_read(struct tls_client *t, void *bytes, size_t size)
{
    forget_taken(t);
    must(t->state != TLS_STATE_HANDSHAKE && size > 0);
    if (t->state != TLS_STATE_DONE)
        return -1;
    ERR_clear_error();
    int rc = SSL_read(t->ssl, bytes, size < TLS_BUFFER_MAX_BYTES ? (int)size : TLS_BUFFER_MAX_BYTES);
    if (rc > 0)
        return rc;
    int error = SSL_get_error(t->ssl, rc);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
        return 0;
    if (error == SSL_ERROR_ZERO_RETURN) {
        t->state = TLS_STATE_CLOSED;
        return -1;
    }
    note_failure(t, error);
    return t->failure == TLS_TROUBLE || t->failure == TLS_REFUSED_BY_US ? -2 : -1;
}

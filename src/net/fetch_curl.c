/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch_curl - the fetcher on libcurl's multi interface, in our loop.
 *
 * libcurl is given one address at a time and resolves nothing: so it is known what became of each, and the very address
 * is compared before a socket is made for it. It verifies with our own trust store, and names by OpenSSL's rules, which
 * leave the common name aside.
 */
#include <errno.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/panic.h"
#include "net/curl_library.h"
#include "net/fetch.h"
#include "net/tls_impl.h"

struct curl_fetcher {
    struct fetcher base;
    struct loop *loop;
    struct tls_context *tls;
    const struct curl_library *curl; /* NULL until the first fetch */
    CURLM *multi;
    struct timer timer; /* libcurl's one */
    size_t open;
};

struct socket_watch { /* one socket of libcurl's */
    struct curl_fetcher *fetcher;
    int fd;
    struct watch watch;
};

struct transfer { /* fetch.impl */
    struct curl_fetcher *fetcher;
    struct fetch *fetch;
    CURL *easy; /* of the address under way */
    struct curl_slist *connect_to;
    size_t ip_index;
    int fd; /* libcurl's; only good while the transfer is under way */
    bool body_unwanted, body_too_large;
    size_t header_bytes;
    int fatal_alert; /* heard or said; -1: none */
    struct buf body;
    char error[CURL_ERROR_SIZE];
};

static struct curl_fetcher *fetcher_of(const struct fetch *fetch)
{
    return (struct curl_fetcher *)fetch->fetcher;
}

static void look_for_ends(struct curl_fetcher *f);

static void on_socket_ready(void *arg, unsigned ready)
{
    struct socket_watch *s = arg;
    struct curl_fetcher *f = s->fetcher;
    int running, mask = ((ready & WATCH_READ) ? CURL_CSELECT_IN : 0) | ((ready & WATCH_WRITE) ? CURL_CSELECT_OUT : 0);
    f->curl->multi_socket_action(f->multi, s->fd, mask, &running);
    look_for_ends(f);
}

static void on_curl_timer(void *arg)
{
    struct curl_fetcher *f = arg;
    int running;
    f->curl->multi_socket_action(f->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    look_for_ends(f);
}

static int set_timer(CURLM *multi, long delay_ms, void *arg)
{
    struct curl_fetcher *f = arg;
    (void)multi;
    if (delay_ms < 0)
        timer_cancel(&f->timer);
    else
        timer_start(f->loop, &f->timer, delay_ms, on_curl_timer, f);
    return 0;
}

static int set_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *watched)
{
    struct curl_fetcher *f = arg;
    struct socket_watch *s = watched;
    unsigned wanted = (what & CURL_POLL_IN ? (unsigned)WATCH_READ : 0u) | (what & CURL_POLL_OUT ? (unsigned)WATCH_WRITE : 0u);
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (s)
            watch_cancel(&s->watch);
        free(s);
        return 0;
    }
    if (s)
        return watch_change(&s->watch, wanted);
    s = calloc(1, sizeof *s);
    if (!s)
        return -1;
    *s = (struct socket_watch){.fetcher = f, .fd = fd};
    if (watch_start(f->loop, &s->watch, fd, wanted, on_socket_ready, s) < 0) {
        free(s);
        return -1;
    }
    f->curl->multi_assign(f->multi, fd, s);
    return 0;
}

/* ---- what libcurl asks of us during a transfer ---- */

static bool is_address(const struct curl_sockaddr *a, struct ip ip)
{
    if (a->family == AF_INET)
        return ip.family == IP_V4 && memcmp(&((const struct sockaddr_in *)(const void *)&a->addr)->sin_addr, ip.bytes, 4) == 0;
    return a->family == AF_INET6 && ip.family == IP_V6 && memcmp(&((const struct sockaddr_in6 *)(const void *)&a->addr)->sin6_addr, ip.bytes, 16) == 0;
}

static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct transfer *t = arg;
    if (purpose != CURLSOCKTYPE_IPCXN || !is_address(address, t->fetch->request->ips[t->ip_index])) {
        errno = EACCES;
        return CURL_SOCKET_BAD;
    }
    t->fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    return t->fd;
}

static size_t take_header(char *bytes, size_t size, size_t n, void *arg)
{
    struct transfer *t = arg;
    (void)bytes;
    t->header_bytes += size * n;
    return t->header_bytes > FETCH_HEADERS_MAX ? 0 : size * n;
}

/* Of an answer that is not the page the body says nothing. */
static size_t take_body(char *bytes, size_t size, size_t n, void *arg)
{
    struct transfer *t = arg;
    long status = 0;
    t->fetcher->curl->easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    t->body_unwanted = status != 200;
    t->body_too_large = !t->body_unwanted && t->body.used + size * n > t->fetch->request->body_max_bytes;
    size_t room = t->fetch->request->body_max_bytes - t->body.used;
    if (!t->body_unwanted)
        buf_add(&t->body, bytes, t->body_too_large ? room : size * n);
    return t->body_unwanted || t->body_too_large || t->body.failed ? 0 : size * n;
}

static int transfer_index(void)
{
    static int index = -1;
    if (index < 0)
        index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL);
    return index;
}

static void note_alert(const SSL *ssl, int where, int what)
{
    struct transfer *t = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), transfer_index());
    if (t && (where & SSL_CB_ALERT) && what >> 8 == SSL3_AL_FATAL)
        t->fatal_alert = what & 0xff;
}

static CURLcode set_up_tls(CURL *easy, void *context, void *arg)
{
    struct transfer *t = arg;
    SSL_CTX *ctx = context;
    X509_VERIFY_PARAM *param = SSL_CTX_get0_param(ctx);
    (void)easy;
    SSL_CTX_set1_cert_store(ctx, tls_context_store(t->fetcher->tls));
    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN);
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    SSL_CTX_set_info_callback(ctx, note_alert);
    bool set = SSL_CTX_set_ex_data(ctx, transfer_index(), t) == 1 && X509_VERIFY_PARAM_set1_host(param, t->fetch->request->host, 0) == 1;
    return set ? CURLE_OK : CURLE_OUT_OF_MEMORY;
}

/* ---- one address ---- */

static int set_options(struct transfer *t, const char *url)
{
    const struct curl_library *curl = t->fetcher->curl;
    bool set = true;
#define SET(option, value) set = set && curl->easy_setopt(t->easy, option, value) == CURLE_OK
    SET(CURLOPT_URL, url);
    SET(CURLOPT_CONNECT_TO, t->connect_to);
    SET(CURLOPT_PROTOCOLS_STR, "https");
    SET(CURLOPT_USERAGENT, "mxassay/" MXASSAY_VERSION);
    SET(CURLOPT_PROXY, "");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_FORBID_REUSE, 1L);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_SSL_SESSIONID_CACHE, 0L);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_CAINFO, NULL);
    SET(CURLOPT_CAPATH, NULL);
    SET(CURLOPT_SSL_CTX_FUNCTION, set_up_tls);
    SET(CURLOPT_SSL_CTX_DATA, t);
    SET(CURLOPT_OPENSOCKETFUNCTION, open_socket);
    SET(CURLOPT_OPENSOCKETDATA, t);
    SET(CURLOPT_HEADERFUNCTION, take_header);
    SET(CURLOPT_HEADERDATA, t);
    SET(CURLOPT_WRITEFUNCTION, take_body);
    SET(CURLOPT_WRITEDATA, t);
    SET(CURLOPT_ERRORBUFFER, t->error);
    SET(CURLOPT_PRIVATE, t);
#undef SET
    return set ? 0 : -1;
}

static void hang_up(struct transfer *t)
{
    const struct curl_library *curl = t->fetcher->curl;
    if (t->easy) {
        curl->multi_remove_handle(t->fetcher->multi, t->easy);
        curl->easy_cleanup(t->easy);
    }
    if (t->connect_to)
        curl->slist_free_all(t->connect_to);
    t->easy = NULL;
    t->connect_to = NULL;
}

static void on_connect_limit(void *arg);
static void on_limit(void *arg);

static int64_t time_left(const struct transfer *t)
{
    return t->fetch->request->limit_ms - mono_ms_between(t->fetch->started, loop_now(t->fetcher->loop));
}

static int try_address(struct transfer *t)
{
    const struct fetch_request *r = t->fetch->request;
    const struct curl_library *curl = t->fetcher->curl;
    char ip[IP_TEXT_BYTES], connect_to[IP_TEXT_BYTES + 16], url[FETCH_URL_BYTES], port[8] = "";
    bool v6 = r->ips[t->ip_index].family == IP_V6;
    ip_write(r->ips[t->ip_index], ip);
    snprintf(connect_to, sizeof connect_to, v6 ? "::[%s]:%u" : "::%s:%u", ip, r->port);
    if (r->port != HTTPS_PORT)
        snprintf(port, sizeof port, ":%u", r->port);
    int n = snprintf(url, sizeof url, "https://%s%s%s", r->host, port, r->path);
    must(n > 0 && (size_t)n < sizeof url);
    t->fatal_alert = t->fd = -1;
    t->error[0] = '\0';
    t->easy = curl->easy_init();
    t->connect_to = curl->slist_append(NULL, connect_to);
    if (!t->easy || !t->connect_to || set_options(t, url) < 0 || curl->multi_add_handle(t->fetcher->multi, t->easy) != CURLM_OK) {
        snprintf(t->error, sizeof t->error, "no memory left to fetch");
        return -1;
    }
    int64_t left_ms = time_left(t);
    bool last = left_ms <= r->connect_limit_ms;
    timer_start(t->fetcher->loop, &t->fetch->timer, last ? left_ms : r->connect_limit_ms, last ? on_limit : on_connect_limit, t);
    return 0;
}

/* ---- how it ended ---- */

static enum fetch_result result_of_connect(long error)
{
    switch (error) {
    case ECONNREFUSED:
    case ECONNRESET:
        return FETCH_REFUSED;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case EACCES:
    case ENOPROTOOPT:
        return FETCH_UNREACHABLE;
    case ETIMEDOUT:
        return FETCH_TIMEOUT;
    default:
        return FETCH_TROUBLE;
    }
}

static enum fetch_result result_of_verification(long error)
{
    switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return FETCH_CERT_DATES;
    case X509_V_OK: /* libcurl's own comparison of names */
    case X509_V_ERR_HOSTNAME_MISMATCH:
        return FETCH_CERT_NAME;
    case X509_V_ERR_OUT_OF_MEM:
        return FETCH_TROUBLE;
    default:
        return FETCH_CERT_UNTRUSTED;
    }
}

/* Without an alert it either was no TLS, which OpenSSL has two names for, or the host hung up. */
static enum fetch_result result_of_handshake(const struct transfer *t)
{
    if (t->fatal_alert == SSL_AD_PROTOCOL_VERSION)
        return FETCH_TLS_OLD;
    bool no_tls = strstr(t->error, "wrong version number") || strstr(t->error, "http request");
    return t->fatal_alert >= 0 || no_tls ? FETCH_TLS_FAILED : FETCH_CLOSED;
}

static enum fetch_result result_of(const struct transfer *t, CURLcode code)
{
    const struct curl_library *curl = t->fetcher->curl;
    long detail = 0;
    switch ((int)code) {
    case CURLE_OK:
        return FETCH_DONE;
    case CURLE_WRITE_ERROR:
        return t->body_unwanted ? FETCH_DONE : t->body_too_large ? FETCH_TOO_LARGE : t->body.failed ? FETCH_TROUBLE : FETCH_BROKEN;
    case CURLE_COULDNT_CONNECT:
        curl->easy_getinfo(t->easy, CURLINFO_OS_ERRNO, &detail);
        return result_of_connect(detail);
    case CURLE_PEER_FAILED_VERIFICATION:
        curl->easy_getinfo(t->easy, CURLINFO_SSL_VERIFYRESULT, &detail);
        return result_of_verification(detail);
    case CURLE_SSL_CONNECT_ERROR:
        return result_of_handshake(t);
    case CURLE_OPERATION_TIMEDOUT:
        return FETCH_TIMEOUT;
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
        return FETCH_CLOSED;
    case CURLE_OUT_OF_MEMORY:
    case CURLE_FAILED_INIT:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ENGINE_NOTFOUND:
        return FETCH_TROUBLE;
    default:
        return FETCH_BROKEN;
    }
}

static const char *header(struct transfer *t, const char *name)
{
    struct curl_header *h;
    bool found = t->fetcher->curl->easy_header(t->easy, name, 0, CURLH_HEADER, -1, &h) == CURLHE_OK;
    return found ? arena_strdup(t->fetch->arena, h->value) : NULL;
}

/* libcurl's own word for it comes after the handshake only. */
static bool has_peer(const struct transfer *t)
{
    struct sockaddr_storage peer;
    socklen_t n = sizeof peer;
    return t->fd >= 0 && getpeername(t->fd, (struct sockaddr *)&peer, &n) == 0;
}

static void keep_facts(struct transfer *t, enum fetch_result result, const char *error)
{
    struct fetch *fetch = t->fetch;
    long status = 0;
    bool never_open = result == FETCH_REFUSED || result == FETCH_UNREACHABLE || result == FETCH_TROUBLE || (result == FETCH_TIMEOUT && !has_peer(t));
    *fetch->facts = (struct fetch_facts){.result = result, .ip = fetch->request->ips[t->ip_index], .connected = !never_open};
    if (error && *error)
        fetch->facts->error = arena_strdup(fetch->arena, error);
    if (t->easy)
        t->fetcher->curl->easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    if (status == 0)
        return;
    fetch->facts->status = (int)status;
    fetch->facts->content_type = header(t, "Content-Type");
    fetch->facts->location = header(t, "Location");
    fetch->facts->body = arena_copy(fetch->arena, (struct str){t->body.bytes, t->body.used});
}

static void forget(struct fetch *fetch)
{
    struct transfer *t = fetch->impl;
    struct curl_fetcher *f = fetcher_of(fetch);
    timer_cancel(&fetch->timer);
    if (t) {
        hang_up(t);
        buf_done(&t->body);
    }
    free(t);
    f->open--;
    fetch->impl = NULL;
    fetch->fetcher = NULL;
}

static void deliver(struct fetch *fetch)
{
    fetch->facts->took_ms = mono_ms_between(fetch->started, loop_now(fetcher_of(fetch)->loop));
    if (fetch->arena->exhausted)
        fetch->facts->result = FETCH_TROUBLE;
    forget(fetch);
    fetch->fn(fetch->arg);
}

/* The address is done with: what it gave is kept, or the next one is tried. */
static void end_address(struct transfer *t, enum fetch_result result, const char *error)
{
    keep_facts(t, result, error);
    bool closed = !t->fetch->facts->connected && (result == FETCH_REFUSED || result == FETCH_UNREACHABLE || result == FETCH_TIMEOUT);
    hang_up(t);
    if (!closed || t->ip_index + 1 == t->fetch->request->ip_count || time_left(t) <= 0) {
        deliver(t->fetch);
        return;
    }
    t->ip_index++;
    if (try_address(t) < 0) {
        keep_facts(t, FETCH_TROUBLE, t->error);
        deliver(t->fetch);
    }
}

static void on_limit(void *arg)
{
    end_address(arg, FETCH_TIMEOUT, NULL);
}

/* An open connection has the rest of the time. */
static void on_connect_limit(void *arg)
{
    struct transfer *t = arg;
    int64_t left_ms = time_left(t);
    if (has_peer(t))
        timer_start(t->fetcher->loop, &t->fetch->timer, left_ms > 0 ? left_ms : 0, on_limit, t);
    else
        end_address(t, FETCH_TIMEOUT, NULL);
}

static void look_for_ends(struct curl_fetcher *f)
{
    int left;
    for (CURLMsg *message; (message = f->curl->multi_info_read(f->multi, &left));) {
        char *private = NULL;
        CURLcode code = message->data.result;
        f->curl->easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &private);
        struct transfer *t = (struct transfer *)(void *)private;
        enum fetch_result result = result_of(t, code);
        if (!t->error[0])
            snprintf(t->error, sizeof t->error, "%s", f->curl->easy_strerror(code));
        end_address(t, result, result == FETCH_DONE || result == FETCH_TOO_LARGE ? NULL : t->error);
    }
}

/* ---- the fetcher ---- */

static int start_library(struct curl_fetcher *f, char *error, size_t error_bytes)
{
    if (f->multi)
        return 0;
    f->curl = curl_library_load(error, error_bytes);
    if (!f->curl)
        return -1;
    snprintf(error, error_bytes, "no memory left to fetch");
    f->multi = f->curl->multi_init();
    bool set = f->multi && f->curl->multi_setopt(f->multi, CURLMOPT_SOCKETFUNCTION, set_socket) == CURLM_OK &&
               f->curl->multi_setopt(f->multi, CURLMOPT_SOCKETDATA, f) == CURLM_OK && f->curl->multi_setopt(f->multi, CURLMOPT_TIMERFUNCTION, set_timer) == CURLM_OK &&
               f->curl->multi_setopt(f->multi, CURLMOPT_TIMERDATA, f) == CURLM_OK;
    return set ? 0 : -1;
}

static void deliver_trouble(void *arg)
{
    struct fetch *fetch = arg;
    fetch->facts->result = FETCH_TROUBLE;
    deliver(fetch);
}

static int begin(struct curl_fetcher *f, struct fetch *fetch, char *error, size_t error_bytes)
{
    struct transfer *t = calloc(1, sizeof *t);
    fetch->impl = t;
    snprintf(error, error_bytes, "no memory left to fetch");
    if (!t)
        return -1;
    *t = (struct transfer){.fetcher = f, .fetch = fetch};
    buf_init(&t->body, fetch->request->body_max_bytes);
    if (start_library(f, error, error_bytes) < 0)
        return -1;
    snprintf(error, error_bytes, "this machine has no certificates to trust");
    return tls_context_store(f->tls) && try_address(t) == 0 ? 0 : -1;
}

static void start_fetch(struct fetcher *base, struct fetch *fetch)
{
    struct curl_fetcher *f = (struct curl_fetcher *)base;
    char error[256];
    f->open++;
    fetch->started = loop_now(f->loop);
    if (begin(f, fetch, error, sizeof error) == 0)
        return;
    fetch->facts->error = arena_strdup(fetch->arena, error);
    timer_start(f->loop, &fetch->timer, 0, deliver_trouble, fetch);
}

static void free_fetcher(struct fetcher *base)
{
    struct curl_fetcher *f = (struct curl_fetcher *)base;
    must(f->open == 0);
    if (f->multi)
        f->curl->multi_cleanup(f->multi);
    timer_cancel(&f->timer);
    free(f);
}

static const struct fetcher_ops OPS = {start_fetch, forget, free_fetcher};

struct fetcher *fetcher_new_curl(struct loop *l, struct tls_context *tls)
{
    struct curl_fetcher *f = calloc(1, sizeof *f);
    if (!f)
        return NULL;
    f->base.ops = &OPS;
    f->loop = l;
    f->tls = tls;
    return &f->base;
}

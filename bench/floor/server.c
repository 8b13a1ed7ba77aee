/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server - the mail servers of the benchmarks: one process that is a different host on each of its
 * addresses, with STARTTLS and a certificate of its own for each, and relays for nobody.
 *
 *   server PORT CA.pem CA.key TARGETS [COUNTS]
 *
 * TARGETS has a line "IPV4 PORT NAME [BEHAVIOUR]" for each address; lines of other ports are skipped. At start a
 * key and a certificate for every NAME are made and signed with CA, an intermediate that is sent along; lines of one name that
 * follow each other share them. A BEHAVIOUR is one of the words below. Says "ready" on standard output once it listens (on all
 * addresses), and runs until it is killed.
 *
 * On SIGUSR1 it writes a line "IPV4 CONNECTIONS" to COUNTS for each address that was called, and counts anew. The file is there
 * when it is complete.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

enum { HOSTS_MAX = 32768, EVENTS = 256, TEXT_BYTES = 4096, DAY_S = 86400, SLOW_S = 8 };

enum behaviour { FINE, SILENT, SLOW, BUSY, GREY, BEHAVIOURS };
static const char *const behaviours[BEHAVIOURS] = {
    [FINE] = "fine", [SILENT] = "silent", /* takes the call and says nothing */
    [SLOW] = "slow",                      /* greets after SLOW_S */
    [BUSY] = "busy",                      /* greets with 421 */
    [GREY] = "grey",                      /* puts off every recipient */
};

struct host {
    in_addr_t ip;
    char name[254];
    enum behaviour behaviour;
    unsigned calls;
    EVP_PKEY *key;
    X509 *certificate;
};

struct connection {
    int fd;
    struct host *host;
    SSL *ssl; /* NULL: in the clear */
    bool quits;
    struct connection *next_slow, *previous_slow; /* that has not been greeted yet, the longest waiting first */
    time_t greet_at;
    char in[TEXT_BYTES], out[TEXT_BYTES];
    size_t in_n, out_n;
};

static struct host hosts[HOSTS_MAX];
static size_t host_count;
static SSL_CTX *context;
static int epoll_fd;
static struct connection *first_slow, *last_slow;
static volatile sig_atomic_t asked_for_counts;

static void must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "server: %s: %s\n", what, errno ? strerror(errno) : "failed");
    ERR_print_errors_fp(stderr);
    exit(1);
}

static void add_extension(X509 *certificate, X509V3_CTX *v3, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, v3, nid, value);
    must(extension && X509_add_ext(certificate, extension, -1) == 1, "a certificate's extension");
    X509_EXTENSION_free(extension);
}

static void make_certificate(struct host *h, X509 *ca, EVP_PKEY *ca_key)
{
    uint8_t serial[16];
    char names[300];
    X509V3_CTX v3;
    h->key = EVP_EC_gen("P-256");
    h->certificate = X509_new();
    must(h->key && h->certificate && RAND_bytes(serial, sizeof serial) == 1, "a key");
    serial[0] &= 0x7f;
    BIGNUM *number = BN_bin2bn(serial, sizeof serial, NULL);
    X509_set_version(h->certificate, X509_VERSION_3);
    BN_to_ASN1_INTEGER(number, X509_get_serialNumber(h->certificate));
    BN_free(number);
    X509_gmtime_adj(X509_getm_notBefore(h->certificate), -5 * DAY_S);
    X509_gmtime_adj(X509_getm_notAfter(h->certificate), 60 * DAY_S);
    X509_set_pubkey(h->certificate, h->key);
    X509_set_issuer_name(h->certificate, X509_get_subject_name(ca));
    X509_NAME_add_entry_by_txt(X509_get_subject_name(h->certificate), "CN", MBSTRING_ASC, (const unsigned char *)h->name, -1, -1, 0);
    X509V3_set_ctx(&v3, ca, h->certificate, NULL, NULL, 0);
    snprintf(names, sizeof names, "DNS:%s", h->name);
    add_extension(h->certificate, &v3, NID_basic_constraints, "critical,CA:FALSE");
    add_extension(h->certificate, &v3, NID_key_usage, "critical,digitalSignature");
    add_extension(h->certificate, &v3, NID_ext_key_usage, "serverAuth");
    add_extension(h->certificate, &v3, NID_subject_key_identifier, "hash");
    add_extension(h->certificate, &v3, NID_authority_key_identifier, "keyid:always");
    add_extension(h->certificate, &v3, NID_subject_alt_name, names);
    must(X509_sign(h->certificate, ca_key, EVP_sha256()) > 0, "a signature");
}

static enum behaviour behaviour_named(const char *word)
{
    size_t i = 0;
    while (i < BEHAVIOURS && strcmp(behaviours[i], word) != 0)
        i++;
    must(i < BEHAVIOURS, word);
    return (enum behaviour)i;
}

static bool reads_target(FILE *in, struct host *h, unsigned *port)
{
    char line[512], ip[64], behaviour[32] = "fine";
    if (!fgets(line, sizeof line, in))
        return false;
    must(sscanf(line, "%63s %u %253s %31s", ip, port, h->name, behaviour) >= 3 && inet_pton(AF_INET, ip, &h->ip) == 1, "a target");
    h->behaviour = behaviour_named(behaviour);
    return true;
}

static void identify(struct host *h, X509 *ca, EVP_PKEY *ca_key)
{
    if (h->behaviour == SILENT || h->behaviour == BUSY)
        return;
    if (h > hosts && h[-1].certificate && strcmp(h[-1].name, h->name) == 0)
        h->certificate = h[-1].certificate, h->key = h[-1].key;
    else
        make_certificate(h, ca, ca_key);
}

static int by_ip(const void *a, const void *b)
{
    in_addr_t x = ((const struct host *)a)->ip, y = ((const struct host *)b)->ip;
    return x < y ? -1 : x > y;
}

static void make_hosts(const char *targets, unsigned port, const char *ca_file, const char *ca_key_file)
{
    FILE *ca_in = fopen(ca_file, "r"), *key_in = fopen(ca_key_file, "r"), *in = fopen(targets, "r");
    must(ca_in && key_in && in, "open");
    X509 *ca = PEM_read_X509(ca_in, NULL, NULL, NULL);
    EVP_PKEY *ca_key = PEM_read_PrivateKey(key_in, NULL, NULL, NULL);
    must(ca && ca_key, "the CA");
    for (unsigned its_port; host_count < HOSTS_MAX && reads_target(in, &hosts[host_count], &its_port);)
        if (its_port == port)
            identify(&hosts[host_count++], ca, ca_key);
    qsort(hosts, host_count, sizeof *hosts, by_ip);
    context = SSL_CTX_new(TLS_server_method());
    must(context && SSL_CTX_add_extra_chain_cert(context, ca) == 1, "a TLS context");
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    EVP_PKEY_free(ca_key);
    fclose(ca_in), fclose(key_in), fclose(in);
}

static void forget_slow(struct connection *c)
{
    if (!c->greet_at)
        return;
    *(c->previous_slow ? &c->previous_slow->next_slow : &first_slow) = c->next_slow;
    *(c->next_slow ? &c->next_slow->previous_slow : &last_slow) = c->previous_slow;
    c->greet_at = 0;
}

static void hang_up(struct connection *c)
{
    forget_slow(c);
    if (c->ssl)
        SSL_free(c->ssl);
    close(c->fd);
    free(c);
}

static void say(struct connection *c, const char *words)
{
    size_t n = strlen(words);
    must(c->out_n + n <= sizeof c->out, "an answer");
    memcpy(c->out + c->out_n, words, n);
    c->out_n += n;
}

/* A certificate may be made out to a wildcard; nobody is called that. */
static const char *said_name(const struct host *h)
{
    return h->name + (strncmp(h->name, "*.", 2) == 0 ? 2 : 0);
}

static void say_capabilities(struct connection *c)
{
    say(c, "250-");
    say(c, said_name(c->host));
    say(c, "\r\n250-PIPELINING\r\n250-SIZE 10485760\r\n250-8BITMIME\r\n");
    if (!c->ssl)
        say(c, "250-STARTTLS\r\n");
    say(c, "250 ENHANCEDSTATUSCODES\r\n");
}

/* All that is waiting to be said, in one go; it always fits the socket's buffer. */
static bool flush(struct connection *c)
{
    if (!c->out_n)
        return true;
    long n = c->ssl ? SSL_write(c->ssl, c->out, (int)c->out_n) : send(c->fd, c->out, c->out_n, MSG_NOSIGNAL);
    bool all = n == (long)c->out_n;
    c->out_n = 0;
    return all;
}

static bool start_tls(struct connection *c)
{
    say(c, "220 2.0.0 go ahead\r\n");
    if (!flush(c))
        return false;
    c->ssl = SSL_new(context);
    must(c->ssl && SSL_use_certificate(c->ssl, c->host->certificate) == 1 && SSL_use_PrivateKey(c->ssl, c->host->key) == 1, "TLS");
    SSL_set_fd(c->ssl, c->fd);
    SSL_set_accept_state(c->ssl);
    c->in_n = 0;
    return true;
}

static bool is(const char *line, const char *verb)
{
    return strncasecmp(line, verb, strlen(verb)) == 0;
}

static bool hear(struct connection *c, const char *line)
{
    if (is(line, "EHLO "))
        say_capabilities(c);
    else if (is(line, "STARTTLS") && !c->ssl)
        return start_tls(c);
    else if (is(line, "MAIL FROM:"))
        say(c, "250 2.1.0 sender ok\r\n");
    else if (is(line, "RCPT TO:"))
        say(c, c->host->behaviour == GREY ? "451 4.7.1 come back later\r\n" : "554 5.7.1 relaying denied\r\n");
    else if (is(line, "RSET"))
        say(c, "250 2.0.0 forgotten\r\n");
    else if (is(line, "QUIT"))
        say(c, "221 2.0.0 goodbye\r\n"), c->quits = true;
    else
        say(c, "502 5.5.2 unknown here\r\n");
    return true;
}

/* Answers every whole line; false when the connection is over. */
static bool hear_lines(struct connection *c)
{
    for (char *end; (end = memchr(c->in, '\n', c->in_n));) {
        size_t n = (size_t)(end - c->in) + 1;
        bool was_clear = !c->ssl;
        *end = '\0';
        if (!hear(c, c->in))
            return false;
        if (was_clear && c->ssl)
            return true;
        c->in_n -= n;
        memmove(c->in, c->in + n, c->in_n);
    }
    return c->in_n < sizeof c->in && flush(c) && !c->quits;
}

/* False when the connection is over. */
static bool read_some(struct connection *c)
{
    char *to = c->in + c->in_n;
    size_t room = sizeof c->in - c->in_n;
    if (!c->ssl) {
        ssize_t n = recv(c->fd, to, room, 0);
        if (n < 0)
            return errno == EAGAIN;
        c->in_n += (size_t)n;
        return n > 0 && hear_lines(c);
    }
    do {
        ERR_clear_error();
        int n = SSL_read(c->ssl, to, (int)room);
        if (n <= 0)
            return SSL_get_error(c->ssl, n) == SSL_ERROR_WANT_READ;
        c->in_n += (size_t)n;
        if (!hear_lines(c)) {
            SSL_shutdown(c->ssl);
            return false;
        }
        to = c->in + c->in_n;
        room = sizeof c->in - c->in_n;
    } while (SSL_pending(c->ssl));
    return true;
}

static void greet(struct connection *c)
{
    bool is_busy = c->host->behaviour == BUSY;
    say(c, is_busy ? "421 4.3.2 " : "220 ");
    say(c, said_name(c->host));
    say(c, is_busy ? " too many connections\r\n" : " ESMTP\r\n");
    if (!flush(c) || is_busy)
        hang_up(c);
}

static void greet_later(struct connection *c)
{
    c->greet_at = time(NULL) + SLOW_S;
    c->previous_slow = last_slow;
    *(last_slow ? &last_slow->next_slow : &first_slow) = c;
    last_slow = c;
}

static void greet_those_due(void)
{
    for (struct connection *c; (c = first_slow) && c->greet_at <= time(NULL);) {
        forget_slow(c);
        greet(c);
    }
}

static struct host *host_at(in_addr_t ip)
{
    const struct host key = {.ip = ip};
    return bsearch(&key, hosts, host_count, sizeof *hosts, by_ip);
}

static void take_call(int listener)
{
    /* cppcheck-suppress nullPointer ; accept4 may be told to keep the caller's address to itself */
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), on = 1;
    if (fd < 0)
        return;
    struct sockaddr_in local;
    socklen_t n = sizeof local;
    getsockname(fd, (struct sockaddr *)&local, &n);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct connection *c = calloc(1, sizeof *c);
    must(c != NULL, "memory");
    *c = (struct connection){.fd = fd, .host = host_at(local.sin_addr.s_addr)};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    if (!c->host || epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0) {
        hang_up(c);
        return;
    }
    c->host->calls++;
    if (c->host->behaviour == SLOW)
        greet_later(c);
    else if (c->host->behaviour != SILENT)
        greet(c);
}

static void write_counts(const char *file)
{
    char part[4096];
    snprintf(part, sizeof part, "%s.part", file);
    FILE *out = fopen(part, "w");
    must(out != NULL, part);
    for (struct host *h = hosts; h < hosts + host_count; h++) {
        const uint8_t *ip = (const uint8_t *)&h->ip;
        if (h->calls)
            fprintf(out, "%u.%u.%u.%u %u\n", ip[0], ip[1], ip[2], ip[3], h->calls);
        h->calls = 0;
    }
    must(fclose(out) == 0 && rename(part, file) == 0, file);
}

static void on_signal(int number)
{
    (void)number;
    asked_for_counts = 1;
}

static int listen_on(unsigned port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    must(bind(fd, (const struct sockaddr *)&any, sizeof any) == 0 && listen(fd, 4096) == 0, "listen");
    struct epoll_event event = {.events = EPOLLIN};
    must(epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0, "epoll");
    return fd;
}

static void serve(int listener, const char *counts_file)
{
    struct epoll_event events[EVENTS];
    int n = epoll_wait(epoll_fd, events, EVENTS, first_slow ? 1000 : -1);
    for (int i = 0; i < n; i++) {
        struct connection *c = events[i].data.ptr;
        if (!c)
            take_call(listener);
        else if (!read_some(c))
            hang_up(c);
    }
    greet_those_due();
    if (asked_for_counts) {
        asked_for_counts = 0;
        write_counts(counts_file);
    }
}

int main(int argc, char **argv)
{
    if (argc != 5 && argc != 6) {
        fprintf(stderr, "usage: server PORT CA.pem CA.key TARGETS [COUNTS]\n");
        return 64;
    }
    struct rlimit files;
    struct sigaction action = {.sa_handler = argc == 6 ? on_signal : SIG_IGN};
    sigaction(SIGUSR1, &action, NULL);
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    unsigned port = (unsigned)strtoul(argv[1], NULL, 10);
    make_hosts(argv[4], port, argv[2], argv[3]);
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    int listener = listen_on(port);
    puts("ready");
    fflush(stdout);
    for (;;)
        serve(listener, argc == 6 ? argv[5] : NULL);
}
